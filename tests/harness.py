"""The embedded product for tests: real stores, real bus, real vault, a rehearsal clock, on the test's own thread."""

import itertools
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.clock import RehearsalClock
from chassis.executor import Answered
from chassis.file_folder import FolderStore
from chassis.files import kept_secret
from chassis.registry import load_registry
from chassis.service import Parts, Service
from chassis.settings import Settings
from chassis.uploads import Uploads
from chassis.vault import SqliteVault
from chassis.web.acts import Border
from chassis.web.auth import Principal
from tests.stores import embedded

START = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)
"""A Monday, 08:00 in Vietnam."""

REGISTRY = load_registry(Path(__file__).parent.parent / "registry")
_KEYS = itertools.count(1)


class Platform:
    """Some services running embedded in a folder, driven without HTTP and without threads."""

    def __init__(
        self, data: Path, wirings: tuple[Callable[[Parts], Service], ...], at: datetime = START,
        settings: Settings | None = None,
    ) -> None:  # fmt: skip
        self.data = data
        self.clock = RehearsalClock(data / "clock.json")
        if self.clock.untouched:
            self.clock.move_to(at)
        self.vault = SqliteVault(data / "vault.db", data / "keys" / "vault.key")
        uploads = Uploads(FolderStore(data / "files"), self.vault)
        self.parts = Parts(REGISTRY, self.vault, self.clock, settings or Settings(), uploads)
        self.services = tuple(wiring(self.parts) for wiring in wirings)
        self.engine = embedded(self.services, data, self.clock, durable_first=self.vault.settle)
        secret = kept_secret(data / "keys" / "answers.key")
        running = self.engine.running.items()
        self.borders = {name: Border(self.engine, one, self.clock, secret) for name, one in running}

    def give(
        self, service: str, act: str, principal: Principal, body: Mapping[str, Any] | None = None, key: str = "",
        **params: str,
    ) -> Answered:  # fmt: skip
        """Give a command and let the platform come to rest; `.status` and `json(answered)` tell what it came to."""
        job = self.borders[service].give(act, principal, params, body or {}, key or f"key-{next(_KEYS)}")
        self.engine.run_until_idle()
        return job.future.result(timeout=0)

    def look(self, service: str, view: str, principal: Principal, **params: str) -> dict[str, Any] | None:
        """Return what a view shows, or None where it does not exist for this principal."""
        border = self.borders[service]
        chosen = next(one for one in border.running.service.views if one.name == view)
        seen = border.look(chosen, principal, params)
        return None if seen is None else seen[0]

    def pass_time(self, **delta: float) -> None:
        """Move the clock on (`hours=3`), firing every timer on the way."""
        self.engine.pass_time(self.clock.now() + timedelta(**delta))

    def move_to(self, instant: datetime) -> None:
        self.engine.pass_time(instant)

    def events(self, service: str) -> list[tuple[str, dict[str, Any]]]:
        """Return every stored event of a service as (type, fields)."""
        return [(e.type, json.loads(e.data)) for e in self.engine.running[service].store.tail(0, 100_000)]

    def rows(self, service: str, sql: str, **params: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self.engine.running[service].store.query(sql, params)]

    def close(self) -> None:
        self.engine.stop()
        self.vault.close()


def body_of(answered: Answered) -> dict[str, Any]:
    """Return an answer's JSON body."""
    content: dict[str, Any] = json.loads(answered.body)
    return content
