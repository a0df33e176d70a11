"""Every service of a cluster in one process, to look at: what `lienthong verify` proves, without a key or a write.

Law: NĐ 61/2018/NĐ-CP art. 5 (what happened to a dossier is neither altered nor lost).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chassis.bus.embedded import EmbeddedBus
from chassis.clock import CLOCK, NotedClock, WallClock
from chassis.registry import PRODUCT_REGISTRY, load_registry
from chassis.run import Engine
from chassis.sealing import Sealer
from chassis.sealing_keys import SealingKeys
from chassis.seals import Seals
from chassis.service import Parts
from chassis.settings import Settings
from chassis.stores.postgres_readonly import ReadOnlyStore
from chassis.stores.store import Store
from chassis.uploads import Uploads
from chassis.vault_port import Custody, Vault
from services.__main__ import WIRINGS


class ClockOf:
    """What time the services show: the wall's, or the latest reading of a rehearsal's."""

    def __init__(self, stores: Mapping[str, ReadOnlyStore]) -> None:
        self._noted = [NotedClock(store) for store in stores.values() if store.note(CLOCK)]

    def now(self) -> datetime:
        return max((clock.now() for clock in self._noted), default=datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Looking:
    """What there is to look at; the same names as the embedded `Platform` has."""

    parts: Parts
    vault: Custody
    engine: Engine
    sealer: Sealer

    def close(self) -> None:
        self.sealer.close()
        self.engine.stop()


def looked_at(
    stores: Mapping[str, ReadOnlyStore], vault: Custody, uploads: Uploads, seals: Mapping[str, Seals], keys: Path
) -> Looking:
    """Put the services together over stores that are only looked into.

    Args:
        stores: service → its store.
        seals: service → its seals.
        keys: the file of the keys that heads are signed with; only their public halves are looked at.

    Raises:
        StoreUnavailable: a store cannot be read, or its read models are of another version.
    """
    clock = ClockOf(stores)
    parts = Parts(load_registry(PRODUCT_REGISTRY), vault, clock, Settings.from_environment(), uploads)
    services = [wiring(parts) for wiring in WIRINGS]
    given: dict[str, Store] = dict(stores)
    engine = Engine(services, given, EmbeddedBus(given), clock)
    return Looking(parts, vault, engine, Sealer(seals, SealingKeys(keys, makes_first=False), given, clock))


def build_anew(service: str, stores: Mapping[str, Store], vault: Vault, uploads: Uploads) -> bool:
    """Build the read models of a service from the logs of all; say whether there was anything to build.

    Args:
        stores: service → store: the one's own, which is written, and the others' to look at.

    Raises:
        StoreUnavailable: a store cannot be read or written.
    """
    clock = WallClock()
    parts = Parts(load_registry(PRODUCT_REGISTRY), vault, clock, Settings(), uploads)
    services = [wiring(parts) for wiring in WIRINGS]
    engine = Engine(services, dict(stores), EmbeddedBus(stores), clock)
    was_missing = engine.running[service].lane.rows_missing
    engine.stop()
    return was_missing
