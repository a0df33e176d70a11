"""How a read model writes: small statements whose effect does not depend on which service was heard first.

A column belongs to the events of one service, whose own order holds, or it is a count, which no order changes. Whoever
comes first makes the row.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from chassis.stores.store import Statement
from kernel.message import Envelope, generation_of


class Readable(Protocol):
    """What reading a read model needs of a store."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the rows that a SELECT finds."""
        ...


def put(table: str, key: Mapping[str, Any], **columns: Any) -> Statement:
    """Return the statement that sets `columns` of one row, made if it is not there."""
    return Statement(_upsert(table, tuple(key), tuple(columns)), {**key, **columns})


@lru_cache
def _upsert(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    names = (*key, *columns)
    update = "UPDATE SET " + ", ".join(f"{name}=excluded.{name}" for name in columns) if columns else "NOTHING"
    return (
        f"INSERT INTO {table}({', '.join(names)}) VALUES({', '.join(':' + name for name in names)}) "
        f"ON CONFLICT({', '.join(key)}) DO {update}"
    )


def told_as(ref: str, envelope: Envelope) -> dict[str, Any]:
    """Return the key of what one service said of a dossier, which orders all of it in time.

    A sequence alone does not: after a restore the service says 1 again (docs/decisions/a-restore-is-a-new-source.md).
    """
    return {"ref": ref, "generation": generation_of(envelope.source), "sequence": envelope.sequence}


def instant(at: datetime) -> str:
    """Return an instant as text of one width, so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def instant_or_none(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def read_instant(text: str | None) -> datetime | None:
    """Return what `instant` wrote."""
    return None if text is None else datetime.fromisoformat(text)
