"""Whatever comes in whatever order and how often: the books balance, and nothing paid is forgotten."""

from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st

from kernel.money import Posting, balanced
from kernel.refusal import Refused
from services.payments.domain import (
    attempt,
    attempt_words,
    callback,
    dues,
    obligation,
    obligation_words,
    receipt_book,
)
from services.payments.domain.attempt_words import ExpireAttempt, PaymentSucceeded
from services.payments.domain.fee import ObligationLine
from services.payments.domain.obligation_words import (
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    RefundOwed,
    RefundPaid,
)
from services.payments.domain.receipt_book import ReceiptIssued
from services.payments.publishing import StoredEvent
from tests.payments import examples as ex
from tests.payments.books import Books

REFS = ("dossier-a", "dossier-b")
TXNS = ("t1", "t2", "t3")
RULES = (ex.KEPT, ex.REFUNDED, ex.FREE)
ENDS = ("withdrawn", "refused", "stopped", "not_paid")
OUTCOMES = ("succeeded", "succeeded", "failed", "cancelled_by_payer", "unfinished")


def commands() -> st.SearchStrategy[Any]:
    """Every command there is, over so few things that they meet often; each attempt belongs to one dossier."""
    refs, txns = st.sampled_from(REFS), st.sampled_from(TXNS)
    amounts = st.sampled_from((*[ex.FEE_VND] * 8, 0, 1, -ex.FEE_VND))
    expire = ExpireAttempt(ref="", txn_ref="", actor="system:timer", now=ex.EXPIRY)
    return st.one_of(
        st.builds(lambda ref, rule: replace(ex.raise_obligation(rule), ref=ref), refs, st.sampled_from(RULES)),
        st.builds(lambda txn: ex.start(txn, ref=_dossier_of(txn)), txns),
        st.builds(
            lambda txn, kind, amount, number: ex.outcome(kind, txn, amount_vnd=amount, gateway_no=number),
            txns,
            st.sampled_from(OUTCOMES),
            amounts,
            st.sampled_from(("n1", "n1", "n2")),
        ),
        st.builds(lambda txn: replace(expire, ref=_dossier_of(txn), txn_ref=txn), txns),
        st.builds(
            lambda ref, amount, by: replace(ex.pay_at_desk(amount, by), ref=ref),
            refs,
            amounts,
            st.sampled_from(("o1", "o2")),
        ),
        st.builds(lambda ref, reason: replace(ex.cancel(reason), ref=ref), refs, st.sampled_from(ENDS)),
        st.builds(
            lambda ref, txn, amount, order: replace(ex.record_refund(txn, amount, order), ref=ref),
            refs,
            st.sampled_from((None, *TXNS)),
            amounts,
            st.sampled_from(("UNC-1", "UNC-1", "UNC-2", "")),
        ),
    )


