"""The desk's words: every value that a dossier may carry, written once, and the small things they make up."""

from dataclasses import dataclass
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

SELF: Final = "self"
NORMAL: Final = "normal"
DESK: Final = "desk"
REFUSAL_DOCUMENT: Final = "refusal"
"""Stands among the results where the answer, or a part of it, was no: that paper is handed out like any other."""

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
    """

    code: str
    form: PaperForm
    digitised: bool
    from_e_store: bool
    reused: bool
    substitute_for: str | None


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
