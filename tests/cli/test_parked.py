"""`lienthong parked`: staff see what could not be taken, try it again, or lay it aside with a reason."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from cli.__main__ import app
from tests.cli.conftest import copy_of
from tests.cli.served import Served, served

PARKED_WITHIN_S = 10.0
UNREADABLE = "lienthong.routing.StepDecided.v9"

LAST_OF_A_SUBJECT = """
SELECT max(position) FROM events WHERE subject=(SELECT subject FROM events WHERE type='StepDecided' LIMIT 1)
"""

SAY_MORE = """
INSERT INTO events(stream, version, type, data, time_us, correlation, causation, said, subject, sequence, root)
SELECT stream, version+:by, type, data, time_us, correlation, causation, :said, subject, sequence+:by, root
FROM events WHERE position=:position
"""
"""Say one more thing of a subject, as a version of the product would that this one does not know yet."""

UNTAKE = """
INSERT INTO held(source, subject, sequence, position, id, type, root, time_us, correlation, causation, traceparent,
                 data, since_us, attempts, error)
SELECT :source, subject, sequence, position, stream || '@' || version, said, root, time_us, correlation, causation,
       traceparent, data, 0, 3, 'StoreUnavailable: the disk was full'
FROM said.events WHERE position=:position
"""
"""Park a message that was taken, as if its effects had failed for a reason that has passed since."""


@pytest.fixture(scope="module")
def server(played_store: Path, laws: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = copy_of(played_store, tmp_path_factory.mktemp("parked"))
    with closing(sqlite3.connect(data / "routing.db")) as routing:
        (end,) = routing.execute(LAST_OF_A_SUBJECT).fetchone()
        for by, said in ((1, UNREADABLE), (2, "lienthong.routing.StepTakenOver.v1")):
            routing.execute(SAY_MORE, {"by": by, "said": said, "position": end})
        routing.commit()
    _park_a_settlement(data)
    with served(data, laws) as running:
        wait_for(lambda: len(listed(running)) >= 5)
        yield running


def _park_a_settlement(data: Path) -> None:
    with closing(sqlite3.connect(data / "intake.db")) as intake:
        intake.execute("ATTACH ? AS said", (str(data / "payments.db"),))
        position, subject, sequence = intake.execute(
            "SELECT position, subject, sequence FROM said.events WHERE said LIKE '%ObligationSettled.v1' AND sequence="
            "(SELECT max(sequence) FROM said.events AS one WHERE one.subject=said.events.subject) LIMIT 1"
        ).fetchone()
        (source,) = intake.execute("SELECT source FROM marks WHERE source LIKE '%/payments' LIMIT 1").fetchone()
        intake.execute(UNTAKE, {"source": source, "position": position})
        intake.execute("UPDATE marks SET sequence=? WHERE source=? AND subject=?", (sequence - 1, source, subject))
        intake.commit()


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PARKED_WITHIN_S
    while not holds():
        assert time.monotonic() < until, f"it did not come about within {PARKED_WITHIN_S} s"
        time.sleep(0.02)


def run(server: Served, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["parked", *arguments, "--url", server.url])


def listed(server: Served) -> list[dict[str, Any]]:
    return list(json.loads(run(server, "list", "--json").stdout))


def find(server: Served, service: str, speaker: str, state: str) -> list[dict[str, Any]]:
    return [
        one
        for one in listed(server)
        if (one["service"], one["state"]) == (service, state) and one["source"].endswith(f"/{speaker}")
    ]


def named(one: dict[str, Any]) -> tuple[str, str, str, str]:
    return one["service"], one["source"], one["subject"], str(one["sequence"])


def test_what_is_parked_and_what_waits_behind_it_is_listed(server: Served) -> None:
    """A message that was logged and dropped would be lost; a parked one is somebody's to see."""
    (parked,) = find(server, "intake", "routing", "parked")
    (waits,) = find(server, "intake", "routing", "held")
    assert (parked["type"], waits["sequence"]) == (UNREADABLE, parked["sequence"] + 1)
    result = run(server, "list")
    assert result.exit_code == 0
    assert "is a version this reader cannot read" in result.stdout
    assert "waits for an earlier message" in result.stdout


def test_a_retry_that_fails_again_ends_with_1(server: Served) -> None:
    """It stays where it is, and the script knows."""
    (parked,) = find(server, "reporting", "routing", "parked")
    result = run(server, "retry", *named(parked))
    assert (result.exit_code, result.stdout) == (1, "It still fails and stays parked.\n")
    assert find(server, "reporting", "routing", "parked")[0]["attempts"] > parked["attempts"]


def test_a_retry_that_succeeds_takes_the_message(server: Served) -> None:
    """What made it fail has passed; its effect happens once."""
    (parked,) = find(server, "intake", "payments", "parked")
    result = run(server, "retry", *named(parked))
    assert (result.exit_code, result.stdout) == (0, "Taken.\n")
    assert find(server, "intake", "payments", "parked") == []


def test_a_discharge_needs_a_reason(server: Served) -> None:
    """Who laid it aside, and why, is kept."""
    (parked,) = find(server, "intake", "routing", "parked")
    assert run(server, "discharge", *named(parked)).exit_code == 2
    too_short = run(server, "discharge", *named(parked), "--reason", "x")
    assert too_short.exit_code == 1
    assert "reason" in too_short.stderr
    assert find(server, "intake", "routing", "parked") == [parked]


def test_what_only_waits_cannot_be_discharged(server: Served) -> None:
    """It would be taken out of its order."""
    (waits,) = find(server, "reporting", "routing", "held")
    result = run(server, "discharge", *named(waits), "--reason", "not wanted here")
    assert (result.exit_code, result.stdout) == (1, "It is not parked: it waits for an earlier message.\n")


def test_behind_a_discharged_message_the_others_go_on(server: Served) -> None:
    """Other messages on that subject waited for it alone."""
    (parked,) = find(server, "intake", "routing", "parked")
    result = run(server, "discharge", *named(parked), "--reason", "said again by hand")
    assert (result.exit_code, result.stdout) == (0, "Discharged.\n")
    wait_for(lambda: not find(server, "intake", "routing", "held"))
    (kept,) = server.platform.engine.running["intake"].store.query("SELECT by, reason FROM discharges")
    assert kept == {"by": "system:cli", "reason": "said again by hand"}


@pytest.mark.parametrize("command", [("retry",), ("discharge", "--reason", "there is none")])
@pytest.mark.parametrize("service", ["intake", "treasury"])
def test_a_message_that_is_not_there_ends_with_1(server: Served, command: tuple[str, ...], service: str) -> None:
    """A slip of the pen changes nothing."""
    result = run(server, command[0], service, "/lienthong/nowhere/routing", "nothing", "1", *command[1:])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Not found" in result.stderr


def test_nothing_parked_is_said_in_words(played_store: Path, tmp_path: Path, laws: Registry) -> None:
    """An empty table says less than a sentence."""
    with served(copy_of(played_store, tmp_path), laws) as server:
        assert (run(server, "list").stdout, listed(server)) == ("Nothing is parked.\n", [])
