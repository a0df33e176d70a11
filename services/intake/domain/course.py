"""What the desk keeps and decides while the chain runs: the wish to stop, what is sent back, results, resolution.

Law: NĐ 61/2018 arts. 17, 19.4, 19.7 (the result comes back to the receiving desk), 19.8 (a refusal after examination,
in the normal limit) and 19.9 (a date promised with an apology leaves the lawful one where it was); NĐ 118/2025 art. 21
and TT 03/2025/TT-VPCP art. 7 (withdrawal only while no decision exists, and the chain knows which came first).
"""

from kernel.calendar import CalendarDoesNotReach
from kernel.refusal import Invalid, Refused
from services.intake.domain import rules
from services.intake.domain.amendments import AppointmentChanged
from services.intake.domain.appointment import Appointment, appoint
from services.intake.domain.commands import (
    AnswerSentBack,
    DeclineWithdrawal,
    RecordAppointment,
    RecordResult,
    RecordRevocation,
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
    ResultRevoked,
    SentBackAnswered,
    SentBackReceived,
    WithdrawalRequested,
    WithdrawalTurnedDown,
)
from services.intake.domain.state import Dossier, SentBack, later_promise
from services.intake.domain.words import APOLOGY, AppointmentMove, ResultHeld

Answer = tuple[Event, ...] | Refused


def withdraw(command: WithdrawDossier, dossier: Dossier) -> Answer:
    """Withdraw at once before acceptance; after it ask the chain, which knows whether a decision came first."""
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
    """Take over that the chain stopped, and which results stay valid; what agencies tell each other is no result."""
    if dossier.phase != "accepted":
        return ()
    held = {result.step for result in dossier.results}
    kept = tuple(step for step in command.kept if step in held)
    return (DossierWithdrawn(command.ref, kept, command.actor, command.stopped_at),)


def decline_withdrawal(command: DeclineWithdrawal, dossier: Dossier) -> Answer:
    """Take over that a decision came before the wish."""
    if dossier.withdrawal != "requested":
        return ()
    return (WithdrawalTurnedDown(command.ref, command.reason, command.declined_at),)


def record_settlement(command: RecordSettlement, dossier: Dossier) -> Answer:
    """Keep that the fee is settled, whatever became of the dossier."""
    return () if dossier.fee_settled else (FeeSettled(command.ref, command.settled_at),)


def record_result(command: RecordResult, dossier: Dossier) -> Answer:
    """Keep the result of a step; a corrected one replaces it."""
    if ResultHeld(command.step, command.result_code, command.number) in dossier.results:
        return ()
    return (ResultReceived(command.ref, command.step, command.result_code, command.number, command.decided_at),)


def record_revocation(command: RecordRevocation, dossier: Dossier) -> Answer:
    """Let go of a result that its issuer revoked; a step refused before it had any leaves nothing to let go of."""
    if all(result.step != command.step for result in dossier.results):
        return ()
    return (ResultRevoked(command.ref, command.step, command.refused_at),)


def record_sent_back(command: RecordSentBack, dossier: Dossier) -> Answer:
    """Keep that a step waits for the desk's answer."""
    if dossier.phase != "accepted" or any(waiting.step == command.step for waiting in dossier.sent_back):
        return ()
    return (
        SentBackReceived(
            command.ref,
            command.step,
            command.reason_code,
            command.sent_back_at,
            command.agency,
            command.on_time,
            command.note,
        ),
    )


def answer_sent_back(command: AnswerSentBack, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Answer an agency once the applicant has answered, with the appointment that holds from now on."""
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
        number = 1 if dossier.appointment is None else dossier.appointment.number
        published, calendar = prepared(command.published), prepared(command.calendar)
        return appoint(published, submission.options, submission.facts, complete_at, calendar, number)
    return _appointment(dossier)


def _appointment(dossier: Dossier) -> Appointment:
    assert dossier.appointment is not None, "every accepted dossier has its appointment"
    return dossier.appointment


def record_appointment(command: RecordAppointment, dossier: Dossier) -> Answer:
    """Take over the date that routing gave: the lawful one moves, except that an apology only promises another."""
    if dossier.phase != "accepted":
        return ()
    before = _appointment(dossier)
    if command.cause == APOLOGY:
        after = Appointment(before.clock_from, before.due_at, before.number, command.due_at)
    else:
        promised_at = later_promise(before, command.due_at)
        after = Appointment(command.clock_from, command.due_at, command.number, promised_at)
    move = AppointmentMove(
        command.cause,
        after.number,
        command.agency,
        after.clock_from,
        after.due_at,
        after.promised_at,
        command.note,
        command.moved_at,
    )
    if move in dossier.moves:
        return ()
    return (
        AppointmentChanged(
            ref=command.ref,
            cause=command.cause,
            number=after.number,
            step=command.step,
            agency=command.agency,
            clock_from=after.clock_from,
            due_at=after.due_at,
            promised_at=after.promised_at,
            note=command.note,
            at=command.moved_at,
        ),
    )


def resolve(command: ResolveDossier, dossier: Dossier) -> Answer:
    """Close the dossier with what its chain came to, measured against the lawful date, whatever was promised since."""
    if dossier.phase != "accepted":
        return ()
    due_at = _appointment(dossier).due_at
    return (DossierResolved(command.ref, command.outcome, command.closed_at <= due_at, due_at, command.closed_at),)
