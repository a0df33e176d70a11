"""A client on the test's own thread: HTTP to the application without a network, and without a thread between."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import httpx
from fastapi import FastAPI


class Client:
    """Sends requests one by one, or several at once."""

    def __init__(self, app: FastAPI) -> None:
        self._loop = asyncio.Runner()
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=60)

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()

    def request(self, method: str, address: str, content: Any = None, **sent: Any) -> httpx.Response:
        """Send a request; `content` may come in pieces, and then its length is not announced."""
        pieces = _in_turn(content) if isinstance(content, Iterator) else content
        return self._loop.run(self._client.request(method, address, content=pieces, **sent))

    def get(self, address: str, **sent: Any) -> httpx.Response:
        return self.request("GET", address, **sent)

    def post(self, address: str, **sent: Any) -> httpx.Response:
        return self.request("POST", address, **sent)

    def at_once(self, times: int, address: str, **sent: Any) -> list[httpx.Response]:
        """POST the same several times at once."""

        async def all_of_them() -> list[httpx.Response]:
            return await asyncio.gather(*(self._client.post(address, **sent) for _ in range(times)))

        return self._loop.run(all_of_them())

    def forget(self) -> None:
        """Forget every cookie."""
        self._client.cookies.clear()


async def _in_turn(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
