"""The vault's own database in PostgreSQL: its tables, the pool of connections, and what it says in our words."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from chassis.stores.postgres_access import WRITES, PostgresAccess, meaning_of
from chassis.stores.postgres_migrations import bring_up
from chassis.stores.store import StoreUnavailable

log = logging.getLogger("lienthong.vault")

STEPS: Final = Path(__file__).parent / "stores" / "sql" / "vault"
CONNECTIONS_MAX: Final = 16
CONNECTION_WITHIN_S: Final = 2.0
GIVEN_UP_AFTER_S: Final = 1.0
"""The pool tries again later and later, for minutes in the end; given up early, whoever asks next tries at once."""

LOCKS: Final = 0x7661756C
"""First key of the vault's advisory locks; the second says which. Every connection of a running vault shares `IN_USE`,
so that a rotation, which takes it alone, finds out that somebody is there."""
IN_USE: Final = 1
FORGETTING: Final = 2

Params = Mapping[str, Any] | Sequence[Any]
Rows = list[tuple[Any, ...]]


@contextmanager
def said_plainly() -> Iterator[None]:
    """Say in the port's words that the vault's database cannot be used now."""
    try:
        yield
    except psycopg.Error as error:
        raise StoreUnavailable(f"vault: {meaning_of(error)}") from error


def ways_in(access: PostgresAccess, purpose: str) -> dict[str, Any]:
    """Return what a connection to the vault's database is given beside its conninfo: psycopg's own types are right."""
    return access.arguments(WRITES, purpose) | {"context": None}


class _Broke(Exception):
    """The connection is gone."""

    def __init__(self, cause: psycopg.Error) -> None:
        super().__init__()
        self.cause = cause


class Database:
    """Asks the vault's database, from any thread; every statement is a transaction of its own, and may be said twice.

    A connection that broke since it was used last is exchanged and the statement said once more: a server that was
    started anew is noticed by nobody.
    """

    def __init__(self, access: PostgresAccess) -> None:
        self.name = access.name
        self.index_keys = 0
        with said_plainly():
            bring_up(access, STEPS)
        self._pool = ConnectionPool(
            access.conninfo,
            kwargs=ways_in(access, "vault"),
            configure=self._enter,
            min_size=1,
            max_size=CONNECTIONS_MAX,
            timeout=CONNECTION_WITHIN_S,
            reconnect_timeout=GIVEN_UP_AFTER_S,
            name="vault",
            open=True,
        )

    def _enter(self, db: psycopg.Connection[Any]) -> None:
        """Let a rotation know that this connection is there, and refuse one that came after another's."""
        (taken,) = db.execute(f"SELECT pg_try_advisory_lock_shared({LOCKS}, {IN_USE})").fetchone() or (False,)
        if not taken:
            raise psycopg.OperationalError("the vault's master key is being exchanged")
        (count,) = db.execute("SELECT count(*) FROM index_keys").fetchone() or (0,)
        if self.index_keys and count != self.index_keys:
            log.error("the vault's master key was exchanged while this process ran: start it anew with the new key")
            raise psycopg.OperationalError("the vault's master key was exchanged: start this process anew")

    def asked(self, sql: str, params: Params = ()) -> Rows:
        """Return every row at once.

        Raises:
            StoreUnavailable: the database cannot be reached, or refuses.
        """
        with said_plainly():
            try:
                return self._asked(sql, params)
            except _Broke:
                self._pool.check()  # whatever else was cut off with it
            try:
                return self._asked(sql, params)
            except _Broke as error:
                raise error.cause from error

    def _asked(self, sql: str, params: Params) -> Rows:
        with self._pool.connection() as db:
            try:
                cursor = db.execute(sql.encode(), params, prepare=True)
                return cursor.fetchall() if cursor.description else []
            except psycopg.Error as error:
                if db.closed:
                    raise _Broke(error) from error
                raise

    @contextmanager
    def together(self) -> Iterator[psycopg.Connection[Any]]:
        """Carry out what is inside wholly or not at all."""
        with said_plainly(), self._pool.connection() as db, db.transaction():
            yield db

    def close(self) -> None:
        self._pool.close()
