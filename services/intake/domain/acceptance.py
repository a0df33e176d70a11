"""Accepting a complete dossier, at once or when its fee is paid, or turning it away.

Law: NĐ 61/2018 arts. 11.2c and 17; NĐ 118/2025 art. 17, and its 17.3 (received elsewhere: the clock starts when the
resolving agency receives it, so the date on the slip is provisional); QĐ 45/2016 art. 7.4; NĐ 297/2025 art. 6 (clock
from the fee); TT 03/2025/TT-VPCP forms 01 and 03. The versions of procedure and calendar are pinned here (NĐ 118/2025).
"""

from datetime import datetime

from kernel.calendar import CalendarDoesNotReach
from kernel.procedure import Procedure
from kernel.refusal import Invalid, Refused, Rule
from kernel.working_time import Calendar, due
from services.intake.domain import rules
from services.intake.domain.appointment import appoint
from services.intake.domain.commands import (
    AcceptDossier,
    AcceptPaidDossier,
    RefuseDossier,
    StopForNonPayment,
    prepared,
)
from services.intake.domain.completeness import authority_paper, lacking, named
from services.intake.domain.events import (
    DossierAccepted,
    DossierRefused,
    DossierStopped,
    DossierSubmitted,
    Event,
    PaymentAwaited,
)
from services.intake.domain.state import Dossier
from services.intake.domain.words import REFUSAL_REASONS

Answer = tuple[Event, ...] | Refused


def accept(command: AcceptDossier, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Accept a complete dossier, or have it wait for its fee where the law counts from that."""
    if dossier.phase in ("awaiting_payment", "accepted", "resolved", "handed_out"):
        return ()
    procedure = prepared(command.published)
    refused = _may_not_accept(submission, dossier, procedure)
    if refused is not None:
        return refused
    calendar, code = prepared(command.calendar), submission.portal_code or prepared(command.code or None)
    try:
        if submission.fee_due == "before_clock":
            return (_awaited(command, submission, procedure, calendar, code),)
        received_at = _received_in_full_at(submission, dossier, command.now)
        return (_accepted(submission, command, calendar, code, received_at, command.now),)
    except CalendarDoesNotReach as short:
        return _beyond_calendar(short)


def _may_not_accept(submission: DossierSubmitted, dossier: Dossier, procedure: Procedure) -> Refused | None:
    if dossier.phase != "submitted":
        return Refused(rules.DOSSIER_CLOSED)
    if dossier.papers_with_post:
        return Refused(rules.PAPERS_WITH_POST)
    lacks = lacking(submission, dossier, procedure)
    if not lacks:
        return None
    authority = authority_paper(procedure, submission.relation)
    rule = rules.SUBMITTER_WITHOUT_AUTHORITY if authority in lacks else rules.COMPONENTS_MISSING
    return Refused(rule, named(procedure, lacks))


def _received_in_full_at(submission: DossierSubmitted, dossier: Dossier, now: datetime) -> datetime:
    """Papers that came complete by post were submitted when the handover record was signed (QĐ 45/2016 art. 7.4)."""
    if submission.channel == "post" and not dossier.desk_asked and dossier.papers_received_at is not None:
        return dossier.papers_received_at
    return now


def _awaited(
    command: AcceptDossier, submission: DossierSubmitted, procedure: Procedure, calendar: Calendar, code: str
) -> PaymentAwaited:
    pay_by = due(calendar, command.now, procedure.payment_limit) if procedure.payment_limit is not None else None
    return PaymentAwaited(
        ref=command.ref,
        code=code,
        procedure=submission.procedure,
        procedure_version=submission.procedure_version,
        channel=submission.channel,
        category=submission.category,
        facts=submission.facts,
        receiving_agency=submission.receiving_agency,
        applicant=submission.applicant,
        submitter=submission.submitter,
        pay_by=pay_by,
        by=command.actor,
        at=command.now,
    )


def _accepted(
    submission: DossierSubmitted,
    command: AcceptDossier | AcceptPaidDossier,
    calendar: Calendar,
    code: str,
    received_at: datetime,
    at: datetime,
) -> DossierAccepted:
    procedure = prepared(command.published)
    appointment = appoint(procedure, submission.options, submission.facts, received_at, calendar)
    return DossierAccepted(
        ref=submission.ref,
        code=code,
        procedure=submission.procedure,
        procedure_version=submission.procedure_version,
        channel=submission.channel,
        category=submission.category,
        facts=submission.facts,
        receiving_agency=submission.receiving_agency,
        area=submission.area,
        applicant=submission.applicant,
        submitter=submission.submitter,
        options=submission.options,
        agencies=submission.agencies,
        fee_due=submission.fee_due,
        due_at=appointment.due_at,
        calendar_id=calendar.id,
        calendar_version=calendar.version,
        clock_from=appointment.clock_from,
        by=command.actor,
        at=at,
        received_elsewhere=command.elsewhere,
    )


def accept_paid(command: AcceptPaidDossier, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Accept a dossier as of the moment its fee was settled; one that does not wait for it is left as it is."""
    if dossier.phase != "awaiting_payment":
        return ()
    calendar, at = prepared(command.calendar), command.settled_at
    try:
        return (_accepted(submission, command, calendar, dossier.code, at, at),)
    except CalendarDoesNotReach as short:
        return _beyond_calendar(short)


def stop_for_non_payment(command: StopForNonPayment, dossier: Dossier) -> Answer:
    """Stop a dossier that still waits for its fee when the time to pay is over."""
    if dossier.phase != "awaiting_payment" or dossier.fee_settled:
        return ()
    if dossier.pay_by is None or command.now < dossier.pay_by:
        return ()
    return (DossierStopped(command.ref, "not_paid", (), command.now),)


def _beyond_calendar(short: CalendarDoesNotReach) -> Refused:
    return Refused(rules.CALENDAR_DOES_NOT_REACH, (Invalid("calendar", str(short)),))


def refuse(command: RefuseDossier, dossier: Dossier) -> Answer:
    """Turn a dossier away before acceptance, with reason and law."""
    before = dossier.refusal
    if before is not None and (before.reason_code, before.law) == (command.reason_code, command.law):
        return ()
    if command.reason_code not in REFUSAL_REASONS or not command.law.strip():
        wrong = Invalid("reason_code", f"one of {', '.join(REFUSAL_REASONS)}, with the law it rests on")
        return Refused(rules.REFUSAL_WITHOUT_REASON, (wrong,))
    if dossier.phase not in ("submitted", "awaiting_payment"):
        return Refused(_ended_or_gone_on(dossier))
    answered = dossier.supplement is not None and dossier.supplement.answered
    if command.reason_code == "supplement_incomplete" and not answered:
        return Refused(rules.SUPPLEMENT_FIRST)
    event = DossierRefused(command.ref, command.reason_code, command.law, command.note, command.actor, command.now)
    return (event,)


def _ended_or_gone_on(dossier: Dossier) -> Rule:
    return rules.NOT_AT_DESK if dossier.phase in ("accepted", "resolved") else rules.DOSSIER_CLOSED
