"""Over real brokers and real databases: each effect once and in order, whatever is said twice, lost or out of turn."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from kafka import KafkaProducer

from chassis import wire
from chassis.bus.kafka import channel_of
from chassis.bus.kafka_table import Table, Topic
from chassis.bus.kafka_topic import Ends, id_of
from chassis.stores.postgres import PostgresStore
from chassis.stores.store import Writes
from kernel.message import Envelope
from tests.chassis.apart import Instance, Line, until
from tests.chassis.audit import AUDIT, SAVINGS_SOURCE
from tests.chassis.rough_bus import account_opened, message, paid_in
from tests.chassis.running import opened, paid
from tests.chassis.savings_desk import SAVINGS
from tests.kafka_server import KafkaServer
from tests.postgres_server import PostgresServer

PARTITIONS = 3
NOW = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)


@pytest.fixture
def line(kafka: KafkaServer) -> Line:
    return Line(kafka.admin, kafka.topic(partitions=PARTITIONS), kafka.topic("say-again"), kafka.unique("t"))


class Stand:
    """Instances over databases of their service's own, all stopped at the end."""

    def __init__(self, server: PostgresServer, line: Line) -> None:
        self.line = line
        self._server = server
        self.databases = {service.name: server.fresh() for service in (SAVINGS, AUDIT)}
        self._instances: list[Instance] = []

    def desk(self, name: str = "savings-1") -> Instance:
        return self._begin(Instance(SAVINGS, self.databases["savings"], self.line, name))

    def audit(self, name: str = "audit-1") -> Instance:
        return self._begin(Instance(AUDIT, self.databases["audit"], self.line, name, speaks=False))

    def _begin(self, instance: Instance) -> Instance:
        self._instances.append(instance)
        return instance.start()

    def stop(self, *instances: Instance) -> None:
        for instance in instances or tuple(self._instances):
            self._instances.remove(instance)
            instance.stop()

    def close(self) -> None:
        self.stop()
        for access in self.databases.values():
            self._server.drop(access)


@pytest.fixture
def stand(postgres_server: PostgresServer, line: Line) -> Iterator[Stand]:
    stand = Stand(postgres_server, line)
    yield stand
    stand.close()


def noted(audit: Instance, ref: str) -> tuple[int, ...]:
    """Return the amounts that the ledger holds, in order."""
    amounts: tuple[int, ...] = audit.state(f"ledger-{ref}").amounts_vnd
    return amounts


def say(line: Line, *envelopes: Envelope) -> None:
    """Put messages on the topic in this order, as somebody else might."""
    producer = KafkaProducer(**line.access.client(), acks="all")
    for envelope in envelopes:
        key, headers, value = wire.kafka(envelope)
        producer.send(line.topic, key=key, headers=headers, value=value)
    producer.flush(30)
    producer.close()


def test_what_one_service_says_has_its_effect_once_in_the_other(stand: Stand) -> None:
    """Many accounts, many payments: every ledger has every amount, in the order in which they were paid."""
    desk, audit = stand.desk(), stand.audit()
    refs = [f"a{number}" for number in range(20)]
    desk.give(*(opened(ref) for ref in refs))
    amounts = tuple(range(1, 11))
    for amount in amounts:
        desk.give(*(paid(ref, amount, f"slip-{amount}") for ref in refs))
    until(lambda: all(noted(audit, ref) == amounts for ref in refs), "every amount in every ledger")
    assert audit.running.inbox.held == {}
    assert all(audit.store.mark(SAVINGS_SOURCE, ref) == len(amounts) + 1 for ref in refs)


def test_a_log_said_twice_from_its_beginning_changes_nothing(stand: Stand) -> None:
    """A relay that lost its checkpoint says everything again; a reader that lost its positions hears it again."""
    desk, audit = stand.desk(), stand.audit()
    desk.give(opened("a"), paid("a", 1, "s1"), paid("a", 2, "s2"))
    until(lambda: noted(audit, "a") == (1, 2), "both amounts")
    until(lambda: desk.relay is not None and desk.relay.caught_up(), "all is said")
    stand.stop(desk, audit)
    for access in stand.databases.values():
        with access.connect("") as db:
            db.execute("DELETE FROM relayed")
            db.execute("DELETE FROM positions")
    desk, audit = stand.desk(), stand.audit()
    desk.give(paid("a", 3, "s3"))
    until(lambda: noted(audit, "a") == (1, 2, 3), "the third amount, and the others once")
    assert audit.running.lane.counts["repeats"] >= 3


def test_disorder_in_a_partition_is_put_right(stand: Stand) -> None:
    """What comes before its turn is held; what never came is asked for and not guessed."""
    audit = stand.audit()
    say(stand.line, paid_in("a", 3), paid_in("a", 2), account_opened("a"), paid_in("a", 3))
    until(lambda: noted(audit, "a") == (2, 3), "both amounts in their order")
    until(lambda: audit.running.inbox.held == {}, "nothing waits")


