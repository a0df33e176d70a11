"""Stored events, facts, states and readings to JSON and back (msgspec, validated on the way in)."""

import hashlib
from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode


class Unreadable(ValueError):
    """Stored or heard bytes do not fit the type that should read them."""


class Codec:
    """Encoders are shared; decoders are made once for each type."""

    def __init__(self, types: tuple[type, ...]) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            kind.__name__: msgspec.json.Decoder(kind) for kind in types
        }
        assert len(self._decoders) == len(types), "two stored types of one service share a name"

    def decode(self, name: str, data: bytes) -> Any:
        """Return the object of type `name`.

        Raises:
            Unreadable: the type is unknown or the bytes do not fit it.
        """
        decoder = self._decoders.get(name)
        if decoder is None:
            raise Unreadable(f"no type named {name} is known here")
        try:
            return decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreadable(f"{name}: {error}") from error

    def knows(self, name: str) -> bool:
        return name in self._decoders


def shape_of(kind: type, revision: int = 1) -> str:
    """Return a short name of a type's form; it changes when the fields do, so that an old snapshot misses."""
    form = msgspec.json.encode(msgspec.json.schema(kind))
    return hashlib.sha256(form).hexdigest()[:12] + f".{revision}"
