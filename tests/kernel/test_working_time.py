"""Working time: the worked cases, and the page that explains it."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench import due_dates
from kernel.calendar import VIETNAM, Words
from kernel.working_time import (
    Calendar,
    CalendarDoesNotReach,
    Interval,
    Limit,
    derive,
    due,
    is_working_day,
    next_desk_minute,
    starts_at,
    that_leads_to,
)
from tests.kernel.working_time_cases import (
    CALENDARS,
    DUE_CASES,
    EARLY,
    FULL,
    SATURDAY_MORNING,
    local,
    said,
    table,
    tables,
)

# Worked cases


@pytest.mark.parametrize(("calendar", "start", "limit", "expected"), DUE_CASES)
def test_a_limit_ends_with_its_last_counted_minute(calendar: str, start: str, limit: Limit, expected: str) -> None:
    """Cases found minute by minute, independently of this code."""
    at = due(CALENDARS[calendar], local(start), limit)
    assert said(at) == expected
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    ("calendar", "start", "limit", "why", "expected"), table("calendar", "start", "limit", "why", "due")
)
def test_the_worked_table_of_the_page_holds(calendar: str, start: str, limit: str, why: str, expected: str) -> None:
    """docs/algorithms/working-time.md runs."""
    value, unit, *counting = limit.split()
    assert said(due(CALENDARS[calendar], local(start), Limit(float(value), unit, *counting))) == expected, why


@pytest.mark.parametrize(("received", "expected"), table("received", "starts"))
def test_what_comes_after_15_00_starts_with_the_next_working_day(received: str, expected: str) -> None:
    """NĐ 61/2018 art. 18.2, and the same-day procedures."""
    assert said(starts_at(FULL, local(received), time(15))) == expected


def test_without_a_same_day_hour_the_clock_starts_at_receipt() -> None:
    """Only procedures that say so have the 15:00 rule."""
    assert said(starts_at(FULL, local("2026-11-20T16:59:59"), None)) == "2026-11-20T16:59:59"


@pytest.mark.parametrize(
    ("place", "start", "limit"),
    [
        (0, "2026-08-21T16:00", Limit(2, "working_days")),
        (1, "2026-11-20T10:00", Limit(2, "calendar_days", "whole_last_day")),
    ],
)
def test_the_derivations_of_the_page_hold(place: int, start: str, limit: Limit) -> None:
    """docs/algorithms/working-time.md runs."""
    derivation = derive(FULL, local(start), limit).derivation
    assert [
        [said(part.start), said(part.end), str(part.counted_minutes), part.reason, FULL.in_words(part.reason).vi]
        for part in derivation
    ] == tables("from", "to", "counted minutes", "reason", "in words")[place]


def test_a_long_holiday_is_named_before_the_day_with_which_a_limit_ends() -> None:
    """A clerk reads why two days from Saturday end nine days later: the weekend, Tết, and the weekend after it."""
    derivation = derive(FULL, local("2026-02-13T09:00"), Limit(2, "calendar_days", "whole_last_day")).derivation
    assert [(said(part.end), part.counted_minutes, FULL.in_words(part.reason).vi) for part in derivation] == [
        ("2026-02-15T09:00", 2880, "tính liên tục"),
        ("2026-02-16T00:00", 0, "nghỉ hằng tuần"),
        ("2026-02-21T00:00", 0, "nghỉ lễ: Tết Nguyên đán"),
        ("2026-02-23T00:00", 0, "nghỉ hằng tuần"),
        ("2026-02-23T17:30", 0, "đến hết ngày cuối cùng của thời hạn"),
    ]


@pytest.mark.parametrize(
    ("stored", "at", "found"),
    [
        ("hour_kept", "2026-11-22T10:00", "hour_kept"),
        ("hour_kept", "2026-11-23T17:30", "whole_last_day"),
        ("whole_last_day", "2026-11-23T17:30", "whole_last_day"),
        ("whole_last_day", "2026-11-22T10:00", "hour_kept"),
        ("whole_last_day", "2026-11-23T10:00", None),
    ],
)
def test_a_date_is_derived_in_the_way_in_which_it_was_given(stored: str, at: str, found: str | None) -> None:
    """Two days from Friday: dates of before the rule stay, and a new count of an old limit follows the rule."""
    limit = that_leads_to(FULL, local("2026-11-20T10:00"), Limit(2, "calendar_days", stored), local(at))
    assert (None if limit is None else limit.counting) == found


def test_only_calendar_days_were_ever_counted_in_two_ways() -> None:
    """Any other date must follow from its limit as it stands."""
    start = local("2026-11-20T10:00")
    assert that_leads_to(FULL, start, Limit(48, "calendar_hours"), local("2026-11-23T17:30")) is None


def test_a_derivation_leaves_the_day_of_the_event_out() -> None:
    """Bộ luật Dân sự 2015 art. 147.2: the term begins with the day after the event."""
    derivation = derive(FULL, local("2026-11-23T09:00"), Limit(1, "working_days", "event_day_excluded")).derivation
    assert [(said(part.end), part.counted_minutes, part.reason) for part in derivation] == [
        ("2026-11-24T00:00", 0, "event_day"),
        ("2026-11-25T00:00", 0, "holiday:culture_day"),
        ("2026-11-25T07:30", 0, "night"),
        ("2026-11-25T11:30", 240, "desk_hours"),
        ("2026-11-25T13:30", 0, "midday"),
        ("2026-11-25T17:30", 240, "desk_hours"),
    ]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("desk_hours", Words("giờ làm việc", "desk hours")),
        ("holiday:tet", Words("nghỉ lễ: Tết Nguyên đán", "holiday: Lunar New Year")),
        ("swapped_day:2024-04-29", Words("làm bù cho ngày: 2024-04-29", "worked in exchange for: 2024-04-29")),
    ],
)
def test_a_reason_is_said_in_both_languages(reason: str, words: Words) -> None:
    """A derivation is for people; holidays are called by the names in the registry."""
    assert FULL.in_words(reason) == words


@pytest.mark.parametrize(
    ("calendar", "instant", "expected"),
    [
        (FULL, "2026-11-20T06:00", "2026-11-20T07:30"),
        (FULL, "2026-11-20T07:30", "2026-11-20T07:30"),
        (FULL, "2026-11-20T09:15:20", "2026-11-20T09:15:20"),
        (FULL, "2026-11-20T11:29:59", "2026-11-20T11:29:59"),
        (FULL, "2026-11-20T11:30", "2026-11-20T13:30"),
        (FULL, "2026-11-20T17:30", "2026-11-23T07:30"),
        (FULL, "2026-11-23T17:30", "2026-11-25T07:30"),
        (EARLY, "2026-02-14T10:00", "2026-02-23T07:00"),
        (SATURDAY_MORNING, "2026-11-20T17:30", "2026-11-21T07:30"),
        (SATURDAY_MORNING, "2026-11-21T11:30", "2026-11-23T07:30"),
    ],
)
def test_the_desk_opens_next(calendar: Calendar, instant: str, expected: str) -> None:
    """A desk is open from the first instant of a span until before its last."""
    assert said(next_desk_minute(calendar, local(instant))) == expected


# The calendars

# Weekdays off and Saturdays worked, day/month, as the years' notices have them; 2027 is a projection.
YEARS = [
    (2021, "1/1 10/2 11/2 12/2 15/2 16/2 21/4 30/4 3/5 2/9 3/9", ""),
    (2022, "3/1 31/1 1/2 2/2 3/2 4/2 11/4 2/5 3/5 1/9 2/9", ""),
    (2023, "2/1 20/1 23/1 24/1 25/1 26/1 1/5 2/5 3/5 1/9 4/9", ""),
    (2024, "1/1 8/2 9/2 12/2 13/2 14/2 18/4 29/4 30/4 1/5 2/9 3/9", "4/5"),
    (2025, "1/1 27/1 28/1 29/1 30/1 31/1 7/4 30/4 1/5 2/5 1/9 2/9", "26/4"),
    (2026, "1/1 2/1 16/2 17/2 18/2 19/2 20/2 27/4 30/4 1/5 31/8 1/9 2/9 24/11", "10/1 22/8"),
    (2027, "1/1 4/2 5/2 8/2 9/2 10/2 16/4 30/4 3/5 2/9 3/9 24/11", ""),
]


@pytest.mark.parametrize(("year", "off", "worked"), YEARS)
def test_the_desk_is_closed_on_holidays_and_open_on_swapped_saturdays(year: int, off: str, worked: str) -> None:
    """Bộ luật Lao động 2019 arts. 111.3 and 112; NQ 28/2026/QH16; the notices of each year."""

    def days(text: str) -> list[date]:
        return [date(year, int(month), int(day)) for day, month in (item.split("/") for item in text.split())]

    whole_year = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    whole_year = [day for day in whole_year if day.year == year]
    assert [d for d in whole_year if d.isoweekday() <= 5 and not is_working_day(FULL, d)] == days(off)
    assert [d for d in whole_year if d.isoweekday() > 5 and is_working_day(FULL, d)] == days(worked)


def test_vietnam_time_is_what_the_time_zone_database_says() -> None:
    """The kernel uses a fixed offset instead of time zone files."""
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    noons = [datetime.combine(FULL.first_day, time(12), UTC) + timedelta(days=n) for n in range(7 * 365 + 2)]
    assert {noon.astimezone(zone).utcoffset() for noon in noons} == {VIETNAM.utcoffset(None)}


@pytest.mark.parametrize(
    ("start", "limit", "unknown"),
    [
        ("2020-12-31T10:00", Limit(1, "working_hours"), date(2020, 12, 31)),
        ("2028-01-01T00:00", Limit(1, "working_days"), date(2028, 1, 1)),
        ("2027-12-31T17:00", Limit(1, "working_hours"), date(2028, 1, 1)),
        ("2027-12-31T10:00", Limit(1, "working_days"), date(2028, 1, 1)),
        ("2027-12-31T10:00", Limit(1, "working_days", "event_day_excluded"), date(2028, 1, 1)),
        ("2027-12-31T10:00", Limit(1, "calendar_days", "whole_last_day"), date(2028, 1, 1)),
    ],
)
def test_a_calendar_guesses_no_day_it_does_not_know(start: str, limit: Limit, unknown: date) -> None:
    """A date promised on an unknown calendar would be a wrong promise."""
    with pytest.raises(CalendarDoesNotReach) as raised:
        due(FULL, local(start), limit)
    assert (raised.value.calendar_id, raised.value.day) == ("full", unknown)


@pytest.mark.parametrize("unit", ["working_days", "working_hours", "calendar_hours"])
def test_an_instant_without_an_offset_is_a_mistake(unit: str) -> None:
    """The machine's own time zone must never slip in."""
    with pytest.raises((AssertionError, TypeError)):
        due(FULL, datetime(2026, 11, 20, 10), Limit(1, unit))


