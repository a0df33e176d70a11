"""The door: every request goes to a process that answers it, and what that process says is what is answered.

A request that reached nobody goes to another instance. One that may have reached somebody is sent again only if that
does no harm: it only reads, or it carries an idempotency key, and then the first answer comes again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from chassis.limits import ANSWER_WITHIN_S
from chassis.web.door_instance import Instance
from chassis.web.door_instances import OWN, Instances, Nobody
from chassis.web.door_line import Headers, Line, LineDown
from chassis.web.door_routes import Found
from chassis.web.fronted import CALLER, FRONT, SCHEME
from chassis.web.problem import METHOD, NOT_FOUND, UNAVAILABLE, Problem, document, on_problem, response
from kernel.calendar import Words

log = logging.getLogger("lienthong.door")

SAID_WITHIN_S: Final = ANSWER_WITHIN_S + 5
"""How long the head of an answer may take, and each further piece: a little longer than a service gives itself."""
TAKEN_IN_BYTES_MAX: Final = 65_536
"""A body up to here is taken in before it is sent on, and can be sent again."""
SERVICE: Final = "lienthong.service"
READS: Final = frozenset({"GET", "HEAD"})
OF_ONE_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade", b"expect", b"proxy-connection",
})  # fmt: skip
NOT_SENT_ON: Final = OF_ONE_HOP | {FRONT, CALLER, SCHEME, b"x-forwarded-host", b"forwarded"}
NOT_SAID_ON: Final = OF_ONE_HOP | {b"date"}  # this server says the time itself

DOOR: Final = CollectorRegistry()
"""The figures of a process that is a door."""

SENT: Final = Counter(
    "lienthong_door_requests", "Requests sent on, by service and by what became of them", ["service", "outcome"],
    registry=DOOR,
)  # fmt: skip


class Door:
    """Sends requests on; `Behind` and `Nowhere` are its two places in a table of routes."""

    def __init__(self, instances: Instances) -> None:
        self.instances = instances
        self._said_without_end: set[asyncio.Task[None]] = set()

    def end(self) -> None:
        """End every answer that goes on and on: the server stops."""
        for task in self._said_without_end:
            task.cancel()

    async def turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose address nobody has, or not for this method."""
        found = self.instances.table.find(scope["path"], scope["method"])
        assert not isinstance(found, Found), "whatever somebody has was answered by them"
        if not found and self.instances.unheard:
            raise Problem(UNAVAILABLE, silent(", ".join(self.instances.unheard)))
        if not found:
            raise Problem(NOT_FOUND)
        refusal = document(METHOD, None, (), scope.get("lienthong.trace", ""))
        await response(refusal, {"Allow": ", ".join(found)})(scope, receive, send)

    async def pass_on(self, service: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request by an instance of `service`.

        Raises:
            Problem: none of them answers.
        """
        try:
            may_be_repeated, body = await _taken_in(scope, receive)
        except ConnectionAbortedError:
            return
        head = _head(scope, body, self.instances.mark)
        try:
            async with asyncio.timeout(SAID_WITHIN_S):
                instance, line, first = await self._answered(service, scope, head, body, may_be_repeated)
        except TimeoutError as error:
            SENT.labels(service, "late").inc()
            raise Problem(UNAVAILABLE, silent(service)) from error
        except ConnectionAbortedError:
            return
        try:
            await self._say(line, first, receive, send)
        except (LineDown, TimeoutError):  # the server sees that the answer has no end, and cuts it off
            SENT.labels(service, "cut").inc()
            log.warning("%s at port %d broke off in the middle of an answer", instance.service, instance.port)
        else:
            SENT.labels(service, "answered").inc()
        finally:
            instance.in_flight -= 1
            instance.put_back(line)

    async def _answered(
        self, service: str, scope: Scope, head: bytes, body: bytes | AsyncIterator[bytes], may_be_repeated: bool
    ) -> tuple[Instance, Line, bytes]:
        """Return who answers, on which line, and the first piece of what is said."""
        tried: set[Instance] = set()
        fresh = not may_be_repeated
        while left := [one for one in self.instances.living(service) if one not in tried]:
            instance = left[0]
            instance.takes_one()
            line: Line | None = None
            try:
                line = await instance.line(fresh)
                await line.send(head, body, scope["method"] == "HEAD")
                return instance, line, await line.piece()
            except BaseException as error:
                instance.in_flight -= 1
                if line is not None:
                    instance.let_go(line)
                if not isinstance(error, LineDown):
                    raise
                if fresh:  # a kept line may have ended alone
                    tried.add(instance)
                if line is None:
                    instance.has_gone()
                instance.look_now.set()
                if error.reached and not may_be_repeated:
                    break
                fresh = True
                SENT.labels(service, "sent_again").inc()
        SENT.labels(service, "nobody").inc()
        raise Problem(UNAVAILABLE, silent(service))

    async def _say(self, line: Line, first: bytes, receive: Receive, send: Send) -> None:
        headers = [field for field in line.headers if field[0] not in NOT_SAID_ON]
        start: Message = {"type": "http.response.start", "status": line.status, "headers": headers}
        await send(start)
        if line.has_ended:
            await send({"type": "http.response.body", "body": first + await line.piece()})
            return
        await send({"type": "http.response.body", "body": first, "more_body": True})
        saying = asyncio.create_task(_say_on(line, send))
        self._said_without_end.add(saying)
        hearing = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((saying, hearing), return_when=asyncio.FIRST_COMPLETED)
            if saying.done() and not saying.cancelled():
                saying.result()
            elif saying.cancelled():
                await send({"type": "http.response.body", "body": b""})
        finally:
            self._said_without_end.discard(saying)
            saying.cancel()
            hearing.cancel()


class Template:
    """A route of another process, as the notes of requests name it."""

    def __init__(self, path: str) -> None:
        self.path = path


class Behind(BaseRoute):
    """What other processes answer; it stands first, as most is theirs, and passes over what this process has itself."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        found = self._door.instances.table.find(scope["path"], scope["method"])
        if not isinstance(found, Found) or found.service == OWN:
            return Match.NONE, {}
        return Match.FULL, {"route": Template(found.template), "endpoint": self._door, SERVICE: found.service}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._door.pass_on(scope[SERVICE], scope, receive, send)


class Nowhere(BaseRoute):
    """What is left when no route fits; it stands last."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        return (Match.FULL if scope["type"] == "http" else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._door.turn_away(scope, receive, send)


async def _say_on(line: Line, send: Send) -> None:
    """Say the rest of an answer as it comes."""
    while True:
        async with asyncio.timeout(SAID_WITHIN_S):
            piece = await line.piece()
        await send({"type": "http.response.body", "body": piece, "more_body": bool(piece)})
        if not piece:
            return


async def _gone(receive: Receive) -> None:
    """Wait until whoever asked has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _taken_in(scope: Scope, receive: Receive) -> tuple[bool, bytes | AsyncIterator[bytes]]:
    """Return whether a request may be sent twice, and its body: as it comes if it may not, is long, and says how long.

    What is taken in whole is never longer than any body may be.
    """
    fields = dict(scope["headers"])
    has_key = scope["method"] in READS or b"idempotency-key" in fields
    length = fields.get(b"content-length", b"")
    if not has_key and length.isdigit() and int(length) > TAKEN_IN_BYTES_MAX:
        return False, _coming(receive)
    return has_key, b"".join([piece async for piece in _coming(receive)])


async def _coming(receive: Receive) -> AsyncIterator[bytes]:
    """Yield a body as it comes in.

    Raises:
        ConnectionAbortedError: whoever sends it went away in the middle.
    """
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError("whoever asked went away before the end")
        if piece := message.get("body", b""):
            yield piece
        if not message.get("more_body", False):
            return


def _head(scope: Scope, body: bytes | AsyncIterator[bytes], mark: bytes) -> bytes:
    """Return the head of the request as it is sent on: what its sender said, and where they are."""
    target = scope.get("raw_path") or scope["path"].encode()
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    fields: Headers = [(name, value) for name, value in scope["headers"] if name not in NOT_SENT_ON]
    if isinstance(body, bytes):
        fields = [field for field in fields if field[0] != b"content-length"]
        if body or scope["method"] not in READS:
            fields.append((b"content-length", b"%d" % len(body)))
    client = (scope.get("client") or ("", 0))[0]
    fields += [(FRONT, mark), (CALLER, client.encode("latin-1")), (SCHEME, scope["scheme"].encode())]
    lines = b"".join(b"%b: %b\r\n" % field for field in fields)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (scope["method"].encode("latin-1"), target, lines)


async def on_nobody(request: Request, error: Exception) -> Response:
    """Say which service does not answer, where several were asked."""
    assert isinstance(error, LineDown)
    words = silent(error.service if isinstance(error, Nobody) else "")
    return await on_problem(request, Problem(UNAVAILABLE, words))


def silent(service: str) -> Words:
    """Return the sentence for whoever asked something of a service of which nobody answers."""
    return Words(
        f"Dịch vụ {service} hiện không trả lời; hãy gửi lại yêu cầu này, kèm Idempotency-Key cũ nếu có.",
        f"The service {service} does not answer now; send the same request again, with the same Idempotency-Key.",
    )
