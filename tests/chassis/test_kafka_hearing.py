"""At the border to a real topic: what an older or a newer release might say is taken, or parked, and never guessed."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from chassis import wire
from chassis.bus.kafka_unread import unread
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import Writes
from kernel.message import Envelope
from tests.chassis.apart import Instance, Line, until
from tests.chassis.audit import AUDIT, SAVINGS_SOURCE
from tests.chassis.rough_bus import account_opened, message, paid_in
from tests.chassis.test_kafka_bus import noted, say
from tests.kafka_server import KafkaServer
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow


@pytest.fixture
def line(kafka: KafkaServer) -> Line:
    return Line(kafka.admin, kafka.topic(partitions=2), kafka.topic("say-again"), kafka.unique("t"))


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[PostgresAccess]:
    access = postgres_server.fresh()
    yield access
    postgres_server.drop(access)


@pytest.fixture
def audit(database: PostgresAccess, line: Line) -> Iterator[Instance]:
    """One instance of the auditor, who listens to payments."""
    instance = Instance(AUDIT, database, line, "audit-1", speaks=False).start()
    yield instance
    instance.stop()


def hears_the_first(audit: Instance, line: Line) -> None:
    """Say the beginning of one subject, and wait until it was heard."""
    say(line, account_opened("a"), paid_in("a", 2))
    until(lambda: noted(audit, "a") == (2,), "the first is heard")


@pytest.mark.parametrize(
    ("strange", "because"),
    [
        pytest.param(message("PaidIn", "a", 2, version=2, amount_vnd=7),
                     "lienthong.savings.PaidIn.v2 is a version this reader cannot read", id="unknown version"),
        pytest.param(message("PaidIn", "a", 2), "missing required field `amount_vnd`", id="a field is missing"),
        pytest.param(message("PaidIn", "a", 2, amount_vnd="seven"), "Expected `int`, got `str`", id="another type"),
        pytest.param(message("PaidIn", "a", 2)._replace(data=b'{"ref":'), "truncated", id="no JSON"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_parked_and_only_its_own_subject_waits(
    audit: Instance, line: Line, strange: Envelope, because: str
) -> None:
    """Contracts: an unreadable version is parked, what follows on that subject waits, other subjects go on."""
    say(line, account_opened("a"), strange, paid_in("a", 3), account_opened("b"), paid_in("b", 2))
    until(lambda: noted(audit, "b") == (2,) and len(audit.running.inbox.held) == 2, "the others go on, two stay")
    held = {one.envelope.sequence: one.error for one in audit.store.all_held()}
    assert held.keys() == {2, 3}
    assert because in (held[2] or "")
    assert held[3] is None, "it waits and is not at fault"
    assert noted(audit, "a") == ()
    assert audit.store.mark(SAVINGS_SOURCE, "a") == 1


def test_a_field_that_is_not_known_is_kept_and_passed_over(audit: Instance, line: Line) -> None:
    """Contracts: within a version optional fields are added; who does not know one loses nothing of it on the way."""
    later = message("PaidIn", "a", 3, amount_vnd=3, slip_colour="đỏ")
    say(line, account_opened("a"), later)
    until(lambda: len(audit.store.all_held()) == 1, "it waits for the one before")
    assert audit.store.all_held()[0].envelope.data == later.data
    say(line, message("PaidIn", "a", 2, amount_vnd=2, slip_colour="xanh"))
    until(lambda: noted(audit, "a") == (2, 3), "both amounts")


def test_a_type_and_an_attribute_that_are_not_known_keep_nobody_waiting(audit: Instance, line: Line) -> None:
    """A newer release may say more than this one listens to, and write more around it."""
    producer = KafkaProducer(**line.access.client(), acks="all")
    for envelope in (account_opened("a"), message("AccountRenamed", "a", 2, name="Y Blan"), paid_in("a", 3)):
        key, headers, value = wire.kafka(envelope)
        producer.send(line.topic, key=key, headers=[*headers, ("ce_severity", b"9"), ("other", b"\xff")], value=value)
    producer.flush(30)
    producer.close()
    until(lambda: noted(audit, "a") == (3,), "what it listens to")
    assert audit.store.mark(SAVINGS_SOURCE, "a") == 3
    assert audit.store.all_held() == []


def test_what_is_taken_away_and_given_again_before_anybody_looks_is_heard_on(audit: Instance, line: Line) -> None:
    """A process that hung finds its session over and joins again while its own thread still waits for records."""
    hears_the_first(audit, line)
    handed = audit.ear._handed
    given, _ = handed.look()
    assert len(given) == 2
    for _ in range(20):
        handed.on_partitions_lost(given)
        handed.on_partitions_assigned(given)
    say(line, paid_in("a", 3))
    until(lambda: noted(audit, "a") == (2, 3), "what follows is heard too")


def test_what_another_instance_has_taken_lets_go_on_what_waits_for_it(
    audit: Instance, database: PostgresAccess, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff retry a parked message at an instance that does not read its partition; the one that does hears of it."""
    monkeypatch.setattr("chassis.watchdog.ASK_AGAIN_EVERY_US", 200_000)
    say(line, account_opened("a"), paid_in("a", 3))
    until(lambda: len(audit.running.inbox.held) == 1, "the third waits for the second")
    with closing(PostgresStore(database)) as another:
        another.commit(Writes(marks={(SAVINGS_SOURCE, "a"): (1, 2)}))
    until(lambda: noted(audit, "a") == (3,) and not audit.running.inbox.held, "what waited goes on")


def test_a_reader_that_was_given_nothing_of_what_nobody_reads_joins_anew(
    audit: Instance, line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Should the client forget what its group gave it, the reader does not wait for ever."""
    monkeypatch.setattr("chassis.bus.kafka_ear.WITHOUT_PARTITIONS_S", 0.5)
    hears_the_first(audit, line)
    until(lambda: audit.ear._handed.look()[0] != set(), "both are known")
    audit.ear._handed.on_partitions_lost(audit.ear._handed.look()[0])
    say(line, paid_in("a", 3))
    until(lambda: noted(audit, "a") == (2, 3), "what follows is heard by a new member")
    assert "reads 2 partitions" in caplog.text


def test_how_many_partitions_nobody_reads_is_known(audit: Instance, line: Line) -> None:
    """A group that nobody is in, and one whose only member has all there are."""
    hears_the_first(audit, line)
    with closing(KafkaAdminClient(**line.access.client())) as admin:
        group = f"{AUDIT.name}-{line.of}"
        assert unread(admin, group, line.topic, "audit-2") == 0
        assert unread(admin, group, line.topic, "audit-1") == 2, "it has both, and says that it has none"
        assert unread(admin, group, line.say_again, "audit-2") == 1, "nobody of the group reads that topic"
        assert unread(admin, "nobody", line.topic, "audit-1") == 0


def test_a_client_that_fetches_no_more_begins_anew(
    audit: Instance, line: Line, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a member, and has its partitions; only nothing comes any more."""
    monkeypatch.setattr("chassis.bus.kafka_ear.LOOK_AT_TOPIC_EVERY_S", 0.5)
    hears_the_first(audit, line)
    monkeypatch.setattr(audit.ear._consumer, "poll", lambda **asked: {})
    say(line, paid_in("a", 3))
    until(lambda: noted(audit, "a") == (2, 3), "what follows is heard by another client")
    assert "nothing is fetched of" in caplog.text
