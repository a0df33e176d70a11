"""What the desk may be told over HTTP: JSON in, a command; an answer out.

Law: NĐ 61/2018 arts. 11, 16–17, 20; NĐ 118/2025 arts. 15–17, 21; Luật 91/2025/QH15 (what is personal is sealed at the
border).
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, field_validator, model_validator
from ulid import ULID

from chassis.executor import Done
from chassis.service import Scope
from chassis.vault import Vault
from chassis.web.acts import Act, Call
from chassis.web.auth import ALL, APPLICANT, DESK_OFFICER, OWN, POSTAL_STAFF, RECEIVING, SYSTEM, Rights
from kernel.codes import AgencyId, InvalidCode, PersonalId, ProcedureCode, TaxCode
from kernel.refusal import Invalid, Refused
from services.intake.domain import commands, rules
from services.intake.domain.state import Dossier
from services.intake.domain.words import (
    NORMAL,
    PARTICULARS,
    SELF,
    ApplicantKind,
    Channel,
    ComponentGiven,
    HandOutWay,
    MissingItem,
    PaperForm,
    PaperShown,
    RefusalReason,
    SupplementReason,
    Whose,
)
from services.intake.projections.shown import scope

COMPONENTS_LIMIT: Final = 100

Name = Annotated[str, Field(min_length=1, max_length=200)]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_.-]+$")]
Address = Annotated[str, Field(max_length=300)]
Phone = Annotated[str, Field(max_length=20, pattern=r"^[0-9+ ().-]*$")]
Email = Annotated[str, Field(max_length=200, pattern=r"^([^@\s]+@[^@\s]+)?$")]
Note = Annotated[str, Field(max_length=2_000)]

AT_THE_DESK: Final[Rights] = {DESK_OFFICER: RECEIVING, SYSTEM: ALL}
BY_THE_APPLICANT: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING, SYSTEM: ALL}
WHOEVER_HANDS_IN: Final[Rights] = {**BY_THE_APPLICANT, POSTAL_STAFF: ALL}
HANDS_IN_BY: Final[dict[str, tuple[Channel, ...]]] = {
    APPLICANT: ("portal", "post"),
    DESK_OFFICER: ("counter", "post"),
    POSTAL_STAFF: ("post",),
    SYSTEM: ("portal", "counter", "post"),
}


class Body(BaseModel):
    """What bodies have in common: a field that nobody reads is a mistake worth hearing of."""

    model_config = ConfigDict(extra="forbid")


class Person(Body):
    """A natural person by personal id, or a firm by tax code."""

    name: Name
    personal_id: str = Field(default="", max_length=20)
    tax_code: str = Field(default="", max_length=20)
    address: Address = ""
    phone: Phone = ""
    email: Email = ""

    @field_validator("personal_id")
    @classmethod
    def _personal_id(cls, text: str) -> str:
        return str(PersonalId.parse(text)) if text else ""

    @field_validator("tax_code")
    @classmethod
    def _tax_code(cls, text: str) -> str:
        try:
            return str(TaxCode.parse(text)) if text else ""
        except InvalidCode as wrong:  # a person's number typed here is not said again
            raise ValueError(f"not a tax code: {wrong.reason}") from None

    @model_validator(mode="after")
    def _is_somebody(self) -> "Person":
        if not self.personal_id and not self.tax_code:
            raise ValueError("a personal id or a tax code is needed")
        return self


class Destination(Body):
    """Where the post brings the result."""

    name: Name
    address: Annotated[str, Field(min_length=1, max_length=300)]
    phone: Phone = ""


class Paper(Body):
    """One component as it is given."""

    code: Word
    form: PaperForm = "original"
    digitised: bool = False
    from_e_store: bool = False
    reused: bool = False
    substitute_for: Word | None = None
    reused_from: Annotated[str, Field(max_length=64, pattern=r"^[0-9A-Za-z_.-]*$")] = ""

    def given(self) -> ComponentGiven:
        """Return the component in the desk's words."""
        reused = self.reused or bool(self.reused_from)
        return ComponentGiven(
            self.code, self.form, self.digitised, self.from_e_store, reused, self.substitute_for, self.reused_from
        )


Papers = Annotated[list[Paper], Field(max_length=COMPONENTS_LIMIT)]


class Submission(Body):
    """A dossier as it is handed in."""

    procedure: str = Field(max_length=40)
    channel: Channel
    receiving_agency: str = Field(max_length=35)
    area: str | None = Field(default=None, max_length=10, pattern=r"^[0-9]+$")
    applicant: Person
    applicant_kind: ApplicantKind = "citizen"
    category: Word = NORMAL
    submitter: Person | None = None
    relation: Word = SELF
    components: Papers = []
    options: Annotated[list[Word], Field(max_length=20)] = []
    hand_out_by: HandOutWay = "desk"
    hand_out_to: Destination | None = None
    facts: dict[Word, StrictBool | StrictInt | Annotated[StrictStr, Field(max_length=64)]] = Field(
        default={}, max_length=50
    )

    @field_validator("procedure")
    @classmethod
    def _procedure(cls, text: str) -> str:
        return str(ProcedureCode.parse(text))

    @field_validator("receiving_agency")
    @classmethod
    def _agency(cls, text: str) -> str:
        return str(AgencyId.parse(text))

    @model_validator(mode="after")
    def _people_fit(self) -> "Submission":
        if (self.submitter is None) != (self.relation == SELF):
            raise ValueError("a submitter is named exactly where the relation is not `self`")
        if self.applicant_kind == "citizen" and not self.applicant.personal_id:
            raise ValueError("a citizen is named by the personal id")
        return self


