"""The front over small processes: under real servers, on ports of their own."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from chassis.settings import Settings
from chassis.vault import SqliteVault
from chassis.web.server import server
from services.front import Front, asgi, compose
from tests.front.stand_in import TOKEN, StandIn

WITHIN_S = 10.0
PROJECT = Path(__file__).resolve().parents[2]


def until(holds: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
    """Wait until something holds, and return it."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with suppress(httpx.TransportError):
            if found := holds():
                return found
        time.sleep(0.01)
    raise AssertionError("it did not come to hold in time")


def free_port() -> int:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Listening:
    """An application under a server of its own, on a thread."""

    def __init__(self, app: Any, port: int = 0, product: bool = False, believes_proxies: bool = True) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(app, port=self.port, log_level="error", timeout_keep_alive=5)
        own = server(app, "127.0.0.1", self.port, believes_proxies)
        self._server = own if product else uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(WITHIN_S)
        assert not self._thread.is_alive()

    def die(self) -> None:
        self._server.force_exit = True
        self.stop()


class Town:
    """The front and what stands behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stand_ins: dict[str, StandIn] = {}
        self.listening: dict[str, Listening] = {}
        self.ports: dict[str, list[int]] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.front: Front
        self.door: Listening
        self.client: httpx.Client
        self.vault = SqliteVault(folder / "vault.db", folder / "vault.key")

    def instance(self, service: str, port: int = 0, name: str = "") -> StandIn:
        """Start an instance of a service; its name is the service's and a number unless one is given."""
        number = len(self.ports.setdefault(service, [])) + 1
        name = name or f"{service}-{number}"
        stand_in = StandIn(service, name, self.folder / f"{service}.db")
        self.listening[name] = Listening(stand_in.app, port)
        self.stand_ins[name] = stand_in
        if not port:
            self.ports[service].append(self.listening[name].port)
        return stand_in

    def process(self, service: str, port: int = 0, name: str = "") -> str:
        """Start an instance as a process of the system; return its name."""
        number = len(self.ports.setdefault(service, [])) + 1
        name = name or f"{service}-{number}"
        at = port or free_port()
        if not port:
            self.ports[service].append(at)
        command = [
            sys.executable,
            "-m",
            "tests.front.stand_in",
            service,
            name,
            str(at),
            str(self.folder / f"{service}.db"),
        ]
        self.processes[name] = subprocess.Popen(command, cwd=PROJECT)
        return name

    def open(self, rehearsal: bool = True, wait_for: str = "", **more: str) -> httpx.Client:
        """Start the front over everybody that was named, and wait until it knows them, or one service of them."""
        named = ";".join(
            f"{service}={','.join(f'http://127.0.0.1:{port}' for port in ports)}"
            for service, ports in self.ports.items()
        )
        settings = Settings(
            services=named, internal_token=TOKEN, keys=str(self.folder), rehearsal="1" if rehearsal else "", **more
        )
        self.front = compose(settings, self.vault)
        self.door = Listening(asgi(self.front), product=True)
        self.client = httpx.Client(base_url=self.door.url, timeout=30.0)
        everyone = self.front.door.instances.everyone
        until(lambda: all(one.is_living for one in everyone if wait_for in ("", one.service)))
        return self.client

    def close(self) -> None:
        if hasattr(self, "client"):
            self.client.close()
            self.door.stop()
        for one in self.listening.values():
            one.stop()
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    try:
        yield made
    finally:
        made.close()
