"""`make bench-cluster`: from a command in one service to its effect in another, over real Kafka and PostgreSQL.

Beside it, in the same run: what the Python client produces and consumes bare, and what PostgreSQL takes of the same
rows. Prints figures, gives no verdict. `python -m bench.cluster [--brokers 1|3] [--events N] [--profile] [--json]`.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer

from bench.meter import FILLER, WARMING
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_admin import Administration
from chassis.bus.kafka_cluster import Cluster
from chassis.bus.kafka_relay import SETTINGS
from chassis.bus.kafka_table import Table, Topic
from chassis.stores.postgres_access import PostgresAccess

PROJECT: Final = Path(__file__).resolve().parent.parent
NATIVE: Final = PROJECT / "deploy/native"
EVENTS: Final = 30_000
SUBJECTS: Final = 1_000
PARTITIONS: Final = 12
BATCH: Final = 200
HALF_MARK: Final = {1: 750, 3: 400}
"""Brokers → half of the events a second that were asked of them; at that load 99 of 100 are to take 250 ms at most."""

KAFKA_PORT: Final = 24_091
POSTGRES_PORT: Final = 24_432
ENDS_WITHIN_S: Final = 300.0
PROFILED_S: Final = 10
SETTLING_S: Final = 5.0
RATED_S: Final = 25
"""How long commands come at a rate of their own, the settling included."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What one way of running came to.

    Args:
        per_s: events from the first command to the last durable effect, a second.
        committed_per_s: commands answered as durable a second, while all else went on.
        p50_ms, p99_ms: from a command's carrying out to its durable effect in the other service; where commands come
            at a rate of their own, of those after the first `SETTLING_S` seconds.
        settling_p99_ms: of those before, on new connections to a new topic.
    """

    what: str
    events: int
    per_s: float
    committed_per_s: float
    p50_ms: float
    p99_ms: float
    settling_p99_ms: float


class Stage:
    """Servers of the bench's own, in a folder of its own."""

    def __init__(self, folder: Path, brokers: int) -> None:
        self.folder = folder
        self.brokers = brokers
        self._env = {
            **os.environ,
            "LIENTHONG_CLUSTER": str(folder),
            "LIENTHONG_KAFKA_PORT": str(KAFKA_PORT),
            "LIENTHONG_POSTGRES_PORT": str(POSTGRES_PORT),
        }

    def call(self, script: str, *arguments: str) -> None:
        subprocess.run([NATIVE / script, *arguments], env=self._env, check=True, stdout=subprocess.DEVNULL)

    @property
    def access(self) -> KafkaAccess:
        bootstrap = ",".join(f"127.0.0.1:{KAFKA_PORT + node}" for node in range(self.brokers))
        return KafkaAccess(bootstrap, "admin", self._secret("admin"), str(self.folder / "tls/ca.pem"))

    def _secret(self, name: str) -> str:
        return (self.folder / f"secrets/{name}.password").read_text().strip()

    def topic(self, partitions: int = PARTITIONS) -> str:
        """Make a topic of its own and return its name."""
        name = f"bench-{secrets.token_hex(4)}"
        replication, in_sync = (3, 2) if self.brokers == 3 else (1, 1)
        with Cluster.reached(self.access) as cluster:
            table = Table((Topic(name, partitions, {}, replication, in_sync),), ())
            Administration(self.access, cluster, table, {}, rehearsal=True).apply()
        return name

    def database(self) -> PostgresAccess:
        """Make a database of its own and return the way to it."""
        name = f"bench_{secrets.token_hex(4)}"
        with self._way("postgres").connect("") as db:
            db.execute(f"CREATE DATABASE {name}")
        return self._way(name)

    def _way(self, database: str) -> PostgresAccess:
        conninfo = f"host=127.0.0.1 port={POSTGRES_PORT} dbname={database} user=postgres sslmode=require"
        return PostgresAccess(conninfo, self._secret("postgres"))


