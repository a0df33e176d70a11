"""Lets reporting hear stories in a chosen order, without lanes and threads, on a store that can be read."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from kernel.message import Envelope
from services.reporting.wiring import READ_MODELS
from tests.reporting.stories import Story

SERVICES = ("intake", "routing", "payments", "postal")


class ReadStore:
    """The read models in memory, with the one way of reading that they use."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", isolation_level=None)
        for model in READ_MODELS:
            for table in model.tables:
                self._db.execute(table)

    def hear(self, envelopes: Iterable[Envelope]) -> "ReadStore":
        for envelope in envelopes:
            for model in READ_MODELS:
                if envelope.type in model.heard:
                    reads, rows = model.heard[envelope.type]
                    for sql, params in rows(msgspec.json.decode(envelope.data, type=reads), envelope):
                        self._db.execute(sql, params)
        return self

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        cursor = self._db.execute(sql, params or {})
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def tables(self) -> dict[str, list[str]]:
        """Return every row of every table."""
        names = [row["name"] for row in self.query("SELECT name FROM sqlite_master WHERE type='table'")]
        return {name: sorted(repr(row) for row in self._db.execute(f"SELECT * FROM {name}")) for name in names}


def voices(stories: Iterable[Story]) -> list[list[Envelope]]:
    """Return what each service said of each dossier: the lists whose own order every reader keeps."""
    return [said for story in stories for service in SERVICES if (said := list(story.envelopes(service)))]


def as_it_happened(stories: Iterable[Story]) -> Iterator[Envelope]:
    """Yield everything in the order in which it was said."""
    yield from sorted((one for voice in voices(stories) for one in voice), key=lambda one: (one.time_us, one.sequence))
