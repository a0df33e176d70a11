"""The event store of a service that runs as processes of its own: PostgreSQL, any number of instances on one database.

A commit is one round trip. What is known here of streams spares look-ups and decides nothing: whether somebody else was
first is asked of the database in the transaction itself. Positions may have gaps; `chassis/stores/postgres_order.py`
says why a reader misses nothing all the same.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

import psycopg

from chassis.lru import Recent
from chassis.stores.chain import NOTHING_BEFORE, chained
from chassis.stores.postgres_access import PostgresAccess, meaning_of
from chassis.stores.postgres_bell import Bell
from chassis.stores.postgres_duties import Duties
from chassis.stores.postgres_lines import Writer, refused
from chassis.stores.postgres_looks import Looks
from chassis.stores.postgres_migrations import bring_up
from chassis.stores.postgres_rows import Bundle, bundle, statements
from chassis.stores.postgres_sql import as_postgres, as_table
from chassis.stores.postgres_types import texts
from chassis.stores.sqlite_rows import tables_made_by
from chassis.stores.store import Conflict, Generation, Snapshot, Statement, StoreUnavailable, Unwritable, Writes

ENDS_REMEMBERED: Final = 8_192
SHAPES_LOOKED_UP_EVERY_S: Final = 60.0
ROWS_AT_ONCE: Final = 500
READ_MODELS: Final = "read_models"
"""The note of what the read models are made of; it is there once they are filled."""

ENDS: Final = """
SELECT s.stream, e.version, e.hash FROM unnest(%b) AS s(stream) CROSS JOIN LATERAL
  (SELECT version, hash FROM events WHERE events.stream = s.stream ORDER BY version DESC LIMIT 1) AS e
