"""What reporting reads of the post's public events, no more than its read models need."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What was counted at a pick-up."""

    counted_papers: int


@dataclass(frozen=True, slots=True)
class DeliveryProof:
    """Who took the papers."""

    relation: str


@dataclass(frozen=True, slots=True)
class ParcelOrdered:
    ref: str
    leg: str
    item_code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelPickedUp:
    ref: str
    leg: str
    item_code: str
    proof: Proof
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PapersHandedOver:
    ref: str
    item_code: str
    record_no: str
    accepted_papers: int
    missing: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    ref: str
    leg: str
    item_code: str
    attempt: int
    reason: str
    measure: str
    next_attempt_from: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelDelivered:
    ref: str
    item_code: str
    proof: DeliveryProof
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelBackAtDesk:
    ref: str
    item_code: str
    record_no: str
    accepted_papers: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelCancelled:
    ref: str
    leg: str
    item_code: str
    reason: str
    at: datetime
