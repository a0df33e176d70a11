"""A topic read once from its beginning to its end, by somebody who is in no group."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_opening import opened

PAGE: Final = 2_000
SILENCE_MS: Final = 30_000
"""How long the brokers may say nothing before the topic's end was reached."""

SETTINGS: Final[dict[str, Any]] = {
    "group_id": None, "enable_auto_commit": False, "auto_offset_reset": "earliest", "max_poll_records": PAGE,
    "isolation_level": "read_committed",
}  # fmt: skip


class Record(NamedTuple):
    """What of a record is compared, and where it stands."""

    partition: int
    offset: int
    key: bytes | None
    headers: list[tuple[str, bytes]]
    value: bytes | None

    def __str__(self) -> str:
        return f"partition {self.partition} offset {self.offset}"


class Silence(Exception):
    """The brokers stopped answering before the end of the topic."""


class Reading:
    """A topic from its beginning to where it ended when the reading began.

    Args:
        access: of somebody who may read it; no group is needed.
    """

    def __init__(self, access: KafkaAccess, topic: str) -> None:
        settings: dict[str, Any] = {"enable_auto_commit": False, "isolation_level": "read_committed"}
        self._consumer = opened(
            KafkaConsumer,
            **access.client(),
            group_id=None,
            auto_offset_reset="earliest",
            max_poll_records=PAGE,
            **settings,
        )
        numbers = self._consumer.partitions_for_topic(topic) or ()
        self._partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        self.begins = {one.partition: at for one, at in self._consumer.beginning_offsets(self._partitions).items()}
        self.ends = {one.partition: at for one, at in self._consumer.end_offsets(self._partitions).items()}

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def records(self) -> Iterator[Record]:
        """Yield every record.

        Raises:
            Silence: nothing came for `SILENCE_MS`, and something has to.
        """
        left = {one for one in self._partitions if self.begins[one.partition] < self.ends[one.partition]}
        self._consumer.assign(sorted(left))
        for one in left:
            self._consumer.seek_to_beginning(one)
        while left:
            fetched = self._consumer.poll(timeout_ms=SILENCE_MS)
            for where, records in fetched.items():
                for one in records:
                    if one.offset < self.ends[where.partition]:
                        yield Record(where.partition, one.offset, one.key, list(one.headers), one.value)
            # A position may pass what is no record: the marks of transactions.
            done = {one for one in left if self._consumer.position(one) >= self.ends[one.partition]}
            if not fetched and not done:
                raise Silence(f"nothing came for {SILENCE_MS // 1000} s, and {len(left)} partitions are not read yet")
            if done:
                left -= done
                self._consumer.assign(sorted(left))
