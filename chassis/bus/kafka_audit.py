"""Holds the topic against the logs that were said to it: nothing missing, nothing foreign, nothing other than stored.

Topic and logs are read beside each other, once, so that it needs the same memory for a day and for ten years: of each
log a window of events whose record has not come by yet, a bit for each position, and the records that found nothing in
the window, which are looked up in the log when there are enough of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from kafka.partitioner.default import murmur2

from chassis.bus.embedded import logs_of
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_reading import Reading, Record
from chassis.lru import Recent
from chassis.stores.store import Store
from chassis.verification_words import Checked
from chassis.wire import NotOurs, heard_over_kafka, kafka
from kernel.message import Envelope

PAGE: Final = 2_000
WINDOW: Final = 50_000
LATE_MAX: Final = 5_000
SUBJECTS_REMEMBERED: Final = 100_000


@dataclass(slots=True)
class Log:
    """One generation of a service's log while the topic goes by.

    Args:
        after, head: where it begins and where it ended when the reading began.
        relayed: up to where it was said then.
        ended: a restored store went on as a new generation; what the lost one had said may be on the topic.
    """

    source: str
    store: Store
    generation: int
    after: int
    head: int
    relayed: int
    ended: bool
    checked: Checked
    window: dict[tuple[str, int], Envelope] = field(default_factory=dict)
    read_to: int = 0
    said_count: int = 0
    found_count: int = 0
    repeats: int = 0
    aged_count: int = 0
    lost_count: int = 0
    seen: bytearray = field(default_factory=bytearray)
    lowest: dict[int, int] = field(default_factory=dict)
    sequences: Recent[str, int] = field(default_factory=lambda: Recent(SUBJECTS_REMEMBERED))

    def __post_init__(self) -> None:
        self.read_to = self.after
        self.seen = bytearray((max(0, self.head - self.after) >> 3) + 1)

    def take(self, envelope: Envelope, record: Record) -> bool:
        """Compare a record with its event if that is in the window; say whether it was."""
        key = (envelope.subject, envelope.sequence)
        while (stored := self.window.pop(key, None)) is None:
            has_passed = (self.sequences.peek(envelope.subject) or 0) >= envelope.sequence
            if has_passed or len(self.window) >= WINDOW or not self._read_on():
                return False
        self._compare(stored, record)
        return True

    def look_up(self, envelope: Envelope, record: Record) -> None:
        """Compare a record with its event wherever that is in the log, or name it as foreign."""
        asked = envelope.subject, envelope.sequence, envelope.sequence, self.generation
        found = self.store.say_again(self.source, *asked)
        if found:
            self.window.pop((envelope.subject, envelope.sequence), None)
            self._compare(found[0], record)
        elif self.ended:
            self.lost_count += 1
            self.checked.waits(f"{_name(envelope)} was said by a store that was lost ({record})")
        else:
            self.checked.breaks(f"{_name(envelope)} stands on the topic and in no log ({record})")

    def make_room(self) -> None:
        """Forget the older half of a full window: what comes of it is looked up."""
        if len(self.window) >= WINDOW:
            for key in list(self.window)[: WINDOW // 2]:
                del self.window[key]

    def finish(self) -> None:
        """Read the log to its head."""
        while self._read_on():
            self.window.clear()

    def missing(self) -> Iterator[Envelope]:
        """Yield what the log says and the topic does not have."""
        if self.found_count == self.said_count:
            return
        after = self.after
        while after < self.head:
            page, after = self.store.say(self.source, after, PAGE, self.head)
            yield from (one for one in page if not self._was_seen(one.position))

    def _read_on(self) -> bool:
        if self.read_to >= self.head:
            return False
        page, self.read_to = self.store.say(self.source, self.read_to, PAGE, self.head)
        self.said_count += len(page)
        for envelope in page:
            self._count(envelope)
            if not self._was_seen(envelope.position):
                self.window[envelope.subject, envelope.sequence] = envelope
        return True

    def _count(self, envelope: Envelope) -> None:
        """See to it that sequences are 1, 2, 3 … for each subject."""
        before = envelope.sequence - 1
        known = self.sequences.get(envelope.subject)
        if before and known is None:
            found = self.store.say_again(self.source, envelope.subject, before, before, self.generation)
            known = before if found and found[0].position < envelope.position else None
        if (known or 0) != before:
            self.checked.breaks(f"{_name(envelope)} follows {known or 0} in the log (position {envelope.position})")
        self.sequences.update({envelope.subject: envelope.sequence})

    def _compare(self, stored: Envelope, record: Record) -> None:
        partition, position = record.partition, stored.position
        if position > self.head:
            return  # stored since
        self.lowest[partition] = min(self.lowest.get(partition, position), position)
        if self._was_seen(position):
            self.repeats += 1
        else:
            place = position - self.after
            self.seen[place >> 3] |= 1 << (place & 7)
            self.found_count += 1
        if (difference := _difference(stored, record)) is not None:
            self.checked.breaks(f"{_name(stored)} has another {difference} on the topic than in the log ({record})")

    def _was_seen(self, position: int) -> bool:
        place = position - self.after
        return bool(self.seen[place >> 3] & (1 << (place & 7)))


class Said(NamedTuple):
    """A service's log, and the position up to which it was said to the topic before anybody looked at its head."""

    store: Store
    relayed: int


