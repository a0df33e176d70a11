"""The native cluster's scripts: what was made stays, what is secret stays so, and what fails says why."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from chassis.bus.kafka_probe import why_unreachable
from tests.kafka_server import PLACES, SCRIPT, access_of, call, end_forsaken, free_port, running, tls


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, kafka: object) -> Iterator[Path]:
    """A cluster of one node for these tests alone; that `kafka` came up says that everything it needs is there."""
    folder = tmp_path_factory.mktemp("native") / "cluster"
    call(folder, "start", "1", port=free_port())
    yield folder
    call(folder, "clean")


def pid(folder: Path) -> int:
    return int((folder / "kafka/1/pid").read_text())


def lives(process: int) -> bool:
    """Say whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_started_cluster_is_not_started_again(folder: Path) -> None:
    before = pid(folder)
    call(folder, "start")
    assert pid(folder) == before
    assert f"node 1 runs as {before}" in call(folder, "status")


def test_a_killed_node_comes_back_with_what_it_had(folder: Path) -> None:
    made = (folder / "kafka/1/formatted").read_text()
    before = pid(folder)
    call(folder, "kill", "1")
    assert not lives(before)
    with pytest.raises(RuntimeError, match="status"):
        call(folder, "status")
    call(folder, "node", "start", "1")
    assert why_unreachable(access_of(folder)) is None
    assert (folder / "kafka/1/formatted").read_text() == made


def test_a_stopped_node_stopped_in_order(folder: Path) -> None:
    before = pid(folder)
    call(folder, "stop")
    assert not lives(before)
    assert (folder / "kafka/1/log/.kafka_cleanshutdown").exists()
    call(folder, "start")


def test_a_cluster_is_not_turned_into_another(folder: Path) -> None:
    """What is formatted for one node cannot become three, nor answer elsewhere."""
    with pytest.raises(RuntimeError, match="holds a cluster of 1, not of 3"):
        call(folder, "start", "3")
    with pytest.raises(RuntimeError, match="was made for port"):
        call(folder, "start", port=1)


def test_in_the_foreground_it_is_the_broker_itself_that_is_told_to_stop(folder: Path) -> None:
    """As supervisord has it."""
    call(folder, "stop")
    environment = {**os.environ, "LIENTHONG_CLUSTER": str(folder)}
    with (folder / "logs/kafka-1.log").open("a") as log:
        node = subprocess.Popen([SCRIPT, "run", "1"], env=environment, stdout=log, stderr=log)
    until = time.monotonic() + 60
    while why_unreachable(access_of(folder)):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert pid(folder) == node.pid
    node.send_signal(signal.SIGTERM)
    assert node.wait(timeout=60) == 128 + signal.SIGTERM
    call(folder, "start")


