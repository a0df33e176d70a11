"""Live figures over Kafka: a Faust stream that keeps the hours (`python -m services.reporting.streams`).

It counts with the words of the embedded read model (`projections/live.py`) and the fold of `domain/live.py`. Nothing
depends on it: what it keeps can be lost and is built again from its changelog, or from the topic.

What Faust does not promise by itself is done here: one record after the other, acknowledged only when what it changed
is in the changelog; a record that is none of our events is kept in the table and said aloud, never passed over; an
error that nobody foresaw ends the process, so that whoever watches it starts it again where it was.
"""

import argparse
import asyncio
import logging
import os
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import faust
import msgspec
from faust.contrib.asgi import faust_app_running
from faust.types import EventT, StreamT
from faust.types.auth import SASLMechanism
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from chassis.bus.kafka_access import KafkaAccess
from chassis.clock import Clock, WallClock, to_us
from chassis.logs import set_up
from chassis.settings import Settings
from chassis.web.metrics import MEDIA_TYPE
from chassis.web.sent_events import SentEvents
from chassis.web.server import server
from chassis.wire import PARTITIONS, TOPIC, NotOurs, heard_over_kafka
from kernel.message import Envelope
from services.reporting.domain.live import (
    KEPT_HOURS,
    Dossier,
    Hour,
    Told,
    add,
    hour_of,
    is_forgotten,
    shown,
    shown_by_place,
    take,
    windows,
)
from services.reporting.projections.live import told_of

log = logging.getLogger("lienthong.live")

APP: Final = "reporting-live"
"""The consumer group, and the beginning of the changelog's name; `services/topology.py` declares both."""
TABLE: Final = "hours"
PORT: Final = 8106
COMMIT_EVERY_S: Final = 0.5
ACKNOWLEDGE_EVERY_S: Final = 0.1
CHANGELOG_WITHIN_S: Final = 60.0
SESSION_S: Final = 45.0
STUCK_AFTER_S: Final = 120.0
AHEAD_HOURS_MAX: Final = 24
"""An event of a later time than this is none: it would push every hour out of the windows."""
PARKED_MAX: Final = 1_000
EXIT_UNFORESEEN: Final = 70

HOUR, DOSSIER, PARKED = "hour", "dossier", "parked"
"""What a key of the table begins with; the partition follows, so that each is kept where its source is."""

Key = tuple[Any, ...]


class Kept(faust.Table):
    """A table that remembers what it has handed over to its changelog and is not confirmed yet."""

    unsaid: list[Any]

    def send_changelog(self, *args: Any, **named: Any) -> Any:
        promised = super().send_changelog(*args, **named)
        self.unsaid.append(promised)
        return promised


