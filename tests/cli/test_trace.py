"""`lienthong trace`: a dossier's way, from a running server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from chassis.web.auth import SYSTEM, Principal
from cli.__main__ import app
from cli.trace import tree_of
from tests.cli.conftest import copy_of
from tests.cli.served import Served, served


@pytest.fixture(scope="module")
def server(played_store: Path, laws: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIENTHONG_TRACE_SHARE", "1")
        for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
            patch.delenv(name, raising=False)
        with served(copy_of(played_store, tmp_path_factory.mktemp("traced")), laws) as running:
            yield running


@pytest.fixture(scope="module")
def withdrawn(server: Served) -> dict[str, str]:
    """A dossier that was withdrawn while everything was followed: its reference and its code."""
    border = server.platform.borders["intake"]
    sql = "SELECT ref, code FROM dossiers WHERE status IN ('accepted', 'in_progress') AND code IS NOT NULL"
    for row in border.running.store.query(sql):
        job = border.give("withdraw_dossier", Principal("system:test", SYSTEM), {"ref": row["ref"]}, {}, row["ref"])
        if job.future.result(timeout=20).status == 200:
            return {"ref": row["ref"], "code": row["code"]}
    raise AssertionError("no dossier of the played weeks can be withdrawn")


def trace(server: Served, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["trace", *arguments, "--url", server.url])


@pytest.mark.parametrize("by", ["ref", "code"])
def test_a_person_reads_a_tree(server: Served, withdrawn: dict[str, str], by: str) -> None:
    """Each part below what caused it, with its service and its time; a code is as good as a reference."""
    result = trace(server, withdrawn[by])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == withdrawn["ref"]
    assert "intake  command WithdrawDossier" in lines[1]
    assert any("publish intake." in line for line in lines)
    assert all(" ms  " in line for line in lines[1:])


def test_a_script_reads_json(server: Served, withdrawn: dict[str, str]) -> None:
    """One span a line."""
    spans = [json.loads(line) for line in trace(server, withdrawn["ref"], "--json").stdout.splitlines()]
    assert spans
    assert {span["attributes"]["dossier"] for span in spans} == {withdrawn["ref"]}
    assert [span["at"] for span in spans] == sorted(span["at"] for span in spans)


def test_what_was_not_followed_is_said_to_be(server: Served) -> None:
    """Nothing found is not nothing done; exit code 1."""
    result = trace(server, "Z" * 26)
    assert result.exit_code == 1
    assert "LIENTHONG_TRACE_SHARE" in result.stdout


def test_the_tree_keeps_what_has_lost_its_cause() -> None:
    """The file is of bounded size: the first part of a way may be gone, and the rest is still worth seeing."""
    spans = [
        {"at": f"2026-09-07T0{place}", "ms": 1.0, "service": "routing", "name": name, "span": span, "parent": parent,
         "attributes": {"outcome": "too_late"}}
        for place, (name, span, parent) in enumerate(
            [("hear x", "b", "gone"), ("command y", "c", "b"), ("command z", "d", "also gone")]
        )
    ]  # fmt: skip
    console = Console(width=100)
    with console.capture() as shown:
        console.print(tree_of("REF", reversed(spans)))
    lines = [line.rstrip() for line in shown.get().splitlines()]
    told = [line.split("routing  ")[1] for line in lines[1:]]
    assert told == ["hear x  too_late", "command y  too_late", "command z  too_late"]
    assert lines[2].startswith("│   └──")


def test_what_was_said_is_printed_as_cloudevents(server: Served) -> None:
    """`lienthong events said`: every public event once, in order, page after page."""
    result = CliRunner().invoke(app, ["events", "said", "routing", "--limit", "40", "--url", server.url])
    assert result.exit_code == 0
    running = server.platform.engine.running["routing"]
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["id"] for event in events] == [one.id for one in running.store.say(running.source, 0, 100_000)[0]]
    assert len(events) > 80
    assert {event["specversion"] for event in events} == {"1.0"}


def test_an_unknown_service_says_nothing(server: Served) -> None:
    """What does not exist answers as what may not be seen."""
    result = CliRunner().invoke(app, ["events", "said", "treasury", "--url", server.url])
    assert (result.exit_code, result.stdout) == (1, "")
