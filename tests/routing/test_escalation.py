"""What stays overdue is told up the agency tree: not too soon, not for nothing, and to everybody in turn.

Law: NĐ 61/2018/NĐ-CP arts. 19.5 and 19.9; how fast is a house rule.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kernel.calendar import VIETNAM
from kernel.working_time import Limit
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import TellNextAbove
from services.routing.domain.clock_events import LatenessEscalated, OneStopTold
from services.routing.domain.events import ChainOverdue, StepDeemedAgreed, StepOverdue
from services.routing.domain.plan import PlannedStep
from tests.routing import land
from tests.routing.late import (
    DUE_AT,
    LATE_AT,
    MINISTRY,
    NEW_DATE,
    OFFICE,
    OPEN,
    PERMIT,
    WARNED_AT,
    apology,
    chain_limit_passed,
    last,
    limit_passed,
    next_above,
    warning,
)
from tests.routing.scene import (
    COMMUNE,
    DESK_AGENCY,
    PROVINCE,
    REF,
    at,
    done,
    led_to,
    opening,
    step,
    told,
    withdraw,
)
from tests.spec import given


def test_lateness_is_told_up_the_agency_tree() -> None:
    """House rule: the next agency above is told after one working day, until the tree ends."""
    events = told(OPEN, limit_passed(LATE_AT))
    overdue = events[-1]
    assert isinstance(overdue, StepOverdue)
    assert overdue.next_at == LATE_AT
    wednesday, thursday = at("25 09:01"), at("26 09:01")
    first = LatenessEscalated(REF, PERMIT.step, COMMUNE, 1, PROVINCE, 1, DUE_AT, LATE_AT, next_at=wednesday)
    second = LatenessEscalated(REF, PERMIT.step, COMMUNE, 1, OFFICE, 2, DUE_AT, wednesday, next_at=thursday)
    third = LatenessEscalated(REF, PERMIT.step, COMMUNE, 1, MINISTRY, 3, DUE_AT, thursday, next_at=None)
    given(decider, *events).when(next_above(LATE_AT, rung=1)).then(first)
    given(decider, *events, first).when(next_above(wednesday, rung=2)).then(second)
    given(decider, *events, first, second).when(next_above(thursday, rung=3)).then(third)
    given(decider, *events, first, second, third).when(next_above(at("27 09:01"))).then_nothing()


YEAR = timedelta(days=365)
CONSULTED = replace(OPEN, lead_agency=PROVINCE)
"""The province leads, and asks the commune."""


def test_of_a_consulted_agency_that_is_silent_the_one_stop_shop_is_told_at_once() -> None:
    """NĐ 61/2018 art. 19.5b: the head of the one-stop shop that forwarded the dossier, so that he may urge it."""
    overdue = StepOverdue(REF, PERMIT.step, COMMUNE, 1, DUE_AT, LATE_AT, next_at=LATE_AT)
    one_stop = OneStopTold(REF, PERMIT.step, COMMUNE, 1, DESK_AGENCY, DUE_AT, LATE_AT)
    given(decider, *told(CONSULTED)).when(limit_passed(DUE_AT)).then_nothing()
    given(decider, *told(CONSULTED)).when(limit_passed(LATE_AT)).then(overdue, one_stop)
    given(decider, *told(CONSULTED), overdue, one_stop).when(limit_passed(at("23 10:00"))).then_nothing()


def test_the_one_stop_shop_is_told_though_nobody_stands_above_and_another_date_was_promised() -> None:
    """Its limit passed all the same: an apology hides nothing, and the agencies above are another matter."""
    alone = replace(PERMIT, superiors=())
    events = told(replace(CONSULTED, plan=(alone,)), warning(WARNED_AT), apology(WARNED_AT))
    given(decider, *events).when(limit_passed(LATE_AT)).then_kinds(StepOverdue, OneStopTold)


@pytest.mark.parametrize(
    ("before", "late", "now"),
    [
        ((OPEN,), PERMIT, LATE_AT),
        ((replace(CONSULTED, receiving_agency=COMMUNE),), PERMIT, LATE_AT),
        ((*land.until_tax(at("18 09:00")), land.noticed(at("20 09:00"))), land.PAYMENT, at("20 09:00") + YEAR),
    ],
    ids=["the lead", "the one-stop shop itself", "the applicant"],
)
def test_of_nobody_else_is_the_one_stop_shop_told(before: tuple[Any, ...], late: PlannedStep, now: datetime) -> None:
    """Art. 19.5b speaks of whoever is consulted; of its own delay the lead tells the desk with its apology."""
    given(decider, *told(*before)).when(limit_passed(now, late)).then_kinds(StepOverdue)


def test_silence_that_is_agreement_is_no_delay() -> None:
    """NĐ 217/2026: nobody has to be urged."""
    deemed = replace(CONSULTED, plan=(replace(PERMIT, silence="deemed_agreed"), step("beside", PROVINCE, days=9)))
    given(decider, *told(deemed)).when(limit_passed(LATE_AT)).then_kinds(StepDeemedAgreed)


def test_a_procedure_says_how_fast_lateness_is_told() -> None:
    """`escalate_every` is data."""
    slow = replace(OPEN, escalate_every=Limit(2, "working_days"))
    (escalated,) = led_to(told(slow, limit_passed(LATE_AT)), next_above(LATE_AT, rung=1))
    assert escalated.next_at == at("26 09:01")


def test_a_calendar_that_ends_does_not_silence_lateness() -> None:
    """Then the next one above is told a day later."""
    late = datetime(2027, 3, 31, 17, tzinfo=VIETNAM)
    (escalated,) = led_to(told(OPEN, limit_passed(late)), next_above(late, rung=1))
    assert escalated.next_at == late.replace(month=4, day=1)


def test_where_nobody_stands_above_nobody_is_told() -> None:
    """The tree ends somewhere."""
    alone = replace(PERMIT, superiors=())
    events = told(replace(OPEN, plan=(alone,)), limit_passed(LATE_AT, alone))
    assert last(events).next_at is None
    given(decider, *events).when(next_above(LATE_AT, alone)).then_nothing()


@pytest.mark.parametrize(
    ("before", "bell"),
    [
        ((OPEN,), next_above(at("20 09:00"))),
        ((OPEN, limit_passed(LATE_AT), *done(PERMIT, LATE_AT)), next_above(LATE_AT)),
        ((OPEN, limit_passed(LATE_AT)), next_above(LATE_AT, round=2)),
        ((OPEN, limit_passed(LATE_AT)), next_above(LATE_AT, rung=2)),
        ((OPEN, limit_passed(LATE_AT), next_above(LATE_AT, rung=1)), next_above(at("23 10:00"))),
        ((OPEN, limit_passed(LATE_AT), withdraw(LATE_AT)), next_above(LATE_AT)),
        ((OPEN,), next_above(LATE_AT, None)),
    ],
    ids=["in time", "decided", "another round", "out of turn", "too soon", "withdrawn", "chain not overdue"],
)
def test_nobody_is_told_too_soon_or_for_nothing(before: tuple[Any, ...], bell: TellNextAbove) -> None:
    """No step is escalated before it is late, rungs go one by one, and after its end nothing rings."""
    given(decider, *told(*before)).when(bell).then_nothing()


def test_a_promise_puts_off_who_is_told_until_it_is_broken_too() -> None:
    """Regulations §1.3: after the one re-appointment it stays overdue; escalate, do not extend."""
    events = told(OPEN, warning(WARNED_AT), apology(WARNED_AT), limit_passed(LATE_AT))
    assert last(events).next_at == NEW_DATE
    given(decider, *events).when(next_above(NEW_DATE)).then_nothing()
    broken = NEW_DATE.replace(minute=1)
    (escalated,) = given(decider, *events).when(next_above(broken, rung=1)).then_kinds(LatenessEscalated)
    assert (escalated.to, escalated.overdue_since) == (PROVINCE, NEW_DATE)


def test_a_promise_made_too_late_stops_the_telling_until_it_is_broken() -> None:
    """The province was told on Monday; the office only hears of it if the new date passes too."""
    events = told(OPEN, limit_passed(LATE_AT), next_above(LATE_AT, rung=1), apology(at("23 10:00")))
    given(decider, *events).when(next_above(at("25 09:02"), rung=2)).then_nothing()
    (escalated,) = led_to(events, next_above(NEW_DATE.replace(minute=1)))
    assert (escalated.to, escalated.rung) == (OFFICE, 2)


def test_the_lead_is_told_of_where_no_step_is_late() -> None:
    """A plan that could not be kept is the lead's lateness (art. 19.5)."""
    licence = step("licence", PROVINCE, days=10, superiors=(OFFICE, MINISTRY))
    events = told(opening((licence,), due_at=DUE_AT), chain_limit_passed(LATE_AT))
    assert events[-1] == ChainOverdue(REF, PROVINCE, DUE_AT, LATE_AT, next_at=LATE_AT)
    (escalated,) = led_to(events, next_above(LATE_AT, None, rung=1))
    assert (escalated.step, escalated.round, escalated.to, escalated.rung) == ("", 0, OFFICE, 1)
    assert escalated.next_at == at("25 09:01")


def test_the_lead_is_not_told_of_where_a_step_is_late() -> None:
    """One lateness, one ladder: that of the agency which has the step."""
    events = told(OPEN, limit_passed(LATE_AT), chain_limit_passed(LATE_AT))
    assert events[-1] == ChainOverdue(REF, COMMUNE, DUE_AT, LATE_AT, next_at=None)
    given(decider, *events).when(next_above(LATE_AT, None)).then_nothing()


def test_a_broken_promise_of_the_lead_is_told_too() -> None:
    """Who promised for the dossier answers for the promise."""
    licence = step("licence", COMMUNE, days=20, superiors=(OFFICE,))
    late = opening((licence,), due_at=DUE_AT, lead_agency=COMMUNE)
    events = told(late, warning(WARNED_AT, None), apology(WARNED_AT, planned=None), chain_limit_passed(LATE_AT))
    assert last(events).next_at == NEW_DATE
    (escalated,) = led_to(events, next_above(NEW_DATE.replace(minute=1), None))
    assert (escalated.to, escalated.overdue_since) == (OFFICE, NEW_DATE)
