"""A dossier's fee, told in the words of payments; the tests change what matters to them."""

from datetime import UTC, date, datetime, timedelta

from kernel.fee import FeeKind, FeeRule, Tariff
from kernel.money import Posting
from kernel.refusal import Refused
from services.payments.domain.attempt_words import PaymentStarted, PaymentSucceeded, RecordOutcome, StartAttempt
from services.payments.domain.fee import ObligationLine
from services.payments.domain.obligation_words import (
    Assessment,
    CancelObligation,
    ObligationRaised,
    ObligationSettled,
    PayAtDesk,
    RaiseObligation,
    RecordRefund,
    RefundOwed,
    TakePayment,
)
from services.payments.domain.receipt_book import Receipt, serial_of

REF = "01JD3V6Q4N8Y2K5W7X9Z0A1B2C"
CODE = "H48.23-261120-0001"
AGENCY = "H48.23"
PAYER = "person-7f3a"
SUBMITTER = "person-90cc"
ACCOUNTANT = "accountant:H48.23:2"
OFFICER = "officer:H48.23.01:7"
GATEWAY_ACTOR = "gateway:vnpay"
TXN = "01JD3V7000000000000000TXN1"
OTHER_TXN = "01JD3V7000000000000000TXN2"
NOON = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
EXPIRY = NOON + timedelta(minutes=15)
LATER = NOON + timedelta(hours=3)
FEE_VND = 300_000
SERIAL = serial_of("BL", 2026)
RECEIPT = Receipt(AGENCY, SERIAL, 2026, 1)


def tariff(
    id: str,
    amount_vnd: int,
    *,
    unit_fact: str | None = None,
    per_unit_vnd: int = 0,
    ceiling_vnd: int | None = None,
    valid: tuple[date, date | None] = (date(2020, 1, 1), None),
    channels: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
) -> Tariff:
    return Tariff(
        id, amount_vnd, unit_fact, per_unit_vnd, ceiling_vnd, *valid, channels, categories, law="TT", source="test"
    )


def fee_rule(*tariffs: Tariff, refund: tuple[tuple[str, str], ...] = (), id: str = "architect") -> FeeRule:
    """Return a rule of one lệ phí."""
    line = FeeKind("cert", "le_phi", "Lệ phí cấp chứng chỉ", "Certificate charge", tariffs)
    return FeeRule(id, "2026-1", (line,), refund, law="TT 38/2022/TT-BTC", source="test")


FREE = fee_rule(tariff("free", 0))
KEPT = fee_rule(tariff("full", FEE_VND))
REFUNDED = fee_rule(tariff("full", FEE_VND), refund=(("withdrawn", "full"), ("refused", "full"), ("stopped", "none")))


def assessed(rule: FeeRule | None = KEPT) -> Assessment:
    return Assessment(rule, date(2026, 11, 20), RECEIPT)


def raise_obligation(rule: FeeRule | None = KEPT, now: datetime = NOON) -> RaiseObligation:
    return RaiseObligation(
        ref=REF,
        code=CODE,
        procedure="1.008891",
        procedure_version="2026-1",
        channel="portal",
        category="normal",
        facts={},
        payer=PAYER,
        submitter=SUBMITTER,
        receiving_agency=AGENCY,
        pay_by=None,
        accepted_at=NOON,
        assessment=assessed(rule),
        actor="system:payments",
        now=now,
    )


def raised(total_vnd: int = FEE_VND, refundable: tuple[str, ...] = ()) -> ObligationRaised:
    line = ObligationLine("cert", "le_phi", "Lệ phí cấp chứng chỉ", total_vnd, "full" if total_vnd else "free")
    return ObligationRaised(
        ref=REF,
        code=CODE,
        procedure="1.008891",
        lines=(line,),
        total_vnd=total_vnd,
        rule="architect",
        rule_version="2026-1",
        payer=PAYER,
        submitter=SUBMITTER,
        receiving_agency=AGENCY,
        pay_by=None,
        refundable=refundable,
        postings=(Posting(f"revenue:{AGENCY}", -total_vnd), Posting(f"receivable:{REF}", total_vnd)),
        at=NOON,
    )


