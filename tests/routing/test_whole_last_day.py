"""Limits in calendar days in a chain: no step and no whole is due on a closed day, whatever stood still before.

Law: Bộ luật Dân sự 91/2015/QH13 arts. 148.1 and 148.5; Luật Lý lịch tư pháp 28/2009/QH12 art. 48; NĐ 61/2018/NĐ-CP
arts. 19.4 and 19.9. By hand, November 2026: the 20th is a Friday, the 24th Culture Day, and the desk closes at 17:30.
"""

from datetime import datetime

import pytest

from kernel.working_time import Limit, due
from services.routing.domain.chain import decider
from services.routing.domain.chain_clock import turn_of
from services.routing.domain.clock import clocks
from services.routing.domain.clock_commands import DeclareIncident, EndIncident, RedateAppointment
from services.routing.domain.clock_dates import warn_at
from services.routing.domain.clock_events import AppointmentMoved, StepClockResumed
from services.routing.domain.commands import ChainCommand, SuspendClock
from services.routing.domain.events import ChainEvent, StepReady
from services.routing.domain.plan import LongerLimit
from tests.routing.scene import (
    CALENDAR,
    PROVINCE,
    REF,
    acknowledge,
    at,
    calendars_of,
    done,
    extend,
    opening,
    resume,
    send_back,
    step,
    told,
)

LAW = "Luật Lý lịch tư pháp 28/2009/QH12 art. 48"
FRIDAY, MONDAY_ENDS, WEDNESDAY_ENDS = at("20 10:00"), at("23 17:30"), at("25 17:30")


def days(value: float) -> Limit:
    return Limit(value, "calendar_days", "whole_last_day")


LONGER = (LongerLimit("verification", days(7), LAW),)
ISSUE = step("issue", PROVINCE, limit=days(2), longer_limits=LONGER)


def received_on_friday(*acts: ChainCommand) -> tuple[ChainEvent, ...]:
    """Return a chain of one step of two days, which its agency has had since Friday."""
    asked = opening((ISSUE,), FRIDAY, total_limit=days(2), due_at=due(CALENDAR, FRIDAY, days(2)))
    return told(asked, acknowledge(ISSUE, FRIDAY), *acts)


def broken(since: str) -> DeclareIncident:
    return DeclareIncident(ref=REF, since=at(since), actor="system:1", now=at(since))


def mended(now: str) -> EndIncident:
    return EndIncident(ref=REF, actor="system:1", now=at(now), calendars=calendars_of)


def test_two_days_received_on_friday_are_due_when_monday_ends() -> None:
    """Art. 148.5: the second day is Sunday. The agency is warned while the desk is open, on Friday."""
    opened, ready, *_ = received_on_friday()
    assert isinstance(ready, StepReady)
    assert (ready.due_at, ready.warn_at) == (MONDAY_ENDS, at("20 17:30"))
    assert decider.fold((opened, ready)).due_at == MONDAY_ENDS


@pytest.mark.parametrize(
    ("now", "used", "left"),
    [("21 10:00", 1440, 1440), ("22 10:00", 2880, 0), ("23 17:30", 2880, 0), ("23 17:40", 2890, -10)],
)
def test_on_sunday_nothing_is_left_and_nothing_is_late(now: str, used: int, left: int) -> None:
    """Both clocks say so, the chain's and the step's, with the weekend and the last day in the derivation."""
    for clock in clocks(decider.fold(received_on_friday()), calendars_of, at(now)):
        assert (clock.due_at, clock.used_minutes, clock.left_minutes) == (MONDAY_ENDS, used, left)
        assert [part.reason for part in clock.derivation] == ["calendar_time", "weekend", "last_day"]
        assert sum(part.counted_minutes for part in clock.derivation) == 2 * 24 * 60


@pytest.mark.parametrize(
    ("since", "until", "expected", "rest"),
    [
        ("21 10:00", "24 10:00", WEDNESDAY_ENDS, 1440),  # a day was left; it ends on Wednesday the 25th, 10:00
        ("20 11:00", "20 15:00", MONDAY_ENDS, 2820),  # four hours later it is Sunday still
        ("23 09:00", "23 11:00", MONDAY_ENDS, None),  # nothing was left but the day itself
        ("23 09:00", "25 08:00", WEDNESDAY_ENDS, None),  # the day on which it ends stood still
        ("22 09:00", "23 18:00", at("23 19:00"), 60),  # an hour was left, and ends after the desk has closed
    ],
)
def test_what_stood_still_moves_the_days_and_then_their_end(
    since: str, until: str, expected: datetime, rest: int | None
) -> None:
    """What was left is left; the end is found anew, for the whole and for the step."""
    events = received_on_friday(broken(since), mended(until))
    (moved,) = [event for event in events if isinstance(event, AppointmentMoved)]
    (resumed,) = [event for event in events if isinstance(event, StepClockResumed)]
    assert (moved.cause, moved.due_at, resumed.due_at) == ("resumed", expected, expected)
    assert moved.limit == (None if rest is None else Limit(rest, "minutes", "whole_last_day"))


