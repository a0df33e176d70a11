"""The book of item numbers: gives each parcel a UPU S10 code of its own and never the same one again.

Law: UPU S10 (eight digits and a check digit; no reuse within 12 months, so here never).

Whether a parcel needs a number is its own stream's to say, in the same transaction. The book therefore counts, and
recognises only the parcel it served last: what it must remember does not grow with what it has given.
"""

from dataclasses import dataclass
from datetime import datetime

from kernel.codes import ItemCode
from kernel.decider import Decider
from kernel.refusal import Refused
from services.postal.domain.attempts import Leg
from services.postal.domain.rules import ITEM_NUMBERS_USED_UP


@dataclass(frozen=True, slots=True)
class ItemRange:
    """The serials that the postal operator gave this installation, both ends included.

    Args:
        service: two-letter service indicator, e.g. `RH`.
        country: ISO 3166 country, `VN`.
    """

    service: str
    country: str
    first_serial: int
    last_serial: int


@dataclass(frozen=True, slots=True)
class TakeItemNumber:
    """Give the parcel of `ref` and `leg` a number out of `items`."""

    ref: str
    leg: Leg
    items: ItemRange
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class ItemNumberTaken:
    """A number of the range belongs to this parcel for ever."""

    ref: str
    leg: Leg
    serial: int
    item_code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemBook:
    """What was taken last, or None while the book is new."""

    last: ItemNumberTaken | None = None


def book_of(items: ItemRange) -> str:
    """Return the name of the stream that numbers `items`; ranges of one service and country share one book."""
    return f"items-{items.service}-{items.country}"


def decide(command: TakeItemNumber, book: ItemBook) -> tuple[ItemNumberTaken, ...] | Refused:
    items, last = command.items, book.last
    if last is not None and (last.ref, last.leg) == (command.ref, command.leg):
        return ()
    serial = items.first_serial if last is None else max(items.first_serial, last.serial + 1)
    if serial > items.last_serial:
        return Refused(ITEM_NUMBERS_USED_UP)
    item_code = str(ItemCode(items.service, f"{serial:08d}", items.country))
    return (ItemNumberTaken(command.ref, command.leg, serial, item_code, command.now),)


def evolve(book: ItemBook, event: ItemNumberTaken) -> ItemBook:
    return ItemBook(event)


item_numbers: Decider[TakeItemNumber, ItemBook, ItemNumberTaken] = Decider(ItemBook(), decide, evolve)
