"""One kept connection to a process of ours: a request goes out, its answer comes back piece by piece.

It exists because it stands before everything: a general client costs more time than most of the answers behind it.
Nothing is held that has not been asked for: who reads slowly slows the writer down, in both directions.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import Any, Final, cast

import httptools

Headers = list[tuple[bytes, bytes]]

CONNECT_WITHIN_S: Final = 2.0
HELD_BYTES_MAX: Final = 262_144
"""So much of an answer waits for its reader before the process is told to pause."""


class LineDown(ConnectionError):
    """The process did not answer.

    Args:
        reached: it may have been told of the request, or of a part of it.
    """

    def __init__(self, why: str, reached: bool) -> None:
        super().__init__(why)
        self.reached = reached


class Line(asyncio.Protocol):
    """A connection on which one exchange after another takes place."""

    def __init__(self) -> None:
        self.is_open = False
        self.status = 0
        self.headers: Headers = []
        self.idle_since = 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._asked = self._has_head = self._has_ended = self._is_head_only = self._stays = False
        self._paused = False
        self._news: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    # --- what the connection says ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if not self._asked:  # nobody asked: whatever this is, it belongs to no request
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()
        self._tell()

    def eof_received(self) -> bool:
        return False  # an answer that ends with the connection is none of ours

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._tell()
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def pause_writing(self) -> None:
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    # --- what the parser reads ---

    def on_message_begin(self) -> None:
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:  # it goes on being asked
            return
        self._stays = self._parser.should_keep_alive()
        self._has_head = True
        if self._is_head_only:  # its headers tell of a body that does not come, which the parser cannot know
            self._has_ended, self._stays = True, False

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held > HELD_BYTES_MAX and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True

    def on_message_complete(self) -> None:
        self._has_ended = self._has_head

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # --- what its user does ---

    @property
    def may_be_used_again(self) -> bool:
        """Say whether the exchange came to its end and the process keeps the connection."""
        return self.is_open and self._has_ended and self._stays and not self._pieces

    async def send(self, head: bytes, body: bytes | AsyncIterable[bytes], is_head_only: bool = False) -> None:
        """Send a request and wait for the head of its answer, which then stands in `status` and `headers`.

        Args:
            head: request line and headers, with the empty line that ends them.
            body: the bytes to follow it as they are; if they are still coming, so as to fit the head.
            is_head_only: it is a HEAD, whose answer has no body.

        Raises:
            LineDown: the connection ended before there was an answer.
        """
        if not self.is_open or self._transport is None:
            raise LineDown("the connection is closed", reached=False)
        self._has_head = self._has_ended = False
        self._is_head_only, self._asked = is_head_only, True
        if isinstance(body, bytes):
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            await self._pour(body)
        while not self._has_head:
            await self._wait()

    async def _pour(self, body: AsyncIterable[bytes]) -> None:
        """Send what is still coming; an answer that comes earlier ends it (too large, not allowed)."""
        assert self._transport is not None
        async for piece in body:
            if not self.is_open or self._has_head:
                return
            self._transport.write(piece)
            if self._room is not None:
                await self._room

    async def piece(self) -> bytes:
        """Return what has come of the answer's body since, as soon as there is anything; `b""` at its end.

        Raises:
            LineDown: the connection ended before the answer did.
        """
        while not self._pieces and not self._has_ended:
            await self._wait()
        taken = b"".join(self._pieces)
        self._pieces.clear()
        self._held = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return taken

    @property
    def has_ended(self) -> bool:
        """Say whether the answer is here wholly, but for what `piece` gives next."""
        return self._has_ended

    async def _wait(self) -> None:
        if not self.is_open:
            raise LineDown("the connection ended before the answer did", reached=True)
        self._news = asyncio.get_running_loop().create_future()
        try:
            await self._news
        finally:
            self._news = None

    def abort(self) -> None:
        """Let go of the connection at once; whoever waits on it is told."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()
        self._tell()


async def connected(host: str, port: int) -> Line:
    """Return a new connection.

    Raises:
        LineDown: nobody answers there.
    """
    loop: Any = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            _, line = await loop.create_connection(Line, host, port)
    except (OSError, TimeoutError) as error:
        raise LineDown(str(error) or "no connection in time", reached=False) from error
    return cast(Line, line)
