"""The ASGI application: all services' routes under one roof, with limits, traces and problem documents around them."""

import re
import secrets
from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.stores.store import Conflict, StoreUnavailable
from chassis.web import problem
from chassis.web.problem import Problem

BODY_LIMIT_BYTES = 1_048_576
LENGTH_DIGITS_MAX = 18
NUL_DETAIL = "An address holds no NUL character."
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def application(title: str, routers: Iterable[APIRouter]) -> FastAPI:
    """Return the application that serves `routers`."""
    app = FastAPI(
        title=title, version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )  # fmt: skip
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(Problem, problem.on_problem)
    app.add_exception_handler(RequestValidationError, problem.on_invalid)
    app.add_exception_handler(HTTPException, problem.on_http)
    app.add_exception_handler(StoreUnavailable, problem.on_unavailable)
    app.add_exception_handler(Conflict, problem.on_unavailable)
    app.add_exception_handler(Exception, problem.on_unexpected)
    app.add_middleware(Bounded, limit_bytes=BODY_LIMIT_BYTES)
    app.add_middleware(Traced)
    return app


class Traced:
    """Give every request a trace id: the caller's (`traceparent`, W3C Trace Context) or a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
            given = TRACEPARENT.fullmatch(header)
            scope["lienthong.traceparent"] = header if given else None
            scope["lienthong.trace"] = given.group(1) if given else secrets.token_hex(16)
        await self._app(scope, receive, send)


class Bounded:
    """Refuse a body over the limit, whether its length is announced or only found out, and addresses with a NUL."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes
        self._detail = f"At most {limit_bytes} bytes are taken."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace = scope.get("lienthong.trace", "")
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # no database takes it in a text
            kind, detail = (problem.NOT_FOUND, None) if "\0" in scope["path"] else (problem.MALFORMED, NUL_DETAIL)
            await problem.response(problem.document(kind, detail, (), trace))(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and (len(announced) > LENGTH_DIGITS_MAX or int(announced) > self._limit):
            large = problem.document(problem.TOO_LARGE, self._detail, (), trace)
            await problem.response(large)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                # What FastAPI lets through while it reads a body; anything else it would call unreadable.
                raise HTTPException(problem.TOO_LARGE.status, self._detail)
            return message

        await self._app(scope, counted, send)
