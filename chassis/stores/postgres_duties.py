"""Of several instances on one database one tends the relay, one the timers: each duty is a lock of a session.

It goes with its connection, however that ends, and no transaction stays open for it. Whoever has a duty asks for it
again before each round, so a process that hangs is soon one that does not ask, and loses it. That two should hold one
for a moment, where a connection was lost and nobody has noticed yet, is harmless: what they write is conditional.
"""

import threading
from typing import Any, Final
from zlib import crc32

import psycopg

from chassis.stores.postgres_access import READS, PostgresAccess

DUTIES: Final = 1162692949
"""The first of the two keys of such a lock; the second is made of the duty's name."""

LOST_WHEN_NOT_ASKED: Final = f"{READS} -c idle_session_timeout=10s"
TAKE: Final = "SELECT pg_try_advisory_lock(%s::int, %s::int)"
LEAVE: Final = "SELECT pg_advisory_unlock(%s::int, %s::int)"
HIGHEST: Final = 2**31


class Duties:
    """The duties that this instance has; any thread may ask."""

    def __init__(self, access: PostgresAccess) -> None:
        self._access = access
        self._line: psycopg.Connection[Any] | None = None
        self._held: set[str] = set()
        self._closed = False
        self._lock = threading.Lock()

    def has(self, name: str) -> bool:
        """Say whether a duty is this instance's; it takes one that nobody has.

        Raises:
            psycopg.Error: the database cannot be asked; whatever this instance had, it has no more.
        """
        with self._lock:
            try:
                return self._has(name)
            except psycopg.Error:
                had_line = self._line is not None
                self._let_go()
                if not had_line or self._closed:
                    raise
            try:
                return self._has(name)  # another may have taken it over meanwhile
            except psycopg.Error:
                self._let_go()
                raise

    def _has(self, name: str) -> bool:
        if self._closed:
            raise psycopg.OperationalError(f"{self._access.name} is closed")
        if self._line is None:
            self._line = self._access.connect(LOST_WHEN_NOT_ASKED, "duties")
        if name in self._held:
            self._line.execute("SELECT 1")  # a lock is held as long as its session answers
            return True
        ((taken,),) = self._line.execute(TAKE, (DUTIES, _key(name))).fetchall()
        if taken:
            self._held.add(name)
        return bool(taken)

    def leave(self, name: str) -> None:
        """Let somebody else have a duty.

        Raises:
            psycopg.Error: the database cannot be told; then every duty is gone with the connection.
        """
        with self._lock:
            if name not in self._held or self._line is None:
                return
            self._held.discard(name)
            try:
                self._line.execute(LEAVE, (DUTIES, _key(name)))
            except psycopg.Error:
                self._let_go()
                raise

    def _let_go(self) -> None:
        self._held.clear()
        if self._line is not None:
            self._line.close()
            self._line = None

    def close(self) -> None:
        """Let go of every duty."""
        with self._lock:
            self._closed = True
            self._let_go()


def _key(name: str) -> int:
    return crc32(name.encode()) % HIGHEST
