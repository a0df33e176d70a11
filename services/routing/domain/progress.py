"""How far a chain has come: what its events add up to, no more than the next decision needs.

The states are named tuples: every event makes one of each, and a tuple is made three times as fast as a dataclass.
"""

from datetime import datetime, time
from typing import NamedTuple, assert_never

from kernel.working_time import Limit
from services.routing.domain.clock_events import (
    ApologyAsked,
    AppointmentMoved,
    ClockEvent,
    ClockResumed,
    DelayApologised,
    LatenessEscalated,
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
from services.routing.domain.plan import PlannedAppointment, PlannedStep
from services.routing.domain.words import DESK, Ground, Outcome, PassedLimit, Stage

CLOSED_STAGES = frozenset({"decided", "refused", "cancelled"})
RUNNING_STAGES = frozenset({"ready", "taken_over", "acknowledged"})


class Progress(NamedTuple):
    """How far one step has come.

    Args:
        round: how often it became ready; 0 before the first time.
        version: how many results it issued.
        since: when whoever holds it now got it.
        waits_for: what it was sent back to, while it is sent back.
        passed: limits of this round that are known to have passed.
        ground: the ground on which its limit was made longer, or "".
        act: how its last round ended, in the words of the command, so that the same command is known again.
        stopped_on, stopped_since: the ground on which its clock stands still, and since when.
        rung: how many agencies above its own were told that it is overdue.
        promised_at: the new date that its agency gave with its apology; `due_at` stays the lawful one.
        tell_at: when the next agency above is told, if it stays overdue.
        stood_minutes: how long its clock stood still in this round, in the minutes that its limit counts.
        stood_on: the grounds on which its agency stopped its clock in this round.
        stopped_until: until when it stands still at the latest, or None where the law gives no limit.
        ran_since: since when its clock runs again, if it ever stood still in this round.
        dues_vnd: what its notice says that the applicant owes, in all, or None where it issued none.
    """

    plan: PlannedStep
    stage: Stage = "planned"
    round: int = 0
    version: int = 0
    since: datetime | None = None
    clock_from: datetime | None = None
    due_at: datetime | None = None
    acknowledge_by: datetime | None = None
    hand_over_by: datetime | None = None
    send_back_by: datetime | None = None
    waits_for: str = ""
    passed: tuple[PassedLimit, ...] = ()
    ground: str = ""
    act: tuple[str, ...] = ()
    stopped_on: Ground | None = None
    stopped_since: datetime | None = None
    rung: int = 0
    promised_at: datetime | None = None
    tell_at: datetime | None = None
    stood_minutes: int = 0
    stood_on: tuple[Ground, ...] = ()
    stopped_until: datetime | None = None
    ran_since: datetime | None = None
    dues_vnd: int | None = None

    @property
    def is_open(self) -> bool:
        return self.stage not in CLOSED_STAGES

    @property
    def is_running(self) -> bool:
        """Say whether it lies with its agency: ready and not yet decided, refused or sent back."""
        return self.stage in RUNNING_STAGES

    @property
    def is_deemed(self) -> bool:
        """Say whether its silence was taken as agreement."""
        return self.stage == "decided" and self.act == ("deemed_agreed",)

    @property
    def waits_at_desk(self) -> bool:
        return self.waits_for == DESK

    @property
    def has_result(self) -> bool:
        """Say whether a result of its stands: revoked ones do not, those being corrected do."""
        return self.version > 0 and self.stage != "refused"

    def is_on_time(self, now: datetime) -> bool:
        """The last instant of a limit is still in time; while the clock stands still no time passes."""
        return self.due_at is None or (self.stopped_since or now) <= self.due_at

    @property
    def limit(self) -> Limit:
        """The limit that holds for this round, made longer or not."""
        longer = self.plan.longer_limit(self.ground) if self.ground else None
        return longer.limit if longer else self.plan.limit


class Standstill(NamedTuple):
    """Since when the chain's clock stands still on one ground; `step` is the one it waits for, or "" for none."""

    ground: Ground
    step: str
    since: datetime


class Chain(NamedTuple):
    """How far the chain has come; `ref` is "" before it is opened.

    Args:
        suspended_since: when the applicant was asked for the supplement that the clock waits for.
        supplement_at: when something of it came to the desk.
        ending: how it ended (an outcome, `withdrawn` or `stopped`), or "" while it is open.
        declined: when the withdrawal that was declined last had been requested.
        number: which of its appointments `due_at` is.
        standstills: grounds other than the supplement on which the clock stands still now.
        warned, rung: of the chain as a whole, as in `Progress`.
        promised_at: the one new date that a late agency gave with its apology; `due_at` stays the lawful one.
        tell_at: of the chain as a whole, as in `Progress`.
        still_since: since when there has been such a standstill without a break.
        limit: what `due_at` was counted from, or None where it follows from the steps or was set.
        received_at: when the resolving agency received what was received elsewhere, or None.
    """

    ref: str = ""
    code: str = ""
    procedure: str = ""
    procedure_version: str = ""
    receiving_agency: str = ""
    lead_agency: str = ""
    applicant: str = ""
    submitter: str = ""
    opened_at: datetime | None = None
    clock_from: datetime | None = None
    due_at: datetime | None = None
    calendar_id: str = ""
    calendar_version: str = ""
    total_limit: Limit | None = None
    steps: dict[str, Progress] = {}  # noqa: RUF012 - never changed, `with_step` copies it
    suspended_since: datetime | None = None
    supplement_at: datetime | None = None
    overdue: bool = False
    ending: str = ""
    declined: datetime | None = None
    appointments: tuple[PlannedAppointment, ...] = ()
    number: int = 1
    starts_on_receipt: bool = False
    escalate_every: Limit | None = None
    standstills: tuple[Standstill, ...] = ()
    warned: bool = False
    rung: int = 0
    promised_at: datetime | None = None
    tell_at: datetime | None = None
    still_since: datetime | None = None
    limit: Limit | None = None
    received_at: datetime | None = None
    same_day_until: time | None = None

    @property
    def is_open(self) -> bool:
        return self.ref != "" and self.ending == ""

    @property
    def stands_still(self) -> bool:
        """Say whether the clock of the whole chain stands still, on whichever ground."""
        return self.suspended_since is not None or bool(self.standstills)

    @property
    def incident_since(self) -> datetime | None:
        """Since when the platform is broken for this dossier, or None while it works."""
        return next((one.since for one in self.standstills if (one.ground, one.step) == ("incident", "")), None)

    def needs(self) -> dict[str, tuple[str, ...]]:
        return {step: progress.plan.needs for step, progress in self.steps.items()}

    def appointment(self) -> datetime:
        """Return the date that the applicant has: the lawful one, or the later one that was promised with an apology."""
        assert self.due_at is not None, "an opened chain has one"
        return max(self.due_at, self.promised_at or self.due_at)

    def ticking(self, step: str, round: int) -> Progress | None:
        """Return the step if that round of it still lies with its agency and its clock runs: what a bell is for."""
        progress = self.steps.get(step)
        if progress is None or not progress.is_running or progress.round != round or progress.stopped_on is not None:
            return None
        return progress

    def open_steps(self) -> tuple[str, ...]:
        return tuple(step for step, progress in self.steps.items() if progress.is_open)

    def results(self) -> tuple[str, ...]:
        """The steps whose results stand."""
        return tuple(step for step, progress in self.steps.items() if progress.has_result)

    def promised(self) -> Limit | None:
        """The limit of the appointment that the applicant has now, or None where it follows from the steps."""
        return self.appointments[self.number - 1].limit if self.appointments else self.total_limit

    def handed_out(self) -> tuple[str, ...]:
        """The steps whose results stand and are the applicant's to have."""
        return tuple(step for step in self.results() if not self.steps[step].plan.internal)

    def awaits_receipt(self, progress: Progress) -> bool:
        """Say whether a step's agency still has to receive what was received elsewhere (NĐ 118/2025 art. 17.3)."""
        waits = self.starts_on_receipt and progress.stage == "ready"
        return waits and progress.round == 1 and not progress.plan.needs

    def outcome(self) -> Outcome:
        """What the chain comes to for the applicant, once no step is open; a notice of what is owed grants nothing."""
        every = tuple(self.steps.values())
        theirs = tuple(one for one in every if one.plan.grants) or every
        decided = sum(progress.stage == "decided" for progress in theirs)
        if decided == len(theirs):
            return "granted"
        return "partly_granted" if decided else "refused"


NOT_OPENED = Chain()


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
            return fresh._replace(clock_from=event.clock_from, due_at=event.due_at, limit=chain.promised())
        case StepSentBack():
            return _sent_back(chain, event)
        case ClockResumed() | AppointmentMoved():
            return _of_the_clock(chain, event)
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
        case AppointmentMoved():
            fresh = chain._replace(overdue=False, warned=False, rung=0, tell_at=None, number=event.number)
            received_at = event.at if event.cause == "received" else chain.received_at
            fresh = fresh._replace(limit=event.limit, received_at=received_at)
            return fresh._replace(clock_from=event.clock_from, due_at=event.due_at)
        case ApologyAsked():
            return chain._replace(warned=True)
        case LatenessEscalated():
            return chain._replace(rung=event.rung, tell_at=event.next_at)
        case _:
            return chain


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
        case TaxNoticeIssued():
            dues_vnd = sum(line.amount_vnd for line in event.lines)
            return progress._replace(act=(*progress.act, *in_words(event.lines)), dues_vnd=dues_vnd)
        case StepClockStarted():
            return _received(progress, event)
        case StepSentBack() | ClockResumed() | AppointmentMoved():
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


def _runs_again(progress: Progress, event: StepClockResumed) -> Progress:
    """What was said to be late only because the clock should have stood still is not late any more."""
    return progress._replace(
        stopped_on=None,
        stopped_since=None,
        stopped_until=None,
        ran_since=event.at,
        due_at=event.due_at,
        stood_minutes=progress.stood_minutes + event.stood_minutes,
        passed=tuple(limit for limit in progress.passed if limit not in ("warning", "step")),
        rung=0,
        tell_at=None,
    )


def _theirs_since(progress: Progress, at: datetime) -> datetime | None:
    """Where a hand-over has a limit of its own the step lies with the exchange until it is taken over."""
    return at if progress.stage == "ready" and progress.hand_over_by is not None else progress.since
