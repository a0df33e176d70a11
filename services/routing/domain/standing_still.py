"""When a clock stands still on a ground that the law names, and when it runs again; and dates that fall on closed days.

Law: QĐ 766/QĐ-TTg (grounds that are not counted, each procedure's own law names them); NĐ 63/2024/NĐ-CP and NĐ
301/2026/NĐ-CP art. 4.7 (a system incident stops the clock); NĐ 61/2018/NĐ-CP art. 19.9 (no date moves silently).

A clock that had run out before does not stand still: what is late stays late. What stands still loses nothing: its due
date moves on by exactly the minutes of its limit that it stood still.
"""

from datetime import datetime
from typing import assert_never

from kernel.calendar import VIETNAM, Calendar
from kernel.refusal import Invalid, Refused
from kernel.working_time import due, end_of_last_day, is_working_day
from services.routing.domain import clock_rules, rules
from services.routing.domain.chain_clock import clock_follows, passed, turn_of
from services.routing.domain.clock_commands import (
    DeclareIncident,
    EndIncident,
    EndPause,
    RedateAppointment,
    ResumeStepClock,
    StopStepClock,
)
from services.routing.domain.clock_dates import on_open_day, stood_minutes, stood_still, warn_at
from services.routing.domain.clock_events import AppointmentMoved, ClockResumed, StepClockResumed, StepClockStopped
from services.routing.domain.events import ClockSuspended
from services.routing.domain.facts import Facts, folded
from services.routing.domain.incident import stopped_by_incident
from services.routing.domain.plan import Calendars, PlannedPause
from services.routing.domain.progress import Chain, Progress, Stood
from services.routing.domain.promises import after_incident, on_open_days
from services.routing.domain.words import Ground

ClockAct = StopStepClock | ResumeStepClock | EndPause | DeclareIncident | EndIncident | RedateAppointment


def act_on_clock(command: ClockAct, chain: Chain) -> Facts | Refused:
    """Answer an agency or the platform itself; a bell that comes too late is passed over."""
    if not chain.ref:
        return Refused(rules.CHAIN_UNKNOWN)
    match command:
        case StopStepClock():
            return _stop(command, chain)
        case ResumeStepClock():
            return _resume(command, chain)
        case EndPause():
            return _end_pause(command, chain)
        case DeclareIncident():
            return _declare_incident(command, chain)
        case EndIncident():
            return _end_incident(command, chain)
        case RedateAppointment():
            return _redate(command, chain)
        case _:
            assert_never(command)


def _theirs(command: StopStepClock | ResumeStepClock, chain: Chain) -> Progress | Refused:
    progress = chain.steps.get(command.step)
    if progress is None:
        return Refused(rules.STEP_UNKNOWN)
    return progress if progress.plan.agency == command.agency else Refused(rules.NOT_YOUR_STEP)


def _stop(command: StopStepClock, chain: Chain) -> Facts | Refused:
    progress = _theirs(command, chain)
    if isinstance(progress, Refused):
        return progress
    if progress.is_running and progress.stopped_on == command.ground:
        return ()
    if progress.stage != "acknowledged":
        return Refused(rules.NOT_EXAMINED[progress.stage])
    pause = next((one for one in progress.plan.pauses if one.ground == command.ground), None)
    if pause is None:
        offered = ", ".join(one.ground for one in progress.plan.pauses) or "no ground at all"
        return Refused(clock_rules.PAUSE_NOT_IN_LAW, (Invalid("ground", f"this step knows {offered}"),))
    if progress.stopped_on is not None:
        return Refused(clock_rules.CLOCK_STANDS_STILL)
    if pause.limit is not None and pause.ground in progress.stood_on:
        return Refused(clock_rules.PAUSE_USED)
    if not progress.is_on_time(command.now):
        return Refused(clock_rules.CLOCK_RAN_OUT)
    stopped = _stopped(command, chain, progress, pause)
    return clock_follows(chain, (stopped,), command.calendars, at=command.now, over_at=command.now, by=command.actor)


def _stopped(command: StopStepClock, chain: Chain, progress: Progress, pause: PlannedPause) -> StepClockStopped:
    plan = progress.plan
    calendar = command.calendars(plan.calendar_id, plan.calendar_version)
    return StepClockStopped(
        chain.ref,
        plan.step,
        plan.agency,
        progress.round,
        pause.ground,
        pause.law,
        due(calendar, command.now, pause.limit) if pause.limit else None,
        command.actor,
        command.now,
    )


def _resume(command: ResumeStepClock, chain: Chain) -> Facts | Refused:
    progress = _theirs(command, chain)
    if isinstance(progress, Refused):
        return progress
    if not progress.is_running:
        return Refused(rules.NOT_EXAMINED[progress.stage])
    if progress.stopped_on is None or progress.stopped_on == "incident":
        return ()  # its own ground is gone already; an incident is not the agency's to end
    return _pause_over(chain, progress, command.calendars, over_at=command.now, now=command.now, by=command.actor)