def take(txn_ref: str = TXN, amount_vnd: int = FEE_VND, now: datetime = NOON) -> TakePayment:
    return TakePayment(
        ref=REF,
        txn_ref=txn_ref,
        gateway="vnpay",
        amount_vnd=amount_vnd,
        receipt=RECEIPT,
        actor=GATEWAY_ACTOR,
        now=now,
    )


def pay_at_desk(amount_vnd: int = FEE_VND, actor: str = OFFICER) -> PayAtDesk:
    return PayAtDesk(ref=REF, amount_vnd=amount_vnd, receipt=RECEIPT, actor=actor, now=NOON)


def settled_online(txn_ref: str = TXN) -> ObligationSettled:
    postings = (Posting(f"receivable:{REF}", -FEE_VND), Posting("clearing:vnpay", FEE_VND))
    return ObligationSettled(REF, FEE_VND, txn_ref, SERIAL, 1, AGENCY, "vnpay", postings, GATEWAY_ACTOR, NOON)


def settled_in_cash() -> ObligationSettled:
    postings = (Posting(f"receivable:{REF}", -FEE_VND), Posting(f"cash:{AGENCY}", FEE_VND))
    return ObligationSettled(REF, FEE_VND, None, SERIAL, 1, AGENCY, "cash", postings, OFFICER, NOON)


def settled_for_free() -> ObligationSettled:
    return ObligationSettled(REF, 0, None, SERIAL, 1, AGENCY, "none", (), "system:payments", NOON)


def cancel(reason: str, now: datetime = LATER) -> CancelObligation:
    return CancelObligation(ref=REF, reason=reason, actor="system:payments", now=now)  # type: ignore[arg-type]


def refund_owed(txn_ref: str | None, reason: str, given_by: str = "clearing:vnpay", at: datetime = NOON) -> RefundOwed:
    postings = (Posting(f"refund_owed:{REF}", -FEE_VND), Posting(given_by, FEE_VND))
    return RefundOwed(REF, txn_ref, FEE_VND, reason, PAYER, AGENCY, postings, at)  # type: ignore[arg-type]


def record_refund(txn_ref: str | None, amount_vnd: int = FEE_VND, order_no: str = "UNC-0042") -> RecordRefund:
    return RecordRefund(ref=REF, txn_ref=txn_ref, amount_vnd=amount_vnd, order_no=order_no, actor=ACCOUNTANT, now=LATER)


def start(txn_ref: str = TXN, **changes: object) -> StartAttempt:
    fields: dict[str, object] = {
        "ref": REF,
        "txn_ref": txn_ref,
        "gateway": "vnpay",
        "limit_vnd": 9_999_999_999,
        "expires_at": EXPIRY,
        "actor": PAYER,
        "now": NOON,
    }
    return StartAttempt(**(fields | changes))  # type: ignore[arg-type]


def started(txn_ref: str = TXN) -> PaymentStarted:
    return PaymentStarted(REF, txn_ref, "vnpay", CODE, FEE_VND, EXPIRY, NOON)


def succeeded(txn_ref: str = TXN, at: datetime = NOON, gateway_no: str = "14422574") -> PaymentSucceeded:
    return PaymentSucceeded(REF, txn_ref, "vnpay", FEE_VND, gateway_no, at)


def outcome(kind: str, txn_ref: str = TXN, **changes: object) -> RecordOutcome:
    fields: dict[str, object] = {
        "txn_ref": txn_ref,
        "gateway": "vnpay",
        "outcome": kind,
        "amount_vnd": FEE_VND,
        "currency": "VND",
        "response_code": {"succeeded": "00", "cancelled_by_payer": "24"}.get(kind, "51"),
        "gateway_no": "14422574",
        "actor": GATEWAY_ACTOR,
        "now": NOON,
    }
    return RecordOutcome(**(fields | changes))  # type: ignore[arg-type]


def refused(answer: object) -> str:
    """Return the code of a refusal, for pure functions that are no deciders."""
    assert isinstance(answer, Refused), answer
    return answer.code
