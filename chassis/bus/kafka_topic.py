"""What a client asks a topic about itself: its id, and where its partitions end."""

from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

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
