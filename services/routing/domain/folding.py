"""What each event makes of a chain: nothing is refused here, because what has happened has happened."""

from datetime import datetime
from typing import assert_never

from services.routing.domain.clock_events import (
    ApologyAsked,
    AppointmentMoved,
    ClockEvent,
    ClockResumed,
    DelayApologised,
    LatenessEscalated,
    OneStopTold,
    PromiseMoved,
    StepClockResumed,
    StepClockStarted,
    StepClockStopped,
    StepFulfilled,
    TaxNoticeIssued,
    in_words,
)
from services.routing.domain.events import (
    AcknowledgementOverdue,
    ChainClosed,
    ChainEvent,
    ChainOpened,
    ChainOverdue,
    ChainStopped,
    ChainWithdrawn,
    ClockRestarted,
    ClockSuspended,
    DeskAnswered,
    HandOverOverdue,
    LimitExtended,
    StepAcknowledged,
    StepCancelled,
    StepDecided,
    StepDeemedAgreed,
    StepEvent,
    StepOverdue,
    StepReady,
    StepRefused,
    StepSentBack,
    StepTakenOver,
    SupplementArrived,
    WithdrawalDeclined,
)
from services.routing.domain.progress import Chain, Progress, Standstill, Stood
from services.routing.domain.words import Stage


def _with(chain: Chain, *changed: Progress) -> Chain:
    return chain._replace(steps=chain.steps | {progress.plan.step: progress for progress in changed})


def evolve(chain: Chain, event: ChainEvent) -> Chain:
    """Return the chain after `event`; one about a step that it does not know changes nothing."""
    match event:
        case ChainOpened():
            return _opened(event)
        case ChainClosed():
            return chain._replace(ending=event.outcome)
        case ChainWithdrawn():
            return chain._replace(ending="withdrawn")
        case ChainStopped():
            return chain._replace(ending="stopped")
        case WithdrawalDeclined():
            return chain._replace(declined=event.requested_at)
        case ChainOverdue():
            return chain._replace(overdue=True, tell_at=event.next_at or chain.tell_at)
        case ClockSuspended(ground="supplement"):
            return chain._replace(suspended_since=event.at, supplement_at=None)
        case ClockSuspended():
            return _stands_still(chain, event)
        case SupplementArrived():
            return chain._replace(supplement_at=event.at)
        case ClockRestarted():
            fresh = chain._replace(suspended_since=None, overdue=False, warned=False, rung=0, tell_at=None)
            fresh = fresh._replace(extended=_still_longer(chain), dated_with=(), dated_on="")
            return fresh._replace(clock_from=event.clock_from, due_at=event.due_at, limit=chain.promised())
        case StepSentBack():
            return _sent_back(chain, event)
        case ClockResumed() | AppointmentMoved():
            return _of_the_clock(chain, event)
        case LimitExtended():
            return _extended(chain, event)
        case PromiseMoved():
            return _promised_later(chain, event)
        case ApologyAsked(step="") | DelayApologised(step="") | LatenessEscalated(step=""):
            return _of_the_clock(chain, event)
        case _:
            progress = chain.steps.get(event.step)
            return chain if progress is None else _with(chain, _after(progress, event))


def _of_the_clock(chain: Chain, event: ClockEvent) -> Chain:
    """Take what was said of the chain as a whole."""
    match event:
        case ClockResumed():
            kept = tuple(one for one in chain.standstills if (one.ground, one.step) != (event.ground, event.step))
            return chain._replace(standstills=kept, still_since=chain.still_since if kept else None)
        case AppointmentMoved(cause="apology"):
            return chain._replace(promised_at=event.due_at, tell_at=event.due_at)
        case AppointmentMoved(cause="extended"):
            return _later(chain, event)._replace(dated_with=chain.extended)
        case AppointmentMoved(cause="closed_day"):
            return _later(chain, event)
        case AppointmentMoved():
            fresh = chain._replace(overdue=False, warned=False, rung=0, tell_at=None, number=event.number)
            received_at = event.at if event.cause == "received" else chain.received_at
            fresh = fresh._replace(limit=event.limit, received_at=received_at)
            if event.cause in ("received", "second_appointment"):
                fresh = fresh._replace(extended=(), dated_with=())
            fresh = fresh._replace(dated_on=event.calendar_version)
            return fresh._replace(clock_from=event.clock_from, due_at=event.due_at)
        case ApologyAsked():
            return chain._replace(warned=True)
        case LatenessEscalated():
            return chain._replace(rung=event.rung, tell_at=event.next_at)
        case _:
            return chain


