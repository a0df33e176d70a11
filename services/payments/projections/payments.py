"""What payers tried, and what must go back to them."""

from datetime import datetime, timedelta
from typing import Final

from chassis.limits import FORGED_NOTICES_KEPT_MAX, FORGED_NOTICES_KEPT_PER_DAY_MAX
from chassis.service import Projection
from chassis.stores.store import Statement, Store
from services.payments.domain.accounts import owed as owed_id
from services.payments.domain.attempt_words import (
    InquiryBegun,
    InquiryEnded,
    PaymentCancelledByPayer,
    PaymentExpired,
    PaymentFailed,
    PaymentStarted,
    PaymentSucceeded,
    Standing,
)
from services.payments.domain.callback import CallbackKept
from services.payments.domain.obligation_words import RefundOwed, RefundPaid
from services.payments.projections.obligations import in_text

AT_DESK: Final = "desk"
"""Stands for the transaction reference where the money was taken at the desk."""

ATTEMPTS: Final = """
CREATE TABLE IF NOT EXISTS payment_attempts(
  txn_ref TEXT PRIMARY KEY, ref TEXT NOT NULL, step TEXT NOT NULL, code TEXT NOT NULL, procedure TEXT NOT NULL,
  receiving_agency TEXT NOT NULL, applicant TEXT NOT NULL, submitter TEXT NOT NULL, gateway TEXT NOT NULL,
  amount_vnd BIGINT NOT NULL, standing TEXT NOT NULL, gateway_code TEXT NOT NULL, gateway_no TEXT NOT NULL,
  started_at TEXT NOT NULL, expires_at TEXT NOT NULL, changed_at TEXT NOT NULL, paid_at TEXT,
  asked INTEGER NOT NULL DEFAULT 0, asking INTEGER NOT NULL DEFAULT 0, said TEXT NOT NULL DEFAULT '')
"""
ATTEMPTS_ASKED: Final = "CREATE INDEX IF NOT EXISTS attempts_asked ON payment_attempts(asking) WHERE asking > 0"
ASKED: Final = "UPDATE payment_attempts SET asked=:number, asking=:number WHERE txn_ref=:txn_ref"
TOLD: Final = "UPDATE payment_attempts SET asking=0, said=:said WHERE txn_ref=:txn_ref"
UNHEARD: Final = """
UPDATE payment_attempts SET standing='unheard', changed_at=:at WHERE txn_ref=:txn_ref AND standing='started'
"""
ATTEMPTS_BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS attempts_of_dossier ON payment_attempts(ref)"
STARTED: Final = """
INSERT INTO payment_attempts(txn_ref, ref, step, code, procedure, receiving_agency, applicant, submitter, gateway,
  amount_vnd, standing, gateway_code, gateway_no, started_at, expires_at, changed_at)
SELECT :txn_ref, ref, step, code, procedure, receiving_agency, applicant, submitter, :gateway, :amount_vnd, 'started',
  '', '', :at, :expires_at, :at
FROM obligations WHERE obligation=:obligation
ON CONFLICT(txn_ref) DO NOTHING
"""
ENDED: Final = """
UPDATE payment_attempts SET standing=:standing, gateway_code=:code, gateway_no=:number, changed_at=:at,
  paid_at=CASE WHEN :standing='succeeded' THEN :at ELSE paid_at END
WHERE txn_ref=:txn_ref
"""

REFUNDS: Final = """
CREATE TABLE IF NOT EXISTS refunds(
  refund TEXT PRIMARY KEY, ref TEXT NOT NULL, step TEXT NOT NULL, law TEXT NOT NULL, txn_ref TEXT,
  code TEXT NOT NULL, procedure TEXT NOT NULL,
  receiving_agency TEXT NOT NULL, applicant TEXT NOT NULL, submitter TEXT NOT NULL, amount_vnd BIGINT NOT NULL,
  reason TEXT NOT NULL, standing TEXT NOT NULL, order_no TEXT NOT NULL, owed_at TEXT NOT NULL, paid_at TEXT)
"""
REFUNDS_BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS refunds_of_dossier ON refunds(ref)"
OWED: Final = """
INSERT INTO refunds(refund, ref, step, law, txn_ref, code, procedure, receiving_agency, applicant, submitter,
  amount_vnd, reason, standing, order_no, owed_at)
SELECT :refund, ref, step, :law, :txn_ref, code, procedure, receiving_agency, applicant, submitter, :amount_vnd,
  :reason, 'owed', '', :at
FROM obligations WHERE obligation=:obligation
ON CONFLICT(refund) DO NOTHING
"""
PAID: Final = "UPDATE refunds SET standing='paid', order_no=:order_no, paid_at=:at WHERE refund=:refund"

