"""Every running clock shows the intervals that it counted and skipped."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from kernel.working_time import Limit
from services.routing.domain.clock import Clock, clocks
from services.routing.domain.commands import SuspendClock
from tests.routing.scene import (
    BIRTH,
    BUNDLE,
    BUSINESS,
    COMMUNE,
    INSURANCE_CARD,
    KARAOKE,
    PROVINCE,
    REF,
    RESIDENCE,
    SATURDAYS,
    acknowledge,
    at,
    calendars_of,
    chain_of,
    done,
    extend,
    opening,
    send_back,
    step,
    withdraw,
)

FRIDAY = at("20 16:30")


def holds_together(clock: Clock) -> None:
    assert clock.derivation[0].start == clock.clock_from
    assert clock.derivation[-1].end == clock.due_at
    assert all(earlier.end == later.start for earlier, later in pairwise(clock.derivation))
    assert sum(interval.counted_minutes for interval in clock.derivation) == clock.used_minutes + clock.left_minutes


def test_a_clock_shows_what_it_counted_and_what_it_skipped() -> None:
    """Working time: a person can check the date; Culture Day (24 November) and the weekend are named."""
    _, clock = clocks(chain_of(opening(KARAOKE, FRIDAY)), calendars_of, at("23 08:30"))
    assert (clock.step, clock.agency, clock.limit) == (BUSINESS.step, COMMUNE, Limit(3, "working_days"))
    assert clock.due_at == at("26 16:30")
    assert (clock.used_minutes, clock.left_minutes) == (120, 3 * 480 - 120)
    reasons = [interval.reason for interval in clock.derivation]
    assert "weekend" in reasons
    assert "holiday:culture_day" in reasons
    holds_together(clock)


def test_the_chain_has_a_clock_of_its_own() -> None:
    """NĐ 61/2018 art. 19.5: the lead answers for the appointment."""
    whole, _ = clocks(chain_of(opening(KARAOKE)), calendars_of, at("16 10:00"))
    assert (whole.step, whole.agency, whole.used_minutes) == ("", PROVINCE, 60)
    holds_together(whole)


def test_an_appointment_without_a_limit_of_its_own_is_shown_by_its_minutes() -> None:
    """NĐ 301/2026 gives the bundle no total: its appointment follows from the steps."""
    due_at = at("26 11:00")
    chain = chain_of(opening(BUNDLE, total_limit=None, due_at=due_at))
    whole = clocks(chain, calendars_of, at("16 10:00"))[0]
    assert (whole.limit, whole.due_at) == (None, due_at)
    holds_together(whole)


def test_an_overdue_clock_counts_below_zero() -> None:
    """Honest data: no hidden lateness."""
    _, clock = clocks(chain_of(opening(KARAOKE)), calendars_of, at("19 10:00"))
    assert clock.left_minutes == -60
    assert clock.used_minutes == 3 * 480 + 60


def test_each_clock_runs_on_the_calendar_of_its_agency_and_on_the_limit_that_holds() -> None:
    """Pinned calendars; the longer limit of a verification."""
    nine = at("16 09:00")
    chain = chain_of(opening(BUNDLE, nine), *done(BIRTH, nine), acknowledge(RESIDENCE, nine), extend(RESIDENCE, nine))
    _, residence, insurance = clocks(chain, calendars_of, nine)
    assert (residence.calendar_id, residence.limit) == (SATURDAYS.id, Limit(5, "working_days"))
    assert (insurance.calendar_id, insurance.limit) == ("office", INSURANCE_CARD.limit)
    holds_together(residence)


def test_a_limit_that_runs_day_and_night_is_shown_in_its_own_minutes() -> None:
    """Calendar hours are not working hours."""
    around_the_clock = replace(step("permit", COMMUNE), limit=Limit(24, "calendar_hours"))
    _, clock = clocks(chain_of(opening((around_the_clock,))), calendars_of, at("16 21:00"))
    assert (clock.used_minutes, clock.left_minutes) == (12 * 60, 12 * 60)
    holds_together(clock)


def test_no_clock_runs_against_an_agency_that_can_do_nothing() -> None:
    """Sent back, suspended or ended, a clock stands still."""
    at_desk = (opening(KARAOKE), acknowledge(BUSINESS), send_back(BUSINESS, "desk"))
    assert [clock.step for clock in clocks(chain_of(*at_desk), calendars_of, FRIDAY)] == [""]
    asked = SuspendClock(ref=REF, ground="supplement", asked_at=FRIDAY, actor="system:routing", now=FRIDAY)
    assert clocks(chain_of(*at_desk, asked), calendars_of, FRIDAY) == ()
    assert clocks(chain_of(opening(KARAOKE), withdraw()), calendars_of, FRIDAY) == ()


def test_before_its_first_desk_minute_a_clock_has_used_nothing() -> None:
    """Accepted after 15:00 it counts from the next morning."""
    late = at("16 15:30")
    chain = chain_of(opening(BUNDLE, late, clock_from=at("17 07:30")))
    _, clock = clocks(chain, calendars_of, late + timedelta(minutes=5))
    assert (clock.used_minutes, clock.left_minutes) == (0, 480)