class Item(Body):
    """One thing that is missing, and why; `note` is the officer's own words and is sealed."""

    component: Word
    reason: SupplementReason
    note: Note = ""


class SupplementRequest(Body):
    """Everything that is missing, at once."""

    items: Annotated[list[Item], Field(max_length=COMPONENTS_LIMIT)]


class SupplementBrought(Body):
    """What the applicant brings."""

    components: Papers


class Refusal(Body):
    """Why reception is refused, and the law it rests on."""

    reason_code: RefusalReason
    law: str = Field(min_length=3, max_length=200)
    note: Note = ""


class Answer(Body):
    """What the desk tells the agency that sent the dossier back."""

    note: Note = ""


class Collection(Body):
    """Who collects at the desk, and what that person shows."""

    collector: Word = SELF
    paper_shown: PaperShown | None = None


class Correction(Body):
    """What stands wrong about a person, as it should stand, and why; what is left out stays, and numbers always do."""

    whose: Whose = "applicant"
    name: Name | None = None
    address: Address | None = None
    phone: Phone | None = None
    email: Email | None = None
    hand_out_to: Destination | None = None
    reason: Annotated[str, Field(min_length=3, max_length=2_000)]


class Reception:
    """Turns bodies into commands; the vault makes opaque what is personal."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def submit(self, call: Call, body: Submission) -> commands.SubmitDossier | Refused:
        """Return the submission, its people made opaque and their particulars sealed."""
        allowed = HANDS_IN_BY.get(call.principal.role, ())
        if body.channel not in allowed:
            return Refused(rules.CHANNEL_NOT_YOURS, (Invalid("channel", f"one of {', '.join(allowed) or 'none'}"),))
        procedure = ProcedureCode.parse(body.procedure)
        applicant = self.person(body.applicant, body.applicant_kind)
        submitter = applicant if body.submitter is None else self.person(body.submitter, "citizen")
        sealed = "" if body.submitter is None else self._vault.seal(submitter, body.submitter.model_dump())
        to = "" if body.hand_out_to is None else self._vault.seal(applicant, body.hand_out_to.model_dump())
        return commands.SubmitDossier(
            ref=str(ULID.from_datetime(call.now)),
            procedure=procedure.base,
            channel=body.channel,
            receiving_agency=body.receiving_agency,
            area=body.area,
            applicant=applicant,
            applicant_kind=body.applicant_kind,
            category=body.category,
            particulars=self._vault.seal(applicant, body.applicant.model_dump()),
            submitter=submitter,
            submitter_particulars=sealed,
            relation=body.relation,
            components=tuple(paper.given() for paper in body.components),
            options=tuple(dict.fromkeys(body.options)),
            hand_out_by=body.hand_out_by,
            hand_out_to=to,
            facts=dict(body.facts),
            portal_code=None,
            actor=call.principal.id,
            now=call.now,
            published_by=None if procedure.owner is None else str(procedure.owner),
        )

    def person(self, who: Person, kind: ApplicantKind) -> str:
        """Return the opaque id: a firm's by its tax code, anybody else's by the personal id."""
        if who.tax_code and (kind != "citizen" or not who.personal_id):
            person = self._vault.person("tax_code", who.tax_code)
        else:
            person = self._vault.person("personal_id", who.personal_id)
        self._vault.also_known(person, "phone", who.phone)
        return person

    def ask(self, call: Call, body: SupplementRequest) -> commands.AskForSupplement:
        """Return the request for a supplement."""
        items = tuple(MissingItem(item.component, item.reason, self._note(call, item.note)) for item in body.items)
        return commands.AskForSupplement(ref=call.ref, items=items, actor=call.principal.id, now=call.now)

    def refuse(self, call: Call, body: Refusal) -> commands.RefuseDossier:
        """Return the refusal of reception."""
        note = self._note(call, body.note)
        return commands.RefuseDossier(
            ref=call.ref, reason_code=body.reason_code, law=body.law, note=note, actor=call.principal.id, now=call.now
        )

    def answer(self, call: Call, body: Answer) -> commands.AnswerSentBack:
        """Return the answer to the agency that sent a step back."""
        note = self._note(call, body.note)
        return commands.AnswerSentBack(
            ref=call.ref, step=call.params["step"], note=note, actor=call.principal.id, now=call.now
        )

    def correct(self, call: Call, body: Correction) -> commands.CorrectParticulars:
        """Return the correction; what it says is merged with what is held, and sealed, where that is known."""
        to = "" if body.hand_out_to is None else self._sealed(call, body.hand_out_to.model_dump())
        return commands.CorrectParticulars(
            ref=call.ref,
            whose=body.whose,
            corrected=body.model_dump(include=set(PARTICULARS), exclude_none=True),
            hand_out_to=to,
            reason=self._note(call, body.reason),
            by_applicant=call.principal.role == APPLICANT,
            actor=call.principal.id,
            now=call.now,
        )

    def _note(self, call: Call, text: str) -> str:
        """Seal free text about a case under its applicant's key."""
        return self._sealed(call, {"note": text}) if text else ""

    def _sealed(self, call: Call, said: dict[str, Any]) -> str:
        row = call.row("dossiers", BY_THE_APPLICANT)
        return self._vault.seal(str(row["applicant"]), said) if row else ""