def test_a_last_day_may_stand_still_twice() -> None:
    """All was counted by Sunday: each time the clock runs again, that day is the last one."""
    acts = (broken("23 09:00"), mended("25 08:00"), broken("25 09:00"), mended("26 10:00"))
    events = received_on_friday(*acts)
    assert decider.fold(events).due_at == at("26 17:30")
    moved = [event for event in events if isinstance(event, AppointmentMoved)]
    assert [(event.due_at, event.limit) for event in moved] == [(WEDNESDAY_ENDS, None), (at("26 17:30"), None)]


def test_a_longer_limit_claimed_on_the_last_day_counts_from_where_the_days_ended() -> None:
    """Seven days from Friday, not five more from Monday evening: Friday the 27th."""
    events = received_on_friday(extend(ISSUE, at("23 11:00")))
    chain = decider.fold(events)
    (moved,) = [event for event in events if isinstance(event, AppointmentMoved)]
    assert (moved.cause, moved.due_at) == ("extended", at("27 17:30"))
    assert moved.limit == Limit(7 * 24 * 60, "minutes", "whole_last_day")
    assert (chain.due_at, chain.steps["issue"].due_at) == (at("27 17:30"), at("27 17:30"))
    again = decider.fold(received_on_friday(extend(ISSUE, at("23 11:00")), broken("26 10:00"), mended("27 10:00")))
    # A day was left on the 26th, and ends on Saturday the 28th.
    assert (again.due_at, again.steps["issue"].due_at) == (at("30 17:30"), at("30 17:30"))


def test_a_last_day_that_is_closed_later_makes_the_next_one_the_last() -> None:
    """Monday the 23rd becomes a storm day and Tuesday is Culture Day: Wednesday ends it."""
    redate = RedateAppointment(
        ref=REF, calendar_id=CALENDAR.id, calendar_version="2", actor="system:1", now=at("20 16:00"),
        calendars=calendars_of,
    )  # fmt: skip
    events = received_on_friday(redate)
    moved = events[-1]
    assert isinstance(moved, AppointmentMoved)
    assert (moved.cause, moved.due_at, moved.warn_at) == ("closed_day", WEDNESDAY_ENDS, at("20 17:30"))
    (whole, *_) = clocks(decider.fold(events), calendars_of, at("21 10:00"))
    assert [part.reason for part in whole.derivation] == ["calendar_time", "weekend", "holiday:storm",
                                                          "holiday:culture_day", "last_day"]  # fmt: skip


@pytest.mark.parametrize(
    ("clock_from", "limit", "expected"),
    [
        (at("16 09:00"), days(3), at("18 17:30")),
        (at("20 10:00"), days(1), at("23 08:45")),  # 810 desk minutes until Monday ends: at half
        (at("21 10:00"), days(2), at("23 11:30")),  # no working day lies before Monday: at half of it
    ],
)
def test_a_warning_comes_while_the_desk_is_open(clock_from: datetime, limit: Limit, expected: datetime) -> None:
    """NĐ 61/2018 art. 19.9: nobody reads it on a Sunday."""
    assert warn_at(CALENDAR, clock_from, due(CALENDAR, clock_from, limit), limit) == expected


def test_a_dossier_of_before_keeps_its_date_and_is_counted_anew_by_the_rule() -> None:
    """Its chain was planned when days kept their hour; what the desk counts from zero today ends with an open day."""
    kept = Limit(10, "calendar_days")
    check = step("check", PROVINCE, limit=kept)
    events = told(opening((check,), FRIDAY, total_limit=kept, due_at=due(CALENDAR, FRIDAY, kept)))
    assert decider.fold(events).due_at == at("30 10:00")
    asked = SuspendClock(ref=REF, ground="supplement", asked_at=at("20 16:00"), actor="desk", now=at("20 16:00"))
    back = at("25 09:00")
    answered = resume(check, back, back, due(CALENDAR, back, days(10)))
    events = told(
        *done(check, at("20 11:00"))[:1], send_back(check, "desk", at("20 15:00")), asked, answered, before=events
    )
    chain = decider.fold(events)
    turn = turn_of(chain, calendars_of)
    assert (chain.limit, turn.limit) == (kept, days(10)), "five days later it would have been a Saturday"
