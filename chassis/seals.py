"""Where sealed leaves and signed heads of one log are kept: a port, and what is the same wherever they lie.

Leaves lie in rows; a full row is a whole subtree, so that its root is all that the memory needs of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from chassis.heads import Head
from chassis.merkle import grow, peaks_of, root_of
from chassis.stores.store import StoreUnavailable

CHUNK_LEAVES: Final = 1_024
"""Leaves of one row; a power of two, so that a full row is a whole subtree."""

HASH_BYTES: Final = 32


class Row(NamedTuple):
    """Leaves in a row: SHA-256 hashes one behind the other; `root` once it is full."""

    number: int
    hashes: bytes
    root: bytes | None


class Leaves:
    """What is sealed of one service's log, as far as the memory needs it: the peaks and the last row's leaves."""

    def __init__(self, roots: Sequence[bytes], last: Sequence[bytes]) -> None:
        """Take up again from the roots of the full rows and the leaves of the last one."""
        self._full = peaks_of(roots)
        self._rows = len(roots)
        self._last = list(last)
        self._last_peaks = peaks_of(last)

    @property
    def size(self) -> int:
        return self._rows * CHUNK_LEAVES + len(self._last)

    @property
    def peaks(self) -> list[bytes]:
        return [*self._full, *self._last_peaks]

    def add(self, leaf: bytes) -> Row | None:
        """Add a leaf; return the row that it has filled, if it has."""
        grow(self._last_peaks, len(self._last), leaf)
        self._last.append(leaf)
        if len(self._last) < CHUNK_LEAVES:
            return None
        (root,) = self._last_peaks
        row = Row(self._rows, b"".join(self._last), root)
        grow(self._full, self._rows, root)
        self._rows += 1
        self._last, self._last_peaks = [], []
        return row

    def open_row(self) -> Row | None:
        """Return the row that is not full yet, if anything is in it."""
        return Row(self._rows, b"".join(self._last), None) if self._last else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the seals of a log stand.

    Args:
        turn: how often they were kept, where several may keep them.
        position: of the last event that is sealed.
        last_leaf: the leaf that stands for it, None where nothing is sealed.
        head: the last one signed.
    """

    turn: int
    leaves: Leaves
    position: int
    last_leaf: bytes | None
    head: Head | None


class Seals(ABC):
    """The seals of one service's log. Any thread may look; one keeps, and is told if it was not the only one."""

    @property
    @abstractmethod
    def is_there(self) -> bool:
        """Say whether there is a place where they are kept; whoever only looks makes none."""

    @abstractmethod
    def keep(
        self, turn: int, full: Sequence[Row], last: Row | None, heads: Sequence[Head], position: int | None = None
    ) -> int:  # fmt: skip
        """Make new leaves and heads durable together; return the turn that this was.

        Args:
            turn: the one that is gone on from: `standing` said it, or the last `keep`.
            full: rows that were filled, in order.
            last: the row that is not full yet.
            position: of the last event that is sealed, where it is not simply the number of leaves.

        Raises:
            Conflict: another has kept something since that turn; nothing was written, ask `standing` again.
            StoreUnavailable: they cannot be written now.
        """

    @abstractmethod
    def close(self) -> None: ...

    # --- What is asked of the place ---

    @abstractmethod
    def _turn(self) -> int:
        """Return how often they were kept."""

    @abstractmethod
    def _roots(self) -> list[bytes]:
        """Return the roots of the full rows, in order."""

    @abstractmethod
    def _row_after(self, number: int) -> Row | None:
        """Return the first row after a number."""

    @abstractmethod
    def _last_row(self) -> Row | None: ...

    @abstractmethod
    def _position(self) -> int | None:
        """Return the position that was kept beside the leaves, if any was."""

    @abstractmethod
    def _documents(self) -> list[bytes]:
        """Return the signed heads as they were written, the oldest first."""

    @abstractmethod
    def _last_document(self) -> bytes | None: ...

    # --- What is the same everywhere ---

    def standing(self) -> Standing:
        """Return where the seals stand, for whoever goes on from there with `keep`."""
        while True:
            stands = self._look()
            if stands.turn == self._turn():  # else another has kept something, and it is of two moments
                return stands

    def _look(self) -> Standing:
        turn, last, document = self._turn(), self._last_row(), self._last_document()
        is_open = last is not None and last.root is None
        leaves = Leaves(self._roots(), list(split(last.hashes)) if last is not None and is_open else [])
        position = self._position()
        return Standing(
            turn, leaves, leaves.size if position is None else position, last.hashes[-HASH_BYTES:] if last else None,
            None if document is None else _head(document),
        )  # fmt: skip

    @property
    def position(self) -> int:
        """Return the position of the last event that is sealed; where positions have no gaps, that is their count."""
        position = self._position()
        return self.standing().leaves.size if position is None else position

    def each_leaf(self) -> Iterator[bytes]:
        """Yield every leaf that is sealed by now, in the order of the log."""
        for row in self._each_row():
            yield from split(row.hashes)

    def _each_row(self) -> Iterator[Row]:
        """Yield the rows up to the present last one, which may grow meanwhile and is taken as it was at first."""
        last, number = self._last_row(), -1
        while last is not None and (row := self._row_after(number)) is not None and row.number < last.number:
            yield row
            number = row.number
        if last is not None:
            yield last

    def wrong_rows(self) -> Iterator[str]:
        """Say where the rows of leaves do not follow each other, or do not give the root that is kept beside them."""
        before: Row | None = None
        for expected, row in enumerate(self._each_row()):
            if before is not None and not _is_full(before):
                yield f"leaves are missing in row {before.number}"
            if row.number != expected or len(row.hashes) % HASH_BYTES:
                yield f"leaves are missing in row {row.number}"
            elif _is_full(row) and row.root != root_of(split(row.hashes)):
                yield f"the leaves of row {row.number} do not give the root beside them"
            before = row

    def heads(self) -> list[Head]:
        """Return the signed heads, the oldest first."""
        return [_head(document) for document in self._documents()]


def _is_full(row: Row) -> bool:
    return len(row.hashes) == CHUNK_LEAVES * HASH_BYTES


def _head(document: bytes) -> Head:
    try:
        return msgspec.json.decode(document, type=Head)
    except msgspec.DecodeError as error:
        raise StoreUnavailable(f"seals: a head cannot be read: {error}") from error


def split(hashes: bytes) -> Iterator[bytes]:
    """Yield the leaves of a row."""
    for begin in range(0, len(hashes), HASH_BYTES):
        yield hashes[begin : begin + HASH_BYTES]
