"""What an agency may say to a step, at every stage that the step can be in."""

from dataclasses import replace

import pytest

from services.routing.domain.chain import decider
from services.routing.domain.commands import AgencyCommand, ChainCommand
from services.routing.domain.plan import PlannedStep
from services.routing.domain.progress import Chain
from tests.routing.scene import (
    BUSINESS,
    COMMUNE,
    KARAOKE,
    LICENCE,
    PROVINCE,
    SECURITY,
    acknowledge,
    at,
    decision,
    done,
    extend,
    kinds,
    led_to,
    opening,
    refusal,
    send_back,
    take_over,
    told,
    withdraw,
)
from tests.spec import given

BEGUN = (opening(KARAOKE), *done(BUSINESS))
TO_STAGE: dict[str, tuple[ChainCommand, ...]] = {
    "planned": (opening(KARAOKE), acknowledge(BUSINESS)),
    "ready": BEGUN,
    "taken_over": (*BEGUN, take_over(SECURITY)),
    "acknowledged": (*BEGUN, acknowledge(SECURITY)),
    "sent_back": (*BEGUN, acknowledge(SECURITY), send_back(SECURITY, "desk")),
    "decided": (*BEGUN, *done(SECURITY)),
    "refused": (*BEGUN, acknowledge(SECURITY), refusal(SECURITY)),
    "cancelled": (*BEGUN, withdraw()),
}
"""How the security certificate, in the middle of its chain, comes to each stage."""

NOTHING = "nothing"
TAKE, ACK = take_over(SECURITY), acknowledge(SECURITY)
DECIDE, REFUSE = decision(SECURITY), refusal(SECURITY)
TO_DESK, TO_BUSINESS = send_back(SECURITY, "desk"), send_back(SECURITY, BUSINESS.step)


@pytest.mark.parametrize(
    ("stage", "command", "outcome"),
    [
        ("planned", TAKE, "step_not_ready"),
        ("planned", ACK, "step_not_ready"),
        ("planned", DECIDE, "step_not_ready"),
        ("planned", REFUSE, "step_not_ready"),
        ("planned", TO_DESK, "step_not_ready"),
        ("ready", TAKE, "StepTakenOver"),
        ("ready", ACK, "StepAcknowledged"),
        ("ready", DECIDE, "step_not_acknowledged"),
        ("ready", REFUSE, "step_not_acknowledged"),
        ("ready", TO_DESK, "step_not_acknowledged"),
        ("taken_over", TAKE, NOTHING),
        ("taken_over", ACK, "StepAcknowledged"),
        ("taken_over", DECIDE, "step_not_acknowledged"),
        ("taken_over", REFUSE, "step_not_acknowledged"),
        ("taken_over", TO_DESK, "step_not_acknowledged"),
        ("acknowledged", TAKE, NOTHING),
        ("acknowledged", ACK, NOTHING),
        ("acknowledged", DECIDE, "StepDecided StepReady"),
        ("acknowledged", REFUSE, "StepRefused StepCancelled ChainClosed"),
        ("acknowledged", TO_DESK, "StepSentBack"),
        ("acknowledged", TO_BUSINESS, "StepSentBack StepReady"),
        ("acknowledged", send_back(SECURITY, LICENCE.step), "not_an_earlier_step"),
        ("acknowledged", send_back(SECURITY, SECURITY.step), "not_an_earlier_step"),
        ("acknowledged", send_back(SECURITY, "nowhere"), "not_an_earlier_step"),
        ("acknowledged", decision(SECURITY, result_code="KQ.H48.999999"), "result_of_another_kind"),
        ("sent_back", TAKE, NOTHING),
        ("sent_back", ACK, NOTHING),
        ("sent_back", DECIDE, "step_sent_back"),
        ("sent_back", REFUSE, "step_sent_back"),
        ("sent_back", TO_DESK, NOTHING),
        ("sent_back", TO_BUSINESS, "step_sent_back"),
        ("decided", TAKE, NOTHING),
        ("decided", ACK, NOTHING),
        ("decided", DECIDE, NOTHING),
        ("decided", decision(SECURITY, number="02/GCN"), "step_decided"),
        ("decided", REFUSE, "step_decided"),
        ("decided", TO_DESK, "step_decided"),
        ("refused", TAKE, NOTHING),
        ("refused", ACK, NOTHING),
        ("refused", DECIDE, "step_refused"),
        ("refused", REFUSE, NOTHING),
        ("refused", refusal(SECURITY, reason="other"), "step_refused"),
        ("refused", TO_DESK, "step_refused"),
        ("cancelled", TAKE, "step_cancelled"),
        ("cancelled", ACK, "step_cancelled"),
        ("cancelled", DECIDE, "step_cancelled"),
        ("cancelled", REFUSE, "step_cancelled"),
        ("cancelled", TO_DESK, "step_cancelled"),
    ],
)
def test_an_agency_may_say_at_each_stage_what_fits_it(stage: str, command: AgencyCommand, outcome: str) -> None:
    """NĐ 61/2018 art. 19: out of order is refused, said again is nothing, and said in order is done once."""
    events = told(*TO_STAGE[stage])
    chain: Chain = decider.fold(events)
    assert chain.steps[SECURITY.step].stage == stage
    spec = given(decider, *events).when(command)
    if outcome == NOTHING:
        spec.then_nothing()
    elif outcome[0].isupper():
        led = led_to(events, command)
        assert " ".join(kinds(led)) == outcome
        spec.then(*led)
    else:
        assert spec.refused(outcome).law


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (replace(acknowledge(BUSINESS), agency=PROVINCE), "not_your_step"),
        (replace(take_over(BUSINESS), agency=PROVINCE), "not_your_step"),
        (replace(decision(BUSINESS), agency=PROVINCE), "not_your_step"),
        (replace(refusal(BUSINESS), agency=PROVINCE), "not_your_step"),
        (replace(send_back(BUSINESS, "desk"), agency=PROVINCE), "not_your_step"),
        (replace(extend(BUSINESS), agency=PROVINCE), "not_your_step"),
        (replace(acknowledge(BUSINESS), agency=""), "not_your_step"),
        (replace(acknowledge(BUSINESS), step="tea_break"), "step_unknown"),
        (replace(acknowledge(LICENCE), agency=COMMUNE), "not_your_step"),
    ],
)
def test_nobody_acts_for_another_agency(command: AgencyCommand, code: str) -> None:
    """NĐ 61/2018 art. 19.6: duty, task and deadline of each are named, and each acts for itself alone."""
    given(decider, *told(opening(KARAOKE), acknowledge(BUSINESS))).when(command).refused(code)


