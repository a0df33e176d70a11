"""What payments makes of intake's news, what it sets its clock by, and what it tells the others."""

from dataclasses import MISSING, fields, is_dataclass, replace
from datetime import timedelta
from typing import Any, get_args

import msgspec
import pytest

from kernel.message import CancelTimer, Envelope, Heard, Timer, source_of
from kernel.refusal import Rule
from services.payments.domain import rules
from services.payments.domain.attempt_words import (
    AskGateway,
    ExpireAttempt,
    InquiryBegun,
    InquiryEnded,
    PaymentCancelledByPayer,
    PaymentExpired,
    PaymentFailed,
)
from services.payments.domain.callback import CallbackKept
from services.payments.domain.obligation import decider
from services.payments.domain.obligation_words import FeeKept, ObligationCancelled, RefundPaid
from services.payments.domain.receipt_book import ReceiptIssued
from services.payments.policies import HEARS, timers
from services.payments.publishing import PUBLISHED, StoredEvent, publish
from tests.payments import examples as ex

NEWS = {
    "ref": ex.REF,
    "code": ex.CODE,
    "procedure": "1.008891",
    "procedure_version": "2026-1",
    "channel": "portal",
    "category": "normal",
    "facts": {"rooms": 5, "urgent": True, "district": "x"},
    "receiving_agency": ex.AGENCY,
    "applicant": ex.PAYER,
    "submitter": ex.SUBMITTER,
    "fee_due": "before_clock",
    "pay_by": "2026-11-27T10:00:00Z",
    "reason": "no_supplement",
    "outcome": "granted",
    "a field of next year": 1,
    "by": "officer:1",
    "at": "2026-11-20T05:00:00Z",
}


def hear(name: str, **changes: object) -> tuple[Any, ...]:
    """Let the policy hear `intake.<name>` as it comes over the bus, at a later instant."""
    hearing = next(hearing for hearing in HEARS if hearing.type == f"lienthong.intake.{name}.v1")
    data = msgspec.json.encode(NEWS | changes)
    envelope = Envelope(1, "id", source_of("intake"), hearing.type, ex.REF, 1, ex.REF, 0, "c", "c", None, data)
    return hearing.react(msgspec.json.decode(data, type=hearing.reads), Heard(envelope, ex.LATER))


def test_a_payment_awaited_raises_the_fee() -> None:
    """The tariffs of the day the dossier was complete hold, however late the news comes."""
    (command,) = hear("PaymentAwaited")
    assert (command.accepted_at, command.now, command.payer) == (ex.NOON, ex.LATER, ex.PAYER)
    assert command.facts == NEWS["facts"]
    assert command.pay_by == ex.NOON + timedelta(days=7, hours=5)


@pytest.mark.parametrize(("fee_due", "raises"), [("before_hand_out", True), ("before_clock", False), ("none", False)])
def test_acceptance_raises_a_fee_that_is_due_before_handing_out(fee_due: str, raises: bool) -> None:
    """Where the clock waits for the fee, it was raised before; where nothing is due, it never is."""
    assert bool(hear("DossierAccepted", fee_due=fee_due)) is raises


def test_news_and_context_together_raise_the_fee() -> None:
    (command,) = hear("PaymentAwaited", facts={}, pay_by=None)
    assert decider.decide(replace(command, assessment=ex.assessed(), now=ex.NOON), decider.initial) == (ex.raised(),)


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("DossierWithdrawn", {}, "withdrawn"),
        ("DossierRefused", {}, "refused"),
        ("DossierStopped", {"reason": "no_supplement"}, "stopped"),
        ("DossierStopped", {"reason": "not_collected"}, "stopped"),
        ("DossierStopped", {"reason": "not_paid"}, "not_paid"),
        ("DossierResolved", {"outcome": "refused"}, "refused"),
        ("DossierResolved", {"outcome": "granted"}, None),
        ("DossierResolved", {"outcome": "partly_granted"}, None),
        ("DossierResolved", {"outcome": "withdrawn"}, None),
    ],
)
def test_a_dossier_that_ended_without_its_result_owes_nothing_more(
    name: str, changes: dict[str, object], reason: str | None
) -> None:
    """Partly granted keeps its fees (NĐ 297/2025 art. 9.2); a withdrawal is told by its own event."""
    assert [command.reason for command in hear(name, **changes)] == ([reason] if reason else [])


