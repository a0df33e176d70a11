"""The hours of the live figures where they are kept as keys and values: what a stream over Kafka has instead of rows.

A key begins with what it is and the partition it comes from; its value can be written as JSON. Everything that one
record changes is written in one order, what is remembered of the dossier first, so that whoever keeps only a beginning
of it, and is given the record again, comes to the same end.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any, Final

import msgspec

from kernel.message import Envelope
from services.reporting.domain.live import KEPT_HOURS, Dossier, Hour, Told, add, hour_of, is_forgotten, take

Key = tuple[Any, ...]

HOUR: Final = "hour"
"""`hour`, partition, agency, procedure, status, hour → [how many, newest record in it]."""
DOSSIER: Final = "dossier"
"""`dossier`, partition, reference → what is remembered of it."""
PARKED: Final = "parked"
"""`parked`, partition, offset → why the record is left out."""

PARKED_MAX: Final = 1_000
"""So many are kept; each is said aloud as well."""


class LiveTable:
    """Keeps the hours of some partitions in a mapping."""

    def __init__(self, kept: MutableMapping[Key, Any]) -> None:
        self._kept = kept
        self._newest: dict[int, int] = {}

    def take(self, partition: int, offset: int, envelope: Envelope, told: Told) -> None:
        """Take one record; given again, by its bus or by whoever said it, it changes nothing."""
        hour = hour_of(envelope.time_us)
        key = (DOSSIER, partition, envelope.subject)
        known = msgspec.convert(self._kept.get(key) or {}, Dossier)
        remembered, added = take(known, told, f"{envelope.source}#{envelope.sequence}", hour, offset)
        is_first = remembered != known
        if is_first:
            self._kept[key] = msgspec.to_builtins(remembered)
        oldest = self._pass_to(partition, hour) - KEPT_HOURS
        for one, counted in added.items():
            place = (HOUR, partition, *one)
            before, newest = self._kept.get(place) or (0, -1)
            after = add((before, newest), counted, offset, is_first)
            if one.hour > oldest and after != (before, newest):
                self._kept[place] = list(after)

    def park(self, partition: int, offset: int, why: str) -> None:
        """Keep that a record is left out, for staff to look at."""
        if sum(1 for _ in self._keys(PARKED)) < PARKED_MAX:
            self._kept[PARKED, partition, offset] = why

    def forget(self) -> None:
        """Forget what was worked out from what is kept: that may be another's work from now on."""
        self._newest.clear()

    def hours(self) -> list[tuple[Hour, int]]:
        """Return every hour that is kept, with how many were counted in it."""
        return [(Hour(*key[2:]), self._kept[key][0]) for key in self._keys(HOUR)]

    def positions(self) -> dict[int, int]:
        """Return of each partition the newest record of which anything is kept: what stands before it is kept whole."""
        newest: dict[int, int] = {}
        for key, value in self._kept.items():
            kind, partition = key[:2]
            offset = value[1] if kind == HOUR else key[2] if kind == PARKED else _newest_of(value)
            newest[partition] = max(newest.get(partition, 0), offset)
        return newest

    def parked(self) -> list[dict[str, Any]]:
        """Return the records that are left out, and why."""
        return [{"partition": key[1], "offset": key[2], "why": self._kept[key]} for key in sorted(self._keys(PARKED))]

    def newest_hour(self) -> int:
        """Return the newest hour that anything was counted in, 0 where nothing was."""
        return max((key[5] for key in self._keys(HOUR)), default=0)

    def _pass_to(self, partition: int, hour: int) -> int:
        """Let time pass in a partition: forget what no window can need any more, and return its newest hour."""
        newest = self._newest.get(partition)
        if newest is None:
            newest = max((key[5] for key in self._keys(HOUR) if key[1] == partition), default=0)
        self._newest[partition] = max(newest, hour)
        if hour > newest:
            for key in [key for key in self._keys(HOUR) if key[1] == partition and key[5] <= hour - KEPT_HOURS]:
                del self._kept[key]
            for key in [key for key in self._keys(DOSSIER) if key[1] == partition]:
                if is_forgotten(msgspec.convert(self._kept[key], Dossier), hour):
                    del self._kept[key]
        return self._newest[partition]

    def _keys(self, kind: str) -> Iterator[Key]:
        return (key for key in self._kept if key[0] == kind)


def _newest_of(value: Any) -> int:
    dossier = msgspec.convert(value, Dossier)
    return max((dossier.placed_at, *(fact.taken_at for fact in dossier.facts)))
