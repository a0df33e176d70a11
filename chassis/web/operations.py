"""What those who run the platform need: health, metrics, the log's tail, and parked messages to retry or discharge."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from prometheus_client.core import Metric
from pydantic import BaseModel, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from chassis import wire
from chassis.inbox import Inbox, Key, LayAside, Retry
from chassis.limits import PAGE_ITEMS_MAX
from chassis.run import Engine, Running
from chassis.stores.store import StoreUnavailable
from chassis.telemetry_outlet import FileSink
from chassis.web.auth import ALL, INSPECTOR, SYSTEM, DevelopmentIssuer, Principal, Rights, may
from chassis.web.auth_filter import THE_WHOLE
from chassis.web.metrics import MEDIA_TYPE, Figures
from chassis.web.problem import NOT_FOUND, Problem, ProblemDocument
from chassis.web.refs import resolve
from chassis.web.routes import told_rights

STAFF: Rights = {SYSTEM: ALL}
STAFF_AND_INSPECTORS: Rights = {SYSTEM: ALL, INSPECTOR: ALL}
POSITION_MAX = 2**63 - 1
SPANS_SHOWN_MAX = 20_000
ANSWERS: dict[int | str, dict[str, Any]] = {401: {"model": ProblemDocument}, 404: {"model": ProblemDocument}}


SAID: dict[int | str, dict[str, Any]] = {
    200: {"content": {wire.BATCH: {"schema": {"type": "array", "items": {"type": "object"}}}}}
}


class Traced(BaseModel):
    """The spans of one dossier, the earliest first; `kept` says whether they are kept here or by a collector."""

    ref: str
    kept: Literal["here", "elsewhere"]
    spans: list[dict[str, Any]]


class Health(BaseModel):
    """`ok`, or `dead` where the lanes have stopped."""

    status: str


class ServiceHealth(BaseModel):
    """Whether a service reads and writes, how long its log is, and how many messages staff have to look at."""

    status: str
    head: int
    parked: int


class Readiness(BaseModel):
    """Whether every service reads and writes, by service, and the server's own time."""

    status: str
    services: dict[str, ServiceHealth]
    now: str


class EventShown(BaseModel):
    """A stored event; `data` is JSON, what is personal in it is sealed."""

    position: int
    stream: str
    version: int
    type: str
    said: str | None
    sequence: int | None
    time_us: int
    data: str


class TailShown(BaseModel):
    """Events of a log in order; `next` is what to ask `after` for."""

    items: list[EventShown]
    next: int


class HeldShown(BaseModel):
    """A message that waits for an earlier one (`held`), or for staff (`parked`)."""

    service: str
    source: str
    subject: str
    sequence: int
    type: str
    error: str | None
    attempts: int
    since_us: int
    state: str


class HeldMessages(BaseModel):
    """Every message that waits."""

    items: list[HeldShown]


class Taken(BaseModel):
    """Whether a parked message was handled now."""

    taken: bool


class LaidAside(BaseModel):
    """Whether a parked message was laid aside."""

    discharged: bool


class Parked(BaseModel):
    """Which parked message."""

    source: str = Field(max_length=200)
    subject: str = Field(max_length=200)
    sequence: int = Field(ge=1)


