"""A running clock in words that a clerk reads: which hours of which days count, which do not and why, and what is left.

Law: NĐ 61/2018/NĐ-CP arts. 18–19; docs/algorithms/working-time.md has how a limit is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from kernel.calendar import CALENDAR_TIME, MIDDAY, NIGHT, VIETNAM, Words
from kernel.working_time import Calendar, Interval, Limit, derive, working_minutes_between

MINUTE: Final = timedelta(minutes=1)
DAY_AND_NIGHT: Final = frozenset({"calendar_days", "calendar_hours", "minutes"})
WEEKDAYS: Final = (
    Words("Thứ Hai", "Mon"), Words("Thứ Ba", "Tue"), Words("Thứ Tư", "Wed"), Words("Thứ Năm", "Thu"),
    Words("Thứ Sáu", "Fri"), Words("Thứ Bảy", "Sat"), Words("Chủ nhật", "Sun"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a derivation: a day that counts with its hours, or days that do not with the reason.

    Args:
        hours: what was counted, `07:00–11:30`; empty where nothing was.
        minutes: counted on this line.
        until_now: counted up to and with this line.
        is_past: the line lies before the present moment.
    """

    days: Words
    hours: tuple[str, ...]
    reason: Words
    minutes: int
    until_now: int
    is_past: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """One limit that runs or ran.

    Args:
        limit: what the law gives, or None where the date follows from the limits of the steps.
        used_minutes, left_minutes: of the limit's own minutes; what is overdue stands in `left_minutes` below zero.
        day_and_night: the limit runs outside desk hours too.
    """

    clock_from: datetime
    due_at: datetime
    limit: Words | None
    calendar: Calendar
    used_minutes: int
    left_minutes: int
    day_and_night: bool
    rows: tuple[Row, ...]

    @property
    def percent(self) -> int:
        """How much of the limit is used, at most 100."""
        whole = self.used_minutes + self.left_minutes
        return 100 if whole <= 0 else max(0, min(100, self.used_minutes * 100 // whole))

    @property
    def is_over(self) -> bool:
        return self.left_minutes < 0


def clock_of(calendar: Calendar, clock_from: datetime, due_at: datetime, limit: Limit | None, now: datetime) -> Clock:
    """Return the clock from `clock_from` to the date that was promised, as it stands `now`."""
    day_and_night = limit is not None and limit.unit in DAY_AND_NIGHT
    present = max(now, clock_from)
    return Clock(
        clock_from,
        due_at,
        limit.in_words if limit is not None else None,
        calendar,
        _minutes(calendar, clock_from, present, day_and_night),
        _left(calendar, present, due_at, day_and_night),
        day_and_night,
        rows_of(calendar, derivation_of(calendar, clock_from, due_at, limit), now),
    )


def derivation_of(
    calendar: Calendar, clock_from: datetime, due_at: datetime, limit: Limit | None
) -> tuple[Interval, ...]:
    """Return the intervals that lead to a promised date; counted in minutes where no single limit leads there."""
    derived = derive(calendar, clock_from, limit) if limit is not None else None
    if derived is None or derived.at != due_at:
        minutes = working_minutes_between(calendar, clock_from, due_at)
        derived = derive(calendar, clock_from, Limit(minutes, "working_minutes")) if minutes > 0 else None
    return derived.derivation if derived is not None else ()


def _left(calendar: Calendar, present: datetime, due_at: datetime, day_and_night: bool) -> int:
    """Below zero as soon as the limit has passed, if only outside desk hours."""
    left = _minutes(calendar, present, due_at, day_and_night)
    return min(left, -1) if present > due_at else left


def _minutes(calendar: Calendar, a: datetime, b: datetime, day_and_night: bool) -> int:
    return (b - a) // MINUTE if day_and_night else working_minutes_between(calendar, a, b)


def rows_of(calendar: Calendar, derivation: Sequence[Interval], now: datetime) -> tuple[Row, ...]:
    """Return a derivation by days: nights and midday breaks are told by the hours that count."""
    told = (interval for interval in derivation if interval.reason not in (NIGHT, MIDDAY))
    rows: list[Row] = []
    counted = 0
    for _, same in groupby(told, key=lambda interval: (_local(interval.start).date(), interval.reason)):
        row = _row(calendar, list(same), now)
        counted += row.minutes
        rows.append(replace(row, until_now=counted))
    return tuple(rows)


def _row(calendar: Calendar, intervals: Sequence[Interval], now: datetime) -> Row:
    first, last = intervals[0], intervals[-1]
    minutes = sum(interval.counted_minutes for interval in intervals)
    counts = minutes > 0
    shown = first.reason == CALENDAR_TIME
    hours = tuple(_hours(interval, with_days=shown) for interval in intervals) if counts else ()
    return Row(
        days=_days(_local(first.start).date(), _last_day(last)),
        hours=hours,
        reason=calendar.in_words(first.reason),
        minutes=minutes,
        until_now=0,
        is_past=last.end <= now,
    )


def _hours(interval: Interval, with_days: bool) -> str:
    form = "%H:%M %d/%m" if with_days else "%H:%M"
    return f"{_local(interval.start):{form}}–{_local(interval.end):{form}}"


def _last_day(interval: Interval) -> date:
    return _local(interval.end - timedelta(microseconds=1)).date()


def _local(instant: datetime) -> datetime:
    return instant.astimezone(VIETNAM)


def _days(first: date, last: date) -> Words:
    return Words(*(_span(first, last, language) for language in (0, 1)))


def _span(first: date, last: date, language: int) -> str:
    days = (first,) if first == last else (first, last)
    return " – ".join(f"{WEEKDAYS[day.weekday()][language]} {day:%d/%m}" for day in days)


def in_hours(minutes: int) -> Words:
    """Say a number of minutes: "11 giờ 20 phút", "11 h 20 min"."""
    hours, rest = divmod(abs(minutes), 60)
    parts = [(hours, "giờ", "h"), (rest, "phút", "min")]
    said = [part for part in parts if part[0]] or [(0, "phút", "min")]
    return Words(" ".join(f"{n} {vi}" for n, vi, _ in said), " ".join(f"{n} {en}" for n, _, en in said))
