"""The whole product behind a real HTTP server on a port of its own, in rehearsal, for a browser to visit."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from chassis.settings import Settings
from services.__main__ import asgi, compose
from tests.harness import START

STARTS_WITHIN_S = 20.0


@contextmanager
def served(data: Path) -> Iterator[str]:
    """Serve the folder `data` and give the address; the clock stands on a Monday morning."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    platform = compose(data, rehearsal=True, settings=Settings(public_url=url))
    platform.engine.start()
    server = uvicorn.Server(uvicorn.Config(asgi(platform), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        httpx.post(f"{url}/api/v1/rehearsal/clock", json={"to": START.isoformat()}).raise_for_status()
        yield url
    finally:
        server.should_exit = True
        thread.join()
        platform.close()
