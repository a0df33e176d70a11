"""The lines to a database: one that writes, and some that only read, opened when asked for and anew after a failure."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus

from chassis.stores.postgres_access import READS, WRITES, PostgresAccess, meaning_of
from chassis.stores.postgres_rows import APPEND, OWN_TABLES, Said
from chassis.stores.store import Conflict, StoreUnavailable, Unwritable

# When a transaction fails, psycopg says so once as an error and once more, as a warning, for what was sent after it.
logging.getLogger("psycopg").setLevel(logging.ERROR)

READERS_MAX: Final = 16
WAIT_FOR_READER_S: Final = 10.0
STATEMENTS_PREPARED: Final = 400

MOVED: Final = "LT001"
"""What the functions of sql/postgres raise when something is not as it was read."""

LOST_RACES: Final = ("40001", "40P01")
NOT_NOW: Final = ("08", "25006", "26", "3D", "42501", "53", "55", "57", "58", "XX")
"""What PostgreSQL answers while it stops, starts, is full, is read-only or keeps somebody out: staff can mend it."""

FORM_CHANGED: Final = "0A000"
"""A statement was prepared before its table was made anew."""


def is_not_now(error: psycopg.Error) -> bool:
    """Say whether it is the database that fails, and not what it was asked."""
    if error.sqlstate is None:  # the line itself
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate.startswith(NOT_NOW)


class Readers:
    """Lines that read; any thread may ask, and each is used by one at a time."""

    def __init__(self, access: PostgresAccess) -> None:
        self._access = access
        self._idle: list[psycopg.Connection[Any]] = []
        self._free = threading.BoundedSemaphore(READERS_MAX)
        self._closed = False
        self.broken = 0
        """How many lines have broken; behind each may be a server that fell."""

    def rows(self, sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
        """Return every row at once."""
        return self.answer(sql, params)[1]

    def answer(self, sql: str, params: Any) -> tuple[Sequence[Any], list[tuple[Any, ...]]]:
        """Return the columns and every row.

        Raises:
            StoreUnavailable: it cannot be reached.
        """
        again = True
        while True:
            line = self._take()
            try:
                with line.cursor(binary=True) as cursor:
                    cursor.execute(sql, params, prepare=True)
                    answer = cursor.description or (), cursor.fetchall()
            except psycopg.Error as error:
                # A line that broke while it lay idle, or knows a table as it was: nothing was read, another one may.
                stale = error.sqlstate == FORM_CHANGED or line.closed or line.broken
                self.broken += line.closed or line.broken
                if stale:
                    self._drop(line)
                else:
                    self._give_back(line)
                if stale and again:
                    again = False
                    self._drop_idle()
                    continue
                if is_not_now(error):
                    raise StoreUnavailable(f"{self._access.name}: {meaning_of(error)}") from error
                raise
            except BaseException:
                self._drop(line)
                raise
            self._give_back(line)
            return answer

    def _take(self) -> psycopg.Connection[Any]:
        if self._closed:
            raise StoreUnavailable(f"{self._access.name} is closed")
        if not self._free.acquire(timeout=WAIT_FOR_READER_S):
            raise StoreUnavailable(f"{self._access.name}: {READERS_MAX} read from it at once, and none came to an end")
        with suppress(IndexError):
            return self._idle.pop()
        try:
            return self._opened()
        except BaseException as error:
            self._free.release()
            if isinstance(error, psycopg.Error):
                raise StoreUnavailable(f"{self._access.name}: {meaning_of(error)}") from error
            raise

    def _opened(self) -> psycopg.Connection[Any]:
        line = self._access.connect(READS, "reads")
        line.prepared_max = STATEMENTS_PREPARED
        return line

    def _give_back(self, line: psycopg.Connection[Any]) -> None:
        self._idle.append(line)
        self._free.release()
        if self._closed:
            self._drop_idle()

    def _drop(self, line: psycopg.Connection[Any]) -> None:
        line.close()
        self._free.release()

    def _drop_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def close(self) -> None:
        """Let every line go; one in use goes when it is given back."""
        self._closed = True
        self._drop_idle()


class Writer:
    """The one line that writes; a failure lets it go, and the next transaction opens another."""

    def __init__(self, access: PostgresAccess) -> None:
        self._access = access
        self._line: psycopg.Connection[Any] | None = None
        self._closed = False

    def transaction(self, said: Sequence[Said]) -> int:
        """Carry out some statements as one transaction, in one round trip; return the last position appended, or 0.

        Raises:
            psycopg.Error: nothing was written, but for a line that breaks while it commits: then it may have been, and
                to try again is a lost race.
        """
        line = self.line()
        try:
            cursor, append = line.cursor(binary=True), None
            with line.pipeline():
                cursor.execute("BEGIN", prepare=True)
                for sql, params in said:
                    if sql is APPEND:
                        append = line.cursor(binary=True).execute(sql, params, prepare=True)
                    else:
                        cursor.execute(sql, params, prepare=True)
                cursor.execute("COMMIT", prepare=True)
            return 0 if append is None else int(append.fetchall()[0][0])
        except BaseException:
            self.take_back()
            raise

    def line(self) -> psycopg.Connection[Any]:
        """Return the line, opened if there is none."""
        if self._closed:
            raise psycopg.OperationalError(f"{self._access.name} is closed")
        if self._line is None or self._line.closed:
            self._line = self._access.connect(WRITES, "writes")
            self._line.prepared_max = STATEMENTS_PREPARED
        return self._line

    def take_back(self) -> None:
        """End a transaction that failed; a line that does not take even that is let go."""
        line = self._line
        if line is None:
            return
        try:
            line.execute("ROLLBACK")
            if line.info.transaction_status == TransactionStatus.IDLE:
                return
        except psycopg.Error:
            pass
        line.close()
        self._line = None

    def close(self) -> None:
        self._closed = True
        if self._line is not None:
            self._line.close()


def refused(name: str, error: Exception) -> Exception:
    """Say in the port's words what the database said to a writer: somebody was first, not now, or never."""
    said = f"{name}: {meaning_of(error)}"
    if not isinstance(error, psycopg.Error):
        return Unwritable(said)
    state = error.sqlstate or ""
    if state == MOVED or state in LOST_RACES:
        return Conflict(said)
    if state == "23505" and error.diag.table_name in OWN_TABLES:
        return Conflict(said)
    return StoreUnavailable(said) if is_not_now(error) else Unwritable(said)
