"""A backup is one moment of a server that goes on; what is brought back is whole, and a new source to its listeners."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis import backup
from chassis.backup import NoMoment, back_up
from chassis.heads import read_heads
from chassis.restoring import NotWhole, restore
from chassis.sealing import Sealer
from chassis.sealing_keys import SealingKeys
from chassis.seals_sqlite import seals_in
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import StoreUnavailable
from chassis.vault import Forgotten, SqliteVault
from chassis.verification import inspections
from kernel.message import source_of
from tests.chassis.audit import AUDIT
from tests.chassis.running import Stage, opened, paid, staged
from tests.chassis.savings_desk import SAVINGS

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
PERSONAL_ID = "051090001234"
PROOF = ("2026-11-22T00:00:00+00:00", "officer:7", "Luật 91/2025/QH15 art. 14", "12/QĐ")
BOTH = (SAVINGS, AUDIT)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a vault, in which a desk and its auditor have worked for a while."""
    folder = tmp_path / "data"
    SqliteVault(folder / "vault.db", folder / "keys" / "vault.key").close()
    with staged(folder, *BOTH) as stage:
        stage.give(opened("a"), opened("b"), paid("a", 5, "first"), paid("b", 7, "second"))
    return folder


def made(data: Path, to: Path, with_keys: bool = True) -> Path:
    back_up(data, to, AT, AT, with_keys)
    return to


def broken(stage: Stage, folder: Path) -> list[str]:
    """Return what the checks find wrong with every service."""
    with closing(SqliteVault(folder / "vault.db", folder / "keys" / "vault.key")) as vault:
        found = [one.carry_out() for one in inspections(stage.engine, vault)]
    assert sum(one.counted for one in found) > 20
    return [line for one in found for line in one.broken]


def test_a_backup_under_load_is_one_moment(data: Path, tmp_path: Path) -> None:
    """However fast the desk works and the auditor follows, no copy has a reader ahead of what it reads."""
    copies = []
    with staged(data, *BOTH, disk_threads=True) as stage:
        stage.engine.start()
        stopping = threading.Event()

        def work() -> None:
            number = 0
            while not stopping.is_set():
                number += 1
                jobs = [stage.job(paid("a", 1, f"slip-{number}-{other}")) for other in range(20)]
                for job in jobs:
                    job.future.result(timeout=20)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            for number in range(8):
                manifest = back_up(data, tmp_path / f"backup-{number}", AT, AT, with_keys=True)
                copies.append(manifest.services[SAVINGS.name].head)
        finally:
            stopping.set()
            worker.join()
        end = stage.running().store.head()
    assert copies == sorted(copies)
    assert copies[0] < copies[-1] < end, "it went on meanwhile"
    for number, head in enumerate(copies):
        folder = tmp_path / f"restored-{number}"
        restore(tmp_path / f"backup-{number}", folder, AT)
        with staged(folder, *BOTH) as again:
            assert again.running().store.head() == head
            assert broken(again, folder) == []
            again.engine.run_until_idle()
            assert broken(again, folder) == []


