"""The bus as a port: a reader asks each channel for what comes after the position it has written down itself."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from kernel.message import Envelope


class Behind(NamedTuple):
    """How far a reader is behind on a channel: how many messages, and when the first of them was said (UTC µs)."""

    messages: int
    oldest_us: int | None


class Bus(Protocol):
    """Delivers at least once; disorder and repeats are the reader's to sort out by `sequence`.

    A *channel* is what a reader keeps a position for: a source's log, or a partition of a topic.
    """

    @property
    def hands(self) -> int:
        """Return a number that changes when the channels that are heard here have changed hands."""
        ...

    def channels(self, service: str) -> Sequence[str]:
        """Return the channels that `service` hears here: every other service's log, or the partitions it was given."""
        ...

    def further(self, positions: Mapping[str, int]) -> Sequence[str]:
        """Return the channels that may have something after these positions; every turn of every lane asks."""
        ...

    def take(self, channel: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        """Return up to `limit` envelopes after position `after`, and the position that taking them brings to.

        Raises:
            StoreUnavailable: the channel cannot be heard now.
        """
        ...

    def behind(self, channel: str, after: int) -> Behind:
        """Return how much there is after position `after`; some buses count to a thousand only."""
        ...

    def again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        """Ask `source` to say sequence `first` to `last` of `subject` again; some say it on a channel, later."""
        ...
