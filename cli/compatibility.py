"""What of a public event may change within its version: a field may be added if it may be left out, nothing else.

Readers that know the released form must understand what is said from now on, and what was said before must stay
readable by readers of the new form. So nothing is removed, retyped, newly required or narrowed. A list of words may
grow (`docs/decisions/a-list-of-words-may-grow.md`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]

WORDS_FOR_PEOPLE = frozenset({"$schema", "$id", "$defs", "$comment", "title", "description", "examples"})
LOOKED_INTO = frozenset({"properties", "required", "items", "prefixItems", "additionalProperties", "anyOf", "enum"})
"""Keywords that are compared part by part; any other must stay as it was."""

VERSION = re.compile(r"\d+\.\d+\.\d+")
EVENT_FILE = re.compile(r"(?P<event>[a-z]+/[A-Za-z]+)\.v(?P<version>\d+)\.json")


def last_released(folder: Path) -> Path | None:
    """Return the folder of the last release below `folder`, each named by its version (`0.1.0`)."""
    releases = [path for path in folder.glob("*") if path.is_dir() and VERSION.fullmatch(path.name)]
    return max(releases, key=lambda path: version_of(path.name), default=None)


def version_of(text: str) -> tuple[int, ...]:
    """Return a version as numbers, which sort as they should: 0.10.0 after 0.9.0."""
    return tuple(map(int, text.split(".")))


def events_of(folder: Path) -> dict[str, Schema]:
    """Return path → schema of every public event in a folder of the published language."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.glob("*/*.json"))}
    return {name: json.loads(path.read_text("utf-8")) for name, path in found.items() if EVENT_FILE.fullmatch(name)}


def breaking_changes(released: Mapping[str, Schema], now: Mapping[str, Schema]) -> list[str]:
    """Return a line for each change that somebody who knows the released events would stumble over.

    Args:
        released, now: path (`intake/DossierAccepted.v1.json`) → JSON Schema.
    """
    lines = []
    for path, before in released.items():
        if path in now:
            lines += [f"{path}: {change}" for change in breaks(before, now[path])]
        elif not _has_successor(path, now):
            lines.append(f"{path}: is said no more, and no newer version of it is")
    return sorted(lines)


def _has_successor(path: str, now: Mapping[str, Schema]) -> bool:
    gone = EVENT_FILE.fullmatch(path)
    assert gone is not None, f"{path} names no event"
    there = (EVENT_FILE.fullmatch(other) for other in now)
    return any(one and one["event"] == gone["event"] and int(one["version"]) > int(gone["version"]) for one in there)


def breaks(before: Schema, now: Schema) -> list[str]:
    """Return what would break whoever knows `before`, at any depth; each line names the place (`lines[].amount`)."""
    return sorted(set(_Comparison(before, now).all()))


class _Comparison:
    """Two documents side by side, with their `$defs`, and the pairs being looked into (one may hold itself)."""

    def __init__(self, before: Schema, now: Schema) -> None:
        self._before = before
        self._now = now
        self._within: set[tuple[str, str]] = set()

    def all(self) -> Iterator[str]:
        yield from self._parts(self._before, self._now, "")

    def _parts(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
        if pair in self._within:
            return
        if any(pair):
            self._within.add(pair)
            yield from self._forms(old, new, place)
            self._within.discard(pair)
        else:
            yield from self._forms(old, new, place)

    def _forms(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        old, new = _meant(self._before, old), _meant(self._now, new)
        if _kind(old) != _kind(new) or _rest(old) != _rest(new):
            yield f"{place or 'the whole'} changed its form"
            return
        yield from self._fields(old, new, f"{place}." if place else "")
        yield from self._alternatives(old, new, place)
        for word in set(map(json.dumps, old.get("enum", ()))) - set(map(json.dumps, new.get("enum", ()))):
            yield f"{place} lost the word {word}"
        yield from self._inside(old, new, place)

    def _fields(self, old: Schema, new: Schema, before: str) -> Iterator[str]:
        had, has = old.get("properties", {}), new.get("properties", {})
        for field in had.keys() - has.keys():
            yield f"{before}{field} was removed"
        for field in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{before}{field} became required"
        for field in set(old.get("required", ())) - set(new.get("required", ())):
            yield f"{before}{field} may be left out now"
        for field in had.keys() & has.keys():
            yield from self._parts(had[field], has[field], f"{before}{field}")

    def _alternatives(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        if "anyOf" not in old:
            return
        had = {_kind(_meant(self._before, one)): one for one in old["anyOf"]}
        has = {_kind(_meant(self._now, one)): one for one in new["anyOf"]}
        if had.keys() != has.keys():
            yield f"{place} changed its form"
        for kind in had.keys() & has.keys():
            yield from self._parts(had[kind], has[kind], place)

    def _inside(self, old: Schema, new: Schema, place: str) -> Iterator[str]:
        for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
            had, has = old.get(keyword), new.get(keyword)
            if isinstance(had, Mapping) and isinstance(has, Mapping):
                yield from self._parts(had, has, f"{place}{mark}")
            elif had != has:
                yield f"{place}{mark} changed its form"
        had, has = old.get("prefixItems", ()), new.get("prefixItems", ())
        if len(had) != len(has):
            yield f"{place} changed its length"
        for number, (one, other) in enumerate(zip(had, has, strict=False)):
            yield from self._parts(one, other, f"{place}[{number}]")


def _meant(document: Schema, part: Schema) -> Schema:
    """Return what a reference leads to, with the words beside it (a default)."""
    reference = part.get("$ref")
    if reference is None:
        return part
    named: Schema = document["$defs"][reference.removeprefix("#/$defs/")]
    return {**named, **{word: value for word, value in part.items() if word != "$ref"}}


def _kind(part: Schema) -> tuple[str, ...]:
    """Return what tells one form from another before anything inside is looked at."""
    if "anyOf" in part:
        return ("anyOf",)
    if "enum" in part:
        return ("enum",)
    return (json.dumps(part.get("type")), str(part.get("format", "")))


def _rest(part: Schema) -> Schema:
    return {word: value for word, value in part.items() if word not in WORDS_FOR_PEOPLE | LOOKED_INTO}
