"""What staff can do about a parked message: have it tried again, or lay it aside with a reason."""

from collections.abc import Iterable
from concurrent.futures import Future

from chassis.clock import to_us
from chassis.executor import Lane
from chassis.inbox import Inbox, Key
from chassis.job import Piece, promise
from chassis.stores.store import Discharge
from chassis.unit import Batch


class Retry:
    """Staff want a parked message tried again: a command of its own, answered when it is durable."""

    def __init__(self, inbox: Inbox, key: Key) -> None:
        self._inbox = inbox
        self._key = key
        self.future: Future[bool] = promise()

    def carry(self, lane: Lane, batch: Batch) -> None:
        held = self._inbox.find(batch, self._key)
        if held is not None:
            self._inbox.hear(batch, held.envelope, again=True)

    def durable(self, lane: Lane, head: int) -> None:
        self.future.set_result(self._key not in self._inbox.held)

    def failed(self, lane: Lane, error: Exception) -> None:
        self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)


class LayAside:
    """Staff discharge a parked message with a reason: it counts as taken without effect, and what waited goes on."""

    def __init__(self, inbox: Inbox, key: Key, by: str, reason: str) -> None:
        self._inbox = inbox
        self._key = key
        self._by = by
        self._reason = reason
        self.future: Future[bool] = promise()

    def carry(self, lane: Lane, batch: Batch) -> None:
        held = self._inbox.find(batch, self._key)
        if held is None or held.error is None:
            return
        discharge = Discharge(*self._key, self._by, self._reason, to_us(lane.clock.now()))
        batch.writes.discharges.append(discharge)
        batch.writes.held[self._key] = None
        self._inbox.set_mark(batch, *self._key)

    def durable(self, lane: Lane, head: int) -> None:
        self.future.set_result(self._key not in self._inbox.held)

    def failed(self, lane: Lane, error: Exception) -> None:
        self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)
