"""What follows when a limit comes near or has passed: a warning, one apology with a new date, and who is told next.

Law: NĐ 61/2018/NĐ-CP arts. 19.5 (the lead answers for the whole) and 19.9 (notified and apologised for at least one day
before, a new date at most once). A new date is a promise: the lawful one stays, and what passes it is late.

How far up the agency tree lateness is told, and how fast, is a house rule: docs/decisions.
"""

from datetime import datetime
from typing import Final, NamedTuple, assert_never

from kernel.calendar import VIETNAM, Calendar, CalendarDoesNotReach
from kernel.refusal import Invalid, Refused
from kernel.working_time import Limit, due
from services.routing.domain import clock_rules, rules
from services.routing.domain.agency_acts import NOT_EXAMINED
from services.routing.domain.clock_commands import ApologiseForDelay, PassWarning, TellNextAbove
from services.routing.domain.clock_dates import ONE_DAY, next_desk_instant
from services.routing.domain.clock_events import ApologyAsked, AppointmentMoved, DelayApologised, LatenessEscalated
from services.routing.domain.moving_on import Facts
from services.routing.domain.progress import Chain, Progress


ESCALATE_EVERY: Final = Limit(1, "working_days")


class Duty(NamedTuple):
    """What an apology is for: the round of a step, or 0 and the chain as a whole, with its lawful date.

    Args:
        near: whether its limit is near (its agency was asked to warn) or past.
        counted: whether what is late here can make the dossier late.
    """

    round: int
    due_at: datetime
    promised_at: datetime | None
    near: bool
    counted: bool


def act_on_lateness(command: PassWarning | ApologiseForDelay | TellNextAbove, chain: Chain) -> Facts | Refused:
    """Answer a bell or the late agency; a bell that comes too late is passed over."""
    match command:
        case PassWarning():
            return _warn(command, chain) if command.step else _warn_of_chain(command, chain)
        case ApologiseForDelay():
            return _apologise(command, chain) if chain.ref else Refused(rules.CHAIN_UNKNOWN)
        case TellNextAbove():
            return _tell_above(command, chain) if command.step else _tell_above_lead(command, chain)
        case _:
            assert_never(command)


def _running(chain: Chain, step: str, round: int) -> Progress | None:
    """Return the step if the round that a bell was set for still lies with its agency and its clock runs."""
    progress = chain.steps.get(step)
    if progress is None or not progress.is_running or progress.round != round or progress.stopped_on is not None:
        return None
    return progress


def _warn(command: PassWarning, chain: Chain) -> Facts:
    progress = _running(chain, command.step, command.round)
    if progress is None or progress.due_at is None or progress.plan.party == "applicant":
        return ()
    if "warning" in progress.passed or progress.promised_at is not None:
        return ()
    agency = progress.plan.agency
    return (ApologyAsked(chain.ref, command.step, agency, progress.round, progress.due_at, command.now),)


def _warn_of_chain(command: PassWarning, chain: Chain) -> Facts:
    """Ask the lead, unless an agency was asked already whose own step is the reason."""
    if not chain.is_open or chain.stands_still or chain.warned or chain.promised_at is not None:
        return ()
    if chain.due_at is None or not chain.lead_agency or _asked_in_a_step(chain):
        return ()
    return (ApologyAsked(chain.ref, "", chain.lead_agency, 0, chain.due_at, command.now),)


def _asked_in_a_step(chain: Chain) -> bool:
    return any(progress.is_running and "warning" in progress.passed for progress in chain.steps.values())


def _apologise(command: ApologiseForDelay, chain: Chain) -> Facts | Refused:
    """Law: NĐ 61/2018 art. 19.9; the same apology again is none, a second new date is refused."""
    duty = _duty_of_step(command, chain) if command.step else _duty_of_lead(command, chain)
    if isinstance(duty, Refused) or duty is None:
        return duty or ()
    if duty.promised_at is not None:
        return Refused(clock_rules.REAPPOINTED_ONCE)
    if not duty.near:
        return Refused(clock_rules.NOT_LATE)
    calendar = command.calendars(chain.calendar_id, chain.calendar_version)
    if unfit := _unfit(command.new_due_at, duty.due_at, calendar, command.now):
        return Refused(clock_rules.NEW_DATE_UNFIT, unfit)
    moves = duty.counted and not chain.stands_still and command.new_due_at > _appointment(chain)
    if moves and chain.promised_at is not None:
        return Refused(clock_rules.REAPPOINTED_ONCE)
    apologised = DelayApologised(
        chain.ref,
        command.step,
        command.agency,
        duty.round,
        command.reason_code,
        command.note,
        duty.due_at,
        command.new_due_at,
        command.actor,
        command.now,
    )
    return (apologised, _moved(command, chain)) if moves else (apologised,)


