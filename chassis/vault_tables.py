"""The vault's own database: its tables, how an older one is brought up to them, and what SQLite says in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chassis.stores.store import StoreUnavailable

VERSION = 2
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA secure_delete=ON;"
SCHEMA = """
CREATE TABLE IF NOT EXISTS people(person TEXT PRIMARY KEY, wrapped_key BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lookup(digest BLOB PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS openings(
  id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, by TEXT NOT NULL, purpose TEXT NOT NULL,
  fields TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS openings_of ON openings(person);
"""
SINCE_2 = """
CREATE TABLE IF NOT EXISTS index_keys(number INTEGER PRIMARY KEY, wrapped_key BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS also_known(
  digest BLOB NOT NULL, person TEXT NOT NULL, PRIMARY KEY(digest, person)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forgotten(
  person TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, law TEXT NOT NULL, decision TEXT NOT NULL,
  traceless INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS copies(path TEXT PRIMARY KEY, made_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS pending(path TEXT NOT NULL, person TEXT NOT NULL, PRIMARY KEY(path, person)) STRICT;
CREATE INDEX IF NOT EXISTS openings_about ON openings(about);
"""
NEW_COLUMNS = ("about", "handed_to")
"""Of an opening: the dossier's reference, and who outside was given what was read ("" where it stayed inside)."""


def connected(path: Path) -> sqlite3.Connection:
    """Return a connection to a vault's database, its tables brought up to this version.

    Raises:
        StoreUnavailable: another process holds it for longer than one waits.
        ValueError: a newer version of the product wrote it.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        with said_plainly():
            db.executescript(PRAGMAS)
            if (found := _version(db)) > VERSION:
                raise ValueError(f"{path.name} was written by a newer version of the product ({found} > {VERSION})")
            if found < VERSION:
                _bring_up(db)
    except BaseException:
        db.close()
        raise
    return db


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _bring_up(db: sqlite3.Connection) -> None:
    """Make what is missing, in one transaction: a power cut leaves the old vault or the new."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in filter(str.strip, SCHEMA.split(";")):
            db.execute(statement)
        there = {row[1] for row in db.execute("PRAGMA table_info(openings)")}
        for column in NEW_COLUMNS:
            if column not in there:
                db.execute(f"ALTER TABLE openings ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
        for statement in filter(str.strip, SINCE_2.split(";")):
            db.execute(statement)
        db.execute(f"PRAGMA user_version={VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def said_plainly() -> Iterator[None]:
    """Say in the port's words that the vault's database cannot be used now."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"vault: {error}") from error


@contextmanager
def together(db: sqlite3.Connection) -> Iterator[None]:
    """Carry out what is inside wholly or not at all."""
    with said_plainly():
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def asked(db: sqlite3.Connection, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return every row at once."""
    with said_plainly():
        return db.execute(sql, params).fetchall()
