"""A longer limit that the law gives one step moves the appointment of the whole, once, and says why.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (no date moves silently); Luật Lý lịch tư pháp 28/2009/QH12 art. 48 (15 days, not 10,
where something has to be verified in many places).
"""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings

from kernel.working_time import Limit, due, working_minutes_between
from services.routing.domain.chain import decider
from services.routing.domain.clock import clocks
from services.routing.domain.clock_commands import DeclareIncident, EndIncident, ResumeStepClock, StopStepClock
from services.routing.domain.clock_events import AppointmentMoved, ClockResumed, StepClockResumed
from services.routing.domain.commands import ChainCommand, OpenChain, PassChainLimit, SuspendClock
from services.routing.domain.events import ChainEvent, ChainOpened, ClockRestarted, LimitExtended
from services.routing.domain.plan import LongerLimit, PlannedAppointment, PlannedPause
from services.routing.domain.progress import NOT_OPENED
from tests import spec
from tests.routing.any_chain import lived, openings, strategies_of_acts
from tests.routing.scene import (
    CALENDAR,
    COMMUNE,
    MONDAY,
    POLICE,
    PROVINCE,
    REF,
    acknowledge,
    at,
    calendars_of,
    decision,
    done,
    extend,
    opening,
    resume,
    send_back,
    step,
    told,
)

LAW = "Luật Lý lịch tư pháp 28/2009/QH12 art. 48"


def days(value: float) -> Limit:
    return Limit(value, "calendar_days")


TWELVE = (LongerLimit("verification", days(12), LAW),)
OPENING = step("opening", POLICE, limit=days(1))
RECORDS = step("police_lookup", POLICE, ("opening",), limit=days(7), longer_limits=TWELVE)
CENTRE = step("national_lookup", PROVINCE, ("opening",), limit=days(7), longer_limits=TWELVE)
ISSUE = step("issue", POLICE, ("police_lookup", "national_lookup"), limit=days(2))
RECORD = (OPENING, RECORDS, CENTRE, ISSUE)
TEN, FIFTEEN = MONDAY + timedelta(days=10), MONDAY + timedelta(days=15)


def judicial_record(*acts: ChainCommand) -> tuple[ChainEvent, ...]:
    """Return a record that was opened at once and lies with both look-ups, promised in ten days."""
    asked = opening(RECORD, total_limit=days(10), due_at=TEN)
    return told(asked, *done(OPENING, MONDAY), acknowledge(RECORDS), acknowledge(CENTRE), *acts)


def dates(events: tuple[ChainEvent, ...]) -> list[datetime]:
    return [event.due_at for event in events if isinstance(event, AppointmentMoved) and event.cause == "extended"]


def test_a_verified_judicial_record_has_its_fifteen_days() -> None:
    """Art. 48: ten days, fifteen where something must be verified; one look-up takes five days longer."""
    _, moved = (
        spec.given(decider, *judicial_record())
        .when(extend(CENTRE, at("17 09:00")))
        .then_kinds(LimitExtended, AppointmentMoved)
    )
    assert (moved.cause, moved.step, moved.number, moved.limit) == ("extended", CENTRE.step, 1, None)
    assert (moved.clock_from, moved.due_at, moved.note) == (MONDAY, FIFTEEN, "")
    assert moved.warn_at == FIFTEEN - timedelta(days=1)


def test_two_look_ups_side_by_side_give_fifteen_days_and_not_twenty() -> None:
    """Both wait at the same time; the second claim gains the whole nothing."""
    events = judicial_record(extend(CENTRE, at("17 09:00")))
    spec.given(decider, *events).when(extend(RECORDS, at("18 09:00"))).then_kinds(LimitExtended)
    assert dates(judicial_record(extend(CENTRE, at("17 09:00")), extend(RECORDS, at("18 09:00")))) == [FIFTEEN]


def test_asked_twice_the_date_moves_once() -> None:
    """The same claim again is known again."""
    events = judicial_record(extend(CENTRE, at("17 09:00")))
    spec.given(decider, *events).when(extend(CENTRE, at("18 09:00"))).then_nothing()


