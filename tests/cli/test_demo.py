"""`lienthong demo`: weeks of then and of now on one server, each with the procedures that were in force."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.clock import RehearsalClock
from chassis.registry import Registry
from cli.__main__ import app
from tests.cli.served import Served, served

SOCIAL_BENEFIT = "1.001776"
IN_WEEKS_OF_THEN, IN_WEEKS_OF_NOW = 4, 12


@pytest.fixture
def server(tmp_path: Path, laws: Registry) -> Iterator[Served]:
    with served(tmp_path, laws) as running:
        yield running


def demo(server: Served, *options: str) -> Result:
    return CliRunner().invoke(app, ["demo", "--url", server.url, *options])


def played(server: Served, dossiers: int, *options: str) -> dict[str, Any]:
    result = demo(server, "--dossiers", str(dossiers), "--json", *options)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def clock_of(server: Served) -> RehearsalClock:
    clock = server.platform.engine.clock
    assert isinstance(clock, RehearsalClock)
    return clock


def test_the_districts_weeks_are_played_to_their_end_and_then_those_that_end_now(server: Served) -> None:
    """NQ 202/2025: the three-level procedure in its own time, today's in theirs; nothing of then stays open."""
    then = played(server, IN_WEEKS_OF_THEN, "--from", "2021-08-02")
    assert set(then["procedures"]) == {SOCIAL_BENEFIT}
    assert all(story["ended"] for story in then["stories"])
    assert not clock_of(server).released

    now = played(server, IN_WEEKS_OF_NOW)
    assert now["total"]["submitted"] == IN_WEEKS_OF_THEN + IN_WEEKS_OF_NOW
    assert now["procedures"][SOCIAL_BENEFIT] == then["procedures"][SOCIAL_BENEFIT]
    assert clock_of(server).released
    assert (datetime.now(UTC) - clock_of(server).now()).total_seconds() < 600, "the clock follows the wall"
    assert demo(server).exit_code == 3, "a rehearsal that was released is not played again"


def test_a_person_reads_a_line_for_each_procedure_and_the_shares_of_all(server: Served) -> None:
    """The table that a province publishes: resolved, in time, late, online."""
    printed = demo(server, "--dossiers", str(IN_WEEKS_OF_THEN), "--from", "2021-08-02")
    assert printed.exit_code == 0, printed.output
    lines = {line.split()[0]: line.split() for line in printed.stdout.splitlines() if line.split()}
    assert lines[SOCIAL_BENEFIT][1] == str(IN_WEEKS_OF_THEN)
    assert lines["together"][1:] == lines[SOCIAL_BENEFIT][1:]


def test_weeks_in_which_nothing_can_be_handed_in_are_refused(server: Served) -> None:
    """Before the registry begins there is neither a desk nor a procedure; the server's clock stays where it is."""
    refused = demo(server, "--from", "2020-01-06")
    assert refused.exit_code == 3
    assert clock_of(server).untouched
