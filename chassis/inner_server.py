"""What the vault's process and the file store's have in common: who is let in, health, figures, TLS, a graceful stop.

Nothing that is asked or answered is ever logged: of a failure its kind and its place are.
"""

import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import uvicorn
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.inner_credentials import Caller, Credentials
from chassis.inner_settings import InnerSettings
from chassis.stores.store import StoreUnavailable
from chassis.web.metrics import MEDIA_TYPE
from chassis.web.server import BoundedProtocol

log = logging.getLogger("lienthong.inner")

UNAVAILABLE: Final = "unavailable"
UNKNOWN_CALLER: Final = "token_unknown"
NOT_ALLOWED: Final = "not_allowed"
MALFORMED: Final = "malformed"
TOO_LARGE: Final = "too_large"
UNEXPECTED: Final = "unexpected"

GRACE_S: Final = 10
KEEP_ALIVE_S: Final = 75
WAITING_MAX: Final = 2_048
BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
JSON: Final = "application/json"


class Told(msgspec.Struct):
    """Why there is no answer: a code that stays, and a sentence for whoever runs the product."""

    code: str
    said: str


class NotAnswered(Exception):
    """Raise it where a question is not answered."""

    def __init__(self, status: int, code: str, said: str) -> None:
        super().__init__(said)
        self.status = status
        self.told = Told(code, said)


class Door:
    """Who may come in, and how long each took that did.

    Args:
        name: of the process, as figures and operators call it.
        ready: raises where questions cannot be answered now.
    """

    def __init__(self, name: str, credentials: Credentials, ready: Callable[[], object]) -> None:
        self.name = name
        self._credentials = credentials
        self._ready = ready
        self.figures = CollectorRegistry()
        self._took = Histogram(
            f"lienthong_{name}_seconds", "How long questions took, by what was asked and what came of it",
            ["asked", "came_to"], registry=self.figures, buckets=BUCKETS_S,
        )  # fmt: skip

    def let_in(self, request: Request, *rights: str) -> Caller:
        """Return who asks and has one of these rights.

        Raises:
            NotAnswered: nobody known, or somebody who may not.
        """
        shown = request.headers.get("authorization", "")
        caller = self._credentials.caller(shown.encode("latin-1"))
        variable = f"LIENTHONG_{self.name.upper()}_TOKEN"
        if caller is None:
            said = f"this token is not in {variable}S; give the caller the one that belongs to its line" if shown else (
                f"no token was shown; give the caller {variable} or {variable}_FILE"
            )  # fmt: skip
            raise NotAnswered(401, UNKNOWN_CALLER, f"{self.name}: {said}")
        if caller.rights.isdisjoint(rights):
            said = f"{self.name}: {caller.name} may not {rights[0]}; if it should, add that to its line of {variable}S"
            raise NotAnswered(403, NOT_ALLOWED, said)
        return caller

    @contextmanager
    def observed(self, asked: str) -> Iterator[None]:
        """Count what is asked inside, whatever comes of it, and how long it took."""
        since, came_to = time.perf_counter(), "answered"
        try:
            yield
        except Exception as error:
            came_to = error.told.code if isinstance(error, NotAnswered) else type(error).__name__
            raise
        finally:
            self._took.labels(asked, came_to).observe(time.perf_counter() - since)

    def application(self, routes: Iterable[BaseRoute]) -> Starlette:
        """Return the application: the routes, health and figures."""
        beside = (
            Route("/livez", _lives), Route("/readyz", self._readyz), Route("/startupz", self._readyz),
            Route("/metrics", self._metrics),
        )  # fmt: skip
        handlers = {NotAnswered: _refuse, StoreUnavailable: _later, HTTPException: _not_here, Exception: _broken}
        return Starlette(routes=[*routes, *beside], exception_handlers=handlers)  # type: ignore[arg-type]

    async def _readyz(self, request: Request) -> Response:
        try:
            await run_in_threadpool(self._ready)
        except (StoreUnavailable, OSError) as error:
            return PlainTextResponse(f"not ready: {error}\n", 503)
        return PlainTextResponse("ready\n")

    async def _metrics(self, request: Request) -> Response:
        return Response(await run_in_threadpool(generate_latest, self.figures), media_type=MEDIA_TYPE)


async def body_of(request: Request, limit: int) -> bytes:
    """Return what was sent.

    Raises:
        NotAnswered: it is longer than `limit`.
    """
    body = bytearray()
    async for part in bounded(request, limit):
        body += part
    return bytes(body)


async def bounded(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield what is sent, part by part; as `body_of`."""
    came = 0
    async for part in request.stream():
        came += len(part)
        if came > limit:
            raise NotAnswered(413, TOO_LARGE, f"at most {limit} bytes are taken")
        yield part


def answer(status: int, code: str, said: str) -> Response:
    """Return why there is no answer."""
    return Response(msgspec.json.encode(Told(code, said)), status, media_type=JSON)


async def _lives(request: Request) -> Response:
    return PlainTextResponse("alive\n")


async def _refuse(request: Request, error: NotAnswered) -> Response:
    # What was not read of a refused body would be taken for the next request: the connection ends with the answer.
    said = answer(error.status, error.told.code, error.told.said)
    said.headers["connection"] = "close"
    return said


async def _later(request: Request, error: StoreUnavailable) -> Response:
    return answer(503, UNAVAILABLE, str(error))


async def _not_here(request: Request, error: HTTPException) -> Response:
    return answer(error.status_code, MALFORMED, "there is no such question")


async def _broken(request: Request, error: Exception) -> Response:
    return answer(500, UNEXPECTED, "an unexpected fault, which was logged")


class _OneByOne(BoundedProtocol):
    """Answers leave at once: a small one must not wait for the acknowledgement of the one before."""

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)
        opened = self.transport.get_extra_info("socket")
        if opened is not None:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def serve(app: Starlette, settings: InnerSettings, default_port: int) -> None:
    """Answer until the process is told to stop; what is being answered then is answered to its end."""
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise ValueError("LIENTHONG_TLS_CERTIFICATE and LIENTHONG_TLS_KEY are given together or not at all")
    for file in filter(None, (settings.tls_certificate, settings.tls_key)):
        Path(file).stat()  # what is missing is named; the TLS library would not say which
    config = uvicorn.Config(
        app, host=settings.host, port=int(settings.port or default_port), log_config=None, access_log=False,
        http=_OneByOne, ws="none", lifespan="off", server_header=False, limit_concurrency=WAITING_MAX,
        timeout_keep_alive=KEEP_ALIVE_S, timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=settings.tls_certificate or None, ssl_keyfile=settings.tls_key or None,
    )  # fmt: skip
    uvicorn.Server(config).run()
