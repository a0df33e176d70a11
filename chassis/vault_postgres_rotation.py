"""Another master key for a vault in PostgreSQL: one transaction, while no process of the vault runs.

`python -m chassis.vault_server rotate` with `LIENTHONG_VAULT_KEY` and `LIENTHONG_VAULT_KEY_NEXT`. Until it has ended
the old key opens the vault, from then on the new one does; a vault that is given both takes the one that fits. The
vault's connections share a lock that this takes alone, so a process that was overlooked is found out, and one that
comes back afterwards with the old key is refused.
"""

import hmac
from typing import Any, Final

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from chassis.vault_keys import INDEX, Master
from chassis.vault_postgres_tables import IN_USE, LOCKS, said_plainly, ways_in

PAGE: Final = 1_000
INDEXES: Final = ("lookup", "also_known")


def exchange_master(access: PostgresAccess, old: Master, new: Master) -> int:
    """Wrap every key under a new master key, digest every entry of the index once more; return how many keys.

    Raises:
        CannotOpen: `old` is not this vault's master key; nothing was changed.
        StoreUnavailable: a process of the vault runs, or the database cannot be reached; nothing was changed.
    """
    with said_plainly(), psycopg.connect(access.conninfo, **ways_in(access, "vault rotation")) as db:
        (alone,) = db.execute(f"SELECT pg_try_advisory_lock({LOCKS}, {IN_USE})").fetchone() or (False,)
        if not alone:
            raise StoreUnavailable("vault: a process of it runs; stop every one before its master key is exchanged")
        with db.transaction():
            count = _wrap_again(db, old, new)
            _digest_once_more(db, old, new)
        for table in ("people", "index_keys", *INDEXES):
            db.execute(f"VACUUM (FULL) {table}")  # what the old key opened is not left in free pages
    return count


def _wrap_again(db: psycopg.Connection[Any], old: Master, new: Master) -> int:
    count, after = 0, ""
    sql = "SELECT person, wrapped_key FROM people WHERE person > %s ORDER BY person LIMIT %s"
    while page := db.execute(sql, (after, PAGE)).fetchall():
        again = [new.wrap(old.unwrap(wrapped, person), person) for person, wrapped in page]
        db.execute(
            """UPDATE people SET wrapped_key = again.wrapped
               FROM unnest(%s::text[], %s::bytea[]) AS again(person, wrapped) WHERE people.person = again.person""",
            ([person for person, _ in page], again),
        )
        count, after = count + len(page), page[-1][0]
    return count


def _digest_once_more(db: psycopg.Connection[Any], old: Master, new: Master) -> None:
    """Wrap the index's keys, add one, and digest every entry under it: who is whom need not be known for that."""
    kept = db.execute("SELECT number, wrapped_key FROM index_keys ORDER BY number").fetchall()
    for number, wrapped in kept:
        again = new.wrap(old.unwrap(wrapped, INDEX), INDEX)
        db.execute("UPDATE index_keys SET wrapped_key=%s WHERE number=%s", (again, number))
    key = AESGCM.generate_key(256)
    db.execute("INSERT INTO index_keys VALUES (%s, %s)", (len(kept) + 1, new.wrap(key, INDEX)))
    for table in INDEXES:
        db.execute(f"CREATE TEMP TABLE entries ON COMMIT DROP AS SELECT digest, person FROM {table} ORDER BY digest")
        db.execute(f"DELETE FROM {table}")
        db.execute("ALTER TABLE entries ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
        after = 0
        sql = "SELECT number, digest, person FROM entries WHERE number > %s ORDER BY number LIMIT %s"
        while page := db.execute(sql, (after, PAGE)).fetchall():
            digests = [hmac.digest(key, digest, "sha256") for _, digest, _ in page]
            db.execute(
                f"INSERT INTO {table}(digest, person) SELECT * FROM unnest(%s::bytea[], %s::text[])",
                (digests, [person for _, _, person in page]),
            )
            after = page[-1][0]
        db.execute("DROP TABLE entries")
