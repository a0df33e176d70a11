"""One step of five days that is not kept, and everything that is said to it, as the tests of lateness tell it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from kernel.working_time import Limit
from services.routing.domain.clock_commands import ApologiseForDelay, PassWarning, TellNextAbove
from services.routing.domain.commands import JudgeStepLimit, PassChainLimit
from services.routing.domain.plan import PlannedStep
from tests.routing.scene import (
    COMMUNE,
    PROVINCE,
    REF,
    at,
    calendars_of,
    opening,
    step,
)

TIMER = "system:timer"
OFFICE, MINISTRY = "H48.VP", "G09"
PERMIT = step("permit", COMMUNE, days=5, superiors=(PROVINCE, OFFICE, MINISTRY))
"""One step, five working days from Monday 09:00: due on Monday 23 at 09:00, warned of on Friday 20 at 09:00."""
OPEN = opening((PERMIT,), due_at=at("23 09:00"), total_limit=Limit(5, "working_days"), lead_agency=COMMUNE)
WARNED_AT, DUE_AT, LATE_AT = at("20 09:00"), at("23 09:00"), at("23 09:01")
NEW_DATE = at("26 10:00")


def last(events: tuple[Any, ...]) -> Any:
    """Return the newest fact, whatever it is; what the test asks of it shows which."""
    return events[-1]


def warning(now: datetime, planned: PlannedStep | None = PERMIT, round: int = 1) -> PassWarning:
    """Return the bell for a step, or with None the one for the chain as a whole."""
    step_of, rounds = (planned.step, round) if planned else ("", 0)
    return PassWarning(ref=REF, step=step_of, round=rounds, actor=TIMER, now=now)


def apology(now: datetime, new_due_at: datetime = NEW_DATE, planned: PlannedStep | None = PERMIT, **other: Any) -> Any:
    command = ApologiseForDelay(
        ref=REF,
        step=planned.step if planned else "",
        agency=planned.agency if planned else COMMUNE,
        reason_code="backlog",
        note="s1.p7f3a.x",
        new_due_at=new_due_at,
        actor="officer:7",
        now=now,
        calendars=calendars_of,
    )
    return replace(command, **other)


def limit_passed(now: datetime, planned: PlannedStep = PERMIT, round: int = 1) -> JudgeStepLimit:
    return JudgeStepLimit(ref=REF, step=planned.step, round=round, actor=TIMER, now=now, calendars=calendars_of)


def chain_limit_passed(now: datetime) -> PassChainLimit:
    return PassChainLimit(ref=REF, actor=TIMER, now=now)


def next_above(now: datetime, planned: PlannedStep | None = PERMIT, rung: int = 0, round: int = 1) -> TellNextAbove:
    step_of, rounds = (planned.step, round) if planned else ("", 0)
    return TellNextAbove(ref=REF, step=step_of, round=rounds, rung=rung, actor=TIMER, now=now, calendars=calendars_of)
