"""The audit of a topic against the logs: what is missing, foreign, changed, said again or not said yet."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer, TopicPartition

from chassis.bus import kafka_audit
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_audit import Audit, Said, audit
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import NewEvent, Writes
from chassis.wire import kafka as in_kafka
from kernel.message import Envelope, source_of
from tests.kafka_server import KafkaServer

SUBJECTS = 40
EACH = 30


def event(subject: str, sequence: int, stored_as: int | None = None) -> NewEvent:
    """Return a public event; those of tests need no service."""
    version = stored_as or sequence
    return NewEvent(
        f"note-{subject}", version, "Noted", b'{"n":%d}' % sequence, 1_767_225_600_000_000 + sequence, f"c-{subject}",
        f"k-{sequence}", None, "lienthong.intake.Noted.v1", subject, sequence, subject, None,
    )  # fmt: skip


def written(store: SqliteStore, events: Iterable[NewEvent]) -> None:
    for one in events:
        store.commit(Writes(events=[one]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "intake.db")
    # Subjects take turns, as dossiers do.
    for sequence in range(1, EACH + 1):
        store.commit(Writes(events=[event(f"s{number}", sequence) for number in range(SUBJECTS)]))
    yield store
    store.close()


@pytest.fixture
def topic(kafka: KafkaServer) -> str:
    return kafka.topic("audited", partitions=3)


@pytest.fixture
def auditor(kafka: KafkaServer, topic: str) -> KafkaAccess:
    return kafka.principal("auditor", reads=(topic,))


def said(store: SqliteStore, generation: int = 1) -> list[Envelope]:
    return list(store.say(source_of("intake", generation), 0, 100_000)[0])


def tell(kafka: KafkaServer, topic: str, envelopes: Iterable[Envelope]) -> None:
    producer = KafkaProducer(**kafka.admin.client(), acks="all")
    for envelope in envelopes:
        key, headers, value = in_kafka(envelope)
        producer.send(topic, key=key, headers=headers, value=value)
    producer.flush()
    producer.close()


def of(store: SqliteStore, auditor: KafkaAccess, topic: str, relayed: int | None = None) -> Audit:
    return audit({"intake": Said(store, store.head() if relayed is None else relayed)}, auditor, topic)


def counts(found: Audit) -> tuple[int, int, int, int]:
    """Return how much of the log is broken, how much waits, what of the topic is broken, and how much was repeated."""
    log, of_topic = found.checks
    return log.broken_count, log.pending_count, of_topic.broken_count, found.repeats[source_of("intake")]


def test_a_log_that_was_said_as_it_is_holds(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess
) -> None:
    """Whatever the order in the partitions: the sequence puts it right."""
    tell(kafka, topic, reversed(said(store)))
    found = of(store, auditor, topic)
    assert counts(found) == (0, 0, 0, 0)
    assert [one.counted for one in found.checks] == [SUBJECTS * EACH, SUBJECTS * EACH]


def test_what_was_said_again_is_counted_and_harmless(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess
) -> None:
    everything = said(store)
    tell(kafka, topic, [*everything, *everything[100:200], everything[150]])
    assert counts(of(store, auditor, topic)) == (0, 0, 0, 101)


def test_what_is_missing_is_named_and_what_is_still_to_be_said_waits(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess
) -> None:
    everything = said(store)
    relayed = everything[-50].position
    tell(kafka, topic, [one for one in everything[:-49] if one.position not in (7, 700)])
    found = of(store, auditor, topic, relayed)
    assert counts(found) == (2, 49, 0, 0)
    assert found.checks[0].broken == [
        f"{source_of('intake')} s6 1 is in the log and not on the topic (position 7)",
        f"{source_of('intake')} s19 18 is in the log and not on the topic (position 700)",
    ]


def test_what_no_log_has_is_foreign(kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess) -> None:
    """A sequence beyond the log, a source that nobody is, and something that is no event at all."""
    everything = said(store)
    last = everything[-1]
    strangers = [last._replace(sequence=EACH + 1), last._replace(source=source_of("nobody"))]
    tell(kafka, topic, [*everything, *strangers])
    producer = KafkaProducer(**kafka.admin.client())
    producer.send(topic, value=b"hello")
    producer.flush()
    producer.close()
    found = of(store, auditor, topic)
    assert counts(found) == (1, 0, 2, 0)
    assert f"s39 {EACH + 1} stands on the topic and in no log" in found.checks[0].broken[0]
    assert sorted(line.partition(" offset ")[2].partition(" ")[2] for line in found.checks[1].broken) == [
        "is no event: it has no header ce_specversion",
        "says it is from /lienthong/quangngai/nobody, of which no log is known",
    ]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"data": b'{"n":0}'}, "data"),
        ({"root": "another"}, "key"),
        ({"type": "lienthong.intake.Noted.v2"}, "ce_type, ce_dataschema"),
        ({"time_us": 1_767_225_600_000_000}, "ce_time"),
        ({"causation": ""}, "ce_causationid"),
    ],
)
def test_what_differs_from_the_log_is_named(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess, changed: dict[str, bytes | str], what: str
) -> None:
    everything = said(store)
    everything[500] = everything[500]._replace(**changed)  # type: ignore[arg-type]
    tell(kafka, topic, everything)
    found = of(store, auditor, topic)
    assert counts(found) == (1, 0, 0, 0)
    assert f"s20 13 has another {what} on the topic than in the log" in found.checks[0].broken[0]


def test_a_small_memory_finds_the_same(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records that come far from their event, and events that never come, are more than the window holds."""
    for name, value in (("PAGE", 20), ("WINDOW", 60), ("LATE_MAX", 30), ("SUBJECTS_REMEMBERED", 4)):
        monkeypatch.setattr(kafka_audit, name, value)
    everything = said(store)
    kept = [one for one in everything if one.position % 9]
    tell(kafka, topic, [*kept[600:], *kept[:600], *kept[:50], everything[0]._replace(sequence=99)])
    gone = len(everything) - len(kept)
    assert counts(of(store, auditor, topic)) == (gone + 1, 0, 0, 50)


