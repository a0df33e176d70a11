"""Who is told that something stays overdue, and when: the one-stop shop at once, then the agencies above the late one.

Law: NĐ 61/2018/NĐ-CP arts. 19.5 (the lead answers for the whole), 19.5b (of a consulted agency that does not answer in
time the head of the one-stop shop is told) and 19.9 (a new date at most once: what passes it stays overdue). How far up
the agency tree lateness is told, and how fast, is a house rule.
"""

from datetime import datetime
from typing import Final

from kernel.calendar import Calendar, CalendarDoesNotReach
from kernel.working_time import Limit, due
from services.routing.domain.clock_commands import TellNextAbove
from services.routing.domain.clock_dates import ONE_DAY
from services.routing.domain.clock_events import LatenessEscalated, OneStopTold
from services.routing.domain.facts import Facts
from services.routing.domain.progress import Chain, Progress
from services.routing.domain.promises import waits_for_platform

ESCALATE_EVERY: Final = Limit(1, "working_days")
"""House rule, where the procedure says nothing else."""


def step_told_at(progress: Progress, now: datetime) -> datetime | None:
    """Return when the first agency above that of an overdue step is told: now, or once its promise is broken too."""
    return max(now, progress.promised_at or now) if progress.plan.superiors else None


def one_stop_told(chain: Chain, progress: Progress, due_at: datetime, now: datetime) -> Facts:
    """Return that the one-stop shop is told of a consulted agency's silence; nobody is silent about what has not come.

    Law: NĐ 61/2018 art. 19.5b; the lead, which consults, and the applicant are not consulted.
    """
    plan, to = progress.plan, chain.receiving_agency
    if plan.party == "applicant" or plan.agency in (chain.lead_agency, to) or chain.awaits_receipt(progress):
        return ()
    return (OneStopTold(chain.ref, plan.step, plan.agency, progress.round, to, due_at, now),)


def chain_told_at(chain: Chain, now: datetime) -> datetime | None:
    """Return when the agency above the lead is told that the chain is overdue.

    None where nobody stands above it, or where a step is overdue itself: then those above its own agency are told.
    """
    if chain.promised_at is not None and chain.promised_at > now:
        return chain.promised_at
    return now if superiors_of_lead(chain) and not _overdue_in_a_step(chain) else None


def _overdue_in_a_step(chain: Chain) -> bool:
    return any(progress.is_running and "step" in progress.passed for progress in chain.steps.values())


def superiors_of_lead(chain: Chain) -> tuple[str, ...]:
    """Return the agencies above the lead, nearest first; none where it has no step, so that nobody wrote them down."""
    leads = (progress.plan for progress in chain.steps.values() if progress.plan.agency == chain.lead_agency)
    return next((plan.superiors for plan in leads), ())


def tell_next_above(command: TellNextAbove, chain: Chain) -> Facts:
    """Tell the next agency above; whoever is not overdue any more, or not yet, is not told of."""
    return _tell_above(command, chain) if command.step else _tell_above_lead(command, chain)


def _tell_above(command: TellNextAbove, chain: Chain) -> Facts:
    progress = chain.ticking(command.step, command.round)
    if progress is None or progress.due_at is None or "step" not in progress.passed:
        return ()
    if not _is_time(progress.tell_at, progress.promised_at, command.now):
        return ()
    if waits_for_platform(chain, progress.promised_at):
        return ()
    calendar_id, calendar_version = progress.plan.calendar_id, progress.plan.calendar_version
    calendar = command.calendars(calendar_id, calendar_version)
    since = progress.promised_at or progress.due_at
    return _escalated(command, chain, progress.plan.agency, progress.plan.superiors, progress.rung, since, calendar)


def _tell_above_lead(command: TellNextAbove, chain: Chain) -> Facts:
    if not chain.is_open or not chain.overdue or chain.due_at is None or _waits_lawfully(chain):
        return ()
    if not _is_time(chain.tell_at, chain.promised_at, command.now) or waits_for_platform(chain, chain.promised_at):
        return ()
    if chain.rung == 0 and _overdue_in_a_step(chain):
        return ()
    calendar = command.calendars(chain.calendar_id, chain.counted_on)
    superiors = superiors_of_lead(chain)
    return _escalated(
        command,
        chain,
        chain.lead_agency,
        superiors,
        chain.rung,
        chain.appointment(),
        calendar,
    )


def _waits_lawfully(chain: Chain) -> bool:
    """Say whether it is not late after all; what was late before its clock stood still stays late meanwhile."""
    stood_in_time = chain.still_since is not None and chain.due_at is not None and chain.still_since <= chain.due_at
    return chain.suspended_since is not None or stood_in_time


def _is_time(tell_at: datetime | None, promised_at: datetime | None, now: datetime) -> bool:
    return tell_at is not None and now >= tell_at and (promised_at is None or now > promised_at)


def _escalated(
    command: TellNextAbove,
    chain: Chain,
    agency: str,
    superiors: tuple[str, ...],
    told: int,
    since: datetime,
    calendar: Calendar,
) -> Facts:
    if told >= len(superiors) or command.rung not in (0, told + 1):
        return ()
    rung = told + 1
    next_at = _told_next(chain, calendar, command.now) if rung < len(superiors) else None
    return (
        LatenessEscalated(
            chain.ref, command.step, agency, command.round, superiors[told], rung, since, command.now, next_at
        ),
    )


def _told_next(chain: Chain, calendar: Calendar, now: datetime) -> datetime:
    """A calendar that ends must not silence lateness: then the next one is told a day later."""
    try:
        return due(calendar, now, chain.escalate_every or ESCALATE_EVERY)
    except CalendarDoesNotReach:
        return now + ONE_DAY
