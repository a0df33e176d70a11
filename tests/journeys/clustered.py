"""The product as processes over Kafka and PostgreSQL behind its front: the same stories are told there.

`LIENTHONG_TEST_JOURNEYS=cluster pytest -n 0 tests/journeys` starts one native cluster; each story finds it empty.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from psycopg import sql

from chassis.bus.kafka_cluster import Cluster as Brokers
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_readonly import ReadOnlyStore
from chassis.web.auth import Principal
from chassis.web.oidc_issuer import DevelopmentIssuer
from cli.cluster import Place
from services.topology import ADMIN, AUDITOR, PROCESSES
from tests.drill.ground import POSTGRES_PORT, Cluster, wait_until_ready
from tests.journeys.served import API, PATIENCE_S, Served

PROGRAMS: Final = tuple(process.name for process in PROCESSES)
DATABASES: Final = tuple(process.database for process in PROCESSES if process.database)
MADE_WITHIN_S: Final = 120.0


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Give a cluster that has just started, and the environment in which commands find it."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="lienthong-journeys-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        started = Cluster(folder / "cluster")
        os.environ.update(started.env)
        try:
            started.start()
            yield started
        finally:
            started.clean()
            os.environ.clear()
            os.environ.update(before)


def empty(cluster: Cluster) -> None:
    """Take everything away that the product has stored: databases and topics are made anew, and its processes."""
    _wait_for_init(cluster)  # the cluster may be ready while it still looks
    _all_at_once(cluster, "stop")
    place = Place.found(cluster.folder, None)
    password = (place.secrets / "postgres.password").read_text().strip()
    administrator = f"host=127.0.0.1 port={POSTGRES_PORT} dbname=postgres user=postgres sslmode=require"
    with PostgresAccess(administrator, password).connect("") as db:
        for database in DATABASES:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
    with Brokers.reached(place.kafka(ADMIN)) as brokers:
        brokers.client.delete_topics(list(brokers.topics()))
        deadline = time.monotonic() + MADE_WITHIN_S
        while brokers.topics():
            assert time.monotonic() < deadline, "topics are still there"
            time.sleep(0.1)
    cluster.control("start", "init")
    _wait_for_init(cluster)
    _all_at_once(cluster, "start")
    wait_until_ready(cluster.url)


def _wait_for_init(cluster: Cluster) -> None:
    """Wait until databases and topics are made and nobody is about to make them."""
    deadline = time.monotonic() + MADE_WITHIN_S
    while "EXITED" not in cluster.control("status", "init"):
        assert time.monotonic() < deadline, "databases and topics were not made"
        time.sleep(0.2)


def _all_at_once(cluster: Cluster, verb: str) -> None:
    """Stop or start every process of the product; the supervisor itself would wait for each in turn."""
    with ThreadPoolExecutor(len(PROGRAMS)) as together:
        for _ in together.map(lambda program: cluster.control(verb, program), PROGRAMS):
            pass


class Clustered(Served):
    """Every service as a process of its own; what is asked for goes through the front."""

    def __init__(self, cluster: Cluster, at: datetime) -> None:
        self._place = Place.found(cluster.folder, None)
        self._http = httpx.Client(base_url=cluster.url, timeout=PATIENCE_S)
        self._vault = self._place.vault("intake")
        self._issuer = DevelopmentIssuer(self._place.secrets / "issuer.key", cluster.url)
        self._stores: dict[str, ReadOnlyStore] = {}
        super().__init__(self._http, _Paths(self._asked("/api/openapi.json")))
        self.move_to(at)

    def _asked(self, path: str, **to_say: Any) -> Any:
        answer = self._http.post(path, **to_say) if to_say else self._http.get(path)
        return answer.raise_for_status().json()

    def close(self) -> None:
        for store in self._stores.values():
            store.close()
        self._vault.close()
        self._http.close()

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self._asked(f"{API}/rehearsal/clock")["now"])

    def move_to(self, instant: datetime) -> None:
        self._asked(f"{API}/rehearsal/clock", json={"to": instant.isoformat()})

    def person(self, kind: str, number: str) -> str:
        person = self._vault.person(kind, number)
        self._vault.keep(person)
        return person

    def token(self, who: Principal) -> str:
        return self._issuer.issue(who, lifetime_s=7 * 24 * 3600)

    def store(self, service: str) -> ReadOnlyStore:
        if service not in self._stores:
            self._stores[service] = self._place.log(service, AUDITOR)
        return self._stores[service]


class _Paths(dict[tuple[str, str], str]):
    """The front's own description says where each act and view is; names are of one service only."""

    def __init__(self, described: dict[str, Any]) -> None:
        named = ((one["operationId"], path) for path, of in described["paths"].items() for one in of.values())
        self._by_name = {name: path.removeprefix(API) for name, path in named}

    def __missing__(self, key: tuple[str, str]) -> str:
        return self._by_name[key[1]]
