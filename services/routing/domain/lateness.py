"""What follows when a limit comes near or has passed: a warning, one apology with a new date, and who is told next.

Law: NĐ 61/2018/NĐ-CP arts. 19.5 (the lead answers for the whole) and 19.9 (notified and apologised for at least one day
before, a new date at most once). A new date is a promise: the lawful one stays, and what passes it is late.

docs/decisions/an-apology-does-not-hide-lateness.md says what an apology changes and what it does not.
"""

from datetime import datetime
from typing import NamedTuple, assert_never

from kernel.calendar import VIETNAM, Calendar
from kernel.refusal import Invalid, Refused
from services.routing.domain import clock_rules, rules
from services.routing.domain.clock_commands import ApologiseForDelay, PassWarning, TellNextAbove
from services.routing.domain.clock_dates import next_desk_instant
from services.routing.domain.clock_events import ApologyAsked, AppointmentMoved, DelayApologised
from services.routing.domain.escalation import tell_next_above
from services.routing.domain.facts import Facts
from services.routing.domain.progress import Chain


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
            return tell_next_above(command, chain)
        case _:
            assert_never(command)


def _warn(command: PassWarning, chain: Chain) -> Facts:
    progress = chain.ticking(command.step, command.round)
    if progress is None or progress.due_at is None or not progress.plan.lateness_counts:
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
    calendar = command.calendars(chain.calendar_id, chain.counted_on)
    if unfit := _unfit(command.new_due_at, duty.due_at, calendar, command.now):
        return Refused(clock_rules.NEW_DATE_UNFIT, unfit)
    moves = duty.counted and not chain.stands_still and command.new_due_at > chain.appointment()
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
        return Refused(rules.NOT_EXAMINED[progress.stage])
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
        chain.counted_on,
        command.new_due_at,
        command.note,
        command.actor,
        command.now,
    )
