"""The embedded vault: the contract of all vaults, and what is its own: one file, one master key beside it.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chassis.files import SecretUnusable
from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen, SqliteVault
from chassis.vault_port import Custody
from tests.chassis.vault_contract import NAME, PARTICULARS, PERSONAL_ID, Open, VaultContract, read, relying_on


class TestSqliteVault(VaultContract):
    """Every promise of the port, kept by SQLite."""

    @pytest.fixture
    def open_vault(self, tmp_path: Path) -> Iterator[Open]:
        all_opened: list[SqliteVault] = []

        def open_again() -> Custody:
            all_opened.append(opened(tmp_path))
            return all_opened[-1]

        yield open_again
        for vault in all_opened:
            vault.close()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[SqliteVault]:
    with closing(opened(tmp_path)) as vault:
        yield vault


def opened(data: Path) -> SqliteVault:
    return SqliteVault(data / "vault.db", data / "keys" / "vault.key")


def test_drafts_that_nobody_relies_on_yet_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key must not drop out of memory before it is kept: too many drafts become durable rather than lost."""
    monkeypatch.setattr("chassis.vault.DRAFTS_MAX", 5)
    monkeypatch.setattr("chassis.vault.KEYS_REMEMBERED", 5)
    with closing(opened(tmp_path)) as vault:
        sealed = [vault.seal(vault.person("personal_id", f"{n:012d}"), {"n": n}) for n in range(23)]
        assert [read(vault, one) for one in sealed] == [{"n": n} for n in range(23)]
        assert len(vault._drafts) == 3


def test_whoever_is_named_in_nothing_leaves_no_trace(tmp_path: Path) -> None:
    """Neither a key nor an entry in the index: met again, they are somebody new."""
    with closing(opened(tmp_path)) as vault:
        taken, refused = (vault.person("personal_id", f"{n:012d}") for n in (1, 2))
        vault.settle(relying_on(taken))
    with closing(opened(tmp_path)) as vault:
        assert vault._asked("SELECT person FROM people UNION ALL SELECT person FROM lookup") == [(taken,)] * 2
        assert vault.person("personal_id", f"{2:012d}") != refused


def test_neither_plaintext_nor_keys_stand_in_any_file(tmp_path: Path) -> None:
    """Whoever steals the database without the master key has nothing: no names, no ids, no keys, no index by id."""
    with closing(opened(tmp_path)) as vault:
        person = vault.person("personal_id", PERSONAL_ID)
        sealed = vault.seal(person, PARTICULARS)
        read(vault, sealed, "name")
        vault.settle()
        key = (tmp_path / "keys" / "vault.key").read_bytes()
        stored = b"".join(file.read_bytes() for file in tmp_path.glob("vault.db*"))
    assert person.encode() in stored, "it was looked at in the right place"
    for secret in (PERSONAL_ID.encode(), NAME.encode(), "Phan Đình Phùng".encode(), key):
        assert secret not in stored
        assert secret not in sealed.encode()
    with closing(sqlite3.connect(tmp_path / "vault.db")) as db:
        (wrapped,) = db.execute("SELECT wrapped_key FROM people").fetchone()
    assert len(wrapped) == 12 + 32 + 16, "nonce, wrapped key, tag"


def test_only_its_owner_may_read_the_master_key(tmp_path: Path) -> None:
    """Created so, not narrowed later."""
    opened(tmp_path).close()
    assert (tmp_path / "keys" / "vault.key").stat().st_mode & 0o777 == 0o600


def test_the_wrong_master_key_is_found_out_at_the_start(tmp_path: Path) -> None:
    """Not weeks later, when an officer needs a name; and new people must not be sealed under a second key."""
    with closing(opened(tmp_path)) as vault:
        vault.person("personal_id", PERSONAL_ID)
        vault.settle()
    (tmp_path / "keys" / "vault.key").write_bytes(b"x" * 32)
    with pytest.raises(CannotOpen, match="master key"):
        opened(tmp_path)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_master_key_that_was_cut_short_is_refused(tmp_path: Path, content: bytes) -> None:
    """It is not made anew: that would make all that was sealed unreadable."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "vault.key").write_bytes(content)
    with pytest.raises(SecretUnusable):
        opened(tmp_path)
    assert (tmp_path / "keys" / "vault.key").read_bytes() == content


def test_a_vault_that_cannot_write_says_so_and_recovers(tmp_path: Path, vault: SqliteVault) -> None:
    """Another process holds its database: not now; afterwards everything works again, under the same ids."""
    vault._db.execute("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(tmp_path / "vault.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        person = vault.person("personal_id", PERSONAL_ID)
        with pytest.raises(StoreUnavailable):
            vault.settle()
        other.execute("ROLLBACK")
    vault.settle()
    assert vault.person("personal_id", PERSONAL_ID) == person
    with closing(sqlite3.connect(tmp_path / "vault.db")) as other:
        assert other.execute("SELECT person FROM people").fetchall() == [(person,)]


def test_what_cannot_be_written_down_is_not_opened(tmp_path: Path, vault: SqliteVault) -> None:
    """No reading without its line in the log, not even for a moment."""
    sealed = vault.seal(person := vault.person("personal_id", PERSONAL_ID), PARTICULARS)
    vault._db.execute("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(tmp_path / "vault.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            read(vault, sealed)
        other.execute("ROLLBACK")
    assert vault.openings(person) == []
    assert read(vault, sealed, "name") == {"name": NAME}
    assert len(vault.openings(person)) == 1
