"""What goes to PostgreSQL and what comes back: whole numbers stay numbers, and arrays travel as the server keeps them.

An array of values is written in PostgreSQL's binary form here, in one go; value by value it takes several times as
long as the rest of an append.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from struct import Struct, pack
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryDumper, NumericBinaryLoader, NumericLoader

BIGINT: Final = 20
TEXT: Final = 25
BYTEA: Final = 17
ARRAY_OF: Final = {BIGINT: 1016, TEXT: 1009, BYTEA: 1001}
NULL_LENGTH: Final = b"\xff\xff\xff\xff"
HEAD: Final = Struct("!iiiii")
LENGTH: Final = Struct("!i").pack


class Texts(bytes):
    """A text[] as it travels."""


class Blobs(bytes):
    """A bytea[] as it travels."""


class Numbers(bytes):
    """A bigint[] as it travels."""


def texts(values: Iterable[str | None]) -> Texts:
    """Return an array of texts."""
    return Texts(_array(TEXT, [None if value is None else value.encode() for value in values]))


def blobs(values: Iterable[bytes | None]) -> Blobs:
    """Return an array of bytes."""
    return Blobs(_array(BYTEA, list(values)))


def numbers(values: Iterable[int | None]) -> Numbers:
    """Return an array of whole numbers of 64 bits."""
    listed = list(values)
    if None in listed:
        return Numbers(_array(BIGINT, [None if value is None else pack("!q", value) for value in listed]))
    head = HEAD.pack(1, 0, BIGINT, len(listed), 1)
    return Numbers(head + pack("!" + "iq" * len(listed), *chain.from_iterable((8, value) for value in listed)))


def _array(kind: int, values: Sequence[bytes | None]) -> bytes:
    parts = [HEAD.pack(1, int(None in values), kind, len(values), 1)]
    for value in values:
        if value is None:
            parts.append(NULL_LENGTH)
        else:
            parts.append(LENGTH(len(value)))
            parts.append(value)
    return b"".join(parts)


class _Ready(Dumper):
    """Hands on what was written in binary form already."""

    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer:
        return bytes(obj)


class _TextsDumper(_Ready):
    oid = ARRAY_OF[TEXT]


class _BlobsDumper(_Ready):
    oid = ARRAY_OF[BYTEA]


class _NumbersDumper(_Ready):
    oid = ARRAY_OF[BIGINT]


class _TruthDumper(Int8BinaryDumper):
    """A truth is 0 or 1, as in the statements that SQLite reads too."""

    def dump(self, obj: Any) -> Buffer | None:
        return super().dump(int(obj))


class _TruthLoader(Loader):
    def load(self, data: Buffer) -> int:
        return int(bytes(data) in (b"t", b"\x01"))


class _TruthBinaryLoader(_TruthLoader):
    format = Format.BINARY


class _SumLoader(NumericLoader):
    """PostgreSQL adds up bigints as `numeric`; what is whole comes back as the whole number that it is."""

    def load(self, data: Buffer) -> Any:
        return _whole(super().load(data))


class _SumBinaryLoader(NumericBinaryLoader):
    def load(self, data: Buffer) -> Any:
        return _whole(super().load(data))


def _whole(value: Any) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)


def _adapters() -> AdaptersMap:
    # One type for every whole number, whatever its size, or each size would be prepared as a statement of its own.
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(int, Int8BinaryDumper)
    adapters.register_dumper(bool, _TruthDumper)
    for kind, dumper in ((Texts, _TextsDumper), (Blobs, _BlobsDumper), (Numbers, _NumbersDumper)):
        adapters.register_dumper(kind, dumper)
    for loader in (_TruthLoader, _TruthBinaryLoader):
        adapters.register_loader("bool", loader)
    for sums in (_SumLoader, _SumBinaryLoader):
        adapters.register_loader("numeric", sums)
    return adapters


class _Context:
    """What psycopg asks for the adapters of a connection."""

    adapters = _adapters()
    connection = None


ADAPTERS: Final[Any] = _Context()
"""Given to every connection, and to no other part of the process: psycopg's own stay as they are."""
