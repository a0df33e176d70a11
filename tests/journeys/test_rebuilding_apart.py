"""Read models of a service that is a process of its own are built anew from logs that it may not read itself."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import RehearsalClock, WallClock
from chassis.rebuilding import OthersNeeded
from chassis.run import Engine
from chassis.service import Parts
from chassis.stores.postgres import READ_MODELS, PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_readonly import ReadOnlyStore
from chassis.stores.sqlite_rows import tables_made_by
from chassis.stores.store import Store, StoreUnavailable
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.plan import Weeks, world_of
from services import __main__ as product
from services.looking import build_anew
from services.reporting.wiring import READ_MODELS as PROJECTIONS
from services.reporting.wiring import service as reporting
from tests.harness import REGISTRY
from tests.postgres_server import MIGRATED, PostgresServer, bring_up

START = datetime(2026, 9, 7, tzinfo=VIETNAM)
SEED = 5
DOSSIERS = 8
TABLES = [table for projection in PROJECTIONS for table in tables_made_by(projection.tables)]


@pytest.fixture
def databases(postgres_server: PostgresServer) -> dict[str, PostgresAccess]:
    names = ("intake", "routing", "payments", "postal", "reporting")
    return {name: postgres_server.fresh(postgres_server.template(MIGRATED, bring_up)) for name in names}


@pytest.fixture
def parts(tmp_path: Path, databases: dict[str, PostgresAccess], monkeypatch: pytest.MonkeyPatch) -> Parts:
    """Some dossiers, lived through over these databases."""

    def embedded(
        services: Any, data: Path, clock: Any, disk_threads: bool = False, durable_first: Any = None
    ) -> Engine:
        stores: dict[str, Store] = {one.name: PostgresStore(databases[one.name]) for one in services}
        return Engine(services, stores, EmbeddedBus(stores), clock, disk_threads, durable_first)

    monkeypatch.setattr(product, "embedded", embedded)
    platform = product.compose(tmp_path, rehearsal=True, registry=REGISTRY)
    assert isinstance(platform.engine.clock, RehearsalClock)
    platform.engine.clock.move_to(START)
    crowd = Crowd(world_of(REGISTRY, load_mix(), Weeks(START, START + timedelta(days=5), True)), SEED, DOSSIERS)
    with Wire(platform, SEED) as wire:
        wire.play(crowd.schedule(), lambda instant, moves: None)
    platform.close()
    return platform.parts


def rows(access: PostgresAccess) -> dict[str, list[str]]:
    """Return every row of every read model, in an order of their own."""
    with access.connect() as db:
        return {table: sorted(map(str, db.execute(f"SELECT * FROM {table}").fetchall())) for table in TABLES}


def test_they_are_what_they_were(parts: Parts, databases: dict[str, PostgresAccess]) -> None:
    """Each row follows from the logs, and from how far each was taken."""
    before = rows(databases["reporting"])
    assert sum(map(len, before.values())) > DOSSIERS
    own = PostgresStore(databases["reporting"])
    own.keep_note(READ_MODELS, "of an earlier version")
    stores: dict[str, Store] = {
        name: own if name == "reporting" else ReadOnlyStore(access, any_form=True) for name, access in databases.items()
    }
    assert build_anew("reporting", stores, parts.vault, parts.uploads)
    assert rows(databases["reporting"]) == before


def test_a_service_alone_says_that_it_cannot(parts: Parts, databases: dict[str, PostgresAccess]) -> None:
    """It would begin with empty tables and hear nothing again: a page without what happened before."""
    own = PostgresStore(databases["reporting"])
    own.keep_note(READ_MODELS, "of an earlier version")
    alone: dict[str, Store] = {"reporting": own}
    with pytest.raises(OthersNeeded, match="lienthong rebuild reporting"):
        Engine([reporting(parts)], alone, EmbeddedBus(alone), WallClock())
    own.close()


def test_whoever_looks_is_told_of_another_form_and_writes_nothing(databases: dict[str, PostgresAccess]) -> None:
    """Figures of another version's tables would be read wrongly."""
    store = ReadOnlyStore(databases["intake"])
    with pytest.raises(StoreUnavailable, match="not those of this version"):
        store.define(["CREATE TABLE IF NOT EXISTS other(ref TEXT)"])
    with pytest.raises(StoreUnavailable, match="only looked at"):
        store.keep_note("a", "b")
    store.close()
