"""What is done to a cluster in a drill. A fault ends by itself or is ended here; the supervisor restarts what died."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chassis.bus.kafka_cluster import Cluster as Brokers
from cli.cluster import Place
from services.topology import ADMIN
from tests.drill.ground import Cluster

SERVICES: Final = ("intake", "routing", "payments", "postal", "reporting")
OTHERS: Final = ("vault", "files", "front", "live")
STOPPED_S: Final = 30.0
"""Longer than a session of six seconds: the partitions get a second owner, and then the first one wakes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is done to a cluster; `does` returns what it was done to."""

    name: str
    does: Callable[[Cluster, random.Random], str]


def _kill(cluster: Cluster, program: str) -> str:
    cluster.signal(program, signal.SIGKILL)
    return program


def _kill_service(cluster: Cluster, chance: random.Random) -> str:
    return _kill(cluster, chance.choice(SERVICES))


def _kill_other(cluster: Cluster, chance: random.Random) -> str:
    return _kill(cluster, chance.choice(OTHERS))


def _kill_all(cluster: Cluster, chance: random.Random) -> str:
    for program in (*SERVICES, *OTHERS):
        _kill(cluster, program)
    return "every process of the product"


def _kill_broker(cluster: Cluster, chance: random.Random) -> str:
    node = chance.randint(1, 3)
    return _kill(cluster, f"kafka:kafka-{node}")


def _kill_controller(cluster: Cluster, chance: random.Random) -> str:
    place = Place.found(cluster.folder, None)
    with Brokers.reached(place.kafka(ADMIN)) as brokers:
        quorum = brokers.client.describe_metadata_quorum()["topics"][0]["partitions"][0]
        leader = int(quorum["leader_id"])
    return f"{_kill(cluster, f'kafka:kafka-{leader}')}, the controller"


def _kill_database(cluster: Cluster, chance: random.Random) -> str:
    return _kill(cluster, "postgres")


def _restart_database(cluster: Cluster, chance: random.Random) -> str:
    cluster.control("restart", "postgres")
    return "postgres"


def _stop_for_a_while(cluster: Cluster, chance: random.Random) -> str:
    program = chance.choice(SERVICES)
    cluster.signal(program, signal.SIGSTOP)
    time.sleep(STOPPED_S)
    cluster.signal(program, signal.SIGCONT)
    return f"{program} for {STOPPED_S:.0f} s"


def _restart_in_turn(cluster: Cluster, chance: random.Random) -> str:
    for program in SERVICES:
        cluster.control("restart", program)
    return "every service, one after the other"


FAULTS: Final = (
    Fault("kill -9 of a service, its relay and its reader", _kill_service),
    Fault("kill -9 beside the services", _kill_other),
    Fault("kill -9 of all at once", _kill_all),
    Fault("kill -9 of a broker", _kill_broker),
    Fault("kill -9 of the controller", _kill_controller),
    Fault("kill -9 of PostgreSQL", _kill_database),
    Fault("restart of PostgreSQL", _restart_database),
    Fault("SIGSTOP of a service", _stop_for_a_while),
    Fault("rolling restart", _restart_in_turn),
)