def histories(length: int) -> st.SearchStrategy[list[Any]]:
    """Orders in any order; most histories begin with fees raised and attempts begun, so that they get far."""
    rules = st.sampled_from((ex.KEPT, ex.REFUNDED, ex.REFUNDED, ex.FREE))
    raised = st.tuples(
        *(st.builds(lambda rule, ref=ref: replace(ex.raise_obligation(rule), ref=ref), rules) for ref in REFS)
    )
    begun = raised.map(lambda fees: [*fees, *(ex.start(txn, ref=_dossier_of(txn)) for txn in TXNS)])
    beginnings = st.one_of(begun, begun, st.just([]))
    return st.builds(
        lambda beginning, rest: beginning + rest,
        beginnings,
        st.lists(commands(), min_size=length // 3, max_size=length),
    )


def _dossier_of(txn_ref: str) -> str:
    return REFS[TXNS.index(txn_ref) % len(REFS)]


def balances(books: Books) -> Counter[str]:
    accounts: Counter[str] = Counter()
    for event in books.told(ObligationRaised, ObligationSettled, ObligationCancelled, RefundOwed, RefundPaid):
        assert balanced(event.postings), event
        for posting in event.postings:
            accounts[posting.account] += posting.amount_vnd
    return accounts


def check_books(books: Books) -> None:
    """Money taken = settled + refund owed; what is owed back = refunds owed − refunds paid; all accounts: zero."""
    accounts = balances(books)
    assert sum(accounts.values()) == 0
    succeeded = [event.amount_vnd for event in books.told(PaymentSucceeded)]
    settled = list(books.told(ObligationSettled))
    owed = list(books.told(RefundOwed))
    taken = sum(succeeded) + sum(event.total_vnd for event in settled if event.method == "cash")
    assert accounts["clearing:vnpay"] + accounts[f"cash:{ex.AGENCY}"] == taken
    settling = {(event.ref, event.txn_ref) for event in settled}
    surplus = sum(event.amount_vnd for event in owed if (event.ref, event.txn_ref) not in settling)
    assert taken == sum(event.total_vnd for event in settled) + surplus
    given_back = sum(event.amount_vnd for event in books.told(RefundPaid))
    assert sum(accounts[f"refund_owed:{ref}"] for ref in REFS) == given_back - sum(event.amount_vnd for event in owed)
    assert accounts["treasury"] == -given_back


def check_dossiers(books: Books) -> None:
    """Each dossier: settled at most once, something receivable only while open, each payment with its consequence."""
    accounts = balances(books)
    for ref in REFS:
        state = books.obligation(ref)
        assert accounts[f"receivable:{ref}"] == (state.total_vnd if state.standing == "open" else 0)
        assert sum(event.ref == ref for event in books.told(ObligationSettled)) <= 1
        paid_back = Counter(event.txn_ref for event in books.told(RefundPaid) if event.ref == ref)
        owed = Counter(event.txn_ref for event in books.told(RefundOwed) if event.ref == ref)
        assert all(paid_back[txn] <= owed[txn] <= 1 for txn in paid_back | owed)
    booked = {event.txn_ref for event in books.told(ObligationSettled, RefundOwed)}
    successes = [event.txn_ref for event in books.told(PaymentSucceeded)]
    assert len(set(successes)) == len(successes)
    assert set(successes) == booked - {None}, "a payment was forgotten, or invented"


def check_receipts(books: Books) -> None:
    """One receipt for each settlement, numbered 1, 2, 3 … in the order in which they were settled."""
    issued = [(event.ref, event.serial, event.number, event.total_vnd) for event in books.told(ReceiptIssued)]
    assert [number for _, _, number, _ in issued] == list(range(1, len(issued) + 1))
    settled = [
        (event.ref, event.receipt_serial, event.receipt_number, event.total_vnd)
        for event in books.told(ObligationSettled)
    ]
    assert settled == issued


@settings(max_examples=300)
@example(histories(60))
def test_the_books_balance_and_nothing_paid_is_forgotten(orders: list[Any]) -> None:
    """Two attempts paid, paid late, paid after withdrawal, repeated and contradicting callbacks: in any order."""
    books = Books()
    for order in orders:
        books.do(order)
        check_books(books)
    check_dossiers(books)
    check_receipts(books)


@settings(max_examples=200)
@example(histories(60))
def test_asked_twice_it_is_done_once(orders: list[Any]) -> None:
    """The same command again, even through the whole transaction, adds nothing and is answered the same."""
    books = Books()
    for order in orders:
        first, after_first = books.do(order), books.log
        second = books.do(order)
        assert books.log == after_first, order
        assert second == (first if isinstance(first, Refused) else ())


def begun(*orders: Any) -> Books:
    books = Books()
    for order in orders:
        assert not isinstance(books.do(order), Refused), order
    return books


def attempts(*txns: str) -> tuple[Any, ...]:
    return (ex.raise_obligation(ex.KEPT), *(ex.start(txn) for txn in txns))


@pytest.mark.parametrize(
    ("orders", "settled", "refund_reasons"),
    [
        ((*attempts("t1"), ex.outcome("succeeded", "t1")), True, []),
        ((*attempts("t1", "t2"), ex.outcome("succeeded", "t2"), ex.outcome("succeeded", "t1")), True, ["paid_twice"]),
        ((*attempts("t1"), ex.pay_at_desk(), ex.outcome("succeeded", "t1")), True, ["paid_twice"]),
        (
            (
                *attempts("t1"),
                ExpireAttempt(ref=ex.REF, txn_ref="t1", actor="system:timer", now=ex.EXPIRY),
                ex.outcome("succeeded", "t1"),
            ),
            True,
            [],
        ),
        ((*attempts("t1"), ex.cancel("not_paid"), ex.outcome("succeeded", "t1")), False, ["paid_late"]),
        ((*attempts("t1"), ex.cancel("withdrawn"), ex.outcome("succeeded", "t1")), False, ["withdrawn"]),
        (
            (
                *attempts("t1", "t2"),
                ex.cancel("withdrawn"),
                ex.outcome("succeeded", "t1"),
                ex.outcome("succeeded", "t2"),
            ),
            False,
            ["withdrawn", "withdrawn"],
        ),
        ((*attempts("t1"), ex.outcome("failed", "t1"), ex.outcome("succeeded", "t1")), True, []),
    ],
)
def test_a_payment_finds_its_place_in_one_transaction(
    orders: tuple[Any, ...], settled: bool, refund_reasons: list[str]
) -> None:
    """An attempt paid after its expiry still settles; whatever nobody owed any more is owed back."""
    books = begun(*orders)
    assert bool(list(books.told(ObligationSettled))) is settled
    assert [event.reason for event in books.told(RefundOwed)] == refund_reasons
    assert len(list(books.told(ReceiptIssued))) == settled


def test_a_refused_follow_up_takes_everything_back() -> None:
    """Attempt, obligation and receipt are one transaction: a success that cannot be booked is not recorded either."""
    books = begun(*attempts("t1"))
    books.streams[f"obligation-{ex.REF}"] = ()
    before = books.log
    assert isinstance(books.do(ex.outcome("succeeded", "t1")), Refused)
    assert books.log == before


KINDS = get_args(StoredEvent)
INSTANTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(2021, 1, 1), max_value=datetime(2100, 1, 1))
AMOUNTS = st.integers(0, 10**12)


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if hint is int:
        return AMOUNTS
    if hint is datetime:
        return INSTANTS
    if hint == datetime | None:
        return st.none() | INSTANTS
    if hint == tuple[Posting, ...]:
        return st.lists(st.builds(Posting, st.text(), AMOUNTS), max_size=3).map(tuple)
    if get_args(hint)[-1:] == (...,):
        return st.lists(_values(get_args(hint)[0]), max_size=3).map(tuple)
    if hint is ObligationLine:
        return events(hint)
    return st.from_type(hint)


def events(kind: Any) -> st.SearchStrategy[Any]:
    """Any instance of a stored event, sensible or not."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{field.name: _values(hints[field.name]) for field in fields(kind)})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_survives_its_codec(kind: type) -> None:
    @example(events(kind))
    def survives(event: Any) -> None:
        assert msgspec.json.decode(msgspec.json.encode(event), type=kind) == event

    survives()


@pytest.mark.parametrize(
    ("decider", "union"),
    [
        (obligation.decider, get_args(obligation_words.Event)),
        (dues.decider, get_args(obligation_words.Event)),
        (attempt.decider, get_args(attempt_words.Event)),
        (receipt_book.decider, (receipt_book.ReceiptIssued,)),
        (callback.decider, (callback.CallbackKept,)),
    ],
    ids=["obligation", "dues", "attempt", "receipt_book", "callback"],
)
def test_evolve_accepts_every_event_in_every_state(decider: Any, union: tuple[type, ...]) -> None:
    """A fold never refuses: what is stored has happened."""

    @example(st.lists(st.one_of([events(kind) for kind in union]), max_size=8))
    def accepts(history: list[Any]) -> None:
        assert type(decider.fold(history)) is type(decider.initial)

    accepts()
