"""Forgetting in the vault: beyond recall in the file, in its log and in every copy; the proof alone stays.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen, Erased, SqliteVault
from chassis.vault_forgetting import forget_again, proofs_of, register_copy
from tests.chassis.test_vault import opened
from tests.chassis.vault_contract import AT, PARTICULARS, PERSONAL_ID, PHONE, known, proof, read


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[SqliteVault]:
    with closing(opened(tmp_path)) as vault:
        yield vault


def traces(vault: SqliteVault, person: str) -> list[bytes]:
    """Return the bytes that lead to a person: the wrapped key, and the entries of the index."""
    (key,) = vault._asked("SELECT wrapped_key FROM people WHERE person=?", (person,))
    sql = "SELECT digest FROM lookup WHERE person=?1 UNION ALL SELECT digest FROM also_known WHERE person=?1"
    entries = vault._asked(sql, (person,))
    assert len(entries) == 2
    return [key[0], *(digest + person.encode() for (digest,) in entries)]


def standing(folder: Path, *wanted: bytes) -> list[str]:
    """Return which files of a folder hold any of the bytes."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [file.name for file in files if any(one in file.read_bytes() for one in wanted)]


def test_nothing_of_the_key_is_left_in_any_file(tmp_path: Path, vault: SqliteVault) -> None:
    """Bytes, not rows: neither in the database, nor in free pages, nor in its log."""
    people = [known(vault, f"{n:012d}")[0] for n in range(300)]
    wanted = [trace for person in people[::3] for trace in traces(vault, person)]
    assert len(wanted) == 300
    assert standing(tmp_path, *wanted), "they were looked for in the right place"
    for person in people[::3]:
        vault.forget(proof(person))
    assert standing(tmp_path, *wanted) == []
    assert standing(tmp_path, *[trace for person in people[1::3] for trace in traces(vault, person)])


def test_the_proof_holds_no_name(tmp_path: Path, vault: SqliteVault) -> None:
    person, _ = known(vault)
    vault.forget(proof(person))
    assert set(vault.forgotten()[0]) == set(proof(person))
    assert standing(tmp_path, PERSONAL_ID.encode(), PARTICULARS["name"].encode(), PHONE.encode()) == []


@pytest.mark.parametrize("restarted", [False, True])
def test_while_somebody_reads_the_file_it_is_not_done_yet(tmp_path: Path, vault: SqliteVault, restarted: bool) -> None:
    """A reader keeps the old pages: the row is gone at once, the bytes when it is asked again or started anew."""
    person, sealed = known(vault)
    wanted = traces(vault, person)
    vault._db.execute("PRAGMA busy_timeout=10")
    with closing(sqlite3.connect(tmp_path / "vault.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM people").fetchone()
        with pytest.raises(StoreUnavailable):
            vault.forget(proof(person))
        with pytest.raises(CannotOpen):
            read(vault, sealed)
        assert standing(tmp_path, *wanted)
    if restarted:
        vault.close()
        opened(tmp_path).close()
    else:
        assert vault.forget(proof(person)) == proof(person)
    assert standing(tmp_path, *wanted) == []


def copied(vault: SqliteVault, to: Path) -> Path:
    """Make a registered copy, as a backup does."""
    to.mkdir()
    register_copy(vault.path, to / "vault.db", AT)
    with closing(sqlite3.connect(to / "vault.db")) as copy:
        vault._db.backup(copy)
    return to / "vault.db"


def test_forgetting_reaches_every_copy(tmp_path: Path, vault: SqliteVault) -> None:
    """A backup must not bring anybody back."""
    person, sealed = known(vault)
    wanted = traces(vault, person)
    copies = [copied(vault, tmp_path / name) for name in ("monday", "tuesday")]
    assert len(standing(tmp_path, *wanted)) >= 3
    vault.forget(proof(person))
    assert standing(tmp_path, *wanted) == []
    assert vault.copies.pending() == ()
    for copy in copies:
        assert proofs_of(copy) == (proof(person),)
        with closing(SqliteVault(copy, tmp_path / "keys" / "vault.key")) as restored, pytest.raises(Erased):
            read(restored, sealed)


def test_a_copy_out_of_reach_is_named_and_stays_pending(tmp_path: Path, vault: SqliteVault) -> None:
    """Until it can be reached, or somebody says that it is gone; a new one knows nobody who was forgotten before."""
    person, _ = known(vault)
    wanted = traces(vault, person)
    copy, lost = copied(vault, tmp_path / "shelf"), copied(vault, tmp_path / "lost")
    (tmp_path / "shelf").rename(tmp_path / "safe")
    shutil.rmtree(tmp_path / "lost")
    vault.forget(proof(person))
    assert {one.path for one in vault.copies.pending()} == {str(copy), str(lost)}
    assert [one.path for one in vault.copies.catch_up()] == sorted([str(copy), str(lost)])
    (tmp_path / "safe").rename(tmp_path / "shelf")
    assert [one.path for one in vault.copies.catch_up()] == [str(lost)]
    assert standing(tmp_path, *wanted) == []
    assert vault.copies.gone(lost)
    assert not vault.copies.gone(lost)
    assert vault.copies.pending() == ()
    copied(vault, tmp_path / "after")
    assert {one.path for one in vault.copies.known()} == {str(copy), str(tmp_path / "after" / "vault.db")}
    assert vault.forget(proof(person)) == proof(person)
    assert vault.copies.pending() == ()


def test_an_old_copy_brought_back_forgets_again(tmp_path: Path, vault: SqliteVault) -> None:
    """What a restore does with the proofs: whoever was forgotten since is forgotten in it, before it is opened."""
    person, sealed = known(vault)
    neighbour, other = known(vault, "051185003188")
    old = copied(vault, tmp_path / "offsite")
    vault.copies.gone(old)
    later, _ = known(vault, "051185003189")
    for one in (person, later):
        vault.forget(proof(one))
    wanted = traces(vault, neighbour)
    assert forget_again(old, vault.forgotten()) == 1
    assert forget_again(old, vault.forgotten()) == 0
    with closing(SqliteVault(old, tmp_path / "keys" / "vault.key")) as restored:
        with pytest.raises(Erased):
            read(restored, sealed)
        assert read(restored, other) == PARTICULARS
        assert restored.forgotten() == vault.forgotten()
    assert standing(tmp_path / "offsite", *wanted)
    with pytest.raises(FileNotFoundError):
        forget_again(tmp_path / "nowhere" / "vault.db", vault.forgotten())
