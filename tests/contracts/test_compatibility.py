"""Every kind of change to a public event is planted, and what would break a reader is found and named."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import compatibility, published
from cli.compatibility import breaks

Change = Callable[[dict[str, Any]], object]

RELEASED: dict[str, Any] = {
    "type": "object",
    "description": "A step was decided.",
    "properties": {
        "ref": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "version": {"type": "integer"},
        "outcome": {"enum": ["granted", "refused"]},
        "until": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "limit": {"anyOf": [{"$ref": "#/$defs/Limit"}, {"type": "null"}]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        "facts": {"type": "object", "additionalProperties": {"type": "boolean"}},
    },
    "required": ["ref", "at", "version", "outcome", "lines"],
    "$defs": {
        "Limit": {"type": "object", "properties": {"value": {"type": "number"}}, "required": ["value"]},
        "Line": {
            "type": "object",
            "properties": {"amount_vnd": {"type": "integer"}, "parts": {"items": {"$ref": "#/$defs/Line"}}},
            "required": ["amount_vnd"],
        },
    },
}


def fields(schema: dict[str, Any]) -> dict[str, Any]:
    return schema["properties"]


def line(schema: dict[str, Any]) -> dict[str, Any]:
    return schema["$defs"]["Line"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        pytest.param(lambda now: None, [], id="nothing"),
        pytest.param(lambda now: fields(now).update(note={"type": "string"}), [], id="an optional field more"),
        pytest.param(lambda now: line(now)["properties"].update(note={"type": "string"}), [], id="one more, inside"),
        pytest.param(lambda now: now.update(description="In other words.", examples=[{}]), [], id="other words"),
        pytest.param(lambda now: fields(now)["outcome"]["enum"].append("partly_granted"), [], id="a word more"),
        pytest.param(lambda now: now["$defs"].update(Row=now["$defs"].pop("Line"))
                     or fields(now)["lines"].update(items={"$ref": "#/$defs/Row"})
                     or now["$defs"]["Row"]["properties"]["parts"].update(items={"$ref": "#/$defs/Row"}),
                     [], id="another name for a part"),
        pytest.param(lambda now: fields(now).pop("until"), ["until was removed"], id="removed"),
        pytest.param(lambda now: line(now)["properties"].pop("amount_vnd"), ["lines[].amount_vnd was removed"],
                     id="removed inside"),
        pytest.param(lambda now: now["required"].append("until"), ["until became required"], id="required"),
        pytest.param(lambda now: fields(now).update(seal={"type": "string"}) or now["required"].append("seal"),
                     ["seal became required"], id="a required field more"),
        pytest.param(lambda now: line(now)["required"].append("parts"), ["lines[].parts became required"],
                     id="required inside"),
        pytest.param(lambda now: now["required"].remove("at"), ["at may be left out now"], id="not required any more"),
        pytest.param(lambda now: fields(now)["version"].update(type="string"), ["version changed its form"],
                     id="another type"),
        pytest.param(lambda now: fields(now)["at"].update(format="date"), ["at changed its form"], id="another format"),
        pytest.param(lambda now: fields(now)["ref"].update(maxLength=3), ["ref changed its form"], id="a limit"),
        pytest.param(lambda now: fields(now)["until"].update(default=""), ["until changed its form"],
                     id="another default"),
        pytest.param(lambda now: fields(now)["outcome"]["enum"].remove("refused"), ['outcome lost the word "refused"'],
                     id="a word less"),
        pytest.param(lambda now: fields(now).update(outcome={"type": "string"}), ["outcome changed its form"],
                     id="any word"),
        pytest.param(lambda now: fields(now)["until"]["anyOf"].pop(), ["until changed its form"], id="null no more"),
        pytest.param(lambda now: fields(now)["limit"]["anyOf"].append({"type": "string"}), ["limit changed its form"],
                     id="another alternative"),
        pytest.param(lambda now: now["$defs"]["Limit"]["properties"].pop("value"), ["limit.value was removed"],
                     id="removed in an alternative"),
        pytest.param(lambda now: fields(now)["lines"].update(items={"type": "string"}), ["lines[] changed its form"],
                     id="other items"),
        pytest.param(lambda now: fields(now)["pair"]["prefixItems"].pop(), ["pair changed its length"], id="shorter"),
        pytest.param(lambda now: fields(now)["pair"]["prefixItems"][1].update(type="string"),
                     ["pair[1] changed its form"], id="another second"),
        pytest.param(lambda now: fields(now)["facts"].update(additionalProperties={"type": "string"}),
                     ["facts{} changed its form"], id="other values"),
        pytest.param(lambda now: now.update(additionalProperties=False), ["{} changed its form"], id="nothing more"),
    ],
)  # fmt: skip
def test_within_a_version_only_what_may_be_left_out_is_added(change: Change, found: list[str]) -> None:
    """Contracts, evolution; each line of the table is one kind of change, and what is said of it."""
    now = copy.deepcopy(RELEASED)
    change(now)
    assert breaks(RELEASED, now) == found


def test_an_event_that_is_said_no_more_is_missed_unless_a_newer_version_is() -> None:
    """Contracts: a new version is said instead of the old one."""
    before = {"intake/Something.v1.json": RELEASED}
    assert compatibility.breaking_changes(before, {"intake/Something.v2.json": {"type": "object"}}) == []
    gone = "intake/Something.v1.json: is said no more, and no newer version of it is"
    assert compatibility.breaking_changes(before, {"intake/Other.v2.json": RELEASED}) == [gone]
    assert compatibility.breaking_changes(before, {"routing/Something.v2.json": RELEASED}) == [gone]


def test_what_is_said_can_be_read_by_whoever_knows_the_last_release() -> None:
    """The guard itself: the code of today against the files of the last release."""
    last = compatibility.last_released(published.FOLDER / published.RELEASED)
    assert last is not None
    assert len(compatibility.events_of(last)) > 50
    assert published.breaking_changes(published.FOLDER, published.files()) == []


def test_a_released_file_that_the_code_would_break_is_named(tmp_path: Path) -> None:
    """The guard with something to find: a release that knew one field more."""
    published.release(tmp_path, "0.9.0", published.files())
    published.release(tmp_path, "0.10.0", published.files())
    path = tmp_path / "released" / "0.10.0" / "intake" / "DossierAccepted.v1.json"
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"]["seal"] = {"type": "string"}
    path.write_text(json.dumps(schema), "utf-8")
    found = published.breaking_changes(tmp_path, published.files())
    assert found == ["intake/DossierAccepted.v1.json: seal was removed"]
