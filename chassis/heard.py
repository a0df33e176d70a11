"""The pieces of work that hearing brings to a lane: messages taken, parked, tried again or laid aside by staff."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from chassis.clock import to_us
from chassis.job import Piece, promise
from chassis.stores.store import Conflict, Discharge, StoreUnavailable
from chassis.unit import Batch
from kernel.message import Envelope

if TYPE_CHECKING:
    from chassis.executor import Lane
    from chassis.inbox import Inbox, Key

ERROR_LENGTH_MAX = 2_000


def reason_of(error: Exception) -> str:
    """Return what staff read about why a message is parked."""
    return f"{type(error).__name__}: {error}"[:ERROR_LENGTH_MAX]


class Taken:
    """Some messages of one channel; `move` is the reader's position before and after them, None if it stays."""

    def __init__(
        self, inbox: "Inbox", channel: str, envelopes: tuple[Envelope, ...], move: tuple[int, int] | None
    ) -> None:
        self._inbox = inbox
        self._channel = channel
        self._envelopes = envelopes
        self._move = move

    def carry(self, lane: "Lane", batch: Batch) -> None:
        self._inbox.look_up(batch, self._envelopes)
        for envelope in self._envelopes:
            self._inbox.hear(batch, envelope)
        if self._move is not None:
            batch.writes.positions[self._channel] = self._move

    def durable(self, lane: "Lane", head: int) -> None:
        pass

    def failed(self, lane: "Lane", error: Exception) -> None:
        """Park a single message whose rows the store refuses, like any other that fails."""
        if isinstance(error, Conflict):
            self._inbox.lose(self._channel)
        elif len(self._envelopes) == 1:
            lane.carry_out_alone(Parking(self._inbox, self._channel, self._envelopes[0], reason_of(error), self._move))
        else:
            for piece in self.alone():
                lane.carry_out_alone(piece)

    def alone(self) -> Iterable[Piece]:
        if self._move is None:
            return [Taken(self._inbox, self._channel, (envelope,), None) for envelope in self._envelopes]
        pieces: list[Piece] = []
        before, end = self._move
        for envelope in self._envelopes:
            pieces.append(Taken(self._inbox, self._channel, (envelope,), (before, envelope.position)))
            before = envelope.position
        if before != end:
            pieces.append(Taken(self._inbox, self._channel, (), (before, end)))
        return pieces


class Parking:
    """Put one message aside with the error that the store gave for it."""

    def __init__(
        self, inbox: "Inbox", channel: str, envelope: Envelope, error: str, move: tuple[int, int] | None
    ) -> None:
        self._inbox = inbox
        self._channel = channel
        self._envelope = envelope
        self._error = error
        self._move = move

    def carry(self, lane: "Lane", batch: Batch) -> None:
        self._inbox.put_aside(batch, self._envelope, self._error)
        if self._move is not None:
            batch.writes.positions[self._channel] = self._move

    def durable(self, lane: "Lane", head: int) -> None:
        pass

    def failed(self, lane: "Lane", error: Exception) -> None:
        """Stop before this message: to go past it would lose it."""
        if isinstance(error, Conflict):
            self._inbox.lose(self._channel)
        else:
            raise StoreUnavailable(f"cannot even park {self._envelope.id}: {error}") from error

    def alone(self) -> Iterable[Piece]:
        return (self,)


class Retry:
    """Staff want a parked message tried again: a command of its own, answered when it is durable."""

    def __init__(self, inbox: "Inbox", key: "Key") -> None:
        self._inbox = inbox
        self._key = key
        self.future: Future[bool] = promise()

    def carry(self, lane: "Lane", batch: Batch) -> None:
        held = self._inbox.find(batch, self._key)
        if held is not None:
            self._inbox.hear(batch, held.envelope, again=True)

    def durable(self, lane: "Lane", head: int) -> None:
        self.future.set_result(self._key not in self._inbox.held)

    def failed(self, lane: "Lane", error: Exception) -> None:
        self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)


class LayAside:
    """Staff discharge a parked message with a reason: it counts as taken without effect, and what waited goes on."""

    def __init__(self, inbox: "Inbox", key: "Key", by: str, reason: str) -> None:
        self._inbox = inbox
        self._key = key
        self._by = by
        self._reason = reason
        self.future: Future[bool] = promise()

    def carry(self, lane: "Lane", batch: Batch) -> None:
        held = self._inbox.find(batch, self._key)
        if held is None or held.error is None:
            return
        discharge = Discharge(*self._key, self._by, self._reason, to_us(lane.clock.now()))
        batch.writes.discharges.append(discharge)
        batch.writes.held[self._key] = None
        self._inbox.set_mark(batch, self._key)

    def durable(self, lane: "Lane", head: int) -> None:
        self.future.set_result(self._key not in self._inbox.held)

    def failed(self, lane: "Lane", error: Exception) -> None:
        self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)
