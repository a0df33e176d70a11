"""`lienthong events tail`: a service's log, from a running server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from chassis.web.auth import SYSTEM, Principal
from cli import events
from cli.__main__ import app
from tests.cli.conftest import copy_of
from tests.cli.served import Served, served


@pytest.fixture(scope="module")
def server(played_store: Path, laws: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_of(played_store, tmp_path_factory.mktemp("tailed")), laws) as running:
        yield running


def tail(server: Served, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["events", "tail", *arguments, "--url", server.url])


@pytest.mark.parametrize("service", ["intake", "routing", "payments", "postal"])
def test_the_whole_log_in_commit_order(server: Served, service: str) -> None:
    """One JSON object a line; over several pages nothing is left out and nothing comes twice."""
    result = tail(server, service, "--json", "--limit", "50")
    positions = [json.loads(line)["position"] for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert positions == list(range(1, server.platform.engine.running[service].store.head() + 1))


def test_it_starts_after_a_position(server: Served) -> None:
    """A script goes on where it left off."""
    head = server.platform.engine.running["routing"].store.head()
    result = tail(server, "routing", "--after", str(head - 2), "--json")
    assert [json.loads(line)["position"] for line in result.stdout.splitlines()] == [head - 1, head]
    assert (tail(server, "routing", "--after", str(head)).stdout, tail(server, "reporting").stdout) == ("", "")


def test_a_person_reads_one_line_for_each_event(server: Served) -> None:
    """Position, time, type, public number, stream; what is personal stays sealed."""
    first = tail(server, "intake").stdout.splitlines()[0].split()
    assert (first[0], first[3], first[4]) == ("1", "DossierSubmitted", "#1")
    assert first[5].startswith("dossier-")


def test_an_unknown_service_ends_with_1(server: Served) -> None:
    """What does not exist answers as what may not be seen."""
    result = tail(server, "treasury")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Not found" in result.stderr


def test_following_ends_quietly_when_it_is_stopped(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is how a person ends it; until then it waits for what comes."""
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(events.time, "sleep", sleep)
    result = tail(server, "postal", "--follow", "--json")
    assert result.exit_code == 0
    assert len(waited) == 2
    assert len(result.stdout.splitlines()) == server.platform.engine.running["postal"].store.head()


def test_a_server_that_is_not_in_rehearsal_wants_a_token(
    tmp_path: Path, laws: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is anybody outside a rehearsal; a token of the issuer is taken from the environment."""
    with served(tmp_path / "earnest", laws, rehearsal=False) as server:
        without = tail(server)
        assert without.exit_code == 1
        assert "LIENTHONG_TOKEN" in without.stderr
        monkeypatch.setenv("LIENTHONG_TOKEN", server.platform.issuer.issue(Principal("system:test", SYSTEM)))
        assert tail(server).exit_code == 0
        monkeypatch.setenv("LIENTHONG_TOKEN", "nonsense")
        wrong = tail(server)
        assert wrong.exit_code == 1
        assert "access token" in wrong.stderr