def test_a_node_that_does_not_start_says_why(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(RuntimeError, match="Address already in use"):
        call(tmp_path, "start", "1", port=port)
    call(tmp_path, "clean")


def test_what_was_half_formatted_is_formatted_again(tmp_path: Path) -> None:
    call(tmp_path, "prepare", "1", port=free_port())
    (tmp_path / "kafka/1/formatted").unlink()
    (tmp_path / "kafka/1/log/meta.properties").write_text("version=1\n")
    call(tmp_path, "start")
    assert why_unreachable(access_of(tmp_path)) is None
    call(tmp_path, "clean")
    assert not (tmp_path / "kafka").exists()


def test_while_it_is_made_no_command_line_shows_the_password(tmp_path: Path) -> None:
    """StorageTool takes its arguments from a file, which is gone afterwards."""
    password = "a-password-to-look-for"
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/admin.password").write_text(password)
    environment = {**os.environ, "LIENTHONG_CLUSTER": str(tmp_path), "LIENTHONG_KAFKA_PORT": str(free_port())}
    making = subprocess.Popen([SCRIPT, "prepare", "1"], env=environment, stdout=subprocess.DEVNULL)
    seen_storage_tool = False
    while making.poll() is None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            assert password.encode() not in command
            seen_storage_tool |= b"kafka.tools.StorageTool" in command and str(tmp_path).encode() in command
        time.sleep(0.02)
    assert making.returncode == 0
    assert seen_storage_tool
    call(tmp_path, "start")
    assert why_unreachable(access_of(tmp_path)) is None
    call(tmp_path, "stop")
    holding = [file for file in tmp_path.rglob("*") if file.is_file() and password.encode() in file.read_bytes()]
    assert holding == [tmp_path / "secrets/admin.password"]
    call(tmp_path, "clean")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"LIENTHONG_KAFKA_JARS": "/nowhere"},
            "Kafka's jars are missing in /nowhere; call: deploy/native/kafka.sh install",
        ),
        ({"PATH": "OLD"}, "Java 17 or newer is missing; call: deploy/native/kafka.sh install"),
    ],
)
def test_what_is_missing_is_named_with_how_to_get_it(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    if settings.get("PATH"):
        old = tmp_path / "java"
        old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
        old.chmod(0o755)
        settings = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    environment = {**os.environ, "LIENTHONG_CLUSTER": str(tmp_path), **settings}
    done = subprocess.run([SCRIPT, "start", "1"], env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert said in done.stderr


# --- Certificates -----------------------------------------------------------------------------------------------------


def certificate(file: Path) -> x509.Certificate:
    pem = file.read_bytes()
    return x509.load_pem_x509_certificate(pem[pem.index(b"-----BEGIN CERTIFICATE-----") :])


def test_certificates_stay_until_they_are_for_others_too(tmp_path: Path) -> None:
    tls(tmp_path)
    made = {file.name: file.read_bytes() for file in (tmp_path / "tls").iterdir()}
    assert made.keys() == {"ca.pem", "ca.key", "broker.pem", "postgres.crt", "postgres.key", "http.crt", "http.key"}
    tls(tmp_path)
    assert {file.name: file.read_bytes() for file in (tmp_path / "tls").iterdir()} == made
    tls(tmp_path, "kafka-1", "10.1.2.3")
    assert (tmp_path / "tls/ca.pem").read_bytes() == made["ca.pem"]
    for name in ("broker.pem", "postgres.crt", "http.crt"):
        found = certificate(tmp_path / "tls" / name)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert {"localhost", "kafka-1"} <= set(names.get_values_for_type(x509.DNSName))
        assert {"127.0.0.1", "10.1.2.3"} <= {str(one) for one in names.get_values_for_type(x509.IPAddress)}
        found.verify_directly_issued_by(certificate(tmp_path / "tls/ca.pem"))
    for file in (tmp_path / "tls").iterdir():
        secret = b"PRIVATE KEY" in file.read_bytes()
        assert file.stat().st_mode & 0o777 == (0o600 if secret else 0o644), file


def test_a_new_authority_signs_everything_anew(tmp_path: Path) -> None:
    tls(tmp_path)
    (tmp_path / "tls/ca.pem").unlink()
    tls(tmp_path)
    for name in ("broker.pem", "postgres.crt", "http.crt"):
        certificate(tmp_path / "tls" / name).verify_directly_issued_by(certificate(tmp_path / "tls/ca.pem"))


# --- The tests' own brokers -------------------------------------------------------------------------------------------


def test_the_brokers_of_a_killed_run_are_ended_by_the_next(tmp_path: Path) -> None:
    place = tmp_path / f"{PLACES}1-killed"
    code = (
        "import sys, time; from pathlib import Path; from tests.kafka_server import running\n"
        "with running(1, Path(sys.argv[1])) as server: print(server.pid(1), flush=True); time.sleep(600)"
    )
    killed = subprocess.Popen([sys.executable, "-c", code, place], stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    broker = int(killed.stdout.readline())
    end_forsaken(tmp_path)
    assert lives(broker)  # somebody has it
    killed.kill()
    killed.wait()
    assert lives(broker)  # and it outlived him
    end_forsaken(tmp_path)
    assert not lives(broker)
    assert not place.exists()


def test_the_last_to_leave_ends_it(tmp_path: Path) -> None:
    place = tmp_path / f"{PLACES}1-shared"
    code = "import sys; from pathlib import Path; from tests.kafka_server import running\n" + (
        "with running(1, Path(sys.argv[1])) as server: print(server.pid(1), flush=True)"
    )
    with running(1, place) as server:
        broker = server.pid(1)
        other = subprocess.run([sys.executable, "-c", code, place], capture_output=True, text=True, check=True)
        assert int(other.stdout) == broker
        assert lives(broker)
    assert not lives(broker)
