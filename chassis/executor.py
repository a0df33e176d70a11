"""Load → decide → append: one lane for each service, many units of work to one durable commit.

A `Lane` is the only writer of its service's store. Whoever owns it calls `turn()`, which takes what is waiting (commands,
heard events, due timers), carries each out as a unit of its own, commits once, and only then answers.
"""

import logging
import queue
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from chassis.clock import Clock, to_us
from chassis.codec import Codec, encode, shape_of
from chassis.lru import Recent
from chassis.service import SagaRoute, Scope, Service
from chassis.stores.store import AnswerRow, Conflict, Snapshot, Store, StoreUnavailable
from chassis.unit import Batch, Unit
from kernel.message import type_of
from kernel.refusal import Refused

log = logging.getLogger("lienthong.executor")

JOBS_PER_TURN = 256
EVENTS_PER_SNAPSHOT = 200
STREAMS_REMEMBERED = 8_192
SEQUENCES_REMEMBERED = 32_768
CONFLICT_RETRIES = 8


class Answered(NamedTuple):
    """What a command came to, durable by the time anybody reads it.

    `version` is that of the command's own stream, `position` the head of the service's log.
    """

    status: int
    body: bytes
    version: int
    position: int
    replayed: bool = False


class Done(NamedTuple):
    """A command that was carried out: the events it led to in its own stream, and the state after them."""

    events: tuple[Any, ...]
    state: Any
    version: int


class NotThere(NamedTuple):
    """The thing does not exist, or the principal may not see it: one answer for both."""


class Stale(NamedTuple):
    """`If-Match` named another version than the present one."""

    version: int


class KeyReused(NamedTuple):
    """The same idempotency key came with another body."""


Outcome = Done | Refused | NotThere | Stale | KeyReused


def _anybody(scope: Scope | None) -> bool:
    return True


def _no_scope(state: Any) -> Scope | None:
    return Scope()


def _plain(outcome: Outcome) -> tuple[int, bytes]:
    return (200, b"{}") if isinstance(outcome, Done) else (409, b"{}")


class Piece(Protocol):
    """A piece of work for a lane: a command, some heard events, a due timer."""

    def carry(self, lane: "Lane", batch: Batch) -> None:
        """Do the work into `batch`; nothing is durable yet."""
        ...

    def durable(self, lane: "Lane", head: int) -> None:
        """The batch is durable and the log ends at `head`: tell whoever waits."""
        ...

    def failed(self, lane: "Lane", error: Exception) -> None:
        """This piece alone could not be carried out, for a reason that will not pass."""
        ...

    def alone(self) -> "Iterable[Piece]":
        """Return the same work in pieces as small as they get."""
        ...


