"""The legal and the scoring clock: worked cases, the tables of the page, and what holds of every history."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar import VIETNAM, Words
from kernel.clock_reasons import in_words, legal_derivation, scoring_derivation
from kernel.clocks import (
    CLOSED_DAY,
    RECEIVED,
    RESTARTED,
    SECOND_APPOINTMENT,
    History,
    Standstill,
    Turn,
    legal_clock,
    resumed_due,
    running_spans,
    scoring_clock,
)
from kernel.working_time import Calendar, Interval, Limit, derive, due, starts_at, working_minutes_between
from tests.kernel.working_time_cases import CALENDARS, EARLY, FULL, MINUTE, SUPPLEMENT_CASES, local, said


def turn(calendar: Calendar, since: datetime, limit: Limit, cause: str = "accepted") -> Turn:
    return Turn(calendar, since, limit, due(calendar, since, limit), cause)


def supplemented(calendar: Calendar, start: datetime, limit: Limit, asked: datetime, given_at: datetime) -> History:
    """Return a dossier that was sent back once and is complete again."""
    again = turn(calendar, given_at, limit, RESTARTED)
    waited = Standstill("supplement", asked, given_at, restarts=True)
    return History(start, (turn(calendar, start, limit), again), (waited,), (asked,))


@pytest.mark.parametrize(
    ("calendar", "start", "limit", "asked", "given_at", "first_due", "used", "waited", "legal_due", "scoring_due"),
    SUPPLEMENT_CASES,
)
def test_after_a_supplement_each_clock_is_due_as_its_rule_says(
    calendar: str,
    start: str,
    limit: Limit,
    asked: str,
    given_at: str,
    first_due: str,
    used: int,
    waited: int,
    legal_due: str,
    scoring_due: str,
) -> None:
    """NĐ 61/2018 art. 19.4: from zero; QĐ 766/QĐ-TTg: the wait is subtracted. Cases found minute by minute."""
    desk = CALENDARS[calendar]
    before = History(
        local(start),
        (turn(desk, local(start), limit),),
        (Standstill("supplement", local(asked), None, restarts=True),),
        (local(asked),),
    )
    for clock in (legal_clock(before, local(given_at)), scoring_clock(before, local(given_at))):
        assert (clock.due_at, clock.stands_on, clock.used_minutes) == (None, "supplement", used)
        assert said(clock.turn.due_at) == first_due
    after = supplemented(desk, local(start), limit, local(asked), local(given_at))
    legal, scoring = legal_clock(after, local(given_at)), scoring_clock(after, local(given_at))
    assert (legal.due_at, scoring.due_at) == (local(legal_due), local(scoring_due))
    assert (legal.used_minutes, scoring.used_minutes) == (0, used)
    stood = [part for part in scoring_derivation(after, local(given_at)) if part.reason == "standstill:supplement"]
    assert [working_minutes_between(desk, part.start, part.end) for part in stood] == [waited]


FRIDAY, MONDAY, WEDNESDAY = "2026-11-20", "2026-11-23", "2026-11-25"
"""24 November 2026 is a holiday."""
DAY = Limit(1, "working_days")
TAX_FROM, TAX_UNTIL = local(f"{FRIDAY}T15:30"), local(f"{WEDNESDAY}T09:30")
OPENED = local(f"{FRIDAY}T09:30")

# standstills (ground, since, until), limit → due, used by Wednesday 10:30
STANDING = (
    ((), Limit(2, "working_days"), f"{WEDNESDAY}T09:30", 1020),
    ((("tax_notice", f"{FRIDAY}T15:30", f"{WEDNESDAY}T09:30"),), Limit(2, "working_days"), "2026-11-26T15:30", 300),
    ((("incident", f"{FRIDAY}T18:00", f"{FRIDAY}T23:00"),), Limit(2, "working_days"), f"{WEDNESDAY}T09:30", 1020),
    (
        (("incident", f"{FRIDAY}T10:00", f"{FRIDAY}T11:00"), ("posting", f"{FRIDAY}T10:30", f"{FRIDAY}T14:00")),
        DAY, f"{MONDAY}T12:30", 930,
    ),
    ((("third_party", f"{FRIDAY}T09:30:10", f"{FRIDAY}T10:00:40"),), DAY, f"{MONDAY}T10:00:30", 989),
    ((("posting", f"{FRIDAY}T10:00", f"{MONDAY}T10:00"),), Limit(24, "calendar_hours"), f"{MONDAY}T33:30", 2940),
    (
        (("posting", f"{FRIDAY}T10:00", f"{FRIDAY}T15:00"),),
        Limit(1, "working_days", "event_day_excluded"), f"{MONDAY}T17:30", 660,
    ),
    (
        (("posting", f"{MONDAY}T16:30", f"{WEDNESDAY}T09:00"),),
        Limit(1, "working_days", "event_day_excluded"), f"{WEDNESDAY}T10:00", 510,
    ),
)  # fmt: skip
