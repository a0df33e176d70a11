"""The instances of the services behind the door: which of them answer, what each takes, and who is next.

Each is looked after by a task of its own: asked again and again while it does not answer, listened to while it does.
One that falls silent is passed over, and whoever waits for it is told at once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import msgspec

from chassis.web.door_instance import Instance
from chassis.web.door_line import LineDown
from chassis.web.door_routes import RouteTable
from chassis.web.fronted import mark_of

log = logging.getLogger("lienthong.door")

LOOK_EVERY_S: Final = 1.0
LOOK_AGAIN_AFTER_S: Final = 0.1
ANSWERS_LOOK_WITHIN_S: Final = 5.0
ROUTES: Final = "/internal/routes"
OPENAPI: Final = "/api/openapi.json"
OWN: Final = ""
"""The service of the routes that the door's own process has."""

Known = Callable[[Instance], Awaitable[None]]


class Nobody(LineDown):
    """No instance of a service answers."""

    def __init__(self, service: str) -> None:
        super().__init__(f"no instance of {service} answers", reached=False)
        self.service = service


class Instances:
    """Every instance of every service, in the order of their naming.

    Args:
        told: `intake=http://…,http://…;routing=http://…`.
        token: what they know the door by.

    `comes` is awaited with each instance that answers (again), before anybody is sent to it; `own` are the routes of
    the door's own process, so that it knows which methods an address takes.
    """

    def __init__(self, told: str, token: str) -> None:
        self.by_service: dict[str, tuple[Instance, ...]] = {}
        for part in told.split(";"):
            service, _, urls = part.strip().partition("=")
            if not service or not urls:
                raise ValueError("LIENTHONG_SERVICES must be written as service=http://host:port,http://…;service=…")
            self.by_service[service] = tuple(Instance(service, url.strip()) for url in urls.split(","))
        self.besides: dict[str, Instance] = {}
        self._led_to: tuple[Instance, ...] = ()
        self.everyone = tuple(one for several in self.by_service.values() for one in several)
        self.comes: list[Known] = []
        self.own: list[tuple[tuple[str, ...], str]] = []
        self.table = RouteTable()
        self._inner = {"authorization": f"Bearer {token}"}
        self.mark = mark_of(token)
        self._tasks: list[asyncio.Task[None]] = []

    def beside(self, service: str, url: str, routes: Iterable[tuple[tuple[str, ...], str]]) -> None:
        """Name a process that is no service's and does not tell of itself: what it answers goes before the services'.

        It is no loss where it does not answer; then the services answer these addresses, if they have them.
        """
        self.besides[service] = Instance(service, url)
        self.besides[service].routes = list(routes)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Return the services of which no instance has said yet what it answers."""
        return tuple(name for name, several in self.by_service.items() if not any(one.routes for one in several))

    def living(self, service: str) -> list[Instance]:
        """Return those of a service that answer, the least busy first."""
        named = self.by_service.get(service) or ((self.besides[service],) if service in self.besides else ())
        several = [one for one in named if one.is_living]
        return sorted(several, key=lambda one: (one.in_flight, one.turn))

    async def inner(self, instance: Instance, method: str, target: str, content: Any = None) -> Any:
        """Return what an instance says to its front alone.

        Raises:
            LineDown: it does not answer, or it does not know us.
        """
        body = b"" if content is None else msgspec.json.encode(content)
        headers = self._inner | ({"content-type": "application/json"} if body else {})
        answer = await instance.ask(method, target, headers, body)
        if answer.status != 200:
            raise LineDown(f"{instance.name} answered {answer.status} to {target.partition('?')[0]}", reached=True)
        return answer.json()

    async def of_every_service(self, ask: Callable[[Instance], Awaitable[Any]]) -> dict[str, Any]:
        """Return what one instance of each service says, the next one where one does not answer.

        Raises:
            Nobody: of a service nobody answers.
        """
        said = await asyncio.gather(*(self.of(service, ask) for service in self.by_service))
        return dict(zip(self.by_service, said, strict=True))

    async def of(self, service: str, ask: Callable[[Instance], Awaitable[Any]]) -> Any:
        """Return what an instance of a service says, the next one where one does not answer; for what only reads.

        Raises:
            Nobody: none of them answers.
        """
        for instance in self.living(service):
            try:
                return await ask(instance)
            except LineDown:
                instance.look_now.set()
        raise Nobody(service)

    def begin(self) -> None:
        """Look after every instance, until `end`; call it where the event loop runs."""
        everyone = (*self.everyone, *self.besides.values())
        self._tasks = [asyncio.create_task(self._look_after(one)) for one in everyone]

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for instance in (*self.everyone, *self.besides.values()):
            instance.is_living = False
            instance.has_gone()

    async def _look_after(self, instance: Instance) -> None:
        while True:
            instance.look_now.clear()
            try:
                if instance.service in self.besides:
                    await self._look_beside(instance)
                elif instance.is_living:
                    await self._still_there(instance)
                else:
                    await self._take_in(instance)
            except LineDown as error:
                log.debug("%s at port %d: %s", instance.service, instance.port, error)
                instance.has_gone()
            except Exception:
                log.exception("%s says at port %d what cannot be understood", instance.service, instance.port)
                instance.has_gone()
            pause_s = LOOK_EVERY_S if instance.is_living else LOOK_AGAIN_AFTER_S
            with suppress(TimeoutError):
                await asyncio.wait_for(instance.look_now.wait(), pause_s)

    async def _look_beside(self, instance: Instance) -> None:
        is_there = False
        try:
            is_there = (await instance.ask("GET", "/livez", {}, within_s=ANSWERS_LOOK_WITHIN_S)).status == 200
        finally:
            instance.is_living = is_there
            if is_there is not (instance in self._led_to):
                self._put_together()

    async def _still_there(self, instance: Instance) -> None:
        answer = await instance.ask("GET", "/livez", {}, within_s=ANSWERS_LOOK_WITHIN_S)
        if answer.status != 200:
            raise LineDown("it says that it is not alive", reached=True)
        if await self.inner(instance, "GET", ROUTES) != instance.told:
            raise LineDown("another process answers there now", reached=True)

    async def _take_in(self, instance: Instance) -> None:
        """Learn what an instance answers that is there (again), and only then send anybody to it."""
        told = await self.inner(instance, "GET", ROUTES)
        if told["service"] != instance.service:
            log.error("%s should answer at port %d, and %s does", instance.service, instance.port, told["service"])
            raise LineDown("another service answers there", reached=True)
        document = (await instance.ask("GET", OPENAPI, {})).json()
        for comes in self.comes:
            await comes(instance)
        instance.told = told
        instance.name = f"{told['instance']} ({instance.host}:{instance.port})"
        instance.routes = [(tuple(one["methods"]), one["path"]) for one in told["routes"]]
        instance.document = document
        self._put_together()
        instance.is_living = True
        log.info("%s answers at port %d", instance.service, instance.port)

    def _put_together(self) -> None:
        table = RouteTable()
        for methods, path in self.own:
            table.add(OWN, path, methods)
        self._led_to = tuple(one for one in self.besides.values() if one.is_living)
        for instance in (*self._led_to, *self.everyone):
            for methods, path in instance.routes:
                table.add(instance.service, path, methods)
        self.table = table
