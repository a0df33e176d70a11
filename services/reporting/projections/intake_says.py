"""What reporting reads of the desk's public events, no more than its read models need."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Component:
    """One paper or file that was handed in."""

    code: str
    form: str
    from_e_store: bool
    reused: bool
    substitute_for: str | None


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One thing the applicant is asked for, and why."""

    component: str
    reason: str


@dataclass(frozen=True, slots=True)
class DossierSubmitted:
    ref: str
    procedure: str
    procedure_version: str
    channel: str
    receiving_agency: str
    applicant: str
    submitter: str
    relation: str
    components: tuple[Component, ...]
    options: tuple[str, ...]
    hand_out_by: str
    facts: dict[str, bool | int | str]
    fee_due: str
    portal_code: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PapersReceived:
    ref: str
    handover_record: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    ref: str
    items: tuple[MissingItem, ...]
    stage: str
    due_at: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SupplementReceived:
    ref: str
    components: tuple[Component, ...]
    stage: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaymentAwaited:
    ref: str
    code: str
    pay_by: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    ref: str
    code: str
    channel: str
    receiving_agency: str
    agencies: tuple[str, ...]
    due_at: datetime
    calendar_id: str
    calendar_version: str
    clock_from: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierRefused:
    ref: str
    reason_code: str
    law: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawalRequested:
    ref: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    ref: str
    kept_results: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierStopped:
    ref: str
    reason: str
    kept_results: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class SentBackAnswered:
    ref: str
    step: str
    clock_from: datetime
    due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierResolved:
    ref: str
    outcome: str
    on_time: bool
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ResultDispatched:
    ref: str
    results: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class DossierHandedOut:
    ref: str
    way: str
    collector: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ComponentDigitised:
    ref: str
    component: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParticularsCorrected:
    ref: str
    whose: str
    by: str
    at: datetime