def test_a_step_beside_the_longest_path_moves_nothing() -> None:
    """Its own limit is longer, and the whole still ends with another."""
    slow = replace(CENTRE, limit=days(12), longer_limits=())
    asked = opening((OPENING, RECORDS, slow, ISSUE), total_limit=days(15), due_at=FIFTEEN)
    events = told(asked, *done(OPENING, MONDAY), acknowledge(RECORDS))
    (longer,) = spec.given(decider, *events).when(extend(RECORDS)).then_kinds(LimitExtended)
    assert longer.due_at == MONDAY + timedelta(days=12)


def test_a_path_that_becomes_the_longest_moves_the_date_by_what_it_gains_alone() -> None:
    """Nine days beside seven: twelve are three more for the whole, not five."""
    slow = replace(CENTRE, limit=days(9), longer_limits=())
    asked = opening((OPENING, RECORDS, slow, ISSUE), total_limit=days(12), due_at=MONDAY + timedelta(days=12))
    events = told(asked, *done(OPENING, MONDAY), acknowledge(RECORDS), extend(RECORDS))
    assert dates(events) == [FIFTEEN]


@pytest.mark.parametrize(("rings", "late"), [("26 09:01", False), ("31 09:00", False), ("31 09:01", True)])
def test_a_record_is_late_after_fifteen_days_and_not_after_ten(rings: str, late: bool) -> None:
    """The bell of the old date has become moot; 1 December, 09:00 is the last instant in time."""
    now = at("1 09:00") + timedelta(days=int(rings[:2]) - 1, minutes=int(rings[-2:]))
    events = judicial_record(extend(CENTRE, at("17 09:00")))
    answer = decider.decide(PassChainLimit(ref=REF, actor="system:timer", now=now), decider.fold(events))
    assert (answer != ()) == late


def test_what_was_late_already_stays_late() -> None:
    """A claim in time for the step saves no appointment that had passed before."""
    tight = opening(RECORD, total_limit=days(1), due_at=MONDAY + timedelta(days=1))
    events = told(tight, *done(OPENING, MONDAY), acknowledge(CENTRE))
    spec.given(decider, *events).when(extend(CENTRE, at("18 09:00"))).then_kinds(LimitExtended)


def test_after_a_restart_from_zero_a_new_round_has_to_claim_again() -> None:
    """NĐ 61/2018 art. 19.4: the clock starts from zero, and so does what the step was given."""
    claimed = judicial_record(extend(CENTRE, at("17 09:00")))
    asked = SuspendClock(ref=REF, ground="supplement", asked_at=at("18 10:00"), actor="desk", now=at("18 10:00"))
    back = at("20 09:00")
    answered = resume(CENTRE, back, back, back + timedelta(days=10))
    events = told(send_back(CENTRE, "desk", at("18 09:00")), asked, answered, acknowledge(CENTRE, back), before=claimed)
    assert decider.fold(events).due_at == back + timedelta(days=10)
    assert dates(events) == [FIFTEEN]
    again = told(extend(CENTRE, at("23 09:00")), before=events)
    assert dates(again) == [FIFTEEN, back + timedelta(days=15)]


def test_a_step_that_runs_on_past_a_restart_keeps_what_it_was_given() -> None:
    """Its round is the old one and its limit the longer one, so the new date has room for it."""
    asked = SuspendClock(ref=REF, ground="supplement", asked_at=at("18 10:00"), actor="desk", now=at("18 10:00"))
    waiting = judicial_record(send_back(CENTRE, "desk", at("18 09:00")), asked)
    claimed = told(extend(RECORDS, at("18 11:00")), before=waiting)
    assert dates(claimed) == [], "while the clock stands still there is no date to move"
    back = at("20 09:00")
    answered = resume(CENTRE, back, back, back + timedelta(days=10))
    events = told(answered, before=claimed)
    assert [type(event) for event in events[len(claimed) :]][:2] == [ClockRestarted, AppointmentMoved]
    assert dates(events) == [back + timedelta(days=15)]


def test_a_longer_limit_and_an_incident_both_count_whichever_came_first() -> None:
    """Two days of an incident and five of a verification are seven, in either order."""
    verify = extend(CENTRE, at("17 09:00"))
    broken = DeclareIncident(ref=REF, since=at("18 09:00"), actor="system:1", now=at("18 09:00"))
    mended = EndIncident(ref=REF, actor="system:1", now=at("20 09:00"), calendars=calendars_of)
    late_claim = extend(CENTRE, at("21 09:00"))
    for acts in ((verify, broken, mended), (broken, mended, late_claim)):
        chain = decider.fold(judicial_record(*acts))
        assert chain.due_at == FIFTEEN + timedelta(days=2)
        (whole, *_) = clocks(chain, calendars_of, at("23 09:00"))
        assert (whole.limit, whole.derivation[-1].end) == (None, chain.due_at)


