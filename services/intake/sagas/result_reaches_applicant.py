"""Every resolved dossier is handed out the way the applicant chose, and what the post brings back waits at the desk.

Law: NĐ 61/2018 arts. 20 and 22; QĐ 45/2016 art. 9. A result that is to be collected at the desk waits for a person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, assert_never

from kernel.message import Heard, Hearing, type_of
from kernel.saga import Saga
from services.intake.domain.commands import DispatchResult, HandOut, KeepAtDesk
from services.intake.domain.events import (
    DossierHandedOut,
    DossierRefused,
    DossierResolved,
    DossierStopped,
    DossierSubmitted,
    DossierWithdrawn,
    FeeSettled,
    ResultDispatched,
    ResultKeptAtDesk,
)
from services.intake.domain.words import BY_SERVICE, SELF, HandOutWay

Command = DispatchResult | HandOut | KeepAtDesk


@dataclass(frozen=True, slots=True)
class ParcelDelivered:
    """The post gave the result to the applicant (read from postal)."""

    ref: str


@dataclass(frozen=True, slots=True)
class ParcelBackAtDesk:
    """The post brought the result back (read from postal)."""

    ref: str


@dataclass(frozen=True, slots=True)
class HandOutChosen:
    """How the applicant wants the result, and whether a granted one is handed out only against the fee."""

    ref: str
    way: HandOutWay
    fee_first: bool


@dataclass(frozen=True, slots=True)
class ResultExists:
    """There is something to hand out; `granted` if any of it is what was applied for, so that the fee is due."""

    ref: str
    granted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class FeePaid:
    """The fee does not stand in the way."""

    ref: str


@dataclass(frozen=True, slots=True)
class WentByPost:
    """The post has the result."""

    ref: str


@dataclass(frozen=True, slots=True)
class CameByPost:
    """The applicant has it from the post."""

    ref: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """The post brought it back."""

    ref: str


@dataclass(frozen=True, slots=True)
class WaitsAtDesk:
    """It waits at the desk."""

    ref: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The applicant has the result, or there will never be one."""

    ref: str


Fact = HandOutChosen | ResultExists | FeePaid | WentByPost | CameByPost | CameBack | WaitsAtDesk | Finished
FACTS: Final = (HandOutChosen, ResultExists, FeePaid, WentByPost, CameByPost, CameBack, WaitsAtDesk, Finished)


@dataclass(frozen=True, slots=True)
class Result:
    """What was heard of one dossier's result; before the way is heard it can only be fetched at the desk."""

    ref: str = ""
    way: HandOutWay = "desk"
    fee_first: bool = False
    exists_since: datetime | None = None
    granted: bool = False
    paid: bool = False
    went: bool = False
    came: bool = False
    back: bool = False
    waits: bool = False
    finished: bool = False


def _evolve(result: Result, fact: Fact) -> Result:
    ref = fact.ref
    match fact:
        case HandOutChosen():
            return replace(result, ref=ref, way=fact.way, fee_first=fact.fee_first)
        case ResultExists():
            return replace(result, ref=ref, exists_since=fact.at, granted=fact.granted)
        case FeePaid():
            return replace(result, ref=ref, paid=True)
        case WentByPost():
            return replace(result, ref=ref, went=True)
        case CameByPost():
            return replace(result, ref=ref, came=True)
        case CameBack():
            return replace(result, ref=ref, back=True)
        case WaitsAtDesk():
            return replace(result, ref=ref, waits=True)
        case Finished():
            return replace(result, ref=ref, finished=True)
        case _:
            assert_never(fact)


def _owed(result: Result) -> tuple[Command, ...]:
    ref, now = result.ref, result.exists_since
    if result.finished or now is None or (result.granted and result.fee_first and not result.paid):
        return ()
    match result.way:
        case "desk":
            return ()
        case "online":
            return (_hand_out(ref, "online", now),)
        case "post" if result.came:
            return (_hand_out(ref, "post", now),)
        case "post" if not result.went:
            return (DispatchResult(ref=ref, actor=BY_SERVICE, now=now),)
        case "post" if result.back and not result.waits:
            return (KeepAtDesk(ref=ref, actor=BY_SERVICE, now=now),)
        case "post":
            return ()
        case _:
            assert_never(result.way)


def _hand_out(ref: str, way: HandOutWay, now: datetime) -> HandOut:
    return HandOut(ref=ref, way=way, collector=SELF, paper_shown=None, actor=BY_SERVICE, now=now)


def _delivered(data: ParcelDelivered, heard: Heard) -> tuple[Fact, ...]:
    return (CameByPost(data.ref),)


def _back(data: ParcelBackAtDesk, heard: Heard) -> tuple[Fact, ...]:
    return (CameBack(data.ref),)


def _chosen(event: DossierSubmitted) -> Fact:
    return HandOutChosen(event.ref, event.hand_out_by, event.fee_due == "before_hand_out")


def _resolved(event: DossierResolved) -> Fact:
    return ResultExists(event.ref, event.outcome in ("granted", "partly_granted"), event.at)


def _ended_early(event: DossierWithdrawn | DossierStopped) -> Fact:
    """Results that were decided before stay valid and are handed out; what was owed for the rest is cancelled."""
    return ResultExists(event.ref, False, event.at) if event.kept_results else Finished(event.ref)


def _finished(event: DossierHandedOut | DossierRefused) -> Fact:
    return Finished(event.ref)


HEARS: Final[tuple[Hearing, ...]] = (
    Hearing(type_of("postal", "ParcelDelivered", 1), ParcelDelivered, _delivered),
    Hearing(type_of("postal", "ParcelBackAtDesk", 1), ParcelBackAtDesk, _back),
)
OWN: Final[Mapping[type, Callable[[Any], Fact]]] = {
    DossierSubmitted: _chosen,
    DossierResolved: _resolved,
    DossierWithdrawn: _ended_early,
    DossierStopped: _ended_early,
    DossierRefused: _finished,
    FeeSettled: lambda event: FeePaid(event.ref),
    ResultDispatched: lambda event: WentByPost(event.ref),
    ResultKeptAtDesk: lambda event: WaitsAtDesk(event.ref),
    DossierHandedOut: _finished,
}

saga: Final[Saga[Fact, Result, Command]] = Saga(
    name="result_reaches_applicant",
    initial=Result(),
    evolve=_evolve,
    owed=_owed,
    is_kept=lambda result: result.finished,
)
