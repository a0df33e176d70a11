"""What routing does at once when the desk or payments has said something, and when a limit has passed.

Nothing here decides: what has become moot is answered with nothing by the chain itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kernel.condition import FactValue
from kernel.message import CancelTimer, Heard, Hearing, Timer, type_of
from services.routing.domain.clock_commands import PassEscalation, PassPause, PassWarning, SettleNotice
from services.routing.domain.clock_events import (
    AppointmentMoved,
    ClockEvent,
    DelayApologised,
    LatenessEscalated,
    StepClockResumed,
    StepClockStarted,
    StepClockStopped,
    StepFulfilled,
)
from services.routing.domain.commands import (
    OpenChain,
    PassAcknowledgeLimit,
    PassChainLimit,
    PassHandOverLimit,
    PassStepLimit,
    RecordSupplement,
    ResumeStep,
    StopChain,
    SuspendClock,
    WithdrawChain,
)
from services.routing.domain.events import (
    ChainClosed,
    ChainEvent,
    ChainOpened,
    ChainOverdue,
    ChainStopped,
    ChainWithdrawn,
    ClockRestarted,
    ClockSuspended,
    LimitExtended,
    StepAcknowledged,
    StepCancelled,
    StepDecided,
    StepDeemedAgreed,
    StepEvent,
    StepOverdue,
    StepReady,
    StepRefused,
    StepSentBack,
    StepTakenOver,
)
from services.routing.domain.words import POLICY, TIMER, CancelReason

# The last instant of a limit is still in time, so the bell rings just after it.
AFTER_LIMIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    """intake: the dossier is complete, has its code and its appointment.

    `received_elsewhere` says that the desk of another area received it, so that its clock starts with the resolving
    agency (NĐ 118/2025 art. 17.3).
    """

    ref: str
    code: str
    procedure: str
    procedure_version: str
    receiving_agency: str
    applicant: str
    submitter: str
    options: tuple[str, ...]
    agencies: tuple[str, ...]
    due_at: datetime
    calendar_id: str
    calendar_version: str
    clock_from: datetime
    at: datetime
    facts: dict[str, FactValue] = field(default_factory=dict)
    received_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class ObligationSettled:
    """payments: what was owed for this purpose is paid; of a tax notice, `step` is the one that determined it."""

    ref: str
    at: datetime
    purpose: str = "fee"
    step: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawalRequested:
    """intake: the applicant wants an accepted dossier back."""

    ref: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierStopped:
    """intake: nothing came in time, so the dossier is not handled any further."""

    ref: str
    reason: str


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    """intake: the applicant was told what is missing, at the `desk` or during the `examination`."""

    ref: str
    stage: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SupplementReceived:
    """intake: the applicant brought what was asked for, or a part of it."""

    ref: str
    stage: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SentBackAnswered:
    """intake: the desk gave a step back; clock and appointment as they hold from now on."""

    ref: str
    step: str
    clock_from: datetime
    due_at: datetime
    at: datetime


def _open(data: DossierAccepted, heard: Heard) -> tuple[OpenChain, ...]:
    return (
        OpenChain(
            ref=data.ref,
            code=data.code,
            procedure=data.procedure,
            procedure_version=data.procedure_version,
            receiving_agency=data.receiving_agency,
            applicant=data.applicant,
            submitter=data.submitter,
            asked=data.options,
            agencies=data.agencies,
            due_at=data.due_at,
            clock_from=data.clock_from,
            calendar_id=data.calendar_id,
            calendar_version=data.calendar_version,
            accepted_at=data.at,
            actor=POLICY,
            now=heard.now,
            facts=data.facts,
            starts_on_receipt=data.received_elsewhere,
        ),
    )


def _settle(data: ObligationSettled, heard: Heard) -> tuple[SettleNotice, ...]:
    if data.purpose != "tax_notice":
        return ()
    return (SettleNotice(ref=data.ref, step=data.step, settled_at=data.at, actor=POLICY, now=heard.now),)


def _withdraw(data: WithdrawalRequested, heard: Heard) -> tuple[WithdrawChain, ...]:
    return (WithdrawChain(ref=data.ref, requested_at=data.at, actor=POLICY, now=heard.now),)


def _stop(data: DossierStopped, heard: Heard) -> tuple[StopChain, ...]:
    reason: CancelReason = "no_supplement" if data.reason == "no_supplement" else "stopped"
    return (StopChain(ref=data.ref, reason=reason, actor=POLICY, now=heard.now),)


def _suspend(data: SupplementRequested, heard: Heard) -> tuple[SuspendClock, ...]:
    if data.stage != "examination":
        return ()
    return (SuspendClock(ref=data.ref, ground="supplement", asked_at=data.at, actor=POLICY, now=heard.now),)


def _record_supplement(data: SupplementReceived, heard: Heard) -> tuple[RecordSupplement, ...]:
    if data.stage != "examination":
        return ()
    return (RecordSupplement(ref=data.ref, received_at=data.at, actor=POLICY, now=heard.now),)


def _resume(data: SentBackAnswered, heard: Heard) -> tuple[ResumeStep, ...]:
    return (
        ResumeStep(
            ref=data.ref,
            step=data.step,
            answered_at=data.at,
            clock_from=data.clock_from,
            due_at=data.due_at,
            actor=POLICY,
            now=heard.now,
        ),
    )


HEARS: Final[tuple[Hearing, ...]] = (
    Hearing(type_of("intake", "DossierAccepted", 1), DossierAccepted, _open),
    Hearing(type_of("intake", "WithdrawalRequested", 1), WithdrawalRequested, _withdraw),
    Hearing(type_of("intake", "DossierStopped", 1), DossierStopped, _stop),
    Hearing(type_of("intake", "SupplementRequested", 1), SupplementRequested, _suspend),
    Hearing(type_of("intake", "SupplementReceived", 1), SupplementReceived, _record_supplement),
    Hearing(type_of("intake", "SentBackAnswered", 1), SentBackAnswered, _resume),
    Hearing(type_of("payments", "ObligationSettled", 1), ObligationSettled, _settle),
)


def timers(event: ChainEvent) -> tuple[Timer | CancelTimer, ...]:
    """Return which limits begin to run with a stored event, and which do not matter any more."""
    match event:
        case StepReady():
            return tuple(_limits(event))
        case LimitExtended() | StepClockResumed() | StepClockStarted():
            return (_step_limit(event), *_warning(event))
        case StepTakenOver():
            return (CancelTimer(_id(event, "hand-over")),)
        case StepAcknowledged():
            return (CancelTimer(_id(event, "hand-over")), CancelTimer(_id(event, "acknowledge")))
        case StepDecided() | StepRefused() | StepSentBack() | StepFulfilled():
            return _cancelled(event, "limit", "lateness")
        case StepCancelled() | StepDeemedAgreed():
            return _cancelled(event, "hand-over", "acknowledge", "limit", "lateness")
        case StepClockStopped():
            return (_pause(event), CancelTimer(_id(event, "lateness")))
        case StepOverdue() | LatenessEscalated() | DelayApologised():
            return _telling(event)
        case _:
            return _of_the_chain(event)


def _of_the_chain(event: ChainEvent) -> tuple[Timer | CancelTimer, ...]:
    match event:
        case AppointmentMoved(cause="apology"):
            return (_chain_telling(event.ref, event.due_at, 0),)
        case ChainOpened() | ClockRestarted() | AppointmentMoved():
            return (_chain_limit(event), *_chain_warning(event))
        case ChainOverdue() if event.next_at is not None:
            return (_chain_telling(event.ref, event.next_at, 1),)
        case ClockSuspended():
            return (CancelTimer(f"{event.ref}-chain"),)
        case ChainClosed() | ChainWithdrawn() | ChainStopped():
            return (CancelTimer(f"{event.ref}-chain"), CancelTimer(f"{event.ref}-chain-lateness"))
        case _:
            return ()


def _id(event: StepEvent | ClockEvent, limit: str) -> str:
    """Name a step's timer. `lateness` rings for the warning and then for each agency above, which never overlap."""
    return f"{event.ref}-{event.step}-{limit}"


