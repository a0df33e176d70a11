"""A stand-in for intake on the real bus: it says what it is told to, and decides nothing."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chassis.executor import Job
from chassis.service import Parts, Route, Service
from kernel.decider import Decider
from kernel.message import PublicEvent
from services.payments.policies import (
    DossierAccepted,
    DossierRefused,
    DossierResolved,
    DossierStopped,
    DossierWithdrawn,
    PaymentAwaited,
)
from tests.harness import Platform

NEWS = (PaymentAwaited, DossierAccepted, DossierWithdrawn, DossierRefused, DossierStopped, DossierResolved)


@dataclass(frozen=True, slots=True)
class Say:
    """Say `news` to everybody."""

    news: Any
    now: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """How much was said about one dossier."""

    times: int = 0


def _one_more(state: Said, news: Any) -> Said:
    return replace(state, times=state.times + 1)


_decider: Decider[Say, Said, Any] = Decider(Said(), lambda command, state: (command.news,), _one_more)


def herald(parts: Parts) -> Service:
    return Service(
        name="intake",
        events=NEWS,
        streams={"said": _decider},
        routes={Say: Route(_decider, lambda command: f"said-{command.news.ref}")},
        publish=lambda news: PublicEvent(type(news).__name__, 1, news.ref, news.ref, news),
        published=tuple((kind.__name__, 1, kind) for kind in NEWS),
    )


def say(platform: Platform, *news: Any) -> None:
    """Let intake say `news`; the platform hears it once it comes to rest."""
    for one in news:
        platform.engine.submit("intake", Job(Say(one, platform.clock.now())))
