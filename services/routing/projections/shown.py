"""A chain and its clocks as those concerned see them; folded from the stream itself, so there is no row to keep.

Law: TT 01/2018/TT-VPCP art. 17; NĐ 224/2026/NĐ-CP art. 15.1g (which agency, since when, until when).
"""

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel

from kernel.clock_reasons import in_words
from kernel.working_time import Interval
from services.routing.domain.clock import Clock, clocks
from services.routing.domain.holder import Holder, holders
from services.routing.domain.plan import Calendars
from services.routing.domain.progress import Chain, Progress


class ResultShown(BaseModel):
    """The result that a decided step issued last."""

    result_code: str
    number: str
    signer: str
    sha256: str
    version: int


class StepShown(BaseModel):
    """One step: whose it is, where it stands, and until when.

    `party` is `applicant` where the applicant has to act; then nobody's silence counts and `agency` is empty. `silence`
    says what it means if the limit passes, `never_deemed` of which needs silence does not do, `not_counted` on which
    ground the clock of the whole stands still while only such steps are open, `dues_vnd` what its notice comes to.
    """

    step: str
    agency: str
    needs: list[str]
    stage: str
    round: int
    limit_vi: str
    limit_en: str
    law: str
    grounds: list[str]
    clock_from: datetime | None
    due_at: datetime | None
    acknowledge_by: datetime | None
    hand_over_by: datetime | None
    send_back_by: datetime | None
    passed: list[str]
    waits_for: str
    result: ResultShown | None
    party: str
    silence: str
    never_deemed: list[str]
    not_counted: str | None
    stopped_on: str | None
    stopped_since: datetime | None
    internal: bool
    dues_vnd: int | None


class StandstillShown(BaseModel):
    """Since when the clock of the whole chain stands still, on which ground, and for which step, if for one."""

    ground: str
    step: str
    since: datetime


class AppointmentShown(BaseModel):
    """One of the appointments given one after the other; only the present one has a date."""

    number: int
    step: str
    limit_vi: str
    limit_en: str
    due_at: datetime | None


class ChainShown(BaseModel):
    """A chain as those concerned see it."""

    ref: str
    code: str
    procedure: str
    procedure_version: str
    state: str
    receiving_agency: str
    lead_agency: str
    clock_from: datetime
    due_at: datetime
    suspended_since: datetime | None
    overdue: bool
    steps: list[StepShown]
    holders: list[Holder]
    standstills: list[StandstillShown]
    appointments: list[AppointmentShown]
    promised_at: datetime | None
    starts_on_receipt: bool
    received_at: datetime | None


class IntervalShown(BaseModel):
    """A stretch of time, counted or skipped, and why."""

    start: datetime
    end: datetime
    counted_minutes: int
    reason: str
    reason_vi: str
    reason_en: str


class ClockShown(BaseModel):
    """One running clock with the intervals that lead to its due date; `step` is empty for the chain as a whole."""

    step: str
    agency: str
    clock_from: datetime
    due_at: datetime
    limit_vi: str
    limit_en: str
    calendar_id: str
    calendar_version: str
    used_minutes: int
    left_minutes: int
    derivation: list[IntervalShown]


class ClocksShown(BaseModel):
    """Every clock that runs at `at`; none runs while the chain is suspended or after its end."""

    ref: str
    at: datetime
    suspended_since: datetime | None
    clocks: list[ClockShown]


def state_of(chain: Chain) -> str:
    return chain.ending or "open"


