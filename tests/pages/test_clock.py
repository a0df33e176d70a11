"""A running clock as a clerk reads it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendars import load_calendars
from kernel.working_time import Limit, derive
from services.reporting.pages.clock import clock_of, in_hours, rows_of

CALENDAR = load_calendars(Path(__file__).parent.parent.parent / "registry" / "calendars")["early"]
FRIDAY = datetime(2026, 9, 4, 8, 0, tzinfo=UTC)
"""15:00 in Vietnam, two hours before the desks of `early` close."""


def test_a_derivation_is_told_day_by_day() -> None:
    """Hours that count with their sum, days that do not with the reason; nights and midday go without saying."""
    due = derive(CALENDAR, FRIDAY, Limit(2, "working_days"))
    rows = rows_of(CALENDAR, due.derivation, FRIDAY + timedelta(days=3))
    told = [(row.days.vi, row.hours, row.reason.vi, row.minutes, row.until_now, row.is_past) for row in rows]
    assert told == [
        ("Thứ Sáu 04/09", ("15:00–17:00",), "giờ làm việc", 120, 120, True),
        ("Thứ Bảy 05/09 – Chủ nhật 06/09", (), "nghỉ hằng tuần", 0, 120, True),
        ("Thứ Hai 07/09", ("07:00–11:30", "13:30–17:00"), "giờ làm việc", 480, 600, False),
        ("Thứ Ba 08/09", ("07:00–11:30", "13:30–15:00"), "giờ làm việc", 360, 960, False),
    ]


@given(st.datetimes(datetime(2026, 1, 5), datetime(2027, 10, 1)), st.integers(1, 20))
def test_the_rows_add_up_to_the_derivation(start: datetime, days: int) -> None:
    """Whoever adds the column up reaches the kernel's sum."""
    due = derive(CALENDAR, start.replace(tzinfo=UTC), Limit(days, "working_days"))
    rows = rows_of(CALENDAR, due.derivation, FRIDAY)
    assert rows[-1].until_now == sum(interval.counted_minutes for interval in due.derivation)
    assert sum(row.minutes for row in rows) == rows[-1].until_now


@pytest.mark.parametrize(
    ("limit", "now", "used", "left", "percent", "over"),
    [
        (Limit(1, "working_days"), FRIDAY, 0, 480, 0, False),
        (Limit(1, "working_days"), FRIDAY + timedelta(hours=1), 60, 420, 12, False),
        (Limit(1, "working_days"), FRIDAY + timedelta(days=3), 480, 0, 100, False),
        (Limit(1, "working_days"), FRIDAY + timedelta(days=3, hours=1), 540, -60, 100, True),
        (Limit(120, "working_minutes"), FRIDAY + timedelta(hours=3), 120, -1, 100, True),
        (Limit(10, "minutes"), FRIDAY + timedelta(minutes=4), 4, 6, 40, False),
        (Limit(1, "working_days"), FRIDAY - timedelta(days=1), 0, 480, 0, False),
    ],
)
def test_a_clock_shows_what_is_used_and_left(
    limit: Limit, now: datetime, used: int, left: int, percent: int, over: bool
) -> None:
    """No hidden lateness: a limit that has passed is over, also in the night."""
    due = derive(CALENDAR, FRIDAY, limit)
    clock = clock_of(CALENDAR, FRIDAY, due.at, limit, now)
    assert (clock.used_minutes, clock.left_minutes, clock.percent, clock.is_over) == (used, left, percent, over)


def test_a_date_that_no_single_limit_explains_is_counted_in_minutes() -> None:
    """An appointment may be the sum of several steps' limits; its derivation still leads to it."""
    first = derive(CALENDAR, FRIDAY, Limit(1, "working_days")).at
    due_at = derive(CALENDAR, first, Limit(3, "working_hours")).at
    clock = clock_of(CALENDAR, FRIDAY, due_at, None, FRIDAY)
    assert clock.limit is None
    assert clock.rows[-1].until_now == 480 + 180


@pytest.mark.parametrize(
    ("minutes", "vi", "en"),
    [
        (0, "0 phút", "0 min"),
        (59, "59 phút", "59 min"),
        (60, "1 giờ", "1 h"),
        (680, "11 giờ 20 phút", "11 h 20 min"),
        (-5, "5 phút", "5 min"),
    ],
)
def test_minutes_are_said_in_hours(minutes: int, vi: str, en: str) -> None:
    """Whoever reads a thousand minutes reckons."""
    assert in_hours(minutes) == (vi, en)
