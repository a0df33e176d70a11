"""Checks that no event was altered, removed, inserted or moved: hash by hash, leaf by leaf, and against kept heads.

The hashes tie each event to the one before it in its stream; whoever alters one and computes the rest anew is found by
the sealed leaves; whoever forges those too, by a signed head that somebody keeps elsewhere.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING

from chassis.heads import Head, leaf_of
from chassis.merkle import grow, root_of, root_under, spans
from chassis.sealing import Sealer
from chassis.sealing_keys import PublicKey
from chassis.stores.chain import NOTHING_BEFORE, event_hash
from chassis.stores.migrations import HASHED_LATER
from chassis.stores.store import Link, NewEvent
from chassis.verification_words import PAGE, Checked, Inspection, Scene, generation_at

if TYPE_CHECKING:
    from chassis.run import Engine, Running


def hashes(scene: Scene, checked: Checked) -> None:
    """Compute every hash anew from what is stored and from the hash before it in the stream."""
    running = scene.running
    last: dict[str, bytes] = {}
    for position, event, generation, found in _stored(running):
        checked.counted += 1
        name = f"{event.stream}@{event.version}"
        if found != event_hash(last.get(event.stream, NOTHING_BEFORE), generation, event):
            checked.breaks(f"{name} (position {position}): its hash does not follow from it and the one before it")
        if generation != generation_at(running, position):
            checked.breaks(f"{name} (position {position}): it stands in another generation than it says")
        last[event.stream] = found
    later = running.store.note(HASHED_LATER)
    if later is not None:
        checked.waits(f"positions 1 to {later} were stored before there were hashes, and tied at a later opening")


def _stored(running: "Running") -> Iterator[tuple[int, NewEvent, int, bytes]]:
    names = NewEvent._fields
    sql = (
        f"SELECT position, {', '.join(names)}, generation, hash FROM events WHERE position>:after "
        "ORDER BY position LIMIT :limit"
    )
    after = 0
    while page := running.store.query(sql, {"after": after, "limit": PAGE}):
        for row in page:
            yield row["position"], NewEvent(**{name: row[name] for name in names}), row["generation"], row["hash"]
        after = page[-1]["position"]


def heads_inspections(engine: "Engine", sealer: Sealer) -> Iterator[Inspection]:
    """Yield the check of each log against its seals and its signed heads."""
    says = "the log is the one that was sealed, event for event, and every signed head says the same"
    for name, running in engine.running.items():
        if running.service.events:
            yield Inspection(name, "heads", says, partial(_against_seals, running, sealer))


def _against_seals(running: "Running", sealer: Sealer, checked: Checked) -> None:
    name = running.service.name
    for one in running.store.generations[1:]:
        began = f"generation {one.number} began after position {one.after}, {one.why}"
        checked.waits(f"{began}: what was said beyond is known to others, and lost here")
    seals = sealer.kept(name)
    position = 0 if seals is None else seals.position  # before the log's end: what runs is sealed on meanwhile
    head = running.store.query("SELECT coalesce(max(position), 0) AS head FROM events", {})[0]["head"]
    if seals is None:
        checked.waits(f"nothing is sealed yet of {head} positions")
        return
    for line in seals.wrong_rows():
        checked.breaks(line)
    heads = seals.heads()
    at_size = {one.size: one for one in heads}
    peaks: list[bytes] = []
    size = 0
    for leaf, link in _side_by_side(seals.each_leaf(), _links(running)):
        checked.counted += 1
        if link is None or leaf != leaf_of(link):
            checked.breaks(_not_there(running, size + 1, link))
        if leaf is None:
            continue
        grow(peaks, size, leaf)
        size += 1
        kept = at_size.pop(size, None)
        if kept is not None and root_under(peaks).hex() != kept.root:
            checked.breaks(f"the sealed leaves do not give the root of the head of {kept.day}, size {size}")
    for beyond in at_size:
        checked.breaks(f"a head was signed over {beyond} events, and {size} are sealed")
    if position > head:
        checked.breaks(f"{position} positions were sealed, and the log ends at {head}")
    elif position < head:
        checked.waits(f"{head - position} positions are not sealed yet after {position}")
    _in_a_row(heads, sealer.published_keys(), checked)


def _in_a_row(heads: Sequence[Head], keys: tuple[PublicKey, ...], checked: Checked) -> None:
    before: Head | None = None
    for one in heads:
        checked.counted += 1
        if wrong := one.wrong(keys):
            checked.breaks(f"the head of {one.day}, size {one.size}: {wrong}")
        if one.previous != ("" if before is None else before.hash):
            checked.breaks(f"the head of {one.day}, size {one.size}, does not name the one before it")
        before = one


def kept_heads_inspection(
    engine: "Engine", sealer: Sealer, heads: Sequence[Head], keys: tuple[PublicKey, ...] | None
) -> Inspection:
    """Return the check of the logs against heads that somebody kept elsewhere, and keys if they kept those too."""
    known = sealer.published_keys() if keys is None else keys
    look = partial(_against_kept, engine, sealer, heads, known)
    return Inspection("platform", "kept_heads", "the logs are what the heads that were kept elsewhere say", look)


def _against_kept(
    engine: "Engine", sealer: Sealer, heads: Sequence[Head], keys: tuple[PublicKey, ...], checked: Checked
) -> None:
    for service, group in groupby(sorted(heads, key=lambda one: (one.service, one.size)), lambda one: one.service):
        running, kept = engine.running.get(service), list(group)
        for one in kept:
            checked.counted += 1
            if running is None or (wrong := one.wrong(keys)):
                checked.breaks(f"{one.name}: {'no such service is here' if running is None else wrong}")
        if running is not None:
            _compare(running, sealer, kept, checked)


def _compare(running: "Running", sealer: Sealer, kept: Sequence[Head], checked: Checked) -> None:
    """Grow the tree over the log as it is, and look at each kept head when it has got to its size."""
    peaks: list[bytes] = []
    size = agreed = 0
    waiting = list(kept)
    for link in _links(running):
        grow(peaks, size, leaf_of(link))
        size += 1
        while waiting and waiting[0].size == size:
            one = waiting.pop(0)
            if [peak.hex() for peak in peaks] == list(one.peaks):
                agreed = size
                continue
            for line in _named(running, sealer, one, agreed, peaks):
                checked.breaks(f"{one.name}: {line}")
            return
        checked.counted += 1
    for one in waiting:
        checked.breaks(f"{one.name}: it says {one.size} events, and the log ends at {size}: {_why(running)}")


def _why(running: "Running") -> str:
    present = running.store.generations[-1]
    if present.number == 1:
        return "the store was rolled back to an older copy, or its end was cut off"
    return f"the store was restored: generation {present.number} began after position {present.after}, {present.why}"


def _named(running: "Running", sealer: Sealer, one: Head, agreed: int, found: Sequence[bytes]) -> Iterator[str]:
    """Say where the log differs from a head: event by event if true seals are at hand, else as closely as it tells."""
    begin, end = agreed, one.size
    for (first, last), said, peak in zip(spans(one.size), one.peaks, found, strict=True):
        if said != peak.hex():
            begin, end = max(agreed, first), last
            break
    sealed = sealer.leaves(one.service, one.size)
    if len(sealed) == one.size and root_of(sealed).hex() == one.root:
        number = begin
        for leaf, link in _side_by_side(sealed[begin:], islice(_links(running), begin, None)):
            if link is None or leaf_of(link) != leaf:
                yield _not_there(running, number + 1, link)
            number += leaf is not None
        return
    names = _names(running, begin, end)
    between = f"between positions {begin + 1} and {end} ({names[0]} … {names[-1]})"
    yield f"the log of {one.service} differs {between}; its seals are forged or lost too"


def _not_there(running: "Running", number: int, link: Link | None) -> str:
    """Say that what was sealed as a log's event of this number is another now, or none."""
    if link is None:
        place = f"as event {number}" if running.store.shared else f"at position {number}"
        return f"an event was sealed {place}, and nothing stands there"
    sql = "SELECT stream, version FROM events WHERE position=:position"
    names = [f"{row['stream']}@{row['version']}" for row in running.store.query(sql, {"position": link.position})]
    return f"position {link.position} of {running.service.name} ({names[0]}) is not the event that was sealed there"


