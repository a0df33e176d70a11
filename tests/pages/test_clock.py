"""A running clock as a clerk reads it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendars import load_calendars
from kernel.clock_reasons import legal_derivation
from kernel.clocks import History, Standstill, Turn, legal_clock
from kernel.working_time import Limit, derive, due
from services.reporting.pages.clock import Clock, clock_of, clock_of_step, in_hours, rows_of

CALENDAR = load_calendars(Path(__file__).parent.parent.parent / "registry" / "calendars")["early"]
FRIDAY = datetime(2026, 9, 4, 8, 0, tzinfo=UTC)
"""15:00 in Vietnam, two hours before the desks of `early` close."""


def test_a_derivation_is_told_day_by_day() -> None:
    """Hours that count with their sum, days that do not with the reason; nights and midday go without saying."""
    found = derive(CALENDAR, FRIDAY, Limit(2, "working_days"))
    rows = rows_of(CALENDAR, found.derivation, FRIDAY + timedelta(days=3))
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
    found = derive(CALENDAR, start.replace(tzinfo=UTC), Limit(days, "working_days"))
    rows = rows_of(CALENDAR, found.derivation, FRIDAY)
    assert rows[-1].until_now == sum(interval.counted_minutes for interval in found.derivation)
    assert sum(row.minutes for row in rows) == rows[-1].until_now


def shown(limit: Limit | None, due_at: datetime, now: datetime, *stood: Standstill) -> Clock:
    history = History(FRIDAY, (Turn(CALENDAR, FRIDAY, limit, due_at),), stood)
    return clock_of(legal_clock(history, now), legal_derivation(history, now), now)


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
    clock = shown(limit, due(CALENDAR, FRIDAY, limit), now)
    assert (clock.used_minutes, clock.left_minutes, clock.percent, clock.is_over) == (used, left, percent, over)


def test_a_date_that_no_single_limit_explains_is_counted_in_minutes() -> None:
    """An appointment may be the sum of several steps' limits; its derivation still leads to it."""
    first = due(CALENDAR, FRIDAY, Limit(1, "working_days"))
    clock = shown(None, due(CALENDAR, first, Limit(3, "working_hours")), FRIDAY)
    assert clock.limit is None
    assert clock.rows[-1].until_now == 480 + 180


def test_a_clock_that_stands_still_says_why_and_gives_no_date() -> None:
    """A clerk sees the ground in place of a date, and what is left."""
    limit = Limit(1, "working_days")
    stood = Standstill("tax_notice", FRIDAY + timedelta(hours=1), None)
    clock = shown(limit, due(CALENDAR, FRIDAY, limit), FRIDAY + timedelta(days=5), stood)
    assert (clock.due_at, clock.left_minutes, clock.is_over) == (None, 420, False)
    assert clock.stands_on == ("xác định và thực hiện nghĩa vụ tài chính", "dues are determined and paid")
    last = clock.rows[-1]
    assert (last.days.vi, last.minutes, last.stands) == ("Thứ Sáu 04/09 16:00 – Thứ Tư 09/09 15:00", 0, True)


@pytest.mark.parametrize(
    ("ground", "due_at", "stood", "limit", "left"),
    [
        ("", "2026-09-07T15:00", False, "1 ngày làm việc", 420),
        ("verification", "2026-09-08T15:00", False, "2 ngày làm việc", 900),
        ("", "2026-09-07T16:00", False, None, 480),
        ("", "2026-09-07T16:00", True, "1 ngày làm việc", 480),
    ],
)
def test_a_step_has_the_clock_of_its_row(ground: str, due_at: str, stood: bool, limit: str | None, left: int) -> None:
    """A longer limit, a date that was set, and a stop of its own."""
    day = {"value": 1.0, "unit": "working_days", "counting": "hour_kept"}
    step = {
        "clock_from": FRIDAY.isoformat(), "due_at": f"{due_at}+07:00", "ground": ground, "step_limit": json.dumps(day),
        "longer_limits": json.dumps([{"ground": "verification", "limit": day | {"value": 2.0}}]),
    }  # fmt: skip
    hour = Standstill("third_party", FRIDAY, FRIDAY + timedelta(hours=1))
    clock = clock_of_step(CALENDAR, step, (hour,) if stood else (), FRIDAY + timedelta(hours=1))
    assert clock.due_at == datetime.fromisoformat(f"{due_at}+07:00")
    assert (clock.limit.vi if clock.limit else None, clock.left_minutes) == (limit, left)


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
