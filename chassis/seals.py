"""Where sealed leaves and signed heads are kept: a database of its own, so that no append ever waits for a seal."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from chassis.heads import Head
from chassis.merkle import grow, peaks_of, root_of
from chassis.stores.store import StoreUnavailable

CHUNK_LEAVES: Final = 1_024
"""Leaves of one row; a power of two, so that a full row is a whole subtree."""

HASH_BYTES: Final = 32
PRAGMAS: Final = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;"
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS leaves(
  service TEXT NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, root BLOB,
  PRIMARY KEY(service, number)) STRICT;
CREATE TABLE IF NOT EXISTS heads(
  service TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, document BLOB NOT NULL,
  PRIMARY KEY(service, number)) STRICT;
CREATE TABLE IF NOT EXISTS reached(service TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
"""


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

    def add(self, leaf: bytes) -> tuple[int, bytes, bytes] | None:
        """Add a leaf; return the row (number, leaves, root) that it has filled, if it has."""
        grow(self._last_peaks, len(self._last), leaf)
        self._last.append(leaf)
        if len(self._last) < CHUNK_LEAVES:
            return None
        (root,) = self._last_peaks
        row = (self._rows, b"".join(self._last), root)
        grow(self._full, self._rows, root)
        self._rows += 1
        self._last, self._last_peaks = [], []
        return row

    def open_row(self) -> tuple[int, bytes] | None:
        """Return the row that is not full yet, if anything is in it."""
        return (self._rows, b"".join(self._last)) if self._last else None


class Seals:
    """The database of the seals; one writer, any thread."""

    def __init__(self, path: Path) -> None:
        """Open or make it.

        Raises:
            StoreUnavailable: it is no such database.
        """
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._db.executescript(PRAGMAS + SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise StoreUnavailable(f"{path.name}: {error}") from error

    def _rows(self, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"seals: {error}") from error

    def leaves(self, service: str) -> Leaves:
        """Return where the seals of a service stand."""
        rows = self._rows("SELECT root, hashes FROM leaves WHERE service=? ORDER BY number", (service,))
        roots = [root for root, _ in rows if root is not None]
        last = rows[-1][1] if rows and rows[-1][0] is None else b""
        return Leaves(roots, list(_split(last)))

    def each_leaf(self, service: str) -> Iterator[bytes]:
        """Yield every sealed leaf of a service, in the order of its log."""
        number = -1
        sql = "SELECT number, hashes FROM leaves WHERE service=? AND number>? ORDER BY number LIMIT 1"
        while rows := self._rows(sql, (service, number)):
            ((number, hashes),) = rows
            yield from _split(hashes)

    def last_leaf(self, service: str) -> bytes | None:
        """Return the leaf of the last event that is sealed, if any is."""
        rows = self._rows("SELECT hashes FROM leaves WHERE service=? ORDER BY number DESC LIMIT 1", (service,))
        return rows[0][0][-HASH_BYTES:] if rows else None

    def position(self, service: str) -> int:
        """Return the position of the last event that is sealed; where positions have no gaps, that is their count."""
        rows = self._rows("SELECT position FROM reached WHERE service=?", (service,))
        return int(rows[0][0]) if rows else self.leaves(service).size

    def wrong_rows(self, service: str) -> Iterator[str]:
        """Say where the rows of leaves do not follow each other, or do not give the root that is kept beside them."""
        sql = "SELECT number, hashes, root FROM leaves WHERE service=? ORDER BY number"
        rows = self._rows(sql, (service,))
        for expected, (number, hashes, root) in enumerate(rows):
            full = len(hashes) == CHUNK_LEAVES * HASH_BYTES
            if number != expected or len(hashes) % HASH_BYTES or (not full and expected + 1 < len(rows)):
                yield f"leaves are missing in row {number}"
            elif full and root != root_of(_split(hashes)):
                yield f"the leaves of row {number} do not give the root beside them"

    def heads(self, service: str) -> list[Head]:
        """Return the signed heads of a service, the oldest first."""
        rows = self._rows("SELECT document FROM heads WHERE service=? ORDER BY number", (service,))
        return [_head(document) for (document,) in rows]

    def last_head(self, service: str) -> Head | None:
        rows = self._rows("SELECT document FROM heads WHERE service=? ORDER BY number DESC LIMIT 1", (service,))
        return _head(rows[0][0]) if rows else None

    def keep(
        self, service: str, full: Sequence[tuple[int, bytes, bytes]], last: tuple[int, bytes] | None,
        heads: Sequence[Head], position: int | None = None,
    ) -> None:  # fmt: skip
        """Make new leaves and heads durable together.

        Args:
            position: of the last event that is sealed, where it is not simply the number of leaves.
        """
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                sql = "INSERT OR REPLACE INTO leaves(service, number, hashes, root) VALUES(?, ?, ?, ?)"
                self._db.executemany(sql, [(service, *row) for row in full])
                if last is not None:
                    self._db.execute(sql, (service, *last, None))
                if position is not None:
                    self._db.execute("INSERT OR REPLACE INTO reached VALUES(?, ?)", (service, position))
                for head in heads:
                    numbered = "(SELECT coalesce(max(number), 0)+1 FROM heads WHERE service=?)"
                    self._db.execute(
                        f"INSERT INTO heads(service, number, size, document) VALUES(?, {numbered}, ?, ?)",
                        (service, service, head.size, msgspec.json.encode(head)),
                    )
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise StoreUnavailable(f"seals: {error}") from error
                raise

    def close(self) -> None:
        with self._lock:
            self._db.close()


def _head(document: bytes) -> Head:
    try:
        return msgspec.json.decode(document, type=Head)
    except msgspec.DecodeError as error:
        raise StoreUnavailable(f"seals: a head cannot be read: {error}") from error


def _split(hashes: bytes) -> Iterator[bytes]:
    for begin in range(0, len(hashes), HASH_BYTES):
        yield hashes[begin : begin + HASH_BYTES]