class Discharged(Parked):
    """Which parked message is laid aside, and why."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


def operations(
    engine: Engine, issuer: DevelopmentIssuer, openings: Callable[[], Mapping[str, int]] = dict,
    beside: Callable[[], Iterable[Metric]] = tuple,
) -> APIRouter:  # fmt: skip
    """Return the routes of operation; all but health and figures are for the role `system`, some for inspectors too."""
    router = APIRouter(tags=["operations"])
    figures = Figures(engine, openings, beside)

    def staff(request: Request, rights: Rights) -> Principal:
        principal = issuer.principal_of(request)
        if not may(principal, rights, THE_WHOLE):
            raise Problem(NOT_FOUND)
        return principal

    @router.get("/livez", summary="The process answers", response_model=Health, responses={503: {"model": Health}})
    @router.get("/startupz", summary="The stores are open", response_model=Health, responses={503: {"model": Health}})
    async def alive() -> JSONResponse:
        return JSONResponse({"status": "dead"}, 503) if engine.has_died else JSONResponse({"status": "ok"})

    @router.get(
        "/readyz", summary="Every service reads and writes", response_model=Readiness,
        responses={503: {"model": Readiness}},
    )  # fmt: skip
    async def ready() -> JSONResponse:
        services = {name: _readiness(running, engine.failing.get(name)) for name, running in engine.running.items()}
        fit = not engine.has_died and all(one["status"] == "ok" for one in services.values())
        body = {"status": "ok" if fit else "unavailable", "services": services, "now": engine.clock.now().isoformat()}
        return JSONResponse(body, 200 if fit else 503)

    @router.get("/metrics", summary="Figures for Prometheus", response_class=PlainTextResponse)
    async def metrics() -> Response:
        return Response(await run_in_threadpool(figures.shown), media_type=MEDIA_TYPE)

    @router.get(
        "/api/v1/operations/events",
        operation_id="tail_events",
        response_model=TailShown,
        summary="The log's tail",
        responses=ANSWERS,
        openapi_extra=told_rights(STAFF_AND_INSPECTORS),
    )
    async def tail(
        request: Request,
        service: str,
        after: Annotated[int, Query(ge=0, le=POSITION_MAX)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_ITEMS_MAX)] = 100,
    ) -> dict[str, Any]:
        staff(request, STAFF_AND_INSPECTORS)
        running = engine.running.get(service)
        if running is None:
            raise Problem(NOT_FOUND)
        events = running.store.tail(after, limit)
        items = [
            {"position": e.position, "stream": e.stream, "version": e.version, "type": e.type, "said": e.said,
             "sequence": e.sequence, "time_us": e.time_us, "data": e.data.decode()}
            for e in events
        ]  # fmt: skip
        return {"items": items, "next": events[-1].position if events else after}

    @router.get(
        "/api/v1/operations/said",
        operation_id="said_events",
        summary="What a service has said, as CloudEvents",
        responses=ANSWERS | SAID,
        response_class=Response,
        openapi_extra=told_rights(STAFF_AND_INSPECTORS),
    )
    async def said(
        request: Request,
        service: Annotated[str, Query(max_length=40)],
        after: Annotated[int, Query(ge=0, le=POSITION_MAX)] = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_ITEMS_MAX)] = 100,
    ) -> Response:
        staff(request, STAFF_AND_INSPECTORS)
        running = engine.running.get(service)
        if running is None:
            raise Problem(NOT_FOUND)
        envelopes, at = await run_in_threadpool(running.store.say, running.source, after, limit)
        return Response(wire.batch(envelopes), headers={"Lienthong-Position": f"{service}:{at}"}, media_type=wire.BATCH)

    @router.get(
        "/api/v1/operations/traces/{ref}",
        operation_id="trace_dossier",
        summary="The way of one dossier through the services, where it was followed",
        responses=ANSWERS,
        openapi_extra=told_rights(STAFF_AND_INSPECTORS),
    )
    async def traced(request: Request, ref: Annotated[str, Path(max_length=200)]) -> Traced:
        staff(request, STAFF_AND_INSPECTORS)
        desk = engine.running.get("intake")
        dossier = ref if desk is None else await run_in_threadpool(resolve, desk.store, ref)
        outlet = engine.tracer.outlet
        if outlet is None or not isinstance(outlet.sink, FileSink):
            return Traced(ref=dossier, kept="elsewhere", spans=[])
        await run_in_threadpool(outlet.flush)
        spans = await run_in_threadpool(outlet.sink.about, dossier, SPANS_SHOWN_MAX)
        return Traced(ref=dossier, kept="here", spans=spans)

    @router.get(
        "/api/v1/operations/parked",
        operation_id="list_parked",
        response_model=HeldMessages,
        summary="Parked messages",
        responses=ANSWERS,
        openapi_extra=told_rights(STAFF_AND_INSPECTORS),
    )
    async def parked(request: Request) -> dict[str, Any]:
        staff(request, STAFF_AND_INSPECTORS)
        items = [
            {"service": name, "source": held.envelope.source, "subject": held.envelope.subject,
             "sequence": held.envelope.sequence, "type": held.envelope.type, "error": held.error,
             "attempts": held.attempts, "since_us": held.since_us,
             "state": "parked" if held.error is not None else "held"}
            for name, running in engine.running.items()
            for held in list(running.inbox.held.values())
        ]  # fmt: skip
        return {"items": items}

    @router.post(
        "/api/v1/operations/parked/{service}/retry",
        operation_id="retry_parked",
        response_model=Taken,
        responses=ANSWERS,
        openapi_extra=told_rights(STAFF),
    )
    async def retry(request: Request, service: str, which: Parked) -> dict[str, bool]:
        staff(request, STAFF)
        return {"taken": await _piece(engine, service, which, lambda inbox, key: Retry(inbox, key))}

    @router.post(
        "/api/v1/operations/parked/{service}/discharge",
        operation_id="discharge_parked",
        response_model=LaidAside,
        responses=ANSWERS,
        openapi_extra=told_rights(STAFF),
    )
    async def discharge(request: Request, service: str, which: Discharged) -> dict[str, bool]:
        by = staff(request, STAFF).id
        aside = await _piece(engine, service, which, lambda inbox, key: LayAside(inbox, key, by, which.reason))
        return {"discharged": aside}

    return router


def _readiness(running: Running, failing: str | None) -> dict[str, Any]:
    """Say whether one service can read and its last turn came to its end; what is wrong is for the log, not for all."""
    try:
        running.store.query("SELECT 1 AS one")
        status = "ok" if failing is None else "unavailable"
    except StoreUnavailable:
        status = "unavailable"
    parked = sum(held.error is not None for held in list(running.inbox.held.values()))
    return {"status": status, "head": running.store.head(), "parked": parked}


async def _piece(engine: Engine, service: str, which: Parked, make: Callable[[Inbox, Key], Retry | LayAside]) -> bool:
    """Hand staff's decision about a parked message to the lane that holds it."""
    running = engine.running.get(service)
    key = (which.source, which.subject, which.sequence)
    if running is None or key not in running.inbox.held:
        raise Problem(NOT_FOUND)
    piece = make(running.inbox, key)
    engine.submit(service, piece)
    return await asyncio.wrap_future(piece.future)
