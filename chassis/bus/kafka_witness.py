"""A relay's witness: what was said last stands with the brokers too, where a restored database cannot take it back.

A database that is restored from a backup has its old checkpoint with it. A log that went on from there would say other
events under numbers that its readers have taken already, and they would pass over them as repeats. So the relay keeps
the hash of the last event that the brokers acknowledged as the commit of a consumer group of its own, and looks it up
in the log before it says anything.
"""

from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_opening import opened
from chassis.stores.store import Store

ANSWERED_WITHIN_MS: Final = 10_000


class RestoredToThePast(Exception):
    """What was said is not what the log holds: its store was restored from a backup without a new generation."""


def group_of(service: str) -> str:
    """Return the name of the group whose commit is the witness."""
    return f"{service}-relay"


class Witness:
    """The last event of one service that the brokers acknowledged, as the brokers remember it."""

    def __init__(self, service: str, access: KafkaAccess, topic: str, group: str = "") -> None:
        self._service = service
        self._place = TopicPartition(topic, 0)
        self._consumer = opened(
            KafkaConsumer, **access.client(), group_id=group or group_of(service), client_id=f"{service}-witness",
            enable_auto_commit=False,
        )  # fmt: skip

    def check(self, store: Store) -> None:
        """Look for the event in the log.

        Raises:
            RestoredToThePast: the log does not hold it, and no generation began since.
        """
        found = self._consumer.committed(self._place, metadata=True, timeout_ms=ANSWERED_WITHIN_MS)
        if found is None or not found.metadata:
            return
        generation, _, hash = found.metadata.partition(" ")
        if int(generation) < store.generations[-1].number:
            return  # a restore that was told: what follows is a new source
        links = store.links(found.offset - 1, 1)
        if not links or links[0].position != found.offset or links[0].hash.hex() != hash:
            raise RestoredToThePast(
                f"the event that {self._service} said last, at position {found.offset}, is not in its log: its "
                "database was restored from a backup. Begin a new generation with "
                f"`lienthong postgres restored {self._service}`"
            )

    def keep(self, store: Store, position: int) -> None:
        """Let the brokers remember the last event up to a position that they have acknowledged."""
        rows = store.query(LAST, {"position": position})
        if rows:
            metadata = f"{store.generations[-1].number} {bytes(rows[0]['hash']).hex()}"
            kept = {self._place: OffsetAndMetadata(rows[0]["position"], metadata, -1)}
            self._consumer.commit(kept, timeout_ms=ANSWERED_WITHIN_MS)

    def close(self) -> None:
        self._consumer.close(autocommit=False)


LAST: Final = "SELECT position, hash FROM events WHERE position<=:position ORDER BY position DESC LIMIT 1"
