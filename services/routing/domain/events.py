"""What can have happened to a chain; every fact is kept for ever, in these words.

Law: TT 01/2018/TT-VPCP art. 17 (every step in real time, with its history); TT 03/2025/TT-VPCP Phụ lục I Mẫu 06.

`ref` is the dossier's reference, `at` the UTC instant, `by` the principal who acted, `agency` the one whose step it is.
`note` is an officer's text about the case, sealed. `round` counts how often a step became ready, `version` the results
it issued.
"""

from dataclasses import dataclass
from datetime import datetime, time

from kernel.working_time import Limit
from services.routing.domain.clock_events import ClockEvent
from services.routing.domain.plan import PlannedAppointment, PlannedStep
from services.routing.domain.words import CancelReason, DeclineReason, Ground, Outcome


@dataclass(frozen=True, slots=True)
class ChainOpened:
    """The chain of an accepted dossier was opened, pinned to the version of its procedure and of every calendar.

    Args:
        due_at: the appointment, a promise to the applicant.
        clock_from: the instant from which the law counts, the 15:00 rule applied.
        calendar_id, calendar_version: the calendar that the appointment was counted on.
        total_limit: the limit promised for the whole chain, or None where it follows from the steps.
        appointments: where several are given one after the other; empty: one, `due_at`.
        starts_on_receipt: received elsewhere, so its clock starts when the resolving agency receives it (NĐ 118/2025
            art. 17.3).
        escalate_every: how long until the next agency up the tree is told while something stays overdue.
        warn_at: when the lead is asked to warn that the appointment will not be kept (NĐ 61/2018 art. 19.9).
        same_day_until: the 15:00 rule of its procedure, for a clock that starts only when it is received.
    """

    ref: str
    code: str
    procedure: str
    procedure_version: str
    receiving_agency: str
    lead_agency: str
    applicant: str
    submitter: str
    due_at: datetime
    clock_from: datetime
    calendar_id: str
    calendar_version: str
    total_limit: Limit | None
    steps: tuple[PlannedStep, ...]
    at: datetime
    appointments: tuple[PlannedAppointment, ...] = ()
    starts_on_receipt: bool = False
    escalate_every: Limit | None = None
    warn_at: datetime | None = None
    same_day_until: time | None = None


@dataclass(frozen=True, slots=True)
class StepReady:
    """What the step needs exists: its agency may begin, and its limits run.

    Args:
        clock_from: the instant its own limit runs from.
        send_back_by: until when it may ask for a supplement in time (NĐ 61/2018 art. 19.4).
        warn_at: when its agency is asked to warn of lateness (art. 19.9); None where its silence is agreement.
    """

    ref: str
    step: str
    agency: str
    round: int
    clock_from: datetime
    due_at: datetime
    acknowledge_by: datetime | None
    hand_over_by: datetime | None
    send_back_by: datetime
    at: datetime
    warn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepTakenOver:
    """The agency's own system has the step."""

    ref: str
    step: str
    agency: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepAcknowledged:
    """An officer of the agency confirmed that the step is theirs now; it was taken over by then at the latest."""

    ref: str
    step: str
    agency: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LimitExtended:
    """The agency claimed the longer limit that the law gives its step on a ground such as verification."""

    ref: str
    step: str
    agency: str
    round: int
    ground: str
    law: str
    due_at: datetime
    by: str
    at: datetime
    warn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepDecided:
    """The agency issued its result; it is released at once, whatever the other steps do.

    Args:
        signer: the post of who signed, not a personal name.
        sha256: of the sealed result document.
        internal: it goes to the agencies that need it and is not handed out.
    """

    ref: str
    step: str
    agency: str
    result_code: str
    number: str
    signer: str
    sha256: str
    version: int
    on_time: bool
    by: str
    at: datetime
    internal: bool = False


@dataclass(frozen=True, slots=True)
class StepDeemedAgreed:
    """The consulted agency was silent until its limit, which the law of this step counts as agreement."""

    ref: str
    step: str
    agency: str
    law: str
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class StepRefused:
    """The agency refused after examination; in a round of correction it revoked the result it had issued."""

    ref: str
    step: str
    agency: str
    reason_code: str
    law: str
    note: str
    on_time: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepCancelled:
    """The step stopped undecided; a result it issued in an earlier round stays valid."""

    ref: str
    step: str
    agency: str
    reason: CancelReason
    at: datetime


@dataclass(frozen=True, slots=True)
class StepSentBack:
    """The agency found an error in an earlier result, or (to `desk`) that the applicant must supplement.

    Args:
        on_time: whether a supplement was asked for within `send_back_by`; always true towards an earlier step.
    """

    ref: str
    step: str
    agency: str
    to: str
    reason_code: str
    note: str
    on_time: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeskAnswered:
    """The desk gave a step back what it was sent back for; private, the desk itself has said so."""

    ref: str
    step: str
    clock_from: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class HandOverOverdue:
    """The agency's system did not take the step over in time."""

    ref: str
    step: str
    agency: str
    round: int
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class AcknowledgementOverdue:
    """Nobody at the agency confirmed the step in time."""

    ref: str
    step: str
    agency: str
    round: int
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class StepOverdue:
    """The step's own limit passed while it was undecided; `next_at`: when an agency above is told, if there is one."""

    ref: str
    step: str
    agency: str
    round: int
    due_at: datetime
    at: datetime
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChainOverdue:
    """The appointment passed while the chain was open; `agency` leads the chain and answers for it.

    `next_at` is when the agency above the lead is told; None where there is none, or where a step is overdue itself and
    its own agency's superiors are told.
    """

    ref: str
    agency: str
    due_at: datetime
    at: datetime
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClockSuspended:
    """The clock of the whole chain stands still on a legal ground; `step` is the one that it waits for, if one."""

    ref: str
    ground: Ground
    at: datetime
    step: str = ""


@dataclass(frozen=True, slots=True)
class SupplementArrived:
    """The desk has what the applicant brought and holds the dossier until it answers; private, as above."""

    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockRestarted:
    """The clock of the whole chain runs again, from zero since `clock_from`; `due_at` is the new appointment."""

    ref: str
    clock_from: datetime
    due_at: datetime
    at: datetime
    warn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChainWithdrawn:
    """The applicant withdrew while something was undecided.

    Args:
        stopped: steps whose work stopped.
        kept: steps whose results stay valid and are handed out.
    """

    ref: str
    stopped: tuple[str, ...]
    kept: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalDeclined:
    """The applicant wanted to withdraw after everything had been decided; `requested_at` tells which request."""

    ref: str
    reason: DeclineReason
    requested_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainStopped:
    """The desk stopped the dossier, so what was undecided stopped; `stopped` and `kept` as in a withdrawal."""

    ref: str
    reason: CancelReason
    stopped: tuple[str, ...]
    kept: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainClosed:
    """Nothing is open any more: `granted` if every step was decided, `refused` if none was."""

    ref: str
    outcome: Outcome
    at: datetime


StepEvent = (
    StepReady
    | StepTakenOver
    | StepAcknowledged
    | LimitExtended
    | StepDecided
    | StepDeemedAgreed
    | StepRefused
    | StepCancelled
    | StepSentBack
    | DeskAnswered
    | HandOverOverdue
    | AcknowledgementOverdue
    | StepOverdue
)

ChainEvent = (
    StepEvent
    | ClockEvent
    | ChainOpened
    | ChainOverdue
    | ClockSuspended
    | SupplementArrived
    | ClockRestarted
    | ChainWithdrawn
    | WithdrawalDeclined
    | ChainStopped
    | ChainClosed
)
