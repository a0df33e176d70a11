"""Personal data is sealed: unreadable without the vault, unalterable, and every reading of it is written down.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.files import SecretUnusable
from chassis.stores.store import NewEvent, StoreUnavailable, Writes
from chassis.vault import CannotOpen, SqliteVault, is_sealed

AT = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
NAME = "Nguyễn Thị Hồng Ánh"
PERSONAL_ID = "051185003187"
PARTICULARS = {"name": NAME, "personal_id": PERSONAL_ID, "address": "12 Phan Đình Phùng", "children": 2}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[SqliteVault]:
    with closing(opened(tmp_path)) as vault:
        yield vault


def opened(data: Path) -> SqliteVault:
    return SqliteVault(data / "vault.db", data / "keys" / "vault.key")


def read(vault: SqliteVault, sealed: str, *fields: str) -> dict[str, Any]:
    return vault.open(sealed, by="officer:7", purpose="visit", fields=fields, at=AT)


def test_what_was_sealed_can_be_opened(vault: SqliteVault) -> None:
    """All of it, or only the fields that the purpose needs."""
    sealed = vault.seal(vault.person("personal_id", PERSONAL_ID), PARTICULARS)
    assert is_sealed(sealed)
    assert read(vault, sealed) == PARTICULARS
    assert read(vault, sealed, "name", "phone") == {"name": NAME}


def test_the_same_identifier_is_the_same_person(vault: SqliteVault) -> None:
    """Of the same kind; and the id tells nothing of who it is."""
    person = vault.person("personal_id", PERSONAL_ID)
    assert vault.person("personal_id", PERSONAL_ID) == person
    assert vault.person("tax_code", PERSONAL_ID) != person
    assert vault.person("personal_id", "051185003188") != person
    assert PERSONAL_ID not in person


def test_two_threads_that_meet_somebody_new_agree_on_who_it_is(vault: SqliteVault) -> None:
    """The counter and the portal hand in for the same citizen at the same moment."""
    met: list[str] = []
    threads = [
        threading.Thread(target=lambda: met.extend(vault.person("personal_id", f"{n:012d}") for n in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(met) == 200
    assert len(set(met)) == 50


def test_people_and_keys_are_found_again_after_a_restart(tmp_path: Path) -> None:
    """Once settled; whoever sealed before a restart is still the same person, and what was sealed opens."""
    with closing(opened(tmp_path)) as vault:
        person = vault.person("personal_id", PERSONAL_ID)
        sealed = vault.seal(person, PARTICULARS)
        vault.settle()
    with closing(opened(tmp_path)) as vault:
        assert vault.person("personal_id", PERSONAL_ID) == person
        assert read(vault, sealed) == PARTICULARS
        vault.prove(sealed)


def test_drafts_that_nobody_relies_on_yet_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key must not drop out of memory before it is kept: too many drafts become durable rather than lost."""
    monkeypatch.setattr("chassis.vault.DRAFTS_MAX", 5)
    monkeypatch.setattr("chassis.vault.KEYS_REMEMBERED", 5)
    with closing(opened(tmp_path)) as vault:
        sealed = [vault.seal(vault.person("personal_id", f"{n:012d}"), {"n": n}) for n in range(23)]
        assert [read(vault, one) for one in sealed] == [{"n": n} for n in range(23)]
        assert len(vault._drafts) == 3


def relying_on(*people: str) -> Writes:
    """Return a batch with one event that names people, as intake writes one."""
    data = b'{"applicant":"%s","note":"p0123456789abcdef01234567"}' % ",".join(people).encode()
    event: dict[str, Any] = dict.fromkeys(NewEvent._fields)
    return Writes(events=[NewEvent(**(event | {"stream": "dossier-1", "version": 1, "data": data}))])


def test_a_key_is_kept_with_the_batch_that_names_its_person(tmp_path: Path) -> None:
    """Whoever is named in nothing that was taken leaves no key and no entry in the index."""
    with closing(opened(tmp_path)) as vault:
        taken, refused = (vault.person("personal_id", f"{n:012d}") for n in (1, 2))
        for person in (taken, refused):
            vault.also_known(person, "phone", "0905 671 283")
        sealed = vault.seal(taken, PARTICULARS)
        vault.settle(Writes())
        assert vault._asked("SELECT count(*) FROM people") == [(0,)]
        vault.settle(relying_on(taken))
        assert vault.find("phone", "0905671283") == (taken,)
    with closing(opened(tmp_path)) as vault:
        assert read(vault, sealed) == PARTICULARS
        assert vault._asked("SELECT person FROM people UNION ALL SELECT person FROM lookup") == [(taken,)] * 2
        assert vault.person("personal_id", f"{2:012d}") != refused


PHONES = [
    ("0905671283", "0905 671 283", True),
    ("0905671283", "+84 905.671.283", True),
    ("0905671283", "0084-905-671-283", True),
    ("+84905671283", "84905671283", True),
    ("0905671283", "0905671284", False),
    ("0905671283", "905671283", False),
    ("84905671", "0905671", False),
]


