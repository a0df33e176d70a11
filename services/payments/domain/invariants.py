"""What must hold of all money there ever was: nothing appears, nothing vanishes, nothing is paid and forgotten.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 254/2026/NĐ-CP (a numbered receipt for every fee collected, without a gap);
NĐ 347/2025/NĐ-CP (what is owed back is paid back).

Every check reads the log once, in order, and remembers only what is still open.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kernel.calendar import VIETNAM
from kernel.money import Posting, balanced, format_vnd
from services.payments.domain.accounts import owed, receivable, refund_owed
from services.payments.domain.attempt_words import PaymentStarted, PaymentSucceeded
from services.payments.domain.obligation_words import (
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    RefundOwed,
    RefundPaid,
)
from services.payments.domain.receipt_book import ReceiptIssued
from services.payments.domain.streams import receipts_stream

Booking = ObligationRaised | ObligationSettled | ObligationCancelled | RefundOwed | RefundPaid
Log = Iterable[tuple[str, object]]

NEVER_BELOW_ZERO = ("receivable:", "clearing:", "cash:")
NEVER_ABOVE_ZERO = ("revenue:", "budget:", "refund_owed:")


def unbalanced_bookings(log: Log) -> Iterator[str]:
    """Say which booking does not add up to zero or moves another amount than it says, and what all accounts hold."""
    total_vnd = 0
    for stream, event in log:
        if not isinstance(event, Booking):
            continue
        name = type(event).__name__
        total_vnd += sum(posting.amount_vnd for posting in event.postings)
        if not balanced(event.postings):
            yield f"{stream}: the two sides of {name} differ"
        elif (says_vnd := _says(event)) is not None and says_vnd != _moved(event.postings):
            yield f"{stream}: {name} says {format_vnd(says_vnd)} and moves {format_vnd(_moved(event.postings))}"
    if total_vnd:
        yield f"all accounts together hold {format_vnd(total_vnd)}"


def _says(event: Booking) -> int | None:
    """Return the amount that a booking is about, None where it names none."""
    match event:
        case ObligationRaised() | ObligationSettled():
            return event.total_vnd
        case RefundOwed() | RefundPaid():
            return event.amount_vnd
        case ObligationCancelled():
            return None


def _moved(postings: Iterable[Posting]) -> int:
    return sum(posting.amount_vnd for posting in postings if posting.amount_vnd > 0)


def wrong_balances(log: Log) -> Iterator[str]:
    """Say which account does not hold what is open: what an applicant still owes, and what we still owe a payer."""
    accounts: defaultdict[str, int] = defaultdict(int)
    still_open: defaultdict[str, int] = defaultdict(int)
    for _, event in log:
        if not isinstance(event, Booking):
            continue
        for account, amount_vnd in _still_owed(event, still_open):
            _add(still_open, account, amount_vnd)
        for posting in event.postings:
            _add(accounts, posting.account, posting.amount_vnd)
    for account in sorted(accounts.keys() | still_open.keys()):
        holds_vnd = accounts.get(account, 0)
        if account.startswith(NEVER_BELOW_ZERO) and holds_vnd < 0:
            yield f"{account} holds {format_vnd(holds_vnd)}, less than nothing"
        if account.startswith(NEVER_ABOVE_ZERO) and holds_vnd > 0:
            yield f"{account} holds {format_vnd(holds_vnd)}, more than was ever owed"
        if account.startswith(("receivable:", "refund_owed:")) and holds_vnd != still_open.get(account, 0):
            yield f"{account} holds {format_vnd(holds_vnd)}, {format_vnd(still_open.get(account, 0))} is open"


def _still_owed(event: Booking, still_open: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Return what an event, whatever its postings say, changes of what is open."""
    due = receivable(owed(event.ref, event.step))
    back = refund_owed(owed(event.ref, event.step))
    match event:
        case ObligationRaised():
            return ((due, event.total_vnd),)
        case ObligationSettled():
            return ((due, -event.total_vnd),)
        case ObligationCancelled():
            return ((due, -still_open.get(due, 0)),)
        case RefundOwed():
            return ((back, -event.amount_vnd),)
        case RefundPaid():
            return ((back, event.amount_vnd),)