def test_a_gateway_is_asked_when_the_time_is_over_and_again_where_need_be() -> None:
    expire = ExpireAttempt(ref=ex.REF, txn_ref=ex.TXN, actor="system:timer", now=ex.EXPIRY)
    (timer,) = timers(ex.started())
    assert timer == Timer(f"attempt-{ex.TXN}-expiry", ex.EXPIRY, expire)
    failed = PaymentFailed(ex.REF, ex.TXN, "vnpay", "51", "", ex.NOON)
    for end in (ex.succeeded(), failed, PaymentCancelledByPayer(ex.REF, ex.TXN, "vnpay", ex.NOON)):
        assert timers(end) == (CancelTimer(timer.id),)
    again = AskGateway(txn_ref=ex.TXN, actor="system:timer", now=ex.LATER)
    assert timers(InquiryEnded(ex.REF, ex.TXN, "vnpay", 1, "unreachable", ex.LATER, ex.NOON)) == (
        Timer(timer.id, ex.LATER, again),
    )
    for other in (
        InquiryEnded(ex.REF, ex.TXN, "vnpay", 6, "unreachable", None, ex.NOON),
        ex.raised(),
        ex.settled_online(),
        PaymentExpired(ex.REF, ex.TXN, "vnpay", ex.EXPIRY),
    ):
        assert timers(other) == ()


STORED: tuple[StoredEvent, ...] = (
    ex.raised(),
    ex.settled_online(),
    ObligationCancelled(ex.REF, "withdrawn", (), ex.NOON),
    FeeKept(ex.REF, "withdrawn", "architect", ex.NOON),
    ex.refund_owed(ex.TXN, "paid_twice"),
    RefundPaid(ex.REF, ex.TXN, ex.FEE_VND, "UNC-0042", (), ex.ACCOUNTANT, ex.NOON),
    ex.started(),
    ex.succeeded(),
    PaymentFailed(ex.REF, ex.TXN, "vnpay", "51", "", ex.NOON),
    PaymentCancelledByPayer(ex.REF, ex.TXN, "vnpay", ex.NOON),
    PaymentExpired(ex.REF, ex.TXN, "vnpay", ex.NOON),
    ReceiptIssued(ex.REF, ex.AGENCY, "01BLP0-001", "BL-26E", 2026, 1, ex.FEE_VND, ex.NOON),
    CallbackKept("9f86d081", "vnpay", "s1.gateway.sealed", 420, ex.NOON),
    InquiryBegun(ex.REF, ex.TXN, "vnpay", 1, ex.NOON),
    InquiryEnded(ex.REF, ex.TXN, "vnpay", 1, "unreachable", ex.LATER, ex.NOON),
)
PRIVATE = (FeeKept, ReceiptIssued, CallbackKept, InquiryBegun, InquiryEnded)


@pytest.mark.parametrize("event", STORED, ids=lambda event: type(event).__name__)
def test_every_stored_event_is_said_or_kept_on_purpose(event: StoredEvent) -> None:
    """The subject and the partition are the dossier, whichever stream the event stands in."""
    public = publish(event)
    if isinstance(event, PRIVATE):
        assert public is None
        return
    assert public is not None
    assert (public.subject, public.root) == (ex.REF, ex.REF)
    assert (public.name, public.version, type(public.data)) in PUBLISHED


def test_the_table_of_published_events_is_whole() -> None:
    assert {type(event) for event in STORED} == set(get_args(StoredEvent))
    assert {kind for _, _, kind in PUBLISHED} == set(get_args(StoredEvent)) - set(PRIVATE)


def test_every_event_names_its_dossier_first_and_its_instant_last() -> None:
    """Whoever reads a log finds the dossier and the time in the same places; what came later stands behind them."""
    for kind in get_args(StoredEvent):
        assert is_dataclass(kind)
        names = [field.name for field in fields(kind) if field.default is MISSING]
        assert (names[0], names[-1]) == ("ref", "at"), kind


def test_every_refusal_cites_its_reason_in_two_languages() -> None:
    """House rule: the word no comes with the law behind it, or says that the rule is the house's own."""
    all_rules = [value for name, value in vars(rules).items() if isinstance(value, Rule)]
    assert len({rule.code for rule in all_rules}) == len(all_rules)
    for rule in all_rules:
        assert rule.law
        assert rule.vi.endswith("."), rule.code
        assert rule.en.endswith("."), rule.code
