"""The post's table of contents, put together from the parts it is given."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chassis.service import Invariant, Parts, Route, Service
from chassis.unit import Unit
from kernel.refusal import Refused
from services.postal.api import ACTS, LISTINGS, views
from services.postal.domain.invariants import unexplained_custody, wrong_item_numbers
from services.postal.domain.item_numbers import (
    ItemBook,
    ItemNumberTaken,
    ItemRange,
    TakeItemNumber,
    book_of,
    item_numbers,
)
from services.postal.domain.parcel import Parcel, parcel
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
    stream_of,
)
from services.postal.policies import HEARS, timers
from services.postal.projections.codes import codes
from services.postal.projections.open_matters import open_matters
from services.postal.projections.parcels import parcels
from services.postal.projections.to_do import to_do
from services.postal.publishing import PUBLISHED, publish

ITEMS: Final = ItemRange(service="RH", country="VN", first_serial=1, last_serial=99_999_999)
"""Assumed: registered mail of Vietnam, the whole range; the operator's own range replaces it."""

INVARIANTS: Final = (
    Invariant("custody", "papers were passed on only by whoever had them", unexplained_custody),
    Invariant("item_numbers", "every parcel has a right item number of its own out of the book", wrong_item_numbers),
)


def numbered_from(items: ItemRange) -> Callable[[OrderParcel, Unit], OrderParcel | Refused]:
    """Return what takes a number for a parcel that has none; a repeated order takes none."""

    def prepare(command: OrderParcel, unit: Unit) -> OrderParcel | Refused:
        state: Parcel = unit.state(stream_of(command))[0]
        if state.order is not None:
            return command
        taken = unit.run(TakeItemNumber(command.ref, command.leg, items, command.actor, command.now))
        if isinstance(taken, Refused):
            return taken
        book: ItemBook = unit.state(book_of(items))[0]
        assert book.last is not None, "the book has just given a number"
        return replace(command, item_code=book.last.item_code)

    return prepare


def on_the_calendar_of(parts: Parts) -> Callable[[MarkAttemptFailed, Unit], MarkAttemptFailed]:
    """Return what fills in the calendar of the parcel's agency."""

    def prepare(command: MarkAttemptFailed, unit: Unit) -> MarkAttemptFailed:
        state: Parcel = unit.state(stream_of(command))[0]
        if state.order is None:
            return command
        return replace(command, calendar=parts.registry.calendar(state.order.agency))

    return prepare


def service(parts: Parts, items: ItemRange = ITEMS) -> Service:
    """Return the post, to be run on `parts`, numbering its parcels from `items`."""
    return Service(
        name="postal",
        open_matters=open_matters,
        events=(
            ParcelOrdered,
            ParcelPickedUp,
            PapersHandedOver,
            AttemptFailed,
            ParcelDelivered,
            ParcelBackAtDesk,
            ParcelCancelled,
            ItemNumberTaken,
        ),
        streams={"parcel": parcel, "items": item_numbers},
        routes={
            OrderParcel: Route(parcel, stream_of, prepare=numbered_from(items)),
            MarkPickedUp: Route(parcel, stream_of),
            SignHandover: Route(parcel, stream_of),
            MarkAttemptFailed: Route(parcel, stream_of, prepare=on_the_calendar_of(parts)),
            MarkDelivered: Route(parcel, stream_of),
            MarkBackAtDesk: Route(parcel, stream_of),
            CancelParcel: Route(parcel, stream_of),
            TakeItemNumber: Route(item_numbers, lambda command: book_of(command.items)),
        },
        publish=publish,
        published=PUBLISHED,
        hears=HEARS,
        timers=timers,
        projections=(to_do, parcels, codes),
        acts=ACTS,
        views=views(parts.vault),
        listings=LISTINGS,
        invariants=INVARIANTS,
    )
