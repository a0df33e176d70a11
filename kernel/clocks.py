"""The two clocks of a dossier, the law's and the one that is scored: when each is due, what it used and what is left.

Law: NĐ 61/2018/NĐ-CP art. 19.4 (a supplement starts the clock from zero; on other grounds it stands still and goes on);
NĐ 118/2025/NĐ-CP art. 17.3 (received elsewhere); QĐ 766/QĐ-TTg (each wait is subtracted, a second request is overdue);
Bộ luật Dân sự 91/2015/QH13 art. 148.5 (a term in days ends with an open day).

docs/algorithms/working-time.md has the guarantee, the cases and worked tables; `kernel/clock_reasons.py` says for every
stretch of time whether it was counted. A minute belongs to the stretch in which it ends, so that what was used and what
is left always add up to the limit, whatever the seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from kernel.calendar import LAST_DAY, MINUTE_US, VIETNAM, Calendar
from kernel.working_time import EVENT_DAY_EXCLUDED, WHOLE_LAST_DAY, Limit, counted_until, due, end_of_last_day

ACCEPTED: Final = "accepted"
RECEIVED: Final = "received"
RESTARTED: Final = "restarted"
SECOND_APPOINTMENT: Final = "second_appointment"
CLOSED_DAY: Final = "closed_day"
EXTENDED: Final = "extended"

NOT_FROM_ZERO: Final = frozenset({RESTARTED, CLOSED_DAY, EXTENDED})
"""Turns that the scored clock does not begin again with."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)

Spans = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """An appointment as it was given: counted from zero since `since` on `calendar`.

    Args:
        limit: what it was counted with; None where it follows from the limits of the steps.
        due_at: when it ends if nothing stands still after `said_at`.
        cause: `accepted`, `received` (elsewhere before), `restarted` (supplement), `second_appointment` (land),
            `closed_day` (the same count on a corrected calendar) or `extended` (the same count, ending later).
        said_at: until when standstills are in `due_at` already; None: none is.
        gained_minutes: by how much it ends later than the one before, where a longer limit of a step made it longer.
        counted_to: of calendar days, when the last minute is counted, if `limit` since `since` does not say it.
    """

    calendar: Calendar
    since: datetime
    limit: Limit | None
    due_at: datetime
    cause: str = ACCEPTED
    said_at: datetime | None = None
    gained_minutes: int = 0
    counted_to: datetime | None = None

    @property
    def whole_last_day(self) -> bool:
        """Whether the last day goes on to its end, and is an open one."""
        return self.limit is not None and self.limit.counting == WHOLE_LAST_DAY

    @property
    def ends(self) -> datetime:
        """When its last minute is counted: before `due_at` where the last day goes on."""
        if self.limit is None or not self.whole_last_day:
            return self.due_at
        return self.counted_to or counted_until(self.calendar, self.since, self.limit)

    @property
    def day_and_night(self) -> bool:
        return self.limit is not None and self.limit.nominal_working_minutes is None

    @property
    def begins(self) -> datetime:
        """The first instant that can count: the Civil Code leaves the day of the event out."""
        if self.limit is None or self.limit.counting != EVENT_DAY_EXCLUDED:
            return self.since
        day = self.since.astimezone(VIETNAM).date() + timedelta(days=1)
        return datetime.combine(day, time(), VIETNAM)

    def minutes(self, a: datetime, b: datetime) -> int:
        """Return how many of the minutes that this turn counts end after `a` and not after `b`; 0 if `b` is earlier."""
        return self._place(b) - self._place(a) if a < b else 0

    def after(self, instant: datetime, left_minutes: int) -> datetime:
        """Return when that many minutes of this turn have passed since `instant`."""
        if left_minutes == 0:
            return instant
        if self.day_and_night:
            return instant + timedelta(minutes=left_minutes)
        return due(self.calendar, max(instant, self.begins), Limit(left_minutes, "working_minutes"))

    def due_by(self, ends: datetime) -> datetime:
        """Return when it is due if its last minute is counted at `ends`."""
        return end_of_last_day(self.calendar, ends) if self.whole_last_day else ends

    def longer_by(self, gained_minutes: int) -> "Turn":
        """Return the same count with so many minutes more."""
        ends = self.after(self.ends, gained_minutes)
        counted_to = ends if self.whole_last_day else None
        return replace(self, due_at=self.due_by(ends), gained_minutes=gained_minutes, counted_to=counted_to)

    def _place(self, instant: datetime) -> int:
        """Return the whole minutes until an instant; only differences mean something."""
        instant = max(instant, self.begins)
        if self.day_and_night:
            return (instant - EPOCH) // MINUTE
        return self.calendar.desk_us_before(*self.calendar.place_of(instant)) // MINUTE_US