def _later(chain: Chain, event: AppointmentMoved) -> Chain:
    """The same count ends later, so its beginning and the kind of its limit stay."""
    fresh = chain._replace(overdue=False, warned=False, rung=0, tell_at=None)
    return fresh._replace(due_at=event.due_at, limit=event.limit or chain.limit, dated_on=event.calendar_version)


def _promised_later(chain: Chain, event: PromiseMoved) -> Chain:
    """A promise for the dossier may be that of a step; then both move."""
    if chain.promised_at == event.promised_at:
        chain = chain._replace(promised_at=event.new_due_at, tell_at=event.new_due_at)
    progress = chain.steps.get(event.step)
    return chain if progress is None else _with(chain, _after(progress, event))


def _still_longer(chain: Chain) -> tuple[tuple[str, str], ...]:
    """A supplement begins new rounds, without a longer limit; one that runs on meanwhile keeps what it was given."""
    running = {step: progress.ground for step, progress in chain.steps.items() if progress.is_running}
    return tuple((step, ground) for step, ground in chain.extended if running.get(step) == ground)


def _stands_still(chain: Chain, event: ClockSuspended) -> Chain:
    one = Standstill(event.ground, event.step, event.at)
    return chain._replace(standstills=(*chain.standstills, one), still_since=chain.still_since or event.at)


def _opened(event: ChainOpened) -> Chain:
    return Chain(
        ref=event.ref,
        code=event.code,
        procedure=event.procedure,
        procedure_version=event.procedure_version,
        receiving_agency=event.receiving_agency,
        lead_agency=event.lead_agency,
        applicant=event.applicant,
        submitter=event.submitter,
        opened_at=event.at,
        clock_from=event.clock_from,
        due_at=event.due_at,
        calendar_id=event.calendar_id,
        calendar_version=event.calendar_version,
        total_limit=event.total_limit,
        steps={planned.step: Progress(planned) for planned in event.steps},
        appointments=event.appointments,
        starts_on_receipt=event.starts_on_receipt,
        escalate_every=event.escalate_every,
        limit=event.appointments[0].limit if event.appointments else event.total_limit,
        same_day_until=event.same_day_until,
    )


def _sent_back(chain: Chain, event: StepSentBack) -> Chain:
    """The sender waits; a step that was decided waits for its needs once more, like one that never began."""
    sender = chain.steps.get(event.step)
    if sender is None:
        return chain
    act = ("sent_back", event.to, event.reason_code)
    chain = _with(chain, sender._replace(stage="sent_back", since=event.at, waits_for=event.to, act=act))
    issuer = chain.steps.get(event.to)
    if issuer is None or issuer.stage != "decided":
        return chain
    return _with(chain, issuer._replace(stage="planned", since=None))


def _extended(chain: Chain, event: LimitExtended) -> Chain:
    progress = chain.steps.get(event.step)
    if progress is None:
        return chain
    claimed = dict.fromkeys((*chain.extended, (event.step, event.ground)))
    return _with(chain, _after(progress, event))._replace(extended=tuple(claimed))


