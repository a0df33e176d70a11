"""A real server on a free port, on threads of this process, and a copy of the played stores behind it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn

from chassis.registry import Registry
from services.__main__ import Platform, asgi, compose

READY_WITHIN_S = 20.0
LOOKS_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Served:
    """The address of a running server, and what runs behind it."""

    url: str
    platform: Platform


@contextmanager
def served(data: Path, laws: Registry, rehearsal: bool = True) -> Iterator[Served]:
    """Serve the stores in `data` as long as the block runs."""
    platform = compose(data, rehearsal, registry=laws)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(asgi(platform), log_level="critical", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        platform.engine.start()
        thread.start()
        try:
            wait_until_ready(url)
            yield Served(url, platform)
        finally:
            server.should_exit = True
            thread.join(timeout=READY_WITHIN_S)
            platform.close()


def wait_until_ready(url: str) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", timeout=1.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(LOOKS_EVERY_S)
    raise AssertionError(f"{url} was not ready within {READY_WITHIN_S} s")
