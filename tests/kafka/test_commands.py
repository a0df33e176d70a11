"""`lienthong kafka` against a real cluster: what an operator types, and what he is told."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from chassis.bus.kafka import channel_of
from chassis.bus.kafka_relay import Relay
from chassis.bus.kafka_topic import id_of
from chassis.stores.postgres import PostgresStore
from chassis.stores.store import NewEvent, Writes
from chassis.wire import TOPIC
from chassis.wire import kafka as in_kafka
from cli.__main__ import app
from cli.exits import EXIT_NO, EXIT_UNUSABLE
from cli.kafka import READERS
from services.topology import LIVE, PRINCIPALS, SPEAKERS
from tests.kafka_server import SCRIPT, KafkaServer
from tests.postgres_server import PostgresServer

EVENTS = 500


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA", "KAFKA_USER", "KAFKA_PASSWORD", "KAFKA_CA", "DATABASE", "CLUSTER"):
        monkeypatch.delenv(f"LIENTHONG_{name}", raising=False)


def said(*command: str | Path) -> Result:
    return CliRunner().invoke(app, ["kafka", *map(str, command)])


def with_passwords(kafka: KafkaServer) -> Path:
    """Give everybody a password, as the native cluster does, and return the folder."""
    subprocess.run([sys.executable, SCRIPT.with_name("credentials.py"), kafka.folder], check=True)
    return kafka.folder


def test_a_new_cluster_is_made_what_is_declared(kafka_alone: KafkaServer) -> None:
    folder = kafka_alone.folder
    refused = said("apply", "--cluster", folder)
    assert refused.exit_code == EXIT_UNUSABLE
    assert "There is no password of" in refused.stderr
    assert "deploy/native/credentials.py makes them" in refused.stderr
    with_passwords(kafka_alone)
    before = said("diff", "--json", "--cluster", folder)
    assert before.exit_code == EXIT_NO
    missing = json.loads(before.stdout)["differences"]
    assert {one["way"] for one in missing} == {"missing"}
    assert {one["name"] for one in missing if one["what"] == "user"} == {one.name for one in PRINCIPALS}
    made = said("apply", "--cluster", folder)
    assert made.exit_code == 0
    assert "Topics have 1 replica(s) here instead of 3" in made.stdout
    after = said("diff", "--cluster", folder)
    assert after.exit_code == 0
    assert "and nothing else" in after.stdout
    kafka_alone.topic("stray")
    assert said("apply", "--cluster", folder).exit_code == 0  # foreign, and nothing that it would do
    stray = said("diff", "--cluster", folder)
    assert stray.exit_code == EXIT_NO
    assert "delete it by hand" in stray.stdout


def test_the_environment_says_where_the_cluster_is(kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"": kafka.admin.bootstrap, "_USER": "admin", "_CA": kafka.admin.ca}.items():
        monkeypatch.setenv(f"LIENTHONG_KAFKA{name}", value)
    monkeypatch.setenv("LIENTHONG_KAFKA_PASSWORD_FILE", str(kafka.folder / "secrets/admin.password"))
    assert said("diff").exit_code == EXIT_NO


def test_where_no_cluster_is_the_operator_is_told_what_to_do(
    tmp_path: Path, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = said("diff", "--cluster", tmp_path)
    assert nothing.exit_code == EXIT_UNUSABLE
    assert "No such file" in nothing.stderr or "start a native cluster" in nothing.stderr
    monkeypatch.setenv("LIENTHONG_KAFKA_PASSWORD", "one-that-is-not-told")
    wrong = said("diff", "--cluster", kafka.folder)
    assert wrong.exit_code == EXIT_UNUSABLE
    assert "Kafka does not let admin in: the password is wrong" in wrong.stderr
    assert "one-that-is-not-told" not in wrong.output


# --- What needs the services' databases -------------------------------------------------------------------------------


@pytest.fixture
def province(
    kafka_alone: KafkaServer, own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[KafkaServer, dict[str, PostgresStore]]]:
    """Give a cluster and the databases of all services; intake has said something."""
    folder = with_passwords(kafka_alone)
    assert said("apply", "--cluster", folder).exit_code == 0
    stores = {}
    for service in READERS:
        with own_postgres.admin.connect("") as db:
            db.execute(f"CREATE DATABASE {service}")
        stores[service] = PostgresStore(own_postgres.access(service))
    monkeypatch.setenv("LIENTHONG_DATABASE", f"host=127.0.0.1 port={own_postgres.port} user=postgres")
    monkeypatch.setenv("LIENTHONG_DATABASE_PASSWORD", own_postgres.password)
    stores["intake"].commit(Writes(events=[noted(number) for number in range(1, EVENTS + 1)]))
    access = kafka_alone.as_user("intake", (folder / "secrets/intake.password").read_text().strip())
    relay = Relay("intake", stores["intake"], access, TOPIC)
    relay.start()
    until = time.monotonic() + 30
    while not relay.caught_up():
        assert time.monotonic() < until, relay.failing
        time.sleep(0.05)
    relay.close()
    yield kafka_alone, stores
    for store in stores.values():
        store.close()


def noted(number: int) -> NewEvent:
    return NewEvent(
        f"note-{number}", 1, "Noted", b"{}", 1_767_225_600_000_000, "c", "k", None, "lienthong.intake.Noted.v1",
        str(number), 1, str(number), None,
    )  # fmt: skip


def test_lag_and_verify_look_into_the_databases(
    province: tuple[KafkaServer, dict[str, PostgresStore]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka, stores = province
    there = ("--json", "--cluster", kafka.folder)
    found = json.loads(said("lag", *there).stdout)
    assert {one["reader"] for one in found} == {*READERS, LIVE}
    assert sum(one["behind"] for one in found if one["reader"] == "routing") == EVENTS
    # What its own database says is what counts.
    channel = channel_of(TOPIC, id_of(kafka.cluster.client, TOPIC), 3)
    (third,) = [one for one in found if one["reader"] == "routing" and one["partition"] == 3]
    stores["routing"].commit(Writes(positions={channel: (0, third["end"])}))
    (now,) = [
        one for one in json.loads(said("lag", *there).stdout) if one["reader"] == "routing" and one["partition"] == 3
    ]
    assert (now["taken"], now["committed"], now["behind"]) == (third["end"], None, 0)

    holds = said("verify", *there)
    assert holds.exit_code == 0
    checks = {one["service"].rpartition("/")[2]: one for one in json.loads(holds.stdout)["checks"]}
    assert checks.keys() == {*SPEAKERS, "kafka"}
    assert checks["intake"]["counted"] == checks["kafka"]["counted"] == EVENTS

    stores["intake"].commit(Writes(events=[noted(EVENTS + 1)]))
    waiting = said("verify", "--cluster", kafka.folder)
    assert waiting.exit_code == 0
    assert "has not been said yet" in waiting.stdout

    (unsaid,) = stores["intake"].say("/lienthong/quangngai/intake", EVENTS, 1)[0]
    key, headers, value = in_kafka(unsaid._replace(subject="somebody else's"))
    producer = KafkaProducer(**kafka.admin.client())
    producer.send(TOPIC, key=key, headers=headers, value=value)
    producer.close()
    broken = said("verify", "--cluster", kafka.folder)
    assert broken.exit_code == EXIT_NO
    assert "somebody else's 1 stands on the topic and in no log" in broken.stdout

    monkeypatch.setenv("LIENTHONG_DATABASE_PASSWORD", "another")
    refused = said("verify", "--cluster", kafka.folder)
    assert refused.exit_code == EXIT_UNUSABLE
    assert "LIENTHONG_DATABASE_PASSWORD" in refused.stderr
