"""The papers that the desk issues, field by field as the forms have them, from what was issued at the time.

Law: TT 03/2025/TT-VPCP appendix I, forms 01 (slip), 02 (supplement) and 03 (refusal); NĐ 61/2018 art. 17.

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
from services.intake.domain.words import SELF
from services.intake.projections.catalogue import in_words

CIRCULAR = "TT 03/2025/TT-VPCP"
PERSON = ("name", "personal_id", "tax_code", "address", "phone", "email")
OPENED = (*PERSON, "old_identity_number")

Opened = Mapping[str, Any]


def slip(dossier: Dossier, registry: Registry, applicant: Opened, submitter: Opened) -> dict[str, Any]:
    """Return form 01: the slip of acceptance and appointment (giấy tiếp nhận hồ sơ và hẹn trả kết quả)."""
    submission, accepted = dossier.submission, dossier.acceptance
    assert submission is not None, "a dossier that was accepted was submitted"
    assert accepted is not None, "there is no slip before acceptance"
    procedure = registry.procedure(submission.procedure, version=submission.procedure_version)
    number = DossierCode.parse(accepted.code).number
    return _head("01", submission, registry) | {
        "number": f"{number}/TTPVHCC",
        "date": _day(accepted.at),
        "code": accepted.code,
        "applicant": _person(applicant),
        "authorised_by": _authorised(submission, procedure, submitter),
        "content": procedure.name_vi,
        "components": [
            {"name_vi": _name(procedure, given.code), "form": given.form, "substitute_for": given.substitute_for}
            for given in dossier.listed
        ],
        "sets": 1,
        "legal_limit": in_words(procedure.total_limit) or _limits_of_steps(procedure, submission),
        "received_at": _hour(accepted.at),
        "clock_from": _hour(accepted.clock_from),
        "due_at": _hour(accepted.due_at),
        "hand_out_by": submission.hand_out_by,
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
    return _head("02", submission, registry) | {
        "date": _day(request.at),
        "code": dossier.code or None,
        "stage": request.stage,
        "applicant": _person(applicant),
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
        "due_at": None if request.due_at is None else _hour(request.due_at),
        "contact": request.by,
    }


def refusal(dossier: Dossier, registry: Registry, applicant: Opened, note: str) -> dict[str, Any]:
    """Return form 03: the refusal of reception (phiếu từ chối tiếp nhận giải quyết hồ sơ)."""
    submission, refused = dossier.submission, dossier.refusal
    assert submission is not None, "reception is refused of a dossier that was submitted"
    assert refused is not None, "nothing was refused"
    procedure = registry.procedure(submission.procedure, version=submission.procedure_version)
    return _head("03", submission, registry) | {
        "date": _day(refused.at),
        "code": dossier.code or None,
        "applicant": _person(applicant),
        "content": procedure.name_vi,
        "reason": refused.reason_code,
        "law": refused.law,
        "note": note,
        "refused_by": refused.by,
    }


def _head(form: str, submission: DossierSubmitted, registry: Registry) -> dict[str, Any]:
    agency = registry.agency(submission.receiving_agency)
    above = None if agency.parent is None else registry.agency(agency.parent).name_vi
    return {
        "form": form,
        "circular": CIRCULAR,
        "governing_body": above,
        "agency": agency.name_vi,
        "ref": submission.ref,
    }


def _person(opened: Opened) -> dict[str, Any]:
    """Return who it is about, with null for what nobody may read any more."""
    person = {field: opened.get(field) for field in PERSON}
    return person | {"personal_id": person["personal_id"] or opened.get("old_identity_number")}


def _authorised(submission: DossierSubmitted, procedure: Procedure, submitter: Opened) -> dict[str, Any] | None:
    if submission.relation == SELF:
        return None
    paper = authority_paper(procedure, submission.relation)
    named = None if paper is None else _name(procedure, paper)
    return _person(submitter) | {"relation": submission.relation, "paper": named}


def _name(procedure: Procedure, code: str) -> str:
    return next((component.name_vi for component in procedure.components if component.code == code), code)


def _limits_of_steps(procedure: Procedure, submission: DossierSubmitted) -> dict[str, str]:
    """Where the law promises no total, the slip names the limit of each step."""
    steps = [step for step in procedure.steps if not step.optional or step.code in submission.options]
    return {
        "vi": "; ".join(f"{step.name_vi}: {step.limit.in_words.vi}" for step in steps),
        "en": "; ".join(f"{step.name_en}: {step.limit.in_words.en}" for step in steps),
    }


def _local(instant: datetime) -> datetime:
    return instant.astimezone(VIETNAM)


def _day(instant: datetime) -> str:
    return _local(instant).date().isoformat()


def _hour(instant: datetime) -> str:
    """Forms print hour, minute and day of Vietnam."""
    return _local(instant).isoformat(timespec="minutes")
