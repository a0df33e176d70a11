"""What the checks of a store have in common: what they find, what they look at, and how they read it piece by piece.

A store may be larger than the memory, so nothing here returns a whole log.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from chassis.codec import Unreadable
from chassis.service import Service
from chassis.stores.store import Generation, Recorded
from chassis.vault import Vault
from kernel.message import Envelope, source_of

if TYPE_CHECKING:
    from chassis.run import Engine, Running

PAGE = 2_000
LINES_KEPT = 1_000


@dataclass(slots=True)
class Checked:
    """What one check of one service found: how much it looked at, what is broken, and what is only pending.

    Of each kind the first lines are kept; all are counted. `erased_count` things cannot be read any more by right: the
    person was forgotten.
    """

    service: str
    name: str
    says: str
    counted: int = 0
    broken_count: int = 0
    pending_count: int = 0
    broken: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    erased_count: int = 0

    def breaks(self, line: str) -> None:
        """Name a place where what the check says does not hold."""
        self.broken_count += 1
        if len(self.broken) < LINES_KEPT:
            self.broken.append(line)

    def waits(self, line: str) -> None:
        """Name something that is not done yet, and the position it waits behind."""
        self.pending_count += 1
        if len(self.pending) < LINES_KEPT:
            self.pending.append(line)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a check looks at: one service, and the others that it hears."""

    engine: "Engine"
    running: "Running"
    vault: Vault

    @property
    def service(self) -> Service:
        return self.running.service

    @property
    def others(self) -> tuple["Running", ...]:
        return tuple(one for one in self.engine.running.values() if one is not self.running)


@dataclass(frozen=True, slots=True)
class Inspection:
    """One check, ready to be carried out.

    Args:
        says: what holds where the check finds nothing.
    """

    service: str
    name: str
    says: str
    look: Callable[[Checked], None]

    def carry_out(self, into: Checked | None = None) -> Checked:
        """Look, and return what was found. Damage may stop a check anywhere; then that is what it found.

        Args:
            into: takes what is found, where it is not simply to be named.
        """
        checked = into or Checked(self.service, self.name, self.says)
        try:
            self.look(checked)
        except Exception as error:
            checked.breaks(f"the check could not go on: {type(error).__name__}: {error}")
        return checked


def log_of(running: "Running") -> Iterator[Recorded]:
    """Yield every stored event of a service in the order of its log."""
    after = 0
    while page := running.store.tail(after, PAGE):
        yield from page
        after = page[-1].position


def readable_events(running: "Running") -> Iterator[tuple[str, Any]]:
    """Yield (stream, event) for every event that can be read; unreadable ones are the `folds` check's to name."""
    for recorded in log_of(running):
        try:
            yield recorded.stream, running.lane.codec.decode(recorded.type, recorded.data)
        except Unreadable:
            continue


def said_by(running: "Running", source: str = "", after: int = 0, up_to: int | None = None) -> Iterator[Envelope]:
    """Yield what a service has said, in order, between two positions of its log."""
    while True:
        envelopes, now_at = running.store.say(source, after, PAGE, up_to)
        yield from envelopes
        if now_at == after:
            return
        after = now_at


def events_of(running: "Running", types: tuple[str, ...]) -> Iterator[Recorded]:
    """Yield the stored events of some types, in the order of the log."""
    names = {f"type_{number}": name for number, name in enumerate(types)}
    sql = (
        f"SELECT {', '.join(Recorded._fields)} FROM events WHERE position>:after "
        f"AND type IN ({', '.join(f':{name}' for name in names)}) ORDER BY position LIMIT :limit"
    )
    after = 0
    while page := running.store.query(sql, {"after": after, "limit": PAGE, **names}):
        yield from (Recorded(**row) for row in page)
        after = page[-1]["position"]


def streams_of(running: "Running", prefix: str = "") -> Iterator[str]:
    """Yield the name of every stream, or of those of one prefix, in the order of names."""
    sql = "SELECT DISTINCT stream FROM events WHERE stream>:after AND stream<:end ORDER BY stream LIMIT :limit"
    after, end = (f"{prefix}-", f"{prefix}.") if prefix else ("", "\U0010ffff")
    while page := running.store.query(sql, {"after": after, "end": end, "limit": PAGE}):
        yield from (row["stream"] for row in page)
        after = page[-1]["stream"]


@dataclass(frozen=True, slots=True)
class Ear:
    """How far one service has heard a generation of another's log: its position, and its mark for each subject.

    Args:
        head: where the generation ends, or has got to.
        waits: subject → sequences that are held or parked.
        discharged: (subject, sequence) that staff laid aside: marked, and without effect.
    """

    source: str
    speaker: "Running"
    generation: Generation
    head: int
    position: int
    marks: dict[str, int]
    waits: dict[str, set[int]]
    discharged: frozenset[tuple[str, int]]

    def has_had_effect(self, subject: str, sequence: int) -> bool:
        """Say whether a message was taken, and not laid aside."""
        return sequence <= self.marks.get(subject, 0) and (subject, sequence) not in self.discharged

    def taken(self) -> Iterator[Envelope]:
        """Yield what had its effect here, in the order of the speaker's log."""
        for envelope in said_by(self.speaker, self.source, self.generation.after, min(self.position, self.head)):
            if self.has_had_effect(envelope.subject, envelope.sequence):
                yield envelope


def ears_of(scene: Scene) -> Iterator[Ear]:
    """Yield how far the service has heard each of the others, one generation after the other."""
    return ears_between(scene.running, scene.others)


def ears_between(running: "Running", others: Iterable["Running"]) -> Iterator[Ear]:
    """Yield how far a service has heard some others."""
    for other in others:
        yield from ears_for(running, other)


def ears_for(running: "Running", speaker: "Running") -> Iterator[Ear]:
    """Yield how far one service has heard each generation of another."""
    generations = speaker.store.generations
    for generation, following in zip_longest(generations, generations[1:]):
        yield _ear(running, speaker, generation, speaker.store.head() if following is None else following.after)


def _ear(running: "Running", speaker: "Running", generation: Generation, head: int) -> Ear:
    store, source = running.store, source_of(speaker.service.name, generation.number)
    waits: dict[str, set[int]] = {}
    for one in store.all_held():
        if one.envelope.source == source:
            waits.setdefault(one.envelope.subject, set()).add(one.envelope.sequence)
    marks = store.query("SELECT subject, sequence FROM marks WHERE source=:source", {"source": source})
    aside = store.query("SELECT subject, sequence FROM discharges WHERE source=:source", {"source": source})
    # Where positions are those of a topic's partitions, nothing but the marks says how far a log was heard.
    position = head if store.shared else store.position(source)
    return Ear(
        source, speaker, generation, head, position, {row["subject"]: row["sequence"] for row in marks},
        waits, frozenset((row["subject"], row["sequence"]) for row in aside),
    )  # fmt: skip


def generation_at(running: "Running", position: int) -> int:
    """Return the number of the generation in which a position of a service's log was stored."""
    return max(one.number for one in running.store.generations if one.after < position)
