"""Server-sent events: what changes is told to a browser that listens, without it asking again and again.

A stream ends after a while, or as soon as the server is told to stop; a browser then comes again by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chassis.codec import encode
from chassis.limits import LISTENED_WITHIN_S, LISTENERS_MAX
from chassis.web.problem import UNAVAILABLE, Problem
from chassis.wire import JSON

MEDIA_TYPE: Final = "text/event-stream"
NOT_KEPT: Final = {"Cache-Control": "no-store"}
COME_AGAIN_AFTER_MS: Final = 2_000
QUIET_AT_MOST_S: Final = 10.0
"""How long nothing is said, so that whatever stands between keeps the line open."""


class SentEvents:
    """Tells every listener of one thing when it changes.

    Args:
        told: what is to be told now; asked once in `every_s`, however many listen.
        lasts_s: how long one stream is kept open.
    """

    def __init__(
        self, told: Callable[[], Mapping[str, Any]], every_s: float = 1.0, lasts_s: float = LISTENED_WITHIN_S
    ) -> None:
        self._told = told
        self._every_s = every_s
        self._lasts_s = lasts_s
        self._listeners = 0
        self._said = b""
        self._said_at = -every_s
        self._ending = False

    def end(self) -> None:
        """End every stream within a moment: the server stops."""
        self._ending = True

    async def answer(self, request: Request) -> Response:
        """Answer a listener with a stream; whoever does not take one, with what is told now.

        Raises:
            Problem: too many listen already.
        """
        if MEDIA_TYPE not in request.headers.get("accept", ""):
            return Response(self.now(), media_type=JSON, headers=NOT_KEPT)
        if self._listeners >= LISTENERS_MAX:
            raise Problem(UNAVAILABLE, f"At most {LISTENERS_MAX} listen at once.")
        if not hasattr(request.app.state, "sent_events"):
            request.app.state.sent_events = set()
        request.app.state.sent_events.add(self)  # the server ends it when it is told to stop
        return StreamingResponse(self._frames(), media_type=MEDIA_TYPE, headers=NOT_KEPT)

    async def _frames(self) -> AsyncIterator[bytes]:
        self._listeners += 1
        try:
            yield b"retry: %d\n\n" % COME_AGAIN_AFTER_MS
            began = spoke = time.monotonic()
            known = b""
            while not self._ending and time.monotonic() - began < self._lasts_s:
                said = self.now()
                if said != known:
                    known, spoke = said, time.monotonic()
                    yield b"data: " + said + b"\n\n"
                elif time.monotonic() - spoke > QUIET_AT_MOST_S:
                    spoke = time.monotonic()
                    yield b":\n\n"
                await asyncio.sleep(self._every_s)
        finally:
            self._listeners -= 1

    def now(self) -> bytes:
        """Return what is told now, as JSON."""
        if time.monotonic() - self._said_at >= self._every_s:
            self._said, self._said_at = encode(self._told()), time.monotonic()
        return self._said
