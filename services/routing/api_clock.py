"""What is told about a chain's clocks: an apology, a pause that the law names, an incident, a corrected calendar.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (an apology and one new date); QĐ 766/QĐ-TTg (grounds that are not counted); NĐ
301/2026/NĐ-CP art. 4.7 (an incident stops the clock).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, Field

from chassis.executor import Done
from chassis.service import Scope
from chassis.vault import CannotOpen, Vault
from chassis.web.acts import Act, Call, View
from chassis.web.auth import PLATFORM, SYSTEM, Rights
from chassis.web.problem import Problem
from services.routing.api import (
    NOTE_GONE,
    OFFICERS,
    WHOEVER_IS_CONCERNED,
    Body,
    Note,
    ReasonCode,
    by_agency,
    chain_stream,
    scope,
    sealed_note,
    step_scope,
)
from services.routing.domain.clock_commands import (
    ApologiseForDelay,
    DeclareIncident,
    EndIncident,
    RedateAppointment,
    ResumeStepClock,
    StopStepClock,
)
from services.routing.domain.plan import Calendars
from services.routing.domain.progress import Chain
from services.routing.domain.words import Ground
from services.routing.projections.apologies import apologies_of
from services.routing.projections.shown import state_of

THE_PLATFORM: Final[Rights] = {SYSTEM: PLATFORM}
OF_STEP: Final = "/dossiers/{ref}/steps/{step}"
OF_DOSSIER: Final = "/dossiers/{ref}"


Instant = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC))]
"""No calendar goes further, and instants at the edge of time cannot be told in another zone."""


class Apology(Body):
    """Why the limit is not kept, the letter to the applicant, and the one new date."""

    reason_code: ReasonCode
    note: Note = ""
    new_due_at: Instant


class Pause(Body):
    """The ground on which the law lets the step's clock stand still."""

    ground: Ground


class Incident(Body):
    """Since when the platform is broken for this dossier."""

    since: Instant


class ApologyShown(BaseModel):
    """One apology; a `step` of "" is the dossier as a whole, and `due_at` the lawful date that is not kept."""

    step: str
    agency: str
    reason_code: str
    note: str
    due_at: str
    new_due_at: str
    at: str


class ApologiesShown(BaseModel):
    """What the late agencies wrote to the applicant."""

    ref: str
    items: list[ApologyShown]


class ClockStanding(BaseModel):
    """How a chain and its clock stand after a command."""

    version: int
    state: str
    clock_runs: bool
    due_at: datetime | None
    promised_at: datetime | None


def _answer(done: Done) -> dict[str, Any]:
    chain: Chain = done.state
    return {
        "version": done.version,
        "state": state_of(chain),
        "clock_runs": chain.is_open and not chain.stands_still,
        "due_at": chain.due_at,
        "promised_at": chain.promised_at,
    }


def _act(
    name: str, path: str, vi: str, en: str, command: Callable[[Call, Any], Any], body: type[Body] | None = None,
    rights: Rights = OFFICERS, part: Callable[[Call, Chain], Scope | None] | None = None,
) -> Act:  # fmt: skip
    return Act(
        name, path, vi, en, rights, command=command, scope=scope, body=body, answer=_answer, answers=ClockStanding,
        part=part,
    )  # fmt: skip


def lead_scope(call: Call, chain: Chain) -> Scope | None:
    """Say whom what is told for the dossier as a whole concerns: it is the lead agency's to tell."""
    whole = scope(chain)
    return None if whole is None else replace(whole, assigned=chain.lead_agency)


def _told(call: Call) -> dict[str, Any]:
    return {"ref": call.ref, "actor": call.principal.id, "now": call.now}


