"""What the desk does at once when it hears of something, and what it does when a time has come.

Nothing here decides: a command that has become moot is answered with nothing by the dossier itself.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kernel.message import CancelTimer, Heard, Hearing, Timer, type_of
from services.intake.domain import numbering
from services.intake.domain.commands import (
    DeclineWithdrawal,
    RecordAppointment,
    RecordCollectionFailed,
    RecordHandover,
    RecordResult,
    RecordRevocation,
    RecordSentBack,
    RecordSettlement,
    RecordWithdrawal,
    ResolveDossier,
    StopForNonPayment,
    StopForSilence,
)
from services.intake.domain.events import (
    DossierAccepted,
    DossierRefused,
    DossierStopped,
    DossierWithdrawn,
    Event,
    PaymentAwaited,
    SupplementReceived,
    SupplementRequested,
)
from services.intake.domain.words import BY_SERVICE, BY_TIMER, DESK, Outcome


@dataclass(frozen=True, slots=True)
class PapersHandedOver:
    """The post and the desk signed the handover record."""

    ref: str
    record_no: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelCancelled:
    """A parcel will not travel."""

    ref: str
    leg: str
    reason: str


@dataclass(frozen=True, slots=True)
class ObligationSettled:
    """What was owed is paid, or came to nothing: the fee, or what a tax notice states, which is the chain's matter."""

    ref: str
    at: datetime
    purpose: str = "fee"


@dataclass(frozen=True, slots=True)
class StepDecided:
    """An agency signed the result of its step; an internal one goes to other agencies and is not handed out."""

    ref: str
    step: str
    result_code: str
    number: str
    at: datetime
    internal: bool = False


@dataclass(frozen=True, slots=True)
class StepRefused:
    """An agency refused its step, perhaps after it had issued a result."""

    ref: str
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepSentBack:
    """An agency sent a step back, `to` an earlier step or the desk; `on_time` where that had a limit, `note` sealed."""

    ref: str
    step: str
    to: str
    reason_code: str
    at: datetime
    agency: str = ""
    on_time: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class AppointmentMoved:
    """The applicant has another date, and this is why."""

    ref: str
    cause: str
    step: str
    agency: str
    number: int
    clock_from: datetime
    due_at: datetime
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainWithdrawn:
    """The undecided steps stopped; `kept` had been decided."""

    ref: str
    kept: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalDeclined:
    """A decision had come first."""

    ref: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChainClosed:
    """No step is open any more."""

    ref: str
    outcome: Outcome
    at: datetime


def _record_handover(data: PapersHandedOver, heard: Heard) -> tuple[RecordHandover, ...]:
    return (
        RecordHandover(
            ref=data.ref, handover_record=data.record_no, signed_at=data.at, actor=BY_SERVICE, now=heard.now
        ),
    )


def _record_collection_failed(data: ParcelCancelled, heard: Heard) -> tuple[RecordCollectionFailed, ...]:
    if data.leg != "collection" or data.reason != "not_collected":
        return ()
    return (RecordCollectionFailed(ref=data.ref, actor=BY_SERVICE, now=heard.now),)


def _record_settlement(data: ObligationSettled, heard: Heard) -> tuple[RecordSettlement, ...]:
    if data.purpose != "fee":
        return ()
    return (RecordSettlement(ref=data.ref, settled_at=data.at, actor=BY_SERVICE, now=heard.now),)


def _record_result(data: StepDecided, heard: Heard) -> tuple[RecordResult, ...]:
    if data.internal:
        return ()
    return (
        RecordResult(
            ref=data.ref,
            step=data.step,
            result_code=data.result_code,
            number=data.number,
            decided_at=data.at,
            actor=BY_SERVICE,
            now=heard.now,
        ),
    )


def _record_revocation(data: StepRefused, heard: Heard) -> tuple[RecordRevocation, ...]:
    return (RecordRevocation(ref=data.ref, step=data.step, refused_at=data.at, actor=BY_SERVICE, now=heard.now),)


