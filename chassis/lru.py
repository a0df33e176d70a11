"""A bounded memory of what was used last; forgetting costs a read, never a fact."""

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """About `limit` entries, in two halves: when the younger is full, the older is forgotten and it takes its place.

    What is used moves into the younger half, so that only what nobody asked for meanwhile is forgotten. An order of
    every single use would cost each look-up three times as much.
    """

    def __init__(self, limit: int) -> None:
        self._half = max(1, limit // 2)
        self._younger: dict[Key, Value] = {}
        self._older: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        value = self._younger.get(key)
        if value is None and (value := self._older.get(key)) is not None:
            self._younger[key] = value
            self._grow_old()
        return value

    def peek(self, key: Key) -> Value | None:
        """Return what is remembered without counting it as used; may be called from any thread."""
        value = self._younger.get(key)
        return self._older.get(key) if value is None else value

    def update(self, entries: Mapping[Key, Value]) -> None:
        self._younger.update(entries)
        self._grow_old()

    def forget(self, key: Key) -> None:
        self._younger.pop(key, None)
        self._older.pop(key, None)

    def _grow_old(self) -> None:
        if len(self._younger) > self._half:
            self._older, self._younger = self._younger, {}

    def clear(self) -> None:
        self._younger, self._older = {}, {}
