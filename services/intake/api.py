"""What the desk may be told over HTTP: JSON in, a command; an answer out.

Law: NĐ 61/2018 arts. 11, 16–17, 20; NĐ 118/2025 arts. 15–17, 21; Luật 91/2025/QH15 (what is personal is sealed at the
border).
"""

from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel
from ulid import ULID

from chassis.executor import Done
from chassis.limits import DOSSIER_FILES_BYTES_MAX, DOSSIER_FILES_MAX
from chassis.service import Scope
from chassis.uploads import Uploads, owner_of
from chassis.vault import Vault
from chassis.web.acts import Act, Call
from chassis.web.auth import ALL, APPLICANT, DESK_OFFICER, OWN, POSTAL_STAFF, RECEIVING, SYSTEM, Rights
from kernel.codes import ProcedureCode
from kernel.refusal import Invalid, Refused
from services.intake.api_bodies import (
    Answer,
    Collection,
    Correction,
    Paper,
    Person,
    Refusal,
    Submission,
    SupplementBrought,
    SupplementRequest,
)
from services.intake.domain import commands, rules
from services.intake.domain.state import Dossier
from services.intake.domain.words import PARTICULARS, ApplicantKind, Channel, ComponentGiven, FileBrought, MissingItem
from services.intake.projections.files import held_bytes, taken_by
from services.intake.projections.shown import scope

AT_THE_DESK: Final[Rights] = {DESK_OFFICER: RECEIVING, SYSTEM: ALL}
BY_THE_APPLICANT: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING, SYSTEM: ALL}
WHOEVER_HANDS_IN: Final[Rights] = {**BY_THE_APPLICANT, POSTAL_STAFF: ALL}
HANDS_IN_BY: Final[dict[str, tuple[Channel, ...]]] = {
    APPLICANT: ("portal", "post"),
    DESK_OFFICER: ("counter", "post"),
    POSTAL_STAFF: ("post",),
    SYSTEM: ("portal", "counter", "post"),
}


