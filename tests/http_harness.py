"""The embedded product behind its real HTTP border, engine on its own thread, for tests of what strangers send."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from chassis.service import Parts, Service
from chassis.web.app import application
from chassis.web.auth import DevelopmentIssuer
from chassis.web.operations import operations
from chassis.web.rehearsal import rehearsal
from chassis.web.routes import router_of
from tests.harness import Platform

_KEYS = itertools.count(1)


class HttpPlatform(Platform):
    """A platform with `.client`; use it as a context manager."""

    def __init__(self, data: Path, wirings: tuple[Callable[[Parts], Service], ...], **parts: Any) -> None:
        super().__init__(data, wirings, **parts)
        self.issuer = DevelopmentIssuer(data / "keys" / "issuer.key")
        routers = [router_of(border, self.issuer) for border in self.borders.values()]
        routers += [operations(self.engine, self.issuer), rehearsal(self.engine, self.issuer, self.vault)]
        self.app = application("Liên Thông", routers)
        self.app.state.borders = self.borders
        self.app.state.parts = self.parts
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def __enter__(self) -> "HttpPlatform":
        self.engine.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def token(self, role: str, **who: str) -> dict[str, str]:
        """Return the header that makes a request speak for a role (`agency=`, `personal_id=`)."""
        answer = self.client.post("/api/v1/rehearsal/tokens", json={"role": role, **who}).json()
        return {"Authorization": f"Bearer {answer['token']}"}

    def post(self, path: str, who: dict[str, str] | None = None, body: Any = None, key: str = "") -> Any:
        """POST a command with a fresh idempotency key, and let the other services catch up."""
        headers = {"Idempotency-Key": key or f"key-{next(_KEYS)}", **(who or {})}
        answer = self.client.post(path, json=body, headers=headers)
        self.settle()
        return answer

    def get(self, path: str, who: dict[str, str] | None = None, **query: Any) -> Any:
        return self.client.get(path, headers=who or {}, params=query)

    def settle(self) -> None:
        """Wait until every reader has caught up (a move of the clock to where it stands promises just that)."""
        self.engine.move_clock(self.clock.now()).result(timeout=30)
