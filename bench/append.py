"""Append with 64 commands at once, each answered only when durable; beside raw SQLite and the `eventsourcing` library.

All three write the same events to a file with synchronous=FULL. What is compared is the way in: a command through the
lane (load, decide, append, group commit, answer), a bare INSERT of the same rows, and an aggregate saved by the library
at its defaults. Run `python -m bench.append [--events N] [--rounds N] [--json]`.
"""

import argparse
import json
import queue
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from chassis.clock import WallClock, to_us
from chassis.codec import encode
from chassis.executor import Job
from chassis.run import Engine, embedded
from chassis.service import Route, Service
from chassis.stores.chain import NOTHING_BEFORE, chained
from chassis.stores.migrations import bring_up
from chassis.stores.sqlite import INSERT_EVENT, PRAGMAS
from chassis.stores.store import NewEvent
from kernel.decider import Decider

AT_ONCE = 64
EVENTS = 20_000
ROUNDS = 3
STREAMS = 2_000
SERVICE = "append"
AT = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """An agency has taken note of a step."""

    ref: str
    step: str
    agency: str
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An agency took note of a step."""

    ref: str
    step: str
    agency: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Notes:
    """How many notes were taken."""

    taken: int = 0


def _decide(command: Acknowledge, state: Notes) -> tuple[Acknowledged, ...]:
    return (Acknowledged(command.ref, command.step, command.agency, command.actor, command.now),)


def _evolve(state: Notes, event: Acknowledged) -> Notes:
    return Notes(state.taken + 1)


def _stream(command: Acknowledge) -> str:
    return f"note-{command.ref}"


NOTES = Decider(Notes(), _decide, _evolve)
WIRED = Service(SERVICE, (Acknowledged,), {"note": NOTES}, {Acknowledge: Route(NOTES, _stream)})


def commands(events: int) -> Iterator[Acknowledge]:
    """Yield the commands that all three carry out, ten or so to a stream, streams in turn."""
    streams = min(STREAMS, max(1, events // 10))
    for number in range(events):
        ref = f"01K4DZ{number % streams:020d}"
        yield Acknowledge(ref, "police", "H48.23.2", "officer:H48.23.2:7", AT)


def through_the_lane(folder: Path, events: int) -> float:
    """Return seconds for `events` commands, never more than `AT_ONCE` unanswered."""
    return answered_by(embedded((WIRED,), folder, WallClock(), disk_threads=True), events)


def answered_by(engine: Engine, events: int) -> float:
    """Return seconds until an engine has answered `events` commands, never more than `AT_ONCE` of them open."""
    answered: queue.SimpleQueue[object] = queue.SimpleQueue()
    waiting = commands(events)
    engine.start()
    try:
        started = time.perf_counter()
        open_now = 0
        for command in waiting:
            job = Job(command)
            job.future.add_done_callback(answered.put)
            engine.submit(SERVICE, job)
            open_now += 1
            if open_now == AT_ONCE:
                answered.get()
                open_now -= 1
        for _ in range(open_now):
            answered.get()
        took = time.perf_counter() - started
        assert engine.running[SERVICE].store.head() == events, "an answer came without its event"
        return took
    finally:
        engine.stop()


def rows_of(events: int) -> list[NewEvent]:
    """Return the rows that the lane writes for that many commands."""
    versions: dict[str, int] = {}
    rows = []
    for command in commands(events):
        stream = _stream(command)
        versions[stream] = version = versions.get(stream, 0) + 1
        data = encode(_decide(command, Notes())[0])
        rows.append(
            NewEvent(stream, version, "Acknowledged", data, to_us(AT), "", "", None, None, None, None, None, None)
        )
    return rows


def raw_inserts(folder: Path, events: int, to_a_commit: int) -> float:
    """Return seconds for inserting the same rows and nothing else, so many to a commit."""
    rows = list(chained(rows_of(events), 1, {}, lambda stream: NOTHING_BEFORE))
    db = sqlite3.connect(folder / "raw.db", isolation_level=None)
    try:
        db.executescript(PRAGMAS)
        bring_up(db, "raw.db")
        started = time.perf_counter()
        for first in range(0, events, to_a_commit):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(INSERT_EVENT, rows[first : first + to_a_commit])
            db.execute("COMMIT")
        return time.perf_counter() - started
    finally:
        db.close()


@cache
def _library() -> tuple[type[Any], type[Any]]:
    """Return the library's application class and an aggregate; it is a tool of the bench, so loaded here only."""
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Note(Aggregate):
        def __init__(self) -> None:
            self.taken = 0

        @event("Acknowledged")
        def acknowledge(self, ref: str, step: str, agency: str, by: str, at: datetime) -> None:
            self.taken += 1

    return Application, Note


def through_eventsourcing(folder: Path, events: int) -> float:
    """Return seconds for the library: each event triggered on an aggregate held in memory and saved, one thread.

    One thread is its best case: its SQLite recorder lets one writer in at a time, and more threads only queue.
    """
    place = str(folder / "library.db")
    return saved_by_library({"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": place}, events)


def saved_by_library(environment: dict[str, str], events: int) -> float:
    """Return seconds for events triggered one by one on aggregates in memory and saved, where the library is told."""
    application, kind = _library()
    app = application(env=environment)
    try:
        notes = {ref: kind() for ref in dict.fromkeys(command.ref for command in commands(events))}
        app.save(*notes.values())
        started = time.perf_counter()
        for command in commands(events):
            note = notes[command.ref]
            note.acknowledge(command.ref, command.step, command.agency, command.actor, command.now)
            app.save(note)
        return time.perf_counter() - started
    finally:
        app.close()


WAYS: dict[str, Callable[[Path, int], float]] = {
    "lane": through_the_lane,
    "raw_grouped": lambda folder, events: raw_inserts(folder, events, AT_ONCE),
    "raw_single": lambda folder, events: raw_inserts(folder, events, 1),
    "eventsourcing": through_eventsourcing,
}
TITLES = {
    "lane": f"through the lane, {AT_ONCE} at once, each answered when durable",
    "raw_grouped": f"raw INSERT of the same rows, {AT_ONCE} to a commit",
    "raw_single": "raw INSERT of the same rows, one to a commit",
    "eventsourcing": "eventsourcing 9.5 at its defaults, one save after another",
}


def measure(events: int = EVENTS, rounds: int = ROUNDS) -> dict[str, float]:
    """Return events per second of each way, the median of some rounds in which they take turns."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, run in WAYS.items():
            with tempfile.TemporaryDirectory() as folder:
                seconds[way].append(run(Path(folder), events))
    return {way: events / statistics.median(taken) for way, taken in seconds.items()}


def printed(rates: dict[str, float]) -> str:
    """Return the figures as a table, with the lane's ratio to each."""
    lines = [f"{'events/s':>10}  {'lane is':>8}"]
    for way, rate in rates.items():
        lines.append(f"{rate:>10,.0f}  {rates['lane'] / rate:>7.2f}×  {TITLES[way]}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rates = measure(asked.events, asked.rounds)
    print(json.dumps(rates) if asked.json else printed(rates))


if __name__ == "__main__":
    main()
