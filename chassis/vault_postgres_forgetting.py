"""Forgetting in PostgreSQL: the rows at once, their bytes with the tables' old files, and then with the server's log.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14 (deletion is safe and cannot be undone, and a record of it is
kept; where it cannot be done yet, the one who asked is told).

A deleted row stays in the table's file until that is written anew, and in the write-ahead log until the server lets go
of those pages. So the tables are written anew at once, and the log counts as one more copy, pending until the server
has removed everything that was written before. Other copies, as a dump, are registered by name; nobody can reach into
them from here, so each stays pending until somebody says that it no longer exists.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg
from psycopg import sql

from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from chassis.vault_forgetting import TABLES_OF_A_PERSON
from chassis.vault_keys import CannotOpen
from chassis.vault_port import Copy, Forgotten, Pending
from chassis.vault_postgres_tables import FORGETTING, LOCKS, Database

SERVER_LOG: Final = "write-ahead log"
COLUMNS: Final = ", ".join(Forgotten._fields)

# Files of the log are numbered upwards; their names end in two hexadecimal numbers of eight digits.
OLDEST_IN_LOG: Final = """
SELECT pg_walfile_name(%s::pg_lsn) < min(name) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"""


def permit(admin: PostgresAccess, role: str) -> None:
    """Let a vault's role see to it that the server's log is rid of those who were forgotten.

    Without it the log stays pending until an operator says that it is gone; so it does where `wal_recycle` is on.

    Args:
        admin: the administrator's way into the vault's database.
    """
    name = sql.Identifier(role)
    with admin.connect("") as db:
        db.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(name))
        for function in ("pg_switch_wal()", "pg_ls_waldir()"):
            db.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), name))


def is_permitted(admin: PostgresAccess, role: str) -> bool:
    """Say whether a vault's role may see to it.

    Args:
        admin: the administrator's way into the vault's database.
    """
    ask = """SELECT pg_has_role(%(role)s, 'pg_checkpoint', 'USAGE')
        AND has_function_privilege(%(role)s, 'pg_switch_wal()', 'EXECUTE')
        AND has_function_privilege(%(role)s, 'pg_ls_waldir()', 'EXECUTE')"""
    with admin.connect() as db:
        ((may,),) = db.execute(ask, {"role": role}).fetchall()
    return bool(may)


class Traces:
    """What is left of those who were forgotten, and where: here, in the server's log, in copies."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def destroy(self, proof: Forgotten) -> Forgotten:
        """Destroy what the database holds of a person, and return the proof that is kept.

        Raises:
            CannotOpen: the person is not known, and was not forgotten.
            StoreUnavailable: somebody reads the tables for longer than one waits; the rows are gone, ask again.
        """
        with self._db.together() as db:
            db.execute(f"SELECT pg_advisory_xact_lock({LOCKS}, {FORGETTING})")
            kept = db.execute(f"SELECT {COLUMNS} FROM forgotten WHERE person=%s", proof[:1]).fetchone()
            known = "SELECT 1 FROM people WHERE person=%s AND (drafted_at IS NULL OR %s) FOR UPDATE"
            if db.execute(known, (proof.person, kept is not None)).fetchone():
                db.execute(
                    """INSERT INTO forgotten VALUES (%s, %s, %s, %s, %s)
                       ON CONFLICT (person) DO UPDATE SET traceless = false""", proof,
                )  # fmt: skip
                for table in TABLES_OF_A_PERSON:
                    db.execute(f"DELETE FROM {table} WHERE person=%s", proof[:1])
                db.execute(
                    """INSERT INTO pending(path, person) SELECT path, %s FROM copies UNION SELECT %s, %s
                       ON CONFLICT (path, person) DO UPDATE SET since = NULL""",
                    (proof.person, SERVER_LOG, proof.person),
                )
            elif kept is None:
                raise CannotOpen("this vault knows no such person")
        self._leave_no_trace()
        with suppress(StoreUnavailable):  # it stays pending, and is said to be
            self.catch_up()
        return Forgotten._make(kept) if kept else proof

    def _leave_no_trace(self) -> None:
        """Write the tables anew where a forgetting was not ended; their old files go with that."""
        begun = self._db.asked("SELECT person FROM forgotten WHERE NOT traceless")
        if not begun:
            return
        for table in TABLES_OF_A_PERSON:
            self._db.asked(f"VACUUM (FULL) {table}")
        people = [person for (person,) in begun]
        # From here on nothing of them is written to the log any more; what was written before is the log's to lose.
        self._db.asked(
            "UPDATE pending SET since=pg_current_wal_insert_lsn() WHERE path=%s AND person=ANY(%s)",
            (SERVER_LOG, people),
        )
        self._db.asked("UPDATE forgotten SET traceless=true WHERE person=ANY(%s)", (people,))

    def proofs(self) -> tuple[Forgotten, ...]:
        """Return every proof, in the order in which it was done."""
        return tuple(map(Forgotten._make, self._db.asked(f"SELECT {COLUMNS} FROM forgotten ORDER BY at, person")))

    def forget_again(self, proofs: Iterable[Forgotten]) -> int:
        """Forget in a database that was brought back from a copy whoever was forgotten since; return how many."""
        done = 0
        for proof in proofs:
            known = bool(self._db.asked("SELECT 1 FROM people WHERE person=%s", proof[:1]))
            done += known
            self._db.asked(
                "INSERT INTO forgotten VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING", (*proof, not known)
            )
            self.destroy(proof)
        return done

    # --- copies ---

    def register(self, path: str, at: datetime) -> None:
        """Write down that a copy of the database is about to be made; call it before the copying begins."""
        self._db.asked(
            "INSERT INTO copies VALUES (%s, %s) ON CONFLICT (path) DO UPDATE SET made_at=excluded.made_at",
            (path, at.isoformat()),
        )
        self._db.asked("DELETE FROM pending WHERE path=%s", (path,))

    def known(self) -> tuple[Copy, ...]:
        return tuple(map(Copy._make, self._db.asked("SELECT path, made_at FROM copies ORDER BY made_at, path")))

    def pending(self) -> tuple[Pending, ...]:
        return tuple(map(Pending._make, self._db.asked("SELECT path, person FROM pending ORDER BY path, person")))

    def gone(self, path: str) -> bool:
        """Take an operator's word that a copy no longer exists anywhere; say whether it was known."""
        known = self._db.asked("DELETE FROM copies WHERE path=%s RETURNING path", (path,))
        known += self._db.asked("DELETE FROM pending WHERE path=%s RETURNING path", (path,))
        return bool(known)

    def catch_up(self) -> tuple[Pending, ...]:
        """Finish what was interrupted, and ask the server whether its log is rid of those who were forgotten."""
        self._leave_no_trace()
        waiting = self._db.asked("SELECT person, since FROM pending WHERE path=%s AND since IS NOT NULL", (SERVER_LOG,))
        if waiting and self._log_is_removed():
            for person, since in waiting:
                if self._db.asked(OLDEST_IN_LOG, (since,)) == [(True,)]:
                    self._db.asked("DELETE FROM pending WHERE path=%s AND person=%s", (SERVER_LOG, person))
        return self.pending()

    def _log_is_removed(self) -> bool:
        """Let the server remove what it no longer needs of its log, as far as this role may ask for it.

        Where it uses old files of the log again (`wal_recycle`), they hold what was written until it is written over,
        and nobody can tell from here when that is.
        """
        if self._db.asked("SHOW wal_recycle") != [("off",)]:
            return False
        try:
            self._db.asked("SELECT pg_switch_wal()")
            self._db.asked("CHECKPOINT")
            self._db.asked("SELECT count(*) FROM pg_ls_waldir()")
        except StoreUnavailable as error:
            if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
                return False
            raise
        return True