"""
NEWS: Final = "SELECT stream, max(version) FROM events WHERE position>%s GROUP BY stream"
NOTE: Final = "INSERT INTO meta VALUES(%s, %s) ON CONFLICT(name) DO UPDATE SET value=excluded.value"
PRUNE: Final = "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE at_us<%s ORDER BY at_us LIMIT %s)"
ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(1162692948, 4)"
"""Two instances that start at once must not both make and fill the read models."""

AS_LONG_AS_IT_TAKES: Final = ("SET LOCAL lock_timeout=0", "SET LOCAL idle_in_transaction_session_timeout=0")
RELAY_BEGINS: Final = "INSERT INTO relayed VALUES(%s, %s) ON CONFLICT DO NOTHING"
RELAY_MOVES: Final = "UPDATE relayed SET position=%s WHERE topic=%s AND position=%s"


class PostgresStore(Looks):
    """One service's store in one database; see `chassis.stores.store.Store` for the contract."""

    def __init__(self, access: PostgresAccess) -> None:
        """Open it, and bring it to the form of this version.

        Raises:
            StoreUnavailable: it cannot be reached or does not let this role in.
            StoreTooNew: a later version wrote it.
        """
        super().__init__(access)
        self.name = access.name
        self._writer = Writer(access)
        # For what is written beside a flush, which may be under way on another thread.
        self._aside, self._aside_lock = Writer(access), threading.Lock()
        self._bell = Bell(access)
        self._duties = Duties(access)
        try:
            bring_up(access)
        except psycopg.Error as error:
            raise StoreUnavailable(f"{self.name}: {meaning_of(error)}") from error
        self._last = self.head()
        self._news_from = self._head_at[1]
        self._shapes: set[str] = set()
        self._shapes_known_until = 0.0
        self._generations = self._known_generations()
        self._form = ""
        self._ends: Recent[str, tuple[int, bytes]] = Recent(ENDS_REMEMBERED)
        self._staged: tuple[Writes, Bundle, dict[str, tuple[int, bytes]]] | None = None

    # --- Writing ------------------------------------------------------------------------------------------------------

    def commit(self, writes: Writes) -> int:
        self.stage(writes)
        return self.flush()

    def stage(self, writes: Writes) -> None:
        """Work out hashes and arrays; nothing is sent before `flush`."""
        self._staged = None
        last = self._hashes_before(writes)
        generation = self._generations[-1].number
        try:
            rows = list(chained(writes.events, generation, last, last.__getitem__))
            ends = {event.stream: (event.version, last[event.stream]) for event in writes.events}
            self._staged = (writes, bundle(rows, writes.expected, generation), ends)
        except (UnicodeEncodeError, ValueError, OverflowError) as error:
            raise refused(self.name, error) from error

    def flush(self) -> int:
        staged, self._staged = self._staged, None
        if staged is None:
            raise StoreUnavailable(f"{self.name}: nothing is staged")
        writes, events, ends = staged
        if not writes:
            return self._last
        try:
            position = self._writer.transaction(statements(writes, events))
        except Exception as error:
            raise self._meant_by(error, writes) from error
        if position:
            self._last = position
            self._bell.ring()
        self._ends.update(ends)
        self._shapes.update(snapshot.shape for snapshot in writes.snapshots)
        return self._last

    def _hashes_before(self, writes: Writes) -> dict[str, bytes]:
        """Return the hash of each stream's last event, looked up at once where it is not known.

        Raises:
            Conflict: a stream is not at its expected version any more.
        """
        before = dict(writes.expected)
        for event in writes.events:
            before.setdefault(event.stream, event.version - 1)
        last, unknown = {}, []
        for stream, version in before.items():
            end = (0, NOTHING_BEFORE) if version == 0 else self._ends.get(stream)
            if end is not None and end[0] == version:
                last[stream] = end[1]
            else:
                unknown.append(stream)
        if not unknown:
            return last
        found = {stream: (version, hash) for stream, version, hash in self._rows(ENDS, (texts(unknown),))}
        self._ends.update(found)
        for stream in unknown:
            version, last[stream] = found.get(stream, (0, NOTHING_BEFORE))
            if version != writes.expected.get(stream, version):
                raise Conflict(f"{self.name}: stream {stream} is not at version {writes.expected[stream]}")
        return last

    def _meant_by(self, error: Exception, writes: Writes) -> Exception:
        """Say in the port's words what became of a transaction.

        A row of a read model that is in the way may be the work of another instance that was first with the same: then
        something is not as it was read, and that is what went wrong.
        """
        meant = refused(self.name, error)
        if isinstance(meant, Unwritable) and isinstance(error, psycopg.IntegrityError) and self._has_moved(writes):
            return Conflict(str(meant))
        return meant

    def _has_moved(self, writes: Writes) -> bool:
        ends = {stream: version for stream, version, _ in self._rows(ENDS, (texts(writes.expected),))}
        return (
            any(ends.get(stream, 0) != version for stream, version in writes.expected.items())
            or any(self.position(source) != before for source, (before, _) in writes.positions.items())
            or any(self.mark(*key) != before for key, (before, _) in writes.marks.items())
        )

    def prune_answers(self, before_us: int, limit: int) -> int:
        with self._aside_lock, self._written(self._aside) as line:
            return line.execute(PRUNE, (before_us, limit)).rowcount

    def move_relayed(self, topic: str, before: int, now: int) -> None:
        """Write down up to where the log was said to a topic, which another relay must not have moved.

        Raises:
            Conflict: it is not where it was read; another relay says this log.
            StoreUnavailable: it is not known whether it was written; read it again.
        """
        with self._aside_lock, self._written(self._aside) as line:
            if before == 0:
                moved = line.execute(RELAY_BEGINS, (topic, now)).rowcount
            else:
                moved = line.execute(RELAY_MOVES, (now, topic, before)).rowcount
            if moved != 1:
                raise Conflict(f"{self.name}: the log was not said up to {before}: another relay moved on")

    # --- Beside others on the same database ---------------------------------------------------------------------------

    @property
    def shared(self) -> bool:
        return True

    def duty(self, name: str) -> bool:
        try:
            return self._duties.has(name)
        except psycopg.Error as error:
            raise refused(self.name, error) from error

    def leave(self, name: str) -> None:
        try:
            self._duties.leave(name)
        except psycopg.Error as error:
            raise refused(self.name, error) from error

    def news(self) -> Mapping[str, int]:
        before = self._news_from
        drawn, safe = self._look()
        if (fell_to := self._reach.fell_to()) is not None:
            before = min(before, fell_to)
        self._news_from = safe
        if drawn <= before:
            return {}
        # What was drawn and is not safe yet may be readable already: it is named now, and once more when it is safe.
        return dict(self._rows(NEWS, (before,)))

    def listen(self, told: Callable[[], None]) -> None:
        """Call `told` from some thread soon after anybody has appended, and every second all the same."""
        self._bell.listen(told)

    def keep_note(self, name: str, value: str) -> None:
        """Keep something about the store itself under a name."""
        with self._aside_lock, self._written(self._aside) as line:
            line.execute(NOTE, (name, value))

    # --- Read models --------------------------------------------------------------------------------------------------

    def define(self, tables: Iterable[str], form: str = "") -> bool:
        scripts = list(tables)
        self._form = sha256("\n".join((form, *scripts)).encode()).hexdigest()
        with self._alone() as line:
            found = line.execute("SELECT value FROM meta WHERE name=%s", (READ_MODELS,)).fetchone()
            stale = found is None or found[0] != self._form
            if stale:
                line.execute("DELETE FROM meta WHERE name=%s", (READ_MODELS,))
                for name in tables_made_by(scripts):
                    line.execute(f'DROP TABLE IF EXISTS "{name}"')
                for script in scripts:
                    line.execute(as_table(script))
        return stale

    def fill(self, statements: Iterable[Statement]) -> None:
        with self._alone() as line:
            found = line.execute("SELECT value FROM meta WHERE name=%s", (READ_MODELS,)).fetchone()
            if found is not None and found[0] == self._form:
                return  # another instance has just done it
            waiting = iter(statements)
            while _carry_out_some(line, waiting):
                pass
            line.execute(NOTE, (READ_MODELS, self._form))

    @contextmanager
    def _alone(self) -> Iterator[psycopg.Connection]:
        """Give a transaction in which no other instance makes or fills read models."""
        with self._written(self._writer) as line, line.transaction():
            for limit in AS_LONG_AS_IT_TAKES:
                line.execute(limit)
            line.execute(ONE_AT_A_TIME)
            yield line

    @contextmanager
    def _written(self, writer: Writer) -> Iterator[psycopg.Connection]:
        try:
            yield writer.line()
        except (psycopg.Error, UnicodeEncodeError) as error:
            writer.take_back()
            raise refused(self.name, error) from error

    # --- About itself -------------------------------------------------------------------------------------------------

    def begin_generation(self, at_us: int, why: str) -> Generation:
        number = self._generations[-1].number + 1
        row = (number, self.head(), at_us, why)
        with self._written(self._writer) as line:
            line.execute("INSERT INTO generations VALUES(%s, %s, %s, %s)", row)
        self._generations = self._known_generations()
        return self._generations[-1]

    def snapshot(self, stream: str, shape: str) -> Snapshot | None:
        # Most kinds of stream never grow long, and are read for every command. What another instance has made a
        # snapshot of is found a little later.
        if time.monotonic() > self._shapes_known_until:
            self._shapes = {row[0] for row in self._rows("SELECT DISTINCT shape FROM snapshots")}
            self._shapes_known_until = time.monotonic() + SHAPES_LOOKED_UP_EVERY_S
        return super().snapshot(stream, shape) if shape in self._shapes else None

    def close(self) -> None:
        self._staged = None
        self._bell.close()
        self._duties.close()
        self._writer.close()
        self._aside.close()
        self._readers.close()


def _carry_out_some(line: psycopg.Connection, waiting: Iterator[Statement]) -> int:
    """Carry out some statements in one round trip; return how many there were."""
    count = 0
    with line.pipeline(), line.cursor() as cursor:
        for sql, params in waiting:
            cursor.execute(as_postgres(sql), params, prepare=True)
            count += 1
            if count == ROWS_AT_ONCE:
                break
    return count
