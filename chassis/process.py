"""A service as a process of its own: PostgreSQL for its store, Kafka for its bus, the vault and the files elsewhere.

The same service, lane and border as in one process; only the parts are others. `python -m services.<name>` calls
`serve`, with what the service has beside its border.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from kafka.errors import KafkaError

from chassis.bus.kafka import KafkaBus
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_ear import KafkaEar
from chassis.bus.kafka_figures import KafkaFigures
from chassis.bus.kafka_refusals import KafkaUnavailable
from chassis.bus.kafka_relay import Relay
from chassis.bus.kafka_topic import Ends
from chassis.clock import NotedClock, WallClock
from chassis.file_remote import RemoteFiles
from chassis.files import kept_secret
from chassis.logs import set_up
from chassis.registry import PRODUCT_REGISTRY, load_registry
from chassis.run import Engine
from chassis.sealing import Sealer
from chassis.sealing_keys import SealingKeys
from chassis.seals_postgres import PostgresSeals
from chassis.service import Parts, Service
from chassis.settings import Settings
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.telemetry import Tracer, shares_of
from chassis.telemetry_outlet import outlet_of
from chassis.uploads import Uploads
from chassis.vault_remote import RemoteVault
from chassis.web.acts import Border
from chassis.web.app import application
from chassis.web.auth import DevelopmentIssuer
from chassis.web.fronted import Fronted
from chassis.web.heads import heads
from chassis.web.internal import Rest, internal
from chassis.web.oidc_other import KeysAtHand, other_issuer
from chassis.web.operations import operations
from chassis.web.rates import Unsolicited
from chassis.web.routes import router_of
from chassis.web.server import server
from chassis.wire import SAY_AGAIN, TOPIC

log = logging.getLogger("lienthong.process")


@dataclass(frozen=True, slots=True)
class Process:
    """One service with the parts that it runs on, ready to be started.

    Args:
        ear: brings what others say.
        relay: says its log; None where it has nothing to say.
    """

    parts: Parts
    engine: Engine
    border: Border
    issuer: DevelopmentIssuer
    ear: KafkaEar
    relay: Relay | None
    ends: "AskedEnds"
    sealer: Sealer
    figures: KafkaFigures

    @property
    def name(self) -> str:
        return self.border.running.service.name

    def start(self) -> None:
        self.engine.start()
        self.ear.start()
        if self.relay is not None:
            self.relay.start()
        self.sealer.start()

    def close(self) -> None:
        """Stop hearing, let the lane end its turn, say and seal what is left, and close the store."""
        self.ear.close()
        if self.relay is not None:
            self.engine.at_rest.append(self.relay.close)
        self.engine.stop()
        self.ends.close()


class AskedEnds:
    """Asks the brokers where the topic ends; the client is made when it is first needed."""

    def __init__(self, access: KafkaAccess) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._ends: Ends | None = None

    def now(self) -> dict[int, int]:
        """Return partition → position of its last record.

        Raises:
            KafkaUnavailable: the brokers do not say.
        """
        with self._lock:
            try:
                if self._ends is None:
                    self._ends = Ends(self._access, TOPIC)
                return self._ends.now()
            except KafkaError as error:
                raise KafkaUnavailable.meant_by(error, self._access) from error

    def close(self) -> None:
        with self._lock:
            if self._ends is not None:
                self._ends.close()


def compose(wiring: Callable[[Parts], Service], settings: Settings) -> Process:
    """Put one service together; nothing runs yet.

    Raises:
        StoreUnavailable: its database cannot be reached, or was written by a later version.
    """
    keys = Path(settings.keys)
    vault = RemoteVault(settings.vault_url, settings.vault_token, settings.vault_ca)
    uploads = Uploads(RemoteFiles(settings.files_url, settings.files_token, settings.files_ca), vault)
    database = PostgresAccess(settings.database, settings.database_password)
    store = PostgresStore(database)
    clock = NotedClock(store) if settings.rehearsal else WallClock()
    parts = Parts(load_registry(PRODUCT_REGISTRY), vault, clock, settings, uploads)
    service = wiring(parts)
    access = KafkaAccess(settings.kafka, settings.kafka_user, settings.kafka_password, settings.kafka_ca)
    bus = KafkaBus()
    engine = Engine([service], {service.name: store}, bus, clock, disk_threads=True, durable_first=vault.settle)
    outlet = outlet_of(Path(settings.traces) / settings.instance)
    engine.follow(Tracer(outlet, shares_of(settings.trace_share), int(settings.traces_per_s)))
    bus.told = engine.wake
    ear = KafkaEar(
        bus, access, TOPIC, service.name, store.position, settings.instance, int(settings.session_ms), SAY_AGAIN,
        clock.hear if isinstance(clock, NotedClock) else lambda time_us: None,
    )  # fmt: skip
    relay = Relay(service.name, store, access, TOPIC, SAY_AGAIN, settings.instance) if service.published else None
    if relay is not None:
        waking = relay
        engine.running[service.name].lane.committed.append(lambda batch: waking.wake() if batch.writes.events else None)
    signs = SealingKeys(keys / "heads.json", makes_first=False)
    sealer = Sealer({service.name: PostgresSeals(database)}, signs, {service.name: store}, clock)
    engine.at_rest.append(sealer.close)
    border = Border(engine, engine.running[service.name], clock, kept_secret(keys / "answers.key"))
    issuer = DevelopmentIssuer(keys / "issuer.key", settings.public_url, other_issuer(settings, vault))
    figures = KafkaFigures(service.name, store, bus, ear, relay, clock)
    return Process(parts, engine, border, issuer, ear, relay, AskedEnds(access), sealer, figures)


def asgi(process: Process, beside: Iterable[APIRouter] = ()) -> FastAPI:
    """Return the application of one service: its border, what it has beside it, health, and what the front asks."""
    engine, issuer, settings = process.engine, process.issuer, process.parts.settings
    relay, ear = process.relay, process.ear
    rest = Rest(
        engine,
        relayed=lambda: relay is None or relay.caught_up(),
        ends=process.ends.now,
        said=lambda: 0 if relay is None else relay.said_count,
        fetched=lambda: ear.fetched_count,
    )
    routers = [router_of(process.border, issuer), *beside, operations(engine, issuer, beside=process.figures.collect)]
    routers.append(heads(process.sealer, issuer))
    instance = settings.instance or process.name
    routers.append(internal(engine, instance, settings.internal_token, lambda: app.routes, rest))
    app = application(f"Liên Thông: {process.name}", routers)
    if not settings.rehearsal:
        app.add_middleware(Unsolicited, issuer=issuer)
    if issuer.other is not None:
        app.add_middleware(KeysAtHand, other=issuer.other)
    app.add_middleware(Fronted, token=settings.internal_token)
    app.state.borders = {process.name: process.border}
    app.state.parts = process.parts
    app.state.engine = engine
    app.state.tracer = engine.tracer
    return app


def serve(
    wiring: Callable[[Parts], Service], beside: Callable[[Process], Iterable[APIRouter]] = lambda made: ()
) -> None:
    """Serve one service until told to stop.

    Args:
        beside: the routers that it has beside its border.
    """
    settings = Settings.from_environment()
    set_up(settings.log_level)
    process = compose(wiring, settings)
    process.start()
    process.parts.uploads.start()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server(asgi(process, beside(process)), settings.host, int(settings.port), believes_proxies=False).run()
    except KeyboardInterrupt:
        log.info("%s stops", process.name)
    finally:
        process.close()
