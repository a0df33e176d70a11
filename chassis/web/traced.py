"""What is noted of every request: its trace id, how long it took, and a line in the log; never what it said."""

import logging
import re
import secrets
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.telemetry import CROSSING, SILENT, Crossing, Tracer, is_followed
from chassis.web.metrics import ANSWERED

log = logging.getLogger("lienthong.access")

TRACEPARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-[0-9a-f]{2}")
"""W3C Trace Context; a version `ff` and ids of nothing but zeros are none."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE: Final = "none"
"""An address that leads nowhere is a stranger's words: it is told nowhere."""


class Traced:
    """Give every request a trace id, the caller's (`traceparent`) or a new one, and note what became of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        tracer: Tracer = getattr(scope["app"].state, "tracer", SILENT) if "app" in scope else SILENT
        crossing = _crossing_of(scope, tracer)
        began, status = time.perf_counter(), 500

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = CROSSING.set(crossing)
        try:
            await self._app(scope, receive, answered)
        finally:
            _note(scope, tracer, crossing, status, time.perf_counter() - began)
            CROSSING.reset(token)


def _crossing_of(scope: Scope, tracer: Tracer) -> Crossing:
    header = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
    given = TRACEPARENT.fullmatch(header)
    followed = given is not None and tracer.outlet is not None and is_followed(header)
    trace, parent = given.groups() if given else (secrets.token_hex(16), "0" * 16)
    crossing = Crossing(trace, parent, followed)
    scope["lienthong.trace"] = trace
    scope["lienthong.traceparent"] = crossing.traceparent if followed else header if given else None
    return crossing


def _note(scope: Scope, tracer: Tracer, crossing: Crossing, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    route = _route_of(scope)
    ANSWERED.labels(method, route, f"{status // 100}xx").observe(seconds)
    tracer.crossed(crossing, method, route, status)
    if log.isEnabledFor(logging.INFO):
        log.info("%s %s %d in %d ms", method, route, status, round(seconds * 1_000))


def _route_of(scope: Scope) -> str:
    """Return the route's template; of doors that have none (static files, gateways) the name of what stands behind."""
    path: str = getattr(scope.get("route"), "path", "")
    if path:
        return path
    behind = scope.get("endpoint")
    return NO_ROUTE if behind is None else str(getattr(behind, "__name__", type(behind).__name__))
