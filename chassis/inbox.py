"""Heard once and in order: the reader's side of every public event, whatever the bus did to it.

For each source and subject the reader keeps the last sequence it took. Lower or equal: a repeat, nothing happens. Next:
its effects, the mark and the position are one transaction. Higher: held until the missing one comes. A message that fails
is parked with its error, and what follows it on that subject waits behind it; other subjects go on.
"""

import logging
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

import msgspec

from chassis.bus.bus import Bus
from chassis.clock import to_us
from chassis.executor import Lane, Piece
from chassis.lru import Recent
from chassis.service import SagaRoute
from chassis.stores.store import Conflict, Discharge, Held, StoreUnavailable
from chassis.unit import Batch, Unit
from kernel.message import Envelope, Heard, Hearing
from kernel.refusal import Refused

log = logging.getLogger("lienthong.inbox")

HEARD_PER_TURN = 500
MARKS_REMEMBERED = 65_536
ATTEMPTS_BEFORE_PARKING = 3
HELD_ALARM_AFTER_US = 60_000_000

Key = tuple[str, str, int]


class CommandRefused(Exception):
    """What an event asks for was refused: the message is parked so that staff can see why."""


class Inbox:
    """The ears of one service. One inbox belongs to one lane and is only used from its thread."""

    def __init__(self, lane: Lane, bus: Bus) -> None:
        self.lane = lane
        self.bus = bus
        self._policies: dict[str, tuple[msgspec.json.Decoder[Any], Hearing]] = {}
        self._sagas: dict[str, list[tuple[msgspec.json.Decoder[Any], Hearing, SagaRoute]]] = {}
        self._rows: dict[str, list[tuple[msgspec.json.Decoder[Any], Any]]] = {}
        self._learn(lane)
        self._names = {_unversioned(kind) for kind in (*self._policies, *self._sagas, *self._rows)}
        self._marks: Recent[tuple[str, str], int] = Recent(MARKS_REMEMBERED)
        self.held: dict[Key, Held] = {}
        for held in lane.store.all_held():
            self.held[held.envelope.source, held.envelope.subject, held.envelope.sequence] = held
        self.positions = {source: lane.store.position(source) for source in bus.sources(lane.service.name)}

    def _learn(self, lane: Lane) -> None:
        for hearing in lane.service.hears:
            self._policies[hearing.type] = (msgspec.json.Decoder(hearing.reads), hearing)
        for route in lane.service.sagas:
            for hearing in route.hears:
                entry = (msgspec.json.Decoder(hearing.reads), hearing, route)
                self._sagas.setdefault(hearing.type, []).append(entry)
        for projection in lane.service.projections:
            for kind, (reads, rows) in projection.heard.items():
                self._rows.setdefault(kind, []).append((msgspec.json.Decoder(reads), rows))

    def pieces(self) -> Iterable[Piece]:
        """Return what each source has said since this reader's position."""
        for source, position in self.positions.items():
            envelopes, now_at = self.bus.take(source, position, HEARD_PER_TURN)
            if now_at != position:
                yield Taken(self, source, tuple(envelopes), position, now_at)

    def lag(self) -> dict[str, int]:
        """Return how many messages each source has said that this reader has not looked at, counted to 10 000."""
        return {source: len(self.bus.take(source, at, 10_000)[0]) for source, at in self.positions.items()}

    def gaps(self, older_than_us: int) -> Iterable[Piece]:
        """Ask the sources to say again what held messages have been waiting for too long."""
        asked: set[tuple[str, str]] = set()
        for (source, subject, sequence), held in sorted(self.held.items()):
            if held.error is None and held.since_us < older_than_us and (source, subject) not in asked:
                asked.add((source, subject))
                first = self.lane.store.mark(source, subject) + 1
                if (source, subject, first) not in self.held:
                    self.lane.count("gaps_asked_again")
                    again = tuple(self.bus.again(source, subject, first, sequence - 1))
                    yield Taken(self, source, again, None, None)

    def hear(self, batch: Batch, envelope: Envelope, again: bool = False) -> None:
        """Take one message, hold it, or pass it over as a repeat; then take what was held behind it."""
        last = self.mark(batch, envelope.source, envelope.subject)
        if envelope.sequence <= last:
            self.lane.count("repeats")
            return
        if envelope.sequence > last + 1:
            self.put_aside(batch, envelope, None)
            return
        held = self._find(batch, (envelope.source, envelope.subject, envelope.sequence))
        if held is not None and held.error is not None and not again:
            return
        self._take(batch, envelope)

    def _take(self, batch: Batch, envelope: Envelope) -> None:
        while True:
            error = self._attempt(batch, envelope)
            if error is not None:
                self.put_aside(batch, envelope, error)
                return
            key = (envelope.source, envelope.subject, envelope.sequence)
            if self._find(batch, key) is not None:
                batch.writes.held[key] = None
            following = self._find(batch, (key[0], key[1], key[2] + 1)) if self.held or batch.writes.held else None
            if following is None or following.error is not None:
                return
            envelope = following.envelope

    def _attempt(self, batch: Batch, envelope: Envelope) -> str | None:
        """Carry out what a message leads to and mark it; return the error it keeps failing with, if it does."""
        for _ in range(ATTEMPTS_BEFORE_PARKING):
            try:
                unit = self._effects(batch, envelope)
            except (StoreUnavailable, Conflict):
                raise
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                log.warning("%s cannot take %s: %s", self.lane.service.name, envelope.id, reason)
                continue
            if unit is not None:
                unit.join()
            self.set_mark(batch, envelope.source, envelope.subject, envelope.sequence)
            self.lane.count("heard")
            return None
        return reason

    def _effects(self, batch: Batch, envelope: Envelope) -> Unit | None:
        policy = self._policies.get(envelope.type)
        sagas = self._sagas.get(envelope.type)
        rows = self._rows.get(envelope.type)
        if policy is None and sagas is None and rows is None:
            if _unversioned(envelope.type) in self._names:
                raise ValueError(f"{envelope.type} is a version this reader cannot read")
            return None
        unit = Unit(self.lane, batch, envelope.id, envelope.correlation, envelope.traceparent)
        heard = Heard(envelope, unit.now)
        for decoder, project in rows or ():
            unit.statements.extend(project(decoder.decode(envelope.data), envelope))
        if policy is not None:
            decoder, hearing = policy
            for command in hearing.react(decoder.decode(envelope.data), heard):
                refused = unit.run(command)
                if isinstance(refused, Refused):
                    raise CommandRefused(f"{type(command).__name__} was refused: {refused.code}")
        for decoder, hearing, route in sagas or ():
            for fact in hearing.react(decoder.decode(envelope.data), heard):
                unit.tell(route, fact)
        unit.settle()
        return unit

    def put_aside(self, batch: Batch, envelope: Envelope, error: str | None) -> None:
        key = (envelope.source, envelope.subject, envelope.sequence)
        known = self._find(batch, key)
        attempts = (known.attempts if known else 0) + (ATTEMPTS_BEFORE_PARKING if error else 0)
        since = known.since_us if known else to_us(self.lane.clock.now())
        batch.writes.held[key] = Held(envelope, since, attempts, error)
        self.lane.count("parked" if error else "held")

    def _find(self, batch: Batch, key: Key) -> Held | None:
        return batch.writes.held[key] if key in batch.writes.held else self.held.get(key)

    def mark(self, batch: Batch, source: str, subject: str) -> int:
        key = (source, subject)
        found = batch.marks.get(key)
        if found is None:
            found = self._marks.get(key)
        return self.lane.store.mark(source, subject) if found is None else found

    def set_mark(self, batch: Batch, source: str, subject: str, sequence: int) -> None:
        batch.marks[source, subject] = batch.writes.marks[source, subject] = sequence

    def remember(self, batch: Batch) -> None:
        """Take over what became durable."""
        self._marks.update(batch.marks)
        for key, held in batch.writes.held.items():
            if held is None:
                self.held.pop(key, None)
            else:
                self.held[key] = held

    def forget(self) -> None:
        self._marks.clear()


