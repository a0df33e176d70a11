"""How this server listens: uvicorn, with limits on the head of a request, on waiting for it, and on how many come.

What is wrong before there is a request at all (no HTTP, too long a head, a head that does not end) is answered with a
problem document here, because no route will ever see it.
"""

import asyncio
import json
import secrets
import socket
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.limits import (
    BACKLOG_MAX,
    CONNECTIONS_MAX,
    HEAD_WITHIN_S,
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    IDLE_CONNECTION_WITHIN_S,
)
from chassis.web import problem

REASONS: Final = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}
TOO_MANY_HEADERS: Final = f"At most {HEADERS_MAX} headers of together {HEADER_BYTES_MAX} bytes are taken."
NO_HEAD_IN_TIME: Final = f"The head of a request must come within {HEAD_WITHIN_S:.0f} seconds."


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Whoever sends a head that is too long, or none, is told so and the connection is closed."""

    _patience: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0
    _too_large = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lose_patience()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._patience is None:
                self._be_patient()
        super().data_received(data)
        if self._in_head and self._head_bytes > HEADER_BYTES_MAX:
            self._refuse(problem.HEAD_TOO_LARGE, TOO_MANY_HEADERS)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._lose_patience()
        size = sum(len(name) + len(value) for name, value in self.headers)
        if len(self.headers) > HEADERS_MAX or size > HEADER_BYTES_MAX:
            self._too_large = True
            raise ValueError(TOO_MANY_HEADERS)  # the parser stops, and asks for `send_400_response`
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as HTTP, or has too large a head."""
        if self._too_large:
            self._refuse(problem.HEAD_TOO_LARGE, TOO_MANY_HEADERS)
        else:
            self._refuse(problem.MALFORMED, msg)

    def _unsupported_upgrade_warning(self) -> None:
        """Nobody here speaks anything but HTTP; whoever asks to is answered as if they had not."""

    def _be_patient(self) -> None:
        self._patience = self.loop.call_later(HEAD_WITHIN_S, self._gave_up)

    def _lose_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _gave_up(self) -> None:
        self._patience = None
        if self._head_bytes:
            self._refuse(problem.TOO_SLOW, NO_HEAD_IN_TIME)
        else:
            self.transport.close()

    def _refuse(self, kind: problem.Kind, detail: str) -> None:
        if self.transport.is_closing():
            return
        self._lose_patience()
        body = json.dumps(problem.document(kind, detail, (), secrets.token_hex(16)), ensure_ascii=False).encode()
        head = (
            f"HTTP/1.1 {kind.status} {REASONS[kind.status]}\r\ncontent-type: {problem.MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()


class Server(uvicorn.Server):
    """Ends what would be said without end (server-sent events) before it waits for the requests under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state = getattr(self.config.app, "state", None)
        for events in getattr(state, "sent_events", ()):
            events.end()
        await super().shutdown(sockets)


def server(app: Any, host: str, port: int, believes_proxies: bool = True) -> uvicorn.Server:
    """Return the server that listens for `app` within the limits.

    Args:
        believes_proxies: take callers' addresses from this machine, or from whom FORWARDED_ALLOW_IPS names.
    """
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, http=BoundedProtocol, ws="none",
        limit_concurrency=CONNECTIONS_MAX, backlog=BACKLOG_MAX, timeout_keep_alive=IDLE_CONNECTION_WITHIN_S,
        server_header=False, proxy_headers=believes_proxies,
    )  # fmt: skip
    return Server(config)
