"""Where the services of a test keep their logs: in files, or with LIENTHONG_TEST_STORE=postgres in PostgreSQL."""

from collections.abc import Callable, Sequence
from pathlib import Path

from chassis import run
from chassis.bus.embedded import EmbeddedBus
from chassis.clock import Clock
from chassis.run import Engine
from chassis.service import Service
from chassis.stores.sqlite import SqliteStore
from chassis.stores.store import Store, Writes
from tests.postgres_server import ON_POSTGRES, store_in


def opened(data: Path, service: str) -> Store:
    """Open the store of a service in a folder."""
    return store_in(data, service) if ON_POSTGRES else SqliteStore(data / f"{service}.db")


def embedded(
    services: Sequence[Service], data: Path, clock: Clock, disk_threads: bool = False,
    durable_first: Callable[[Writes], None] = lambda writes: None,
) -> Engine:  # fmt: skip
    """Return what `chassis.run.embedded` does, over the stores of this run of the tests."""
    if not ON_POSTGRES:
        return run.embedded(services, data, clock, disk_threads, durable_first)
    stores = {service.name: opened(data, service.name) for service in services}
    return Engine(services, stores, EmbeddedBus(stores), clock, disk_threads, durable_first)