def test_a_gap_in_the_log_itself_is_named(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess
) -> None:
    written(store, [event("s0", EACH + 2, stored_as=EACH + 1)])
    tell(kafka, topic, said(store))
    found = of(store, auditor, topic)
    assert found.checks[0].broken == [
        f"{source_of('intake')} s0 {EACH + 2} follows {EACH} in the log (position {store.head()})"
    ]


def test_what_a_lost_store_had_said_is_named_and_is_not_broken(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess
) -> None:
    """A service restored from an older backup begins a new generation; what differs is named (contracts.md)."""
    everything = said(store)
    lost = everything[-1]._replace(sequence=EACH + 1)
    store.begin_generation(1_767_225_600_000_000, "restored")
    written(store, [event("s39", 1, stored_as=EACH + 1)])
    (new,) = store.say(source_of("intake", 2), everything[-1].position, 10)[0]
    tell(kafka, topic, [*everything, lost, new])
    found = of(store, auditor, topic)
    assert [(one.service, one.counted, one.broken_count, one.pending_count) for one in found.checks] == [
        ("/lienthong/quangngai/intake", SUBJECTS * EACH, 0, 1),
        ("/lienthong/quangngai/intake/2", 1, 0, 0),
        ("kafka", SUBJECTS * EACH + 2, 0, 0),
    ]


def test_what_the_topic_no_longer_keeps_is_not_missing(
    kafka: KafkaServer, store: SqliteStore, topic: str, auditor: KafkaAccess
) -> None:
    """After ninety days a topic forgets; the logs do not."""
    tell(kafka, topic, said(store))
    client = kafka.cluster.client
    ends = {one["partition_index"]: one for one in kafka.cluster.topics()[topic]}
    client.delete_records({TopicPartition(topic, number): 100 for number in ends})
    found = of(store, auditor, topic)
    assert counts(found) == (0, 0, 0, 0)
    assert found.aged == {source_of("intake"): 300}
    assert found.checks[1].counted == SUBJECTS * EACH - 300
