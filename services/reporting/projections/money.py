"""What each dossier costs and what was paid: its fee and tax notices with lines and receipt, attempts, refunds.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 118/2025/NĐ-CP art. 24. Only payments' events write here, in payments' order.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.message import Envelope, type_of
from services.reporting.projections import payments_says as payments
from services.reporting.projections.rows import Readable, instant, instant_or_none, put

Row = Mapping[str, Any]
Rows = tuple[Statement, ...]

OBLIGATIONS: Final = """
CREATE TABLE IF NOT EXISTS obligations(
  ref TEXT NOT NULL, step TEXT NOT NULL, purpose TEXT NOT NULL DEFAULT 'fee', notice TEXT NOT NULL DEFAULT '',
  lines TEXT NOT NULL DEFAULT '[]', total_vnd INTEGER NOT NULL DEFAULT 0,
  rule TEXT NOT NULL DEFAULT '', rule_version TEXT NOT NULL DEFAULT '', pay_by TEXT, standing TEXT NOT NULL DEFAULT '',
  receipt_serial TEXT NOT NULL DEFAULT '', receipt_number INTEGER NOT NULL DEFAULT 0, method TEXT NOT NULL DEFAULT '',
  settled_at TEXT, reason TEXT NOT NULL DEFAULT '', PRIMARY KEY(ref, step))
"""
ATTEMPTS: Final = """
CREATE TABLE IF NOT EXISTS attempts(
  txn_ref TEXT PRIMARY KEY, ref TEXT NOT NULL, gateway TEXT NOT NULL, amount_vnd INTEGER NOT NULL DEFAULT 0,
  step TEXT NOT NULL DEFAULT '', standing TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',
  gateway_no TEXT NOT NULL DEFAULT '', expires_at TEXT, started_at TEXT, over_at TEXT, changed_at TEXT NOT NULL)
"""
ATTEMPTS_OF: Final = "CREATE INDEX IF NOT EXISTS attempts_of ON attempts(ref)"
OVER: Final = "UPDATE attempts SET over_at=coalesce(over_at, :at) WHERE txn_ref=:txn_ref"
REFUNDS: Final = """
CREATE TABLE IF NOT EXISTS refunds(
  ref TEXT NOT NULL, txn_ref TEXT NOT NULL, step TEXT NOT NULL, part INTEGER NOT NULL, amount_vnd INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '', owed_at TEXT, order_no TEXT NOT NULL DEFAULT '', paid_at TEXT,
  PRIMARY KEY(ref, txn_ref, step, part))
"""
PAID_AT_DESK: Final = ""
"""Stands for the transaction in a refund of what was paid at the desk."""


def obligation_of(store: Readable, ref: str) -> Row | None:
    """Return what is or was owed for a dossier as its fee."""
    return next((row for row in obligations_of(store, ref) if row["purpose"] == "fee"), None)


def obligations_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return all that is or was owed for a dossier: its fee, then what tax notices of its steps state."""
    return store.query("SELECT * FROM obligations WHERE ref=:ref ORDER BY step", {"ref": ref})


def attempts_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return the attempts to pay, oldest first; `step` is that of the tax notice which is paid, "" for the fee."""
    return store.query("SELECT * FROM attempts WHERE ref=:ref ORDER BY started_at, txn_ref", {"ref": ref})


def refunds_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return what is or was owed back, oldest first."""
    return store.query("SELECT * FROM refunds WHERE ref=:ref ORDER BY owed_at, txn_ref", {"ref": ref})


def _obligation(said: Any, **columns: Any) -> Rows:
    return (put("obligations", {"ref": said.ref, "step": said.step}, purpose=said.purpose, **columns),)


def _attempt(said: Any, standing: str, **columns: Any) -> Rows:
    same = {"ref": said.ref, "gateway": said.gateway, "standing": standing, "changed_at": instant(said.at)}
    return (put("attempts", {"txn_ref": said.txn_ref}, **same, **columns),)


def _raised(said: payments.ObligationRaised, envelope: Envelope) -> Rows:
    return _obligation(
        said,
        lines=encode(said.lines).decode(),
        total_vnd=said.total_vnd,
        rule=said.rule,
        rule_version=said.rule_version,
        notice=said.notice,
        pay_by=instant_or_none(said.pay_by),
        standing="open",
    )


def _settled(said: payments.ObligationSettled, envelope: Envelope) -> Rows:
    return _obligation(
        said,
        standing="settled",
        receipt_serial=said.receipt_serial,
        receipt_number=said.receipt_number,
        method=said.method,
        settled_at=instant(said.at),
    )


def _cancelled(said: payments.ObligationCancelled, envelope: Envelope) -> Rows:
    return _obligation(said, standing="cancelled", reason=said.reason)


def _refund(said: Any) -> dict[str, Any]:
    return {"ref": said.ref, "txn_ref": said.txn_ref or PAID_AT_DESK, "step": said.step, "part": said.part}


def _refund_owed(said: payments.RefundOwed, envelope: Envelope) -> Rows:
    return (put("refunds", _refund(said), amount_vnd=said.amount_vnd, reason=said.reason, owed_at=instant(said.at)),)


def _refund_paid(said: payments.RefundPaid, envelope: Envelope) -> Rows:
    return (
        put("refunds", _refund(said), amount_vnd=said.amount_vnd, order_no=said.order_no, paid_at=instant(said.at)),
    )


def _started(said: payments.PaymentStarted, envelope: Envelope) -> Rows:
    began = {"expires_at": instant(said.expires_at), "started_at": instant(said.at)}
    return _attempt(said, "started", amount_vnd=said.amount_vnd, step=said.step, **began)


def _over(said: Any, standing: str, **columns: Any) -> Rows:
    """The first answer ends the wait for the gateway, also where it says another thing later."""
    attempt = _attempt(said, standing, **columns)
    return *attempt, Statement(OVER, {"txn_ref": said.txn_ref, "at": instant(said.at)})


def _succeeded(said: payments.PaymentSucceeded, envelope: Envelope) -> Rows:
    return _over(said, "succeeded", gateway_no=said.gateway_no)


def _failed(said: payments.PaymentFailed, envelope: Envelope) -> Rows:
    return _over(said, "failed", code=said.code)


def _cancelled_by_payer(said: payments.PaymentCancelledByPayer, envelope: Envelope) -> Rows:
    return _over(said, "cancelled_by_payer")


def _expired(said: payments.PaymentExpired, envelope: Envelope) -> Rows:
    return _over(said, "expired")


money: Final = Projection(
    name="money",
    tables=(OBLIGATIONS, ATTEMPTS, ATTEMPTS_OF, REFUNDS),
    heard={
        type_of("payments", "ObligationRaised", 1): (payments.ObligationRaised, _raised),
        type_of("payments", "ObligationSettled", 1): (payments.ObligationSettled, _settled),
        type_of("payments", "ObligationCancelled", 1): (payments.ObligationCancelled, _cancelled),
        type_of("payments", "RefundOwed", 1): (payments.RefundOwed, _refund_owed),
        type_of("payments", "RefundPaid", 1): (payments.RefundPaid, _refund_paid),
        type_of("payments", "PaymentStarted", 1): (payments.PaymentStarted, _started),
        type_of("payments", "PaymentSucceeded", 1): (payments.PaymentSucceeded, _succeeded),
        type_of("payments", "PaymentFailed", 1): (payments.PaymentFailed, _failed),
        type_of("payments", "PaymentCancelledByPayer", 1): (payments.PaymentCancelledByPayer, _cancelled_by_payer),
        type_of("payments", "PaymentExpired", 1): (payments.PaymentExpired, _expired),
    },
)
