"""Compares a gateway's settlement file with the books: what either side does not know, and where the amounts differ.

Law: NĐ 118/2025/NĐ-CP art. 24 (online payment). The day is Vietnam's, as in the file.

A comparison changes nothing. What it finds is followed up by asking the gateway about the attempt, so that a payment
gets into the books in one way only.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from kernel.calendar import VIETNAM

Kind = Literal["missing_here", "missing_there", "other_amount", "twice", "timing"]
"""`timing`: the payment was begun or recorded on another day than the file's; it is looked for in that day's file."""


class SettlementUnreadable(ValueError):
    """The file is no settlement file; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One line of the file: a payment that the gateway says succeeded. `paid_at` is Vietnam's time."""

    txn_ref: str
    gateway_no: str
    amount_vnd: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Booked:
    """One attempt as the books have it; `paid_at` is when its success was recorded, None without one."""

    txn_ref: str
    code: str
    gateway_no: str
    amount_vnd: int
    standing: str
    started_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that does not agree; `code` is the dossier's, "" where nobody here knows the attempt."""

    kind: Kind
    txn_ref: str
    code: str
    there_vnd: int | None
    here_vnd: int | None


def differences(day: date, settled: Iterable[Settled], booked: Iterable[Booked]) -> tuple[Difference, ...]:
    """Return what differs between the gateway's file of `day` and the attempts begun on that day or the day before."""
    lines, attempts = list(settled), {attempt.txn_ref: attempt for attempt in booked}
    found = [difference for line in lines for difference in _of_line(line, attempts.get(line.txn_ref))]
    repeated = Counter(line.txn_ref for line in lines)
    for txn_ref, times in repeated.items():
        if times > 1:
            there_vnd = sum(line.amount_vnd for line in lines if line.txn_ref == txn_ref)
            found.append(_difference("twice", txn_ref, attempts.get(txn_ref), there_vnd))
    for attempt in attempts.values():
        if attempt.txn_ref not in repeated and attempt.paid_at is not None and day in _days(attempt):
            kind: Kind = "missing_there" if _days(attempt) == {day} else "timing"
            found.append(_difference(kind, attempt.txn_ref, attempt, None))
    return tuple(sorted(set(found), key=lambda one: (one.kind, one.txn_ref)))


def _of_line(line: Settled, attempt: Booked | None) -> Iterable[Difference]:
    if attempt is None or attempt.standing != "succeeded":
        yield _difference("missing_here", line.txn_ref, attempt, line.amount_vnd)
    elif (attempt.amount_vnd, attempt.gateway_no) != (line.amount_vnd, line.gateway_no):
        yield _difference(
            "other_amount" if attempt.amount_vnd != line.amount_vnd else "twice", line.txn_ref, attempt, line.amount_vnd
        )


def _difference(kind: Kind, txn_ref: str, attempt: Booked | None, there_vnd: int | None) -> Difference:
    here_vnd = attempt.amount_vnd if attempt is not None and attempt.standing == "succeeded" else None
    return Difference(kind, txn_ref, attempt.code if attempt else "", there_vnd, here_vnd)


def _days(attempt: Booked) -> set[date]:
    """Return the days on which the payer can have paid: from when the attempt began until its success was recorded."""
    instants = (attempt.started_at, attempt.paid_at or attempt.started_at)
    return {instant.astimezone(VIETNAM).date() for instant in instants}
