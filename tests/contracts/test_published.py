"""What the services say to each other equals the published files, and every reader can read every writer."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from chassis.codec import encode
from chassis.service import Service
from cli import published
from kernel.message import type_of
from kernel.working_time import Limit
from services.__main__ import asgi, compose

Writers = dict[str, tuple[str, str, int, type]]

FEW = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])

# What the types themselves do not say: instants are aware, and a limit is one of the kernel's.
INSTANTS = st.datetimes(timezones=st.just(UTC))
LIMITS = st.builds(Limit, value=st.integers(1, 100), unit=st.sampled_from(("working_days", "minutes")))


@pytest.fixture(scope="module", autouse=True)
def _values() -> None:
    st.register_type_strategy(datetime, INSTANTS)
    st.register_type_strategy(Limit, LIMITS)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    platform = compose(tmp_path_factory.mktemp("published"), rehearsal=True)
    yield {name: running.service for name, running in platform.engine.running.items()}
    platform.close()


@pytest.fixture(scope="module")
def texts() -> Mapping[str, str]:
    return published.files()


def readings(service: Service) -> Iterator[tuple[str, type]]:
    yield from ((hearing.type, hearing.reads) for hearing in service.hears)
    yield from ((hearing.type, hearing.reads) for route in service.sagas for hearing in route.hears)
    yield from ((kind, reads) for one in service.projections for kind, (reads, _) in one.heard.items())


def writers(services: dict[str, Service]) -> Writers:
    return {
        type_of(name, event, version): (name, event, version, data)
        for name, service in services.items()
        for event, version, data in service.published
    }


def test_the_published_files_equal_the_code(texts: Mapping[str, str]) -> None:
    """Contracts: schemas, AsyncAPI and OpenAPI are generated from the code and checked to be equal to it."""
    assert published.differences(published.FOLDER, texts) == []


def test_the_same_code_always_makes_the_same_files(texts: Mapping[str, str]) -> None:
    """A file that changes by itself makes every comparison worthless."""
    assert published.files.__wrapped__() == texts


def test_every_reader_listens_to_what_somebody_says(services: dict[str, Service]) -> None:
    """A hearing of a type that nobody says would wait for ever."""
    said = writers(services)
    unheard_of = [(s.name, kind) for s in services.values() for kind, _ in readings(s) if kind not in said]
    assert unheard_of == []


def for_values_of(kind: type, holds: Callable[[bytes], object]) -> None:
    """Try `holds` on the wire's bytes of some values of a type; it raises where it does not hold."""

    @FEW
    @given(value=st.from_type(kind))
    def tried(value: object) -> None:
        holds(encode(value))

    tried()


def test_every_reading_can_read_whatever_its_writer_may_say(services: dict[str, Service]) -> None:
    """Readers declare only what they need; any value of the writer's type must fit it."""
    heard: dict[str, list[msgspec.json.Decoder[Any]]] = {}
    for service in services.values():
        for wire, reads in readings(service):
            heard.setdefault(wire, []).append(msgspec.json.Decoder(reads))
    assert len(heard) > 20
    said = writers(services)
    for wire, readers in heard.items():
        for_values_of(said[wire][3], partial(_read, readers))


def _read(readers: list[msgspec.json.Decoder[Any]], written: bytes) -> None:
    for reader in readers:
        reader.decode(written)


def test_whatever_is_said_fits_its_schema(services: dict[str, Service]) -> None:
    """The schema is the language; a value of the data type that does not fit it would be a lie."""
    for name, event, version, kind in writers(services).values():
        schema = Draft202012Validator(published.event_schema(services[name], event, version))
        for_values_of(kind, partial(_fit, schema))


def _fit(schema: Draft202012Validator, written: bytes) -> None:
    schema.validate(json.loads(written))


def test_every_schema_is_one(texts: Mapping[str, str]) -> None:
    """JSON Schema 2020-12; an address of its own, and no line of Python left in its words."""
    schemas = {path: json.loads(text) for path, text in texts.items() if path.count("/") == 1 and "openapi" not in path}
    addresses = [schema["$id"] for schema in schemas.values()]
    assert len(schemas) > 40
    assert len(set(addresses)) == len(addresses)
    for path, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert path == re.sub(r"^urn:lienthong:schema:lienthong\.(\w+)\.(.*)$", r"\1/\2.json", schema["$id"])
        for part in (schema, *schema.get("$defs", {}).values()):
            assert part.get("description", "") == inspect.cleandoc(part.get("description", ""))


