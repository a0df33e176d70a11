"""A real PostgreSQL for tests: one server, shared by the workers of a run, and a fresh database for each test.

Whoever asks first starts it, whoever leaves last stops it. Users are counted by a lock that goes with their process, so
a run that was killed leaves at most a server behind, which the next run takes down and makes anew. It does not sync to
disk (fsync=off): a test that kills PostgreSQL starts one of its own, with `own_postgres`.

With LIENTHONG_TEST_STORE=postgres the services' own tests keep their stores there too, instead of in files.
"""

import atexit
import fcntl
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Final
from zlib import crc32

import psycopg
import pytest

from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.postgres_migrations import STEPS, bring_up

SCRIPT: Final = Path(__file__).resolve().parent.parent / "deploy/native/postgres.sh"
WITHOUT: Final = os.environ.get("LIENTHONG_WITHOUT_SERVERS") == "1"
UNSAFE_AND_QUICK: Final = "-c fsync=off -c full_page_writes=off -c max_connections=400"
PORTS: Final = range(21_000, 31_000)
"""Below the ports that the system gives to whoever does not care, and none of the product's own."""

MIGRATED: Final = f"migrated_{crc32(b''.join(step.read_bytes() for step in sorted(STEPS.glob('*.sql')))):08x}"
"""A server may outlive a change of the steps, where two runs follow each other closely."""

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server that runs, and how a test gets a database of its own on it.

    Args:
        folder: the cluster's, as `deploy/native/postgres.sh` made it.
    """

    folder: Path
    port: int
    password: str

    def access(self, database: str, user: str = "postgres", password: str = "") -> PostgresAccess:
        """Return a way to a database, the administrator's unless another is named."""
        conninfo = f"host=127.0.0.1 port={self.port} dbname={database} user={user}"
        return PostgresAccess(conninfo, password or self.password)

    @property
    def admin(self) -> PostgresAccess:
        return self.access("postgres")

    def fresh(self, template: str = "template1") -> PostgresAccess:
        """Make a database that no other test has, and return the way to it."""
        name = f"t{os.getpid()}_{next(_NUMBERS)}"
        with self.admin.connect("") as db:
            db.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.access(name)

    def template(self, name: str, fill: Callable[[PostgresAccess], None]) -> str:
        """Make, once in a run, a database that others are copied from, and return its name."""
        with locked(self.folder / f"{name}.lock"), self.admin.connect("") as db:
            if db.execute("SELECT 1 FROM pg_database WHERE datname=%s", (name,)).fetchone() is None:
                db.execute(f"DROP DATABASE IF EXISTS {name}_half WITH (FORCE)")
                db.execute(f"CREATE DATABASE {name}_half")
                fill(self.access(f"{name}_half"))
                db.execute(f"ALTER DATABASE {name}_half RENAME TO {name}")
        return name

    def drop(self, access: PostgresAccess) -> None:
        """Remove a test's database, whoever is still in it."""
        with self.admin.connect("") as db:
            db.execute(f"DROP DATABASE IF EXISTS {access.name} WITH (FORCE)")

    def script(self, action: str, options: str = "") -> None:
        """Call the script that the product's own server is started with.

        Raises:
            RuntimeError: it failed; the message is what it said.
        """
        environment = {
            **os.environ,
            "LIENTHONG_CLUSTER": str(self.folder),
            "LIENTHONG_POSTGRES_PORT": str(self.port),
            "LIENTHONG_POSTGRES_OPTIONS": options,
        }
        done = subprocess.run(
            [str(SCRIPT), action], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or done.stdout.strip())


