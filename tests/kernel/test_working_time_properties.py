"""Working time: what holds for every start and limit, beside a walk minute by minute."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.calendar import VIETNAM
from kernel.working_time import (
    Calendar,
    Interval,
    Limit,
    derive,
    due,
    working_minutes_between,
)
from tests.kernel.working_time_cases import CALENDARS, EARLY, FULL, MINUTE, SATURDAY_MORNING, said

instants = st.datetimes(datetime(2021, 1, 1), datetime(2027, 9, 30), timezones=st.just(VIETNAM))
whole_minutes = instants.map(lambda instant: instant.replace(second=0, microsecond=0))
calendars = st.sampled_from(list(CALENDARS.values()))
even_calendars = st.sampled_from([FULL, EARLY])
halves = st.integers(1, 60).map(lambda n: n / 2)
desk_limits = st.one_of(
    st.builds(Limit, halves, st.sampled_from(["working_days", "working_hours"])),
    st.builds(Limit, st.integers(1, 5000), st.just("working_minutes")),
    st.builds(Limit, st.integers(1, 30), st.just("working_days"), st.just("event_day_excluded")),
)
limits = st.one_of(
    desk_limits,
    st.builds(Limit, halves, st.sampled_from(["calendar_days", "calendar_hours"])),
    st.builds(Limit, st.integers(1, 5000), st.just("minutes")),
    st.builds(Limit, halves, st.just("calendar_days"), st.just("whole_last_day")),
    st.builds(Limit, st.integers(1, 5000), st.just("minutes"), st.just("whole_last_day")),
)


@given(calendars, limits, instants, instants)
def test_a_later_start_is_never_due_earlier(calendar: Calendar, limit: Limit, one: datetime, other: datetime) -> None:
    """Nobody gains by handing in later."""
    assert due(calendar, min(one, other), limit) <= due(calendar, max(one, other), limit)


@given(calendars, limits, instants, st.timedeltas(timedelta(0), timedelta(days=1)))
def test_a_slightly_later_start_is_never_due_earlier(
    calendar: Calendar, limit: Limit, start: datetime, delay: timedelta
) -> None:
    """The same within a day, where the rounding of unequal days could hide."""
    assert due(calendar, start, limit) <= due(calendar, start + delay, limit)


@given(calendars, limits, instants, st.integers(1, 20))
def test_a_longer_limit_is_due_later(calendar: Calendar, limit: Limit, start: datetime, more: int) -> None:
    """And the start comes before both. Only calendar days may end with the same day, after a weekend."""
    longer = Limit(limit.value + more, limit.unit, limit.counting)
    assert start < due(calendar, start, limit) <= due(calendar, start, longer)
    if limit.counting != "whole_last_day":
        assert due(calendar, start, limit) != due(calendar, start, longer)


@given(even_calendars, desk_limits, instants)
def test_the_minutes_between_start_and_due_are_the_limit(calendar: Calendar, limit: Limit, start: datetime) -> None:
    """Where every day has 480 desk minutes; the event's day, where left out, is taken off."""
    begins = start
    if limit.counting == "event_day_excluded":
        begins = datetime.combine(start.date() + timedelta(days=1), time(), VIETNAM)
    assert working_minutes_between(calendar, begins, due(calendar, start, limit)) == limit.nominal_working_minutes


@given(calendars, instants, instants, instants)
def test_minutes_add_up_whatever_the_seconds(calendar: Calendar, a: datetime, b: datetime, c: datetime) -> None:
    """The shares of whose minute it was must add up to the whole."""
    a_to_b, b_to_c = working_minutes_between(calendar, a, b), working_minutes_between(calendar, b, c)
    assert a_to_b + b_to_c == working_minutes_between(calendar, a, c)


@given(even_calendars, st.sampled_from(["working_days", "working_hours"]), halves, halves, instants)
def test_a_limit_may_be_spent_in_two_parts(
    calendar: Calendar, unit: str, first: float, second: float, start: datetime
) -> None:
    """The end of a day and the beginning of the next are the same place in working time."""
    halfway = due(calendar, start, Limit(first, unit))
    assert due(calendar, halfway, Limit(second, unit)) == due(calendar, start, Limit(first + second, unit))


@given(calendars, limits, instants)
def test_a_derivation_has_no_gap_and_adds_up(calendar: Calendar, limit: Limit, start: datetime) -> None:
    """A person can check every due date by adding."""
    found = derive(calendar, start, limit)
    parts = found.derivation
    assert found.at == due(calendar, start, limit)
    assert [part.start for part in parts] == [start, *(part.end for part in parts[:-1])]
    assert parts[-1].end == found.at
    assert all(part.start < part.end for part in parts)
    assert all(earlier.reason != later.reason for earlier, later in pairwise(parts))
    assert all(calendar.in_words(part.reason) for part in parts)
    counted = sum(part.counted_minutes for part in parts)
    if limit.counting == "whole_last_day":
        assert counted == limit.value * (24 * 60 if limit.unit == "calendar_days" else 1)
    elif limit.nominal_working_minutes is None:
        assert counted * MINUTE == found.at - start
    elif calendar is not SATURDAY_MORNING or limit.unit != "working_days":
        assert counted == limit.nominal_working_minutes
    elif limit.counting == "hour_kept":
        assert counted == working_minutes_between(calendar, start, found.at)


