"""The one public door of the distributed product: `python -m services.front`.

A browser, a client and `lienthong demo` see one address, as with `lienthong serve`, whichever process answers. What is
no one service's is answered here: health, what operators gather, sign-in, people, and the one clock of a rehearsal.
"""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from chassis.clock import Clock, NotedClock, WallClock
from chassis.logs import set_up
from chassis.registry import PRODUCT_REGISTRY, Registry, load_registry
from chassis.rehearsal_conductor import Conductor, NotAtRest, Reading
from chassis.settings import Settings
from chassis.vault_port import Custody
from chassis.vault_remote import RemoteVault
from chassis.web.app import application
from chassis.web.auth import DevelopmentIssuer
from chassis.web.door import Behind, Door, Nowhere, on_nobody
from chassis.web.door_description import describe_all
from chassis.web.door_gathered import gathered
from chassis.web.door_instance import Instance
from chassis.web.door_instances import Instances
from chassis.web.door_line import LineDown
from chassis.web.door_routes import every_route
from chassis.web.oidc_other import KeysAtHand, other_issuer
from chassis.web.oidc_routes import issuer_routes
from chassis.web.pages import Frame
from chassis.web.privacy import privacy
from chassis.web.problem import UNAVAILABLE, Problem, on_problem
from chassis.web.rates import Unsolicited
from chassis.web.rehearsal import rehearsal
from chassis.web.server import server
from chassis.web.signin import sign_in_routes
from chassis.wire import PARTITIONS
from kernel.calendar import Words
from services.front_forgetting import forget_everywhere

PORT: Final = 8080
CLOCK: Final = "/internal/clock"
LIVE: Final = "live"
LIVE_ROUTES: Final = ((("GET",), "/figures"), (("GET",), "/figures/live"))
"""What the live figures' process answers; while it does not, reporting answers from its own read model."""


class Unwritten:
    """Notes that nobody keeps: the services keep the clock's reading, and the front takes it from them."""

    def note(self, name: str) -> str | None:
        return None

    def keep_note(self, name: str, value: str) -> None:
        """The services were told; they keep it."""


class Told:
    """An instance as the conductor of the clock sees it."""

    def __init__(self, instances: Instances, instance: Instance) -> None:
        self._instances = instances
        self._instance = instance

    @property
    def service(self) -> str:
        return self._instance.service

    @property
    def name(self) -> str:
        return self._instance.name

    async def rest(self) -> Reading:
        return Reading.of(await self._instances.inner(self._instance, "GET", "/internal/rest"))

    async def clock(self) -> tuple[datetime, bool, bool]:
        told = await self._instances.inner(self._instance, "GET", CLOCK)
        return datetime.fromisoformat(told["now"]), told["untouched"], told["released"]

    async def show(self, to: datetime, release: bool) -> None:
        await self._instances.inner(self._instance, "POST", CLOCK, {"to": to.isoformat(), "release": release})


@dataclass(frozen=True, slots=True)
class Front:
    """The door with the parts that it stands on."""

    settings: Settings
    registry: Registry
    vault: Custody
    clock: Clock
    issuer: DevelopmentIssuer
    door: Door
    conductor: Conductor


def compose(settings: Settings, vault: Custody) -> Front:
    """Put the front together; nothing runs yet, and nobody is asked.

    Raises:
        ValueError: what is told of the services or of the issuer cannot be read.
    """
    instances = Instances(settings.services, settings.internal_token)
    if settings.live_url:
        instances.beside(LIVE, settings.live_url, LIVE_ROUTES)
    moved = NotedClock(Unwritten())
    processes = {instance: Told(instances, instance) for instance in instances.everyone}
    conductor = Conductor(moved, tuple(processes.values()), PARTITIONS)
    if settings.rehearsal:

        async def comes(instance: Instance) -> None:
            await conductor.met(processes[instance])

        instances.comes.append(comes)
    issuer = DevelopmentIssuer(Path(settings.keys) / "issuer.key", settings.public_url, other_issuer(settings, vault))
    clock: Clock = moved if settings.rehearsal else WallClock()
    return Front(settings, load_registry(PRODUCT_REGISTRY), vault, clock, issuer, Door(instances), conductor)


def asgi(front: Front) -> FastAPI:
    """Return the application: what the front answers itself, and the door behind it."""
    issuer, vault, settings = front.issuer, front.vault, front.settings
    instances = front.door.instances
    app = application("Liên Thông", _routers(front))
    app.add_exception_handler(LineDown, on_nobody)
    app.add_exception_handler(NotAtRest, on_not_at_rest)
    if not settings.rehearsal:
        app.add_middleware(Unsolicited, issuer=issuer)
    if issuer.other is not None:
        app.add_middleware(KeysAtHand, other=issuer.other)
    instances.own = [(tuple(route.methods or ()), route.path) for route in every_route(app.routes)]
    instances.comes.append(_again(describe_all(app, instances)))
    app.router.routes.insert(0, Behind(front.door))
    app.router.routes.append(Nowhere(front.door))
    app.state.sent_events = {front.door}

    @asynccontextmanager
    async def looked_after(app: FastAPI) -> AsyncIterator[None]:
        instances.begin()
        try:
            yield
        finally:
            await instances.end()
            vault.close()

    app.router.lifespan_context = looked_after
    return app


def _routers(front: Front) -> list[APIRouter]:
    issuer, vault, settings = front.issuer, front.vault, front.settings
    frame = Frame(issuer, front.clock)
    forget = partial(forget_everywhere, front.door.instances, front.conductor, vault)
    routers = [gathered(front.door, issuer, front.clock), privacy(front.clock, issuer, vault, forget)]
    if settings.rehearsal:
        routers.append(rehearsal(front.conductor, issuer, vault))
        routers.append(issuer_routes(issuer, frame, front.registry, vault))
    if issuer.other is not None:
        routers.append(sign_in_routes(issuer, issuer.other, frame, settings.public_url))
    return routers


def _again(anew: Any) -> Any:
    async def comes(instance: Instance) -> None:
        anew()

    return comes


async def on_not_at_rest(request: Request, error: Exception) -> Response:
    """Say who keeps the clock from being moved, or a person from being forgotten."""
    assert isinstance(error, NotAtRest)
    words = Words(f"Chưa làm được, còn phải chờ: {error}", f"Not yet: {error}")
    return await on_problem(request, Problem(UNAVAILABLE, words))


def main() -> None:
    """Serve until told to stop."""
    settings = Settings.from_environment()
    set_up(settings.log_level)
    vault = RemoteVault(settings.vault_url, settings.vault_token, settings.vault_ca)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn gives it on once it has stopped listening
    with suppress(KeyboardInterrupt):
        server(asgi(compose(settings, vault)), settings.host, int(settings.port) or PORT).run()


if __name__ == "__main__":
    main()
