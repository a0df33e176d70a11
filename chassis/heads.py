"""A head says in a few lines all that a log holds up to a position: kept elsewhere, it proves any later change.

It is the Merkle root over every event's hash in the order of the log, with the day, signed. Whoever keeps one can hold
the platform to it (`lienthong verify --head`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Final

import msgspec

from chassis.merkle import leaf_hash, root_under, spans
from chassis.sealing_keys import PublicKey, signed_by
from chassis.stores.store import Link
from kernel.message import source_of

FORM: Final = "lienthong.head.1"
TAG: Final = b"lienthong head 1\n"
NONE_BEFORE: Final = ""
POSITION_BYTES: Final = 8
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
VIETNAM_AHEAD_US: Final = 7 * 3_600 * 1_000_000
DAY_US: Final = 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Head:
    """What a service's log holds up to its `size`-th event.

    Args:
        source: the service, by the source of its first generation.
        generation: of the log, at this size.
        day: in Vietnam, as ISO 8601; the head says all that was stored until its end, or until it was asked for.
        root: of the tree over all `size` events, hexadecimal.
        peaks: the roots of the tree's whole parts, the largest first; they narrow down where a change lies.
        previous: the SHA-256 of what was signed in the head before it, "" for the first.
        time: when it was signed, by the service's clock.
        key_id: the newest key that signed it.
        signatures: key id → Ed25519 signature, base64.
    """

    form: str
    source: str
    generation: int
    day: str
    size: int
    root: str
    peaks: tuple[str, ...]
    previous: str
    time: str
    key_id: str
    signatures: dict[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        return self.source.rpartition("/")[2]

    @property
    def content(self) -> bytes:
        """Return what is signed: every field but the signatures, as JSON with its names in order and no spaces."""
        fields = msgspec.to_builtins(self)
        del fields["signatures"]
        return TAG + msgspec.json.encode(fields, order="sorted")

    @property
    def hash(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        """Return a name for its file."""
        return f"{self.service}-{self.day}-{self.size}.json"

    def document(self) -> bytes:
        """Return it as the file that a stranger keeps."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"

    def wrong(self, keys: tuple[PublicKey, ...]) -> str:
        """Return what is wrong with the head itself, "" if nothing is."""
        if self.form != FORM or self.source != source_of(self.service):
            return "it is no head of this installation"
        if len(self.peaks) != len(list(spans(self.size))):
            return "its peaks do not fit its size"
        if root_under([bytes.fromhex(peak) for peak in self.peaks]).hex() != self.root:
            return "its peaks do not give its root"
        return signed_by(self.content, self.signatures, keys)


def leaf_of(link: Link) -> bytes:
    """Return the leaf that stands for an event: its place in the log and its hash."""
    return leaf_hash(link.position.to_bytes(POSITION_BYTES, "big") + link.hash)


def day_of(time_us: int) -> int:
    """Return the day in Vietnam (UTC+7, no summer time) of an instant, counted from 1970."""
    return (time_us + VIETNAM_AHEAD_US) // DAY_US


def named_day(day: int) -> str:
    """Return a day as ISO 8601."""
    return date.fromordinal(EPOCH_DAY + day).isoformat()


def heads_in(document: Any) -> Iterator[Head]:
    """Yield the heads in what somebody kept: a head, a list of them, or something that has them as `items` or `heads`.

    Raises:
        ValueError: there is no head in it.
    """
    if isinstance(document, dict) and "root" not in document:
        document = document.get("items", document.get("heads"))
    if isinstance(document, dict):
        document = [document]
    try:
        yield from msgspec.convert(document, list[Head])
    except msgspec.ValidationError as error:
        raise ValueError(f"it holds no heads: {error}") from error


def read_heads(files: Iterable[bytes]) -> tuple[Head, ...]:
    """Return the heads of some kept files, each once, in the order of their logs.

    Raises:
        ValueError: a file holds none.
    """
    found = {head.content: head for file in files for head in heads_in(msgspec.json.decode(file))}
    return tuple(sorted(found.values(), key=lambda head: (head.source, head.size, head.time)))
