"""Checks of one service's own log: it folds, says what it stores, and keeps what is personal sealed."""

from collections.abc import Iterator
from typing import Any

import msgspec

from chassis.codec import Codec, Unreadable, encode, shape_of
from chassis.run import Running
from chassis.stores.store import Recorded
from chassis.vault import PREFIX, CannotOpen, Erased
from chassis.verification_words import Checked, Scene, generation_at, log_of, said_by, streams_of
from kernel.message import Envelope, PublicEvent, type_of

SEAL = b'"' + PREFIX.encode()
"""How a sealed value begins in JSON."""


def positions(scene: Scene, checked: Checked) -> None:
    """Positions are 1, 2, 3 … up to the last one given: one writer gives them, and takes back what it takes back.

    Where several instances write, one that is taken back is not given again: there are gaps, and nothing follows
    from them.
    """
    query = scene.running.store.query
    (whole,) = query("SELECT count(*) AS events, coalesce(max(position), 0) AS last FROM events")
    checked.counted += whole["events"]
    if scene.running.store.shared:
        for given in query("SELECT drawn AS last FROM reach()"):
            if given["last"] < whole["last"]:
                checked.breaks(f"position {given['last']} was given last, and the log ends at {whole['last']}")
        return
    if whole["events"] != whole["last"]:
        gaps = query(
            "SELECT position FROM events AS one WHERE position>1 "
            "AND NOT EXISTS (SELECT 1 FROM events WHERE position=one.position-1) ORDER BY position"
        )
        for gap in gaps:
            checked.breaks(f"nothing stands before position {gap['position']}")
    for given in query("SELECT seq AS last FROM sqlite_sequence WHERE name='events'"):
        if given["last"] != whole["last"]:
            checked.breaks(f"position {given['last']} was given, and the log ends at {whole['last']}")


def folds(scene: Scene, checked: Checked) -> None:
    """Fold every stream from its first event on, one after the other, past each snapshot that it has."""
    unfolded = {row["stream"] for row in scene.running.store.query("SELECT DISTINCT stream FROM snapshots")}
    for stream in streams_of(scene.running):
        _fold(scene.running, stream, stream in unfolded, checked)
        unfolded.discard(stream)
    for stream in sorted(unfolded):
        checked.breaks(f"{stream}: a snapshot of a stream that is not there")


def _fold(running: Running, stream: str, has_snapshot: bool, checked: Checked) -> None:
    fold = running.lane.folds.get(stream.partition("-")[0])
    if fold is None:
        checked.breaks(f"{stream}: no decider or saga folds such a stream")
        return
    snapshots = _snapshots(running, stream, type(fold.initial), checked) if has_snapshot else {}
    state, version = fold.initial, 0
    for recorded in running.store.read_stream(stream):
        checked.counted += 1
        if recorded.version != version + 1:
            found = f"version {recorded.version} follows {version}"
            checked.breaks(f"{stream}: {found} (position {recorded.position})")
        version = recorded.version
        try:
            state = fold.evolve(state, running.lane.codec.decode(recorded.type, recorded.data))
        except Unreadable as error:
            checked.breaks(f"{stream}@{version} cannot be read: {error}")
        except Exception as error:
            checked.breaks(f"{stream}@{version} cannot be folded: {type(error).__name__}: {error}")
        if snapshots.pop(version, state) != state:
            checked.breaks(f"{stream}: its snapshot at version {version} gives another state than its events")
    for beyond in snapshots:
        checked.breaks(f"{stream}: a snapshot at version {beyond}, the stream ends at {version}")


def _snapshots(running: Running, stream: str, kind: type, checked: Checked) -> dict[int, Any]:
    """Return version → state of the snapshots that would be read; those of an older form never are."""
    sql = "SELECT version, data FROM snapshots WHERE stream=:stream AND shape=:shape"
    codec, states = Codec((kind,)), {}
    for row in running.store.query(sql, {"stream": stream, "shape": shape_of(kind)}):
        try:
            states[row["version"]] = codec.decode(kind.__name__, row["data"])
        except Unreadable as error:
            checked.breaks(f"{stream}: its snapshot at version {row['version']} cannot be read: {error}")
    return states


def said(scene: Scene, checked: Checked) -> None:
    """Compare each event with what publishing says of it, and count the sequence of each subject."""
    service, codec = scene.service, scene.running.lane.codec
    facts = {kind.__name__ for route in service.sagas for kind in route.facts}
    sequences: dict[tuple[int, str], int] = {}
    for recorded, envelope in _with_public_side(scene.running):
        if envelope is not None:
            checked.counted += 1
            key = (generation_at(scene.running, recorded.position), envelope.subject)
            last = sequences.get(key, 0)
            if envelope.sequence != last + 1:
                gap = f"{last} is followed by {envelope.sequence}"
                checked.breaks(f"{envelope.subject}: sequence {gap} (position {recorded.position})")
            sequences[key] = envelope.sequence
        if recorded.type in facts:
            public = None
        else:
            try:
                public = service.publish(codec.decode(recorded.type, recorded.data))
            except Unreadable:
                continue
        for difference in _differences(service.name, public, envelope):
            checked.breaks(f"{recorded.stream}@{recorded.version} {difference}")


def _with_public_side(running: Running) -> Iterator[tuple[Recorded, Envelope | None]]:
    envelopes = said_by(running)
    for recorded in log_of(running):
        yield recorded, next(envelopes) if recorded.said is not None else None


def _differences(service: str, public: PublicEvent | None, envelope: Envelope | None) -> Iterator[str]:
    wanted = None if public is None else type_of(service, public.name, public.version)
    found = None if envelope is None else envelope.type
    if wanted != found:
        yield f"was said as {found}, not {wanted}"
    if public is None or envelope is None:
        return
    if (envelope.subject, envelope.root) != (public.subject, public.root):
        yield f"was said of {envelope.subject}, root {envelope.root}, not of {public.subject}, root {public.root}"
    if not _says(envelope.data, public.data):
        yield "was said in other words than are stored"


def _says(data: bytes, event: Any) -> bool:
    """Say whether bytes are this event; they may be older than an optional field that was added since."""
    if data == encode(event):
        return True
    try:
        return bool(Codec((type(event),)).decode(type(event).__name__, data) == event)
    except Unreadable:
        return False


def seals(scene: Scene, checked: Checked) -> None:
    """Prove every sealed value, wherever it stands; one of a person who was forgotten is unreadable by right."""
    for recorded in log_of(scene.running):
        for sealed in _sealed_in(recorded):
            checked.counted += 1
            try:
                scene.vault.prove(sealed)
            except Erased:
                checked.erased_count += 1
            except CannotOpen as error:
                checked.breaks(f"{recorded.stream}@{recorded.version} {recorded.type}: {error}")


def _sealed_in(recorded: Recorded) -> Iterator[str]:
    if SEAL not in recorded.data:
        return
    try:
        yield from (text for text in _texts_in(msgspec.json.decode(recorded.data)) if text.startswith(PREFIX))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # named by `folds`


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(inner)
