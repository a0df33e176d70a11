"""The embedded event store: SQLite in WAL mode, one writer, durable (synchronous=FULL) before anybody is answered.

Position order is commit order because one connection writes (AUTOINCREMENT, BEGIN IMMEDIATE); a lock file keeps a
second process from writing. Measured: FULL with grouped commits costs nothing over NORMAL (docs/decisions).
"""

import fcntl
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from chassis.stores.store import (
    AnswerRow,
    Conflict,
    Held,
    NewEvent,
    Recorded,
    Snapshot,
    StoreUnavailable,
    TimerRow,
    Writes,
)
from kernel.message import Envelope

SCHEMA = (Path(__file__).parent / "sql" / "sqlite.sql").read_text(encoding="utf-8")
PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=4000;
PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;
"""
INSERT_EVENT = f"INSERT INTO events({', '.join(NewEvent._fields)}) VALUES({', '.join('?' * len(NewEvent._fields))})"
RECORDED = ", ".join(Recorded._fields)
ENVELOPE = (
    "position, :source, stream || '@' || version, said, subject, sequence, root, time_us, correlation, causation, "
    "traceparent, coalesce(said_data, data)"
)
HELD = (
    "position, source, id, type, subject, sequence, root, time_us, correlation, causation, traceparent, data, "
    "since_us, attempts, error"
)


class StoreInUse(StoreUnavailable):
    """Another process already serves this store; a store has one writer."""


class SqliteStore:
    """One service's store in one file; see `chassis.stores.store.Store` for the contract."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock_file = _hold_lock(path.with_suffix(".lock"))
        self._writer = _connect(path)
        self._writer.executescript(SCHEMA)
        self._readers = threading.local()
        self._open_readers: list[sqlite3.Connection] = []

    def commit(self, writes: Writes) -> int:
        db = self._writer
        try:
            db.execute("BEGIN IMMEDIATE")
            try:
                head = self._apply(db, writes)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:  # a mistake in the SQL: waiting will not mend it
                raise
            raise StoreUnavailable(str(error)) from error
        return head

    def _apply(self, db: sqlite3.Connection, writes: Writes) -> int:
        for stream, expected in writes.expected.items():
            if self._version(db, stream) != expected:
                raise Conflict(f"stream {stream} is not at version {expected}")
        db.executemany(INSERT_EVENT, writes.events)
        _move_positions(db, writes)
        _write_reading(db, writes)
        _write_time(db, writes)
        for sql, params in writes.statements:
            db.execute(sql, params)
        return self._head(db)

    @staticmethod
    def _version(db: sqlite3.Connection, stream: str) -> int:
        row = db.execute("SELECT version FROM events WHERE stream=? ORDER BY version DESC LIMIT 1", (stream,)).fetchone()
        return row[0] if row else 0

    @staticmethod
    def _head(db: sqlite3.Connection) -> int:
        row = db.execute("SELECT max(position) FROM events").fetchone()
        return row[0] or 0

    @property
    def _reader(self) -> sqlite3.Connection:
        """Return this thread's own read-only connection, so that reading never waits for writing."""
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = _connect(self.path)
            connection.execute("PRAGMA query_only=ON")
            self._readers.connection = connection
            self._open_readers.append(connection)
        return connection

    def head(self) -> int:
        return self._head(self._reader)

    def read_stream(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        sql = f"SELECT {RECORDED} FROM events WHERE stream=? AND version>? ORDER BY version"
        return list(map(Recorded._make, self._reader.execute(sql, (stream, after))))

    def tail(self, after: int, limit: int) -> Sequence[Recorded]:
        sql = f"SELECT {RECORDED} FROM events WHERE position>? ORDER BY position LIMIT ?"
        return list(map(Recorded._make, self._reader.execute(sql, (after, limit))))

    def say(self, source: str, after: int, limit: int) -> tuple[Sequence[Envelope], int]:
        reader = self._reader
        head = self._head(reader)
        if head <= after:
            return (), after
        sql = (
            f"SELECT {ENVELOPE} FROM events WHERE position>:after AND position<=:head AND said IS NOT NULL "
            "ORDER BY position LIMIT :limit"
        )
        rows = reader.execute(sql, {"source": source, "after": after, "head": head, "limit": limit})
        envelopes = list(map(Envelope._make, rows))
        return envelopes, envelopes[-1].position if len(envelopes) == limit else head

    def say_again(self, source: str, subject: str, first: int, last: int) -> Sequence[Envelope]:
        sql = (
            f"SELECT {ENVELOPE} FROM events WHERE subject=:subject AND sequence IS NOT NULL "
            "AND sequence BETWEEN :first AND :last ORDER BY sequence"
        )
        params = {"source": source, "subject": subject, "first": first, "last": last}
        return list(map(Envelope._make, self._reader.execute(sql, params)))

    def _number(self, sql: str, params: tuple[Any, ...]) -> int:
        row = self._reader.execute(sql, params).fetchone()
        return (row[0] or 0) if row else 0

    def last_sequence(self, subject: str) -> int:
        return self._number("SELECT max(sequence) FROM events WHERE subject=? AND sequence IS NOT NULL", (subject,))

    def mark(self, source: str, subject: str) -> int:
        return self._number("SELECT sequence FROM marks WHERE source=? AND subject=?", (source, subject))

    def position(self, source: str) -> int:
        return self._number("SELECT position FROM positions WHERE source=?", (source,))

    def held(self, source: str, subject: str, sequence: int) -> Held | None:
        sql = f"SELECT {HELD} FROM held WHERE source=? AND subject=? AND sequence=?"
        row = self._reader.execute(sql, (source, subject, sequence)).fetchone()
        return _held(row) if row else None

    def all_held(self) -> Sequence[Held]:
        return list(map(_held, self._reader.execute(f"SELECT {HELD} FROM held ORDER BY source, subject, sequence")))

    def due_timers(self, now_us: int, limit: int) -> Sequence[TimerRow]:
        sql = "SELECT id, due_us, command, data FROM timers WHERE due_us<=? ORDER BY due_us, id LIMIT ?"
        return list(map(TimerRow._make, self._reader.execute(sql, (now_us, limit))))

    def next_timer_us(self) -> int | None:
        row = self._reader.execute("SELECT min(due_us) FROM timers").fetchone()
        return row[0] if row else None

    def answer(self, command_id: str) -> AnswerRow | None:
        sql = f"SELECT {', '.join(AnswerRow._fields)} FROM answers WHERE id=?"
        row = self._reader.execute(sql, (command_id,)).fetchone()
        return AnswerRow._make(row) if row else None

    def snapshot(self, stream: str, shape: str) -> Snapshot | None:
        sql = "SELECT stream, version, shape, data FROM snapshots WHERE stream=? AND shape=?"
        row = self._reader.execute(sql, (stream, shape)).fetchone()
        return Snapshot._make(row) if row else None

    def owing(self) -> Sequence[str]:
        return [row[0] for row in self._reader.execute("SELECT stream FROM owing ORDER BY since_us")]

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        cursor = self._reader.execute(sql, params or {})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def prune_answers(self, before_us: int, limit: int) -> int:
        sql = "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE at_us<? ORDER BY at_us LIMIT ?)"
        return self._writer.execute(sql, (before_us, limit)).rowcount

    def define(self, tables: Iterable[str]) -> None:
        for table in tables:
            self._writer.executescript(table)

    def close(self) -> None:
        for connection in (*self._open_readers, self._writer):
            connection.close()
        self._lock_file.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.executescript(PRAGMAS)
    return connection


def _hold_lock(path: Path) -> IO[bytes]:
    """Take the store for this process; the lock goes with the process, however it ends."""
    lock = path.open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreInUse(f"{path.with_suffix('.db')} is being served by another process") from error
    return lock


def _held(row: tuple[Any, ...]) -> Held:
    return Held(Envelope._make(row[:12]), *row[12:])


def _move_positions(db: sqlite3.Connection, writes: Writes) -> None:
    """Move each position only from the value that was read, so that a second reader of the same source loses."""
    for source, (before, now) in writes.positions.items():
        if before == 0:
            sql = "INSERT INTO positions(source, position) VALUES(?, ?) ON CONFLICT DO NOTHING"
            moved = db.execute(sql, (source, now)).rowcount
        else:
            sql = "UPDATE positions SET position=? WHERE source=? AND position=?"
            moved = db.execute(sql, (now, source, before)).rowcount
        if moved != 1:
            raise Conflict(f"position in {source} is not {before}: another reader moved it")


def _write_reading(db: sqlite3.Connection, writes: Writes) -> None:
    if writes.marks:
        rows = [(source, subject, sequence) for (source, subject), sequence in writes.marks.items()]
        db.executemany(
            "INSERT INTO marks(source, subject, sequence) VALUES(?, ?, ?) "
            "ON CONFLICT(source, subject) DO UPDATE SET sequence=excluded.sequence",
            rows,
        )
    for key, held in writes.held.items():
        if held is None:
            db.execute("DELETE FROM held WHERE source=? AND subject=? AND sequence=?", key)
        else:
            row = (*held.envelope, held.since_us, held.attempts, held.error)
            db.execute(f"INSERT OR REPLACE INTO held({HELD}) VALUES({', '.join('?' * len(row))})", row)
    db.executemany("INSERT INTO discharges VALUES(?, ?, ?, ?, ?, ?)", writes.discharges)


def _write_time(db: sqlite3.Connection, writes: Writes) -> None:
    for id, timer in writes.timers.items():
        if timer is None:
            db.execute("DELETE FROM timers WHERE id=?", (id,))
        else:
            db.execute("INSERT OR REPLACE INTO timers(id, due_us, command, data) VALUES(?, ?, ?, ?)", timer)
    db.executemany("INSERT INTO answers VALUES(?, ?, ?, ?, ?, ?)", writes.answers)
    db.executemany("INSERT OR REPLACE INTO snapshots(stream, version, shape, data) VALUES(?, ?, ?, ?)", writes.snapshots)
    for stream, since_us in writes.owing.items():
        if since_us is None:
            db.execute("DELETE FROM owing WHERE stream=?", (stream,))
        else:
            db.execute("INSERT INTO owing VALUES(?, ?) ON CONFLICT DO NOTHING", (stream, since_us))
