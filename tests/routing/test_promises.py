"""A promised date on a day that is closed, or at which the platform is broken, is kept on the next that can be.

Law: NĐ 61/2018/NĐ-CP art. 19.9 (one new date, visibly or not at all); NĐ 301/2026/NĐ-CP art. 4.7 (an incident).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from kernel.message import Timer
from services.routing.domain.bells import AFTER_LIMIT, timers
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import RedateAppointment
from services.routing.domain.clock_events import (
    AppointmentMoved,
    ClockResumed,
    DelayApologised,
    LatenessEscalated,
    PromiseMoved,
)
from services.routing.domain.honest_lateness import dishonest_lateness
from tests.routing.late import (
    DUE_AT,
    LATE_AT,
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
from tests.routing.paused import SYSTEM, broken, mended
from tests.routing.scene import CALENDAR, COMMUNE, PROVINCE, REF, acknowledge, at, calendars_of, done, led_to, told
from tests.spec import given

EARLY = replace(OPEN, plan=(replace(PERMIT, limit=replace(PERMIT.limit, value=3.0)),), due_at=at("19 09:00"))
"""The same step, due on Thursday 19 at 09:00, so that the new date can be the Monday of the storm."""
STORM = at("23 10:00")
AFTER_STORM = at("25 10:00")
PROMISED = told(EARLY, acknowledge(PERMIT), warning(at("18 09:00")), apology(at("18 10:00"), STORM))
LATE = told(limit_passed(at("19 09:01")), chain_limit_passed(at("19 09:01")), before=PROMISED)
FRIDAY = at("20 09:00")


def redate(now: datetime = FRIDAY, version: str = "2") -> RedateAppointment:
    return RedateAppointment(
        ref=REF, calendar_id=CALENDAR.id, calendar_version=version, actor=SYSTEM, now=now, calendars=calendars_of
    )


def verified(events: tuple[Any, ...]) -> list[str]:
    return list(dishonest_lateness(("chain-x", event) for event in events))


def moved(step: str, cause: Any, since: datetime, to: datetime, now: datetime) -> tuple[Any, ...]:
    """Return the fact that a promise moved, and the date that the applicant has with it."""
    agency, round = (COMMUNE, 1) if step else (OPEN.lead_agency, 0)
    return (
        PromiseMoved(REF, step, agency, round, cause, since, to, SYSTEM, now),
        AppointmentMoved(
            REF, "apology", step, agency, 1, now, None, CALENDAR.id, CALENDAR.version, to, "", SYSTEM, now
        ),
    )


@pytest.mark.parametrize("before", [PROMISED, LATE], ids=["before its limit", "late already"])
def test_a_promise_on_a_day_that_was_closed_later_is_kept_on_the_next_open_one(before: tuple[Any, ...]) -> None:
    """The same hour after the storm and Culture Day, by a fact that says why; asked twice, done once."""
    facts = moved(PERMIT.step, "closed_day", STORM, AFTER_STORM, FRIDAY)
    given(decider, *before).when(redate()).then(*facts)
    given(decider, *before, *facts).when(redate()).then_nothing()


def test_lateness_stays_what_it_is() -> None:
    """The lawful date does not move, and a second new date is refused as before."""
    events = told(redate(), before=LATE)
    chain = decider.fold(events)
    assert (chain.due_at, chain.promised_at, chain.overdue) == (at("19 09:00"), AFTER_STORM, True)
    assert chain.steps[PERMIT.step].promised_at == AFTER_STORM
    given(decider, *events).when(apology(FRIDAY, at("27 09:00"))).refused("reappointed_once")
    assert verified(events) == []
    promise: Any = events[-2]
    appointed = events[-1]
    assert verified((*events, appointed)) == [f"chain-x: re-appointed a second time, at {FRIDAY.isoformat()}"]
    earlier = replace(promise, new_due_at=FRIDAY)
    assert "moved to a date that is not later" in verified((*LATE, earlier))[0]


def test_nobody_is_told_above_before_the_moved_promise_is_broken() -> None:
    """Its bell rings when the promise is broken on its new day."""
    (promise, appointed) = led_to(LATE, redate())
    events = (*LATE, promise, appointed)
    given(decider, *events).when(next_above(STORM.replace(minute=1))).then_nothing()
    assert [bell.due_at for bell in timers(promise) if isinstance(bell, Timer)] == [AFTER_STORM + AFTER_LIMIT]
    (escalated,) = led_to(events, next_above(AFTER_STORM.replace(minute=1)))
    assert (escalated.to, escalated.overdue_since) == (PROVINCE, AFTER_STORM)


def test_a_promise_of_the_lead_for_the_whole_moves_too() -> None:
    """It is nobody's step; the lead answers for it."""
    events = told(EARLY, warning(at("18 09:00"), None), apology(at("18 10:00"), STORM, planned=None))
    given(decider, *events).when(redate()).then(*moved("", "closed_day", STORM, AFTER_STORM, FRIDAY))


