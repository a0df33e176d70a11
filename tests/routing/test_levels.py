"""A chain over three levels: up to whoever decides, and every answer released at once; levels are data, not code."""

from dataclasses import replace

import pytest

from services.routing.domain.chain import decider
from services.routing.domain.events import ChainClosed, StepReady
from services.routing.domain.invariants import unexplained_results, unfinished_chains
from services.routing.domain.plan import PlannedStep
from tests.routing import scene as s
from tests.routing.scene import REF, acknowledge, done, kinds, led_to, opening, refusal, send_back, told

DISTRICT_OFFICE, DISTRICT, PROVINCE = "H34.23.07", "H34.23", "H34"
ABOVE_COMMUNE = (DISTRICT, PROVINCE)
REVIEW = s.step("commune_review", s.COMMUNE, days=7, superiors=ABOVE_COMMUNE)
APPRAISAL = s.step("district_appraisal", DISTRICT_OFFICE, ("commune_review",), days=7, superiors=ABOVE_COMMUNE)
DECISION = s.step("district_decision", DISTRICT, ("district_appraisal",), superiors=(PROVINCE,))
ADMISSION = s.step("province_admission", PROVINCE, ("district_decision",), days=7)
THREE_LEVELS = (REVIEW, APPRAISAL, DECISION, ADMISSION)
"""NĐ 20/2021: the commune reviews, the district decides, the province admits to its facility."""

AT_PROVINCE = (opening(THREE_LEVELS), *done(REVIEW), *done(APPRAISAL), *done(DECISION))


def test_each_level_begins_when_the_one_below_has_decided() -> None:
    """NĐ 61/2018 art. 19.7: up to the competent authority, however many levels there are."""
    ready = [(event.step, event.agency) for event in told(*AT_PROVINCE) if isinstance(event, StepReady)]
    assert ready == [(planned.step, planned.agency) for planned in THREE_LEVELS]


def test_a_refusal_at_the_top_ends_the_chain_and_what_the_lower_levels_decided_stays() -> None:
    """NĐ 61/2018 art. 19.8: the province admits nobody, the district's allowance is paid all the same."""
    events = told(*AT_PROVINCE, acknowledge(ADMISSION))
    refused, closed = led_to(events, refusal(ADMISSION))
    assert isinstance(closed, ChainClosed)
    assert closed.outcome == "partly_granted"
    chain = decider.fold((*events, refused, closed))
    assert chain.results() == (REVIEW.step, APPRAISAL.step, DECISION.step)
    log = [(f"chain-{REF}", event) for event in (*events, refused, closed)]
    assert [*unexplained_results(log), *unfinished_chains(log)] == []


@pytest.mark.parametrize("to", [REVIEW, APPRAISAL, DECISION])
def test_the_top_sends_back_to_whichever_level_made_the_error(to: PlannedStep) -> None:
    """NĐ 61/2018 art. 21.1; only the level that made it acts again, and the top goes on."""
    events = told(*AT_PROVINCE, acknowledge(ADMISSION))
    back = led_to(events, send_back(ADMISSION, to.step))
    assert kinds(back) == ("StepSentBack", "StepReady")
    events = told(*done(to, number="02"), before=(*events, *back))
    last = events[-1]
    assert isinstance(last, StepReady)
    assert (last.step, last.round) == (ADMISSION.step, 2)


def test_answers_travel_back_down_as_steps_of_their_own() -> None:
    """The old way: the district forwards the province's answer to the commune, which hands it to the family."""
    down = (s.step("district_forwards", DISTRICT, ("province_admission",), days=1, internal=True),)
    last = s.step("commune_hands_over", s.COMMUNE, ("district_forwards",), days=1)
    plan = (*THREE_LEVELS, *down, last)
    events = told(opening(plan), *(act for planned in plan for act in done(planned)))
    assert events[-1] == ChainClosed(REF, "granted", s.MONDAY)


def test_a_level_that_is_gone_is_only_missing_from_the_plan() -> None:
    """Districts ended on 2025-07-01: the same chain with two levels, without a word about it in the code."""
    two_levels = (REVIEW, replace(ADMISSION, needs=(REVIEW.step,)))
    events = told(opening(two_levels), *done(REVIEW), *done(two_levels[1]))
    assert events[-1] == ChainClosed(REF, "granted", s.MONDAY)
