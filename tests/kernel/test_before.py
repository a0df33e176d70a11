"""Going back from an instant by a limit: the place of a warning before the date that it warns of."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from kernel.calendar import VIETNAM, Calendar, CalendarDoesNotReach
from kernel.working_time import Limit, before, due, working_minutes_between

HOURS = ((7 * 60 + 30, 11 * 60 + 30), (13 * 60 + 30, 17 * 60 + 30))
CALENDAR = Calendar(
    "office", "1", date(2026, 11, 2), date(2027, 1, 29), dict.fromkeys(range(1, 6), HOURS) | {6: HOURS[:1]},
    {date(2026, 11, 24): "culture_day"}, {},
)  # fmt: skip


def at(day: int, clock: str) -> datetime:
    """Return an instant of November 2026; the 16th is a Monday."""
    hour, minute = clock.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=VIETNAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "value", "unit", "expected"),
    [
        (at(17, "10:00"), 1, "working_days", at(16, "10:00")),
        (at(17, "17:30"), 1, "working_days", at(16, "17:30")),
        (at(25, "09:30"), 1, "working_days", at(23, "09:30")),
        (at(23, "09:30"), 1, "working_days", at(21, "08:30")),
        (at(20, "13:45"), 0.5, "working_days", at(20, "07:45")),
        (at(17, "08:30"), 2, "working_hours", at(16, "16:30")),
        (at(16, "13:30"), 60, "working_minutes", at(16, "10:30")),
        (at(23, "07:40"), 10, "working_minutes", at(21, "11:30")),
        (at(16, "10:00"), 1, "calendar_days", at(15, "10:00")),
        (at(16, "10:00"), 90, "minutes", at(16, "08:30")),
    ],
)
def test_a_warning_stands_its_time_before_the_date(
    instant: datetime, value: float, unit: str, expected: datetime
) -> None:
    """NĐ 61/2018 art. 19.9; weekends, Culture Day (24 November) and the short Saturday are stepped over."""
    assert before(CALENDAR, instant, Limit(value, unit)) == expected


@pytest.mark.parametrize("unit", ["working_days", "working_hours"])
def test_it_says_so_where_the_calendar_begins_too_late(unit: str) -> None:
    """A guessed day would be a wrong promise."""
    with pytest.raises(CalendarDoesNotReach, match="2026-11-01"):
        before(CALENDAR, at(2, "09:30"), Limit(2, unit))


MOMENTS = st.datetimes(datetime(2026, 11, 9, 1), datetime(2027, 1, 4), timezones=st.just(UTC))


@for_all(MOMENTS, st.integers(1, 8 * 5 * 60))
def test_back_and_forth_by_working_minutes_is_where_one_was(start: datetime, minutes: int) -> None:
    """What lies between is the limit itself."""
    limit = Limit(minutes, "working_minutes")
    end = due(CALENDAR, start, limit)
    back = before(CALENDAR, end, limit)
    assert working_minutes_between(CALENDAR, back, end) == minutes
    assert due(CALENDAR, back, limit) == end


@for_all(MOMENTS, st.sampled_from([0.5, 1, 1.5, 2, 4]))
def test_one_day_before_is_one_day_before(start: datetime, days: float) -> None:
    """From there the same limit ends at the date again, to the second that a shorter day rounds up."""
    limit = Limit(days, "working_days")
    end = due(CALENDAR, start, Limit(5, "working_days"))
    back = before(CALENDAR, end, limit)
    assert back < end
    assert timedelta(0) <= due(CALENDAR, back, limit) - end <= timedelta(seconds=2)