def test_a_promise_that_keeps_the_appointment_moves_alone() -> None:
    """The agency told the applicant a date of its own step; the appointment is another one, and stays."""
    wide = replace(EARLY, due_at=at("30 09:00"))
    events = told(wide, warning(at("18 09:00")), apology(at("18 10:00"), STORM))
    assert isinstance(last(events), DelayApologised)
    promise, _ = moved(PERMIT.step, "closed_day", STORM, AFTER_STORM, FRIDAY)
    given(decider, *events).when(redate()).then(promise)


@pytest.mark.parametrize(
    ("before", "command"),
    [
        (LATE, redate(version="1")),
        (LATE, redate(STORM.replace(minute=1))),
        (told(EARLY, warning(at("18 09:00")), apology(at("18 10:00"), at("20 10:00"))), redate()),
        (told(*done(PERMIT, FRIDAY), before=LATE), redate()),
    ],
    ids=["same calendar", "passed", "open day", "ended"],
)
def test_no_other_promise_moves(before: tuple[Any, ...], command: RedateAppointment) -> None:
    """What still holds, or has passed, is left alone."""
    given(decider, *before).when(command).then_nothing()


WARNED = told(OPEN, acknowledge(PERMIT), warning(WARNED_AT))


@pytest.mark.parametrize(
    ("promised", "since", "ended", "kept"),
    [
        ("26 10:00", "26 09:00", "26 11:00", "27 10:00"),
        ("26 10:00", "26 09:00", "27 08:00", "27 10:00"),
        ("26 10:00", "26 09:00", "27 14:00", "30 10:00"),
        ("26 10:00", "26 10:00", "26 10:00", "27 10:00"),
        ("26 10:00", "25 09:00", "26 09:59", None),
        ("26 10:00", "26 10:01", "26 11:00", None),
    ],
)
def test_a_promise_that_an_incident_took_is_kept_at_the_same_hour_ahead(
    promised: str, since: str, ended: str, kept: str | None
) -> None:
    """A promise is no limit with minutes to give back: only one for a moment without a platform moves."""
    date, now = at(promised), at(ended)
    events = told(apology(WARNED_AT, date), limit_passed(LATE_AT), chain_limit_passed(LATE_AT), before=WARNED)
    standing = told(broken(at(since), at(since)), before=events)
    facts = moved(PERMIT.step, "incident", date, at(kept), now) if kept else ()
    given(decider, *standing).when(mended(now)).then(ClockResumed(REF, "incident", "", now), *facts)


def test_while_the_platform_is_broken_a_promise_is_not() -> None:
    """Nobody can keep it, so nobody above is told; once it has moved and is broken, they are."""
    date, ended = at("26 10:00"), at("26 11:00")
    events = told(apology(WARNED_AT, date), limit_passed(LATE_AT), chain_limit_passed(LATE_AT), before=WARNED)
    broken_down = broken(at("26 09:00"), at("26 09:00"))
    standing = told(broken_down, before=events)
    for planned in (PERMIT, None):
        given(decider, *standing).when(next_above(at("26 10:01"), planned)).then_nothing()
    after = told(mended(ended), before=standing)
    (escalated,) = given(decider, *after).when(next_above(at("27 10:01"))).then_kinds(LatenessEscalated)
    assert escalated.overdue_since == at("27 10:00")


def test_a_lawful_date_that_moved_past_a_promise_leaves_it_behind() -> None:
    """The applicant has the later of both; the promise is worth nothing any more."""
    events = told(apology(WARNED_AT, at("23 14:00")), broken(at("23 08:00"), at("23 08:00")), before=WARNED)
    after = told(mended(at("26 08:00")), before=events)
    assert not any(isinstance(event, PromiseMoved) for event in after)
    chain = decider.fold(after)
    assert chain.appointment() == chain.due_at == at("26 09:00") > DUE_AT
