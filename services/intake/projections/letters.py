"""The letters that go out after acceptance: an apology for a delay, and the notice that handling has stopped.

Law: TT 03/2025/TT-VPCP appendix I, forms 04 and 05; NĐ 61/2018 art. 19.9 (at most one new date); NĐ 118/2025 art. 21
(withdrawal); NĐ 301/2026, NĐ 297/2025 art. 6.4a, QĐ 45/2016 art. 7 (stops).
"""

from typing import Any, Final

from chassis.registry import Registry
from services.intake.domain.state import Dossier
from services.intake.domain.words import APOLOGY, AppointmentMove, StopReason
from services.intake.projections.slips import Opened, agency_name, day, head, hour, person

STOP_LAW: Final[dict[StopReason | None, str]] = {
    None: "NĐ 118/2025 art. 21; TT 03/2025/TT-VPCP art. 7",
    "no_supplement": "NĐ 61/2018 art. 19.4",
    "not_paid": "NĐ 297/2025 art. 6",
    "not_collected": "QĐ 45/2016 art. 7.4",
}


def apology_of(dossier: Dossier) -> AppointmentMove | None:
    """Return the one re-appointment, or None while nobody has had to apologise.

    What moved the promise to another day later (a closed day, an incident) is no second letter.
    """
    return next((move for move in dossier.moves if move.cause == APOLOGY), None)


def apology(dossier: Dossier, registry: Registry, applicant: Opened, note: str) -> dict[str, Any]:
    """Return form 04: the letter of apology with a new date (phiếu xin lỗi và hẹn lại ngày trả kết quả)."""
    submission, move = dossier.submission, apology_of(dossier)
    assert submission is not None, "what is late was submitted"
    assert dossier.acceptance is not None, "what is late was accepted"
    assert move is not None, "nobody has apologised"
    assert move.promised_at is not None, "an apology names a new date"
    procedure = registry.procedure(submission.procedure, version=submission.procedure_version)
    return head("04", submission, registry) | {
        "date": day(move.at),
        "code": dossier.code,
        "applicant": person(applicant),
        "content": procedure.name_vi,
        "accepted_on": day(dossier.acceptance.at),
        "late_agency": agency_name(move.agency, registry),
        "due_at": hour(move.due_at),
        "promised_at": hour(move.promised_at),
        "note": note,
    }


def stop_notice(dossier: Dossier, registry: Registry, applicant: Opened) -> dict[str, Any]:
    """Return form 05: the notice that handling has stopped (thông báo dừng giải quyết hồ sơ)."""
    submission, ended = dossier.submission, dossier.ended
    assert submission is not None, "what was stopped was submitted"
    assert ended is not None, "nothing was stopped"
    procedure = registry.procedure(submission.procedure, version=submission.procedure_version)
    names = {step.code: step.result.name_vi for step in procedure.steps}
    return head("05", submission, registry) | {
        "date": day(ended.at),
        "code": dossier.code or None,
        "applicant": person(applicant),
        "content": procedure.name_vi,
        "ground": ended.reason or "withdrawn",
        "law": STOP_LAW[ended.reason],
        "kept_results": [names.get(step, step) for step in dossier.kept_results],
    }
