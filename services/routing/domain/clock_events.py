"""What can have happened to the clocks of a chain and to the promise made to the applicant; kept for ever.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; NĐ 118/2025/NĐ-CP art. 17.3; QĐ 766/QĐ-TTg (grounds that are not counted).

`ref`, `step`, `agency`, `round`, `by` and `at` as in `events`. `step` is "" where the whole chain is meant.
"""

from dataclasses import dataclass
from datetime import datetime

from kernel.working_time import Limit
from services.routing.domain.words import Ground, MoveCause, PromiseCause


@dataclass(frozen=True, slots=True)
class ClockResumed:
    """The ground on which the chain's clock stood still is gone; what was used up before is still used up.

    Where a supplement restarts the clock from zero, `ClockRestarted` says so instead. The new date, if there is one,
    follows as `AppointmentMoved`.
    """

    ref: str
    ground: Ground
    step: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AppointmentMoved:
    """The applicant has another date, and this is why.

    Args:
        cause: `received` (the clock of a dossier received elsewhere starts at its resolving agency, NĐ 118/2025 art.
            17.3), `resumed` (what the clock stood still for is over), `second_appointment` (land), `apology` (NĐ
            61/2018 art. 19.9), `closed_day` (the calendar was corrected) or `extended` (the law gave `step` its longer
            limit, and the whole takes longer by that much).
        agency: who answers for the new date.
        number: which of the dossier's appointments it is, 1 for the first.
        clock_from, limit: what the new date was counted from, or `limit` None where it was set or moved on and
            not counted; after `closed_day` and `extended` the count and its limit are those from before.
        calendar_id, calendar_version: the calendar it was counted on; after `closed_day` the corrected one.
        due_at: the new date. For `apology` it is a promise only: the lawful due date stays, and the dossier late.
        note: reasons, sealed, or "".
        warn_at: when the agency is asked to warn of lateness; None where the date is only a promise.
    """

    ref: str
    cause: MoveCause
    step: str
    agency: str
    number: int
    clock_from: datetime
    limit: Limit | None
    calendar_id: str
    calendar_version: str
    due_at: datetime
    note: str
    by: str
    at: datetime
    warn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepClockStopped:
    """The agency stopped its step's clock on a ground that its law names; the chain's stops with `ClockSuspended`.

    Args:
        until: when it runs again at the latest, or None where the law gives no limit.
    """

    ref: str
    step: str
    agency: str
    round: int
    ground: Ground
    law: str
    until: datetime | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepClockResumed:
    """The step's clock runs again; `due_at` is its old one moved on by the minutes of its limit that it stood still.

    Args:
        warn_at: as in `StepReady`; None where its agency was warned already and no time is left.
        stood_minutes: how long it stood still, in the minutes that its limit counts.
    """

    ref: str
    step: str
    agency: str
    round: int
    ground: Ground
    due_at: datetime
    by: str
    at: datetime
    warn_at: datetime | None = None
    stood_minutes: int = 0


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of a tax notice."""

    code: str
    name_vi: str
    name_en: str
    amount_vnd: int


def in_words(lines: tuple[NoticeLine, ...]) -> tuple[str, ...]:
    """Return a text for each line, by which the same notice is known again."""
    return tuple(f"{line.code} {line.amount_vnd} {line.name_vi} / {line.name_en}" for line in lines)


@dataclass(frozen=True, slots=True)
class TaxNoticeIssued:
    """The tax agency determined what the applicant owes; payments raises it, and the step `paid_in` waits for it."""

    ref: str
    code: str
    procedure: str
    step: str
    paid_in: str
    agency: str
    number: str
    lines: tuple[NoticeLine, ...]
    payer: str
    submitter: str
    receiving_agency: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepFulfilled:
    """The applicant did what this step asked of them: the tax notice is paid."""

    ref: str
    step: str
    on_time: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ApologyAsked:
    """A limit comes near while its step is undecided: its agency is asked to tell the applicant, with a new date.

    Law: NĐ 61/2018 art. 19.9: at least one day before the due date (limits under two days: at half of it).
    """

    ref: str
    step: str
    agency: str
    round: int
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class DelayApologised:
    """The agency that is late told the applicant and apologised, with one new date.

    Where the new date does not keep the appointment, `AppointmentMoved` follows.

    Args:
        reason_code: in the agency's words for statistics; note: its letter, sealed.
        due_at: the lawful date that it does not keep.
        new_due_at: the date that it promises now; the agencies above it are told once this one passes too.
    """

    ref: str
    step: str
    agency: str
    round: int
    reason_code: str
    note: str
    due_at: datetime
    new_due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PromiseMoved:
    """A promised date cannot be kept on its day, through nobody's delay: it is kept on the next one that can be.

    Where it is the applicant's appointment, `AppointmentMoved` follows, with the cause `apology`: that is still why the
    date is not the lawful one.

    Args:
        step, round: "" and 0 where the promise was given for the dossier as a whole.
        promised_at: the date that it was; new_due_at: the date that it is now.
    """

    ref: str
    step: str
    agency: str
    round: int
    cause: PromiseCause
    promised_at: datetime
    new_due_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LatenessEscalated:
    """A step is overdue and nothing came: the agency `to`, above the late one, is told.

    Args:
        rung: 1 for the late agency's own superior, one more for each further one.
        overdue_since: the date that was not kept: the promised one where there is one, else the lawful one.
        next_at: when the next one above is told if still nothing came; None at the top of the tree.
    """

    ref: str
    step: str
    agency: str
    round: int
    to: str
    rung: int
    overdue_since: datetime
    at: datetime
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OneStopTold:
    """A consulted agency did not answer within its limit: the head of the one-stop shop `to` is told, to urge it.

    Law: NĐ 61/2018 art. 19.5b, once for each limit that passed; a promise of the agency leaves its limit passed.

    Args:
        to: the agency that received the dossier and forwarded it.
        due_at: the lawful date that the consulted `agency` did not keep.
    """

    ref: str
    step: str
    agency: str
    round: int
    to: str
    due_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class StepClockStarted:
    """The agency has a dossier that was received elsewhere: its own limit runs from here, not from the acceptance.

    Law: NĐ 118/2025 art. 17.3. Fields as in `StepReady`, whose dates these replace.
    """

    ref: str
    step: str
    agency: str
    round: int
    clock_from: datetime
    due_at: datetime
    send_back_by: datetime
    at: datetime
    warn_at: datetime | None = None


ClockEvent = (
    ClockResumed
    | AppointmentMoved
    | StepClockStopped
    | StepClockResumed
    | TaxNoticeIssued
    | StepFulfilled
    | ApologyAsked
    | DelayApologised
    | PromiseMoved
    | LatenessEscalated
    | OneStopTold
    | StepClockStarted
)
