"""`lienthong heads`: what a stranger takes away from a running server, and how its keys are exchanged."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from cli.__main__ import app
from tests.cli.served import Served, served

Copy = Callable[[], Path]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def data(copied_store: Copy) -> Path:
    return copied_store()


@pytest.fixture
def server(data: Path, laws: Registry) -> Iterator[Served]:
    with served(data, laws) as running:
        yield running


def test_what_is_kept_is_what_verify_takes(data: Path, laws: Registry, tmp_path: Path) -> None:
    """From the server to a folder, and from there to the proof, with the keys."""
    kept = tmp_path / "kept"
    with served(data, laws) as server:
        assert run("heads", "seal", "--url", server.url, "--to", str(kept)).exit_code == 0
        assert run("heads", "list", "postal", "--url", server.url, "--to", str(kept)).exit_code == 0
        assert run("heads", "keys", "--url", server.url, "--to", str(kept)).exit_code == 0
    files = sorted(kept.glob("*-*.json"))
    assert {file.name.partition("-")[0] for file in files} == {"intake", "routing", "payments", "postal"}
    assert sum(file.name.startswith("postal-") for file in files) > 3
    options = [option for file in files for option in ("--head", str(file))]
    result = run("verify", "--data", str(data), "--json", "--keys", str(kept / "keys.json"), *options)
    (found,) = (one for one in json.loads(result.stdout) if one["name"] == "kept_heads")
    assert (found["broken"], found["counted"] > len(files)) == ([], True)


def test_a_person_reads_one_line_for_each(server: Served) -> None:
    result = run("heads", "list", "intake", "--url", server.url)
    assert result.exit_code == 0
    assert all(line.startswith("intake ") and "events" in line for line in result.stdout.splitlines())
    newest, *_, oldest = result.stdout.split("\n")[:-1]
    assert newest.split()[1] > oldest.split()[1]


def test_nobody_without_a_log_has_heads(server: Served) -> None:
    result = run("heads", "list", "nowhere", "--url", server.url, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_keys_are_exchanged_while_the_server_is_stopped(data: Path, laws: Registry) -> None:
    """A second one, both sign, the old one is retired; the last one cannot be."""
    (old,) = (key["key_id"] for key in json.loads((data / "keys" / "heads.json").read_bytes()))
    assert run("heads", "retire-key", old, "--data", str(data)).exit_code == 1
    fresh = run("heads", "add-key", "--data", str(data)).stdout.split()[0]
    assert run("heads", "retire-key", old, "--data", str(data)).exit_code == 0
    assert run("heads", "retire-key", "nobody", "--data", str(data)).exit_code == 1
    with served(data, laws) as server:
        keys = json.loads(run("heads", "keys", "--url", server.url).stdout)["items"]
        assert [(key["key_id"], bool(key["retired_at"])) for key in keys] == [(old, True), (fresh, False)]
        assert run("heads", "add-key", "--data", str(data)).exit_code == 3, "the server would not know of it"


def test_keys_that_cannot_be_read_are_said_so(data: Path, tmp_path: Path) -> None:
    (data / "keys" / "heads.json").write_bytes(b"{")
    assert run("heads", "add-key", "--data", str(data)).exit_code == 2
    assert run("heads", "add-key", "--data", str(tmp_path / "nowhere")).exit_code == 2
