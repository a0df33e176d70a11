"""What stands before every route: the limits on a request's address, headers and body."""

import asyncio
import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.limits import (
    BODY_BYTES_MAX,
    BODY_WITHIN_S,
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    LENGTH_DIGITS_MAX,
    NESTING_MAX,
    TARGET_BYTES_MAX,
)
from chassis.web import problem
from chassis.web.problem import Kind

NUL_DETAIL: Final = "An address holds no NUL character."
LONG_DETAIL: Final = f"An address has at most {TARGET_BYTES_MAX} bytes."
LARGE_DETAIL: Final = f"At most {BODY_BYTES_MAX} bytes are taken."
HEAD_DETAIL: Final = f"At most {HEADERS_MAX} headers of together {HEADER_BYTES_MAX} bytes are taken."
SLOW_DETAIL: Final = f"A body must come within {BODY_WITHIN_S:.0f} seconds."
DEEP_DETAIL: Final = f"A body is nested at most {NESTING_MAX} deep."
TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A text as JSON writes it, which may hold brackets that are none."""
ROUND_TO_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
TOO_DEEP: Final = b"[" * (NESTING_MAX + 1)
NO_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")
RAW: Final = b"application/octet-stream"

Fault = tuple[Kind, str | None]


class Bounded:
    """Refuse what is over a limit, whether its length is announced or only found out, and addresses with a NUL."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        fault = _fault(scope, headers)
        if fault is not None:
            refusal = problem.document(*fault, (), scope.get("lienthong.trace", ""))
            await problem.response(refusal)(scope, receive, send)
            return
        await self._app(scope, Body(receive, headers.get(b"content-type", b"") != RAW).receive, send)


def _fault(scope: Scope, headers: dict[bytes, bytes]) -> Fault | None:
    """Return what is wrong with a request before its body is read."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > TARGET_BYTES_MAX:
        return problem.TARGET_TOO_LONG, LONG_DETAIL
    if "\0" in scope["path"]:  # no database takes it in a text
        return problem.NOT_FOUND, None
    if b"%00" in scope["query_string"]:
        return problem.MALFORMED, NUL_DETAIL
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    if size > HEADER_BYTES_MAX or len(scope["headers"]) > HEADERS_MAX:
        return problem.HEAD_TOO_LARGE, HEAD_DETAIL
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and (len(announced) > LENGTH_DIGITS_MAX or int(announced) > BODY_BYTES_MAX):
        return problem.TOO_LARGE, LARGE_DETAIL
    return None


class Body:
    """A body as it comes in, counted, timed, and looked through for how deep it is nested.

    Faults are raised as what FastAPI lets through while it reads a body; anything else it would call unreadable.
    """

    def __init__(self, receive: Receive, is_text: bool) -> None:
        self._receive = receive
        self._is_text = is_text
        self._until: float | None = None
        self._seen = 0
        self._brackets = 0
        self._pieces: list[bytes] = []
        self._ended = False

    async def receive(self) -> Message:
        if self._ended:
            return await self._receive()
        if self._until is None:
            self._until = asyncio.get_running_loop().time() + BODY_WITHIN_S
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError as error:
            raise HTTPException(problem.TOO_SLOW.status, SLOW_DETAIL) from error
        self._look_at(message)
        return message

    def _look_at(self, message: Message) -> None:
        piece: bytes = message.get("body", b"")
        self._seen += len(piece)
        self._ended = not message.get("more_body", False)
        if self._seen > BODY_BYTES_MAX:
            raise HTTPException(problem.TOO_LARGE.status, LARGE_DETAIL)
        if self._is_text:
            self._pieces.append(piece)
            self._brackets += piece.count(b"[") + piece.count(b"{")
            if self._ended and self._brackets > NESTING_MAX and is_deep(b"".join(self._pieces)):
                raise HTTPException(problem.MALFORMED.status, DEEP_DETAIL)


def is_deep(body: bytes) -> bool:
    """Say whether a JSON text is nested deeper than is taken, or its brackets do not fit together.

    Every round takes away the innermost pairs, so that a megabyte of brackets costs little.
    """
    brackets = TEXT.sub(b"", body).translate(ROUND_TO_SQUARE, NO_BRACKETS)
    if TOO_DEEP in brackets:
        return True
    for _ in range(NESTING_MAX):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)
