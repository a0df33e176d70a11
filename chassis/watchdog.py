"""Due timers become commands; sagas that still owe something are asked again; old answers and old gaps are tended."""

import dataclasses
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator

from chassis.clock import to_us
from chassis.codec import Codec
from chassis.executor import Lane
from chassis.inbox import HELD_ALARM_AFTER_US, Inbox
from chassis.job import Piece
from chassis.stores.store import TimerRow
from chassis.unit import Batch, Unit
from kernel.refusal import Refused

log = logging.getLogger("lienthong.watchdog")

DUTY = "time"
"""Of several instances one tends the time; the others only look when the next timer is due."""

LOOK_EVERY_S = 1.0
TIMERS_PER_TURN = 256
ASKED_PER_TURN = 256
ASK_AGAIN_EVERY_US = 60_000_000
PRUNE_EVERY_US = 6 * 3600 * 1_000_000
ANSWERS_KEPT_US = 7 * 24 * 3600 * 1_000_000
ANSWERS_PRUNED_AT_ONCE = 2_000
FOREVER_US = 2**62


class Watchdog:
    """Looks after the time of one lane. It knows when the next timer is due, so that an idle turn reads nothing."""

    def __init__(self, lane: Lane, inbox: Inbox) -> None:
        self.lane = lane
        self.inbox = inbox
        self.codec = Codec(lane.service.timer_commands)
        self.next_timer_us = None if lane.store.shared else lane.store.next_timer_us()
        self._look_again = False
        self._looked_at = 0.0
        self._on_duty = not lane.store.shared
        self._broken: set[str] = set()
        self._round_began_us: int | None = None
        self._to_ask: deque[str] = deque()
        self._pruned_us = 0
        self._answers_to_prune = False

    def pieces(self) -> Iterable[Piece]:
        """Return what time has brought; mostly nothing, and every turn of every lane asks."""
        now_us = to_us(self.lane.clock.now())
        if self.lane.store.shared and time.monotonic() - self._looked_at > LOOK_EVERY_S:
            self.look_anew()
        return () if self._is_quiet(now_us) else self._brought(now_us)

    def look_anew(self) -> None:
        """See whose duty the time is; whoever has it reads again what is due, for another process may have set it."""
        self._looked_at = time.monotonic()
        self._on_duty, self._look_again = False, True  # until the store has answered
        self._on_duty = self.lane.store.duty(DUTY)

    def _is_quiet(self, now_us: int) -> bool:
        """Say whether nothing of what `_brought` looks after has come."""
        return (
            (self.next_timer_us is None or now_us < self.next_timer_us)
            and not (self._look_again or self._to_ask or self._answers_to_prune)
            and not self._round_is_over(now_us)
            and 0 <= now_us - self._pruned_us < PRUNE_EVERY_US
        )

    def _brought(self, now_us: int) -> Iterator[Piece]:
        if self._round_is_over(now_us):
            self._round_began_us = now_us
            if self.lane.store.shared:
                self.lane.owing = set(self.lane.store.owing())
            self._to_ask = deque(sorted(self.lane.owing) if self._on_duty else ())
            self._look_again |= bool(self._broken)
            self._broken.clear()
            yield from self.inbox.gaps(now_us - HELD_ALARM_AFTER_US)
        if not 0 <= now_us - self._pruned_us < PRUNE_EVERY_US:
            self._pruned_us = now_us
            self._answers_to_prune = True
        if self._answers_to_prune:
            pruned = self.lane.store.prune_answers(now_us - ANSWERS_KEPT_US, ANSWERS_PRUNED_AT_ONCE)
            self._answers_to_prune = pruned == ANSWERS_PRUNED_AT_ONCE
        for _ in range(min(ASKED_PER_TURN, len(self._to_ask))):
            yield Asking(self._to_ask.popleft())
        if self._look_again:
            self._look()
        if self.next_timer_us is not None and self.next_timer_us <= now_us:
            self._look_again = True
            rows = self.lane.store.due_timers(now_us, TIMERS_PER_TURN + len(self._broken))
            yield from (Due(self, row) for row in rows if row.id not in self._broken)

    def _round_is_over(self, now_us: int) -> bool:
        """Say whether a minute has passed; a rehearsal's clock may first be set to before the wall's time."""
        return self._round_began_us is None or not 0 <= now_us - self._round_began_us < ASK_AGAIN_EVERY_US

    def _look(self) -> None:
        """Read when the next timer is due, broken ones left out: they wait for the next round."""
        store = self.lane.store
        if not self._on_duty:
            self.next_timer_us = None
        elif self._broken:
            rows = store.due_timers(FOREVER_US, len(self._broken) + 1)
            self.next_timer_us = next((row.due_us for row in rows if row.id not in self._broken), None)
        else:
            self.next_timer_us = store.next_timer_us()
        self._look_again = False

    def set_aside(self, row: TimerRow) -> None:
        """Leave a timer that failed until the next round, so that it neither spins nor keeps the others waiting."""
        self._broken.add(row.id)
        self.lane.count("timers_failed")

    def committed(self, batch: Batch) -> None:
        """Take notice of the timers that a batch has set."""
        if not self._on_duty:
            return
        self._broken.difference_update(batch.writes.rung)
        for id, timer in batch.writes.timers.items():
            self._broken.discard(id)
            if timer is not None and (self.next_timer_us is None or timer.due_us < self.next_timer_us):
                self.next_timer_us = timer.due_us


