"""Load → decide → append: one lane for each service, many units of work to one durable commit.

A `Lane` is the only writer of its service's store. Whoever owns it calls `turn()`, which takes what is waiting
(commands, heard events, due timers), carries each out as a unit of its own, commits once, and only then answers.
"""

import logging
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from chassis.clock import Clock
from chassis.folding import Folding
from chassis.job import Answered, Done, Job, KeyReused, NotThere, Outcome, Piece, Staged, Stale, promise
from chassis.lru import Recent
from chassis.rebuilding import form_of
from chassis.service import SagaRoute, Service
from chassis.stores.store import WORTH_ASKING_TOGETHER, Conflict, Store, StoreUnavailable, Writes
from chassis.telemetry import PRESENT, SILENT, Tracer
from chassis.unit import Batch, Unit
from kernel.message import type_of

__all__ = ["Answered", "Done", "Job", "KeyReused", "Lane", "NotThere", "Outcome", "Piece", "Stale", "Unit", "promise"]

log = logging.getLogger("lienthong.executor")

JOBS_PER_TURN = 256
EVENTS_PER_SNAPSHOT = 200
STREAMS_REMEMBERED = 4_096
SEQUENCES_REMEMBERED = 8_192
CONFLICT_RETRIES = 8
MARKS_PUT_OFF = 512
"""How many messages a reader may have passed over before it writes down that it did."""


class Undeclared(Exception):
    """A service is about to say what its `published` does not declare: a defect in its `publish`; nothing is said."""