@dataclass(slots=True)
class Job:
    """A command on its way in, with whoever waits for the answer.

    Args:
        id: command id; the same id again gets the first answer ("" is never remembered).
        fingerprint: hash of the body; another one under the same id is `KeyReused`.
        allow: the authorisation filter, given the scope of the thing (None: it does not exist).
        scope: state → whom it concerns.
        expected: version demanded by `If-Match`, or None.
        render: outcome → HTTP status and body.
    """

    command: Any
    id: str = ""
    fingerprint: str = ""
    allow: Callable[[Scope | None], bool] = _anybody
    scope: Callable[[Any], Scope | None] = _no_scope
    expected: int | None = None
    render: Callable[[Outcome], tuple[int, bytes]] = _plain
    correlation: str = ""
    traceparent: str | None = None
    future: "Future[Answered]" = field(default_factory=Future)
    _answer: Answered | None = None

    def carry(self, lane: "Lane", batch: Batch) -> None:
        kept = (batch.answers.get(self.id) or lane.store.answer(self.id)) if self.id else None
        if kept is not None:
            self._answer = self._first_answer(kept)
            return
        unit = Unit(lane, batch, causation=self.id, correlation=self.correlation, traceparent=self.traceparent)
        outcome = self._outcome(lane, unit)
        status, body = self.render(outcome)
        version = outcome.version if isinstance(outcome, Done | Stale) else 0
        if isinstance(outcome, Done):
            unit.join()
        if self.id and isinstance(outcome, Done | Refused):
            row = AnswerRow(self.id, self.fingerprint, status, body, version, to_us(unit.now))
            batch.answers[self.id] = row
            batch.writes.answers.append(row)
        self._answer = Answered(status, body, version, 0)
        lane.count("done" if isinstance(outcome, Done) else getattr(outcome, "code", type(outcome).__name__))

    def _first_answer(self, kept: AnswerRow) -> Answered:
        if kept.fingerprint != self.fingerprint:
            return Answered(*self.render(KeyReused()), 0, 0)
        return Answered(kept.status, kept.body, kept.version, 0, replayed=True)

    def _outcome(self, lane: "Lane", unit: Unit) -> Outcome:
        stream = lane.service.routes[type(self.command)].stream(self.command)
        state, version = unit.state(stream)
        if not self.allow(self.scope(state)):
            return NotThere()
        if self.expected is not None and self.expected != version:
            return Stale(version)
        decided = unit.run(self.command)
        if isinstance(decided, Refused):
            return decided
        unit.settle()
        state, version = unit.state(stream)
        return Done(decided, state, version)

    def durable(self, lane: "Lane", head: int) -> None:
        assert self._answer is not None
        if not self.future.cancelled():
            self.future.set_result(self._answer._replace(position=head))

    def failed(self, lane: "Lane", error: Exception) -> None:
        if not self.future.cancelled():
            self.future.set_exception(error)

    def alone(self) -> Iterable[Piece]:
        return (self,)


