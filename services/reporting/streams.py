"""Live figures over Kafka: a Faust stream that keeps the hours (`python -m services.reporting.streams`).

It counts with the words of the embedded read model (`projections/live.py`) and the fold of `domain/live.py`. Nothing
depends on it: what it keeps can be lost and is built again from its changelog, or from the topic.

What Faust does not promise by itself is done here: one record after the other, acknowledged only when what it changed
is in the changelog; a record that is none of our events is kept in the table and said aloud, never passed over; an
error that nobody foresaw ends the process, so that whoever watches it starts it again where it was.
"""

import asyncio
import logging
import os
import signal
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

import faust
from faust.contrib.asgi import faust_app_running
from faust.types import EventT
from faust.types.auth import SASLMechanism
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from chassis.bus.kafka_access import KafkaAccess
from chassis.clock import Clock, WallClock, to_us
from chassis.logs import set_up
from chassis.settings import Settings, given
from chassis.web.metrics import MEDIA_TYPE
from chassis.web.sent_events import SentEvents
from chassis.web.server import server
from chassis.wire import PARTITIONS, TOPIC, NotOurs, heard_over_kafka
from kernel.message import Envelope
from services.reporting.domain.live import hour_of, shown, shown_by_place, windows
from services.reporting.projections.live import told_of
from services.reporting.projections.live_table import LiveTable

log = logging.getLogger("lienthong.live")

