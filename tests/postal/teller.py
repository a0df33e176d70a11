"""Says to the post what the one-stop desk would say: a service that knows nothing and repeats what it is told."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.executor import Job
from chassis.service import Parts, Route, Service
from kernel.decider import Decider
from kernel.message import PublicEvent
from tests.harness import Platform


@dataclass(frozen=True, slots=True)
class DossierSubmitted:
    ref: str
    channel: str
    receiving_agency: str
    applicant: str
    particulars: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    ref: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultDispatched:
    ref: str
    hand_out_to: str
    receiving_agency: str
    applicant: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    ref: str
    at: datetime


News = DossierSubmitted | DossierAccepted | ResultDispatched | DossierWithdrawn
KINDS = (DossierSubmitted, DossierAccepted, ResultDispatched, DossierWithdrawn)


@dataclass(frozen=True, slots=True)
class Tell:
    """Say `news`."""

    news: News


@dataclass(frozen=True, slots=True)
class Told:
    """How often something was said of a dossier."""

    times: int = 0


def _decide(command: Tell, told: Told) -> tuple[News, ...]:
    return (command.news,)


def _evolve(told: Told, event: News) -> Told:
    return replace(told, times=told.times + 1)


def _publish(event: News) -> PublicEvent:
    return PublicEvent(type(event).__name__, 1, event.ref, event.ref, event)


def service(parts: Parts) -> Service:
    """Return the teller under the desk's name."""
    decider: Decider[Tell, Told, News] = Decider(Told(), _decide, _evolve)
    return Service(
        name="intake",
        events=KINDS,
        streams={"dossier": decider},
        routes={Tell: Route(decider, lambda command: f"dossier-{command.news.ref}")},
        publish=_publish,
        published=tuple((kind.__name__, 1, kind) for kind in KINDS),
    )


def tell(platform: Platform, news: News) -> None:
    """Let the desk say `news`; the caller lets the platform come to rest."""
    job: Any = Job(command=Tell(news))
    platform.engine.submit("intake", job)
