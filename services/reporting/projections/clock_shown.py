"""The shapes in which programs get the time of a dossier: clocks, derivations, appointments, and whose minutes.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; QĐ 766/QĐ-TTg.
"""

from datetime import datetime

from pydantic import BaseModel


class CompletionShown(BaseModel):
    """How much of the way is behind a dossier: acceptance, each step, handing out."""

    done: int
    of: int
    percent: int


class HolderShown(BaseModel):
    """Whose clock runs."""

    party: str
    agency: str
    step: str


class ShareShown(BaseModel):
    """Working minutes that were somebody's, rounded to a tenth and as an exact fraction, and what each clock counts."""

    party: str
    agency: str
    step: str
    minutes: float
    exact: str
    legal_minutes: float
    scoring_minutes: float


class IntervalShown(BaseModel):
    """A stretch of time and why it was counted or not; `counted_minutes` is 0 where it was not."""

    start: datetime
    end: datetime
    counted_minutes: int
    reason: str
    reason_vi: str
    reason_en: str


class LimitShown(BaseModel):
    value: float
    unit: str
    counting: str


class OneClockShown(BaseModel):
    """One of the two clocks; `due_at` is null while it stands still, `limit` where it follows from the steps'.

    By `gained_minutes`, of the limit's own, the law's longer limit of a step made the whole longer.
    """

    clock_from: datetime
    cause: str
    limit: LimitShown | None
    calendar_id: str
    calendar_version: str
    due_at: datetime | None
    stands_on: str
    overdue_since: datetime | None
    whole_minutes: int
    used_minutes: int
    left_minutes: int
    derivation: list[IntervalShown]
    gained_minutes: int = 0


class AppointmentShown(BaseModel):
    """A date that was given, and why."""

    cause: str
    number: int
    step: str
    agency: str
    clock_from: datetime
    due_at: datetime
    said_at: datetime


class StandstillShown(BaseModel):
    """A stretch in which the dossier's clock (`whole`) or that of one step stood still."""

    ground: str
    step: str
    law: str
    whole: bool
    since: datetime
    until: datetime | None


class LatenessShown(BaseModel):
    """`overdue`, `asked` to apologise, `apologised`, told to the `one_stop`, or `escalated` to the agency above."""

    what: str
    step: str
    agency: str
    to_agency: str
    rung: int
    reason: str
    due_at: datetime
    new_due_at: datetime | None
    at: datetime


class StretchShown(BaseModel):
    """A stretch in which nothing changed hands; its minutes are shared equally, and each clock counts it or not."""

    since: datetime
    until: datetime
    minutes: int
    holders: list[HolderShown]
    legal: bool
    scoring: bool


class MinutesShown(BaseModel):
    """Whose working minutes there were; the shares add up to `whole_minutes`."""

    whole_minutes: int
    shares: list[ShareShown]
    stretches: list[StretchShown]


class AgencyNamed(BaseModel):
    """What an agency is called."""

    name_vi: str
    name_en: str


class ClockShown(BaseModel):
    """The time of a dossier; whoever is not concerned sees `code` and `completion` alone.

    `agencies` says what each agency that is named here by its id is called.
    """

    code: str | None
    completion: CompletionShown
    ref: str | None = None
    procedure: str | None = None
    as_of: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    promised_at: datetime | None = None
    calendar_id: str | None = None
    calendar_version: str | None = None
    legal: OneClockShown | None = None
    scoring: OneClockShown | None = None
    appointments: list[AppointmentShown] | None = None
    standstills: list[StandstillShown] | None = None
    lateness: list[LatenessShown] | None = None
    until_result: MinutesShown | None = None
    after_result: MinutesShown | None = None
    agencies: dict[str, AgencyNamed] | None = None