@contextmanager
def locked(path: Path) -> Iterator[IO[str]]:
    """Be alone in something, among all processes of this machine."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def free_port() -> int:
    """Return a port that nobody listens at, of a range that nobody is given by chance."""
    for port in itertools.chain(PORTS[os.getpid() % len(PORTS) :], PORTS):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")


def _started(folder: Path, options: str = "") -> PostgresServer:
    """Start a server over a folder, at the port that it has or at a new one."""
    port = folder / "port"
    if not port.exists():
        port.write_text(str(free_port()))
    server = PostgresServer(folder, int(port.read_text()), "")
    server.script("start", options)
    return PostgresServer(folder, server.port, (folder / "secrets/postgres.password").read_text())


def _place() -> Path:
    """Return the folder of this copy of the project's server; PostgreSQL's own user has to be able to pass to it."""
    whose = f"{os.getuid()}-{crc32(str(SCRIPT).encode()):08x}"
    return Path(tempfile.gettempdir()) / f"lienthong-postgres-{whose}"


def _alone(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def shared_server() -> Iterator[PostgresServer]:
    """Give the server of this run; it lives as long as anybody uses it."""
    place = _place()
    place.mkdir(mode=0o711, exist_ok=True)
    with (place / "users.lock").open("a") as users:
        with locked(place / "start.lock"):
            if _alone(users):
                _cleaned(place)
            server = _started(place / "cluster", UNSAFE_AND_QUICK)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield server
        finally:
            with locked(place / "start.lock"):
                if _alone(users):
                    _cleaned(place)


def _cleaned(place: Path) -> None:
    """Take down what a run left behind, or what this run has done with."""
    cluster = place / "cluster"
    if (cluster / "port").exists():
        PostgresServer(cluster, int((cluster / "port").read_text()), "").script("clean")
    shutil.rmtree(cluster, ignore_errors=True)
    cluster.mkdir(mode=0o711)


def _skip_if_asked_to() -> None:
    if WITHOUT:
        pytest.skip("LIENTHONG_WITHOUT_SERVERS=1: what needs PostgreSQL is left out")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL of this run. That it cannot be started is a failure, unless the run was asked to go without."""
    _skip_if_asked_to()
    with shared_server() as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[PostgresAccess]:
    """A database with the tables of a store in it, for one test."""
    access = postgres_server.fresh(postgres_server.template(MIGRATED, bring_up))
    yield access
    postgres_server.drop(access)


@contextmanager
def own_server(prepare: Callable[[Path], object] = lambda folder: None) -> Iterator[PostgresServer]:
    """Give a server to somebody alone; `prepare` may put certificates into its folder. It syncs to disk."""
    _skip_if_asked_to()
    folder = Path(tempfile.mkdtemp(prefix="lienthong-postgres-"))
    folder.chmod(0o711)
    prepare(folder)
    server = _started(folder)
    try:
        yield server
    finally:
        server.script("clean")
        shutil.rmtree(folder)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server for one test, which may kill it."""
    with own_server() as server:
        yield server


# --- The services' own tests over PostgreSQL: LIENTHONG_TEST_STORE=postgres -------------------------------------------

ON_POSTGRES: Final = os.environ.get("LIENTHONG_TEST_STORE") == "postgres"
_KEPT: Final = ExitStack()
_IN_USE: dict[str, PostgresAccess] = {}
atexit.register(_KEPT.close)


@cache
def _server_of_this_process() -> PostgresServer:
    return _KEPT.enter_context(shared_server())


def store_in(data: Path, service: str) -> PostgresStore:
    """Open the store of a service that would lie in a folder, in a database of its own; the same when asked again."""
    server = _server_of_this_process()
    name = f"d{os.getpid()}_{crc32(str(data).encode()):08x}_{service}"
    if name not in _IN_USE:
        with server.admin.connect("") as db:
            db.execute(f"CREATE DATABASE {name} TEMPLATE {server.template(MIGRATED, bring_up)}")
        _IN_USE[name] = server.access(name)
    return PostgresStore(_IN_USE[name])


def pytest_configure() -> None:
    """Let the product as it is composed keep its stores there too."""
    if ON_POSTGRES:
        from services import __main__ as product
        from tests import stores

        product.embedded = stores.embedded


@pytest.fixture(autouse=ON_POSTGRES)
def nothing_left_behind() -> Iterator[None]:
    """After each test, remove the databases that nobody is in any more."""
    yield
    for name in list(_IN_USE):
        with _server_of_this_process().admin.connect("") as db, suppress(psycopg.errors.ObjectInUse):
            db.execute(f"DROP DATABASE {name}")
            del _IN_USE[name]
