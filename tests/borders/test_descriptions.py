"""Every door is described: what it takes, what it answers, and how it says no."""

from collections.abc import Iterator
from typing import Any

from chassis.web.description import BEARER, EVERYWHERE, METHODS
from tests.borders.province import Province


def operations(province: Province) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in province.app.openapi()["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def test_every_answer_has_a_form(province: Province) -> None:
    """No success is just some JSON: a model, a list of one, or a file."""
    formless = [
        f"{name} {status} {media}"
        for name, operation in operations(province)
        for status, answer in operation["responses"].items()
        for media, content in answer.get("content", {}).items()
        if not content.get("schema") or content["schema"].get("additionalProperties") is True
    ]
    assert formless == []


def test_every_door_says_how_it_says_no(province: Province) -> None:
    """The manners of the border at each, as problem documents; FastAPI's own form of a fault is nowhere."""
    for name, operation in operations(province):
        assert set(EVERYWHERE) <= set(operation["responses"]), name
        for status, answer in operation["responses"].items():
            if status[0] in "45" and status != "503":
                assert set(answer["content"]) == {"application/problem+json"}, f"{name} {status}"
    schemas = province.app.openapi()["components"]["schemas"]
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)
    assert {"code", "title", "title_en", "law", "instance"} <= set(schemas["ProblemDocument"]["properties"])


def test_a_door_with_rights_asks_for_a_token(province: Province) -> None:
    """And one that lets anybody in says that it may be left out."""
    for name, operation in operations(province):
        if "x-rights" in operation:
            asked = operation["security"]
            assert {BEARER: []} in asked, name
            assert ({} in asked) == ("anonymous" in operation["x-rights"]), name
            assert "401" in operation["responses"], name
