"""The dates that a clock comes to besides its end: when to warn of it, and where it moves to.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (at least one day before; limits under two days at half); NĐ 118/2025/NĐ-CP art. 17.
"""

from datetime import date, datetime, timedelta
from itertools import count
from typing import Final

from kernel.calendar import VIETNAM, Calendar
from kernel.working_time import Limit, before, due, is_working_day, next_desk_minute, working_minutes_between

DAY_AND_NIGHT: Final = frozenset({"calendar_days", "calendar_hours", "minutes"})
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
    are working days of the calendar, unless the limit runs day and night.
    """
    if runs_day_and_night(limit):
        return max(clock_from + (due_at - clock_from) / 2, due_at - ONE_DAY)
    if limit is not None and limit.unit == "working_days" and limit.value >= TWO_DAYS:
        return before(calendar, due_at, ONE_WORKING_DAY)
    half = working_minutes_between(calendar, clock_from, due_at) // 2
    if half <= 0:
        return clock_from
    return max(before(calendar, due_at, Limit(half, "working_minutes")), before(calendar, due_at, ONE_WORKING_DAY))


def stood_minutes(calendar: Calendar, stopped_at: datetime, now: datetime, limit: Limit | None) -> int:
    """Return how long a clock stood still, in the minutes that its limit counts."""
    if runs_day_and_night(limit):
        return max(0, (now - stopped_at) // MINUTE)
    return max(0, working_minutes_between(calendar, stopped_at, now))


def moved_by(calendar: Calendar, due_at: datetime, minutes: int, limit: Limit | None) -> datetime:
    """Return `due_at` moved on by that many minutes of the limit's own kind."""
    if minutes == 0:
        return due_at
    return due(calendar, due_at, Limit(minutes, "minutes" if runs_day_and_night(limit) else "working_minutes"))


def resumed_due(
    calendar: Calendar, stopped_at: datetime, due_at: datetime, now: datetime, limit: Limit | None
) -> datetime:
    """Return the due date of a clock that stood still from `stopped_at` until `now`: what was left then is left now."""
    return moved_by(calendar, due_at, stood_minutes(calendar, stopped_at, now, limit), limit)


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


def _within_desk_hours(calendar: Calendar, day: date, local: datetime) -> datetime:
    index, within_us = calendar.place_of(datetime.combine(day, local.timetz()))
    at = calendar.instant_of(index, 0) + timedelta(microseconds=within_us)
    ends = [calendar.instant_of(index, to_minute) for _, to_minute in calendar.spans_of(index)]
    if next_desk_instant(calendar, at) == at:
        return at
    return next((end for end in ends if at < end), ends[-1])
