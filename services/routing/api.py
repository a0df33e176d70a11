"""What agencies tell the platform about their steps, and what those concerned may see of a chain.

Law: NĐ 61/2018/NĐ-CP art. 19; TT 01/2018/TT-VPCP arts. 16 (without signing in nothing of a chain is shown) and 17;
Luật 91/2025/QH15 (an officer's note is opened for a stated purpose, and that is written down).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chassis.executor import Done
from chassis.limits import CODE_LENGTH_MAX, NAME_LENGTH_MAX, NOTE_LENGTH_MAX, NOTICE_LINES_MAX
from chassis.service import Scope
from chassis.vault import CannotOpen, Vault
from chassis.web.acts import Act, Call, Listing, View
from chassis.web.auth import (
    ACTING,
    AGENCY_OFFICER,
    ALL,
    APPLICANT,
    ASSIGNED,
    DESK_OFFICER,
    INSPECTOR,
    OWN,
    RECEIVING,
    SYSTEM,
    Rights,
)
from chassis.web.fields import DocumentNumber, Law, SignersPost
from chassis.web.problem import NOT_FOUND, Kind, Problem
from kernel.codes import InvalidCode, ResultCode
from kernel.working_time import CalendarDoesNotReach
from services.routing.domain import rules
from services.routing.domain.clock_events import NoticeLine
from services.routing.domain.commands import (
    AcknowledgeStep,
    DecideStep,
    ExtendLimit,
    RefuseStep,
    SendBack,
    TakeOverStep,
)
from services.routing.domain.events import StepReady
from services.routing.domain.plan import Calendars
from services.routing.domain.progress import Chain
from services.routing.projections.shown import (
    ChainShown,
    ClocksShown,
    chain_shown,
    clocks_shown,
    state_of,
)
from services.routing.projections.steps import note_of

OFFICERS: Final[Rights] = {AGENCY_OFFICER: ASSIGNED}
AGENCIES: Final[Rights] = {AGENCY_OFFICER: ASSIGNED, SYSTEM: ASSIGNED}
"""Taking over and acknowledging may be the act of an agency's own system."""
WHOEVER_IS_CONCERNED: Final[Rights] = {
    APPLICANT: OWN,
    DESK_OFFICER: RECEIVING,
    AGENCY_OFFICER: ACTING,
    SYSTEM: ALL,
    INSPECTOR: ALL,
}

AMOUNT_LIMIT_VND: Final = 10**15

NOTE_GONE: Final = Kind(
    "note_unreadable", 409,
    "Ghi chú này không còn đọc được.", "This note can no longer be read.",
)  # fmt: skip
NO_CALENDAR: Final = Kind(
    rules.CALENDAR_DOES_NOT_REACH.code, 409, rules.CALENDAR_DOES_NOT_REACH.vi, rules.CALENDAR_DOES_NOT_REACH.en
)


def _result_code(text: str) -> str:
    try:
        return str(ResultCode.parse(text))
    except InvalidCode as wrong:
        raise ValueError(str(wrong)) from wrong


ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
StepCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
Note = Annotated[str, Field(max_length=NOTE_LENGTH_MAX, description="Sealed before it is kept")]