def test_what_is_missing_is_said_again_by_its_source(
    stand: Stand, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that was set past what it never took holds what follows, asks, and takes all of it in its order."""
    monkeypatch.setattr("chassis.watchdog.HELD_ALARM_AFTER_US", 0)
    monkeypatch.setattr("chassis.watchdog.ASK_AGAIN_EVERY_US", 200_000)
    desk = stand.desk()
    desk.give(opened("a"), paid("a", 1, "s1"), paid("a", 2, "s2"))
    until(lambda: desk.relay is not None and desk.relay.caught_up(), "all is said")
    topic = stand.line.topic
    topic_id = id_of(kafka.cluster.client, topic)
    ends = Ends(stand.line.access, topic)
    past = {channel_of(topic, topic_id, partition): (0, end) for partition, end in ends.now().items() if end}
    ends.close()
    store = PostgresStore(stand.databases["audit"])
    store.commit(Writes(positions=past))
    store.close()
    audit = stand.audit()
    desk.give(paid("a", 3, "s3"))
    until(lambda: noted(audit, "a") == (1, 2, 3), "what was missed, and what waited for it")
    assert audit.running.lane.counts["gaps_asked_again"] >= 1


def test_a_topic_made_anew_is_filled_from_the_logs_and_heard_without_effect(
    stand: Stand, kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another topic id: the relay begins at the beginning, the reader's marks know it all already."""
    monkeypatch.setattr("chassis.bus.kafka_relay.LOOK_AT_TOPIC_EVERY_S", 0.5)
    monkeypatch.setattr("chassis.bus.kafka_ear.LOOK_AT_TOPIC_EVERY_S", 0.5)
    desk, audit = stand.desk(), stand.audit()
    desk.give(opened("a"), paid("a", 1, "s1"))
    until(lambda: noted(audit, "a") == (1,), "the first amount")
    kafka.cluster.client.delete_topics([stand.line.topic])
    until(lambda: not kafka.cluster.client.describe_topics([stand.line.topic])[0].get("partitions"), "it is gone")
    kafka.make(Table((Topic(stand.line.topic, PARTITIONS),), ()))
    desk.give(paid("a", 2, "s2"))
    until(lambda: noted(audit, "a") == (1, 2), "the second amount, the first once")
    until(lambda: audit.running.lane.counts.get("repeats", 0) >= 2, "what was known came again")


def test_partitions_change_hands_while_messages_come(stand: Stand) -> None:
    """Two desks append to the same accounts, readers come and go: gap-free sequences, each effect once, in order."""
    desks = [stand.desk("savings-1"), stand.desk("savings-2")]
    first = stand.audit("audit-1")
    refs = [f"a{number}" for number in range(12)]
    desks[0].give(*(opened(ref) for ref in refs))
    amounts = list(range(1, 31))
    second = None
    for amount in amounts:
        desks[amount % 2].give(*(paid(ref, amount, f"s{amount}") for ref in refs))
        if amount == 8:
            second = stand.audit("audit-2")
        if amount == 20:
            stand.stop(first)
    assert second is not None
    survivor = second
    until(lambda: all(noted(survivor, ref) == tuple(amounts) for ref in refs), "every amount once, in order")
    assert all(survivor.store.mark(SAVINGS_SOURCE, ref) == len(amounts) + 1 for ref in refs)
    heard = survivor.store.query(
        "SELECT subject, count(*) AS times, count(DISTINCT sequence) AS n FROM heard GROUP BY 1"
    )
    assert [(row["times"], row["n"]) for row in heard] == [(len(amounts), len(amounts))] * len(refs)


def test_what_a_source_may_not_say_is_parked_and_keeps_nobody_waiting(stand: Stand) -> None:
    """A type of another service's, and what is no event at all, are for staff; the true messages go on."""
    audit = stand.audit()
    forged = message("Paid", "a", 1, amount_vnd=7)._replace(type="lienthong.intake.DossierSubmitted.v1")
    say(stand.line, account_opened("a"), forged, paid_in("a", 2))
    producer = KafkaProducer(**stand.line.access.client())
    producer.send(stand.line.topic, key=b"a", value=b"not an event")
    producer.flush(30)
    producer.close()
    until(lambda: noted(audit, "a") == (2,) and len(audit.running.inbox.held) == 2, "the true one, and two parked")
    errors = sorted(held.error or "" for held in audit.running.inbox.held.values())
    assert "may not say lienthong.intake.DossierSubmitted.v1" in errors[0]
    assert "brought no event" in errors[1]


def test_a_second_owner_of_a_partition_loses(stand: Stand) -> None:
    """Whoever still believes that a partition is theirs writes nothing: a mark is not as they read it."""
    audit = stand.audit()
    say(stand.line, account_opened("a"))
    until(lambda: audit.store.mark(SAVINGS_SOURCE, "a") == 1, "the first is taken")
    audit.store.commit(Writes(marks={(SAVINGS_SOURCE, "a"): (1, 2)}))  # what another owner would have written
    say(stand.line, paid_in("a", 2), paid_in("a", 3))
    until(lambda: noted(audit, "a") == (3,), "only what the other had not taken")


def test_a_log_restored_to_the_past_is_not_said_until_somebody_says_so(stand: Stand) -> None:
    """What it would say under numbers that were taken already would be passed over as repeats, and lost."""
    desk, audit = stand.desk(), stand.audit()
    desk.give(opened("a"), paid("a", 1, "s1"), paid("a", 2, "s2"))
    until(lambda: noted(audit, "a") == (1, 2), "both amounts")
    stand.stop(desk)
    with stand.databases["savings"].connect("") as db:  # what a backup from before the second payment looks like
        (last,) = db.execute("SELECT position FROM events WHERE subject='a' AND sequence=3").fetchone() or (0,)
        db.execute("DELETE FROM events WHERE position>=%s", (last,))
        db.execute("UPDATE relayed SET position=%s", (last - 1,))
    desk = stand.desk()
    desk.give(paid("a", 9, "s9"))
    until(lambda: desk.relay is not None and "restored from a backup" in desk.relay.failing, "the relay refuses")
    assert noted(audit, "a") == (1, 2)
    stand.stop(desk)
    store = PostgresStore(stand.databases["savings"])
    store.begin_generation(0, "restored")
    store.close()
    desk = stand.desk()
    desk.give(paid("a", 10, "s10"))
    until(lambda: noted(audit, "a") == (1, 2, 10), "what is said from now on, of a new source")