def _receive(call: Call, body: SupplementBrought) -> commands.ReceiveSupplement:
    given = tuple(paper.given() for paper in body.components)
    return commands.ReceiveSupplement(ref=call.ref, components=given, actor=call.principal.id, now=call.now)


def _plain(order: type, *named: str) -> Callable[[Call, None], Any]:
    """Return what gives an order that says only which dossier is meant, and `named` parts of its address."""
    return lambda call, body: order(
        ref=call.ref, actor=call.principal.id, now=call.now, **{name: call.params[name] for name in named}
    )


def _hand_out(call: Call, body: Collection) -> commands.HandOut:
    return commands.HandOut(
        ref=call.ref,
        way="desk",
        collector=body.collector,
        paper_shown=body.paper_shown,
        actor=call.principal.id,
        now=call.now,
    )


def _opens(command: commands.SubmitDossier) -> Scope:
    people = (command.applicant, command.submitter)
    return Scope(people=people, receiving=command.receiving_agency, procedure=command.procedure)


def standing(done: Done) -> dict[str, Any]:
    """Return where a dossier stands after a command."""
    dossier: Dossier = done.state
    assert dossier.submission is not None, "a command that was carried out is about a dossier"
    return {
        "ref": dossier.submission.ref,
        "code": dossier.code or None,
        "status": dossier.phase,
        "version": done.version,
    }


def acts(vault: Vault) -> tuple[Act, ...]:
    """Return the named commands of the desk."""
    reception = Reception(vault)
    return (
        Act(
            "submit_dossier", "/dossiers", "Nộp hồ sơ", "Hand in a dossier", WHOEVER_HANDS_IN,
            reception.submit, scope, Submission, opens=_opens, answer=standing, status=201,
        ),
        Act(
            "ask_for_supplement", "/dossiers/{ref}/supplement-request", "Yêu cầu bổ sung hồ sơ",
            "Tell the applicant everything that is missing", AT_THE_DESK, reception.ask, scope, SupplementRequest,
            answer=standing,
        ),
        Act(
            "receive_supplement", "/dossiers/{ref}/supplement", "Nhận hồ sơ bổ sung", "Take in what was asked for",
            BY_THE_APPLICANT, _receive, scope, SupplementBrought, answer=standing,
        ),
        Act(
            "accept_dossier", "/dossiers/{ref}/acceptance", "Tiếp nhận hồ sơ", "Accept a complete dossier",
            AT_THE_DESK, _plain(commands.AcceptDossier), scope, answer=standing,
        ),
        Act(
            "refuse_dossier", "/dossiers/{ref}/refusal", "Từ chối tiếp nhận hồ sơ", "Refuse reception",
            AT_THE_DESK, reception.refuse, scope, Refusal, answer=standing,
        ),
        Act(
            "withdraw_dossier", "/dossiers/{ref}/withdrawal", "Rút hồ sơ", "Withdraw, while no decision exists",
            BY_THE_APPLICANT, _plain(commands.WithdrawDossier), scope, answer=standing,
        ),
        Act(
            "answer_sent_back", "/dossiers/{ref}/sent-back/{step}/answer", "Trả lời cơ quan giải quyết",
            "Answer the agency that sent a step back", AT_THE_DESK, reception.answer, scope, Answer, answer=standing,
        ),
        Act(
            "hand_out", "/dossiers/{ref}/handing-out", "Trả kết quả tại bộ phận một cửa",
            "Give the result to whoever collects it", AT_THE_DESK, _hand_out, scope, Collection, answer=standing,
        ),
        Act(
            "digitise_component", "/dossiers/{ref}/components/{component}/digitisation", "Ghi nhận giấy tờ đã số hóa",
            "Record that a paper handed in was scanned and signed", AT_THE_DESK,
            _plain(commands.DigitiseComponent, "component"), scope, answer=standing,
        ),
        Act(
            "correct_particulars", "/dossiers/{ref}/correction", "Đính chính thông tin cá nhân",
            "Put right what stands wrong about a person", BY_THE_APPLICANT, reception.correct, scope, Correction,
            answer=standing,
        ),
    )  # fmt: skip
