"""What must hold of everything the desk has ever stored: no number twice, no code twice, no dossier off every road.

Law: NĐ 61/2018/NĐ-CP arts. 5, 11.2c and 17; TT 01/2018/TT-VPCP art. 19 and TT 03/2025/TT-VPCP art. 13 (one dossier, one
code; a daily sequence of each agency).

Every check reads the log once, in order, and remembers of a dossier only what the check needs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from kernel.codes import DossierCode, InvalidCode
from services.intake.domain.amendments import AppointmentChanged, ComponentDigitised, ParticularsCorrected
from services.intake.domain.events import (
    DossierAccepted,
    DossierHandedOut,
    DossierRefused,
    DossierResolved,
    DossierStopped,
    DossierSubmitted,
    DossierWithdrawn,
    Event,
    FeeSettled,
    PapersReceived,
    PaymentAwaited,
    ResultDispatched,
    ResultKeptAtDesk,
    ResultReceived,
    ResultRevoked,
    SentBackAnswered,
    SentBackReceived,
    SupplementReceived,
    SupplementRequested,
    WithdrawalRequested,
    WithdrawalTurnedDown,
)
from services.intake.domain.numbering import NumberIssued, Numbers, PortalNumberKept
from services.intake.domain.numbering import evolve as with_number
from services.intake.domain.words import FeeDue, Phase

Log = Iterable[tuple[str, object]]

Place = tuple[str, date, int]
"""A number in the books: whose, of which day, which."""

AT_DESK: Final[tuple[Phase, ...]] = ("submitted", "awaiting_payment")
ON_THE_WAY: Final[tuple[Phase, ...]] = ("submitted", "accepted")
WITH_A_RESULT: Final[tuple[Phase, ...]] = ("resolved", "withdrawn", "stopped")
AFTER_ACCEPTANCE: Final[tuple[Phase, ...]] = ("accepted", "resolved", "handed_out", "withdrawn", "stopped")
SOMEWHERE: Final[tuple[Phase, ...]] = (*AT_DESK, *AFTER_ACCEPTANCE, "refused")

BEFORE: Final[dict[type, tuple[Phase, ...]]] = {
    DossierSubmitted: ("none",),
    PapersReceived: SOMEWHERE,
    SupplementRequested: ON_THE_WAY,
    SupplementReceived: ON_THE_WAY,
    PaymentAwaited: ("submitted",),
    DossierAccepted: AT_DESK,
    DossierRefused: AT_DESK,
    WithdrawalRequested: ("accepted",),
    DossierWithdrawn: (*AT_DESK, "accepted"),
    WithdrawalTurnedDown: AFTER_ACCEPTANCE,
    DossierStopped: (*AT_DESK, "accepted"),
    FeeSettled: SOMEWHERE,
    ResultReceived: AFTER_ACCEPTANCE,
    ResultRevoked: AFTER_ACCEPTANCE,
    SentBackReceived: ("accepted",),
    SentBackAnswered: ("accepted",),
    DossierResolved: ("accepted",),
    ResultDispatched: WITH_A_RESULT,
    ResultKeptAtDesk: WITH_A_RESULT,
    DossierHandedOut: WITH_A_RESULT,
    AppointmentChanged: ("accepted",),
    ComponentDigitised: (*AT_DESK, "accepted", "resolved"),
    ParticularsCorrected: SOMEWHERE,
}
"""Event → where the dossier must have stood for it to be true."""

AFTER: Final[dict[type, Phase]] = {
    DossierSubmitted: "submitted",
    PaymentAwaited: "awaiting_payment",
    DossierAccepted: "accepted",
    DossierRefused: "refused",
    DossierWithdrawn: "withdrawn",
    DossierStopped: "stopped",
    DossierResolved: "resolved",
    DossierHandedOut: "handed_out",
}
"""Event → where the dossier stands from then on."""


def wrong_numbers(log: Log) -> Iterator[str]:
    """Say which number of a day was given out of turn, or twice."""
    books: dict[str, Numbers] = {}
    for stream, event in log:
        if not isinstance(event, NumberIssued | PortalNumberKept):
            continue
        book = books.get(stream, Numbers())
        if stream != f"numbering-{event.agency}-{event.day:%y%m%d}":
            yield f"{stream}: a number of {event.agency}, {event.day:%y%m%d} stands in this book"
        if isinstance(event, NumberIssued) and event.sequence != book.next:
            yield f"{stream}: {event.sequence} was given where {book.next} was next"
        if isinstance(event, PortalNumberKept) and event.sequence in book.held.values():
            yield f"{stream}: the portal's {event.sequence} had been given before"
        if event.ref in book.held:
            yield f"{stream}: {event.ref} has {book.held[event.ref]} and got {event.sequence}"
        books[stream] = with_number(book, event)


def wrong_codes(log: Log) -> Iterator[str]:
    """Say which code names two dossiers, is not its dossier's number in the books, or was given to nobody."""
    numbered: dict[Place, str] = {}
    owner: dict[str, str] = {}
    uncoded: dict[str, Place] = {}
    for stream, event in log:
        match event:
            case NumberIssued() | PortalNumberKept():
                place = (event.agency, event.day, event.sequence)
                numbered[place] = event.ref
                if isinstance(event, NumberIssued):
                    uncoded[event.ref] = place
            case PaymentAwaited() | DossierAccepted():
                if owner.setdefault(event.code, event.ref) != event.ref:
                    yield f"{event.code} names {owner[event.code]} and {event.ref}"
                if numbered.get(_place(event.code)) != event.ref:
                    yield f"{stream}: {event.code} is not its number in the books"
                uncoded.pop(event.ref, None)
            case _:
                pass
    for ref, (agency, day, sequence) in uncoded.items():
        yield f"{ref} holds number {sequence} of {agency}, {day:%y%m%d} and was never accepted"


