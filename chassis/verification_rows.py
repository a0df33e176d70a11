"""Checks of what follows from a log and can be made from it anew: timers and read models."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from chassis.clock import to_us
from chassis.codec import Unreadable
from chassis.rebuilding import Unfit, rows_of
from chassis.run import Running
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import Statement, TimerRow
from chassis.verification_words import PAGE, Checked, Scene, readable_events
from kernel.message import Timer

ROWS_NAMED = 10


def timers(scene: Scene, checked: Checked) -> None:
    """Every timer that the events have set and not cancelled is kept as it was set, or its hour has come."""
    now_us = to_us(scene.engine.clock.now())
    kept = {row.id: row for row in _kept_timers(scene.running)}
    wanted: dict[str, Timer] = {}
    own = frozenset(scene.service.events)
    for _, event in readable_events(scene.running):
        for timer in scene.service.timers(event) if type(event) in own else ():
            checked.counted += 1
            # One that has gone off and is not there any more need not be remembered.
            if isinstance(timer, Timer) and (timer.id in kept or to_us(timer.due_at) > now_us):
                wanted[timer.id] = timer
            else:
                wanted.pop(timer.id, None)
    for id, timer in wanted.items():
        if id not in kept:
            checked.breaks(f"timer {id} is not kept, though it is not due yet")
        elif not _is_set_as(scene.running, kept[id], timer):
            checked.breaks(f"timer {id} is kept otherwise than it was set")
    for id, row in kept.items():
        if id not in wanted:
            checked.breaks(f"timer {id} is kept, though no event asks for it")
        elif row.due_us <= now_us:
            checked.waits(f"timer {id} is due")


def _kept_timers(running: Running) -> Iterator[TimerRow]:
    sql = "SELECT id, due_us, command, data FROM timers WHERE id>:after ORDER BY id LIMIT :limit"
    after = ""
    while page := running.store.query(sql, {"after": after, "limit": PAGE}):
        yield from (TimerRow(**row) for row in page)
        after = page[-1]["id"]


def _is_set_as(running: Running, row: TimerRow, timer: Timer) -> bool:
    try:
        command = running.watchdog.codec.decode(row.command, row.data)
    except Unreadable:
        return False
    return row.due_us == to_us(timer.due_at) and bool(command == timer.command)


def rows(scene: Scene, checked: Checked) -> None:
    """Build the read models anew from the logs, and compare every row with the ones that are kept."""
    store = scene.running.store
    with TemporaryDirectory() as folder:
        built = Path(folder) / "built.db"
        with closing(sqlite3.connect(built, isolation_level=None)) as fresh:
            fresh.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
            for projection in scene.service.projections:
                for table in projection.tables:
                    fresh.executescript(table)
            _build(scene, fresh, checked)
            tables = [name for (name,) in fresh.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY 1")]
        kept = store.path.resolve() if isinstance(store, SqliteStore) else _copied(scene, tables, Path(folder))
        with closing(sqlite3.connect(":memory:", uri=True)) as both:
            both.execute("ATTACH ? AS built", (built.as_uri(),))
            both.execute("ATTACH ? AS kept", (f"{kept.as_uri()}?mode=ro",))
            for table in tables:
                _compare(both, table, checked)


def _copied(scene: Scene, tables: list[str], folder: Path) -> Path:
    """Copy the read models as they are kept into a file of the same form, where they are kept elsewhere."""
    copy = folder / "kept.db"
    with closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        for projection in scene.service.projections:
            for table in projection.tables:
                db.executescript(table)
        for table in tables:
            columns = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
            rows = scene.running.store.query(f"SELECT {', '.join(columns)} FROM {table}")
            sql = f"INSERT INTO {table} VALUES({', '.join('?' * len(columns))})"
            db.execute("BEGIN")
            db.executemany(sql, (tuple(row.values()) for row in rows))
            db.execute("COMMIT")
    return copy


def _build(scene: Scene, fresh: sqlite3.Connection, checked: Checked) -> None:
    """Fill the read models, first from the service's own log, then from each other's as far as it was taken."""
    fresh.execute("BEGIN")
    for cause, made in rows_of(scene.running, scene.others):
        if isinstance(made, Unfit):
            checked.breaks(str(made))
        else:
            _write(fresh, made, cause, checked)
    fresh.execute("COMMIT")


def _write(fresh: sqlite3.Connection, statements: tuple[Statement, ...], cause: str, checked: Checked) -> None:
    for sql, params in statements:
        try:
            fresh.execute(sql, params)
        except sqlite3.IntegrityError as error:
            checked.breaks(f"{cause}: its rows do not fit: {error}")


def _compare(both: sqlite3.Connection, table: str, checked: Checked) -> None:
    (kept,) = both.execute(f"SELECT count(*) FROM kept.{table}").fetchone()
    checked.counted += kept
    for here, there, found in (
        ("kept", "built", "is kept and does not follow from the logs"),
        ("built", "kept", "follows from the logs and is not kept"),
    ):
        differing = both.execute(f"SELECT * FROM {here}.{table} EXCEPT SELECT * FROM {there}.{table}")
        names = [column[0] for column in differing.description]
        for number, row in enumerate(differing):
            shown = dict(zip(names, row, strict=True)) if number < ROWS_NAMED else "a row"
            checked.breaks(f"{table}: {shown} {found}")
