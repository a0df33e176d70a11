"""What payers tried, and what must go back to them."""

from typing import Final

from chassis.service import Projection
from chassis.stores.store import Statement
from services.payments.domain.attempt import (
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
  txn_ref TEXT PRIMARY KEY, ref TEXT NOT NULL, gateway TEXT NOT NULL, amount_vnd BIGINT NOT NULL,
  standing TEXT NOT NULL, gateway_code TEXT NOT NULL, gateway_no TEXT NOT NULL, started_at TEXT NOT NULL,
  expires_at TEXT NOT NULL, changed_at TEXT NOT NULL)
"""
ATTEMPTS_BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS attempts_of_dossier ON payment_attempts(ref)"
STARTED: Final = """
INSERT INTO payment_attempts(txn_ref, ref, gateway, amount_vnd, standing, gateway_code, gateway_no, started_at,
  expires_at, changed_at)
VALUES(:txn_ref, :ref, :gateway, :amount_vnd, 'started', '', '', :at, :expires_at, :at)
ON CONFLICT(txn_ref) DO NOTHING
"""
ENDED: Final = """
UPDATE payment_attempts SET standing=:standing, gateway_code=:code, gateway_no=:number, changed_at=:at
WHERE txn_ref=:txn_ref
"""

REFUNDS: Final = """
CREATE TABLE IF NOT EXISTS refunds(
  refund TEXT PRIMARY KEY, ref TEXT NOT NULL, txn_ref TEXT, code TEXT NOT NULL, procedure TEXT NOT NULL,
  receiving_agency TEXT NOT NULL, applicant TEXT NOT NULL, submitter TEXT NOT NULL, amount_vnd BIGINT NOT NULL,
  reason TEXT NOT NULL, standing TEXT NOT NULL, order_no TEXT NOT NULL, owed_at TEXT NOT NULL, paid_at TEXT)
"""
REFUNDS_BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS refunds_of_dossier ON refunds(ref)"
OWED: Final = """
INSERT INTO refunds(refund, ref, txn_ref, code, procedure, receiving_agency, applicant, submitter, amount_vnd, reason,
  standing, order_no, owed_at)
SELECT :refund, ref, :txn_ref, code, procedure, receiving_agency, applicant, submitter, :amount_vnd, :reason,
  'owed', '', :at
FROM obligations WHERE ref=:ref
ON CONFLICT(refund) DO NOTHING
"""
PAID: Final = "UPDATE refunds SET standing='paid', order_no=:order_no, paid_at=:at WHERE refund=:refund"

CALLBACKS: Final = """
CREATE TABLE IF NOT EXISTS callbacks(
  digest TEXT PRIMARY KEY, gateway TEXT NOT NULL, length_bytes INTEGER NOT NULL, kept_at TEXT NOT NULL,
  procedure TEXT NOT NULL)
"""
KEPT: Final = """
INSERT INTO callbacks(digest, gateway, length_bytes, kept_at, procedure)
VALUES(:digest, :gateway, :length, :at, '') ON CONFLICT(digest) DO NOTHING
"""


def started(event: PaymentStarted) -> tuple[Statement, ...]:
    row = {
        "txn_ref": event.txn_ref,
        "ref": event.ref,
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


def _refund(event: RefundOwed | RefundPaid) -> str:
    return f"{event.ref} {event.txn_ref or AT_DESK}"


def owed(event: RefundOwed) -> tuple[Statement, ...]:
    row = {
        "refund": _refund(event),
        "ref": event.ref,
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
    return (Statement(KEPT, row),)


payments: Final = Projection(
    name="payments",
    tables=(ATTEMPTS, ATTEMPTS_BY_DOSSIER, REFUNDS, REFUNDS_BY_DOSSIER, CALLBACKS),
    own={
        PaymentStarted: started,
        PaymentSucceeded: succeeded,
        PaymentFailed: failed,
        PaymentCancelledByPayer: cancelled_by_payer,
        PaymentExpired: expired,
        RefundOwed: owed,
        RefundPaid: paid,
        CallbackKept: kept,
    },
)