APP: Final = "reporting-live"
"""The consumer group, and the beginning of the changelog's name; `services/topology.py` declares both."""
TABLE: Final = "hours"
PORT: Final = 8106
"""Where it answers unless it is told otherwise."""
COMMIT_EVERY_S: Final = 0.5
ACKNOWLEDGE_EVERY_S: Final = 0.1
CHANGELOG_WITHIN_S: Final = 60.0
SESSION_S: Final = 45.0
METADATA_MAX_AGE_MS: Final = 10_000
"""So long a client may not know that another broker leads a partition now."""
REQUEST_ABOVE_SESSION_S: Final = 5.0
"""A request may not time out before the session does."""
STUCK_AFTER_S: Final = 30.0
"""After a broker has died the client may wait without end for what another one has: it is started again."""
NOT_READY_AFTER_S: Final = 120.0
LOOK_EVERY_S: Final = 2.0
ASKED_WITHIN_S: Final = 10.0
AHEAD_HOURS_MAX: Final = 24
"""An event of a later time than this is none: it would push every hour out of the windows."""
EXIT_UNFORESEEN: Final = 70
TALKATIVE: Final = ("aiokafka", "aiokafka.conn", "aiokafka.consumer.fetcher", "aiokafka.consumer.group_coordinator")
SAID_AGAIN_AFTER_S: Final = 10.0


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
        # Faust makes itself a folder; what it keeps is in the changelog, so that this one stays empty.
        self._folder = TemporaryDirectory(prefix="lienthong-live-")
        self.app = _app(access, partitions, session_s, self._folder.name)
        self.table = cast(Kept, self.app.Table(TABLE, partitions=partitions, help="Live figures by the hour"))
        self.table.unsaid = []
        self.kept = LiveTable(cast(Any, self.table))
        self.app.on_rebalance_complete.connect(self._begin)
        source = self.app.topic(topic, key_serializer="raw", value_serializer="raw")
        self.agent = self.app.agent(source, concurrency=1, name="count")(self._count)
        self._waiting: list[EventT] = []
        self._taken: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self.taken_at = time.monotonic()

    # --- one record after the other ---

    async def _count(self, stream: Any) -> AsyncIterator[Any]:
        async for event in stream.noack().events():
            try:
                self._take(event)
            except Exception:
                log.critical("a record could not be counted, and nobody foresaw why", exc_info=True)
                os._exit(EXIT_UNFORESEEN)
            self._waiting.append(event)
            self._taken[event.message.partition] = event.message.offset + 1
            self.taken_at = time.monotonic()
            yield event.message.offset  # so that who feeds the stream by hand knows when it was taken

    def _take(self, event: EventT) -> None:
        partition, offset = event.message.partition, event.message.offset
        try:
            envelope = self._heard(event)
            told = told_of(envelope)
        except NotOurs as error:
            log.error("live figures leave out a record: partition %d, offset %d", partition, offset)
            self.kept.park(partition, offset, str(error))
            return
        if told is not None:
            self.kept.take(partition, offset, envelope, told)

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

    # --- what is told ---

    def now_hour(self) -> int:
        """Return the hour that windows end with."""
        newest = self.kept.newest_hour()
        return newest or self._wall_hour() if self._rehearsal else max(newest, self._wall_hour())

    def _wall_hour(self) -> int:
        return hour_of(to_us(self._clock.now()))

    def lag(self) -> dict[int, int]:
        """Return how many records of each partition were not taken yet, of those that are this process's."""
        consumer: Any = self.app.consumer
        behind = {}
        for tp in consumer.assignment():
            if tp.topic == self._topic:
                at = self._taken.get(tp.partition, 0)
                end = max(_highwater(consumer, tp), self._ends.get(tp.partition, 0))
                behind[tp.partition] = max(end - at, 0)
        return behind

    @property
    def is_ready(self) -> bool:
        """Say whether the table is complete: the changelog has been read, and partitions are ours."""
        return bool(self.app.tables.actives_ready and self.app.consumer.assignment())

    # --- keeping it running ---

    @asynccontextmanager
    async def running(self, *_: object) -> AsyncIterator[None]:
        """Run the stream as long as the server that tells of it."""
        watch = asyncio.create_task(self._watch())
        watch.add_done_callback(_ends_the_process)
        async with faust_app_running(self.app):
            acknowledges = asyncio.create_task(self._acknowledge())
            acknowledges.add_done_callback(_ends_the_process)
            try:
                yield
            finally:
                watch.cancel()
                acknowledges.cancel()
                await self._confirm()

    async def _begin(self, *_: object, **__: object) -> None:
        """See to it that partitions begin where the table is, which has just been read: Faust is about to seek."""
        self.kept.forget()
        self._taken.clear()
        consumer: Any = self.app.consumer
        consumer.perform_seek = self._seek

    async def _seek(self) -> None:
        """Begin each partition where the group was, or where the table is if that is less far.

        The group is further on where the changelog was lost, and then what lies between would never be counted.
        """
        consumer: Any = self.app.consumer
        await type(consumer).perform_seek(consumer)
        kept = self.kept.positions()
        for tp in consumer.assignment():
            if tp.topic == self._topic:
                remembered = consumer._committed_offset.get(tp) or 0
                begins = self._taken[tp.partition] = min(remembered, kept.get(tp.partition, 0))
                if begins < remembered:
                    await consumer.seek(tp, begins)

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
        """End the process where Faust has stopped by itself, or does not get anywhere."""
        was_ready = kept_up = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            if self.is_ready:
                was_ready = now
                await self._ask_ends()
            if not (self.is_ready and any(self.lag().values())):
                kept_up = now
            stands_still = now - max(kept_up, self.taken_at) > STUCK_AFTER_S
            if self.app.should_stop or stands_still or now - was_ready > NOT_READY_AFTER_S:
                log.critical("the stream has stopped, or stands still")
                os._exit(EXIT_UNFORESEEN)

    async def _ask_ends(self) -> None:
        """Ask the brokers where the partitions end: one that nothing was ever fetched of would seem to be empty."""
        consumer: Any = self.app.consumer
        sources = [tp for tp in consumer.assignment() if tp.topic == self._topic]
        try:
            async with asyncio.timeout(ASKED_WITHIN_S):
                self._ends = {tp.partition: end for tp, end in (await consumer.highwaters(*sources)).items()}
        except Exception as error:  # while they are away nobody knows
            log.info("where the partitions end is not known now: %s", type(error).__name__)


def _highwater(consumer: Any, tp: Any) -> int:
    """Return where a partition was last seen to end; 0 of one that Faust's own thread has just given away."""
    try:
        return int(consumer.highwater(tp) or 0)
    except AssertionError:
        return 0


