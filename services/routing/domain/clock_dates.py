"""The dates that a clock comes to besides its end: when to warn of it, and where it moves to.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (at least one day before; limits under two days at half); NĐ 118/2025/NĐ-CP art. 17.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final

from kernel.calendar import VIETNAM, Calendar
from kernel.clocks import Standstill, Turn, stretches
from kernel.working_time import (
    WHOLE_LAST_DAY,
    Limit,
    before,
    due,
    is_working_day,
    next_desk_minute,
    working_minutes_between,
)
from services.routing.domain.progress import Stood

DAY_AND_NIGHT: Final = frozenset({"calendar_days", "calendar_hours", "minutes"})
DAYS: Final = frozenset({"working_days", "calendar_days"})
ONE_WORKING_DAY: Final = Limit(1, "working_days")
TWO_DAYS: Final = 2
ONE_DAY: Final = timedelta(days=1)
MINUTE: Final = timedelta(minutes=1)
INSTANT: Final = timedelta(microseconds=1)


def runs_day_and_night(limit: Limit | None) -> bool:
    """Say whether a limit counts nights and closed days too; where none is known, working time is counted."""
    return limit is not None and limit.unit in DAY_AND_NIGHT


def warn_at(calendar: Calendar, clock_from: datetime, due_at: datetime, limit: Limit | None) -> datetime:
    """Return when to warn that `due_at` will not be kept: one day before it, or at half of a limit under two days.

    Half of two days is one day before their end, so where the limit is not given in days it is the later of both. Days
    are working days of the calendar, unless the limit runs day and night; one that ends with an open day is warned of
    while the desk is open, and at half of what is left of open time where a weekend leaves no day before it.
    """
    ends_with_day = limit is not None and limit.counting == WHOLE_LAST_DAY
    if runs_day_and_night(limit) and not ends_with_day:
        return max(clock_from + (due_at - clock_from) / 2, due_at - ONE_DAY)
    if limit is not None and limit.unit in DAYS and limit.value >= TWO_DAYS:
        day_before = before(calendar, due_at, ONE_WORKING_DAY)
        if not ends_with_day or day_before > clock_from:
            return day_before
    half = working_minutes_between(calendar, clock_from, due_at) // 2
    if half <= 0:
        return clock_from
    return max(before(calendar, due_at, Limit(half, "working_minutes")), before(calendar, due_at, ONE_WORKING_DAY))


def stood_minutes(calendar: Calendar, stopped_at: datetime, now: datetime, limit: Limit | None) -> int:
    """Return how long a clock stood still, in the minutes that its limit counts."""
    if runs_day_and_night(limit):
        return max(0, (now - stopped_at) // MINUTE)
    return max(0, working_minutes_between(calendar, stopped_at, now))


def stood_still(
    calendar: Calendar, clock_from: datetime, limit: Limit, stood: Sequence[Stood]
) -> tuple[datetime, datetime]:
    """Return when a limit is due whose clock stood still, and when it would have begun to be due then without.

    What was left at the beginning of each standstill is left at its end, as `kernel.clocks` says of every clock.
    """
    turn = Turn(calendar, clock_from, limit, due(calendar, clock_from, limit))
    _, due_at = stretches(turn, [Standstill(*one) for one in stood])
    assert due_at is not None, "each standstill has ended"
    lost = sum(stood_minutes(calendar, since, until, limit) for _, since, until in stood)
    if lost == 0:
        return due_at, clock_from
    return due_at, due(calendar, clock_from, Limit(lost, "minutes" if runs_day_and_night(limit) else "working_minutes"))


def next_desk_instant(calendar: Calendar, instant: datetime) -> datetime:
    """Return `instant` if it lies within desk hours, their last instant included, else when the desk opens next."""
    within = instant - INSTANT
    return instant if next_desk_minute(calendar, within) == within else next_desk_minute(calendar, instant)


def on_open_day(calendar: Calendar, instant: datetime) -> datetime:
    """Return the same hour on the next working day, or `instant` where its own day is one.

    An hour outside that day's desk hours becomes the end of the span that it comes before, else of the day's last one.
    """
    local = instant.astimezone(VIETNAM)
    if is_working_day(calendar, local.date()):
        return instant
    days = (local.date() + timedelta(days=ahead) for ahead in count(1))
    day = next(day for day in days if is_working_day(calendar, day))
    return _within_desk_hours(calendar, day, local)


def next_hour_ahead(calendar: Calendar, instant: datetime, now: datetime) -> datetime:
    """Return the same hour, as in `on_open_day`, of the first working day on which it still lies ahead of `now`."""
    local, today = instant.astimezone(VIETNAM), now.astimezone(VIETNAM).date()
    days = (today + timedelta(days=ahead) for ahead in count())
    hours = (_within_desk_hours(calendar, day, local) for day in days if is_working_day(calendar, day))
    return next(hour for hour in hours if hour > now)


def _within_desk_hours(calendar: Calendar, day: date, local: datetime) -> datetime:
    index, within_us = calendar.place_of(datetime.combine(day, local.timetz()))
    at = calendar.instant_of(index, 0) + timedelta(microseconds=within_us)
    ends = [calendar.instant_of(index, to_minute) for _, to_minute in calendar.spans_of(index)]
    if next_desk_instant(calendar, at) == at:
        return at
    return next((end for end in ends if at < end), ends[-1])