def chain_shown(chain: Chain) -> ChainShown:
    """Show a chain that was opened."""
    assert chain.clock_from is not None
    assert chain.due_at is not None
    return ChainShown(
        ref=chain.ref,
        code=chain.code,
        procedure=chain.procedure,
        procedure_version=chain.procedure_version,
        state=state_of(chain),
        receiving_agency=chain.receiving_agency,
        lead_agency=chain.lead_agency,
        clock_from=chain.clock_from,
        due_at=chain.due_at,
        suspended_since=chain.suspended_since,
        overdue=chain.overdue,
        steps=[_step_shown(progress) for progress in chain.steps.values()],
        holders=list(holders(chain)),
        standstills=list(_standstills(chain)),
        appointments=list(_appointments(chain)),
        promised_at=chain.promised_at,
        starts_on_receipt=chain.starts_on_receipt,
        received_at=chain.received_at,
    )


def _standstills(chain: Chain) -> Iterator[StandstillShown]:
    if chain.suspended_since is not None:
        yield StandstillShown(ground="supplement", step="", since=chain.suspended_since)
    for one in chain.standstills:
        yield StandstillShown(ground=one.ground, step=one.step, since=one.since)


def _appointments(chain: Chain) -> Iterator[AppointmentShown]:
    for number, planned in enumerate(chain.appointments, start=1):
        words, due_at = planned.limit.in_words, chain.due_at if number == chain.number else None
        yield AppointmentShown(number=number, step=planned.step, limit_vi=words.vi, limit_en=words.en, due_at=due_at)


def _step_shown(progress: Progress) -> StepShown:
    plan, words = progress.plan, progress.limit.in_words
    return StepShown(
        step=plan.step,
        agency=plan.agency,
        needs=list(plan.needs),
        stage=progress.stage,
        round=progress.round,
        limit_vi=words.vi,
        limit_en=words.en,
        law=plan.law,
        grounds=[longer.ground for longer in plan.longer_limits],
        clock_from=progress.clock_from,
        due_at=progress.due_at,
        acknowledge_by=progress.acknowledge_by,
        hand_over_by=progress.hand_over_by,
        send_back_by=progress.send_back_by,
        passed=list(progress.passed),
        waits_for=progress.waits_for,
        result=_result_shown(progress),
        party=plan.party,
        silence=plan.silence,
        never_deemed=list(plan.never_deemed),
        not_counted=plan.not_counted,
        stopped_on=progress.stopped_on,
        stopped_since=progress.stopped_since,
        internal=plan.internal,
        dues_vnd=progress.dues_vnd,
    )


def _result_shown(progress: Progress) -> ResultShown | None:
    if progress.stage != "decided" or progress.act[:1] != ("decided",):
        return None
    _, result_code, number, signer, sha256, *_ = progress.act
    return ResultShown(result_code=result_code, number=number, signer=signer, sha256=sha256, version=progress.version)


def clocks_shown(chain: Chain, calendars: Calendars, now: datetime) -> ClocksShown:
    """Show the clocks that run at `now`.

    Raises:
        CalendarDoesNotReach: a pinned calendar ends before `now`.
    """
    running = [_clock_shown(clock, calendars) for clock in clocks(chain, calendars, now)]
    return ClocksShown(ref=chain.ref, at=now, suspended_since=chain.suspended_since, clocks=running)


def _clock_shown(clock: Clock, calendars: Calendars) -> ClockShown:
    calendar = calendars(clock.calendar_id, clock.calendar_version)

    def interval(one: Interval) -> IntervalShown:
        words = in_words(calendar, one.reason)
        return IntervalShown(
            start=one.start,
            end=one.end,
            counted_minutes=one.counted_minutes,
            reason=one.reason,
            reason_vi=words.vi,
            reason_en=words.en,
        )

    limit = clock.limit.in_words if clock.limit else None
    return ClockShown(
        step=clock.step,
        agency=clock.agency,
        clock_from=clock.clock_from,
        due_at=clock.due_at,
        limit_vi=limit.vi if limit else "",
        limit_en=limit.en if limit else "",
        calendar_id=clock.calendar_id,
        calendar_version=clock.calendar_version,
        used_minutes=clock.used_minutes,
        left_minutes=clock.left_minutes,
        derivation=[interval(one) for one in clock.derivation],
    )
