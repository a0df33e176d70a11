"""The event store as a port: one way in (`commit`), a few ways to look.

Everything that must be true together is one `Writes`: events, marks, positions, held messages, timers, answers,
snapshots and rows of read models become durable together or not at all. The event log itself is the outbox.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from kernel.message import Envelope

WORTH_ASKING_TOGETHER: Final = 4
"""From how many on `answers` and `marks` are quicker than one look-up after another; with 32 it is six times."""


class Conflict(Exception):
    """Somebody else wrote first: a stream, a reader's position or a command id is not as it was read. Retry."""


class StoreUnavailable(Exception):
    """The database cannot be reached or refuses to write. Whoever reads waits and asks again."""


class Unwritable(Exception):
    """The database will never take this row, however often it is tried: a defect of whoever wrote it."""


class Recorded(NamedTuple):
    """A stored event. `said` is its public type where it is public, with its `subject` and gap-free `sequence`.

    `hash` ties it to the one before it in its stream (`chassis/stores/chain.py`).
    """

    position: int
    stream: str
    version: int
    type: str
    data: bytes
    time_us: int
    correlation: str
    causation: str
    said: str | None
    subject: str | None
    sequence: int | None
    hash: bytes


class Link(NamedTuple):
    """What the seals need of a stored event: where it stands, its hash, and when it happened."""

    position: int
    hash: bytes
    time_us: int


class Generation(NamedTuple):
    """A part of the log that is one source to its readers: what was stored after position `after`, up to the next.

    A log has one, until its store is restored from a backup that may be older than what was said. Then what follows
    is a new source, with sequences of its own: nobody takes it for a repeat of what the lost store had said.
    """

    number: int
    after: int
    began_us: int
    why: str


class NewEvent(NamedTuple):
    """An event to be stored at exactly `version` of its stream; `said_data` is None where it equals `data`."""

    stream: str
    version: int
    type: str
    data: bytes
    time_us: int
    correlation: str
    causation: str
    traceparent: str | None
    said: str | None
    subject: str | None
    sequence: int | None
    root: str | None
    said_data: bytes | None


class Snapshot(NamedTuple):
    """A state of a stream at `version`; `shape` names the state's form, so that a changed form misses."""

    stream: str
    version: int
    shape: str
    data: bytes


class Held(NamedTuple):
    """A heard message that waits for an earlier one, or is parked with the `error` it fails with."""

    envelope: Envelope
    since_us: int
    attempts: int
    error: str | None


class TimerRow(NamedTuple):
    """A command that is due at `due_us`; `command` is its type's name, `data` its fields as JSON.

    `traceparent` is the context of the event that set it, if that was followed.
    """

    id: str
    due_us: int
    command: str
    data: bytes
    traceparent: str | None = None


class AnswerRow(NamedTuple):
    """The first answer to a command, for as long as the same command may come again."""

    id: str
    fingerprint: str
    status: int
    body: bytes
    version: int
    at_us: int


class Statement(NamedTuple):
    """One change of a read model: SQL with `:named` parameters that SQLite and PostgreSQL both understand."""

    sql: str
    params: Mapping[str, Any]


class Discharge(NamedTuple):
    """A parked message that staff laid aside: who, why and when."""

    source: str
    subject: str
    sequence: int
    by: str
    reason: str
    at_us: int


@dataclass(slots=True)
class Writes:
    """What one transaction makes true.

    Args:
        expected: stream → version it must have before `events` are appended.
        marks: (source, subject) → (sequence taken before, sequence taken now).
        positions: channel → (position read, position now).
        held: (source, subject, sequence) → the message to keep, or None to let go of it.
        timers: id → the timer to set, or None to cancel it.
        rung: id → the timer that rings, as it was read: it goes, unless it is another by now; before `timers`.
        owing: saga stream → since when (microseconds) something is owed, or None when nothing is any more.
    """

    events: list[NewEvent] = field(default_factory=list)
    expected: dict[str, int] = field(default_factory=dict)
    marks: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)
    held: dict[tuple[str, str, int], Held | None] = field(default_factory=dict)
    discharges: list[Discharge] = field(default_factory=list)
    timers: dict[str, TimerRow | None] = field(default_factory=dict)
    rung: dict[str, TimerRow] = field(default_factory=dict)
    answers: list[AnswerRow] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    owing: dict[str, int | None] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    @property
    def only_moves_on(self) -> bool:
        """Say whether it only notes that a reader has passed over messages that mean nothing to it."""
        return bool(self.positions) and not (self.events or self.statements or self.timers or self._seldom)

    def take_along(self, earlier: "Writes") -> None:
        """Let a reader's earlier moves become true together with these."""
        for key, (before, now) in earlier.marks.items():
            self.marks[key] = (before, self.marks.get(key, (now, now))[1])
        for channel, (before, now) in earlier.positions.items():
            self.positions[channel] = (before, self.positions.get(channel, (now, now))[1])

    def __bool__(self) -> bool:
        return bool(self.events or self.positions or self.marks or self.statements or self.timers or self._seldom)

    @property
    def _seldom(self) -> bool:
        some = self.answers or self.owing or self.expected or self.held or self.discharges or self.snapshots
        return bool(some or self.rung)