@contextmanager
def stage(brokers: int) -> Iterator[Stage]:
    """Give a cluster of so many brokers and a PostgreSQL that syncs as the product's does."""
    with tempfile.TemporaryDirectory(prefix="lienthong-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        one = Stage(folder, brokers)
        try:
            one.call("kafka.sh", "start", str(brokers))
            one.call("postgres.sh", "start")
            yield one
        finally:
            one.call("kafka.sh", "clean")
            one.call("postgres.sh", "clean")


def flow(
    on: Stage,
    what: str,
    events: int,
    speakers: int = 1,
    hearers: int = 1,
    per_s: float = 0,
    profile: Path | None = None,
) -> Flow:  # fmt: skip
    """Run so many processes of each service until every effect is durable."""
    topic, speaks, hears = on.topic(), on.database(), on.database()
    group = secrets.token_hex(4)
    common = {"kafka": asdict(on.access), "topic": topic, "group": group, "events": events // speakers}
    common |= {"subjects": SUBJECTS // speakers, "per_s": per_s / speakers, "of": group}

    def begin(role: str, number: int, access: PostgresAccess) -> "subprocess.Popen[str]":
        to_do = common | {"database": access.conninfo, "password": access.password}
        to_do |= {"instance": f"{role}-{group}-{number}", "share": number}
        file = on.folder / f"{role}-{group}-{number}.json"
        file.touch(0o600)
        file.write_text(json.dumps(to_do))
        command = [sys.executable, "-m", "bench.meter", role, str(file)]
        return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)

    listening = [begin("tally", number, hears) for number in range(hearers)]
    time.sleep(4.0)  # until the group has its partitions
    speaking = [begin("meter", number, speaks) for number in range(speakers)]
    profiled = [] if profile is None else [_profile(one.pid, profile) for one in (speaking[0], listening[0])]
    said = [json.loads(one.communicate()[0]) for one in speaking]
    _until_all_noted(hears, (events // speakers + WARMING) * speakers)
    for one in (*profiled, *listening):
        one.terminate() if one in listening else one.wait()
    heard = [json.loads(one.communicate()[0]) for one in listening]
    began = min(one["began"] for one in said)
    settled = began + (SETTLING_S if per_s else 0.0)
    said_waits = [(said_at, wait) for one in heard for said_at, wait in one["waits"] if said_at >= began]
    settling = sorted(wait for said_at, wait in said_waits if said_at < settled)
    waits = sorted(wait for said_at, wait in said_waits if said_at >= settled)
    took = max(one["last"] for one in heard) - began
    return Flow(
        what, events, events / took, events / max(one["committed_s"] for one in said), statistics.median(waits),
        _p99(waits), _p99(settling or waits),
    )  # fmt: skip


def _p99(waits: Sequence[float]) -> float:
    return waits[int(len(waits) * 0.99)]


def _until_all_noted(access: PostgresAccess, events: int) -> None:
    given_up = time.monotonic() + ENDS_WITHIN_S
    with access.connect() as db:
        while True:
            (noted,) = db.execute("SELECT count(*) FROM events").fetchone() or (0,)
            if noted >= events:
                break
            assert time.monotonic() < given_up, f"{noted} of {events} effects came within {ENDS_WITHIN_S:.0f} s"
            time.sleep(0.25)
        assert noted == events, f"{noted} effects of {events} events"


def _profile(pid: int, folder: Path) -> "subprocess.Popen[str]":
    """Sample a process for a while, all of its threads, into a file that speedscope and flame graphs read."""
    out = folder / f"{pid}.txt"
    command = ["py-spy", "record", "--pid", str(pid), "--duration", str(PROFILED_S), "--format", "raw", "-o", str(out)]
    return subprocess.Popen([str(PROJECT / ".venv/bin" / command[0]), *command[1:]], text=True)


def bare_produce(on: Stage, events: int) -> tuple[float, str]:
    """Return records a second that the client alone puts on a topic, several batches in flight, and the topic."""
    topic = on.topic()
    producer = KafkaProducer(**on.access.client(), **SETTINGS)
    value = FILLER.encode() + b"x" * 150
    producer.send(topic, b"warm", b"warm").get(30)
    began = time.perf_counter()
    sent = [producer.send(topic, value, f"{number % SUBJECTS}".encode()) for number in range(events)]
    for one in sent:
        one.get(timeout=60)
    took = time.perf_counter() - began
    producer.close()
    return events / took, topic


def bare_consume(on: Stage, topic: str, events: int) -> float:
    """Return records a second that the client alone reads of a topic."""
    consumer = KafkaConsumer(topic, **on.access.client(), auto_offset_reset="earliest", max_poll_records=500)
    began, count = 0.0, 0
    while count < events:
        found = sum(len(records) for records in consumer.poll(timeout_ms=1000).values())
        began = began or time.perf_counter()
        count += found
    took = time.perf_counter() - began
    consumer.close()
    return events / took


def bare_insert(on: Stage, events: int) -> float:
    """Return rows a second that PostgreSQL takes of the same size, `BATCH` to a commit, from one connection."""
    with on.database().connect("") as db:
        db.execute(
            "CREATE TABLE rows(position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text, version int, "
            "type text, data bytea, time_us bigint, UNIQUE(stream, version))"
        )
        data = (FILLER + "x" * 150).encode()
        began = time.perf_counter()
        for first in range(0, events, BATCH):
            rows = [
                (f"reading-{number % SUBJECTS}", number // SUBJECTS, "Reading", data, number)
                for number in range(first, first + BATCH)
            ]
            with db.transaction(), db.cursor() as cursor:
                cursor.executemany("INSERT INTO rows(stream,version,type,data,time_us) VALUES(%s,%s,%s,%s,%s)", rows)
        return events / (time.perf_counter() - began)


def measure(brokers: int, events: int, profile: Path | None = None) -> tuple[list[Flow], dict[str, float]]:
    """Run everything on a cluster of so many brokers."""
    with stage(brokers) as on:
        flow(on, "warm-up", 2_000)
        full = flow(on, "as fast as it goes", events, profile=profile)
        half = flow(on, "at half that", int(RATED_S * full.per_s / 2), per_s=full.per_s / 2)
        mark = flow(on, f"at {HALF_MARK[brokers]} a second", RATED_S * HALF_MARK[brokers], per_s=HALF_MARK[brokers])
        wider = flow(on, "two speakers, two hearers", events, speakers=2, hearers=2)
        produced, topic = bare_produce(on, events)
        bare = {"produce": produced, "consume": bare_consume(on, topic, events), "insert": bare_insert(on, events)}
        return [full, half, mark, wider], bare


def printed(flows: Sequence[Flow], bare: dict[str, float]) -> str:
    """Return the figures as lines for people."""
    lines = [
        f"{one.what:<28}{one.events:>8} events {one.per_s:>8.0f}/s  (committed {one.committed_per_s:.0f}/s)  "
        f"p50 {one.p50_ms:.0f} ms  p99 {one.p99_ms:.0f} ms (settling {one.settling_p99_ms:.0f} ms)"
        for one in flows
    ]
    lines += [f"bare {name:<23}{rate:>24.0f}/s  ({rate / flows[0].per_s:.1f} ×)" for name, rate in bare.items()]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brokers", type=int, choices=(1, 3), action="append", help="again for both; both if not told")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--profile", type=Path, help="a folder for what py-spy saw of one speaker and one hearer")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.profile is not None:
        asked.profile.mkdir(parents=True, exist_ok=True)
    found: dict[int, Any] = {}
    for brokers in asked.brokers or (1, 3):
        flows, bare = measure(brokers, asked.events, asked.profile)
        found[brokers] = {"flows": [asdict(one) for one in flows], "bare_per_s": bare}
        if not asked.json:
            print(f"{brokers} broker{'s' if brokers > 1 else ''}\n{printed(flows, bare)}\n", flush=True)
    if asked.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
