"""What a client asks a topic about itself: its id, and where its partitions end."""

from collections.abc import Iterable
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_opening import opened

ANSWERS_WITHIN_MS = 10_000


class TopicMissing(LookupError):
    """The topic does not exist, or this principal may not see it."""


def id_of(admin: KafkaAdminClient, topic: str) -> str:
    """Return a topic's id; one that was deleted and made anew has another.

    Raises:
        TopicMissing: there is no such topic for this principal; `lienthong kafka apply` makes it.
    """
    (found,) = admin.describe_topics([topic])
    if found["error_code"] or not found.get("topic_id"):
        raise TopicMissing(f"there is no topic {topic} for this principal: run `lienthong kafka apply`")
    return str(found["topic_id"])


def ends_of(
    admin: KafkaAdminClient, topic: str, partitions: Iterable[int], within_ms: int | None = None
) -> dict[int, int]:
    """Return partition → position of its last record, as the partition's leader says now.

    Args:
        within_ms: how long leaders that move are asked again; None for as long as the client waits for any answer.

    Raises:
        KafkaError: it does not say so in time.
    """
    asked = {TopicPartition(topic, number): OffsetSpec.LATEST for number in partitions}
    found = admin.list_partition_offsets(asked, timeout_ms=within_ms)
    return {partition.partition: end.offset for partition, end in found.items()}


class Ends:
    """Asks where the partitions of a topic end, as the brokers say at that moment."""

    def __init__(self, access: KafkaAccess, topic: str) -> None:
        self._topic = topic
        self._consumer = opened(
            KafkaConsumer, **access.client(), group_id=None, enable_auto_commit=False,
            request_timeout_ms=ANSWERS_WITHIN_MS,
        )  # fmt: skip

    def now(self) -> dict[int, int]:
        """Return partition → position of its last record, 0 where it has none."""
        partitions = self._consumer.partitions_for_topic(self._topic) or ()
        asked = [TopicPartition(self._topic, number) for number in partitions]
        ends: dict[Any, int] = self._consumer.end_offsets(asked)
        return {one.partition: end for one, end in ends.items()}

    def close(self) -> None:
        self._consumer.close()
