"""What one transaction says to the server, statement by statement: each kind of row goes as a few arrays, in one go."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chassis.stores.postgres_sql import as_postgres
from chassis.stores.postgres_types import blobs, numbers, texts
from chassis.stores.sqlite_rows import HELD
from chassis.stores.store import TimerRow, Writes


class Said(NamedTuple):
    """A statement with its parameters."""

    sql: str
    params: Sequence[Any] | Mapping[str, Any] = ()


class Bundle(NamedTuple):
    """The events of a transaction, each column an array; made when they are staged, sent when they are flushed."""

    params: tuple[Any, ...]
    number: int


COLUMNS: Final[tuple[Callable[[Any], Any], ...]] = (
    texts, numbers, texts, blobs, numbers, texts, texts, texts, texts, texts, numbers, texts, blobs, numbers, blobs,
)  # fmt: skip
"""Of an event's row, in its order; the last but one, the generation, is the same for all."""

GENERATION: Final = len(COLUMNS) - 2
APPEND: Final = f"SELECT append({', '.join(['%b'] * (len(COLUMNS) + 2))})"
MOVE_POSITIONS: Final = "SELECT move_positions(%b, %b, %b)"
MOVE_MARKS: Final = "SELECT move_marks(%b, %b, %b, %b)"

LET_GO: Final = """
DELETE FROM held USING unnest(%b, %b, %b) AS k(source, subject, sequence)
WHERE held.source = k.source AND held.subject = k.subject AND held.sequence = k.sequence
"""
HOLD: Final = f"""
INSERT INTO held({HELD}) VALUES({", ".join(["%s"] * len(HELD.split(", ")))})
ON CONFLICT(source, subject, sequence) DO UPDATE SET position=excluded.position, id=excluded.id, type=excluded.type,
  root=excluded.root, time_us=excluded.time_us, correlation=excluded.correlation, causation=excluded.causation,
  traceparent=excluded.traceparent, data=excluded.data, since_us=excluded.since_us, attempts=excluded.attempts,
  error=excluded.error
"""
DISCHARGE: Final = "INSERT INTO discharges VALUES(%s, %s, %s, %s, %s, %s)"
RING: Final = "SELECT ring(%b, %b, %b, %b)"
CANCEL: Final = "DELETE FROM timers USING unnest(%b) AS k(id) WHERE timers.id = k.id"
SET_TIMERS: Final = f"""
INSERT INTO timers({", ".join(TimerRow._fields)}) SELECT * FROM unnest(%b, %b, %b, %b, %b)
ON CONFLICT(id) DO UPDATE SET due_us=excluded.due_us, command=excluded.command, data=excluded.data,
  traceparent=excluded.traceparent
"""
ANSWER: Final = """
INSERT INTO answers(id, fingerprint, status, body, version, at_us) SELECT * FROM unnest(%b, %b, %b, %b, %b, %b)
"""
SNAP: Final = """
INSERT INTO snapshots(stream, version, shape, data) SELECT * FROM unnest(%b, %b, %b, %b)
ON CONFLICT(stream, shape) DO UPDATE SET version=excluded.version, data=excluded.data
"""
PAID_OFF: Final = "DELETE FROM owing USING unnest(%b) AS k(stream) WHERE owing.stream = k.stream"
OWE: Final = "INSERT INTO owing(stream, since_us) SELECT * FROM unnest(%b, %b) ON CONFLICT DO NOTHING"

ROWS_IN_TURN: Final = "SELECT pg_advisory_xact_lock(1162692948, 3)"
"""Two instances that change the rows of read models in other orders would wait for each other in a ring."""

OWN_TABLES: Final = frozenset({"events", "positions", "marks", "held", "discharges", "timers", "answers", "owing"})
"""Where a key that is taken means that somebody else was first; in a read model it is a defect."""


def bundle(rows: Sequence[tuple[Any, ...]], expected: Mapping[str, int], generation: int) -> Bundle:
    """Return the events as `append` takes them, with the versions that their streams must have before."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    params: list[Any] = [write(column) for write, column in zip(COLUMNS, columns, strict=True)]
    params[GENERATION] = generation
    return Bundle((texts(expected), numbers(expected.values()), *params), len(rows))


def reading(writes: Writes) -> Iterator[Said]:
    """Yield what was heard up to where, what is held, and what staff laid aside."""
    if writes.positions:
        before, now = zip(*writes.positions.values(), strict=True)
        yield Said(MOVE_POSITIONS, (texts(writes.positions), numbers(before), numbers(now)))
    if writes.marks:
        sources, subjects = zip(*writes.marks, strict=True)
        before, now = zip(*writes.marks.values(), strict=True)
        yield Said(MOVE_MARKS, (texts(sources), texts(subjects), numbers(before), numbers(now)))
    if gone := sorted(key for key, held in writes.held.items() if held is None):
        sources, subjects, sequences = zip(*gone, strict=True)
        yield Said(LET_GO, (texts(sources), texts(subjects), numbers(sequences)))
    for _, held in sorted(writes.held.items()):
        if held is not None:
            yield Said(HOLD, (*held.envelope, held.since_us, held.attempts, held.error))
    for discharge in writes.discharges:
        yield Said(DISCHARGE, discharge)


def time(writes: Writes) -> Iterator[Said]:
    """Yield timers, first answers, snapshots, and who owes something; each in the order of its keys."""
    if rung := [timer for _, timer in sorted(writes.rung.items())]:
        ids, dues, commands, data, _ = zip(*rung, strict=True)
        yield Said(RING, (texts(ids), numbers(dues), texts(commands), blobs(data)))
    if cancelled := sorted(id for id, timer in writes.timers.items() if timer is None):
        yield Said(CANCEL, (texts(cancelled),))
    if timers := [timer for _, timer in sorted(writes.timers.items()) if timer is not None]:
        ids, dues, commands, data, traceparents = zip(*timers, strict=True)
        yield Said(SET_TIMERS, (texts(ids), numbers(dues), texts(commands), blobs(data), texts(traceparents)))
    if writes.answers:
        ids, prints, statuses, bodies, versions, ats = zip(*sorted(writes.answers), strict=True)
        yield Said(
            ANSWER, (texts(ids), texts(prints), numbers(statuses), blobs(bodies), numbers(versions), numbers(ats))
        )
    if writes.snapshots:
        newest = {(one.stream, one.shape): one for one in writes.snapshots}
        streams, versions, shapes, data = zip(*(newest[key] for key in sorted(newest)), strict=True)
        yield Said(SNAP, (texts(streams), numbers(versions), texts(shapes), blobs(data)))
    if paid := sorted(stream for stream, since in writes.owing.items() if since is None):
        yield Said(PAID_OFF, (texts(paid),))
    if owing := sorted((stream, since) for stream, since in writes.owing.items() if since is not None):
        streams, since = zip(*owing, strict=True)
        yield Said(OWE, (texts(streams), numbers(since)))


def statements(writes: Writes, events: Bundle) -> list[Said]:
    """Return all of a transaction. The events come last, so that the appenders' lock is held for nothing else."""
    said = [*reading(writes), *time(writes)]
    if writes.statements:
        said.append(Said(ROWS_IN_TURN))
        said += [Said(as_postgres(sql), params) for sql, params in writes.statements]
    if events.number or writes.expected:
        said.append(Said(APPEND, events.params))
    return said
