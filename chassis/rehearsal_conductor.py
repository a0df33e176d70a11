"""Moves the rehearsal clock of a product whose services are processes of their own, as one engine moves its own.

The clock goes from timer to timer, and on from each only when nothing is left to do anywhere: two looks in a row find
every process idle, all that was said acknowledged, all that is there heard, and nothing done between the looks.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from chassis.clock import ClockMovesForwardOnly, RehearsalClock, to_us
from chassis.stores.store import StoreUnavailable
from kernel.message import EPOCH

BETWEEN_LOOKS_S: Final = 0.002
WORKS_ALONE_S: Final = 0.5
"""How long only those are looked at who were at work, before all are again."""
PATIENCE_S: Final = 60.0
"""How long nothing at all may happen before whoever moves the clock is told who keeps it from moving."""


class NotAtRest(StoreUnavailable):
    """The clock cannot be moved on now; its text says who is waited for."""


Shown = tuple[datetime, bool, bool]
"""What time a process shows, whether its clock is untouched, and whether it was released."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one process says of itself.

    Args:
        lacks: what keeps it from being at rest, "" where nothing does.
        activity: grows with everything that it does.
        next_timer_us: the first timer of its service that has not rung, or None.
    """

    lacks: str
    activity: int
    partitions: frozenset[int]
    next_timer_us: int | None

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Reading":
        needed = (("idle", "busy"), ("relayed", "not all said"), ("heard", "not all heard"))
        lacks = next((words for name, words in needed if not told[name]), "")
        return cls(lacks, told["activity"], frozenset(told["partitions"]), told["next_timer_us"])


class Conducted(Protocol):
    """A process as its conductor sees it; it raises `ConnectionError` where it does not answer."""

    @property
    def service(self) -> str: ...
    @property
    def name(self) -> str: ...
    async def rest(self) -> Reading: ...
    async def clock(self) -> Shown:
        """Return what time it shows, whether its clock is untouched, and whether it was released."""
        ...

    async def show(self, to: datetime, release: bool) -> None: ...


class Conductor:
    """The one clock of all processes; one move at a time.

    Args:
        clock: the reading that the others are brought to, kept across restarts.
        partitions: how many a service's instances must have between them, to hear all there is.
    """

    def __init__(
        self, clock: RehearsalClock, processes: Sequence[Conducted], partitions: int, patience_s: float = PATIENCE_S
    ) -> None:
        self.clock = clock
        self._processes = processes
        self._partitions = frozenset(range(partitions))
        self._patience_s = patience_s
        self._turn = asyncio.Lock()
        self._met: set[Conducted] = set()

    def move_clock(self, to: datetime) -> "asyncio.Task[None]":
        """Bring every clock to `to`, stopping at every timer on the way; done when all have caught up.

        Raises:
            ClockMovesForwardOnly: `to` lies before the present reading, or the clock was released.
            NotAtRest: somebody does not come to rest, or does not answer; asked again, it goes on from there.
        """
        return asyncio.ensure_future(self._alone(to.astimezone(UTC)))

    def release_clock(self) -> "asyncio.Task[None]":
        """Bring every clock to the wall's time, stopping at every timer on the way; from then on they run."""
        return asyncio.ensure_future(self._alone(None))

    async def met(self, process: Conducted) -> None:
        """Let a process that answers (again) show the time of all; if it is the one that knows better, all follow it.

        Raises:
            ConnectionError: it does not answer after all.
        """
        if self._take_up([await process.clock()]):
            now, released = self.clock.now(), self.clock.released
            told = (one.show(now, released) for one in self._processes)
            await asyncio.gather(*told, return_exceptions=True)  # whoever does not answer is met when they do
        elif not self.clock.untouched:
            await process.show(self.clock.now(), self.clock.released)
        self._met.add(process)

    async def _alone(self, to: datetime | None) -> None:
        async with self._turn:
            if len(self._met) < len(self._processes):
                await self._bring_together()
            if to is not None:
                await self._pass_time(to)
                return
            if not self.clock.untouched and not self.clock.released:
                await self._pass_time(max(self.clock.now(), datetime.now(UTC)))
            await self._show(self.clock.now(), release=True)
            self.clock.release()

    async def _bring_together(self) -> None:
        """Let all show the same before they first move; whoever comes later is met then."""
        shown = await self._each(lambda one: one.clock())
        self._take_up(shown)
        self._met.update(self._processes)
        if self.clock.untouched:
            return
        now, released = self.clock.now(), self.clock.released
        behind = [
            one
            for one, (at, is_fresh, runs) in zip(self._processes, shown, strict=True)
            if is_fresh or (not runs if released else at < now)
        ]
        await self._show(now, released, behind)

    def _take_up(self, shown: Iterable[Shown]) -> bool:
        """Stand no earlier than anybody, and run where anybody does: the processes keep what this one forgets.

        Returns:
            whether anybody knew better.
        """
        knew_better = False
        for at, is_fresh, runs in shown:
            if is_fresh or self.clock.released:
                continue
            if self.clock.untouched or at > self.clock.now():
                self.clock.move_to(at)
                knew_better = True
            if runs:
                self.clock.release()
                knew_better = True
        return knew_better

    async def _pass_time(self, to: datetime) -> None:
        if self.clock.released:
            raise ClockMovesForwardOnly("the clock was released and follows the wall; it cannot be set any more")
        if not self.clock.untouched and to < self.clock.now():
            raise ClockMovesForwardOnly(f"the clock stands at {self.clock.now().isoformat()} and only moves forward")
        due_us = await self.settle()
        if self.clock.untouched:
            await self._stand_at(to)
            due_us = await self.settle()
        while due_us is not None and due_us <= to_us(to):
            await self._stand_at(max(EPOCH + timedelta(microseconds=due_us), self.clock.now()))
            due_us = await self.settle()
        if self.clock.now() < to:
            await self._stand_at(to)
            await self.settle()

    async def _stand_at(self, instant: datetime) -> None:
        """Bring all to an instant. The reading kept here moves first: after a fall it is the others that are behind."""
        self.clock.move_to(instant)
        await self._show(instant, release=False)

    async def _show(self, now: datetime, release: bool, processes: Sequence[Conducted] | None = None) -> None:
        await self._each(lambda one: one.show(now, release), processes)

    async def _each(self, ask: Any, processes: Sequence[Conducted] | None = None) -> list[Any]:
        """Ask all at once, and whoever does not answer again, until they do or patience ends."""
        asked = self._processes if processes is None else processes
        until = time.monotonic() + self._patience_s
        answers: dict[int, Any] = {}
        while True:
            left = [place for place in range(len(asked)) if place not in answers]
            told = await asyncio.gather(*(ask(asked[place]) for place in left), return_exceptions=True)
            for place, answer in zip(left, told, strict=True):
                if not isinstance(answer, BaseException):
                    answers[place] = answer
                elif not isinstance(answer, ConnectionError):
                    raise answer
            if len(answers) == len(asked):
                return [answers[place] for place in range(len(asked))]
            if time.monotonic() > until:
                raise NotAtRest(
                    _waits_for(f"{asked[place].name} (no answer)" for place in left if place not in answers)
                )
            await asyncio.sleep(BETWEEN_LOOKS_S)

    async def settle(self, patience_s: float | None = None, busy_s: float | None = None) -> int | None:
        """Wait until nothing is left to do anywhere; return the first timer that has not rung, or None.

        Args:
            patience_s: how long nothing may happen, while somebody is not at rest.
            busy_s: how long it may take in all; None where it may take as long as something happens.

        Raises:
            NotAtRest: that long has passed.
        """
        patience_s = self._patience_s if patience_s is None else patience_s
        began = changed = time.monotonic()
        known: object = None
        rested: list[int] | None = None
        while True:
            readings = await self._look(self._processes)
            unfit = self._unfit(readings)
            lines = [f"{one.name} ({why})" for one, why in unfit.items()] or self._unread(readings)
            activities = [one.activity for one in readings if one is not None]
            if not lines and activities == rested:
                return min(
                    (one.next_timer_us for one in readings if one and one.next_timer_us is not None), default=None
                )
            rested = None if lines else activities
            now = time.monotonic()
            if (activities, lines) != known:
                known, changed = (activities, lines), now
            if now - changed > patience_s or (busy_s is not None and now - began > busy_s):
                raise NotAtRest(_waits_for(lines or ["somebody is always at work"]))
            if lines:
                await asyncio.sleep(BETWEEN_LOOKS_S)
                await self._until_fit(tuple(unfit), now + WORKS_ALONE_S)

    async def _until_fit(self, some: Sequence[Conducted], until: float) -> None:
        """Look at some alone until they come to rest, and leave the others in peace meanwhile: looking costs too."""
        while some and time.monotonic() < until:
            readings = await self._look(some)
            some = [one for one, reading in zip(some, readings, strict=True) if self._lack(reading)]
            if some:
                await asyncio.sleep(BETWEEN_LOOKS_S)

    async def _look(self, some: Sequence[Conducted]) -> list[Reading | None]:
        """Return what each says, None of whoever does not answer."""
        readings: list[Reading | None] = []
        for reading in await asyncio.gather(*(one.rest() for one in some), return_exceptions=True):
            if isinstance(reading, BaseException) and not isinstance(reading, ConnectionError):
                raise reading
            readings.append(reading if isinstance(reading, Reading) else None)
        return readings

    def _unfit(self, readings: Sequence[Reading | None]) -> dict[Conducted, str]:
        """Return who is not at rest, and why."""
        lacks = {one: self._lack(reading) for one, reading in zip(self._processes, readings, strict=True)}
        return {one: why for one, why in lacks.items() if why}

    def _lack(self, reading: Reading | None) -> str:
        if reading is None:
            return "no answer"
        stands_still = not self.clock.untouched and not self.clock.released
        due_us = reading.next_timer_us
        is_due = stands_still and due_us is not None and due_us <= to_us(self.clock.now())
        return reading.lacks or ("a timer is due" if is_due else "")

    def _unread(self, readings: Sequence[Reading | None]) -> list[str]:
        """Return the services of whose partitions nobody reads some, a line each."""
        held: dict[str, frozenset[int]] = {}
        for process, reading in zip(self._processes, readings, strict=True):
            held[process.service] = held.get(process.service, frozenset()) | (
                reading.partitions if reading else frozenset()
            )
        all_of_them = len(self._partitions)
        return [
            f"{service} (nobody reads {all_of_them - len(partitions)} of {all_of_them} partitions)"
            for service, partitions in held.items()
            if partitions != self._partitions
        ]


def _waits_for(lines: Iterable[str]) -> str:
    return "the clock waits for " + "; ".join(lines)
