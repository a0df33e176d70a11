"""The postal staff's list: each parcel with which somebody has something to do, and from when on.

`turn` orders the list by that moment and is unique, so that a page can begin after it.
"""

from datetime import datetime
from typing import Final

from chassis.instants import by_second
from chassis.service import Projection
from chassis.stores.store import Statement
from services.postal.domain.attempts import Leg
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
CREATE TABLE IF NOT EXISTS parcels_to_do(
  ref TEXT NOT NULL, leg TEXT NOT NULL, turn TEXT NOT NULL, task TEXT NOT NULL, due_from TEXT NOT NULL,
  item_code TEXT NOT NULL, receiving_agency TEXT NOT NULL, attempts INTEGER NOT NULL,
  PRIMARY KEY(ref, leg))
"""
INDEX: Final = "CREATE UNIQUE INDEX IF NOT EXISTS parcels_to_do_in_turn ON parcels_to_do(turn)"
INSERT: Final = """
INSERT INTO parcels_to_do(ref, leg, turn, task, due_from, item_code, receiving_agency, attempts)
VALUES(:ref, :leg, :turn, :task, :due_from, :item_code, :receiving_agency, 0) ON CONFLICT(ref, leg) DO NOTHING
"""
NEXT_TASK: Final = "UPDATE parcels_to_do SET turn=:turn, task=:task, due_from=:due_from WHERE ref=:ref AND leg=:leg"
NEXT_ATTEMPT: Final = (
    "UPDATE parcels_to_do SET turn=:turn, task=:task, due_from=:due_from, attempts=:attempts "
    "WHERE ref=:ref AND leg=:leg"
)
DONE: Final = "DELETE FROM parcels_to_do WHERE ref=:ref AND leg=:leg"

AFTER_PICK_UP: Final[dict[Leg, str]] = {"collection": "hand_over", "delivery": "deliver"}
BEFORE_PICK_UP: Final[dict[Leg, str]] = {"collection": "collect", "delivery": "pick_up"}
RETRY: Final[dict[Leg, str]] = {"collection": "collect", "delivery": "deliver"}


def _place(ref: str, leg: Leg, task: str, due_from: datetime) -> dict[str, str]:
    due = by_second(due_from)
    return {"ref": ref, "leg": leg, "task": task, "due_from": due, "turn": f"{due} {ref} {leg}"}


def ordered(event: ParcelOrdered) -> tuple[Statement, ...]:
    place = _place(event.ref, event.leg, BEFORE_PICK_UP[event.leg], event.at)
    return (Statement(INSERT, {**place, "item_code": event.item_code, "receiving_agency": event.agency}),)


def picked_up(event: ParcelPickedUp) -> tuple[Statement, ...]:
    return (Statement(NEXT_TASK, _place(event.ref, event.leg, AFTER_PICK_UP[event.leg], event.at)),)


def failed(event: AttemptFailed) -> tuple[Statement, ...]:
    """Put the next visit on its day, or the parcel on its way back."""
    task = "bring_back" if event.next_attempt_from is None else RETRY[event.leg]
    place = _place(event.ref, event.leg, task, event.next_attempt_from or event.at)
    return (Statement(NEXT_ATTEMPT, {**place, "attempts": event.attempt}),)


def done_collecting(event: PapersHandedOver) -> tuple[Statement, ...]:
    return (Statement(DONE, {"ref": event.ref, "leg": "collection"}),)


def done_delivering(event: ParcelDelivered | ParcelBackAtDesk) -> tuple[Statement, ...]:
    return (Statement(DONE, {"ref": event.ref, "leg": "delivery"}),)


def called_off(event: ParcelCancelled) -> tuple[Statement, ...]:
    return (Statement(DONE, {"ref": event.ref, "leg": event.leg}),)


to_do: Final = Projection(
    name="parcels_to_do",
    tables=(TABLE, INDEX),
    own={
        ParcelOrdered: ordered,
        ParcelPickedUp: picked_up,
        AttemptFailed: failed,
        PapersHandedOver: done_collecting,
        ParcelDelivered: done_delivering,
        ParcelBackAtDesk: done_delivering,
        ParcelCancelled: called_off,
    },
)
