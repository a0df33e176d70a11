"""A clock stands still on a ground that the law names, for as long as the law lets it, and loses nothing meanwhile.

Law: QĐ 766/QĐ-TTg; each procedure's own.
"""

from dataclasses import replace
from typing import Any

import pytest

from kernel.working_time import Limit
from services.routing.domain.chain import decider
from services.routing.domain.clock import clocks
from services.routing.domain.clock_commands import (
    EndPause,
)
from services.routing.domain.clock_events import AppointmentMoved, ClockResumed, StepClockResumed, StepClockStopped
from services.routing.domain.commands import PassChainLimit
from services.routing.domain.events import ChainClosed, ClockSuspended, StepDecided
from services.routing.domain.plan import LongerLimit
from tests.routing.late import limit_passed, next_above, warning
from tests.routing.paused import (
    BESIDE,
    CHECK,
    LAW,
    OPEN,
    STANDING,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    go_on,
    pause_over,
    stop,
)
from tests.routing.scene import (
    CALENDAR,
    COMMUNE,
    MONDAY,
    PROVINCE,
    REF,
    acknowledge,
    at,
    calendars_of,
    decision,
    done,
    extend,
    led_to,
    send_back,
    told,
    withdraw,
)
from tests.spec import given


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


def test_the_derivation_shows_what_stood_still_and_does_not_count_it() -> None:
    """Any inspector can ask "why this date": the pause is a stretch of its own, and the minutes add up to the limit."""
    chain = decider.fold(told(pause_over(THURSDAY), before=STANDING))
    clock = clocks(chain, calendars_of, at("20 09:00"))[-1]
    assert (clock.step, clock.derivation[0].start, clock.derivation[-1].end) == (CHECK.step, MONDAY, at("26 09:00"))
    still = [one for one in clock.derivation if one.reason == "standstill:third_party"]
    assert (still[0].start, still[-1].end) == (TUESDAY, THURSDAY)
    assert sum(one.counted_minutes for one in still) == 0
    assert sum(one.counted_minutes for one in clock.derivation) == 5 * 480
    assert (clock.used_minutes, clock.left_minutes) == (540 + 420, 5 * 480 - 960)


def test_a_longer_limit_keeps_what_stood_still() -> None:
    """The limit of a verification is counted from the beginning, and the pause is still not part of it."""
    longer = replace(CHECK, longer_limits=(LongerLimit("verification", Limit(7, "working_days"), LAW),))
    events = told(replace(OPEN, plan=(longer,)), acknowledge(CHECK), stop(), pause_over(THURSDAY))
    extended, moved = led_to(events, extend(longer, at("20 09:00")))
    assert extended.due_at == at("30 09:00")
    assert moved.cause == "extended"
    standing = told(replace(OPEN, plan=(longer,)), acknowledge(CHECK), stop())
    given(decider, *standing).when(extend(longer, at("18 09:00"))).refused("clock_stands_still")


def test_a_step_sent_back_starts_its_next_round_with_a_clock_that_runs() -> None:
    """A pause belongs to its round."""
    events = told(OPEN, acknowledge(CHECK), stop(), send_back(CHECK, "desk", WEDNESDAY))
    progress = decider.fold(events).steps[CHECK.step]
    assert not progress.is_running
    given(decider, *events).when(go_on(THURSDAY)).refused("step_sent_back")