CALLBACKS: Final = """
CREATE TABLE IF NOT EXISTS callbacks(
  digest TEXT PRIMARY KEY, gateway TEXT NOT NULL, length_bytes INTEGER NOT NULL, kept_at TEXT NOT NULL,
  procedure TEXT NOT NULL, forged INTEGER NOT NULL)
"""
FORGED_BY_TIME: Final = "CREATE INDEX IF NOT EXISTS callbacks_forged ON callbacks(forged, kept_at)"
KEPT: Final = """
INSERT INTO callbacks(digest, gateway, length_bytes, kept_at, procedure, forged)
VALUES(:digest, :gateway, :length, :at, '', :forged) ON CONFLICT(digest) DO NOTHING
"""


def started(event: PaymentStarted) -> tuple[Statement, ...]:
    row = {
        "txn_ref": event.txn_ref,
        "obligation": owed_id(event.ref, event.step),
        "gateway": event.gateway,
        "amount_vnd": event.amount_vnd,
        "expires_at": in_text(event.expires_at),
        "at": in_text(event.at),
    }
    return (Statement(STARTED, row),)


def _ended(
    event: PaymentSucceeded | PaymentFailed | PaymentCancelledByPayer | PaymentExpired,
    standing: Standing,
    code: str = "",
    number: str = "",
) -> tuple[Statement, ...]:
    row = {"txn_ref": event.txn_ref, "standing": standing, "code": code, "number": number, "at": in_text(event.at)}
    return (Statement(ENDED, row),)


def succeeded(event: PaymentSucceeded) -> tuple[Statement, ...]:
    return _ended(event, "succeeded", number=event.gateway_no)


def failed(event: PaymentFailed) -> tuple[Statement, ...]:
    return _ended(event, "failed", event.code, event.gateway_no)


def cancelled_by_payer(event: PaymentCancelledByPayer) -> tuple[Statement, ...]:
    return _ended(event, "cancelled_by_payer")


def expired(event: PaymentExpired) -> tuple[Statement, ...]:
    return _ended(event, "expired")


def asked(event: InquiryBegun) -> tuple[Statement, ...]:
    return (Statement(ASKED, {"txn_ref": event.txn_ref, "number": event.number}),)


def told(event: InquiryEnded) -> tuple[Statement, ...]:
    """Where no end is known and nobody is asked again, a person has to look; an end follows as an event of its own."""
    row = {"txn_ref": event.txn_ref, "said": event.said}
    if event.again_at is not None:
        return (Statement(TOLD, row),)
    return Statement(TOLD, row), Statement(UNHEARD, {"txn_ref": event.txn_ref, "at": in_text(event.at)})


def _refund(event: RefundOwed | RefundPaid) -> str:
    return f"{owed_id(event.ref, event.step)} {event.txn_ref or AT_DESK} {event.part}"


def owed(event: RefundOwed) -> tuple[Statement, ...]:
    row = {
        "refund": _refund(event),
        "obligation": owed_id(event.ref, event.step),
        "law": event.law,
        "txn_ref": event.txn_ref,
        "amount_vnd": event.amount_vnd,
        "reason": event.reason,
        "at": in_text(event.at),
    }
    return (Statement(OWED, row),)


def paid(event: RefundPaid) -> tuple[Statement, ...]:
    return (Statement(PAID, {"refund": _refund(event), "order_no": event.order_no, "at": in_text(event.at)}),)


def kept(event: CallbackKept) -> tuple[Statement, ...]:
    row = {"digest": event.ref, "gateway": event.gateway, "length": event.length_bytes, "at": in_text(event.at)}
    return (Statement(KEPT, row | {"forged": int(event.forged)}),)


def room_for_forged(store: Store, now: datetime) -> bool:
    """Say whether one more notice may be kept that came in a gateway's name and is not its word."""
    since = in_text(now - timedelta(days=1))
    sql = """
    SELECT count(*) AS all_of_them, count(CASE WHEN kept_at>:since THEN 1 END) AS today FROM callbacks WHERE forged=1
    """
    (row,) = store.query(sql, {"since": since})
    return bool(row["all_of_them"] < FORGED_NOTICES_KEPT_MAX and row["today"] < FORGED_NOTICES_KEPT_PER_DAY_MAX)


payments: Final = Projection(
    name="payments",
    tables=(ATTEMPTS, ATTEMPTS_BY_DOSSIER, ATTEMPTS_ASKED, REFUNDS, REFUNDS_BY_DOSSIER, CALLBACKS, FORGED_BY_TIME),
    own={
        PaymentStarted: started,
        PaymentSucceeded: succeeded,
        PaymentFailed: failed,
        PaymentCancelledByPayer: cancelled_by_payer,
        PaymentExpired: expired,
        InquiryBegun: asked,
        InquiryEnded: told,
        RefundOwed: owed,
        RefundPaid: paid,
        CallbackKept: kept,
    },
)
