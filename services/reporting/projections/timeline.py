"""One line for each public event of a dossier: when, which service, what, where, by whom, and what more it said.

Law: TT 01/2018/TT-VPCP art. 17 (every step in real time, with its history); NĐ 61/2018/NĐ-CP art. 5 (kept as it was).

Nothing personal stands here: who acted is an opaque id, which pages and programs show as a role.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.message import Envelope, type_of
from services.reporting.domain.order import Line, in_order
from services.reporting.projections import intake_says as intake
from services.reporting.projections import payments_says as payments
from services.reporting.projections import postal_says as postal
from services.reporting.projections import routing_says as routing
from services.reporting.projections.rows import Readable, instant

TABLE: Final = """
CREATE TABLE IF NOT EXISTS timeline(
  ref TEXT NOT NULL, source TEXT NOT NULL, sequence INTEGER NOT NULL, id TEXT NOT NULL, causation TEXT NOT NULL,
  time_us INTEGER NOT NULL, service TEXT NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL, step TEXT NOT NULL,
  agency TEXT NOT NULL, actor TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY(ref, source, sequence))
"""
INSERT: Final = """
INSERT INTO timeline(ref, source, sequence, id, causation, time_us, service, event, at, step, agency, actor, note)
VALUES(:ref, :source, :sequence, :id, :causation, :time_us, :service, :event, :at, :step, :agency, :actor, :note)
ON CONFLICT(ref, source, sequence) DO NOTHING
"""
BY_THE_PLATFORM: Final = "system"

Note = tuple[str, ...]

TOLD: Final[dict[str, dict[str, tuple[type, Note]]]] = {
    "intake": {
        "DossierSubmitted": (intake.DossierSubmitted, ("procedure", "channel")),
        "PapersReceived": (intake.PapersReceived, ("handover_record",)),
        "SupplementRequested": (intake.SupplementRequested, ("stage", "items", "due_at")),
        "SupplementReceived": (intake.SupplementReceived, ("stage",)),
        "PaymentAwaited": (intake.PaymentAwaited, ("code", "pay_by")),
        "DossierAccepted": (intake.DossierAccepted, ("code", "due_at")),
        "DossierRefused": (intake.DossierRefused, ("reason_code", "law")),
        "WithdrawalRequested": (intake.WithdrawalRequested, ()),
        "DossierWithdrawn": (intake.DossierWithdrawn, ("kept_results",)),
        "DossierStopped": (intake.DossierStopped, ("reason", "kept_results")),
        "SentBackAnswered": (intake.SentBackAnswered, ("due_at",)),
        "DossierResolved": (intake.DossierResolved, ("outcome", "on_time", "due_at")),
        "ResultDispatched": (intake.ResultDispatched, ("results",)),
        "DossierHandedOut": (intake.DossierHandedOut, ("way", "collector")),
        "ComponentDigitised": (intake.ComponentDigitised, ("component",)),
        "ParticularsCorrected": (intake.ParticularsCorrected, ("whose",)),
    },
    "routing": {
        "ChainOpened": (routing.ChainOpened, ("lead_agency",)),
        "StepReady": (routing.StepReady, ("round", "due_at")),
        "StepTakenOver": (routing.StepTakenOver, ()),
        "StepAcknowledged": (routing.StepAcknowledged, ()),
        "LimitExtended": (routing.LimitExtended, ("ground", "law", "due_at")),
        "StepDecided": (routing.StepDecided, ("result_code", "number", "signer", "version", "on_time")),
        "StepDeemedAgreed": (routing.StepDeemedAgreed, ("law",)),
        "StepRefused": (routing.StepRefused, ("reason_code", "law", "on_time")),
        "StepCancelled": (routing.StepCancelled, ("reason",)),
        "StepSentBack": (routing.StepSentBack, ("to", "reason_code")),
        "HandOverOverdue": (routing.StepLimitPassed, ("due_at",)),
        "AcknowledgementOverdue": (routing.StepLimitPassed, ("due_at",)),
        "StepOverdue": (routing.StepLimitPassed, ("due_at",)),
        "ChainOverdue": (routing.ChainOverdue, ("due_at",)),
        "ClockSuspended": (routing.ClockSuspended, ("ground",)),
        "ClockRestarted": (routing.ClockRestarted, ("due_at",)),
        "ClockResumed": (routing.ClockResumed, ("ground",)),
        "AppointmentMoved": (routing.AppointmentMoved, ("cause", "due_at")),
        "StepClockStopped": (routing.StepClockStopped, ("ground", "law", "until")),
        "StepClockResumed": (routing.StepClockResumed, ("ground", "due_at")),
        "StepClockStarted": (routing.StepClockStarted, ("due_at",)),
        "TaxNoticeIssued": (routing.TaxNoticeIssued, ("number", "total_vnd")),
        "StepFulfilled": (routing.StepFulfilled, ("on_time",)),
        "ApologyAsked": (routing.ApologyAsked, ("due_at",)),
        "DelayApologised": (routing.DelayApologised, ("reason_code", "due_at", "new_due_at")),
        "PromiseMoved": (routing.PromiseMoved, ("cause", "promised_at", "new_due_at")),
        "OneStopTold": (routing.OneStopTold, ("told", "due_at")),
        "LatenessEscalated": (routing.LatenessEscalated, ("told", "rung", "overdue_since")),
        "ChainWithdrawn": (routing.ChainWithdrawn, ("stopped", "kept")),
        "WithdrawalDeclined": (routing.WithdrawalDeclined, ("reason",)),
        "ChainStopped": (routing.ChainStopped, ("reason", "stopped", "kept")),
        "ChainClosed": (routing.ChainClosed, ("outcome",)),
    },
    "payments": {
        "ObligationRaised": (payments.ObligationRaised, ("total_vnd", "pay_by")),
        "ObligationSettled": (
            payments.ObligationSettled,
            ("total_vnd", "method", "receipt_serial", "receipt_number"),
        ),
        "ObligationCancelled": (payments.ObligationCancelled, ("reason",)),
        "RefundOwed": (payments.RefundOwed, ("amount_vnd", "reason")),
        "RefundPaid": (payments.RefundPaid, ("amount_vnd", "order_no")),
        "PaymentStarted": (payments.PaymentStarted, ("gateway", "amount_vnd", "expires_at")),
        "PaymentSucceeded": (payments.PaymentSucceeded, ("gateway", "amount_vnd")),
        "PaymentFailed": (payments.PaymentFailed, ("gateway", "code")),
        "PaymentCancelledByPayer": (payments.PaymentCancelledByPayer, ("gateway",)),
        "PaymentExpired": (payments.PaymentExpired, ("gateway",)),
    },
    "postal": {
        "ParcelOrdered": (postal.ParcelOrdered, ("leg", "item_code")),
        "ParcelPickedUp": (postal.ParcelPickedUp, ("leg",)),
        "PapersHandedOver": (postal.PapersHandedOver, ("record_no", "accepted_papers", "missing")),
        "AttemptFailed": (postal.AttemptFailed, ("leg", "attempt", "reason", "measure", "next_attempt_from")),
        "ParcelDelivered": (postal.ParcelDelivered, ()),
        "ParcelBackAtDesk": (postal.ParcelBackAtDesk, ("record_no",)),
        "ParcelCancelled": (postal.ParcelCancelled, ("leg", "reason")),
    },
}
"""Service → public event → what is read of it, and which of its fields the line notes."""


def timeline_of(store: Readable, ref: str) -> tuple[Mapping[str, Any], ...]:
    """Return the history of a dossier, oldest first and causes before effects."""
    rows: Sequence[Mapping[str, Any]] = store.query("SELECT * FROM timeline WHERE ref=:ref", {"ref": ref})
    return in_order([(_line(row), row) for row in rows])


def _line(row: Mapping[str, Any]) -> Line:
    return Line(row["source"], row["sequence"], row["time_us"], row["id"], row["causation"], row["service"])


def _told(service: str, event: str, note: Note) -> Callable[[Any, Envelope], tuple[Statement, ...]]:
    def told(said: Any, envelope: Envelope) -> tuple[Statement, ...]:
        row = {
            "ref": said.ref,
            "source": envelope.source,
            "sequence": envelope.sequence,
            "id": envelope.id,
            "causation": envelope.causation,
            "time_us": envelope.time_us,
            "service": service,
            "event": event,
            "at": instant(said.at),
            "step": getattr(said, "step", ""),
            "agency": getattr(said, "agency", "") or getattr(said, "receiving_agency", ""),
            "actor": getattr(said, "by", BY_THE_PLATFORM),
            "note": encode({name: getattr(said, name) for name in note}).decode(),
        }
        return (Statement(INSERT, row),)

    return told


timeline: Final = Projection(
    name="timeline",
    tables=(TABLE,),
    heard={
        type_of(service, event, 1): (reads, _told(service, event, note))
        for service, events in TOLD.items()
        for event, (reads, note) in events.items()
    },
)
