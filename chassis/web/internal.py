"""What the front asks of a service's process: its routes, whether it rests, what time it shows, what is open.

Not for anybody else: whoever asks shows the installation's internal token.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from chassis.bus.kafka import partition_of
from chassis.clock import RehearsalClock
from chassis.forgetting import open_matters
from chassis.run import Engine
from chassis.web.door_routes import every_route
from chassis.web.problem import NOT_FOUND, Problem

PREFIX = "/internal"
OF_EVERY_PROCESS = ("/livez", "/readyz", "/startupz", "/metrics", PREFIX, "/api/openapi.json")


class Reading(BaseModel):
    """What time a process is to show; `release` lets its clock run with the wall's from then on."""

    to: AwareDatetime
    release: bool = False


class Rest:
    """Says whether a process has anything left to do that it knows of.

    Args:
        relayed: whether the log was said to its end.
        ends: partition → position of its last record, as the brokers say now.
        said, fetched: counts that grow with what goes out and what comes in.
    """

    def __init__(
        self, engine: Engine, relayed: Callable[[], bool], ends: Callable[[], dict[int, int]],
        said: Callable[[], int], fetched: Callable[[], int],
    ) -> None:  # fmt: skip
        self._engine = engine
        self._relayed = relayed
        self._ends = ends
        self._said = said
        self._fetched = fetched

    def now(self) -> dict[str, Any]:
        """Return it; the order matters: what follows from a thing is asked for after it."""
        (running,) = self._engine.running.values()
        idle = self._engine.rests
        relayed = idle and self._relayed()
        ends = self._ends() if relayed else {}  # the brokers are only asked where nothing else is lacking
        positions = {partition_of(channel): at for channel, at in dict(running.inbox.positions).items()}
        heard = relayed and all(at >= ends.get(partition, 0) for partition, at in positions.items())
        return {
            "service": running.service.name,
            "idle": idle and self._engine.rests,
            "relayed": relayed,
            "heard": heard,
            "activity": self._engine.activity + self._said() + self._fetched(),
            "partitions": sorted(positions),
            "next_timer_us": running.store.next_timer_us(),
        }


def internal(
    engine: Engine, instance: str, token: str, routes: Callable[[], Iterable[BaseRoute]], rest: Rest
) -> APIRouter:
    """Return the routes for the front.

    Args:
        routes: gives all routes of the process, once they are put together.
    """
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    (running,) = engine.running.values()

    def known(request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or not hmac.compare_digest(given.encode(), token.encode()):
            raise Problem(NOT_FOUND)

    @router.get("/routes")
    async def listed(request: Request) -> dict[str, Any]:
        known(request)
        shown = [
            {"methods": sorted(route.methods or ()), "path": route.path}
            for route in every_route(routes())
            if not route.path.startswith(OF_EVERY_PROCESS)
        ]
        return {"service": running.service.name, "instance": instance, "routes": shown}

    @router.get("/rest")
    async def resting(request: Request) -> dict[str, Any]:
        known(request)
        return {"instance": instance} | await run_in_threadpool(rest.now)

    @router.get("/clock")
    async def reading(request: Request) -> dict[str, Any]:
        known(request)
        return _reading(engine)

    @router.post("/clock")
    async def set_clock(request: Request, wanted: Reading) -> dict[str, Any]:
        known(request)
        if not isinstance(engine.clock, RehearsalClock):
            raise Problem(NOT_FOUND)
        to: datetime = wanted.to
        await asyncio.wrap_future(engine.show_time(to, wanted.release))
        return _reading(engine)

    @router.get("/open-matters")
    async def matters(request: Request, person: str) -> dict[str, Any]:
        known(request)
        return {"lines": await run_in_threadpool(open_matters, engine, person)}

    return router


def _reading(engine: Engine) -> dict[str, Any]:
    clock = engine.clock
    if not isinstance(clock, RehearsalClock):
        return {"now": clock.now().isoformat(), "untouched": False, "released": True}
    return {"now": clock.now().isoformat(), "untouched": clock.untouched, "released": clock.released}