def test_the_last_minute_of_a_calendar_can_be_promised() -> None:
    """Its last day is included."""
    assert said(due(FULL, local("2027-12-31T16:30"), Limit(1, "working_hours"))) == "2027-12-31T17:30"


def test_a_desk_may_be_open_day_and_night() -> None:
    """Some police desks are; the parts of a day then have no gap of length zero."""
    always = Calendar(
        "always", "1", date(2026, 1, 1), date(2026, 12, 31), dict.fromkeys(range(1, 8), ((0, 1440),)), {}, {}
    )
    start = local("2026-11-20T10:00")
    found = derive(always, start, Limit(3, "working_days"))
    assert found.derivation == (Interval(start.astimezone(UTC), found.at, 3 * 1440, "desk_hours"),)


def test_two_calendars_are_one_if_id_and_version_are() -> None:
    """A dossier pins a calendar by these two."""
    short = Calendar("full", FULL.version, FULL.first_day, FULL.first_day, FULL.desk_hours, {}, {})
    assert {FULL: "found"}[short] == "found"
    assert FULL != EARLY


DAY_ONE, DAY_TWO = date(2026, 1, 1), date(2026, 1, 2)
MORNING = ((450, 690),)


@pytest.mark.parametrize(
    ("last_day", "desk_hours", "closed", "worked", "complaint"),
    [
        (date(2025, 12, 31), {1: MORNING}, {}, {}, "ends before it begins"),
        (DAY_TWO, {8: MORNING}, {}, {}, "weekday 8"),
        (DAY_TWO, {1: ((690, 450),)}, {}, {}, "not spans in order"),
        (DAY_TWO, {1: (*MORNING, (600, 700))}, {}, {}, "not spans in order"),
        (DAY_TWO, {1: ((450, 1441),)}, {}, {}, "not spans in order"),
        (DAY_TWO, {1: MORNING}, {date(2026, 1, 3): "tet"}, {}, "does not reach 2026-01-03"),
        (DAY_TWO, {1: MORNING}, {DAY_ONE: "tet"}, {DAY_ONE: ("tet", 1)}, "both closed and worked"),
        (DAY_TWO, {1: MORNING}, {}, {DAY_ONE: ("tet", 2)}, "a day that has none"),
    ],
)
def test_a_calendar_does_not_contradict_itself(
    last_day: date, desk_hours: dict, closed: dict, worked: dict, complaint: str
) -> None:
    """Its tables are counted on without looking again."""
    with pytest.raises(ValueError, match=complaint):
        Calendar("c", "1", DAY_ONE, last_day, desk_hours, closed, worked)


