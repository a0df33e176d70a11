"""What a tax notice states is owed beside the fee: raised, paid, corrected, ended, and never mixed up with it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as example
from hypothesis import strategies as st

from kernel.refusal import Refused
from services.payments.domain.dues import decider
from services.payments.domain.invariants import (
    forgotten_payments,
    unbalanced_bookings,
    wrong_balances,
    wrong_receipts,
)
from services.payments.domain.obligation_words import (
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    RefundOwed,
    RefundPaid,
)
from services.payments.domain.receipt_book import ReceiptIssued
from services.payments.domain.rules import TAX_OVERPAID
from tests.payments import examples as ex
from tests.payments.books import Books
from tests.payments.notices import DUES_VND, LINES, STEP, TAX_OFFICE, ended, lines_of, notice
from tests.payments.test_invariants import log
from tests.spec import given

CHECKS = (unbalanced_bookings, wrong_balances, forgotten_payments, wrong_receipts)


def books(*orders: Any) -> Books:
    kept = Books()
    for order in orders:
        answer = kept.do(order)
        assert not isinstance(answer, Refused), (order, answer)
    return kept


def holds(kept: Books) -> dict[str, int]:
    accounts: dict[str, int] = {}
    for event in kept.told(ObligationRaised, ObligationSettled, ObligationCancelled, RefundOwed, RefundPaid):
        for posting in event.postings:
            accounts[posting.account] = accounts.get(posting.account, 0) + posting.amount_vnd
    return {account: amount_vnd for account, amount_vnd in accounts.items() if amount_vnd}


def paid(kept: Books, txn: str, amount_vnd: int, step: str | None = None) -> None:
    for order in (ex.start(txn, step=step), ex.outcome("succeeded", txn, amount_vnd=amount_vnd)):
        answer = kept.do(order)
        assert not isinstance(answer, Refused), answer


def sound(kept: Books) -> None:
    for check in CHECKS:
        assert list(check(log(kept.log))) == []


def test_a_notice_is_owed_to_the_state_and_not_earned_by_the_agency() -> None:
    """NĐ 101/2024/NĐ-CP: the tax agency determines; Luật 97/2015/QH13: a tax is no fee and stands apart from it."""
    kept = books(ex.raise_obligation(), notice())
    (raised,) = (event for event in kept.told(ObligationRaised) if event.step)
    assert (raised.purpose, raised.step, raised.total_vnd, raised.notice) == ("tax_notice", STEP, DUES_VND, "TB-001")
    assert [(line.kind, line.amount_vnd) for line in raised.lines] == [("tax", line.amount_vnd) for line in LINES]
    assert holds(kept) == {
        f"receivable:{ex.REF}": ex.FEE_VND,
        f"revenue:{ex.AGENCY}": -ex.FEE_VND,
        f"receivable:{ex.REF}/{STEP}": DUES_VND,
        f"budget:{TAX_OFFICE}": -DUES_VND,
    }


def test_the_same_notice_again_is_nothing_new() -> None:
    given(decider, *books(notice()).log).when(notice(now=ex.LATER)).then_nothing()


def test_a_notice_over_nothing_raises_nothing() -> None:
    """There is nothing to wait for, and nothing to give a receipt for: no payment was asked."""
    given(decider).when(notice(lines_of(0))).then_nothing()


def test_each_obligation_is_paid_for_itself() -> None:
    """The news says which: routing goes on with the notice, the desk with the fee."""
    kept = books(ex.raise_obligation(), notice())
    paid(kept, "t1", DUES_VND, STEP)
    paid(kept, "t2", ex.FEE_VND, "")
    settled = [(event.purpose, event.step, event.total_vnd) for event in kept.told(ObligationSettled)]
    assert settled == [("tax_notice", STEP, DUES_VND), ("fee", "", ex.FEE_VND)]
    sound(kept)


@pytest.mark.parametrize("order", [ex.start("t1"), ex.pay_at_desk()])
def test_two_open_obligations_have_to_be_told_apart(order: Any) -> None:
    """Who pays the one must not mean the other; what there is to choose from is named."""
    kept = books(ex.raise_obligation(), notice())
    answer = kept.do(order)
    assert isinstance(answer, Refused)
    assert answer.code == "obligation_not_named"
    assert [invalid.reason for invalid in answer.invalid] == ["fee", STEP]


def test_the_only_open_obligation_need_not_be_named() -> None:
    kept = books(ex.raise_obligation(), notice(), replace(ex.pay_at_desk(), step=""))
    paid(kept, "t1", DUES_VND)
    assert [event.step for event in kept.told(ObligationSettled)] == ["", STEP]


def test_what_was_never_raised_is_not_paid() -> None:
    kept = books(ex.raise_obligation())
    answer = kept.do(ex.start("t1", step="another_step"))
    assert isinstance(answer, Refused)
    assert answer.code == "obligation_unknown"


def test_the_receipt_of_a_tax_is_in_the_tax_agencys_own_book() -> None:
    """NĐ 254/2026/NĐ-CP: a book is one agency's; what the state gets is not receipted in the book of the fees."""
    kept = books(ex.raise_obligation(), notice(), replace(ex.pay_at_desk(), step=""))
    paid(kept, "t1", DUES_VND)
    issued = [(event.agency, event.template, event.number) for event in kept.told(ReceiptIssued)]
    assert issued == [(ex.AGENCY, "01BLP0-001", 1), (TAX_OFFICE, "C1-02/NS", 1)]