def _cancelled(event: StepEvent | ClockEvent, *limits: str) -> tuple[CancelTimer, ...]:
    return tuple(CancelTimer(_id(event, limit)) for limit in limits)


def _chain_limit(event: ChainOpened | ClockRestarted | AppointmentMoved) -> Timer:
    rings_at = event.due_at + AFTER_LIMIT
    return Timer(f"{event.ref}-chain", rings_at, PassChainLimit(ref=event.ref, actor=TIMER, now=rings_at))


def _chain_warning(event: ChainOpened | ClockRestarted | AppointmentMoved) -> tuple[Timer, ...]:
    if event.warn_at is None:
        return ()
    warning = PassWarning(ref=event.ref, step="", round=0, actor=TIMER, now=event.warn_at)
    return (Timer(f"{event.ref}-chain-lateness", event.warn_at, warning),)


def _chain_telling(ref: str, at: datetime, rung: int) -> Timer:
    rings_at = at + AFTER_LIMIT
    telling = PassEscalation(ref=ref, step="", round=0, rung=rung, actor=TIMER, now=rings_at)
    return Timer(f"{ref}-chain-lateness", rings_at, telling)


def _limits(event: StepReady) -> Iterator[Timer]:
    ref, step, round = event.ref, event.step, event.round
    if event.hand_over_by is not None:
        rings_at = event.hand_over_by + AFTER_LIMIT
        hand_over = PassHandOverLimit(ref=ref, step=step, round=round, actor=TIMER, now=rings_at)
        yield Timer(_id(event, "hand-over"), rings_at, hand_over)
    if event.acknowledge_by is not None:
        rings_at = event.acknowledge_by + AFTER_LIMIT
        acknowledge = PassAcknowledgeLimit(ref=ref, step=step, round=round, actor=TIMER, now=rings_at)
        yield Timer(_id(event, "acknowledge"), rings_at, acknowledge)
    yield _step_limit(event)
    yield from _warning(event)


