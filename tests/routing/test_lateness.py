"""A limit that will not be kept: a warning in time, and one apology with one new date.

Law: NĐ 61/2018/NĐ-CP art. 19.9; NĐ 297/2025/NĐ-CP art. 6 repeats it.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from kernel.calendar import VIETNAM
from kernel.working_time import Limit, due
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import ApologiseForDelay, PassWarning
from services.routing.domain.clock_dates import warn_at
from services.routing.domain.clock_events import ApologyAsked, AppointmentMoved, DelayApologised
from services.routing.domain.events import ChainOpened, ChainOverdue, StepDecided, StepOverdue, StepReady
from tests.routing.late import (
    DUE_AT,
    LATE_AT,
    NEW_DATE,
    OPEN,
    PERMIT,
    WARNED_AT,
    apology,
    chain_limit_passed,
    last,
    limit_passed,
    warning,
)
from tests.routing.scene import (
    BIRTH,
    BUSINESS,
    CALENDAR,
    COMMUNE,
    KARAOKE,
    MONDAY,
    PROVINCE,
    REF,
    SATURDAYS,
    SECURITY,
    acknowledge,
    at,
    decision,
    done,
    led_to,
    opening,
    step,
    told,
    withdraw,
)
from tests.spec import given

# The warning


@pytest.mark.parametrize(
    ("clock_from", "limit", "expected"),
    [
        (at("16 09:00"), Limit(5, "working_days"), at("20 09:00")),
        (at("16 09:00"), Limit(2, "working_days"), at("17 09:00")),
        (at("16 09:00"), Limit(1.5, "working_days"), at("16 17:00")),
        (at("16 09:00"), Limit(1, "working_days"), at("16 15:00")),
        (at("16 09:00"), Limit(2, "working_hours"), at("16 10:00")),
        (at("16 15:30"), Limit(1, "working_days"), at("17 09:30")),
        (at("20 09:00"), Limit(2, "working_days"), at("23 09:00")),
        (at("23 09:00"), Limit(2, "working_days"), at("25 09:00")),
        (at("16 09:00"), Limit(3, "calendar_days"), at("18 09:00")),
        (at("16 09:00"), Limit(24, "calendar_hours"), at("16 21:00")),
        (at("16 09:00"), Limit(3, "working_days", "event_day_excluded"), at("18 17:30")),
        (at("16 09:00"), Limit(1, "working_minutes"), at("16 09:00")),
        (at("16 09:00"), None, at("18 09:00")),
    ],
)
def test_the_warning_comes_one_day_before_or_at_half_of_a_short_limit(
    clock_from: datetime, limit: Limit | None, expected: datetime
) -> None:
    """NĐ 61/2018 art. 19.9: at least one day before the due date; limits under two days: at half (house reading)."""
    due_at = due(CALENDAR, clock_from, limit) if limit else at("19 09:00")
    assert warn_at(CALENDAR, clock_from, due_at, limit) == expected


def test_a_warning_is_counted_on_the_calendar_of_the_agency() -> None:
    """The police work on Saturday morning: one of their days before Saturday 08:15 is Friday 09:00."""
    assert warn_at(SATURDAYS, at("16 09:00"), at("21 08:15"), Limit(5, "working_days")) == at("20 09:00")


def test_step_and_chain_say_when_they_will_be_warned_of() -> None:
    """Bells follow from events alone, so the instant stands in the event."""
    opened, ready = told(OPEN)
    assert isinstance(opened, ChainOpened)
    assert isinstance(ready, StepReady)
    assert (opened.warn_at, ready.warn_at) == (WARNED_AT, WARNED_AT)


def test_nobody_is_warned_of_a_silence_that_is_agreement() -> None:
    """NĐ 217/2026: two working days of silence are an opinion given, not lateness."""
    opinion = step("opinion", COMMUNE, silence="deemed_agreed")
    ready = last(told(opening((opinion,))))
    assert ready.warn_at is None


def test_the_late_agency_is_asked_once() -> None:
    """Art. 19.9: the resolving agency itself notifies and apologises, not the desk."""
    asked = ApologyAsked(REF, PERMIT.step, COMMUNE, 1, DUE_AT, WARNED_AT)
    given(decider, *told(OPEN)).when(warning(WARNED_AT)).then(asked)


@pytest.mark.parametrize(
    ("before", "bell"),
    [
        ((), warning(WARNED_AT)),
        ((OPEN, *done(PERMIT)), warning(WARNED_AT)),
        ((OPEN, withdraw()), warning(WARNED_AT)),
        ((OPEN,), warning(WARNED_AT, round=2)),
        ((OPEN, warning(WARNED_AT), apology(WARNED_AT)), warning(LATE_AT)),
        ((OPEN, *done(PERMIT)), warning(WARNED_AT, None)),
        ((OPEN, warning(WARNED_AT)), warning(WARNED_AT, None)),
    ],
    ids=["no chain", "decided", "withdrawn", "another round", "apologised", "chain over", "asked in the step"],
)
def test_a_warning_that_is_moot_asks_nobody(before: tuple[Any, ...], bell: PassWarning) -> None:
    """Bells may ring late or twice; what they say no longer matters then."""
    given(decider, *told(*before)).when(bell).then_nothing()


def test_the_lead_is_asked_where_no_step_is_the_reason() -> None:
    """NĐ 61/2018 art. 19.5: the lead answers for the appointment."""
    due_at = at("18 09:00")
    events = told(opening(KARAOKE, due_at=due_at))
    asked = ApologyAsked(REF, "", PROVINCE, 0, due_at, at("17 09:00"))
    given(decider, *events).when(warning(at("17 09:00"), None)).then(asked)


# The apology


def test_an_apology_gives_the_applicant_one_new_date() -> None:
    """Art. 19.9 and Mẫu 04: reason, old date, new date."""
    events = told(OPEN, acknowledge(PERMIT), warning(WARNED_AT))
    given(decider, *events).when(apology(WARNED_AT)).then(
        DelayApologised(
            REF, PERMIT.step, COMMUNE, 1, "backlog", "s1.p7f3a.x", DUE_AT, NEW_DATE, "officer:7", WARNED_AT
        ),
        AppointmentMoved(
            REF, "apology", PERMIT.step, COMMUNE, 1, WARNED_AT, None, CALENDAR.id, CALENDAR.version, NEW_DATE,
            "s1.p7f3a.x", "officer:7", WARNED_AT,
        ),
    )  # fmt: skip


def test_an_apology_does_not_hide_lateness() -> None:
    """Honest data only: the lawful date stays, what passes it is overdue, and its decision not in time."""
    events = told(OPEN, acknowledge(PERMIT), warning(WARNED_AT), apology(WARNED_AT))
    chain = decider.fold(events)
    assert (chain.due_at, chain.promised_at, chain.appointment()) == (DUE_AT, NEW_DATE, NEW_DATE)
    (overdue,) = led_to(events, limit_passed(LATE_AT))
    assert isinstance(overdue, StepOverdue)
    assert overdue.due_at == DUE_AT
    (chain_overdue,) = led_to(events, chain_limit_passed(LATE_AT))
    assert isinstance(chain_overdue, ChainOverdue)
    assert chain_overdue.due_at == DUE_AT
    decided, _ = led_to(events, decision(PERMIT, at("24 09:00").replace(day=25)))
    assert isinstance(decided, StepDecided)
    assert not decided.on_time


def test_an_agency_that_is_late_already_may_still_apologise() -> None:
    """Too late is worse than in time, and better than never."""
    events = told(OPEN)
    kinds = given(decider, *events).when(apology(LATE_AT)).then_kinds(DelayApologised, AppointmentMoved)
    assert kinds[0].due_at == DUE_AT


def test_a_new_date_is_given_at_most_once() -> None:
    """Art. 19.9: "không quá 01 lần"; the same apology again is not a second one."""
    events = told(OPEN, warning(WARNED_AT), apology(WARNED_AT))
    given(decider, *events).when(apology(at("20 10:00"))).then_nothing()
    refused = given(decider, *events).when(apology(LATE_AT, at("27 10:00"))).refused("reappointed_once")
    assert refused.law == "NĐ 61/2018/NĐ-CP art. 19.9"
    by_lead = apology(LATE_AT, at("27 10:00"), None)
    given(decider, *events).when(by_lead).refused("reappointed_once")


def test_a_step_that_is_late_moves_no_appointment_that_still_holds() -> None:
    """The result is promised for December; a day of delay at the commune changes nothing of that."""
    business = replace(BUSINESS, superiors=(PROVINCE,))
    events = told(opening((business, *KARAOKE[1:])), warning(at("18 09:00"), business))
    late = apology(at("18 10:00"), at("20 10:00"), business)
    given(decider, *events).when(late).then_kinds(DelayApologised)
    events = told(late, *done(business, at("20 09:30")), before=events)
    due_at = decider.fold(events).due_at
    assert due_at is not None
    security = apology(due_at, due_at.replace(day=due_at.day + 1), SECURITY)
    given(decider, *events).when(security).then_kinds(DelayApologised, AppointmentMoved)


def test_a_late_tax_office_apologises_itself_and_moves_no_appointment() -> None:
    """Land (Nghệ An QĐ 95/2025): it is late on a limit of its own; its days are not counted in the appointment."""
    tax = step("tax", COMMUNE, days=5, not_counted="tax_notice")
    events = told(opening((tax,)), warning(WARNED_AT, tax))
    given(decider, *events).when(apology(WARNED_AT, planned=tax)).then_kinds(DelayApologised)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (apology(at("16 10:00")), "not_late"),
        (apology(at("16 10:00"), planned=None), "not_late"),
        (apology(WARNED_AT, agency="H48.99"), "not_your_step"),
        (apology(WARNED_AT, agency="H48.99", planned=None), "not_the_lead"),
        (apology(WARNED_AT, step="tea_break"), "step_unknown"),
    ],
)
def test_who_has_nothing_to_apologise_for_is_told_so(command: ApologiseForDelay, code: str) -> None:
    """No date moves before lateness is near, and only at the word of who is late or leads."""
    given(decider, *told(OPEN)).when(command).refused(code)


def test_what_has_ended_is_not_apologised_for() -> None:
    """A decided step has its result; a chain that ended has no date any more."""
    events = told(OPEN, warning(WARNED_AT), *done(PERMIT, WARNED_AT))
    given(decider, *events).when(apology(at("20 10:00"))).refused("step_decided")
    given(decider, *events).when(apology(at("20 10:00"), planned=None)).refused("chain_ended")
    given(decider).when(apology(WARNED_AT)).refused("chain_unknown")


@pytest.mark.parametrize(
    ("new_due_at", "reason"),
    [
        (at("20 08:00"), "ahead"),
        (WARNED_AT, "ahead"),
        (at("20 10:00"), "2026-11-23T09:00:00+07:00"),
        (DUE_AT, "2026-11-23T09:00:00+07:00"),
        (at("24 10:00"), "2026-11-25T07:30:00+07:00"),
        (at("25 12:00"), "2026-11-25T13:30:00+07:00"),
        (at("25 18:00"), "2026-11-26T07:30:00+07:00"),
        (at("28 10:00"), "2026-11-30T07:30:00+07:00"),
    ],
    ids=["past", "now", "early", "the lawful date", "Culture Day", "midday", "evening", "Saturday"],
)
def test_a_new_date_that_is_none_says_what_would_be(new_due_at: datetime, reason: str) -> None:
    """A promise is a future hour at which somebody is at the desk."""
    events = told(OPEN, warning(WARNED_AT))
    refused = given(decider, *events).when(apology(WARNED_AT, new_due_at)).refused("new_date_unfit")
    (invalid,) = refused.invalid
    assert invalid.name == "new_due_at"
    assert reason in invalid.reason


def test_the_end_of_the_desk_hours_is_a_date_too() -> None:
    """A due instant is the end of the last counted minute."""
    events = told(OPEN, warning(WARNED_AT))
    given(decider, *events).when(apology(WARNED_AT, at("25 17:30"))).then_kinds(DelayApologised, AppointmentMoved)


def test_a_calendar_that_ends_promises_nothing() -> None:
    """A date that nobody can check is refused, not guessed."""
    far = datetime(2027, 4, 1, 10, tzinfo=VIETNAM)
    events = told(OPEN, warning(WARNED_AT))
    given(decider, *events).when(apology(WARNED_AT, far)).refused("calendar_does_not_reach")


def test_the_lead_may_apologise_for_the_dossier() -> None:
    """Art. 19.5: it answers for the appointment, whoever holds the step."""
    late = told(opening(KARAOKE, due_at=at("18 09:00"), lead_agency=COMMUNE), warning(at("17 09:00"), None))
    spec = given(decider, *late).when(apology(at("17 10:00"), planned=None))
    apologised, moved = spec.then_kinds(DelayApologised, AppointmentMoved)
    assert (apologised.step, apologised.round, apologised.due_at) == ("", 0, at("18 09:00"))
    assert (moved.cause, moved.number, moved.due_at) == ("apology", 1, NEW_DATE)


def test_a_bundle_of_a_day_is_warned_of_at_noon() -> None:
    """NĐ 301/2026: birth registration within a day; half of it is left to mend things."""
    ready = last(told(opening((BIRTH,), MONDAY)))
    assert ready.warn_at == at("16 15:00")
