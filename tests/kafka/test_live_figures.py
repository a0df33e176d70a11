"""Live figures over three real brokers: equal to the embedded read model, whatever is killed and whatever is lost."""

import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_admin import Administration
from chassis.bus.kafka_relay import SETTINGS
from chassis.wire import PARTITIONS, TOPIC, kafka
from kernel.message import Envelope
from services.reporting.domain.live import Hour, shown_by_place
from services.topology import KAFKA, LIVE, LIVE_CHANGELOG
from tests.kafka_server import WITHOUT, KafkaServer, running
from tests.reporting.heard import ReadStore, as_it_happened
from tests.reporting.stories import (
    by_post_both_ways,
    land_and_late,
    parallel_and_late,
    plain,
    received_elsewhere,
    sent_back_then_withdrawn,
    turned_away,
)

PROJECT = Path(__file__).resolve().parent.parent.parent
KINDS = (plain, parallel_and_late, by_post_both_ways, sent_back_then_withdrawn, turned_away, received_elsewhere,
         land_and_late)  # fmt: skip
READY_WITHIN_S = 240.0
SEED = int(os.environ.get("LIENTHONG_SEED", secrets.randbelow(10**6)))


class Cluster:
    """Three brokers with all that is declared, and the passwords of those who speak to them."""

    def __init__(self, server: KafkaServer) -> None:
        self.server = server
        self.passwords = {one.name: secrets.token_urlsafe(12) for one in KAFKA.principals}
        self.apply()

    def apply(self) -> None:
        """Make what is declared."""
        Administration(self.server.admin, self.server.cluster, KAFKA, self.passwords, rehearsal=True).apply()

    def access(self, who: str) -> KafkaAccess:
        return self.server.as_user(who, self.passwords[who])

    def say(self, envelopes: Iterable[Envelope]) -> None:
        """Say events as their services do, and wait until every one is there."""
        producers = {
            service: KafkaProducer(**self.access(service).client(), **SETTINGS)
            for service in ("intake", "routing", "payments", "postal")
        }
        for envelope in envelopes:
            key, headers, value = kafka(envelope)
            producers[envelope.source.split("/")[3]].send(TOPIC, key=key, headers=headers, value=value)
        for producer in producers.values():
            producer.flush()
            producer.close()

    def make_anew(self, topic: str) -> None:
        """Lose a topic with all that is in it."""
        admin = KafkaAdminClient(**self.server.admin.client())
        admin.delete_topics([topic])
        deadline = time.monotonic() + 30
        while topic in admin.list_topics():
            assert time.monotonic() < deadline, f"{topic} is still there"
            time.sleep(0.2)
        admin.close()
        self.apply()

    def forget_group(self) -> None:
        """Lose how far the stream was; nobody may be in the group."""
        admin = KafkaAdminClient(**self.server.admin.client())
        admin.delete_groups([LIVE])
        assert not admin.list_group_offsets(LIVE)[LIVE]
        admin.close()


class Process:
    """The process of the live figures."""

    def __init__(self, cluster: Cluster, log: Path) -> None:
        self._log = log
        self._access = cluster.access(LIVE)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> "Process":
        """Start it, and start it again whenever it ends by itself, as its supervisor does."""
        settings = {
            "LIENTHONG_KAFKA": self._access.bootstrap, "LIENTHONG_KAFKA_USER": self._access.user,
            "LIENTHONG_KAFKA_PASSWORD": self._access.password, "LIENTHONG_KAFKA_CA": self._access.ca,
            "LIENTHONG_SESSION_MS": "6000", "LIENTHONG_PORT": str(self._port), "LIENTHONG_REHEARSAL": "1",
        }  # fmt: skip
        command = [sys.executable, "-m", "services.reporting.streams"]
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(command, cwd=PROJECT, env=os.environ | settings, stderr=log)
        return self

    def kill(self) -> None:
        """Kill -9."""
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    def stop(self) -> int:
        """Tell it to stop and return what it ends with."""
        assert self._running is not None
        self._running.send_signal(signal.SIGTERM)
        return self._running.wait(timeout=60)

    def close(self) -> None:
        if self._running is not None and self._running.poll() is None:
            self.kill()

    def ask(self, path: str) -> Any:
        """Return what it answers, None while it does not."""
        try:
            answer = httpx.get(f"http://127.0.0.1:{self._port}{path}", timeout=5)
        except httpx.TransportError:
            return None
        return answer.json() if answer.is_success else None

    def comes_to(self, expected: Any) -> None:
        """Wait until it has taken all there is, started again where it ended, and compare its figures."""
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            assert self._running is not None
            if self._running.poll() is not None:
                self.start()
            found = self.ask("/figures")
            if found == expected and self.ask("/readyz")["lag"] == 0:
                return
            assert time.monotonic() < deadline, (
                SEED,
                found,
                expected,
                self.ask("/readyz"),
                self._log.read_text()[-3000:],
            )
            time.sleep(0.3)


def events(first: int, last: int) -> list[Envelope]:
    """Return what is said of the dossiers with these numbers, of all kinds."""
    return list(as_it_happened([KINDS[number % len(KINDS)](number) for number in range(first, last)]))


