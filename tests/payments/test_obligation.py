"""What is owed is raised once, settled once, and whatever else is paid goes back."""

from dataclasses import replace

import pytest

from kernel.fee import FeeRule
from kernel.money import Posting
from services.payments.domain.obligation import decider
from services.payments.domain.obligation_words import (
    FeeKept,
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    RefundOwed,
    RefundPaid,
)
from tests.payments import examples as ex
from tests.spec import given

OPEN = ex.raised()
REFUNDABLE = ex.raised(refundable=("withdrawn", "refused"))
TAKEN_BACK = (Posting(f"receivable:{ex.REF}", -ex.FEE_VND), Posting(f"revenue:{ex.AGENCY}", ex.FEE_VND))
UNPAID_STOP = ObligationCancelled(ex.REF, "not_paid", TAKEN_BACK, ex.NOON)


def cancelled(reason: str) -> ObligationCancelled:
    return replace(UNPAID_STOP, reason=reason)  # type: ignore[arg-type]


def test_a_fee_is_raised_with_the_rule_that_says_so() -> None:
    """Domain rule 12: the amount is frozen with its rule; a later rule does not reach an accepted dossier."""
    given(decider).when(ex.raise_obligation()).then(OPEN)


def test_the_cases_of_refund_are_pinned_when_the_fee_is_raised() -> None:
    """Domain rule 11: a dossier accepted under one rule set finishes under it, refunds included."""
    given(decider).when(ex.raise_obligation(ex.REFUNDED)).then(REFUNDABLE)


def test_without_a_fee_rule_nothing_is_raised() -> None:
    given(decider).when(ex.raise_obligation(None)).then_nothing()


def test_a_fee_of_nothing_is_settled_at_once_with_a_receipt() -> None:
    """Receipts over zero đồng exist (domain rule 12): who is exempt has a paper that says so."""
    given(decider).when(ex.raise_obligation(ex.FREE)).then(ex.raised(0), ex.settled_for_free())


def test_a_fee_is_raised_once() -> None:
    """Acceptance after an awaited payment tells of the same fee, at another instant."""
    given(decider, OPEN).when(ex.raise_obligation(now=ex.LATER)).then_nothing()
    given(decider, OPEN).when(ex.raise_obligation(None)).then_nothing()


def test_a_fee_is_not_raised_again_under_another_rule() -> None:
    other = ex.fee_rule(ex.tariff("full", 1), id="other")
    given(decider, OPEN).when(ex.raise_obligation(other)).refused("obligation_differs")


def test_a_rule_without_a_tariff_for_the_case_raises_nothing() -> None:
    """Luật Phí và lệ phí 97/2015: only published tariffs."""
    rule = ex.fee_rule(ex.tariff("counter only", 1, channels=("counter",)))
    given(decider).when(ex.raise_obligation(rule)).refused("tariff_missing")


def test_a_payment_settles_with_a_receipt() -> None:
    """NĐ 61/2018 art. 22, NĐ 118/2025 art. 24: paid online; NĐ 254/2026: with a numbered receipt."""
    given(decider, OPEN).when(ex.take()).then(ex.settled_online())


def test_cash_settles_with_a_receipt() -> None:
    """NĐ 61/2018 art. 22: paid to the agency directly."""
    given(decider, OPEN).when(ex.pay_at_desk()).then(ex.settled_in_cash())


@pytest.mark.parametrize(
    ("events", "amount_vnd", "code"),
    [
        ((), ex.FEE_VND, "obligation_unknown"),
        ((OPEN,), ex.FEE_VND - 1, "amount_differs"),
        ((OPEN,), ex.FEE_VND + 1, "amount_differs"),
        ((OPEN,), 0, "amount_differs"),
        ((OPEN,), -ex.FEE_VND, "amount_differs"),
        ((OPEN, ex.settled_online()), ex.FEE_VND, "already_settled"),
        ((ex.raised(0), ex.settled_for_free()), 0, "already_settled"),
        ((OPEN, cancelled("withdrawn")), ex.FEE_VND, "obligation_cancelled"),
    ],
)
def test_the_desk_takes_exactly_what_is_owed(events: tuple[object, ...], amount_vnd: int, code: str) -> None:
    """What nobody owes, the desk does not take: there is no refund to make of it."""
    given(decider, *events).when(ex.pay_at_desk(amount_vnd)).refused(code)


