"""What a cluster is to hold: topics, and who may do what with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it has to be.

    Args:
        partitions: fixed from the first day: another number would part a dossier's events.
        settings: what differs from the brokers' defaults.
    """

    name: str
    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)
    replication: int = 3
    min_insync: int = 2


@dataclass(frozen=True, slots=True)
class Principal:
    """Who speaks to Kafka, and the least it may do there; everything else is refused.

    Args:
        writes, reads: names of topics.
        groups: consumer groups that it may be a member of.
        looks: names of groups it may only describe, `*` for all.
    """

    name: str
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The whole of it; what a cluster holds beside it is foreign.

    Args:
        admin: the super user, who stands in no rule.
    """

    topics: tuple[Topic, ...]
    principals: tuple[Principal, ...]
    admin: str = "admin"
