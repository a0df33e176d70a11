"""Services running embedded in a folder, turned by the test's own thread; what the tests of the running gear share."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.bus.bus import Bus
from chassis.clock import RehearsalClock
from chassis.executor import Answered, Done, Job, KeyReused, Lane, NotThere, Outcome, Stale
from chassis.run import Engine, Running
from chassis.service import Service
from chassis.stores.store import Recorded
from kernel.refusal import Refused
from tests.chassis.savings import OpenAccount, PayIn
from tests.stores import embedded
from tests.stores import opened as opened_store

START = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
AGENCY = "H48.23"


class Stage:
    """An engine over some services, and words to drive it."""

    def __init__(self, data: Path, *services: Service, bus: Bus | None = None, disk_threads: bool = False) -> None:
        self.clock = RehearsalClock(data / "clock.json")
        if self.clock.untouched:
            self.clock.move_to(START)
        self.name = services[0].name
        if bus is None:
            self.engine = embedded(services, data, self.clock, disk_threads)
        else:
            stores = {service.name: opened_store(data, service.name) for service in services}
            self.engine = Engine(services, stores, bus, self.clock)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def running(self, service: str = "") -> Running:
        return self.engine.running[service or self.name]

    @property
    def lane(self) -> Lane:
        return self.running().lane

    def job(self, command: Any, **wanted: Any) -> Job:
        """Put a command in line; nothing turns yet."""
        job = Job(command, render=said_plainly, **wanted)
        self.engine.submit(wanted.pop("service", self.name), job)
        return job

    def give(self, *commands: Any, **wanted: Any) -> list[Answered]:
        """Give commands at once, let everything come to rest, and return their answers."""
        jobs = [self.job(command, **wanted) for command in commands]
        self.engine.run_until_idle()
        return [job.future.result(timeout=0) for job in jobs]

    def say(self, command: Any, **wanted: Any) -> str:
        """Give one command and return in a word what it came to."""
        return self.give(command, **wanted)[0].body.decode()

    def log(self, service: str = "") -> list[Recorded]:
        return list(self.running(service).store.tail(0, 1_000_000))

    def types(self, stream: str, service: str = "") -> list[str]:
        return [recorded.type for recorded in self.running(service).store.read_stream(stream)]

    def state(self, stream: str, service: str = "") -> Any:
        return self.running(service).lane.fold(stream)[0]

    def rows(self, sql: str, service: str = "") -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self.running(service).store.query(sql)]

    def pass_time(self, **delta: float) -> None:
        self.engine.pass_time(self.now + timedelta(**delta))

    def close(self) -> None:
        self.engine.stop()


@contextmanager
def staged(data: Path, *services: Service, bus: Bus | None = None, disk_threads: bool = False) -> Iterator[Stage]:
    """Run services for the length of a `with`, on the embedded bus unless another is given."""
    stage = Stage(data, *services, bus=bus, disk_threads=disk_threads)
    try:
        yield stage
    finally:
        stage.close()


def said_plainly(outcome: Outcome) -> tuple[int, bytes]:
    """Return an outcome as status and a word."""
    match outcome:
        case Done(events):
            return 200, " ".join(type(event).__name__ for event in events).encode() or b"nothing new"
        case Refused():
            return 409, outcome.code.encode()
        case NotThere():
            return 404, b"not there"
        case Stale(version):
            return 412, f"version {version}".encode()
        case KeyReused():
            return 409, b"key reused"


def opened(ref: str, at: datetime = START) -> OpenAccount:
    """Return the command that opens an account."""
    return OpenAccount(ref, f"owner-{ref}", AGENCY, at)


def paid(ref: str, amount_vnd: int, slip: str, at: datetime = START) -> PayIn:
    """Return the command that pays something in."""
    return PayIn(ref, amount_vnd, slip, at)


def commits(stage: Stage) -> list[int]:
    """Return the head of the log after each commit, from now on."""
    heads: list[int] = []
    stage.lane.committed.append(lambda batch: heads.append(stage.running().store.head()))
    return heads
