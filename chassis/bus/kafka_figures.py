"""Figures of a process that speaks over Kafka: what it still has to say, and what it was given to hear."""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric

from chassis.bus.kafka import KafkaBus
from chassis.bus.kafka_ear import KafkaEar
from chassis.bus.kafka_relay import Relay
from chassis.clock import Clock, to_us
from chassis.stores.store import SharedStore, StoreUnavailable

UNSAID: Final = (
    "SELECT count(*) AS unsaid, min(time_us) AS oldest_us FROM "
    "(SELECT time_us FROM events WHERE position>:after AND said IS NOT NULL ORDER BY position LIMIT 10000) AS waiting"
)


class KafkaFigures:
    """The figures of one process; `docs/telemetry.md` explains each."""

    def __init__(
        self, service: str, store: SharedStore, bus: KafkaBus, ear: KafkaEar, relay: Relay | None, clock: Clock
    ) -> None:
        self._service = service
        self._store = store
        self._bus = bus
        self._ear = ear
        self._relay = relay
        self._clock = clock

    def collect(self) -> Iterable[Metric]:
        """Yield what this process knows; what its database does not answer now is left out."""
        labels = ["service"]
        given = GaugeMetricFamily("lienthong_partitions", "Partitions that this process hears", labels=labels)
        given.add_metric([self._service], len(self._bus.channels(self._service)))
        yield given
        if self._ear.polled_at:
            polled = GaugeMetricFamily("lienthong_poll_age_seconds", "Since the brokers were last asked", labels=labels)
            polled.add_metric([self._service], time.monotonic() - self._ear.polled_at)
            yield polled
        if self._relay is not None:
            with suppress(StoreUnavailable):
                yield from self._unsaid(self._relay)

    def _unsaid(self, relay: Relay) -> Iterable[Metric]:
        (row,) = self._store.query(UNSAID, {"after": relay.relayed()})
        unsaid = GaugeMetricFamily(
            "lienthong_relay_unsaid", "Events stored and not yet acknowledged by the brokers, counted to 10,000",
            labels=["service"],
        )  # fmt: skip
        unsaid.add_metric([self._service], row["unsaid"])
        oldest = GaugeMetricFamily(
            "lienthong_relay_oldest_seconds", "Age of the oldest of them, by the service's clock", labels=["service"]
        )
        since_us = row["oldest_us"]
        age_us = 0 if since_us is None else max(0, to_us(self._clock.now()) - since_us)
        oldest.add_metric([self._service], age_us / 1e6)
        return unsaid, oldest
