"""A bounded memory of what was used last; forgetting costs a read, never a fact."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most `limit` entries; the one not used for longest goes first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def peek(self, key: Key) -> Value | None:
        """Return what is remembered without counting it as used; may be called from any thread."""
        return self._entries.get(key)

    def update(self, entries: Mapping[Key, Value]) -> None:
        kept = self._entries
        for key, value in entries.items():
            kept[key] = value
            kept.move_to_end(key)
        while len(kept) > self._limit:
            kept.popitem(last=False)

    def clear(self) -> None:
        self._entries.clear()
