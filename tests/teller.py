"""A stand-in for a service on the real bus: it knows nothing and repeats what it is told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chassis.executor import Job
from chassis.service import Parts, Route, Service
from kernel.decider import Decider
from kernel.message import PublicEvent
from tests.harness import Platform


@dataclass(frozen=True, slots=True)
class Tell:
    """Say `news`, a dataclass with a `ref`."""

    news: Any


@dataclass(frozen=True, slots=True)
class Told:
    """How often something was said of a dossier."""

    times: int = 0


def _decide(command: Tell, told: Told) -> tuple[Any, ...]:
    return (command.news,)


def _evolve(told: Told, event: Any) -> Told:
    return replace(told, times=told.times + 1)


def _publish(event: Any) -> PublicEvent:
    return PublicEvent(type(event).__name__, 1, event.ref, event.ref, event)


def desk_that_says(kinds: tuple[type, ...], name: str = "intake") -> Callable[[Parts], Service]:
    """Return the wiring of a teller that can say `kinds`, under the desk's name or another service's."""

    def service(parts: Parts) -> Service:
        decider: Decider[Tell, Told, Any] = Decider(Told(), _decide, _evolve)
        prefix = "dossier" if name == "intake" else name
        return Service(
            name=name,
            events=kinds,
            streams={prefix: decider},
            routes={Tell: Route(decider, lambda command: f"{prefix}-{command.news.ref}")},
            publish=_publish,
            published=tuple((kind.__name__, 1, kind) for kind in kinds),
        )

    return service


def tell(platform: Platform, news: Any, name: str = "intake") -> None:
    """Let the desk, or another service, say `news`; the caller lets the platform come to rest."""
    job: Any = Job(command=Tell(news))
    platform.engine.submit(name, job)
