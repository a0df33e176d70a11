"""A clock stands still on a ground that the law names, for as long as the law lets it, and loses nothing meanwhile.

Law: QĐ 766/QĐ-TTg; NĐ 301/2026/NĐ-CP art. 4.7 (incident); NĐ 61/2018/NĐ-CP art. 19.9 (no date moves silently).
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from kernel.calendar import Calendar
from kernel.working_time import Limit
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import (
    DeclareIncident,
    EndIncident,
    EndPause,
    RedateAppointment,
    ResumeStepClock,
    StopStepClock,
)
from services.routing.domain.clock_dates import on_open_day
from services.routing.domain.clock_events import AppointmentMoved, ClockResumed, StepClockResumed, StepClockStopped
from services.routing.domain.commands import PassChainLimit
from services.routing.domain.events import ChainClosed, ChainOverdue, ClockSuspended, StepDecided, StepReady
from services.routing.domain.holder import holders
from services.routing.domain.plan import LongerLimit, PlannedPause, PlannedStep
from services.routing.domain.words import Ground
from tests.routing.scene import (
    BUSINESS,
    CALENDAR,
    COMMUNE,
    KARAOKE,
    MONDAY,
    PROVINCE,
    REF,
    SECURITY,
    acknowledge,
    at,
    calendars_of,
    decision,
    done,
    extend,
    led_to,
    opening,
    send_back,
    step,
    told,
    withdraw,
)
from tests.routing.test_lateness import limit_passed, next_above, warning
from tests.spec import given

LAW = "NĐ 175/2024/NĐ-CP art. 60"
PAUSES = (PlannedPause("third_party", LAW, Limit(2, "working_days")), PlannedPause("posting", LAW, None))
CHECK = step("check", COMMUNE, days=5, pauses=PAUSES, superiors=(PROVINCE,))
"""Five working days from Monday 09:00, due on Monday 23 at 09:00."""
BESIDE = step("beside", COMMUNE, days=5)
OPEN = opening((CHECK,), due_at=at("23 09:00"), total_limit=Limit(5, "working_days"))
TUESDAY, WEDNESDAY, THURSDAY = at("17 10:00"), at("18 14:30"), at("19 10:00")
SYSTEM = "system:watch"


def stop(now: datetime = TUESDAY, ground: Ground = "third_party", planned: PlannedStep = CHECK) -> StopStepClock:
    return StopStepClock(
        ref=REF, step=planned.step, agency=planned.agency, ground=ground, actor="officer:7", now=now,
        calendars=calendars_of,
    )  # fmt: skip


def go_on(now: datetime, planned: PlannedStep = CHECK) -> ResumeStepClock:
    return ResumeStepClock(
        ref=REF, step=planned.step, agency=planned.agency, actor="officer:7", now=now, calendars=calendars_of
    )


def pause_over(until: datetime, now: datetime | None = None, round: int = 1) -> EndPause:
    return EndPause(
        ref=REF, step=CHECK.step, round=round, until=until, actor="system:timer", now=now or until,
        calendars=calendars_of,
    )  # fmt: skip


def broken(since: datetime, now: datetime) -> DeclareIncident:
    return DeclareIncident(ref=REF, since=since, actor=SYSTEM, now=now)


def mended(now: datetime) -> EndIncident:
    return EndIncident(ref=REF, actor=SYSTEM, now=now, calendars=calendars_of)


STANDING = told(OPEN, acknowledge(CHECK), stop())


# An agency's pause


def test_an_agency_stops_the_clock_on_a_ground_that_its_law_names() -> None:
    """The chain's clock stands still with it, because nobody else's runs."""
    given(decider, *told(OPEN, acknowledge(CHECK))).when(stop()).then(
        StepClockStopped(REF, CHECK.step, COMMUNE, 1, "third_party", LAW, THURSDAY, "officer:7", TUESDAY),
        ClockSuspended(REF, "third_party", TUESDAY, CHECK.step),
    )


def test_what_was_left_is_left_when_it_runs_again() -> None:
    """From Tuesday 10:00 to Wednesday 14:30 the desk is open for 630 minutes: both dates move on by exactly these."""
    new_due, warned_at = at("25 11:30"), at("23 11:30")
    given(decider, *STANDING).when(go_on(WEDNESDAY)).then(
        StepClockResumed(
            REF, CHECK.step, COMMUNE, 1, "third_party", new_due, "officer:7", WEDNESDAY,
            warn_at=warned_at, stood_minutes=630,
        ),
        ClockResumed(REF, "third_party", CHECK.step, WEDNESDAY),
        AppointmentMoved(
            REF, "resumed", "", PROVINCE, 1, WEDNESDAY, Limit(5 * 480 - 540, "working_minutes"), CALENDAR.id,
            CALENDAR.version, new_due, "", "officer:7", WEDNESDAY, warn_at=warned_at,
        ),
    )  # fmt: skip


def test_a_clock_beside_it_that_runs_keeps_the_chain_running() -> None:
    """QĐ 766: only what nobody works on is not counted."""
    events = told(replace(OPEN, plan=(CHECK, BESIDE)), acknowledge(CHECK))
    given(decider, *events).when(stop()).then_kinds(StepClockStopped)
    standing = told(stop(), acknowledge(BESIDE), before=events)
    decided, suspended = led_to(standing, decision(BESIDE, WEDNESDAY))
    assert isinstance(decided, StepDecided)
    assert suspended == ClockSuspended(REF, "third_party", WEDNESDAY, CHECK.step)


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ((), stop(), "chain_unknown"),
        ((OPEN,), stop(), "step_not_acknowledged"),
        ((OPEN, acknowledge(CHECK)), stop(ground="incident"), "pause_not_in_law"),
        ((OPEN, acknowledge(CHECK)), stop(now=at("23 09:01")), "clock_ran_out"),
        ((OPEN, acknowledge(CHECK)), replace(stop(), agency="H48.99"), "not_your_step"),
        ((OPEN, acknowledge(CHECK)), replace(stop(), step="tea_break"), "step_unknown"),
        ((OPEN, acknowledge(CHECK), stop()), stop(ground="posting"), "clock_stands_still"),
        ((OPEN, acknowledge(CHECK), stop(), go_on(WEDNESDAY)), stop(at("19 09:00")), "pause_used"),
        ((OPEN, *done(CHECK)), stop(), "step_decided"),
        ((OPEN, *done(CHECK)), go_on(WEDNESDAY), "step_decided"),
        ((OPEN, acknowledge(CHECK)), replace(go_on(WEDNESDAY), agency="H48.99"), "not_your_step"),
    ],
)
def test_a_clock_that_may_not_be_touched_is_not(before: tuple[Any, ...], command: Any, code: str) -> None:
    """Each refusal says which law."""
    refused = given(decider, *told(*before)).when(command).refused(code)
    assert refused.law


def test_the_grounds_that_a_step_knows_are_named() -> None:
    """Whoever is refused learns what would be possible."""
    refused = given(decider, *told(OPEN, acknowledge(CHECK))).when(stop(ground="incident")).refused("pause_not_in_law")
    assert "third_party, posting" in refused.invalid[0].reason


def test_a_pause_without_a_limit_may_come_again() -> None:
    """Only where the law limits the time would a second pause stretch it."""
    events = told(OPEN, acknowledge(CHECK), stop(ground="posting"), go_on(WEDNESDAY))
    stopped, _ = led_to(events, stop(THURSDAY, "posting"))
    assert stopped.until is None


def test_the_laws_longest_time_ends_a_pause() -> None:
    """However late the bell is heard, no more than that stood still."""
    resumed, clock, moved = led_to(STANDING, pause_over(THURSDAY, at("20 16:00")))
    assert (resumed.at, resumed.due_at, resumed.stood_minutes) == (THURSDAY, at("26 09:00"), 960)
    assert clock.at == THURSDAY
    assert (moved.cause, moved.due_at) == ("resumed", at("26 09:00"))


@pytest.mark.parametrize(
    ("before", "bell"),
    [
        ((OPEN, acknowledge(CHECK)), pause_over(THURSDAY)),
        ((OPEN, acknowledge(CHECK), stop()), pause_over(THURSDAY, round=2)),
        ((OPEN, acknowledge(CHECK), stop()), pause_over(WEDNESDAY)),
        ((OPEN, acknowledge(CHECK), stop()), pause_over(THURSDAY, WEDNESDAY)),
        ((OPEN, acknowledge(CHECK), stop(), go_on(WEDNESDAY), stop(THURSDAY, "posting")), pause_over(THURSDAY)),
        ((OPEN, acknowledge(CHECK), stop(), decision(CHECK, WEDNESDAY)), pause_over(THURSDAY)),
        ((OPEN, acknowledge(CHECK), stop(), withdraw(WEDNESDAY)), pause_over(THURSDAY)),
    ],
    ids=["runs", "another round", "another pause", "too soon", "a pause before", "decided", "withdrawn"],
)
def test_a_pause_is_ended_by_its_own_bell_alone(before: tuple[Any, ...], bell: EndPause) -> None:
    """Late bells of what is over change nothing."""
    given(decider, *told(*before)).when(bell).then_nothing()


def test_nothing_falls_due_while_the_clock_stands_still() -> None:
    """No bell, no warning, no agency above."""
    late = at("23 09:01")
    for bell in (limit_passed(late, CHECK), warning(late, CHECK), next_above(late, CHECK)):
        given(decider, *STANDING).when(bell).then_nothing()
    given(decider, *STANDING).when(PassChainLimit(ref=REF, actor="system:timer", now=late)).then_nothing()


def test_a_decision_while_the_clock_stands_still_is_in_time() -> None:
    """No time of the limit has passed meanwhile."""
    decided, _ = given(decider, *STANDING).when(decision(CHECK, at("25 10:00"))).then_kinds(StepDecided, ChainClosed)
    assert decided.on_time


def test_what_stood_still_is_warned_of_anew() -> None:
    """One working day before the date that holds now."""
    resumed, *_ = led_to(STANDING, pause_over(THURSDAY))
    assert resumed.warn_at == at("25 09:00")
    (asked,) = led_to(told(pause_over(THURSDAY), before=STANDING), warning(at("25 09:00"), CHECK))
    assert asked.due_at == at("26 09:00")


def test_a_longer_limit_keeps_what_stood_still() -> None:
    """The limit of a verification is counted from the beginning, and the pause is still not part of it."""
    longer = replace(CHECK, longer_limits=(LongerLimit("verification", Limit(7, "working_days"), LAW),))
    events = told(replace(OPEN, plan=(longer,)), acknowledge(CHECK), stop(), pause_over(THURSDAY))
    (extended,) = led_to(events, extend(longer, at("20 09:00")))
    assert extended.due_at == at("30 09:00")
    standing = told(replace(OPEN, plan=(longer,)), acknowledge(CHECK), stop())
    given(decider, *standing).when(extend(longer, at("18 09:00"))).refused("clock_stands_still")


def test_a_step_sent_back_starts_its_next_round_with_a_clock_that_runs() -> None:
    """A pause belongs to its round."""
    events = told(OPEN, acknowledge(CHECK), stop(), send_back(CHECK, "desk", WEDNESDAY))
    progress = decider.fold(events).steps[CHECK.step]
    assert not progress.is_running
    given(decider, *events).when(go_on(THURSDAY)).refused("step_sent_back")


# An incident


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


# A corrected calendar

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
