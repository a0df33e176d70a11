"""How far a chain has come: what its events add up to, no more than the next decision needs.

The states are named tuples: every event makes one of each, and a tuple is made three times as fast as a dataclass.
"""

from datetime import datetime, time
from typing import NamedTuple

from kernel.working_time import Limit
from services.routing.domain.plan import PlannedAppointment, PlannedStep
from services.routing.domain.words import DESK, Ground, Outcome, PassedLimit, Stage

CLOSED_STAGES = frozenset({"decided", "refused", "cancelled"})
RUNNING_STAGES = frozenset({"ready", "taken_over", "acknowledged"})


class Stood(NamedTuple):
    """A stretch of time, over now, in which a step's clock stood still."""

    ground: Ground
    since: datetime
    until: datetime


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
        stood: when its clock stood still in this round, and runs again since.
        stood_on: the grounds on which its agency stopped its clock in this round.
        stopped_until: until when it stands still at the latest, or None where the law gives no limit.
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
    stood: tuple[Stood, ...] = ()
    stood_on: tuple[Ground, ...] = ()
    stopped_until: datetime | None = None
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
        extended: (step, ground) of every longer limit claimed since the clock started from zero.
        dated_with: those of them that are in `due_at` already.
        dated_on: the version of its calendar that `due_at` was counted or moved on with, or "" for the pinned one.
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
    extended: tuple[tuple[str, str], ...] = ()
    dated_with: tuple[tuple[str, str], ...] = ()
    dated_on: str = ""

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
        """Return the date that the applicant has: the lawful one, or a later one that was promised with an apology."""
        assert self.due_at is not None, "an opened chain has one"
        return max(self.due_at, self.promised_at or self.due_at)

    @property
    def counted_on(self) -> str:
        """The version of its calendar on which the present date is counted: the pinned one, or one corrected since."""
        return self.dated_on or self.calendar_version

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
        if 0 < self.number <= len(self.appointments):
            return self.appointments[self.number - 1].limit
        return self.total_limit

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
