"""Instances of services as they run apart: PostgreSQL for each, real Kafka between them, threads of their own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chassis.bus.kafka import KafkaBus
from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_ear import KafkaEar
from chassis.bus.kafka_relay import Relay
from chassis.clock import Clock, WallClock
from chassis.executor import Answered, Job
from chassis.run import Engine, Running
from chassis.service import Service
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import Writes
from tests.chassis.running import said_plainly

COMES_WITHIN_S = 60.0
LOOKS_EVERY_S = 0.02
SESSION_MS = 6_000


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that has to come true.

    Raises:
        AssertionError: it does not come.
    """
    given_up = time.monotonic() + COMES_WITHIN_S
    while not holds():
        assert time.monotonic() < given_up, f"{what}: it did not come within {COMES_WITHIN_S:.0f} s"
        time.sleep(LOOKS_EVERY_S)


@dataclass(frozen=True, slots=True)
class Line:
    """Where instances meet: the brokers, a topic of the test's own, and one for what is missed.

    Args:
        of: what the groups' names end with, so that no other test is of the same group.
    """

    access: KafkaAccess
    topic: str
    say_again: str = ""
    of: str = ""


class Instance:
    """One process's worth of a service, in this process."""

    def __init__(
        self, service: Service, database: PostgresAccess, line: Line, name: str = "", speaks: bool = True,
        clock: Clock | None = None, durable_first: Callable[[Writes], None] = lambda writes: None,
    ) -> None:  # fmt: skip
        self.store = PostgresStore(database)
        self.bus = KafkaBus()
        self.engine = Engine(
            [service], {service.name: self.store}, self.bus, clock or WallClock(), disk_threads=True,
            durable_first=durable_first,
        )  # fmt: skip
        self.bus.told = self.engine.wake
        self.ear = KafkaEar(
            self.bus, line.access, line.topic, service.name, self.store.position, name, SESSION_MS, line.say_again,
            group=f"{service.name}-{line.of}",
        )  # fmt: skip
        self.relay = None
        if speaks:
            self.relay = Relay(
                service.name, self.store, line.access, line.topic, line.say_again, name, witness_group=f"w-{line.of}"
            )
        self._name = service.name

    @property
    def running(self) -> Running:
        return self.engine.running[self._name]

    def start(self) -> "Instance":
        self.engine.start()
        self.ear.start()
        if self.relay is not None:
            self.running.lane.committed.append(lambda batch: self.relay.wake() if self.relay else None)
            self.relay.start()
        return self

    def give(self, *commands: Any) -> list[Answered]:
        """Give commands at once and wait for their answers."""
        jobs = [Job(command, render=said_plainly) for command in commands]
        for job in jobs:
            self.engine.submit(self._name, job)
        return [job.future.result(timeout=COMES_WITHIN_S) for job in jobs]

    def state(self, stream: str) -> Any:
        return self.running.lane.fold(stream)[0]

    def stop(self) -> None:
        self.ear.close()
        if self.relay is not None:
            self.relay.close()
        self.engine.stop()