def _place(code: str) -> Place:
    """Return which number a code stands for; a code that is none stands for no number."""
    try:
        read = DossierCode.parse(code)
    except InvalidCode:
        return ("", date.min, 0)
    return (str(read.agency), read.received_on, int(read.number))


@dataclass(frozen=True, slots=True)
class Course:
    """As much of a dossier as its way needs."""

    phase: Phase = "none"
    fee_due: FeeDue = "none"
    settled: bool = False
    granted: bool = False
    asked_at_desk: bool = False


def strayed_dossiers(log: Log) -> Iterator[str]:
    """Say where a dossier did what it could not from where it stood, or was handed out against an unpaid fee."""
    courses: dict[str, Course] = {}
    for stream, event in log:
        if not isinstance(event, Event):
            continue
        before = courses.get(stream, Course())
        name = type(event).__name__
        if stream != f"dossier-{event.ref}":
            yield f"{stream}: {name} belongs to {event.ref}"
        if before.phase not in BEFORE[type(event)]:
            yield f"{stream}: {name} while it was {before.phase}"
        if isinstance(event, SupplementRequested) and event.stage == "desk" and before.asked_at_desk:
            yield f"{stream}: the desk asked for a supplement a second time"
        if isinstance(event, ResultDispatched | DossierHandedOut) and _unpaid(before):
            yield f"{stream}: {name} before the fee was paid"
        courses[stream] = _gone_on(before, event)


def _unpaid(course: Course) -> bool:
    return course.granted and course.fee_due == "before_hand_out" and not course.settled


def _gone_on(course: Course, event: Event) -> Course:
    moved = replace(course, phase=AFTER.get(type(event), course.phase))
    match event:
        case DossierSubmitted():
            return replace(moved, fee_due=event.fee_due)
        case DossierResolved():
            return replace(moved, granted=event.outcome in ("granted", "partly_granted"))
        case FeeSettled():
            return replace(moved, settled=True)
        case SupplementRequested(stage="desk"):
            return replace(moved, asked_at_desk=True)
        case _:
            return moved
