"""The desk's words: every value that a dossier may carry, written once, and the small things they make up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

Channel = Literal["portal", "counter", "post"]
ApplicantKind = Literal["citizen", "enterprise", "household_business", "organisation"]
HandOutWay = Literal["desk", "online", "post"]
FeeDue = Literal["before_clock", "before_hand_out", "none"]
PaperForm = Literal["original", "copy", "electronic"]
Stage = Literal["desk", "examination"]
SupplementReason = Literal["missing", "unreadable", "expired", "not_certified", "wrong_form", "contradictory"]
RefusalReason = Literal["wrong_authority", "not_conforming", "supplement_incomplete", "already_handled"]
StopReason = Literal["no_supplement", "not_paid", "not_collected"]
Outcome = Literal["granted", "partly_granted", "refused", "withdrawn"]
Whose = Literal["applicant", "submitter"]
"""Whose particulars: the owner of the dossier's, or those of whoever handed it in."""

PaperShown = Literal["slip", "identity_paper", "authority_paper"]
Phase = Literal[
    "none", "submitted", "awaiting_payment", "accepted", "resolved", "handed_out", "refused", "withdrawn", "stopped"
]
Withdrawal = Literal["none", "requested", "turned_down"]
Posting = Literal["none", "dispatched", "kept_at_desk"]

FactValue = bool | int | str

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)
FEE_DUES: Final[tuple[FeeDue, ...]] = get_args(FeeDue)
HAND_OUT_WAYS: Final[tuple[HandOutWay, ...]] = get_args(HandOutWay)
SUPPLEMENT_REASONS: Final[tuple[SupplementReason, ...]] = get_args(SupplementReason)
REFUSAL_REASONS: Final[tuple[RefusalReason, ...]] = get_args(RefusalReason)
PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
PARTICULARS: Final = ("name", "address", "phone", "email")
"""What may be corrected of a person; the numbers that say who it is may not."""

SELF: Final = "self"
NORMAL: Final = "normal"
DESK: Final = "desk"
AGENCY: Final = "agency"
"""The party of a step that an agency carries out; the other one is the applicant."""

REFUSAL_DOCUMENT: Final = "refusal"
"""Stands among the results where the answer, or a part of it, was no: that paper is handed out like any other."""

APOLOGY: Final = "apology"
"""The cause of a new date that is a promise only: the lawful one stays (NĐ 61/2018 art. 19.9)."""

SUPPLEMENT: Final = "supplement"
"""The cause of a date that the desk itself counted anew (NĐ 61/2018 art. 19.4)."""

BY_TIMER: Final = "system:timer"
BY_SERVICE: Final = "system:intake"


@dataclass(frozen=True, slots=True)
class ComponentGiven:
    """One paper or file that was handed in.

    The flags are recorded when the paper comes in because the indicators of digitisation cannot be derived afterwards.

    Args:
        digitised: scanned and signed at the desk, or electronic from the start.
        from_e_store: taken from the applicant's electronic store instead of asked for.
        reused: an earlier result or a database stands in its place.
        substitute_for: code of the component in whose place it stands, or None.
        reused_from: the database or earlier result that stands in its place, in the registry's words (`POP`), or "".
        file: id of the file that was brought with it, or None.
        sha256: of that file as it rests, sealed, or "".
    """

    code: str
    form: PaperForm
    digitised: bool
    from_e_store: bool
    reused: bool
    substitute_for: str | None
    reused_from: str = ""
    file: str | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class FileBrought:
    """A file that comes with a component.

    Args:
        component: place of the component in the list that was handed in, and its code.
        sealed: the file's key, name and hash, for the applicant; "" where there is no such file to be handed in.
        size_bytes: of its content; `sha256` of the file as it rests.
    """

    file: str
    place: int
    component: str
    sealed: str = ""
    size_bytes: int = 0
    media_type: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One thing the applicant is asked for, and why; `note` is the officer's own words, sealed, or empty."""

    component: str
    reason: SupplementReason
    note: str


@dataclass(frozen=True, slots=True)
class ResultHeld:
    """The latest result of one step, as its agency signed it."""

    step: str
    result_code: str
    number: str


@dataclass(frozen=True, slots=True)
class AppointmentMove:
    """One change of the appointment, kept with its cause: no date moves silently.

    Args:
        cause: in routing's words, or `supplement`.
        number: which of the dossier's appointments it is, 1 for the first.
        agency: who answers for the new date, or "" for the desk.
        due_at: the lawful date from then on.
        promised_at: what the applicant was promised where that is another date, or None.
        note: the agency's reasons, sealed, or "".
    """

    cause: str
    number: int
    agency: str
    clock_from: datetime
    due_at: datetime
    promised_at: datetime | None
    note: str
    at: datetime
