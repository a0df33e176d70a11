"""Brings a store that an earlier version wrote to the form of this one: numbered steps, each one transaction.

A file knows its number (`PRAGMA user_version`); 0 is an empty file, or one of version 0.1.0, which did not number
them. A step is an SQL file, and a function where SQL cannot say it. Steps are added, never changed.
"""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from chassis.stores.chain import NOTHING_BEFORE, event_hash
from chassis.stores.store import NewEvent, StoreUnavailable

FOLDER: Final = Path(__file__).parent / "sql" / "sqlite"
SCRIPTS: Final = {int(path.stem): path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql"))}
NEWEST: Final = max(SCRIPTS)
PAGE: Final = 1_000

HASHED_LATER: Final = "hashed_later"
"""The note in `meta` of up to where events were hashed when their store was brought up, not when they happened."""


class StoreTooNew(StoreUnavailable):
    """The store was written by a later version of the product than this one."""


def number_of(db: sqlite3.Connection) -> int:
    """Return the number of a file's form, 0 where it has none yet."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def bring_up(db: sqlite3.Connection, name: str) -> None:
    """Bring a store to the newest form; a step that does not come to its end leaves the file as it was.

    Raises:
        StoreTooNew: a later version wrote it; nothing was touched.
    """
    found = number_of(db)
    if found > NEWEST:
        raise StoreTooNew(
            f"{name} was written by a later version of Liên Thông: its form is number {found}, "
            f"and this version knows the forms up to {NEWEST}"
        )
    for number in range(found + 1, NEWEST + 1):
        try:
            db.executescript(f"BEGIN IMMEDIATE; {SCRIPTS[number]}")
            if number in STEPS:
                STEPS[number](db)
            db.execute(f"PRAGMA user_version={number}")
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _hash_what_is_there(db: sqlite3.Connection) -> None:
    """Tie the events that were stored before there were hashes, and write down how far that went."""
    last: dict[str, bytes] = {}
    after, generation = 0, 1
    sql = f"SELECT position, {', '.join(NewEvent._fields)} FROM events WHERE position>? ORDER BY position LIMIT {PAGE}"
    while page := db.execute(sql, (after,)).fetchall():
        hashes = []
        for position, *fields in page:
            event = NewEvent._make(fields)
            last[event.stream] = event_hash(last.get(event.stream, NOTHING_BEFORE), generation, event)
            hashes.append((last[event.stream], position))
        db.executemany("UPDATE events SET hash=? WHERE position=?", hashes)
        after = page[-1][0]
    if after:
        db.execute("INSERT INTO meta VALUES(?, ?)", (HASHED_LATER, str(after)))


STEPS: Final[Mapping[int, Callable[[sqlite3.Connection], None]]] = {2: _hash_what_is_there}
"""What a step does beside its SQL, in the same transaction."""
