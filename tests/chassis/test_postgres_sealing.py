"""Seals of a service that runs apart: over a log with gaps, by one instance or another, and after a restore."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from chassis import seals as seals_module
from chassis.clock import RehearsalClock
from chassis.executor import Job
from chassis.files import SecretUnusable
from chassis.heads import leaf_of
from chassis.merkle import root_of
from chassis.run import Engine
from chassis.sealing import Sealer
from chassis.sealing_keys import SealingKeys
from chassis.seals_postgres import PostgresSeals
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_readonly import ReadOnlyStore
from chassis.stores.store import Store, StoreUnavailable, Unwritable, Writes
from chassis.vault import SqliteVault
from chassis.verification_heads import hashes, heads_inspections, kept_heads_inspection
from chassis.verification_logs import positions
from chassis.verification_words import Checked, Scene
from tests.chassis.apart import until
from tests.chassis.rough_bus import RoughBus
from tests.chassis.running import START, opened, paid
from tests.chassis.savings_desk import SAVINGS
from tests.chassis.store_words import event
from tests.postgres_server import PostgresServer

SERVICE = SAVINGS.name
EACH = 3
"""So many events one `work` stores."""


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


def name_of(engine: Engine) -> str:
    """Return the name of the service's database."""
    store = engine.running[SERVICE].store
    assert isinstance(store, PostgresStore)
    return store.name


@contextmanager
def sealing(engine: Engine, folder: Path) -> Iterator[Sealer]:
    store = engine.running[SERVICE].store
    assert isinstance(store, PostgresStore)
    seals, keys = PostgresSeals(store._readers._access), SealingKeys(folder / "heads.json")
    with closing(Sealer({SERVICE: seals}, keys, {SERVICE: store}, engine.clock)) as sealer:
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


# --- Several instances ------------------------------------------------------------------------------------------------


@contextmanager
def instance(database: PostgresAccess, engine: Engine, folder: Path) -> Iterator[Sealer]:
    """Give the sealer of a further instance on the same database."""
    with closing(PostgresStore(database)) as store:
        seals = {SERVICE: PostgresSeals(database)}
        with closing(Sealer(seals, SealingKeys(folder / "heads.json"), {SERVICE: store}, engine.clock)) as sealer:
            yield sealer


def test_one_instance_seals_and_another_takes_over(
    engine: Engine, postgres_database: PostgresAccess, tmp_path: Path
) -> None:
    """Who has no duty seals nothing; when its holder has gone the next one goes on from what is kept."""
    with instance(postgres_database, engine, tmp_path) as second:
        with instance(postgres_database, engine, tmp_path) as first:
            work(engine, "a")
            assert (first.advance(), second.advance()) == (EACH, 0)
            work(engine, "b")
        until(lambda: second.advance() == EACH, "the server has let go of the duty of who has gone")
        (head,) = second.seal_now()
        assert head.size == 2 * EACH
        assert broken(engine, second) == []


def test_whoever_is_asked_seals_at_once_without_the_duty(
    engine: Engine, postgres_database: PostgresAccess, tmp_path: Path
) -> None:
    """The front asks any instance; the one with the duty finds that another was first, and looks anew."""
    one, two = (instance(postgres_database, engine, tmp_path) for _ in range(2))
    with one as holder, two as asked:
        for number in range(1, 5):
            work(engine, f"account-{number}")
            holder.advance()
            work(engine, f"other-{number}")
            (head,) = asked.seal_now()
            assert head.size == number * 2 * EACH
            assert holder.advance() == 0
            assert broken(engine, holder) == []
            assert holder.halted(SERVICE) == asked.halted(SERVICE) == ""
        assert [head.size for head in holder.heads(SERVICE)] == [number * 2 * EACH for number in range(1, 5)]


def test_instances_that_seal_at_the_same_time_make_one_row_of_heads(
    engine: Engine, postgres_database: PostgresAccess, tmp_path: Path
) -> None:
    """Each head names the one before it, and no leaf is there twice or missing, whoever wins."""
    with ExitStack() as stack:
        sealers = [stack.enter_context(instance(postgres_database, engine, tmp_path)) for _ in range(3)]
        sealers[0].keys.add(START.isoformat())
        with ThreadPoolExecutor(len(sealers)) as threads:
            for number in range(1, 11):
                work(engine, f"account-{number}")
                found = list(threads.map(lambda sealer: sealer.seal_now(), sealers))
                assert {head.size for (head,) in found} == {number * EACH}
        assert len(sealers[0].heads(SERVICE)) == 10
        assert broken(engine, sealers[0]) == []


