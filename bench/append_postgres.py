"""Append to PostgreSQL with 64 commands at once, each answered only when durable; beside the `eventsourcing` library.

All ways write the same events to one server with synchronous_commit=on, taking turns in the same run: a command through
the lane (load, decide, append, group commit, answer), bare inserts of the same rows, and an aggregate saved by the
library at its defaults. Run `python -m bench.append_postgres [--events N] [--rounds N] [--json]`.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.append import (
    AT_ONCE,
    ROUNDS,
    SERVICE,
    TITLES,
    WIRED,
    answered_by,
    printed,
    rows_of,
    saved_by_library,
)
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import WallClock
from chassis.run import Engine
from chassis.stores.chain import NOTHING_BEFORE, chained
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import WRITES, PostgresAccess
from chassis.stores.postgres_migrations import bring_up
from chassis.stores.sqlite import STORED

EVENTS: Final = 10_000
LIBRARY_EVENTS: Final = 2_000
"""The library is measured on fewer, or it would take most of the time; its rate does not depend on how many."""

MARK: Final = 4.0
SCRIPT: Final = Path(__file__).resolve().parent.parent / "deploy/native/postgres.sh"
INSERT: Final = f"INSERT INTO events({', '.join(STORED)}) VALUES({', '.join(['%b'] * len(STORED))})"


@contextmanager
def server() -> Iterator[PostgresAccess]:
    """Start a PostgreSQL as the product's is, synced to disk, and give its administrator's way in."""
    folder = Path(tempfile.mkdtemp(prefix="lienthong-bench-"))
    folder.chmod(0o711)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "LIENTHONG_CLUSTER": str(folder), "LIENTHONG_POSTGRES_PORT": str(port)}
    quiet = {"env": environment, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "check": True}
    subprocess.run([str(SCRIPT), "start"], **quiet)  # type: ignore[call-overload]
    try:
        password = (folder / "secrets/postgres.password").read_text()
        yield PostgresAccess(f"host=127.0.0.1 port={port} dbname=postgres user=postgres", password)
    finally:
        subprocess.run([str(SCRIPT), "clean"], **quiet)  # type: ignore[call-overload]
        shutil.rmtree(folder)


def fresh(admin: PostgresAccess, name: str) -> PostgresAccess:
    """Return the way to an empty database."""
    with admin.connect("") as db:
        db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        db.execute(f"CREATE DATABASE {name}")
        db.execute("CHECKPOINT")
    return PostgresAccess(admin.conninfo.replace("dbname=postgres", f"dbname={name}"), admin.password)


def through_the_lane(access: PostgresAccess, events: int) -> float:
    """Return seconds for `events` commands, never more than `AT_ONCE` unanswered."""
    stores = {SERVICE: PostgresStore(access)}
    return answered_by(
        Engine((WIRED,), dict(stores), EmbeddedBus(dict(stores)), WallClock(), disk_threads=True), events
    )


def raw_inserts(access: PostgresAccess, events: int) -> float:
    """Return seconds for inserting the same rows and nothing else, `AT_ONCE` to a commit."""
    rows = list(chained(rows_of(events), 1, {}, lambda stream: NOTHING_BEFORE))
    bring_up(access)
    with access.connect(WRITES) as db:
        started = time.perf_counter()
        for first in range(0, events, AT_ONCE):
            with db.transaction(), db.cursor() as cursor:
                cursor.executemany(INSERT, rows[first : first + AT_ONCE])
        return time.perf_counter() - started


def through_eventsourcing(access: PostgresAccess, events: int) -> float:
    """Return seconds for the library on one thread, which is its best case: it locks the table for each save."""
    with access.connect() as db:
        place = db.info
        return saved_by_library(
            {
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": place.dbname,
                "POSTGRES_HOST": place.host,
                "POSTGRES_PORT": str(place.port),
                "POSTGRES_USER": place.user,
                "POSTGRES_PASSWORD": access.password,
            },
            events,
        )


WAYS: Final[dict[str, Callable[[PostgresAccess, int], float]]] = {
    "lane": through_the_lane,
    "raw_grouped": raw_inserts,
    "eventsourcing": through_eventsourcing,
}


def measure(events: int = EVENTS, rounds: int = ROUNDS) -> dict[str, float]:
    """Return events per second of each way, the median of some rounds in which they take turns."""
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    with server() as admin:
        for _ in range(rounds):
            for way, run in WAYS.items():
                count = min(events, LIBRARY_EVENTS) if way == "eventsourcing" else events
                rates[way].append(count / run(fresh(admin, way), count))
    return {way: statistics.median(found) for way, found in rates.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rates = measure(asked.events, asked.rounds)
    print(json.dumps(rates) if asked.json else printed({way: rates[way] for way in TITLES if way in rates}))
    over = rates["lane"] / rates["eventsourcing"]
    print(f"{over:.1f} × eventsourcing; the mark is {MARK:.0f}")


if __name__ == "__main__":
    main()