class Taken:
    """Some messages of one source, with the position they bring the reader to (None: said again, no position)."""

    def __init__(self, inbox: Inbox, source: str, envelopes: tuple[Envelope, ...], before: int | None, now: int | None):
        self._inbox = inbox
        self._source = source
        self._envelopes = envelopes
        self._move = None if before is None or now is None else (before, now)
        self._batch = Batch()

    def carry(self, lane: Lane, batch: Batch) -> None:
        self._batch = batch
        for envelope in self._envelopes:
            self._inbox.hear(batch, envelope)
        if self._move is not None:
            batch.writes.positions[self._source] = self._move

    def durable(self, lane: Lane, head: int) -> None:
        self._inbox.remember(self._batch)
        if self._move is not None:
            self._inbox.positions[self._source] = self._move[1]

    def failed(self, lane: Lane, error: Exception) -> None:
        """Park a single message whose rows the store refuses, like any other that fails."""
        self._inbox.forget()
        reason = f"{type(error).__name__}: {error}"
        for envelope in self._envelopes:
            lane.carry_out_alone(Parking(self._inbox, envelope, reason, self._move))

    def alone(self) -> Iterable[Piece]:
        self._inbox.forget()
        if self._move is None:
            return [Taken(self._inbox, self._source, (envelope,), None, None) for envelope in self._envelopes]
        pieces: list[Piece] = []
        before, end = self._move
        for envelope in self._envelopes:
            pieces.append(Taken(self._inbox, self._source, (envelope,), before, envelope.position))
            before = envelope.position
        if before != end:
            pieces.append(Taken(self._inbox, self._source, (), before, end))
        return pieces


