"""Which number of its day a dossier gets at an agency: 1, 2, 3 … without repeats, beside those the portal gave.

Law: TT 01/2018/TT-VPCP art. 19; TT 03/2025/TT-VPCP art. 13 (one dossier, one code; a daily sequence per agency).

One stream for each agency and day holds both kinds, so no code is given twice however many are asked for at once.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused
from services.intake.domain.rules import NUMBER_TAKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueNumber:
    """Give `ref` the next free number of `agency` on `day` (local date of acceptance)."""

    ref: str
    agency: str
    day: date
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPortalNumber:
    """Keep free for `ref` the number that the portal gave it."""

    ref: str
    agency: str
    day: date
    sequence: int
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class NumberIssued:
    """The desk gave the next number."""

    ref: str
    sequence: int
    agency: str
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class PortalNumberKept:
    """The portal had given this number; nobody else gets it."""

    ref: str
    sequence: int
    agency: str
    day: date
    at: datetime


Command = IssueNumber | KeepPortalNumber
Event = NumberIssued | PortalNumberKept


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one agency and day: the last one issued, who holds which, and which of them the portal gave."""

    last: int = 0
    held: dict[str, int] = field(default_factory=dict)
    by_portal: frozenset[int] = frozenset()

    @property
    def next(self) -> int:
        """Return the next number that nobody holds."""
        number = self.last + 1
        while number in self.by_portal:
            number += 1
        return number


def decide(command: Command, numbers: Numbers) -> tuple[Event, ...] | Refused:
    """Return the number given, `()` if the dossier has one, or why the portal's cannot be its."""
    held = numbers.held.get(command.ref)
    match command:
        case IssueNumber():
            if held is not None:
                return ()
            return (NumberIssued(command.ref, numbers.next, command.agency, command.day, command.now),)
        case KeepPortalNumber():
            if held == command.sequence:
                return ()
            if held is not None or command.sequence in numbers.held.values():
                return Refused(NUMBER_TAKEN, (Invalid("portal_code", f"number {command.sequence} is another's"),))
            return (PortalNumberKept(command.ref, command.sequence, command.agency, command.day, command.now),)
        case _:
            assert_never(command)


def evolve(numbers: Numbers, event: Event) -> Numbers:
    """Return the book with one number more."""
    held = numbers.held | {event.ref: event.sequence}
    match event:
        case NumberIssued():
            return replace(numbers, last=max(numbers.last, event.sequence), held=held)
        case PortalNumberKept():
            return replace(numbers, held=held, by_portal=numbers.by_portal | {event.sequence})
        case _:
            assert_never(event)


decider: Final[Decider[Command, Numbers, Event]] = Decider(Numbers(), decide, evolve)