class Lane:
    """The single writer of one service.

    `sources` are asked each turn for pieces of work beside the waiting commands (the inbox, the watchdog); `committed`
    are told of each batch once it is durable. `durable_first` makes durable what a batch relies on: a sealed value that
    outlived its key would be lost.
    """

    def __init__(
        self,
        service: Service,
        store: Store,
        clock: Clock,
        durable_first: Callable[[Writes], None] = lambda writes: None,
    ) -> None:
        self.service = service
        self.store = store
        self.clock = clock
        self._durable_first = durable_first
        self._staged_writes = Writes()
        self.sources: list[Callable[[], Iterable[Piece]]] = []
        self.committed: list[Callable[[Batch], None]] = []
        self.counts: dict[str, int] = {}
        self.commands: dict[tuple[str, str], int] = {}
        self.tracer: Tracer = SILENT
        self.flushed: Callable[[float], None] = lambda seconds: None
        self._waiting: queue.SimpleQueue[Piece] = queue.SimpleQueue()
        self._in_hand: dict[int, Piece] = {}
        self._closed = False
        self._staged: Staged | None = None
        self.put_off = Writes()
        self.lost: Callable[[str], None] = lambda source: None
        self._head = store.head()
        self._folding = Folding(service, store)
        self.codec, self.folds = self._folding.codec, self._folding.folds
        self.saga_routes = {route.saga.name: route for route in service.sagas}
        self.sagas_by_own: dict[type, list[SagaRoute]] = {}
        for route in service.sagas:
            for kind in route.own:
                self.sagas_by_own.setdefault(kind, []).append(route)
        self.rows_by_own: dict[type, list[Callable[[Any], Any]]] = {}
        for projection in service.projections:
            for kind, rows in projection.own.items():
                self.rows_by_own.setdefault(kind, []).append(rows)
        self._said: dict[tuple[str, int, type], str] = {}
        self._states: Recent[str, tuple[Any, int]] = Recent(STREAMS_REMEMBERED)
        self._sequences: Recent[str, int] = Recent(SEQUENCES_REMEMBERED)
        self.rows_missing = store.define(*form_of(service.projections))
        self.owing: set[str] = set(store.owing())

    @property
    def waiting(self) -> int:
        """How many pieces stand in line; a border that lets strangers in refuses more when there are too many."""
        return self._waiting.qsize()

    def submit(self, piece: Piece) -> None:
        """Put a piece of work in line; may be called from any thread. It is told at once if nobody will take it."""
        self._waiting.put(piece)
        if self._closed:
            self._turn_away()

    def close(self) -> None:
        """Tell all who still wait that nothing was done; only when no turn is running, nor will run."""
        self._closed = True
        for piece in self._in_hand.values():
            piece.failed(self, StoreUnavailable(f"{self.service.name} has stopped"))
        self._in_hand.clear()
        self._turn_away()
        if self.put_off:
            with suppress(StoreUnavailable, Conflict):  # without it the reader passes over the same messages again
                self.store.commit(self.put_off)

    def _turn_away(self) -> None:
        while (piece := self._next_waiting()) is not None:
            piece.failed(self, StoreUnavailable(f"{self.service.name} has stopped"))

    def _next_waiting(self) -> Piece | None:
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            return None

    def turn(self) -> bool:
        """Carry out what waits and make it durable; say whether there was anything.

        Raises:
            StoreUnavailable: nothing was lost; call again later.
        """
        if not self.begin():
            return False
        self.finish(self.flush)
        return True

    def begin(self) -> bool:
        """Do the first half of a turn, up to where only the disk is waited for; say whether there was anything.

        Raises:
            StoreUnavailable: nothing was lost; call again later.
        """
        assert self._staged is None, "the last turn was not finished"
        if self.store.shared:
            self._look_at_what_others_wrote()
        while not self._waiting.empty() and len(self._in_hand) < JOBS_PER_TURN:
            piece = self._waiting.get_nowait()  # nobody else takes any out
            self._in_hand[id(piece)] = piece
        work = [*self._in_hand.values(), *self._brought()]
        if not work:
            return False
        try:
            self._carry_out(work)
        except StoreUnavailable:
            self._forget()
            raise
        return True

    def _look_at_what_others_wrote(self) -> None:
        """Forget what other processes have written on: to refuse or to answer from an old state would be wrong."""
        for stream, version in self.store.news().items():
            known = self._states.peek(stream)
            if known is not None and known[1] < version:
                self._states.forget(stream)

    def _brought(self) -> Iterator[Piece]:
        """Ask the sources for their pieces. They bring again what came to nothing, so none of it is kept in hand."""
        for source in self.sources:
            try:
                yield from source()
            except StoreUnavailable as error:
                log.warning("%s goes on without what it cannot hear now: %s", self.service.name, error)

    def _carry_out(self, work: list[Piece]) -> None:
        staged = Staged(Batch(), [], [])
        ids = [piece.id for piece in work if isinstance(piece, Job) and piece.id]
        if len(ids) >= WORTH_ASKING_TOGETHER:
            staged.batch.answers.update(self.store.answers(ids))
        for piece in work:
            try:
                piece.carry(self, staged.batch)
                staged.carried.append(piece)
            except StoreUnavailable:
                raise
            except Exception as error:
                log.exception("%s: could not carry out %r", self.service.name, piece)
                staged.spoiled.append((piece, error))
        PRESENT.unit = None
        if staged.batch.writes.only_moves_on and len(self.put_off.marks) < MARKS_PUT_OFF:
            staged.put_off = True
        else:
            try:
                self._stage(staged.batch)
            except StoreUnavailable:
                raise
            except Exception as error:
                staged.failure = error
        self._staged = staged

    @property
    def flush(self) -> Callable[[], int] | None:
        """What is left to wait for between `begin` and `finish`, if anything; any thread may call it, once."""
        staged = self._staged
        if staged is None or staged.put_off or staged.failure is not None or not staged.batch.writes:
            return None
        return self._flush

    def finish(self, flushed: Callable[[], int] | None) -> None:
        """Do the second half of a turn: once the batch is durable, remember it and tell whoever waits.

        Args:
            flushed: gives the head of the log or raises what the flush raised; None where nothing was to be written.

        Raises:
            StoreUnavailable: nothing was lost; begin again later.
        """
        staged, self._staged = self._staged, None
        assert staged is not None, "there was no beginning"
        try:
            if staged.failure is not None:
                raise staged.failure
            if flushed is not None:
                self._head = flushed()
                self.put_off = Writes()
        except StoreUnavailable:
            self._forget()
            raise
        except Exception as error:  # a lost race, or one piece that spoils the batch: find it by going one by one
            log.info("%s: batch of %d taken apart: %s", self.service.name, len(staged.carried), error)
            self._forget()
            if isinstance(error, Conflict):
                self._lose_put_off()
            for piece in staged.carried:
                self._one_by_one(piece)
        else:
            if staged.put_off:
                staged.batch.writes.take_along(self.put_off)
                self.put_off = Writes(marks=staged.batch.writes.marks, positions=staged.batch.writes.positions)
            self._remember(staged.batch)
            for piece in staged.carried:
                self._end(piece)
        for piece, reason in staged.spoiled:
            self._end(piece, reason)
        PRESENT.unit = None

    def _one_by_one(self, piece: Piece) -> None:
        for part in piece.alone():
            self.carry_out_alone(part)

    def carry_out_alone(self, piece: Piece) -> None:
        """Carry out one piece in a batch of its own, again after a lost race."""
        lost: Exception | None = None
        for _ in range(CONFLICT_RETRIES):
            batch = Batch()
            try:
                piece.carry(self, batch)
                self._make_durable(batch)
            except StoreUnavailable:
                raise
            except Conflict as error:
                self._forget()
                lost = error
            except Exception as error:
                log.exception("%s: could not carry out %r", self.service.name, piece)
                self._forget()
                return self._end(piece, error)
            else:
                return self._end(piece)
        return self._end(piece, lost)

    def _stage(self, batch: Batch) -> None:
        self._save_long_streams(batch)
        if batch.writes:
            batch.writes.take_along(self.put_off)
            self.store.stage(batch.writes)
            self._staged_writes = batch.writes

    def _flush(self) -> int:
        began = time.perf_counter()
        self._durable_first(self._staged_writes)
        head = self.store.flush()
        self.flushed(time.perf_counter() - began)
        return head

    def _make_durable(self, batch: Batch) -> None:
        self._stage(batch)
        if batch.writes:
            self._head = self._flush()
            self.put_off = Writes()
        self._remember(batch)

    def _lose_put_off(self) -> None:
        """Another reader has moved on from where this one was: what this one has passed over is looked at again."""
        sources, self.put_off = tuple(self.put_off.positions), Writes()
        for source in sources:
            self.lost(source)

    def _remember(self, batch: Batch) -> None:
        """Take over what has become durable."""
        self._states.update(batch.states)
        self._sequences.update(batch.sequences)
        for stream, since in batch.writes.owing.items():
            (self.owing.discard if since is None else self.owing.add)(stream)
        for what, by in batch.counts.items():
            self.count(what, by)
        for key, by in batch.commands.items():
            self.commands[key] = self.commands.get(key, 0) + by
        for step in batch.steps:
            step.durable()
        for notice in self.committed:
            try:
                notice(batch)
            except Exception:  # it is durable: to raise here would have it done again
                log.exception("%s: could not take notice of a batch", self.service.name)

    def _end(self, piece: Piece, error: Exception | None = None) -> None:
        """Tell whoever waits for a piece what became of it. What is durable stays so, whatever they make of it."""
        self._in_hand.pop(id(piece), None)
        try:
            if error is None:
                piece.durable(self, self._head)
            else:
                piece.failed(self, error)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("%s: nobody could be told what became of %r", self.service.name, piece)

    def _save_long_streams(self, batch: Batch) -> None:
        for stream, before in batch.writes.expected.items():
            state, version = batch.states[stream]
            if version // EVENTS_PER_SNAPSHOT > before // EVENTS_PER_SNAPSHOT:
                try:
                    batch.writes.snapshots.append(self._folding.snapshot(stream, state, version))
                except Exception:  # a snapshot saves reading; the stream goes on without one
                    log.exception("%s: no snapshot of %s", self.service.name, stream)

    def _forget(self) -> None:
        self._states.clear()
        self._sequences.clear()

    def may_owe(self, stream: str) -> bool:
        """Say whether a saga may stand among those that owe something."""
        return stream in self.owing or self.store.shared

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + by

    def said(self, name: str, version: int, kind: type) -> str:
        """Return the wire type of a public event of this service; looked at once for each.

        Args:
            kind: the type of its data.

        Raises:
            Undeclared: the service does not declare it with such data.
        """
        wire = self._said.get((name, version, kind))
        if wire is None:
            if (name, version, kind) not in self.service.published:
                raise Undeclared(f"{self.service.name} declares no {name} v{version} of {kind.__name__}")
            wire = self._said[name, version, kind] = type_of(self.service.name, name, version)
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

    def durable_state(self, stream: str) -> tuple[Any, int]:
        """Return the durable state and version of a stream for whoever looks; may be called from any thread."""
        known = self._states.peek(stream)
        if known is None or self.store.shared:
            return self._folding.of(stream, known)
        return known

    def fold(self, stream: str) -> tuple[Any, int]:
        """Return state and version of a stream from the store; may be called from any thread."""
        return self._folding.of(stream)
