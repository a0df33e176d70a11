"""The declared table and a real cluster: what differs is named, made so once, and nothing is taken away unasked."""

import time
from dataclasses import replace

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaConnectionError

from chassis.bus.kafka_admin import Administration, Difference, PasswordsMissing
from chassis.bus.kafka_cluster import Rule
from chassis.bus.kafka_probe import why_unreachable
from chassis.bus.kafka_table import Principal, Table, Topic
from tests.kafka_server import KafkaServer


def administration(kafka: KafkaServer, table: Table, passwords: dict[str, str]) -> Administration:
    return Administration(kafka.admin, kafka.cluster, table, passwords, rehearsal=True)


def own(differences: list[Difference], *names: str) -> list[tuple[str, str, str]]:
    """Return what concerns these names only: other tests leave things of theirs on the broker."""
    return [(one.way, one.what, one.name) for one in differences if one.name.split(" ")[0] in names]


def test_what_is_declared_is_made_once(kafka: KafkaServer) -> None:
    """A second call finds nothing to do; the rules are those of the principal and no more."""
    topic, user = kafka.unique("events"), kafka.unique("reader")
    table = Table(
        (Topic(topic, 3, {"retention.ms": "60000"}),), (Principal(user, (), (topic,), (f"{user}-group",), ()),)
    )
    admin = administration(kafka, table, {user: "a password of a test"})
    assert own(admin.differences(), topic, user) == [
        ("missing", "topic", topic),
        ("missing", "rule", user),
        ("missing", "rule", user),
        ("missing", "user", user),
    ]
    assert own(admin.apply(), topic, user) == []
    assert own(admin.apply(), topic, user) == []
    assert len(kafka.cluster.topics()[topic]) == 3
    assert kafka.cluster.settings([topic])[topic] == {"retention.ms": "60000", "min.insync.replicas": "1"}
    assert {rule for acl in kafka.cluster.acls() if (rule := Rule.of(acl)) and rule.principal == user} == {
        Rule(user, "READ", "TOPIC", topic),
        Rule(user, "READ", "GROUP", f"{user}-group"),
    }


def test_a_number_of_partitions_is_never_changed(kafka: KafkaServer) -> None:
    topic = kafka.topic(partitions=2)
    admin = administration(kafka, Table((Topic(topic, 5),), ()), {})
    (left,) = [one for one in admin.apply() if one.name == topic]
    assert (left.way, left.says) == ("differs", "2 partitions instead of 5")
    assert "out of order" in left.never
    assert len(kafka.cluster.topics()[topic]) == 2


def test_a_setting_is_brought_back_and_a_foreign_one_stays_until_asked(kafka: KafkaServer) -> None:
    topic = kafka.topic(retention_ms="1000", cleanup_policy="compact")
    admin = administration(kafka, Table((Topic(topic, 1, {"retention.ms": "2000"}),), ()), {})
    assert own(admin.differences(), topic) == [
        ("differs", "setting", f"{topic} retention.ms"),
        ("foreign", "setting", f"{topic} cleanup.policy"),
    ]
    assert own(admin.apply(), topic) == [("foreign", "setting", f"{topic} cleanup.policy")]
    assert kafka.cluster.settings([topic])[topic]["retention.ms"] == "2000"


def test_another_password_is_noticed_and_set(kafka: KafkaServer) -> None:
    """A broker keeps no password that could be compared: signing in is what tells."""
    user = kafka.unique("user")
    table = Table((), (Principal(user),))
    administration(kafka, table, {user: "the first one"}).apply()
    admin = administration(kafka, table, {user: "the second one"})
    assert own(admin.differences(), user) == [("differs", "user", user)]
    assert own(admin.apply(), user) == []
    assert why_unreachable(kafka.as_user(user, "the second one")) is None
    assert why_unreachable(kafka.as_user(user, "the first one"))


def test_without_a_password_nothing_is_begun(kafka: KafkaServer) -> None:
    topic, user = kafka.unique("events"), kafka.unique("user")
    admin = administration(kafka, Table((Topic(topic, 1),), (Principal(user),)), {})
    with pytest.raises(PasswordsMissing, match=user):
        admin.apply()
    assert topic not in kafka.cluster.topics()


def test_what_nobody_declared_goes_only_on_demand_and_topics_never(kafka_alone: KafkaServer) -> None:
    topic, stranger = kafka_alone.topic("stray"), kafka_alone.unique("stranger")
    rule = ACL(
        f"User:{stranger}", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, "*")
    )
    client = kafka_alone.cluster.client
    client.create_acls([rule])
    client.alter_user_scram_credentials(
        [UserScramCredentialUpsertion(stranger, ScramMechanism.SCRAM_SHA_256, "somebody's")]
    )
    admin = administration(kafka_alone, Table((), ()), {})
    foreign = [("foreign", "topic", topic), ("foreign", "rule", stranger), ("foreign", "user", stranger)]
    assert [(one.way, one.what, one.name) for one in admin.apply()] == foreign
    assert [(one.way, one.what, one.name) for one in admin.apply(remove=True)] == foreign[:1]


def up(kafka: KafkaServer) -> int | None:
    try:
        return len(kafka.cluster.brokers())
    except KafkaConnectionError:
        return None  # the one that was asked is the one that is down


def test_with_a_broker_down_everything_is_made_as_declared(kafka_cluster: KafkaServer) -> None:
    """What is left of three is not one node: a topic gets three replicas, of which one has to catch up."""
    name, user = kafka_cluster.unique("events"), kafka_cluster.unique("user")
    table = Table((Topic(name, 3),), (Principal(user, writes=(name,)),))
    admin = replace(administration(kafka_cluster, table, {user: "a password of a test"}), rehearsal=False)
    kafka_cluster.kill(3)
    try:
        until = time.monotonic() + 60
        while up(kafka_cluster) != 2:
            assert time.monotonic() < until
            time.sleep(0.2)
        assert admin.lowered() == ""
        assert own(admin.apply(), name, user) == []
        assert all(len(one["isr_nodes"]) == 2 for one in kafka_cluster.cluster.topics()[name])
    finally:
        kafka_cluster.start(3)
    assert all(sorted(one["replica_nodes"]) == [1, 2, 3] for one in kafka_cluster.cluster.topics()[name])
    assert own(admin.differences(), name, user) == []


def test_three_nodes_hold_three_replicas(kafka_cluster: KafkaServer) -> None:
    topic = kafka_cluster.topic("copied", partitions=3)
    partitions = kafka_cluster.cluster.topics()[topic]
    assert all(sorted(one["replica_nodes"]) == [1, 2, 3] for one in partitions)
    assert kafka_cluster.cluster.settings([topic])[topic]["min.insync.replicas"] == "2"
    assert not kafka_cluster.cluster.is_one_node()
