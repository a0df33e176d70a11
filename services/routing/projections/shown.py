"""A chain and its clocks as those concerned see them; folded from the stream itself, so there is no row to keep.

Law: TT 01/2018/TT-VPCP art. 17; NĐ 224/2026/NĐ-CP art. 15.1g (which agency, since when, until when).
"""

from datetime import datetime

from pydantic import BaseModel

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
    """One step: whose it is, where it stands, and until when."""

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


class Completion(BaseModel):
    """How much of a chain is behind it."""

    closed_steps: int
    steps: int


class ChainShown(BaseModel):
    """A chain as those concerned see it; whoever did not sign in sees `code` and `completion` alone."""

    ref: str
    code: str
    procedure: str
    procedure_version: str
    state: str
    completion: Completion
    receiving_agency: str
    lead_agency: str
    clock_from: datetime
    due_at: datetime
    suspended_since: datetime | None
    overdue: bool
    steps: list[StepShown]
    holders: list[Holder]


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


def completion_of(chain: Chain) -> Completion:
    closed = sum(not progress.is_open for progress in chain.steps.values())
    return Completion(closed_steps=closed, steps=len(chain.steps))


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
        completion=completion_of(chain),
        receiving_agency=chain.receiving_agency,
        lead_agency=chain.lead_agency,
        clock_from=chain.clock_from,
        due_at=chain.due_at,
        suspended_since=chain.suspended_since,
        overdue=chain.overdue,
        steps=[_step_shown(progress) for progress in chain.steps.values()],
        holders=list(holders(chain)),
    )


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
    )


def _result_shown(progress: Progress) -> ResultShown | None:
    if progress.stage != "decided" or progress.act[:1] != ("decided",):
        return None
    _, result_code, number, signer, sha256 = progress.act
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
        words = calendar.in_words(one.reason)
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
