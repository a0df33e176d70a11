"""Fetches from Kafka what a service hears, on a thread of its own, and puts it where the lane finds it.

A partition that is given to this process is read from the position in the service's own database; what the group has
committed serves lag figures only. kafka-python calls back on its own IO thread, so a callback writes down what it was
told, and this thread does the rest. While the brokers or the database cannot be reached it waits and tries again.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import MemberToRemove
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from chassis.bus.kafka import KafkaBus, channel_of, partition_of
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_opening import opened
from chassis.bus.kafka_refusals import KafkaUnavailable
from chassis.bus.kafka_topic import TopicMissing, ends_of, id_of
from chassis.bus.kafka_unread import NobodyReads, StandsStill, unread
from chassis.stores.store import StoreUnavailable
from chassis.wire import NotOurs, heard_over_kafka
from kernel.message import Envelope

log = logging.getLogger("lienthong.kafka")

POLL_MS: Final = 100
RECORDS_PER_POLL: Final = 500
HEARTBEAT_MS: Final = 3_000
SESSION_MS: Final = 45_000
COMMIT_EVERY_S: Final = 5.0
LOOK_AT_TOPIC_EVERY_S: Final = 10.0
WITHOUT_PARTITIONS_S: Final = 15.0
"""How long a member that has no partitions waits before it looks whether the group leaves any unread."""

WAIT_S: Final = 1.0
ASKED_WITHIN_S: Final = 10.0
ENDS_WITHIN_MS: Final = 2_000

UNREADABLE: Final = ""
"""The type of a record that is none of our events; its reader parks it."""


def unreadable(channel: str, position: int, why: str) -> Envelope:
    """Return something for staff to look at in the place of a record that is none of our events."""
    about = msgspec.json.encode({"channel": channel, "offset": position - 1, "why": why})
    return Envelope(
        position, channel, f"{channel}@{position}", UNREADABLE, str(position), 1, "", int(time.time() * 1e6), "", "",
        None, about,
    )  # fmt: skip


class _Handed(ConsumerRebalanceListener):
    """Writes down, on the client's IO thread, which partitions are ours, and which were not for a while.

    What is taken away and given again before anybody looks has to be begun anew: somebody else may have had it.
    """

    def __init__(self, taken_away: Callable[[Iterable[TopicPartition]], None]) -> None:
        self._taken_away = taken_away
        self._lock = threading.Lock()
        self._given: set[TopicPartition] = set()
        self._gone: set[TopicPartition] = set()

    def look(self) -> tuple[set[TopicPartition], set[TopicPartition]]:
        """Return what is ours, and what was taken away since somebody looked."""
        with self._lock:
            gone, self._gone = self._gone, set()
            return set(self._given), gone

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        with self._lock:
            self._given -= set(revoked)
            self._gone |= set(revoked)
        self._taken_away(revoked)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        with self._lock:
            self._given |= set(assigned)


class KafkaEar:
    """One member of a service's consumer group.

    Args:
        service: whose own events are passed over; `group` is the consumer group, named like it unless told.
        position: channel → position in the service's database; raises StoreUnavailable while it cannot be read.
        instance: name of this process; it keeps its partitions when it comes back within the session's time.
        heard: told of the business time (UTC µs) of the latest message before the lane can take it.
    """

    def __init__(
        self, bus: KafkaBus, access: KafkaAccess, topic: str, service: str, position: Callable[[str], int],
        instance: str = "", session_ms: int = SESSION_MS, say_again_topic: str = "",
        heard: Callable[[int], None] = lambda time_us: None, group: str = "",
    ) -> None:  # fmt: skip
        self._bus = bus
        self._access = access
        self._topic = topic
        self._service = service
        self._group = group or service
        self._own = f"/{service}".encode()
        self._position = position
        self._instance = instance
        self._session_ms = session_ms
        self._say_again_topic = say_again_topic
        self._heard = heard
        self._consumer: KafkaConsumer | None = None
        self._admin: KafkaAdminClient | None = None
        self._producer: KafkaProducer | None = None
        self._handed = _Handed(self._taken_away)
        self._placed: dict[TopicPartition, str] = {}
        self._topic_id = ""
        self._looked_at = self._committed_at = self._placed_at = 0.0
        self._committed: dict[str, int] = {}
        self._wanting: dict[str, int] = {}
        self._leaves = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.polled_at = 0.0
        self.fetched_count = 0
        self.failing = ""

    def start(self) -> None:
        """Listen on a thread of its own until closed."""
        self._thread = threading.Thread(target=self._work, name=f"ear-{self._service}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the group, so that others take the partitions over at once."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
                self.failing = ""
            except (KafkaError, TopicMissing, NobodyReads, StandsStill, StoreUnavailable, OSError) as error:
                self._leaves |= isinstance(error, TopicMissing | NobodyReads)
                self._complain(KafkaUnavailable.meant_by(error, self._access))
                self._let_go()
                self._stopping.wait(WAIT_S)
            except Exception as error:  # nothing was lost: positions stand in the database
                log.exception("%s cannot hear", self._service)
                self.failing = str(error)
                self._let_go()
                self._stopping.wait(WAIT_S)
        self._let_go()

    def _complain(self, why: KafkaUnavailable) -> None:
        if str(why) != self.failing:
            log.error("%s cannot hear Kafka now: %s", self._service, why)
        self.failing = str(why)

    def _turn(self) -> None:
        """Do one round: place what was given, seek where the lane wants to be, fetch, hand over."""
        consumer = self._consumer or self._begin()
        self._look_at_topic()
        self._place()
        self._look_at_group()
        for channel, position in self._bus.to_seek().items():
            partition = TopicPartition(self._topic, partition_of(channel))
            if self._placed.get(partition) == channel and partition in consumer.assignment():
                consumer.seek(partition, position)
        self._hold_back(consumer)
        fetched = consumer.poll(timeout_ms=POLL_MS, max_records=RECORDS_PER_POLL)
        self.polled_at = time.monotonic()
        for partition, records in fetched.items():
            if (placed := self._placed.get(partition)) is not None:
                self._hand_over(consumer, partition, placed, records)
        self._commit(consumer)
        self._ask()

    def _begin(self) -> KafkaConsumer:
        self._admin = opened(KafkaAdminClient, **self._access.client())
        self._topic_id = id_of(self._admin, self._topic)
        self._leave()
        self._looked_at = self._placed_at = time.monotonic()
        self._handed = _Handed(self._taken_away)
        consumer = self._consumer = opened(
            KafkaConsumer, **self._access.client(), group_id=self._group, group_instance_id=self._instance or None,
            client_id=self._instance or self._service, enable_auto_commit=False, isolation_level="read_committed",
            auto_offset_reset="earliest", max_poll_records=RECORDS_PER_POLL, session_timeout_ms=self._session_ms,
            heartbeat_interval_ms=min(HEARTBEAT_MS, self._session_ms // 3),
            partition_assignment_strategy=[CooperativeStickyAssignor()],
        )  # fmt: skip
        # Asked for first: a member that leads its group and does not know the partitions yet would give out none.
        if not consumer.partitions_for_topic(self._topic):
            raise TopicMissing(f"the partitions of {self._topic} are not known yet")
        consumer.subscribe([self._topic], listener=self._handed)
        return consumer

    def _leave(self) -> None:
        """Leave the group after the topic was gone, so that whoever comes back is given partitions anew.

        An instance that comes back under its name is handed what it had, and what it had of a topic that was not there
        is nothing.
        """
        if self._leaves and self._instance and self._admin is not None:
            self._admin.remove_group_members(self._group, [MemberToRemove(group_instance_id=self._instance)])
        self._leaves = False

    def _look_at_topic(self) -> None:
        """See from time to time whether the topic still is the one that the positions are of."""
        if time.monotonic() - self._looked_at < LOOK_AT_TOPIC_EVERY_S:
            return
        self._looked_at = time.monotonic()
        found = id_of(self._admin, self._topic)
        if found != self._topic_id:
            raise TopicMissing(f"{self._topic} was made anew: it is heard from its beginning")
        self._look_ahead()

    def _look_ahead(self) -> None:
        """See that what lies ahead is fetched: a client may lose a partition out of its sight, as after a new leader.

        Raises:
            StandsStill: nothing was fetched since the last look, of a partition that goes on.
        """
        wanting = self._bus.wanting()
        before, self._wanting = self._wanting, wanting
        waiting = {channel: at for channel, at in wanting.items() if before.get(channel) == at}
        if not waiting:
            return
        try:
            ends = ends_of(self._admin, self._topic, map(partition_of, waiting), ENDS_WITHIN_MS)
        except KafkaError as error:
            log.info("%s cannot see where partitions end: %s", self._service, error)
            return
        if still := {channel: at for channel, at in waiting.items() if at < ends.get(partition_of(channel), 0)}:
            self._wanting = {}
            raise StandsStill(f"nothing is fetched of {', '.join(f'{one} after {at}' for one, at in still.items())}")

    def _place(self) -> None:
        """Begin each partition that was given to us where the database says that it was left."""
        given, gone = self._handed.look()
        if left := [one for one in self._placed if one in gone or one not in given]:
            self._bus.lose([self._placed.pop(one) for one in left])
        for partition in given - self._placed.keys():
            channel = channel_of(self._topic, self._topic_id, partition.partition)
            self._bus.gain(channel, self._position(channel))
            self._placed[partition] = channel

    def _look_at_group(self) -> None:
        """See, where nothing was given to us for long, that others have it all; a client that erred begins anew.

        Raises:
            NobodyReads: the group leaves partitions to nobody.
        """
        now = time.monotonic()
        if self._placed:
            self._placed_at = now
        elif self._instance and now - self._placed_at > WITHOUT_PARTITIONS_S:
            self._placed_at = now
            if left := unread(self._admin, self._group, self._topic, self._instance):
                raise NobodyReads(f"nobody in group {self._group} reads {left} partitions of {self._topic}")

    def _taken_away(self, partitions: Iterable[TopicPartition]) -> None:
        lost = [channel for one in partitions if (channel := self._placed.get(one)) is not None]
        if lost:
            self._bus.lose(lost)

    def _hold_back(self, consumer: KafkaConsumer) -> None:
        paused = consumer.paused()
        assigned = consumer.assignment()
        for channel, is_full in self._bus.full().items():
            partition = TopicPartition(self._topic, partition_of(channel))
            if partition in assigned and is_full != (partition in paused):
                (consumer.pause if is_full else consumer.resume)(partition)

    def _hand_over(self, consumer: KafkaConsumer, partition: TopicPartition, channel: str, records: list[Any]) -> None:
        envelopes = []
        self.fetched_count += len(records)
        for record in records:
            position = record.offset + 1
            try:
                if self._is_own(record.headers):
                    continue
                envelopes.append(heard_over_kafka(position, record.headers, record.value))
            except NotOurs as error:
                log.error("%s offset %d is none of our events", channel, record.offset)
                envelopes.append(unreadable(channel, position, str(error)))
        if envelopes:
            self._heard(max(one.time_us for one in envelopes))
        end = consumer.highwater(partition) if partition in consumer.assignment() else None
        self._bus.fill(channel, envelopes, records[-1].offset + 1, end or 0)

    def _is_own(self, headers: list[tuple[str, bytes]]) -> bool:
        """Say whether this service said it itself, in whichever generation."""
        for name, value in headers:
            if name == "ce_source":
                before, _, last = value.rpartition(b"/")
                return value.endswith(self._own) or (last.isdigit() and before.endswith(self._own))
        return False

    def _commit(self, consumer: KafkaConsumer) -> None:
        """Tell the group how far its reader is, for whoever looks at lag; nothing ever begins from there."""
        if time.monotonic() - self._committed_at < COMMIT_EVERY_S:
            return
        self._committed_at = time.monotonic()
        durable = {channel: at for channel, at in self._bus.durable().items() if self._committed.get(channel) != at}
        assigned = consumer.assignment()
        offsets = {
            partition: OffsetAndMetadata(at, "", -1)
            for channel, at in durable.items()
            if (partition := TopicPartition(self._topic, partition_of(channel))) in assigned
        }
        if offsets:
            consumer.commit_async(offsets)
            self._committed.update(durable)

    def _ask(self) -> None:
        """Ask the sources for what is missed."""
        asked = self._bus.asked() if self._say_again_topic else ()
        if not asked:
            return
        if self._producer is None:
            self._producer = KafkaProducer(**self._access.client(), acks="all", enable_idempotence=True)
        for missed in asked:
            key = missed.source.split("/")[3].encode()
            self._producer.send(self._say_again_topic, key=key, value=msgspec.json.encode(missed._asdict()))
        self._producer.flush(ASKED_WITHIN_S)

    def _let_go(self) -> None:
        """Drop the connection; the next round begins from what the database says."""
        consumer, self._consumer = self._consumer, None
        admin, self._admin = self._admin, None
        producer, self._producer = self._producer, None
        self._bus.lose(list(self._placed.values()))
        self._placed.clear()
        self._committed.clear()
        for client in (consumer, admin, producer):
            if client is not None:
                try:
                    client.close()
                except Exception as error:
                    log.info("%s: closing a client of Kafka: %s", self._service, error)
