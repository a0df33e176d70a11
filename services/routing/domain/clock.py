"""The clocks that run in a chain, with every counted and skipped interval, so that a person can check each date.

Law: NĐ 61/2018/NĐ-CP arts. 19.4–19.9; docs/algorithms/working-time.md.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from kernel.clock_reasons import legal_derivation
from kernel.clocks import History, Standstill, Turn, legal_clock
from kernel.working_time import WHOLE_LAST_DAY, Calendar, Interval, Limit, derive, due, working_minutes_between
from services.routing.domain.chain_clock import turn_of
from services.routing.domain.clock_dates import MINUTE, runs_day_and_night
from services.routing.domain.plan import Calendars
from services.routing.domain.progress import Chain, Progress


@dataclass(frozen=True, slots=True)
class Clock:
    """One running clock.

    Args:
        step: whose clock it is; "" for the chain as a whole.
        agency: who answers for it: the step's agency, or the one that leads the chain; "" where the applicant acts.
        limit: what the law gives, or None where the appointment alone is known.
        used_minutes, left_minutes: of the limit's own minutes (the calendar's working minutes, or all of them where the
            limit runs day and night) until now and from now on; what is overdue stands in `left_minutes` below zero.
        derivation: from `clock_from` to `due_at` without a gap.
    """

    step: str
    agency: str
    clock_from: datetime
    due_at: datetime
    limit: Limit | None
    calendar_id: str
    calendar_version: str
    used_minutes: int
    left_minutes: int
    derivation: tuple[Interval, ...]


def clocks(chain: Chain, calendars: Calendars, now: datetime) -> tuple[Clock, ...]:
    """Return the clocks that run now: the chain's, unless it stands still, and one for each step with whoever has it.

    A step whose agency stopped its clock has none that runs.
    """
    if not chain.is_open:
        return ()
    running = (progress for progress in chain.steps.values() if progress.is_running and progress.stopped_on is None)
    of_steps = tuple(_of_step(progress, calendars, now) for progress in running)
    return of_steps if chain.stands_still else (_of_chain(chain, calendars, now), *of_steps)


def _of_chain(chain: Chain, calendars: Calendars, now: datetime) -> Clock:
    assert chain.clock_from is not None
    assert chain.due_at is not None
    calendar = calendars(chain.calendar_id, chain.counted_on)
    told = _clock("", chain.lead_agency, calendar, chain.clock_from, chain.due_at, chain.limit, now)
    turn = turn_of(chain, calendars)
    if turn.whole_last_day:
        told = _as_told(told, History(chain.clock_from, (turn,)), now)
    return replace(told, limit=None) if chain.dated_with else told  # no one limit leads to a date that was moved on


def _of_step(progress: Progress, calendars: Calendars, now: datetime) -> Clock:
    assert progress.clock_from is not None
    assert progress.due_at is not None
    plan = progress.plan
    calendar = calendars(plan.calendar_id, plan.calendar_version)
    running = _clock(plan.step, plan.agency, calendar, progress.clock_from, progress.due_at, progress.limit, now)
    ends_with_day = progress.limit.counting == WHOLE_LAST_DAY
    return _stood_still(running, progress, calendar, now) if progress.stood or ends_with_day else running


def _stood_still(running: Clock, progress: Progress, calendar: Calendar, now: datetime) -> Clock:
    """Return a clock that may have stood still before, with those stretches in its derivation, not counted."""
    first_due = due(calendar, running.clock_from, progress.limit)
    history = History(
        accepted_at=running.clock_from,
        turns=(Turn(calendar, running.clock_from, progress.limit, first_due),),
        standstills=tuple(Standstill(*stood) for stood in progress.stood),
    )
    return _as_told(running, history, now)


def _as_told(running: Clock, history: History, now: datetime) -> Clock:
    told, derivation = legal_clock(history, now), legal_derivation(history, now)
    return replace(running, used_minutes=told.used_minutes, left_minutes=told.left_minutes, derivation=derivation)


def _clock(
    step: str,
    agency: str,
    calendar: Calendar,
    clock_from: datetime,
    due_at: datetime,
    limit: Limit | None,
    now: datetime,
) -> Clock:
    day_and_night = runs_day_and_night(limit)
    present = max(now, clock_from)
    return Clock(
        step,
        agency,
        clock_from,
        due_at,
        limit,
        calendar.id,
        calendar.version,
        _minutes(calendar, clock_from, present, day_and_night),
        _minutes(calendar, present, due_at, day_and_night),
        _derivation(calendar, clock_from, due_at, limit),
    )


def _derivation(
    calendar: Calendar, clock_from: datetime, due_at: datetime, limit: Limit | None
) -> tuple[Interval, ...]:
    """Return the intervals until `due_at`; where no one limit leads there, those of the minutes that lie between."""
    derived = derive(calendar, clock_from, limit) if limit else None
    if derived is None or derived.at != due_at:
        day_and_night = runs_day_and_night(limit)
        minutes = _minutes(calendar, clock_from, due_at, day_and_night)
        rest = Limit(minutes, "minutes" if day_and_night else "working_minutes") if minutes > 0 else None
        derived = derive(calendar, clock_from, rest) if rest else None
    return derived.derivation if derived and derived.at == due_at else ()


def _minutes(calendar: Calendar, a: datetime, b: datetime, day_and_night: bool) -> int:
    return (b - a) // MINUTE if day_and_night else working_minutes_between(calendar, a, b)
