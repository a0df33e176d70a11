"""The bus as a port: a reader asks each source for what comes after the position it has written down itself."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from kernel.message import Envelope


class Bus(Protocol):
    """Delivers at least once; disorder and repeats are the reader's to sort out by `sequence`."""

    def sources(self, service: str) -> Sequence[str]:
        """Return the sources that `service` reads: every other service's."""
        ...

    def further(self, positions: Mapping[str, int]) -> Sequence[str]:
        """Return the sources that may have something after these positions; every turn of every lane asks."""
        ...

    def take(self, source: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        """Return up to `limit` envelopes after position `after`, and the position that taking them brings to.

        Raises:
            StoreUnavailable: the source cannot be heard now.
        """
        ...

    def again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        """Ask `source` to say sequence `first` to `last` of `subject` again."""
        ...
