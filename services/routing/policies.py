"""What routing does at once when the desk or payments has said something, and when a limit has passed.

Nothing here decides: what has become moot is answered with nothing by the chain itself.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kernel.condition import FactValue
from kernel.message import Heard, Hearing, type_of
from services.routing.domain.bells import AFTER_LIMIT as AFTER_LIMIT
from services.routing.domain.bells import timers as timers
from services.routing.domain.clock_commands import SettleNotice
from services.routing.domain.commands import (
    OpenChain,
    RecordSupplement,
    ResumeStep,
    StopChain,
    SuspendClock,
    WithdrawChain,
)
from services.routing.domain.words import POLICY, CancelReason


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