def _record_sent_back(data: StepSentBack, heard: Heard) -> tuple[RecordSentBack, ...]:
    if data.to != DESK:
        return ()
    return (
        RecordSentBack(
            ref=data.ref,
            step=data.step,
            reason_code=data.reason_code,
            sent_back_at=data.at,
            actor=BY_SERVICE,
            now=heard.now,
            agency=data.agency,
            on_time=data.on_time,
            note=data.note,
        ),
    )


def _record_appointment(data: AppointmentMoved, heard: Heard) -> tuple[RecordAppointment, ...]:
    return (
        RecordAppointment(
            ref=data.ref,
            cause=data.cause,
            number=data.number,
            step=data.step,
            agency=data.agency,
            clock_from=data.clock_from,
            due_at=data.due_at,
            note=data.note,
            moved_at=data.at,
            actor=BY_SERVICE,
            now=heard.now,
        ),
    )


def _record_withdrawal(data: ChainWithdrawn, heard: Heard) -> tuple[RecordWithdrawal, ...]:
    return (RecordWithdrawal(ref=data.ref, kept=data.kept, stopped_at=data.at, actor=BY_SERVICE, now=heard.now),)


def _decline_withdrawal(data: WithdrawalDeclined, heard: Heard) -> tuple[DeclineWithdrawal, ...]:
    return (DeclineWithdrawal(ref=data.ref, reason=data.reason, declined_at=data.at, actor=BY_SERVICE, now=heard.now),)


def _resolve(data: ChainClosed, heard: Heard) -> tuple[ResolveDossier, ...]:
    return (ResolveDossier(ref=data.ref, outcome=data.outcome, closed_at=data.at, actor=BY_SERVICE, now=heard.now),)


HEARS: Final[tuple[Hearing, ...]] = (
    Hearing(type_of("postal", "PapersHandedOver", 1), PapersHandedOver, _record_handover),
    Hearing(type_of("postal", "ParcelCancelled", 1), ParcelCancelled, _record_collection_failed),
    Hearing(type_of("payments", "ObligationSettled", 1), ObligationSettled, _record_settlement),
    Hearing(type_of("routing", "StepDecided", 1), StepDecided, _record_result),
    Hearing(type_of("routing", "StepRefused", 1), StepRefused, _record_revocation),
    Hearing(type_of("routing", "StepSentBack", 1), StepSentBack, _record_sent_back),
    Hearing(type_of("routing", "AppointmentMoved", 1), AppointmentMoved, _record_appointment),
    Hearing(type_of("routing", "ChainWithdrawn", 1), ChainWithdrawn, _record_withdrawal),
    Hearing(type_of("routing", "WithdrawalDeclined", 1), WithdrawalDeclined, _decline_withdrawal),
    Hearing(type_of("routing", "ChainClosed", 1), ChainClosed, _resolve),
)


def timers(event: Event | numbering.Event) -> tuple[Timer | CancelTimer, ...]:
    """Return which time begins or ends to matter with a stored event."""
    match event:
        case SupplementRequested(due_at=datetime() as due_at):
            silence = StopForSilence(ref=event.ref, actor=BY_TIMER, now=due_at)
            return (Timer(_supplement(event.ref), due_at, silence),)
        case SupplementReceived():
            return (CancelTimer(_supplement(event.ref)),)
        case PaymentAwaited(pay_by=datetime() as pay_by):
            unpaid = StopForNonPayment(ref=event.ref, actor=BY_TIMER, now=pay_by)
            return (Timer(_payment(event.ref), pay_by, unpaid),)
        case DossierAccepted():
            return (CancelTimer(_payment(event.ref)),)
        case DossierRefused() | DossierWithdrawn() | DossierStopped():
            return (CancelTimer(_supplement(event.ref)), CancelTimer(_payment(event.ref)))
        case _:
            return ()


def _supplement(ref: str) -> str:
    return f"supplement-{ref}"


def _payment(ref: str) -> str:
    return f"payment-{ref}"
