"""What a chain may be told to do.

Every command names the dossier (`ref`), who asks (`actor`) and when (`now`, UTC). Agencies' commands say for which
`agency` they act. `calendars`, `plan` and the like are context that the shell fills in; nothing of it is stored unless
an event says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from kernel.condition import FactValue
from kernel.working_time import Limit
from services.routing.domain.clock_commands import ClockCommand
from services.routing.domain.clock_events import NoticeLine
from services.routing.domain.plan import Calendars, PlannedAppointment, PlannedStep, no_calendars
from services.routing.domain.words import CancelReason, Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChain:
    """Begin the chain of a dossier that was accepted at `accepted_at`.

    `asked` are the optional steps that the applicant asked for, `facts` what the dossier answered to the procedure's
    questions; `starts_on_receipt` says that it was received elsewhere. Plan, lead, limits, appointments and calendars
    come from the registry's version of the procedure.
    """

    ref: str
    code: str
    procedure: str
    procedure_version: str
    receiving_agency: str
    applicant: str
    submitter: str
    asked: tuple[str, ...]
    agencies: tuple[str, ...]
    due_at: datetime
    clock_from: datetime
    calendar_id: str
    calendar_version: str
    accepted_at: datetime
    actor: str
    now: datetime
    lead_agency: str = ""
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    starts_on_receipt: bool = False
    total_limit: Limit | None = None
    plan: tuple[PlannedStep, ...] = ()
    appointments: tuple[PlannedAppointment, ...] = ()
    escalate_every: Limit | None = None
    same_day_until: time | None = None
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOverStep:
    """The agency's system has the step."""

    ref: str
    step: str
    agency: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeStep:
    """An officer confirms that the step is theirs."""

    ref: str
    step: str
    agency: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendLimit:
    """Claim the longer limit that the law gives the step on `ground`."""

    ref: str
    step: str
    agency: str
    ground: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideStep:
    """Issue the step's result; `notice` are the lines of what the applicant owes, where the step determines that."""

    ref: str
    step: str
    agency: str
    result_code: str
    number: str
    signer: str
    sha256: str
    notice: tuple[NoticeLine, ...] = ()
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseStep:
    """Refuse after examination, for a reason in law; `note` is sealed."""

    ref: str
    step: str
    agency: str
    reason_code: str
    law: str
    note: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack:
    """Send the step back to an earlier one whose result is wrong, or to the desk for a supplement; `note` is sealed."""

    ref: str
    step: str
    agency: str
    to: str
    reason_code: str
    note: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeStep:
    """The desk answered at `answered_at` what the step was sent back for.

    `clock_from` and `due_at` are the appointment from now on, new after a supplement.
    """

    ref: str
    step: str
    answered_at: datetime
    clock_from: datetime
    due_at: datetime
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendClock:
    """The applicant was asked for a supplement, at `asked_at`, during the examination."""

    ref: str
    ground: Ground
    asked_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSupplement:
    """The applicant brought papers to the desk at `received_at`."""

    ref: str
    received_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawChain:
    """The applicant asked at `requested_at` to withdraw the dossier."""

    ref: str
    requested_at: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StopChain:
    """The desk stopped the dossier."""

    ref: str
    reason: CancelReason
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassHandOverLimit:
    """The hand-over limit of a round of a step has passed."""

    ref: str
    step: str
    round: int
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassAcknowledgeLimit:
    """The acknowledgement limit of a round of a step has passed."""

    ref: str
    step: str
    round: int
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassStepLimit:
    """The limit of a round of a step has passed: what the timer carries. The shell hands it on as `JudgeStepLimit`."""

    ref: str
    step: str
    round: int
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeStepLimit:
    """Say what it means that a step's limit has passed: lateness, or agreement where its law counts silence so."""

    ref: str
    step: str
    round: int
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class PassChainLimit:
    """The appointment has passed."""

    ref: str
    actor: str
    now: datetime


AgencyCommand = TakeOverStep | AcknowledgeStep | ExtendLimit | DecideStep | RefuseStep | SendBack

ChainCommand = (
    AgencyCommand
    | ClockCommand
    | OpenChain
    | ResumeStep
    | SuspendClock
    | RecordSupplement
    | WithdrawChain
    | StopChain
    | PassHandOverLimit
    | PassAcknowledgeLimit
    | JudgeStepLimit
    | PassChainLimit
)
