"""The server itself, over real connections: heads too long or without end, slow bodies, and calls broken off."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
import uvicorn

from chassis.limits import HEADER_BYTES_MAX, HEADERS_MAX
from chassis.web import bounds
from chassis.web import server as serving
from services.__main__ import asgi, compose
from tests.harness import REGISTRY

PATIENCE_S: Final = 0.4
HEAD: Final = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
POST: Final = b"POST /api/v1/rehearsal/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve a province with little patience, and return where."""
    with pytest.MonkeyPatch.context() as impatient:
        impatient.setattr(serving, "HEAD_WITHIN_S", PATIENCE_S)
        impatient.setattr(bounds, "BODY_WITHIN_S", PATIENCE_S)
        platform = compose(tmp_path_factory.mktemp("server"), rehearsal=True, registry=REGISTRY)
        platform.engine.start()
        listener = socket.create_server(("127.0.0.1", 0))
        running = serving.server(asgi(platform), "127.0.0.1", listener.getsockname()[1])
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        _wait_for(running)
        yield listener.getsockname()[1]
        running.should_exit = True
        thread.join(10)
        platform.close()


def _wait_for(running: uvicorn.Server) -> None:
    until = time.monotonic() + 10
    while not running.started and time.monotonic() < until:
        time.sleep(0.01)
    assert running.started


def said(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """Send bytes, with pauses between, and return all that comes back until the server hangs up or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
        answer = b""
        with suppress(ConnectionError, TimeoutError):  # it may have heard enough; its answer is there all the same
            for number, piece in enumerate(pieces):
                if number:
                    time.sleep(pause_s)
                line.sendall(piece)
        try:
            while more := line.recv(65_536):
                answer += more
        except (ConnectionError, TimeoutError):
            pass
        return answer


def status(answer: bytes) -> int:
    """Return the status, after making sure that a refusal is a problem document."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        assert b"application/problem+json" in head, answer[:300]
        assert b'"title_en"' in body
    return int(head.split(b" ", 2)[1])


CLOSE: Final = b"Connection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        ((HEAD + CLOSE,), 200),
        ((HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(HEADERS_MAX)) + CLOSE,), 431),
        ((HEAD + b"X: " + b"y" * HEADER_BYTES_MAX + b"\r\n" + CLOSE,), 431),
        ((HEAD + b"X: " + b"y" * 3_000_000,), 431),
        ((HEAD, *[b"X: " + b"y" * 8_000 + b"\r\n"] * 6), 431),
        ((b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n" + CLOSE,), 414),
        ((b"GET / HTTP/9.9\r\n\r\n",), 400),
        ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",), 400),
        ((b"\x00" * 100,), 400),
        ((b"GET /livez HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n",), 400),
        ((b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",), 400),
        ((POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",), 400),
        ((POST + b"Content-Length: -1\r\n\r\n",), 400),
        ((POST + b"Content-Length: 99999999999999999999999\r\n\r\n",), 400),
        ((POST + b"Content-Length: 9999999\r\n" + CLOSE,), 413),
        ((POST + b"Transfer-Encoding: chunked\r\n" + CLOSE, b"ffffffffffffffff1\r\n"), 400),
        ((POST + b"Transfer-Encoding: chunked\r\n" + CLOSE, b"2\r\n{}\r\n0\r\n\r\n"), 422),
    ],
    ids=str,
)
def test_what_is_no_request_is_refused(port: int, pieces: tuple[bytes, ...], wanted: int) -> None:
    """Before any route is asked, and with the name of the limit where there is one."""
    assert status(said(port, *pieces)) == wanted


def test_a_head_that_does_not_end_is_not_waited_for(port: int) -> None:
    """A byte now and then does not help: the patience is for the whole head."""
    began = time.monotonic()
    answer = said(port, b"GET /li", *[b"v"] * 20, pause_s=0.1)
    assert time.monotonic() - began < 5
    assert answer == b"" or status(answer) == 408


def test_whoever_says_nothing_is_hung_up_on(port: int) -> None:
    """Without a word: there is nobody to answer."""
    began = time.monotonic()
    assert said(port) == b""
    assert time.monotonic() - began < 2.5


def test_a_body_that_does_not_come_is_not_waited_for(port: int) -> None:
    """It was announced, and the time for it is over."""
    assert status(said(port, POST + b"Content-Length: 100\r\n" + CLOSE, b"{")) == 408


def test_calls_that_are_broken_off_leave_the_server_as_it_was(port: int) -> None:
    """In the midst of a head, of a body, and before the answer; two hundred of them at once."""

    async def break_off(number: int) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        whole = POST + b'Content-Length: 21\r\n\r\n{"role": "inspector"}'
        writer.write(whole[: 20 + number])
        await writer.drain()
        writer.close()

    async def all_of_them() -> None:
        results: list[Any] = await asyncio.gather(
            *(break_off(number % 140) for number in range(200)), return_exceptions=True
        )
        assert all(one is None or isinstance(one, ConnectionError) for one in results)

    asyncio.run(all_of_them())
    assert status(said(port, HEAD + CLOSE)) == 200


def test_several_requests_on_one_line_are_answered_in_turn(port: int) -> None:
    """The limits begin anew with each."""
    one = HEAD + b"X: " + b"y" * 20_000 + b"\r\n\r\n"
    answer = said(port, one + one + HEAD + CLOSE)
    assert answer.count(b"HTTP/1.1 200") == 3


def test_nobody_is_talked_into_another_protocol(port: int) -> None:
    """There are no web sockets here: it is answered as if it had not been asked."""
    upgrade = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n"
    )
    assert said(port, HEAD + upgrade).startswith(b"HTTP/1.1 200")