def _ends_the_process(task: "asyncio.Task[None]") -> None:
    """End the process with a task that it cannot do without: nobody else would notice."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("what keeps the stream running has ended", exc_info=error)
        os._exit(EXIT_UNFORESEEN)


def _app(access: KafkaAccess, partitions: int, session_s: float, folder: str) -> faust.App:
    """Return the Faust application; its topics are there before it starts, and it makes none."""
    credentials = None
    if access.user:
        credentials = faust.SASLCredentials(
            username=access.user, password=access.password, mechanism=SASLMechanism.SCRAM_SHA_512,
            ssl_context=ssl.create_default_context(cafile=access.ca),
        )  # fmt: skip
    return faust.App(
        APP, broker=[f"kafka://{one}" for one in access.bootstrap.split(",")], broker_credentials=credentials,
        broker_commit_interval=COMMIT_EVERY_S, broker_session_timeout=session_s,
        broker_heartbeat_interval=session_s / 3, broker_request_timeout=session_s + REQUEST_ABOVE_SESSION_S,
        consumer_metadata_max_age_ms=METADATA_MAX_AGE_MS, producer_metadata_max_age_ms=METADATA_MAX_AGE_MS,
        store="memory://", Table=Kept,
        topic_partitions=partitions, topic_allow_declare=False, topic_disable_leader=True, web_enabled=False,
        processing_guarantee="at_least_once", consumer_auto_offset_reset="earliest", autodiscover=False,
        producer_acks=-1, datadir=folder,
    )  # fmt: skip


# --- the door ---


def application(live: Live) -> Starlette:
    """Return what the process answers over HTTP: its health, and figures that anybody may see."""
    sent = SentEvents(lambda: province(live))

    async def livez(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        return JSONResponse(health(live), 200 if live.is_ready else 503)

    async def metrics(request: Request) -> Response:
        return PlainTextResponse(measured(live), media_type=MEDIA_TYPE)

    async def parked(request: Request) -> Response:
        return JSONResponse({"items": live.kept.parked()})

    async def figures(request: Request) -> Response:
        return JSONResponse(shown_by_place(live.kept.hours(), live.now_hour()))

    answers = {
        "/livez": livez, "/readyz": readyz, "/metrics": metrics, "/parked": parked, "/figures": figures,
        "/figures/live": sent.answer,
    }  # fmt: skip
    return Starlette(routes=[Route(path, answer) for path, answer in answers.items()], lifespan=live.running)


def province(live: Live) -> dict[str, Any]:
    """Return the windows of the whole province."""
    now_hour = live.now_hour()
    return shown(windows(((key.status, key.hour, many) for key, many in live.kept.hours()), now_hour), now_hour)


def health(live: Live) -> dict[str, Any]:
    """Return what those who run the platform look at."""
    lag = live.lag()
    return {
        "status": "ok" if live.is_ready else "not_ready",
        "partitions": sorted(lag),
        "lag": sum(lag.values()),
        "parked": len(live.kept.parked()),
        "taken_ago_s": round(time.monotonic() - live.taken_at, 1),
    }


def measured(live: Live) -> bytes:
    """Return the same for Prometheus."""
    registry, told = CollectorRegistry(), health(live)
    for name, says, value in (
        ("lienthong_live_partitions", "Partitions that live figures are counted of", len(told["partitions"])),
        ("lienthong_live_lag", "Records that live figures have not taken yet", told["lag"]),
        ("lienthong_live_parked", "Records that live figures leave out", told["parked"]),
        ("lienthong_live_taken_ago_seconds", "How long ago a record was taken", told["taken_ago_s"]),
    ):
        Gauge(name, says, registry=registry).set(value)
    return generate_latest(registry)


class Seldom(logging.Filter):
    """Lets one line of a kind through in a while: a client says it many times in a second while a broker is away."""

    def __init__(self) -> None:
        super().__init__()
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = str(record.msg)
        if record.created < self._next.get(kind, 0.0):
            return False
        self._next[kind] = record.created + SAID_AGAIN_AFTER_S
        return True


def main() -> None:
    """Count until told to stop. What it connects to stands in the environment (`chassis/settings.py`)."""
    settings = Settings.from_environment()
    set_up(settings.log_level)
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(Seldom())
    access = KafkaAccess(settings.kafka, settings.kafka_user, settings.kafka_password, settings.kafka_ca)
    live = Live(access, WallClock(), bool(settings.rehearsal), int(settings.session_ms) / 1_000)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn gives it on once everything has ended
    with suppress(KeyboardInterrupt):
        server(application(live), settings.host, int(given("LIENTHONG_PORT") or PORT)).run()


if __name__ == "__main__":
    main()
