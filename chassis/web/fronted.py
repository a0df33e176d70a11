"""Whose request the front passes on: the caller's address comes beside it, and is believed of the front only.

Without it everybody would come from the front's own address, and whoever asks too often would hold up all others.
Addresses of processes change; so the front is known by a mark that follows from the installation's internal token.
"""

import hmac
from hashlib import sha256
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

FRONT: Final = b"x-lienthong-front"
CALLER: Final = b"x-forwarded-for"
SCHEME: Final = b"x-forwarded-proto"
PURPOSE: Final = b"lienthong front 1"
SCHEMES: Final = (b"http", b"https")


def mark_of(token: str) -> bytes:
    """Return what the front is known by; who learns it can claim to be another caller, and nothing else."""
    return hmac.new(token.encode(), PURPOSE, sha256).hexdigest().encode()


class Fronted:
    """Take the caller's address and scheme from the front, and from nobody else."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        """Take the internal token; without one nobody is the front."""
        self._app = app
        self._mark = mark_of(token) if token else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            fields = dict(scope["headers"])
            shown = fields.get(FRONT, b"")
            if self._mark and hmac.compare_digest(shown, self._mark):
                scope["client"] = (fields.get(CALLER, b"").decode("latin-1"), 0)
                if fields.get(SCHEME) in SCHEMES:
                    scope["scheme"] = fields[SCHEME].decode()
        await self._app(scope, receive, send)