def _after(progress: Progress, event: StepEvent | ClockEvent) -> Progress:
    match event:
        case StepReady():
            return Progress(
                progress.plan,
                "ready",
                round=event.round,
                version=progress.version,
                since=event.at,
                clock_from=event.clock_from,
                due_at=event.due_at,
                acknowledge_by=event.acknowledge_by,
                hand_over_by=event.hand_over_by,
                send_back_by=event.send_back_by,
                dues_vnd=progress.dues_vnd,
            )
        case StepTakenOver():
            return progress._replace(stage="taken_over", since=_theirs_since(progress, event.at))
        case StepAcknowledged():
            return progress._replace(stage="acknowledged", since=_theirs_since(progress, event.at))
        case LimitExtended():
            passed = tuple(limit for limit in progress.passed if limit != "warning")
            return progress._replace(due_at=event.due_at, ground=event.ground, passed=passed)
        case StepDecided():
            act = ("decided", event.result_code, event.number, event.signer, event.sha256)
            return progress._replace(stage="decided", version=event.version, waits_for="", act=act)
        case StepDeemedAgreed():
            return progress._replace(
                stage="decided", version=progress.version + 1, waits_for="", act=("deemed_agreed",)
            )
        case StepRefused():
            return progress._replace(stage="refused", waits_for="", act=("refused", event.reason_code, event.law))
        case StepCancelled():
            stage: Stage = "decided" if progress.version else "cancelled"
            return progress._replace(stage=stage, waits_for="")
        case DeskAnswered():
            return progress._replace(stage="planned", since=None, waits_for="")
        case HandOverOverdue():
            return progress._replace(passed=(*progress.passed, "hand_over"))
        case AcknowledgementOverdue():
            return progress._replace(passed=(*progress.passed, "acknowledge"))
        case StepOverdue():
            return progress._replace(passed=(*progress.passed, "step"), tell_at=event.next_at)
        case StepClockStopped():
            stood_on, until = (*progress.stood_on, event.ground), event.until
            still = progress._replace(stopped_on=event.ground, stopped_since=event.at)
            return still._replace(stopped_until=until, stood_on=stood_on)
        case StepClockResumed():
            return _runs_again(progress, event)
        case StepFulfilled():
            return progress._replace(stage="decided", waits_for="", act=("fulfilled",))
        case ApologyAsked():
            return progress._replace(passed=(*progress.passed, "warning"))
        case LatenessEscalated():
            return progress._replace(rung=event.rung, tell_at=event.next_at)
        case DelayApologised():
            return progress._replace(
                promised_at=event.new_due_at, tell_at=event.new_due_at if progress.tell_at else None
            )
        case PromiseMoved():
            return progress._replace(
                promised_at=event.new_due_at, tell_at=event.new_due_at if progress.tell_at else None
            )
        case TaxNoticeIssued():
            dues_vnd = sum(line.amount_vnd for line in event.lines)
            return progress._replace(act=(*progress.act, *in_words(event.lines)), dues_vnd=dues_vnd)
        case StepClockStarted():
            return _received(progress, event)
        case StepSentBack() | ClockResumed() | AppointmentMoved() | OneStopTold():
            return progress
        case _:
            assert_never(event)


def _received(progress: Progress, event: StepClockStarted) -> Progress:
    """What was said to be late before it was there is not late any more; alerts of the hand-over stay said."""
    return progress._replace(
        since=event.at,
        clock_from=event.clock_from,
        due_at=event.due_at,
        send_back_by=event.send_back_by,
        passed=tuple(limit for limit in progress.passed if limit not in ("warning", "step")),
        rung=0,
        tell_at=None,
    )


def _stood(progress: Progress, event: StepClockResumed) -> tuple[Stood, ...]:
    """What stood still before its clock ran at all lost nothing."""
    if progress.stopped_since is None or progress.clock_from is None:
        return ()
    since = max(progress.stopped_since, progress.clock_from)
    return (Stood(event.ground, since, event.at),) if since < event.at else ()


def _runs_again(progress: Progress, event: StepClockResumed) -> Progress:
    """What was said to be late only because the clock should have stood still is not late any more."""
    return progress._replace(
        stopped_on=None,
        stopped_since=None,
        stopped_until=None,
        due_at=event.due_at,
        stood=(*progress.stood, *_stood(progress, event)),
        passed=tuple(limit for limit in progress.passed if limit not in ("warning", "step")),
        rung=0,
        tell_at=None,
    )


def _theirs_since(progress: Progress, at: datetime) -> datetime | None:
    """Where a hand-over has a limit of its own the step lies with the exchange until it is taken over."""
    return at if progress.stage == "ready" and progress.hand_over_by is not None else progress.since
