"""Read models follow from the logs: where their form is another than the store's, they are built anew at its opening.

So a version that draws its tables otherwise reads what an earlier one wrote, and needs no script that moves rows.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from chassis.service import Projection
from chassis.stores.store import Statement, StoreUnavailable
from chassis.verification_words import ears_between, readable_events

if TYPE_CHECKING:
    from chassis.run import Running

log = logging.getLogger("lienthong.rebuilding")


class Unfit(ValueError):
    """What was heard cannot be read by the read model any more."""


def form_of(projections: Sequence[Projection]) -> tuple[list[str], str]:
    """Return the statements that make the tables, and in a line what the rows are made of."""
    tables = [table for projection in projections for table in projection.tables]
    own = sorted(kind.__name__ for projection in projections for kind in projection.own)
    heard = sorted(kind for projection in projections for kind in projection.heard)
    return tables, " ".join((*own, *heard))


class OthersNeeded(StoreUnavailable):
    """Read models have to be built anew from logs that this process may not read."""


def fill_read_models(services: Collection["Running"]) -> None:
    """Fill the read models that were found empty or in another form, before anything runs on them.

    Raises:
        OthersNeeded: they follow from what others said too, and those are not here.
    """
    for running in services:
        if running.lane.rows_missing:
            others = [other for other in services if other is not running]
            if not others and running.store.query("SELECT 1 FROM marks LIMIT 1"):
                name = running.service.name
                raise OthersNeeded(
                    f"the read models of {name} have another form than this version's and follow from the logs of all: "
                    f"build them with `lienthong rebuild {name}`, then start it again"
                )
            running.store.fill(_statements(running, others))


def _statements(running: "Running", others: Sequence["Running"]) -> Iterator[Statement]:
    for cause, made in rows_of(running, others):
        if isinstance(made, Unfit):
            log.error("%s: no rows of %s: %s", running.service.name, cause, made)
        else:
            yield from made


def rows_of(running: "Running", others: Sequence["Running"]) -> Iterator[tuple[str, tuple[Statement, ...] | Unfit]]:
    """Yield what each event does to a service's read models, with the event's name.

    First come the service's own, then each other's as far as it was taken; the end is the same in every order.
    """
    by_own = running.lane.rows_by_own
    for stream, event in readable_events(running):
        for rows in by_own.get(type(event), ()):
            yield stream, rows(event)
    by_heard: dict[str, list[tuple[msgspec.json.Decoder[Any], Any]]] = {}
    for projection in running.service.projections:
        for kind, (reads, project) in projection.heard.items():
            by_heard.setdefault(kind, []).append((msgspec.json.Decoder(reads), project))
    for ear in ears_between(running, others):
        for envelope in ear.taken():
            for decoder, project in by_heard.get(envelope.type, ()):
                try:
                    data = decoder.decode(envelope.data)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    yield envelope.id, Unfit(f"{envelope.id} cannot be read again: {error}")
                    continue
                yield envelope.id, project(data, envelope)