class Lane:
    """The single writer of one service.

    `sources` are asked each turn for pieces of work beside the waiting commands (the inbox, the watchdog); `committed`
    are told of each batch once it is durable.
    """

    def __init__(self, service: Service, store: Store, clock: Clock) -> None:
        self.service = service
        self.store = store
        self.clock = clock
        self.sources: list[Callable[[], Iterable[Piece]]] = []
        self.committed: list[Callable[[Batch], None]] = []
        self.counts: dict[str, int] = {}
        self._waiting: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._unfinished: deque[Piece] = deque()
        self.codec = Codec(service.events + tuple(fact for route in service.sagas for fact in route.facts))
        self.folds: dict[str, Any] = {prefix.rstrip("-"): decider for prefix, decider in service.streams.items()}
        self.folds |= {route.saga.name: route.saga for route in service.sagas}
        self._shapes = {name: shape_of(type(fold.initial)) for name, fold in self.folds.items()}
        self._state_codecs = {name: Codec((type(fold.initial),)) for name, fold in self.folds.items()}
        self.saga_routes = {route.saga.name: route for route in service.sagas}
        self.sagas_by_own: dict[type, list[SagaRoute]] = {}
        for route in service.sagas:
            for kind in route.own:
                self.sagas_by_own.setdefault(kind, []).append(route)
        self.rows_by_own: dict[type, list[Callable[[Any], Any]]] = {}
        for projection in service.projections:
            for kind, rows in projection.own.items():
                self.rows_by_own.setdefault(kind, []).append(rows)
        self._said: dict[tuple[str, int], str] = {}
        self._states: Recent[str, tuple[Any, int]] = Recent(STREAMS_REMEMBERED)
        self._sequences: Recent[str, int] = Recent(SEQUENCES_REMEMBERED)
        store.define(table for projection in service.projections for table in projection.tables)
        self.owing: set[str] = set(store.owing())

    def submit(self, piece: Piece) -> None:
        """Put a piece of work in line; may be called from any thread."""
        self._waiting.put(piece)

    def turn(self) -> bool:
        """Carry out what waits and make it durable; say whether there was anything.

        Raises:
            StoreUnavailable: nothing was lost; call again later.
        """
        work = self._gather()
        if not work:
            return False
        try:
            self._carry_out(work)
        except StoreUnavailable:
            self._unfinished.extendleft(reversed(work))
            self._forget()
            raise
        except Exception as error:  # a conflict, or one piece that spoils the batch: find it by going one by one
            log.info("%s: batch of %d taken apart: %s", self.service.name, len(work), error)
            self._forget()
            for piece in work:
                for part in piece.alone():
                    self.carry_out_alone(part)
        return True

    def _gather(self) -> list[Piece]:
        work: list[Piece] = list(self._unfinished)
        self._unfinished.clear()
        while len(work) < JOBS_PER_TURN and not self._waiting.empty():
            work.append(self._waiting.get_nowait())
        for source in self.sources:
            work.extend(source())
        return work

    def _carry_out(self, work: list[Piece]) -> None:
        batch = Batch()
        carried: list[Piece] = []
        for piece in work:
            try:
                piece.carry(self, batch)
                carried.append(piece)
            except StoreUnavailable:
                raise
            except Exception as error:
                log.exception("%s: could not carry out %r", self.service.name, piece)
                piece.failed(self, error)
        self._save_long_streams(batch)
        head = self.store.commit(batch.writes) if batch.writes else 0
        self._remember(batch)
        for notice in self.committed:
            notice(batch)
        for piece in carried:
            piece.durable(self, head)

    def carry_out_alone(self, piece: Piece) -> None:
        """Carry out one piece in a batch of its own, again after a lost race."""
        for _ in range(CONFLICT_RETRIES):
            try:
                return self._carry_out([piece])
            except Conflict:
                self._forget()
            except StoreUnavailable:
                self._unfinished.append(piece)
                return None
            except Exception as error:
                self._forget()
                return piece.failed(self, error)
        return piece.failed(self, Conflict(f"lost {CONFLICT_RETRIES} races in a row"))

    def _save_long_streams(self, batch: Batch) -> None:
        for stream, before in batch.writes.expected.items():
            state, version = batch.states[stream]
            if version // EVENTS_PER_SNAPSHOT > before // EVENTS_PER_SNAPSHOT:
                shape = self._shapes[stream.partition("-")[0]]
                batch.writes.snapshots.append(Snapshot(stream, version, shape, encode(state)))

    def _remember(self, batch: Batch) -> None:
        self._states.update(batch.states)
        self._sequences.update(batch.sequences)
        for stream, since in batch.writes.owing.items():
            (self.owing.discard if since is None else self.owing.add)(stream)

    def _forget(self) -> None:
        self._states.clear()
        self._sequences.clear()

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + by

    def said(self, name: str, version: int) -> str:
        """Return the wire type of a public event of this service."""
        wire = self._said.get((name, version))
        if wire is None:
            wire = self._said[name, version] = type_of(self.service.name, name, version)
        return wire

    def last_sequence(self, subject: str) -> int:
        found = self._sequences.get(subject)
        return self.store.last_sequence(subject) if found is None else found

    def load(self, stream: str) -> tuple[Any, int]:
        """Return state and version of a stream from memory, or from its snapshot and the events since."""
        known = self._states.get(stream)
        if known is None:
            known = self.fold(stream)
            self._states.update({stream: known})
        return known

    def fold(self, stream: str) -> tuple[Any, int]:
        """Return state and version of a stream from the store; may be called from any thread."""
        prefix = stream.partition("-")[0]
        fold = self.folds[prefix]
        state, version = fold.initial, 0
        snapshot = self.store.snapshot(stream, self._shapes[prefix])
        if snapshot is not None:
            state = self._state_codecs[prefix].decode(type(fold.initial).__name__, snapshot.data)
            version = snapshot.version
        for recorded in self.store.read_stream(stream, version):
            state = fold.evolve(state, self.codec.decode(recorded.type, recorded.data))
            version = recorded.version
        return state, version
