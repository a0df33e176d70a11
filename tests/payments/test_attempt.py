"""An attempt to pay is begun over what is owed; how it ended is taken down once, and money always counts."""

from typing import Any

import pytest

from services.payments.domain.attempt_words import (
    ExpireAttempt,
    PaymentCancelledByPayer,
    PaymentExpired,
    PaymentFailed,
    decider,
)
from services.payments.domain.obligation import Obligation
from services.payments.domain.obligation import decider as obligations
from tests.payments import examples as ex
from tests.payments.test_obligation import OPEN, UNPAID_STOP
from tests.spec import given

STARTED = ex.started()
FAILED = PaymentFailed(ex.REF, ex.TXN, "vnpay", "51", "14422574", ex.NOON)
CANCELLED = PaymentCancelledByPayer(ex.REF, ex.TXN, "vnpay", ex.NOON)
EXPIRED = PaymentExpired(ex.REF, ex.TXN, "vnpay", ex.EXPIRY)
OWED = obligations.fold((OPEN,))


def test_an_attempt_is_begun_over_the_whole_amount_owed() -> None:
    """The payer does not choose the amount, so it can be compared with what the gateway reports."""
    given(decider).when(ex.start(obligation=OWED)).then(STARTED)


@pytest.mark.parametrize(
    ("obligation", "code"),
    [
        (Obligation(), "obligation_unknown"),
        (obligations.fold((OPEN, ex.settled_online(ex.OTHER_TXN))), "already_settled"),
        (obligations.fold((ex.raised(0), ex.settled_for_free())), "already_settled"),
        (obligations.fold((OPEN, UNPAID_STOP)), "obligation_cancelled"),
    ],
)
def test_nobody_is_sent_to_pay_what_is_not_owed(obligation: Obligation, code: str) -> None:
    given(decider).when(ex.start(obligation=obligation)).refused(code)


def test_an_amount_over_the_gateways_limit_is_paid_at_the_desk() -> None:
    """VNPAY's amount field has 12 digits."""
    given(decider).when(ex.start(obligation=OWED, limit_vnd=ex.FEE_VND - 1)).refused("amount_over_gateway_limit")


def test_a_transaction_reference_belongs_to_one_attempt() -> None:
    given(decider, STARTED).when(ex.start(obligation=OWED)).then_nothing()
    given(decider, STARTED).when(ex.start(ref="another", obligation=OWED)).refused("attempt_differs")


@pytest.mark.parametrize(
    ("kind", "event"), [("succeeded", ex.succeeded()), ("failed", FAILED), ("cancelled_by_payer", CANCELLED)]
)
def test_the_gateways_word_is_taken_down(kind: str, event: object) -> None:
    given(decider, STARTED).when(ex.outcome(kind)).then(event)


@pytest.mark.parametrize(
    ("events", "kind", "changes", "code"),
    [
        ((), "succeeded", {}, "attempt_unknown"),
        ((STARTED,), "succeeded", {"gateway": "momo"}, "attempt_unknown"),
        ((), "succeeded", {"amount_vnd": 1}, "attempt_unknown"),
        ((STARTED,), "succeeded", {"amount_vnd": ex.FEE_VND - 1}, "amount_differs"),
        ((STARTED,), "failed", {"amount_vnd": ex.FEE_VND * 100}, "amount_differs"),
        ((STARTED,), "succeeded", {"amount_vnd": None}, "amount_differs"),
        ((STARTED,), "succeeded", {"currency": "USD"}, "amount_differs"),
        ((STARTED, ex.succeeded()), "succeeded", {"amount_vnd": 1}, "amount_differs"),
        ((STARTED,), "unfinished", {}, "outcome_unfinished"),
        ((STARTED, FAILED), "unfinished", {}, "outcome_unfinished"),
        ((STARTED, ex.succeeded()), "failed", {}, "outcome_contradicted"),
        ((STARTED, ex.succeeded()), "unfinished", {}, "outcome_contradicted"),
        ((STARTED, ex.succeeded()), "succeeded", {"gateway_no": "99999999"}, "outcome_contradicted"),
    ],
)
def test_known_then_amount_then_state(
    events: tuple[object, ...], kind: str, changes: dict[str, Any], code: str
) -> None:
    """The order of the callback: what fails first is what the gateway is told."""
    given(decider, *events).when(ex.outcome(kind, **changes)).refused(code)


@pytest.mark.parametrize("end", [FAILED, CANCELLED, EXPIRED])
def test_money_counts_whatever_was_heard_before(end: object) -> None:
    """Success after expiry is legal: the payer's money has moved, whatever we had concluded."""
    given(decider, STARTED, end).when(ex.outcome("succeeded", now=ex.LATER)).then(ex.succeeded(at=ex.LATER))


@pytest.mark.parametrize("end", [FAILED, CANCELLED, EXPIRED])
@pytest.mark.parametrize("kind", ["failed", "cancelled_by_payer"])
def test_an_attempt_that_ended_without_money_ends_once(end: object, kind: str) -> None:
    given(decider, STARTED, end).when(ex.outcome(kind)).then_nothing()


def test_the_same_success_again_is_nothing_new() -> None:
    given(decider, STARTED, ex.succeeded()).when(ex.outcome("succeeded", now=ex.LATER)).then_nothing()


EXPIRE = ExpireAttempt(ref=ex.REF, txn_ref=ex.TXN, actor="system:timer", now=ex.EXPIRY)


def test_an_attempt_nobody_speaks_of_expires() -> None:
    given(decider, STARTED).when(EXPIRE).then(EXPIRED)


@pytest.mark.parametrize("events", [(), (STARTED, ex.succeeded()), (STARTED, FAILED), (STARTED, CANCELLED)])
def test_a_timer_that_comes_too_late_changes_nothing(events: tuple[object, ...]) -> None:
    given(decider, *events).when(EXPIRE).then_nothing()
