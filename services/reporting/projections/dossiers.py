"""One row for each dossier: whose it is, where it stands, what was promised and when it came.

Law: TT 01/2018/TT-VPCP art. 17 and TT 03/2025/TT-VPCP Phụ lục I Mẫu 07 (the book of dossiers).

The columns stand in groups, and each group is written by one service's events only.
"""

from collections.abc import Mapping
from typing import Any, Final

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from chassis.web.refs import TABLE as CODES
from chassis.web.refs import known_code
from kernel.message import Envelope, type_of
from services.reporting.projections import intake_says as intake
from services.reporting.projections import payments_says as payments
from services.reporting.projections import postal_says as postal
from services.reporting.projections import routing_says as routing
from services.reporting.projections.rows import Readable, instant, instant_or_none, put

Row = Mapping[str, Any]
Rows = tuple[Statement, ...]

TABLE: Final = """
CREATE TABLE IF NOT EXISTS dossiers(
  ref TEXT PRIMARY KEY,
  code TEXT NOT NULL DEFAULT '', procedure TEXT NOT NULL DEFAULT '', procedure_version TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT '', receiving_agency TEXT NOT NULL DEFAULT '', agencies TEXT NOT NULL DEFAULT ' ',
  applicant TEXT NOT NULL DEFAULT '', submitter TEXT NOT NULL DEFAULT '', relation TEXT NOT NULL DEFAULT '',
  components TEXT NOT NULL DEFAULT '[]', options TEXT NOT NULL DEFAULT '[]', facts TEXT NOT NULL DEFAULT '{}',
  hand_out_by TEXT NOT NULL DEFAULT '', fee_due TEXT NOT NULL DEFAULT '',
  phase TEXT NOT NULL DEFAULT '', ended TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '',
  kept_results INTEGER NOT NULL DEFAULT 0, desk_asked INTEGER NOT NULL DEFAULT 0,
  supplement_stage TEXT NOT NULL DEFAULT '',
  submitted_at TEXT, papers_at TEXT, pay_by TEXT, accepted_at TEXT, desk_clock_from TEXT, desk_due_at TEXT,
  calendar_id TEXT NOT NULL DEFAULT '', calendar_version TEXT NOT NULL DEFAULT '',
  withdrawal_asked_at TEXT, on_time INTEGER, ended_at TEXT, dispatched_at TEXT, handed_out_at TEXT,
  hand_out_way TEXT NOT NULL DEFAULT '',
  lead_agency TEXT NOT NULL DEFAULT '', total_limit TEXT, withdrawal_declined_at TEXT, overdue_at TEXT,
  chain_ending TEXT NOT NULL DEFAULT '', chain_clock_from TEXT, chain_due_at TEXT, promised_at TEXT,
  incident INTEGER NOT NULL DEFAULT 0,
  fee TEXT NOT NULL DEFAULT '', fee_total_vnd INTEGER NOT NULL DEFAULT 0, paid_by TEXT NOT NULL DEFAULT '',
  has_parcel INTEGER NOT NULL DEFAULT 0)
"""
BY_PHASE: Final = "CREATE INDEX IF NOT EXISTS dossiers_by_phase ON dossiers(phase, ref)"
BY_DESK: Final = "CREATE INDEX IF NOT EXISTS dossiers_by_desk ON dossiers(receiving_agency, ref)"
BY_CODE: Final = "CREATE INDEX IF NOT EXISTS dossiers_by_code ON dossiers(code)"
LATE: Final = "CREATE INDEX IF NOT EXISTS dossiers_late ON dossiers(ref) WHERE on_time=0 OR overdue_at IS NOT NULL"

CLOCK_FROM: Final = "coalesce(chain_clock_from, desk_clock_from)"
DUE_AT: Final = "coalesce(chain_due_at, desk_due_at)"
"""The lawful date as its own clock has it, which routing moves; until it has, the one on the desk's slip."""

WHOLE: Final = f"dossiers.*, {CLOCK_FROM} AS clock_from, {DUE_AT} AS due_at"
"""What a dossier's row is read with."""

IS_LATE: Final = "(on_time=0 OR (ended='' AND overdue_at IS NOT NULL))"
"""Resolved after the appointment, or open and past it; one that ended unresolved is neither."""


def find(store: Readable, ref: str) -> Row | None:
    """Return the row of a dossier that the desk has said something of."""
    rows = store.query(f"SELECT {WHOLE} FROM dossiers WHERE ref=:ref AND submitted_at IS NOT NULL", {"ref": ref})
    return rows[0] if rows else None


def _row(ref: str, **columns: Any) -> Statement:
    return put("dossiers", {"ref": ref}, **columns)


def _json(value: Any) -> str:
    return encode(value).decode()


