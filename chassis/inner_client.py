"""How a service asks the vault's process or the file store's: kept connections, bounded patience, and plain words.

Every question may be asked twice, so one whose answer was lost is asked again. A process that does not answer in time
is left alone for a moment, and whoever asks meanwhile is told at once: one that hangs must not hold up the threads of a
service.

The standard library's client is used, because a dossier asks the vault some ten times: a fuller one takes four times as
long for a question (`docs/personal-data.md` has the figures).
"""

import ssl
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec
import stamina

from chassis.inner_server import NOT_ALLOWED, UNAVAILABLE, UNKNOWN_CALLER, Told
from chassis.stores.store import StoreUnavailable

CONNECT_WITHIN_S: Final = 1.0
ANSWER_WITHIN_S: Final = 5.0
LEFT_ALONE_S: Final = 1.0
KEPT_MAX: Final = 64
KEPT_S: Final = 60.0
"""Less than the other side keeps them, so that a question does not meet a connection that is just being closed."""
AGAIN: Final = (ConnectionError, HTTPException)
TIMES_AGAIN: Final = 3
WAIT_S: Final = 0.05
NOT_ANSWERED: Final = frozenset({401, 403, 503})


class Refused(StoreUnavailable):
    """The other process does not know this one, or does not let it ask that; an operator has to see to it.

    Nothing is lost meanwhile: what relies on the answer waits, as it does when nobody answers.
    """


class Answer(NamedTuple):
    """What was said."""

    status: int
    content: bytes


class Connections:
    """Connections to one address that are open and unused."""

    def __init__(self, url: str, ca: str) -> None:
        parts = urlsplit(url)
        self.host, self._port = parts.hostname or "", parts.port
        self._tls = None
        if parts.scheme == "https":
            self._tls = ssl.create_default_context(cafile=ca or None)
        self._kept: deque[tuple[float, HTTPConnection]] = deque()

    def take(self) -> HTTPConnection:
        """Return one that was used last and is not too old, or a new one that connects when it is used."""
        while self._kept:
            try:
                at, connection = self._kept.pop()
            except IndexError:  # another thread was quicker
                break
            if time.monotonic() - at < KEPT_S:
                return connection
            connection.close()
        if self._tls is not None:
            return HTTPSConnection(self.host, self._port, timeout=CONNECT_WITHIN_S, context=self._tls)
        return HTTPConnection(self.host, self._port, timeout=CONNECT_WITHIN_S)

    def give_back(self, connection: HTTPConnection) -> None:
        if len(self._kept) < KEPT_MAX:
            self._kept.append((time.monotonic(), connection))
        else:
            connection.close()

    def close(self) -> None:
        """Close all: where one was cut off, the others were too."""
        while self._kept:
            try:
                self._kept.pop()[1].close()
            except IndexError:
                break


class InnerClient:
    """Asks one process, from any thread.

    Args:
        name: what is asked, for people: `vault`.
        ca: PEM file of the authority that signed its certificate; "" takes the system's.
    """

    def __init__(self, name: str, url: str, token: str, ca: str = "") -> None:
        self.name = name
        self._url = url
        self._left_alone_until = 0.0
        self._closed = False
        self._credential = {"authorization": f"Bearer {token}"} if token else {}
        self._connections = Connections(url, ca)

    def ask(
        self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None,
        within_s: float = ANSWER_WITHIN_S,
    ) -> Answer:  # fmt: skip
        """Return the answer, whatever it says.

        Raises:
            StoreUnavailable: there is none; nothing is known of what came of the question.
            Refused: this process is not let in.
        """
        self._be_patient()
        sent = {**self._credential, **(headers or {})}
        with self._said_plainly():
            try:
                answer = self._ask(method, path, content, sent, within_s)
            except AGAIN:
                self._connections.close()
                answer = self._ask_again(method, path, content, sent, within_s)
        if answer.status in NOT_ANSWERED:
            raise unanswered(self.name, answer)
        return answer

    def _ask(self, method: str, path: str, content: bytes, headers: Mapping[str, str], within_s: float) -> Answer:
        with self._asked(method, path, content, headers, within_s) as response:
            return Answer(response.status, response.read())

    def _ask_again(self, method: str, path: str, content: bytes, headers: Mapping[str, str], within_s: float) -> Answer:
        for attempt in stamina.retry_context(
            on=AGAIN, attempts=TIMES_AGAIN, wait_initial=WAIT_S, wait_jitter=WAIT_S, timeout=CONNECT_WITHIN_S
        ):
            with attempt:
                return self._ask(method, path, content, headers, within_s)
        raise AssertionError("the last attempt answers or raises")

    @contextmanager
    def _asked(
        self, method: str, path: str, content: bytes, headers: Mapping[str, str], within_s: float
    ) -> Iterator[HTTPResponse]:
        """Ask, give the answer to be read, and keep the connection if it was read to its end."""
        connection = self._connections.take()
        is_whole = False
        try:
            if connection.sock is None:
                connection.connect()
            connection.sock.settimeout(within_s)
            connection.request(method, path, content, dict(headers))
            response = connection.getresponse()
            yield response
            is_whole = response.isclosed() and not response.will_close
        finally:
            if is_whole and not self._closed:
                self._connections.give_back(connection)
            else:
                connection.close()

    @contextmanager
    def stream(self, path: str) -> Iterator[HTTPResponse]:
        """Give an answer whose content is read part by part; as `ask`, but asked once."""
        self._be_patient()
        with self._said_plainly(), self._asked("GET", path, b"", self._credential, ANSWER_WITHIN_S) as response:
            if response.status in NOT_ANSWERED:
                raise unanswered(self.name, Answer(response.status, response.read()))
            yield response

    def _be_patient(self) -> None:
        if self._closed:
            raise StoreUnavailable(f"{self.name}: this process is being stopped")
        if not self._connections.host:
            raise StoreUnavailable(f"{self.name}: nobody said where it answers; set LIENTHONG_{self.name.upper()}_URL")
        if time.monotonic() < self._left_alone_until:
            raise StoreUnavailable(f"{self.name}: it did not answer just now; ask again")

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """Say in the port's words that nobody answers; what was asked is not in them."""
        try:
            yield
        except (OSError, HTTPException) as error:
            if isinstance(error, TimeoutError):
                self._left_alone_until = time.monotonic() + LEFT_ALONE_S
            said = f"{self.name}: no answer from {self._url} ({type(error).__name__}){_meaning_of(error)}"
            raise StoreUnavailable(said) from error

    def close(self) -> None:
        self._closed = True
        self._connections.close()


def unanswered(name: str, answer: Answer) -> StoreUnavailable:
    """Return what a process said that did not answer."""
    told = told_by(answer)
    return (Refused if told.code in (UNKNOWN_CALLER, NOT_ALLOWED) else StoreUnavailable)(told.said or f"{name}: busy")


def told_by(answer: Answer) -> Told:
    """Return why there was no answer, as the other side told it."""
    try:
        return msgspec.json.decode(answer.content, type=Told)
    except msgspec.DecodeError:
        return Told(UNAVAILABLE, f"HTTP {answer.status}")


def _meaning_of(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ": its certificate is not vouched for by the authority that was given (…_CA)"
    return ": does it run, and is the address right?" if isinstance(error, ConnectionRefusedError) else ""
