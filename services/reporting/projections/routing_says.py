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


@dataclass(frozen=True, slots=True)
class ChainOpened:
    ref: str
    lead_agency: str
    total_limit: Limit | None
    steps: tuple[PlannedStep, ...]
    at: datetime


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


@dataclass(frozen=True, slots=True)
class ClockRestarted:
    ref: str
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
