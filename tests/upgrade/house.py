"""All five services of this release, each an instance over PostgreSQL and Kafka, on the previous release's logs."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_topic import Ends
from chassis.clock import RehearsalClock
from chassis.executor import Answered
from chassis.file_folder import FolderStore
from chassis.files import kept_secret
from chassis.service import Parts, Service
from chassis.settings import Settings
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import NewEvent, Store, StoreUnavailable, TimerRow, Writes
from chassis.uploads import Uploads
from chassis.vault import SqliteVault
from chassis.web.acts import Border
from chassis.web.auth import Principal
from kernel.calendar import VIETNAM
from services.__main__ import WIRINGS
from tests.chassis.apart import COMES_WITHIN_S, Instance, Line
from tests.harness import REGISTRY
from tests.postgres_server import PostgresServer
from tests.upgrade.previous import LOGS, Record

SAID_AGAIN: Final = 40
"""How many events of each log the previous relay had in flight when it was stopped: they are said once more."""

PAGE: Final = 500


class House:
    """Five instances, and the people who speak to them; an instance may be replaced while they do."""

    def __init__(
        self, data: Path, server: PostgresServer, access: KafkaAccess, topics: tuple[str, str], of: str
    ) -> None:
        """Take the previous release's folder, which is used up, and where to meet; nothing runs yet.

        Args:
            topics: that of the events, and the one for what is missed.
            of: what the groups' names end with.
        """
        self._server = server
        self._access, self.topic, self._say_again, self._of = access, *topics, of
        self._clock = RehearsalClock(data / "clock.json")
        self.vault = SqliteVault(data / "vault.db", data / "keys" / "vault.key")
        uploads = Uploads(FolderStore(data / "files"), self.vault)
        self._parts = Parts(REGISTRY, self.vault, self._clock, Settings(), uploads)
        self._secret = kept_secret(data / "keys" / "answers.key")
        self._keys = itertools.count(1)
        self._wirings = {wiring(self._parts).name: wiring for wiring in WIRINGS}
        self._databases = {name: server.fresh() for name in self._wirings}
        self.instances: dict[str, Instance] = {}
        self._borders: dict[str, Border] = {}
        for name in LOGS:
            take_over(data / f"{name}.db", self._databases[name])

    # instances

    def relayed_by_the_previous(self, topic_id: str) -> None:
        """Write down up to where the previous release's relays knew their logs to be on the topic."""
        for name in LOGS:
            store = PostgresStore(self._databases[name])
            (last,) = store.query(
                "SELECT position FROM events ORDER BY position DESC LIMIT 1 OFFSET :n", {"n": SAID_AGAIN}
            )
            store.move_relayed(topic_id, 0, last["position"])
            store.close()

    def start(self, name: str, instance: str) -> None:
        """Start an instance of a service and let people speak to it; then whoever was there before goes."""
        before = self.instances.get(name)
        line = Line(self._access, self.topic, self._say_again, f"{self._of}-{name}")
        service: Service = self._wirings[name](self._parts)
        speaks = bool(service.published)
        made = Instance(service, self._databases[name], line, instance, speaks, self._clock, self.vault.settle).start()
        self._borders[name] = Border(made.engine, made.running, self._clock, self._secret)
        self.instances[name] = made
        if before is not None:
            before.stop()

    @property
    def today(self) -> date:
        return self._clock.now().astimezone(VIETNAM).date()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._wirings)

    def store(self, name: str) -> Store:
        return self.instances[name].store

    def rests(self, ends: Mapping[int, int]) -> bool:
        """Say whether everything was said and everything up to `ends` was heard."""
        return all(
            instance.engine.rests
            and (instance.relay is None or instance.relay.caught_up())
            and sum(instance.running.inbox.positions.values()) == sum(ends.values())
            for instance in self.instances.values()
        )

    def close(self) -> None:
        for instance in self.instances.values():
            instance.stop()
        self.vault.close()
        for access in self._databases.values():
            self._server.drop(access)

    # people

    def give(self, service: str, act: str, who: Principal, body: Any = None, **params: str) -> Answered:
        """Give a command until it is answered: an instance that goes turns it away, the next one gets the same key."""
        key = f"upgrade-{next(self._keys)}"
        while True:
            try:
                job = self._borders[service].give(act, who, params, body or {}, key)
                return job.future.result(timeout=COMES_WITHIN_S)
            except StoreUnavailable:
                continue

    def do(self, service: str, act: str, who: Principal, body: Any = None, **params: str) -> dict[str, Any]:
        """Give a command that has to succeed."""
        answered = self.give(service, act, who, body, **params)
        assert answered.status < 300, (act, answered.body)
        return dict(json.loads(answered.body))

    def look(self, service: str, view: str, who: Principal, **params: str) -> dict[str, Any] | None:
        """Return what a view shows, or None where nothing is shown, or nobody is there to show it just now."""
        border = self._borders[service]
        (chosen,) = (one for one in border.running.service.views if one.name == view)
        try:
            seen = border.look(chosen, who, params)
        except StoreUnavailable:
            return None
        return None if seen is None else seen[0]


def take_over(path: Path, database: PostgresAccess) -> None:
    """Bring a service's log, timers and debts from the previous release's store to one of this release.

    No mark and no position comes with them, so that the service hears again all that others said.
    """
    old, new = SqliteStore(path), PostgresStore(database)
    for writes in _pages(old):
        new.commit(writes)
    timers: dict[str, TimerRow | None] = {
        row["id"]: TimerRow(*(row[name] for name in TimerRow._fields)) for row in old.query("SELECT * FROM timers")
    }
    owing = {row["stream"]: row["since_us"] for row in old.query("SELECT * FROM owing")}
    new.commit(Writes(timers=timers, owing=owing))
    old.close()
    new.close()


def _pages(old: Store) -> Iterator[Writes]:
    rows = old.query("SELECT * FROM events ORDER BY position")
    for start in range(0, len(rows), PAGE):
        events = [NewEvent(*(row[name] for name in NewEvent._fields)) for row in rows[start : start + PAGE]]
        expected: dict[str, int] = {}
        for event in events:
            expected.setdefault(event.stream, event.version - 1)
        yield Writes(events=events, expected=expected)


def ends_of(access: KafkaAccess, topic: str) -> dict[int, int]:
    """Return partition → position of its last record."""
    ends = Ends(access, topic)
    try:
        return ends.now()
    finally:
        ends.close()


def everything_on(access: KafkaAccess, topic: str) -> list[list[Record]]:
    """Return what stands on a topic, a list for each partition in the order of offsets."""
    ends = ends_of(access, topic)
    found: dict[int, list[Record]] = {partition: [] for partition in ends}
    consumer = KafkaConsumer(**access.client(), enable_auto_commit=False, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, partition) for partition in ends])
    while any(len(found[partition]) < end for partition, end in ends.items()):
        for place, records in consumer.poll(timeout_ms=1_000).items():
            found[place.partition] += [Record(one.key, list(one.headers), one.value) for one in records]
    consumer.close()
    return list(found.values())


def rows_about(store: Store, tables: list[str], concerns: Callable[[str], bool]) -> dict[str, list[str]]:
    """Return table → its rows about some dossiers, in words that are the same whatever holds them."""
    found = {}
    for table in tables:
        rows = [dict(row) for row in store.query(f"SELECT * FROM {table}")]
        if rows and "ref" in rows[0]:
            found[table] = sorted(repr(sorted(row.items())) for row in rows if concerns(row["ref"]))
    return found