def test_an_unpaid_notice_ends_with_its_chain() -> None:
    kept = books(ex.raise_obligation(), notice(), ended("withdrawn"))
    (cancelled,) = kept.told(ObligationCancelled)
    assert (cancelled.step, cancelled.reason) == (STEP, "withdrawn")
    assert kept.obligation(ex.REF).standing == "open", "the fee ends with what the desk says"
    given(decider, *kept.log).when(ended("withdrawn")).then_nothing()


@pytest.mark.parametrize("reason", ["withdrawn", "refused", "stopped"])
def test_a_paid_notice_goes_back_by_the_law_on_taxes(reason: Any) -> None:
    """Luật Quản lý thuế: overpaid tax is given back or set off; no fee schedule decides about it, and none keeps it."""
    kept = books(notice())
    paid(kept, "t1", DUES_VND)
    assert not isinstance(kept.do(ended(reason)), Refused)
    (owed,) = kept.told(RefundOwed)
    assert (owed.txn_ref, owed.amount_vnd, owed.reason, owed.law) == ("t1", DUES_VND, reason, TAX_OVERPAID)
    assert holds(kept) == {"clearing:vnpay": DUES_VND, f"refund_owed:{ex.REF}/{STEP}": -DUES_VND}
    sound(kept)


def test_what_comes_in_after_the_end_is_owed_back() -> None:
    kept = books(notice(), ex.start("t1"), ended("withdrawn"))
    kept.do(ex.outcome("succeeded", "t1", amount_vnd=DUES_VND))
    (owed,) = kept.told(RefundOwed)
    assert (owed.reason, owed.step, owed.law) == ("withdrawn", STEP, TAX_OVERPAID)
    sound(kept)


@pytest.mark.parametrize(
    ("first_vnd", "second_vnd", "still_vnd", "back_vnd"),
    [
        (25_000_000, 30_000_000, 5_000_000, 0),
        (25_000_000, 20_000_000, 0, 5_000_000),
        (25_000_000, 25_000_000, 0, 0),
        (25_000_000, 0, 0, 25_000_000),
    ],
)
def test_a_corrected_notice_asks_for_the_difference_or_owes_it_back(
    first_vnd: int, second_vnd: int, still_vnd: int, back_vnd: int
) -> None:
    """Routing waits for the settlement of the notice in force; what was paid on the earlier one counts (bù trừ)."""
    kept = books(notice(lines_of(first_vnd)))
    paid(kept, "t1", first_vnd)
    assert not isinstance(kept.do(notice(lines_of(second_vnd), "TB-002")), Refused)
    raised = list(kept.told(ObligationRaised))[-1]
    assert (raised.notice, raised.total_vnd) == ("TB-002", still_vnd)
    assert raised.credited_vnd == min(first_vnd, second_vnd)
    if still_vnd:
        paid(kept, "t2", still_vnd)
    assert len(list(kept.told(ObligationSettled))) == 2
    assert sum(event.amount_vnd for event in kept.told(RefundOwed)) == back_vnd
    assert holds(kept).get(f"budget:{TAX_OFFICE}", 0) == -second_vnd
    sound(kept)
    kept.do(ended("refused"))
    assert sum(event.amount_vnd for event in kept.told(RefundOwed)) == first_vnd + still_vnd
    assert f"budget:{TAX_OFFICE}" not in holds(kept)
    sound(kept)


