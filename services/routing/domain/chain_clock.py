"""Whether the clock of the whole chain runs, and which date the applicant therefore has.

Law: NĐ 118/2025/NĐ-CP art. 17.3 (received elsewhere, the clock starts at the resolving agency); NĐ 101/2024/NĐ-CP and
QĐ 138/2025/QĐ-UBND (Đồng Tháp) art. 30 (land: two appointments; tax and payment are not counted); QĐ 766/QĐ-TTg
(grounds).

The clock stands still while every step with which something could be done is one that is not counted, or stands still
itself. When it runs again the rest of the limit is counted from there, or the next appointment begins.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from kernel.clocks import Turn
from kernel.working_time import WHOLE_LAST_DAY, Calendar, Limit, counted_until, due, starts_at, that_leads_to
from services.routing.domain import graph
from services.routing.domain.clock_dates import MINUTE, warn_at
from services.routing.domain.clock_events import AppointmentMoved, ClockResumed, StepClockStarted, StepClockStopped
from services.routing.domain.escalation import chain_told_at
from services.routing.domain.events import ChainOverdue, ClockRestarted, ClockSuspended
from services.routing.domain.facts import Facts, folded
from services.routing.domain.plan import Calendars, PlannedAppointment
from services.routing.domain.progress import Chain, Progress
from services.routing.domain.words import Ground, MoveCause

Extensions = tuple[tuple[str, str], ...]
"""Steps with the ground on which the law gave each its longer limit."""


def clock_follows(
    chain: Chain, facts: Facts, calendars: Calendars, *, at: datetime, over_at: datetime, by: str
) -> Facts:
    """Return `facts` with what they mean for the clock of the whole chain: it stands still, runs again, or neither.

    Args:
        chain: as it was before `facts`.
        over_at: when what the clock stood still for was over; `at` is when that is heard.
    """
    if not _may_stand_still(chain, facts):
        return facts
    after = folded(chain, facts)
    if not after.is_open:
        return facts
    stands_on = dict(_stands_on(after))
    held = {one.step: one.ground for one in after.standstills if one.step}
    begun = tuple(
        ClockSuspended(chain.ref, ground, at, step)
        for step, ground in stands_on.items()
        if (step, ground) not in held.items()
    )
    over = tuple(
        ClockResumed(chain.ref, ground, step, max(over_at, _since(after, step)))
        for step, ground in held.items()
        if (step, ground) not in stands_on.items()
    )
    late = passed(after, at) if begun and not after.stands_still else ()
    facts = (*facts, *late, *begun, *over)
    return (*facts, *_dated(chain, facts, calendars, at=at, over_at=over_at, by=by))


def passed(chain: Chain, now: datetime) -> Facts:
    """Return that the appointment passed, if it did and the clock runs; the last instant is still in time.

    Law: NĐ 61/2018 art. 19.9; while the clock stands still nothing falls due.
    """
    if not chain.is_open or chain.overdue or chain.stands_still or chain.due_at is None or now <= chain.due_at:
        return ()
    return (ChainOverdue(chain.ref, chain.lead_agency, chain.due_at, now, chain_told_at(chain, now)),)


def received(chain: Chain, progress: Progress, calendars: Calendars, *, at: datetime, by: str) -> Facts:
    """Return the clocks that start now, because an agency received what was received elsewhere; else nothing."""
    if not chain.awaits_receipt(progress):
        return ()
    plan = progress.plan
    calendar = calendars(plan.calendar_id, plan.calendar_version)
    clock_from = starts_at(calendar, at, chain.same_day_until)
    due_at, send_back_by = due(calendar, clock_from, progress.limit), due(calendar, clock_from, plan.send_back_within)
    started = StepClockStarted(
        chain.ref,
        plan.step,
        plan.agency,
        progress.round,
        clock_from,
        due_at,
        send_back_by,
        at,
        warn_at(calendar, clock_from, due_at, progress.limit) if plan.lateness_counts else None,
    )
    if chain.received_at is not None:
        return (started,)
    whole = calendars(chain.calendar_id, chain.calendar_version)
    counted_from, limit = starts_at(whole, at, chain.same_day_until), chain.promised()
    promised = due(whole, counted_from, limit) if limit else _end_of_part(chain, whole, counted_from)
    return (started, _moved(chain, calendars, "received", plan.step, 1, counted_from, limit, promised, by, at))


def recounted(chain: Chain, calendars: Calendars, *, at: datetime, by: str) -> Facts:
    """Return what a supplement that restarted the clock means for the date, beyond what the desk counts.

    The desk counts the first appointment alone, and knows of no longer limit that a step goes on with.
    """
    assert chain.clock_from is not None
    later = _of_later_appointment(chain, calendars, at=at, by=by)
    return (*later, *_still_owed(folded(chain, later), calendars, at=at, runs_at=chain.clock_from, by=by))


def _still_owed(chain: Chain, calendars: Calendars, *, at: datetime, runs_at: datetime, by: str) -> Facts:
    """Return what was gained while the clock stood still, or is kept by a step that runs on past a restart."""
    if not chain.extended:
        return ()
    return extended(chain, chain.extended[-1][0], calendars, at=at, runs_at=runs_at, by=by)


def _of_later_appointment(chain: Chain, calendars: Calendars, *, at: datetime, by: str) -> Facts:
    limit = chain.promised()
    if chain.number == 1 or limit is None or chain.clock_from is None:
        return ()
    due_at = due(calendars(chain.calendar_id, chain.calendar_version), chain.clock_from, limit)
    if due_at == chain.due_at:
        return ()
    return (_moved(chain, calendars, "resumed", "", chain.number, chain.clock_from, limit, due_at, by, at),)


def extended(chain: Chain, step: str, calendars: Calendars, *, at: datetime, runs_at: datetime, by: str) -> Facts:
    """Return the later date that the law's longer limits give the whole: by what its longest path gained, and once.

    A step beside the longest path moves nothing. What is late already stays late, and while the clock stands still the
    date waits until it runs again.

    Args:
        chain: with every longer limit claimed so far.
        step: whose limit is longer now.
        runs_at: when the clock was last known to run.
    """
    if chain.extended == chain.dated_with or not chain.is_open or chain.stands_still:
        return ()
    if chain.due_at is None or chain.clock_from is None or runs_at > chain.due_at:
        return ()
    calendar = calendars(chain.calendar_id, chain.counted_on)
    turn = turn_of(chain, calendars)
    shorter = _end_of_part(chain, calendar, chain.clock_from, chain.dated_with, counted=turn.whole_last_day)
    longer = _end_of_part(chain, calendar, chain.clock_from, chain.extended, counted=turn.whole_last_day)
    gained_minutes = turn.minutes(shorter, longer)
    if gained_minutes == 0:
        return ()
    later = turn.longer_by(gained_minutes)
    due_at, limit = later.due_at.astimezone(UTC), _whole_days_since(turn.since, later)
    moved = _moved(chain, calendars, "extended", step, chain.number, chain.clock_from, limit, due_at, by, at)
    return (replace(moved, warn_at=warn_at(calendar, chain.clock_from, due_at, limit or chain.limit)),)


def turn_of(chain: Chain, calendars: Calendars) -> Turn:
    """Return the count that led to the date that the chain has now.

    Where all of a limit in days was counted before it stood still, none is left and only its last day goes on. A longer
    limit goes on from where the count ended, which such a date says that it was counted from.
    """
    assert chain.clock_from is not None
    assert chain.due_at is not None
    calendar, since = calendars(chain.calendar_id, chain.counted_on), chain.clock_from
    limit, promised = chain.limit, chain.promised()
    if limit is None and promised is not None and promised.unit == "calendar_days":
        return Turn(calendar, since, replace(promised, counting=WHOLE_LAST_DAY), chain.due_at, counted_to=since)
    if limit is not None:
        goes_on = None if limit.counting == WHOLE_LAST_DAY else limit
        limit = that_leads_to(calendar, since, limit, chain.due_at) or goes_on
    return Turn(calendar, since, limit, chain.due_at)


def _whole_days_since(since: datetime, turn: Turn) -> Limit | None:
    """Return all that a count of calendar days has since `since`, to the end of its last day; None for any other."""
    minutes = (turn.ends - since) // MINUTE if turn.whole_last_day else 0
    return Limit(minutes, "minutes", WHOLE_LAST_DAY) if minutes else None


def _may_stand_still(chain: Chain, facts: Facts) -> bool:
    """Most chains never can; they are not looked at twice."""
    if chain.standstills or chain.appointments or any(isinstance(fact, StepClockStopped) for fact in facts):
        return True
    return any(progress.plan.not_counted or progress.stopped_on for progress in chain.steps.values())


def _stands_on(chain: Chain) -> Iterator[tuple[str, Ground]]:
    """Yield each step with its ground, if there is no step whose minutes count; those that only wait have none."""
    found: list[tuple[str, Ground]] = []
    for step, progress in chain.steps.items():
        if not (progress.is_running or progress.waits_at_desk):
            continue
        ground = None if progress.waits_at_desk else _own_ground(progress)
        if ground is None:
            return
        found.append((step, ground))
    yield from found


def _own_ground(progress: Progress) -> Ground | None:
    """An incident is said once, of the whole chain, and not of each step again."""
    return progress.plan.not_counted if progress.stopped_on in (None, "incident") else progress.stopped_on


def _since(chain: Chain, step: str) -> datetime:
    return next(one.since for one in chain.standstills if one.step == step)


def _dated(before: Chain, facts: Facts, calendars: Calendars, *, at: datetime, over_at: datetime, by: str) -> Facts:
    """Return the new date, where the clock runs again or the next appointment begins."""
    after = folded(before, facts)
    if after.stands_still:
        return ()
    still_since = before.still_since
    runs_from = over_at if still_since is None else max(over_at, still_since)
    upcoming = _begins(after)
    if upcoming is not None:
        calendar = calendars(after.calendar_id, after.calendar_version)
        due_at, number = due(calendar, runs_from, upcoming.limit), after.number + 1
        cause: MoveCause = "second_appointment"
        return (_moved(after, calendars, cause, upcoming.step, number, runs_from, upcoming.limit, due_at, by, at),)
    if still_since is None or any(isinstance(fact, ClockRestarted) for fact in facts):
        return ()
    rest = _rest(after, calendars, still_since, runs_from, by=by, at=at)
    return (*rest, *_still_owed(folded(after, rest), calendars, at=at, runs_at=runs_from, by=by))


def _begins(chain: Chain) -> PlannedAppointment | None:
    """Return the next appointment once the step of this one is done and nothing uncounted lies before the next step."""
    if chain.number >= len(chain.appointments):
        return None
    this, upcoming = chain.appointments[chain.number - 1 : chain.number + 1]
    if chain.steps[this.step].stage != "decided" or not chain.steps[upcoming.step].is_open:
        return None
    before = (chain.steps[step] for step in graph.earlier(chain.needs(), upcoming.step))
    return None if any(one.plan.not_counted and one.is_open for one in before) else upcoming


def _rest(
    chain: Chain, calendars: Calendars, still_since: datetime, runs_from: datetime, *, by: str, at: datetime
) -> Facts:
    """Return the date to which what was left of the limit leads; what was late before it stood still stays late."""
    assert chain.clock_from is not None
    assert chain.due_at is not None
    stopped_at, runs_from = max(still_since, chain.clock_from), max(runs_from, chain.clock_from)
    if chain.due_at < stopped_at:
        return ()
    turn = turn_of(chain, calendars)
    minutes, counted_from = turn.minutes(stopped_at, turn.ends), max(runs_from, turn.begins).astimezone(UTC)
    ends = turn.after(counted_from, minutes)
    limit, due_at = _whole_days_since(counted_from, replace(turn, counted_to=ends)), turn.due_by(ends)
    if turn.whole_last_day and not minutes:
        counted_from = (turn.ends + (runs_from - stopped_at)).astimezone(UTC)
    elif limit is None and minutes:
        limit = Limit(minutes, "minutes" if turn.day_and_night else "working_minutes")
    return (_moved(chain, calendars, "resumed", "", chain.number, counted_from, limit, due_at, by, at),)


def _end_of_part(
    chain: Chain, calendar: Calendar, clock_from: datetime, longer: Extensions = (), *, counted: bool = False
) -> datetime:
    """Return when the last step is due if each begins as soon as the steps it needs are due; uncounted ones take none.

    Where appointments are given one after the other, the end is that of the step by which the present one is kept,
    and what belongs to the one before takes none either. The desk's promise is found in the same way where the law
    gives the whole no limit (NĐ 301/2026/NĐ-CP).

    Args:
        longer: the steps that have a longer limit, with its ground.
        counted: ask for the last counted minute, not for the end of its day.
    """
    end = counted_until if counted else due
    needs, ends = chain.needs(), dict.fromkeys(_of_earlier_parts(chain), clock_from)

    def end_of(step: str) -> datetime:
        if step not in ends:
            plan = chain.steps[step].plan
            begins = max((end_of(need) for need in needs[step]), default=clock_from)
            claimed = [plan.longer_limit(ground) for whose, ground in longer if whose == step]
            limits = (plan.limit, *(one.limit for one in claimed if one is not None))
            ends[step] = begins if plan.not_counted else max(end(calendar, begins, limit) for limit in limits)
        return ends[step]

    if chain.appointments:
        return end_of(chain.appointments[chain.number - 1].step)
    return max(end_of(step) for step in chain.steps)


def _of_earlier_parts(chain: Chain) -> Iterator[str]:
    """Yield the steps that had to be done by an appointment before the present one."""
    for appointment in chain.appointments[: chain.number - 1]:
        yield appointment.step
        yield from graph.earlier(chain.needs(), appointment.step)


def _moved(
    chain: Chain,
    calendars: Calendars,
    cause: MoveCause,
    step: str,
    number: int,
    clock_from: datetime,
    limit: Limit | None,
    due_at: datetime,
    by: str,
    at: datetime,
) -> AppointmentMoved:
    goes_on = cause in ("resumed", "extended")
    version = chain.counted_on if goes_on else chain.calendar_version
    return AppointmentMoved(
        ref=chain.ref,
        cause=cause,
        step=step,
        agency=chain.lead_agency,
        number=number,
        clock_from=clock_from,
        limit=limit,
        calendar_id=chain.calendar_id,
        calendar_version=version,
        due_at=due_at,
        note="",
        by=by,
        at=at,
        warn_at=warn_at(calendars(chain.calendar_id, version), clock_from, due_at, limit),
    )