def _duty_of_step(command: ApologiseForDelay, chain: Chain) -> Duty | Refused | None:
    """Return what the step's agency apologises for; None where it has done so already."""
    progress = chain.steps.get(command.step)
    if progress is None:
        return Refused(rules.STEP_UNKNOWN)
    if progress.plan.agency != command.agency:
        return Refused(rules.NOT_YOUR_STEP)
    if progress.promised_at == command.new_due_at:
        return None
    if not progress.is_running or progress.due_at is None:
        return Refused(NOT_EXAMINED[progress.stage])
    return Duty(
        progress.round,
        progress.due_at,
        progress.promised_at,
        near="warning" in progress.passed or not progress.is_on_time(command.now),
        counted=progress.plan.not_counted is None,
    )


def _duty_of_lead(command: ApologiseForDelay, chain: Chain) -> Duty | Refused | None:
    """Return what the lead apologises for; None where that was done already."""
    if command.agency != chain.lead_agency:
        return Refused(clock_rules.NOT_THE_LEAD)
    if chain.promised_at == command.new_due_at:
        return None
    if not chain.is_open or chain.due_at is None:
        return Refused(clock_rules.CHAIN_ENDED)
    near = chain.warned or command.now > chain.due_at or _asked_in_a_step(chain)
    return Duty(0, chain.due_at, chain.promised_at, near and not chain.stands_still, counted=True)


def _appointment(chain: Chain) -> datetime:
    """Return the date that the applicant has now: the lawful one, or the later one that was promised."""
    assert chain.due_at is not None
    return max(chain.due_at, chain.promised_at or chain.due_at)


def _unfit(new_due_at: datetime, due_at: datetime, calendar: Calendar, now: datetime) -> tuple[Invalid, ...]:
    if new_due_at <= now:
        return (Invalid("new_due_at", "it does not lie ahead"),)
    if new_due_at <= due_at:
        return (Invalid("new_due_at", f"it is not after the lawful date, {_local(due_at)}"),)
    open_at = next_desk_instant(calendar, new_due_at)
    if open_at != new_due_at:
        return (Invalid("new_due_at", f"the desk is closed then; it opens next on {_local(open_at)}"),)
    return ()


def _local(instant: datetime) -> str:
    return instant.astimezone(VIETNAM).isoformat()


def _moved(command: ApologiseForDelay, chain: Chain) -> AppointmentMoved:
    return AppointmentMoved(
        chain.ref,
        "apology",
        command.step,
        command.agency,
        chain.number,
        command.now,
        None,
        chain.calendar_id,
        chain.calendar_version,
        command.new_due_at,
        command.note,
        command.actor,
        command.now,
    )


def step_told_at(progress: Progress, now: datetime) -> datetime | None:
    """Return when the first agency above that of an overdue step is told: now, or once its promise is broken too."""
    return max(now, progress.promised_at or now) if progress.plan.superiors else None


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


def _tell_above(command: TellNextAbove, chain: Chain) -> Facts:
    progress = _running(chain, command.step, command.round)
    if progress is None or progress.due_at is None or "step" not in progress.passed:
        return ()
    if not _is_time(progress.tell_at, progress.promised_at, command.now):
        return ()
    calendar_id, calendar_version = progress.plan.calendar_id, progress.plan.calendar_version
    calendar = command.calendars(calendar_id, calendar_version)
    since = progress.promised_at or progress.due_at
    return _escalated(command, chain, progress.plan.agency, progress.plan.superiors, progress.rung, since, calendar)


def _tell_above_lead(command: TellNextAbove, chain: Chain) -> Facts:
    if not chain.is_open or not chain.overdue or chain.due_at is None or _waits_lawfully(chain):
        return ()
    if not _is_time(chain.tell_at, chain.promised_at, command.now):
        return ()
    if chain.rung == 0 and _overdue_in_a_step(chain):
        return ()
    calendar = command.calendars(chain.calendar_id, chain.calendar_version)
    superiors = superiors_of_lead(chain)
    return _escalated(command, chain, chain.lead_agency, superiors, chain.rung, _appointment(chain), calendar)


def _waits_lawfully(chain: Chain) -> bool:
    """Say whether the clock stands still; what was overdue before an incident began stays so while it lasts."""
    return chain.suspended_since is not None or any(still.ground != "incident" for still in chain.standstills)


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
