"""What `verify` says of the money: nothing where all is well, and each damage by its name."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from kernel.calendar import VIETNAM
from kernel.money import Posting
from services.payments.domain.attempt_words import PaymentStarted, PaymentSucceeded
from services.payments.domain.invariants import (
    forgotten_payments,
    unbalanced_bookings,
    wrong_balances,
    wrong_receipts,
)
from services.payments.domain.obligation_words import ObligationCancelled, ObligationSettled, RefundOwed, RefundPaid
from services.payments.domain.receipt_book import ReceiptIssued
from services.payments.domain.streams import attempt_stream, obligation_stream, receipts_stream
from tests.payments import examples as ex
from tests.payments.books import Books
from tests.payments.test_money import histories

Check = Callable[[Iterable[tuple[str, object]]], Iterator[str]]

CHECKS: tuple[Check, ...] = (unbalanced_bookings, wrong_balances, forgotten_payments, wrong_receipts)
OTHER = "01JD3V6Q4N8Y2K5W7X9Z0OTHER"
RECEIPT = ReceiptIssued(ex.REF, ex.AGENCY, ex.RECEIPT.template, ex.SERIAL, 2026, 1, ex.FEE_VND, ex.NOON)
CASH, ONLINE = ex.settled_in_cash(), ex.settled_online()
TAKEN_BACK = (Posting(f"receivable:{ex.REF}", -ex.FEE_VND), Posting(f"revenue:{ex.AGENCY}", ex.FEE_VND))
CANCELLED = ObligationCancelled(ex.REF, "withdrawn", TAKEN_BACK, ex.NOON)
GIVEN_BACK = (Posting("treasury", -ex.FEE_VND), Posting(f"refund_owed:{ex.REF}", ex.FEE_VND))
REFUNDED = RefundPaid(ex.REF, ex.OTHER_TXN, ex.FEE_VND, "UNC-0042", GIVEN_BACK, ex.ACCOUNTANT, ex.LATER)
PAID_TWICE = ex.refund_owed(ex.OTHER_TXN, "paid_twice")

IN_CASH = (ex.raised(), CASH, RECEIPT)
PAID_ONLINE = (ex.raised(), ex.started(), ex.succeeded(), ONLINE, RECEIPT)
TWICE = (*PAID_ONLINE, ex.started(ex.OTHER_TXN), ex.succeeded(ex.OTHER_TXN), PAID_TWICE)
FREE = (ex.raised(0), ex.settled_for_free(), replace(RECEIPT, total_vnd=0))
LATE = (ex.raised(), ex.started(), CANCELLED, ex.succeeded(), ex.refund_owed(ex.TXN, "withdrawn"))
WITHDRAWN = (*PAID_ONLINE, ex.refund_owed(ex.TXN, "withdrawn", given_by=f"revenue:{ex.AGENCY}"))
UNPAID = (ex.raised(), ex.started())
ENDED_UNPAID = (ex.raised(), CANCELLED)


def stream_of(event: Any) -> str:
    match event:
        case ReceiptIssued():
            return receipts_stream(event.agency, event.serial, event.year)
        case PaymentStarted() | PaymentSucceeded():
            return attempt_stream(event.txn_ref)
        case _:
            return obligation_stream(event.ref)


def log(events: Iterable[Any]) -> list[tuple[str, object]]:
    return [(stream_of(event), event) for event in events]


def without(events: tuple[Any, ...], kind: type) -> tuple[Any, ...]:
    """Leave out the first fact of a kind."""
    place = next(place for place, event in enumerate(events) if isinstance(event, kind))
    return events[:place] + events[place + 1 :]


def changed(events: tuple[Any, ...], kind: type, **change: Any) -> tuple[Any, ...]:
    """Change the last fact of a kind."""
    place = max(place for place, event in enumerate(events) if isinstance(event, kind))
    return (*events[:place], replace(events[place], **change), *events[place + 1 :])


@pytest.mark.parametrize(
    "events",
    [(), IN_CASH, PAID_ONLINE, TWICE, (*TWICE, REFUNDED), FREE, LATE, WITHDRAWN, UNPAID, (ex.raised(), CANCELLED)],
)
@pytest.mark.parametrize("check", CHECKS)
def test_what_really_happened_holds(check: Check, events: tuple[Any, ...]) -> None:
    """A guard that barks at everybody is no guard."""
    assert list(check(log(events))) == []


@settings(max_examples=50)
@given(orders=histories(20))
def test_whatever_is_ordered_the_books_hold(orders: list[Any]) -> None:
    """No order of payments, withdrawals and refunds leads to a booking that a check would name."""
    books = Books()
    for order in orders:
        books.do(order)
    for check in CHECKS:
        assert list(check(log(books.log))) == []


LOPSIDED = (Posting(f"receivable:{ex.REF}", -ex.FEE_VND), Posting("clearing:vnpay", 5))
ELSEWHERE = (Posting(f"receivable:{OTHER}", -ex.FEE_VND), Posting("clearing:vnpay", ex.FEE_VND))


@pytest.mark.parametrize(
    ("check", "events", "says"),
    [
        (unbalanced_bookings, changed(PAID_ONLINE, ObligationSettled, postings=LOPSIDED), "the two sides"),
        (unbalanced_bookings, changed(PAID_ONLINE, ObligationSettled, postings=LOPSIDED), "all accounts together hold"),
        (unbalanced_bookings, changed(PAID_ONLINE, ObligationSettled, total_vnd=5), "says 5 đ and moves 300.000 đ"),
        (unbalanced_bookings, changed(IN_CASH, ObligationSettled, postings=()), "says 300.000 đ and moves 0 đ"),
        (wrong_balances, changed(PAID_ONLINE, ObligationSettled, postings=ELSEWHERE), f"receivable:{OTHER} holds"),
        (wrong_balances, changed(PAID_ONLINE, ObligationSettled, postings=ELSEWHERE), "0 đ is open"),
        (wrong_balances, PAID_ONLINE[1:], "less than nothing"),
        (wrong_balances, (*TWICE, REFUNDED, REFUNDED), "more than was ever owed"),
        (wrong_balances, changed(LATE, ObligationCancelled, postings=()), "holds 300.000 đ, 0 đ is open"),
        (forgotten_payments, without(PAID_ONLINE, ObligationSettled), f"was paid for {ex.REF} and forgotten"),
        (forgotten_payments, without(TWICE, RefundOwed), "and forgotten"),
        (forgotten_payments, without(PAID_ONLINE, PaymentSucceeded), "which was not what was paid"),
        (forgotten_payments, without(PAID_ONLINE, PaymentStarted), "which was not what was begun"),
        (forgotten_payments, changed(PAID_ONLINE, PaymentSucceeded, amount_vnd=5), "5 đ came for"),
        (forgotten_payments, changed(PAID_ONLINE, ObligationSettled, ref=OTHER), "which was not what was paid"),
        (forgotten_payments, (*PAID_ONLINE, ONLINE), "which was not what was paid"),
        (forgotten_payments, (*PAID_ONLINE[:3], ex.succeeded(), ONLINE), "paid again before"),
        (wrong_receipts, changed(IN_CASH, ReceiptIssued, number=2), "number 2 follows 0"),
        (wrong_receipts, (*IN_CASH, RECEIPT), "number 1 follows 1"),
        (wrong_receipts, without(IN_CASH, ReceiptIssued), "which was not issued"),
        (wrong_receipts, without(IN_CASH, ObligationSettled), "is for no settlement"),
        (wrong_receipts, changed(IN_CASH, ReceiptIssued, ref=OTHER), "is for no settlement"),
        (wrong_receipts, changed(IN_CASH, ReceiptIssued, total_vnd=5), "is for no settlement"),
        (wrong_receipts, (ex.raised(), CASH, replace(CASH, ref=OTHER), RECEIPT), f"is {ex.REF}'s too"),
        (
            wrong_receipts,
            changed(IN_CASH, ReceiptIssued, at=datetime(2027, 1, 1, tzinfo=VIETNAM)),
            "of 2026 was issued in 2027",
        ),
    ],
)
def test_each_damage_to_the_money_is_named(check: Check, events: tuple[Any, ...], says: str) -> None:
    """Nothing appears, nothing vanishes, nothing is paid and forgotten."""
    assert says in "\n".join(check(log(events)))


def test_a_receipt_in_another_book_is_named() -> None:
    """NĐ 254/2026: a number belongs to one book of one agency and year."""
    misplaced = [(stream, event) for stream, event in log(IN_CASH[:2])] + [("receipts-H48.99-BL-26E-2026", RECEIPT)]
    assert "number 1 belongs to H48.23" in "\n".join(wrong_receipts(misplaced))


def test_a_new_year_begins_with_one() -> None:
    """NĐ 254/2026: numbers restart on 1 January, by the calendar of Vietnam."""
    new_year = datetime(2027, 1, 1, 7, tzinfo=VIETNAM)
    settled = replace(CASH, ref=OTHER, receipt_serial="BL-27E", at=new_year)
    issued = replace(RECEIPT, ref=OTHER, serial="BL-27E", year=2027, at=new_year)
    assert list(wrong_receipts(log((*IN_CASH, settled, issued)))) == []
