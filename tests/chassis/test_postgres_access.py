"""Who gets into which database, and what an operator is told who does not."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from chassis.stores import postgres_roles
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import LAW_OF_ROLES, PostgresAccess, meaning_of
from chassis.stores.store import StoreUnavailable
from deploy.native import tls
from tests.chassis.store_words import TABLE, everything
from tests.postgres_server import PostgresServer, own_server

ROLES = ("intake", "payments", "auditor")
PASSWORDS = {role: f"secret of {role}" for role in ROLES}


@pytest.fixture(scope="module")
def installation() -> Iterator[PostgresServer]:
    """A server with TLS, two services' databases and the auditor's role."""
    with own_server(lambda folder: tls.make(folder / "tls")) as server:
        assert len(postgres_roles.apply(server.admin, PASSWORDS, "auditor")) == 5
        yield server


def way_in(server: PostgresServer, database: str, role: str, password: str = "", **wanted: str) -> PostgresAccess:
    """Return a role's way to a database, over TLS unless something else is wanted."""
    asked = {"sslmode": "verify-full", "sslrootcert": str(server.folder / "tls/ca.pem"), **wanted}
    conninfo = make_conninfo(server.access(database, role).conninfo, **asked)
    return PostgresAccess(conninfo, password or PASSWORDS[role])


def test_a_service_enters_its_own_database(installation: PostgresServer) -> None:
    """It makes its tables there itself, over TLS, and its sessions have the limits of every service's."""
    access = way_in(installation, "intake", "intake")
    store = PostgresStore(access)
    store.define([TABLE])
    store.fill(())
    store.commit(everything())
    store.close()
    with access.connect() as db:
        for setting, value in LAW_OF_ROLES.items():
            assert db.execute("SELECT current_setting(%s)", (setting,)).fetchone() == (value,)
        ((tls_on,),) = db.execute("SELECT ssl FROM pg_stat_ssl WHERE pid=pg_backend_pid()").fetchall()
        assert tls_on


@pytest.mark.parametrize(
    ("database", "role", "wanted", "told"),
    [
        ("payments", "intake", {}, "each service has its own"),
        ("intake", "payments", {}, "each service has its own"),
        ("intake", "intake", {"password": "wrong"}, "LIENTHONG_DATABASE_PASSWORD"),
        ("nowhere", "intake", {}, "lienthong postgres apply"),
        ("intake", "nobody", {"password": "any"}, "LIENTHONG_DATABASE_PASSWORD"),
        ("intake", "intake", {"sslmode": "disable"}, "ask for TLS"),
        ("intake", "intake", {"sslrootcert": "other"}, "not the one that sslrootcert"),
        ("intake", "intake", {"sslrootcert": "missing"}, "names no file"),
        ("intake", "intake", {"port": "1"}, "is PostgreSQL running"),
    ],
    ids=[
        "foreign database", "foreign database, the other way", "wrong password", "no such database", "no such role",
        "without TLS", "another authority", "no authority", "nobody there",
    ],
)  # fmt: skip
def test_whoever_may_not_enter_is_told_what_to_do(
    installation: PostgresServer, tmp_path: Path, database: str, role: str, wanted: dict[str, str], told: str
) -> None:
    """In one line, with no secret in it."""
    tls.make(tmp_path / "other")
    places = {"other": str(tmp_path / "other/ca.pem"), "missing": str(tmp_path / "missing.pem")}
    password = wanted.pop("password", "") or PASSWORDS[role]
    asked = {name: places.get(value, value) for name, value in wanted.items()}
    with pytest.raises(StoreUnavailable, match=told) as refused:
        PostgresStore(way_in(installation, database, role, password, **asked))
    assert "\n" not in str(refused.value)
    assert password not in str(refused.value)


def test_the_auditor_reads_every_database_and_changes_none(installation: PostgresServer) -> None:
    """Verification across all services needs no key to any of them."""
    PostgresStore(way_in(installation, "intake", "intake")).close()
    with way_in(installation, "intake", "auditor").connect("") as db:
        assert db.execute("SELECT count(*) >= 0 FROM events").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM reach()").fetchone() == (1,)
        for change in ("DELETE FROM events", "INSERT INTO meta VALUES('a', 'b')", "CREATE TABLE mine(a int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
                db.execute(change)
            assert "LIENTHONG_DATABASE" in meaning_of(refused.value)
    with way_in(installation, "payments", "auditor").connect() as db:
        assert db.execute("SELECT current_database()").fetchone() == ("payments",)


def test_making_roles_again_changes_nothing_and_mends_what_differs(installation: PostgresServer) -> None:
    """Whatever somebody has changed by hand is named, and put right."""
    assert postgres_roles.apply(installation.admin, PASSWORDS, "auditor") == []
    assert postgres_roles.differences(installation.admin, ROLES, "auditor") == []
    with installation.admin.connect("") as db:
        db.execute("GRANT CONNECT ON DATABASE payments TO PUBLIC")
        db.execute("ALTER ROLE intake RESET synchronous_commit")
    found = postgres_roles.differences(installation.admin, (*ROLES, "postal"), "auditor")
    assert found == [
        "role intake: synchronous_commit=on is not set",
        "database payments: anybody may enter it",
        "role postal is missing",
        "database payments: intake may enter it",
    ]
    postgres_roles.apply(installation.admin, PASSWORDS, "auditor")
    assert postgres_roles.differences(installation.admin, ROLES, "auditor") == []


def test_passwords_stand_in_no_log_of_the_server(installation: PostgresServer) -> None:
    """Not even where a statement that carries one fails."""
    written = (installation.folder / "postgres/postgres.log").read_text(encoding="utf-8")
    assert written
    for secret in (*PASSWORDS.values(), installation.password):
        assert secret not in written