def test_whole_days_are_those_that_numpy_counts() -> None:
    """Another implementation, of days alone, finds the same days; the bench prints both side by side."""
    wanted = due_dates.cases(FULL, seed=3)[:2000]
    days = [at.astimezone(VIETNAM).date() for at in due_dates.ours(FULL, wanted)]
    assert days == due_dates.by_numpy(FULL, wanted)


# Limits


@pytest.mark.parametrize(
    ("value", "unit", "counting"),
    [
        (0, "working_days", "hour_kept"),
        (-1, "working_hours", "hour_kept"),
        (0.25, "working_days", "hour_kept"),
        (float("inf"), "working_days", "hour_kept"),
        (float("nan"), "working_days", "hour_kept"),
        (2.5, "minutes", "hour_kept"),
        (2.5, "working_minutes", "hour_kept"),
        (1, "fortnights", "hour_kept"),
        (1, "working_days", "somehow"),
        (1, "working_hours", "event_day_excluded"),
        (1.5, "working_days", "event_day_excluded"),
        (1, "working_days", "whole_last_day"),
        (1, "calendar_hours", "whole_last_day"),
        (1, "calendar_days", "event_day_excluded"),
    ],
)
def test_a_limit_is_a_positive_number_of_halves(value: float, unit: str, counting: str) -> None:
    """Half days are the finest the decrees use; the Civil Code counts whole days."""
    with pytest.raises(ValueError, match=r"limit|counting|counts"):
        Limit(value, unit, counting)


