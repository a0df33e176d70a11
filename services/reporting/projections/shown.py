"""The shapes in which programs get what was heard, for answers and for the OpenAPI page.

Law: TT 01/2018/TT-VPCP art. 16 (an anonymous look-up shows the code and the degree of completion, no more).
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from services.reporting.projections.clock_shown import (
    AgencyNamed,
    CompletionShown,
    HolderShown,
    LatenessShown,
    ShareShown,
)


class LineShown(BaseModel):
    """One public event of a dossier."""

    at: datetime
    service: str
    event: str
    step: str
    agency: str
    role: str
    note: dict[str, Any]


class TimelineShown(BaseModel):
    """A dossier's history; whoever is not concerned sees `code` and `completion` alone."""

    code: str | None
    completion: CompletionShown
    ref: str | None = None
    items: list[LineShown] | None = None


class CauseShown(BaseModel):
    """Whose clock made a dossier late, and how that is known."""

    agency: str
    why: str


class StepShown(BaseModel):
    """One step as its agency left it."""

    step: str
    agency: str
    needs: list[str]
    stage: str
    round: int
    due_at: datetime | None
    closed_at: datetime | None
    late: bool


class ReportShown(BaseModel):
    """All there is to report of one dossier; whoever is not concerned sees `code` and `completion` alone.

    `agencies` says what each agency that is named here by its id is called.
    """

    code: str | None
    completion: CompletionShown
    ref: str | None = None
    procedure: str | None = None
    procedure_version: str | None = None
    channel: str | None = None
    receiving_agency: str | None = None
    status: str | None = None
    outcome: str | None = None
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    due_at: datetime | None = None
    resolved_at: datetime | None = None
    handed_out_at: datetime | None = None
    on_time: bool | None = None
    fee_total_vnd: int | None = None
    paid_by: str | None = None
    holders: list[HolderShown] | None = None
    steps: list[StepShown] | None = None
    promised_at: datetime | None = None
    minutes: list[ShareShown] | None = None
    lateness: list[LatenessShown] | None = None
    late_because: list[CauseShown] | None = None
    agencies: dict[str, AgencyNamed] | None = None


class ProvinceTable(BaseModel):
    """The figures that a province publishes. Received is resolved, in progress and ended otherwise."""

    first: str
    last: str
    agency: str
    submitted: int
    at_desk: int
    turned_away: int
    received: int
    online: int
    at_counter: int
    by_post: int
    resolved: int
    on_time: int
    late: int
    ended_otherwise: int
    in_progress: int
    overdue: int
    apologies_asked: int
    apologies_given: int
    escalated: int
    handed_out: int
    paid: int
    paid_online: int
    paid_vnd: int
    paid_online_vnd: int


class AgencyFigures(BaseModel):
    """What one agency was given, decided and was late with, and how many dossiers its clock made late."""

    agency: str
    name_vi: str
    name_en: str
    received: int
    decided: int
    refused: int
    cancelled: int
    in_progress: int
    late: int
    alerts: int
    apologies_asked: int
    apologies_given: int
    escalated: int
    caused_late: int


class AgenciesShown(BaseModel):
    items: list[AgencyFigures]


class DossiersShown(BaseModel):
    """A page of dossiers, newest first; `next` is the cursor of the following one."""

    items: list[dict[str, Any]]
    next: str | None
