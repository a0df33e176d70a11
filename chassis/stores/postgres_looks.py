"""What can be looked up in a store of PostgreSQL: the half of the port that writes nothing. Any thread may ask.

Whatever reads the log forward goes no further than its safe head (`chassis/stores/postgres_order.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import psycopg

from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_lines import Readers
from chassis.stores.postgres_order import REACH, Reach
from chassis.stores.postgres_sql import as_postgres
from chassis.stores.postgres_types import texts
from chassis.stores.sqlite_rows import HELD
from chassis.stores.store import AnswerRow, Generation, Held, Link, Recorded, Snapshot, TimerRow
from kernel.message import Envelope

RECORDED: Final = ", ".join(Recorded._fields)
TIMER: Final = ", ".join(TimerRow._fields)
ANSWER: Final = ", ".join(AnswerRow._fields)
ENVELOPE: Final = (
    "position, %(source)s::text, stream || '@' || version, said, subject, sequence, root, time_us, correlation, "
    "causation, traceparent, coalesce(said_data, data)"
)


class Looks:
    """The reading half of `chassis.stores.postgres.PostgresStore`."""

    def __init__(self, access: PostgresAccess) -> None:
        self._readers = Readers(access)
        self._reach = Reach()
        self._head_at = (0, 0, 0)
        self._generations: tuple[Generation, ...] = ()

    def _rows(self, sql: str, params: Any = ()) -> list[tuple[Any, ...]]:
        return self._readers.rows(sql, params)

    def _one(self, sql: str, params: Any = ()) -> Any:
        rows = self._rows(sql, params)
        return rows[0][0] if rows else None

    def _number(self, sql: str, params: Any = ()) -> int:
        return self._one(sql, params) or 0

    # --- The log ------------------------------------------------------------------------------------------------------

    def head(self) -> int:
        _, safe = self._look()
        begun_anew = self._reach.begun_anew
        head, known_at, known_since = self._head_at
        if (safe, begun_anew) != (known_at, known_since):
            head = self._number("SELECT max(position) FROM events WHERE position<=%s", (safe,))
            self._head_at = (head, safe, begun_anew)
        return head

    @property
    def is_holding_back(self) -> bool:
        """Say whether events were stored that may not be read yet: who waits for the log looks again soon."""
        return self._reach.is_waiting

    def _look(self) -> tuple[int, int]:
        """Return the last position drawn, and the last up to which nothing is missing."""
        return self._reach.advance(self._ask_reach, committed=self._head_at[0])

    def _ask_reach(self, known: int) -> tuple[int, Sequence[str], int]:
        (row,) = self._rows(REACH, (known,))
        return row[0], row[1], self._readers.broken

    def read_stream(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        sql = f"SELECT {RECORDED} FROM events WHERE stream=%s AND version>%s ORDER BY version"
        return list(map(Recorded._make, self._rows(sql, (stream, after))))

    def tail(self, after: int, limit: int) -> Sequence[Recorded]:
        return list(map(Recorded._make, self._forward(RECORDED, after, limit)))

    def links(self, after: int, limit: int) -> Sequence[Link]:
        return list(map(Link._make, self._forward("position, hash, time_us", after, limit)))

    def _forward(self, columns: str, after: int, limit: int) -> list[tuple[Any, ...]]:
        head = self.head()
        if head <= after:
            return []
        sql = f"SELECT {columns} FROM events WHERE position>%s AND position<=%s ORDER BY position LIMIT %s"
        return self._rows(sql, (after, head, limit))

    @property
    def generations(self) -> Sequence[Generation]:
        return self._generations

    def _known_generations(self) -> tuple[Generation, ...]:
        sql = "SELECT number, after_position, began_us, why FROM generations ORDER BY number"
        return tuple(map(Generation._make, self._rows(sql)))

    def say(self, source: str, after: int, limit: int, up_to: int | None = None) -> tuple[Sequence[Envelope], int]:
        head = self.head() if up_to is None else min(up_to, self.head())
        if head <= after:
            return (), after
        sql = (
            f"SELECT {ENVELOPE} FROM events WHERE position>%(after)s AND position<=%(head)s AND said IS NOT NULL "
            "ORDER BY position LIMIT %(limit)s"
        )
        rows = self._rows(sql, {"source": source, "after": after, "head": head, "limit": limit})
        envelopes = list(map(Envelope._make, rows))
        return envelopes, envelopes[-1].position if len(envelopes) == limit else head

    def say_again(
        self, source: str, subject: str, first: int, last: int, generation: int | None = None
    ) -> Sequence[Envelope]:
        sql = (
            f"SELECT {ENVELOPE} FROM events WHERE subject=%(subject)s AND generation=%(generation)s "
            "AND sequence IS NOT NULL AND sequence BETWEEN %(first)s AND %(last)s ORDER BY sequence"
        )
        number = self._generations[-1].number if generation is None else generation
        params = {"source": source, "subject": subject, "generation": number, "first": first, "last": last}
        return list(map(Envelope._make, self._rows(sql, params)))

    def last_sequence(self, subject: str) -> int:
        sql = "SELECT max(sequence) FROM events WHERE subject=%s AND generation=%s AND sequence IS NOT NULL"
        return self._number(sql, (subject, self._generations[-1].number))

    def last_traceparent(self, stream: str) -> str | None:
        sql = "SELECT traceparent FROM events WHERE stream=%s ORDER BY version DESC LIMIT 1"
        found: str | None = self._one(sql, (stream,))
        return found

    # --- What readers keep --------------------------------------------------------------------------------------------

    def mark(self, source: str, subject: str) -> int:
        return self._number("SELECT sequence FROM marks WHERE source=%s AND subject=%s", (source, subject))

    def marks(self, source: str, subjects: Iterable[str]) -> Mapping[str, int]:
        asked = dict.fromkeys(subjects, 0)
        sql = "SELECT subject, sequence FROM marks WHERE source=%s AND subject=ANY(%b)"
        return asked | dict(self._rows(sql, (source, texts(asked)))) if asked else asked

    def position(self, source: str) -> int:
        return self._number("SELECT position FROM positions WHERE source=%s", (source,))

    def relayed(self, topic: str) -> int:
        """Return up to which position the log was said to a topic, 0 where nothing was."""
        return self._number("SELECT position FROM relayed WHERE topic=%s", (topic,))

    def held(self, source: str, subject: str, sequence: int) -> Held | None:
        sql = f"SELECT {HELD} FROM held WHERE source=%s AND subject=%s AND sequence=%s"
        return next(map(_held, self._rows(sql, (source, subject, sequence))), None)

    def all_held(self) -> Sequence[Held]:
        return list(map(_held, self._rows(f"SELECT {HELD} FROM held ORDER BY source, subject, sequence")))

    # --- Time, answers, debts -----------------------------------------------------------------------------------------

    def timer(self, id: str) -> TimerRow | None:
        return next(map(TimerRow._make, self._rows(f"SELECT {TIMER} FROM timers WHERE id=%s", (id,))), None)

    def due_timers(self, now_us: int, limit: int) -> Sequence[TimerRow]:
        sql = f"SELECT {TIMER} FROM timers WHERE due_us<=%s ORDER BY due_us, id LIMIT %s"
        return list(map(TimerRow._make, self._rows(sql, (now_us, limit))))

    def next_timer_us(self) -> int | None:
        due_us: int | None = self._one("SELECT min(due_us) FROM timers")
        return due_us

    def answer(self, command_id: str) -> AnswerRow | None:
        return next(map(AnswerRow._make, self._rows(f"SELECT {ANSWER} FROM answers WHERE id=%s", (command_id,))), None)

    def answers(self, command_ids: Iterable[str]) -> Mapping[str, AnswerRow | None]:
        asked: dict[str, AnswerRow | None] = dict.fromkeys(command_ids)
        if not asked:
            return asked
        rows = self._rows(f"SELECT {ANSWER} FROM answers WHERE id=ANY(%b)", (texts(asked),))
        return asked | {row[0]: AnswerRow._make(row) for row in rows}

    def snapshot(self, stream: str, shape: str) -> Snapshot | None:
        sql = f"SELECT {', '.join(Snapshot._fields)} FROM snapshots WHERE stream=%s AND shape=%s"
        return next(map(Snapshot._make, self._rows(sql, (stream, shape))), None)

    def owing(self) -> Sequence[str]:
        return [row[0] for row in self._rows("SELECT stream FROM owing ORDER BY since_us, stream")]

    def owing_since_us(self) -> int | None:
        since_us: int | None = self._one("SELECT min(since_us) FROM owing")
        return since_us

    # --- About itself -------------------------------------------------------------------------------------------------

    def size_bytes(self) -> int:
        return self._number("SELECT pg_database_size(current_database())")

    def note(self, name: str) -> str | None:
        found: str | None = self._one("SELECT value FROM meta WHERE name=%s", (name,))
        return found

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        try:
            columns, rows = self._readers.answer(as_postgres(sql), params or {})
        except psycopg.DataError:
            return []  # what is no number, or no text, stands in no row: strangers may look for anything
        names = [column.name for column in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]


def _held(row: tuple[Any, ...]) -> Held:
    return Held(Envelope._make(row[:12]), *row[12:])
