"""One dossier's papers on their way, as the tests tell it: a pick-up on a Monday morning in Quảng Ngãi."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from kernel.working_time import Calendar
from services.postal.domain.attempts import Failure, Leg, Measure, Reason
from services.postal.domain.proof import DeliveryProof, HandoverRecord, Proof
from services.postal.domain.words import (
    AttemptFailed,
    CancelParcel,
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
)

REF = "01JD6Z0000000000000000POST"
AGENCY = "H48.01.23284"
PARTY = "person-7"
ADDRESS = "sealed:one"
CODE = "RH000000014VN"
POSTMAN = "postal_staff:3"
OFFICER = "officer:H48.01.23284:7"

# 2026-03-02 is a Monday; 10:00 in Vietnam.
MONDAY = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
WEDNESDAY = MONDAY + timedelta(days=2)
DESK = ((7 * 60 + 30, 11 * 60 + 30), (13 * 60, 17 * 60))
CALENDAR = Calendar(
    id="desk",
    version="2026-1",
    first_day=date(2026, 1, 1),
    last_day=date(2026, 12, 31),
    desk_hours=dict.fromkeys(range(1, 6), DESK),
    closed={date(2026, 4, 30): "reunification_day", date(2026, 5, 1): "labour_day"},
    worked={},
)


def digest(text: str) -> str:
    """Return something with the shape of a SHA-256."""
    return text.encode().hex().ljust(64, "0")[:64]


PROOF = Proof(
    counted_papers=5,
    seal_number="NP-00123",
    signature_sha256=digest("slip"),
    photo_sha256=digest("bag"),
    device_time=MONDAY - timedelta(minutes=3),
)
RECORD = HandoverRecord(record_no="BB-17/2026", officer=OFFICER, accepted_papers=5)
DELIVERY = DeliveryProof(
    relation="self",
    id_document_kind="identity_card",
    signature_sha256=digest("receipt"),
    photo_sha256=digest("hand"),
)


def order(leg: Leg, at: datetime = MONDAY) -> OrderParcel:
    return OrderParcel(REF, leg, AGENCY, PARTY, ADDRESS, actor="system:postal", now=at, item_code=CODE)


def pick_up(leg: Leg, proof: Proof = PROOF, at: datetime = MONDAY) -> MarkPickedUp:
    return MarkPickedUp(REF, leg, proof, actor=POSTMAN, now=at)


def hand_over(record: HandoverRecord = RECORD, at: datetime = MONDAY, actor: str = POSTMAN) -> SignHandover:
    return SignHandover(REF, record, actor=actor, now=at)


def fail(
    leg: Leg,
    at: datetime = MONDAY,
    *,
    reason: Reason = "not_home",
    measure: Measure = "retry_next_working_day",
    photo: str = "door",
    calendar: Calendar = CALENDAR,
) -> MarkAttemptFailed:
    failure = Failure(reason, measure, digest(photo))
    return MarkAttemptFailed(REF, leg, failure, actor=POSTMAN, now=at, calendar=calendar)


def fail_last(leg: Leg, at: datetime = WEDNESDAY, *, photo: str = "door again") -> MarkAttemptFailed:
    measure: Measure = "cancel_collection" if leg == "collection" else "return_to_desk"
    return fail(leg, at, measure=measure, photo=photo)


def deliver(proof: DeliveryProof = DELIVERY, at: datetime = MONDAY) -> MarkDelivered:
    return MarkDelivered(REF, proof, actor=POSTMAN, now=at)


def bring_back(record: HandoverRecord = RECORD, at: datetime = WEDNESDAY) -> MarkBackAtDesk:
    return MarkBackAtDesk(REF, record, actor=POSTMAN, now=at)


def cancel(leg: Leg = "collection", at: datetime = MONDAY) -> CancelParcel:
    return CancelParcel(REF, leg, "withdrawn", actor="system:postal", now=at)


def ordered(leg: Leg) -> ParcelOrdered:
    return ParcelOrdered(REF, leg, CODE, AGENCY, PARTY, ADDRESS, MONDAY)


def picked_up(leg: Leg) -> ParcelPickedUp:
    return ParcelPickedUp(REF, leg, CODE, PROOF, POSTMAN, MONDAY)


def failed(leg: Leg) -> AttemptFailed:
    return AttemptFailed(
        REF, leg, CODE, 1, "not_home", "retry_next_working_day", digest("door"), WEDNESDAY, POSTMAN, MONDAY
    )


def failed_again(leg: Leg) -> AttemptFailed:
    measure: Measure = "cancel_collection" if leg == "collection" else "return_to_desk"
    return replace(
        failed(leg), attempt=2, measure=measure, photo_sha256=digest("door again"), next_attempt_from=None, at=WEDNESDAY
    )


HANDED_OVER = PapersHandedOver(REF, CODE, "BB-17/2026", OFFICER, 5, (), POSTMAN, MONDAY)
DELIVERED = ParcelDelivered(REF, CODE, DELIVERY, POSTMAN, MONDAY)
BACK = ParcelBackAtDesk(REF, CODE, "BB-17/2026", OFFICER, 5, (), POSTMAN, WEDNESDAY)


def cancelled(leg: Leg = "collection") -> ParcelCancelled:
    return ParcelCancelled(REF, leg, CODE, "withdrawn", MONDAY)