def _names(running: "Running", begin: int, end: int) -> list[str]:
    """Return the names of a log's events, counted from its first, after number `begin` up to number `end`."""
    sql = "SELECT stream, version FROM events ORDER BY position LIMIT :count OFFSET :begin"
    rows = running.store.query(sql, {"count": end - begin, "begin": begin})
    return [f"{row['stream']}@{row['version']}" for row in rows] or ["nothing"]


def _links(running: "Running") -> Iterator[Link]:
    """Yield what stands in the log, of whoever wrote it: what was sealed had come to rest, whoever is writing now."""
    sql = "SELECT position, hash, time_us FROM events WHERE position>:after ORDER BY position LIMIT :limit"
    after = 0
    while page := running.store.query(sql, {"after": after, "limit": PAGE}):
        for row in page:
            yield Link(**row)
        after = page[-1]["position"]


def _side_by_side(leaves: Iterable[bytes], links: Iterator[Link]) -> Iterator[tuple[bytes | None, Link | None]]:
    """Yield each sealed leaf beside the event that stands in its place, None where there is none, to the last leaf.

    A leaf says nothing of its position, and positions may have gaps. So what does not fit is looked for a little
    further on: it was taken out, or put in, or else it is another one in the same place.
    """
    sealed, stored = iter(leaves), ((leaf_of(link), link) for link in links)
    leaves_ahead, links_ahead = deque(islice(sealed, PAGE)), deque(islice(stored, PAGE))
    while leaves_ahead:
        if not links_ahead:
            yield leaves_ahead.popleft(), None
        elif leaves_ahead[0] == links_ahead[0][0]:
            yield leaves_ahead.popleft(), links_ahead.popleft()[1]
        elif links_ahead[0][0] in leaves_ahead:
            yield leaves_ahead.popleft(), None
        elif any(leaf == leaves_ahead[0] for leaf, _ in links_ahead):
            yield None, links_ahead.popleft()[1]
        else:
            yield leaves_ahead.popleft(), links_ahead.popleft()[1]
        leaves_ahead.extend(islice(sealed, PAGE - len(leaves_ahead)))
        links_ahead.extend(islice(stored, PAGE - len(links_ahead)))
