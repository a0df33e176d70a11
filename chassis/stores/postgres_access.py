"""How a process gets to its database, and what each refusal there asks of an operator."""

from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from chassis.stores.postgres_types import ADAPTERS

CONNECT_WITHIN_S: Final = 3
LIVENESS: Final = {
    "connect_timeout": CONNECT_WITHIN_S,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that has vanished without a word is given up within some ten seconds."""

WRITES: Final = "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
"""A writer finds every row by its key. A table that has just grown from nothing has no statistics to tell that by."""

READS: Final = "-c jit=off -c default_transaction_read_only=on"

LAW_OF_ROLES: Final = {
    "idle_in_transaction_session_timeout": "15s",
    "lock_timeout": "5s",
    "deadlock_timeout": "200ms",
    "synchronous_commit": "on",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
"""What holds for every session of a service's role, whoever opens it.

Without the signs of life a client that was cut off in the middle of a batch would leave its locks behind for two hours:
while the rest of a batch is to come, the session is not idle, and no other limit ends it.
"""


@dataclass(frozen=True, slots=True)
class PostgresAccess:
    """One role's way to one database.

    Args:
        conninfo: as libpq reads it, without the password: `host=… port=… dbname=intake user=intake sslmode=…`.
    """

    conninfo: str
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """Return the database's name, for people."""
        return str(conninfo_to_dict(self.conninfo).get("dbname", "") or "database")

    def arguments(self, options: str, purpose: str = "") -> dict[str, Any]:
        """Return what `psycopg.connect` is given beside the conninfo; `purpose` is what the server's lists show."""
        given: dict[str, Any] = {**LIVENESS, "options": options, "application_name": f"lienthong {purpose}".strip()}
        if self.password:
            given["password"] = self.password
        return given | {"autocommit": True, "context": ADAPTERS}

    def connect(self, options: str = READS, purpose: str = "") -> psycopg.Connection[Any]:
        """Open a connection on which every statement is a transaction of its own.

        Raises:
            psycopg.OperationalError: it cannot be reached, or refuses; `meaning_of` says what to do.
        """
        return psycopg.connect(self.conninfo, **self.arguments(options, purpose))


ADVICE: Final = (
    ("password authentication failed", "the password is not the role's: look at LIENTHONG_DATABASE_PASSWORD(_FILE), "
     "or set the role's password anew with `lienthong postgres apply`"),
    ("no password supplied", "no password was given: set LIENTHONG_DATABASE_PASSWORD_FILE"),
    ("permission denied for database", "this role may not enter that database: each service has its own; look at "
     "dbname and user in LIENTHONG_DATABASE"),
    ("permission denied for", "this role may not do that here: each service has its own database; look at dbname and "
     "user in LIENTHONG_DATABASE"),
    ("no pg_hba.conf entry", "the server lets nobody in this way: ask for TLS with sslmode=verify-full and sslrootcert "
     "in LIENTHONG_DATABASE"),
    ("certificate verify failed", "the server is not the one that sslrootcert in LIENTHONG_DATABASE vouches for"),
    ("root certificate file", "sslrootcert in LIENTHONG_DATABASE names no file that can be read"),
    ("server does not support SSL", "the server has no TLS: it was started without its certificate"),
    ("does not exist", "roles and databases are made with `lienthong postgres apply`"),
    ("Connection refused", "nothing answers there: is PostgreSQL running, and are host and port in LIENTHONG_DATABASE "
     "right?"),
    ("too many clients", "the server has no connection left: raise its max_connections or run fewer instances"),
    ("remaining connection slots", "the server has no connection left: raise its max_connections or run fewer "
     "instances"),
    ("No space left on device", "the disk of the database is full: make room, what waits goes on by itself"),
)  # fmt: skip
"""What PostgreSQL says → what an operator does about it; the first that fits."""


def meaning_of(error: Exception) -> str:
    """Return an error of the database in one line, with what to do about it where that is known."""
    said = " ".join(str(error).split()) or type(error).__name__
    return next((f"{said} — {what}" for words, what in ADVICE if words in said), said)
