"""Forgetting a person: the key and every row that leads to it are destroyed, here and in every copy of the vault.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14 (deletion is safe and cannot be undone, and a record of it is
kept; where it cannot be done yet, the one who asked is told); NĐ 356/2025.

What stays is the proof: an opaque id, when, who ordered it, by which law and decision, and never a name. A copy that
cannot be reached is named and stays pending until it can, or until somebody says that it no longer exists.
"""

import mmap
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from chassis.stores.store import StoreUnavailable
from chassis.vault_keys import CannotOpen
from chassis.vault_port import Copy, Forgotten, Pending
from chassis.vault_tables import asked, connected, said_plainly, together

TABLES_OF_A_PERSON = ("people", "lookup", "also_known")


def destroy(db: sqlite3.Connection, path: Path, proof: Forgotten) -> Forgotten:
    """Destroy what a vault's database holds of a person, physically, and return the proof that is kept.

    Raises:
        CannotOpen: the person is not known, and was not forgotten.
        StoreUnavailable: somebody else reads the database, so that traces may be left; ask again.
    """
    kept = [one for one in forgotten_in(db) if one.person == proof.person]
    if not kept and not asked(db, "SELECT 1 FROM people WHERE person=?", (proof.person,)):
        raise CannotOpen("this vault knows no such person")
    remains = tuple(_remains(db, proof.person))
    if not kept or remains:
        with together(db):
            asked(db, "INSERT INTO forgotten VALUES(?, ?, ?, ?, ?, 0) ON CONFLICT(person) DO NOTHING", proof)
            asked(db, "UPDATE forgotten SET traceless=0 WHERE person=?", (proof.person,))
            for table in TABLES_OF_A_PERSON:
                asked(db, f"DELETE FROM {table} WHERE person=?", (proof.person,))
            asked(db, "INSERT INTO pending SELECT path, ? FROM copies WHERE true ON CONFLICT DO NOTHING", proof[:1])
    if asked(db, "SELECT 1 FROM forgotten WHERE person=? AND traceless=0", (proof.person,)):
        _leave_no_trace(db, path, remains)
        asked(db, "UPDATE forgotten SET traceless=1 WHERE person=?", (proof.person,))
    return kept[0] if kept else proof


def _remains(db: sqlite3.Connection, person: str) -> Iterator[bytes]:
    """Yield the bytes that must not stand in the file afterwards.

    An entry of the index is its digest with the person behind it: the digest of a phone may be another's too.
    """
    yield from (row[0] for row in asked(db, "SELECT wrapped_key FROM people WHERE person=?", (person,)))
    for table in ("lookup", "also_known"):
        rows = asked(db, f"SELECT digest FROM {table} WHERE person=?", (person,))
        yield from (digest + person.encode() for (digest,) in rows)


def _leave_no_trace(db: sqlite3.Connection, path: Path, remains: tuple[bytes, ...]) -> None:
    """Empty the write-ahead log, and look for what was destroyed; the file is written anew if it is still there.

    Deleted cells are overwritten (`secure_delete`), but a page that was split may keep an older image of one.
    """
    _empty_the_log(db)
    if not remains or any(stands_in(path, one) for one in remains):
        with said_plainly():
            db.execute("VACUUM")
        _empty_the_log(db)
    if any(stands_in(path, one) for one in remains):
        raise StoreUnavailable("vault: what was destroyed still stands in its file; ask again")


def leave_no_traces(db: sqlite3.Connection, path: Path) -> None:
    """Finish what an interrupted forgetting has begun: the rows are gone, their bytes may not be.

    Raises:
        StoreUnavailable: somebody else reads the database.
    """
    if asked(db, "SELECT 1 FROM forgotten WHERE traceless=0 LIMIT 1"):
        _leave_no_trace(db, path, ())
        asked(db, "UPDATE forgotten SET traceless=1")


def _empty_the_log(db: sqlite3.Connection) -> None:
    ((busy, _, _),) = asked(db, "PRAGMA wal_checkpoint(TRUNCATE)")
    if busy:
        raise StoreUnavailable("vault: somebody reads its database, as a backup does; ask again when that has ended")