class Store(Protocol):
    """What a service keeps. One instance belongs to one service; readers of other services only `say`."""

    @property
    def shared(self) -> bool:
        """Say whether other processes may write here too: then nothing that is remembered may be relied on."""
        ...

    def duty(self, name: str) -> bool:
        """Say whether this process is the one that tends `name` (timers, the relay); asked again before each round.

        Where several share the store, one holds the duty for as long as its connection lives. What makes a doubled
        duty harmless is that every write is conditional; this only spares the work.
        """
        ...

    def news(self) -> Mapping[str, int]:
        """Return stream → version of what was written since this was last asked, by whoever wrote it.

        It may name what was named before; it never leaves out what had become durable before it was asked.
        """
        ...

    def commit(self, writes: Writes) -> int:
        """Make `writes` durable as a whole and return the position of the log's head.

        Each event is stored with the hash that ties it to the one before it in its stream.

        Raises:
            Conflict: a stream, mark, position or command id moved since it was read; nothing was written.
            StoreUnavailable: the database refuses; nothing was written.
            Unwritable: a row does not fit its table or a statement is no SQL; nothing was written.
        """
        ...

    def stage(self, writes: Writes) -> None:
        """Do the first half of `commit`: everything is written, nobody sees it, and a power cut would take it back.

        What was staged before and never flushed is taken back.
        """
        ...

    def flush(self) -> int:
        """Do the second half: make durable what was staged and return the head. Nothing but waiting for the disk.

        May be called from another thread than `stage`, as long as nobody else writes meanwhile.
        """
        ...

    def head(self) -> int:
        """Return the position of the last stored event, 0 when there is none."""
        ...

    def read_stream(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        """Return the events of `stream` with a version above `after`, in order."""
        ...

    def tail(self, after: int, limit: int) -> Sequence[Recorded]:
        """Return up to `limit` events after position `after`, complete and in commit order."""
        ...

    def links(self, after: int, limit: int) -> Sequence[Link]:
        """Return what is to be sealed of up to `limit` events after position `after`, in commit order."""
        ...

    @property
    def generations(self) -> Sequence[Generation]:
        """Return the generations of the log, the present one last."""
        ...

    def say(self, source: str, after: int, limit: int, up_to: int | None = None) -> tuple[Sequence[Envelope], int]:
        """Return up to `limit` public events after position `after`, and the position up to which none is missing.

        Args:
            up_to: nothing beyond this position; a generation that has ended is read to its end only.
        """
        ...

    def say_again(
        self, source: str, subject: str, first: int, last: int, generation: int | None = None
    ) -> Sequence[Envelope]:
        """Return the public events of `subject` with sequence `first` to `last`.

        Args:
            generation: in which they were said; the present one where none is named.
        """
        ...

    def last_sequence(self, subject: str) -> int:
        """Return the last sequence given in the present generation, 0 where there is none."""
        ...

    def mark(self, source: str, subject: str) -> int: ...
    def marks(self, source: str, subjects: Iterable[str]) -> Mapping[str, int]:
        """Return the mark of each of these subjects, 0 where nothing of it was heard."""
        ...

    def position(self, source: str) -> int: ...
    def held(self, source: str, subject: str, sequence: int) -> Held | None: ...
    def all_held(self) -> Sequence[Held]: ...
    def timer(self, id: str) -> TimerRow | None: ...
    def due_timers(self, now_us: int, limit: int) -> Sequence[TimerRow]:
        """Return up to `limit` timers due at `now_us` or before, the earliest first."""
        ...

    def next_timer_us(self) -> int | None: ...
    def answer(self, command_id: str) -> AnswerRow | None: ...
    def answers(self, command_ids: Iterable[str]) -> Mapping[str, AnswerRow | None]:
        """Return the first answer to each of these commands, None where there was none yet."""
        ...

    def snapshot(self, stream: str, shape: str) -> Snapshot | None: ...
    def owing(self) -> Sequence[str]: ...
    def owing_since_us(self) -> int | None:
        """Return since when the oldest debt of a saga stands, None where none is owed."""
        ...

    def last_traceparent(self, stream: str) -> str | None:
        """Return the trace context of the last event of a stream, None where it was not followed."""
        ...

    def size_bytes(self) -> int:
        """Return how much room the store takes where it is kept."""
        ...

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        """Read rows of this service's read models; may be called from any thread."""
        ...

    def prune_answers(self, before_us: int, limit: int) -> int:
        """Forget at most `limit` answers older than `before_us`; return how many went."""
        ...

    def define(self, tables: Iterable[str], form: str = "") -> bool:
        """Create the read models' tables (`CREATE TABLE IF NOT EXISTS …`); say whether they have yet to be filled.

        Tables that were made of other statements or for another `form` are dropped and made anew: what stood in them
        follows from the logs.
        """
        ...

    def begin_generation(self, at_us: int, why: str) -> Generation:
        """Make whatever is stored from now on a new source to its readers; only while nothing runs on the store."""
        ...

    def note(self, name: str) -> str | None:
        """Return what the store keeps under a name about itself."""
        ...

    def fill(self, statements: Iterable[Statement]) -> None:
        """Fill the read models that `define` found empty, in one transaction.

        Raises:
            Unwritable: a row does not fit; they stay empty.
        """
        ...

    def close(self) -> None: ...


class SharedStore(Store, Protocol):
    """A store that several processes of one service share, and whose log is said to a bus outside of it."""

    def relayed(self, topic: str) -> int:
        """Return the position up to which the log was said to `topic` (a topic's id, not its name)."""
        ...

    def move_relayed(self, topic: str, before: int, now: int) -> None:
        """Write down that the log was said up to `now`.

        Raises:
            Conflict: it was not said up to `before`: another relay is at work.
        """
        ...

    def keep_note(self, name: str, value: str) -> None:
        """Keep something about the store itself under a name."""
        ...

    def leave(self, name: str) -> None:
        """Let another process have the duty `name`.

        Raises:
            StoreUnavailable: it cannot be reached; then the duty is lost anyhow.
        """
        ...

    def listen(self, told: Callable[[], None]) -> None:
        """Call `told` from some thread soon after anybody has appended, and every second all the same."""
        ...
