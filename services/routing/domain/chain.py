"""Carries one accepted dossier through its steps: who may begin, what each agency may say, and when nothing is left.

Law: NĐ 61/2018/NĐ-CP arts. 19.4–19.9 and 21.1; NĐ 118/2025/NĐ-CP art. 21 (withdrawal); NĐ 63/2024 and NĐ 301/2026/NĐ-CP
(bundles: hand-over, acknowledgement, each result released at once). Undoing is a new act of the agency whose act it
was, never a rollback: a refusal cancels only what needs it, and results that exist stay valid.

Whether a withdrawal or a decision came first is settled here, because both are told to this one stream.
"""

from datetime import datetime
from typing import Final, assert_never

from kernel.decider import Decider
from kernel.refusal import Invalid, Refused
from kernel.working_time import CalendarDoesNotReach
from services.routing.domain import rules
from services.routing.domain.agency_acts import act_of_agency
from services.routing.domain.chain_clock import clock_follows, passed, recounted
from services.routing.domain.clock_commands import (
    ApologiseForDelay,
    DeclareIncident,
    EndIncident,
    EndPause,
    PassWarning,
    RedateAppointment,
    ResumeStepClock,
    SettleNotice,
    StopStepClock,
    TellNextAbove,
)
from services.routing.domain.clock_dates import warn_at
from services.routing.domain.commands import (
    AcknowledgeStep,
    ChainCommand,
    DecideStep,
    ExtendLimit,
    JudgeStepLimit,
    OpenChain,
    PassAcknowledgeLimit,
    PassChainLimit,
    PassHandOverLimit,
    RecordSupplement,
    RefuseStep,
    ResumeStep,
    SendBack,
    StopChain,
    SuspendClock,
    TakeOverStep,
    WithdrawChain,
)
from services.routing.domain.escalation import one_stop_told, step_told_at
from services.routing.domain.events import (
    AcknowledgementOverdue,
    ChainEvent,
    ChainOpened,
    ChainStopped,
    ChainWithdrawn,
    ClockRestarted,
    ClockSuspended,
    DeskAnswered,
    HandOverOverdue,
    StepDeemedAgreed,
    StepOverdue,
    SupplementArrived,
    WithdrawalDeclined,
)
from services.routing.domain.folding import evolve
from services.routing.domain.lateness import act_on_lateness
from services.routing.domain.moving_on import Facts, cancelled, folded, moved_on, step_ready
from services.routing.domain.notice import settle_notice
from services.routing.domain.progress import NOT_OPENED, Chain, Progress
from services.routing.domain.soundness import flaws
from services.routing.domain.standing_still import act_on_clock


def decide(command: ChainCommand, chain: Chain) -> Facts | Refused:
    """Answer a command; agencies and the applicant are told no, timers and news that come too late are passed over."""
    try:
        return _answer(command, chain)
    except CalendarDoesNotReach as short:
        return Refused(rules.CALENDAR_DOES_NOT_REACH, (Invalid("calendar", str(short)),))


def _answer(command: ChainCommand, chain: Chain) -> Facts | Refused:
    match command:
        case OpenChain():
            return _open(command, chain)
        case TakeOverStep() | AcknowledgeStep() | DecideStep() | RefuseStep() | SendBack() | ExtendLimit():
            return act_of_agency(command, chain) if chain.ref else Refused(rules.CHAIN_UNKNOWN)
        case WithdrawChain():
            return _withdraw(command, chain) if chain.ref else Refused(rules.CHAIN_UNKNOWN)
        case StopChain():
            return _stop(command, chain)
        case ResumeStep():
            return _resume(command, chain)
        case SuspendClock():
            return _suspend(command, chain)
        case RecordSupplement():
            return _record_supplement(command, chain)
        case PassHandOverLimit():
            return _pass_hand_over(command, chain)
        case PassAcknowledgeLimit():
            return _pass_acknowledge(command, chain)
        case JudgeStepLimit():
            return _judge_step_limit(command, chain)
        case PassChainLimit():
            return passed(chain, command.now)
        case StopStepClock() | ResumeStepClock() | EndPause() | DeclareIncident() | EndIncident() | RedateAppointment():
            return act_on_clock(command, chain)
        case PassWarning() | ApologiseForDelay() | TellNextAbove():
            return act_on_lateness(command, chain)
        case SettleNotice():
            return settle_notice(command, chain)
        case _:
            assert_never(command)


