"""The relay: says a service's log to the topic, each event at least once, and remembers how far it was acknowledged.

The log is the outbox. Several pages are in flight at once; the checkpoint moves to the end of the acknowledged prefix.
A page that fails is said again from the checkpoint: what went out after it stands in the topic before it, which the
readers sort out by `sequence`. One instance of a service relays at a time; that another did too would only repeat.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import zip_longest
from typing import Any, Final, NamedTuple

import msgspec
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from chassis.bus.kafka import SayAgain
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_opening import opened
from chassis.bus.kafka_refusals import KafkaUnavailable
from chassis.bus.kafka_topic import TopicMissing, id_of
from chassis.bus.kafka_witness import RestoredToThePast, Witness
from chassis.stores.store import Conflict, SharedStore, StoreUnavailable
from chassis.wire import kafka
from kernel.message import Envelope, generation_of, source_of

log = logging.getLogger("lienthong.relay")

DUTY: Final = "relay"
RELAYED_TO: Final = "relayed_to"
"""The note of the id of the topic that the log is said to."""

PAGE: Final = 500
PAGES_IN_FLIGHT: Final = 8
WAIT_S: Final = 1.0
LOOK_AT_TOPIC_EVERY_S: Final = 10.0
LISTEN_EVERY_S: Final = 1.0
LISTENS_FOR_MS: Final = 10
WITNESS_EVERY_S: Final = 1.0
AGAIN_MAX: Final = 500
ACKNOWLEDGED_WITHIN_S: Final = 0.02
"""How long a round waits for the oldest page in flight before it looks for new events."""

SETTINGS: Final[dict[str, Any]] = {
    "acks": "all", "enable_idempotence": True, "linger_ms": 5, "batch_size": 131_072, "compression_type": "zstd",
    "delivery_timeout_ms": 120_000, "max_in_flight_requests_per_connection": 5, "max_block_ms": 10_000,
}  # fmt: skip
"""As measured: a relay that waits for each batch is three to five times slower on three brokers."""


class InFlight(NamedTuple):
    """A page that was handed to the producer: the position it ends at, and its acknowledgements to come."""

    end: int
    futures: tuple[Any, ...]


class Relay:
    """Says the log of one service to one topic."""

    def __init__(
        self, service: str, store: SharedStore, access: KafkaAccess, topic: str, say_again_topic: str = "",
        instance: str = "", settings: dict[str, Any] | None = None, witness_group: str = "",
    ) -> None:  # fmt: skip
        self._service = service
        self._store = store
        self._access = access
        self._topic = topic
        self._say_again_topic = say_again_topic
        self._instance = instance or service
        self._settings = SETTINGS | (settings or {})
        self._witness_group = witness_group
        self._witness: Witness | None = None
        self._witnessed_at, self._witnessed = 0.0, 0
        self._producer: KafkaProducer | None = None
        self._admin: KafkaAdminClient | None = None
        self._asks: KafkaConsumer | None = None
        self._in_flight: deque[InFlight] = deque()
        self._topic_id = ""
        self._looked_at = self._listened_at = 0.0
        self._acknowledged = self._handed = 0
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.on_duty = False
        self.failing = ""
        self.said_count = 0

    def start(self) -> None:
        """Relay on a thread of its own until closed."""
        self._store.listen(self.wake)
        self._thread = threading.Thread(target=self._work, name=f"relay-{self._service}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something new in the log; may be called from any thread."""
        self._news.set()

    def close(self) -> None:
        """Say what is in hand to its end, as far as the brokers take it, and stop."""
        self._stopping.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()

    def relayed(self) -> int:
        """Return the position up to which the brokers have acknowledged the log, whichever instance said it."""
        topic_id = self._known_topic()
        return self._store.relayed(topic_id) if topic_id else 0

    def caught_up(self) -> bool:
        """Say whether all that the log holds was said and acknowledged, by whichever instance."""
        head = self._store.head()
        return head == 0 or self.relayed() >= head

    def _known_topic(self) -> str:
        """Return the topic's id as the relay on duty has written it down, for the instances that do not relay."""
        return self._topic_id or self._store.note(RELAYED_TO) or ""

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
                self.failing = ""
            except Conflict as error:
                log.warning("%s: %s", self._service, error)
                self.on_duty = False  # the next turn begins from the checkpoint as it is now
            except (KafkaError, TopicMissing, StoreUnavailable, RestoredToThePast, OSError) as error:
                self._complain(KafkaUnavailable.meant_by(error, self._access))
                self._let_go()
                self._stopping.wait(WAIT_S)
            except Exception as error:  # nothing is lost: the checkpoint stands where it was acknowledged
                log.exception("%s cannot say its log", self._service)
                self.failing = str(error)
                self._let_go()
                self._stopping.wait(WAIT_S)
        self._end()

    def _complain(self, why: KafkaUnavailable) -> None:
        if str(why) != self.failing:
            log.error("%s cannot say its log to Kafka now: %s", self._service, why)
        self.failing = str(why)

    def _turn(self) -> None:
        """Do one round: hand over what is new, move the checkpoint, and wait for news when there is nothing to do."""
        if not self._store.duty(DUTY):
            self.on_duty = False
            self._stopping.wait(WAIT_S)
            return
        if self._producer is None or not self.on_duty:
            self._begin()
        self._look_at_topic()
        self._news.clear()
        moved = self._hand_over()
        moved |= self._gather()
        self._bear_witness()
        self._say_what_was_missed()
        if not moved and not self._in_flight:
            self._news.wait(WAIT_S)

    def _begin(self) -> None:
        if self._producer is None:
            self._producer = KafkaProducer(**self._access.client(), client_id=self._instance, **self._settings)
            self._admin = opened(KafkaAdminClient, **self._access.client())
            self._witness = Witness(self._service, self._access, self._topic, self._witness_group)
        assert self._witness is not None
        self._witness.check(self._store)
        self._learn(id_of(self._admin, self._topic))
        self._looked_at = time.monotonic()
        self._begin_again()
        self.on_duty = True

    def _begin_again(self) -> None:
        """Go on from the checkpoint, whatever is still in flight."""
        self._in_flight.clear()
        self._acknowledged = self._handed = self._store.relayed(self._topic_id) if self._topic_id else 0

    def _look_at_topic(self) -> None:
        if time.monotonic() - self._looked_at < LOOK_AT_TOPIC_EVERY_S:
            return
        self._looked_at = time.monotonic()
        found = id_of(self._admin, self._topic)
        if found != self._topic_id:
            log.error("%s was made anew: the log of %s is said from its beginning", self._topic, self._service)
            self._learn(found)
            self._begin_again()

    def _learn(self, topic_id: str) -> None:
        self._topic_id = topic_id
        if self._store.note(RELAYED_TO) != topic_id:
            self._store.keep_note(RELAYED_TO, topic_id)

    def _hand_over(self) -> bool:
        """Hand new pages to the producer while there is room; say whether there were any."""
        moved = False
        while len(self._in_flight) < PAGES_IN_FLIGHT:
            envelopes, now_at = self._next_page()
            if now_at == self._handed:
                break
            self._in_flight.append(InFlight(now_at, tuple(map(self._send, envelopes))))
            self._handed = now_at
            moved = True
        return moved

    def _next_page(self) -> tuple[Any, int]:
        """Return what follows in the log, of one generation only."""
        after = self._handed
        generations = self._store.generations
        for generation, following in zip_longest(generations, generations[1:]):
            if following is None or after < following.after:
                up_to = None if following is None else following.after
                return self._store.say(source_of(self._service, generation.number), after, PAGE, up_to)
        raise AssertionError("a log has a present generation")

    def _send(self, envelope: Envelope) -> Any:
        assert self._producer is not None
        key, headers, value = kafka(envelope)
        return self._producer.send(self._topic, key=key, headers=headers, value=value)

    def _gather(self) -> bool:
        """Move the checkpoint to the end of the acknowledged prefix; say whether it moved."""
        end, count = self._acknowledged, 0
        while self._in_flight:
            page = self._in_flight[0]
            if not self._is_acknowledged(page, wait=count == 0):
                break
            self._in_flight.popleft()
            end, count = page.end, count + len(page.futures)
        if end == self._acknowledged:
            return False
        self._store.move_relayed(self._topic_id, self._acknowledged, end)
        self._acknowledged = end
        self.said_count += count
        return True

    def _is_acknowledged(self, page: InFlight, wait: bool) -> bool:
        until = time.monotonic() + (ACKNOWLEDGED_WITHIN_S if wait else 0.0)
        for future in page.futures:
            if not future.is_done:
                remaining = until - time.monotonic()
                if remaining <= 0 or not _comes_within(future, remaining):
                    return False
            if future.failed():
                raise future.exception
        return True

    def _bear_witness(self, at_once: bool = False) -> None:
        """Let the brokers remember what they have acknowledged, now and then."""
        too_early = time.monotonic() - self._witnessed_at < WITNESS_EVERY_S and not at_once
        if self._witness is None or too_early or self._acknowledged <= self._witnessed:
            return
        self._witness.keep(self._store, self._acknowledged)
        self._witnessed_at, self._witnessed = time.monotonic(), self._acknowledged

    # --- what readers miss ---

    def _say_what_was_missed(self) -> None:
        if not self._say_again_topic or time.monotonic() - self._listened_at < LISTEN_EVERY_S:
            return
        self._listened_at = time.monotonic()
        if self._asks is None:
            # Of no group, and from now on: what was asked while nobody listened is asked again within a minute.
            self._asks = opened(
                KafkaConsumer, **self._access.client(), group_id=None, enable_auto_commit=False,
                auto_offset_reset="latest",
            )  # fmt: skip
            partitions = self._asks.partitions_for_topic(self._say_again_topic) or ()
            self._asks.assign([TopicPartition(self._say_again_topic, number) for number in partitions])
        for records in self._asks.poll(timeout_ms=LISTENS_FOR_MS).values():
            for record in records:
                if record.key == self._service.encode():
                    self._say_again(record.value)

    def _say_again(self, value: bytes) -> None:
        try:
            missed = SayAgain(**msgspec.json.decode(value))
            generation = generation_of(missed.source)
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            log.error("%s was asked to say something again in words it cannot read: %s", self._service, error)
            return
        last = min(missed.last, missed.first + AGAIN_MAX - 1)
        for envelope in self._store.say_again(missed.source, missed.subject, missed.first, last, generation):
            self._send(envelope)

    # --- the end ---

    def _end(self) -> None:
        """Wait for what is in flight, as long as a broker that answers needs."""
        try:
            if self._producer is not None:
                self._producer.flush(timeout=5)
                self._gather()
            self._bear_witness(at_once=True)
        except Exception as error:
            log.info("%s: what was in flight is said again at the next start: %s", self._service, error)
        self._let_go()

    def _let_go(self) -> None:
        """Close what reaches the brokers, and leave the duty to an instance that may reach them better."""
        self.on_duty = False
        with suppress(StoreUnavailable):
            self._store.leave(DUTY)
        self._in_flight.clear()
        clients = self._producer, self._admin, self._asks, self._witness
        self._producer = self._admin = self._asks = self._witness = None
        for client in clients:
            if client is not None:
                _closed(client, self._service)


def _comes_within(future: Any, seconds: float) -> bool:
    """Wait for an acknowledgement; say whether it came, or failed, within so many seconds."""
    try:
        future.get(timeout=seconds)
    except KafkaError:
        return bool(future.is_done)
    return True


def _closed(client: Any, service: str) -> None:
    close: Callable[..., None] = client.close
    try:
        close(timeout=1) if isinstance(client, KafkaProducer) else close()
    except Exception as error:
        log.info("%s: closing a client of Kafka: %s", service, error)
