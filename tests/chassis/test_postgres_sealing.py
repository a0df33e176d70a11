"""Seals over a log whose positions have gaps: sealed, resumed, verified, and any change still found."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chassis import seals as seals_module
from chassis.clock import RehearsalClock
from chassis.executor import Job
from chassis.heads import leaf_of
from chassis.merkle import root_of
from chassis.run import Engine
from chassis.sealing import Sealer
from chassis.sealing_keys import SealingKeys
from chassis.seals_sqlite import seals_in
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import Store, Unwritable, Writes
from chassis.vault import SqliteVault
from chassis.verification_heads import hashes, heads_inspections, kept_heads_inspection
from chassis.verification_logs import positions
from chassis.verification_words import Checked, Scene
from tests.chassis.rough_bus import RoughBus
from tests.chassis.running import START, opened, paid
from tests.chassis.savings_desk import SAVINGS
from tests.chassis.store_words import event

SERVICE = SAVINGS.name


@pytest.fixture(autouse=True)
def short_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of four leaves, so that a few events fill several."""
    monkeypatch.setattr(seals_module, "CHUNK_LEAVES", 4)


@pytest.fixture
def engine(postgres_database: PostgresAccess, tmp_path: Path) -> Iterator[Engine]:
    clock = RehearsalClock(tmp_path / "clock.json")
    clock.move_to(START)
    stores: dict[str, Store] = {SERVICE: PostgresStore(postgres_database)}
    engine = Engine([SAVINGS], stores, RoughBus(), clock)
    yield engine
    engine.stop()


def work(engine: Engine, ref: str) -> None:
    """Store something, and draw a position that is taken back."""
    for command in (opened(ref), paid(ref, 5, "slip")):
        engine.submit(SERVICE, Job(command))
    engine.run_until_idle()
    store = engine.running[SERVICE].store
    with pytest.raises(Unwritable):
        store.commit(Writes([event("account-x", 1)._replace(said="half")]))


@contextmanager
def sealing(engine: Engine, folder: Path) -> Iterator[Sealer]:
    stores = {SERVICE: engine.running[SERVICE].store}
    seals, keys = seals_in(folder / "seals.db", stores), SealingKeys(folder / "heads.json")
    with closing(Sealer(seals, keys, stores, engine.clock)) as sealer:
        yield sealer


def broken(engine: Engine, sealer: Sealer) -> list[str]:
    """Return what the checks of the log, its hashes and its seals find."""
    kept = kept_heads_inspection(engine, sealer, sealer.heads(SERVICE), None)
    return [line for inspection in (*heads_inspections(engine, sealer), kept) for line in inspection.carry_out().broken]


def test_a_log_with_gaps_is_sealed_event_by_event(engine: Engine, tmp_path: Path) -> None:
    """The tree counts events; where each stands is in its leaf. After each restart it goes on where it was."""
    store = engine.running[SERVICE].store
    for number in range(5):
        work(engine, f"account-{number}")
        with sealing(engine, tmp_path) as sealer:
            (head,) = sealer.seal_now()
            assert sealer.halted(SERVICE) == ""
            links = store.links(0, 1_000)
            assert head.size == len(links)
            assert head.root == root_of([leaf_of(link) for link in links]).hex()
            assert broken(engine, sealer) == []
    assert links[-1].position > len(links), "there are gaps"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE events SET hash='\\x00' WHERE position=:third", "is not the event that was sealed there"),
        ("DELETE FROM events WHERE position=:third", "an event was sealed as event 3, and nothing stands there"),
        ("DELETE FROM events WHERE position>=:third", "it says 12 events, and the log ends at 2"),
        ("DELETE FROM events WHERE position IN (:third, :fifth)", "as event 5, and nothing stands there"),
        (
            "INSERT INTO events OVERRIDING SYSTEM VALUE SELECT :gap, 'account-y', version, type, data, time_us, "
            "correlation, causation, traceparent, NULL, NULL, NULL, NULL, NULL, generation, hash "
            "FROM events WHERE position=:third",
            "(account-y@",
        ),
    ],
    ids=["altered", "taken out", "cut off", "two taken out", "put into a gap"],
)
def test_whatever_is_done_to_a_log_with_gaps_is_found(engine: Engine, tmp_path: Path, change: str, found: str) -> None:
    """Event by event, and against a head that somebody kept elsewhere."""
    for number in range(4):
        work(engine, f"account-{number}")
    store = engine.running[SERVICE].store
    assert isinstance(store, PostgresStore)
    places = [link.position for link in store.links(0, 1_000)]
    gap = next(place for place in range(places[2], places[-1]) if place not in places)
    with sealing(engine, tmp_path) as sealer:
        sealer.seal_now()
        assert broken(engine, sealer) == []
        for name, place in (("third", places[2]), ("fifth", places[4]), ("gap", gap)):
            change = change.replace(f":{name}", str(place))
        store._writer.line().execute(change)
        lines = broken(engine, sealer)
        assert any(found in line for line in lines), "\n".join(lines)
        assert any("heads" in line or "-2026-" in line for line in lines), "the kept head is broken too"


def test_gaps_are_no_fault_of_the_log(engine: Engine, tmp_path: Path) -> None:
    """Each stored event is counted; what was taken back is not missed."""
    work(engine, "account-1")
    work(engine, "account-2")
    running = engine.running[SERVICE]
    vault = SqliteVault(tmp_path / "vault.db", tmp_path / "vault.key")
    scene, checked = Scene(engine, running, vault), Checked(SERVICE, "log", "")
    positions(scene, checked)
    hashes(scene, checked)
    vault.close()
    assert checked.broken == []
    assert checked.counted == 2 * len(running.store.tail(0, 1_000))
