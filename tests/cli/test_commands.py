"""The command `lienthong` as a whole: what it offers, and how it speaks with whatever answers at an address."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from cli.__main__ import app

COMMANDS = (
    "serve", "up", "demo", "verify", "backup", "restore", "clock", "trace", "rights", "token", "dossier show",
    "events tail", "events said", "parked list", "parked retry", "parked discharge", "payments reconcile",
    "registry lint", "schemas write", "schemas check", "schemas release", "issuer keys", "issuer rotate",
    "incident declare", "incident end", "incident list",
    "kafka apply", "kafka diff", "kafka lag", "kafka verify", "postgres apply", "postgres diff", "postgres restored",
    "rebuild",
    "heads seal", "heads list", "heads keys", "heads add-key", "heads retire-key",
    "vault rotate", "vault find", "vault forget", "vault forgotten", "vault copies", "vault openings",
)  # fmt: skip
ASKING = (
    ("dossier", "show", "H48-1"),
    ("events", "tail"),
    ("heads", "seal"),
    ("heads", "list", "intake"),
    ("heads", "keys"),
    ("incident", "end", "--all", "--from", "2026-11-20T08:00"),
    ("incident", "list"),
    ("parked", "list"),
    ("parked", "retry", "intake", "source", "subject", "1"),
    ("parked", "discharge", "intake", "source", "subject", "1", "--reason", "why not"),
)


class Stranger(BaseHTTPRequestHandler):
    """Something that speaks HTTP and is none of ours."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Hello</html>")

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"LIENTHONG_URL": "", "COLUMNS": "120"})


def commands_of(group: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and help of every command below a group."""
    for name, command in group.commands.items():
        place = f"{path} {name}".strip()
        if hasattr(command, "commands"):
            yield from commands_of(command, place)
        else:
            yield place, command.help or ""


def test_every_command_has_a_plain_line() -> None:
    """`--help` is how a person finds the way; a line that ends is one that was thought to its end."""
    found = dict(commands_of(typer.main.get_command(app)))
    assert sorted(found) == sorted(COMMANDS)
    for path, told in found.items():
        first = told.split("\n\n")[0]
        assert first.endswith("."), path
        result = run(*path.split(), "--help")
        assert result.exit_code == 0
        assert first.split()[0] in result.stdout


def test_the_help_shows_every_group_and_what_exit_codes_say() -> None:
    """One table for all commands."""
    result = run("--help")
    assert result.exit_code == 0
    for name in {path.split()[0] for path in COMMANDS}:
        assert f" {name} " in result.stdout
    assert "Exit codes" in result.stdout


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9", "No server answers at http://127.0.0.1:9"),
        ("nonsense", "No server answers at nonsense"),
        ("http://[::1", "No server answers at http://[::1"),
    ],
)
def test_nobody_there_ends_with_2(command: tuple[str, ...], url: str, says: str) -> None:
    """A script tells apart that the answer is no and that there was none."""
    result = run(*command, "--url", url)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert "Start one with `lienthong serve`" in result.stderr


@pytest.mark.parametrize("command", ASKING, ids=" ".join)
def test_somebody_else_there_ends_with_2(command: tuple[str, ...], stranger: str) -> None:
    """Whatever answers there, it is not our server."""
    result = run(*command, "--url", stranger)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"None of our servers answers at {stranger}" in result.stderr


@pytest.mark.parametrize("arguments", [("verify",), ("serve", "--port", "0"), ("parked", "retry"), ("nothing",)])
def test_a_command_given_wrongly_ends_with_2(arguments: tuple[str, ...]) -> None:
    """What was named cannot be used."""
    assert run(*arguments).exit_code == 2
