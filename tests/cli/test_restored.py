"""A service's database is lost, brought back from a dump, and told so, before anything is said again."""

import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chassis.stores import postgres_roles
from chassis.stores.postgres import PostgresStore
from chassis.stores.store import Writes
from cli.__main__ import app
from cli.exits import EXIT_UNUSABLE
from services.topology import AUDITOR
from tests.chassis.store_words import SOURCE, said
from tests.postgres_server import PostgresServer

PASSWORDS = {"intake": "of-intake-alone", AUDITOR: "of-the-auditor"}
RESTORED = ["postgres", "restored", "intake", "--backup-of", "2026-11-20T22:00"]


@pytest.fixture
def server(own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> PostgresServer:
    """A server with intake's database and roles; the environment is that of intake's own process."""
    postgres_roles.apply(own_postgres.admin, PASSWORDS, AUDITOR)
    monkeypatch.setenv("LIENTHONG_DATABASE", f"host=127.0.0.1 port={own_postgres.port} dbname=intake user=intake")
    monkeypatch.setenv("LIENTHONG_DATABASE_PASSWORD", PASSWORDS["intake"])
    return own_postgres


def tool(server: PostgresServer, user: str, name: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's; the password comes by the environment."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    where = ["--host=127.0.0.1", f"--port={server.port}", f"--username={user}"]
    told = {**os.environ, "PGPASSWORD": PASSWORDS.get(user, server.password)}
    subprocess.run([str(programs / name), *where, *arguments], env=told, check=True, capture_output=True)


def store_of(server: PostgresServer) -> PostgresStore:
    return PostgresStore(server.access("intake", "intake", PASSWORDS["intake"]))


def test_what_is_said_after_a_restore_is_no_repeat_of_what_was_lost(server: PostgresServer, tmp_path: Path) -> None:
    """As `docs/operations.md` has it. What was said and lost had number 2; a new source gives its own numbers."""
    dump = str(tmp_path / "intake.dump")
    with closing(store_of(server)) as store:
        store.commit(Writes([said("note-a", 1, "ref", 1)]))
        tool(server, AUDITOR, "pg_dump", "--format=custom", f"--file={dump}", "intake")
        store.commit(Writes([said("note-a", 2, "ref", 2, b'{"lost":1}')]))
    tool(server, "postgres", "dropdb", "intake")
    tool(server, "postgres", "createdb", "--owner=intake", "--template=template0", "--encoding=UTF8", "intake")
    tool(server, "postgres", "pg_restore", "--no-owner", "--role=intake", "--dbname=intake", dump)
    postgres_roles.apply(server.admin, PASSWORDS, AUDITOR)

    told = CliRunner().invoke(app, RESTORED)
    assert told.exit_code == 0, told.output
    assert "generation 2 begins after position 1" in told.output

    with closing(store_of(server)) as store:
        assert store.last_sequence("ref") == 0
        store.commit(Writes([said("note-a", 2, "ref", 1, b'{"after":1}')]))
        before, _ = store.say(SOURCE, 0, 10, up_to=1)
        after, _ = store.say(f"{SOURCE}/2", 1, 10)
        assert [(one.sequence, one.data) for one in before] == [(1, b'{"n":1}')]
        assert [(one.source, one.sequence, one.data) for one in after] == [(f"{SOURCE}/2", 1, b'{"after":1}')]
        assert store.generations[-1].why == "restored from the backup of 2026-11-20T22:00Z"
    assert postgres_roles.differences(server.admin, PASSWORDS, AUDITOR) == []


def test_who_says_nothing_has_no_generations() -> None:
    """Reporting is made of what others say; it is filled again, and needs no new name."""
    told = CliRunner().invoke(app, ["postgres", "restored", "reporting", "--backup-of", "2026-11-20T22:00"])
    assert told.exit_code == EXIT_UNUSABLE
    assert "intake" in told.output


def test_a_database_that_cannot_be_entered_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun, and the operator is told what did not answer."""
    monkeypatch.setenv("LIENTHONG_DATABASE", "host=127.0.0.1 port=9 dbname=intake user=intake")
    monkeypatch.setenv("LIENTHONG_DATABASE_PASSWORD", "x")
    told = CliRunner().invoke(app, RESTORED)
    assert told.exit_code == EXIT_UNUSABLE
    assert "intake" in told.output
