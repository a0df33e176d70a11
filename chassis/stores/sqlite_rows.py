"""What one transaction writes beside its events: positions, marks, held messages, timers, answers, read models."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing

from chassis.stores.store import Conflict, Statement, TimerRow, Unwritable, Writes

HELD = (
    "position, source, id, type, subject, sequence, root, time_us, correlation, causation, traceparent, data, "
    "since_us, attempts, error"
)
TIMER = ", ".join(TimerRow._fields)


def move_positions(db: sqlite3.Connection, writes: Writes) -> None:
    """Move each position only from the value that was read, so that a second reader of the same source loses."""
    for source, (before, now) in writes.positions.items():
        if before == 0:
            sql = "INSERT INTO positions(source, position) VALUES(?, ?) ON CONFLICT DO NOTHING"
            moved = db.execute(sql, (source, now)).rowcount
        else:
            sql = "UPDATE positions SET position=? WHERE source=? AND position=?"
            moved = db.execute(sql, (now, source, before)).rowcount
        if moved != 1:
            raise Conflict(f"position in {source} is not {before}: another reader moved it")


def write_reading(db: sqlite3.Connection, writes: Writes) -> None:
    """Write what was heard up to where, what is held, and what staff laid aside."""
    if writes.marks:
        _move_marks(db, writes)
    for key, held in writes.held.items():
        if held is None:
            db.execute("DELETE FROM held WHERE source=? AND subject=? AND sequence=?", key)
        else:
            row = (*held.envelope, held.since_us, held.attempts, held.error)
            db.execute(f"INSERT OR REPLACE INTO held({HELD}) VALUES({', '.join('?' * len(row))})", row)
    if writes.discharges:
        db.executemany("INSERT INTO discharges VALUES(?, ?, ?, ?, ?, ?)", writes.discharges)


def _move_marks(db: sqlite3.Connection, writes: Writes) -> None:
    """Move each mark only from the value that was read."""
    begun = [(*key, now) for key, (before, now) in writes.marks.items() if before == 0]
    moved = [(now, *key, before) for key, (before, now) in writes.marks.items() if before]
    rows = 0
    if begun:
        sql = "INSERT INTO marks(source, subject, sequence) VALUES(?, ?, ?) ON CONFLICT DO NOTHING"
        rows += db.executemany(sql, begun).rowcount
    if moved:
        sql = "UPDATE marks SET sequence=? WHERE source=? AND subject=? AND sequence=?"
        rows += db.executemany(sql, moved).rowcount
    if rows != len(writes.marks):
        raise Conflict("a mark is not as it was read: another reader moved it")


def write_time(db: sqlite3.Connection, writes: Writes) -> None:
    """Write timers, first answers, snapshots, and who owes something."""
    if writes.rung:
        sql = "DELETE FROM timers WHERE id=? AND due_us=? AND command=? AND data=?"
        if db.executemany(sql, [timer[:4] for timer in writes.rung.values()]).rowcount != len(writes.rung):
            raise Conflict("a timer that rings is not as it was read")
    if writes.timers:
        timers = [timer for timer in writes.timers.values() if timer is not None]
        db.executemany("DELETE FROM timers WHERE id=?", [(id,) for id, timer in writes.timers.items() if timer is None])
        db.executemany(f"INSERT OR REPLACE INTO timers({TIMER}) VALUES(?, ?, ?, ?, ?)", timers)
    if writes.answers:
        db.executemany("INSERT INTO answers VALUES(?, ?, ?, ?, ?, ?)", writes.answers)
    if writes.snapshots:
        sql = "INSERT OR REPLACE INTO snapshots(stream, version, shape, data) VALUES(?, ?, ?, ?)"
        db.executemany(sql, writes.snapshots)
    for stream, since_us in writes.owing.items():
        if since_us is None:
            db.execute("DELETE FROM owing WHERE stream=?", (stream,))
        else:
            db.execute("INSERT INTO owing VALUES(?, ?) ON CONFLICT DO NOTHING", (stream, since_us))


def tables_made_by(scripts: Iterable[str]) -> list[str]:
    """Return the names of the tables that some statements make."""
    with closing(sqlite3.connect(":memory:")) as empty:
        for script in scripts:
            empty.executescript(script)
        return [name for (name,) in empty.execute("SELECT name FROM sqlite_master WHERE type='table'")]


def write_rows(db: sqlite3.Connection, statements: Iterable[Statement]) -> None:
    """Change the read models; a row that breaks a rule of its table is a defect, not a lost race."""
    execute = db.cursor().execute
    for sql, params in statements:
        try:
            execute(sql, params)
        except sqlite3.IntegrityError as error:
            raise Unwritable(f"{error} in {sql}") from error