def _open(command: OpenChain, chain: Chain) -> Facts | Refused:
    if chain.ref:
        return ()
    if invalid := flaws(command.plan):
        return Refused(rules.PLAN_UNSOUND, invalid)
    opened = ChainOpened(
        command.ref,
        command.code,
        command.procedure,
        command.procedure_version,
        command.receiving_agency,
        command.lead_agency,
        command.applicant,
        command.submitter,
        command.due_at,
        command.clock_from,
        command.calendar_id,
        command.calendar_version,
        command.total_limit,
        command.plan,
        command.now,
        command.appointments,
        command.starts_on_receipt,
        command.escalate_every,
        same_day_until=command.same_day_until,
        warn_at=warn_at(
            command.calendars(command.calendar_id, command.calendar_version),
            command.clock_from,
            command.due_at,
            command.appointments[0].limit if command.appointments else command.total_limit,
        ),
    )
    after = evolve(chain, opened)
    ready = tuple(
        step_ready(
            command.ref,
            progress,
            command.calendars,
            at=command.now,
            ready_at=command.accepted_at,
            clock_from=command.clock_from,
        )
        for progress in after.steps.values()
        if not progress.plan.needs
    )
    began_at, by = command.clock_from, command.actor
    return (opened, *clock_follows(after, ready, command.calendars, at=command.now, over_at=began_at, by=by))


def _withdraw(command: WithdrawChain, chain: Chain) -> Facts:
    """Law: NĐ 118/2025 art. 21: only while something is undecided; what is decided stays and is handed out."""
    if chain.ending == "withdrawn" or chain.declined == command.requested_at:
        return ()
    if not chain.is_open:
        return (WithdrawalDeclined(chain.ref, "chain_closed", command.requested_at, command.now),)
    stopped = chain.open_steps()
    facts = cancelled(chain, stopped, "withdrawn", command.now)
    return (*facts, ChainWithdrawn(chain.ref, stopped, folded(chain, facts).handed_out(), command.now))


def _stop(command: StopChain, chain: Chain) -> Facts:
    if not chain.is_open:
        return ()
    stopped = chain.open_steps()
    facts = cancelled(chain, stopped, command.reason, command.now)
    kept = folded(chain, facts).handed_out()
    return (*facts, ChainStopped(chain.ref, command.reason, stopped, kept, command.now))


def _resume(command: ResumeStep, chain: Chain) -> Facts:
    """Law: NĐ 61/2018 art. 19.4: once the dossier is complete again the limit is counted anew, from zero."""
    progress = chain.steps.get(command.step)
    if progress is None or not progress.waits_at_desk:
        return ()
    answered: Facts = (DeskAnswered(chain.ref, command.step, command.answered_at, command.now),)
    if _restarts(command, chain):
        answered = (*_restarted(command, chain), *answered)
    return moved_on(
        chain, answered, command.calendars, at=command.now, clock_from=command.answered_at, by=command.actor
    )


def _restarts(command: ResumeStep, chain: Chain) -> bool:
    """Say whether the answer counts anew: from the supplement, so from no earlier than it was asked for.

    An answer without one repeats the dates that the desk knew, which may be older than those of the chain. Only before
    the clock first began can both count from the same instant; then what the applicant brought tells them apart.
    """
    if chain.suspended_since is None or command.clock_from < chain.suspended_since:
        return False
    return command.clock_from != chain.clock_from or chain.supplement_at is not None


