"""The words of a dossier's standing that reporting adds to those of the services it hears."""

from typing import Final, Literal, get_args

Phase = Literal[
    "with_post",
    "at_desk",
    "supplement",
    "awaiting_payment",
    "in_progress",
    "resolved",
    "dispatched",
    "handed_out",
    "refused",
    "withdrawn",
    "stopped",
]
Status = Phase | Literal["withdrawal_asked", "fee_before_hand_out", "back_at_desk"]
"""A phase is what the desk's own events say; a status also takes in what the others said of the same moment."""

Party = Literal["desk", "agency", "applicant", "post", "gateway", "system"]
Colour = Literal["waiting", "running", "done", "late", "ended"]

PHASES: Final[tuple[Phase, ...]] = get_args(Phase)
STATUSES: Final[tuple[str, ...]] = (*PHASES, "withdrawal_asked", "fee_before_hand_out", "back_at_desk")

OVER: Final[frozenset[str]] = frozenset({"handed_out", "refused", "withdrawn", "stopped"})
"""Phases after which nobody's clock runs; a withdrawn or stopped dossier that kept results is still handed out."""
