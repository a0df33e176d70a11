"""What routing tells the others: every fact about a chain except what the desk has said itself.

The stored events named here have exactly the public shape, so they are handed out as they are; their notes are sealed.
"""

from typing import Final, assert_never

from kernel.message import PublicEvent
from services.routing.domain.clock_events import (
    ApologyAsked,
    AppointmentMoved,
    ClockResumed,
    DelayApologised,
    LatenessEscalated,
    OneStopTold,
    PromiseMoved,
    StepClockResumed,
    StepClockStarted,
    StepClockStopped,
    StepFulfilled,
    TaxNoticeIssued,
)
from services.routing.domain.events import (
    AcknowledgementOverdue,
    ChainClosed,
    ChainEvent,
    ChainOpened,
    ChainOverdue,
    ChainStopped,
    ChainWithdrawn,
    ClockRestarted,
    ClockSuspended,
    DeskAnswered,
    HandOverOverdue,
    LimitExtended,
    StepAcknowledged,
    StepCancelled,
    StepDecided,
    StepDeemedAgreed,
    StepOverdue,
    StepReady,
    StepRefused,
    StepSentBack,
    StepTakenOver,
    SupplementArrived,
    WithdrawalDeclined,
)

PUBLISHED: Final[tuple[tuple[str, int, type], ...]] = (
    ("ChainOpened", 1, ChainOpened),
    ("StepReady", 1, StepReady),
    ("StepTakenOver", 1, StepTakenOver),
    ("StepAcknowledged", 1, StepAcknowledged),
    ("LimitExtended", 1, LimitExtended),
    ("StepDecided", 1, StepDecided),
    ("StepDeemedAgreed", 1, StepDeemedAgreed),
    ("StepRefused", 1, StepRefused),
    ("StepCancelled", 1, StepCancelled),
    ("StepSentBack", 1, StepSentBack),
    ("HandOverOverdue", 1, HandOverOverdue),
    ("AcknowledgementOverdue", 1, AcknowledgementOverdue),
    ("StepOverdue", 1, StepOverdue),
    ("ChainOverdue", 1, ChainOverdue),
    ("ClockSuspended", 1, ClockSuspended),
    ("ClockRestarted", 1, ClockRestarted),
    ("ChainWithdrawn", 1, ChainWithdrawn),
    ("WithdrawalDeclined", 1, WithdrawalDeclined),
    ("ChainStopped", 1, ChainStopped),
    ("ChainClosed", 1, ChainClosed),
    ("ClockResumed", 1, ClockResumed),
    ("AppointmentMoved", 1, AppointmentMoved),
    ("StepClockStopped", 1, StepClockStopped),
    ("StepClockResumed", 1, StepClockResumed),
    ("TaxNoticeIssued", 1, TaxNoticeIssued),
    ("StepFulfilled", 1, StepFulfilled),
    ("ApologyAsked", 1, ApologyAsked),
    ("DelayApologised", 1, DelayApologised),
    ("LatenessEscalated", 1, LatenessEscalated),
    ("StepClockStarted", 1, StepClockStarted),
    ("OneStopTold", 1, OneStopTold),
    ("PromiseMoved", 1, PromiseMoved),
)


def publish(event: ChainEvent) -> PublicEvent | None:
    """Return what others may know of `event`."""
    match event:
        case (
            ChainOpened()
            | StepReady()
            | StepTakenOver()
            | StepAcknowledged()
            | LimitExtended()
            | StepDecided()
            | StepDeemedAgreed()
            | StepRefused()
            | StepCancelled()
            | StepSentBack()
            | HandOverOverdue()
            | AcknowledgementOverdue()
            | StepOverdue()
            | ChainOverdue()
            | ClockSuspended()
            | ClockRestarted()
            | ChainWithdrawn()
            | WithdrawalDeclined()
            | ChainStopped()
            | ChainClosed()
            | ClockResumed()
            | AppointmentMoved()
            | StepClockStopped()
            | StepClockResumed()
            | TaxNoticeIssued()
            | StepFulfilled()
            | ApologyAsked()
            | DelayApologised()
            | LatenessEscalated()
            | OneStopTold()
            | PromiseMoved()
            | StepClockStarted()
        ):
            return PublicEvent(type(event).__name__, 1, subject=event.ref, root=event.ref, data=event)
        case DeskAnswered() | SupplementArrived():
            return None
        case _:
            assert_never(event)
