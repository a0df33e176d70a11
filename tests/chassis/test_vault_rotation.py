"""Another master key: everything still opens and is still found, and a crash leaves one of the two keys that works.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (technical measures of protection).
"""

import base64
import hmac
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from chassis import vault_rotation
from chassis.files import SecretUnusable
from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen, SqliteVault
from chassis.vault_keys import LEGACY_INDEX, next_to
from tests.chassis.test_vault import opened
from tests.chassis.vault_contract import AT, PARTICULARS, PERSONAL_ID, read

PEOPLE = 2_345
"""More than are wrapped anew at a time."""


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def filled(data: Path) -> list[tuple[str, str]]:
    """Make a vault with people; return who they are and what was sealed."""
    with closing(opened(data)) as vault:
        people = [vault.person("personal_id", f"{n:012d}") for n in range(PEOPLE)]
        for person in people[:10]:
            vault.also_known(person, "phone", "0905671283")
        sealed = [(person, vault.seal(person, PARTICULARS)) for person in people]
        vault.settle()
    return sealed


def whole(vault: SqliteVault, sealed: list[tuple[str, str]]) -> None:
    for number, (person, value) in enumerate(sealed):
        vault.prove(value)
        assert vault.find("personal_id", f"{number:012d}") == (person,)
    assert vault.find("phone", "0905671283") == tuple(sorted(person for person, _ in sealed[:10]))
    assert vault.person("personal_id", f"{0:012d}") == sealed[0][0]


def test_after_a_rotation_the_new_key_opens_and_finds_everything(tmp_path: Path) -> None:
    """Twice over, also after a restart; the old key opens nothing, and was kept where it was asked for."""
    sealed, key = filled(tmp_path), tmp_path / "keys" / "vault.key"
    old = key.read_bytes()
    for turn in range(2):
        with closing(opened(tmp_path)) as vault:
            assert vault.rotate(keep_old=tmp_path / f"old-{turn}.key") == PEOPLE + turn
            whole(vault, sealed)
            new = vault.person("personal_id", f"9{turn:011d}")
            sealed_after = vault.seal(new, {"turn": turn})
            vault.settle()
    assert (tmp_path / "old-0.key").read_bytes() == old != key.read_bytes()
    assert (tmp_path / "old-0.key").stat().st_mode & 0o777 == key.stat().st_mode & 0o777 == 0o600
    assert not next_to(key).exists()
    with closing(opened(tmp_path)) as vault:
        whole(vault, sealed)
        assert read(vault, sealed_after) == {"turn": 1}
    key.write_bytes(old)
    with pytest.raises(CannotOpen, match="master key"):
        opened(tmp_path)


def test_what_the_old_key_wrapped_is_not_left_in_the_file(tmp_path: Path) -> None:
    """Whoever has the old key and the new file has nothing: neither keys nor entries of the index."""
    filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / "vault.db")) as db:
        before = [row[0] for row in db.execute("SELECT wrapped_key FROM people UNION SELECT digest FROM lookup")]
    assert all(one in (tmp_path / "vault.db").read_bytes() for one in before[:50])
    with closing(opened(tmp_path)) as vault:
        vault.rotate()
        left = b"".join(file.read_bytes() for file in tmp_path.glob("vault.db*"))
    assert [one for one in before if one in left] == []


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("name", ["replace_durably", "asked", "take_its_place", "said_plainly"])
def test_wherever_a_rotation_is_cut_off_one_key_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: int
) -> None:
    """Never neither: the files are left as a killed process leaves them, and whoever opens them next finds all."""
    sealed = filled(tmp_path / "data")
    real: Callable[..., object] = getattr(vault_rotation, name)
    calls = iter(range(1_000_000))

    def cut_off(*given: object) -> object:
        if next(calls) == (step if step < 5 else 2_000):
            shutil.copytree(tmp_path / "data", tmp_path / "left")
            raise Killed
        return real(*given)

    with closing(opened(tmp_path / "data")) as vault:
        monkeypatch.setattr(vault_rotation, name, cut_off)
        with suppress(Killed):
            vault.rotate()
        monkeypatch.undo()
    left = tmp_path / "left" if (tmp_path / "left").exists() else tmp_path / "data"
    for _ in range(2):
        with closing(opened(left)) as vault:
            whole(vault, sealed)
        assert not next_to(left / "keys" / "vault.key").exists()


