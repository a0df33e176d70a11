"""Proving a store: every stream folded anew, every number counted, every mark compared with what was said.

A check reads the stores as they are and trusts no memory. It names each place where something does not hold; what is
only not done yet is a note with the position it waits behind, never an error.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chassis.bus.bus import Bus
from chassis.clock import to_us
from chassis.codec import Unreadable, encode
from chassis.executor import Lane
from chassis.inbox import Inbox
from chassis.run import Engine, Running
from chassis.service import Service
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import Recorded, Statement, Writes
from chassis.vault import CannotOpen, Vault
from kernel.message import Timer, source_of, type_of

PAGE = 2_000
SEALED = re.compile(rb'"(s1\.[0-9a-z]+\.[A-Za-z0-9_=-]+)"')
CAUSE = re.compile(r"^[a-z_]+-.+@\d+$")


@dataclass(slots=True)
class Checked:
    """What one check of one service found: how much it looked at, what is broken, and what is only pending."""

    service: str
    name: str
    says: str
    counted: int = 0
    broken: list[str] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)


Check = Callable[[Engine, Running, Vault, Checked], None]


def verify(engine: Engine, vault: Vault) -> Iterator[Checked]:
    """Carry out every check on every service, one result after the other."""
    for running in engine.running.values():
        for name, (says, check) in CHECKS.items():
            checked = Checked(running.service.name, name, says)
            check(engine, running, vault, checked)
            yield checked
        for invariant in running.service.invariants:
            checked = Checked(running.service.name, invariant.name, invariant.says)
            checked.broken.extend(invariant.broken(_counted(readable_events(running), checked)))
            yield checked


def _counted(events: Iterable[tuple[str, Any]], checked: Checked) -> Iterator[tuple[str, Any]]:
    for one in events:
        checked.counted += 1
        yield one


def log_of(running: Running) -> Iterator[Recorded]:
    """Yield every stored event of a service in the order of its log."""
    after = 0
    while page := running.store.tail(after, PAGE):
        yield from page
        after = page[-1].position


def readable_events(running: Running) -> Iterator[tuple[str, Any]]:
    """Yield (stream, event) for every event that can be read; unreadable ones are the `folds` check's to name."""
    for recorded in log_of(running):
        try:
            yield recorded.stream, running.lane.codec.decode(recorded.type, recorded.data)
        except Unreadable:
            continue


