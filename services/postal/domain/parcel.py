"""One parcel on one leg: collection brings a dossier's papers to the desk, delivery takes its results to the applicant.

Law: QĐ 45/2016/QĐ-TTg arts. 5, 7.4 and 9; TT 17/2017/TT-BTTTT. The papers are with exactly one holder at every moment,
and they change hands only where two people sign. Its commands and events stand in words.py.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused, Rule
from kernel.working_time import CalendarDoesNotReach
from services.postal.domain import rules
from services.postal.domain.attempts import ATTEMPTS, Failure, Leg, next_attempt_from, unfit_failure
from services.postal.domain.proof import (
    DeliveryProof,
    HandoverRecord,
    Proof,
    wrong_count,
    wrong_in_delivery,
    wrong_in_pickup,
    wrong_signatures,
)
from services.postal.domain.words import (
    AttemptFailed,
    CancelParcel,
    Command,
    Event,
    MarkAttemptFailed,
    MarkBackAtDesk,
    MarkDelivered,
    MarkPickedUp,
    OrderParcel,
    PapersHandedOver,
    ParcelBackAtDesk,
    ParcelCancelled,
    ParcelDelivered,
    ParcelOrdered,
    ParcelPickedUp,
    SignHandover,
    leg_of,
)

Status = Literal["not_ordered", "ordered", "picked_up", "handed_over", "delivered", "back_at_desk", "cancelled"]
Custodian = Literal["applicant", "post", "desk"]


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for; a repeat asks for the same."""

    agency: str
    party: str
    address: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What the next decision needs: where the parcel stands, and what was said, to know a repeat when it comes."""

    status: Status = "not_ordered"
    leg: Leg = "collection"
    item_code: str = ""
    order: Order | None = None
    pickup: Proof | None = None
    failures: tuple[Failure, ...] = ()
    next_attempt_from: datetime | None = None
    record: HandoverRecord | None = None
    delivery: DeliveryProof | None = None


def custodian(parcel: Parcel) -> Custodian | None:
    """Return who has the papers; None while nothing is ordered, for then they are none of the post's business."""
    match parcel.status:
        case "not_ordered":
            return None
        case "ordered" | "cancelled":
            return "applicant" if parcel.leg == "collection" else "desk"
        case "picked_up":
            return "post"
        case "handed_over" | "back_at_desk":
            return "desk"
        case "delivered":
            return "applicant"
        case _:
            assert_never(parcel.status)


_STANDS: dict[Status, Rule] = {
    "not_ordered": rules.PARCEL_NOT_ORDERED,
    "ordered": rules.NOT_PICKED_UP,
    "picked_up": rules.ALREADY_PICKED_UP,
    "handed_over": rules.ALREADY_HANDED_OVER,
    "delivered": rules.ALREADY_DELIVERED,
    "back_at_desk": rules.ALREADY_BACK_AT_DESK,
    "cancelled": rules.PARCEL_IS_CANCELLED,
}


def decide(command: Command, parcel: Parcel) -> tuple[Event, ...] | Refused:
    if parcel.status != "not_ordered" and leg_of(command) != parcel.leg:
        return Refused(rules.ANOTHER_LEG)
    match command:
        case OrderParcel():
            return _order(command, parcel)
        case MarkPickedUp():
            return _pick_up(command, parcel)
        case SignHandover():
            return _hand_over(command, parcel)
        case MarkAttemptFailed():
            return _fail(command, parcel)
        case MarkDelivered():
            return _deliver(command, parcel)
        case MarkBackAtDesk():
            return _bring_back(command, parcel)
        case CancelParcel():
            return _cancel(command, parcel)
        case _:
            assert_never(command)


def _order(command: OrderParcel, parcel: Parcel) -> tuple[Event, ...] | Refused:
    order = Order(command.agency, command.party, command.address)
    if parcel.order == order:
        return ()
    if parcel.status != "not_ordered":
        return Refused(rules.ALREADY_ORDERED)
    assert command.item_code, "a parcel gets its number from the book before it is ordered"
    return (
        ParcelOrdered(
            command.ref, command.leg, command.item_code, order.agency, order.party, order.address, command.now
        ),
    )


def _pick_up(command: MarkPickedUp, parcel: Parcel) -> tuple[Event, ...] | Refused:
    if parcel.pickup == command.proof:
        return ()
    if parcel.status != "ordered":
        return Refused(_STANDS[parcel.status])
    if wrong := wrong_in_pickup(command.proof):
        return Refused(rules.PROOF_INCOMPLETE, wrong)
    return (ParcelPickedUp(command.ref, parcel.leg, parcel.item_code, command.proof, command.actor, command.now),)


def _hand_over(command: SignHandover, parcel: Parcel) -> tuple[Event, ...] | Refused:
    record = command.record
    if parcel.status == "handed_over" and parcel.record == record:
        return ()
    if refused := _unfit(parcel, record, command.actor):
        return refused
    return (
        PapersHandedOver(
            command.ref,
            parcel.item_code,
            record.record_no,
            record.officer,
            record.accepted_papers,
            record.missing,
            command.actor,
            command.now,
        ),
    )


