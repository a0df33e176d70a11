"""What reporting reads of the chain's public events, no more than its read models need."""

from dataclasses import dataclass
from datetime import datetime

from kernel.working_time import Limit


@dataclass(frozen=True, slots=True)
class LongerLimit:
    """A longer limit that a step may be given on one ground."""

    ground: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step as it was planned at acceptance."""

    step: str
    agency: str
    needs: tuple[str, ...]
    limit: Limit
    calendar_id: str
    calendar_version: str
    longer_limits: tuple[LongerLimit, ...]
    law: str
    party: str = "agency"


@dataclass(frozen=True, slots=True)
class PlannedAppointment:
    """One of the appointments given one after the other."""

    step: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class ChainOpened:
    ref: str
    lead_agency: str
    due_at: datetime
    clock_from: datetime
    calendar_id: str
    calendar_version: str
    total_limit: Limit | None
    steps: tuple[PlannedStep, ...]
    at: datetime
    appointments: tuple[PlannedAppointment, ...] = ()
    starts_on_receipt: bool = False


@dataclass(frozen=True, slots=True)
class StepReady:
    ref: str
    step: str
    agency: str
    round: int
    clock_from: datetime
    due_at: datetime
    acknowledge_by: datetime | None
    hand_over_by: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class StepTakenOver:
    ref: str
    step: str
    agency: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepAcknowledged:
    ref: str
    step: str
    agency: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LimitExtended:
    ref: str
    step: str
    agency: str
    ground: str
    law: str
    due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepDecided:
    ref: str
    step: str
    agency: str
    result_code: str
    number: str
    signer: str
    version: int
    on_time: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepDeemedAgreed:
    ref: str
    step: str
    agency: str
    law: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepRefused:
    ref: str
    step: str
    agency: str
    reason_code: str
    law: str
    on_time: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepCancelled:
    ref: str
    step: str
    agency: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepSentBack:
    ref: str
    step: str
    agency: str
    to: str
    reason_code: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepLimitPassed:
    """`HandOverOverdue`, `AcknowledgementOverdue` and `StepOverdue`."""

    ref: str
    step: str
    agency: str
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainOverdue:
    ref: str
    agency: str
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockSuspended:
    ref: str
    ground: str
    at: datetime
    step: str = ""


@dataclass(frozen=True, slots=True)
class ClockRestarted:
    ref: str
    clock_from: datetime
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainWithdrawn:
    ref: str
    stopped: tuple[str, ...]
    kept: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalDeclined:
    ref: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainStopped:
    ref: str
    reason: str
    stopped: tuple[str, ...]
    kept: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainClosed:
    ref: str
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockResumed:
    ref: str
    ground: str
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AppointmentMoved:
    ref: str
    cause: str
    step: str
    agency: str
    number: int
    clock_from: datetime
    limit: Limit | None
    calendar_id: str
    calendar_version: str
    due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepClockStopped:
    ref: str
    step: str
    agency: str
    ground: str
    law: str
    until: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepClockResumed:
    ref: str
    step: str
    agency: str
    ground: str
    due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepClockStarted:
    ref: str
    step: str
    agency: str
    clock_from: datetime
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of a tax notice."""

    code: str
    name_vi: str
    name_en: str
    amount_vnd: int


@dataclass(frozen=True, slots=True)
class TaxNoticeIssued:
    ref: str
    step: str
    paid_in: str
    agency: str
    number: str
    lines: tuple[NoticeLine, ...]
    by: str
    at: datetime

    @property
    def total_vnd(self) -> int:
        return sum(line.amount_vnd for line in self.lines)


@dataclass(frozen=True, slots=True)
class StepFulfilled:
    ref: str
    step: str
    on_time: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ApologyAsked:
    ref: str
    step: str
    agency: str
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class DelayApologised:
    ref: str
    step: str
    agency: str
    reason_code: str
    due_at: datetime
    new_due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PromiseMoved:
    ref: str
    step: str
    agency: str
    cause: str
    promised_at: datetime
    new_due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OneStopTold:
    ref: str
    step: str
    agency: str
    to: str
    due_at: datetime
    at: datetime

    @property
    def told(self) -> str:
        """The one-stop shop, under the same name as an agency above."""
        return self.to


@dataclass(frozen=True, slots=True)
class LatenessEscalated:
    ref: str
    step: str
    agency: str
    to: str
    rung: int
    overdue_since: datetime
    at: datetime

    @property
    def told(self) -> str:
        """The agency above, under a name of its own: `to` of what was sent back is a step."""
        return self.to
