"""While the platform is broken every clock stands still, and loses nothing.

Law: NĐ 63/2024/NĐ-CP and NĐ 301/2026/NĐ-CP art. 4.7.
"""

from typing import Any

import pytest

from services.routing.domain.chain import decider
from services.routing.domain.clock_events import ClockResumed, StepClockResumed, StepClockStopped
from services.routing.domain.commands import PassChainLimit
from services.routing.domain.events import ChainOverdue, ClockSuspended, StepDecided, StepReady
from services.routing.domain.holder import holders
from tests.routing.late import limit_passed, next_above
from tests.routing.paused import (
    BESIDE,
    CHECK,
    OPEN,
    STANDING,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    broken,
    go_on,
    mended,
    pause_over,
    stop,
)
from tests.routing.scene import (
    BUSINESS,
    KARAOKE,
    PROVINCE,
    REF,
    SECURITY,
    acknowledge,
    at,
    decision,
    done,
    led_to,
    opening,
    told,
)
from tests.spec import given


def test_an_incident_stops_every_clock() -> None:
    """NĐ 301/2026 art. 4.7; every minute of it is the system's."""
    events = told(opening((CHECK, BESIDE)), acknowledge(CHECK))
    since, now = at("17 09:00"), at("17 11:00")
    suspended, check, beside = (
        given(decider, *events).when(broken(since, now)).then_kinds(ClockSuspended, StepClockStopped, StepClockStopped)
    )
    assert suspended == ClockSuspended(REF, "incident", since)
    assert (check.step, check.ground, check.until, check.at) == (CHECK.step, "incident", None, since)
    assert beside.step == BESIDE.step
    given(decider, *events).when(broken(since, now)).then(suspended, check, beside)
    held = holders(decider.fold((*events, suspended, check, beside)))
    assert {(holder.party, holder.since) for holder in held} == {("system", since)}


def test_after_an_incident_every_date_has_moved_by_as_much() -> None:
    """Two hours are two hours, for each step on its own calendar and for the appointment."""
    events = told(opening((CHECK, BESIDE)), acknowledge(CHECK), broken(at("17 09:00"), at("17 09:30")))
    check, beside, clock, moved = led_to(events, mended(at("17 11:00")))
    assert check.due_at == beside.due_at == at("23 11:00")
    assert (check.ground, check.stood_minutes) == ("incident", 120)
    assert clock == ClockResumed(REF, "incident", "", at("17 11:00"))
    before = decider.fold(events).due_at
    assert before is not None
    assert moved.due_at == before.replace(hour=before.hour + 2)
    after = told(mended(at("17 11:00")), before=events)
    given(decider, *after).when(mended(at("17 11:00"))).then_nothing()
    assert holders(decider.fold(after))[0].party == "agency"


def test_a_step_that_becomes_ready_meanwhile_stands_still_too() -> None:
    """Somebody may still decide; whose turn it is then has no working platform either."""
    events = told(opening(KARAOKE), acknowledge(BUSINESS), broken(at("17 09:00"), at("17 09:30")))
    decided, ready, stopped = led_to(events, decision(BUSINESS, at("17 10:00")))
    assert isinstance(decided, StepDecided)
    assert isinstance(ready, StepReady)
    assert (stopped.step, stopped.at) == (SECURITY.step, at("17 10:00"))
    after = told(decision(BUSINESS, at("17 10:00")), before=events)
    resumed, *_ = led_to(after, mended(at("17 11:00")))
    assert (resumed.step, resumed.stood_minutes) == (SECURITY.step, 60)


def test_a_pause_that_ends_during_an_incident_goes_on_as_one() -> None:
    """The third party answered, and nobody can work with it yet."""
    events = told(broken(WEDNESDAY, WEDNESDAY), before=STANDING)
    resumed, stopped = led_to(events, pause_over(THURSDAY))[:2]
    assert (resumed.ground, resumed.due_at) == ("third_party", at("26 09:00"))
    assert (stopped.ground, stopped.at) == ("incident", THURSDAY)
    after = told(pause_over(THURSDAY), before=events)
    again = next(event for event in led_to(after, mended(at("19 11:00"))) if isinstance(event, StepClockResumed))
    assert again.due_at == at("26 10:00")


def test_no_minute_stands_still_twice() -> None:
    """An incident noticed later does not give again what a pause gave already."""
    events = told(OPEN, acknowledge(CHECK), stop(at("17 09:00")), go_on(at("17 10:00")))
    (_, stopped) = led_to(events, broken(at("17 09:30"), at("17 11:00")))
    assert stopped.at == at("17 10:00")


def test_what_was_late_before_an_incident_stays_late() -> None:
    """No hidden lateness: its clock had run out, the telling goes on."""
    passed = PassChainLimit(ref=REF, actor="system:timer", now=at("23 09:01"))
    events = told(OPEN, limit_passed(at("23 09:01"), CHECK), passed)
    given(decider, *events).when(broken(at("23 10:00"), at("23 10:00"))).then_kinds(ClockSuspended)
    standing = told(broken(at("23 10:00"), at("23 10:00")), before=events)
    (escalated,) = led_to(standing, next_above(at("23 10:30"), CHECK, rung=1))
    assert escalated.to == PROVINCE
    assert led_to(standing, mended(at("23 11:00"))) == (ClockResumed(REF, "incident", "", at("23 11:00")),)


def test_an_appointment_that_had_passed_is_said_to_be_late_before_the_clock_stands_still() -> None:
    """The bell of the limit had not rung yet, and is not needed any more."""
    since = at("23 09:00").replace(second=1)
    spec = given(decider, *told(OPEN)).when(broken(since, since))
    overdue, suspended = spec.then_kinds(ChainOverdue, ClockSuspended)
    assert (overdue.due_at, suspended.at) == (at("23 09:00"), since)


def test_what_was_said_to_be_late_because_of_an_incident_is_not() -> None:
    """Declared at eleven to have begun at eight: what fell due at nine stood still by then."""
    events = told(OPEN, limit_passed(at("23 09:01"), CHECK), broken(at("23 08:00"), at("23 11:00")))
    resumed, *_ = led_to(events, mended(at("23 11:00")))
    assert resumed.due_at == at("23 14:00")
    after = decider.fold(told(mended(at("23 11:00")), before=events))
    assert after.steps[CHECK.step].passed == ()
    assert not after.overdue


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ((), broken(TUESDAY, TUESDAY), "chain_unknown"),
        ((OPEN, *done(CHECK)), broken(TUESDAY, TUESDAY), "chain_ended"),
        ((OPEN,), broken(at("16 08:59"), TUESDAY), "incident_since_unfit"),
        ((OPEN,), broken(WEDNESDAY, TUESDAY), "incident_since_unfit"),
    ],
)
def test_an_incident_lies_within_the_life_of_the_chain(before: tuple[Any, ...], command: Any, code: str) -> None:
    """Nothing can stand still before it ran, nor on account of tomorrow."""
    given(decider, *told(*before)).when(command).refused(code)


def test_an_incident_is_declared_once_and_ended_once() -> None:
    """Asked twice, done once; another beginning is not a second incident."""
    events = told(OPEN, broken(TUESDAY, TUESDAY))
    given(decider, *events).when(broken(WEDNESDAY, THURSDAY)).then_nothing()
    given(decider, *told(OPEN)).when(mended(TUESDAY)).then_nothing()


def test_an_agency_does_not_end_an_incident() -> None:
    """Only the platform knows when it works again."""
    events = told(OPEN, acknowledge(CHECK), broken(TUESDAY, TUESDAY))
    given(decider, *events).when(go_on(WEDNESDAY)).then_nothing()
