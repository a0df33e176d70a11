"""The embedded event store: SQLite in WAL mode, one writer, durable (synchronous=FULL) before anybody is answered.

Position order is commit order because one connection writes (AUTOINCREMENT, BEGIN IMMEDIATE); a lock file keeps a
second process from writing. Measured: FULL with grouped commits costs nothing over NORMAL (docs/decisions).
"""

import fcntl
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from chassis.lru import Recent
from chassis.stores.chain import NOTHING_BEFORE, chained
from chassis.stores.migrations import bring_up
from chassis.stores.sqlite_rows import HELD, move_positions, tables_made_by, write_reading, write_rows, write_time
from chassis.stores.store import (
    AnswerRow,
    Conflict,
    Generation,
    Held,
    Link,
    NewEvent,
    Recorded,
    Snapshot,
    Statement,
    StoreUnavailable,
    TimerRow,
    Unwritable,
    Writes,
)
from kernel.message import Envelope

PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=4000;
PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;
"""
ENDS_REMEMBERED = 8_192
WRITER_CACHE_KIB = 8_192
READER_CACHE_KIB = 2_048
STORED = (*NewEvent._fields, "generation", "hash")
INSERT_EVENT = f"INSERT INTO events({', '.join(STORED)}) VALUES({', '.join('?' * len(STORED))})"
STREAM_END = "SELECT version, hash FROM events WHERE stream=? ORDER BY version DESC LIMIT 1"
READ_MODELS = "read_models"
"""The note of what the read models are made of; it is there once they are filled."""

NOTE = "INSERT INTO meta VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value=excluded.value"
RECORDED = ", ".join(Recorded._fields)
TIMER = ", ".join(TimerRow._fields)
ANY_OF = "(SELECT value FROM json_each(?))"
ENVELOPE = (
    "position, :source, stream || '@' || version, said, subject, sequence, root, time_us, correlation, causation, "
    "traceparent, coalesce(said_data, data)"
)

PRIMARY_CODE = 0xFF
NOT_NOW = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)  # fmt: skip
"""What SQLite answers while the disk is full, gone or broken: staff can mend it, so whoever writes waits."""


class StoreInUse(StoreUnavailable):
    """Another process already serves this store; a store has one writer."""


class SqliteStore:
    """One service's store in one file; see `chassis.stores.store.Store` for the contract."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._closed = False
        self._lock_file = _hold_lock(path.with_suffix(".lock"))
        try:
            self._writer = _brought_up(path)
        except BaseException:
            self._lock_file.close()
            raise
        # One connection for each thread that reads, so that reading never waits for writing. A thread's number is
        # given to another when it ends, and its connection with it.
        self._readers: dict[int, sqlite3.Connection] = {}
        # Nobody else writes, so the head need not be asked for; readers look at it before every page.
        self._head = self._staged_head = self._number("SELECT max(position) FROM events")
        self._shapes = {row[0] for row in self._rows("SELECT DISTINCT shape FROM snapshots")}
        self._generations = self._known_generations()
        self._form = ""
        self._ends: Recent[str, tuple[int, bytes]] = Recent(ENDS_REMEMBERED)
        self._staged_ends: dict[str, tuple[int, bytes]] = {}

    def commit(self, writes: Writes) -> int:
        self.stage(writes)
        return self.flush()

    def stage(self, writes: Writes) -> None:
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            self._writer.execute("BEGIN IMMEDIATE")
            with self._taken_back_on_error():
                self._staged_head = self._apply(self._writer, writes)
            self._shapes.update(snapshot.shape for snapshot in writes.snapshots)
        except sqlite3.Error as error:
            raise self._meant_by(error) from error

    def flush(self) -> int:
        try:
            with self._taken_back_on_error():
                self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._meant_by(error) from error
        self._head = self._staged_head
        self._ends.update(self._staged_ends)
        return self._head

    @contextmanager
    def _taken_back_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def _apply(self, db: sqlite3.Connection, writes: Writes) -> int:
        last: dict[str, bytes] = {}
        for stream, expected in writes.expected.items():
            version, last[stream] = self._end_of(stream)
            if version != expected:
                raise Conflict(f"stream {stream} is not at version {expected}")
        generation = self._generations[-1].number
        rows = list(chained(writes.events, generation, last, lambda stream: self._end_of(stream)[1]))
        db.executemany(INSERT_EVENT, rows)
        self._staged_ends = {event.stream: (event.version, last[event.stream]) for event in writes.events}
        move_positions(db, writes)
        write_reading(db, writes)
        write_time(db, writes)
        write_rows(db, writes.statements)
        if not writes.events:
            return self._head
        head: int = db.execute("SELECT max(position) FROM events").fetchone()[0]
        return head

    def _end_of(self, stream: str) -> tuple[int, bytes]:
        """Return version and hash of a stream's last durable event. Nobody else writes, so what is known holds."""
        end = self._ends.get(stream)
        if end is None:
            end = self._writer.execute(STREAM_END, (stream,)).fetchone() or (0, NOTHING_BEFORE)
        return end

    def _meant_by(self, error: sqlite3.Error) -> Exception:
        """Say in the port's words what SQLite said to a writer: somebody was first, not now, or never."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
        if code in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            return Conflict(str(error))
        if self._is_down(error):
            return StoreUnavailable(f"{self.path.name}: {error}")
        return Unwritable(f"{self.path.name}: {error}")

    def _is_down(self, error: sqlite3.Error) -> bool:
        return self._closed or getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & PRIMARY_CODE in NOT_NOW

    def _read(self, sql: str, params: Mapping[str, Any] | tuple[Any, ...] = ()) -> tuple[Any, list[tuple[Any, ...]]]:
        """Return the columns and every row at once: a cursor left open would keep the log from being checkpointed."""
        if self._closed:
            raise StoreUnavailable(f"{self.path.name} is closed")
        try:
            connection = self._readers.get(threading.get_ident())
            if connection is None:
                connection = _connect(self.path, READER_CACHE_KIB)
                connection.execute("PRAGMA query_only=ON")
                self._readers[threading.get_ident()] = connection
            cursor = connection.execute(sql, params)
            return cursor.description, cursor.fetchall()
        except sqlite3.Error as error:
            if self._is_down(error):
                raise StoreUnavailable(f"{self.path.name}: {error}") from error
            raise

    def _rows(self, sql: str, params: Mapping[str, Any] | tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self._read(sql, params)[1]

    def _number(self, sql: str, params: tuple[Any, ...] = ()) -> int:
        rows = self._rows(sql, params)
        return (rows[0][0] or 0) if rows else 0

    @property
    def shared(self) -> bool:
        return False  # the lock file keeps others out

    def duty(self, name: str) -> bool:
        return True

    def news(self) -> Mapping[str, int]:
        return {}  # nobody else writes

    def head(self) -> int:
        return self._head

    def read_stream(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        sql = f"SELECT {RECORDED} FROM events WHERE stream=? AND version>? ORDER BY version"
        return list(map(Recorded._make, self._rows(sql, (stream, after))))

    def tail(self, after: int, limit: int) -> Sequence[Recorded]:
        sql = f"SELECT {RECORDED} FROM events WHERE position>? ORDER BY position LIMIT ?"
        return list(map(Recorded._make, self._rows(sql, (after, limit))))

    def links(self, after: int, limit: int) -> Sequence[Link]:
        sql = "SELECT position, hash, time_us FROM events WHERE position>? ORDER BY position LIMIT ?"
        return list(map(Link._make, self._rows(sql, (after, limit))))

    @property
    def generations(self) -> Sequence[Generation]:
        return self._generations

    def _known_generations(self) -> tuple[Generation, ...]:
        sql = "SELECT number, after_position, began_us, why FROM generations ORDER BY number"
        return tuple(map(Generation._make, self._rows(sql)))

    def say(self, source: str, after: int, limit: int, up_to: int | None = None) -> tuple[Sequence[Envelope], int]:
        head = self._head if up_to is None else min(up_to, self._head)
        if head <= after:
            return (), after
        sql = (
            f"SELECT {ENVELOPE} FROM events WHERE position>:after AND position<=:head AND said IS NOT NULL "
            "ORDER BY position LIMIT :limit"
        )
        rows = self._rows(sql, {"source": source, "after": after, "head": head, "limit": limit})
        envelopes = list(map(Envelope._make, rows))
        return envelopes, envelopes[-1].position if len(envelopes) == limit else head

    def say_again(
        self, source: str, subject: str, first: int, last: int, generation: int | None = None
    ) -> Sequence[Envelope]:
        sql = (
            f"SELECT {ENVELOPE} FROM events WHERE subject=:subject AND generation=:generation "
            "AND sequence IS NOT NULL AND sequence BETWEEN :first AND :last ORDER BY sequence"
        )
        number = self._generations[-1].number if generation is None else generation
        params = {"source": source, "subject": subject, "generation": number, "first": first, "last": last}
        return list(map(Envelope._make, self._rows(sql, params)))

    def last_sequence(self, subject: str) -> int:
        sql = "SELECT max(sequence) FROM events WHERE subject=? AND generation=? AND sequence IS NOT NULL"
        return self._number(sql, (subject, self._generations[-1].number))

    def mark(self, source: str, subject: str) -> int:
        return self._number("SELECT sequence FROM marks WHERE source=? AND subject=?", (source, subject))

    def marks(self, source: str, subjects: Iterable[str]) -> Mapping[str, int]:
        asked = dict.fromkeys(subjects, 0)
        sql = f"SELECT subject, sequence FROM marks WHERE source=? AND subject IN {ANY_OF}"
        return asked | dict(self._rows(sql, (source, json.dumps(list(asked)))))

    def position(self, source: str) -> int:
        return self._number("SELECT position FROM positions WHERE source=?", (source,))

    def held(self, source: str, subject: str, sequence: int) -> Held | None:
        sql = f"SELECT {HELD} FROM held WHERE source=? AND subject=? AND sequence=?"
        return next(map(_held, self._rows(sql, (source, subject, sequence))), None)

    def all_held(self) -> Sequence[Held]:
        return list(map(_held, self._rows(f"SELECT {HELD} FROM held ORDER BY source, subject, sequence")))

    def timer(self, id: str) -> TimerRow | None:
        return next(map(TimerRow._make, self._rows(f"SELECT {TIMER} FROM timers WHERE id=?", (id,))), None)

    def due_timers(self, now_us: int, limit: int) -> Sequence[TimerRow]:
        sql = f"SELECT {TIMER} FROM timers WHERE due_us<=? ORDER BY due_us, id LIMIT ?"
        return list(map(TimerRow._make, self._rows(sql, (now_us, limit))))

    def next_timer_us(self) -> int | None:
        due_us: int | None = self._rows("SELECT min(due_us) FROM timers")[0][0]
        return due_us

    def answer(self, command_id: str) -> AnswerRow | None:
        sql = f"SELECT {', '.join(AnswerRow._fields)} FROM answers WHERE id=?"
        return next(map(AnswerRow._make, self._rows(sql, (command_id,))), None)

    def answers(self, command_ids: Iterable[str]) -> Mapping[str, AnswerRow | None]:
        asked: dict[str, AnswerRow | None] = dict.fromkeys(command_ids)
        sql = f"SELECT {', '.join(AnswerRow._fields)} FROM answers WHERE id IN {ANY_OF}"
        return asked | {row[0]: AnswerRow._make(row) for row in self._rows(sql, (json.dumps(list(asked)),))}

    def snapshot(self, stream: str, shape: str) -> Snapshot | None:
        if shape not in self._shapes:  # most kinds of stream never grow long, and are read for every command
            return None
        sql = f"SELECT {', '.join(Snapshot._fields)} FROM snapshots WHERE stream=? AND shape=?"
        return next(map(Snapshot._make, self._rows(sql, (stream, shape))), None)

    def owing(self) -> Sequence[str]:
        return [row[0] for row in self._rows("SELECT stream FROM owing ORDER BY since_us, stream")]

    def owing_since_us(self) -> int | None:
        since_us: int | None = self._rows("SELECT min(since_us) FROM owing")[0][0]
        return since_us

    def last_traceparent(self, stream: str) -> str | None:
        rows = self._rows("SELECT traceparent FROM events WHERE stream=? ORDER BY version DESC LIMIT 1", (stream,))
        return rows[0][0] if rows else None

    def size_bytes(self) -> int:
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        columns, rows = self._read(sql, params or {})
        names = [column[0] for column in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def prune_answers(self, before_us: int, limit: int) -> int:
        sql = "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE at_us<? ORDER BY at_us LIMIT ?)"
        try:
            return self._writer.execute(sql, (before_us, limit)).rowcount
        except sqlite3.Error as error:
            raise self._meant_by(error) from error

    def define(self, tables: Iterable[str], form: str = "") -> bool:
        scripts = list(tables)
        self._form = sha256("\n".join((form, *scripts)).encode()).hexdigest()
        stale = self.note(READ_MODELS) != self._form
        if stale:
            self._writer.execute("BEGIN IMMEDIATE")
            with self._taken_back_on_error():
                self._writer.execute("DELETE FROM meta WHERE name=?", (READ_MODELS,))
                for name in tables_made_by(scripts):
                    self._writer.execute(f'DROP TABLE IF EXISTS "{name}"')
                self._writer.execute("COMMIT")
        for script in scripts:
            self._writer.executescript(script)
        return stale

    def fill(self, statements: Iterable[Statement]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            with self._taken_back_on_error():
                write_rows(self._writer, statements)
                self._writer.execute(NOTE, (READ_MODELS, self._form))
                self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._meant_by(error) from error

    def begin_generation(self, at_us: int, why: str) -> Generation:
        number = self._generations[-1].number + 1
        self._writer.execute("INSERT INTO generations VALUES(?, ?, ?, ?)", (number, self._head, at_us, why))
        self._generations = self._known_generations()
        return self._generations[-1]

    def note(self, name: str) -> str | None:
        return next((row[0] for row in self._rows("SELECT value FROM meta WHERE name=?", (name,))), None)

    def close(self) -> None:
        self._closed = True
        for connection in (*self._readers.values(), self._writer):
            connection.close()
        self._lock_file.close()


def _connect(path: Path, cache_kib: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.executescript(PRAGMAS)
    connection.execute(f"PRAGMA cache_size={-cache_kib}")
    return connection


def _brought_up(path: Path) -> sqlite3.Connection:
    """Return the writer's connection to a store of this version's form, whoever wrote it."""
    try:
        writer = _connect(path, WRITER_CACHE_KIB)
        try:
            bring_up(writer, path.name)
        except BaseException:
            writer.close()
            raise
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path.name}: {error}") from error
    return writer


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
