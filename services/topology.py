"""What stands where when every service is a process of its own: the one table of topics, principals and processes.

`lienthong kafka apply` makes topics, users and access rules from it; the scripts of `deploy/native`, the compose file
and the manifests of `deploy/` say the same, and `tests/architecture/test_topology.py` compares them.
"""

from dataclasses import dataclass
from typing import Final

from chassis.bus.kafka_table import Principal, Table, Topic
from chassis.bus.kafka_witness import group_of
from chassis.wire import PARTITIONS, SAY_AGAIN, TOPIC

KAFKA_VERSION: Final = "4.3.1"
BROKERS: Final = 3
MIN_INSYNC: Final = 2
DAY_MS: Final = 24 * 3600 * 1000

LIVE: Final = "reporting-live"
"""The Faust application of live figures: its consumer group, and the beginning of its topics' names."""


@dataclass(frozen=True, slots=True)
class Process:
    """One kind of process of the product.

    Args:
        module: started as `python -m <module>`.
        port: where it answers HTTP.
        database: its own database, and the role that alone may enter it; "" where it has none.
        principal: as whom it speaks to Kafka, "" where it does not.
        scales: it may run as several instances.
    """

    name: str
    module: str
    port: int
    database: str = ""
    principal: str = ""
    scales: bool = False


LIVE_CHANGELOG: Final = f"{LIVE}-hours-changelog"

TOPICS: Final = (
    Topic(TOPIC, PARTITIONS, {"retention.ms": str(90 * DAY_MS), "max.message.bytes": "1048588"}),
    Topic(SAY_AGAIN, 1, {"retention.ms": str(DAY_MS)}),
    Topic(LIVE_CHANGELOG, PARTITIONS, {"cleanup.policy": "compact"}),
)

SERVICES: Final = ("intake", "routing", "payments", "postal", "reporting")
"""The services that keep a log or read models in a database of their own."""

SPEAKERS: Final = ("intake", "routing", "payments", "postal")
"""The services that say public events."""

PRINCIPALS: Final = (
    *(Principal(name, (TOPIC, SAY_AGAIN), (TOPIC, SAY_AGAIN), (name, group_of(name))) for name in SPEAKERS),
    Principal("reporting", (SAY_AGAIN,), (TOPIC,), ("reporting",)),
    Principal(LIVE, (LIVE_CHANGELOG,), (TOPIC, LIVE_CHANGELOG), (LIVE,)),
    Principal("auditor", (), (TOPIC, SAY_AGAIN), (), ("*",)),
)

ADMIN: Final = "admin"
"""The super user that `lienthong kafka apply` speaks as; no process of the product does."""

KAFKA: Final = Table(TOPICS, PRINCIPALS, ADMIN)

PROCESSES: Final = (
    Process("vault", "chassis.vault_server", 8111, database="vault"),
    Process("files", "chassis.file_server", 8112),
    Process("intake", "services.intake", 8101, "intake", "intake", scales=True),
    Process("routing", "services.routing", 8102, "routing", "routing", scales=True),
    Process("payments", "services.payments", 8103, "payments", "payments", scales=True),
    Process("postal", "services.postal", 8104, "postal", "postal", scales=True),
    Process("reporting", "services.reporting", 8105, "reporting", "reporting", scales=True),
    Process("live", "services.reporting.streams", 8106, principal=LIVE),
    Process("front", "services.front", 8080),
)

DATABASES: Final = tuple(process.database for process in PROCESSES if process.database)
"""Each belongs to a role of the same name, which alone may enter it; the role `auditor` may read all of them."""

AUDITOR: Final = "auditor"
POSTGRES_PORT: Final = 25432
CLIENT_PORTS: Final = (20091, 20092, 20093)
INTERNAL_PORTS: Final = (20291, 20292, 20293)
CONTROLLER_PORTS: Final = (20191, 20192, 20193)