@pytest.mark.parametrize(("kept", "sought", "found"), PHONES)
def test_a_phone_is_found_however_it_is_written(vault: SqliteVault, kept: str, sought: str, found: bool) -> None:
    """Spaces, dots and the country's prefix say nothing about whose it is."""
    person = vault.person("personal_id", PERSONAL_ID)
    vault.also_known(person, "phone", kept)
    vault.settle()
    assert vault.find("phone", sought) == ((person,) if found else ())


def test_people_are_found_by_what_they_have_and_a_phone_by_several(vault: SqliteVault) -> None:
    """Parents and children share one; a personal id is one person's, and nobody is found by another kind of number."""
    people = sorted(vault.person("personal_id", f"{n:012d}") for n in range(3))
    for person in (*people, people[0]):
        vault.also_known(person, "phone", "0905 671 283")
    assert vault.find("phone", "0905671283") == (), "nothing is relied on yet"
    vault.settle()
    vault.also_known(people[0], "phone", "0905671283")
    assert vault._drafts == {}
    assert vault.find("phone", "0905671283") == tuple(people)
    assert vault.find("personal_id", f" {1:012d} ") == (vault.person("personal_id", f"{1:012d}"),)
    assert vault.find("tax_code", f"{1:012d}") == ()
    assert vault.find("phone", "") == ()


def test_a_search_is_written_down_with_whoever_was_found(vault: SqliteVault) -> None:
    """Also one that finds nobody: who fishes is seen."""
    person = vault.person("personal_id", PERSONAL_ID)
    vault.searched((person,), "officer:7", "phone", AT)
    vault.searched((), "officer:7", "personal_id", AT)
    (line,) = vault.openings(person)
    assert (line["by"], line["purpose"], line["fields"]) == ("officer:7", "search", "phone")
    assert [line["fields"] for line in vault.openings("")] == ["personal_id"]


def test_sealing_the_same_twice_gives_different_texts(vault: SqliteVault) -> None:
    """Otherwise equal addresses could be found without opening them."""
    person = vault.person("personal_id", PERSONAL_ID)
    assert vault.seal(person, PARTICULARS) != vault.seal(person, PARTICULARS)


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


@pytest.fixture(scope="module")
def sealed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SqliteVault, str]]:
    with closing(opened(tmp_path_factory.mktemp("vault"))) as vault:
        yield vault, vault.seal(vault.person("personal_id", PERSONAL_ID), PARTICULARS)


@given(data=st.data())
def test_any_alteration_is_refused(sealed_once: tuple[SqliteVault, str], data: st.DataObject) -> None:
    """Any letter, anywhere: changed, taken out, or put in."""
    vault, sealed = sealed_once
    place = data.draw(st.integers(0, len(sealed)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(st.text(st.characters(max_codepoint=0x1FF), max_size=3))
    altered = sealed[:place] + put + sealed[place + cut :]
    if altered != sealed:
        with pytest.raises(CannotOpen):
            read(vault, altered)
        with pytest.raises(CannotOpen):
            vault.prove(altered)


@pytest.mark.parametrize(
    "altered",
    [
        "",
        "plain text",
        "s1..",
        "s1.p0.",
        "s1.p0.AAAA",
        "s1.{person}.",
        "s1.{person}.AAAA",
        "s1.{person}.{other}",
        "s1.{person}.ü",
    ],
)
def test_what_is_not_sealed_here_is_refused(vault: SqliteVault, altered: str) -> None:
    """Also one person's data under another's name."""
    person, stranger = vault.person("personal_id", PERSONAL_ID), vault.person("personal_id", "051185003188")
    other = vault.seal(stranger, {"name": "Trần"}).split(".")[2]
    with pytest.raises(CannotOpen):
        read(vault, altered.replace("{person}", person).replace("{other}", other))


def test_every_opening_is_written_down(vault: SqliteVault) -> None:
    """Who, why, which fields, when; what was only proved was read by nobody."""
    person = vault.person("personal_id", PERSONAL_ID)
    sealed = vault.seal(person, PARTICULARS)
    vault.prove(sealed)
    read(vault, sealed, "name", "address")
    vault.open(sealed, "postal_staff:3", "call", ("phone",), AT, about="01J0", to="postal_staff")
    first, second = vault.openings(person)
    assert first == {
        "id": "1", "person": person, "by": "officer:7", "purpose": "visit", "fields": "name,address",
        "at": AT.isoformat(), "about": "", "handed_to": "",
    }  # fmt: skip
    assert (second["by"], second["about"], second["handed_to"]) == ("postal_staff:3", "01J0", "postal_staff")
    assert vault.openings(person, after=1) == vault.openings_about("01J0") == [second]
    assert vault.openings(person, limit=1) == [first]
    assert vault.openings("somebody else") == []


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


def test_a_closed_vault_is_not_available(tmp_path: Path) -> None:
    """Whoever asks is told to come again."""
    vault = opened(tmp_path)
    sealed = vault.seal(vault.person("personal_id", PERSONAL_ID), PARTICULARS)
    vault.close()
    with pytest.raises(StoreUnavailable):
        read(vault, sealed)
