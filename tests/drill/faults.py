"""What is done to a cluster in a drill. A fault ends by itself or is ended here; the supervisor restarts what died."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import stamina
from kafka.errors import KafkaError

from chassis.bus.kafka_cluster import Cluster as Brokers
from chassis.wire import TOPIC
from cli.cluster import Place
from services.topology import ADMIN, SERVICES
from tests.drill.apart import Cut, Full
from tests.drill.ground import FIRST_PORT, KAFKA_PORT, POSTGRES_PORT, Cluster

OTHERS: Final = ("vault", "files", "front", "live")
ASKED_FOR_S: Final = 60.0
CUT_S: Final = 20.0
FULL_S: Final = 20.0
STOPPED_S: Final = 30.0
"""Longer than a session of six seconds: the partitions get a second owner, and then the first one wakes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is done to a cluster; `does` returns what it was done to."""

    name: str
    does: Callable[[Cluster, random.Random], str]


def _instances(cluster: Cluster) -> tuple[str, ...]:
    """Return the programs of the services' instances."""
    return (*SERVICES, *(f"{service}-2" for service in cluster.twice))


def _kill(cluster: Cluster, program: str) -> str:
    cluster.signal(program, signal.SIGKILL)
    return program


def _kill_service(cluster: Cluster, chance: random.Random) -> str:
    return _kill(cluster, chance.choice(_instances(cluster)))


def _kill_other(cluster: Cluster, chance: random.Random) -> str:
    return _kill(cluster, chance.choice(OTHERS))


def _kill_all(cluster: Cluster, chance: random.Random) -> str:
    for program in (*_instances(cluster), *OTHERS):
        _kill(cluster, program)
    return "every process of the product"


def _kill_broker(cluster: Cluster, chance: random.Random) -> str:
    node = chance.randint(1, 3)
    return _kill(cluster, f"kafka:kafka-{node}")


@stamina.retry(on=KafkaError, attempts=None, timeout=ASKED_FOR_S)
def _asked(cluster: Cluster, ask: Callable[[Brokers], Any]) -> Any:
    """Return what the brokers say of themselves; one that was killed a moment ago may not answer yet."""
    with Brokers.reached(Place.found(cluster.folder, None).kafka(ADMIN)) as brokers:
        return ask(brokers)


def _kill_controller(cluster: Cluster, chance: random.Random) -> str:
    quorum = _asked(cluster, lambda brokers: brokers.client.describe_metadata_quorum())
    leader = int(quorum["topics"][0]["partitions"][0]["leader_id"])
    return f"{_kill(cluster, f'kafka:kafka-{leader}')}, the controller"


def _kill_leader(cluster: Cluster, chance: random.Random) -> str:
    partitions = _asked(cluster, lambda brokers: brokers.client.describe_topics([TOPIC]))[0]["partitions"]
    chosen = chance.choice(sorted(partitions, key=lambda one: int(one["partition_index"])))
    killed = _kill(cluster, f"kafka:kafka-{chosen['leader_id']}")
    return f"{killed}, the leader of {TOPIC}-{chosen['partition_index']}"


def _kill_database(cluster: Cluster, chance: random.Random) -> str:
    return _kill(cluster, "postgres")


def _restart_database(cluster: Cluster, chance: random.Random) -> str:
    cluster.control("restart", "postgres")
    return "postgres"


def _stop_for_a_while(cluster: Cluster, chance: random.Random) -> str:
    program = chance.choice(_instances(cluster))
    cluster.signal(program, signal.SIGSTOP)
    time.sleep(STOPPED_S)
    cluster.signal(program, signal.SIGCONT)
    return f"{program} for {STOPPED_S:.0f} s"


def _cut(cluster: Cluster, chance: random.Random) -> str:
    node = chance.randint(1, 3)
    clients, inner = KAFKA_PORT + node - 1, (KAFKA_PORT + 100 + node - 1, KAFKA_PORT + 200 + node - 1)
    what, ports = chance.choice(
        (
            (f"kafka-{node} from every service", (clients,)),
            ("every broker from every service", tuple(KAFKA_PORT + offset for offset in range(3))),
            (f"kafka-{node} from the other brokers", inner),
            (f"kafka-{node} from everybody", (clients, *inner)),
            ("PostgreSQL from every service", (POSTGRES_PORT,)),
            ("the vault from every service", (FIRST_PORT,)),
        )
    )
    with Cut(ports):
        time.sleep(CUT_S)
    return f"{what} for {CUT_S:.0f} s"


def _fill(cluster: Cluster, folder: str) -> str:
    before = _complaints(cluster)
    with Full(cluster.folder / folder):
        time.sleep(FULL_S)
    felt = _complaints(cluster) - before
    return f"{folder} for {FULL_S:.0f} s, {f'met {felt} times' if felt else 'nobody met it'}"


def _complaints(cluster: Cluster) -> int:
    """Return how often the servers have said that there is no room."""
    return sum(log.read_bytes().count(b"No space left on device") for log in (cluster.folder / "logs").iterdir())


def _fill_broker(cluster: Cluster, chance: random.Random) -> str:
    return _fill(cluster, f"kafka/{chance.randint(1, 3)}")


def _fill_database(cluster: Cluster, chance: random.Random) -> str:
    return _fill(cluster, "postgres")


def _restart_in_turn(cluster: Cluster, chance: random.Random) -> str:
    for program in _instances(cluster):
        cluster.control("restart", program)
    return "every instance of a service, one after the other"


FAULTS: Final = (
    Fault("kill -9 of a service, its relay and its reader", _kill_service),
    Fault("kill -9 beside the services", _kill_other),
    Fault("kill -9 of all at once", _kill_all),
    Fault("kill -9 of a broker", _kill_broker),
    Fault("kill -9 of the controller", _kill_controller),
    Fault("kill -9 of a partition's leader", _kill_leader),
    Fault("kill -9 of PostgreSQL", _kill_database),
    Fault("restart of PostgreSQL", _restart_database),
    Fault("SIGSTOP of a service", _stop_for_a_while),
    Fault("rolling restart", _restart_in_turn),
)
"""Faults that any machine can be put to."""

FAULTS_APART: Final = (
    Fault("network cut", _cut),
    Fault("full disk under a broker's log", _fill_broker),
    Fault("full disk under PostgreSQL", _fill_database),
)
"""Faults that need a network and a disk of the drill's own (`tests.drill.apart`)."""