def test_an_unpaid_notice_that_is_corrected_is_owed_anew() -> None:
    kept = books(notice(), notice(lines_of(30_000_000), "TB-002"))
    assert [event.reason for event in kept.told(ObligationCancelled)] == ["replaced"]
    assert kept.obligation(ex.REF, STEP).total_vnd == 30_000_000
    sound(kept)


def test_an_unpaid_notice_corrected_to_nothing_is_cancelled_and_may_come_back() -> None:
    kept = books(notice(), notice(lines_of(0), "TB-002"))
    assert kept.obligation(ex.REF, STEP).standing == "cancelled"
    assert not isinstance(kept.do(notice(lines_of(1_000), "TB-003")), Refused)
    assert kept.obligation(ex.REF, STEP).total_vnd == 1_000
    sound(kept)


def test_money_for_an_earlier_notice_is_not_forgotten() -> None:
    """The payer was at the gateway with the old sum when the notice changed."""
    kept = books(notice(), ex.start("t1"), notice(lines_of(30_000_000), "TB-002"))
    kept.do(ex.outcome("succeeded", "t1", amount_vnd=DUES_VND))
    (owed,) = kept.told(RefundOwed)
    assert (owed.reason, owed.amount_vnd) == ("replaced", DUES_VND)
    assert kept.obligation(ex.REF, STEP).standing == "open"
    sound(kept)


def test_two_parts_of_one_payment_go_back_by_two_orders() -> None:
    """NĐ 347/2025/NĐ-CP: each order pays one thing; the same order again pays nothing."""
    kept = books(notice(lines_of(25_000_000)))
    paid(kept, "t1", 25_000_000)
    books_of = [notice(lines_of(20_000_000), "TB-002"), ended("withdrawn")]
    assert not any(isinstance(kept.do(order), Refused) for order in books_of)
    for amount_vnd, order_no in ((5_000_000, "LHT-1"), (20_000_000, "LHT-2"), (20_000_000, "LHT-2")):
        assert not isinstance(kept.do(ex.record_refund("t1", amount_vnd, order_no)), Refused)
    assert [(event.part, event.amount_vnd) for event in kept.told(RefundPaid)] == [(1, 5_000_000), (2, 20_000_000)]
    assert f"refund_owed:{ex.REF}/{STEP}" not in holds(kept)
    sound(kept)


SUMS = st.sampled_from((0, 1_000, 25_000_000, 30_000_000))


def orders() -> st.SearchStrategy[Any]:
    """Every order about a fee and two notices; payments are of whichever sum may have been asked."""
    txns, sums = st.sampled_from(("t1", "t2", "t3", "t4")), SUMS | st.just(ex.FEE_VND)
    steps = st.sampled_from((None, "", STEP, "second"))
    return st.one_of(
        st.just(ex.raise_obligation(ex.REFUNDED)),
        st.builds(
            lambda vnd, number, step: notice(lines_of(vnd), number, step),
            SUMS,
            st.sampled_from(("TB-1", "TB-2", "TB-3")),
            st.sampled_from((STEP, "second")),
        ),
        st.builds(lambda txn, step: ex.start(txn, step=step), txns, steps),
        st.builds(lambda txn, vnd: ex.outcome("succeeded", txn, amount_vnd=vnd), txns, sums),
        st.builds(lambda vnd, step: replace(ex.pay_at_desk(vnd), step=step), sums, steps),
        st.builds(ended, st.sampled_from(("withdrawn", "refused"))),
        st.builds(ex.cancel, st.sampled_from(("withdrawn", "not_paid"))),
        st.builds(ex.record_refund, st.one_of(st.none(), txns), sums, st.sampled_from(("U1", "U2", "U3"))),
    )


@example(st.lists(orders(), max_size=40))
def test_the_books_balance_whatever_is_noticed_corrected_and_paid(given_orders: list[Any]) -> None:
    """Two notices and a fee, corrected and ended in any order: every booking balances and no payment is forgotten."""
    kept = Books()
    for order in given_orders:
        first = kept.do(order)
        before = kept.log
        again = kept.do(order)
        if not isinstance(first, Refused) and getattr(order, "step", "") is not None:
            assert again == () or isinstance(again, Refused), order
            assert kept.log == before
    sound(kept)
    for one in kept.dues(ex.REF).obligations:
        assert holds(kept).get(f"receivable:{one.id}", 0) == (one.total_vnd if one.standing == "open" else 0)
