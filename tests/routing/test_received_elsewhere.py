"""Received at the desk of another area, a dossier's clock starts when the agency that resolves it has it."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from kernel.message import Timer
from kernel.working_time import Limit, due
from services.routing.domain.chain import decider
from services.routing.domain.clock_events import AppointmentMoved, StepClockStarted
from services.routing.domain.commands import AcknowledgeStep, JudgeStepLimit, OpenChain, PassChainLimit, TakeOverStep
from services.routing.domain.events import ChainOverdue, StepAcknowledged, StepOverdue, StepTakenOver
from services.routing.domain.holder import Holder, holders
from services.routing.domain.plan import PlannedAppointment, PlannedStep
from services.routing.policies import AFTER_LIMIT, timers
from tests.routing import scene as s
from tests.routing.scene import BUSINESS, CALENDAR, COMMUNE, KARAOKE, MONDAY, REF, at, decision, kinds, led_to, told
from tests.spec import given

TUESDAY, WEDNESDAY = at("17 14:00"), at("18 09:00")
PROMISED = Limit(16, "working_days")
THREE_DAYS = Limit(3, "working_days")


def elsewhere(plan: tuple[PlannedStep, ...] = KARAOKE, **other: Any) -> OpenChain:
    return s.opening(plan, starts_on_receipt=True, **other)


def take_over(planned: PlannedStep, now: Any) -> TakeOverStep:
    return replace(s.take_over(planned, now), calendars=s.calendars_of)


def acknowledge(planned: PlannedStep, now: Any) -> AcknowledgeStep:
    return replace(s.acknowledge(planned, now), calendars=s.calendars_of)


def bell(planned: PlannedStep, now: Any) -> JudgeStepLimit:
    return JudgeStepLimit(ref=REF, step=planned.step, round=1, actor="system:timer", now=now, calendars=s.calendars_of)


@pytest.mark.parametrize(("told_by", "kind"), [(take_over, StepTakenOver), (acknowledge, StepAcknowledged)])
def test_the_clocks_start_with_the_receipt(told_by: Any, kind: type) -> None:
    """NĐ 118/2025 art. 17.3; whichever of the two is said first, by the agency's system or its officer."""
    spec = given(decider, *told(elsewhere())).when(told_by(BUSINESS, TUESDAY))
    here, started, moved = spec.then_kinds(kind, StepClockStarted, AppointmentMoved)
    assert (started.step, started.clock_from, started.due_at) == (
        BUSINESS.step, TUESDAY, due(CALENDAR, TUESDAY, BUSINESS.limit),
    )  # fmt: skip
    assert started.send_back_by == due(CALENDAR, TUESDAY, THREE_DAYS)
    assert (moved.cause, moved.number, moved.step, moved.agency) == ("received", 1, BUSINESS.step, s.PROVINCE)
    assert (moved.clock_from, moved.limit, moved.due_at) == (TUESDAY, PROMISED, due(CALENDAR, TUESDAY, PROMISED))
    spec.then(here, started, moved)
    chain = decider.fold((*told(elsewhere()), here, started, moved))
    assert (chain.clock_from, chain.due_at, chain.received_at) == (TUESDAY, moved.due_at, TUESDAY)
    assert chain.steps[BUSINESS.step].due_at == started.due_at


def test_the_new_limit_rings_in_the_old_ones_place() -> None:
    """A limit that nobody watches is not one, and one that runs no more rings no more."""
    first, (_, started, _) = told(elsewhere()), led_to(told(elsewhere()), acknowledge(BUSINESS, TUESDAY))
    before, after = (
        {timer.id: timer.due_at for timer in timers(event) if isinstance(timer, Timer)} for event in (first[1], started)
    )
    assert before.keys() == after.keys()
    assert after[f"{REF}-{BUSINESS.step}-limit"] == started.due_at + AFTER_LIMIT


def test_the_clocks_start_once() -> None:
    """Taken over by the system, then acknowledged by the officer: the first is the receipt."""
    events = told(elsewhere(), take_over(BUSINESS, TUESDAY))
    assert kinds(led_to(events, acknowledge(BUSINESS, WEDNESDAY))) == ("StepAcknowledged",)
    events = told(acknowledge(BUSINESS, WEDNESDAY), decision(BUSINESS, WEDNESDAY), before=events)
    assert kinds(led_to(events, acknowledge(s.SECURITY, WEDNESDAY))) == ("StepAcknowledged",)


def test_what_was_received_at_its_own_desk_has_its_clock_already() -> None:
    """Otherwise the clock starts when the dossier is fully and correctly received."""
    events = told(s.opening(KARAOKE))
    assert kinds(led_to(events, acknowledge(BUSINESS, TUESDAY))) == ("StepAcknowledged",)