def test_a_second_officer_learns_that_the_desk_was_paid() -> None:
    """The same officer asking again is a repeat; another one would be taking the money a second time."""
    given(decider, OPEN, ex.settled_in_cash()).when(ex.pay_at_desk()).then_nothing()
    given(decider, OPEN, ex.settled_in_cash()).when(ex.pay_at_desk(actor="officer:H48.23:9")).refused("already_settled")


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ((OPEN, ex.settled_online(ex.OTHER_TXN)), "paid_twice"),
        ((OPEN, ex.settled_in_cash()), "paid_twice"),
        ((ex.raised(0), ex.settled_for_free()), "paid_twice"),
        ((OPEN, ex.settled_in_cash(), FeeKept(ex.REF, "refused", "architect", ex.NOON)), "paid_twice"),
        ((REFUNDABLE, ex.settled_in_cash(), ex.refund_owed(None, "withdrawn")), "paid_twice"),
        ((OPEN, UNPAID_STOP), "paid_late"),
        ((OPEN, cancelled("withdrawn")), "withdrawn"),
        ((OPEN, cancelled("refused")), "refused"),
        ((OPEN, cancelled("stopped")), "stopped"),
    ],
)
def test_money_that_nobody_owed_goes_back(before: tuple[object, ...], reason: str) -> None:
    """Nothing paid is forgotten: paid twice, late, or for a dossier that ended is a refund owed, never an error."""
    given(decider, *before).when(ex.take()).then(ex.refund_owed(ex.TXN, reason))


def test_two_late_payments_are_two_refunds() -> None:
    once = (OPEN, UNPAID_STOP, ex.refund_owed(ex.TXN, "paid_late"))
    given(decider, *once).when(ex.take(ex.OTHER_TXN)).then(ex.refund_owed(ex.OTHER_TXN, "paid_late"))


@pytest.mark.parametrize("events", [(ex.settled_online(),), (UNPAID_STOP, ex.refund_owed(ex.TXN, "paid_late"))])
def test_the_money_of_an_attempt_is_booked_once(events: tuple[object, ...]) -> None:
    given(decider, OPEN, *events).when(ex.take(now=ex.LATER)).then_nothing()


def test_a_payment_for_a_dossier_that_owes_nothing_known_is_refused() -> None:
    given(decider).when(ex.take()).refused("obligation_unknown")


def test_an_attempt_over_another_amount_does_not_settle() -> None:
    """Attempts are begun over the whole amount, so this is a forged or broken one; its transaction is given up."""
    given(decider, OPEN).when(ex.take(amount_vnd=1)).refused("amount_differs")


@pytest.mark.parametrize("reason", ["withdrawn", "refused", "stopped", "not_paid"])
def test_an_unpaid_fee_ends_with_its_dossier(reason: str) -> None:
    given(decider, OPEN).when(ex.cancel(reason)).then(replace(cancelled(reason), at=ex.LATER))


@pytest.mark.parametrize(
    ("rule", "reason", "outcome"),
    [
        (ex.REFUNDED, "withdrawn", "withdrawn"),
        (ex.REFUNDED, "refused", "refused"),
        (ex.REFUNDED, "stopped", "kept"),
        (ex.REFUNDED, "not_paid", "paid_late"),
        (ex.KEPT, "withdrawn", "kept"),
        (ex.KEPT, "refused", "kept"),
        (ex.KEPT, "stopped", "kept"),
        (ex.KEPT, "not_paid", "paid_late"),
    ],
)
def test_a_paid_fee_goes_back_as_the_schedule_says(rule: FeeRule, reason: str, outcome: str) -> None:
    """TT 25/2021 art. 6.3 refunds a refused passport, NĐ 297/2025 art. 9.2 keeps karaoke's fees; a dossier that was
    stopped as unpaid while the money was on its way has had nothing for it, whatever the schedule."""
    rows = given(decider).when(ex.raise_obligation(rule)).then_kinds(ObligationRaised)
    decision = given(decider, *rows, ex.settled_online()).when(ex.cancel(reason))
    if outcome == "kept":
        decision.then(FeeKept(ex.REF, reason, "architect", ex.LATER))  # type: ignore[arg-type]
    else:
        decision.then(ex.refund_owed(ex.TXN, outcome, given_by=f"revenue:{ex.AGENCY}", at=ex.LATER))


