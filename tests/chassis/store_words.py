"""Words for tests of stores: events, messages, writes that touch every table, and all that a store holds."""

from collections.abc import Callable
from typing import Any

from chassis.stores.store import (
    AnswerRow,
    Discharge,
    Held,
    NewEvent,
    Snapshot,
    Statement,
    Store,
    TimerRow,
    Writes,
)
from kernel.message import Envelope

SOURCE = "/lienthong/quangngai/intake"
TABLE = "CREATE TABLE IF NOT EXISTS shelf(ref TEXT PRIMARY KEY, papers INTEGER NOT NULL CHECK (papers < 100))"
INSERT = "INSERT INTO shelf(ref, papers) VALUES(:ref, :papers)"
FOREVER_US = 2**62

Open = Callable[[], Store]


def event(stream: str, version: int, data: bytes = b'{"n":1}') -> NewEvent:
    """Return a private event."""
    return NewEvent(stream, version, "Noted", data, 1_000, "trace", "cause", None, None, None, None, None, None)


def said(
    stream: str, version: int, subject: str, sequence: int, data: bytes = b'{"n":1}', public: bytes | None = None
) -> NewEvent:
    """Return a public event."""
    kind = "lienthong.desk.Noted.v1"
    return NewEvent(
        stream, version, "Noted", data, 1_000, "trace", "cause", "00-aa", kind, subject, sequence, subject, public
    )


def envelope(subject: str, sequence: int) -> Envelope:
    """Return a heard message."""
    return Envelope(
        9, SOURCE, f"dossier-{subject}@{sequence}", "lienthong.intake.X.v1", subject, sequence, subject, 5, "c", "d",
        None, b"{}",
    )  # fmt: skip


def everything(stream: str = "note-a", version: int = 0, mark: str = "a") -> Writes:
    """Return writes that touch every table there is."""
    return Writes(
        events=[event(stream, version + 1), said(f"{stream}-b", version + 1, f"subject-{mark}", version + 1)],
        expected={stream: version, f"{stream}-b": version},
        marks={(SOURCE, mark): (version, version + 1)},
        positions={f"{SOURCE}-{mark}": (version, version + 1)},
        held={(SOURCE, mark, version + 1): Held(envelope(mark, version + 1), 7, 3, "why")},
        discharges=[Discharge(SOURCE, mark, version + 1, "staff", "lost paper", 8)],
        timers={f"timer-{mark}": TimerRow(f"timer-{mark}", 50, "Ring", b"{}")},
        answers=[AnswerRow(f"command-{mark}", "print", 200, b"{}", 1, 9)],
        snapshots=[Snapshot(stream, version + 1, "shape", b"[]")],
        owing={f"saga-{mark}": 4},
        statements=[Statement(INSERT, {"ref": mark, "papers": 2})],
    )


def contents(store: Store) -> dict[str, Any]:
    """Return all that a store holds, by table."""
    tables = ("marks", "positions", "held", "discharges", "timers", "answers", "snapshots", "owing", "shelf")
    held: dict[str, Any] = {
        table: sorted(tuple(row.values()) for row in store.query(f"SELECT * FROM {table}")) for table in tables
    }
    return held | {"events": list(store.tail(0, 1_000_000)), "head": store.head()}
