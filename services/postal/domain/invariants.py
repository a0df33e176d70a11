"""What must hold of everything the post has ever stored: who had the papers when, and whose every item number is.

Law: QĐ 45/2016/QĐ-TTg art. 14 (whoever has the papers answers for loss); TT 17/2017/TT-BTTTT; UPU S10.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from kernel.codes import InvalidCode, ItemCode
from services.postal.domain.attempts import ATTEMPTS
from services.postal.domain.item_numbers import ItemNumberTaken
from services.postal.domain.parcel import Parcel, Status, parcel
from services.postal.domain.words import (
    AttemptFailed,
    Event,
    PapersHandedOver,
    ParcelBackAtDesk,
    ParcelCancelled,
    ParcelDelivered,
    ParcelOrdered,
    ParcelPickedUp,
    order_number,
)

Log = Iterable[tuple[str, Event | ItemNumberTaken]]

BEFORE: Final[dict[type, tuple[Status, ...]]] = {
    ParcelOrdered: ("not_ordered",),
    ParcelPickedUp: ("ordered",),
    PapersHandedOver: ("picked_up",),
    AttemptFailed: ("ordered", "picked_up"),
    ParcelDelivered: ("picked_up",),
    ParcelBackAtDesk: ("picked_up",),
    ParcelCancelled: ("ordered",),
}
"""Event → where the parcel must have stood for it to be true."""


def unexplained_custody(log: Log) -> Iterator[str]:
    """Say where papers were passed on by somebody who did not have them, or went back before two attempts."""
    parcels: dict[str, Parcel] = {}
    for stream, event in log:
        if isinstance(event, ItemNumberTaken):
            continue
        name = type(event).__name__
        before = parcels.get(stream, parcel.initial)
        if before.status not in BEFORE[type(event)]:
            yield f"{stream}: {name} while the parcel was {before.status}"
        if isinstance(event, ParcelBackAtDesk) and len(before.failures) < ATTEMPTS:
            yield f"{stream}: back at the desk after {len(before.failures)} attempts"
        parcels[stream] = parcel.evolve(before, event)
        if stream != f"parcel-{order_number(event.ref, parcels[stream].leg)}":
            yield f"{stream}: {name} belongs to {event.ref}, {parcels[stream].leg}"


def wrong_item_numbers(log: Log) -> Iterator[str]:
    """Say which item numbers are wrong, given twice, or on a parcel that never took one from the book."""
    taken: dict[str, str] = {}
    ordered: dict[str, str] = {}
    for stream, event in log:
        if isinstance(event, ItemNumberTaken):
            holder = f"parcel-{order_number(event.ref, event.leg)}"
            if taken.setdefault(event.item_code, holder) != holder:
                yield f"{event.item_code} was given to {taken[event.item_code]} and to {holder}"
            try:
                ItemCode.parse(event.item_code)
            except InvalidCode as wrong:
                yield str(wrong)
        elif isinstance(event, ParcelOrdered):
            ordered[stream] = event.item_code
    for stream, item_code in ordered.items():
        if taken.get(item_code) != stream:
            yield f"{stream}: {item_code} was never given to it"
