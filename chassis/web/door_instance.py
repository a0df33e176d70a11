"""One process behind the door: whether it answers, the connections to it, and a short question to it."""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from chassis.web.door_line import Headers, Line, LineDown, connected

log = logging.getLogger("lienthong.door")

KEPT_IDLE_WITHIN_S: Final = 2.0
"""Shorter than a process keeps a connection that nobody uses: neither closes it while the other begins to speak."""
LINES_KEPT_MAX: Final = 64
ASKED_WITHIN_S: Final = 10.0
HTTP_PORT: Final = 80


class Asked:
    """What an instance answered to the door itself."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self) -> Any:
        """Return the body's content.

        Raises:
            LineDown: it is no JSON, so that whoever answered is not one of ours.
        """
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError as error:
            raise LineDown("the answer is not JSON", reached=True) from error


class Instance:
    """One process of a service.

    Args:
        url: where it answers, `http://host:port`.
    """

    def __init__(self, service: str, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path.strip("/"):
            raise ValueError(f"LIENTHONG_SERVICES: {service} must answer at http://host:port")
        self.service = service
        self.url = url.rstrip("/")
        self.host, self.port = parts.hostname, parts.port or HTTP_PORT
        self.name = f"{service} ({self.host}:{self.port})"
        self.is_living = False
        self.in_flight = 0
        self.routes: list[tuple[tuple[str, ...], str]] = []
        self.told: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.turn = 0
        self.look_now = asyncio.Event()
        self._idle: list[Line] = []
        self._lines: set[Line] = set()

    async def line(self, fresh: bool = False) -> Line:
        """Return a connection to it, a kept one where there is one.

        Args:
            fresh: a new one, for what may not be said twice: a kept one may be closed just now.

        Raises:
            LineDown: it cannot be reached.
        """
        oldest = time.monotonic() - KEPT_IDLE_WITHIN_S
        while self._idle and not fresh:
            line = self._idle.pop()
            if line.is_open and line.idle_since > oldest:
                return line
            self.let_go(line)
        line = await connected(self.host, self.port)
        self._lines.add(line)
        return line

    def takes_one(self) -> None:
        """Count a request that is sent to it; among equals the one whose turn was longest ago is next."""
        self.in_flight += 1
        self.turn = time.monotonic_ns()

    def put_back(self, line: Line) -> None:
        """Keep a connection for the next request, if it can have one."""
        if line.may_be_used_again and len(self._idle) < LINES_KEPT_MAX:
            line.idle_since = time.monotonic()
            self._idle.append(line)
        else:
            self.let_go(line)

    def let_go(self, line: Line) -> None:
        self._lines.discard(line)
        line.abort()

    def has_gone(self) -> None:
        """Pass it over from now on; whoever waits for an answer is told."""
        if self.is_living:
            log.warning("%s does not answer at port %d", self.service, self.port)
        self.is_living = False
        for line in list(self._lines):
            self.let_go(line)
        self._idle.clear()

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"", within_s: float = ASKED_WITHIN_S
    ) -> Asked:
        """Ask it something short.

        Raises:
            LineDown: it does not answer, or not in time.
        """
        fields = {"host": self.host, "content-length": str(len(body))} | dict(headers)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        head = f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
        line: Line | None = None
        try:
            async with asyncio.timeout(within_s):
                line = await self.line()
                await line.send(head, body)
                pieces = []
                while piece := await line.piece():
                    pieces.append(piece)
        except TimeoutError as error:
            raise LineDown(f"{self.name} gave no answer within {within_s:.0f} s", reached=True) from error
        finally:
            if line is not None:
                self.put_back(line)
        return Asked(line.status, line.headers, b"".join(pieces))
