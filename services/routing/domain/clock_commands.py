"""What a chain may be told about its clocks and its lateness; the words of `commands` hold here too."""

from dataclasses import dataclass
from datetime import datetime

from services.routing.domain.plan import Calendars, no_calendars
from services.routing.domain.words import Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStepClock:
    """The agency stops its step's clock on a ground that its law names."""

    ref: str
    step: str
    agency: str
    ground: Ground
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeStepClock:
    """The ground is gone: the agency lets the clock run again."""

    ref: str
    step: str
    agency: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class PassPause:
    """The longest time that the law lets a step's clock stand still is over: what the timer carries.

    `until` is when it was over. The shell hands it on as `EndPause`.
    """

    ref: str
    step: str
    round: int
    until: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPause:
    """Let the step's clock run again since `until`."""

    ref: str
    step: str
    round: int
    until: datetime
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareIncident:
    """The platform is broken for this dossier since `since`: its clock stands still (NĐ 63/2024 art. 7)."""

    ref: str
    since: datetime
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndIncident:
    """It works again."""

    ref: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleNotice:
    """What the tax notice of `step` stated was paid at `settled_at`."""

    ref: str
    step: str
    settled_at: datetime
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class PassWarning:
    """It is time to tell the applicant that a limit will not be kept: `step` of `round`, or "" and 0 for the chain."""

    ref: str
    step: str
    round: int
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApologiseForDelay:
    """The late agency tells the applicant why, and gives one new date; `note` is sealed."""

    ref: str
    step: str
    agency: str
    reason_code: str
    note: str
    new_due_at: datetime
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class PassEscalation:
    """A step is still overdue: what the timer carries. The shell hands it on as `TellNextAbove`.

    `rung` is which agency above would be told, 0 for whichever is next.
    """

    ref: str
    step: str
    round: int
    rung: int
    actor: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TellNextAbove:
    """Tell the next agency above that `step`, or "" the chain, is still overdue; words as in `PassEscalation`."""

    ref: str
    step: str
    round: int
    rung: int
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class RedateAppointment:
    """The calendar was corrected: where the date falls on a closed day now, give the next open one.

    `calendar_id` and `calendar_version` name the corrected calendar.
    """

    ref: str
    calendar_id: str
    calendar_version: str
    actor: str
    now: datetime
    calendars: Calendars = no_calendars


ClockCommand = (
    StopStepClock
    | ResumeStepClock
    | EndPause
    | DeclareIncident
    | EndIncident
    | SettleNotice
    | PassWarning
    | ApologiseForDelay
    | TellNextAbove
    | RedateAppointment
)
