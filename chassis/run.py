"""Run services in one process: their lanes take turns on one thread, whatever waits for them waits elsewhere."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chassis.bus.bus import Bus
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import Clock, RehearsalClock, to_us
from chassis.disk import Disk
from chassis.executor import Lane
from chassis.inbox import Inbox
from chassis.job import Piece, promise
from chassis.rebuilding import fill_read_models
from chassis.service import Service
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import Store, StoreUnavailable, Writes
from chassis.telemetry import SILENT, Tracer
from chassis.watchdog import Watchdog
from kernel.message import EPOCH, source_of

log = logging.getLogger("lienthong.run")

LONGEST_SLEEP_S = 0.5
ROUNDS_OF_PATIENCE = 64
"""How many rounds a patient lane lets the others go first while they have something to do."""

WAIT_FOR_STORE_S = 0.2
NEWEST = "SELECT time_us FROM events ORDER BY position DESC LIMIT 1"


Errand = tuple[Callable[[], None], "Future[None]"]


@dataclass(frozen=True, slots=True)
class Running:
    """A service with the parts it runs on."""

    service: Service
    store: Store
    lane: Lane
    inbox: Inbox
    watchdog: Watchdog

    @property
    def source(self) -> str:
        """Return what its readers know it by, in its present generation."""
        return source_of(self.service.name, self.store.generations[-1].number)


class Engine:
    """Turns the lanes of some services until told to stop. `run_until_idle` turns them on the caller's own thread.

    All code of the services runs on one thread. With `disk_threads` the waiting for the disk does not: while one
    store makes a batch durable, the next lane works out its own.
    """

    def __init__(
        self, services: Sequence[Service], stores: dict[str, Store], bus: Bus, clock: Clock, disk_threads: bool = False,
        durable_first: Callable[[Writes], None] = lambda writes: None,
    ) -> None:  # fmt: skip
        """Take the services and their parts; `durable_first` is told of each batch before it is made durable."""
        self.clock = clock
        self.bus = bus
        self.running = {
            service.name: _start(service, stores[service.name], bus, clock, durable_first) for service in services
        }
        fill_read_models(self.running.values())
        self.failing: dict[str, str] = {}
        self.tracer = SILENT
        self._not_before: dict[str, float] = {}
        self._wake = threading.Event()
        self._brisk = {name: one.lane for name, one in self.running.items() if not one.service.patient}
        self._patient = {name: one.lane for name, one in self.running.items() if one.service.patient}
        self._disks = {service.name: Disk(service.name, self._wake.set) for service in services if disk_threads}
        self._stopping = False
        self._rounds = 0
        self.activity = 0
        self._resting = False
        self._errands: deque[Errand] = deque()
        self._errands_when_idle: deque[Errand] = deque()
        self._thread: threading.Thread | None = None
        # Told when every lane has stopped for good, and the stores are still open.
        self.at_rest: list[Callable[[], None]] = []
        if isinstance(clock, RehearsalClock):
            clock.keep_up_with(self._newest())

    def _newest(self) -> datetime:
        """Return the time of the newest stored event."""
        last = [running.store.query(NEWEST) for running in self.running.values()]
        return EPOCH + timedelta(microseconds=max((rows[0]["time_us"] for rows in last if rows), default=0))

    @property
    def has_died(self) -> bool:
        """Say whether the lanes' own thread has ended without being told to."""
        return self._thread is not None and not self._thread.is_alive() and not self._stopping

    def follow(self, tracer: Tracer) -> None:
        """Let every lane tell `tracer` of what is followed; it ends when the engine does."""
        self.tracer = tracer
        for running in self.running.values():
            running.lane.tracer = tracer
        self.at_rest.append(tracer.close)

    def wake(self) -> None:
        """There is something to do; may be called from any thread."""
        self._wake.set()

    def submit(self, service: str, piece: Piece) -> None:
        """Hand a piece of work to a service's lane; may be called from any thread."""
        self.running[service].lane.submit(piece)
        self._wake.set()

    def run_until_idle(self, patient_too: bool = True) -> None:
        """Turn every lane until no command, no message and no due timer is left.

        Args:
            patient_too: else patient lanes may be left with messages they have not taken.

        Raises:
            StoreUnavailable: a store is down, or the engine is being stopped; nothing was lost.
        """
        while True:
            if self._stopping:
                raise StoreUnavailable("the engine is being stopped")
            moved = self._round(self._bring_on, patient_too)
            if not self._gather() and not moved:
                return

    def _round(self, bring_on: Callable[[str, Lane, bool], bool], patient_too: bool = True) -> bool:
        """Bring every lane on; patient ones only when nobody else has anything to do, or have waited long enough."""
        moved = False
        for name, lane in self._brisk.items():
            moved |= bring_on(name, lane, True)
        self._rounds += 1
        their_turn = (patient_too and not moved) or self._rounds % ROUNDS_OF_PATIENCE == 0
        for name, lane in self._patient.items():
            if their_turn or self._is_flushing(name):
                moved |= bring_on(name, lane, their_turn)
        return moved

    def _gather(self) -> bool:
        """Wait until the batches of a round are durable, all at once; say whether there were any.

        What they lead to is then heard together: fewer and larger batches than if each lane went on by itself.
        """
        flushing = [disk for disk in self._disks.values() if disk.busy]
        while not all(disk.done for disk in flushing):
            self._wake.wait(LONGEST_SLEEP_S)
            self._wake.clear()
        return bool(flushing)

    def _is_flushing(self, name: str) -> bool:
        disk = self._disks.get(name)
        return disk is not None and disk.busy

    def _bring_on(self, name: str, lane: Lane, begins: bool) -> bool:
        """Bring a lane on as far as it gets without waiting for the disk; say whether it got anywhere.

        Args:
            begins: else it only ends what is durable by now.
        """
        disk = self._disks.get(name)
        flushed = disk is not None and disk.busy
        if disk is not None and disk.busy:
            if not disk.done:
                return False
            disk.busy = False
            lane.finish(disk.result)
        if not begins or not lane.begin():
            return flushed
        flush = lane.flush
        if flush is None or disk is None:
            lane.finish(flush)
        else:
            disk.begin(flush)
        return True

    def move_clock(self, to: datetime) -> "Future[None]":
        """Bring a rehearsal clock to `to`, stopping at every timer on the way; done when all have caught up."""
        return self._send(lambda: self.pass_time(to))

    def release_clock(self) -> "Future[None]":
        """Bring a rehearsal clock to the wall's time, stopping at every timer on the way; from then on it runs."""
        return self._send(self.catch_up)

    def when_idle(self, errand: Callable[[], None]) -> "Future[None]":
        """Do something at a moment when no lane has work and every reader has heard all there is; on their thread."""
        return self._send(errand, self._errands_when_idle)

    @property
    def _is_idle(self) -> bool:
        """Say whether a round that moved nothing found nothing, rather than lanes that cannot work now."""
        busy = any(disk.busy for disk in self._disks.values())
        return not busy and not self.failing and not any(one.lane.waiting for one in self.running.values())

    @property
    def rests(self) -> bool:
        """Say whether nothing is in hand: the last round found nothing, and nothing has come since; from any thread."""
        return self._resting and not self._wake.is_set() and self._is_idle

    def show_time(self, to: datetime, release: bool = False) -> "Future[None]":
        """Set a rehearsal clock to `to` at once; whoever says so has seen to it that all services rest."""

        def set_it() -> None:
            clock = self.clock
            assert isinstance(clock, RehearsalClock), "only a rehearsal clock can be moved"
            clock.keep_up_with(to) if not clock.untouched else clock.move_to(to)
            if release:
                clock.release()
            for running in self.running.values():
                running.watchdog.look_anew()

        return self._send(set_it)

    def _send(self, errand: Callable[[], None], to: "deque[Errand] | None" = None) -> "Future[None]":
        done: Future[None] = promise()
        (self._errands if to is None else to).append((errand, done))
        self._wake.set()
        if self._stopping:
            self._turn_errands_away()
        return done

    def pass_time(self, to: datetime, patient_too: bool = True) -> None:
        """Do what `move_clock` promises, on the caller's thread (which must be the engine's).

        Args:
            patient_too: else patient lanes may be left with messages they have not taken.
        """
        clock = self.clock
        assert isinstance(clock, RehearsalClock), "only a rehearsal clock can be moved"
        self.run_until_idle(patient_too=False)
        if clock.untouched:
            clock.move_to(to)
        while (due_us := self._next_timer_us()) is not None and due_us <= to_us(to):
            clock.move_to(max(EPOCH + timedelta(microseconds=due_us), clock.now()))
            self.run_until_idle(patient_too=False)
        clock.move_to(to)
        self.run_until_idle(patient_too)

    def _next_timer_us(self) -> int | None:
        due = [running.watchdog.next_timer_us for running in self.running.values()]
        return min((at for at in due if at is not None), default=None)

    def catch_up(self) -> None:
        """Do what `release_clock` promises, on the caller's thread (which must be the engine's)."""
        clock = self.clock
        assert isinstance(clock, RehearsalClock), "only a rehearsal clock can be released"
        if not clock.untouched and not clock.released:
            self.pass_time(max(clock.now(), datetime.now(UTC)))
        clock.release()

    def start(self) -> None:
        """Turn the lanes on a thread of their own."""
        self._thread = threading.Thread(target=self._loop, name="lanes", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        while not self._stopping:
            self._resting = False
            self._wake.clear()
            moved = self._round(self._turn)
            self._run_errands(self._errands)
            if moved:
                self.activity += 1
                continue
            if self._is_idle:
                self._resting = True
                self._run_errands(self._errands_when_idle)
            self._wake.wait(LONGEST_SLEEP_S)

    def _turn(self, name: str, lane: Lane, begins: bool) -> bool:
        """Give one lane its turn. One that cannot work now waits a little; the others go on."""
        if time.monotonic() < self._not_before.get(name, 0.0):
            return False
        try:
            moved = self._bring_on(name, lane, begins)
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                log.error("%s waits, its store is not available: %s", name, error)
            else:
                log.exception("%s waits, its turn failed", name)
            self.failing[name] = str(error)
            self._not_before[name] = time.monotonic() + WAIT_FOR_STORE_S
            return False
        self.failing.pop(name, None)
        return moved

    def _run_errands(self, errands: "deque[Errand]") -> None:
        while errands and not self._stopping:
            errand, done = errands.popleft()
            try:
                errand()
            except Exception as error:
                done.set_exception(error)
            else:
                done.set_result(None)

    def stop(self) -> None:
        """Let the turn in hand end, tell all who still wait that nothing was done, and close every store."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        for name, disk in self._disks.items():
            disk.stop()
            if disk.busy:
                with suppress(StoreUnavailable):  # whoever waits is told when the lane closes
                    self.running[name].lane.finish(disk.result)
        for running in self.running.values():
            running.lane.close()
        self._turn_errands_away()
        for told in self.at_rest:
            told()
        for running in self.running.values():
            running.store.close()

    def _turn_errands_away(self) -> None:
        for errands in (self._errands, self._errands_when_idle):
            while errands:
                with suppress(IndexError):  # somebody else has just told the last one
                    errands.popleft()[1].set_exception(StoreUnavailable("the engine has stopped"))


def _start(service: Service, store: Store, bus: Bus, clock: Clock, durable_first: Callable[[Writes], None]) -> Running:
    lane = Lane(service, store, clock, durable_first)
    inbox = Inbox(lane, bus)
    watchdog = Watchdog(lane, inbox)
    lane.sources += [inbox.pieces, watchdog.pieces]
    if service.asks_outside is not None:
        lane.sources.append(service.asks_outside(lane))
    lane.committed.append(watchdog.committed)
    return Running(service, store, lane, inbox, watchdog)


def embedded(
    services: Sequence[Service], data: Path, clock: Clock, disk_threads: bool = False,
    durable_first: Callable[[Writes], None] = lambda writes: None,
) -> Engine:  # fmt: skip
    """Return an engine over one SQLite store for each service in the folder `data`, and the embedded bus.

    Raises:
        StoreInUse: another process serves this folder.
    """
    stores: dict[str, Store] = {}
    try:
        for service in services:
            stores[service.name] = SqliteStore(data / f"{service.name}.db")
    except BaseException:
        for store in stores.values():
            store.close()
        raise
    return Engine(services, stores, EmbeddedBus(stores), clock, disk_threads, durable_first)
