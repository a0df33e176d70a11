"""A server killed at random moments while weeks are played against it: nothing lost, nothing done twice.

What players were told is compared with the stores afterwards, and `lienthong verify` looks at everything else.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

KILLS: Final = 20
DOSSIERS: Final = 40
EVENTS_UNTIL_LAST_KILL: Final = 600
"""Of some 900 that these dossiers lead to: points are chosen by what is stored, so they lie alike on every machine."""

DELAY_OF_A_KILL_S: Final = 0.05
LOOKS_EVERY_S: Final = 0.005
READY_WITHIN_S: Final = 30.0
DEMO_WITHIN_S: Final = 160.0
SEED_VARIABLE: Final = "LIENTHONG_KILL_SEED"

# Where a dossier may have gone since its players looked last: timers go on when nobody plays any more.
MAY_HAVE_BECOME: Final = {
    "submitted": {"submitted", "awaiting_payment", "accepted", "stopped", "withdrawn", "refused"},
    "awaiting_payment": {"awaiting_payment", "accepted", "resolved", "handed_out", "stopped"},
    "accepted": {"accepted", "resolved", "handed_out", "withdrawn", "stopped"},
    "resolved": {"resolved", "handed_out"},
    "handed_out": {"handed_out"},
    "refused": {"refused"},
    "withdrawn": {"withdrawn", "handed_out"},
    "stopped": {"stopped", "handed_out"},
}


class Server:
    """`lienthong serve --rehearsal` as a process of its own, which may be killed and comes back on the same port."""

    def __init__(self, data: Path) -> None:
        self._data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (data.parent / "server.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "cli", "serve", "--data", str(self._data), "--port", str(self.port)]
        self._process = subprocess.Popen([*command, "--rehearsal"], stdout=self._log, stderr=self._log)
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until:
            assert self._process.poll() is None, f"the server ended by itself: {self.said()}"
            try:
                if httpx.get(f"{self.url}/readyz", timeout=1.0).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError(f"the server was not ready within {READY_WITHIN_S} s: {self.said()}")

    def kill(self) -> None:
        """End it as a power cut would: no signal handler, no farewell."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=20)
        self._log.close()

    def said(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace")[-2_000:]


def demo_against(url: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "cli", "demo", "--url", url, "--dossiers", str(DOSSIERS), "--seed", "3", "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_until_played(url: str, demo: "subprocess.Popen[str]") -> None:
    """Wait until the demo has set the clock; before that it takes a server that is not there for a wrong address."""
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and demo.poll() is None:
        if not httpx.get(f"{url}/api/v1/rehearsal/clock").raise_for_status().json()["untouched"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"the demo did not begin within {READY_WITHIN_S} s")


def wait_until_stored(url: str, events: int, demo: "subprocess.Popen[str]") -> None:
    """Wait until the services together have stored so many events."""
    until = time.monotonic() + DEMO_WITHIN_S
    while time.monotonic() < until:
        assert demo.poll() is None, f"the demo ended before {events} events were stored"
        services = httpx.get(f"{url}/readyz", timeout=10.0).raise_for_status().json()["services"]
        if sum(service["head"] for service in services.values()) >= events:
            return
        time.sleep(LOOKS_EVERY_S)
    raise AssertionError(f"{events} events were not stored within {DEMO_WITHIN_S} s")


def dossiers_of(url: str) -> list[dict[str, Any]]:
    """Return every dossier that intake has, as an inspector sees the list."""
    token = httpx.post(f"{url}/api/v1/rehearsal/tokens", json={"role": "inspector"}).json()["token"]
    rows: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = httpx.get(f"{url}/api/v1/dossiers", params=after, headers={"Authorization": f"Bearer {token}"})
        page = answer.raise_for_status().json()
        rows += page["items"]
        if page["next"] is None:
            return rows
        after = {"after": page["next"]}


@pytest.mark.slow
def test_a_server_killed_at_any_moment_loses_nothing_and_does_nothing_twice(tmp_path: Path) -> None:
    """Every command has a key, every answer was durable before it left, and recovery is asking again."""
    seed = int(os.environ.get(SEED_VARIABLE, random.SystemRandom().randrange(2**32)))
    print(f"{SEED_VARIABLE}={seed}")
    chance = random.Random(seed)
    data = tmp_path / "data"
    data.mkdir()
    server = Server(data)
    server.start()
    demo = demo_against(server.url)
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.extend(demo.communicate()), daemon=True)
    reader.start()
    try:
        wait_until_played(server.url, demo)
        for events in sorted(chance.sample(range(EVENTS_UNTIL_LAST_KILL), KILLS)):
            wait_until_stored(server.url, events, demo)
            time.sleep(chance.uniform(0, DELAY_OF_A_KILL_S))
            server.kill()
            server.start()
        reader.join(timeout=DEMO_WITHIN_S)
        assert demo.poll() == 0, f"seed {seed}: {told[1:]} {server.said()}"
        played = json.loads(told[0])
        dossiers = dossiers_of(server.url)
    except AssertionError as failed:
        reader.join(timeout=5)
        raise AssertionError(f"seed {seed}: {failed}; demo: {told}; server: {server.said()}") from failed
    finally:
        if demo.poll() is None:
            demo.kill()
        server.stop()
    _compare(played, dossiers)
    _verify(data)


def _compare(played: dict[str, Any], dossiers: list[dict[str, Any]]) -> None:
    stories, stored = played["stories"], {row["ref"]: row for row in dossiers}
    assert len(stories) == DOSSIERS
    assert len(dossiers) == len(stored) == DOSSIERS, "each dossier once, however often it was sent"
    codes = [row["code"] for row in dossiers if row["code"]]
    assert len(codes) == len(set(codes)), "no number twice"
    for story in stories:
        row = stored[story["ref"]]
        assert not story["code"] or row["code"] == story["code"]
        assert row["status"] in MAY_HAVE_BECOME[story["seen"]], (story, row)
    assert played["total"]["submitted"] == DOSSIERS


def _verify(data: Path) -> None:
    command = [sys.executable, "-m", "cli", "verify", "--data", str(data), "--json"]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stdout[-4_000:] + checked.stderr[-2_000:]