def clock_acts(vault: Vault, calendars: Calendars) -> tuple[Act, ...]:
    """Return what may be told about clocks; letters are sealed in `vault` under the applicant's key."""

    def apologise(call: Call, body: Apology) -> ApologiseForDelay:
        return ApologiseForDelay(
            **by_agency(call),
            reason_code=body.reason_code,
            note=sealed_note(vault, call, body.note),
            new_due_at=body.new_due_at.astimezone(UTC),
            calendars=calendars,
        )

    def stop(call: Call, body: Pause) -> StopStepClock:
        return StopStepClock(**by_agency(call), ground=body.ground, calendars=calendars)

    def resume(call: Call, body: None) -> ResumeStepClock:
        return ResumeStepClock(**by_agency(call), calendars=calendars)

    def declare(call: Call, body: Incident) -> DeclareIncident:
        return DeclareIncident(**_told(call), since=body.since.astimezone(UTC))

    def end(call: Call, body: None) -> EndIncident:
        return EndIncident(**_told(call), calendars=calendars)

    def redate(call: Call, body: None) -> RedateAppointment:
        return RedateAppointment(**_told(call), calendar_id="", calendar_version="", calendars=calendars)

    return (
        _act(
            "apologise_for_delay", f"{OF_STEP}/apology", "Xin lỗi vì bước bị chậm và hẹn lại ngày trả kết quả",
            "Apologise because the step is late, with one new date", apologise, Apology, part=step_scope,
        ),
        _act(
            "apologise_for_dossier", f"{OF_DOSSIER}/apology", "Cơ quan chủ trì xin lỗi và hẹn lại cho cả hồ sơ",
            "The lead agency apologises for the dossier as a whole, with one new date", apologise, Apology,
            part=lead_scope,
        ),
        _act(
            "stop_step_clock", f"{OF_STEP}/clock/stop", "Tạm dừng đồng hồ của bước theo căn cứ pháp luật",
            "Stop the step's clock on a ground that its law names", stop, Pause, part=step_scope,
        ),
        _act(
            "resume_step_clock", f"{OF_STEP}/clock/resume", "Cho đồng hồ của bước chạy lại",
            "Let the step's clock run again", resume, part=step_scope,
        ),
        _act(
            "declare_incident", f"{OF_DOSSIER}/incident", "Ghi nhận sự cố hệ thống: đồng hồ tạm dừng",
            "The platform is broken for this dossier: its clock stands still", declare, Incident, THE_PLATFORM,
        ),
        _act(
            "end_incident", f"{OF_DOSSIER}/incident/end", "Sự cố đã khắc phục: đồng hồ chạy lại",
            "The platform works again: the clock goes on", end, rights=THE_PLATFORM,
        ),
        _act(
            "redate_appointment", f"{OF_DOSSIER}/appointment/redating",
            "Lịch làm việc được sửa: hẹn lại nếu ngày hẹn là ngày nghỉ",
            "The calendar was corrected: another date where the appointment falls on a closed day", redate,
            rights=THE_PLATFORM,
        ),
    )  # fmt: skip


def clock_views(vault: Vault) -> tuple[View, ...]:
    """Return what can be looked at; letters are opened through `vault`, and that is written down."""

    def show_apologies(call: Call, chain: Chain) -> dict[str, Any]:
        kept = apologies_of(call.store, call.ref)
        items = [ApologyShown(**{**one, "note": _opened(vault, call, one)}) for one in kept]
        return ApologiesShown(ref=call.ref, items=items).model_dump()

    return (
        View(
            name="open_apologies",
            path=f"{OF_DOSSIER}/apologies",
            summary_vi="Mở các thư xin lỗi và hẹn lại gửi người làm thủ tục; việc mở được ghi lại",
            summary_en="Open the apologies to the applicant, with their new dates; the opening is written down",
            rights=WHOEVER_IS_CONCERNED,
            stream=chain_stream,
            scope=scope,
            show=show_apologies,
            shows=ApologiesShown,
        ),
    )


def _opened(vault: Vault, call: Call, kept: dict[str, Any]) -> str:
    if not kept["note"]:
        return ""
    purpose = f"routing apology {call.ref} {kept['step']}".strip()
    try:
        read = vault.open(
            kept["note"], by=call.principal.id, purpose=purpose, fields=("note",), at=call.now, about=call.ref
        )
    except CannotOpen as error:
        raise Problem(NOTE_GONE) from error
    return str(read["note"])
