"""The image's health check tells a process that works from one that does not, over TLS too."""

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.architecture.credentials import credentials


class Answering(BaseHTTPRequestHandler):
    """Answers `/livez` with the status of its server."""

    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/livez" else 404)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """A test says nothing."""


@pytest.fixture
def process() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def asked(project: Path, port: int, certificate: str = "") -> int:
    """Return how the health check ends."""
    told = {"PATH": os.environ["PATH"], "LIENTHONG_PORT": str(port), "LIENTHONG_TLS_CERTIFICATE": certificate}
    script = project / "deploy/image/livez.py"
    return subprocess.run([sys.executable, str(script)], env=told, capture_output=True).returncode


@pytest.mark.parametrize(("status", "ends_with"), [(200, 0), (204, 1), (404, 1), (503, 1)])
def test_only_a_process_that_says_so_is_alive(project: Path, process: HTTPServer, status: int, ends_with: int) -> None:
    """503 is what a process answers whose lanes have stopped: it is to be started again."""
    process.status = status  # type: ignore[attr-defined]
    assert asked(project, process.server_port) == ends_with


def test_who_speaks_tls_is_asked_over_tls(project: Path, process: HTTPServer, tmp_path: Path) -> None:
    """The vault and the file store answer nothing else."""
    credentials.main([str(tmp_path)])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls/http.crt", tmp_path / "tls/http.key")
    process.socket = context.wrap_socket(process.socket, server_side=True)
    process.status = 200  # type: ignore[attr-defined]
    assert asked(project, process.server_port, str(tmp_path / "tls/http.crt")) == 0
    assert asked(project, process.server_port) == 1


def test_where_nobody_listens_nobody_is_alive(project: Path) -> None:
    assert asked(project, 9) == 1
