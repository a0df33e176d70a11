"""A join for which the law wants decisions is met by decisions, and silence is agreement only where a law says so."""

from dataclasses import replace
from datetime import datetime

import pytest

from services.routing.domain.chain import decider
from services.routing.domain.clock_events import OneStopTold
from services.routing.domain.commands import JudgeStepLimit
from services.routing.domain.events import (
    ChainClosed,
    ChainOpened,
    StepDecided,
    StepDeemedAgreed,
    StepOverdue,
    StepReady,
)
from services.routing.domain.invariants import unexplained_results
from services.routing.domain.plan import PlannedStep
from tests.routing import scene as s
from tests.routing.scene import MONDAY, REF, acknowledge, at, decision, done, kinds, led_to, opening, told
from tests.spec import given

SENDING = s.step("sending", s.PROVINCE, days=2, internal=True)
OPINION = s.step("planning_opinion", "H48.05", ("sending",), days=7, silence="deemed_agreed", internal=True)
SECURITY = s.step("security_opinion", s.POLICE, ("sending",), days=5, silence="deemed_agreed", internal=True)
CONSENT = s.step("consent_gia_lai", "H21", ("sending",), days=7, internal=True)
REPORT = s.step("appraisal_report", "H48.02", ("planning_opinion", "security_opinion"), days=5, internal=True)
DECISION = s.step(
    "decision", s.PROVINCE, ("appraisal_report", "consent_gia_lai"), days=3, never_deemed=("consent_gia_lai",)
)
INVESTMENT = (SENDING, OPINION, SECURITY, CONSENT, REPORT, DECISION)
"""NĐ 96/2026: opinions side by side, silence agrees after 7 working days; a chairman's consent is never deemed."""

SENT = (opening(INVESTMENT), *done(SENDING))
AFTER_SEVEN = at("26 09:01")


def judged(planned: PlannedStep, now: datetime, round: int = 1) -> JudgeStepLimit:
    return JudgeStepLimit(
        ref=REF, step=planned.step, round=round, actor="system:timer", now=now, calendars=s.calendars_of
    )


def test_all_are_asked_side_by_side() -> None:
    """NĐ 61/2018 art. 19.6; NĐ 96/2026 art. 32."""
    ready = [event.step for event in told(*SENT) if isinstance(event, StepReady)]
    assert ready == [SENDING.step, OPINION.step, SECURITY.step, CONSENT.step]


def test_silence_of_those_consulted_is_agreement_and_silence_of_a_chairman_is_lateness() -> None:
    """NĐ 96/2026: the report goes on without the silent department, the decision waits for the silent chairman."""
    events = told(*SENT, *done(SECURITY))
    deemed, ready = given(decider, *events).when(judged(OPINION, AFTER_SEVEN)).then_kinds(StepDeemedAgreed, StepReady)
    assert (deemed.step, ready.step) == (OPINION.step, REPORT.step)
    overdue, one_stop = given(decider, *events).when(judged(CONSENT, AFTER_SEVEN)).then_kinds(StepOverdue, OneStopTold)
    assert (overdue.agency, one_stop.agency, one_stop.to) == ("H21", "H21", s.DESK_AGENCY)
    events = told(judged(OPINION, AFTER_SEVEN), judged(CONSENT, AFTER_SEVEN), *done(REPORT, AFTER_SEVEN), before=events)
    assert decider.fold(events).steps[DECISION.step].stage == "planned"
    late = led_to(told(acknowledge(CONSENT, AFTER_SEVEN), before=events), decision(CONSENT, AFTER_SEVEN))
    assert kinds(late) == ("StepDecided", "StepReady")
    assert late[1].step == DECISION.step


def test_a_step_whose_decision_another_needs_is_never_deemed() -> None:
    """Two laws that contradict each other open no chain; one that was opened all the same gets no false consent."""
    plan = (replace(CONSENT, needs=(), silence="deemed_agreed"), replace(DECISION, needs=("consent_gia_lai",)))
    given(decider).when(opening(plan)).refused("plan_unsound")
    sound = (replace(plan[0], silence="escalate"), plan[1])
    opened, ready = told(opening(sound))
    assert isinstance(opened, ChainOpened)
    older = replace(opened, steps=plan)
    given(decider, older, ready).when(judged(plan[0], AFTER_SEVEN)).then_kinds(StepOverdue, OneStopTold)


def test_a_deemed_answer_does_not_do_where_a_decision_is_needed() -> None:
    """Whatever was written down before: the step that needs a decision does not begin with a silence."""
    loose = replace(DECISION, needs=("planning_opinion",), never_deemed=())
    strict = replace(loose, never_deemed=("planning_opinion",))
    opinion = replace(OPINION, needs=())
    opened, ready = told(opening((opinion, loose)))
    deemed = StepDeemedAgreed(REF, opinion.step, opinion.agency, opinion.law, AFTER_SEVEN, AFTER_SEVEN)
    chain = decider.fold((opened, ready, deemed))
    assert chain.steps[opinion.step].is_deemed
    assert isinstance(opened, ChainOpened)
    told_strictly = (replace(opened, steps=(opinion, strict)), ready, deemed)
    other = s.step("consent_gia_lai", "H21")
    join = replace(strict, needs=("planning_opinion", "consent_gia_lai"))
    also = StepReady(REF, other.step, "H21", 1, MONDAY, AFTER_SEVEN, None, None, AFTER_SEVEN, MONDAY)
    events = (replace(opened, steps=(opinion, other, join)), ready, also, deemed)
    assert kinds(led_to(told(acknowledge(other), before=events), decision(other))) == ("StepDecided",)
    begun = StepReady(REF, strict.step, strict.agency, 1, MONDAY, AFTER_SEVEN, None, None, AFTER_SEVEN, AFTER_SEVEN)
    said = list(unexplained_results([("chain", event) for event in (*told_strictly, begun)]))
    assert said == ["chain: decision is ready though it needs a decision of planning_opinion, which was silent"]


@pytest.mark.parametrize(("acts", "outcome"), [("decide", "granted"), ("refuse", "refused")])
def test_the_applicant_gets_the_decision_and_none_of_the_opinions(acts: str, outcome: str) -> None:
    """Eight departments that agreed are no partial grant when the chairman refuses."""
    events = told(*SENT, *done(SECURITY), *done(OPINION), *done(CONSENT), *done(REPORT), acknowledge(DECISION))
    last = led_to(events, decision(DECISION) if acts == "decide" else s.refusal(DECISION))
    assert isinstance(last[-1], ChainClosed)
    assert last[-1].outcome == outcome
    decided = [event for event in (*events, *last) if isinstance(event, StepDecided) and not event.internal]
    assert [event.step for event in decided] == ([DECISION.step] if acts == "decide" else [])
