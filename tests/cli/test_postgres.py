"""`lienthong postgres`: databases and roles made and compared on a real server, from the folder of a native cluster."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from cli.__main__ import app
from cli.postgres import ROLES
from tests.postgres_server import PostgresServer, own_server


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with own_server() as started:
        yield started


def called(server: PostgresServer, *words: str) -> Result:
    environment = {"LIENTHONG_POSTGRES_PORT": str(server.port), "LIENTHONG_DATABASE": None}
    return CliRunner().invoke(app, ["postgres", *words, "--cluster", str(server.folder)], env=environment)


def test_what_is_declared_is_made_once_and_then_only_compared(server: PostgresServer) -> None:
    """`diff` names what is missing, `apply` makes it, and asked again there is nothing to do."""
    missing = called(server, "diff", "--json")
    assert (missing.exit_code, len(json.loads(missing.output))) == (1, len(ROLES))
    for role in ROLES:
        assert called(server, "apply").exit_code == 2, f"there is no password of {role} yet"
        (server.folder / "secrets" / f"{role}.password").write_text(f"secret of {role}\n")
    made = called(server, "apply", "--json")
    assert made.exit_code == 0, made.output
    assert {f"role {role}: made" for role in ROLES} <= {*json.loads(made.output)}
    assert "secret" not in made.output
    assert called(server, "diff").exit_code == 0
    assert json.loads(called(server, "apply", "--json").output) == []
    with server.access("vault").connect("") as db:
        db.execute("REVOKE EXECUTE ON FUNCTION pg_ls_waldir() FROM vault")
    assert json.loads(called(server, "diff", "--json").output) == [
        "role vault may not rid the server's log of those who were forgotten"
    ]
    assert called(server, "apply").exit_code == called(server, "diff").exit_code == 0
    with server.access("intake", "intake", "secret of intake").connect() as db:
        assert db.execute("SELECT current_user").fetchone() == ("intake",)


def test_a_server_that_is_away_is_said_to_be(server: PostgresServer) -> None:
    """Exit code 2, and what to look at."""
    away = PostgresServer(server.folder, 1, server.password)
    answered = called(away, "diff")
    assert answered.exit_code == 2
    assert "is PostgreSQL running" in answered.stderr
