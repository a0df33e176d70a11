"""`lienthong serve`: it says in one line why it cannot, and stops as it was told."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from cli.__main__ import app
from services.__main__ import compose
from tests.cli.served import wait_until_ready

STOPS_WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def _own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` tells the gateway where it is reached by this variable, unless it is set."""
    monkeypatch.setenv("LIENTHONG_PUBLIC_URL", "http://127.0.0.1:1")


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        yield int(somebody.getsockname()[1])


def serve(data: Path, port: int, *options: str) -> Result:
    return CliRunner().invoke(app, ["serve", "--data", str(data), "--port", str(port), *options])


def test_a_port_in_use_is_refused_before_anything_is_made(tmp_path: Path, taken_port: int) -> None:
    """Exit code 3 and one line; the stores of whoever is there are not touched."""
    result = serve(tmp_path / "data", taken_port)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == f"Port {taken_port} is in use: stop what listens there, or give another with --port.\n"
    assert list(tmp_path.iterdir()) == []


def test_stores_in_use_are_refused(copied_store: Callable[[], Path], laws: Registry, free_port: int) -> None:
    """A store has one writer."""
    data = copied_store()
    platform = compose(data, rehearsal=True, registry=laws)
    try:
        result = serve(data, free_port, "--rehearsal")
    finally:
        platform.close()
    assert (result.exit_code, result.stdout) == (3, "")
    assert "is being served by another process" in result.stderr
    assert result.stderr.count("\n") == 1


def not_a_folder(data: Path) -> None:
    data.write_text("a file")


def not_a_database(data: Path) -> None:
    data.mkdir()
    (data / "intake.db").write_text("no database" * 1_000)


def another_master_key(data: Path) -> None:
    compose(data, rehearsal=True).close()
    (data / "keys" / "vault.key").write_bytes(b"short")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (not_a_folder, "File exists"),
        (not_a_database, "file is not a database"),
        (another_master_key, "the secret in vault.key must be 32 bytes long"),
    ],
)
def test_stores_that_cannot_be_opened_end_with_2(
    tmp_path: Path, free_port: int, damage: Callable[[Path], None], says: str
) -> None:
    """One line that says what is wrong, and no traceback."""
    data = tmp_path / "data"
    damage(data)
    result = serve(data, free_port)
    assert result.exit_code == 2
    assert says in result.stderr
    assert (result.stderr.count("\n"), "Traceback" in result.output) == (1, False)


def test_an_address_that_is_none_ends_with_2(tmp_path: Path, free_port: int) -> None:
    """A slip of the pen is named."""
    result = serve(tmp_path / "data", free_port, "--host", "no.such.place.invalid")
    assert result.exit_code == 2
    assert result.stderr.startswith("There is no address no.such.place.invalid:")


@pytest.mark.slow
def test_a_server_serves_until_it_is_told_to_stop(tmp_path: Path, free_port: int) -> None:
    """The command as people give it: ready, asked, stopped with what a supervisor sends, and its store proved."""
    command = [sys.executable, "-m", "cli"]
    environment = os.environ | {"LIENTHONG_URL": f"http://127.0.0.1:{free_port}"}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, env=environment)

    data = tmp_path / "data"
    server = subprocess.Popen(
        [*command, "serve", "--data", str(data), "--port", str(free_port), "--rehearsal"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        wait_until_ready(environment["LIENTHONG_URL"])
        assert httpx.get(f"{environment['LIENTHONG_URL']}/livez").is_success
        assert run("events", "tail", "intake").returncode == 0
        assert run("dossier", "show", "nothing").returncode == 1
        assert run("serve", "--data", str(tmp_path / "other"), "--port", str(free_port)).returncode == 3
        assert run("serve", "--data", str(data), "--port", "1").returncode in (2, 3)
        assert run("verify", "--data", str(data)).returncode == 3
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=STOPS_WITHIN_S)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    assert server.returncode == 0
    assert not list(data.glob("*.db-wal")), "the stores were left open"
    assert said.splitlines()[0].startswith("Liên Thông: http://127.0.0.1:")
    assert "Traceback" not in said
    assert run("verify", "--data", str(data)).returncode == 0
    assert run("events", "tail", "intake").returncode == 2


@pytest.mark.slow
def test_a_server_that_nobody_can_sign_in_at_says_so(tmp_path: Path, free_port: int) -> None:
    """Outside rehearsal and without an issuer; the operator's own token, made beside it, opens its doors."""
    command, url, data = [sys.executable, "-m", "cli"], f"http://127.0.0.1:{free_port}", str(tmp_path / "data")
    server = subprocess.Popen(
        [*command, "serve", "--data", data, "--port", str(free_port)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        wait_until_ready(url)
        made = subprocess.run([*command, "token", "system", "--data", data], capture_output=True, text=True, timeout=60)
        environment = os.environ | {"LIENTHONG_URL": url, "LIENTHONG_TOKEN": made.stdout.strip()}
        tail = [*command, "events", "tail", "intake"]
        assert subprocess.run(tail, capture_output=True, timeout=60, env=environment).returncode == 0
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=STOPS_WITHIN_S)
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
    assert "LIENTHONG_OIDC_ISSUER" in said
    assert "lienthong token" in said


@pytest.mark.parametrize(
    ("setting", "value"),
    [("ISSUER", "issuer.example"), ("ISSUER", "ftp://issuer.example"), ("ROLES", "boss=mayor")],
)
def test_an_issuer_that_cannot_be_one_ends_with_2(
    tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    """At the start, in one line; not at the first sign-in."""
    monkeypatch.setenv("LIENTHONG_OIDC_ISSUER", "https://issuer.example")
    monkeypatch.setenv(f"LIENTHONG_OIDC_{setting}", value)
    result = serve(tmp_path / "data", free_port)
    assert result.exit_code == 2
    assert f"LIENTHONG_OIDC_{setting}" in result.stderr
