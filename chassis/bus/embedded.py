"""The embedded bus: readers look into the other services' logs, in commit order and complete."""

import threading
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from chassis.stores.store import Store
from kernel.message import Envelope, source_of

REMEMBERED: Final = 1_024
"""How many of a source's newest envelopes are kept for the readers that have not asked yet."""

POSITION: Final = attrgetter("position")


class EmbeddedBus:
    """Every service's log by its source; nothing can be lost between log and bus, because the log is the bus."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self._logs = {source_of(service): Log(source_of(service), store) for service, store in stores.items()}

    def sources(self, service: str) -> Sequence[str]:
        return [source for source in self._logs if source != source_of(service)]

    def take(self, source: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        return self._logs[source].take(after, limit)

    def again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        return self._logs[source].store.say_again(source, subject, first, last)


class Log:
    """One service's log as its readers see it. All want the same newest part, so it is read once."""

    def __init__(self, source: str, store: Store) -> None:
        self.source = source
        self.store = store
        self._lock = threading.Lock()
        self._from = self._to = store.head()
        self._newest: list[Envelope] = []

    def take(self, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        """Return what `Store.say` returns."""
        head = self.store.head()
        if after >= head:
            return (), after
        if after < self._from:
            return self.store.say(self.source, after, limit)
        with self._lock:
            self._read_up_to(head)
            begin = bisect_right(self._newest, after, key=POSITION)
            page = self._newest[begin : begin + limit]
            at = page[-1].position if len(page) == limit else self._to
            if after < self._from:  # forgotten between the look at it and the lock
                return self.store.say(self.source, after, limit)
            return page, at

    def _read_up_to(self, head: int) -> None:
        while self._to < head:
            said, self._to = self.store.say(self.source, self._to, REMEMBERED)
            self._newest += said
        if len(self._newest) > 2 * REMEMBERED:
            self._from = self._newest[-REMEMBERED - 1].position
            del self._newest[:-REMEMBERED]
