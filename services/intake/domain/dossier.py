"""One dossier at the one-stop desk, from the first paper to the result in the applicant's hands.

Law: NĐ 61/2018/NĐ-CP and NĐ 118/2025/NĐ-CP; the files beside this one cite the articles they keep.

    submitted → (supplement asked for once → received) → accepted, or awaiting payment → accepted, or refused
    accepted  → resolved → handed out; before a decision it may be withdrawn, and silence or an unpaid fee stops it
"""

from typing import Final, assert_never

from kernel.decider import Decider
from kernel.refusal import Refused
from services.intake.domain import acceptance, course, handing_out, papers, particulars, rules, submission, supplement
from services.intake.domain.commands import (
    AcceptDossier,
    AcceptPaidDossier,
    AnswerSentBack,
    AskForSupplement,
    Command,
    CommandOnDossier,
    CorrectParticulars,
    DeclineWithdrawal,
    DigitiseComponent,
    DispatchResult,
    HandOut,
    KeepAtDesk,
    ReceiveSupplement,
    RecordAppointment,
    RecordCollectionFailed,
    RecordHandover,
    RecordResult,
    RecordRevocation,
    RecordSentBack,
    RecordSettlement,
    RecordWithdrawal,
    RefuseDossier,
    ResolveDossier,
    StopForNonPayment,
    StopForSilence,
    SubmitDossier,
    WithdrawDossier,
)
from services.intake.domain.events import DossierSubmitted, Event
from services.intake.domain.state import Dossier, evolve

Answer = tuple[Event, ...] | Refused


def decide(command: Command, dossier: Dossier) -> Answer:
    """Return what follows from `command`, `()` if it was done before, or why not."""
    if isinstance(command, SubmitDossier):
        return submission.submit(command, dossier)
    if dossier.submission is None:
        return Refused(rules.DOSSIER_UNKNOWN)
    return _decide_on(command, dossier.submission, dossier)


def _decide_on(command: CommandOnDossier, submitted: DossierSubmitted, dossier: Dossier) -> Answer:
    match command:
        case RecordHandover():
            return submission.record_handover(command, submitted, dossier)
        case RecordCollectionFailed():
            return submission.record_collection_failed(command, submitted, dossier)
        case AskForSupplement():
            return supplement.ask_for_supplement(command, submitted, dossier)
        case ReceiveSupplement():
            return supplement.receive_supplement(command, dossier)
        case StopForSilence():
            return supplement.stop_for_silence(command, dossier)
        case AcceptDossier():
            return acceptance.accept(command, submitted, dossier)
        case AcceptPaidDossier():
            return acceptance.accept_paid(command, submitted, dossier)
        case StopForNonPayment():
            return acceptance.stop_for_non_payment(command, dossier)
        case RefuseDossier():
            return acceptance.refuse(command, dossier)
        case WithdrawDossier():
            return course.withdraw(command, dossier)
        case RecordWithdrawal():
            return course.record_withdrawal(command, dossier)
        case DeclineWithdrawal():
            return course.decline_withdrawal(command, dossier)
        case RecordSettlement():
            return course.record_settlement(command, dossier)
        case RecordResult():
            return course.record_result(command, dossier)
        case RecordRevocation():
            return course.record_revocation(command, dossier)
        case RecordSentBack():
            return course.record_sent_back(command, dossier)
        case AnswerSentBack():
            return course.answer_sent_back(command, submitted, dossier)
        case ResolveDossier():
            return course.resolve(command, dossier)
        case RecordAppointment():
            return course.record_appointment(command, dossier)
        case DigitiseComponent():
            return papers.digitise(command, dossier)
        case CorrectParticulars():
            return particulars.correct(command, submitted, dossier)
        case DispatchResult():
            return handing_out.dispatch(command, submitted, dossier)
        case KeepAtDesk():
            return handing_out.keep_at_desk(command, dossier)
        case HandOut():
            return handing_out.hand_out(command, submitted, dossier)
        case _:
            assert_never(command)


decider: Final[Decider[Command, Dossier, Event]] = Decider(Dossier(), decide, evolve)