def test_a_key_from_the_environment_is_never_written(tmp_path: Path) -> None:
    """The vault opens with it and with no other, and a rotation goes from one to the next."""
    first, second = (text(secrets.token_bytes(32)) for _ in range(2))
    key = tmp_path / "keys" / "vault.key"
    with closing(SqliteVault(tmp_path / "vault.db", key, first)) as vault:
        sealed = vault.seal(vault.person("personal_id", PERSONAL_ID), PARTICULARS)
        vault.settle()
        vault.rotate(second)
    assert list(tmp_path.glob("keys/*")) == []
    with closing(SqliteVault(tmp_path / "vault.db", key, second)) as vault:
        assert read(vault, sealed) == PARTICULARS
    for wrong in (first, ""):
        with pytest.raises(CannotOpen):
            SqliteVault(tmp_path / "vault.db", key, wrong)


def test_file_and_environment_may_not_name_two_keys(tmp_path: Path) -> None:
    """Which one is the vault's would be a guess; the same one twice is no harm."""
    opened(tmp_path).close()
    key = tmp_path / "keys" / "vault.key"
    SqliteVault(tmp_path / "vault.db", key, text(key.read_bytes())).close()
    with pytest.raises(SecretUnusable, match="different keys"):
        SqliteVault(tmp_path / "vault.db", key, text(b"x" * 32))
    for unreadable in ("not base64!", text(b"short")):
        with pytest.raises(SecretUnusable) as said:
            SqliteVault(tmp_path / "vault.db", tmp_path / "none.key", unreadable)
        assert unreadable not in str(said.value)


def first_version(data: Path) -> tuple[str, str]:
    """Write a vault as the first version did, its index key derived from the master key; return who and what."""
    with closing(opened(data)) as vault:
        person = vault.person("personal_id", PERSONAL_ID)
        sealed = vault.seal(person, PARTICULARS)
        read(vault, sealed, "name")
        vault.settle()
    master = (data / "keys" / "vault.key").read_bytes()
    digest = hmac.digest(hmac.digest(master, LEGACY_INDEX, "sha256"), f"personal_id:{PERSONAL_ID}".encode(), "sha256")
    with closing(sqlite3.connect(data / "vault.db", isolation_level=None)) as db:
        db.execute("UPDATE lookup SET digest=?", (digest,))
        for table in ("index_keys", "also_known", "forgotten", "copies", "pending"):
            db.execute(f"DROP TABLE {table}")
        db.execute("DROP INDEX openings_about")
        for column in ("about", "handed_to"):
            db.execute(f"ALTER TABLE openings DROP COLUMN {column}")
        db.execute("PRAGMA user_version=0")
    return person, sealed


def test_a_vault_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    """Its people are found, its values open, its openings are there; also after another master key."""
    person, sealed = first_version(tmp_path)
    with closing(opened(tmp_path)) as vault:
        assert vault.find("personal_id", PERSONAL_ID) == (person,)
        assert [(one["purpose"], one["about"]) for one in vault.openings(person)] == [("visit", "")]
        vault.rotate()
    with closing(opened(tmp_path)) as vault:
        assert vault.person("personal_id", PERSONAL_ID) == person
        assert vault.open(sealed, "officer:7", "visit", (), AT) == PARTICULARS


def test_a_vault_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "vault.db", isolation_level=None)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(ValueError, match="newer version"):
        opened(tmp_path)


def test_a_vault_that_somebody_else_holds_is_not_rotated(tmp_path: Path) -> None:
    """Not now; and nothing has changed."""
    sealed = filled(tmp_path)
    with closing(opened(tmp_path)) as vault, closing(sqlite3.connect(tmp_path / "vault.db")) as other:
        vault._db.execute("PRAGMA busy_timeout=10")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            vault.rotate()
        other.execute("ROLLBACK")
        whole(vault, sealed)
    with closing(opened(tmp_path)) as vault:
        whole(vault, sealed)