@dataclass(frozen=True, slots=True)
class Standstill:
    """The clock stood still on a ground that the law names.

    Args:
        until: None while it lasts.
        restarts: the legal clock starts from zero after it, which a `Turn` says; scoring subtracts it like any other.
    """

    ground: str
    since: datetime
    until: datetime | None
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """What happened to the clocks of a dossier.

    Args:
        turns: in the order in which the appointments were given; at least one.
        standstills: in any order; where two overlap, the first that began is the ground.
        requests: when the applicant was asked for a supplement, at the desk or after examination, oldest first.
        closed_at: when the dossier had its result or ended without one.
    """

    accepted_at: datetime
    turns: tuple[Turn, ...]
    standstills: tuple[Standstill, ...] = ()
    requests: tuple[datetime, ...] = ()
    closed_at: datetime | None = None

    def present(self, now: datetime) -> datetime:
        """Return the instant for which the clocks are told: `now`, or the dossier's end."""
        return now if self.closed_at is None else min(now, self.closed_at)

    @property
    def second_request(self) -> datetime | None:
        return self.requests[1] if len(self.requests) > 1 else None


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock at one instant.

    Args:
        due_at: None while it stands still.
        stands_on: the ground on which it stands still, or "".
        whole_minutes: of the limit; `used_minutes` and `left_minutes` are of the same kind, and what is overdue stands
            in `left_minutes` below zero.
        overdue_since: the instant from which the dossier counts as overdue, or None.
    """

    turn: Turn
    due_at: datetime | None
    stands_on: str
    whole_minutes: int
    used_minutes: int
    left_minutes: int
    overdue_since: datetime | None


class Stretch(NamedTuple):
    """The clock ran (`ground` is ""), stood still, or had all counted (`last_day`); `end` is None while it stands."""

    start: datetime
    end: datetime | None
    ground: str = ""


def legal_clock(history: History, now: datetime) -> Clock:
    """Return the clock of the law as it stands `now`, or as it stood at the dossier's end."""
    return _clock(history.turns[-1], history, history.present(now), None)


def scoring_clock(history: History, now: datetime) -> Clock:
    """Return the clock that is scored: no supplement starts it again, and a second request makes it overdue."""
    return _clock(scored_turns(history)[-1], history, history.present(now), history.second_request)


def scored_turns(history: History) -> tuple[Turn, ...]:
    """Return the appointments that are scored, the present one last: none that is the old one again from zero.

    A corrected calendar corrects this count too, and a longer limit makes it longer: once, though it was claimed again
    after a restart. After a second request no further appointment is scored.
    """
    turns = _until_second_request(history)
    place = max(place for place, turn in enumerate(turns) if turn.cause not in NOT_FROM_ZERO)
    before = tuple(turn for turn in turns[:place] if turn.cause not in NOT_FROM_ZERO)
    present = turns[place:]
    corrected = max((place for place, turn in enumerate(present) if turn.cause == CLOSED_DAY), default=0)
    if corrected == 0:
        return (*before, _longer(present))
    scored = _corrected(present[0], present[corrected])
    after = present[corrected + 1 :] if scored.limit is None else present[1:]
    return (*before, _longer((scored, *after)))


def _until_second_request(history: History) -> tuple[Turn, ...]:
    first, end = history.turns[0], history.second_request
    return tuple(turn for turn in history.turns if turn is first or end is None or _said_since(turn) <= end)


def _said_since(turn: Turn) -> datetime:
    """A longer limit counts from when it was claimed, though the count that it makes longer began before."""
    return turn.said_at if turn.cause == EXTENDED and turn.said_at is not None else turn.since


def _longer(turns: Sequence[Turn]) -> Turn:
    """Return the first turn with what the law's longer limits gave it; each count from zero was given it for itself."""
    gained = [0]
    for turn in turns[1:]:
        gained = [*gained, 0] if turn.cause == RESTARTED else [*gained[:-1], gained[-1] + turn.gained_minutes]
    gained_minutes = max(gained)
    return turns[0].longer_by(gained_minutes) if gained_minutes else turns[0]


def _corrected(scored: Turn, corrected: Turn) -> Turn:
    if scored.limit is None:
        return replace(corrected, since=scored.since)
    end = due(corrected.calendar, scored.since, scored.limit)
    return replace(scored, calendar=corrected.calendar, due_at=end)


