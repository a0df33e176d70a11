"""What others may know of a parcel: all that happens to it, as it is stored. The book of numbers stays private."""

from typing import assert_never

from kernel.message import PublicEvent
from services.postal.domain.item_numbers import ItemNumberTaken
from services.postal.domain.words import (
    AttemptFailed,
    Event,
    PapersHandedOver,
    ParcelBackAtDesk,
    ParcelCancelled,
    ParcelDelivered,
    ParcelOrdered,
    ParcelPickedUp,
)

PUBLISHED: tuple[tuple[str, int, type], ...] = (
    ("ParcelOrdered", 1, ParcelOrdered),
    ("ParcelPickedUp", 1, ParcelPickedUp),
    ("PapersHandedOver", 1, PapersHandedOver),
    ("AttemptFailed", 1, AttemptFailed),
    ("ParcelDelivered", 1, ParcelDelivered),
    ("ParcelBackAtDesk", 1, ParcelBackAtDesk),
    ("ParcelCancelled", 1, ParcelCancelled),
)


def publish(event: Event | ItemNumberTaken) -> PublicEvent | None:
    """Return the public side of a stored event, None where it has none."""
    match event:
        case (
            ParcelOrdered()
            | ParcelPickedUp()
            | PapersHandedOver()
            | AttemptFailed()
            | ParcelDelivered()
            | ParcelBackAtDesk()
            | ParcelCancelled()
        ):
            return PublicEvent(type(event).__name__, 1, event.ref, event.ref, event)
        case ItemNumberTaken():
            return None
        case _:
            assert_never(event)
