"""What time it is: by the wall, or by a rehearsal clock that only moves forward when it is told to."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from chassis.files import replace_durably
from kernel.message import EPOCH

RECORD_BYTES = 128
UNSET: Mapping[str, Any] = {"at": None, "released": False}
CLOCK = "clock"
"""The note that a service's store keeps of its reading."""


class ClockMovesForwardOnly(ValueError):
    """A rehearsal clock was told to go back."""


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the instant it is, UTC."""
        ...


class WallClock:
    """The time of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RehearsalClock:
    """A clock kept in the data of a server started with `--rehearsal`.

    Until it is first set it has no time of its own and shows the wall's; once set it stands still between moves; when
    released it follows the wall from then on and cannot be set again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._take_up(json.loads(path.read_text()) if path.exists() else UNSET)

    def _take_up(self, kept: Mapping[str, Any]) -> None:
        """Go on from what was written down."""
        self._at = datetime.fromisoformat(kept["at"]) if kept["at"] else None
        self._released: bool = kept["released"]

    @property
    def untouched(self) -> bool:
        """Say whether nobody has set it yet: only then may it be set to a time in the past."""
        return self._at is None and not self._released

    @property
    def released(self) -> bool:
        return self._released

    def now(self) -> datetime:
        if self._at is not None and not self._released:
            return self._at  # the wall need not be asked
        wall = datetime.now(UTC)
        return wall if self._at is None else max(self._at, wall)

    def move_to(self, instant: datetime) -> None:
        """Stand at `instant`.

        Raises:
            ClockMovesForwardOnly: `instant` lies before the present reading, or the clock was released.
        """
        if self._released:
            raise ClockMovesForwardOnly("the clock was released and follows the wall; it cannot be set any more")
        if self._at is not None and instant < self._at:
            raise ClockMovesForwardOnly(f"the clock stands at {self._at.isoformat()} and only moves forward")
        first = self._at is None
        self._at = instant.astimezone(UTC)
        self._keep(durably=first)

    def keep_up_with(self, stored: datetime) -> None:
        """Stand no earlier than what was stored: a power cut may have taken back the last moves, never an event."""
        if self._at is not None and not self._released and self._at < stored:
            self.move_to(stored)

    def release(self) -> None:
        """Follow the wall from now on, never showing less than was shown before."""
        self._released = True
        self._keep(durably=True)

    @property
    def _reading(self) -> str:
        return json.dumps({"at": self._at.isoformat() if self._at else None, "released": self._released})

    def _keep(self, durably: bool) -> None:
        """Write the reading down. Moves are many: they are written over each other within one sector, not synced."""
        record = self._reading.ljust(RECORD_BYTES).encode()
        if durably:
            replace_durably(self._path, record)
        else:
            with self._path.open("r+b", buffering=0) as file:
                file.write(record)


class Notes(Protocol):
    """Where a clock without a file keeps its reading: a service's own store."""

    def note(self, name: str) -> str | None: ...
    def keep_note(self, name: str, value: str) -> None: ...


class NotedClock(RehearsalClock):
    """The rehearsal clock of a service that is a process of its own; all processes are told where to bring it."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        noted = notes.note(CLOCK)
        self._take_up(UNSET if noted is None else json.loads(noted))

    def _keep(self, durably: bool) -> None:
        self._notes.keep_note(CLOCK, self._reading)

    def hear(self, time_us: int) -> None:
        """Stand no earlier than what another service has said: its clock may have been moved a moment before."""
        self.keep_up_with(EPOCH + timedelta(microseconds=time_us))


def to_us(instant: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC, exactly."""
    delta = instant - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
