"""Checks of what a service heard from the others: marked once, followed once, remembered by its sagas, never lost."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from chassis.codec import Unreadable
from chassis.run import Running
from chassis.service import SagaRoute
from chassis.stores.store import Recorded
from chassis.verification_words import Checked, Ear, Scene, ears_of, log_of, readable_events, streams_of
from kernel.message import Heard, source_of


def heard(scene: Scene, checked: Checked) -> None:
    """Each subject is marked up to the last message said before this reader's position, what waits left out."""
    for ear in ears_of(scene):
        head, at = ear.head, max(ear.position, ear.generation.after)
        if ear.position > head:
            checked.breaks(f"{ear.source}: this reader is at {ear.position}, the log ends at {head}")
        if at < head:
            checked.waits(f"{ear.source}: {head - at} positions not looked at after {ear.position}")
        last = last_said(ear)
        for subject in sorted(last.keys() | ear.marks.keys() | ear.waits.keys()):
            checked.counted += 1
            mark, up_to = ear.marks.get(subject, 0), last.get(subject, 0)
            waits = ear.waits.get(subject, set())
            after = set(range(mark + 1, up_to + 1))
            if scene.running.store.shared and mark <= up_to and waits <= after:
                if len(waits) < len(after):
                    checked.waits(f"{ear.source} {subject}: {len(after) - len(waits)} said and not taken yet")
            elif mark > up_to or waits != after:
                found = f"marked up to {mark}, {sorted(waits)} held, {up_to} said up to position {ear.position}"
                checked.breaks(f"{ear.source} {subject}: {found}")
    for one in scene.running.store.all_held():
        envelope = one.envelope
        checked.waits(f"{envelope.source} {envelope.subject} #{envelope.sequence}: {one.error or 'waits its turn'}")


def last_said(ear: Ear) -> dict[str, int]:
    """Return subject → last sequence said up to the reader's position."""
    sql = (
        "SELECT subject, max(sequence) AS sequence FROM events "
        "WHERE sequence IS NOT NULL AND position>:after AND position<=:position GROUP BY subject"
    )
    rows = ear.speaker.store.query(sql, {"after": ear.generation.after, "position": min(ear.position, ear.head)})
    return {row["subject"]: row["sequence"] for row in rows}


class Cause(NamedTuple):
    """The message that an event followed from, by the source that said it."""

    source: str
    subject: str
    sequence: int


def causes(scene: Scene, checked: Checked) -> None:
    """What followed from a message followed once, in its turn, and the message was said and is marked.

    All that follows from one message is one transaction, so it stands together in the log.
    """
    last: dict[tuple[str, str], int] = {}
    before = ""
    for recorded in log_of(scene.running):
        if recorded.causation == before:
            continue
        before = recorded.causation
        if not _is_message(before):
            continue
        checked.counted += 1
        event = f"{recorded.stream}@{recorded.version}"
        cause = _cause(scene, before)
        if cause is None:
            checked.breaks(f"{event}: its cause {before} was never said")
            continue
        key = (cause.source, cause.subject)
        if cause.sequence <= last.get(key, 0):
            checked.breaks(f"{event}: {before} had its effect before, or out of turn")
        last[key] = cause.sequence
        mark = scene.running.store.mark(cause.source, cause.subject)
        if cause.sequence > mark:
            checked.breaks(f"{event}: {before} had its effect and is not marked, so it would be heard again")


def _is_message(causation: str) -> bool:
    """Say whether a cause is a message; commands, timers and sagas asked again have other names."""
    stream, at, version = causation.rpartition("@")
    return bool(at) and version.isdecimal() and "-" in stream and ":" not in stream.partition("-")[0]


def _cause(scene: Scene, id: str) -> Cause | None:
    """Find a message in the log of whoever said it."""
    stream, _, version = id.rpartition("@")
    sql = (
        "SELECT subject, sequence, generation FROM events "
        "WHERE stream=:stream AND version=:version AND said IS NOT NULL"
    )
    for other in scene.others:
        if stream.partition("-")[0] in other.lane.folds:
            for row in other.store.query(sql, {"stream": stream, "version": int(version)}):
                return Cause(source_of(other.service.name, row["generation"]), row["subject"], row["sequence"])
    return None


def sagas(scene: Scene, checked: Checked) -> None:
    """Every saga knows what was to be heard; what it owes stands in `owing`, where the watchdog asks for it again."""
    asked = set(scene.running.store.owing())
    for route in scene.service.sagas:
        expected = _remembered(scene, route)
        for stream in streams_of(scene.running, route.saga.name):
            checked.counted += 1
            state = _refold(scene.running, route, stream)
            if state != expected.pop(stream, route.saga.initial):
                checked.breaks(f"{stream}: it does not know what was to be heard")
            _ask(scene, stream, route, state, asked, checked)
        for stream, state in expected.items():
            if state != route.saga.initial:
                checked.breaks(f"{stream}: it never heard what was to be heard")
    for stream in sorted(asked):
        checked.breaks(f"{stream} is asked for again, and there is no such saga")


def _ask(scene: Scene, stream: str, route: SagaRoute, state: Any, asked: set[str], checked: Checked) -> None:
    owed = ", ".join(type(command).__name__ for command in route.saga.owed(state))
    if owed and stream not in asked:
        checked.breaks(f"{stream} owes {owed}, and nobody asks for it")
    elif owed:
        checked.waits(f"{stream} owes {owed} since position {_last_position(scene.running, stream)}, asked each minute")
    elif stream in asked:
        checked.waits(f"{stream} owes nothing any more; asked once again at the next start")
    asked.discard(stream)


def _last_position(running: Running, stream: str) -> int:
    sql = "SELECT max(position) AS position FROM events WHERE stream=:stream"
    return int(running.store.query(sql, {"stream": stream})[0]["position"])


def _refold(running: Running, route: SagaRoute, stream: str) -> Any:
    return route.saga.fold(fact for fact in map(_reader(running), running.store.read_stream(stream)) if fact)


def _reader(running: Running) -> Any:
    def read(recorded: Recorded) -> Any:
        try:
            return running.lane.codec.decode(recorded.type, recorded.data)
        except Unreadable:
            return None  # named by `folds`

    return read


def _remembered(scene: Scene, route: SagaRoute) -> dict[str, Any]:
    """Return stream → the state that a saga has if it heard all that there was for it, whatever its own log says."""
    states: dict[str, Any] = {}
    for fact in _facts(scene, route):
        stream = f"{route.saga.name}-{fact.ref}"
        states[stream] = route.saga.evolve(states.get(stream, route.saga.initial), fact)
    return states


def _facts(scene: Scene, route: SagaRoute) -> Iterator[Any]:
    """Yield what a saga was to hear: its own service's events, then what the others said as far as it was taken."""
    for _, event in readable_events(scene.running):
        told = route.own.get(type(event))
        if told is not None:
            yield told(event)
    hearings = {hearing.type: hearing for hearing in route.hears}
    for ear in ears_of(scene):
        for envelope in ear.taken():
            hearing = hearings.get(envelope.type)
            if hearing is None:
                continue
            try:
                data = msgspec.json.decode(envelope.data, type=hearing.reads)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue  # named by the speaker's `folds`
            yield from hearing.react(data, Heard(envelope, envelope.time))
