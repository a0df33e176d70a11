"""What the desk keeps and decides while the chain runs: the wish to stop, what is sent back, results, resolution.

Law: NĐ 61/2018 arts. 17 and 19.4; NĐ 118/2025 art. 21 and TT 03/2025/TT-VPCP art. 7 (withdrawal only while no decision
exists; the chain, not the desk, knows which came first).
"""

from kernel.calendar import CalendarDoesNotReach
from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.appointment import Appointment, appoint
from services.intake.domain.commands import (
    AnswerSentBack,
    DeclineWithdrawal,
    RecordResult,
    RecordSentBack,
    RecordSettlement,
    RecordWithdrawal,
    ResolveDossier,
    WithdrawDossier,
    prepared,
)
from services.intake.domain.events import (
    DossierResolved,
    DossierSubmitted,
    DossierWithdrawn,
    Event,
    FeeSettled,
    ResultReceived,
    SentBackAnswered,
    SentBackReceived,
    WithdrawalRequested,
    WithdrawalTurnedDown,
)
from services.intake.domain.state import Dossier, SentBack
from services.intake.domain.words import ResultHeld

Answer = tuple[Event, ...] | Refused


def withdraw(command: WithdrawDossier, dossier: Dossier) -> Answer:
    match dossier.phase:
        case "submitted" | "awaiting_payment":
            return (DossierWithdrawn(command.ref, (), command.actor, command.now),)
        case "accepted" if dossier.withdrawal == "none":
            return (WithdrawalRequested(command.ref, command.actor, command.now),)
        case "accepted" if dossier.withdrawal == "requested":
            return ()
        case "withdrawn":
            return ()
        case "accepted" | "resolved" | "handed_out":
            return Refused(rules.DECISION_EXISTS)
        case _:
            return Refused(rules.DOSSIER_CLOSED)


def record_withdrawal(command: RecordWithdrawal, dossier: Dossier) -> Answer:
    if dossier.phase != "accepted":
        return ()
    return (DossierWithdrawn(command.ref, command.kept, command.actor, command.stopped_at),)


def decline_withdrawal(command: DeclineWithdrawal, dossier: Dossier) -> Answer:
    if dossier.withdrawal != "requested":
        return ()
    return (WithdrawalTurnedDown(command.ref, command.reason, command.declined_at),)


def record_settlement(command: RecordSettlement, dossier: Dossier) -> Answer:
    return () if dossier.fee_settled else (FeeSettled(command.ref, command.settled_at),)


def record_result(command: RecordResult, dossier: Dossier) -> Answer:
    if ResultHeld(command.step, command.result_code, command.number) in dossier.results:
        return ()
    return (ResultReceived(command.ref, command.step, command.result_code, command.number, command.decided_at),)


def record_sent_back(command: RecordSentBack, dossier: Dossier) -> Answer:
    if dossier.phase != "accepted" or any(waiting.step == command.step for waiting in dossier.sent_back):
        return ()
    return (SentBackReceived(command.ref, command.step, command.reason_code, command.sent_back_at),)


def answer_sent_back(command: AnswerSentBack, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    waiting = next((sent_back for sent_back in dossier.sent_back if sent_back.step == command.step), None)
    if waiting is None:
        return () if command.step in dossier.answered_steps else Refused(rules.NOT_SENT_BACK)
    if dossier.phase != "accepted":
        return Refused(rules.DOSSIER_CLOSED)
    if waiting.asked and dossier.awaits_examination_supplement:
        return Refused(rules.SUPPLEMENT_AWAITED)
    try:
        appointment = _appointment_after(command, waiting, submission, dossier)
    except CalendarDoesNotReach as short:
        return Refused(rules.CALENDAR_DOES_NOT_REACH, (Invalid("calendar", str(short)),))
    return (
        SentBackAnswered(
            command.ref,
            command.step,
            command.note,
            appointment.clock_from,
            appointment.due_at,
            command.actor,
            command.now,
        ),
    )


def _appointment_after(
    command: AnswerSentBack, waiting: SentBack, submission: DossierSubmitted, dossier: Dossier
) -> Appointment:
    """The clock restarts from zero when a supplement made the dossier complete again (NĐ 61/2018 art. 19.4)."""
    complete_at = dossier.supplement.complete_at if waiting.asked and dossier.supplement else None
    if complete_at is not None:
        return appoint(prepared(command.published), submission.options, complete_at, prepared(command.calendar))
    return _promised(dossier)


def _promised(dossier: Dossier) -> Appointment:
    assert dossier.appointment is not None, "every accepted dossier has its appointment"
    return dossier.appointment


def resolve(command: ResolveDossier, dossier: Dossier) -> Answer:
    if dossier.phase != "accepted":
        return ()
    due_at = _promised(dossier).due_at
    return (DossierResolved(command.ref, command.outcome, command.closed_at <= due_at, due_at, command.closed_at),)
