"""Every service in one process: SQLite stores, the embedded bus, one HTTP border. `python -m services --data DIR`."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from chassis.clock import Clock, RehearsalClock, WallClock
from chassis.file_folder import FolderStore
from chassis.files import kept_secret
from chassis.forgetting import forget_when_idle
from chassis.registry import Registry, load_registry
from chassis.run import Engine, embedded
from chassis.sealing import Sealer
from chassis.sealing_keys import SealingKeys
from chassis.seals_sqlite import seals_in
from chassis.service import Parts, Service
from chassis.settings import Settings
from chassis.telemetry import Tracer, shares_of
from chassis.telemetry_outlet import outlet_of
from chassis.uploads import Uploads
from chassis.vault import SqliteVault
from chassis.web.acts import Border
from chassis.web.app import application
from chassis.web.auth import DevelopmentIssuer
from chassis.web.heads import heads
from chassis.web.oidc_other import KeysAtHand, other_issuer
from chassis.web.oidc_routes import issuer_routes
from chassis.web.operations import operations
from chassis.web.pages import Frame
from chassis.web.privacy import privacy
from chassis.web.rates import Unsolicited
from chassis.web.rehearsal import rehearsal as rehearsal_routes
from chassis.web.routes import router_of
from chassis.web.signin import sign_in_routes
from chassis.web.uploads import uploads_routes
from services.intake.projections.files import is_taken
from services.intake.wiring import file_routes as intake_files
from services.intake.wiring import pages as intake_pages
from services.intake.wiring import service as intake
from services.payments.wiring import service as payments
from services.postal.wiring import service as postal
from services.reporting.wiring import pages
from services.reporting.wiring import service as reporting
from services.routing.wiring import service as routing

PROJECT = Path(__file__).resolve().parent.parent
GARBAGE_AFTER = 20_000
"""Objects made before the collector looks; most die with their turn, so that looking often finds nothing."""

WIRINGS: tuple[Callable[[Parts], Service], ...] = (intake, routing, payments, postal, reporting)


@dataclass(frozen=True, slots=True)
class Platform:
    """The embedded product: an engine over every service, the vault, and a border for each service."""

    parts: Parts
    vault: SqliteVault
    engine: Engine
    borders: dict[str, Border]
    issuer: DevelopmentIssuer
    sealer: Sealer

    def close(self) -> None:
        self.engine.stop()
        self.vault.close()


def compose(
    data: Path, rehearsal: bool, settings: Settings | None = None, registry: Registry | None = None
) -> Platform:
    """Put the product together over the folder `data`; nothing runs yet.

    Raises:
        StoreInUse: another process serves this folder.
    """
    data.mkdir(parents=True, exist_ok=True)
    clock: Clock = RehearsalClock(data / "clock.json") if rehearsal else WallClock()
    told = settings or Settings.from_environment()
    vault = SqliteVault(data / "vault.db", data / "keys" / "vault.key", told.vault_key)
    laws = registry or load_registry(PROJECT / "registry")
    uploads = Uploads(FolderStore(data / "files"), vault)
    parts = Parts(laws, vault, clock, told, uploads)
    services = [wiring(parts) for wiring in WIRINGS]
    engine = embedded(services, data, clock, disk_threads=True, durable_first=vault.settle)
    secret = kept_secret(data / "keys" / "answers.key")
    borders = {name: Border(engine, running, clock, secret) for name, running in engine.running.items()}
    issuer = DevelopmentIssuer(data / "keys" / "issuer.key", told.public_url, other_issuer(told, vault))
    stores = {name: running.store for name, running in engine.running.items()}
    sealer = Sealer(seals_in(data / "seals.db", stores), SealingKeys(data / "keys" / "heads.json"), stores, clock)
    engine.at_rest.append(sealer.close)
    engine.follow(Tracer(outlet_of(data / "telemetry"), shares_of(told.trace_share), int(told.traces_per_s)))
    uploads.is_used = lambda file: is_taken(stores["intake"], file)
    engine.at_rest.append(uploads.close)
    return Platform(parts, vault, engine, borders, issuer, sealer)


def stay() -> None:
    """Tell the garbage collector that this process will serve for long: what exists now need not be looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


def asgi(platform: Platform) -> FastAPI:
    """Return the application with every service's routes, the operators' and the pages."""
    engine, issuer = platform.engine, platform.issuer
    routers = [router_of(border, issuer) for border in platform.borders.values()]
    routers.append(operations(engine, issuer, platform.vault.opened_for))
    forget = partial(forget_when_idle, engine, platform.vault)
    routers.append(privacy(engine.clock, issuer, platform.vault, forget))
    routers.append(heads(platform.sealer, issuer))
    routers.append(uploads_routes(platform.parts.uploads, issuer, engine.clock))
    routers.append(intake_files(platform.parts, issuer, platform.borders["intake"]))
    if isinstance(engine.clock, RehearsalClock):
        routers.append(rehearsal_routes(engine, issuer, platform.vault))
        frame = Frame(issuer, engine.clock)
        routers.append(issuer_routes(issuer, frame, platform.parts.registry, platform.vault))
    if issuer.other is not None:
        frame = Frame(issuer, engine.clock)
        routers.append(sign_in_routes(issuer, issuer.other, frame, platform.parts.settings.public_url))
    routers.append(intake_pages(platform.parts, issuer, platform.borders["intake"]))
    routers.append(pages(platform.parts, engine, issuer, platform.borders["reporting"]))
    app = application("Liên Thông", routers)
    if not isinstance(engine.clock, RehearsalClock):
        app.add_middleware(Unsolicited, issuer=issuer)
    if issuer.other is not None:
        app.add_middleware(KeysAtHand, other=issuer.other)
    app.state.borders = platform.borders
    app.state.parts = platform.parts
    app.state.engine = engine
    app.state.tracer = engine.tracer
    return app
