"""The words of a parcel: what the post can be told to do, and what has then happened.

Law: QĐ 45/2016/QĐ-TTg arts. 5, 7.4 and 9; TT 17/2017/TT-BTTTT.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from kernel.working_time import Calendar
from services.postal.domain.attempts import Failure, Leg, Measure, Reason
from services.postal.domain.proof import DeliveryProof, HandoverRecord, Proof

CancelReason = Literal["withdrawn", "refused", "stopped", "not_collected"]

# commands ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderParcel:
    """Ask the post for one leg. `address` is sealed; `item_code` is taken from the book in the same transaction."""

    ref: str
    leg: Leg
    agency: str
    party: str
    address: str
    actor: str
    now: datetime
    item_code: str = ""


@dataclass(frozen=True, slots=True)
class MarkPickedUp:
    """The post takes the papers: from the applicant on a collection, from the desk on a delivery."""

    ref: str
    leg: Leg
    proof: Proof
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class SignHandover:
    """Post and desk sign that collected papers passed to the desk; `now` is the legal time of submission."""

    ref: str
    record: HandoverRecord
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class MarkAttemptFailed:
    """Nobody gave or took the papers; `calendar` is that of the parcel's agency."""

    ref: str
    leg: Leg
    failure: Failure
    actor: str
    now: datetime
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class MarkDelivered:
    """The receiver showed a document, signed and took the papers."""

    ref: str
    proof: DeliveryProof
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class MarkBackAtDesk:
    """Post and desk sign that an undelivered parcel is back."""

    ref: str
    record: HandoverRecord
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class CancelParcel:
    """The dossier ended before its papers were picked up."""

    ref: str
    leg: Leg
    reason: CancelReason
    actor: str
    now: datetime


Command = OrderParcel | MarkPickedUp | SignHandover | MarkAttemptFailed | MarkDelivered | MarkBackAtDesk | CancelParcel

# events --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParcelOrdered:
    """The post has an order. `party` is a person id, `address` is sealed under that person's key."""

    ref: str
    leg: Leg
    item_code: str
    agency: str
    party: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelPickedUp:
    """The papers are with the post."""

    ref: str
    leg: Leg
    item_code: str
    proof: Proof
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PapersHandedOver:
    """The papers are at the desk, and from `at` on the dossier is legally submitted (QĐ 45/2016 art. 7.4)."""

    ref: str
    item_code: str
    record_no: str
    officer: str
    accepted_papers: int
    missing: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """The `attempt`-th try failed; the next one counts from `next_attempt_from`, None where there is none."""

    ref: str
    leg: Leg
    item_code: str
    attempt: int
    reason: Reason
    measure: Measure
    photo_sha256: str
    next_attempt_from: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelDelivered:
    """The papers are with the applicant or an authorised proxy."""

    ref: str
    item_code: str
    proof: DeliveryProof
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelBackAtDesk:
    """The papers could not be delivered and wait at the desk again."""

    ref: str
    item_code: str
    record_no: str
    officer: str
    accepted_papers: int
    missing: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelCancelled:
    """The post never took the papers and will not."""

    ref: str
    leg: Leg
    item_code: str
    reason: CancelReason
    at: datetime


Event = (
    ParcelOrdered
    | ParcelPickedUp
    | PapersHandedOver
    | AttemptFailed
    | ParcelDelivered
    | ParcelBackAtDesk
    | ParcelCancelled
)


def order_number(ref: str, leg: Leg) -> str:
    """Return the number by which a carrier knows the order: asking twice asks for the same parcel."""
    return f"{ref}-{leg}"


def leg_of(command: Command) -> Leg:
    """Return the leg that `command` is about; only collected papers are handed over, only results are delivered."""
    match command:
        case SignHandover():
            return "collection"
        case MarkDelivered() | MarkBackAtDesk():
            return "delivery"
        case OrderParcel() | MarkPickedUp() | MarkAttemptFailed() | CancelParcel():
            return command.leg
        case _:
            assert_never(command)


def stream_of(command: Command) -> str:
    """Return the name of the stream of the parcel that `command` is about."""
    return f"parcel-{order_number(command.ref, leg_of(command))}"
