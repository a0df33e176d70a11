"""When a limit ends, counted in the working minutes of an agency's calendar, and how that was found.

Law: NĐ 61/2018 arts. 18.2 (15:00) and 19.4; Bộ luật Dân sự 91/2015/QH13 arts. 147–148 (`event_day_excluded`), 148.1 and
148.5 (`whole_last_day`: a term in days ends with its last day, and if that one is closed, with the next working day).
docs/algorithms/working-time.md has the guarantee, the cases and a worked table.

Instants keep their seconds: a limit of one working hour that starts at 10:00:30 ends at 11:00:30. Minutes are the
whole ones of the calendar: each belongs to the interval in which it ends, so adjacent intervals always add up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, groupby
from typing import Final

from kernel.calendar import (
    CALENDAR_TIME,
    DAY_MINUTES,
    EVENT_DAY,
    LAST_DAY,
    MINUTE_US,
    SECOND_US,
    VIETNAM,
    Calendar,
    CalendarDoesNotReach,
    Words,
)

__all__ = [
    "Calendar",
    "CalendarDoesNotReach",
    "Due",
    "Interval",
    "Limit",
    "before",
    "counted_until",
    "derive",
    "due",
    "end_of_last_day",
    "is_working_day",
    "next_desk_minute",
    "parts_between",
    "starts_at",
    "that_leads_to",
    "until_last_day_ends",
    "working_minutes_between",
]

HOUR_KEPT: Final = "hour_kept"
EVENT_DAY_EXCLUDED: Final = "event_day_excluded"
WHOLE_LAST_DAY: Final = "whole_last_day"
WORKING_DAY_MINUTES: Final = 8 * 60

_UNITS = {
    "working_days": Words("ngày làm việc", "working day"),
    "working_hours": Words("giờ làm việc", "working hour"),
    "working_minutes": Words("phút làm việc", "working minute"),
    "calendar_days": Words("ngày", "calendar day"),
    "calendar_hours": Words("giờ", "calendar hour"),
    "minutes": Words("phút", "minute"),
}
# What one of a unit is, in minutes; a working day's length is its calendar's to say.
_UNIT_MINUTES = {
    "working_hours": 60,
    "working_minutes": 1,
    "calendar_days": DAY_MINUTES,
    "calendar_hours": 60,
    "minutes": 1,
}
_CALENDAR_UNITS = frozenset({"calendar_days", "calendar_hours", "minutes"})
_WHOLE_UNITS = frozenset({"working_minutes", "minutes"})
_COUNTINGS = {
    HOUR_KEPT: frozenset(_UNITS),
    EVENT_DAY_EXCLUDED: frozenset({"working_days"}),
    WHOLE_LAST_DAY: frozenset({"calendar_days", "minutes"}),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """How long something may take.

    Args:
        value: positive, a multiple of 0.5; whole for minutes and where the event's day is excluded.
        unit: `working_days`, `working_hours`, `working_minutes` of the agency's calendar, or `calendar_days`,
            `calendar_hours`, `minutes` that run day and night.
        counting: of working days: `hour_kept` (received at 10:00, due at 10:00) or `event_day_excluded` (the event's
            day is left out, the last day counts to the end of its desk hours). Of calendar days: `whole_last_day` (to
            the end of the last day, which is an open one); `hour_kept` is what was counted before that rule, and
            whatever was stored with it goes on so. What is left of such a limit is `minutes`, to the end of a day too.
    """

    value: float
    unit: str
    counting: str = HOUR_KEPT

    def __post_init__(self) -> None:
        if self.unit not in _UNITS:
            raise ValueError(f"{self.unit!r} is no unit of a limit; there are {', '.join(_UNITS)}")
        if self.counting not in _COUNTINGS:
            raise ValueError(f"{self.counting!r} is no way of counting; there are {', '.join(_COUNTINGS)}")
        if self.unit not in _COUNTINGS[self.counting]:
            counted = " and ".join(sorted(_COUNTINGS[self.counting])).replace("_", " ")
            raise ValueError(f"{self.counting} counts {counted}, not {self.unit}")
        grain = 1 if self.unit in _WHOLE_UNITS or self.counting == EVENT_DAY_EXCLUDED else 0.5
        if not self.value > 0 or self.value % grain != 0:
            raise ValueError(f"a limit in {self.unit} is a positive multiple of {grain}, not {self.value}")
        object.__setattr__(self, "value", float(self.value))  # so that 3 and 3.0 are written down alike

    def __str__(self) -> str:
        return self.in_words.en

    @property
    def in_words(self) -> Words:
        """The limit as a page says it: "1,5 ngày làm việc", "1.5 working days"."""
        unit, number = _UNITS[self.unit], f"{self.value:g}"
        plural = "" if self.value == 1 else "s"
        how = Words("", "")
        if self.counting == EVENT_DAY_EXCLUDED:
            how = Words(" (không tính ngày xảy ra sự kiện)", " (day of the event excluded)")
        elif self.counting == WHOLE_LAST_DAY and self.unit in _WHOLE_UNITS:
            how = Words(" (đến hết ngày cuối cùng)", " (until the last day ends)")
        return Words(f"{number.replace('.', ',')} {unit.vi}{how.vi}", f"{number} {unit.en}{plural}{how.en}")

    @property
    def nominal_working_minutes(self) -> int | None:
        """The limit for sums of limits, 8 working hours to the working day; None where it runs day and night."""
        if self.unit in _CALENDAR_UNITS:
            return None
        return int(self.value * _UNIT_MINUTES.get(self.unit, WORKING_DAY_MINUTES))


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time for one reason; `Calendar.in_words` says it. `counted_minutes` is 0 where it was skipped."""

    start: datetime
    end: datetime
    counted_minutes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Due:
    """The instant a limit ends, and the intervals from start to end, without a gap, that show why."""

    at: datetime
    derivation: tuple[Interval, ...]


