"""A dossier as those it concerns see it, and the little of it that anybody may see; nothing personal in either.

Law: TT 01/2018/TT-VPCP arts. 16–17 (whoever is not concerned sees no more than the code here; the degree of
completion, which anybody may see too, is reporting's to say).
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from chassis.instants import in_second
from chassis.service import Scope
from services.intake.domain.state import Dossier
from services.intake.domain.words import AppointmentMove, Phase


class ComponentShown(BaseModel):
    """One paper as it was given."""

    code: str
    form: str
    digitised: bool
    from_e_store: bool
    reused: bool
    substitute_for: str | None
    reused_from: str
    file: str | None


class ItemShown(BaseModel):
    """One thing asked for; the officer's own words stand on the slip only."""

    component: str
    reason: str
    awaited: bool


class SupplementShown(BaseModel):
    """The latest request for a supplement."""

    stage: str
    items: list[ItemShown]
    due_at: str | None
    answered: bool
    step: str
    agency: str


class MoveShown(BaseModel):
    """One change of the appointment, and why; `promised_at` where the applicant was promised another date."""

    cause: str
    number: int
    agency: str
    clock_from: str
    due_at: str
    promised_at: str | None
    at: str


class CorrectionShown(BaseModel):
    """That something was put right about a person, and when; not what."""

    whose: str
    at: str


class ResultShown(BaseModel):
    """The result of one step."""

    step: str
    result_code: str
    number: str


class DossierShown(BaseModel):
    """One dossier. Only its `code` is shown to whoever is not concerned."""

    code: str | None
    ref: str | None = None
    procedure: str | None = None
    procedure_version: str | None = None
    status: Phase | None = None
    channel: str | None = None
    receiving_agency: str | None = None
    area: str | None = None
    relation: str | None = None
    category: str | None = None
    components: list[ComponentShown] = []
    options: list[str] = []
    facts: dict[str, bool | int | str] = {}
    hand_out_by: str | None = None
    fee_due: str | None = None
    fee_settled: bool | None = None
    submitted_at: str | None = None
    pay_by: str | None = None
    clock_from: str | None = None
    due_at: str | None = None
    due_is_provisional: bool = False
    promised_at: str | None = None
    appointment_number: int | None = None
    appointment_moves: list[MoveShown] = []
    supplement: SupplementShown | None = None
    supplements_asked: int = 0
    corrections: list[CorrectionShown] = []
    sent_back: list[str] = []
    withdrawal: str | None = None
    results: list[ResultShown] = []
    kept_results: list[str] = []
    outcome: str | None = None
    posting: str | None = None
    handed_out_by: str | None = None


def scope(dossier: Dossier) -> Scope | None:
    """Say whom a dossier concerns; the agencies that will act are concerned once it is accepted."""
    submission = dossier.submission
    if submission is None:
        return None
    return Scope(
        people=(submission.applicant, submission.submitter),
        receiving=submission.receiving_agency,
        agencies=submission.agencies if dossier.acceptance is not None else (),
        procedure=submission.procedure,
    )


def glimpse(dossier: Dossier) -> dict[str, Any]:
    """Return what anybody may see."""
    return {"code": dossier.code or None}


def shown(dossier: Dossier) -> dict[str, Any]:
    """Return what those see whom it concerns."""
    submission, appointment = dossier.submission, dossier.appointment
    assert submission is not None, "what nobody submitted is not shown"
    seen = DossierShown(
        code=dossier.code or None,
        ref=submission.ref,
        procedure=submission.procedure,
        procedure_version=submission.procedure_version,
        status=dossier.phase,
        channel=submission.channel,
        receiving_agency=submission.receiving_agency,
        area=submission.area,
        relation=submission.relation,
        category=submission.category,
        components=[_component(component) for component in dossier.given],
        options=list(submission.options),
        facts=submission.facts,
        hand_out_by=submission.hand_out_by,
        fee_due=submission.fee_due,
        fee_settled=dossier.fee_settled,
        submitted_at=in_second(submission.at),
        pay_by=_in_text(dossier.pay_by),
        clock_from=None if appointment is None else in_second(appointment.clock_from),
        due_at=None if appointment is None else in_second(appointment.due_at),
        due_is_provisional=is_provisional(dossier),
        promised_at=_in_text(None if appointment is None else appointment.promised_at),
        appointment_number=None if appointment is None else appointment.number,
        appointment_moves=[_move(move) for move in dossier.moves],
        supplement=_supplement(dossier),
        supplements_asked=dossier.supplements_asked,
        corrections=[CorrectionShown(whose=one.whose, at=in_second(one.at)) for one in dossier.corrections],
        sent_back=[waiting.step for waiting in dossier.sent_back],
        withdrawal=dossier.withdrawal,
        results=[
            ResultShown(step=held.step, result_code=held.result_code, number=held.number) for held in dossier.results
        ],
        kept_results=list(dossier.kept_results),
        outcome=dossier.outcome,
        posting=dossier.posting,
        handed_out_by=dossier.handed_out_by,
    )
    return seen.model_dump()


def is_provisional(dossier: Dossier) -> bool:
    """Say whether the date still waits for the resolving agency to receive the dossier (NĐ 118/2025 art. 17.3)."""
    elsewhere = dossier.acceptance is not None and dossier.acceptance.received_elsewhere
    return elsewhere and not dossier.moves


def _in_text(instant: datetime | None) -> str | None:
    return None if instant is None else in_second(instant)


def _move(move: AppointmentMove) -> MoveShown:
    return MoveShown(
        cause=move.cause,
        number=move.number,
        agency=move.agency,
        clock_from=in_second(move.clock_from),
        due_at=in_second(move.due_at),
        promised_at=_in_text(move.promised_at),
        at=in_second(move.at),
    )


def _component(component: Any) -> ComponentShown:
    return ComponentShown(**{name: getattr(component, name) for name in ComponentShown.model_fields})


def _supplement(dossier: Dossier) -> SupplementShown | None:
    if dossier.supplement is None:
        return None
    request, awaited = dossier.supplement.request, dossier.supplement.awaited
    return SupplementShown(
        stage=request.stage,
        items=[
            ItemShown(component=item.component, reason=item.reason, awaited=item.component in awaited)
            for item in request.items
        ],
        due_at=_in_text(request.due_at),
        answered=dossier.supplement.answered,
        step=request.step,
        agency=request.agency,
    )
