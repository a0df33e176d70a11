"""A dossier whose law counts from the fee is accepted once it is complete and paid, in whichever order that is heard.

Law: NĐ 297/2025 art. 6 (karaoke chain: the limit runs from the full dossier and the paid fee).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, assert_never

from kernel.message import Heard, Hearing, type_of
from kernel.saga import Saga
from services.intake.domain.commands import AcceptPaidDossier
from services.intake.domain.events import (
    DossierAccepted,
    DossierRefused,
    DossierStopped,
    DossierWithdrawn,
    PaymentAwaited,
)
from services.intake.domain.words import BY_SERVICE
from services.intake.policies import ObligationSettled


@dataclass(frozen=True, slots=True)
class CompleteUnpaid:
    """The dossier is complete and only its fee is missing."""

    ref: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What was owed is paid."""

    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WaitOver:
    """The dossier was accepted, or never will be."""

    ref: str


Fact = CompleteUnpaid | Settled | WaitOver
FACTS: Final = (CompleteUnpaid, Settled, WaitOver)


@dataclass(frozen=True, slots=True)
class Wait:
    """What was heard of one dossier."""

    ref: str = ""
    complete: bool = False
    settled_at: datetime | None = None
    over: bool = False


def _evolve(wait: Wait, fact: Fact) -> Wait:
    match fact:
        case CompleteUnpaid():
            return replace(wait, ref=fact.ref, complete=True)
        case Settled():
            first = fact.at if wait.settled_at is None else min(wait.settled_at, fact.at)
            return replace(wait, ref=fact.ref, settled_at=first)
        case WaitOver():
            return replace(wait, ref=fact.ref, over=True)
        case _:
            assert_never(fact)


def _owed(wait: Wait) -> tuple[AcceptPaidDossier, ...]:
    if wait.over or not wait.complete or wait.settled_at is None:
        return ()
    return (AcceptPaidDossier(ref=wait.ref, settled_at=wait.settled_at, actor=BY_SERVICE, now=wait.settled_at),)


def _settled(data: ObligationSettled, heard: Heard) -> tuple[Fact, ...]:
    return (Settled(data.ref, data.at),) if data.purpose == "fee" else ()


def _over(event: DossierAccepted | DossierRefused | DossierWithdrawn | DossierStopped) -> Fact:
    return WaitOver(event.ref)


HEARS: Final[tuple[Hearing, ...]] = (Hearing(type_of("payments", "ObligationSettled", 1), ObligationSettled, _settled),)
OWN: Final[Mapping[type, Callable[[Any], Fact]]] = {
    PaymentAwaited: lambda event: CompleteUnpaid(event.ref),
    DossierAccepted: _over,
    DossierRefused: _over,
    DossierWithdrawn: _over,
    DossierStopped: _over,
}

saga: Final[Saga[Fact, Wait, AcceptPaidDossier]] = Saga(
    name="clock_starts_when_paid", initial=Wait(), evolve=_evolve, owed=_owed, is_kept=lambda wait: wait.over
)