def _utc(instant: datetime) -> datetime:
    assert instant.tzinfo is not None, "an instant knows its offset"
    return instant.astimezone(UTC)


def due(calendar: Calendar, start: datetime, limit: Limit) -> datetime:
    """Return the instant, in UTC, at which `limit` ends if it begins at `start`: the end of its last counted minute.

    Raises:
        CalendarDoesNotReach: the count needs a day that the calendar says nothing about; what runs day and night
            needs none, unless its last day has to be an open one.
    """
    if limit.unit == "working_days":
        if limit.counting == EVENT_DAY_EXCLUDED:
            return _end_of_day_after(calendar, start, int(limit.value))
        return _days_later(calendar, start, int(limit.value * 2))
    minutes = int(limit.value * _UNIT_MINUTES[limit.unit])
    if limit.unit in _CALENDAR_UNITS:
        end = _utc(start) + timedelta(minutes=minutes)
        return end_of_last_day(calendar, end) if limit.counting == WHOLE_LAST_DAY else end
    return calendar.instant_by(calendar.desk_us_before(*calendar.place_of(start)) + minutes * MINUTE_US)


def end_of_last_day(calendar: Calendar, instant: datetime) -> datetime:
    """Return when a term in days is over whose last day is that of `instant`: at the end of an open day's desk hours.

    Law: Bộ luật Dân sự art. 148.5: where that day is closed, the next working day. What is counted to an hour after the
    desk has closed ends at that hour: no limit is cut short (art. 148.6 would give it until midnight).
    """
    index, _ = calendar.place_of(instant)
    last = calendar.working_day(calendar.working_days_before(index))
    return max(_utc(instant), calendar.instant_of(last, calendar.spans_of(last)[-1][1]))


def counted_until(calendar: Calendar, start: datetime, limit: Limit) -> datetime:
    """Return when the last minute of `limit` is counted: when it is due, or before that where its last day goes on."""
    if limit.counting == WHOLE_LAST_DAY:
        return _utc(start) + timedelta(minutes=int(limit.value * _UNIT_MINUTES[limit.unit]))
    return due(calendar, start, limit)