class Body(BaseModel):
    """What a command's body has in common: nothing in it that nobody reads."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Extension(Body):
    """The ground on which the law gives the step a longer limit."""

    ground: ReasonCode


class NoticeLineGiven(Body):
    """One line of what the applicant owes."""

    code: ReasonCode
    name_vi: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
    name_en: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
    amount_vnd: Annotated[int, Field(strict=True, ge=0, le=AMOUNT_LIMIT_VND)]


class Decision(Body):
    """The result document; `signer` is the post of who signed, not a name.

    `notice` has the lines of what the applicant owes, in a step whose result is a notice of dues, and only there.
    """

    result_code: Annotated[str, Field(max_length=CODE_LENGTH_MAX), AfterValidator(_result_code)]
    number: DocumentNumber
    signer: SignersPost
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the sealed document")]
    notice: Annotated[list[NoticeLineGiven], Field(default_factory=list, max_length=NOTICE_LINES_MAX)]


class Refusal(Body):
    """Why the step is refused after examination, with the law that says so."""

    reason_code: ReasonCode
    law: Law
    note: Note = ""


class SendingBack(Body):
    """To whom the step goes back, an earlier step or `desk`, and what was found."""

    to: StepCode
    reason_code: ReasonCode
    note: Note = ""


class NoteShown(BaseModel):
    """What the agency wrote when it refused the step or sent it back."""

    ref: str
    step: str
    reason: str
    note: str


def scope(chain: Chain) -> Scope | None:
    """Say whom a chain concerns; there is none before it is opened."""
    if not chain.ref:
        return None
    acting = (progress.plan.agency for progress in chain.steps.values() if progress.plan.party == "agency")
    agencies = dict.fromkeys((chain.lead_agency, *acting))
    return Scope(
        people=(chain.applicant, chain.submitter),
        receiving=chain.receiving_agency,
        agencies=tuple(agencies),
        procedure=chain.procedure,
    )


def step_scope(call: Call, chain: Chain) -> Scope | None:
    """Say whom the step of the path concerns: only the agency that it is given to acts on it."""
    whole, progress = scope(chain), chain.steps.get(call.params["step"])
    if whole is None or progress is None:
        return None
    return replace(whole, assigned=progress.plan.agency, step=progress.plan.step)


def chain_stream(call: Call) -> str:
    return f"chain-{call.ref}"


def by_agency(call: Call) -> dict[str, Any]:
    """Return what an agency's command has; it always acts for the agency that its token names.

    `step` is "" where the path names none, for the dossier as a whole.
    """
    who, step = call.principal, call.params.get("step", "")
    return {"ref": call.ref, "step": step, "agency": who.agency, "actor": who.id, "now": call.now}


def sealed_note(vault: Vault, call: Call, note: str) -> str:
    """Return an agency's note about the dossier, sealed under the applicant's key; an empty one needs none."""
    row = call.row("chains", WHOEVER_IS_CONCERNED) if note else None
    return vault.seal(str(row["applicant"]), {"note": note}) if row else ""


class ChainStanding(BaseModel):
    """How a chain stands after a command, and which steps became ready by it."""

    version: int
    state: str
    became_ready: list[str]


def _answer(done: Done) -> dict[str, Any]:
    became_ready = [event.step for event in done.events if isinstance(event, StepReady)]
    return {"version": done.version, "state": state_of(done.state), "became_ready": became_ready}


def _act(
    name: str,
    noun: str,
    vi: str,
    en: str,
    command: Callable[[Call, Any], Any],
    body: type[Body] | None = None,
    rights: Rights = OFFICERS,
) -> Act:
    path = f"/dossiers/{{ref}}/steps/{{step}}/{noun}"
    return Act(
        name,
        path,
        vi,
        en,
        rights,
        command=command,
        scope=scope,
        body=body,
        answer=_answer,
        answers=ChainStanding,
        part=step_scope,
    )


def acts(vault: Vault, calendars: Calendars) -> tuple[Act, ...]:
    """Return what an agency may tell; notes are sealed in `vault` under the applicant's key."""

    def sealed(call: Call, note: str) -> str:
        return sealed_note(vault, call, note)

    def extend(call: Call, body: Extension) -> ExtendLimit:
        return ExtendLimit(**by_agency(call), ground=body.ground, calendars=calendars)

    def decide(call: Call, body: Decision) -> DecideStep:
        written = body.model_dump(exclude={"notice"})
        notice = tuple(NoticeLine(**line.model_dump()) for line in body.notice)
        return DecideStep(**by_agency(call), **written, notice=notice, calendars=calendars)

    def refuse(call: Call, body: Refusal) -> RefuseStep:
        note = sealed(call, body.note)
        return RefuseStep(**by_agency(call), reason_code=body.reason_code, law=body.law, note=note, calendars=calendars)

    def send_back(call: Call, body: SendingBack) -> SendBack:
        note = sealed(call, body.note)
        return SendBack(**by_agency(call), to=body.to, reason_code=body.reason_code, note=note, calendars=calendars)

    return (
        _act(
            "take_over_step", "takeover", "Hệ thống của cơ quan nhận bàn giao bước", "The agency's system has the step",
            lambda call, _: TakeOverStep(**by_agency(call), calendars=calendars), rights=AGENCIES,
        ),
        _act(
            "acknowledge_step", "acknowledgement", "Xác nhận tiếp nhận bước", "Acknowledge the step",
            lambda call, _: AcknowledgeStep(**by_agency(call), calendars=calendars), rights=AGENCIES,
        ),
        _act(
            "extend_limit", "extension", "Áp dụng thời hạn dài hơn theo luật",
            "Claim the longer limit that the law gives", extend, Extension,
        ),
        _act("decide_step", "decision", "Ban hành kết quả của bước", "Issue the result of the step", decide, Decision),
        _act("refuse_step", "refusal", "Từ chối giải quyết bước", "Refuse the step after examination", refuse, Refusal),
        _act(
            "send_back_step", "sending-back", "Chuyển lại bước trước hoặc Bộ phận Một cửa",
            "Send back to an earlier step or to the desk", send_back, SendingBack,
        ),
    )  # fmt: skip