# --- intake ---


def _submitted(said: intake.DossierSubmitted, envelope: Envelope) -> Rows:
    row = _row(
        said.ref,
        procedure=said.procedure,
        procedure_version=said.procedure_version,
        channel=said.channel,
        receiving_agency=said.receiving_agency,
        applicant=said.applicant,
        submitter=said.submitter,
        relation=said.relation,
        components=_json(said.components),
        options=_json(said.options),
        facts=_json(said.facts),
        hand_out_by=said.hand_out_by,
        fee_due=said.fee_due,
        phase="with_post" if said.channel == "post" else "at_desk",
        submitted_at=instant(said.at),
    )
    return (row, known_code(said.portal_code, said.ref)) if said.portal_code else (row,)


def _papers_received(said: intake.PapersReceived, envelope: Envelope) -> Rows:
    return (_row(said.ref, phase="at_desk", papers_at=instant(said.at)),)


def _supplement_requested(said: intake.SupplementRequested, envelope: Envelope) -> Rows:
    asked = {"desk_asked": 1} if said.stage == "desk" else {}
    return (_row(said.ref, phase="supplement", supplement_stage=said.stage, **asked),)


def _supplement_received(said: intake.SupplementReceived, envelope: Envelope) -> Rows:
    return (_row(said.ref, phase="at_desk" if said.stage == "desk" else "in_progress"),)


def _payment_awaited(said: intake.PaymentAwaited, envelope: Envelope) -> Rows:
    row = _row(said.ref, phase="awaiting_payment", code=said.code, pay_by=instant_or_none(said.pay_by))
    return row, known_code(said.code, said.ref)


def _accepted(said: intake.DossierAccepted, envelope: Envelope) -> Rows:
    row = _row(
        said.ref,
        phase="in_progress",
        code=said.code,
        agencies=f" {' '.join(said.agencies)} ",
        accepted_at=instant(said.at),
        desk_clock_from=instant(said.clock_from),
        desk_due_at=instant(said.due_at),
        calendar_id=said.calendar_id,
        calendar_version=said.calendar_version,
    )
    return row, known_code(said.code, said.ref)


def _refused(said: intake.DossierRefused, envelope: Envelope) -> Rows:
    return (_row(said.ref, phase="refused", ended="refused", ended_at=instant(said.at)),)


def _withdrawal_requested(said: intake.WithdrawalRequested, envelope: Envelope) -> Rows:
    return (_row(said.ref, withdrawal_asked_at=instant(said.at)),)


def _withdrawn(said: intake.DossierWithdrawn, envelope: Envelope) -> Rows:
    kept = int(bool(said.kept_results))
    return (_row(said.ref, phase="withdrawn", ended="withdrawn", kept_results=kept, ended_at=instant(said.at)),)


def _stopped(said: intake.DossierStopped, envelope: Envelope) -> Rows:
    kept = int(bool(said.kept_results))
    return (_row(said.ref, phase="stopped", ended="stopped", kept_results=kept, ended_at=instant(said.at)),)


def _sent_back_answered(said: intake.SentBackAnswered, envelope: Envelope) -> Rows:
    """The legal clock may have restarted: the appointment that holds from now on (NĐ 61/2018 art. 19.4)."""
    clock = {"desk_clock_from": instant(said.clock_from), "desk_due_at": instant(said.due_at)}
    return (_row(said.ref, phase="in_progress", **clock),)


def _resolved(said: intake.DossierResolved, envelope: Envelope) -> Rows:
    ended = {"ended": "resolved", "outcome": said.outcome, "on_time": int(said.on_time), "ended_at": instant(said.at)}
    return (_row(said.ref, phase="resolved", **ended),)


def _dispatched(said: intake.ResultDispatched, envelope: Envelope) -> Rows:
    return (_row(said.ref, phase="dispatched", dispatched_at=instant(said.at)),)


def _handed_out(said: intake.DossierHandedOut, envelope: Envelope) -> Rows:
    return (_row(said.ref, phase="handed_out", handed_out_at=instant(said.at), hand_out_way=said.way),)


# --- routing ---


def _chain_opened(said: routing.ChainOpened, envelope: Envelope) -> Rows:
    limit = None if said.total_limit is None else _json(said.total_limit)
    return (_row(said.ref, lead_agency=said.lead_agency, total_limit=limit),)


def _overdue(said: routing.ChainOverdue, envelope: Envelope) -> Rows:
    return (_row(said.ref, overdue_at=instant(said.due_at)),)


def _restarted(said: routing.ClockRestarted, envelope: Envelope) -> Rows:
    return (_dated(said),)


