"""What the services say to each other equals the published files, and every reader can read every writer."""

import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.codec import encode
from chassis.service import Service
from cli import published
from kernel.message import type_of
from services.__main__ import compose

st.register_type_strategy(__import__("datetime").datetime, st.datetimes(timezones=st.just(UTC)))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    platform = compose(tmp_path_factory.mktemp("published"), rehearsal=True)
    yield {name: running.service for name, running in platform.engine.running.items()}
    platform.close()


def _readings(service: Service) -> Iterator[tuple[str, type]]:
    yield from ((hearing.type, hearing.reads) for hearing in service.hears)
    yield from ((hearing.type, hearing.reads) for route in service.sagas for hearing in route.hears)
    yield from ((kind, reads) for one in service.projections for kind, (reads, _) in one.heard.items())


def _writers(services: dict[str, Service]) -> dict[str, tuple[str, str, int, type]]:
    return {
        type_of(name, event, version): (name, event, version, data)
        for name, service in services.items()
        for event, version, data in service.published
    }


def test_the_published_files_equal_the_code() -> None:
    """Contracts: schemas, AsyncAPI and OpenAPI are generated from the code and checked to be equal to it."""
    assert published.differences(published.FOLDER) == []


def test_every_reader_listens_to_what_somebody_says(services: dict[str, Service]) -> None:
    """A hearing of a type that nobody says would wait for ever."""
    said = _writers(services)
    unheard_of = [(s.name, kind) for s in services.values() for kind, _ in _readings(s) if kind not in said]
    assert unheard_of == []


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_reading_can_read_whatever_its_writer_may_say(services: dict[str, Service], data: st.DataObject) -> None:
    """Readers declare only what they need; any value of the writer's type must fit it and the published schema."""
    said = _writers(services)
    for service in services.values():
        for kind, reads in _readings(service):
            written = encode(data.draw(st.from_type(said[kind][3])))
            assert msgspec.json.decode(written, type=reads) is not None


def test_an_example_of_every_event_fits_its_schema(services: dict[str, Service]) -> None:
    """The schema is the language; a value of the data type that does not fit it would be a lie."""

    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def fits(data: st.DataObject) -> None:
        for name, event, version, kind in _writers(services).values():
            schema = published.event_schema(services[name], event, version)
            jsonschema.validate(json.loads(encode(data.draw(st.from_type(kind)))), schema)

    fits()


BEFORE: dict[str, Any] = {"properties": {"ref": {"type": "string"}, "at": {"type": "string"}}, "required": ["ref"]}


@pytest.mark.parametrize(
    ("now", "breaks"),
    [
        (BEFORE, []),
        ({"properties": BEFORE["properties"] | {"note": {"type": "string"}}, "required": ["ref"]}, []),
        ({"properties": {"ref": {"type": "string"}}, "required": ["ref"]}, ["at was removed"]),
        ({"properties": BEFORE["properties"], "required": ["ref", "at"]}, ["at became required"]),
        (
            {"properties": BEFORE["properties"] | {"at": {"type": "integer"}}, "required": ["ref"]},
            ["at changed its form"],
        ),
    ],
)
def test_within_a_version_only_optional_fields_are_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: dict[str, Any], breaks: list[str]
) -> None:
    """Contracts, evolution: within a version only optional fields are added."""
    (tmp_path / "intake").mkdir()
    (tmp_path / "intake" / "Something.v1.json").write_text(json.dumps(BEFORE))
    monkeypatch.setattr(published, "files", lambda: {"intake/Something.v1.json": json.dumps(now)})
    assert published.breaking_changes(tmp_path) == [f"intake/Something.v1.json: {line}" for line in breaks]
