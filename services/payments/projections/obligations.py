"""Every fee there was, by dossier: its lines, how it stands, and the receipt for it."""

from datetime import datetime
from typing import Final

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from services.payments.domain.obligation_words import (
    FeeKept,
    ObligationCancelled,
    ObligationRaised,
    ObligationSettled,
    RefundOwed,
)
from services.payments.domain.receipt_book import ReceiptIssued

TABLE: Final = """
CREATE TABLE IF NOT EXISTS obligations(
  ref TEXT PRIMARY KEY, code TEXT NOT NULL, procedure TEXT NOT NULL, receiving_agency TEXT NOT NULL,
  applicant TEXT NOT NULL, submitter TEXT NOT NULL, lines TEXT NOT NULL, total_vnd BIGINT NOT NULL,
  rule TEXT NOT NULL, rule_version TEXT NOT NULL, standing TEXT NOT NULL, method TEXT, settled_at TEXT,
  raised_at TEXT NOT NULL, pay_by TEXT)
"""
RAISED: Final = """
INSERT INTO obligations(ref, code, procedure, receiving_agency, applicant, submitter, lines, total_vnd, rule,
  rule_version, standing, raised_at, pay_by)
VALUES(:ref, :code, :procedure, :agency, :applicant, :submitter, :lines, :total_vnd, :rule, :rule_version, 'open',
  :at, :pay_by)
ON CONFLICT(ref) DO NOTHING
"""
SETTLED: Final = "UPDATE obligations SET standing='settled', method=:method, settled_at=:at WHERE ref=:ref"
ENDED: Final = "UPDATE obligations SET standing=:standing WHERE ref=:ref"
GIVEN_BACK: Final = "UPDATE obligations SET standing='given_back' WHERE ref=:ref AND standing='settled'"

RECEIPTS: Final = """
CREATE TABLE IF NOT EXISTS receipts(
  receipt TEXT PRIMARY KEY, template TEXT NOT NULL, serial TEXT NOT NULL, year INTEGER NOT NULL,
  number INTEGER NOT NULL, ref TEXT NOT NULL, code TEXT NOT NULL, procedure TEXT NOT NULL,
  receiving_agency TEXT NOT NULL, total_vnd BIGINT NOT NULL, issued_at TEXT NOT NULL)
"""
RECEIPTS_BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS receipts_of_dossier ON receipts(ref)"
ISSUED: Final = """
INSERT INTO receipts(receipt, template, serial, year, number, ref, code, procedure, receiving_agency, total_vnd,
  issued_at)
SELECT :receipt, :template, :serial, :year, :number, ref, code, procedure, receiving_agency, :total_vnd, :at
FROM obligations WHERE ref=:ref
ON CONFLICT(receipt) DO NOTHING
"""


def in_text(instant: datetime) -> str:
    """Return an instant as rows hold it: UTC, sortable."""
    return instant.isoformat()


def raised(event: ObligationRaised) -> tuple[Statement, ...]:
    row = {
        "ref": event.ref,
        "code": event.code,
        "procedure": event.procedure,
        "agency": event.receiving_agency,
        "applicant": event.payer,
        "submitter": event.submitter,
        "lines": encode(event.lines).decode(),
        "total_vnd": event.total_vnd,
        "rule": event.rule,
        "rule_version": event.rule_version,
        "at": in_text(event.at),
        "pay_by": in_text(event.pay_by) if event.pay_by else None,
    }
    return (Statement(RAISED, row),)


def settled(event: ObligationSettled) -> tuple[Statement, ...]:
    return (Statement(SETTLED, {"ref": event.ref, "method": event.method, "at": in_text(event.at)}),)


def cancelled(event: ObligationCancelled) -> tuple[Statement, ...]:
    return (Statement(ENDED, {"ref": event.ref, "standing": "cancelled"}),)


def kept(event: FeeKept) -> tuple[Statement, ...]:
    return (Statement(ENDED, {"ref": event.ref, "standing": "kept"}),)


def given_back(event: RefundOwed) -> tuple[Statement, ...]:
    """A second payment goes back without touching the first; everything else gives the settlement back."""
    return () if event.reason == "paid_twice" else (Statement(GIVEN_BACK, {"ref": event.ref}),)


def issued(event: ReceiptIssued) -> tuple[Statement, ...]:
    row = {
        "receipt": f"{event.agency} {event.serial} {event.number:08d}",
        "template": event.template,
        "serial": event.serial,
        "year": event.year,
        "number": event.number,
        "ref": event.ref,
        "total_vnd": event.total_vnd,
        "at": in_text(event.at),
    }
    return (Statement(ISSUED, row),)


obligations: Final = Projection(
    name="obligations",
    tables=(TABLE, RECEIPTS, RECEIPTS_BY_DOSSIER),
    own={
        ObligationRaised: raised,
        ObligationSettled: settled,
        ObligationCancelled: cancelled,
        FeeKept: kept,
        RefundOwed: given_back,
        ReceiptIssued: issued,
    },
)
