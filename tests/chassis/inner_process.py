"""A vault's or a file store's process for tests: really started, really killed, at a port of its own."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import httpx

from tests.postgres_server import free_port

PROJECT: Final = Path(__file__).resolve().parents[2]
READY_WITHIN_S: Final = 40.0


class InnerProcess:
    """One process; it keeps its port over restarts.

    Args:
        settings: name → value of its settings, as `DATABASE`.
        tokens: the setting that names who may ask: `VAULT_TOKENS`.
        callers: name → what stands behind the hash on its line, as `:seal,open`.
    """

    def __init__(
        self, module: str, folder: Path, settings: Mapping[str, str], tokens: str, callers: Mapping[str, str]
    ) -> None:
        self.port = free_port()
        self.tokens = {name: secrets.token_urlsafe(24) for name in callers}
        lines = (f"{name}:{sha256(self.tokens[name].encode()).hexdigest()}{more}\n" for name, more in callers.items())
        (folder / "tokens").write_text("".join(lines))
        given = {**settings, "PORT": str(self.port), f"{tokens}_FILE": str(folder / "tokens"), "LOG_LEVEL": "info"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG_")}
        self._environment = inherited | {f"LIENTHONG_{name}": value for name, value in given.items()}
        self._scheme = "https" if "TLS_CERTIFICATE" in settings else "http"
        self._command = [sys.executable, "-m", module]
        self._log = folder / "process.log"
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        """All that it has written into its log."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(self._command, env=self._environment, cwd=PROJECT, stderr=log, stdout=log)
        until = time.monotonic() + READY_WITHIN_S
        while not self._answers():
            assert self._running.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=1.0, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Ask it to stop and wait until it has; return what it ended with."""
        assert self._running is not None
        self._running.terminate()
        return self._running.wait(20)

    def kill(self) -> None:
        """End it as a machine that fails would."""
        assert self._running is not None
        self._running.kill()
        self._running.wait(20)

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End it, whatever it is at."""
        if self._running is not None and self._running.poll() is None:
            self.kill()
