"""The embedded bus: readers look into the other services' logs, in commit order and complete."""

import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from operator import attrgetter
from typing import Final

from chassis.bus.bus import Behind
from chassis.stores.store import Generation, Store
from kernel.message import Envelope, source_of

REMEMBERED: Final = 1_024
"""How many of a source's newest envelopes are kept for the readers that have not asked yet."""

LAG_COUNTED_TO: Final = 1_000

POSITION: Final = attrgetter("position")


class EmbeddedBus:
    """Every service's log is a channel, named by its source; nothing can be lost between them, for they are one."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self._logs = {log.source: log for service, store in stores.items() for log in logs_of(service, store)}

    @property
    def hands(self) -> int:
        return 0  # every reader hears everything, always

    def channels(self, service: str) -> Sequence[str]:
        return [source for source, log in self._logs.items() if log.service != service]

    def further(self, positions: Mapping[str, int]) -> Sequence[str]:
        logs = self._logs
        return [source for source, after in positions.items() if after < logs[source].head]

    def take(self, channel: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        return self._logs[channel].take(after, limit)

    def behind(self, channel: str, after: int) -> Behind:
        waiting, _ = self._logs[channel].take(after, LAG_COUNTED_TO)
        return Behind(len(waiting), waiting[0].time_us if waiting else None)

    def again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        log = self._logs[source]
        return log.store.say_again(source, subject, first, last, log.generation.number)


def logs_of(service: str, store: Store) -> Iterator["Log"]:
    """Yield each generation of a service's log; a store that was never restored has one."""
    generations = store.generations
    for generation, following in zip_longest(generations, generations[1:]):
        yield Log(service, store, generation, None if following is None else following.after)


class Log:
    """One generation of a service's log as its readers see it. All want the same newest part, so it is read once."""

    def __init__(self, service: str, store: Store, generation: Generation, ends_at: int | None = None) -> None:
        """Take a generation of `service`, and the position where it ended if it has."""
        self.service = service
        self.source = source_of(service, generation.number)
        self.store = store
        self.generation = generation
        self._ends_at = ends_at
        self._lock = threading.Lock()
        self._from = self._to = store.head() if ends_at is None else ends_at
        self._newest: list[Envelope] = []

    @property
    def head(self) -> int:
        """Return the position of its last event."""
        return self.store.head() if self._ends_at is None else self._ends_at

    def take(self, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        """Return what `Store.say` returns, of this generation only."""
        head = self.head
        if after >= head:
            return (), after
        begins_after = self.generation.after
        if begins_after >= head:
            return (), after
        after = max(after, begins_after)
        if after < self._from:
            return self.store.say(self.source, after, limit, self._ends_at)
        with self._lock:
            self._read_up_to(head)
            begin = bisect_right(self._newest, after, key=POSITION)
            page = self._newest[begin : begin + limit]
            at = page[-1].position if len(page) == limit else self._to
            if after < self._from:  # forgotten between the look at it and the lock
                return self.store.say(self.source, after, limit, self._ends_at)
            return page, at

    def _read_up_to(self, head: int) -> None:
        while self._to < head:
            said, self._to = self.store.say(self.source, self._to, REMEMBERED)
            self._newest += said
        if len(self._newest) > 2 * REMEMBERED:
            self._from = self._newest[-REMEMBERED - 1].position
            del self._newest[:-REMEMBERED]
