"""One step of five days whose law names two grounds to stop its clock, and everything that is said to it."""

from datetime import datetime

from kernel.working_time import Limit
from services.routing.domain.clock_commands import (
    DeclareIncident,
    EndIncident,
    EndPause,
    ResumeStepClock,
    StopStepClock,
)
from services.routing.domain.plan import PlannedPause, PlannedStep
from services.routing.domain.words import Ground
from tests.routing.scene import (
    COMMUNE,
    PROVINCE,
    REF,
    acknowledge,
    at,
    calendars_of,
    opening,
    step,
    told,
)

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
