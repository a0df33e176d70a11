"""What is no one service's: health of them all, parked messages, traces, heads, asked of each and put together.

Every answer has the form that it has where all services are one process; who may see what, the services say.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Request
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from chassis.clock import Clock
from chassis.codec import encode
from chassis.web.auth import DevelopmentIssuer
from chassis.web.door import DOOR, Door
from chassis.web.door_instance import Asked, Instance
from chassis.web.door_instances import Instances
from chassis.web.door_line import LineDown
from chassis.web.metrics import MEDIA_TYPE, PROCESS
from chassis.web.operations import Discharged, Parked
from chassis.web.problem import NOT_FOUND, Problem

DESK: Final = "intake"
"""The service that knows a dossier by its code."""
NOT_THERE: Final = 404
OF_WHO_ASKS: Final = ("authorization", "cookie", "accept-language", "traceparent", "x-csrf-token")

Name = Annotated[str, Path(max_length=40)]


class _Relayed(Response):
    """An answer that comes from another process as it is."""

    def __init__(self, door: Door, service: str) -> None:
        super().__init__()
        self._door = door
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._door.pass_on(self._service, scope, receive, send)


class _Figures:
    """How many instances of each service answer, for Prometheus."""

    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    def collect(self) -> Iterable[Metric]:
        living = GaugeMetricFamily(
            "lienthong_door_living", "Instances that answer, by service", labels=["service"]
        )  # fmt: skip
        for service in self._instances.by_service:
            living.add_metric([service], len(self._instances.living(service)))
        yield living


def gathered(door: Door, issuer: DevelopmentIssuer, clock: Clock) -> APIRouter:
    """Return the routes of what is asked of several processes; their description is the services' own."""
    router = APIRouter(include_in_schema=False)
    instances = door.instances
    figures: Any = _Figures(instances)

    def one_of(request: Request, service: str) -> Response:
        """Answer by the service that is named."""
        issuer.principal_of(request)
        if service not in instances.by_service:
            raise Problem(NOT_FOUND)
        return _Relayed(door, service)

    @router.get("/livez")
    @router.get("/startupz")
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        told = await asyncio.gather(*(_health(instances, service) for service in instances.by_service))
        services = dict(zip(instances.by_service, told, strict=True))
        fit = all(one["status"] == "ok" for one in told)
        body = {"status": "ok" if fit else "unavailable", "services": services, "now": clock.now().isoformat()}
        return JSONResponse(body, 200 if fit else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        shown = b"".join(generate_latest(one) for one in (PROCESS, DOOR, figures))
        return Response(shown, media_type=MEDIA_TYPE)

    @router.get("/api/v1/operations/events")
    @router.get("/api/v1/operations/said")
    @router.get("/api/v1/heads")
    async def by_service(request: Request, service: str) -> Response:
        return one_of(request, service)

    @router.get("/api/v1/heads/{service}/inclusion")
    @router.get("/api/v1/heads/{service}/consistency")
    async def proof(request: Request, service: Name) -> Response:
        return one_of(request, service)

    @router.get("/api/v1/heads/keys")
    async def keys(request: Request) -> Response:
        return await together(
            request, lambda bodies: {"items": _different(one for body in bodies for one in body["items"])}
        )

    @router.post("/api/v1/heads")
    async def seal(request: Request) -> Response:
        return await together(request, lambda bodies: {"items": [one for body in bodies for one in body["items"]]})

    @router.get("/api/v1/operations/parked")
    async def parked(request: Request) -> Response:
        issuer.principal_of(request)
        asked = await asyncio.gather(*(_asked(one, request) for one in instances.everyone if one.is_living))
        if wrong := [one for one in asked if one.status != 200]:
            return _said_again(wrong[0])
        return JSONResponse({"items": _different(item for one in asked for item in one.json()["items"])})

    @router.post("/api/v1/operations/parked/{service}/retry")
    async def retry(request: Request, service: Name, which: Parked) -> Response:
        return await whoever_holds(request, service)

    @router.post("/api/v1/operations/parked/{service}/discharge")
    async def discharge(request: Request, service: Name, which: Discharged) -> Response:
        return await whoever_holds(request, service)

    async def whoever_holds(request: Request, service: str) -> Response:
        """Hand a decision about a parked message to the instance that holds it; to the others it does not exist."""
        issuer.principal_of(request)
        body = await request.body()
        answer: Asked | None = None
        for instance in instances.living(service):
            answer = await _asked(instance, request, body=body)
            if answer.status != NOT_THERE:
                break
        if answer is None:
            raise Problem(NOT_FOUND)
        return _said_again(answer)

    @router.get("/api/v1/operations/traces/{ref}")
    async def traced(request: Request, ref: Annotated[str, Path(max_length=200)]) -> Response:
        issuer.principal_of(request)
        if DESK not in instances.by_service:
            raise Problem(NOT_FOUND)
        first = await instances.of(DESK, lambda one: _asked(one, request))
        if first.status != 200:
            return _said_again(first)
        dossier = first.json()["ref"]
        target = f"/api/v1/operations/traces/{quote(dossier, safe='')}"
        asked = await asyncio.gather(*(_asked(one, request, target) for one in instances.everyone if one.is_living))
        bodies = [one.json() for one in asked if one.status == 200]
        spans = _different(span for body in bodies for span in body["spans"])
        kept = "here" if any(body["kept"] == "here" for body in bodies) else "elsewhere"
        return JSONResponse({"ref": dossier, "kept": kept, "spans": sorted(spans, key=_began)})

    async def together(request: Request, joined: Callable[[list[Any]], Any]) -> Response:
        """Ask one instance of each service the same, and join what they say; the first problem is the answer."""
        issuer.principal_of(request)
        body = await request.body()

        def ask(one: Instance) -> Awaitable[Asked]:
            return _asked(one, request, body=body)

        asked = await instances.of_every_service(ask)
        if wrong := [one for one in asked.values() if one.status >= 300]:
            return _said_again(wrong[0])
        return JSONResponse(joined([one.json() for one in asked.values()]), max(one.status for one in asked.values()))

    return router


async def _asked(instance: Instance, request: Request, target: str = "", body: bytes = b"") -> Asked:
    """Ask an instance what was asked of us, in the name of whoever asks."""
    headers = {name: request.headers[name] for name in OF_WHO_ASKS if name in request.headers}
    if body:
        headers["content-type"] = request.headers.get("content-type", "application/json")
    query = urlencode(request.query_params.multi_items())
    there = target or quote(request.url.path) + (f"?{query}" if query else "")
    return await instance.ask(request.method, there, headers, body)


async def _health(instances: Instances, service: str) -> dict[str, Any]:
    """Say whether any instance of a service reads and writes; its log and what is parked in it are the same for all."""
    known: dict[str, Any] = {"status": "unavailable", "head": 0, "parked": 0}
    for instance in instances.living(service):
        try:
            answer = await instance.ask("GET", "/readyz", {})
            known = answer.json()["services"][service]
        except (LineDown, KeyError):
            continue
        if answer.status == 200:
            break
    return known


def _said_again(answer: Asked) -> Response:
    headers = dict(answer.headers)
    kept = {
        name.decode(): headers[name].decode("latin-1")
        for name in (b"www-authenticate", b"retry-after")
        if name in headers
    }
    return Response(answer.body, answer.status, kept, headers.get(b"content-type", b"").decode("latin-1"))


def _different(items: Iterable[Any]) -> list[Any]:
    """Return each item once, in order."""
    return list({encode(item): item for item in items}.values())


def _began(span: dict[str, Any]) -> str:
    return str(span["at"])
