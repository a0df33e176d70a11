"""The whole product behind its HTTP border, on a virtual clock: what a story's people speak to.

`Embedded` is one process over SQLite. `tests/journeys/clustered.py` has the same over a cluster, for the same stories.
"""

import hashlib
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from chassis.clock import RehearsalClock
from chassis.stores.store import Store
from chassis.web.auth import Principal
from services.__main__ import asgi, compose
from tests.borders.client import Client
from tests.harness import REGISTRY

API: Final = "/api/v1"
SIMULATED_PAYMENTS: Final = "/sandbox/vnpay/payments"
PATIENCE_S: Final = 30
_KEYS = itertools.count(1)


def digest(text: str) -> str:
    """Return the SHA-256 of what stands for a file."""
    return hashlib.sha256(text.encode()).hexdigest()


class Served(ABC):
    """Every service behind one address; each request is answered when all of them have heard of it.

    Args:
        client: sends requests.
        paths: service, name of an act or a view → its path below the API.
    """

    def __init__(self, client: Client | httpx.Client, paths: Mapping[tuple[str, str], str]) -> None:
        self._client = client
        self._paths = paths
        self._tokens: dict[Principal, str] = {}

    @property
    @abstractmethod
    def now(self) -> datetime:
        """What the clock shows."""

    @abstractmethod
    def move_to(self, instant: datetime) -> None:
        """Move the clock, firing every timer on the way; return when everybody has heard of everything."""

    @abstractmethod
    def person(self, kind: str, number: str) -> str:
        """Return the opaque id of somebody, durably known."""

    @abstractmethod
    def store(self, service: str) -> Store:
        """Return what a service has stored, to look at."""

    @abstractmethod
    def token(self, who: Principal) -> str:
        """Return a new token that speaks for somebody."""

    @abstractmethod
    def close(self) -> None: ...

    def _as(self, who: Principal) -> dict[str, str]:
        if who not in self._tokens:
            self._tokens[who] = self.token(who)
        return {"Authorization": f"Bearer {self._tokens[who]}"}

    def give(self, service: str, act: str, who: Principal, body: Any, **params: str) -> httpx.Response:
        """Give a command and let everybody hear of it."""
        path = API + self._paths[service, act].format(**params)
        headers = {**self._as(who), "Idempotency-Key": f"story-{next(_KEYS)}"}
        answer = self._client.post(path, headers=headers, json=body or {})
        self.move_to(self.now)
        return answer

    def look(self, service: str, view: str, who: Principal, **params: str) -> dict[str, Any] | None:
        """Return what a view shows, or None where it does not exist for this principal."""
        return self.read(self._paths[service, view].format(**params), who)

    def read(self, path: str, who: Principal) -> dict[str, Any] | None:
        """Return what a GET below the API answers, or None where nothing is found."""
        answer = self._client.get(API + path, headers=self._as(who))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        assert answer.is_success, answer.text
        return dict(answer.json())

    def end_payment(self, pay_url: str, ending: str, misbehaviour: str) -> list[Any]:
        """Let a payment end at the gateway's simulator; return what its notices were answered."""
        payment = {"pay_url": pay_url, "ending": ending, "misbehaviour": misbehaviour}
        answer = self._client.post(SIMULATED_PAYMENTS, json=payment)
        assert answer.is_success, answer.text
        self.move_to(self.now)
        return list(answer.json()["answers"])

    def events(self, service: str) -> list[tuple[str, dict[str, Any]]]:
        """Return every stored event of a service as (type, fields)."""
        return [(event.type, json.loads(event.data)) for event in self.store(service).tail(0, 100_000)]


class Embedded(Served):
    """One process over SQLite."""

    def __init__(self, data: Path, at: datetime) -> None:
        self._platform = compose(data, rehearsal=True, registry=REGISTRY)
        self._engine = self._platform.engine
        self._engine.start()
        assert isinstance(self._engine.clock, RehearsalClock)
        running = self._engine.running.items()
        paths = {(name, act.name): act.path for name, one in running for act in one.service.acts}
        paths |= {(name, view.name): view.path for name, one in running for view in one.service.views}
        super().__init__(Client(asgi(self._platform)), paths)
        self.move_to(at)

    def close(self) -> None:
        self._client.close()
        self._platform.close()

    @property
    def now(self) -> datetime:
        return self._engine.clock.now()

    def move_to(self, instant: datetime) -> None:
        self._engine.move_clock(instant).result(timeout=PATIENCE_S)

    def person(self, kind: str, number: str) -> str:
        person = self._platform.vault.person(kind, number)
        self._platform.vault.keep(person)
        return person

    def token(self, who: Principal) -> str:
        return self._platform.issuer.issue(who, lifetime_s=7 * 24 * 3600)

    def store(self, service: str) -> Store:
        return self._engine.running[service].store