def _step_limit(event: StepReady | LimitExtended | StepClockResumed | StepClockStarted) -> Timer:
    rings_at = event.due_at + AFTER_LIMIT
    limit = PassStepLimit(ref=event.ref, step=event.step, round=event.round, actor=TIMER, now=rings_at)
    return Timer(_id(event, "limit"), rings_at, limit)


def _warning(event: StepReady | LimitExtended | StepClockResumed | StepClockStarted) -> tuple[Timer, ...]:
    if event.warn_at is None:
        return ()
    warning = PassWarning(ref=event.ref, step=event.step, round=event.round, actor=TIMER, now=event.warn_at)
    return (Timer(_id(event, "lateness"), event.warn_at, warning),)


def _pause(event: StepClockStopped) -> Timer | CancelTimer:
    """While a clock stands still its limit is no bell; the longest time that it may stand still is one."""
    if event.until is None:
        return CancelTimer(_id(event, "limit"))
    rings_at = event.until + AFTER_LIMIT
    over = PassPause(ref=event.ref, step=event.step, round=event.round, until=event.until, actor=TIMER, now=rings_at)
    return Timer(_id(event, "limit"), rings_at, over)


def _telling(event: StepOverdue | LatenessEscalated | DelayApologised) -> tuple[Timer, ...]:
    """Return when the next agency above is told: a promise made too late puts that off until it is broken too."""
    match event:
        case StepOverdue():
            at, rung = event.next_at, 1
        case LatenessEscalated():
            at, rung = event.next_at, event.rung + 1
        case DelayApologised():
            at, rung = (event.new_due_at if event.step and event.at > event.due_at else None), 0
    if at is None:
        return ()
    if not event.step:
        return (_chain_telling(event.ref, at, rung),)
    rings_at = at + AFTER_LIMIT
    telling = PassEscalation(ref=event.ref, step=event.step, round=event.round, rung=rung, actor=TIMER, now=rings_at)
    return (Timer(_id(event, "lateness"), rings_at, telling),)