def test_the_asyncapi_document_holds_together(texts: Mapping[str, str], services: dict[str, Service]) -> None:
    """AsyncAPI 3.0: one channel, every public event once, and every reference leads somewhere."""
    document = yaml.safe_load(texts["asyncapi.yaml"])
    assert document["asyncapi"] == "3.0.0"
    (channel,) = document["channels"].values()
    messages = document["components"]["messages"]
    assert channel["address"] == "dossier-events"
    assert channel["bindings"]["kafka"]["partitions"] == 12
    assert channel["messages"].keys() == messages.keys()
    assert {message["name"] for message in messages.values()} == writers(services).keys()
    for reference in references(document):
        assert resolves(document, texts, reference), reference
    (trait,) = document["components"]["messageTraits"].values()
    Draft202012Validator.check_schema(trait["headers"])
    assert {"ce_id", "ce_source", "ce_specversion", "ce_type", "ce_sequence"} <= set(trait["headers"]["required"])


def test_the_asyncapi_document_says_who_says_and_who_hears(
    texts: Mapping[str, str], services: dict[str, Service]
) -> None:
    """Whoever changes an event looks here for those who have to be asked."""
    document = yaml.safe_load(texts["asyncapi.yaml"])
    operations, messages = document["operations"], document["components"]["messages"]
    heard = {name: {kind for kind, _ in readings(service)} for name, service in services.items()}
    for message in messages.values():
        hearers = {name for name, kinds in heard.items() if message["name"] in kinds}
        assert set(message["x-heard-by"]) == hearers
        assert message["name"].split(".")[1] == message["x-said-by"]
    for name, service in services.items():
        said = {f"{name}.{event}.v{version}" for event, version, _ in service.published}
        assert named_in(operations.get(f"{name}.say")) == said
        assert {f"lienthong.{key}" for key in named_in(operations.get(f"{name}.hear"))} == heard[name]
    assert {one["action"] for one in operations.values()} == {"send", "receive"}


def named_in(operation: dict[str, Any] | None) -> set[str]:
    """Return the keys of the messages that an operation is about."""
    return {one["$ref"].rpartition("/")[2] for one in (operation or {"messages": []})["messages"]}


def references(part: Any) -> Iterator[str]:
    """Yield every `$ref` of a document."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def resolves(document: dict[str, Any], texts: Mapping[str, str], reference: str) -> bool:
    if reference.startswith("./"):
        return reference.removeprefix("./") in texts
    place: Any = document
    for name in reference.removeprefix("#/").split("/"):
        if name not in place:
            return False
        place = place[name]
    return True


def test_every_openapi_document_is_valid(texts: Mapping[str, str]) -> None:
    """OpenAPI 3.1 by its own meta-schema, every operation with an id of its own."""
    documents = {path: json.loads(text) for path, text in texts.items() if path.startswith("openapi/")}
    for path, document in documents.items():
        assert document["openapi"].startswith("3.1.")
        assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == [], path
        ids = [one["operationId"] for one in operations_of(document)]
        assert ids, path
        assert len(set(ids)) == len(ids), path


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for path in document["paths"].values() for one in path.values()]


def test_every_border_has_its_document(texts: Mapping[str, str], services: dict[str, Service], tmp_path: Path) -> None:
    """A border that nobody can read about is one that nobody can use: no door of the server is left out."""
    documents = {Path(path).stem: json.loads(text) for path, text in texts.items() if path.startswith("openapi/")}
    assert services.keys() <= documents.keys()
    for name, service in services.items():
        shown = {one["operationId"] for one in operations_of(documents[name])}
        assert {act.name for act in service.acts} <= shown
        assert {view.name for view in service.views} <= shown
        assert {listing.name for listing in service.listings} <= shown
    platform = compose(tmp_path, rehearsal=True)
    served = {one["operationId"] for one in operations_of(asgi(platform).openapi())}
    platform.close()
    assert served == {one["operationId"] for document in documents.values() for one in operations_of(document)}


def test_differing_missing_and_left_over_files_are_named_and_mended(tmp_path: Path) -> None:
    """`make schemas` brings the folder to what the code says, and touches nothing that is not its own."""
    kept = tmp_path / "registry" / "fee.schema.json"
    for name in ("intake/Old.v1.json", "intake/Same.v1.json", "intake/Other.v1.json", "registry/fee.schema.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}\n")
    texts = {"intake/Same.v1.json": "{}\n", "intake/Other.v1.json": "[]\n", "openapi/intake.json": "{}\n"}
    assert published.differences(tmp_path, texts) == [
        "openapi/intake.json is missing",
        "intake/Old.v1.json is not made by the code",
        "intake/Other.v1.json differs",
    ]
    published.write(tmp_path, texts)
    assert published.differences(tmp_path, texts) == []
    assert kept.exists()


def test_a_value_that_does_not_fit_is_found() -> None:
    """A guard that never barked may be asleep."""
    with pytest.raises(jsonschema.ValidationError):
        Draft202012Validator({"type": "object", "required": ["ref"]}).validate({"at": "2026"})