@pytest.mark.parametrize("command", [TAKE, ACK, DECIDE, REFUSE, TO_DESK, extend(SECURITY), withdraw()])
def test_before_a_dossier_is_accepted_it_has_no_chain(command: ChainCommand) -> None:
    """Reason: what is asked of a chain that does not exist is refused and changes nothing."""
    given(decider).when(command).refused("chain_unknown")


def test_a_supplement_asked_for_too_late_says_so() -> None:
    """NĐ 61/2018 art. 19.4: within 3 working days of the step's receipt; asked later it is honest about that."""
    events = told(opening(KARAOKE), acknowledge(BUSINESS))
    for now, on_time in ((at("19 09:00"), True), (at("19 09:01"), False)):
        (sent_back,) = led_to(events, send_back(BUSINESS, "desk", now))
        assert sent_back.on_time is on_time
    events = told(*BEGUN, acknowledge(SECURITY))
    sent_back, _ = led_to(events, send_back(SECURITY, BUSINESS.step, at("27 09:00")))
    assert sent_back.on_time, "an error in an earlier result has no limit to be found in"


def test_a_chain_is_opened_once() -> None:
    """One dossier has one chain, whatever plan comes with the second order."""
    given(decider, *told(opening(KARAOKE))).when(opening(KARAOKE[:1])).then_nothing()


@pytest.mark.parametrize(
    ("plan", "names"),
    [
        ((), ["steps"]),
        ((BUSINESS, BUSINESS), ["steps"]),
        ((replace(BUSINESS, step="desk"),), ["steps"]),
        ((replace(BUSINESS, agency=""), SECURITY, LICENCE), ["household_business"]),
        ((SECURITY,), ["security_certificate"]),
        ((replace(BUSINESS, needs=(SECURITY.step,)), SECURITY), ["household_business"]),
        ((replace(BUSINESS, needs=(BUSINESS.step,)),), ["household_business"]),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(plan: tuple[PlannedStep, ...], names: list[str]) -> None:
    """NĐ 61/2018 art. 19.6: the desk sets an order that leads to a result; each flaw is named."""
    refused = given(decider).when(replace(opening(KARAOKE), plan=plan)).refused("plan_unsound")
    assert [invalid.name for invalid in refused.invalid] == names
