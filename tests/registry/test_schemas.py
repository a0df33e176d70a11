"""The registry's JSON Schemas are valid themselves, and close every mapping that they describe."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chassis.registry_files import SCHEMAS

NAMES = ("procedure", "agency", "fee")


def read(name: str) -> dict[str, Any]:
    text = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    held = json.loads(text)
    assert isinstance(held, dict)
    return held


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_json_schema_2020_12(name: str) -> None:
    """Editors and other provinces read it with tools of their own."""
    schema = read(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:lienthong:registry:{name}"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", NAMES)
def test_every_mapping_is_closed(name: str) -> None:
    """An open mapping would let a mistyped key pass."""
    opened = [
        path for path, part in parts(read(name), "") if "properties" in part and "additionalProperties" not in part
    ]
    assert [path for path in opened if not path.endswith(("/if", "/then"))] == []


def parts(part: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(part, dict):
        yield path, part
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from parts(inner, f"{path}/{key}")


@pytest.mark.parametrize("name", NAMES)
def test_every_file_names_its_schema_for_editors(name: str, project: Path) -> None:
    """Whoever edits a file sees the mistake while typing."""
    folder = {"procedure": "procedures", "agency": "agencies", "fee": "fees"}[name]
    for file in (project / "registry" / folder).glob("*.yaml"):
        named = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / named).resolve() == SCHEMAS / f"{name}.schema.json"
