"""Another master key for a vault: every key is wrapped anew, and the look-up index is digested once more.

Whatever happens on the way, either the old master key works or the new one: the new one stands beside the old before
the one transaction that wraps all keys under it, and takes the old one's name after. `SqliteVault` looks at both when
it is opened and keeps the one that fits.
"""

import hmac
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.files import SECRET_BYTES, replace_durably, take_its_place
from chassis.vault_keys import INDEX, Master, from_base64, next_to
from chassis.vault_tables import asked, said_plainly, together

PAGE = 1_000


def exchange_master(
    db: sqlite3.Connection, old: Master, file: Path, to: str, keep_old: Path | None
) -> tuple[Master, int]:
    """Wrap everything under a new master key; return it, and how many people's keys were wrapped.

    Args:
        to: the new key in base64 where it comes from the environment; "" makes one and keeps it in `file`.
        keep_old: where the old key is written, or None.
    """
    key = from_base64(to) if to else secrets.token_bytes(SECRET_BYTES)
    new = Master(key)
    if keep_old is not None:
        old.write(keep_old)
    if not to:
        replace_durably(next_to(file), key, 0o600)
    with together(db):
        count = sum(1 for _ in _rewrapped(db, old, new))
        _digest_once_more(db, old, new)
    if not to:
        take_its_place(next_to(file), file)
    with said_plainly():
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("VACUUM")  # what the old key opened is not left in free pages
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return new, count


def _rewrapped(db: sqlite3.Connection, old: Master, new: Master) -> Iterator[str]:
    sql = "SELECT person, wrapped_key FROM people WHERE person>? ORDER BY person LIMIT ?"
    after = ""
    while page := asked(db, sql, (after, PAGE)):
        for person, wrapped in page:
            again = new.wrap(old.unwrap(wrapped, person), person)
            asked(db, "UPDATE people SET wrapped_key=? WHERE person=?", (again, person))
            yield person
        after = page[-1][0]


def _digest_once_more(db: sqlite3.Connection, old: Master, new: Master) -> None:
    """Wrap the index's keys, add one, and digest every entry under it: who is whom need not be known for that."""
    for number, wrapped in asked(db, "SELECT number, wrapped_key FROM index_keys"):
        again = new.wrap(old.unwrap(wrapped, INDEX), INDEX)
        asked(db, "UPDATE index_keys SET wrapped_key=? WHERE number=?", (again, number))
    key = AESGCM.generate_key(256)
    asked(db, "INSERT INTO index_keys(wrapped_key) VALUES(?)", (new.wrap(key, INDEX),))
    for table in ("lookup", "also_known"):
        db.create_function("digested", 1, lambda digest: hmac.digest(key, digest, "sha256"), deterministic=True)
        asked(db, f"CREATE TEMP TABLE entries AS SELECT digested(digest) AS digest, person FROM {table}")
        asked(db, f"DELETE FROM {table}")
        asked(db, f"INSERT INTO {table}(digest, person) SELECT digest, person FROM entries ORDER BY digest, person")
        asked(db, "DROP TABLE entries")
    db.create_function("digested", 1, None)
