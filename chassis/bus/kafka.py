"""The bus over Kafka, hearing side: partitions of one topic, each read from the position in the reader's own database.

A thread polls (`kafka_ear.py`) and fills the buffers here; the lane takes from them as it takes from any bus. A
partition's channel is named with the topic's id, so that a topic made anew is read from its beginning. What the broker
does - repeats, disorder, a second owner of a partition - is harmless: marks and positions move only from where they
were read (`chassis/inbox.py`).
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, NamedTuple

from chassis.bus.bus import Behind
from kernel.message import Envelope

BUFFERED_MAX: Final = 2_000
"""How many messages of a partition wait here before the broker is asked for no more of it."""

BUFFERED_FEW: Final = 500
"""With how many left it is asked again."""

POSITION: Final = attrgetter("position")


class SayAgain(NamedTuple):
    """What a reader misses: sequence `first` to `last` of a subject of a source."""

    source: str
    subject: str
    first: int
    last: int


def channel_of(topic: str, topic_id: str, partition: int) -> str:
    """Return the name of a partition as a channel; a topic that was made anew has other channels."""
    return f"{topic}/{topic_id}/{partition}"


def partition_of(channel: str) -> int:
    """Return the number of the partition that a channel is."""
    return int(channel.rpartition("/")[2])


@dataclass(slots=True)
class Buffer:
    """What of a partition was fetched and is not durable yet: everything after position `after`, up to `reached`.

    Args:
        end: position of the partition's last record, as the broker last said.
        sought: position to which the ear has to go back or on, None where it is in the right place.
    """

    after: int
    reached: int
    end: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    sought: int | None = None

    def go_to(self, position: int) -> None:
        """Forget what is here and read on after `position`."""
        self.after = self.reached = self.sought = position
        self.envelopes.clear()

    @property
    def has_room(self) -> bool:
        """Say whether what follows is asked for, from where it is."""
        return self.sought is None and len(self.envelopes) <= BUFFERED_FEW

    def forget_up_to(self, position: int) -> None:
        """Let go of what is durable."""
        del self.envelopes[: bisect_right(self.envelopes, position, key=POSITION)]
        self.after = position


class KafkaBus:
    """The partitions that this process was given, as channels. Filled by one thread, emptied by the lane's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buffers: dict[str, Buffer] = {}
        self._hands = 0
        self._asked: list[SayAgain] = []
        self.told: Callable[[], None] = lambda: None

    # --- the lane's side: the port ---

    @property
    def hands(self) -> int:
        return self._hands

    def channels(self, service: str) -> Sequence[str]:
        with self._lock:
            return tuple(self._buffers)

    def further(self, positions: Mapping[str, int]) -> Sequence[str]:
        buffers = self._buffers
        return [
            channel for channel, after in positions.items()
            if (buffer := buffers.get(channel)) is not None and buffer.reached != after
        ]  # fmt: skip

    def take(self, channel: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        with self._lock:
            buffer = self._buffers.get(channel)
            if buffer is None:
                return (), after
            if not buffer.after <= after <= buffer.reached:
                buffer.go_to(after)  # taken back, or another owner was further: read from there
                return (), after
            buffer.forget_up_to(after)
            page = buffer.envelopes[:limit]
            return page, page[-1].position if len(page) == limit else buffer.reached

    def behind(self, channel: str, after: int) -> Behind:
        with self._lock:
            buffer = self._buffers.get(channel)
            if buffer is None:
                return Behind(0, None)
            oldest = buffer.envelopes[0].time_us if buffer.envelopes else None
            return Behind(max(0, buffer.end - after), oldest)

    def again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        with self._lock:
            self._asked.append(SayAgain(source, subject, first, last))
        return ()  # it comes on the topic

    # --- the ear's side ---

    def gain(self, channel: str, position: int) -> None:
        """Hear a partition from now on, after the position that its reader's database has."""
        with self._lock:
            self._buffers[channel] = Buffer(position, position, sought=position)
            self._hands += 1
        self.told()

    def lose(self, channels: Sequence[str]) -> None:
        """Hear these partitions no longer: somebody else has them, or may have."""
        with self._lock:
            for channel in channels:
                self._buffers.pop(channel, None)
            self._hands += 1
        self.told()

    def fill(self, channel: str, envelopes: Sequence[Envelope], reached: int, end: int) -> None:
        """Take over what was fetched of a partition: `envelopes` are all that is to be heard up to `reached`."""
        with self._lock:
            buffer = self._buffers.get(channel)
            if buffer is None or buffer.sought is not None:
                return  # fetched before the ear was sent elsewhere
            buffer.envelopes += (one for one in envelopes if one.position > buffer.reached)
            buffer.reached = max(buffer.reached, reached)
            buffer.end = max(end, reached)
        self.told()

    def to_seek(self) -> dict[str, int]:
        """Return the channels whose reading has to go on elsewhere, with the position; the ear is there from now on."""
        with self._lock:
            sought = {channel: one.sought for channel, one in self._buffers.items() if one.sought is not None}
            for channel in sought:
                self._buffers[channel].sought = None
            return sought

    def full(self) -> dict[str, bool]:
        """Return of each channel whether its buffer is full; one that is neither full nor nearly empty is left out."""
        with self._lock:
            waiting = {channel: len(one.envelopes) for channel, one in self._buffers.items()}
        return {
            channel: count >= BUFFERED_MAX
            for channel, count in waiting.items() if count >= BUFFERED_MAX or count <= BUFFERED_FEW
        }  # fmt: skip

    def wanting(self) -> dict[str, int]:
        """Return the channels that have room for more, with the position up to which each was fetched."""
        with self._lock:
            return {channel: one.reached for channel, one in self._buffers.items() if one.has_room}

    def durable(self) -> dict[str, int]:
        """Return the position of each channel up to which its reader has asked for what follows."""
        with self._lock:
            return {channel: one.after for channel, one in self._buffers.items()}

    def asked(self) -> Sequence[SayAgain]:
        """Return what is missed, once."""
        with self._lock:
            asked, self._asked = self._asked, []
            return asked