def test_a_step_that_is_not_counted_moves_nothing() -> None:
    """QĐ 766: its minutes are not the dossier's, longer or not."""
    tax = step("tax", PROVINCE, ("opening",), limit=days(3), longer_limits=TWELVE, not_counted="tax_notice")
    asked = opening((OPENING, tax), total_limit=days(1), due_at=MONDAY + timedelta(days=1))
    events = told(asked, *done(OPENING, MONDAY), acknowledge(tax))
    assert dates(told(extend(tax, MONDAY), before=events)) == []


def test_with_appointments_one_after_the_other_only_the_present_one_moves() -> None:
    """Land: what the first part gained is not given to the second again."""
    first = step(
        "examination", COMMUNE, days=5, longer_limits=(LongerLimit("verification", Limit(8, "working_days"), LAW),)
    )
    second = step("title", PROVINCE, ("examination",), days=3)
    two = (PlannedAppointment("examination", first.limit), PlannedAppointment("title", second.limit))
    asked = opening((first, second), appointments=two, due_at=due(CALENDAR, MONDAY, first.limit))
    events = told(asked, acknowledge(first), extend(first, at("17 09:00")))
    assert dates(events) == [due(CALENDAR, MONDAY, Limit(8, "working_days"))]
    after = told(decision(first, at("26 09:00")), before=events)
    assert decider.fold(after).due_at == due(CALENDAR, at("26 09:00"), second.limit)


def test_after_a_pause_of_its_own_the_whole_has_both() -> None:
    """A step that stood still first and was extended then: what stood still is still not part of it."""
    pauses = (PlannedPause("third_party", LAW, None),)
    lone = step("check", COMMUNE, days=5, longer_limits=(LongerLimit("verification", Limit(7, "working_days"), LAW),))
    lone = replace(lone, pauses=pauses)
    five = Limit(5, "working_days")
    asked = opening((lone,), total_limit=five, due_at=due(CALENDAR, MONDAY, five))
    stop = StopStepClock(
        ref=REF, step="check", agency=COMMUNE, actor="o", now=at("17 09:00"), ground="third_party",
        calendars=calendars_of,
    )  # fmt: skip
    again = ResumeStepClock(
        ref=REF, step="check", agency=COMMUNE, actor="o", now=at("19 09:00"), calendars=calendars_of
    )  # fmt: skip
    events = told(asked, acknowledge(lone), stop, again, extend(lone, at("20 09:00")))
    assert any(isinstance(event, StepClockResumed) for event in events)
    assert any(isinstance(event, ClockResumed) for event in events)
    chain = decider.fold(events)
    assert chain.due_at == chain.steps["check"].due_at == due(CALENDAR, MONDAY, Limit(9, "working_days"))


@settings(max_examples=200, deadline=None)
@given(openings(), strategies_of_acts())
def test_no_date_moves_without_a_fact_and_none_by_more_than_the_law_gives(
    asked: OpenChain, acts: list[tuple[str, int, int, int]]
) -> None:
    """NĐ 61/2018 art. 19.9; the whole gains no more than all that its steps were newly given."""
    chain = NOT_OPENED
    for event in lived(asked, acts).events:
        before, chain = chain, decider.evolve(chain, event)
        if not isinstance(event, ChainOpened | ClockRestarted | AppointmentMoved):
            assert chain.due_at == before.due_at
        if isinstance(event, AppointmentMoved) and event.cause == "extended":
            assert before.due_at is not None
            assert event.due_at > before.due_at
            gained = working_minutes_between(CALENDAR, before.due_at, event.due_at)
            assert gained > 0
            if all(one.plan.limit.nominal_working_minutes is not None for one in before.steps.values()):
                # A limit that runs day and night ends elsewhere in the week when it begins later.
                new = {step for step, _ in set(before.extended) - set(before.dated_with)}
                assert gained <= sum(5 - before.steps[step].plan.limit.value for step in new) * 480
