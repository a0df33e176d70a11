"""Heard once and in order: the reader's side of every public event, whatever the bus did to it.

For each source and subject the reader keeps the last sequence it took. Lower or equal: a repeat, nothing happens. Next:
its effects, the mark and the position are one transaction. Higher: held until the missing one comes. A message that
fails is parked with its error, and what follows it on that subject waits behind it; other subjects go on.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from chassis.bus.bus import Behind, Bus
from chassis.clock import to_us
from chassis.executor import Lane
from chassis.heard import LayAside, Retry, Taken, reason_of
from chassis.job import Piece
from chassis.lru import Recent
from chassis.service import SagaRoute
from chassis.stores.store import WORTH_ASKING_TOGETHER, Conflict, Held, StoreUnavailable
from chassis.unit import Batch, Unit
from kernel.message import Envelope, Heard, Hearing
from kernel.refusal import Refused

__all__ = ["CommandRefused", "Inbox", "Key", "LayAside", "Retry", "key_of"]

log = logging.getLogger("lienthong.inbox")

HEARD_PER_TURN = 500
MARKS_REMEMBERED = 16_384
ATTEMPTS_BEFORE_PARKING = 3
HELD_ALARM_AFTER_US = 60_000_000
STRANGER = "stranger:"
NOBODY = "-"

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
        lane.lost = self.lose
        self._names = {_unversioned(kind) for kind in (*self._policies, *self._sagas, *self._rows)}
        # Types that were met and are not for this reader, so that the next one need not be looked at.
        self._passed_over: set[str] = set()
        self._marks: Recent[tuple[str, str], int] = Recent(MARKS_REMEMBERED)
        self.held: dict[Key, Held] = {}
        # Subjects whose next message may be among the held ones; looked at in the next turn.
        self._moved_on: set[tuple[str, str]] = set()
        self.positions: dict[str, int] = {}
        self._prefixes: dict[str, str] = {}
        self._hands = bus.hands
        self._take_over()
        lane.committed.append(self.committed)

    def _take_over(self) -> None:
        """Take up what this reader hears from now on where the store says that it was left, by whoever heard it."""
        store = self.lane.store
        self._recall()
        self.positions = {channel: store.position(channel) for channel in self.bus.channels(self.lane.service.name)}

    def _recall(self) -> None:
        """Look up again what is held and what was taken: another instance may have taken, retried or discharged it."""
        self._marks.clear()
        self.held = {key_of(held.envelope): held for held in self.lane.store.all_held()}
        self._moved_on = {(source, subject) for source, subject, _ in self.held}

    def _learn(self, lane: Lane) -> None:
        for hearing in lane.service.hears:
            assert hearing.type not in self._policies, f"two policies of {lane.service.name} hear {hearing.type}"
            self._policies[hearing.type] = (msgspec.json.Decoder(hearing.reads), hearing)
        for route in lane.service.sagas:
            for hearing in route.hears:
                entry = (msgspec.json.Decoder(hearing.reads), hearing, route)
                self._sagas.setdefault(hearing.type, []).append(entry)
        for projection in lane.service.projections:
            for kind, (reads, rows) in projection.heard.items():
                self._rows.setdefault(kind, []).append((msgspec.json.Decoder(reads), rows))

    def pieces(self) -> Iterator[Piece]:
        """Return what each channel has brought since this reader's position, and held messages whose turn has come."""
        if (hands := self.bus.hands) != self._hands:
            self._take_over()
            self._hands = hands
        yield from self._waited()
        for channel in self.bus.further(self.positions):
            position = self.positions[channel]
            try:
                envelopes, now_at = self.bus.take(channel, position, HEARD_PER_TURN)
            except StoreUnavailable as error:
                log.warning("%s cannot hear %s now: %s", self.lane.service.name, channel, error)
                continue
            if now_at != position:
                yield Taken(self, channel, tuple(envelopes), (position, now_at))

    def _waited(self) -> Iterator[Piece]:
        """Yield the held messages that nothing stands before any more."""
        for source, subject in sorted(self._moved_on):
            if waited := self._next_held(source, subject):
                yield Taken(self, source, waited, None)
            else:
                self._moved_on.discard((source, subject))

    def _next_held(self, source: str, subject: str) -> tuple[Envelope, ...]:
        """Return the held messages, at most a turn's worth, that nothing stands before any more."""
        following: list[Envelope] = []
        last = self.mark(Batch(), source, subject)
        while len(following) < HEARD_PER_TURN:
            held = self.held.get((source, subject, last + len(following) + 1))
            if held is None or held.error is not None:
                break
            following.append(held.envelope)
        return tuple(following)

    def behind(self) -> dict[str, Behind]:
        """Return how much each channel has brought that this reader has not looked at."""
        return {channel: self.bus.behind(channel, at) for channel, at in list(self.positions.items())}

    def gaps(self, older_than_us: int) -> Iterator[Piece]:
        """Ask the sources to say again what held messages have been waiting for too long."""
        if self.lane.store.shared:
            self._recall()
            yield from self._waited()
        missed: dict[tuple[str, str], int] = {}
        for source, subject, sequence in sorted(self.held):
            held = self.held[source, subject, sequence]
            follows = (source, subject, sequence - 1) in self.held
            if held.error is None and held.since_us < older_than_us and not follows:
                missed[source, subject] = sequence - 1
        for (source, subject), last in missed.items():
            first = self.lane.store.mark(source, subject) + 1
            if (source, subject, first) in self.held:
                continue
            log.error("%s misses %s of %s from %d on", self.lane.service.name, source, subject, first)
            self.lane.count("gaps_asked_again")
            again = tuple(self.bus.again(source, subject, first, min(last, first + HEARD_PER_TURN - 1)))
            if again:
                yield Taken(self, source, again, None)

    def hear(self, batch: Batch, envelope: Envelope, again: bool = False) -> None:
        """Take one message, hold it, or pass it over as a repeat; `again`: even if it is parked."""
        key = key_of(envelope)
        if not envelope.type.startswith(self._may_say(envelope.source)):
            self._hear_a_stranger(batch, envelope)
            return
        known = self.find(batch, key) if self.held or batch.writes.held else None
        last = self.mark(batch, envelope.source, envelope.subject)
        if envelope.sequence == last + 1 and known is None and envelope.type in self._passed_over:
            self.set_mark(batch, key)
            batch.count("passed_over")
            return
        if envelope.sequence <= last:
            batch.count("repeats")
            if known is not None:
                batch.writes.held[key] = None
            return
        if envelope.sequence > last + 1:
            if known is None:
                self.put_aside(batch, envelope, None)
            return
        if known is not None and known.error is not None and not again:
            return
        error = self._attempt(batch, envelope)
        if error is not None:
            self.put_aside(batch, envelope, error)
        elif known is not None:
            batch.writes.held[key] = None

    def _may_say(self, source: str) -> str:
        """Return how every type begins that a source may say."""
        prefix = self._prefixes.get(source)
        if prefix is None:
            parts = source.split("/")
            owner = parts[3] if len(parts) > 3 and not source.startswith(STRANGER) else NOBODY
            prefix = self._prefixes[source] = f"lienthong.{owner}."
        return prefix

    def _hear_a_stranger(self, batch: Batch, envelope: Envelope) -> None:
        """Park what a source may not say, or what is no event at all, until staff lay it aside.

        It is kept apart from what that source says: whoever forged it must not stand in the way of the true one.
        """
        if not envelope.source.startswith(STRANGER):
            subject = f"{envelope.subject} {envelope.id}"
            envelope = envelope._replace(source=f"{STRANGER}{envelope.source}", subject=subject, sequence=1)
            if self.find(batch, key_of(envelope)) or self.mark(batch, envelope.source, envelope.subject):
                return  # looked at already
        what = f"may not say {envelope.type}" if envelope.type else f"brought no event: {envelope.data.decode()}"
        log.error("%s parks a stranger: %s %s", self.lane.service.name, envelope.source, what)
        self.put_aside(batch, envelope, f"{envelope.source.removeprefix(STRANGER)} {what}")

    def _attempt(self, batch: Batch, envelope: Envelope) -> str | None:
        """Carry out what a message leads to and mark it; return the error it keeps failing with, if it does."""
        reason = ""
        for _ in range(ATTEMPTS_BEFORE_PARKING):
            try:
                unit = self._effects(batch, envelope)
            except (StoreUnavailable, Conflict):
                raise
            except Exception as error:
                reason = reason_of(error)
                log.warning("%s cannot take %s: %s", self.lane.service.name, envelope.id, reason)
                continue
            if unit is not None:
                unit.join()
            self.set_mark(batch, key_of(envelope))
            batch.count("passed_over" if unit is None else "heard")
            return None
        return reason

    def _effects(self, batch: Batch, envelope: Envelope) -> Unit | None:
        policy = self._policies.get(envelope.type)
        sagas = self._sagas.get(envelope.type)
        rows = self._rows.get(envelope.type)
        if policy is None and sagas is None and rows is None:
            if _unversioned(envelope.type) in self._names:
                raise ValueError(f"{envelope.type} is a version this reader cannot read")
            self._passed_over.add(envelope.type)
            return None
        unit = Unit(self.lane, batch, envelope.id, envelope.correlation, envelope.traceparent, "hear", envelope.type)
        unit.dossier = envelope.root
        if unit.step is not None:
            unit.step.dossier = envelope.root
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
        """Keep a message until an earlier one comes, or (with an error) until staff retry or discharge it."""
        key = key_of(envelope)
        known = self.find(batch, key)
        attempts = (known.attempts if known else 0) + (ATTEMPTS_BEFORE_PARKING if error else 0)
        since = known.since_us if known else to_us(self.lane.clock.now())
        batch.writes.held[key] = Held(envelope, since, attempts, error)
        batch.count("parked" if error else "held")

    def find(self, batch: Batch, key: Key) -> Held | None:
        """Return a held or parked message, as this batch sees it."""
        return batch.writes.held[key] if key in batch.writes.held else self.held.get(key)

    def mark(self, batch: Batch, source: str, subject: str) -> int:
        """Return the last sequence taken, as this batch sees it."""
        key = (source, subject)
        found = batch.marks.get(key)
        if found is None:
            found = self._marks.get(key)
        if found is None and (put_off := self.lane.put_off.marks.get(key)) is not None:
            found = put_off[1]
        if found is None:
            found = batch.marks_before.get(key)
        return self.lane.store.mark(source, subject) if found is None else found

    def look_up(self, batch: Batch, envelopes: Iterable[Envelope]) -> None:
        """Read at once the marks that this reader does not remember of what it is about to hear."""
        unknown: dict[str, list[str]] = {}
        for key in {(envelope.source, envelope.subject) for envelope in envelopes}:
            if self._marks.peek(key) is None:
                unknown.setdefault(key[0], []).append(key[1])
        for source, subjects in unknown.items():
            if len(subjects) >= WORTH_ASKING_TOGETHER:
                marks = self.lane.store.marks(source, subjects)
                batch.marks_before.update({(source, subject): mark for subject, mark in marks.items()})

    def set_mark(self, batch: Batch, key: Key) -> None:
        """Mark a message as taken; it becomes true only if the mark still is what it was when this reader read it."""
        source, subject, sequence = key
        moved = batch.writes.marks.get((source, subject))
        before = self.mark(batch, source, subject) if moved is None else moved[0]
        batch.writes.marks[source, subject] = (before, sequence)
        batch.marks[source, subject] = sequence

    def committed(self, batch: Batch) -> None:
        """Take over what became durable."""
        self._marks.update(batch.marks)
        for key, held in batch.writes.held.items():
            if held is None:
                self.held.pop(key, None)
            else:
                self.held[key] = held
        for channel, (_, now) in batch.writes.positions.items():
            if channel in self.positions:
                self.positions[channel] = now
        if self.held:
            self._moved_on.update(batch.marks)

    def lose(self, channel: str) -> None:
        """Look up again what another reader of this channel has moved."""
        self._recall()
        if channel in self.positions:
            self.positions[channel] = self.lane.store.position(channel)


def key_of(envelope: Envelope) -> Key:
    """Return what tells one message from every other."""
    return envelope.source, envelope.subject, envelope.sequence


def _unversioned(kind: str) -> str:
    """Return a wire type without its version: `lienthong.intake.DossierAccepted`."""
    return kind.rpartition(".v")[0]