def test_a_reader_ahead_of_its_source_is_no_moment(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was checked is what is copied, so that such a copy cannot come to be."""
    monkeypatch.setattr(backup, "MOMENTS_TRIED", 3)
    with closing(SqliteStore(data / f"{AUDIT.name}.db")) as store:
        store._writer.execute("UPDATE positions SET position=position+1")
    with pytest.raises(NoMoment):
        back_up(data, tmp_path / "backup", AT, AT, with_keys=False)
    assert not (tmp_path / "backup" / "manifest.json").exists()


def altered(folder: Path) -> None:
    whole = (folder / "savings.db").read_bytes()
    (folder / "savings.db").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))


def cut_short(folder: Path) -> None:
    (folder / "clock.json").write_bytes(b"")


def lost(folder: Path) -> None:
    (folder / "audit.db").unlink()


def added(folder: Path) -> None:
    (folder / "other.db").write_bytes(b"")


def no_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def half_a_manifest(folder: Path) -> None:
    whole = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(whole[: len(whole) // 2])


def of_a_later_version(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"form": "lienthong.backup.2"}))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (altered, "savings.db is not the file that was copied"),
        (cut_short, "clock.json is not the file that was copied"),
        (lost, "audit.db is missing"),
        (added, "other.db was not in the backup"),
        (no_manifest, "manifest.json cannot be read"),
        (half_a_manifest, "manifest.json cannot be read"),
        (of_a_later_version, "this version reads backups of the form lienthong.backup.1"),
    ],
)
def test_a_backup_that_is_not_whole_is_not_brought_back(data: Path, tmp_path: Path, damage: Any, says: str) -> None:
    """And nothing is written."""
    copy = made(data, tmp_path / "backup")
    damage(copy)
    with pytest.raises(NotWhole, match=says):
        restore(copy, tmp_path / "restored", AT)
    assert not (tmp_path / "restored").exists()


def test_keys_are_copied_only_when_asked_for(data: Path, tmp_path: Path) -> None:
    """A backup without keys tells nobody anything personal; with them it is as good as the server."""
    keys = {path.relative_to(data).as_posix() for path in (data / "keys").iterdir()}
    without, including = made(data, tmp_path / "without", with_keys=False), made(data, tmp_path / "including")
    assert not (without / "keys").exists()
    assert keys == {path.relative_to(including).as_posix() for path in (including / "keys").iterdir()} == keys
    restore(without, tmp_path / "restored", AT, keys=data / "keys")
    assert (tmp_path / "restored" / "keys" / "vault.key").read_bytes() == (data / "keys" / "vault.key").read_bytes()


@pytest.fixture
def brought_back(data: Path, tmp_path: Path) -> Iterator[tuple[Stage, Path]]:
    """The data as they were before the second day, which was lost."""
    copy = made(data, tmp_path / "backup")
    with staged(data, *BOTH) as lost_one:
        lost_one.give(paid("a", 100, "lost"), opened("lost"))
    folder = tmp_path / "restored"
    restore(copy, folder, AT)
    with staged(folder, *BOTH) as stage:
        yield stage, folder


def said(stage: Stage) -> list[tuple[str, str, int]]:
    bus = stage.running(AUDIT.name).inbox.bus
    return [
        (envelope.source, envelope.subject, envelope.sequence)
        for source in bus.channels(AUDIT.name)
        for envelope in bus.take(source, 0, 1_000)[0]
    ]


def test_what_is_brought_back_is_a_new_source(brought_back: tuple[Stage, Path]) -> None:
    """Whoever heard what was lost must not take what is said now for a repeat of it."""
    stage, folder = brought_back
    first = said(stage)
    assert {source for source, _, _ in first} == {source_of("savings")}
    stage.give(paid("a", 9, "third"), opened("c"))
    assert said(stage) == [
        *first, (source_of("savings", 2), "a", 1), (source_of("savings", 2), "c", 1),
    ]  # fmt: skip
    assert stage.running().source == source_of("savings", 2) == "/lienthong/quangngai/savings/2"
    assert stage.rows("SELECT sum(amount_vnd) FROM heard WHERE subject='a'", AUDIT.name) == [(14,)]
    assert broken(stage, folder) == []


def test_what_was_not_read_of_the_old_source_is_read_first(data: Path, tmp_path: Path) -> None:
    """A reader that was behind when the backup was made misses nothing."""
    with closing(SqliteStore(data / f"{AUDIT.name}.db")) as store:
        for table in ("events", "marks", "positions", "heard", "snapshots", "owing"):
            store._writer.execute(f"DELETE FROM {table}")
        store._writer.execute("DELETE FROM sqlite_sequence")
    with closing(SqliteStore(data / f"{SAVINGS.name}.db")) as store:  # it has heard nothing of the auditor then
        for table in ("marks", "positions"):
            store._writer.execute(f"DELETE FROM {table}")
    copy, folder = made(data, tmp_path / "backup"), tmp_path / "restored"
    restore(copy, folder, AT)
    with staged(folder, *BOTH) as stage:
        stage.give(paid("a", 9, "third"))
        assert stage.rows("SELECT subject, sum(amount_vnd) FROM heard GROUP BY subject", AUDIT.name) == [
            ("a", 14),
            ("b", 7),
        ]
        assert broken(stage, folder) == []


def test_nothing_said_since_is_the_same_source(data: Path, tmp_path: Path) -> None:
    """A server that was stopped first, and only moved, need not be learned anew by its listeners."""
    copy, folder = made(data, tmp_path / "backup"), tmp_path / "restored"
    restore(copy, folder, AT, nothing_said_since=True)
    with staged(folder, *BOTH) as stage:
        assert stage.running().source == source_of("savings")


def test_restored_twice_it_is_the_third_source(data: Path, tmp_path: Path) -> None:
    """Each timeline has its own name, for as long as anybody remembers one."""
    first, second = tmp_path / "first", tmp_path / "second"
    restore(made(data, tmp_path / "backup"), first, AT)
    with staged(first, *BOTH) as stage:
        stage.give(paid("a", 1, "x"))
    restore(made(first, tmp_path / "backup-of-that"), second, AT)
    with staged(second, *BOTH) as stage:
        stage.give(paid("a", 2, "y"))
        assert [one for one in said(stage) if one[1] == "a"][-2:] == [
            (source_of("savings", 2), "a", 1), (source_of("savings", 3), "a", 1),
        ]  # fmt: skip
        assert broken(stage, second) == []


def test_whoever_was_forgotten_since_stays_forgotten(data: Path, tmp_path: Path) -> None:
    """In the backup itself, and in one that could not be reached then."""
    with closing(SqliteVault(data / "vault.db", data / "keys" / "vault.key")) as vault:
        person = vault.person("personal_id", PERSONAL_ID)
        vault.keep(person)
    reached, unreached = made(data, tmp_path / "reached"), made(data, tmp_path / "unreached")
    unreached.rename(tmp_path / "elsewhere")
    with closing(SqliteVault(data / "vault.db", data / "keys" / "vault.key")) as vault:
        vault.forget(Forgotten(person, *PROOF))
        assert [Path(one.path).parent.name for one in vault.copies.catch_up()] == ["unreached"]
    restore(reached, tmp_path / "first", AT)
    restore(tmp_path / "elsewhere", tmp_path / "second", AT, vault=data / "vault.db")
    restore(tmp_path / "elsewhere", tmp_path / "third", AT)
    for folder, known in (("first", False), ("second", False), ("third", True)):
        vault_file = tmp_path / folder / "vault.db"
        with closing(SqliteVault(vault_file, tmp_path / folder / "keys" / "vault.key")) as vault:
            assert vault.is_known(person) == known, folder


def test_the_manifest_has_a_signed_head_of_each_log(data: Path, tmp_path: Path) -> None:
    """Whoever keeps the manifest elsewhere can hold the data to it, later."""
    with staged(data, *BOTH) as stage:
        stores = {name: running.store for name, running in stage.engine.running.items()}
        sealer = Sealer(
            seals_in(data / "seals.db", stores), SealingKeys(data / "keys" / "heads.json"), stores, stage.clock
        )
        sealer.seal_now()
        sealer.close()
        stage.give(paid("a", 1, "x"))
    copy = made(data, tmp_path / "backup", with_keys=False)
    heads = read_heads([(copy / "manifest.json").read_bytes()])
    manifest = json.loads((copy / "manifest.json").read_bytes())
    assert {(head.service, head.size) for head in heads} == {
        (name, service["head"]) for name, service in manifest["services"].items()
    }
    folder = tmp_path / "restored"
    restore(copy, folder, AT + timedelta(days=1), keys=None)
    keys = json.loads((folder / "keys" / "heads.json").read_bytes())
    assert [(key["key_id"], key["private"], bool(key["retired_at"])) for key in keys] == [(heads[0].key_id, "", True)]


def test_a_store_of_another_form_is_opened_first(data: Path, tmp_path: Path) -> None:
    """A backup is of one form, and says which."""
    with closing(SqliteStore(data / f"{AUDIT.name}.db")) as store:
        store._writer.execute("PRAGMA user_version=1")
    with pytest.raises(StoreUnavailable, match="another version"):
        back_up(data, tmp_path / "backup", AT, AT, with_keys=False)
