"""What the brokers refuse, and what an operator is told of it: a real broker, and the clients that the product has."""

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from ssl import SSLError, create_default_context
from typing import Any

import pytest
from cryptography import x509
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ACLFilter, ACLOperation, ACLPermissionType, ScramMechanism, UserScramCredentialUpsertion
from kafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
)

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_cluster import EVERYTHING
from chassis.bus.kafka_opening import opened
from chassis.bus.kafka_probe import why_unreachable
from chassis.bus.kafka_refusals import APPLY, explained
from chassis.bus.kafka_topic import TopicMissing, id_of
from tests.kafka_server import KafkaServer, free_port, tls

SOON = 1_500


def refusal(access: KafkaAccess, act: Callable[[], Any]) -> tuple[type[BaseException], str]:
    """Return the error that an act ends in, and what an operator is told of it."""
    with pytest.raises(KafkaError) as caught:
        act()
    return type(caught.value), explained(caught.value, access)


def entering(access: KafkaAccess) -> Callable[[], Any]:
    return lambda: opened(KafkaAdminClient, **access.client(), bootstrap_timeout_ms=SOON)


@pytest.fixture
def somebody(kafka: KafkaServer) -> KafkaAccess:
    return kafka.principal()


# --- Who gets in ------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_from_a_broker_that_is_down(somebody: KafkaAccess) -> None:
    """The client says of both that it is unable to bootstrap."""
    wrong = replace(somebody, password="another")
    kind, told = refusal(wrong, entering(wrong))
    assert kind is KafkaTimeoutError
    assert told == (
        f"Kafka does not let {somebody.user} in: the password is wrong, or there is no such user. It has to be the one "
        f"that `lienthong kafka apply` was given (secrets/{somebody.user}.password of the cluster)."
    )
    down = replace(somebody, bootstrap=f"127.0.0.1:{free_port()}")
    kind, told = refusal(down, entering(down))
    assert kind is KafkaTimeoutError
    assert told.startswith(
        f"No broker answers at {down.bootstrap} (Connection refused): start it (`deploy/native/kafka.sh"
    )


def test_a_user_who_is_not_there_gets_the_same_answer_as_one_with_a_wrong_password(kafka: KafkaServer) -> None:
    nobody = kafka.as_user("nobody", "anything")
    assert "Kafka does not let nobody in" in refusal(nobody, entering(nobody))[1]


@pytest.mark.parametrize("kind", [KafkaAdminClient, KafkaConsumer])
def test_a_client_that_was_not_let_in_leaves_no_thread_behind(somebody: KafkaAccess, kind: type[Any]) -> None:
    """Whoever waits for a broker tries again and again; the client's own constructor would leave one each time."""
    wrong = replace(somebody, password="another")
    before = set(threading.enumerate())
    for _ in range(3):
        with pytest.raises(KafkaTimeoutError):
            opened(kind, **wrong.client(), bootstrap_timeout_ms=100)
    assert set(threading.enumerate()) <= before


def test_one_broker_that_lets_in_is_enough_and_a_refusal_says_more_than_silence(somebody: KafkaAccess) -> None:
    dead = f"127.0.0.1:{free_port()}"
    both = replace(somebody, bootstrap=f"{dead},{somebody.bootstrap}")
    entering(both)().close()
    wrong = replace(both, password="another")
    assert f"does not let {somebody.user} in" in refusal(wrong, entering(wrong))[1]


def test_plain_speech_to_a_port_of_tls_is_refused(kafka: KafkaServer) -> None:
    plain = KafkaAccess(kafka.admin.bootstrap)
    assert refusal(plain, entering(plain))[1] == (
        f"The broker at {plain.bootstrap} speaks TLS and asks who is there, and no user was given: set "
        "LIENTHONG_KAFKA_USER, LIENTHONG_KAFKA_PASSWORD_FILE and LIENTHONG_KAFKA_CA."
    )


def test_an_unknown_authority_is_refused(somebody: KafkaAccess, tmp_path: Path) -> None:
    """Whoever trusts another authority does not hand his password to this broker."""
    tls(tmp_path)
    deceived = replace(somebody, ca=str(tmp_path / "tls/ca.pem"))
    told = refusal(deceived, entering(deceived))[1]
    assert f"shows a certificate that {deceived.ca} does not vouch for" in told
    assert "set LIENTHONG_KAFKA_CA" in told


def test_an_authority_that_is_not_there_is_named(somebody: KafkaAccess, tmp_path: Path) -> None:
    lost = replace(somebody, ca=str(tmp_path / "nothing.pem"))
    told = explained(KafkaTimeoutError("Unable to bootstrap"), lost)
    assert told == f"The authority's certificate {lost.ca} cannot be read: LIENTHONG_KAFKA_CA names a PEM file."


