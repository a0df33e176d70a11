"""Programs that are not ours read what the relay says: kcat, Confluent's client and a CloudEvents SDK."""

import json
import os
import subprocess
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import confluent_kafka
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event
from jsonschema import Draft202012Validator
from kafka import KafkaProducer

from chassis import wire
from chassis.bus.kafka_access import MECHANISM, KafkaAccess
from chassis.bus.kafka_relay import SETTINGS
from cli import published
from kernel.message import Envelope
from services.__main__ import compose
from tests.cli.played import go_on
from tests.harness import REGISTRY
from tests.kafka_server import KafkaServer

GROUP = "strangers"


@pytest.fixture(scope="module")
def newer_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that lends kcat the librdkafka of Confluent's package.

    Before 2.6.1 it repeats its nonce in the last message of SCRAM (confluentinc/librdkafka#4895), which brokers since
    4.0 refuse; Debian 12 and Ubuntu 24.04 still have such a one.
    """
    (library,) = Path(confluent_kafka.__file__).parent.parent.glob("confluent_kafka.libs/librdkafka-*.so.1")
    folder = tmp_path_factory.mktemp("library")
    (folder / "librdkafka.so.1").symlink_to(library)
    return folder


class Read(NamedTuple):
    """A record as somebody else's program gives it."""

    partition: int
    key: bytes
    headers: dict[str, bytes]
    value: bytes
    timestamp_ms: int


@pytest.fixture(scope="module")
def said(kafka: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> list[Envelope]:
    """What every service said while two weeks were played."""
    data = tmp_path_factory.mktemp("said")
    go_on(data, REGISTRY, dossiers=20)
    platform = compose(data, rehearsal=True, registry=REGISTRY)
    running = [one for one in platform.engine.running.values() if one.service.published]
    envelopes = [envelope for one in running for envelope in one.store.say(one.source, 0, 100_000)[0]]
    platform.close()
    return envelopes


@pytest.fixture(scope="module")
def topic(kafka: KafkaServer, said: list[Envelope]) -> str:
    """The topic on which it was said, as the relay says it."""
    name = kafka.topic("said", partitions=wire.PARTITIONS)
    producer = KafkaProducer(**kafka.admin.client(), **SETTINGS)
    for envelope in said:
        key, headers, value = wire.kafka(envelope)
        producer.send(name, key=key, headers=headers, value=value)
    producer.flush()
    producer.close()
    return name


@pytest.fixture(scope="module")
def stranger(kafka: KafkaServer, topic: str) -> KafkaAccess:
    """Somebody who may read the topic. Confluent's client asks for its group's coordinator even where it joins none."""
    return kafka.principal("stranger", reads=(topic,), groups=(GROUP,))


def librdkafka(access: KafkaAccess) -> dict[str, str]:
    return {
        "bootstrap.servers": access.bootstrap,
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": MECHANISM,
        "sasl.username": access.user,
        "sasl.password": access.password,
        "ssl.ca.location": access.ca,
    }


def through_kcat(access: KafkaAccess, topic: str, folder: Path) -> list[Read]:
    # A file, because a command line is open to everybody on the machine.
    settings = folder / "kcat.properties"
    with os.fdopen(os.open(settings, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in librdkafka(access).items())
    command = ["kcat", "-F", str(settings), "-C", "-J", "-e", "-q", "-o", "beginning", "-t", topic]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [_read_by_kcat(json.loads(line)) for line in done.stdout.splitlines()]


def _read_by_kcat(shown: dict[str, Any]) -> Read:
    names, values = shown["headers"][::2], shown["headers"][1::2]
    headers = {name: value.encode() for name, value in zip(names, values, strict=True)}
    return Read(shown["partition"], shown["key"].encode(), headers, shown["payload"].encode(), shown["ts"])


def through_confluent(access: KafkaAccess, topic: str, folder: Path) -> list[Read]:
    found = []
    consumer = confluent_kafka.Consumer(
        librdkafka(access) | {"group.id": GROUP, "enable.auto.commit": False, "enable.partition.eof": True}
    )
    places = [
        confluent_kafka.TopicPartition(topic, number, confluent_kafka.OFFSET_BEGINNING)
        for number in range(wire.PARTITIONS)
    ]
    consumer.assign(places)
    left, until = len(places), time.monotonic() + 60
    while left:
        assert time.monotonic() < until
        message = consumer.poll(1.0)
        if message is None:
            continue
        if (error := message.error()) is not None:
            assert error.code() == confluent_kafka.KafkaError._PARTITION_EOF, error
            left -= 1
            continue
        partition, key, value = message.partition(), message.key(), message.value()
        assert partition is not None
        pairs: Any = message.headers() or ()
        headers = {name: bytes(one) for name, one in pairs}
        found.append(Read(partition, bytes(key or b""), headers, bytes(value or b""), message.timestamp()[1]))
    consumer.close()
    return found


@pytest.mark.parametrize("through", [through_kcat, through_confluent])
def test_strangers_read_every_event_as_it_was_said(
    through: Any, stranger: KafkaAccess, topic: str, said: list[Envelope], newer_library: Path
) -> None:
    """Attributes, extensions and data: CloudEvents 1.0, Kafka binding in binary mode."""
    began_ms = time.time() * 1000 - 3600_000
    read = through(stranger, topic, newer_library)
    wanted = {envelope.id + envelope.source: envelope for envelope in said}
    assert len(read) == len(wanted) == len(said)
    validators = {
        schema["$id"]: Draft202012Validator(schema) for schema in published.events_in(published.files()).values()
    }
    for one in read:
        event = from_kafka_event(KafkaMessage(headers=one.headers, key=one.key, value=one.value))
        envelope = wanted.pop(event.get_id() + event.get_source())
        attributes = dict(event.get_attributes())
        assert attributes.pop("datacontenttype") == "application/json"
        assert attributes.pop("time") == datetime.fromisoformat(wire.attributes(envelope)["time"])
        assert attributes == {name: value for name, value in wire.attributes(envelope).items() if name != "time"}
        assert one.value == envelope.data
        validators[str(attributes["dataschema"])].validate(json.loads(one.value))
        # The record's own time is the wall clock's, whatever day is rehearsed.
        assert began_ms < one.timestamp_ms < time.time() * 1000 + 1


def test_all_of_a_dossier_is_in_one_partition(stranger: KafkaAccess, topic: str, newer_library: Path) -> None:
    """Whoever reads one partition reads whole lives, in the order in which each service said them."""
    partitions: dict[bytes, set[int]] = {}
    last: dict[tuple[bytes, bytes], int] = {}
    for one in through_kcat(stranger, topic, newer_library):
        partitions.setdefault(one.key, set()).add(one.partition)
        which = one.headers["ce_source"], one.headers["ce_subject"]
        sequence = int(one.headers["ce_sequence"])
        assert sequence == last.get(which, 0) + 1
        last[which] = sequence
    assert len(partitions) > wire.PARTITIONS
    assert all(len(numbers) == 1 for numbers in partitions.values())
