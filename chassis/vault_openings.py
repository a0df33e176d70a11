"""The log of who read what of whom, why and when: written before anything is shown, and never altered.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (whoever is concerned may know who processed their data).
"""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

from chassis.vault_port import Opening
from chassis.vault_tables import asked, together

PURPOSES_COUNTED_MAX = 50
OTHERS = "other"
COLUMNS = ("person", "by", "purpose", "fields", "at", "about", "handed_to")


class Purposes:
    """How often something was opened since the process began, by kind of purpose; of few kinds, for figures."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, purpose: str) -> None:
        """Count one more reading."""
        kind = kind_of(purpose)
        kind = kind if kind in self.counts or len(self.counts) < PURPOSES_COUNTED_MAX else OTHERS
        self.counts[kind] = self.counts.get(kind, 0) + 1


class Openings:
    """The vault's log of readings."""

    def __init__(self, db: sqlite3.Connection, lock: threading.Lock) -> None:
        self._db, self._lock = db, lock
        self._counted = Purposes()

    @property
    def counts(self) -> dict[str, int]:
        """How often something was opened, by kind of purpose."""
        return self._counted.counts

    def write(
        self, people: Iterable[str], by: str, purpose: str, fields: str, at: datetime, about: str = "", to: str = ""
    ) -> None:
        """Write one line for each person, durably."""
        sql = f"INSERT INTO openings({', '.join(COLUMNS)}) VALUES({', '.join('?' * len(COLUMNS))})"
        with self._lock, together(self._db):
            for person in people:
                asked(self._db, sql, (person, by, purpose, fields, at.isoformat(), about, to))
        self._counted.add(purpose)

    def read(self, which: str, params: tuple[Any, ...], limit: int) -> list[Opening]:
        """Return the lines that fit a condition, oldest first."""
        sql = f"SELECT id, {', '.join(COLUMNS)} FROM openings WHERE {which} ORDER BY id LIMIT ?"
        with self._lock:
            rows = asked(self._db, sql, (*params, limit))
        return [as_opening(row) for row in rows]


def as_opening(row: Sequence[Any]) -> Opening:
    """Return a line of the log as the port shows it; its id comes first."""
    return dict(zip(("id", *COLUMNS), map(str, row), strict=True))


def kind_of(purpose: str) -> str:
    """Return a purpose without what it is about: `postal visit 01M1…` → `postal visit`."""
    words = takewhile(lambda word: word.isascii() and not any(map(str.isdigit, word)), purpose.split())
    return " ".join(words) or OTHERS