def test_something_else_on_the_port_is_named(somebody: KafkaAccess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        other = replace(somebody, bootstrap=f"127.0.0.1:{listening.getsockname()[1]}")
        assert "speaks no TLS" in explained(KafkaTimeoutError("Unable to bootstrap"), other)


def test_the_certificate_of_another_server_does_not_open_the_brokers_own_door(kafka: KafkaServer) -> None:
    """Only brokers are super users to each other; vault and files are signed by the same authority."""
    tls_folder = kafka.folder / "tls"
    port = int(kafka.admin.bootstrap.rpartition(":")[2]) + 200
    for name in ("broker.pem", "http.crt"):
        context = create_default_context(cafile=tls_folder / "ca.pem")
        key = None if name == "broker.pem" else tls_folder / "http.key"
        context.load_cert_chain(tls_folder / name, key)

        def greet(context: Any = context) -> None:
            line = socket.create_connection(("127.0.0.1", port), 5)
            with line, context.wrap_socket(line, server_hostname="127.0.0.1") as safe:
                # ApiVersions, which any broker answers to whom it lets in.
                safe.sendall(b"\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff")
                assert safe.recv(4), "it hung up"

        if name == "broker.pem":
            greet()
        else:
            with pytest.raises((SSLError, OSError, AssertionError)):
                greet()
    certificate = x509.load_pem_x509_certificate((tls_folder / "http.crt").read_bytes())
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH not in uses


# --- What one may do --------------------------------------------------------------------------------------------------


@pytest.fixture
def topics(kafka: KafkaServer) -> tuple[str, str]:
    return kafka.topic("own"), kafka.topic("foreign")


@pytest.fixture
def service(kafka: KafkaServer, topics: tuple[str, str]) -> KafkaAccess:
    """Somebody who may write and read his own topic in his own group."""
    return kafka.principal("service", writes=topics[:1], reads=topics[:1], groups=("service-group",))


def read(access: KafkaAccess, topic: str, group: str | None) -> Any:
    """Read a topic from its beginning, as a member of a group or for oneself."""
    consumer = opened(KafkaConsumer, **access.client(), group_id=group, auto_offset_reset="earliest")
    try:
        if group is None:
            consumer.assign([TopicPartition(topic, 0)])
        else:
            consumer.subscribe([topic])
        return consumer.poll(timeout_ms=5_000)
    finally:
        consumer.close(autocommit=False)


def write(access: KafkaAccess, topic: str, idempotent: bool = True) -> Any:
    producer = KafkaProducer(**access.client(), enable_idempotence=idempotent, max_block_ms=10_000)
    try:
        return producer.send(topic, b"hello").get(timeout=10)
    finally:
        producer.close(timeout=1)


def test_what_is_allowed_goes(service: KafkaAccess, topics: tuple[str, str]) -> None:
    """An idempotent producer needs no more than the right to write: IDEMPOTENT_WRITE is given to nobody."""
    write(service, topics[0])
    (records,) = read(service, topics[0], "service-group").values()
    assert [one.value for one in records] == [b"hello"]


def test_a_foreign_topic_is_not_written(service: KafkaAccess, topics: tuple[str, str]) -> None:
    kind, told = refusal(service, lambda: write(service, topics[1], idempotent=False))
    assert kind is TopicAuthorizationFailedError
    assert told == f"{service.user} may not do this with {topics[1]}: {APPLY}."


def test_a_foreign_topic_is_not_read(kafka: KafkaServer, topics: tuple[str, str]) -> None:
    """Nor is one that somebody may only write."""
    writer = kafka.principal("writer", writes=topics[:1])
    kind, told = refusal(writer, lambda: read(writer, topics[0], None))
    assert kind is TopicAuthorizationFailedError
    assert f"{writer.user} may not do this with {topics[0]}" in told


def test_a_foreign_topic_is_as_if_it_were_not_there(service: KafkaAccess, topics: tuple[str, str]) -> None:
    """The client of a group only waits when it may not see the topic, so whoever listens looks for it first."""
    with entering(service)() as client:
        assert id_of(client, topics[0])
        with pytest.raises(TopicMissing, match="lienthong kafka apply"):
            id_of(client, topics[1])


def test_a_foreign_group_is_not_joined(service: KafkaAccess, topics: tuple[str, str]) -> None:
    kind, told = refusal(service, lambda: read(service, topics[0], "foreign-group"))
    assert kind is GroupAuthorizationFailedError
    assert f"{service.user} may not be a member of foreign-group" in told


def test_who_may_only_read_is_no_idempotent_producer(kafka: KafkaServer, topics: tuple[str, str]) -> None:
    reader = kafka.principal("reader", reads=topics[:1])
    kind, told = refusal(reader, lambda: write(reader, topics[0]))
    assert kind is KafkaError  # the client says it in words only
    assert told.startswith(f"{reader.user} may not write to any topic")


def test_nobody_but_the_administrator_makes_topics_users_or_rules(service: KafkaAccess, kafka: KafkaServer) -> None:
    with entering(service)() as client:
        kind, told = refusal(service, lambda: client.create_topics({kafka.unique("own"): {"num_partitions": 1}}))
        assert kind in (ClusterAuthorizationFailedError, TopicAuthorizationFailedError)
        assert service.user in told
        anything = ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, EVERYTHING)
        assert refusal(service, lambda: client.describe_acls(anything))[0] is ClusterAuthorizationFailedError
        assert client.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(service.user, ScramMechanism.SCRAM_SHA_512, "another")]
        )[service.user]
        assert why_unreachable(service) is None


def test_no_secret_stands_in_a_process_list_or_is_open_to_others(kafka: KafkaServer) -> None:
    """What stands in a command line, everybody on the machine can read; keys and passwords are their owner's."""
    command = Path(f"/proc/{kafka.pid(1)}/cmdline").read_bytes()
    environment = Path(f"/proc/{kafka.pid(1)}/environ").read_bytes()
    assert kafka.admin.password
    assert kafka.admin.password.encode() not in command + environment
    for file in kafka.folder.rglob("*"):
        if file.is_file() and "/log/" not in str(file):
            assert file.stat().st_mode & 0o077 == 0 or file.suffix in (".pem", ".crt"), file
            if file.parent.name != "secrets":
                assert kafka.admin.password.encode() not in file.read_bytes(), file
    assert (kafka.folder / "tls/broker.pem").stat().st_mode & 0o077 == 0
    assert kafka.admin.password not in repr(kafka.admin)