def stands_in(path: Path, content: bytes) -> bool:
    """Say whether some bytes stand anywhere in a database, its log included."""
    for file in (path, path.with_name(path.name + "-wal")):
        if file.exists() and file.stat().st_size:
            with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as bytes_of:
                if bytes_of.find(content) >= 0:
                    return True
    return False


def forgotten_in(db: sqlite3.Connection) -> tuple[Forgotten, ...]:
    """Return every proof that a vault's database holds."""
    rows = asked(db, f"SELECT {', '.join(Forgotten._fields)} FROM forgotten ORDER BY at, person")
    return tuple(map(Forgotten._make, rows))


class Copies:
    """The copies of a vault that were made: forgetting reaches each, or says that it has not."""

    def __init__(self, db: sqlite3.Connection, lock: threading.Lock, path: Path) -> None:
        self._db, self._lock, self._path = db, lock, path

    def known(self) -> tuple[Copy, ...]:
        """Return every copy that was registered."""
        with self._lock:
            return tuple(map(Copy._make, asked(self._db, "SELECT path, made_at FROM copies ORDER BY made_at, path")))

    def pending(self) -> tuple[Pending, ...]:
        """Return in which copies who is not forgotten yet."""
        with self._lock:
            return tuple(map(Pending._make, asked(self._db, "SELECT path, person FROM pending ORDER BY path, person")))

    def catch_up(self) -> tuple[Pending, ...]:
        """Forget in every copy that can be reached whoever is not forgotten there yet; return what stays pending."""
        with self._lock:
            proofs = {proof.person: proof for proof in forgotten_in(self._db)}
        for path, person in self.pending():
            try:
                forget_again(Path(path), (proofs[person],))
            except (OSError, ValueError, StoreUnavailable):
                continue
            with self._lock:
                asked(self._db, "DELETE FROM pending WHERE path=? AND person=?", (path, person))
        return self.pending()

    def gone(self, path: Path) -> bool:
        """Take an operator's word that a copy no longer exists anywhere; say whether it was known."""
        with self._lock, together(self._db):
            known = asked(self._db, "DELETE FROM copies WHERE path=? RETURNING path", (_named(path),))
            asked(self._db, "DELETE FROM pending WHERE path=?", (_named(path),))
        return bool(known)


def register_copy(vault: Path, copy: Path, at: datetime) -> None:
    """Write down in a vault that a copy of its database is about to be made; call it before the copying begins.

    Whoever is forgotten while the copying runs is then pending there, and cannot slip through. A server may be using
    the vault.

    Args:
        vault: the vault's database, as `data/vault.db`.
        copy: the file that will be its copy.
    """
    with closing(connected(vault)) as db, together(db):
        row = (_named(copy), at.isoformat())
        asked(db, "INSERT INTO copies VALUES(?, ?) ON CONFLICT(path) DO UPDATE SET made_at=excluded.made_at", row)
        asked(db, "DELETE FROM pending WHERE path=?", row[:1])


def forget_again(vault: Path, records: Iterable[Forgotten]) -> int:
    """Forget in a copy of a vault, or in one brought back from a copy, whoever was forgotten since; return how many.

    Raises:
        FileNotFoundError: there is no such copy, or it cannot be reached.
        StoreUnavailable: it is in use.
    """
    if not vault.is_file():
        raise FileNotFoundError(f"{vault} cannot be reached")
    done = 0
    with closing(connected(vault)) as db:
        for record in records:
            if asked(db, "SELECT 1 FROM people WHERE person=?", record[:1]):
                done += 1
            else:  # made before they were known, or after they were forgotten
                asked(db, "INSERT INTO forgotten VALUES(?, ?, ?, ?, ?, 1) ON CONFLICT(person) DO NOTHING", record)
            destroy(db, vault, record)
    return done


def proofs_of(vault: Path) -> tuple[Forgotten, ...]:
    """Return every proof that a vault's file holds; a server may be using it.

    Raises:
        FileNotFoundError: there is no such vault.
    """
    if not vault.is_file():
        raise FileNotFoundError(f"{vault} cannot be reached")
    with closing(connected(vault)) as db:
        return forgotten_in(db)


def _named(path: Path) -> str:
    return str(path.resolve())
