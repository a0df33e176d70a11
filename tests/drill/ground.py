"""Where a drill takes place: a native cluster of its own, beside an embedded server that plays the same undisturbed."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from services.topology import SERVICES

PROJECT: Final = Path(__file__).resolve().parent.parent.parent
CLUSTER: Final = PROJECT / "deploy/native/cluster.sh"
CONFIGURATION: Final = PROJECT / "deploy/native/supervisord.conf"
NAMES: Final = ("VAULT", "FILES", "INTAKE", "ROUTING", "PAYMENTS", "POSTAL", "REPORTING", "LIVE", "FRONT")
FIRST_PORT: Final = 31_500
KAFKA_PORT: Final = 31_591
POSTGRES_PORT: Final = 31_932
SESSION_MS: Final = 6_000
READY_WITHIN_S: Final = 300.0
PLAYED_WITHIN_S: Final = 900.0
"""How long weeks may take to be played on a cluster that is broken meanwhile."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def call(
    *arguments: str, env: dict[str, str] | None = None, within_s: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run a command of the product and return what it came to."""
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=within_s)


@dataclass(slots=True)
class Weeks:
    """Weeks being played in the background; `table` waits for the province's table at their end."""

    process: "subprocess.Popen[str]"

    def table(self) -> dict[str, Any]:
        """Return the table.

        Raises:
            AssertionError: it was not played to its end.
        """
        out, err = self.process.communicate(timeout=PLAYED_WITHIN_S)
        assert self.process.returncode == 0, f"the weeks were not played to their end: {err[-2_000:]}{out[-500:]}"
        table: dict[str, Any] = json.loads(out)
        return table


def play(url: str, seed: int, dossiers: int, first_day: str) -> Weeks:
    """Begin to play some weeks against a server."""
    command = [sys.executable, "-m", "cli", "demo", "--url", url, "--seed", str(seed), "--dossiers", str(dossiers)]
    command += ["--from", first_day, "--json"]
    pipe = subprocess.PIPE
    return Weeks(subprocess.Popen(command, cwd=PROJECT, stdout=pipe, stderr=pipe, text=True))


class Embedded:
    """The same product in one process, in rehearsal: what the cluster's table has to equal."""

    def __init__(self, data: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "cli", "serve", "--data", str(data), "--port", str(port), "--rehearsal"]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
        wait_until_ready(self.url)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Cluster:
    """A cluster with its own folder and ports, in rehearsal.

    Args:
        twice: services of which a second instance runs, the program `<name>-2`.
    """

    def __init__(self, folder: Path, twice: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.twice = twice
        ports = {f"LIENTHONG_{name}_PORT": str(FIRST_PORT + number) for number, name in enumerate(NAMES)}
        self.env = os.environ | ports | {
            "LIENTHONG_CLUSTER": str(folder),
            "LIENTHONG_KAFKA_PORT": str(KAFKA_PORT),
            "LIENTHONG_POSTGRES_PORT": str(POSTGRES_PORT),
            "LIENTHONG_REHEARSAL": "1",
            "LIENTHONG_SESSION_MS": str(SESSION_MS),
        }  # fmt: skip
        self.url = f"http://127.0.0.1:{ports['LIENTHONG_FRONT_PORT']}"
        self.env["LIENTHONG_SERVICES"] = ";".join(map(self._addresses, SERVICES))

    def port(self, service: str, second: bool = False) -> int:
        return FIRST_PORT + NAMES.index(service.upper()) + (len(NAMES) if second else 0)

    def _addresses(self, service: str) -> str:
        ports = [self.port(service)] + [self.port(service, second=True)] * (service in self.twice)
        return f"{service}={','.join(f'http://127.0.0.1:{port}' for port in ports)}"

    def _write_second_instances(self) -> None:
        """Write, for each service that runs twice, the section of its second instance beside the first's."""
        first = CONFIGURATION.read_text()
        for service in self.twice:
            section = re.search(rf"^\[program:{service}\]\n(?:(?!\[).*\n)*", first, re.MULTILINE)
            assert section is not None
            second = section[0].replace(f"[program:{service}]", f"[program:{service}-2]")
            second = second.replace(f'"{service}-1"', f'"{service}-2"').replace(f"/{service}.log", f"/{service}-2.log")
            second = second.replace(f"%(ENV_LIENTHONG_{service.upper()}_PORT)s", str(self.port(service, second=True)))
            file = self.folder / f"instances/{service}-2.conf"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(second)

    def start(self) -> None:
        self._write_second_instances()
        self._script("start", within_s=READY_WITHIN_S + 60)

    def stop(self) -> None:
        self._script("stop", within_s=300)

    def clean(self) -> None:
        self._script("clean", within_s=300)

    def control(self, *words: str) -> str:
        """Say something to the supervisor and return its answer."""
        return self._script("ctl", *words, within_s=200)

    def pid(self, program: str) -> int:
        """Return the process of a program now, 0 where it has none."""
        return int(self.control("pid", program).strip() or 0)

    def signal(self, program: str, number: signal.Signals) -> None:
        """Send a signal to a program's process itself, past the supervisor."""
        os.kill(self.pid(program), number)

    def node_pid(self, node: int) -> int:
        """Return the process of a broker."""
        return int((self.folder / f"kafka/{node}/pid").read_text())

    def keep_traces(self, folder: Path) -> None:
        """Keep what the processes have logged, and what each instance says of its rest, for whoever asks why."""
        shutil.copytree(self.folder / "logs", folder, dirs_exist_ok=True)
        token = (self.folder / "secrets/internal.token").read_text().strip()
        readings = {}
        for service in SERVICES:
            for second in (False, True)[: 1 + (service in self.twice)]:
                url = f"http://127.0.0.1:{self.port(service, second)}/internal/rest"
                try:
                    answer = httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=5.0)
                    readings[url] = answer.json()
                except httpx.TransportError as error:
                    readings[url] = str(error)
        (folder / "rest.json").write_text(json.dumps(readings, indent=1))

    def verify(self) -> list[str]:
        """Return whatever `lienthong verify` and `lienthong kafka verify` find broken, a line each."""
        broken: list[str] = []
        done = call("verify", "--cluster", str(self.folder), "--json", env=self.env, within_s=600)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        for one in json.loads(done.stdout):
            broken += [f"{one['service']} {one['name']}: {line}" for line in one["broken"]]
        done = call("kafka", "verify", "--cluster", str(self.folder), "--json", env=self.env, within_s=600)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        for one in json.loads(done.stdout)["checks"]:
            broken += [f"topic {one['service']} {one['name']}: {line}" for line in one["broken"]]
        return broken

    def _script(self, *words: str, within_s: float) -> str:
        done = subprocess.run(
            [CLUSTER, *words], cwd=PROJECT, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=within_s,
        )  # fmt: skip
        assert done.returncode in (0, 3), f"cluster.sh {' '.join(words)}: {done.stdout}"  # 3: something is not running
        return done.stdout


def wait_until_ready(url: str, within_s: float = READY_WITHIN_S) -> float:
    """Wait until a server says that all of it is ready; return how long that took, in seconds."""
    began = time.monotonic()
    while True:
        try:
            if httpx.get(f"{url}/readyz", timeout=5.0).is_success:
                return time.monotonic() - began
        except httpx.TransportError:
            pass
        assert time.monotonic() - began < within_s, f"{url} was not ready within {within_s:.0f} s"
        time.sleep(0.1)
