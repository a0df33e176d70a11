"""Brokers as containers have them: `deploy/image/broker.sh` with the very environment of the compose file.

What differs is what only a container has: names of hosts are this machine, folders and ports are the test's own; for
the image's two start scripts stand the same Java programs from the same published jars.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from chassis.bus.kafka_access import KafkaAccess
from services.topology import ADMIN, BROKERS, CLIENT_PORTS, KAFKA_VERSION
from tests.architecture.credentials import credentials
from tests.architecture.forms import compose_file
from tests.conftest import PROJECT
from tests.kafka_server import WITHOUT, call, free_port

READY_WITHIN_S = 300.0
"""A machine that does a lot else starts three of them slowly."""
STOPPED_WITHIN_S = 60.0
CLASS_OF = {"kafka-run-class.sh": '"$@"', "kafka-server-start.sh": 'kafka.Kafka "$1"'}


class Containers:
    """Three brokers, each with its own volume, /run/secrets and /tmp."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[int, subprocess.Popen[bytes]] = {}
        self.first_port = free_port()
        credentials.main([str(folder / "cluster")])
        self.password = (folder / "cluster/secrets/admin.password").read_text()
        secrets = folder / "run" / "secrets"
        secrets.mkdir(parents=True)
        for name in ("secrets/admin.password", "tls/broker.pem", "tls/ca.pem"):
            shutil.copy(folder / "cluster" / name, secrets)
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        jars = os.environ.get("LIENTHONG_KAFKA_JARS") or cache / f"lienthong/kafka-{KAFKA_VERSION}"
        for name, arguments in CLASS_OF.items():
            script = folder / "bin" / name
            script.parent.mkdir(exist_ok=True)
            log = PROJECT / "deploy/native/log4j2.properties"
            script.write_text(
                f"#!/bin/sh\nexec java $KAFKA_HEAP_OPTS -Dlog4j2.configurationFile={log} -cp '{jars}/*' {arguments}\n"
            )
            script.chmod(0o755)

    @property
    def access(self) -> KafkaAccess:
        servers = ",".join(f"127.0.0.1:{self.first_port + node}" for node in range(BROKERS))
        return KafkaAccess(servers, ADMIN, self.password, str(self.folder / "cluster/tls/ca.pem"))

    def environment(self, node: int) -> dict[str, str]:
        """Return what the compose file tells a broker, put on this machine."""
        given = compose_file(PROJECT)["services"][f"kafka-{node}"]["environment"]
        places = {"/run/secrets/": f"{self.folder}/run/secrets/", "/var/lib/kafka/data": str(self.volume(node))}
        made = {"PATH": os.environ["PATH"], "KAFKA_HOME": str(self.folder), "TMPDIR": str(self.folder / f"tmp-{node}")}
        for name, value in given.items():
            here = re.sub(r"kafka-\d:|(?<=//):", "127.0.0.1:", str(value))
            here = re.sub(r"\b20[012]9[123]\b", lambda port: str(self.port(int(port[0]))), here)
            for there, own in places.items():
                here = here.replace(there, own)
            made[name] = here
        return made

    def port(self, declared: int) -> int:
        """Return this test's port in the place of a declared one."""
        return declared - CLIENT_PORTS[0] + self.first_port

    def volume(self, node: int) -> Path:
        return self.folder / f"volume-{node}"

    def log(self, node: int) -> Path:
        return self.folder / f"kafka-{node}.log"

    def start(self, node: int) -> None:
        for folder in (self.volume(node), self.folder / f"tmp-{node}"):
            folder.mkdir(exist_ok=True)
        with self.log(node).open("ab") as log:
            script = ["/bin/sh", str(PROJECT / "deploy/image/broker.sh")]
            self.running[node] = subprocess.Popen(script, env=self.environment(node), stdout=log, stderr=log)

    def stop(self, node: int) -> None:
        process = self.running.pop(node)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def brokers(self) -> set[int]:
        """Return the brokers that the administrator is told of, once all are there."""
        until = time.monotonic() + READY_WITHIN_S
        found: set[int] = set()
        while time.monotonic() < until and len(found) < BROKERS:
            assert all(process.poll() is None for process in self.running.values()), self.log(1).read_text()[-2000:]
            try:
                with closing(KafkaAdminClient(**self.access.client())) as admin:
                    told = admin.describe_cluster()["brokers"]
                    found = {one["broker_id"] for one in told if not one["is_fenced"]}
            except KafkaError:
                time.sleep(0.5)
        return found


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    if WITHOUT:
        pytest.skip("LIENTHONG_WITHOUT_SERVERS=1: what needs Kafka is left out")
    folder = tmp_path_factory.mktemp("containers")
    call(folder, "install")
    made = Containers(folder)
    for node in range(1, BROKERS + 1):
        made.start(node)
    yield made
    for node in list(made.running):
        made.stop(node)


def test_the_containers_brokers_form_a_cluster_that_its_administrator_can_enter(containers: Containers) -> None:
    """The image's own start would make no administrator; ours does, on a quorum of all three."""
    assert containers.brokers() == {1, 2, 3}


def test_nothing_secret_is_in_a_log_a_command_line_or_a_temporary_file(containers: Containers) -> None:
    """The formatting tool prints what the server keeps of the password; that must not reach a container's log."""
    assert containers.brokers() == {1, 2, 3}
    for node, process in containers.running.items():
        said = containers.log(node).read_text()
        assert "storedKey" not in said
        assert containers.password not in said
        assert containers.password not in Path(f"/proc/{process.pid}/cmdline").read_text()
        left = [path for path in (containers.folder / f"tmp-{node}").rglob("*") if path.is_file()]
        assert left
        assert all(containers.password not in path.read_text(errors="replace") for path in left)
        assert all("storedKey" not in path.read_text(errors="replace") for path in left)


def test_a_container_that_comes_back_is_not_formatted_again(containers: Containers) -> None:
    """Its volume holds what it has said; a folder that was only half formatted is begun anew."""
    assert containers.brokers() == {1, 2, 3}
    before = (containers.volume(3) / "formatted").read_text()
    containers.stop(3)
    containers.start(3)
    assert containers.brokers() == {1, 2, 3}
    assert (containers.volume(3) / "formatted").read_text() == before
