"""Each stored event is tied to the one before it in its stream, so that no byte of either can change unseen.

The hash covers what is stored, sealed values as they stand: whoever is forgotten in the vault leaves every hash as it
was. `docs/tamper-evidence.md` says how a stranger computes it.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, Final

import msgspec

from chassis.stores.store import NewEvent

TAG: Final = b"lienthong event 1\n"
"""What is hashed, and how: never the same bytes for another thing or in another way."""

NOTHING_BEFORE: Final = bytes(32)
"""What stands in the place of the hash before a stream's first event."""

GENERATION_BYTES: Final = 8

encode = msgspec.msgpack.Encoder().encode
"""MessagePack writes each value with its type and its length before it, so no two events give the same bytes."""


def event_hash(before: bytes, generation: int, event: NewEvent) -> bytes:
    """Return the 32 bytes that stand for an event and all before it in its stream.

    Args:
        before: the hash of the event before it in its stream, `NOTHING_BEFORE` for the first.
        generation: of the log, in which the event is said.
    """
    return sha256(TAG + generation.to_bytes(GENERATION_BYTES, "big") + before + encode(event)).digest()


def chained(
    events: Iterable[NewEvent], generation: int, last: dict[str, bytes], ask: Callable[[str], bytes]
) -> Iterator[tuple[Any, ...]]:
    """Yield the row of each event: its fields, its generation and its hash.

    Args:
        last: stream → hash of its last event, as far as it is known; moves on with the events.
        ask: gives the hash of a stream's last event where it is not known.
    """
    for event in events:
        stream = event.stream
        before = last.get(stream)
        if before is None:
            before = ask(stream)
        last[stream] = made = event_hash(before, generation, event)
        yield (*event, generation, made)