def _restarted(command: ResumeStep, chain: Chain) -> Facts:
    """Only a supplement restarts the clock; dates that the desk has not heard have moved are not taken back."""
    calendar = command.calendars(chain.calendar_id, chain.calendar_version)
    warning = warn_at(calendar, command.clock_from, command.due_at, chain.promised())
    restarted = ClockRestarted(chain.ref, command.clock_from, command.due_at, command.now, warning)
    after = evolve(chain, restarted)
    return (restarted, *recounted(after, command.calendars, at=command.now, by=command.actor))


def _suspend(command: SuspendClock, chain: Chain) -> Facts:
    if not chain.is_open or chain.suspended_since is not None:
        return ()
    return (ClockSuspended(chain.ref, command.ground, command.asked_at),)


def _record_supplement(command: RecordSupplement, chain: Chain) -> Facts:
    if not chain.is_open or chain.suspended_since is None or chain.supplement_at is not None:
        return ()
    return (SupplementArrived(chain.ref, command.received_at),)


def _round(command: PassHandOverLimit | PassAcknowledgeLimit | JudgeStepLimit, chain: Chain) -> Progress | None:
    """Return the step if the round that the timer was set for still lies with its agency."""
    progress = chain.steps.get(command.step)
    if progress is None or not progress.is_running or progress.round != command.round:
        return None
    return progress


def _passed(due_at: datetime | None, now: datetime) -> datetime | None:
    """Return `due_at` if it has passed; the last instant of a limit is still in time."""
    return due_at if due_at is not None and now > due_at else None


def _pass_hand_over(command: PassHandOverLimit, chain: Chain) -> Facts:
    """Law: NĐ 301/2026: systems hand over within ten minutes, else the portal alerts."""
    progress = _round(command, chain)
    if progress is None or progress.stage != "ready" or "hand_over" in progress.passed:
        return ()
    due_at = _passed(progress.hand_over_by, command.now)
    if due_at is None:
        return ()
    return (HandOverOverdue(chain.ref, command.step, progress.plan.agency, progress.round, due_at, command.now),)


def _pass_acknowledge(command: PassAcknowledgeLimit, chain: Chain) -> Facts:
    """Law: NĐ 301/2026: the next agency acknowledges within two working hours, else the portal alerts."""
    progress = _round(command, chain)
    if progress is None or progress.stage == "acknowledged" or "acknowledge" in progress.passed:
        return ()
    due_at = _passed(progress.acknowledge_by, command.now)
    if due_at is None:
        return ()
    return (AcknowledgementOverdue(chain.ref, command.step, progress.plan.agency, progress.round, due_at, command.now),)


def _judge_step_limit(command: JudgeStepLimit, chain: Chain) -> Facts:
    """Law: NĐ 61/2018 art. 19.5: silence escalates; it is agreement only where the step's own law says so."""
    progress = _round(command, chain)
    if progress is None or "step" in progress.passed or progress.stopped_on is not None:
        return ()
    due_at = _passed(progress.due_at, command.now)
    if due_at is None:
        return ()
    plan = progress.plan
    if _silence_agrees(chain, progress):
        agreed = StepDeemedAgreed(chain.ref, command.step, plan.agency, plan.law, due_at, command.now)
        return moved_on(chain, (agreed,), command.calendars, at=command.now, clock_from=command.now, by=command.actor)
    told_at = step_told_at(progress, command.now)
    overdue = StepOverdue(chain.ref, command.step, plan.agency, progress.round, due_at, command.now, told_at)
    return (overdue, *one_stop_told(chain, progress, due_at, command.now))


def _silence_agrees(chain: Chain, progress: Progress) -> bool:
    """Law: the step's own, and that of whoever needs it; nobody is silent about what has not come yet."""
    if progress.plan.silence != "deemed_agreed" or chain.awaits_receipt(progress):
        return False
    return not any(progress.plan.step in other.plan.never_deemed for other in chain.steps.values())


decider: Final[Decider[ChainCommand, Chain, ChainEvent]] = Decider(NOT_OPENED, decide, evolve)