@pytest.mark.parametrize(
    "events",
    [
        (),
        (OPEN, cancelled("withdrawn")),
        (ex.raised(0), ex.settled_for_free()),
        (OPEN, ex.settled_online(), FeeKept(ex.REF, "withdrawn", "architect", ex.NOON)),
        (REFUNDABLE, ex.settled_online(), ex.refund_owed(ex.TXN, "withdrawn")),
    ],
)
@pytest.mark.parametrize("reason", ["withdrawn", "refused", "not_paid"])
def test_what_ended_does_not_end_again(events: tuple[object, ...], reason: str) -> None:
    given(decider, *events).when(ex.cancel(reason)).then_nothing()


def test_a_refund_owed_for_a_second_payment_leaves_the_settlement_alone() -> None:
    """Paid twice, then withdrawn: both payments go back where the schedule refunds a withdrawal."""
    twice = (REFUNDABLE, ex.settled_online(), ex.refund_owed(ex.OTHER_TXN, "paid_twice"))
    expected = ex.refund_owed(ex.TXN, "withdrawn", given_by=f"revenue:{ex.AGENCY}", at=ex.LATER)
    given(decider, *twice).when(ex.cancel("withdrawn")).then(expected)


OWED = (OPEN, ex.settled_online(), ex.refund_owed(ex.OTHER_TXN, "paid_twice"))


def paid_back(txn_ref: str | None, order_no: str = "UNC-0042") -> RefundPaid:
    postings = (Posting("treasury", -ex.FEE_VND), Posting(f"refund_owed:{ex.REF}", ex.FEE_VND))
    return RefundPaid(ex.REF, txn_ref, ex.FEE_VND, order_no, postings, ex.ACCOUNTANT, ex.LATER)


def test_a_refund_is_paid_by_an_order() -> None:
    """NĐ 347/2025 (before: NĐ 11/2020 art. 5): money in the treasury goes back by the collecting agency's order."""
    given(decider, *OWED).when(ex.record_refund(ex.OTHER_TXN)).then(paid_back(ex.OTHER_TXN))


def test_cash_goes_back_too() -> None:
    owed = (REFUNDABLE, ex.settled_in_cash(), ex.refund_owed(None, "withdrawn", f"revenue:{ex.AGENCY}"))
    given(decider, *owed).when(ex.record_refund(None)).then(paid_back(None))


@pytest.mark.parametrize(
    ("events", "txn_ref", "amount_vnd", "order_no", "code"),
    [
        (OWED, ex.TXN, ex.FEE_VND, "UNC-0042", "refund_not_owed"),
        (OWED, None, ex.FEE_VND, "UNC-0042", "refund_not_owed"),
        ((), ex.TXN, ex.FEE_VND, "UNC-0042", "refund_not_owed"),
        (OWED, ex.OTHER_TXN, ex.FEE_VND - 1, "UNC-0042", "amount_differs"),
        (OWED, ex.OTHER_TXN, ex.FEE_VND, " ", "refund_order_missing"),
        ((*OWED, paid_back(ex.OTHER_TXN)), ex.OTHER_TXN, ex.FEE_VND, "UNC-0099", "refund_already_paid"),
    ],
)
def test_only_what_is_owed_goes_back_and_only_once(
    events: tuple[object, ...], txn_ref: str | None, amount_vnd: int, order_no: str, code: str
) -> None:
    given(decider, *events).when(ex.record_refund(txn_ref, amount_vnd, order_no)).refused(code)


def test_every_refusal_says_what_would_fit() -> None:
    answer = given(decider, OPEN).when(ex.pay_at_desk(5)).refused("amount_differs")
    assert [(invalid.name, invalid.reason) for invalid in answer.invalid] == [("amount_vnd", "300000")]


def test_a_settlement_names_its_receipt_and_its_book() -> None:
    (event,) = given(decider, OPEN).when(ex.take()).then_kinds(ObligationSettled)
    assert (event.receiving_agency, event.receipt_serial, event.receipt_number) == (ex.AGENCY, "BL-26E", 1)


def test_a_refund_owed_names_whose_it_is() -> None:
    (event,) = given(decider, OPEN, UNPAID_STOP).when(ex.take()).then_kinds(RefundOwed)
    assert event.payer == ex.PAYER
