"""Forgetting in PostgreSQL: beyond recall in its files, in its log and in every copy; the proof alone stays.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chassis.stores import postgres_roles
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from chassis.vault_port import Erased
from chassis.vault_postgres import PostgresVault
from chassis.vault_postgres_forgetting import permit
from tests.chassis import vault_places
from tests.chassis.vault_contract import AT, NEIGHBOUR, PARTICULARS, PHONE, known, proof, read
from tests.chassis.vault_places import in_database
from tests.postgres_server import PostgresServer

KEY = vault_places.new_key()


@pytest.fixture
def access(postgres_server: PostgresServer) -> Iterator[PostgresAccess]:
    """A database for one test's vault."""
    made = vault_places.fresh(postgres_server)
    yield made
    postgres_server.drop(made)


@pytest.fixture
def vault(access: PostgresAccess) -> Iterator[PostgresVault]:
    with closing(vault_places.opened(access, KEY)) as vault:
        yield vault


def standing(server: PostgresServer, *wanted: bytes) -> list[Path]:
    """Return which files of a server hold any of the bytes."""
    folder = (server.folder / "postgres").resolve() / "data"
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [file.relative_to(folder) for file in files if any(one in file.read_bytes() for one in wanted)]


def test_nothing_of_a_key_is_left_in_any_file_of_the_server(own_postgres: PostgresServer) -> None:
    """Bytes, not rows: tables and indexes at once, the write-ahead log as soon as the server has let go of it.

    With the rights of the vault's own role, and no more.
    """
    in_database(own_postgres.admin, "ALTER SYSTEM SET wal_recycle=off")
    in_database(own_postgres.admin, "ALTER SYSTEM SET wal_compression=off")
    in_database(own_postgres.admin, "SELECT pg_reload_conf()")
    postgres_roles.apply(own_postgres.admin, {"vault": "its own password"})
    permit(own_postgres.access("vault"), "vault")
    access = own_postgres.access("vault", "vault", "its own password")
    with closing(vault_places.opened(access, KEY)) as vault:
        person, _ = known(vault)
        neighbour, other = known(vault, NEIGHBOUR)
        in_database(access, "CHECKPOINT")
        rows = in_database(access, f"SELECT wrapped_key FROM people WHERE person='{person}'")
        rows += in_database(access, f"SELECT digest FROM lookup WHERE person='{person}'")
        wanted = [bytes(row[0]) for row in rows]  # type: ignore[call-overload]
        assert all(standing(own_postgres, one) for one in wanted), "they were looked for in the right place"
        vault.forget(proof(person))
        assert standing(own_postgres, *wanted) == []
        assert vault.copies.pending() == ()
        assert read(vault, other) == PARTICULARS
        assert vault.find("phone", PHONE) == (neighbour,)


def test_a_log_that_is_used_again_stays_pending(access: PostgresAccess) -> None:
    """Where the server writes over its old files; so does every copy that was registered, until it is gone."""
    in_database(access, f"ALTER DATABASE {access.name} SET wal_recycle=on")
    with closing(vault_places.opened(access, KEY)) as vault:
        vault.copies.register("offsite/monday.dump", AT)
        person, _ = known(vault)
        vault.forget(proof(person))
        assert [one.path for one in vault.copies.pending()] == ["offsite/monday.dump", "write-ahead log"]
        assert vault.copies.catch_up() == vault.copies.pending()
        assert vault.copies.gone("offsite/monday.dump")
        assert not vault.copies.gone("offsite/monday.dump")
        assert vault.copies.gone("write-ahead log")
        assert vault.copies.pending() == ()
        assert vault.forget(proof(person)) == proof(person)
        assert vault.copies.pending() == ()


def test_while_somebody_reads_the_tables_it_is_not_done_yet(vault: PostgresVault, access: PostgresAccess) -> None:
    """The rows are gone at once, their bytes when it is asked again or the vault is started anew."""
    person, sealed = known(vault)
    with access.connect("") as reader, reader.transaction():
        reader.execute("SELECT count(*) FROM people")
        in_database(access, f"ALTER ROLE postgres IN DATABASE {access.name} SET lock_timeout='200ms'")
        with closing(vault_places.opened(access, KEY)) as hasty:
            with pytest.raises(StoreUnavailable):
                hasty.forget(proof(person))
            with pytest.raises(Erased):
                read(hasty, sealed)
    assert in_database(access, "SELECT traceless FROM forgotten") == [(0,)]
    vault_places.opened(access, KEY).close()
    assert in_database(access, "SELECT traceless FROM forgotten") == [(1,)]


def test_an_old_copy_brought_back_forgets_again(vault: PostgresVault, postgres_server: PostgresServer) -> None:
    """Whoever was forgotten since is forgotten in it; also somebody whom it never knew."""
    person, sealed = known(vault)
    stranger = proof("p" + "0" * 24)
    neighbour, other = known(vault, NEIGHBOUR)
    assert vault.copies.forget_again((proof(person), stranger)) == 1
    assert vault.copies.forget_again((proof(person), stranger)) == 0
    with pytest.raises(Erased):
        read(vault, sealed)
    assert read(vault, other) == PARTICULARS
    assert {one.person for one in vault.forgotten()} == {person, stranger.person}
    assert neighbour not in {one.person for one in vault.forgotten()}
