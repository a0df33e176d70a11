"""Routing moves the dates, reporting derives them anew: for any chain and any life of it, both come to the same."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.working_time import Limit, due, working_minutes_between
from services.intake.domain import events as intake
from services.reporting.projections.clock_told import clock_told
from services.reporting.projections.clocks import led_elsewhere
from services.reporting.projections.dossiers import find
from services.routing.domain.clock_commands import DeclareIncident, EndIncident
from services.routing.domain.commands import OpenChain, SuspendClock
from services.routing.domain.plan import LongerLimit
from services.routing.publishing import publish
from tests.reporting.heard import ReadStore
from tests.reporting.stories import CLERK, DESK, Story, submitted
from tests.routing import scene as s
from tests.routing.any_chain import World, WorldOfDays, in_calendar_days, lived, openings, strategies_of_acts


def told_by(world: World, opening: OpenChain) -> Story:
    """Return what routing said of a chain, after what the desk said at its acceptance."""
    story = submitted(s.REF, "1.004873", "counter", (DESK,))
    opened_at = world.events[0].at
    story.at = opened_at - timedelta(minutes=1)
    story.tell(
        "intake", intake.DossierAccepted, code="H48.23284.01-261116-0001", channel="counter", receiving_agency=DESK,
        due_at=opening.due_at, calendar_id=opening.calendar_id, calendar_version=opening.calendar_version,
        clock_from=opening.clock_from, by=CLERK,
    )  # fmt: skip
    story.said["routing"] = [(event, event.at, "") for event in world.events if publish(event) is not None]
    return story


@settings(max_examples=150, deadline=None)
@given(openings(), strategies_of_acts())
def test_every_date_that_routing_gives_follows_from_what_it_said(
    opening: OpenChain, acts: list[tuple[str, int, int, int]]
) -> None:
    """Never moved silently: limit, calendar and standstills lead to each date, and the minutes add up."""
    if opening.appointments:
        first = due(s.CALENDAR, opening.clock_from, opening.appointments[0].limit)
        opening = replace(opening, due_at=first)
    assert_told_alike(lived(opening, acts), opening)


@settings(max_examples=150, deadline=None)
@given(openings(), st.integers(1, 6), st.sampled_from(["whole_last_day", "hour_kept"]), strategies_of_acts())
def test_so_does_every_date_in_calendar_days(
    opening: OpenChain, days: int, counting: str, acts: list[tuple[str, int, int, int]]
) -> None:
    """Bộ luật Dân sự art. 148.5: stopped on a weekend, made longer there or counted anew, both find one day.

    Chains of before the rule go on as they were planned, and what the desk counts anew follows it.
    """
    opening = in_calendar_days(opening, days, counting)
    assert_told_alike(lived(opening, acts, WorldOfDays), opening)


@pytest.mark.parametrize(
    "stood",
    [
        ("21 10:00", "24 10:00"),
        ("20 11:00", "20 15:00", "21 12:00", "22 12:00"),
        ("23 09:00", "25 08:00"),
        ("23 09:00", "25 08:00", "25 09:00", "26 10:00"),
        ("22 09:00", "23 18:00", "23 18:30", "25 09:30"),
    ],
)
@pytest.mark.parametrize("claimed", ["", "first", "last"])
def test_two_days_from_friday_that_stood_still_end_alike(stood: tuple[str, ...], claimed: str) -> None:
    """Before the days are counted and on the last day, once and twice, made longer before and after."""
    longer = (LongerLimit("verification", Limit(7, "calendar_days", "whole_last_day"), "Luật 28/2009/QH12 art. 48"),)
    issue = s.step("issue", s.PROVINCE, limit=Limit(2, "calendar_days", "whole_last_day"), longer_limits=longer)
    friday = s.at("20 10:00")
    opening = s.opening((issue,), friday, total_limit=issue.limit, due_at=due(s.CALENDAR, friday, issue.limit))
    world = World(opening)
    world.say(s.acknowledge(issue, friday))
    told: dict[str, Any] = {"ref": s.REF, "actor": "system:1"}
    for begun, over in zip(stood[::2], stood[1::2], strict=True):
        if claimed == "first" and begun == stood[0]:
            world.say(s.extend(issue, s.at(begun)))
        world.wait(s.at(begun))
        world.say(DeclareIncident(since=s.at(begun), now=s.at(begun), **told))
        world.say(EndIncident(now=s.at(over), calendars=s.calendars_of, **told))
    world.now = s.at(stood[-1])
    if claimed == "last":
        world.say(s.extend(issue, world.now))
    assert world.chain.due_at == world.chain.steps["issue"].due_at
    assert not world.chain.overdue
    assert_told_alike(world, opening)


def test_a_dossier_of_before_that_was_counted_anew_stands_still_as_days_do_now() -> None:
    """Planned when days kept their hour; the desk counted two days from Friday anew, and Monday stood still twice."""
    kept = Limit(2, "calendar_days")
    check = s.step("check", s.PROVINCE, limit=kept)
    opening = s.opening((check,), s.MONDAY, total_limit=kept, due_at=due(s.CALENDAR, s.MONDAY, kept))
    world = World(opening)
    told: dict[str, Any] = {"ref": s.REF, "actor": "system:1"}
    friday = s.at("20 10:00")
    world.say(s.acknowledge(check, s.MONDAY))
    world.say(s.send_back(check, "desk", s.at("17 09:00")))
    world.say(SuspendClock(ground="supplement", asked_at=s.at("17 10:00"), now=s.at("17 10:00"), **told))
    world.say(s.resume(check, friday, friday, due(s.CALENDAR, friday, replace(kept, counting="whole_last_day"))))
    for begun, over in (("23 09:00", "23 11:00"), ("23 14:00", "25 08:00")):
        world.say(DeclareIncident(since=s.at(begun), now=s.at(begun), **told))
        world.say(EndIncident(now=s.at(over), calendars=s.calendars_of, **told))
    world.now = s.at("25 09:00")
    assert world.chain.due_at == s.at("25 17:30")
    assert_told_alike(world, opening)


def assert_told_alike(world: World, opening: OpenChain) -> None:
    story = told_by(world, opening)
    store = ReadStore().hear((*story.envelopes("intake"), *story.envelopes("routing")))
    row = find(store, s.REF)
    assert row is not None
    told = clock_told(store, s.calendars_of, row, world.now)
    assert told is not None
    assert led_elsewhere(told.appointments, s.calendars_of) == []
    lawful = [one for one in told.appointments if one["cause"] != "apology"]
    if told.legal.due_at is not None:
        assert told.legal.due_at == datetime.fromisoformat(lawful[-1]["due_at"])
    for parts in (told.legal_derivation, told.scoring_derivation):
        assert all(earlier.end == later.start for earlier, later in pairwise(parts))
    whole = working_minutes_between(told.calendar, told.history.accepted_at, world.now)
    assert sum((share.minutes for share in told.until_result.shares), Fraction(0)) == whole