def embedded(said: Iterable[Envelope]) -> Any:
    """Return the figures of the embedded read model over the same events, as they are told to others."""
    whole = list(said)
    rows = ReadStore().hear(whole).query("SELECT * FROM live_hours")
    hours = [(Hour(row["agency"], row["procedure"], row["status"], row["hour"]), row["counted"]) for row in rows]
    return shown_by_place(hours, max(key.hour for key, _ in hours))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three brokers of its own: it kills them, and what is declared has fixed names."""
    if WITHOUT:
        pytest.skip("LIENTHONG_WITHOUT_SERVERS=1: asked to go on without Kafka")
    with running(3, tmp_path_factory.mktemp("brokers") / "lienthong-kafka-3-live") as server:
        yield Cluster(server)


@pytest.fixture
def live(cluster: Cluster, tmp_path: Path) -> Iterator[Process]:
    process = Process(cluster, tmp_path / "live.log")
    yield process
    process.close()


@pytest.fixture(scope="module")
def said(cluster: Cluster) -> list[Envelope]:
    """Return what was said on the topic so far: to begin with, twice and out of order, as after a relay's restart."""
    chance = random.Random(SEED)
    new = events(1, 60)
    again = chance.sample(new, len(new) // 3)
    cluster.say(sorted([*new, *again], key=lambda one: one.time_us + chance.randrange(3_600_000_000)))
    return new


def test_over_kafka_the_figures_are_those_of_the_read_model(live: Process, said: list[Envelope]) -> None:
    """With the rights that are declared and no more."""
    live.start().comes_to(embedded(said))
    assert live.ask("/readyz")["partitions"] == list(range(PARTITIONS))
    assert live.ask("/parked") == {"items": []}
    assert live.ask("/figures/live")["windows"] == embedded(said)["windows"]
    assert live.stop() == 0


def test_killed_again_and_again_it_comes_to_the_same_numbers(
    cluster: Cluster, live: Process, said: list[Envelope]
) -> None:
    """Kill -9 while it counts: what it keeps comes back from its changelog, the rest from the topic."""
    chance = random.Random(SEED)
    for first in (60, 90, 120, 150):
        new = events(first, first + 30)
        said.extend(new)
        live.start()
        cluster.say(new)
        time.sleep(chance.uniform(0.5, 6.0))
        live.kill()
    live.start().comes_to(embedded(said))


def test_a_broker_that_is_killed_costs_nothing(cluster: Cluster, live: Process, said: list[Envelope]) -> None:
    """One of three, under load, and then it comes back."""
    live.start().comes_to(embedded(said))
    new = events(180, 240)
    said.extend(new)
    broker = random.Random(SEED).randint(1, 3)
    cluster.say(new[: len(new) // 2])
    cluster.server.kill(broker)
    try:
        cluster.say(new[len(new) // 2 :])
        live.comes_to(embedded(said))
    finally:
        cluster.server.start(broker)
    live.comes_to(embedded(said))
    live.kill()
    live.start().comes_to(embedded(said))


def test_what_is_lost_is_built_again_from_the_topic(cluster: Cluster, live: Process, said: list[Envelope]) -> None:
    """Its state and its changelog are deleted, a broker is killed on top of it, and the group says it was further."""
    live.start().comes_to(embedded(said))
    live.kill()
    cluster.make_anew(LIVE_CHANGELOG)
    live.start()
    time.sleep(5)
    broker = random.Random(SEED + 1).randint(1, 3)
    cluster.server.kill(broker)
    try:
        live.comes_to(embedded(said))
    finally:
        cluster.server.start(broker)
    live.kill()
    live.start().comes_to(embedded(said))


def test_the_whole_topic_given_again_changes_nothing(cluster: Cluster, live: Process, said: list[Envelope]) -> None:
    """The group is forgotten, so that every record comes once more; what was counted is known by its event."""
    live.start().comes_to(embedded(said))
    assert live.stop() == 0
    cluster.forget_group()
    live.start().comes_to(embedded(said))


def test_what_it_leaves_out_is_told(cluster: Cluster, live: Process, said: list[Envelope]) -> None:
    """A record that is none of our events stays visible after a restart, and nothing else is lost for it."""
    producer = KafkaProducer(**cluster.access("intake").client(), acks="all")
    record = producer.send(TOPIC, key=b"k", value=b"hello", partition=0).get(timeout=30)
    producer.close()
    live.start().comes_to(embedded(said))
    expected = {"items": [{"partition": 0, "offset": record.offset, "why": "it has no header ce_specversion"}]}
    assert live.ask("/parked") == expected
    live.kill()
    live.start().comes_to(embedded(said))
    assert live.ask("/parked") == expected


def test_the_password_is_in_no_list_of_processes_and_in_no_log(
    cluster: Cluster, live: Process, said: list[Envelope], tmp_path: Path
) -> None:
    """Secrets come from the environment or a file."""
    live.start().comes_to(embedded(said))
    password = cluster.passwords[LIVE].encode()
    shown = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(password in line for line in shown)
    assert password not in (tmp_path / "live.log").read_bytes()
