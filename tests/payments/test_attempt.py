"""An attempt to pay is begun over what is owed; how it ended is taken down once, and money always counts."""

from typing import Any

import pytest

from services.payments.domain.attempt import INQUIRY_WAITS, decider
from services.payments.domain.attempt_words import (
    AskGateway,
    ExpireAttempt,
    InquiryBegun,
    InquiryEnded,
    PaymentCancelledByPayer,
    PaymentExpired,
    PaymentFailed,
    RecordSilence,
)
from services.payments.domain.dues import Dues
from services.payments.domain.dues import decider as all_owed
from tests.payments import examples as ex
from tests.payments.test_obligation import OPEN, UNPAID_STOP
from tests.spec import given

STARTED = ex.started()
FAILED = PaymentFailed(ex.REF, ex.TXN, "vnpay", "51", "14422574", ex.NOON)
CANCELLED = PaymentCancelledByPayer(ex.REF, ex.TXN, "vnpay", ex.NOON)
EXPIRED = PaymentExpired(ex.REF, ex.TXN, "vnpay", ex.EXPIRY)
OWED = all_owed.fold((OPEN,))


def test_an_attempt_is_begun_over_the_whole_amount_owed() -> None:
    """The payer does not choose the amount, so it can be compared with what the gateway reports."""
    given(decider).when(ex.start(dues=OWED)).then(STARTED)


@pytest.mark.parametrize(
    ("dues", "code"),
    [
        (Dues(), "obligation_unknown"),
        (all_owed.fold((OPEN, ex.settled_online(ex.OTHER_TXN))), "already_settled"),
        (all_owed.fold((ex.raised(0), ex.settled_for_free())), "already_settled"),
        (all_owed.fold((OPEN, UNPAID_STOP)), "obligation_cancelled"),
    ],
)
def test_nobody_is_sent_to_pay_what_is_not_owed(dues: Dues, code: str) -> None:
    given(decider).when(ex.start(dues=dues)).refused(code)


def test_an_amount_over_the_gateways_limit_is_paid_at_the_desk() -> None:
    """VNPAY's amount field has 12 digits."""
    given(decider).when(ex.start(dues=OWED, limit_vnd=ex.FEE_VND - 1)).refused("amount_over_gateway_limit")


def test_a_transaction_reference_belongs_to_one_attempt() -> None:
    given(decider, STARTED).when(ex.start(dues=OWED)).then_nothing()
    given(decider, STARTED).when(ex.start(ref="another", dues=OWED)).refused("attempt_differs")


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
ASKED = InquiryBegun(ex.REF, ex.TXN, "vnpay", 1, ex.EXPIRY)
ASK_AGAIN = AskGateway(txn_ref=ex.TXN, actor="system:timer", now=ex.LATER)


def silence(said: Any, inquiry: int = 1) -> RecordSilence:
    return RecordSilence(txn_ref=ex.TXN, inquiry=inquiry, said=said, actor=ex.GATEWAY_ACTOR, now=ex.EXPIRY)


def ended(said: Any, again_at: Any = None, number: int = 1) -> InquiryEnded:
    return InquiryEnded(ex.REF, ex.TXN, "vnpay", number, said, again_at, ex.EXPIRY)


def test_a_gateway_that_says_nothing_is_asked() -> None:
    """House rule: silence is no answer; an attempt is not taken for unpaid because nobody spoke."""
    given(decider, STARTED).when(EXPIRE).then(ASKED)


@pytest.mark.parametrize("events", [(), (STARTED, ex.succeeded()), (STARTED, FAILED), (STARTED, CANCELLED)])
def test_a_timer_that_comes_too_late_changes_nothing(events: tuple[object, ...]) -> None:
    given(decider, *events).when(EXPIRE).then_nothing()


def test_an_attempt_expires_once_the_gateway_says_that_nothing_was_paid() -> None:
    given(decider, STARTED, ASKED).when(silence("unpaid")).then(ended("unpaid"), EXPIRED)


@pytest.mark.parametrize(
    ("kind", "event"), [("succeeded", ex.succeeded()), ("failed", FAILED), ("cancelled_by_payer", CANCELLED)]
)
def test_an_answer_is_judged_like_a_notice(kind: str, event: object) -> None:
    """The same decider: what comes by inquiry is taken down as if the gateway had spoken unasked."""
    answer = ex.outcome(kind, inquiry=1)
    said, taken_down = given(decider, STARTED, ASKED).when(answer).then_kinds(InquiryEnded, type(event))
    assert (said.said, said.again_at, taken_down) == (kind, None, event)


@pytest.mark.parametrize(
    ("changes", "said"), [({"amount_vnd": 1}, "amount_differs"), ({"currency": "USD"}, "amount_differs")]
)
def test_an_answer_that_cannot_be_believed_is_for_people(changes: dict[str, Any], said: str) -> None:
    """The amount is compared in an answer as in a notice; nothing is settled and nothing expires."""
    answer = ex.outcome("succeeded", inquiry=1, **changes)
    (inquiry,) = given(decider, STARTED, ASKED).when(answer).then_kinds(InquiryEnded)
    assert (inquiry.said, inquiry.again_at) == (said, None)


@pytest.mark.parametrize("said", ["unreachable", "unfinished"])
def test_who_does_not_know_is_asked_again_after_growing_waits_and_then_no_more(said: str) -> None:
    """A pending payment is never failed by us: after the last wait a person looks after it."""
    events: list[object] = [STARTED]
    waits = []
    for number in range(1, len(INQUIRY_WAITS) + 2):
        events.append(InquiryBegun(ex.REF, ex.TXN, "vnpay", number, ex.EXPIRY))
        command = (
            silence("unreachable", number)
            if said == "unreachable"
            else ex.outcome("unfinished", inquiry=number, now=ex.EXPIRY)
        )
        (inquiry,) = given(decider, *events).when(command).then_kinds(InquiryEnded)
        waits.append(inquiry.again_at and inquiry.again_at - ex.EXPIRY)
        events.append(inquiry)
    assert waits == [*INQUIRY_WAITS, None]
    assert list(INQUIRY_WAITS) == sorted(set(INQUIRY_WAITS))


def test_a_person_may_ask_about_any_attempt_and_is_told_once() -> None:
    given(decider).when(ASK_AGAIN).refused("attempt_unknown")
    given(decider, STARTED, ASKED).when(ASK_AGAIN).then_nothing()
    again = InquiryBegun(ex.REF, ex.TXN, "vnpay", 2, ex.LATER)
    given(decider, STARTED, ASKED, ended("unreachable")).when(ASK_AGAIN).then(again)
    given(decider, STARTED, ASKED, ended("unpaid"), EXPIRED).when(ASK_AGAIN).then(again)


def test_an_answer_to_an_older_inquiry_is_no_answer() -> None:
    given(decider, STARTED).when(silence("unpaid")).then_nothing()
    later = InquiryBegun(ex.REF, ex.TXN, "vnpay", 2, ex.LATER)
    given(decider, STARTED, ASKED, ended("unreachable"), later).when(silence("unpaid")).then_nothing()
    given(decider, STARTED, ASKED, ended("unreachable"), later).when(ex.outcome("failed", inquiry=1)).then_nothing()


def test_a_notice_that_comes_while_we_ask_counts_and_the_answer_adds_nothing() -> None:
    given(decider, STARTED, ASKED).when(ex.outcome("succeeded")).then(ex.succeeded())
    given(decider, STARTED, ASKED, ex.succeeded()).when(ex.outcome("succeeded", inquiry=1)).then_kinds(InquiryEnded)