def test_who_comes_while_others_append_is_not_misled(
    engine: Engine, postgres_database: PostgresAccess, tmp_path: Path
) -> None:
    """A fresh instance may not yet read what was sealed before it: it must not take the log for a shorter one."""
    work(engine, "a")
    with sealing(engine, tmp_path) as sealer:
        sealer.seal_now()
    with postgres_database.connect("") as appending:
        appending.execute("BEGIN")
        appending.execute("SELECT pg_advisory_xact_lock_shared(1162692948, 1)")  # as an append that is under way does
        with instance(postgres_database, engine, tmp_path) as fresh:
            assert fresh.seal_now()[0].size == EACH
            assert fresh.halted(SERVICE) == ""
            with closing(ReadOnlyStore(postgres_database)) as store:
                looking = Engine([SAVINGS], {SERVICE: store}, RoughBus(), engine.clock)
                assert store.head() == 0
                assert broken(looking, fresh) == []


def test_a_log_that_grows_can_be_verified(engine: Engine, postgres_database: PostgresAccess, tmp_path: Path) -> None:
    """What is sealed while somebody looks is neither missing nor too much."""
    with instance(postgres_database, engine, tmp_path) as sealer, ThreadPoolExecutor(1) as thread:

        def goes_on() -> None:
            for number in range(40):
                work(engine, f"account-{number}")
                sealer.seal_now()

        growing = thread.submit(goes_on)
        with instance(postgres_database, engine, tmp_path) as looks, closing(ReadOnlyStore(postgres_database)) as store:
            looking = Engine([SAVINGS], {SERVICE: store}, RoughBus(), engine.clock)
            looked = 0
            while not growing.done():
                assert broken(looking, looks) == []
                looked += 1
        growing.result()
        assert looked > 1


def test_an_auditor_can_only_look(engine: Engine, postgres_server: PostgresServer, tmp_path: Path) -> None:
    """`verify` of a cluster reads the seals as a role that may write nothing."""
    work(engine, "a")
    with sealing(engine, tmp_path) as sealer:
        sealer.seal_now()
    database = name_of(engine)
    role = f"looks_at_{database}"
    with postgres_server.admin.connect("") as db:
        db.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'looks' IN ROLE pg_read_all_data")
    with closing(PostgresSeals(postgres_server.access(database, role, "looks"))) as seals:
        stands = seals.standing()
        assert (stands.leaves.size, len(seals.heads())) == (EACH, 1)
        with pytest.raises(StoreUnavailable, match="permission denied"):
            seals.keep(stands.turn, [], None, seals.heads())
    with postgres_server.admin.connect("") as db:
        db.execute(f"DROP ROLE {role}")


def test_keys_that_are_shared_are_made_by_nobody_who_signs(
    engine: Engine, postgres_database: PostgresAccess, tmp_path: Path
) -> None:
    """Two processes would make two; and whoever exchanges the file is heard without a restart."""
    work(engine, "a")
    stores = {SERVICE: engine.running[SERVICE].store}
    shared = SealingKeys(tmp_path / "heads.json", makes_first=False)
    with closing(Sealer({SERVICE: PostgresSeals(postgres_database)}, shared, stores, engine.clock)) as sealer:
        with pytest.raises(SecretUnusable, match=r"credentials\.py makes one"):
            sealer.seal_now()
        first = SealingKeys(tmp_path / "heads.json").add(START.isoformat())
        assert sealer.seal_now()[0].key_id == first
        second = SealingKeys(tmp_path / "heads.json").add(START.isoformat())
        work(engine, "b")
        assert [*sealer.seal_now()[0].signatures] == [first, second]
        assert broken(engine, sealer) == []


# --- After a restore --------------------------------------------------------------------------------------------------


def test_a_database_brought_back_is_sealed_on_in_its_new_generation(
    engine: Engine, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """Log and seals are copied as of one moment; heads of what was lost are held against it, and it is said why."""
    work(engine, "a")
    with sealing(engine, tmp_path) as sealer:
        (before,) = sealer.seal_now()
        work(engine, "b")
        sealer.advance()  # sealed, not signed
    name = name_of(engine)
    engine.stop()
    copy = postgres_server.access(f"{name}_copy")
    with postgres_server.admin.connect("") as db:
        db.execute(f"CREATE DATABASE {copy.name} TEMPLATE {name}")
    with going_on(PostgresStore(postgres_server.access(name)), engine) as lost_later:
        work(lost_later, "lost")
        with sealing(lost_later, tmp_path) as sealer:
            (lost,) = sealer.seal_now()
    store = PostgresStore(copy)
    store.begin_generation(1, "restored from the backup of yesterday")
    with going_on(store, engine) as restored:
        work(restored, "anew")
        with sealing(restored, tmp_path) as sealer:
            (after,) = sealer.seal_now()
            assert (before.generation, after.generation, after.previous) == (1, 2, before.hash)
            assert broken(restored, sealer) == []
            held = kept_heads_inspection(restored, sealer, (before, lost), None).carry_out()
            assert len(held.broken) == 1
            assert lost.name in held.broken[0]
    postgres_server.drop(copy)


@contextmanager
def going_on(store: PostgresStore, engine: Engine) -> Iterator[Engine]:
    """Give an engine over another store, with the same clock."""
    other = Engine([SAVINGS], {SERVICE: store}, RoughBus(), engine.clock)
    yield other
    other.stop()
