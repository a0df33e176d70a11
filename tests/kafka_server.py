"""Real Kafka for tests: one broker, or three, with TLS, passwords and rules, shared by the workers of a run.

`kafka` is one node, `kafka_cluster` three; both are started by whoever asks first and stopped by whoever leaves last.
A run that was killed leaves its brokers behind: the next run finds that nobody holds them any more and ends them.
"""

import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from chassis.bus.kafka_access import KafkaAccess
from chassis.bus.kafka_admin import Administration
from chassis.bus.kafka_cluster import Cluster
from chassis.bus.kafka_table import Principal, Table, Topic

SCRIPT = Path(__file__).resolve().parent.parent / "deploy/native/kafka.sh"
PLACES = "lienthong-kafka-"
PORTS = range(21_000, 31_000)
"""Below the ports that the system gives to whoever does not care, and none of the product's own."""

WITHOUT = os.environ.get("LIENTHONG_WITHOUT_SERVERS") == "1"


@dataclass(slots=True)
class KafkaServer:
    """Brokers that run, and how a test gets things of its own on them.

    Args:
        folder: the cluster's, as `deploy/native/kafka.sh` made it.
        admin: access as the super user.
    """

    folder: Path
    admin: KafkaAccess
    _cluster: Cluster | None = field(default=None, init=False)

    @property
    def cluster(self) -> Cluster:
        """Return the administrator's view, connected once."""
        if self._cluster is None:
            self._cluster = Cluster.reached(self.admin)
        return self._cluster

    def unique(self, word: str) -> str:
        """Return a name that no other test has."""
        return f"{word}-{secrets.token_hex(5)}"

    def topic(self, word: str = "events", partitions: int = 1, **settings: str) -> str:
        """Make a topic and return its name; `retention_ms="1000"` sets `retention.ms`."""
        name = self.unique(word)
        given = {one.replace("_", "."): value for one, value in settings.items()}
        self.make(Table((Topic(name, partitions, given),), ()))
        return name

    def principal(
        self,
        word: str = "somebody",
        *,
        writes: tuple[str, ...] = (),
        reads: tuple[str, ...] = (),
        groups: tuple[str, ...] = (),
        looks: tuple[str, ...] = (),
    ) -> KafkaAccess:
        """Make a user who may do this and no more, and return its access."""
        name, password = self.unique(word), secrets.token_urlsafe(18)
        self.make(Table((), (Principal(name, writes, reads, groups, looks),)), {name: password})
        return self.as_user(name, password)

    def make(self, table: Table, passwords: dict[str, str] | None = None) -> None:
        """Make what a table declares, beside whatever other tests made."""
        Administration(self.admin, self.cluster, table, passwords or {}, rehearsal=True).apply()

    def as_user(self, name: str, password: str) -> KafkaAccess:
        """Return the access of a user."""
        return KafkaAccess(self.admin.bootstrap, name, password, self.admin.ca)

    # --- nodes: only of a cluster that the test has for itself ---

    def kill(self, node: int) -> None:
        """Kill -9."""
        self._script("kill", str(node))

    def start(self, node: int) -> None:
        """Start a node and wait until it is ready."""
        self._script("node", "start", str(node))

    def pid(self, node: int) -> int:
        """Return the process of a node."""
        return int((self.folder / f"kafka/{node}/pid").read_text())

    def _script(self, *command: str) -> None:
        call(self.folder, *command)

    def close(self) -> None:
        if self._cluster is not None:
            self._cluster.client.close()


