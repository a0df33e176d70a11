"""Everything that was ever owed, by dossier: its lines, how it stands, and the receipt for it."""

from datetime import datetime
from typing import Final

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from services.payments.domain.accounts import owed
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
  obligation TEXT PRIMARY KEY, ref TEXT NOT NULL, purpose TEXT NOT NULL, step TEXT NOT NULL, code TEXT NOT NULL,
  procedure TEXT NOT NULL, receiving_agency TEXT NOT NULL, applicant TEXT NOT NULL, submitter TEXT NOT NULL,
  lines TEXT NOT NULL, total_vnd BIGINT NOT NULL, credited_vnd BIGINT NOT NULL, rule TEXT NOT NULL,
  rule_version TEXT NOT NULL, standing TEXT NOT NULL, method TEXT, settled_at TEXT, raised_at TEXT NOT NULL,
  pay_by TEXT)
"""
BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS obligations_of_dossier ON obligations(ref)"
RAISED: Final = """
INSERT INTO obligations(obligation, ref, purpose, step, code, procedure, receiving_agency, applicant, submitter, lines,
  total_vnd, credited_vnd, rule, rule_version, standing, raised_at, pay_by)
VALUES(:obligation, :ref, :purpose, :step, :code, :procedure, :agency, :applicant, :submitter, :lines, :total_vnd,
  :credited_vnd, :rule, :rule_version, 'open', :at, :pay_by)
ON CONFLICT(obligation) DO UPDATE SET lines=excluded.lines, total_vnd=excluded.total_vnd,
  credited_vnd=excluded.credited_vnd, rule_version=excluded.rule_version, standing='open', method=NULL, settled_at=NULL,
  raised_at=excluded.raised_at
"""
SETTLED: Final = """
UPDATE obligations SET standing='settled', method=:method, settled_at=:at WHERE obligation=:obligation
"""
ENDED: Final = "UPDATE obligations SET standing=:standing WHERE obligation=:obligation"
GIVEN_BACK: Final = """
UPDATE obligations SET standing='given_back' WHERE obligation=:obligation AND standing='settled'
"""

RECEIPTS: Final = """
CREATE TABLE IF NOT EXISTS receipts(
  receipt TEXT PRIMARY KEY, template TEXT NOT NULL, serial TEXT NOT NULL, year INTEGER NOT NULL,
  number INTEGER NOT NULL, ref TEXT NOT NULL, step TEXT NOT NULL, code TEXT NOT NULL, procedure TEXT NOT NULL,
  receiving_agency TEXT NOT NULL, total_vnd BIGINT NOT NULL, issued_at TEXT NOT NULL)
"""
RECEIPTS_BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS receipts_of_dossier ON receipts(ref)"
ISSUED: Final = """
INSERT INTO receipts(receipt, template, serial, year, number, ref, step, code, procedure, receiving_agency, total_vnd,
  issued_at)
SELECT :receipt, :template, :serial, :year, :number, ref, step, code, procedure, receiving_agency, :total_vnd, :at
FROM obligations WHERE obligation=:obligation
ON CONFLICT(receipt) DO NOTHING
"""


STAYS_SETTLED: Final = frozenset({"paid_twice", "replaced", "overpaid"})


def in_text(instant: datetime) -> str:
    """Return an instant as rows hold it: UTC, sortable."""
    return instant.isoformat()


def raised(event: ObligationRaised) -> tuple[Statement, ...]:
    row = {
        "obligation": owed(event.ref, event.step),
        "ref": event.ref,
        "purpose": event.purpose,
        "step": event.step,
        "code": event.code,
        "procedure": event.procedure,
        "agency": event.receiving_agency,
        "applicant": event.payer,
        "submitter": event.submitter,
        "lines": encode(event.lines).decode(),
        "total_vnd": event.total_vnd,
        "credited_vnd": event.credited_vnd,
        "rule": event.rule,
        "rule_version": event.rule_version,
        "at": in_text(event.at),
        "pay_by": in_text(event.pay_by) if event.pay_by else None,
    }
    return (Statement(RAISED, row),)


def settled(event: ObligationSettled) -> tuple[Statement, ...]:
    row = {"obligation": owed(event.ref, event.step), "method": event.method, "at": in_text(event.at)}
    return (Statement(SETTLED, row),)


def cancelled(event: ObligationCancelled) -> tuple[Statement, ...]:
    return _ended(event, "cancelled")


def kept(event: FeeKept) -> tuple[Statement, ...]:
    return _ended(event, "kept")


def _ended(event: ObligationCancelled | FeeKept, standing: str) -> tuple[Statement, ...]:
    return (Statement(ENDED, {"obligation": owed(event.ref, event.step), "standing": standing}),)


def given_back(event: RefundOwed) -> tuple[Statement, ...]:
    """What nobody owed, and what is too much, go back without touching the settlement; all else gives it back."""
    if event.reason in STAYS_SETTLED:
        return ()
    return (Statement(GIVEN_BACK, {"obligation": owed(event.ref, event.step)}),)


def issued(event: ReceiptIssued) -> tuple[Statement, ...]:
    row = {
        "receipt": f"{event.agency} {event.serial} {event.number:08d}",
        "template": event.template,
        "serial": event.serial,
        "year": event.year,
        "number": event.number,
        "obligation": owed(event.ref, event.step),
        "total_vnd": event.total_vnd,
        "at": in_text(event.at),
    }
    return (Statement(ISSUED, row),)


obligations: Final = Projection(
    name="obligations",
    tables=(TABLE, BY_DOSSIER, RECEIPTS, RECEIPTS_BY_DOSSIER),
    own={
        ObligationRaised: raised,
        ObligationSettled: settled,
        ObligationCancelled: cancelled,
        FeeKept: kept,
        RefundOwed: given_back,
        ReceiptIssued: issued,
    },
)