@pytest.mark.parametrize(
    ("until", "received_at", "clock_from"),
    [
        (time(15), at("17 15:00"), at("17 15:00")),
        (time(15), at("17 15:01"), at("18 07:30")),
        (time(15), at("20 16:00"), at("23 07:30")),
        (None, at("17 17:00"), at("17 17:00")),
    ],
)
def test_the_rule_of_the_afternoon_holds_for_the_receipt(until: time | None, received_at: Any, clock_from: Any) -> None:
    """NĐ 61/2018 art. 18.2 (15:00); what comes later begins with the next working day."""
    events = told(elsewhere(same_day_until=until))
    _, started, moved = led_to(events, acknowledge(BUSINESS, received_at))
    assert started.clock_from == moved.clock_from == clock_from


def test_each_agency_has_its_own_clock_from_its_own_receipt() -> None:
    """Side by side, the first receipt is that of the dossier; the other agency's limit waits for its own."""
    plan = (BUSINESS, replace(s.SECURITY, needs=()))
    events = told(elsewhere(plan), acknowledge(BUSINESS, TUESDAY))
    assert kinds(led_to(events, acknowledge(plan[1], WEDNESDAY))) == ("StepAcknowledged", "StepClockStarted")
    chain = decider.fold(told(acknowledge(plan[1], WEDNESDAY), before=events))
    assert (chain.received_at, chain.steps[plan[1].step].clock_from) == (TUESDAY, WEDNESDAY)


def test_until_it_is_received_it_is_on_its_way() -> None:
    """Whose minute: the exchange's, not that of an agency which has nothing in hand."""
    assert holders(decider.fold(told(elsewhere()))) == (Holder("system", COMMUNE, BUSINESS.step, MONDAY),)
    received = decider.fold(told(elsewhere(), acknowledge(BUSINESS, TUESDAY)))
    assert holders(received) == (Holder("agency", COMMUNE, BUSINESS.step, TUESDAY),)


def test_what_never_arrives_is_late_by_the_first_dates() -> None:
    """Honest data: a clock that waits for a receipt hides no dossier that got lost on its way; receipt clears it."""
    late = at("19 09:01")
    events = told(elsewhere(), bell(BUSINESS, late))
    assert isinstance(events[-1], StepOverdue)
    very_late = at("30 09:00").replace(month=12, day=20)
    overdue = PassChainLimit(ref=REF, actor="system:timer", now=very_late)
    assert isinstance(led_to(events, overdue)[0], ChainOverdue)
    chain = decider.fold(told(overdue, acknowledge(BUSINESS, very_late), before=events))
    assert not chain.overdue
    assert "step" not in chain.steps[BUSINESS.step].passed
    assert chain.due_at is not None
    assert chain.due_at > very_late


def test_nobody_is_silent_about_what_has_not_come() -> None:
    """Silence agrees two working days after the agency had it (NĐ 217/2026), not after it was sent."""
    plan = (replace(BUSINESS, silence="deemed_agreed"),)
    late = at("19 09:01")
    assert kinds(led_to(told(elsewhere(plan)), bell(plan[0], late))) == ("StepOverdue",)
    received = told(elsewhere(plan), acknowledge(plan[0], TUESDAY))
    assert kinds(led_to(received, bell(plan[0], at("20 14:01")))) == ("StepDeemedAgreed", "ChainClosed")


def test_where_the_law_gives_the_whole_no_limit_it_follows_from_the_steps() -> None:
    """As at the desk: each step begins when those it needs are due, and what is not counted takes no time."""
    plan = (
        s.step("a", COMMUNE, days=2),
        s.step("tax", COMMUNE, ("a",), days=5, not_counted="tax_notice"),
        s.step("b", COMMUNE, ("tax",), days=3),
        s.step("c", COMMUNE, ("a",), days=1),
    )
    *_, moved = led_to(told(elsewhere(plan, total_limit=None)), acknowledge(plan[0], TUESDAY))
    assert moved.limit is None
    assert moved.due_at == due(CALENDAR, TUESDAY, Limit(5, "working_days"))


def test_of_several_appointments_the_first_is_counted_anew() -> None:
    """Land received at another commune's desk."""
    appointments = (PlannedAppointment(BUSINESS.step, THREE_DAYS), PlannedAppointment(s.LICENCE.step, PROMISED))
    *_, moved = led_to(told(elsewhere(appointments=appointments)), acknowledge(BUSINESS, TUESDAY))
    assert (moved.number, moved.limit, moved.due_at) == (1, THREE_DAYS, due(CALENDAR, TUESDAY, THREE_DAYS))
