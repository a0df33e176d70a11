"""The table of who may open which door, kept equal to the doors that the product has."""

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.routing import Route
from typer.testing import CliRunner

from cli import rights
from cli.__main__ import app


@pytest.fixture(scope="module")
def table() -> str:
    return rights.doors()


def test_the_document_is_what_the_doors_say(table: str) -> None:
    """Written anew with `lienthong rights --write`."""
    text = rights.DOCUMENT.read_text(encoding="utf-8")
    assert rights.with_doors(text, table) == text


def test_the_command_prints_it(table: str) -> None:
    """The same table, for whoever asks an installed product."""
    assert CliRunner().invoke(app, ["rights"]).output.strip() == table.strip()


def test_a_door_with_neither_rights_nor_a_reason_is_found() -> None:
    """So that a new one cannot be left open by forgetting it."""
    opened = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    opened.router.routes.append(Route("/back-door", lambda request: JSONResponse({}), methods=["GET"]))
    with pytest.raises(AssertionError, match="GET /back-door"):
        list(rights._other_doors(opened))


def test_every_right_names_a_role_and_a_relation_that_there_are(table: str) -> None:
    """Nothing is granted to a word that nobody has."""
    known = {"", "own", "receiving", "acting", "assigned", "all", "platform"}
    guarded = [line for line in table.splitlines() if line.startswith("| `") and line.count("|") == 11]
    assert len(guarded) > 50
    for line in guarded:
        assert {cell.strip() for cell in line.split("|")[3:-1]} <= known, line