@given(calendars, limits, instants)
def test_only_desk_time_is_counted(calendar: Calendar, limit: Limit, start: datetime) -> None:
    """Every interval of a derivation lies in open or in closed time as its reason says."""
    for part in derive(calendar, start, limit).derivation:
        code = part.reason.partition(":")[0]
        open_time = sum(
            (min(to, part.end) - max(begin, part.start) for begin, to in spans(calendar, part)), timedelta(0)
        )
        if code in ("desk_hours", "swapped_day"):
            assert open_time == part.end - part.start
        elif code not in ("event_day", "calendar_time", "last_day"):
            assert (open_time, part.counted_minutes) == (timedelta(0), 0)


def spans(calendar: Calendar, within: Interval) -> Iterator[tuple[datetime, datetime]]:
    """Yield the desk hours that overlap an interval, read off the calendar's data day by day."""
    day = within.start.astimezone(VIETNAM).date()
    while (midnight := datetime.combine(day, time(), VIETNAM)) < within.end:
        for from_minute, to_minute in desk_hours(calendar, day):
            begin, to = midnight + from_minute * MINUTE, midnight + to_minute * MINUTE
            if begin < within.end and to > within.start:
                yield begin, to
        day += timedelta(days=1)


def desk_hours(calendar: Calendar, day: date) -> tuple[tuple[int, int], ...]:
    if day in calendar.closed:
        return ()
    weekday = calendar.worked[day][1] if day in calendar.worked else day.isoweekday()
    return calendar.desk_hours.get(weekday, ())


@given(calendars, st.integers(1, 60), instants)
def test_calendar_days_end_with_their_last_day_or_the_next_working_one(
    calendar: Calendar, days: int, start: datetime
) -> None:
    """Bộ luật Dân sự arts. 148.1 and 148.5, read off the calendar's data day by day."""
    at = due(calendar, start, Limit(days, "calendar_days", "whole_last_day")).astimezone(VIETNAM)
    counted = start + timedelta(days=days)
    day = counted.date()
    while not desk_hours(calendar, day):
        day += timedelta(days=1)
    closes = datetime.combine(day, time(), VIETNAM) + desk_hours(calendar, day)[-1][1] * MINUTE
    assert at == max(closes, counted)
    assert at.date() == day


hour_kept_limits = desk_limits.filter(lambda limit: limit.counting == "hour_kept")


@given(even_calendars, hour_kept_limits, instants)
def test_working_time_is_exact_to_the_microsecond(calendar: Calendar, limit: Limit, start: datetime) -> None:
    """Seconds of the start are neither lost nor rounded."""
    at = due(calendar, start, limit)
    within = Interval(start, at, 0, "")
    open_time = sum((min(to, at) - max(begin, start) for begin, to in spans(calendar, within)), timedelta(0))
    assert open_time == (limit.nominal_working_minutes or 0) * MINUTE
    assert any(begin < at <= to for begin, to in spans(calendar, within))


@given(halves, instants)
def test_an_unequal_day_keeps_the_fraction_and_rounds_up_to_a_second(value: float, start: datetime) -> None:
    """House rule: no limit is cut short, and none grows by a second."""
    at = due(SATURDAY_MORNING, start, Limit(value, "working_days"))
    gained = days_passed(at) - (days_passed(start) + Fraction(value))
    assert 0 <= gained < Fraction(1, 240 * 60)


def days_passed(instant: datetime) -> Fraction:
    """Return the working days until an instant, the place within the last day as an exact fraction."""
    calendar, wall = SATURDAY_MORNING, instant.astimezone(VIETNAM)
    passed = Fraction(sum(1 for n in range((wall.date() - calendar.first_day).days) if open_on(n)))
    midnight = datetime.combine(wall.date(), time(), VIETNAM)
    hours = desk_hours(calendar, wall.date())
    done = sum(
        (max(min(wall, midnight + to * MINUTE) - (midnight + begin * MINUTE), timedelta(0)) for begin, to in hours),
        timedelta(0),
    )
    length = sum(to - begin for begin, to in hours)
    return passed + (Fraction(done // timedelta(microseconds=1), length * 60_000_000) if length else 0)


@cache
def open_on(number: int) -> bool:
    return bool(desk_hours(SATURDAY_MORNING, SATURDAY_MORNING.first_day + timedelta(days=number)))


@settings(max_examples=60)
@given(calendars, desk_limits, whole_minutes)
def test_walking_minute_by_minute_ends_at_the_same_instant(calendar: Calendar, limit: Limit, start: datetime) -> None:
    """The plainest way to count, as a clerk would with a clock and the year's notice."""
    if calendar is SATURDAY_MORNING and limit.unit == "working_days":
        calendar = FULL
    assert said(due(calendar, start, limit)) == said(walk(calendar, start, limit))


def walk(calendar: Calendar, start: datetime, limit: Limit) -> datetime:
    left = limit.nominal_working_minutes or 0
    instant = start
    if limit.counting == "event_day_excluded":
        instant = datetime.combine(start.date() + timedelta(days=1), time(), VIETNAM)
    while True:
        minute = instant.hour * 60 + instant.minute
        left -= any(begin <= minute < to for begin, to in desk_hours(calendar, instant.date()))
        instant += MINUTE
        if not left:
            return instant