class Reception:
    """Turns bodies into commands; the vault makes opaque what is personal."""

    def __init__(self, vault: Vault, uploads: Uploads) -> None:
        self._vault = vault
        self._uploads = uploads

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
        ref = str(ULID.from_datetime(call.now))
        brought = self._brought(call, ref, body.components, applicant)
        if too_much := _too_much(brought):
            return too_much
        return commands.SubmitDossier(
            ref=ref,
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
            components=_given(body.components, brought),
            files=brought,
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

    def receive(self, call: Call, body: SupplementBrought) -> commands.ReceiveSupplement | Refused:
        """Return the supplement; its files are sealed for the dossier's applicant."""
        row = call.row("dossiers", BY_THE_APPLICANT)
        brought = self._brought(call, call.ref, body.components, str(row["applicant"])) if row else ()
        if too_much := _too_much(brought, *held_bytes(call.store, call.ref)):
            return too_much
        given = _given(body.components, brought)
        return commands.ReceiveSupplement(
            ref=call.ref, components=given, files=brought, actor=call.principal.id, now=call.now
        )

    def _brought(self, call: Call, ref: str, papers: list[Paper], applicant: str) -> tuple[FileBrought, ...]:
        """Return the files that papers name; one that is not there, or another's, comes without its seal."""
        who = call.principal
        owner = owner_of(who.id, who.role, who.agency, who.person)
        found = []
        for place, paper in enumerate(papers):
            if paper.file is None:
                continue
            brought = FileBrought(paper.file, place, paper.code)
            offered = self._uploads.offered(paper.file, owner, applicant, ref, call.now)
            if offered is not None:
                brought = FileBrought(
                    paper.file, place, paper.code, offered.sealed, offered.size, offered.media_type, offered.sha256
                )
            found.append(brought if offered is not None else taken_by(call.store, ref, brought) or brought)
        return tuple(found)

    def _note(self, call: Call, text: str) -> str:
        """Seal free text about a case under its applicant's key."""
        return self._sealed(call, {"note": text}) if text else ""

    def _sealed(self, call: Call, said: dict[str, Any]) -> str:
        row = call.row("dossiers", BY_THE_APPLICANT)
        return self._vault.seal(str(row["applicant"]), said) if row else ""


def _given(papers: list[Paper], brought: tuple[FileBrought, ...]) -> tuple[ComponentGiven, ...]:
    hashes = {one.place: one.sha256 for one in brought}
    return tuple(paper.given(hashes.get(place, "")) for place, paper in enumerate(papers))


def _too_much(brought: tuple[FileBrought, ...], files: int = 0, bytes: int = 0) -> Refused | None:
    """Refuse what would give a dossier more than is taken, `files` of `bytes` being there."""
    if files + len(brought) > DOSSIER_FILES_MAX or bytes + sum(one.size_bytes for one in brought) > (
        DOSSIER_FILES_BYTES_MAX
    ):
        said = f"at most {DOSSIER_FILES_MAX} files of together {DOSSIER_FILES_BYTES_MAX} bytes"
        return Refused(rules.FILES_TOO_MANY, (Invalid("components", said),))
    return None


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


class DossierStanding(BaseModel):
    """Where a dossier stands after a command."""

    ref: str
    code: str | None
    status: str
    version: int


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


def acts(vault: Vault, uploads: Uploads) -> tuple[Act, ...]:
    """Return the named commands of the desk."""
    reception = Reception(vault, uploads)
    return (
        Act(
            "submit_dossier", "/dossiers", "Nộp hồ sơ", "Hand in a dossier", WHOEVER_HANDS_IN,
            reception.submit, scope, Submission, opens=_opens, answer=standing, answers=DossierStanding, status=201,
        ),
        Act(
            "ask_for_supplement", "/dossiers/{ref}/supplement-request", "Yêu cầu bổ sung hồ sơ",
            "Tell the applicant everything that is missing", AT_THE_DESK, reception.ask, scope, SupplementRequest,
            answer=standing, answers=DossierStanding,
        ),
        Act(
            "receive_supplement", "/dossiers/{ref}/supplement", "Nhận hồ sơ bổ sung", "Take in what was asked for",
            BY_THE_APPLICANT, reception.receive, scope, SupplementBrought, answer=standing, answers=DossierStanding,
        ),
        Act(
            "accept_dossier", "/dossiers/{ref}/acceptance", "Tiếp nhận hồ sơ", "Accept a complete dossier",
            AT_THE_DESK, _plain(commands.AcceptDossier), scope, answer=standing, answers=DossierStanding,
        ),
        Act(
            "refuse_dossier", "/dossiers/{ref}/refusal", "Từ chối tiếp nhận hồ sơ", "Refuse reception",
            AT_THE_DESK, reception.refuse, scope, Refusal, answer=standing, answers=DossierStanding,
        ),
        Act(
            "withdraw_dossier", "/dossiers/{ref}/withdrawal", "Rút hồ sơ", "Withdraw, while no decision exists",
            BY_THE_APPLICANT, _plain(commands.WithdrawDossier), scope, answer=standing, answers=DossierStanding,
        ),
        Act(
            "answer_sent_back", "/dossiers/{ref}/sent-back/{step}/answer", "Trả lời cơ quan giải quyết",
            "Answer the agency that sent a step back", AT_THE_DESK, reception.answer, scope, Answer,
            answer=standing, answers=DossierStanding,
        ),
        Act(
            "hand_out", "/dossiers/{ref}/handing-out", "Trả kết quả tại bộ phận một cửa",
            "Give the result to whoever collects it", AT_THE_DESK, _hand_out, scope, Collection,
            answer=standing, answers=DossierStanding,
        ),
        Act(
            "digitise_component", "/dossiers/{ref}/components/{component}/digitisation", "Ghi nhận giấy tờ đã số hóa",
            "Record that a paper handed in was scanned and signed", AT_THE_DESK,
            _plain(commands.DigitiseComponent, "component"), scope, answer=standing, answers=DossierStanding,
        ),
        Act(
            "correct_particulars", "/dossiers/{ref}/correction", "Đính chính thông tin cá nhân",
            "Put right what stands wrong about a person", BY_THE_APPLICANT, reception.correct, scope, Correction,
            answer=standing, answers=DossierStanding,
        ),
    )  # fmt: skip
