"""How a service asks the vault's process or the file store's: kept connections, bounded patience, and plain words.

Every question may be asked twice, so one whose answer was lost is asked again. A process that does not answer in time
is left alone for a moment, and whoever asks meanwhile is told at once: one that hangs must not hold up the threads of a
service.
"""

import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import httpx
import msgspec
import stamina

from chassis.inner_server import NOT_ALLOWED, UNAVAILABLE, UNKNOWN_CALLER, Told
from chassis.stores.store import StoreUnavailable

CONNECT_WITHIN_S: Final = 1.0
ANSWER_WITHIN_S: Final = 5.0
LEFT_ALONE_S: Final = 1.0
CONNECTIONS_MAX: Final = 64
KEPT_S: Final = 60.0
"""Less than the other side keeps them, so that a question does not meet a connection that is just being closed."""
AGAIN: Final = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)
TIMES_AGAIN: Final = 3
WAIT_S: Final = 0.05


class Refused(StoreUnavailable):
    """The other process does not know this one, or does not let it ask that; an operator has to see to it.

    Nothing is lost meanwhile: what relies on the answer waits, as it does when nobody answers.
    """


class InnerClient:
    """Asks one process, from any thread.

    Args:
        name: what is asked, for people: `vault`.
        ca: PEM file of the authority that signed its certificate; "" where it speaks without TLS.
    """

    def __init__(self, name: str, url: str, token: str, ca: str = "") -> None:
        self.name = name
        self._left_alone_until = 0.0
        self._closed = False
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=None, keepalive_expiry=KEPT_S)
        self._client = httpx.Client(
            base_url=url, headers={"authorization": f"Bearer {token}"} if token else {}, limits=limits,
            timeout=_timeout(ANSWER_WITHIN_S), verify=ssl.create_default_context(cafile=ca) if ca else True,
            trust_env=False,
        )  # fmt: skip

    def ask(
        self, method: str, path: str, content: bytes = b"", headers: Mapping[str, str] | None = None,
        within_s: float = ANSWER_WITHIN_S,
    ) -> httpx.Response:  # fmt: skip
        """Return the answer, whatever it says.

        Raises:
            StoreUnavailable: there is none; nothing is known of what came of the question.
            Refused: this process is not let in.
        """
        self._be_patient()
        request = self._client.build_request(method, path, content=content, headers=headers, timeout=_timeout(within_s))
        with self.said_plainly():
            try:
                answered = self._client.send(request)
            except AGAIN:
                answered = self._again(request)
        if answered.status_code in (401, 403, 503):
            raise unanswered(self.name, answered)
        return answered

    def _again(self, request: httpx.Request) -> httpx.Response:
        for attempt in stamina.retry_context(
            on=AGAIN, attempts=TIMES_AGAIN, wait_initial=WAIT_S, wait_jitter=WAIT_S, timeout=CONNECT_WITHIN_S
        ):
            with attempt:
                return self._client.send(request)
        raise AssertionError("the last attempt answers or raises")

    @contextmanager
    def stream(self, path: str) -> Iterator[httpx.Response]:
        """Give an answer whose content comes part by part; as `ask`."""
        self._be_patient()
        with self.said_plainly(), self._client.stream("GET", path) as answered:
            if answered.status_code in (401, 403, 503):
                answered.read()
                raise unanswered(self.name, answered)
            yield answered

    def _be_patient(self) -> None:
        if self._closed:
            raise StoreUnavailable(f"{self.name}: this process is being stopped")
        if time.monotonic() < self._left_alone_until:
            raise StoreUnavailable(f"{self.name}: it did not answer just now; ask again")

    @contextmanager
    def said_plainly(self) -> Iterator[None]:
        """Say in the port's words that nobody answers; what was asked is not in them."""
        try:
            yield
        except (httpx.TimeoutException, httpx.TransportError) as error:
            if isinstance(error, httpx.TimeoutException):
                self._left_alone_until = time.monotonic() + LEFT_ALONE_S
            said = f"{self.name}: no answer from {self._client.base_url.host}:{self._client.base_url.port}"
            raise StoreUnavailable(f"{said} ({type(error).__name__}{_meaning_of(error)})") from error

    def close(self) -> None:
        self._closed = True
        self._client.close()


def unanswered(name: str, answered: httpx.Response) -> StoreUnavailable:
    """Return what a process said that did not answer."""
    told = told_by(answered)
    return (Refused if told.code in (UNKNOWN_CALLER, NOT_ALLOWED) else StoreUnavailable)(told.said or f"{name}: busy")


def told_by(answered: httpx.Response) -> Told:
    """Return why there was no answer, as the other side told it."""
    try:
        return msgspec.json.decode(answered.content, type=Told)
    except msgspec.DecodeError:
        return Told(UNAVAILABLE, f"HTTP {answered.status_code}")


def _timeout(within_s: float) -> Any:
    return httpx.Timeout(within_s, connect=CONNECT_WITHIN_S)


def _meaning_of(error: Exception) -> str:
    said = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in said:
        return ": its certificate is not vouched for by the authority that was given (…_CA)"
    return ": does it run, and is the address right?" if isinstance(error, httpx.ConnectError) else ""
