"""Due timers become commands; sagas that still owe something are asked again; old answers and old gaps are tended."""

import dataclasses
import logging
from collections.abc import Iterable

from chassis.clock import to_us
from chassis.codec import Codec
from chassis.executor import Lane, Piece
from chassis.inbox import HELD_ALARM_AFTER_US, Inbox
from chassis.stores.store import TimerRow
from chassis.unit import Batch, Unit
from kernel.refusal import Refused

log = logging.getLogger("lienthong.watchdog")

TIMERS_PER_TURN = 256
ASK_AGAIN_EVERY_US = 60_000_000
ANSWERS_KEPT_US = 7 * 24 * 3600 * 1_000_000
ANSWERS_PRUNED_AT_ONCE = 500


class Watchdog:
    """Looks after the time of one lane. It knows when the next timer is due, so that an idle turn reads nothing."""

    def __init__(self, lane: Lane, inbox: Inbox) -> None:
        self.lane = lane
        self.inbox = inbox
        self.codec = Codec(lane.service.timer_commands)
        self.next_timer_us = lane.store.next_timer_us()
        self._asked_us = 0
        self._broken: set[str] = set()

    def pieces(self) -> Iterable[Piece]:
        """Return what time has brought."""
        now_us = to_us(self.lane.clock.now())
        if self.next_timer_us is not None and self.next_timer_us <= now_us:
            rows = [row for row in self.lane.store.due_timers(now_us, TIMERS_PER_TURN) if row.id not in self._broken]
            yield from (Due(self, row) for row in rows)
            if not rows:
                self.look()
        if now_us - self._asked_us >= ASK_AGAIN_EVERY_US:
            self._asked_us = now_us
            if self._broken:
                self._broken.clear()
                self.look()
            self.lane.store.prune_answers(now_us - ANSWERS_KEPT_US, ANSWERS_PRUNED_AT_ONCE)
            yield from self.inbox.gaps(now_us - HELD_ALARM_AFTER_US)
            for stream in sorted(self.lane.owing):
                yield Asking(stream)

    def look(self) -> None:
        """Read again when the next timer is due; while one is broken, wait for the next round of asking."""
        self.next_timer_us = None if self._broken else self.lane.store.next_timer_us()

    def set_aside(self, row: TimerRow) -> None:
        """Leave a timer that failed until the next round of asking, so that it cannot spin."""
        self._broken.add(row.id)
        self.lane.count("timers_failed")

    def committed(self, batch: Batch) -> None:
        """Take notice of the timers that a batch has set or cancelled."""
        for timer in batch.writes.timers.values():
            if timer is not None and (self.next_timer_us is None or timer.due_us < self.next_timer_us):
                self.next_timer_us = timer.due_us


class Due:
    """A timer whose hour has come: its row goes and its command is carried out, in one transaction."""

    def __init__(self, watchdog: Watchdog, row: TimerRow) -> None:
        self._watchdog = watchdog
        self._row = row

    def carry(self, lane: Lane, batch: Batch) -> None:
        unit = Unit(lane, batch, causation=f"timer:{self._row.id}", correlation=f"timer:{self._row.id}", traceparent=None)
        command = self._watchdog.codec.decode(self._row.command, self._row.data)
        decided = unit.run(dataclasses.replace(command, now=unit.now))
        if isinstance(decided, Refused):
            log.info("%s: timer %s is moot: %s", lane.service.name, self._row.id, decided.code)
            batch.writes.timers[self._row.id] = None
            return
        unit.settle()
        batch.writes.timers[self._row.id] = None  # only now, so that a timer whose command fails stays due
        unit.join()
        lane.count("timers")

    def durable(self, lane: Lane, head: int) -> None:
        self._watchdog.look()

    def failed(self, lane: Lane, error: Exception) -> None:
        log.error("%s: timer %s failed and stays due: %s", lane.service.name, self._row.id, error)
        self._watchdog.set_aside(self._row)

    def alone(self) -> Iterable[Piece]:
        return (self,)


class Asking:
    """A saga that owes something is asked again; what it owes may be possible now."""

    def __init__(self, stream: str) -> None:
        self._stream = stream

    def carry(self, lane: Lane, batch: Batch) -> None:
        unit = Unit(lane, batch, causation=f"asked:{self._stream}", correlation=f"asked:{self._stream}", traceparent=None)
        unit.ask(self._stream, lane.saga_routes[self._stream.partition("-")[0]])
        unit.settle()
        unit.join()

    def durable(self, lane: Lane, head: int) -> None:
        lane.count("sagas_asked_again")

    def failed(self, lane: Lane, error: Exception) -> None:
        log.error("%s: %s could not be asked: %s", lane.service.name, self._stream, error)

    def alone(self) -> Iterable[Piece]:
        return (self,)
