"""How a dossier comes to the desk: handed in, and where the post carries the papers, handed over.

Law: NĐ 61/2018 arts. 16–17; NĐ 118/2025 arts. 14–17; QĐ 45/2016 art. 7.4 (the signed record is the legal submission).
"""

from kernel.procedure import Procedure
from kernel.refusal import Refused
from services.intake.domain import files, rules
from services.intake.domain.admission import inadmissible
from services.intake.domain.commands import RecordCollectionFailed, RecordHandover, SubmitDossier, prepared
from services.intake.domain.events import DossierStopped, DossierSubmitted, Event, PapersReceived
from services.intake.domain.state import Dossier
from services.intake.domain.words import FEE_DUES, FeeDue

Answer = tuple[Event, ...] | Refused


def submit(command: SubmitDossier, dossier: Dossier) -> Answer:
    """Take a dossier in under the version of its procedure in force, or say why it may not be handed in."""
    if dossier.submission is not None:
        return () if _is_same(command, dossier.submission) else Refused(rules.SUBMITTED_DIFFERENTLY)
    refused = inadmissible(command) or files.unknown(command.files)
    if refused is not None:
        return refused
    procedure = prepared(command.published)
    return (
        DossierSubmitted(
            ref=command.ref,
            procedure=procedure.code,
            procedure_version=procedure.version,
            channel=command.channel,
            receiving_agency=command.receiving_agency,
            area=command.area,
            applicant=command.applicant,
            applicant_kind=command.applicant_kind,
            category=command.category,
            particulars=command.particulars,
            submitter=command.submitter,
            submitter_particulars=command.submitter_particulars,
            relation=command.relation,
            components=command.components,
            options=command.options,
            hand_out_by=command.hand_out_by,
            hand_out_to=command.hand_out_to,
            facts=command.facts,
            fee_due=_fee_due(procedure),
            agencies=prepared(command.agencies),
            portal_code=command.portal_code,
            by=command.actor,
            at=command.now,
        ),
    )


def _fee_due(procedure: Procedure) -> FeeDue:
    """Where no fee rule stands nothing will ever be asked for, so nothing may be waited for."""
    if procedure.fee_rule is None:
        return "none"
    return next(due for due in FEE_DUES if due == procedure.fee_due)


def _is_same(command: SubmitDossier, submission: DossierSubmitted) -> bool:
    """Compare what can be compared: sealing the same text twice gives two texts."""
    return (
        command.procedure == submission.procedure
        and command.channel == submission.channel
        and command.receiving_agency == submission.receiving_agency
        and command.area == submission.area
        and command.applicant == submission.applicant
        and command.applicant_kind == submission.applicant_kind
        and command.category == submission.category
        and command.submitter == submission.submitter
        and command.relation == submission.relation
        and command.components == submission.components
        and command.options == submission.options
        and command.hand_out_by == submission.hand_out_by
        and command.facts == submission.facts
        and command.portal_code == submission.portal_code
    )


def record_handover(command: RecordHandover, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Keep the legal time of submission of papers that came by post."""
    if submission.channel != "post":
        return Refused(rules.NOT_BY_POST)
    if dossier.papers_received_at is not None:
        return ()
    return (PapersReceived(command.ref, command.handover_record, command.signed_at),)


def record_collection_failed(command: RecordCollectionFailed, submission: DossierSubmitted, dossier: Dossier) -> Answer:
    """Stop a dossier whose papers the post could not collect."""
    if submission.channel != "post":
        return Refused(rules.NOT_BY_POST)
    if dossier.phase != "submitted" or dossier.papers_received_at is not None:
        return ()
    return (DossierStopped(command.ref, "not_collected", (), command.now),)
