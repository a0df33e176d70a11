"""Two small services to measure the way between them: `meter` says what it reads, `tally` notes what it hears.

Their rules cost next to nothing, so that what is measured is the command, the log, the relay, the brokers, the ear and
the transaction of the effect. Run as `python -m bench.meter meter|tally <file of what to do>` by `bench/cluster.py`.
"""

import json
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from chassis.bus.kafka import KafkaBus
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_ear import KafkaEar
from chassis.bus.kafka_relay import Relay
from chassis.clock import WallClock
from chassis.executor import Job
from chassis.run import Engine
from chassis.service import Projection, Route, Service
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import Statement
from chassis.unit import Batch
from kernel.decider import Decider
from kernel.message import Heard, Hearing, PublicEvent, type_of

AT_ONCE: Final = 256
WARMING: Final = 20
"""How many readings are taken before anything is measured."""

FILLER: Final = "x" * 400
"""Brings an event to some 550 bytes, as the product's are."""

TAKEN: Final = type_of("meter", "ReadingTaken", 1)


@dataclass(frozen=True, slots=True)
class TakeReading:
    ref: str
    number: int
    now: datetime


@dataclass(frozen=True, slots=True)
class ReadingTaken:
    ref: str
    number: int
    at: datetime
    filler: str


@dataclass(frozen=True, slots=True)
class NoteReading:
    ref: str
    number: int


@dataclass(frozen=True, slots=True)
class ReadingNoted:
    ref: str
    number: int
    filler: str


@dataclass(frozen=True, slots=True)
class Last:
    number: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    ref: str
    number: int


def _take(command: TakeReading, state: Last) -> tuple[ReadingTaken, ...]:
    return (ReadingTaken(command.ref, command.number, command.now, FILLER),)


def _note(command: NoteReading, state: Last) -> tuple[ReadingNoted, ...]:
    return (ReadingNoted(command.ref, command.number, FILLER),)


def _last(state: Last, event: ReadingTaken | ReadingNoted) -> Last:
    return Last(event.number)


def _stream(command: TakeReading | NoteReading) -> str:
    return f"reading-{command.ref}"


def _row(event: ReadingNoted) -> tuple[Statement, ...]:
    sql = (
        "INSERT INTO readings(ref, number) VALUES(:ref, :number) ON CONFLICT(ref) DO UPDATE SET number=excluded.number"
    )
    return (Statement(sql, {"ref": event.ref, "number": event.number}),)


TAKE = Decider(Last(), _take, _last)
NOTE = Decider(Last(), _note, _last)
READINGS = "CREATE TABLE IF NOT EXISTS readings(ref TEXT PRIMARY KEY, number INTEGER NOT NULL)"

METER = Service(
    "meter", (ReadingTaken,), {"reading": TAKE}, {TakeReading: Route(TAKE, _stream)},
    publish=lambda event: PublicEvent("ReadingTaken", 1, event.ref, event.ref, event),
    published=(("ReadingTaken", 1, ReadingTaken),),
)  # fmt: skip


def tally(told: Callable[[int], None]) -> Service:
    """Return the service that hears, and tells `told` when (UTC µs) each message was said."""

    def hear(data: Reading, heard: Heard) -> tuple[NoteReading, ...]:
        told(heard.envelope.time_us)
        return (NoteReading(data.ref, data.number),)

    return Service(
        "tally", (ReadingNoted,), {"reading": NOTE}, {NoteReading: Route(NOTE, _stream)},
        hears=(Hearing(TAKEN, Reading, hear),),
        projections=(Projection("readings", (READINGS,), {ReadingNoted: _row}),),
    )  # fmt: skip


class Parts:
    """One process's parts, from the file of what to do."""

    def __init__(self, to_do: dict[str, Any], service: Service) -> None:
        self.store = PostgresStore(PostgresAccess(to_do["database"], to_do["password"]))
        self.bus = KafkaBus()
        self.engine = Engine([service], {service.name: self.store}, self.bus, WallClock(), disk_threads=True)
        self.bus.told = self.engine.wake
        self.lane = self.engine.running[service.name].lane
        self.access = KafkaAccess(**to_do["kafka"])
        self.instance: str = to_do["instance"]
        self.topic: str = to_do["topic"]
        self.group: str = to_do["group"]


def speak(to_do: dict[str, Any]) -> None:
    """Give commands, as many at once as are let in or so many a second, and print when the last was said."""
    parts = Parts(to_do, METER)
    relay = Relay("meter", parts.store, parts.access, parts.topic, instance=parts.instance)
    parts.lane.committed.append(lambda batch: relay.wake() if batch.writes.events else None)
    parts.engine.start()
    relay.start()
    answered: queue.SimpleQueue[object] = queue.SimpleQueue()
    events, subjects, per_s, of, share = (to_do[name] for name in ("events", "subjects", "per_s", "of", "share"))
    for number in range(WARMING):  # until connections and caches are there
        job = Job(TakeReading(f"{of}{share}-warm", number + 1, datetime.now(UTC)))
        parts.engine.submit("meter", job)
        job.future.result(timeout=60)
    while not relay.caught_up():
        time.sleep(0.01)
    began = time.time()
    open_now = 0
    for number in range(events):
        if per_s and (early := began + number / per_s - time.time()) > 0:
            time.sleep(early)
        ref = f"{of}{share}-{number % subjects:06d}"
        job = Job(TakeReading(ref, number // subjects + 1, datetime.now(UTC)))
        job.future.add_done_callback(answered.put)
        parts.engine.submit("meter", job)
        open_now += 1
        while open_now >= AT_ONCE or not answered.empty():
            answered.get()
            open_now -= 1
    for _ in range(open_now):
        answered.get()
    committed_s = time.time() - began
    while not relay.caught_up():
        time.sleep(0.01)
    print(json.dumps({"began": began, "committed_s": committed_s, "said_s": time.time() - began}), flush=True)
    relay.close()
    parts.engine.stop()


def hear(to_do: dict[str, Any]) -> None:
    """Take what comes until told to stop; print the last effect, and of each when it was said and its wait (ms)."""
    said: list[int] = []
    waits: list[tuple[float, float]] = []
    last = [0.0]

    def committed(batch: Batch) -> None:
        now = time.time()
        if said:
            last[0] = now
            waits.extend((time_us / 1e6, now * 1e3 - time_us / 1e3) for time_us in said)
            said.clear()

    parts = Parts(to_do, tally(said.append))
    parts.lane.committed.append(committed)
    ear = KafkaEar(
        parts.bus, parts.access, parts.topic, "tally", parts.store.position, parts.instance, group=parts.group
    )
    parts.engine.start()
    ear.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    stop.wait()
    ear.close()
    parts.engine.stop()
    print(json.dumps({"last": last[0], "waits": waits}), flush=True)


if __name__ == "__main__":
    what = json.loads(Path(sys.argv[2]).read_text())
    {"meter": speak, "tally": hear}[sys.argv[1]](what)
