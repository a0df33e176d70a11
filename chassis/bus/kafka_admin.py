"""Compares what a cluster holds with the declared table, and makes it so: topics, rules, users.

Nothing is taken away but on demand, and a topic never: whatever holds events is deleted by hand or not at all.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, NamedTuple

from kafka.admin import (
    AlterConfigOp,
    ConfigResource,
    ConfigResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_cluster import Cluster, Rule, exactly, in_words, rules_of
from chassis.bus.kafka_probe import why_unreachable
from chassis.bus.kafka_table import Table, Topic

MIN_INSYNC: Final = "min.insync.replicas"
KNOWN_WITHIN_S: Final = 30.0
"""How long a new topic or user may take to be known to every broker."""

Way = Literal["missing", "differs", "foreign"]


class Difference(NamedTuple):
    """One thing that is not as it was declared.

    Args:
        way: missing there, there in another form, or foreign: there and not declared.
        what: topic, setting, rule or user.
        never: why `apply` never makes it so; "" where it does.
    """

    way: Way
    what: str
    name: str
    says: str
    never: str = ""


class PasswordsMissing(LookupError):
    """Users are to be made whose passwords were not given."""


@dataclass(frozen=True, slots=True)
class Administration:
    """A cluster, and what it has to hold.

    Args:
        access: of the super user.
        cluster: reached with it.
        passwords: user → password, of the declared principals.
        rehearsal: a topic has as many replicas as there are brokers now, where that is fewer than declared.
    """

    access: KafkaAccess
    cluster: Cluster
    table: Table
    passwords: Mapping[str, str]
    rehearsal: bool = False

    # --- what differs ---

    def differences(self) -> list[Difference]:
        """Return everything that is not as it was declared."""
        return [*self._topics(), *self._rules(), *self._users()]

    def lowered(self) -> str:
        """Say that topics have fewer replicas here than declared; "" where they have not."""
        declared = max((topic.replication for topic in self.table.topics), default=1)
        here = max((topic.replication for topic in self._wanted()), default=1)
        if here == declared:
            return ""
        return f"Topics have {here} replica(s) here instead of {declared}: what a broker loses is lost."

    def _wanted(self) -> list[Topic]:
        """Return the topics as they can be here: no more replicas than brokers in a rehearsal or on one node."""
        if not (self.rehearsal or self.cluster.is_one_node()):
            return list(self.table.topics)
        most = len(self.cluster.brokers())
        return [
            replace(one, replication=min(one.replication, most), min_insync=min(one.min_insync, most))
            for one in self.table.topics
        ]

    def _topics(self) -> Iterable[Difference]:
        there = self.cluster.topics()
        wanted = self._wanted()
        settings = self.cluster.settings([topic.name for topic in wanted if topic.name in there])
        for topic in wanted:
            if topic.name not in there:
                form = f"{topic.partitions} partitions, {topic.replication} replicas"
                yield Difference("missing", "topic", topic.name, form)
            else:
                yield from _form_differs(topic, there[topic.name])
                yield from _settings_differ(topic, settings[topic.name])
        for name in sorted(there.keys() - {topic.name for topic in wanted}):
            yield Difference("foreign", "topic", name, "nobody declared it", "it may hold events: delete it by hand")

    def _declared_rules(self) -> set[Rule]:
        return {rule for principal in self.table.principals for rule in rules_of(principal)}

    def _rules(self) -> Iterable[Difference]:
        acls = self.cluster.acls()
        wanted = self._declared_rules()
        for rule in sorted(wanted - {Rule.of(acl) for acl in acls}):
            yield Difference("missing", "rule", rule.principal, str(rule))
        for acl in acls:
            if Rule.of(acl) not in wanted:
                yield Difference("foreign", "rule", acl.principal.removeprefix("User:"), in_words(acl))

    def _users(self) -> Iterable[Difference]:
        there = self.cluster.users()
        names = {principal.name for principal in self.table.principals}
        for name in sorted(names):
            if ScramMechanism.SCRAM_SHA_512 not in there.get(name, ()):
                yield Difference("missing", "user", name, "it cannot sign in")
            elif name in self.passwords and not self._lets_in(name):
                yield Difference("differs", "user", name, "its password is another one")
        for name in sorted(there.keys() - names - {self.table.admin}):
            yield Difference("foreign", "user", name, "nobody declared it")

    def _lets_in(self, user: str, bootstrap: str = "") -> bool:
        there = bootstrap or self.access.bootstrap
        return why_unreachable(replace(self.access, bootstrap=there, user=user, password=self.passwords[user])) is None

    # --- making it so ---

    def apply(self, *, remove: bool = False) -> list[Difference]:
        """Make the cluster what was declared, and return what is left of the differences.

        Users come last: at whatever broker they can sign in, topics and rules are known.

        Args:
            remove: rules, users and settings that nobody declared go away.

        Raises:
            PasswordsMissing: nothing was done.
            KafkaError: a broker refused; what was done before stays, and the next call goes on.
        """
        found = self.differences()
        users = [one.name for one in found if one.what == "user" and one.way != "foreign"]
        if unknown := [name for name in users if not self.passwords.get(name)]:
            raise PasswordsMissing(", ".join(unknown))
        self._make_topics({one.name for one in found if one.what == "topic" and one.way == "missing"})
        self._make_settings([one for one in found if one.what == "setting" and (remove or one.way != "foreign")])
        self._make_rules()
        if remove:
            self._remove_rules()
            self._remove_users([one.name for one in found if one.what == "user" and one.way == "foreign"])
        self._make_users(users)
        return self.differences()

    def _make_topics(self, names: set[str]) -> None:
        wanted = {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": topic.replication,
                "configs": _settings(topic),
            }
            for topic in self._wanted() if topic.name in names
        }  # fmt: skip
        if wanted:
            self.cluster.client.create_topics(wanted)
            self.cluster.client.wait_for_topics(list(wanted), timeout_ms=int(KNOWN_WITHIN_S * 1000))

    def _make_settings(self, differing: Iterable[Difference]) -> None:
        wanted = {topic.name: _settings(topic) for topic in self._wanted()}
        changes: dict[str, dict[str, tuple[AlterConfigOp, str | None]]] = {}
        for one in differing:
            topic, setting = one.name.split(" ")
            value = wanted[topic].get(setting)
            way = AlterConfigOp.DELETE if value is None else AlterConfigOp.SET
            changes.setdefault(topic, {})[setting] = (way, value)
        if changes:
            resources = [ConfigResource(ConfigResourceType.TOPIC, name, each) for name, each in changes.items()]
            self.cluster.client.alter_configs(resources, incremental=True)

    def _make_rules(self) -> None:
        if missing := sorted(self._declared_rules() - {Rule.of(acl) for acl in self.cluster.acls()}):
            for error in self.cluster.client.create_acls([rule.acl() for rule in missing])["failed"]:
                raise error("a rule was not made")

    def _remove_rules(self) -> None:
        wanted = self._declared_rules()
        if foreign := [exactly(acl) for acl in self.cluster.acls() if Rule.of(acl) not in wanted]:
            self.cluster.client.delete_acls(foreign)

    def _make_users(self, names: list[str]) -> None:
        way = ScramMechanism.SCRAM_SHA_512
        _all_done(self.cluster, [UserScramCredentialUpsertion(name, way, self.passwords[name]) for name in names])
        until = time.monotonic() + KNOWN_WITHIN_S
        for broker in self.cluster.brokers():
            while not all(self._lets_in(name, broker) for name in names):
                if time.monotonic() > until:
                    raise TimeoutError(f"{broker} does not know the new users after {KNOWN_WITHIN_S:.0f} s")
                time.sleep(0.1)

    def _remove_users(self, names: list[str]) -> None:
        there = self.cluster.users()
        _all_done(self.cluster, [UserScramCredentialDeletion(name, way) for name in names for way in there[name]])


def _form_differs(topic: Topic, partitions: list[dict[str, Any]]) -> Iterable[Difference]:
    if len(partitions) != topic.partitions:
        yield Difference(
            "differs", "topic", topic.name, f"{len(partitions)} partitions instead of {topic.partitions}",
            "a dossier's events would be in two partitions, out of order: declare a new topic and say the logs anew",
        )  # fmt: skip
    copies = {len(one["replica_nodes"]) for one in partitions}
    if copies != {topic.replication}:
        yield Difference(
            "differs", "topic", topic.name, f"{min(copies)} replicas instead of {topic.replication}",
            "replicas move with Kafka's own kafka-reassign-partitions, while somebody watches",
        )  # fmt: skip


def _settings(topic: Topic) -> dict[str, str]:
    return {**topic.settings, MIN_INSYNC: str(topic.min_insync)}


def _settings_differ(topic: Topic, there: Mapping[str, str]) -> Iterable[Difference]:
    wanted = _settings(topic)
    for name, value in wanted.items():
        if there.get(name) != value:
            says = f"{there.get(name, 'not set')} instead of {value}"
            yield Difference("differs" if name in there else "missing", "setting", f"{topic.name} {name}", says)
    for name in sorted(there.keys() - wanted.keys()):
        yield Difference("foreign", "setting", f"{topic.name} {name}", f"{there[name]}, which nobody declared")


def _all_done(cluster: Cluster, alterations: list[Any]) -> None:
    outcome = cluster.client.alter_user_scram_credentials(alterations) if alterations else {}
    if failed := {user: error for user, error in outcome.items() if error}:
        raise ValueError(f"users were not changed: {failed}")
