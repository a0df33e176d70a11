"""Which partitions of a topic nobody in a group reads, as the group's coordinator knows it."""

from typing import Any, Final

STABLE: Final = "Stable"


class NobodyReads(Exception):
    """A group stands still and leaves partitions unread; whoever has none leaves it and joins anew."""


class StandsStill(Exception):
    """Something lies ahead in a partition that is ours, has room and is not fetched; the client begins anew."""


def unread(admin: Any, group: str, topic: str, idle: str) -> int:
    """Return how many partitions of a topic nobody in a group reads; 0 while the group is being put together.

    Args:
        idle: the instance that asks and reads none, whatever the coordinator believes to have given it.

    Raises:
        KafkaError: the brokers cannot be asked.
    """
    told = admin.describe_groups([group])[group]
    if told["group_state"] != STABLE:
        return 0
    (known,) = admin.describe_topics([topic])
    given = {
        partition
        for member in told["members"]
        if member["group_instance_id"] != idle
        for of in (member["member_assignment"] or {}).get("assigned_partitions", ())
        if of["topic"] == topic
        for partition in of["partitions"]
    }
    return len(known["partitions"]) - len(given)
