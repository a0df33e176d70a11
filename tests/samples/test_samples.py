"""What an earlier version wrote is read by this one: brought up, proved, asked, and gone on with."""

import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from chassis.registry import PRODUCT_REGISTRY, Registry, load_registry
from chassis.stores.migrations import NEWEST
from cli.__main__ import app
from tests.cli.played import go_on, hold_still
from tests.cli.served import served

SAMPLES = sorted(Path(__file__).parent.glob("*.tar.xz"))
LOGS = ("intake", "routing", "payments", "postal")


@pytest.fixture(scope="module")
def laws() -> Registry:
    return load_registry(PRODUCT_REGISTRY)


@pytest.fixture(params=SAMPLES, ids=lambda path: path.name.partition(".")[0])
def data(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder that a version left, its clock held at the moment when that was."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    hold_still(tmp_path / "data")
    return tmp_path / "data"


def verify(data: Path) -> Result:
    return CliRunner().invoke(app, ["verify", "--data", str(data), "--json"])


def broken(result: Result) -> list[str]:
    return [line for one in json.loads(result.stdout) for line in one["broken"]]


def stored(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return what no version may ever change of an event, by log."""
    columns = "position, stream, version, type, data, time_us, correlation, causation, said, subject, sequence, root"
    found = {}
    for name in LOGS:
        with closing(sqlite3.connect(data / f"{name}.db")) as log:
            found[name] = log.execute(f"SELECT {columns} FROM events ORDER BY position").fetchall()
    return found


def test_there_is_a_sample_of_the_first_version() -> None:
    """Without one, all that follows would hold for nothing."""
    assert [path.name for path in SAMPLES][:1] == ["first-version.tar.xz"]


def test_it_is_brought_up_and_proved(data: Path) -> None:
    """Every store has the newest form then, every read model is as if made today, and no event was touched."""
    before = stored(data)
    result = verify(data)
    assert (result.exit_code, broken(result)) == (0, [])
    assert sum(map(len, before.values())) > 500
    assert stored(data) == before
    for name in (*LOGS, "reporting"):
        with closing(sqlite3.connect(data / f"{name}.db")) as log:
            assert log.execute("PRAGMA user_version").fetchone() == (NEWEST,)
    assert broken(verify(data)) == [], "and a second time, when there is nothing to bring up"


def test_what_was_not_protected_then_is_said(data: Path) -> None:
    """A hash that was computed later proves nothing about the time before."""
    found = json.loads(verify(data).stdout)
    (intake,) = (one for one in found if (one["service"], one["name"]) == ("intake", "hashes"))
    assert [("were stored before there were hashes" in line) for line in intake["pending"]] == [True]


def test_a_server_answers_about_it(data: Path, laws: Registry) -> None:
    """Over HTTP, by its code, with all that happened to it."""
    with closing(sqlite3.connect(data / "intake.db")) as log:
        ((code,),) = log.execute(
            "SELECT json_extract(CAST(data AS TEXT), '$.code') FROM events WHERE type='DossierAccepted' LIMIT 1"
        ).fetchall()
    with served(data, laws) as server, httpx.Client(base_url=server.url, timeout=20) as client:
        token = client.post("/api/v1/rehearsal/tokens", json={"role": "inspector", "id": "inspector:1"}).json()["token"]
        who = {"Authorization": f"Bearer {token}"}
        answer = client.get(f"/api/v1/dossiers/{code}", headers=who)
        assert (answer.status_code, answer.json()["code"]) == (200, code)
        timeline = client.get(f"/api/v1/dossiers/{code}/timeline", headers=who).json()
        assert len(timeline["items"]) > 3


def test_work_goes_on_with_it(data: Path, laws: Registry) -> None:
    """What was open is taken to its end and new dossiers come in; all of it proves together, sealed and signed."""
    before = stored(data)
    heads = go_on(data, laws)
    after = stored(data)
    assert all(after[name][: len(rows)] == rows for name, rows in before.items())
    assert {name: len(after[name]) > len(rows) for name, rows in before.items()} == dict.fromkeys(LOGS, True)
    assert {head.service: head.size for head in heads} == {name: len(rows) for name, rows in after.items()}
    result = verify(data)
    assert (result.exit_code, broken(result)) == (0, [])