def that_leads_to(calendar: Calendar, start: datetime, limit: Limit, at: datetime) -> Limit | None:
    """Return the limit with which `at` was counted from `start`, or None if it does not lead there.

    Calendar days kept their hour once. A date that was given so stays, though its limit is read anew, and what is
    counted from zero today follows today's rule, though its limit was stored then.
    """
    if due(calendar, start, limit) == at:
        return limit
    if limit.unit != "calendar_days":
        return None
    other = replace(limit, counting=HOUR_KEPT if limit.counting == WHOLE_LAST_DAY else WHOLE_LAST_DAY)
    return other if due(calendar, start, other) == at else None


def _end_of_day_after(calendar: Calendar, start: datetime, days: int) -> datetime:
    index, _ = calendar.place_of(start)
    last = calendar.working_day(calendar.working_days_before(index + 1) + days - 1)
    return calendar.instant_of(last, calendar.spans_of(last)[-1][1])


def _days_later(calendar: Calendar, start: datetime, half_days: int) -> datetime:
    """Move on by half days, keeping the place within the day as a fraction of that day's desk time.

    Between days of one length this keeps the hour to the microsecond; into a day of another length the fraction is
    rounded up to a whole second, so that a limit is never cut short.
    """
    index, within_us = calendar.place_of(start)
    done_us = calendar.desk_us_before(index, within_us) - calendar.desk_us_before(index)
    # On a closed day nothing is done yet; any length then says that the place is 0 of a day.
    length_us = calendar.desk_us_of(index) or 1
    days, rest = divmod(2 * done_us + half_days * length_us, 2 * length_us)
    if not rest:
        # The end of a day, not the beginning of the next one.
        days, rest = days - 1, 2 * length_us
    landing = calendar.working_day(calendar.working_days_before(index) + days)
    landing_us = calendar.desk_us_of(landing)
    if landing_us == length_us:
        passed_us = rest // 2
    else:
        passed_us = -(-rest * landing_us // (2 * length_us * SECOND_US)) * SECOND_US
    return calendar.instant_by(calendar.desk_us_before(landing) + passed_us)


def derive(calendar: Calendar, start: datetime, limit: Limit) -> Due:
    """Return when `limit` ends and every interval, counted or skipped, between `start` and there.

    The counted minutes add up to the limit; in a limit of working days, to the desk minutes of those days. What the
    last day of calendar days goes on for is not counted.
    """
    at = due(calendar, start, limit)
    start = _utc(start)
    if limit.unit in _CALENDAR_UNITS:
        end = counted_until(calendar, start, limit)
        whole = Interval(start, end, (end - start) // timedelta(minutes=1), CALENDAR_TIME)
        return Due(at, (whole, *until_last_day_ends(calendar, end, at)))
    intervals = []
    parts = parts_between(calendar, start, at, event_day_excluded=limit.counting == EVENT_DAY_EXCLUDED)
    for reason, same in groupby(parts, key=lambda part: part[1]):
        end = max(end for end, _ in same)
        counted = 0 if reason == EVENT_DAY else working_minutes_between(calendar, start, end)
        intervals.append(Interval(start, end, counted, reason))
        start = end
    return Due(at, tuple(intervals))


def until_last_day_ends(calendar: Calendar, start: datetime, at: datetime) -> Iterator[Interval]:
    """Yield what lies between the last counted minute and a later `at`: closed days, then an open one until it ends."""
    parts = _days_between(calendar, start, at)
    for reason, same in groupby(parts, key=lambda part: part[1]):
        end = max(end for end, _ in same)
        yield Interval(start, end, 0, reason)
        start = end


def _days_between(calendar: Calendar, start: datetime, at: datetime) -> Iterator[tuple[datetime, str]]:
    first, _ = calendar.place_of(start)
    for index in count(first):
        if start >= at:
            return
        start = min(at, calendar.instant_of(index, DAY_MINUTES))
        closed = not calendar.spans_of(index)
        yield start, next(reason for _, reason in calendar.parts_of(index)) if closed else LAST_DAY


def parts_between(
    calendar: Calendar, start: datetime, at: datetime, *, event_day_excluded: bool
) -> Iterator[tuple[datetime, str]]:
    """Yield the parts of the days from `start` to a later `at`, as (until, reason); the last one ends at `at`."""
    first, _ = calendar.place_of(start)
    for index in count(first):
        left_out = event_day_excluded and index == first
        for to_minute, reason in ((DAY_MINUTES, EVENT_DAY),) if left_out else calendar.parts_of(index):
            end = calendar.instant_of(index, to_minute)
            if end >= at:
                yield at, reason
                return
            if end > start:
                yield end, reason


def working_minutes_between(calendar: Calendar, a: datetime, b: datetime) -> int:
    """Return how many of the calendar's working minutes end after `a` and not after `b`; negative if `b` is earlier.

    Whatever the seconds, the minutes from a to b and from b to c add up to the minutes from a to c.
    """
    return _whole_minutes(calendar, b) - _whole_minutes(calendar, a)


def _whole_minutes(calendar: Calendar, instant: datetime) -> int:
    return calendar.desk_us_before(*calendar.place_of(instant)) // MINUTE_US


def next_desk_minute(calendar: Calendar, instant: datetime) -> datetime:
    """Return `instant` if the desk is open then, else the instant at which it opens next."""
    index, within_us = calendar.place_of(instant)
    for from_minute, to_minute in calendar.spans_of(index):
        if within_us < to_minute * MINUTE_US:
            return max(_utc(instant), calendar.instant_of(index, from_minute))
    return _opening_after(calendar, index)


def _opening_after(calendar: Calendar, index: int) -> datetime:
    opening = calendar.working_day(calendar.working_days_before(index + 1))
    return calendar.instant_of(opening, calendar.spans_of(opening)[0][0])


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Say whether the desk is open at all on `day`."""
    index, _ = calendar.place_of(datetime.combine(day, time(), VIETNAM))
    return bool(calendar.spans_of(index))


def starts_at(calendar: Calendar, instant: datetime, same_day_until: time | None) -> datetime:
    """Return when the clock starts for what was received at `instant`.

    Law: NĐ 61/2018 art. 18.2, and the same-day procedures: what comes after 15:00 starts with the next working day.

    Args:
        same_day_until: the local time up to which, itself included, the day of receipt counts; None for no such rule.

    Returns:
        `instant` itself where the rule does not bite (`due` finds the next desk minute and the event's day from it),
        else the opening of the next working day.
    """
    local = _utc(instant).astimezone(VIETNAM)
    if same_day_until is None or local.time() <= same_day_until:
        return _utc(instant)
    index, _ = calendar.place_of(instant)
    return _opening_after(calendar, index)


def before(calendar: Calendar, instant: datetime, limit: Limit) -> datetime:
    """Return the instant, in UTC, that lies `limit` before `instant`: a warning one working day before a due instant.

    Days keep the place within the day, as `due` does; how the limit counts the event's day does not matter here.

    Raises:
        CalendarDoesNotReach: that is before the calendar's first desk minute.
    """
    if limit.unit == "working_days":
        return _days_later(calendar, instant, -int(limit.value * 2))
    minutes = int(limit.value * _UNIT_MINUTES[limit.unit])
    if limit.unit in _CALENDAR_UNITS:
        return _utc(instant) - timedelta(minutes=minutes)
    desk_us = calendar.desk_us_before(*calendar.place_of(instant)) - minutes * MINUTE_US
    if desk_us <= 0:
        raise CalendarDoesNotReach(calendar.id, calendar.first_day - timedelta(days=1))
    return calendar.instant_by(desk_us)
