"""The papers that the desk issues, field by field as the forms have them, from what was issued at the time.

Law: TT 03/2025/TT-VPCP appendix I, forms 01 (slip), 02 (supplement) and 03 (refusal); NĐ 61/2018 art. 17; NĐ 118/2025
art. 17.3 (a date that is provisional says so). Forms 04 and 05 stand in `letters`.

Nothing here opens a sealed value: whoever shows a paper hands in what was opened for that purpose.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.registry import Registry
from kernel.calendar import VIETNAM
from kernel.codes import DossierCode
from kernel.procedure import Procedure
from services.intake.domain.completeness import authority_paper
from services.intake.domain.events import DossierSubmitted
from services.intake.domain.state import Dossier
from services.intake.domain.words import SELF, AppointmentMove
from services.intake.projections.catalogue import in_words

CIRCULAR = "TT 03/2025/TT-VPCP"
PERSON = ("name", "personal_id", "tax_code", "address", "phone", "email")
OPENED = (*PERSON, "old_identity_number")

Opened = Mapping[str, Any]


def slip(
    dossier: Dossier, registry: Registry, applicant: Opened, submitter: Opened, hand_out_to: Opened
) -> dict[str, Any]:
    """Return form 01: the slip of acceptance and appointment (giấy tiếp nhận hồ sơ và hẹn trả kết quả).

    The date is the one that was promised at acceptance; every later one stands below it, with its cause.
    """
    submission, accepted = dossier.submission, dossier.acceptance
    assert submission is not None, "a dossier that was accepted was submitted"
    assert accepted is not None, "there is no slip before acceptance"
    procedure = registry.procedure(submission.procedure, version=submission.procedure_version)
    number = DossierCode.parse(accepted.code).number
    return head("01", submission, registry) | {
        "number": f"{number}/TTPVHCC",
        "date": day(accepted.at),
        "code": accepted.code,
        "applicant": person(applicant),
        "authorised_by": _authorised(submission, procedure, submitter),
        "content": procedure.name_vi,
        "components": [
            {"name_vi": _name(procedure, given.code), "form": given.form, "substitute_for": given.substitute_for}
            for given in dossier.listed
        ],
        "sets": 1,
        "legal_limit": _promised_limit(procedure, submission),
        "received_at": hour(accepted.at),
        "clock_from": hour(accepted.clock_from),
        "due_at": hour(accepted.due_at),
        "due_is_provisional": accepted.received_elsewhere,
        "appointment_moves": [_move(move, registry) for move in dossier.moves],
        "hand_out_by": submission.hand_out_by,
        "hand_out_to": dict(hand_out_to) or None,
        "corrected_on": [day(one.at) for one in dossier.corrections],
        "register": {"book": f"{procedure.field_vi} {_local(accepted.at):%Y}", "entry": number},
        "received_by": accepted.by,
    }


def supplement_request(dossier: Dossier, registry: Registry, applicant: Opened, notes: list[str]) -> dict[str, Any]:
    """Return form 02: the request for a supplement (phiếu yêu cầu bổ sung); `notes` stand beside the items."""
    submission = dossier.submission
    assert submission is not None, "a supplement is asked for a dossier that was submitted"
    assert dossier.supplement is not None, "there is no request yet"
    request = dossier.supplement.request
    procedure = registry.procedure(submission.procedure, version=submission.procedure_version)
    return head("02", submission, registry) | {
        "date": day(request.at),
        "code": dossier.code or None,
        "stage": request.stage,
        "wanted_by": agency_name(request.agency, registry),
        "applicant": person(applicant),
        "content": procedure.name_vi,
        "items": [
            {
                "component": item.component,
                "name_vi": _name(procedure, item.component),
                "reason": item.reason,
                "note": note,
                "awaited": item.component in dossier.supplement.awaited,
            }
            for item, note in zip(request.items, notes, strict=True)
        ],
        "due_at": None if request.due_at is None else hour(request.due_at),
        "contact": request.by,
    }


def refusal(dossier: Dossier, registry: Registry, applicant: Opened, note: str) -> dict[str, Any]:
    """Return form 03: the refusal of reception (phiếu từ chối tiếp nhận giải quyết hồ sơ)."""
    submission, refused = dossier.submission, dossier.refusal
    assert submission is not None, "reception is refused of a dossier that was submitted"
    assert refused is not None, "nothing was refused"
    procedure = registry.procedure(submission.procedure, version=submission.procedure_version)
    return head("03", submission, registry) | {
        "date": day(refused.at),
        "code": dossier.code or None,
        "applicant": person(applicant),
        "content": procedure.name_vi,
        "reason": refused.reason_code,
        "law": refused.law,
        "note": note,
        "refused_by": refused.by,
    }


def head(form: str, submission: DossierSubmitted, registry: Registry) -> dict[str, Any]:
    """Return what stands at the top of every form."""
    agency = registry.agency(submission.receiving_agency)
    above = None if agency.parent is None else registry.agency(agency.parent).name_vi
    return {
        "form": form,
        "circular": CIRCULAR,
        "governing_body": above,
        "agency": agency.name_vi,
        "ref": submission.ref,
    }


def person(opened: Opened) -> dict[str, Any]:
    """Return who it is about, with null for what nobody may read any more; `erased` where that was asked for."""
    known = {field: opened.get(field) for field in PERSON}
    known["personal_id"] = known["personal_id"] or opened.get("old_identity_number")
    return known | {"erased": bool(opened.get("erased"))}


def _authorised(submission: DossierSubmitted, procedure: Procedure, submitter: Opened) -> dict[str, Any] | None:
    if submission.relation == SELF:
        return None
    paper = authority_paper(procedure, submission.relation)
    named = None if paper is None else _name(procedure, paper)
    return person(submitter) | {"relation": submission.relation, "paper": named}


def _name(procedure: Procedure, code: str) -> str:
    return next((component.name_vi for component in procedure.components if component.code == code), code)


def _limits_of_steps(procedure: Procedure, submission: DossierSubmitted) -> dict[str, str]:
    """Where the law promises no total, the slip names the limit of each step."""
    counted = [
        (step, step.limit_for(submission.facts).in_words)
        for step in procedure.steps_for(submission.options, submission.facts)
        if step.not_counted is None
    ]
    if len(counted) == 1:
        return {"vi": counted[0][1].vi, "en": counted[0][1].en}
    return {
        "vi": "; ".join(f"{step.name_vi}: {limit.vi}" for step, limit in counted),
        "en": "; ".join(f"{step.name_en}: {limit.en}" for step, limit in counted),
    }


def _promised_limit(procedure: Procedure, submission: DossierSubmitted) -> dict[str, str]:
    if procedure.appointments:
        first = procedure.appointments[0].limit_for(submission.facts).in_words
        return {"vi": first.vi, "en": first.en}
    return in_words(procedure.total_limit) or _limits_of_steps(procedure, submission)


def _move(move: AppointmentMove, registry: Registry) -> dict[str, Any]:
    return {
        "cause": move.cause,
        "number": move.number,
        "agency": agency_name(move.agency, registry),
        "due_at": hour(move.due_at),
        "promised_at": None if move.promised_at is None else hour(move.promised_at),
        "date": day(move.at),
    }


def agency_name(id: str, registry: Registry) -> str | None:
    """Return an agency's name, or None where none is named."""
    return registry.agency(id).name_vi if id else None


def _local(instant: datetime) -> datetime:
    return instant.astimezone(VIETNAM)


def day(instant: datetime) -> str:
    """Return the day in Vietnam."""
    return _local(instant).date().isoformat()


def hour(instant: datetime) -> str:
    """Forms print hour, minute and day of Vietnam."""
    return _local(instant).isoformat(timespec="minutes")
