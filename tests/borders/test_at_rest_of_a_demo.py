"""A province that was played for two weeks: nobody who took part stands in any file, and whoever is forgotten is gone.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chassis.backup import back_up
from chassis.clock import RehearsalClock
from chassis.forgetting import forget, open_matters
from chassis.restoring import restore
from chassis.vault import Erased, Forgotten, SqliteVault
from chassis.verification import inspections
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.people import Person
from players.plan import Weeks, world_of
from services.__main__ import Platform, compose
from tests.borders.at_rest import in_clear
from tests.harness import REGISTRY

pytestmark = pytest.mark.slow

START = datetime(2026, 9, 7, tzinfo=VIETNAM)
DAYS = 14.4
DOSSIERS = 60
SEED = 20_260_907
SEALED = re.compile(rb"s1\.(p[0-9a-f]{24})\.[A-Za-z0-9_=-]+")


@dataclass(frozen=True, slots=True)
class Demo:
    """A folder in which a demo was played, the product over it, and every text by which somebody could be known."""

    data: Path
    platform: Platform
    texts: tuple[str, ...]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo")
    platform = compose(data, rehearsal=True, registry=REGISTRY)
    clock = platform.engine.clock
    assert isinstance(clock, RehearsalClock)
    clock.move_to(START)
    weeks = Weeks(START, START + timedelta(days=DAYS), cut=True)
    crowd = Crowd(world_of(REGISTRY, load_mix(), weeks), SEED, DOSSIERS)
    with Wire(platform, SEED) as wire:
        wire.play(crowd.schedule(), lambda instant, moves: None)
    platform.engine.run_until_idle()
    yield Demo(data, platform, tuple(known_by(crowd)))
    platform.close()


def known_by(crowd: Crowd) -> Iterator[str]:
    """Yield every name, number, phone, address and mail address of whoever has handed something in."""
    for story in crowd.stories or ():
        plan = crowd.plan(story.index)[0]
        yield from filter(None, (*texts_of(plan.applicant), *texts_of(plan.submitter), plan.hand_out_to))


def texts_of(person: Person) -> tuple[str, ...]:
    return (person.name, person.address, person.phone, person.email, person.personal_id, person.tax_code)


def sealed_values(data: Path) -> dict[str, set[bytes]]:
    """Return every sealed value in the stores of a folder, by its person; a file has long ones in several pieces."""
    found: dict[str, set[bytes]] = {}
    for file in data.glob("*.db"):
        for value in values_in(file):
            for match in SEALED.finditer(value):
                found.setdefault(match.group(1).decode(), set()).add(match.group())
    return found


def values_in(file: Path) -> Iterator[bytes]:
    """Yield every value of every row of a store."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        store.text_factory = bytes
        tables = [name.decode() for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            for row in store.execute(f'SELECT * FROM "{table}"'):
                yield from (value for value in row if isinstance(value, bytes))


def backed_up(demo: Demo, to: Path) -> Path:
    now = demo.platform.engine.clock.now()
    back_up(demo.data, to, now, now, with_keys=True)
    return to


def test_nobody_who_took_part_stands_in_any_file(demo: Demo, tmp_path: Path) -> None:
    """Every byte of every file, for every text that the demo used, in every way to write it; of a backup too."""
    assert len(demo.texts) > DOSSIERS * 5
    assert len(sealed_values(demo.data)) > DOSSIERS / 2
    for folder in (demo.data, backed_up(demo, tmp_path / "backup")):
        assert in_clear(folder, *demo.texts) == []


def test_whoever_is_forgotten_is_gone_and_everything_still_holds(demo: Demo, tmp_path: Path) -> None:
    """With all files and all keys nobody opens a value of theirs; chains, clocks, rows and seals hold as before."""
    engine, vault = demo.platform.engine, demo.platform.vault
    before = sealed_values(demo.data)
    free = [person for person in sorted(before) if vault.is_known(person) and not open_matters(engine, person)]
    busy = [person for person in sorted(before) if open_matters(engine, person)]
    assert free
    assert busy
    person = free[0]
    proof = Forgotten(person, engine.clock.now().isoformat(), "system:test", "91/2025/QH15:14", "12/QD-UBND")
    assert not isinstance(forget(engine, vault, proof._replace(person=busy[0])), Forgotten)
    backup = backed_up(demo, tmp_path / "backup")
    ((key,),) = vault._asked("SELECT wrapped_key FROM people WHERE person=?", (person,))
    assert any(key in file.read_bytes() for file in backup.glob("vault.db*"))
    assert forget(engine, vault, proof) == proof
    assert vault.copies.pending() == ()
    left = Path(shutil.copytree(demo.data, tmp_path / "left"))
    for folder in (left, backup):
        assert [file.name for file in folder.rglob("*") if file.is_file() and key in file.read_bytes()] == []
        again = SqliteVault(folder / "vault.db", folder / "keys" / "vault.key")
        for sealed in before[person]:
            with pytest.raises(Erased):
                again.prove(sealed.decode())
        assert sum(len(before[one]) for one in free[1:]) > 0
        for one in free[1:]:
            for sealed in before[one]:
                again.prove(sealed.decode())
        again.close()
    restored = tmp_path / "restored"
    restore(backup, restored, engine.clock.now())
    vault_again = SqliteVault(restored / "vault.db", restored / "keys" / "vault.key")
    assert vault_again.forgotten() == (proof,)
    vault_again.close()
    checked = [one.carry_out() for one in inspections(engine, vault)]
    assert [line for one in checked for line in one.broken] == []
    assert sum(one.erased_count for one in checked) > 0
    assert in_clear(demo.data, *demo.texts) == []