class Live:
    """The stream and its table.

    Args:
        rehearsal: business time is not the wall's: windows end with the newest hour that was heard.
    """

    def __init__(
        self, access: KafkaAccess, clock: Clock, rehearsal: bool = False, session_s: float = SESSION_S,
        topic: str = TOPIC, partitions: int = PARTITIONS,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._rehearsal = rehearsal
        self._topic = topic
        self.app = _app(access, partitions, session_s)
        self.table: Any = self.app.Table(TABLE, partitions=partitions, help="Live figures by the hour")
        self.table.unsaid = []
        source = self.app.topic(topic, key_serializer="raw", value_serializer="raw")
        self.agent = self.app.agent(source, concurrency=1, name="count")(self._count)
        self._waiting: list[EventT] = []
        self._newest: dict[int, int] = {}
        self.taken_at = time.monotonic()
        self.changes = 0

    # --- one record after the other ---

    async def _count(self, stream: StreamT[Any]) -> AsyncIterator[Any]:
        async for event in stream.noack().events():
            try:
                self._take(event)
            except Exception:
                log.critical("a record could not be counted, and nobody foresaw why", exc_info=True)
                os._exit(EXIT_UNFORESEEN)
            self._waiting.append(event)
            self.taken_at = time.monotonic()
            yield event.message.offset

    def _take(self, event: EventT) -> None:
        partition, offset = event.message.partition, event.message.offset
        try:
            envelope = self._heard(event)
            told = told_of(envelope)
        except NotOurs as error:
            self._park(partition, offset, str(error))
            return
        if told is not None:
            self._add(partition, offset, envelope, told)

    def _heard(self, event: EventT) -> Envelope:
        """Return the event that a record holds.

        Raises:
            NotOurs: it holds none, or one of a time that is yet to come.
        """
        headers: Any = event.headers or {}
        pairs: Iterable[tuple[str, bytes]] = headers.items() if isinstance(headers, Mapping) else headers
        envelope = heard_over_kafka(event.message.offset + 1, pairs, event.message.value)
        if not self._rehearsal and hour_of(envelope.time_us) > self._wall_hour() + AHEAD_HOURS_MAX:
            raise NotOurs(f"its time {envelope.time.isoformat()} is yet to come")
        return envelope

    def _add(self, partition: int, offset: int, envelope: Envelope, told: Told) -> None:
        """Remember what the dossier's event says, then add to its hours: in this order they reach the changelog."""
        hour = hour_of(envelope.time_us)
        key = (DOSSIER, partition, envelope.subject)
        known = msgspec.convert(self.table.get(key) or {}, Dossier)
        id = f"{envelope.source}#{envelope.sequence}"
        remembered, added = take(known, told, id, hour, offset)
        is_first = remembered != known
        if is_first:
            self.table[key] = msgspec.to_builtins(remembered)
        oldest = self._pass_to(partition, hour) - KEPT_HOURS
        for one, counted in added.items():
            kept = (HOUR, partition, *one)
            before: tuple[int, int] = tuple(self.table.get(kept) or (0, -1))
            after = add(before, counted, offset, is_first)
            if one.hour > oldest and after != before:
                self.table[kept] = after
        self.changes += 1

    def _park(self, partition: int, offset: int, why: str) -> None:
        """Keep what is to be looked at; a thousand are kept, every one is said aloud."""
        log.error("live figures leave out a record: partition %d, offset %d", partition, offset)
        if len(self.parked()) < PARKED_MAX:
            self.table[PARKED, partition, offset] = why
        self.changes += 1

    def _pass_to(self, partition: int, hour: int) -> int:
        """Let time pass in a partition: what no window can need any more is forgotten. Return its newest hour."""
        newest = self._newest.get(partition)
        if newest is None:
            newest = max((key[5] for key in self._keys(HOUR) if key[1] == partition), default=0)
        self._newest[partition] = max(newest, hour)
        if hour > newest:
            for key in self._keys(HOUR):
                if key[1] == partition and key[5] <= hour - KEPT_HOURS:
                    del self.table[key]
            for key in self._keys(DOSSIER):
                if key[1] == partition and is_forgotten(msgspec.convert(self.table[key], Dossier), hour):
                    del self.table[key]
        return self._newest[partition]

    def _keys(self, kind: str) -> list[Key]:
        return [key for key in self.table.data if key[0] == kind]

    # --- what is told ---

    def hours(self) -> list[tuple[Hour, int]]:
        """Return every hour that is kept, with what was counted in it."""
        kept = ((key, self.table.get(key)) for key in self._keys(HOUR))
        return [(Hour(*key[2:]), value[0]) for key, value in kept if value]

    def parked(self) -> list[dict[str, Any]]:
        """Return the records that were left out, and why."""
        return [{"partition": key[1], "offset": key[2], "why": self.table[key]} for key in sorted(self._keys(PARKED))]

    def now_hour(self) -> int:
        """Return the hour that windows end with."""
        newest = max((key[5] for key in self._keys(HOUR)), default=0)
        return newest or self._wall_hour() if self._rehearsal else max(newest, self._wall_hour())

    def _wall_hour(self) -> int:
        return hour_of(to_us(self._clock.now()))

    def lag(self) -> dict[int, int]:
        """Return how many records of each partition were not taken yet, of those that are this process's."""
        consumer = self.app.consumer
        behind = {}
        for tp in consumer.assignment():
            if tp.topic == self._topic:
                read = consumer._read_offset.get(tp)
                behind[tp.partition] = max((consumer.highwater(tp) or 0) - (read + 1 if read is not None else 0), 0)
        return behind

    @property
    def is_ready(self) -> bool:
        """Say whether the table is complete: the changelog has been read, and partitions are ours."""
        return bool(self.app.tables.actives_ready and self.app.consumer.assignment())

    # --- keeping it running ---

    @asynccontextmanager
    async def running(self, *_: object) -> AsyncIterator[None]:
        """Run the stream as long as the server that tells of it."""
        async with faust_app_running(self.app):
            watches = [asyncio.create_task(one) for one in (self._acknowledge(), self._watch())]
            try:
                yield
            finally:
                for watch in watches:
                    watch.cancel()
                await self._confirm()

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACKNOWLEDGE_EVERY_S)
            await self._confirm()

    async def _confirm(self) -> None:
        """Acknowledge what was taken, in order, once all it changed stands in the changelog."""
        taken, self._waiting = self._waiting, []
        unsaid, self.table.unsaid = self.table.unsaid, []
        try:
            async with asyncio.timeout(CHANGELOG_WITHIN_S):
                await asyncio.gather(*unsaid)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.critical("the changelog did not take what was counted", exc_info=True)
            os._exit(EXIT_UNFORESEEN)
        for event in taken:
            event.ack()

    async def _watch(self) -> None:
        """End the process where Faust has stopped by itself, or stands still while there is something to take."""
        while True:
            await asyncio.sleep(1.0)
            if self.app.should_stop:
                log.critical("the stream has stopped by itself")
                os._exit(EXIT_UNFORESEEN)
            if self.is_ready and any(self.lag().values()) and time.monotonic() - self.taken_at > STUCK_AFTER_S:
                log.critical("the stream stands still")
                os._exit(EXIT_UNFORESEEN)