class Audit(NamedTuple):
    """What was found.

    Args:
        checks: one for each log, the last one for the topic.
        repeats: source → how often something stands there again; it does no harm.
        aged: source → how many events are older than what the topic keeps.
    """

    checks: list[Checked]
    repeats: dict[str, int]
    aged: dict[str, int]


def audit(services: Mapping[str, Said], access: KafkaAccess, topic: str) -> Audit:
    """Compare a topic with the logs of all services that speak on it.

    Raises:
        Silence, KafkaError, StoreUnavailable: it could not be carried to its end.
    """
    logs = {log.source: log for service, said in services.items() for log in _logs(service, said)}
    of_topic = Checked("kafka", "topic", f"everything on {topic} is an event of a log that is known here")
    late: list[tuple[Log, Envelope, Record]] = []
    # Logs first and the topic's end after: whatever was said of the logs as they were is before that end.
    with Reading(access, topic) as reading:
        for record in reading.records():
            of_topic.counted += 1
            try:
                envelope = heard_over_kafka(record.offset + 1, record.headers, record.value)
            except NotOurs as error:
                of_topic.breaks(f"{record} is no event: {error}")
                continue
            log = logs.get(envelope.source)
            if log is None:
                of_topic.breaks(f"{record} says it is from {envelope.source}, of which no log is known")
            elif not log.take(envelope, record):
                late.append((log, envelope, record))
                if len(late) >= LATE_MAX:
                    _look_up(late, logs.values())
        _look_up(late, logs.values())
        for log in logs.values():
            log.finish()
            _name_what_is_missing(log, reading)
    return Audit(
        [*(log.checked for log in logs.values()), of_topic],
        {log.source: log.repeats for log in logs.values()},
        {log.source: log.aged_count for log in logs.values()},
    )


def _logs(service: str, said: Said) -> Iterable[Log]:
    present = said.store.generations[-1].number
    for one in logs_of(service, said.store):
        says = "all that the log says is on the topic, as it was stored, and without a gap"
        number, after = one.generation.number, one.generation.after
        checked = Checked(one.source, "said", says)
        yield Log(one.source, said.store, number, after, one.head, said.relayed, number != present, checked)


def _look_up(late: list[tuple[Log, Envelope, Record]], logs: Iterable[Log]) -> None:
    for log, envelope, record in late:
        log.look_up(envelope, record)
    late.clear()
    for log in logs:
        log.make_room()


def _name_what_is_missing(log: Log, reading: Reading) -> None:
    log.checked.counted = log.said_count
    for envelope in log.missing():
        if envelope.position > log.relayed:
            log.checked.waits(f"{_name(envelope)} has not been said yet (position {envelope.position})")
        elif _has_aged(log, envelope, reading):
            log.aged_count += 1
        else:
            log.checked.breaks(f"{_name(envelope)} is in the log and not on the topic (position {envelope.position})")


def _has_aged(log: Log, envelope: Envelope, reading: Reading) -> bool:
    """Say whether an event is older than what its partition still keeps."""
    partition = (murmur2(envelope.root.encode()) & 0x7FFFFFFF) % len(reading.begins)
    return reading.begins[partition] > 0 and envelope.position < log.lowest.get(partition, log.head + 1)


def _name(envelope: Envelope) -> str:
    return f"{envelope.source} {envelope.subject} {envelope.sequence}"


def _difference(stored: Envelope, record: Record) -> str | None:
    key, headers, value = kafka(stored)
    if value != record.value:
        return "data"
    if key != record.key:
        return "key"
    if headers == record.headers:
        return None
    there = dict(record.headers)
    return ", ".join(name for name, one in headers if there.get(name) != one) or "headers"
