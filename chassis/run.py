"""Run services in one process: their lanes take turns on one thread, whatever waits for them waits elsewhere."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chassis.bus.bus import Bus
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import Clock, RehearsalClock, to_us
from chassis.executor import Lane, Piece
from chassis.inbox import Inbox
from chassis.service import Service
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import Store, StoreUnavailable
from chassis.watchdog import Watchdog
from kernel.message import EPOCH

log = logging.getLogger("lienthong.run")

LONGEST_SLEEP_S = 0.5
WAIT_FOR_STORE_S = 0.2


@dataclass(frozen=True, slots=True)
class Running:
    """A service with the parts it runs on."""

    service: Service
    store: Store
    lane: Lane
    inbox: Inbox
    watchdog: Watchdog


class Engine:
    """Turns the lanes of some services until told to stop. `run_until_idle` turns them on the caller's own thread."""

    def __init__(self, services: Sequence[Service], stores: dict[str, Store], bus: Bus, clock: Clock) -> None:
        self.clock = clock
        self.running = {service.name: _start(service, stores[service.name], bus, clock) for service in services}
        self._lanes = [running.lane for running in self.running.values()]
        self._wake = threading.Event()
        self._stopping = False
        self._errands: list[tuple[Callable[[], None], Future[None]]] = []
        self._thread: threading.Thread | None = None

    def submit(self, service: str, piece: Piece) -> None:
        """Hand a piece of work to a service's lane; may be called from any thread."""
        self.running[service].lane.submit(piece)
        self._wake.set()

    def run_until_idle(self) -> None:
        """Turn every lane until no command, no message and no due timer is left."""
        while self._turn_all():
            pass

    def _turn_all(self) -> bool:
        """Give every lane its turn; say whether any had something to do."""
        moved = False
        for lane in self._lanes:
            moved |= lane.turn()
        return moved

    def move_clock(self, to: datetime) -> "Future[None]":
        """Bring a rehearsal clock to `to`, stopping at every timer on the way; done when all have caught up."""
        done: Future[None] = Future()
        self._errands.append((lambda: self.pass_time(to), done))
        self._wake.set()
        return done

    def pass_time(self, to: datetime) -> None:
        """Do what `move_clock` promises, on the caller's thread (which must be the engine's)."""
        clock = self.clock
        assert isinstance(clock, RehearsalClock), "only a rehearsal clock can be moved"
        self.run_until_idle()
        if clock.untouched:
            clock.move_to(to)
        while True:
            due = [at for running in self.running.values() if (at := running.watchdog.next_timer_us) is not None]
            if not due or min(due) > to_us(to):
                break
            stop = EPOCH + (datetime.resolution * min(due))
            clock.move_to(max(stop, clock.now()))
            self.run_until_idle()
        clock.move_to(to)
        self.run_until_idle()

    def start(self) -> None:
        """Turn the lanes on a thread of their own."""
        self._thread = threading.Thread(target=self._loop, name="lanes", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        while not self._stopping:
            try:
                moved = self._turn_all()
            except StoreUnavailable as error:
                log.error("a store is not available, waiting: %s", error)
                time.sleep(WAIT_FOR_STORE_S)
                continue
            self._run_errands()
            if not moved and self._wake.wait(LONGEST_SLEEP_S):
                self._wake.clear()

    def _run_errands(self) -> None:
        while self._errands:
            errand, done = self._errands.pop(0)
            try:
                errand()
                done.set_result(None)
            except Exception as error:
                done.set_exception(error)

    def stop(self) -> None:
        """Let the turn in hand end, then close every store."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        for running in self.running.values():
            running.store.close()


def _start(service: Service, store: Store, bus: Bus, clock: Clock) -> Running:
    lane = Lane(service, store, clock)
    inbox = Inbox(lane, bus)
    watchdog = Watchdog(lane, inbox)
    lane.sources += [inbox.pieces, watchdog.pieces]
    lane.committed.append(watchdog.committed)
    return Running(service, store, lane, inbox, watchdog)


def embedded(services: Sequence[Service], data: Path, clock: Clock) -> Engine:
    """Return an engine over one SQLite store for each service in the folder `data`, and the embedded bus."""
    stores: dict[str, Store] = {service.name: SqliteStore(data / f"{service.name}.db") for service in services}
    return Engine(services, stores, EmbeddedBus(stores), clock)
