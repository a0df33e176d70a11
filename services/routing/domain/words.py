"""Every word that routing uses as a value, once: stages, outcomes, reasons and parties."""

from typing import Final, Literal, get_args

Stage = Literal["planned", "ready", "taken_over", "acknowledged", "sent_back", "decided", "refused", "cancelled"]
"""`planned` waits for its needs; `sent_back` for another step or the desk; the last three are closed."""

Outcome = Literal["granted", "partly_granted", "refused"]
CancelReason = Literal["needs_refused", "withdrawn", "no_supplement", "stopped", "not_paid"]
DeclineReason = Literal["chain_closed"]
Ground = Literal["supplement", "payment", "tax_notice", "third_party", "posting", "incident"]
"""Why a clock stands still; the grounds of QĐ 766/QĐ-TTg and of each procedure's own law."""

GROUNDS: Final[dict[str, Ground]] = {ground: ground for ground in get_args(Ground)}
"""The ground that a procedure's data names; there are no others."""

MoveCause = Literal["received", "resumed", "second_appointment", "apology", "closed_day", "extended"]
"""Why an appointment has another date; only `apology` leaves the lawful due date where it was."""

PromiseCause = Literal["closed_day", "incident"]
"""Why a promised date is kept on another day: the calendar was corrected, or the platform was broken."""

StepParty = Literal["agency", "applicant"]
Silence = Literal["escalate", "deemed_agreed"]
Party = Literal["desk", "agency", "applicant", "post", "gateway", "system"]
PassedLimit = Literal["hand_over", "acknowledge", "warning", "step"]
"""`warning` and `step`: its agency was asked to warn of lateness; the limit itself has passed."""

DESK: Final = "desk"
"""Where a step may be sent back to instead of an earlier step; no step may have this code."""

POLICY: Final = "system:routing"
TIMER: Final = "system:timer"