def stretches(turn: Turn, standstills: Sequence[Standstill]) -> tuple[tuple[Stretch, ...], datetime | None]:
    """Return how a turn ran and stood still from its beginning to its due date, and that date.

    What was left when it stopped is left when it runs again. While the clock stands still there is no date, and the
    last stretch has no end. What stands still after the date has passed changes nothing: the dossier is late by then.
    """
    found: list[Stretch] = []
    cursor, ends, due_at = turn.since, turn.ends, turn.due_at
    for stand in _since(turn.since, standstills):
        if stand.start > due_at:
            break
        found += (part for part in _ran(cursor, stand.start, ends) if part.end != part.start)
        found.append(stand)
        if stand.end is None:
            return tuple(found), None
        if turn.said_at is None or stand.end > turn.said_at:
            ends, due_at = _moved_on(turn, ends, due_at, stand.start, stand.end)
        cursor = stand.end
    return (*found, *_ran(cursor, due_at, ends)), due_at


def _ran(start: datetime, end: datetime, ends: datetime) -> tuple[Stretch, ...]:
    """Return what was counted of a stretch, and what of it was the rest of the last day."""
    if end <= ends:
        return (Stretch(start, end),)
    middle = max(start, ends)
    return Stretch(start, middle), Stretch(middle, end, LAST_DAY)


def running_spans(history: History, now: datetime, *, scored: bool) -> Spans:
    """Return when a clock ran, in order: begun, not standing still, not made void by a later start from zero.

    A clock that is overdue goes on running; the scored one has nothing to count after a second request.
    """
    end = history.present(now)
    if scored and history.second_request is not None:
        end = min(end, history.second_request)
    begins: list[datetime] = []
    for turn in _until_second_request(history) if scored else history.turns:
        if turn.cause == RECEIVED or (turn.cause == RESTARTED and not scored):
            begins = begins[:-1]
        if turn.cause in (ACCEPTED, RECEIVED, SECOND_APPOINTMENT) or (turn.cause == RESTARTED and not scored):
            begins.append(turn.begins)
    spans: list[tuple[datetime, datetime]] = []
    for since, until in pairwise([*begins, end]):
        cursor = since
        for stand in _since(since, history.standstills):
            spans.append((cursor, min(stand.start, until)))
            cursor = stand.end or until
        spans.append((cursor, until))
    return tuple((since, until) for since, until in spans if since < until)


def _since(begin: datetime, standstills: Sequence[Standstill]) -> list[Stretch]:
    """Return the standstills after `begin` one after the other; where two overlap the later one begins later."""
    found: list[Stretch] = []
    cursor = begin
    for stand in sorted(standstills, key=lambda stand: stand.since):
        start = max(stand.since, cursor)
        if stand.until is None:
            return [*found, Stretch(start, None, stand.ground)]
        if stand.until > start:
            found.append(Stretch(start, stand.until, stand.ground))
            cursor = stand.until
    return found


def _moved_on(
    turn: Turn, ends: datetime, due_at: datetime, stopped_at: datetime, resumed_at: datetime
) -> tuple[datetime, datetime]:
    """Return when the last minute is counted of a clock that stopped in time and runs again, and when it is due.

    Where all was counted and only the last day went on, that day ends when the one ends on which the clock runs again;
    a longer limit goes on from where the count ended, without what stood still.
    """
    if turn.whole_last_day and ends <= stopped_at:
        return ends + (resumed_at - stopped_at), turn.due_by(resumed_at)
    ends = turn.after(resumed_at, turn.minutes(stopped_at, ends))
    return ends, turn.due_by(ends)


def _clock(turn: Turn, history: History, present: datetime, second_request: datetime | None) -> Clock:
    ran, due_at = stretches(turn, history.standstills)
    stands_on = ran[-1].ground if due_at is None else ""
    overdue_since = due_at if due_at is not None and due_at < present else None
    if second_request is not None and second_request <= present:
        overdue_since = min(overdue_since or second_request, second_request)
        due_at, stands_on = overdue_since, ""
    running = [(part.start, part.end) for part in ran if part.end is not None and not part.ground]
    whole = sum(turn.minutes(start, end) for start, end in running)
    if ran[-1].end is None:
        whole += turn.minutes(ran[-1].start, _ends_before(turn, ran))
    until = present if overdue_since is None else overdue_since
    used = sum(turn.minutes(start, min(end, until)) for start, end in running)
    if overdue_since is None:
        return Clock(turn, due_at, stands_on, whole, used, whole - used, None)
    late = turn.minutes(overdue_since, present)
    left = min(-late, -1 if overdue_since < present else 0)
    return Clock(turn, due_at, stands_on, whole, used + late, left, overdue_since)


def _ends_before(turn: Turn, ran: Sequence[Stretch]) -> datetime:
    """Return when the last minute of a clock that stands still would have been counted, had it not stopped."""
    ended = [Standstill(part.ground, part.start, part.end) for part in ran[:-1] if part.ground not in ("", LAST_DAY)]
    *_, (_, end, _) = (part for part in stretches(turn, ended)[0] if not part.ground)
    assert end is not None, "without an open standstill there is a date"
    return end