def _moved(said: routing.AppointmentMoved, envelope: Envelope) -> Rows:
    """An apology promises another date, and leaves the lawful one and the dossier late (NĐ 61/2018 art. 19.9)."""
    if said.cause == "apology":
        return (_row(said.ref, promised_at=instant(said.due_at)),)
    return (_dated(said),)


def _dated(said: routing.ClockRestarted | routing.AppointmentMoved) -> Statement:
    clock = {"chain_clock_from": instant(said.clock_from), "chain_due_at": instant(said.due_at)}
    return _row(said.ref, overdue_at=None, **clock)


def _suspended(said: routing.ClockSuspended, envelope: Envelope) -> Rows:
    return (_row(said.ref, incident=1),) if said.ground == "incident" and not said.step else ()


def _resumed(said: routing.ClockResumed, envelope: Envelope) -> Rows:
    return (_row(said.ref, incident=0),) if said.ground == "incident" and not said.step else ()


def _declined(said: routing.WithdrawalDeclined, envelope: Envelope) -> Rows:
    return (_row(said.ref, withdrawal_declined_at=instant(said.at)),)


def _closed(said: routing.ChainClosed, envelope: Envelope) -> Rows:
    return (_row(said.ref, chain_ending=said.outcome),)


# --- payments ---


def _fee(said: Any, **columns: Any) -> Rows:
    """What a tax notice states is not the dossier's fee: `obligations` has both."""
    return (_row(said.ref, **columns),) if said.purpose == "fee" else ()


def _raised(said: payments.ObligationRaised, envelope: Envelope) -> Rows:
    return _fee(said, fee="open", fee_total_vnd=said.total_vnd)


def _settled(said: payments.ObligationSettled, envelope: Envelope) -> Rows:
    return _fee(said, fee="settled", paid_by=said.method)


def _cancelled(said: payments.ObligationCancelled, envelope: Envelope) -> Rows:
    return _fee(said, fee="cancelled")


# --- postal ---


def _ordered(said: postal.ParcelOrdered, envelope: Envelope) -> Rows:
    return (_row(said.ref, has_parcel=1),)


dossiers: Final = Projection(
    name="dossiers",
    tables=(TABLE, BY_PHASE, BY_DESK, BY_CODE, LATE, CODES),
    heard={
        type_of("intake", "DossierSubmitted", 1): (intake.DossierSubmitted, _submitted),
        type_of("intake", "PapersReceived", 1): (intake.PapersReceived, _papers_received),
        type_of("intake", "SupplementRequested", 1): (intake.SupplementRequested, _supplement_requested),
        type_of("intake", "SupplementReceived", 1): (intake.SupplementReceived, _supplement_received),
        type_of("intake", "PaymentAwaited", 1): (intake.PaymentAwaited, _payment_awaited),
        type_of("intake", "DossierAccepted", 1): (intake.DossierAccepted, _accepted),
        type_of("intake", "DossierRefused", 1): (intake.DossierRefused, _refused),
        type_of("intake", "WithdrawalRequested", 1): (intake.WithdrawalRequested, _withdrawal_requested),
        type_of("intake", "DossierWithdrawn", 1): (intake.DossierWithdrawn, _withdrawn),
        type_of("intake", "DossierStopped", 1): (intake.DossierStopped, _stopped),
        type_of("intake", "SentBackAnswered", 1): (intake.SentBackAnswered, _sent_back_answered),
        type_of("intake", "DossierResolved", 1): (intake.DossierResolved, _resolved),
        type_of("intake", "ResultDispatched", 1): (intake.ResultDispatched, _dispatched),
        type_of("intake", "DossierHandedOut", 1): (intake.DossierHandedOut, _handed_out),
        type_of("routing", "ChainOpened", 1): (routing.ChainOpened, _chain_opened),
        type_of("routing", "ChainOverdue", 1): (routing.ChainOverdue, _overdue),
        type_of("routing", "ClockRestarted", 1): (routing.ClockRestarted, _restarted),
        type_of("routing", "AppointmentMoved", 1): (routing.AppointmentMoved, _moved),
        type_of("routing", "ClockSuspended", 1): (routing.ClockSuspended, _suspended),
        type_of("routing", "ClockResumed", 1): (routing.ClockResumed, _resumed),
        type_of("routing", "WithdrawalDeclined", 1): (routing.WithdrawalDeclined, _declined),
        type_of("routing", "ChainClosed", 1): (routing.ChainClosed, _closed),
        type_of("payments", "ObligationRaised", 1): (payments.ObligationRaised, _raised),
        type_of("payments", "ObligationSettled", 1): (payments.ObligationSettled, _settled),
        type_of("payments", "ObligationCancelled", 1): (payments.ObligationCancelled, _cancelled),
        type_of("postal", "ParcelOrdered", 1): (postal.ParcelOrdered, _ordered),
    },
)
