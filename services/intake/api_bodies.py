"""What the desk may be told over HTTP, field by field, each of a bounded length.

Law: NĐ 118/2025 arts. 15–17; Luật 91/2025/QH15 (nothing is asked for that the procedure does not need).
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, field_validator, model_validator

from chassis.limits import (
    ADDRESS_LENGTH_MAX,
    AGENCY_LENGTH_MAX,
    CODE_LENGTH_MAX,
    COMPONENTS_MAX,
    EMAIL_LENGTH_MAX,
    FACTS_MAX,
    IDENTIFIER_LENGTH_MAX,
    NAME_LENGTH_MAX,
    NOTE_LENGTH_MAX,
    OPTIONS_MAX,
    PHONE_LENGTH_MAX,
    WORD_LENGTH_MAX,
)
from chassis.web.fields import Law
from kernel.codes import AgencyId, InvalidCode, PersonalId, ProcedureCode, TaxCode
from services.intake.domain.words import (
    NORMAL,
    SELF,
    ApplicantKind,
    Channel,
    ComponentGiven,
    HandOutWay,
    PaperForm,
    PaperShown,
    RefusalReason,
    SupplementReason,
    Whose,
)

Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
Word = Annotated[str, Field(min_length=1, max_length=WORD_LENGTH_MAX, pattern=r"^[0-9A-Za-z_.-]+$")]
Address = Annotated[str, Field(max_length=ADDRESS_LENGTH_MAX)]
Phone = Annotated[str, Field(max_length=PHONE_LENGTH_MAX, pattern=r"^[0-9+ ().-]*$")]
Email = Annotated[str, Field(max_length=EMAIL_LENGTH_MAX, pattern=r"^([^@\s]+@[^@\s]+)?$")]
Note = Annotated[str, Field(max_length=NOTE_LENGTH_MAX)]
FileId = Annotated[str, Field(pattern=r"^f[0-9a-f]{24}$", description="Id of an upload that is whole")]


class Body(BaseModel):
    """What bodies have in common: a field that nobody reads is a mistake worth hearing of."""

    model_config = ConfigDict(extra="forbid")


class Person(Body):
    """A natural person by personal id, or a firm by tax code."""

    name: Name
    personal_id: str = Field(default="", max_length=IDENTIFIER_LENGTH_MAX)
    tax_code: str = Field(default="", max_length=IDENTIFIER_LENGTH_MAX)
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
    address: Annotated[str, Field(min_length=1, max_length=ADDRESS_LENGTH_MAX)]
    phone: Phone = ""


class Paper(Body):
    """One component as it is given."""

    code: Word
    form: PaperForm = "original"
    digitised: bool = False
    from_e_store: bool = False
    reused: bool = False
    substitute_for: Word | None = None
    reused_from: Annotated[str, Field(max_length=WORD_LENGTH_MAX, pattern=r"^[0-9A-Za-z_.-]*$")] = ""
    file: FileId | None = None

    def given(self, sha256: str = "") -> ComponentGiven:
        """Return the component in the desk's words; `sha256` of its file as it rests."""
        reused = self.reused or bool(self.reused_from)
        return ComponentGiven(
            self.code, self.form, self.digitised, self.from_e_store, reused, self.substitute_for, self.reused_from,
            self.file, sha256,
        )  # fmt: skip


Papers = Annotated[list[Paper], Field(max_length=COMPONENTS_MAX)]


class Submission(Body):
    """A dossier as it is handed in."""

    procedure: str = Field(max_length=CODE_LENGTH_MAX)
    channel: Channel
    receiving_agency: str = Field(max_length=AGENCY_LENGTH_MAX)
    area: str | None = Field(default=None, max_length=10, pattern=r"^[0-9]+$")
    applicant: Person
    applicant_kind: ApplicantKind = "citizen"
    category: Word = NORMAL
    submitter: Person | None = None
    relation: Word = SELF
    components: Papers = []
    options: Annotated[list[Word], Field(max_length=OPTIONS_MAX)] = []
    hand_out_by: HandOutWay = "desk"
    hand_out_to: Destination | None = None
    facts: dict[Word, StrictBool | StrictInt | Annotated[StrictStr, Field(max_length=WORD_LENGTH_MAX)]] = Field(
        default={}, max_length=FACTS_MAX
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

    items: Annotated[list[Item], Field(max_length=COMPONENTS_MAX)]


class SupplementBrought(Body):
    """What the applicant brings."""

    components: Papers


class Refusal(Body):
    """Why reception is refused, and the law it rests on."""

    reason_code: RefusalReason
    law: Law
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
    reason: Annotated[str, Field(min_length=3, max_length=NOTE_LENGTH_MAX)]
