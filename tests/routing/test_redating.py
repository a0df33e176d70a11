"""A calendar is corrected while dossiers run: a date on a closed day becomes the next open one, and a fact says why.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (a date is a promise and moves at most by a fact).
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from kernel.calendar import Calendar
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import (
    RedateAppointment,
)
from services.routing.domain.clock_dates import on_open_day
from services.routing.domain.clock_events import AppointmentMoved
from tests.routing.paused import (
    CHECK,
    OPEN,
    SYSTEM,
    TUESDAY,
    stop,
)
from tests.routing.scene import (
    CALENDAR,
    MONDAY,
    PROVINCE,
    REF,
    acknowledge,
    at,
    calendars_of,
    done,
    told,
)
from tests.spec import given

CORRECTED = replace(CALENDAR, version="2", closed={**CALENDAR.closed, date(2026, 11, 23): "storm"})


def calendars_with(id: str, version: str) -> Calendar:
    return CORRECTED if (id, version) == (CORRECTED.id, CORRECTED.version) else calendars_of(id, version)


def redate(now: datetime = TUESDAY, version: str = "2") -> RedateAppointment:
    return RedateAppointment(
        ref=REF, calendar_id=CALENDAR.id, calendar_version=version, actor=SYSTEM, now=now, calendars=calendars_with
    )


def test_an_appointment_on_a_day_that_was_closed_later_gets_the_next_open_one() -> None:
    """Domain: the date on a receipt never moves silently; the same hour, after the storm and Culture Day."""
    new_due = at("25 09:00")
    given(decider, *told(OPEN)).when(redate()).then(
        AppointmentMoved(
            REF, "closed_day", "", PROVINCE, 1, MONDAY, None, CALENDAR.id, "2", new_due, "", SYSTEM, TUESDAY,
            warn_at=at("20 09:00"),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "command"),
    [
        ((OPEN,), redate(version="1")),
        ((replace(OPEN, due_at=at("20 09:00")),), redate()),
        ((OPEN,), redate(at("23 10:00"))),
        ((OPEN, *done(CHECK)), redate()),
        ((OPEN, acknowledge(CHECK), stop()), redate()),
        ((OPEN,), replace(redate(), calendar_id="police")),
        ((replace(OPEN, due_at=at("21 09:00")),), redate()),
    ],
    ids=["same calendar", "open day", "passed", "ended", "stands still", "another calendar", "was never open"],
)
def test_no_other_date_moves(before: tuple[Any, ...], command: RedateAppointment) -> None:
    """What still holds, has passed, or will be counted anew is left alone."""
    given(decider, *told(*before)).when(command).then_nothing()


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (at("23 09:00"), at("25 09:00")),
        (at("23 17:30"), at("25 17:30")),
        (at("23 11:30"), at("25 11:30")),
        (at("23 07:30"), at("25 07:30")),
        (at("23 06:00"), at("25 11:30")),
        (at("23 12:00"), at("25 17:30")),
        (at("23 19:00"), at("25 17:30")),
        (at("20 09:00"), at("20 09:00")),
    ],
)
def test_the_same_hour_or_the_end_of_the_span_it_comes_before(instant: datetime, expected: datetime) -> None:
    """A date is an hour at which somebody is at the desk."""
    assert on_open_day(CORRECTED, instant) == expected
