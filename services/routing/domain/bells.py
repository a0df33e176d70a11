"""Which bells a fact sets, and which it silences: warnings, limits that pass, pauses that end, and who is told next.

Law: NĐ 61/2018/NĐ-CP art. 19.9; NĐ 301/2026/NĐ-CP (hand-over, acknowledgement). A bell decides nothing: what has become
moot when it rings is answered with nothing by the chain itself. Every instant stands in the fact that sets the bell.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from kernel.message import CancelTimer, Timer
from services.routing.domain.clock_commands import PassEscalation, PassPause, PassWarning
from services.routing.domain.clock_events import (
    AppointmentMoved,
    ClockEvent,
    DelayApologised,
    LatenessEscalated,
    PromiseMoved,
    StepClockResumed,
    StepClockStarted,
    StepClockStopped,
    StepFulfilled,
)
from services.routing.domain.commands import (
    PassAcknowledgeLimit,
    PassChainLimit,
    PassHandOverLimit,
    PassStepLimit,
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
from services.routing.domain.words import TIMER

AFTER_LIMIT: Final = timedelta(seconds=1)
"""The last instant of a limit is still in time, so the bell rings just after it."""


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
        case StepOverdue() | LatenessEscalated() | DelayApologised() | PromiseMoved():
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


def _telling(event: StepOverdue | LatenessEscalated | DelayApologised | PromiseMoved) -> tuple[Timer, ...]:
    """Return when the next agency above is told: a promise made too late puts that off until it is broken too."""
    match event:
        case StepOverdue():
            at, rung = event.next_at, 1
        case LatenessEscalated():
            at, rung = event.next_at, event.rung + 1
        case DelayApologised():
            at, rung = (event.new_due_at if event.step and event.at > event.due_at else None), 0
        case PromiseMoved():
            at, rung = (event.new_due_at if event.step else None), 0
    if at is None:
        return ()
    if not event.step:
        return (_chain_telling(event.ref, at, rung),)
    rings_at = at + AFTER_LIMIT
    telling = PassEscalation(ref=event.ref, step=event.step, round=event.round, rung=rung, actor=TIMER, now=rings_at)
    return (Timer(_id(event, "lateness"), rings_at, telling),)