def _bring_back(command: MarkBackAtDesk, parcel: Parcel) -> tuple[Event, ...] | Refused:
    record = command.record
    if parcel.status == "back_at_desk" and parcel.record == record:
        return ()
    if parcel.status == "picked_up" and len(parcel.failures) < ATTEMPTS:
        return Refused(rules.ATTEMPTS_LEFT)
    if refused := _unfit(parcel, record, command.actor):
        return refused
    return (
        ParcelBackAtDesk(
            command.ref,
            parcel.item_code,
            record.record_no,
            record.officer,
            record.accepted_papers,
            record.missing,
            command.actor,
            command.now,
        ),
    )


def _unfit(parcel: Parcel, record: HandoverRecord, post: str) -> Refused | None:
    """Say why papers cannot pass from the post to the desk by this record."""
    if parcel.status != "picked_up":
        return Refused(_STANDS[parcel.status])
    if wrong := wrong_signatures(record.record_no, record.officer, post):
        return Refused(rules.RECORD_UNSIGNED, wrong)
    counted_papers = parcel.pickup.counted_papers if parcel.pickup else 0
    if wrong := wrong_count(record, counted_papers):
        return Refused(rules.PAPERS_DO_NOT_ADD_UP, wrong)
    return None


def _fail(command: MarkAttemptFailed, parcel: Parcel) -> tuple[Event, ...] | Refused:
    failure = command.failure
    if failure in parcel.failures:
        return ()
    if refused := _attempt_unfit(parcel, command.now) or unfit_failure(parcel.leg, failure, parcel.failures):
        return refused
    attempt = len(parcel.failures) + 1
    counts_from = None
    if attempt < ATTEMPTS:
        assert command.calendar is not None, "the wiring fills in the agency's calendar"
        try:
            counts_from = next_attempt_from(command.calendar, command.now)
        except CalendarDoesNotReach as ends:
            return Refused(rules.CALENDAR_ENDS, (Invalid("calendar", str(ends)),))
    failed = AttemptFailed(
        command.ref,
        parcel.leg,
        parcel.item_code,
        attempt,
        failure.reason,
        failure.measure,
        failure.photo_sha256,
        counts_from,
        command.actor,
        command.now,
    )
    if attempt == ATTEMPTS and parcel.leg == "collection":
        return (failed, ParcelCancelled(command.ref, parcel.leg, parcel.item_code, "not_collected", command.now))
    return (failed,)


def _attempt_unfit(parcel: Parcel, now: datetime) -> Refused | None:
    """Say why no attempt can be made or counted now; a collection is tried before pick-up, a delivery after."""
    if parcel.status != ("ordered" if parcel.leg == "collection" else "picked_up"):
        return Refused(_STANDS[parcel.status])
    if len(parcel.failures) >= ATTEMPTS:
        return Refused(rules.ATTEMPTS_USED_UP)
    if parcel.next_attempt_from is not None and now < parcel.next_attempt_from:
        return Refused(
            rules.ATTEMPT_TOO_EARLY, (Invalid("now", f"counts from {parcel.next_attempt_from.isoformat()} on"),)
        )
    return None


def _deliver(command: MarkDelivered, parcel: Parcel) -> tuple[Event, ...] | Refused:
    proof = command.proof
    if parcel.delivery == proof:
        return ()
    if parcel.status != "picked_up":
        return Refused(_STANDS[parcel.status])
    if len(parcel.failures) >= ATTEMPTS:
        return Refused(rules.ATTEMPTS_USED_UP)
    if proof.relation == "proxy" and not proof.authority_paper:
        return Refused(
            rules.WITHOUT_AUTHORITY, (Invalid("authority_paper", "digest of the proxy's written authority"),)
        )
    if wrong := wrong_in_delivery(proof):
        return Refused(rules.PROOF_INCOMPLETE, wrong)
    return (ParcelDelivered(command.ref, parcel.item_code, proof, command.actor, command.now),)


def _cancel(command: CancelParcel, parcel: Parcel) -> tuple[Event, ...]:
    # Papers already in the bag travel on to the desk, which gives them back: nothing is thrown away on the road.
    if parcel.status != "ordered":
        return ()
    return (ParcelCancelled(command.ref, parcel.leg, parcel.item_code, command.reason, command.now),)


def evolve(parcel: Parcel, event: Event) -> Parcel:
    match event:
        case ParcelOrdered():
            order = Order(event.agency, event.party, event.address)
            return replace(parcel, status="ordered", leg=event.leg, item_code=event.item_code, order=order)
        case ParcelPickedUp():
            return replace(parcel, status="picked_up", pickup=event.proof)
        case PapersHandedOver():
            return replace(parcel, status="handed_over", record=_record_of(event))
        case AttemptFailed():
            failure = Failure(event.reason, event.measure, event.photo_sha256)
            return replace(parcel, failures=(*parcel.failures, failure), next_attempt_from=event.next_attempt_from)
        case ParcelDelivered():
            return replace(parcel, status="delivered", delivery=event.proof)
        case ParcelBackAtDesk():
            return replace(parcel, status="back_at_desk", record=_record_of(event))
        case ParcelCancelled():
            return replace(parcel, status="cancelled")
        case _:
            assert_never(event)


def _record_of(event: PapersHandedOver | ParcelBackAtDesk) -> HandoverRecord:
    return HandoverRecord(event.record_no, event.officer, event.accepted_papers, event.missing)


parcel: Decider[Command, Parcel, Event] = Decider(Parcel(), decide, evolve)
