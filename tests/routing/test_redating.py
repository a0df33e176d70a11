"""A calendar is corrected while dossiers run: a date on a closed day becomes the next open one, and a fact says why.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (a date is a promise and moves at most by a fact).
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kernel.working_time import Limit
from services.routing.domain.chain import decider
from services.routing.domain.clock import clocks
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
    broken,
    mended,
    stop,
)
from tests.routing.scene import (
    CALENDAR,
    CORRECTED,
    MONDAY,
    PROVINCE,
    REF,
    acknowledge,
    ask,
    at,
    calendars_of,
    done,
    led_to,
    resume,
    send_back,
    told,
)
from tests.spec import given


def redate(now: datetime = TUESDAY, version: str = "2") -> RedateAppointment:
    return RedateAppointment(
        ref=REF, calendar_id=CALENDAR.id, calendar_version=version, actor=SYSTEM, now=now, calendars=calendars_of
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


def test_the_count_and_its_limit_stay_on_the_corrected_calendar() -> None:
    """The law gives five working days as before; whoever looks at the clock sees the storm among what was skipped."""
    (moved,) = led_to(told(OPEN), redate())
    chain = decider.fold((*told(OPEN), moved))
    assert (chain.limit, chain.clock_from, chain.calendar_version) == (Limit(5, "working_days"), MONDAY, "1")
    whole = clocks(chain, calendars_of, TUESDAY)[0]
    assert (whole.limit, whole.calendar_version, whole.due_at) == (Limit(5, "working_days"), "2", at("25 09:00"))
    assert whole.used_minutes + whole.left_minutes == 5 * 480
    assert "holiday:storm" in [interval.reason for interval in whole.derivation]


def test_what_stands_still_after_that_gets_no_closed_day_given() -> None:
    """Two hours of an incident move the date by two hours, and never onto the day that is closed now."""
    events = told(OPEN, redate(), broken(at("18 09:00"), at("18 09:00")))
    *_, moved = led_to(events, mended(at("18 11:00")))
    assert (moved.cause, moved.due_at, moved.calendar_version) == ("resumed", at("25 11:00"), "2")
    late = told(OPEN, redate(), broken(at("20 09:00"), at("20 09:00")))
    *_, moved = led_to(late, mended(at("25 09:00")))
    assert moved.due_at == at("26 09:00"), "one day was left, and the storm is none"


def test_a_limit_that_runs_day_and_night_is_not_taken_for_working_time_afterwards() -> None:
    """Before, the date moved on had lost its limit, so that what stood still then was counted in desk minutes."""
    week = Limit(24 * 7, "calendar_hours")
    events = told(replace(OPEN, total_limit=week, due_at=MONDAY + timedelta(days=7)), redate())
    assert decider.fold(events).due_at == at("25 09:00")
    *_, moved = led_to(told(broken(at("18 09:00"), at("18 09:00")), before=events), mended(at("18 21:00")))
    assert moved.due_at == at("25 21:00")


def test_after_a_restart_the_pinned_calendar_counts_again() -> None:
    """The desk counts on what was pinned; if that leads to the closed day, it is redated with its cause once more."""
    sent_back = send_back(CHECK, "desk", TUESDAY)
    restarted = resume(CHECK, at("18 09:00"), at("18 09:00"), at("23 10:00"))
    events = told(OPEN, acknowledge(CHECK), redate(), sent_back, ask(at("17 11:00")), restarted)
    chain = decider.fold(events)
    assert (chain.due_at, chain.counted_on) == (at("23 10:00"), "1")
    (again,) = led_to(events, redate(at("18 10:00")))
    assert (again.cause, again.due_at) == ("closed_day", at("25 10:00"))


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
