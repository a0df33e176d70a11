"""What a cluster holds now, as its administrator sees it: brokers, topics and their settings, rules, users."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
)
from kafka.errors import NoError

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_opening import opened
from chassis.bus.kafka_table import Principal

SET_ON_THE_TOPIC: Final = "DYNAMIC_TOPIC_CONFIG"
EVERYTHING: Final = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)


class Rule(NamedTuple):
    """Somebody may do something with one thing, from anywhere."""

    principal: str
    operation: str
    on: str
    name: str

    def __str__(self) -> str:
        return f"{self.principal} may {self.operation.lower()} {self.on.lower()} {self.name}"

    @classmethod
    def of(cls, acl: ACL) -> Self | None:
        """Return the rule that an ACL is, None where it is of a kind that is never made here."""
        pattern = acl.resource_pattern
        usual = (acl.host, acl.permission_type, pattern.pattern_type)
        if usual != ("*", ACLPermissionType.ALLOW, ACLResourcePatternType.LITERAL):
            return None
        who = acl.principal.removeprefix("User:")
        return cls(who, acl.operation.name, pattern.resource_type.name, pattern.resource_name)

    def acl(self) -> ACL:
        """Return it as Kafka takes it."""
        pattern = ResourcePattern(ResourceType[self.on], self.name)
        return ACL(f"User:{self.principal}", "*", ACLOperation[self.operation], ACLPermissionType.ALLOW, pattern)


def rules_of(principal: Principal) -> set[Rule]:
    """Return the rules that allow a principal what it does.

    To write or read includes to describe. Whoever writes some topic may be an idempotent producer; the right to
    IDEMPOTENT_WRITE of the whole cluster is given to nobody.
    """
    return {
        *(Rule(principal.name, "WRITE", "TOPIC", topic) for topic in principal.writes),
        *(Rule(principal.name, "READ", "TOPIC", topic) for topic in principal.reads),
        *(Rule(principal.name, "READ", "GROUP", group) for group in principal.groups),
        *(Rule(principal.name, "DESCRIBE", "GROUP", group) for group in principal.looks),
    }


def in_words(acl: ACL) -> str:
    """Return an ACL of any kind in words."""
    pattern = acl.resource_pattern
    verb = "may" if acl.permission_type is ACLPermissionType.ALLOW else "may not"
    name = pattern.resource_name + ("…" if pattern.pattern_type is ACLResourcePatternType.PREFIXED else "")
    where = "" if acl.host == "*" else f" from {acl.host}"
    who = acl.principal.removeprefix("User:")
    return f"{who} {verb} {acl.operation.name.lower()} {pattern.resource_type.name.lower()} {name}{where}"


def exactly(acl: ACL) -> ACLFilter:
    """Return the filter that only this ACL passes."""
    return ACLFilter(acl.principal, acl.host, acl.operation, acl.permission_type, acl.resource_pattern)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A connected administrator's view."""

    client: KafkaAdminClient

    @classmethod
    def reached(cls, access: KafkaAccess, within_ms: int = 10_000) -> Self:
        """Connect.

        Raises:
            KafkaError: see `chassis.bus.kafka_refusals.explained`.
        """
        return cls(opened(KafkaAdminClient, **access.client(), bootstrap_timeout_ms=within_ms))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def brokers(self) -> list[str]:
        """Return where the brokers that are up answer."""
        there = self.client.describe_cluster()["brokers"]
        return [f"{one['host']}:{one['port']}" for one in there if not one.get("is_fenced")]

    def is_one_node(self) -> bool:
        """Say whether the cluster was made as one node, which is not the same as one that is left."""
        (quorum,) = self.client.describe_metadata_quorum()["topics"][0]["partitions"]
        return len(quorum["current_voters"]) == 1 and len(self.brokers()) == 1

    def topics(self) -> dict[str, list[dict[str, Any]]]:
        """Return name → partitions of all topics but Kafka's own."""
        return {
            one["name"]: one["partitions"]
            for one in self.client.describe_topics()
            if not one["is_internal"] and not one["name"].startswith("__")
        }

    def settings(self, topics: Iterable[str]) -> Mapping[str, dict[str, str]]:
        """Return topic → what is set on it itself."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
        found = self.client.describe_configs(asked)["topic"] if asked else {}
        return {
            topic: {name: one["value"] for name, one in each.items() if one["config_source"] == SET_ON_THE_TOPIC}
            for topic, each in found.items()
        }

    def acls(self) -> list[ACL]:
        """Return every ACL there is."""
        found, error = self.client.describe_acls(
            ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, EVERYTHING)
        )
        if error is not NoError:
            raise error("rules cannot be read")
        return list(found)

    def users(self) -> dict[str, list[ScramMechanism]]:
        """Return user → the mechanisms by which it can sign in."""
        found = self.client.describe_user_scram_credentials()
        return {user: [info["mechanism"] for info in one["credential_infos"]] for user, one in found.items()}
