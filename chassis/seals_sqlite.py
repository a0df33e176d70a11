"""Seals of the services of one process: a database of its own, so that no append ever waits for a seal."""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from chassis.heads import Head
from chassis.seals import Row, Seals
from chassis.stores.store import StoreUnavailable

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
ROW: Final = "number, hashes, root"


class SealsFile:
    """The file, made when there is something to seal. The folder's lock sees to it that one process has it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._closed = False

    @property
    def db(self) -> sqlite3.Connection:
        """Return the open database; to be used under the lock.

        Raises:
            StoreUnavailable: it is no such database, or was closed.
        """
        if self._closed:
            raise StoreUnavailable(f"{self.path.name} is closed")
        if self._db is None:
            self._db = self._opened()
        return self._db

    def _opened(self) -> sqlite3.Connection:
        db = None
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            db.executescript(PRAGMAS + SCHEMA)
        except sqlite3.Error as error:
            if db is not None:
                db.close()
            raise StoreUnavailable(f"{self.path.name}: {error}") from error
        return db

    def rows(self, sql: str, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            with self.lock:
                return self.db.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"seals: {error}") from error

    def close(self) -> None:
        with self.lock:
            self._closed = True
            if self._db is not None:
                self._db.close()


class SqliteSeals(Seals):
    """The seals of one service in the file."""

    def __init__(self, file: SealsFile, service: str) -> None:
        self._file = file
        self._service = service

    @property
    def is_there(self) -> bool:
        return self._file.path.exists()

    def keep(
        self, turn: int, full: Sequence[Row], last: Row | None, heads: Sequence[Head], position: int | None = None
    ) -> int:  # fmt: skip
        with self._file.lock:
            db = self._file.db
            try:
                db.execute("BEGIN IMMEDIATE")
                self._write(db, [*full, *([] if last is None else [last])], heads, position)
                db.execute("COMMIT")
            except BaseException as error:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise StoreUnavailable(f"seals: {error}") from error
                raise
        return turn

    def _write(self, db: sqlite3.Connection, rows: list[Row], heads: Sequence[Head], position: int | None) -> None:
        sql = f"INSERT OR REPLACE INTO leaves(service, {ROW}) VALUES(?, ?, ?, ?)"
        db.executemany(sql, [(self._service, *row) for row in rows])
        if position is not None:
            db.execute("INSERT OR REPLACE INTO reached VALUES(?, ?)", (self._service, position))
        for head in heads:
            numbered = "(SELECT coalesce(max(number), 0)+1 FROM heads WHERE service=?)"
            db.execute(
                f"INSERT INTO heads(service, number, size, document) VALUES(?, {numbered}, ?, ?)",
                (self._service, self._service, head.size, msgspec.json.encode(head)),
            )

    def close(self) -> None:
        self._file.close()

    def _turn(self) -> int:
        return 0  # nobody else keeps anything here

    def _rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return self._file.rows(sql, (self._service, *params))

    def _roots(self) -> list[bytes]:
        sql = "SELECT root FROM leaves WHERE service=? AND root IS NOT NULL ORDER BY number"
        return [root for (root,) in self._rows(sql)]

    def _row_after(self, number: int) -> Row | None:
        sql = f"SELECT {ROW} FROM leaves WHERE service=? AND number>? ORDER BY number LIMIT 1"
        return next(map(Row._make, self._rows(sql, number)), None)

    def _last_row(self) -> Row | None:
        sql = f"SELECT {ROW} FROM leaves WHERE service=? ORDER BY number DESC LIMIT 1"
        return next(map(Row._make, self._rows(sql)), None)

    def _position(self) -> int | None:
        return next((row[0] for row in self._rows("SELECT position FROM reached WHERE service=?")), None)

    def _documents(self) -> list[bytes]:
        return [row[0] for row in self._rows("SELECT document FROM heads WHERE service=? ORDER BY number")]

    def _last_document(self) -> bytes | None:
        sql = "SELECT document FROM heads WHERE service=? ORDER BY number DESC LIMIT 1"
        return next((row[0] for row in self._rows(sql)), None)


def seals_in(path: Path, services: Iterable[str]) -> dict[str, Seals]:
    """Return the seals of some services, all in one file."""
    file = SealsFile(path)
    return {service: SqliteSeals(file, service) for service in services}