class Parking:
    """Put one message aside with the error that the store gave for it."""

    def __init__(self, inbox: Inbox, envelope: Envelope, error: str, move: tuple[int, int] | None) -> None:
        self._inbox = inbox
        self._envelope = envelope
        self._error = error
        self._move = move
        self._batch = Batch()

    def carry(self, lane: Lane, batch: Batch) -> None:
        self._batch = batch
        self._inbox.put_aside(batch, self._envelope, self._error)
        if self._move is not None:
            batch.writes.positions[self._envelope.source] = self._move

    def durable(self, lane: Lane, head: int) -> None:
        self._inbox.remember(self._batch)
        if self._move is not None:
            self._inbox.positions[self._envelope.source] = self._move[1]

    def failed(self, lane: Lane, error: Exception) -> None:
        log.error("%s: cannot even park %s: %s", lane.service.name, self._envelope.id, error)

    def alone(self) -> Iterable[Piece]:
        return (self,)


class Retry:
    """Staff want a parked message tried again: a command of its own, answered when it is durable."""

    def __init__(self, inbox: Inbox, key: Key) -> None:
        self._inbox = inbox
        self._key = key
        self._batch = Batch()
        self.future: Future[bool] = Future()

    def carry(self, lane: Lane, batch: Batch) -> None:
        self._batch = batch
        held = self._inbox.held.get(self._key)
        if held is not None:
            self._inbox.hear(batch, held.envelope, again=True)

    def durable(self, lane: Lane, head: int) -> None:
        self._inbox.remember(self._batch)
        self.future.set_result(self._key not in self._inbox.held)

    def failed(self, lane: Lane, error: Exception) -> None:
        self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)


class LayAside:
    """Staff discharge a parked message with a reason: it counts as taken without effect, and what waits behind it goes on."""

    def __init__(self, inbox: Inbox, key: Key, by: str, reason: str) -> None:
        self._inbox = inbox
        self._key = key
        self._by = by
        self._reason = reason
        self._batch = Batch()
        self.future: Future[bool] = Future()

    def carry(self, lane: Lane, batch: Batch) -> None:
        self._batch = batch
        held = self._inbox.held.get(self._key)
        if held is None or held.error is None:
            return
        discharge = Discharge(*self._key, self._by, self._reason, to_us(lane.clock.now()))
        batch.writes.discharges.append(discharge)
        batch.writes.held[self._key] = None
        source, subject, sequence = self._key
        self._inbox.set_mark(batch, source, subject, sequence)
        following = self._inbox.held.get((source, subject, sequence + 1))
        if following is not None:
            self._inbox.hear(batch, following.envelope)

    def durable(self, lane: Lane, head: int) -> None:
        self._inbox.remember(self._batch)
        self.future.set_result(self._key not in self._inbox.held)

    def failed(self, lane: Lane, error: Exception) -> None:
        self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)


def _unversioned(kind: str) -> str:
    """Return a wire type without its version: `lienthong.intake.DossierAccepted`."""
    return kind.rpartition(".v")[0]