class Due:
    """A timer whose hour has come: its row goes and its command is carried out, in one transaction.

    It goes only as it was read: another instance may have let it ring, or set it anew, in the meantime.
    """

    def __init__(self, watchdog: Watchdog, row: TimerRow, just_read: bool = True) -> None:
        self._watchdog = watchdog
        self._row = row
        self._just_read = just_read

    def carry(self, lane: Lane, batch: Batch) -> None:
        id = self._row.id
        if (
            id in batch.writes.timers
            or id in batch.writes.rung
            or not (self._just_read or lane.store.timer(id) == self._row)
        ):
            return  # set anew, or cancelled, since it was read
        cause = f"timer:{id}"
        unit = Unit(lane, batch, cause, cause, self._row.traceparent, "timer", self._row.command)
        command = self._watchdog.codec.decode(self._row.command, self._row.data)
        decided = unit.run(dataclasses.replace(command, now=unit.now))
        if isinstance(decided, Refused):
            log.info("%s: timer %s is moot: %s", lane.service.name, id, decided.code)
            batch.writes.rung[id] = self._row
            if unit.step is not None:
                unit.step.came_to(decided.code, next(iter(unit.states), ""))
            return
        unit.settle()
        batch.writes.rung[id] = self._row  # only now, so that a timer whose command fails stays due
        unit.join()
        batch.count("timers")

    def durable(self, lane: Lane, head: int) -> None:
        pass

    def failed(self, lane: Lane, error: Exception) -> None:
        log.error("%s: timer %s failed and stays due: %s", lane.service.name, self._row.id, error)
        self._watchdog.set_aside(self._row)

    def alone(self) -> Iterable[Piece]:
        return (Due(self._watchdog, self._row, just_read=False),)


class Asking:
    """A saga that owes something is asked again; what it owes may be possible now."""

    def __init__(self, stream: str) -> None:
        self._stream = stream

    def carry(self, lane: Lane, batch: Batch) -> None:
        if self._stream not in lane.owing:
            return
        cause = f"asked:{self._stream}"
        traceparent = None if lane.tracer.outlet is None else lane.store.last_traceparent(self._stream)
        unit = Unit(lane, batch, cause, cause, traceparent, "asked", self._stream.partition("-")[0])
        unit.ask(self._stream, lane.saga_routes[self._stream.partition("-")[0]])
        unit.settle()
        if not unit.events:
            unit.step = None  # each minute the same: nothing new to see
        unit.join()
        batch.count("sagas_asked_again")

    def durable(self, lane: Lane, head: int) -> None:
        pass

    def failed(self, lane: Lane, error: Exception) -> None:
        log.error("%s: %s could not be asked: %s", lane.service.name, self._stream, error)

    def alone(self) -> Iterable[Piece]:
        return (self,)