def _folds(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    lane = running.lane
    states: dict[str, tuple[Any, int]] = {}
    for recorded in log_of(running):
        checked.counted += 1
        prefix = recorded.stream.partition("-")[0]
        fold = lane.folds.get(prefix)
        if fold is None:
            checked.broken.append(f"{recorded.stream}: no decider or saga folds such a stream")
            continue
        state, version = states.get(recorded.stream, (fold.initial, 0))
        if recorded.version != version + 1:
            found = f"{recorded.stream}: version {recorded.version} follows {version}"
            checked.broken.append(f"{found} (position {recorded.position})")
        try:
            event = lane.codec.decode(recorded.type, recorded.data)
        except Unreadable as error:
            checked.broken.append(f"{recorded.stream}@{recorded.version} cannot be read: {error}")
            states[recorded.stream] = (state, recorded.version)
            continue
        states[recorded.stream] = (fold.evolve(state, event), recorded.version)
    for stream, (state, version) in states.items():
        if lane.fold(stream) != (state, version):
            checked.broken.append(f"{stream}: its snapshot gives another state than its events")


def _said(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    """Compare each event with what publishing says of it, and count the sequence of each subject."""
    service, lane = running.service, running.lane
    sequences: dict[str, int] = defaultdict(int)
    facts = {kind.__name__ for route in service.sagas for kind in route.facts}
    for recorded in log_of(running):
        if recorded.sequence is not None:
            checked.counted += 1
            subject = recorded.subject or ""
            if recorded.sequence != sequences[subject] + 1:
                gap = f"{sequences[subject]} is followed by {recorded.sequence}"
                checked.broken.append(f"{subject}: sequence {gap} (position {recorded.position})")
            sequences[subject] = recorded.sequence
        if recorded.type in facts or not lane.codec.knows(recorded.type):
            continue
        try:
            public = service.publish(lane.codec.decode(recorded.type, recorded.data))
        except Unreadable:
            continue
        said = None if public is None else type_of(service.name, public.name, public.version)
        if said != recorded.said:
            checked.broken.append(f"{recorded.stream}@{recorded.version} was said as {recorded.said}, not {said}")
        elif public is not None:
            _compare_said(running, recorded, encode(public.data), checked)


def _compare_said(running: Running, recorded: Recorded, data: bytes, checked: Checked) -> None:
    (envelope,) = running.store.say_again("", recorded.subject or "", recorded.sequence or 0, recorded.sequence or 0)
    if envelope.data != data:
        checked.broken.append(f"{envelope.id}: what was said differs from what is stored")


def _heard(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    """Each subject's mark is the last sequence said up to this reader's position, less what is held behind a gap."""
    held = {(h.envelope.source, h.envelope.subject, h.envelope.sequence): h for h in running.store.all_held()}
    for other in engine.running.values():
        if other is running:
            continue
        source = source_of(other.service.name)
        position = running.store.position(source)
        if position > other.store.head():
            checked.broken.append(f"{source}: this reader is at {position}, the log ends at {other.store.head()}")
        last: dict[str, int] = {}
        for recorded in log_of(other):
            if recorded.sequence is not None and recorded.position <= position:
                last[recorded.subject or ""] = max(recorded.sequence, last.get(recorded.subject or "", 0))
        if position < other.store.head():
            behind = other.store.head() - position
            checked.pending.append(f"{source}: {behind} positions not looked at after {position}")
        marks = running.store.query("SELECT subject, sequence FROM marks WHERE source=:source", {"source": source})
        marked = {row["subject"]: row["sequence"] for row in marks}
        for subject in last.keys() | marked.keys():
            checked.counted += 1
            expected, mark = last.get(subject, 0), marked.get(subject, 0)
            waiting = sum(1 for key in held if key[:2] == (source, subject)) if held else 0
            if mark + waiting != expected:
                found = f"marked up to {mark}, {waiting} held, {expected} said up to position {position}"
                checked.broken.append(f"{source} {subject}: {found}")
    checked.pending += [f"{key[0]} {key[1]} #{key[2]}: {one.error or 'waits'}" for key, one in held.items()]


def _causes(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    """An event that another service's event led to has that event in the other log."""
    said: set[str] = set()
    for other in engine.running.values():
        if other is not running:
            said |= {f"{r.stream}@{r.version}" for r in log_of(other) if r.said is not None}
    for recorded in log_of(running):
        if CAUSE.match(recorded.causation):
            checked.counted += 1
            if recorded.causation not in said:
                cause = f"its cause {recorded.causation} was never said"
                checked.broken.append(f"{recorded.stream}@{recorded.version}: {cause}")


def _sagas(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    """What a saga owes is done, or stands in `owing` where the watchdog asks for it again."""
    owing = set(running.store.owing())
    streams = {r.stream for r in log_of(running) if r.stream.partition("-")[0] in running.lane.saga_routes}
    for stream in sorted(streams):
        checked.counted += 1
        saga = running.lane.saga_routes[stream.partition("-")[0]].saga
        owed = saga.owed(_refold(running, stream)[0])
        names = ", ".join(type(command).__name__ for command in owed)
        if owed and stream not in owing:
            checked.broken.append(f"{stream} owes {names} and nobody asks for it")
        elif owed:
            checked.pending.append(f"{stream} owes {names}; asked again each minute (head {running.store.head()})")


def _refold(running: Running, stream: str) -> tuple[Any, int]:
    fold = running.lane.folds[stream.partition("-")[0]]
    state, version = fold.initial, 0
    for recorded in running.store.read_stream(stream):
        try:
            state = fold.evolve(state, running.lane.codec.decode(recorded.type, recorded.data))
        except Unreadable:
            break
        version = recorded.version
    return state, version


def _timers(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    """Every timer that the events have set and not cancelled is there, or its command was carried out."""
    wanted: dict[str, int] = {}
    for _, event in readable_events(running):
        if type(event) not in running.service.events:
            continue
        for timer in running.service.timers(event):
            if isinstance(timer, Timer):
                wanted[timer.id] = to_us(timer.due_at)
            else:
                wanted.pop(timer.id, None)
    now_us = to_us(engine.clock.now())
    kept = {row.id: row.due_us for row in running.store.due_timers(2**62, 10_000_000)}
    for id, due_us in wanted.items():
        checked.counted += 1
        if due_us > now_us and kept.get(id) != due_us:
            checked.broken.append(f"timer {id} is not kept, though it is not due yet")
    for id, due_us in kept.items():
        if id not in wanted:
            checked.broken.append(f"timer {id} is kept though no event asks for it")
        elif due_us <= now_us:
            checked.pending.append(f"timer {id} is due")


def _seals(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    """Every sealed value in the log is authentic and its key is in the vault."""
    for recorded in log_of(running):
        for sealed in SEALED.findall(recorded.data):
            checked.counted += 1
            try:
                vault.prove(sealed.decode())
            except CannotOpen as error:
                checked.broken.append(f"{recorded.stream}@{recorded.version}: {error}")


def _rows(engine: Engine, running: Running, vault: Vault, checked: Checked) -> None:
    """Read models built anew from the logs equal the ones that are kept."""
    with TemporaryDirectory() as folder:
        fresh = SqliteStore(Path(folder) / "rebuilt.db")
        try:
            rebuild(engine, running, fresh)
            for table in _tables(running.service):
                checked.counted += _compare_rows(running, fresh, table, checked)
        finally:
            fresh.close()


def _tables(service: Service) -> list[str]:
    pattern = re.compile(r"CREATE TABLE IF NOT EXISTS\s+(\w+)")
    statements = [ddl for projection in service.projections for ddl in projection.tables]
    return sorted({name for ddl in statements for name in pattern.findall(ddl)})


def _compare_rows(running: Running, fresh: SqliteStore, table: str, checked: Checked) -> int:
    kept = {tuple(row.items()) for row in running.store.query(f"SELECT * FROM {table}")}
    built = {tuple(row.items()) for row in fresh.query(f"SELECT * FROM {table}")}
    for row in sorted(kept ^ built, key=repr)[:10]:
        side = "is kept and does not follow from the logs" if row in kept else "follows from the logs and is not kept"
        checked.broken.append(f"{table}: {dict(row)} {side}")
    return len(kept)


class _Replay:
    """The bus as far as one reader has taken it: its own positions are where the logs end."""

    def __init__(self, bus: Bus, ends: dict[str, int]) -> None:
        self._bus = bus
        self._ends = ends

    def sources(self, service: str) -> list[str]:
        return list(self._ends)

    def take(self, source: str, after: int, limit: int) -> Any:
        envelopes, at = self._bus.take(source, after, limit)
        end = self._ends[source]
        return [one for one in envelopes if one.position <= end], min(at, end)

    def again(self, source: str, subject: str, first: int, last: int) -> Any:
        return self._bus.again(source, subject, first, last)


def rebuild(engine: Engine, running: Running, fresh: SqliteStore) -> None:
    """Fill `fresh` with the read models of a service from its own log and what it has heard."""
    service = running.service
    readers = Service(name=service.name, projections=service.projections)
    ends = {source: running.store.position(source) for source in running.inbox.positions}
    lane = Lane(readers, fresh, engine.clock)
    inbox = Inbox(lane, _Replay(running.inbox.bus, ends))
    lane.sources.append(inbox.pieces)
    rows_by_own = lane.rows_by_own
    statements: list[Statement] = []
    for _, event in readable_events(running):
        for rows in rows_by_own.get(type(event), ()):
            statements.extend(rows(event))
    fresh.commit(Writes(statements=statements))
    while lane.turn():
        pass


CHECKS: dict[str, tuple[str, Check]] = {
    "folds": ("every stream is without a gap, can be read, and folds to the state its snapshot gives", _folds),
    "said": ("what was said equals what is stored, and every subject's sequence is without a gap", _said),
    "heard": ("every message said up to the reader's position is marked once or held", _heard),
    "causes": ("every event that another service led to has its cause in that service's log", _causes),
    "sagas": ("what a saga owes is done, or is being asked for", _sagas),
    "timers": ("every timer the events ask for is kept until its hour", _timers),
    "seals": ("every sealed value is authentic and can be opened with its person's key", _seals),
    "rows": ("read models equal those built anew from the logs", _rows),
}
