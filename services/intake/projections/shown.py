"""A dossier as those it concerns see it, and the little of it that anybody may see; nothing personal in either.

Law: TT 01/2018/TT-VPCP arts. 16–17 (an anonymous look-up shows the code and the degree of completion, no more).
"""

from typing import Any, Final, Literal

from pydantic import BaseModel

from chassis.service import Scope
from services.intake.domain.state import Dossier
from services.intake.domain.words import Phase
from services.intake.projections.dossiers import in_text

Completion = Literal["received", "in_progress", "resolved", "completed", "ended"]

COMPLETION: Final[dict[Phase, Completion]] = {
    "submitted": "received",
    "awaiting_payment": "received",
    "accepted": "in_progress",
    "resolved": "resolved",
    "handed_out": "completed",
    "refused": "ended",
    "withdrawn": "ended",
    "stopped": "ended",
}


class ComponentShown(BaseModel):
    """One paper as it was given."""

    code: str
    form: str
    digitised: bool
    from_e_store: bool
    reused: bool
    substitute_for: str | None


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


class ResultShown(BaseModel):
    """The result of one step."""

    step: str
    result_code: str
    number: str


class DossierShown(BaseModel):
    """One dossier. Only `code` and `completion` are shown to whoever is not concerned."""

    code: str | None
    completion: Completion
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
    supplement: SupplementShown | None = None
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
    return {"code": dossier.code or None, "completion": COMPLETION[dossier.phase]}


def shown(dossier: Dossier) -> dict[str, Any]:
    """Return what those see whom it concerns."""
    submission, appointment = dossier.submission, dossier.appointment
    assert submission is not None, "what nobody submitted is not shown"
    seen = DossierShown(
        code=dossier.code or None,
        completion=COMPLETION[dossier.phase],
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
        submitted_at=in_text(submission.at),
        pay_by=None if dossier.pay_by is None else in_text(dossier.pay_by),
        clock_from=None if appointment is None else in_text(appointment.clock_from),
        due_at=None if appointment is None else in_text(appointment.due_at),
        supplement=_supplement(dossier),
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
        due_at=None if request.due_at is None else in_text(request.due_at),
        answered=dossier.supplement.answered,
    )