def _app(access: KafkaAccess, partitions: int, session_s: float) -> faust.App:
    """Return the Faust application; its topics are there before it starts, and it makes none."""
    credentials = None
    if access.user:
        credentials = faust.SASLCredentials(
            username=access.user, password=access.password, mechanism=SASLMechanism.SCRAM_SHA_512,
            ssl_context=ssl.create_default_context(cafile=access.ca),
        )  # fmt: skip
    return faust.App(
        APP, broker=[f"kafka://{one}" for one in access.bootstrap.split(",")], broker_credentials=credentials,
        broker_commit_interval=COMMIT_EVERY_S, broker_session_timeout=session_s, broker_heartbeat_interval=session_s / 3, store="memory://", Table=Kept,
        topic_partitions=partitions, topic_allow_declare=False, topic_disable_leader=True, web_enabled=False,
        processing_guarantee="at_least_once", consumer_auto_offset_reset="earliest", autodiscover=False,
        producer_acks=-1,
    )  # fmt: skip


# --- the door ---


def application(live: Live) -> Starlette:
    """Return what the process answers over HTTP: its health, and figures that anybody may see."""
    sent = SentEvents(lambda: province(live))
    app = Starlette(
        routes=[
            Route("/livez", lambda request: JSONResponse({"status": "ok"})),
            Route("/readyz", lambda request: _ready(live)),
            Route("/metrics", lambda request: PlainTextResponse(_metrics(live), media_type=MEDIA_TYPE)),
            Route("/parked", lambda request: JSONResponse({"items": live.parked()})),
            Route("/figures", lambda request: JSONResponse(shown_by_place(live.hours(), live.now_hour()))),
            Route("/figures/live", sent.answer),
        ],
        lifespan=live.running,
    )
    app.state.live = live
    return app


def province(live: Live) -> dict[str, Any]:
    """Return the windows of the whole province."""
    now_hour = live.now_hour()
    return shown(windows(((key.status, key.hour, many) for key, many in live.hours()), now_hour), now_hour)


def _ready(live: Live) -> JSONResponse:
    lag = live.lag()
    told = {
        "status": "ok" if live.is_ready else "not_ready",
        "partitions": sorted(lag),
        "lag": sum(lag.values()),
        "parked": len(live.parked()),
        "taken_ago_s": round(time.monotonic() - live.taken_at, 1),
    }
    return JSONResponse(told, 200 if live.is_ready else 503)


def _metrics(live: Live) -> bytes:
    """Return what Prometheus asks for."""
    registry = CollectorRegistry()
    lag = live.lag()
    for name, says, value in (
        ("lienthong_live_partitions", "Partitions that the live figures are counted from here", len(lag)),
        ("lienthong_live_lag", "Records that the live figures have not taken yet", sum(lag.values())),
        ("lienthong_live_parked", "Records that the live figures leave out", len(live.parked())),
        ("lienthong_live_taken_ago_seconds", "How long ago a record was taken", time.monotonic() - live.taken_at),
    ):
        Gauge(name, says, registry=registry).set(value)
    return generate_latest(registry)


def main() -> None:
    """Count until told to stop. What it connects to stands in the environment (`chassis/settings.py`)."""
    options = argparse.ArgumentParser(prog="services.reporting.streams", description="Live figures over Kafka.")
    options.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options.add_argument("--port", type=int, default=PORT, help="port on this machine")
    options.add_argument("--rehearsal", action="store_true", help="windows end with the newest hour that was heard")
    asked = options.parse_args()
    settings = Settings.from_environment()
    set_up(settings.log_level)
    access = KafkaAccess(settings.kafka, settings.kafka_user, settings.kafka_password, settings.kafka_ca)
    live = Live(access, WallClock(), asked.rehearsal, int(settings.session_ms) / 1_000)
    with suppress(KeyboardInterrupt):
        server(application(live), asked.host, asked.port).run()


if __name__ == "__main__":
    main()
