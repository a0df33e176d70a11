"""Any chain there can be, and any life of it: what is said to it, in whatever order, checked at every step."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from kernel.calendar import VIETNAM
from kernel.message import Timer
from kernel.refusal import Refused
from kernel.working_time import Limit, due, is_working_day, working_minutes_between
from services.routing.domain.chain import decider
from services.routing.domain.clock_commands import (
    DeclareIncident,
    EndIncident,
    EndPause,
    PassEscalation,
    PassPause,
    ResumeStepClock,
    StopStepClock,
    TellNextAbove,
)
from services.routing.domain.clock_events import AppointmentMoved, NoticeLine
from services.routing.domain.commands import (
    ChainCommand,
    JudgeStepLimit,
    OpenChain,
    PassStepLimit,
    RecordSupplement,
    StopChain,
    SuspendClock,
)
from services.routing.domain.events import (
    ChainEvent,
    ChainOverdue,
    ClockRestarted,
    StepDecided,
    StepReady,
    StepRefused,
)
from services.routing.domain.holder import holders
from services.routing.domain.plan import PlannedAppointment, PlannedPause, PlannedStep
from services.routing.domain.progress import NOT_OPENED, Chain, Progress
from services.routing.domain.words import Ground, Silence
from services.routing.policies import timers
from tests.routing import land as l
from tests.routing import scene as s

AGENCIES = (s.COMMUNE, s.POLICE, s.INSURANCE)
ACTS = (
    "take_over", "acknowledge", "acknowledge", "acknowledge", "acknowledge", "decide", "decide", "decide",
    "decide_otherwise", "refuse", "send_back", "send_back", "to_desk", "resume", "resume", "resume_later", "ask",
    "bring", "extend", "wait", "stranger", "withdraw", "stop", "pay", "pay",
    "stop_clock", "go_on", "break", "mend",
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlannedStep, ...]:
    """Any graph of up to six steps, in any order, with any mixture of limits, of what counts and of what is owed."""
    count = draw(st.integers(1, 6))
    planned: list[PlannedStep] = []
    for index in range(count):
        needs = tuple(f"s{need}" for need in range(index) if draw(st.booleans()))
        if planned and planned[-1].states_dues:
            taxed = tuple(dict.fromkeys((planned[-1].step, *(need for need in needs if need not in _taxes(planned)))))
            planned.append(replace(l.PAYMENT, step=f"s{index}", needs=taxed, not_counted=draw(GROUNDS)))
            continue
        planned.append(draw(_steps(f"s{index}", needs, planned, last=index == count - 1)))
    return tuple(draw(st.permutations(planned)))


PAUSES = (
    PlannedPause("third_party", "NĐ 217/2026/NĐ-CP", Limit(1, "working_days")),
    PlannedPause("posting", "NĐ 101/2024/NĐ-CP", None),
)
GROUNDS: st.SearchStrategy[Ground | None] = st.sampled_from([None, None, "tax_notice", "third_party", "payment"])


def _taxes(planned: list[PlannedStep]) -> set[str]:
    return {one.step for one in planned if one.states_dues}


@st.composite
def _steps(draw: st.DrawFn, code: str, needs: tuple[str, ...], before: list[PlannedStep], last: bool) -> PlannedStep:
    """One step of an agency; the last of a plan states no dues, for nobody could pay them."""
    hurried: dict[str, Any] = s.BUNDLE_LIMITS if draw(st.booleans()) else {}
    states_dues = not last and draw(st.integers(0, 3)) == 0
    silence: Silence = "deemed_agreed" if not states_dues and draw(st.integers(0, 2)) == 0 else "escalate"
    deemed = {one.step for one in before if one.silence == "deemed_agreed"}
    one = s.step(code, draw(st.sampled_from(AGENCIES)), needs, draw(st.sampled_from([0.5, 1, 3])), **hurried)
    return replace(
        one,
        silence=silence,
        longer_limits=s.VERIFICATION,
        never_deemed=tuple(need for need in needs if need not in deemed and draw(st.booleans())),
        not_counted=draw(GROUNDS),
        internal=draw(st.booleans()),
        pauses=PAUSES,
        superiors=("H48.01", "H48"),
        states_dues=states_dues,
    )


@st.composite
def openings(draw: st.DrawFn) -> OpenChain:
    """A chain of any plan: with one appointment or two, received at its own desk or elsewhere."""
    plan = draw(plans())
    first, second = draw(st.sampled_from(plan)), draw(st.sampled_from(plan))
    two = (PlannedAppointment(first.step, Limit(5, "working_days")), PlannedAppointment(second.step, l.SECOND))
    return s.opening(
        plan,
        appointments=two if first is not second and draw(st.booleans()) else (),
        starts_on_receipt=draw(st.booleans()),
        same_day_until=draw(st.sampled_from([None, time(15)])),
    )


def strategies_of_acts() -> st.SearchStrategy[list[tuple[str, int, int, int]]]:
    """What happens: (act, which step, which other step, after how many minutes)."""
    act = st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 5), st.integers(0, 600))
    return st.lists(act, min_size=10, max_size=60)


class World:
    """A chain with its timers and a clock, checked at every step it takes."""

    def __init__(self, opening: OpenChain) -> None:
        self.plan = opening.plan
        self.now = s.MONDAY
        self.events: list[ChainEvent] = []
        self.chain: Chain = NOT_OPENED
        self.timers: dict[str, Timer] = {}
        self.still_since = s.MONDAY
        self.say(opening)
        assert self.chain.is_open, "every plan of these can be carried out"

    def say(self, command: ChainCommand) -> None:
        answer = decider.decide(command, self.chain)
        if isinstance(answer, Refused):
            return
        before = self.chain
        for event in answer:
            self.still_since = self.chain.still_since or self.still_since
            self._check_fact(event)
            self.chain = decider.evolve(self.chain, event)
            self.events.append(event)
            for timer in timers(event):
                if isinstance(timer, Timer):
                    self.timers[timer.id] = timer
                else:
                    self.timers.pop(timer.id, None)
        again = decider.decide(command, self.chain)
        assert again == (), f"asked twice, it was done twice: {command}: {again}"
        lost = set(before.results()) - set(self.chain.results())
        revoked = {event.step for event in answer if isinstance(event, StepRefused)}
        assert lost <= revoked, "only its own agency takes a result back"
        self._check_chain()

    def _check_fact(self, event: ChainEvent) -> None:
        if isinstance(event, StepReady):
            progress = self.chain.steps[event.step]
            assert all(self.chain.steps[need].stage == "decided" for need in progress.plan.needs)
            assert not any(self.chain.steps[need].is_deemed for need in progress.plan.never_deemed)
            assert event.round == progress.round + 1
            assert event.due_at > event.clock_from
        if isinstance(event, StepDecided):
            progress = self.chain.steps[event.step]
            assert event.version == progress.version + 1
            until = progress.stopped_since or event.at
            assert event.on_time == (progress.due_at is not None and until <= progress.due_at)
        if isinstance(event, ChainOverdue):
            assert not self.chain.stands_still, "nothing falls due while the clock stands still"
        if isinstance(event, AppointmentMoved):
            self._check_date(event)

    def _check_date(self, event: AppointmentMoved) -> None:
        """Every date can be counted again from what is said with it; what was left is left."""
        chain = self.chain
        assert not chain.stands_still or event.cause == "received"
        assert event.number == chain.number + (event.cause == "second_appointment")
        calendar = s.calendars_of(event.calendar_id, event.calendar_version)
        if event.limit is not None:
            assert event.due_at == due(calendar, event.clock_from, event.limit)
        if event.cause == "resumed" and self.events and not isinstance(self.events[-1], ClockRestarted):
            assert chain.due_at is not None
            promised = chain.promised()
            if promised is not None and promised.unit == "calendar_days":
                open_day = is_working_day(calendar, event.due_at.astimezone(VIETNAM).date())
                assert open_day or promised.counting == "hour_kept"
                return
            stopped_at = max(self.still_since, chain.clock_from or self.still_since)
            before = working_minutes_between(calendar, stopped_at, chain.due_at)
            assert before == working_minutes_between(calendar, event.clock_from, event.due_at)

    def _check_clock(self) -> None:
        """The clock stands still exactly while nothing is open whose minutes count, and is watched while it runs."""
        chain = self.chain
        active = [one for one in chain.steps.values() if one.is_running or one.waits_at_desk]
        uncounted = all(not one.waits_at_desk and _own_ground(one) for one in active)
        assert any(one.step for one in chain.standstills) == uncounted
        assert {one.step for one in chain.standstills} <= {"", *(one.plan.step for one in active)}
        assert chain.stands_still or chain.overdue or f"{s.REF}-chain" in self.timers
        for progress in chain.steps.values():
            assert progress.plan.party == "agency" or progress.stage in ("planned", "ready", "decided", "cancelled")

    def _check_chain(self) -> None:
        chain = self.chain
        if not chain.is_open:
            assert chain.open_steps() == ()
            assert holders(chain) == ()
            assert self.timers == {}
            return
        assert chain.open_steps()
        self._check_clock()
        assert holders(chain), "an open minute is somebody's"
        ticking = (one for one in chain.steps.values() if one.is_running and one.stopped_on is None)
        running = {progress.plan.step for progress in ticking}
        watched = {step for step in running if f"{s.REF}-{step}-limit" in self.timers}
        said = {step for step in running if "step" in chain.steps[step].passed}
        assert watched | said == running, "a limit that nobody watches is not one"
        for progress in chain.steps.values():
            if progress.stage == "planned":
                assert any(chain.steps[need].stage != "decided" for need in progress.plan.needs), "it should be ready"

    def wait(self, until: datetime) -> None:
        """Let time pass, and every bell ring that is due on the way."""
        while self.timers:
            timer = min(self.timers.values(), key=lambda timer: timer.due_at)
            if timer.due_at > until:
                break
            del self.timers[timer.id]
            self.now = max(self.now, timer.due_at)
            self.say(_prepared(replace(timer.command, now=self.now)))
        self.now = until

    def _step(self, what: str, which: int) -> PlannedStep:
        """Pick a step: mostly one with which something can be done, else any."""
        stages = {"sent_back"} if what.startswith("resume") else {"ready", "taken_over", "acknowledged"}
        fitting = [progress.plan for progress in self.chain.steps.values() if progress.stage in stages]
        if what == "pay":
            fitting = [planned for planned in self.plan if planned.party == "applicant"]
        chosen = fitting if fitting and which else self.plan
        return chosen[which % len(chosen)]

    def _earlier(self, planned: PlannedStep, other: int) -> str:
        chosen = planned.needs if planned.needs and other else tuple(one.step for one in self.plan)
        return chosen[other % len(chosen)]

    def act(self, what: str, which: int, other: int, minutes: int) -> None:
        planned = self._step(what, which)
        earlier = self._earlier(planned, other)
        self.now += timedelta(minutes=minutes % 30)
        system: dict[str, Any] = {"ref": s.REF, "actor": "system:routing", "now": self.now}
        told: dict[str, Any] = {"actor": "officer:7", "now": self.now, "calendars": s.calendars_of}
        match what:
            case "take_over":
                self.say(replace(s.take_over(planned, self.now), calendars=s.calendars_of))
            case "acknowledge":
                self.say(replace(s.acknowledge(planned, self.now), calendars=s.calendars_of))
            case "decide":
                self.say(s.decision(planned, self.now, notice=_notice(planned, 1)))
            case "decide_otherwise":
                notice = _notice(planned, other)
                self.say(s.decision(planned, self.now, number=f"{other}/GCN", notice=notice))
            case "pay":
                paid_for = next((need for need in planned.needs if need in _taxes(list(self.plan))), planned.step)
                self.say(l.paid(self.now, self.now - timedelta(minutes=other), paid_for))
            case "refuse":
                self.say(s.refusal(planned, self.now))
            case "send_back":
                self.say(s.send_back(planned, earlier, self.now))
            case "to_desk":
                self.say(s.send_back(planned, "desk", self.now))
            case "resume":
                self.say(s.resume(planned, self.now, self.chain.clock_from or self.now, self.chain.due_at))
            case "resume_later":
                self.say(s.resume(planned, self.now, self.now, self.now + timedelta(days=20)))
            case "ask":
                self.say(SuspendClock(ground="supplement", asked_at=self.now, **system))
            case "bring":
                self.say(RecordSupplement(received_at=self.now, **system))
            case "extend":
                self.say(s.extend(planned, self.now))
            case "wait":
                self.wait(self.now + timedelta(minutes=4 * minutes))
            case "stranger":
                self.say(replace(s.decision(planned, self.now), agency="H48.99"))
            case "stop_clock":
                ground: Ground = "third_party" if other else "posting"
                self.say(StopStepClock(**_of(planned), **told, ground=ground))
            case "go_on":
                self.say(ResumeStepClock(**_of(planned), **told))
            case "break":
                since = self.now - timedelta(minutes=other)
                self.say(DeclareIncident(ref=s.REF, since=since, actor="system:1", now=self.now))
            case "mend":
                self.say(EndIncident(ref=s.REF, **told))
            case "withdraw" if other == 0:
                self.say(s.withdraw(self.now))
            case "stop" if other == 0:
                self.say(StopChain(reason="no_supplement", **system))


def _own_ground(progress: Progress) -> Ground | None:
    """The ground on which this step alone stands still or is not counted; an incident is one of the whole."""
    return progress.plan.not_counted or (None if progress.stopped_on == "incident" else progress.stopped_on)


def _notice(planned: PlannedStep, times: int) -> tuple[NoticeLine, ...]:
    return (replace(l.INCOME_TAX, amount_vnd=times * 1_000_000),) if planned.states_dues else ()


def _of(planned: PlannedStep) -> dict[str, Any]:
    return {"ref": s.REF, "step": planned.step, "agency": planned.agency}


def _prepared(bell: Any) -> ChainCommand:
    """Give a bell its calendars, as the shell does."""
    told: dict[str, Any] = {"ref": bell.ref, "actor": bell.actor, "now": bell.now, "calendars": s.calendars_of}
    match bell:
        case PassStepLimit():
            return JudgeStepLimit(step=bell.step, round=bell.round, **told)
        case PassPause():
            return EndPause(step=bell.step, round=bell.round, until=bell.until, **told)
        case PassEscalation():
            return TellNextAbove(step=bell.step, round=bell.round, rung=bell.rung, **told)
        case _:
            command: ChainCommand = bell
            return command


class WorldOfDays(World):
    """The same where the desk counts what starts from zero by the rule of today, however its chain was planned."""

    def act(self, what: str, which: int, other: int, minutes: int) -> None:
        limit = self.chain.promised()
        if what.startswith("resume") and limit is not None:
            due_at = due(s.CALENDAR, self.now, replace(limit, counting="whole_last_day"))
            self.say(s.resume(self._step(what, which), self.now, self.now, due_at))
        else:
            super().act(what, which, other, 3 * minutes)


def in_calendar_days(opening: OpenChain, days: int, counting: str = "whole_last_day") -> OpenChain:
    """Return the same chain with every limit in calendar days; `hour_kept` is how they were counted before."""
    plan = tuple(
        replace(
            one,
            limit=Limit(one.limit.value * 2, "calendar_days", counting),
            longer_limits=tuple(
                replace(longer, limit=Limit(longer.limit.value * 2, "calendar_days", counting))
                for longer in one.longer_limits
            ),
        )
        for one in opening.plan
    )
    whole = Limit(days, "calendar_days", counting)
    due_at = due(s.CALENDAR, opening.clock_from, whole)
    return replace(opening, plan=plan, appointments=(), total_limit=whole, due_at=due_at)


def lived(opening: OpenChain, acts: list[tuple[str, int, int, int]], kind: type[World] = World) -> World:
    world = kind(opening)
    for act in acts:
        world.act(*act)
    return world
