"""The ASGI application: every service's routes under one roof, with limits, traces and problem documents around them."""

import secrets
from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.web import problem
from chassis.web.problem import Problem

BODY_LIMIT_BYTES = 1_048_576


def application(title: str, routers: Iterable[APIRouter]) -> FastAPI:
    """Return the application that serves `routers`."""
    app = FastAPI(title=title, version="1", docs_url="/api/docs", redoc_url=None, openapi_url="/api/openapi.json")
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(Problem, problem.on_problem)
    app.add_exception_handler(RequestValidationError, problem.on_invalid)
    app.add_exception_handler(HTTPException, problem.on_http)
    app.add_exception_handler(Exception, problem.on_unexpected)
    app.add_middleware(Traced)
    app.add_middleware(Bounded, limit_bytes=BODY_LIMIT_BYTES)
    return app


class Traced:
    """Give every request a trace id: the caller's (`traceparent`, W3C Trace Context) or a new one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
            parts = header.split("-")
            given = len(parts) == 4 and len(parts[1]) == 32 and all(c in "0123456789abcdef" for c in parts[1])
            scope["lienthong.trace"] = parts[1] if given else secrets.token_hex(16)
        await self._app(scope, receive, send)


class Bounded:
    """Refuse a body over the limit, whether its length is announced or only found out."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        self._app = app
        self._limit = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._limit:
            await self._refuse(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise Problem(problem.TOO_LARGE, f"At most {self._limit} bytes are taken.")
            return message

        await self._app(scope, counted, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"At most {self._limit} bytes are taken."
        await problem.response(problem.document(problem.TOO_LARGE, detail))(scope, receive, send)
