"""What the papers of the desk look like as JSON, field by field as the forms of the circular have them.

Law: TT 03/2025/TT-VPCP appendix I, forms 01–05.
"""

from pydantic import BaseModel, ConfigDict, Field


class Said(BaseModel):
    """What all of these have in common: no field stands in them that is not described."""

    model_config = ConfigDict(extra="forbid")


class InBoth(Said):
    """A text in both languages."""

    vi: str
    en: str


class PersonOnPaper(Said):
    """Who a paper is about; null is what nobody may read any more, `erased` where that was asked for."""

    name: str | None
    personal_id: str | None
    tax_code: str | None
    address: str | None
    phone: str | None
    email: str | None
    erased: bool


class SubmitterOnPaper(PersonOnPaper):
    """Who handed it in for the applicant, and with which paper."""

    relation: str
    paper: str | None


class ReceiverOnPaper(Said):
    """Where the result goes; empty where that was erased."""

    name: str = ""
    address: str = ""
    phone: str = ""
    erased: bool = False


class PaperHead(Said):
    """What stands at the top of every form, and whom it is about."""

    form: str
    circular: str
    governing_body: str | None
    agency: str
    ref: str
    page: str
    date: str
    applicant: PersonOnPaper
    content: str


class ComponentOnSlip(Said):
    """A paper that was taken in."""

    name_vi: str
    form: str
    substitute_for: str | None


class MoveOnSlip(Said):
    """A later date, with its cause."""

    cause: str
    number: int
    agency: str | None
    due_at: str
    promised_at: str | None
    date: str


class RegisterEntry(Said):
    """Where it stands in the desk's register."""

    book: str
    entry: str


class SlipShown(PaperHead):
    """Form 01: the slip of acceptance and appointment."""

    number: str
    code: str
    authorised_by: SubmitterOnPaper | None
    components: list[ComponentOnSlip]
    sets: int
    legal_limit: InBoth
    received_at: str
    clock_from: str
    due_at: str
    due_is_provisional: bool
    appointment_moves: list[MoveOnSlip]
    hand_out_by: str
    hand_out_to: ReceiverOnPaper | None
    corrected_on: list[str]
    entered: RegisterEntry = Field(alias="register")
    received_by: str


class ItemOnRequest(Said):
    """One thing that is missing."""

    component: str
    name_vi: str
    reason: str
    note: str
    awaited: bool


class RequestShown(PaperHead):
    """Form 02: the request for a supplement."""

    code: str | None
    stage: str
    wanted_by: str | None
    items: list[ItemOnRequest]
    due_at: str | None
    contact: str


class RefusalShown(PaperHead):
    """Form 03: the refusal of reception."""

    code: str | None
    reason: str
    law: str
    note: str
    refused_by: str


class ApologyShown(PaperHead):
    """Form 04: the apology for a delay, with a new date."""

    code: str
    accepted_on: str
    late_agency: str | None
    due_at: str
    promised_at: str
    note: str


class StopNoticeShown(PaperHead):
    """Form 05: the notice that handling has stopped."""

    code: str | None
    ground: str
    law: str
    kept_results: list[str]


class CorrectionShown(Said):
    """What was put right about a person: before and after, as far as anybody may read it still."""

    whose: str
    by: str
    at: str
    reason: str
    before: dict[str, str | bool | None]
    after: dict[str, str | bool | None]


class CorrectionsShown(Said):
    """Every correction, in order."""

    items: list[CorrectionShown]
