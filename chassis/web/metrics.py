"""Figures for Prometheus, read from the lanes when they are asked for; each is explained in `docs/telemetry.md`.

Every label has few values: services, command types, refusal codes, routes. None is a dossier's or a person's.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from chassis.clock import to_us
from chassis.executor import Lane
from chassis.run import Engine, Running
from chassis.stores.store import StoreUnavailable

MEDIA_TYPE: Final = "text/plain; version=0.0.4"
DUE_COUNTED_TO: Final = 1_000
HTTP_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0)
FLUSH_BUCKETS_S: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5)
CARRIED_OUT: Final = frozenset({"done", "replayed"})
NOT_RULES: Final = frozenset({"NotThere", "Stale", "KeyReused"})
"""What a command may come to that no rule of the law has refused."""

PROCESS: Final = CollectorRegistry()
"""What belongs to the process, whichever engine runs in it."""

ANSWERED: Final = Histogram(
    "lienthong_http_seconds", "How long requests took, by route", ["method", "route", "status"],
    registry=PROCESS, buckets=HTTP_BUCKETS_S,
)  # fmt: skip


class Figures:
    """The figures of one engine."""

    def __init__(
        self, engine: Engine, openings: Callable[[], Mapping[str, int]] = dict,
        beside: Callable[[], Iterable[Metric]] = tuple,
    ) -> None:  # fmt: skip
        """Take the engine, what counts the readings of personal data by their purpose, and what else there is."""
        self._engine = engine
        self._openings = openings
        self._beside = beside
        self._registry = CollectorRegistry()
        self._flushes = Histogram(
            "lienthong_flush_seconds", "How long a batch waited for the disk", ["service"],
            registry=self._registry, buckets=FLUSH_BUCKETS_S,
        )  # fmt: skip
        for name, running in engine.running.items():
            running.lane.flushed = self._flushes.labels(name).observe
        self._registry.register(self)

    def shown(self) -> bytes:
        return generate_latest(self._registry) + generate_latest(PROCESS)

    def collect(self) -> Iterable[Metric]:
        running = self._engine.running
        yield from _work(running)
        yield from _hearing(running)
        yield from _standing(running, to_us(self._engine.clock.now()))
        yield from self._beside()
        outlet = self._engine.tracer.outlet
        yield GaugeMetricFamily(
            "lienthong_spans_dropped", "Spans that could not be kept", outlet.dropped if outlet else 0
        )
        read = CounterMetricFamily("lienthong_vault_openings", "Readings of personal data", labels=["purpose"])
        for purpose, number in self._openings().items():
            read.add_metric([purpose], number)
        yield read


def _work(running: Mapping[str, Running]) -> Iterable[Metric]:
    """What the lanes have done since the process began."""
    done = CounterMetricFamily("lienthong_lane", "What a lane has done, by kind", labels=["service", "kind"])
    told = ["service", "command", "outcome"]
    commands = CounterMetricFamily("lienthong_commands", "Commands from the border, by what they came to", labels=told)
    refusals = CounterMetricFamily("lienthong_refusals", "Commands that a rule refused", labels=["service", "code"])
    waiting = GaugeMetricFamily("lienthong_commands_waiting", "Commands in line", labels=["service"])
    for name, one in running.items():
        waiting.add_metric([name], one.lane.waiting)
        for kind, number in list(one.lane.counts.items()):
            done.add_metric([name, kind], number)
        for (command, outcome), number in list(one.lane.commands.items()):
            commands.add_metric([name, command, outcome], number)
        for code, number in _refused(one.lane).items():
            refusals.add_metric([name, code], number)
    return done, commands, refusals, waiting


def _refused(lane: Lane) -> dict[str, int]:
    refused: dict[str, int] = {}
    for (_, outcome), number in list(lane.commands.items()):
        if outcome not in CARRIED_OUT | NOT_RULES:
            refused[outcome] = refused.get(outcome, 0) + number
    return refused


def _hearing(running: Mapping[str, Running]) -> Iterable[Metric]:
    """How far the readers are behind, and what they could not take."""
    held = GaugeMetricFamily("lienthong_held", "Messages that wait for an earlier one", labels=["service"])
    parked = GaugeMetricFamily("lienthong_parked", "Messages put aside for staff", labels=["service"])
    lag = GaugeMetricFamily("lienthong_reader_lag", "Messages said and not yet taken", labels=["service", "channel"])
    oldest = GaugeMetricFamily(
        "lienthong_reader_oldest_seconds", "Age of the oldest message not yet taken", labels=["service", "channel"]
    )
    for name, one in running.items():
        waiting = list(one.inbox.held.values())
        held.add_metric([name], sum(message.error is None for message in waiting))
        parked.add_metric([name], sum(message.error is not None for message in waiting))
        now_us = to_us(one.lane.clock.now())
        with suppress(StoreUnavailable):  # what cannot be read now is left out; the rest is looked at all the more
            for channel, (messages, since_us) in one.inbox.behind().items():
                lag.add_metric([name, channel], messages)
                oldest.add_metric([name, channel], 0 if since_us is None else max(0, now_us - since_us) / 1e6)
    return held, parked, lag, oldest


def _standing(running: Mapping[str, Running], now_us: int) -> Iterable[Metric]:
    """What the stores hold, and what time has brought."""
    owing = GaugeMetricFamily("lienthong_sagas_owing", "Sagas that still owe something", labels=["service"])
    oldest = GaugeMetricFamily("lienthong_sagas_oldest_seconds", "Age of the oldest debt", labels=["service"])
    due = GaugeMetricFamily("lienthong_timers_due", "Timers whose hour has come", labels=["service"])
    head = GaugeMetricFamily("lienthong_store_events", "Stored events", labels=["service"])
    size = GaugeMetricFamily("lienthong_store_bytes", "Room that the store takes", labels=["service"])
    for name, one in running.items():
        owing.add_metric([name], len(one.lane.owing))
        head.add_metric([name], one.store.head())
        with suppress(StoreUnavailable):
            since_us = one.store.owing_since_us()
            oldest.add_metric([name], 0 if since_us is None else max(0, now_us - since_us) / 1e6)
            due.add_metric([name], len(one.store.due_timers(now_us, DUE_COUNTED_TO)))
            size.add_metric([name], one.store.size_bytes())
    return owing, oldest, due, head, size
