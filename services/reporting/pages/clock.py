"""A clock in words that a clerk reads: which hours of which days count, which do not and why, and what is left.

Law: NĐ 61/2018/NĐ-CP arts. 18–19; docs/algorithms/working-time.md has how a limit is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

import msgspec

from kernel import clocks
from kernel.calendar import CALENDAR_TIME, MIDDAY, NIGHT, VIETNAM, Words
from kernel.clock_reasons import GROUNDS, NOT_BEGUN, SECOND_REQUEST, STANDSTILL, VOID, in_words, legal_derivation
from kernel.clocks import History, Standstill, Turn, legal_clock
from kernel.working_time import Calendar, Interval, Limit, due

NOT_OF_THE_CALENDAR: Final = frozenset({STANDSTILL, NOT_BEGUN, VOID, SECOND_REQUEST})
WEEKDAYS: Final = (
    Words("Thứ Hai", "Mon"), Words("Thứ Ba", "Tue"), Words("Thứ Tư", "Wed"), Words("Thứ Năm", "Thu"),
    Words("Thứ Sáu", "Fri"), Words("Thứ Bảy", "Sat"), Words("Chủ nhật", "Sun"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a derivation: a day that counts with its hours, or a time that does not with the reason.

    Args:
        hours: what was counted, `07:00–11:30`; empty where nothing was.
        minutes: counted on this line.
        until_now: counted up to and with this line.
        is_past: the line lies before the present moment.
        stands: the clock stood still or had not begun, whatever the calendar says.
    """

    days: Words
    hours: tuple[str, ...]
    reason: Words
    minutes: int
    until_now: int
    is_past: bool
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock as a page shows it.

    Args:
        due_at: None while it stands still, on the ground `stands_on`.
        limit: what the law gives, or None where the date follows from the limits of the steps.
        whole_minutes, used_minutes, left_minutes: of the limit's own minutes; what is overdue stands in `left_minutes`
            below zero.
        day_and_night: the limit runs outside desk hours too.
    """

    clock_from: datetime
    due_at: datetime | None
    stands_on: Words | None
    limit: Words | None
    calendar: Calendar
    whole_minutes: int
    used_minutes: int
    left_minutes: int
    day_and_night: bool
    gained_minutes: int
    rows: tuple[Row, ...]

    @property
    def percent(self) -> int:
        """How much of the limit is used, at most 100."""
        whole = self.whole_minutes
        return 100 if whole <= 0 or self.is_over else max(0, min(100, self.used_minutes * 100 // whole))

    @property
    def is_over(self) -> bool:
        return self.left_minutes < 0


def clock_of(clock: clocks.Clock, derivation: Sequence[Interval], now: datetime) -> Clock:
    """Return a clock of the kernel as a page shows it."""
    turn = clock.turn
    return Clock(
        clock_from=turn.since,
        due_at=clock.due_at,
        stands_on=GROUNDS.get(clock.stands_on, Words(clock.stands_on, clock.stands_on)) if clock.stands_on else None,
        limit=turn.limit.in_words if turn.limit is not None else None,
        calendar=turn.calendar,
        whole_minutes=clock.whole_minutes,
        used_minutes=clock.used_minutes,
        left_minutes=clock.left_minutes,
        day_and_night=turn.day_and_night,
        gained_minutes=turn.gained_minutes,
        rows=rows_of(turn.calendar, derivation, now),
    )


def clock_of_step(
    calendar: Calendar, step: Mapping[str, Any], standstills: tuple[Standstill, ...], now: datetime
) -> Clock:
    """Return the clock of a step that was ready, from its row and from when it stood still on its own."""
    since, due_at = (datetime.fromisoformat(step[name]) for name in ("clock_from", "due_at"))
    limit: Limit | None = _limit_of(step)
    end = due(calendar, since, limit) if limit is not None else due_at
    if not standstills and end != due_at:
        limit, end = None, due_at
    history = History(since, (Turn(calendar, since, limit, end),), standstills)
    return clock_of(legal_clock(history, now), legal_derivation(history, now), now)


def _limit_of(step: Mapping[str, Any]) -> Limit:
    longer = {one["ground"]: one["limit"] for one in msgspec.json.decode(step["longer_limits"])}
    if step["ground"] in longer:
        return msgspec.convert(longer[step["ground"]], Limit)
    return msgspec.json.decode(step["step_limit"], type=Limit)


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
    stands = first.reason.partition(":")[0] in NOT_OF_THE_CALENDAR
    shown = first.reason == CALENDAR_TIME
    hours = tuple(_hours(interval, with_days=shown) for interval in intervals) if minutes > 0 else ()
    return Row(
        days=_moments(first.start, last.end) if stands else _days(_local(first.start).date(), _last_day(last)),
        hours=hours,
        reason=in_words(calendar, first.reason),
        minutes=minutes,
        until_now=0,
        is_past=last.end <= now,
        stands=stands,
    )


def _moments(start: datetime, end: datetime) -> Words:
    """A standstill has its hours, which no calendar gives."""
    first, last = _local(start), _local(end)
    if first.date() == last.date():
        said = (f"{_day(first, language)} {first:%H:%M} – {last:%H:%M}" for language in (0, 1))
    else:
        said = (f"{_day(first, language)} {first:%H:%M} – {_day(last, language)} {last:%H:%M}" for language in (0, 1))
    return Words(*said)


def _day(day: date, language: int) -> str:
    return f"{WEEKDAYS[day.weekday()][language]} {day:%d/%m}"


def _hours(interval: Interval, with_days: bool) -> str:
    if with_days:
        return f"{_local(interval.start):%d/%m %H:%M} – {_local(interval.end):%d/%m %H:%M}"
    return f"{_local(interval.start):%H:%M}–{_local(interval.end):%H:%M}"


def _last_day(interval: Interval) -> date:
    return _local(interval.end - timedelta(microseconds=1)).date()


def _local(instant: datetime) -> datetime:
    return instant.astimezone(VIETNAM)


def _days(first: date, last: date) -> Words:
    return Words(*(_span(first, last, language) for language in (0, 1)))


def _span(first: date, last: date, language: int) -> str:
    days = (first,) if first == last else (first, last)
    return " – ".join(_day(day, language) for day in days)


def in_hours(minutes: int) -> Words:
    """Say a number of minutes: "11 giờ 20 phút", "11 h 20 min"."""
    hours, rest = divmod(abs(minutes), 60)
    parts = [(hours, "giờ", "h"), (rest, "phút", "min")]
    said = [part for part in parts if part[0]] or [(0, "phút", "min")]
    return Words(" ".join(f"{n} {vi}" for n, vi, _ in said), " ".join(f"{n} {en}" for n, _, en in said))