def _end_pause(command: EndPause, chain: Chain) -> Facts:
    """The law's longest time is over at `until`, whenever the bell is heard."""
    progress = chain.steps.get(command.step)
    if progress is None or not progress.is_running or progress.round != command.round:
        return ()
    if progress.stopped_on is None or progress.stopped_until != command.until or command.now < command.until:
        return ()
    return _pause_over(chain, progress, command.calendars, over_at=command.until, now=command.now, by=command.actor)


def _pause_over(
    chain: Chain, progress: Progress, calendars: Calendars, *, over_at: datetime, now: datetime, by: str
) -> Facts:
    """Let a step's clock run again; during an incident it goes on standing still, on that ground now."""
    resumed: Facts = (_runs_again(chain.ref, progress, calendars, at=over_at, by=by),)
    after = folded(chain, resumed)
    facts = (*resumed, *stopped_by_incident(after, (progress.plan.step,), by=by, now=now))
    return clock_follows(chain, facts, calendars, at=now, over_at=over_at, by=by)


def _runs_again(ref: str, progress: Progress, calendars: Calendars, *, at: datetime, by: str) -> StepClockResumed:
    assert progress.clock_from is not None
    assert progress.due_at is not None
    assert progress.stopped_since is not None
    assert progress.stopped_on is not None
    plan, limit = progress.plan, progress.limit
    calendar = calendars(plan.calendar_id, plan.calendar_version)
    since = max(progress.stopped_since, progress.clock_from)
    stood = Stood(progress.stopped_on, since, max(since, at))
    due_at, counted_from = stood_still(calendar, progress.clock_from, limit, (*progress.stood, stood))
    return StepClockResumed(
        ref,
        plan.step,
        plan.agency,
        progress.round,
        progress.stopped_on,
        due_at,
        by,
        at,
        warn_at(calendar, counted_from, due_at, limit) if plan.lateness_counts else None,
        stood_minutes(calendar, stood.since, stood.until, limit),
    )


def _declare_incident(command: DeclareIncident, chain: Chain) -> Facts | Refused:
    """Law: NĐ 301/2026 art. 4.7: the clock of the whole chain stands still, and that of every step at an agency."""
    if not chain.is_open:
        return Refused(clock_rules.CHAIN_ENDED)
    if chain.incident_since is not None:
        return ()
    assert chain.opened_at is not None
    if not chain.opened_at <= command.since <= command.now:
        opened = chain.opened_at.astimezone(VIETNAM).isoformat()
        return Refused(clock_rules.INCIDENT_SINCE_UNFIT, (Invalid("since", f"it lies between {opened} and now"),))
    ground: Ground = "incident"
    suspended = ClockSuspended(chain.ref, ground, command.since)
    late = passed(chain, command.now) if chain.due_at is not None and chain.due_at < command.since else ()
    after = folded(chain, (*late, suspended))
    return (*late, suspended, *stopped_by_incident(after, after.steps, by=command.actor, now=command.now))


def _end_incident(command: EndIncident, chain: Chain) -> Facts | Refused:
    if not chain.is_open or chain.incident_since is None:
        return ()
    resumed = tuple(
        _runs_again(chain.ref, progress, command.calendars, at=command.now, by=command.actor)
        for progress in chain.steps.values()
        if progress.is_running and progress.stopped_on == "incident"
    )
    ended = ClockResumed(chain.ref, "incident", "", command.now)
    facts = clock_follows(
        chain, (*resumed, ended), command.calendars, at=command.now, over_at=command.now, by=command.actor
    )
    after, since = folded(chain, facts), chain.incident_since
    calendar = command.calendars(chain.calendar_id, after.counted_on)
    return (*facts, *after_incident(after, since, calendar, by=command.actor, now=command.now))


def _redate(command: RedateAppointment, chain: Chain) -> Facts | Refused:
    """Give the same hour of the next open day where the calendar was corrected and a date falls on a closed one."""
    if not chain.is_open or command.calendar_id != chain.calendar_id:
        return ()
    pinned = command.calendars(chain.calendar_id, chain.calendar_version)
    corrected = command.calendars(command.calendar_id, command.calendar_version)
    lawful = _lawful_date(command, chain, pinned, corrected)
    return (*lawful, *on_open_days(folded(chain, lawful), pinned, corrected, by=command.actor, now=command.now))


def _lawful_date(command: RedateAppointment, chain: Chain, pinned: Calendar, corrected: Calendar) -> Facts:
    """A date that has passed, or that is counted anew once the clock runs again, is left alone."""
    if chain.overdue or chain.stands_still:
        return ()
    assert chain.clock_from is not None
    assert chain.due_at is not None
    turn = turn_of(chain, command.calendars)
    due_at = end_of_last_day(corrected, turn.ends) if turn.whole_last_day else on_open_day(corrected, chain.due_at)
    promised_on = chain.due_at.astimezone(VIETNAM).date()
    if due_at == chain.due_at or command.now > chain.due_at or not is_working_day(pinned, promised_on):
        return ()
    return (
        AppointmentMoved(
            chain.ref,
            "closed_day",
            "",
            chain.lead_agency,
            chain.number,
            chain.clock_from,
            None,
            corrected.id,
            corrected.version,
            due_at,
            "",
            command.actor,
            command.now,
            warn_at(corrected, chain.clock_from, due_at, chain.limit),
        ),
    )
