"""How far behind a topic's readers are: by their own databases, which is the truth, and by what groups committed."""

import time
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, Protocol

from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from chassis.bus.kafka import channel_of
from chassis.bus.kafka_cluster import Cluster
from chassis.bus.kafka_topic import ends_of

COORDINATED_WITHIN_S: Final = 15.0


class Positions(Protocol):
    """Where a reader keeps how far it has taken a channel."""

    def position(self, source: str) -> int: ...


class Lag(NamedTuple):
    """One reader on one partition.

    Args:
        end: position behind the last record.
        taken: position in the reader's database; None where it has none or was not asked.
        committed: what its group committed, None where nothing was: a figure for outsiders, behind the truth.
    """

    reader: str
    partition: int
    end: int
    taken: int | None
    committed: int | None

    @property
    def behind(self) -> int:
        """Return how many records it has not taken yet."""
        reached = self.committed if self.taken is None else self.taken
        return self.end - (reached or 0)


def lags(
    cluster: Cluster, topic: str, topic_id: str, groups: Iterable[str], databases: Mapping[str, Positions]
) -> list[Lag]:
    """Return the lag of every group on every partition of a topic.

    Args:
        groups: a reader's group has its name.
        databases: reader → where it keeps its positions.
    """
    ends = ends_of(cluster.client, topic, [one["partition_index"] for one in cluster.topics()[topic]])
    return [
        Lag(
            group, number, end,
            databases[group].position(channel_of(topic, topic_id, number)) if group in databases else None,
            committed.get(number),
        )
        for group in groups for committed in [_committed(cluster, group, topic)] for number, end in sorted(ends.items())
    ]  # fmt: skip


def _committed(cluster: Cluster, group: str, topic: str) -> dict[int, int]:
    until = time.monotonic() + COORDINATED_WITHIN_S
    while True:
        try:
            found = cluster.client.list_group_offsets([group]).get(group, {})
            return {
                where.partition: at.offset for where, at in found.items() if where.topic == topic and at.offset >= 0
            }
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            # A cluster that never had a group makes the room for them now; one that lost a broker finds another.
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
