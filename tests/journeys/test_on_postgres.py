"""The same weeks of a province over SQLite and over PostgreSQL: nothing differs but where it is kept."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import Clock, RehearsalClock
from chassis.run import Engine
from chassis.service import Service
from chassis.stores.postgres import PostgresStore
from chassis.stores.sqlite_rows import tables_made_by
from chassis.stores.store import Writes
from chassis.verification import verify
from chassis.verification_heads import heads_inspections
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.plan import Weeks, world_of
from services import __main__ as product
from tests.harness import REGISTRY
from tests.postgres_server import MIGRATED, PostgresServer, bring_up

SEED = 3
DOSSIERS = 40
DAYS = 14
START = datetime(2026, 9, 7, tzinfo=VIETNAM)
FIGURES = "SELECT * FROM province_table ORDER BY month, agency"


class Ended(NamedTuple):
    """What a run has left: events by service and type, rows by table, and the province's table."""

    events: dict[str, Counter[str]]
    rows: dict[str, int]
    figures: Sequence[dict[str, Any]]
    faults: list[str]


def played(data: Path) -> Ended:
    """Play, verify, and count."""
    platform = product.compose(data, rehearsal=True, registry=REGISTRY)
    try:
        assert isinstance(platform.engine.clock, RehearsalClock)
        platform.engine.clock.move_to(START)
        crowd = Crowd(world_of(REGISTRY, load_mix(), Weeks(START, START + timedelta(days=DAYS), True)), SEED, DOSSIERS)
        with Wire(platform, SEED) as wire:
            wire.play(crowd.schedule(), lambda instant, moves: None)
        platform.sealer.seal_now()
        checks = [*verify(platform.engine, platform.vault)]
        checks += [one.carry_out() for one in heads_inspections(platform.engine, platform.sealer)]
        stores = {name: running.store for name, running in platform.engine.running.items()}
        rows = {
            f"{name}.{table}": store.query(f"SELECT count(*) AS rows FROM {table}")[0]["rows"]
            for name, store in stores.items()
            for one in platform.engine.running[name].service.projections
            for table in tables_made_by(one.tables)
        }
        return Ended(
            {name: Counter(event.type for event in store.tail(0, 1_000_000)) for name, store in stores.items()},
            rows,
            [dict(row) for row in stores["reporting"].query(FIGURES)],
            [f"{one.service} {one.name}: {line}" for one in checks for line in one.broken],
        )
    finally:
        platform.close()


def over(server: PostgresServer, opened: ExitStack) -> Callable[..., Engine]:
    """Return what puts services together over fresh databases of a server."""

    def embedded(
        services: Sequence[Service], data: Path, clock: Clock, disk_threads: bool = False,
        durable_first: Callable[[Writes], None] = lambda writes: None,
    ) -> Engine:  # fmt: skip
        stores = {}
        for service in services:
            access = server.fresh(server.template(MIGRATED, bring_up))
            opened.callback(server.drop, access)
            stores[service.name] = PostgresStore(access)
        return Engine(services, dict(stores), EmbeddedBus(dict(stores)), clock, disk_threads, durable_first)

    return embedded


def test_a_province_works_alike_over_both_and_everything_holds(
    tmp_path: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same seed comes to the same events, the same rows and the same table, and every check of either holds."""
    with ExitStack() as opened, monkeypatch.context() as patch:
        patch.setattr(product, "embedded", over(postgres_server, opened))
        there = played(tmp_path / "postgres")
    here = played(tmp_path / "sqlite")
    assert sum(there.rows.values()) > DOSSIERS
    assert there.faults == here.faults == []
    assert there == here
