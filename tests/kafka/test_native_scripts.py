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
from tests.kafka_server import PLACES, SCRIPT, WITHOUT, access_of, call, end_forsaken, free_port, tls


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where a test has a cluster of its own."""
    if WITHOUT:
        pytest.skip("LIENTHONG_WITHOUT_SERVERS=1: asked to go on without Kafka")
    folder = tmp_path / "cluster"
    yield folder
    call(folder, "clean")
    assert not (folder / "kafka").exists()


def pid(folder: Path) -> int:
    return int((folder / "kafka/1/pid").read_text())


def lives(process: int) -> bool:
    """Say whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_node_is_started_killed_stopped_and_watched_over(folder: Path) -> None:
    """One life in the order in which it happens, because every start takes seconds."""
    call(folder, "start", "1", port=free_port())
    access, before = access_of(folder), pid(folder)
    made = (folder / "kafka/1/formatted").read_text()

    call(folder, "start")  # it runs, so nothing happens
    assert pid(folder) == before
    assert f"node 1 runs as {before}" in call(folder, "status")
    # What is formatted for one node cannot become three, nor answer elsewhere.
    with pytest.raises(RuntimeError, match="holds a cluster of 1, not of 3"):
        call(folder, "start", "3")
    with pytest.raises(RuntimeError, match="was made for port"):
        call(folder, "start", port=1)

    call(folder, "kill", "1")
    assert not lives(before)
    with pytest.raises(RuntimeError, match="status"):
        call(folder, "status")
    call(folder, "node", "start", "1")
    assert why_unreachable(access) is None
    assert (folder / "kafka/1/formatted").read_text() == made

    call(folder, "stop")
    assert (folder / "kafka/1/log/.kafka_cleanshutdown").exists()

    # A format that was cut short is done again; a node in the foreground is the broker itself, as supervisord wants it.
    (folder / "kafka/1/formatted").unlink()
    (folder / "kafka/1/log/meta.properties").write_text("version=1\n")
    environment = {**os.environ, "LIENTHONG_CLUSTER": str(folder)}
    with (folder / "logs/kafka-1.log").open("a") as log:
        node = subprocess.Popen([SCRIPT, "run", "1"], env=environment, stdout=log, stderr=log)
    until = time.monotonic() + 60
    while why_unreachable(access):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert pid(folder) == node.pid
    node.send_signal(signal.SIGTERM)
    assert node.wait(timeout=60) == 128 + signal.SIGTERM


def test_a_node_that_does_not_start_says_why(folder: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(RuntimeError, match="Address already in use"):
        call(folder, "start", "1", port=port)


def test_while_it_is_made_no_command_line_shows_the_password(folder: Path) -> None:
    """StorageTool takes its arguments from a file, which is gone afterwards."""
    password = "a-password-to-look-for"
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets/admin.password").write_text(password)
    environment = {**os.environ, "LIENTHONG_CLUSTER": str(folder), "LIENTHONG_KAFKA_PORT": str(free_port())}
    making = subprocess.Popen([SCRIPT, "prepare", "1"], env=environment, stdout=subprocess.DEVNULL)
    seen_storage_tool = False
    while making.poll() is None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            assert password.encode() not in command
            seen_storage_tool |= b"kafka.tools.StorageTool" in command and str(folder).encode() in command
        time.sleep(0.02)
    assert making.returncode == 0
    assert seen_storage_tool
    holding = [file for file in folder.rglob("*") if file.is_file() and password.encode() in file.read_bytes()]
    assert holding == [folder / "secrets/admin.password"]


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


USER = """
import sys, time
from pathlib import Path
from tests.kafka_server import running
with running(1, Path(sys.argv[1])) as server:
    print(server.pid(1), flush=True)
    time.sleep(float(sys.argv[2]))
"""


def user(place: Path, stays_s: float) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", USER, place, str(stays_s)], stdout=subprocess.PIPE, text=True)


def broker_of(one: "subprocess.Popen[str]") -> int:
    assert one.stdout is not None
    return int(one.stdout.readline())


@pytest.mark.skipif(WITHOUT, reason="LIENTHONG_WITHOUT_SERVERS=1: asked to go on without Kafka")
def test_workers_share_brokers_and_what_a_killed_run_leaves_is_ended_by_the_next(tmp_path: Path) -> None:
    place = tmp_path / f"{PLACES}1-shared"
    killed = user(place, 600)
    try:
        broker = broker_of(killed)
        leaves = user(place, 0)
        assert broker_of(leaves) == broker
        assert leaves.wait(timeout=60) == 0
        end_forsaken(tmp_path)
        assert lives(broker)  # one of two is still there
    finally:
        killed.kill()
        killed.wait()
    assert lives(broker)  # it outlived who started it
    end_forsaken(tmp_path)
    assert not lives(broker)
    assert not place.exists()