def _add(accounts: dict[str, int], account: str, amount_vnd: int) -> None:
    """Change an account, and forget it when it is empty."""
    accounts[account] = accounts.get(account, 0) + amount_vnd
    if not accounts[account]:
        del accounts[account]


class _Paid(NamedTuple):
    """Money that a gateway has for us: whose dossier's, and how much."""

    ref: str
    amount_vnd: int


def forgotten_payments(log: Log) -> Iterator[str]:
    """Say which payment settled nothing and is owed back to nobody, and which money was booked that nobody paid."""
    begun: dict[str, _Paid] = {}
    unbooked: dict[str, _Paid] = {}
    for stream, event in log:
        match event:
            case PaymentStarted():
                begun[event.txn_ref] = _Paid(event.ref, event.amount_vnd)
            case PaymentSucceeded():
                paid = _Paid(event.ref, event.amount_vnd)
                if begun.get(event.txn_ref) != paid:
                    yield f"{stream}: {format_vnd(event.amount_vnd)} came for {event.ref}, which was not what was begun"
                if event.txn_ref in unbooked:
                    yield f"{event.txn_ref}: paid again before the first payment was booked"
                unbooked[event.txn_ref] = paid
            case ObligationSettled() | RefundOwed() if event.txn_ref is not None and _comes_in(event.postings):
                paid = _Paid(event.ref, _comes_in(event.postings))
                if unbooked.pop(event.txn_ref, None) != paid:
                    booked = f"{format_vnd(paid.amount_vnd)} of {event.txn_ref}"
                    yield f"{stream}: {type(event).__name__} books {booked}, which was not what was paid"
            case _:
                pass
    for txn_ref, paid in unbooked.items():
        yield f"{txn_ref}: {format_vnd(paid.amount_vnd)} was paid for {paid.ref} and forgotten"


def _comes_in(postings: Iterable[Posting]) -> int:
    """Return what a booking takes over from a gateway."""
    return sum(posting.amount_vnd for posting in postings if posting.account.startswith("clearing:"))


class _Number(NamedTuple):
    """One receipt's place: whose book, and which number in it."""

    agency: str
    serial: str
    number: int


def wrong_receipts(log: Log) -> Iterator[str]:
    """Say where a receipt book has a gap or the wrong year, and which settlement and receipt do not belong together."""
    last: dict[str, int] = {}
    settled: dict[_Number, _Paid] = {}
    for stream, event in log:
        match event:
            case ObligationSettled():
                book = event.collecting_agency or event.receiving_agency
                place = _Number(book, event.receipt_serial, event.receipt_number)
                if place in settled:
                    yield f"{stream}: receipt {place.serial} {place.number} is {settled[place].ref}'s too"
                settled[place] = _Paid(event.ref, event.total_vnd)
            case ReceiptIssued():
                if event.number != last.get(stream, 0) + 1:
                    yield f"{stream}: number {event.number} follows {last.get(stream, 0)}"
                last[stream] = event.number
                yield from (f"{stream}: {said}" for said in _misplaced(stream, event))
                place = _Number(event.agency, event.serial, event.number)
                if settled.pop(place, None) != _Paid(event.ref, event.total_vnd):
                    yield f"{stream}: number {event.number} is for no settlement of {event.ref}"
            case _:
                pass
    for place, paid in settled.items():
        yield f"{paid.ref}: settled with receipt {place.serial} {place.number} of {place.agency}, which was not issued"


def _misplaced(stream: str, event: ReceiptIssued) -> Iterator[str]:
    year = event.at.astimezone(VIETNAM).year
    if event.year != year:
        yield f"number {event.number} of {event.year} was issued in {year}"
    if stream != receipts_stream(event.agency, event.serial, event.year):
        yield f"number {event.number} belongs to {event.agency}, {event.serial}, {event.year}"
