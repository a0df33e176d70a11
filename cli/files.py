"""The files of an embedded product, looked at before anything opens them: there, whole, with all their tables.

Opening a store makes what is missing, and a proof must not mend what it is asked about.
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from chassis.clock import RehearsalClock
from chassis.files import SECRET_BYTES
from chassis.registry import Registry
from chassis.settings import Settings
from chassis.stores.migrations import NEWEST, SCRIPTS, number_of
from chassis.vault_tables import SCHEMA, VERSION
from services.__main__ import compose

MASTER_KEY = Path("keys") / "vault.key"
CLOCK = "clock.json"
VAULT = "vault.db"
DAMAGE_NAMED = 10

Tables = dict[str, frozenset[str]]
"""Table → its columns."""


def in_use(data: Path) -> bool:
    """Say whether a server holds a store of this folder."""
    for path in data.glob("*.lock"):
        with path.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
    return False


def unusable(data: Path, laws: Registry) -> Iterator[str]:
    """Say what keeps the stores in a folder from being read, in plain sentences."""
    for name, tables in expected_tables(laws).items():
        path = data / name
        if not path.is_file():
            yield f"{name} is missing."
        else:
            yield from (f"{name} {found}" for found in damage(path, tables))
    yield from _wrong_key(data / MASTER_KEY)
    if (data / CLOCK).exists():
        try:
            RehearsalClock(data / CLOCK)
        except (ValueError, LookupError, TypeError) as error:
            yield f"{CLOCK} cannot be read: {error}."


def _wrong_key(path: Path) -> Iterator[str]:
    if Settings.from_environment().vault_key:
        return  # the vault itself says whether it fits
    if not path.is_file():
        yield f"{MASTER_KEY} is missing: nothing personal can be opened without it."
    elif path.stat().st_size != SECRET_BYTES:
        yield f"{MASTER_KEY} has {path.stat().st_size} bytes instead of {SECRET_BYTES}."


def expected_tables(laws: Registry) -> dict[str, Tables]:
    """Return what a fresh product makes: file → its tables."""
    with TemporaryDirectory() as folder:
        compose(Path(folder), rehearsal=True, registry=laws).close()
        return {path.name: _tables_in(path) for path in sorted(Path(folder).glob("*.db"))}


def _tables_in(path: Path) -> Tables:
    with closing(_open(path)) as store:
        return _tables_of(store)


def _first_form(script: str) -> Tables:
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(script)
        return _tables_of(empty)


def _tables_of(store: sqlite3.Connection) -> Tables:
    names = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    return {
        name: frozenset(column for (column,) in store.execute("SELECT name FROM pragma_table_info(?)", (name,)))
        for name in names
    }


def damage(path: Path, tables: Tables) -> Iterator[str]:
    """Say what is wrong with one database: no database, torn pages, a table or a column that is not there."""
    try:
        with closing(_open(path)) as store:
            for (found,) in store.execute(f"PRAGMA integrity_check({DAMAGE_NAMED})"):
                if found != "ok":
                    yield f"is damaged: {found}."
            number = number_of(store)
        present = _tables_in(path)
    except sqlite3.DatabaseError as error:
        yield f"cannot be read: {error}."
        return
    if number < (VERSION if path.name == VAULT else NEWEST):
        # An earlier version wrote it: opening brings it up, and builds its read models anew.
        tables = _first_form(SCHEMA if path.name == VAULT else SCRIPTS[1])
    for table in sorted(tables.keys() - present.keys()):
        yield f"has no table {table}."
    for table in sorted(tables.keys() & present.keys()):
        for column in sorted(tables[table] - present[table]):
            yield f"has no column {column} in its table {table}."


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