def show_chain(call: Call, chain: Chain) -> dict[str, Any]:
    """Show a chain to those concerned."""
    return chain_shown(chain).model_dump(mode="json")


def views(vault: Vault, calendars: Calendars) -> tuple[View, ...]:
    """Return what can be looked at; notes are opened through `vault`."""

    def show_clocks(call: Call, chain: Chain) -> dict[str, Any]:
        try:
            return clocks_shown(chain, calendars, call.now).model_dump(mode="json")
        except CalendarDoesNotReach as short:
            raise Problem(NO_CALENDAR, str(short)) from short

    def show_note(call: Call, chain: Chain) -> dict[str, Any]:
        step = call.params["step"]
        kept = note_of(call.store, call.ref, step)
        if kept is None:
            raise Problem(NOT_FOUND)
        purpose = f"routing note {call.ref} {step}"
        try:
            read = vault.open(
                kept.note, by=call.principal.id, purpose=purpose, fields=("note",), at=call.now, about=call.ref
            )
        except CannotOpen as error:
            raise Problem(NOTE_GONE) from error
        return NoteShown(ref=call.ref, step=step, reason=kept.reason, note=read["note"]).model_dump()

    return (
        View(
            name="show_chain",
            path="/dossiers/{ref}/chain",
            summary_vi="Chuỗi xử lý của hồ sơ: các bước, cơ quan, ai đang giữ",
            summary_en="The chain of a dossier: its steps, their agencies, and whose minute it is",
            rights=WHOEVER_IS_CONCERNED,
            stream=chain_stream,
            scope=scope,
            show=show_chain,
            shows=ChainShown,
        ),
        View(
            name="show_clocks",
            path="/dossiers/{ref}/chain/clocks",
            summary_vi="Các đồng hồ đang chạy, với từng khoảng được tính và không tính",
            summary_en="The running clocks, with every interval counted and skipped",
            rights=WHOEVER_IS_CONCERNED,
            stream=chain_stream,
            scope=scope,
            show=show_clocks,
            shows=ClocksShown,
            ages=True,
        ),
        View(
            name="open_step_note",
            path="/dossiers/{ref}/steps/{step}/note",
            summary_vi="Mở ghi chú của cơ quan khi từ chối hoặc chuyển lại; việc mở được ghi lại",
            summary_en="Open what the agency wrote when it refused or sent back; the opening is written down",
            rights=WHOEVER_IS_CONCERNED,
            stream=chain_stream,
            scope=scope,
            show=show_note,
            shows=NoteShown,
        ),
    )


LISTINGS: Final[tuple[Listing, ...]] = (
    Listing(
        name="list_steps",
        path="/steps",
        summary_vi="Danh sách việc của cơ quan, việc đến hạn trước đứng đầu",
        summary_en="An agency's worklist, what is due first at the top",
        rights={AGENCY_OFFICER: ASSIGNED, SYSTEM: ASSIGNED, DESK_OFFICER: RECEIVING, INSPECTOR: ALL},
        table="steps",
        columns=(
            "ref", "code", "procedure", "step", "agency", "receiving_agency", "stage", "open", "overdue", "round",
            "ready_at", "due_at", "acknowledge_by", "sent_back_to", "reason",
        ),
        cursor="turn",
        by_step=True,
        filters={
            "open": "open = :open",
            "stage": "stage = :stage",
            "overdue": "overdue = :overdue",
            "due_until": "due_at <= :due_until",
            "procedure": "procedure = :procedure",
            "ref": "ref = :ref",
            "code": "code = :code",
            "acting_agency": "agency = :acting_agency",
        },
    ),
    Listing(
        name="list_chains",
        path="/chains",
        summary_vi="Các chuỗi xử lý",
        summary_en="Chains, in the order in which they were opened",
        rights=WHOEVER_IS_CONCERNED,
        table="chains",
        columns=(
            "ref", "code", "procedure", "procedure_version", "receiving_agency", "lead_agency", "state", "overdue",
            "opened_at", "due_at", "ended_at",
        ),
        cursor="turn",
        filters={
            "state": "state = :state",
            "overdue": "overdue = :overdue",
            "procedure": "procedure = :procedure",
            "lead": "lead_agency = :lead",
            "code": "code = :code",
        },
    ),
)  # fmt: skip
