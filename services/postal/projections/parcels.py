"""Every parcel there was, by its item code: what a scanner asks for, and what a dossier's page shows."""

from datetime import datetime
from typing import Final

from chassis.instants import by_second
from chassis.service import Projection
from chassis.stores.store import Statement
from services.postal.domain.parcel import Status
from services.postal.domain.words import (
    AttemptFailed,
    PapersHandedOver,
    ParcelBackAtDesk,
    ParcelCancelled,
    ParcelDelivered,
    ParcelOrdered,
    ParcelPickedUp,
)

TABLE: Final = """
CREATE TABLE IF NOT EXISTS parcels(
  item_code TEXT PRIMARY KEY, ref TEXT NOT NULL, leg TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL,
  receiving_agency TEXT NOT NULL, applicant TEXT NOT NULL, submitter TEXT NOT NULL,
  ordered_at TEXT NOT NULL, changed_at TEXT NOT NULL)
"""
BY_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS parcels_of_dossier ON parcels(ref)"
INSERT: Final = """
INSERT INTO parcels(
  item_code, ref, leg, status, attempts, receiving_agency, applicant, submitter, ordered_at, changed_at)
VALUES(:item_code, :ref, :leg, 'ordered', 0, :receiving_agency, :party, :party, :at, :at)
ON CONFLICT(item_code) DO NOTHING
"""
MOVED: Final = "UPDATE parcels SET status=:status, changed_at=:at WHERE item_code=:item_code"
TRIED: Final = "UPDATE parcels SET attempts=:attempts, changed_at=:at WHERE item_code=:item_code"


def ordered(event: ParcelOrdered) -> tuple[Statement, ...]:
    row = {"item_code": event.item_code, "ref": event.ref, "leg": event.leg, "receiving_agency": event.agency}
    return (Statement(INSERT, {**row, "party": event.party, "at": by_second(event.at)}),)


def _moved(item_code: str, status: Status, at: datetime) -> tuple[Statement, ...]:
    return (Statement(MOVED, {"item_code": item_code, "status": status, "at": by_second(at)}),)


def picked_up(event: ParcelPickedUp) -> tuple[Statement, ...]:
    return _moved(event.item_code, "picked_up", event.at)


def handed_over(event: PapersHandedOver) -> tuple[Statement, ...]:
    return _moved(event.item_code, "handed_over", event.at)


def delivered(event: ParcelDelivered) -> tuple[Statement, ...]:
    return _moved(event.item_code, "delivered", event.at)


def back_at_desk(event: ParcelBackAtDesk) -> tuple[Statement, ...]:
    return _moved(event.item_code, "back_at_desk", event.at)


def cancelled(event: ParcelCancelled) -> tuple[Statement, ...]:
    return _moved(event.item_code, "cancelled", event.at)


def tried(event: AttemptFailed) -> tuple[Statement, ...]:
    row = {"item_code": event.item_code, "attempts": event.attempt, "at": by_second(event.at)}
    return (Statement(TRIED, row),)


parcels: Final = Projection(
    name="parcels",
    tables=(TABLE, BY_DOSSIER),
    own={
        ParcelOrdered: ordered,
        ParcelPickedUp: picked_up,
        AttemptFailed: tried,
        PapersHandedOver: handed_over,
        ParcelDelivered: delivered,
        ParcelBackAtDesk: back_at_desk,
        ParcelCancelled: cancelled,
    },
)