def call(folder: Path, *command: str, port: int | None = None) -> str:
    """Run `kafka.sh` on a cluster's folder and return what it said.

    Raises:
        RuntimeError: it failed; its own words are the reason.
    """
    environment = {**os.environ, "LIENTHONG_CLUSTER": str(folder)}
    environment.pop("LIENTHONG_KAFKA_PORT", None)
    environment.pop("LIENTHONG_KAFKA_NODES", None)
    if port is not None:
        environment["LIENTHONG_KAFKA_PORT"] = str(port)
    done = subprocess.run([SCRIPT, *command], env=environment, capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"kafka.sh {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def running(nodes: int, place: Path) -> Iterator[KafkaServer]:
    """Give a running cluster in the folder `place`, started if this is the first to come, ended by the last to go."""
    end_forsaken(place.parent)
    with ExitStack() as held:
        with _alone(place.parent):
            place.mkdir(mode=0o700, exist_ok=True)
            mine = held.enter_context((place / f"user-{os.getpid()}").open("w"))
            # Held until this process is no more, however it ends.
            fcntl.flock(mine, fcntl.LOCK_EX)
            folder = place / "cluster"
            if not (place / "ready").exists():
                _start(folder, nodes)
                (place / "ready").touch()
        server = KafkaServer(folder, access_of(folder))
        try:
            yield server
        finally:
            server.close()
            with _alone(place.parent):
                Path(mine.name).unlink()
                if not _used(place):
                    _end(place)


def access_of(folder: Path) -> KafkaAccess:
    """Return the super user's access to a cluster that `kafka.sh` made."""
    words = dict(word.split("=", 1) for word in (folder / "kafka/cluster").read_text().split())
    first = int(words["PORT"])
    bootstrap = ",".join(f"127.0.0.1:{first + node}" for node in range(int(words["NODES"])))
    password = (folder / "secrets/admin.password").read_text().strip()
    return KafkaAccess(bootstrap, "admin", password, str(folder / "tls/ca.pem"))


def end_forsaken(where: Path) -> None:
    """End the brokers of runs that were killed."""
    with _alone(where):
        for place in where.glob(f"{PLACES}*"):
            if place.is_dir() and not _used(place):
                _end(place)


def _start(folder: Path, nodes: int) -> None:
    trouble = RuntimeError()
    call(folder, "install")
    for _ in range(3):
        try:
            call(folder, "start", str(nodes), port=free_port())
            return
        except RuntimeError as error:
            # Between the look and the start somebody else may have taken the port.
            trouble = error
            call(folder, "clean")
    raise trouble


def tls(folder: Path, *hosts: str) -> None:
    """Make an authority and its certificates into a folder."""
    named = [word for host in hosts for word in ("--host", host)]
    subprocess.run([sys.executable, SCRIPT.with_name("tls.py"), folder, *named], check=True, capture_output=True)


def free_port() -> int:
    """Return a port that is free now, and so are those that a cluster of three takes from there on."""
    while True:
        first = secrets.choice(PORTS)
        if all(_is_free(first + far + node) for far in (0, 100, 200) for node in range(3)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _used(place: Path) -> bool:
    return any(_is_held(user) for user in place.glob("user-*"))


def _is_held(path: Path) -> bool:
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _end(place: Path) -> None:
    if (place / "cluster").exists():
        call(place / "cluster", "clean")
    shutil.rmtree(place)


@contextmanager
def _alone(where: Path) -> Iterator[IO[str]]:
    with (where / f"{PLACES}lock-{os.getuid()}").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def _place(nodes: int, testrun: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{PLACES}{nodes}-{testrun}"


def _offered(nodes: int, testrun: str) -> Iterator[KafkaServer]:
    if WITHOUT:
        pytest.skip("LIENTHONG_WITHOUT_SERVERS=1: asked to go on without Kafka")
    with running(nodes, _place(nodes, testrun)) as server:
        yield server


@pytest.fixture(scope="session")
def _testrun() -> str:
    """Return what is the same for all workers of this run, and for no other run."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"alone{os.getpid()}"


@pytest.fixture(scope="session")
def kafka(_testrun: str) -> Iterator[KafkaServer]:
    """One broker with everything that protects it; nobody kills it."""
    yield from _offered(1, _testrun)


@pytest.fixture(scope="session")
def kafka_cluster(_testrun: str) -> Iterator[KafkaServer]:
    """Three brokers, for the few tests that need them; whoever kills one starts it again."""
    yield from _offered(3, _testrun)


@pytest.fixture
def kafka_alone(_testrun: str) -> Iterator[KafkaServer]:
    """One broker that nobody else uses, for a test of everything that it holds, or one that kills it."""
    yield from _offered(1, f"{_testrun}-{secrets.token_hex(5)}")
