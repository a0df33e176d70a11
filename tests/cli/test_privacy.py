"""The table of what is personal names every sealed field, and no field that does not exist."""

import dataclasses
import json
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.registry import Registry
from chassis.vault import is_sealed
from chassis.verification import events_of
from cli.privacy import PERSONAL, Place, texts_at
from services.__main__ import Platform, compose


@pytest.fixture
def platform(copied_store: Callable[[], Path], laws: Registry) -> Iterator[Platform]:
    composed = compose(copied_store(), rehearsal=True, registry=laws)
    yield composed
    composed.close()


def sealed_places(value: Any, place: Place = ()) -> Iterator[Place]:
    if isinstance(value, str) and is_sealed(value):
        yield place
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from sealed_places(inner, (*place, name))
    elif isinstance(value, list):
        for inner in value:
            yield from sealed_places(inner, (*place, "[]"))


def test_whatever_is_sealed_is_declared(platform: Platform) -> None:
    """A sealed field that the table forgot could be stored in clear, and nobody would see."""
    found = {
        (name, stored.type, place)
        for name, running in platform.engine.running.items()
        for stored in events_of(running, tuple(kind.__name__ for kind in running.service.events))
        for place in sealed_places(json.loads(stored.data))
    }
    declared = {(name, kind, place) for name, types in PERSONAL.items() for kind in types for place in types[kind]}
    assert len(found) > 5
    assert found <= declared


def test_whatever_is_declared_exists(platform: Platform) -> None:
    """A name that was changed and forgotten here would be a check of nothing."""
    for name, types in PERSONAL.items():
        events = {kind.__name__: kind for kind in platform.engine.running[name].service.events}
        for event, places in types.items():
            for place in places:
                assert _type_at(events[event], place) is str, (event, place)


def _type_at(kind: Any, place: Place) -> Any:
    for name in place:
        kind = typing.get_args(kind)[0] if name == "[]" else _field(kind, name)
    return kind


def _field(kind: Any, name: str) -> Any:
    assert dataclasses.is_dataclass(kind)
    return typing.get_type_hints(kind)[name]


@pytest.mark.parametrize(
    ("value", "place", "texts"),
    [
        ({"note": "x"}, ("note",), ["x"]),
        ({"items": [{"note": "x"}, {"note": ""}]}, ("items", "[]", "note"), ["x", ""]),
        ({"note": {"name": "An"}}, ("note",), ["{'name': 'An'}"]),
        ({"note": None}, ("note",), ["None"]),
        ({}, ("note",), []),
        ([], ("note",), []),
        ({"items": "x"}, ("items", "[]", "note"), []),
    ],
)
def test_what_stands_in_a_place(value: Any, place: Place, texts: list[str]) -> None:
    """What is no text there is no seal either."""
    assert list(texts_at(value, place)) == texts


def test_whatever_is_named_like_a_free_text_is_declared(platform: Platform) -> None:
    """A note that nobody has written yet in this province is sealed all the same when somebody does."""
    named = {
        (name, kind.__name__, field.name)
        for name, running in platform.engine.running.items()
        for kind in running.service.events
        for field in dataclasses.fields(kind)
        if field.name in ("note", "particulars", "submitter_particulars", "hand_out_to", "address", "raw", "text")
    }
    declared = {(name, kind, place[0]) for name, types in PERSONAL.items() for kind in types for place in types[kind]}
    assert len(named) > 10
    assert named <= declared
