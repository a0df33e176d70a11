"""Routing moves the dates, reporting derives them anew: for any chain and any life of it, both come to the same."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.working_time import due, working_minutes_between
from services.intake.domain import events as intake
from services.reporting.projections.clock_told import clock_told
from services.reporting.projections.clocks import led_elsewhere
from services.reporting.projections.dossiers import find
from services.routing.domain.commands import OpenChain
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
@given(openings(), st.integers(1, 6), strategies_of_acts())
def test_so_does_every_date_in_calendar_days(
    opening: OpenChain, days: int, acts: list[tuple[str, int, int, int]]
) -> None:
    """Bộ luật Dân sự art. 148.5: stopped on a weekend, made longer there or counted anew, both find the same open day."""
    opening = in_calendar_days(opening, days)
    assert_told_alike(lived(opening, acts, WorldOfDays), opening)


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
