"""Whatever happens to the clocks of a chain, in whatever order: nobody is told of lateness too soon, nor for nothing.

Law: NĐ 61/2018/NĐ-CP art. 19.9; QĐ 766/QĐ-TTg; NĐ 301/2026/NĐ-CP art. 4.7.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from kernel.message import Timer
from kernel.refusal import Refused
from kernel.working_time import Limit, due
from services.routing.domain.bells import timers
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import (
    ApologiseForDelay,
    DeclareIncident,
    EndIncident,
    EndPause,
    PassEscalation,
    PassPause,
    RedateAppointment,
    ResumeStepClock,
    StopStepClock,
    TellNextAbove,
)
from services.routing.domain.clock_dates import next_desk_instant, stood_still
from services.routing.domain.clock_events import (
    ApologyAsked,
    AppointmentMoved,
    LatenessEscalated,
    PromiseMoved,
    StepClockResumed,
)
from services.routing.domain.commands import JudgeStepLimit, PassStepLimit
from services.routing.domain.events import ChainEvent, ChainOverdue, ClockRestarted, StepOverdue, StepReady
from services.routing.domain.honest_lateness import dishonest_lateness
from services.routing.domain.plan import PlannedPause, PlannedStep
from services.routing.domain.progress import NOT_OPENED, Chain
from services.routing.domain.promises import waits_for_platform
from services.routing.domain.words import Silence
from tests.routing import scene as s

AGENCIES = (s.COMMUNE, s.POLICE, s.PROVINCE)
TREE = ("H48.VP", "H48.TT", "G09")
PAUSES = (
    PlannedPause("third_party", "NĐ 175/2024/NĐ-CP", Limit(1, "working_days")),
    PlannedPause("posting", "NĐ 101/2024/NĐ-CP", None),
)
LIMITS = st.sampled_from(
    [
        Limit(0.5, "working_days"),
        Limit(3, "working_days"),
        Limit(4, "working_hours"),
        Limit(2, "calendar_days"),
        Limit(2, "calendar_days", "whole_last_day"),
    ]
)
ACTS = (
    "acknowledge", "acknowledge", "decide", "refuse", "send_back", "resume", "apologise", "apologise", "lead", "stop",
    "stop", "go_on", "break", "mend", "storm", "extend", "wait", "wait", "wait", "wait", "withdraw",
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlannedStep, ...]:
    planned = []
    for index in range(draw(st.integers(1, 4))):
        needs = tuple(f"s{need}" for need in range(index) if draw(st.booleans()))
        silence: Silence = "deemed_agreed" if draw(st.integers(0, 4)) == 0 else "escalate"
        one = s.step(f"s{index}", draw(st.sampled_from(AGENCIES)), needs, limit=draw(LIMITS), silence=silence)
        superiors = TREE[: draw(st.integers(0, 3))]
        planned.append(replace(one, superiors=superiors, pauses=PAUSES, longer_limits=s.VERIFICATION))
    return tuple(planned)


LIVES = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 3), st.integers(0, 5), st.integers(1, 900)),
    min_size=8,
    max_size=40,
)


class Days:
    """A chain that lives by its own bells, each of which is rung when it is due, and every command told twice."""

    def __init__(self, plan: tuple[PlannedStep, ...], promised: Limit) -> None:
        self.plan = plan
        self.now = s.MONDAY
        self.chain: Chain = NOT_OPENED
        self.events: list[ChainEvent] = []
        self.bells: dict[str, Timer] = {}
        self.say(s.opening(plan, due_at=due(s.CALENDAR, s.MONDAY, promised), total_limit=promised))

    def say(self, command: Any) -> None:
        answer = decider.decide(command, self.chain)
        if isinstance(answer, Refused):
            return
        for event in answer:
            self._is_fair(event)
            self.chain = decider.evolve(self.chain, event)
            self.events.append(event)
            for bell in timers(event):
                if isinstance(bell, Timer):
                    self.bells[bell.id] = bell
                else:
                    self.bells.pop(bell.id, None)
        assert decider.decide(command, self.chain) == (), f"asked twice, done twice: {command}"
        self._holds_together()

    def _is_fair(self, event: ChainEvent) -> None:
        """Look at a fact beside the chain as it was before it."""
        match event:
            case LatenessEscalated(step=""):
                assert self.chain.overdue
                assert event.at > self.chain.appointment() == event.overdue_since
                assert event.rung == self.chain.rung + 1
            case LatenessEscalated():
                progress = self.chain.steps[event.step]
                assert progress.due_at is not None
                assert event.at > max(progress.due_at, progress.promised_at or progress.due_at)
                assert event.rung == progress.rung + 1
                assert event.to == progress.plan.superiors[event.rung - 1]
                assert progress.is_running
                assert progress.stopped_on is None
            case StepOverdue():
                assert event.at > event.due_at
                assert self.chain.steps[event.step].stopped_on is None
            case ApologyAsked(step=step) if step:
                assert self.chain.steps[step].plan.lateness_counts
            case ChainOverdue():
                assert not self.chain.stands_still
            case _:
                pass

    def _holds_together(self) -> None:
        chain = self.chain
        if not chain.is_open:
            assert self.bells == {}, "after the end nothing rings"
            return
        for step, progress in chain.steps.items():
            if not progress.is_running:
                assert not {f"{s.REF}-{step}-limit", f"{s.REF}-{step}-lateness"} & self.bells.keys()
                continue
            assert progress.clock_from is not None
            calendar = s.calendars_of(progress.plan.calendar_id, progress.plan.calendar_version)
            due_at, _ = stood_still(calendar, progress.clock_from, progress.limit, progress.stood)
            assert progress.due_at == due_at
            if progress.stopped_on is None and "step" not in progress.passed:
                assert f"{s.REF}-{step}-limit" in self.bells, "a limit that nobody watches is not one"
            if (
                progress.stopped_on is None
                and "step" in progress.passed
                and not waits_for_platform(chain, progress.promised_at)
                and progress.rung < len(progress.plan.superiors)
            ):
                assert f"{s.REF}-{step}-lateness" in self.bells, "lateness that nobody hears of is hidden"
        if not chain.stands_still and not chain.overdue:
            assert f"{s.REF}-chain" in self.bells

    def wait(self, until: datetime) -> None:
        while self.bells:
            bell = min(self.bells.values(), key=lambda one: one.due_at)
            if bell.due_at > until:
                break
            del self.bells[bell.id]
            self.now = max(self.now, bell.due_at)
            self.say(_prepared(replace(bell.command, now=self.now)))
        self.now = max(self.now, until)

    def act(self, what: str, which: int, other: int, minutes: int) -> None:
        running = [progress.plan for progress in self.chain.steps.values() if progress.is_running]
        chosen = running if running and other else self.plan
        planned = chosen[which % len(chosen)]
        self.now += timedelta(minutes=minutes % 30)
        of_step: dict[str, Any] = {"ref": s.REF, "step": planned.step, "agency": planned.agency}
        told: dict[str, Any] = {"actor": "officer:7", "now": self.now}
        date = next_desk_instant(s.CALENDAR, self.now + timedelta(hours=minutes % 200))
        sorry: dict[str, Any] = {"reason_code": "backlog", "note": "", "new_due_at": date, "calendars": s.calendars_of}
        match what:
            case "acknowledge":
                self.say(s.acknowledge(planned, self.now))
            case "decide":
                self.say(s.decision(planned, self.now, number=f"{minutes}/GCN"))
            case "refuse" if other == 5:
                self.say(s.refusal(planned, self.now))
            case "send_back":
                self.say(s.send_back(planned, planned.needs[0] if planned.needs else "desk", self.now))
            case "resume":
                waiting = next((step for step, one in self.chain.steps.items() if one.waits_at_desk), planned.step)
                plan = self.chain.steps[waiting].plan
                self.say(s.resume(plan, self.now, self.chain.clock_from or self.now, self.chain.due_at))
            case "apologise":
                self.say(ApologiseForDelay(**of_step, **told, **sorry))
            case "lead":
                self.say(ApologiseForDelay(ref=s.REF, step="", agency=s.PROVINCE, **told, **sorry))
            case "stop":
                ground = PAUSES[other % 2].ground
                self.say(StopStepClock(**of_step, **told, ground=ground, calendars=s.calendars_of))
            case "go_on":
                self.say(ResumeStepClock(**of_step, **told, calendars=s.calendars_of))
            case "break":
                self.say(DeclareIncident(ref=s.REF, since=self.now - timedelta(minutes=minutes), **told))
            case "mend":
                self.say(EndIncident(ref=s.REF, **told, calendars=s.calendars_of))
            case "storm":
                new: dict[str, Any] = {"calendar_id": s.CORRECTED.id, "calendar_version": s.CORRECTED.version}
                self.say(RedateAppointment(ref=s.REF, **told, **new, calendars=s.calendars_of))
            case "extend":
                self.say(s.extend(planned, self.now))
            case "wait":
                self.wait(self.now + timedelta(minutes=5 * minutes))
            case "withdraw" if other == 0 and which == 0:
                self.say(s.withdraw(self.now))


def _prepared(bell: Any) -> Any:
    """Give a bell its calendars, as the shell does."""
    said = {"ref": bell.ref, "actor": bell.actor, "now": bell.now}
    match bell:
        case PassStepLimit():
            return JudgeStepLimit(**said, step=bell.step, round=bell.round, calendars=s.calendars_of)
        case PassPause():
            return EndPause(**said, step=bell.step, round=bell.round, until=bell.until, calendars=s.calendars_of)
        case PassEscalation():
            return TellNextAbove(**said, step=bell.step, round=bell.round, rung=bell.rung, calendars=s.calendars_of)
        case _:
            return bell


def lived(plan: tuple[PlannedStep, ...], promised: Limit, life: list[tuple[str, int, int, int]]) -> Days:
    days = Days(plan, promised)
    for act in life:
        days.act(*act)
    return days


PROMISES = st.sampled_from([Limit(1, "working_days"), Limit(4, "working_days"), Limit(16, "working_days")])


@settings(max_examples=200)
@for_all(plans(), PROMISES, LIVES)
def test_nobody_is_told_too_soon_and_nothing_rings_after_the_end(
    plan: tuple[PlannedStep, ...], promised: Limit, life: list[tuple[str, int, int, int]]
) -> None:
    """No step is escalated before it is late; every due date is its limit plus what stood still; see `Days`."""
    lived(plan, promised, life)


@settings(max_examples=100)
@for_all(plans(), PROMISES, LIVES)
def test_there_is_at_most_one_new_date(
    plan: tuple[PlannedStep, ...], promised: Limit, life: list[tuple[str, int, int, int]]
) -> None:
    """Art. 19.9: a dossier is re-appointed at most once, whoever is late; `verify` finds nothing else wrong."""
    events = lived(plan, promised, life).events
    assert list(dishonest_lateness(("chain-x", event) for event in events)) == []
    given = [
        event
        for before, event in pairwise(events)
        if isinstance(event, AppointmentMoved) and event.cause == "apology" and not isinstance(before, PromiseMoved)
    ]
    assert len(given) <= 1


@settings(max_examples=100)
@for_all(plans(), PROMISES, LIVES)
def test_who_is_told_follows_the_tree_rung_by_rung(
    plan: tuple[PlannedStep, ...], promised: Limit, life: list[tuple[str, int, int, int]]
) -> None:
    """1, 2, 3 …, from the nearest agency above to the top; it begins again only with another limit."""
    ladders: dict[str, list[int]] = {}
    for event in lived(plan, promised, life).events:
        match event:
            case LatenessEscalated():
                ladders.setdefault(event.step, []).append(event.rung)
            case StepReady() | StepClockResumed():
                ladders.pop(event.step, None)
            case ClockRestarted() | AppointmentMoved() if getattr(event, "cause", "") != "apology":
                ladders.pop("", None)
            case _:
                continue
        for rungs in ladders.values():
            assert rungs[0] == 1
            assert all(after == before + 1 for before, after in pairwise(rungs))


@settings(max_examples=100)
@for_all(plans(), PROMISES, LIVES)
def test_left_alone_everybody_above_hears_of_it(
    plan: tuple[PlannedStep, ...], promised: Limit, life: list[tuple[str, int, int, int]]
) -> None:
    """If nobody does anything any more, each late step is told of up to the top of its tree."""
    days = lived(plan, promised, life)
    days.act("mend", 0, 0, 1)
    days.wait(days.now + timedelta(days=60))
    for progress in days.chain.steps.values():
        if progress.is_running and progress.stopped_on is None:
            assert progress.plan.silence == "escalate"
            assert "step" in progress.passed
            assert progress.rung == len(progress.plan.superiors)
    assert not days.chain.is_open or days.chain.overdue or days.chain.stands_still
