"""Seals of a service that runs as processes of its own: in its own database, kept by whichever instance has the duty.

Any instance may keep them all the same, because each keeping is one more turn and says after which one: whoever goes on
from what is no longer the last is told, and looks anew. A copy of the database is a copy of its seals, of one moment.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import psycopg

from chassis.heads import Head
from chassis.seals import Row, Seals
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_lines import Readers, Writer, refused
from chassis.stores.store import Conflict

ROW: Final = "number, hashes, root"
TURN: Final = "UPDATE sealed SET turn=turn+1, position=coalesce(%s, position) WHERE turn=%s"
KEEP_ROW: Final = f"""
INSERT INTO sealed_leaves({ROW}) VALUES(%s, %s, %s)
  ON CONFLICT (number) DO UPDATE SET hashes=excluded.hashes, root=excluded.root"""
KEEP_HEAD: Final = """
INSERT INTO sealed_heads(number, size, document) SELECT coalesce(max(number), 0)+1, %s, %s FROM sealed_heads"""


class PostgresSeals(Seals):
    """The seals of the service whose database it is."""

    def __init__(self, access: PostgresAccess) -> None:
        """Take the way in; nothing is opened before it is asked. The store has brought up the tables."""
        self._name = access.name
        self._readers = Readers(access)
        self._writer = Writer(access)

    @property
    def is_there(self) -> bool:
        return True

    def keep(
        self, turn: int, full: Sequence[Row], last: Row | None, heads: Sequence[Head], position: int | None = None
    ) -> int:  # fmt: skip
        rows = [*full, *([] if last is None else [last])]
        with self._together() as line:
            if line.execute(TURN, (position, turn)).rowcount != 1:
                raise Conflict(f"{self._name}: another has sealed since turn {turn}")
            for row in rows:
                line.execute(KEEP_ROW, row)
            for head in heads:
                line.execute(KEEP_HEAD, (head.size, msgspec.json.encode(head)))
        return turn + 1

    @contextmanager
    def _together(self) -> Iterator[psycopg.Connection[Any]]:
        """Give one transaction."""
        try:
            line = self._writer.line()
            with line.transaction():
                yield line
        except psycopg.Error as error:
            self._writer.take_back()
            raise refused(self._name, error) from error

    def close(self) -> None:
        self._writer.close()
        self._readers.close()

    def _turn(self) -> int:
        return int(self._readers.rows("SELECT turn FROM sealed")[0][0])

    def _roots(self) -> list[bytes]:
        sql = "SELECT root FROM sealed_leaves WHERE root IS NOT NULL ORDER BY number"
        return [root for (root,) in self._readers.rows(sql)]

    def _row_after(self, number: int) -> Row | None:
        sql = f"SELECT {ROW} FROM sealed_leaves WHERE number>%s ORDER BY number LIMIT 1"
        return next(map(Row._make, self._readers.rows(sql, (number,))), None)

    def _last_row(self) -> Row | None:
        sql = f"SELECT {ROW} FROM sealed_leaves ORDER BY number DESC LIMIT 1"
        return next(map(Row._make, self._readers.rows(sql)), None)

    def _position(self) -> int | None:
        return next((row[0] for row in self._readers.rows("SELECT position FROM sealed")), None)

    def _documents(self) -> list[bytes]:
        return [row[0] for row in self._readers.rows("SELECT document FROM sealed_heads ORDER BY number")]

    def _last_document(self) -> bytes | None:
        sql = "SELECT document FROM sealed_heads ORDER BY number DESC LIMIT 1"
        return next((row[0] for row in self._readers.rows(sql)), None)