@pytest.mark.parametrize(
    ("limit", "nominal", "vi", "en"),
    [
        (Limit(1, "working_days"), 480, "1 ngày làm việc", "1 working day"),
        (Limit(1.5, "working_days"), 720, "1,5 ngày làm việc", "1.5 working days"),
        (Limit(56, "working_hours"), 3360, "56 giờ làm việc", "56 working hours"),
        (Limit(903, "working_minutes"), 903, "903 phút làm việc", "903 working minutes"),
        (Limit(24, "calendar_hours"), None, "24 giờ", "24 calendar hours"),
        (Limit(15, "calendar_days"), None, "15 ngày", "15 calendar days"),
        (Limit(15, "calendar_days", "whole_last_day"), None, "15 ngày", "15 calendar days"),
        (
            Limit(90, "minutes", "whole_last_day"),
            None,
            "90 phút (đến hết ngày cuối cùng)",
            "90 minutes (until the last day ends)",
        ),
        (Limit(10, "minutes"), None, "10 phút", "10 minutes"),
        (
            Limit(7, "working_days", "event_day_excluded"),
            3360,
            "7 ngày làm việc (không tính ngày xảy ra sự kiện)",
            "7 working days (day of the event excluded)",
        ),
    ],
)
def test_a_limit_is_said_in_words_and_summed_in_minutes(limit: Limit, nominal: int | None, vi: str, en: str) -> None:
    """Eight working hours make a working day only where limits are added up."""
    assert (limit.nominal_working_minutes, limit.in_words, str(limit)) == (nominal, Words(vi, en), en)
