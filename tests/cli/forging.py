"""What somebody can do who may write every file, knows the code, and has the keys: change the past and hide it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from chassis.stores.chain import NOTHING_BEFORE, event_hash
from chassis.stores.store import NewEvent
from services.__main__ import Platform

Change = Callable[[sqlite3.Connection, int], None]
"""Does something to a log at a position."""


def altered(log: sqlite3.Connection, at: int) -> None:
    """Change a column that means nothing to anybody but an inspector."""
    log.execute("UPDATE events SET correlation='another' WHERE position=?", (at,))


def removed(log: sqlite3.Connection, at: int) -> None:
    """Take an event out and close the gap."""
    log.execute("DELETE FROM events WHERE position=?", (at,))
    log.execute("UPDATE events SET position=-position+1 WHERE position>?", (at,))
    log.execute("UPDATE events SET position=-position WHERE position<0")
    _number_as_it_ends(log)


def inserted(log: sqlite3.Connection, at: int) -> None:
    """Put another event in its place and move the rest on."""
    log.execute("UPDATE events SET position=-position-1 WHERE position>=?", (at,))
    log.execute("UPDATE events SET position=-position WHERE position<0")
    log.execute(
        "INSERT INTO events(position, stream, version, type, data, time_us, correlation, causation) "
        "SELECT ?, stream || 'x', 1, type, data, time_us, correlation, causation FROM events WHERE position=?",
        (at, at + 1),
    )
    _number_as_it_ends(log)


def swapped(log: sqlite3.Connection, at: int) -> None:
    """Let an event change places with its neighbour."""
    for before, after in ((at, -1), (at + 1, at), (-1, at + 1)):
        log.execute("UPDATE events SET position=? WHERE position=?", (after, before))


def cut_off(log: sqlite3.Connection, at: int) -> None:
    """Let the log end before a position."""
    log.execute("DELETE FROM events WHERE position>=?", (at,))
    _number_as_it_ends(log)


CHANGES: dict[str, Change] = {
    "altered": altered, "removed": removed, "inserted": inserted, "swapped": swapped, "cut off": cut_off,
}  # fmt: skip


def _number_as_it_ends(log: sqlite3.Connection) -> None:
    log.execute("UPDATE sqlite_sequence SET seq=(SELECT max(position) FROM events) WHERE name='events'")


def forge_log(data: Path, service: str, change: Change, at: int) -> None:
    """Change a log and compute all its hashes anew."""
    with closing(sqlite3.connect(data / f"{service}.db")) as log:
        change(log, at)
        last: dict[str, bytes] = {}
        sql = f"SELECT position, {', '.join(NewEvent._fields)} FROM events ORDER BY stream, version"
        for position, *fields in log.execute(sql).fetchall():
            event = NewEvent._make(fields)
            last[event.stream] = event_hash(last.get(event.stream, NOTHING_BEFORE), 1, event)
            log.execute("UPDATE events SET hash=? WHERE position=?", (last[event.stream], position))
        log.commit()


def forge_seals(data: Path, platform: Callable[[], Platform]) -> None:
    """Throw the seals away, and seal and sign what there is now, with the platform's own key."""
    for file in data.glob("seals.db*"):
        file.unlink()
    opened = platform()
    try:
        opened.sealer.seal_now()
    finally:
        opened.close()
