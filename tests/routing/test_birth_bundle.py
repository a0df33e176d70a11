"""The birth bundle: after the certificate two agencies work side by side, each within minutes and hours of its own."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.routing.domain.chain import decider
from services.routing.domain.clock_events import AppointmentMoved, OneStopTold
from services.routing.domain.commands import ChainCommand, JudgeStepLimit, PassAcknowledgeLimit, PassHandOverLimit
from services.routing.domain.events import (
    AcknowledgementOverdue,
    ChainEvent,
    HandOverOverdue,
    LimitExtended,
    StepCancelled,
    StepDecided,
    StepDeemedAgreed,
    StepOverdue,
    StepReady,
    StepRefused,
)
from services.routing.domain.holder import Holder, holders
from tests.routing.scene import (
    BIRTH,
    BUNDLE,
    CALENDAR,
    COMMUNE,
    IDENTITY_CARD,
    INSURANCE,
    INSURANCE_CARD,
    POLICE,
    PROVINCE,
    REF,
    RESIDENCE,
    acknowledge,
    at,
    calendars_of,
    chain_of,
    decision,
    done,
    extend,
    kinds,
    opening,
    refusal,
    take_over,
    told,
)
from tests.spec import given

NINE = at("16 09:00")
TIMER = "system:timer"


def ready_of(events: tuple[ChainEvent, ...]) -> dict[str, StepReady]:
    return {event.step: event for event in events if isinstance(event, StepReady)}


def test_two_agencies_begin_at_once_when_the_birth_is_registered() -> None:
    """NĐ 61/2018 art. 19.6; NĐ 301/2026: residence and insurance do not wait for each other."""
    events = told(opening(BUNDLE, NINE), acknowledge(BIRTH, NINE))
    noon = at("16 11:20")
    decided, *both = given(decider, *events).when(decision(BIRTH, noon)).then_kinds(StepDecided, StepReady, StepReady)
    assert decided.on_time
    assert [ready.agency for ready in both] == [POLICE, INSURANCE]
    for ready in both:
        assert ready.hand_over_by == at("16 11:30")  # ten minutes by the clock on the wall
        assert ready.acknowledge_by == at("16 15:20")  # two working hours: ten minutes, the midday break, the rest
    assert both[0].due_at == at("18 11:20")
    assert both[1].due_at == at("19 11:20")


def test_what_was_accepted_after_three_is_due_as_if_it_came_the_next_morning() -> None:
    """NĐ 63/2024 art. 7.2 (15:00); the hand-over is due ten minutes after acceptance all the same."""
    late = at("16 15:30")
    events = told(opening(BUNDLE, late, clock_from=at("17 07:30")))
    ready = ready_of(events)[BIRTH.step]
    # A day that begins with the first desk minute ends with the last one.
    assert ready.due_at == at("17 17:30")
    assert ready.hand_over_by == at("16 15:40")
    assert ready.acknowledge_by == at("16 17:30")


@pytest.mark.parametrize(
    ("limit", "rings", "before", "says"),
    [
        (PassHandOverLimit, "16 09:11", (), HandOverOverdue),
        (PassHandOverLimit, "16 09:10", (), None),  # the last minute is still in time
        (PassHandOverLimit, "16 09:11", (take_over(BIRTH, NINE),), None),
        (PassHandOverLimit, "16 09:11", (acknowledge(BIRTH, NINE),), None),
        (PassAcknowledgeLimit, "16 11:01", (), AcknowledgementOverdue),
        (PassAcknowledgeLimit, "16 11:00", (), None),
        (PassAcknowledgeLimit, "16 11:01", (take_over(BIRTH, NINE),), AcknowledgementOverdue),
        (PassAcknowledgeLimit, "16 11:01", (acknowledge(BIRTH, NINE),), None),
        (JudgeStepLimit, "17 09:01", (), StepOverdue),
        (JudgeStepLimit, "17 09:01", (acknowledge(BIRTH, NINE),), StepOverdue),
        (JudgeStepLimit, "17 09:00", (), None),
        (JudgeStepLimit, "17 09:01", done(BIRTH, NINE), None),
    ],
)
def test_a_limit_that_passes_is_told_unless_it_was_kept(
    limit: type, rings: str, before: tuple[ChainCommand, ...], says: type | None
) -> None:
    """NĐ 301/2026: hand over within 10 minutes, acknowledge within 2 working hours, else the portal alerts."""
    context = {"calendars": calendars_of} if limit is JudgeStepLimit else {}
    command = limit(ref=REF, step=BIRTH.step, round=1, actor=TIMER, now=at(rings), **context)
    spec = given(decider, *told(opening(BUNDLE, NINE), *before)).when(command)
    if says is None:
        spec.then_nothing()
    else:
        told_too = (OneStopTold,) if says is StepOverdue else ()
        for alert in spec.then_kinds(says, *told_too):
            assert (alert.step, alert.agency, alert.round) == (BIRTH.step, COMMUNE, 1)


def test_a_timer_of_an_earlier_round_says_nothing() -> None:
    """Sent back and ready again, the step has new limits."""
    events = told(opening(BUNDLE, NINE))
    stale = JudgeStepLimit(ref=REF, step=BIRTH.step, round=2, actor=TIMER, now=at("18 09:00"), calendars=calendars_of)
    given(decider, *events).when(stale).then_nothing()


def test_verification_gives_the_longer_limit_of_the_decree() -> None:
    """NĐ 301/2026: residence within 2 working days, 5 where something must be verified; counted from the beginning."""
    events = told(opening(BUNDLE, NINE), *done(BIRTH, NINE), acknowledge(RESIDENCE, NINE))
    given(decider, *events).when(extend(RESIDENCE, at("17 10:00"))).then(
        LimitExtended(
            REF, RESIDENCE.step, POLICE, 1, "verification", "NĐ 301/2026/NĐ-CP", at("21 08:15"),
            f"officer:{POLICE}:7", at("17 10:00"), warn_at=at("20 09:00"),
        ),
        AppointmentMoved(
            REF, "extended", RESIDENCE.step, PROVINCE, 1, NINE, None, CALENDAR.id, CALENDAR.version,
            datetime(2026, 12, 14, 2, tzinfo=UTC), "", f"officer:{POLICE}:7", at("17 10:00"),
            warn_at=datetime(2026, 12, 11, 2, tzinfo=UTC),
        ),
    )  # fmt: skip
    longer = told(extend(RESIDENCE, at("17 10:00")), before=events)
    late = decision(RESIDENCE, at("20 09:00"))
    assert next(e for e in told(late, before=longer) if isinstance(e, StepDecided) and e.step == RESIDENCE.step).on_time
    given(decider, *longer).when(
        JudgeStepLimit(ref=REF, step=RESIDENCE.step, round=1, actor=TIMER, now=at("18 09:01"), calendars=calendars_of)
    ).then_nothing()


def test_the_longer_limit_may_be_claimed_until_the_shorter_one_ends() -> None:
    """The last instant of a limit is still in time."""
    events = told(opening(BUNDLE, NINE), *done(BIRTH, NINE), acknowledge(RESIDENCE, NINE))
    given(decider, *events).when(extend(RESIDENCE, at("18 09:00"))).then_kinds(LimitExtended, AppointmentMoved)


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ((acknowledge(RESIDENCE, NINE),), extend(RESIDENCE, NINE, ground="holidays"), "ground_not_in_law"),
        ((acknowledge(RESIDENCE, NINE),), extend(RESIDENCE, at("18 09:01")), "limit_passed"),
        ((), extend(RESIDENCE, NINE), "step_not_acknowledged"),
        ((), extend(IDENTITY_CARD, NINE), "step_not_ready"),
        ((), extend(BIRTH, NINE), "step_decided"),
    ],
)
def test_no_limit_grows_without_the_law(before: tuple[ChainCommand, ...], command: ChainCommand, code: str) -> None:
    """NĐ 61/2018 art. 19.9: apart from what the law gives there is one re-appointment, with an apology."""
    given(decider, *told(opening(BUNDLE, NINE), *done(BIRTH, NINE), *before)).when(command).refused(code)


def test_a_refused_residence_cancels_the_identity_card_and_the_insurance_goes_on() -> None:
    """NĐ 301/2026: parallel parts do not wait for each other, and none is undone because of another."""
    events = told(opening(BUNDLE, NINE), *done(BIRTH, NINE), acknowledge(RESIDENCE, NINE))
    _, cancelled = given(decider, *events).when(refusal(RESIDENCE, NINE)).then_kinds(StepRefused, StepCancelled)
    assert cancelled.step == IDENTITY_CARD.step
    events = told(refusal(RESIDENCE, NINE), *done(INSURANCE_CARD, NINE), before=events)
    assert kinds(events[-2:]) == ("StepDecided", "ChainClosed")
    assert decider.fold(events).ending == "partly_granted"
    assert decider.fold(events).results() == (BIRTH.step, INSURANCE_CARD.step)


def test_every_result_is_released_as_soon_as_its_step_is_decided() -> None:
    """NĐ 63/2024 and NĐ 301/2026: no all or nothing."""
    events = told(opening(BUNDLE, NINE), *done(BIRTH, NINE), *done(INSURANCE_CARD, NINE))
    decided = [event.step for event in events if isinstance(event, StepDecided)]
    assert decided == [BIRTH.step, INSURANCE_CARD.step]
    assert decider.fold(events).is_open


def test_until_it_is_taken_over_the_minute_is_the_exchanges() -> None:
    """NĐ 301/2026: the hand-over has a limit of its own, and it is the systems' duty."""
    ten, eleven = at("16 10:00"), at("16 11:00")
    assert holders(chain_of(opening(BUNDLE, NINE))) == (Holder("system", COMMUNE, BIRTH.step, NINE),)
    assert holders(chain_of(opening(BUNDLE, NINE), take_over(BIRTH, ten), acknowledge(BIRTH, eleven))) == (
        Holder("agency", COMMUNE, BIRTH.step, ten),
    )
    both = chain_of(opening(BUNDLE, NINE), *done(BIRTH, ten), acknowledge(INSURANCE_CARD, eleven))
    assert holders(both) == (
        Holder("system", POLICE, RESIDENCE.step, ten),
        Holder("agency", INSURANCE, INSURANCE_CARD.step, eleven),
    )


def test_a_part_that_was_not_asked_for_is_not_in_the_chain() -> None:
    """The identity card is optional; without it the residence ends the police's part."""
    events = told(opening(BUNDLE[:3], NINE), *done(BIRTH, NINE), *done(RESIDENCE, NINE), *done(INSURANCE_CARD, NINE))
    assert decider.fold(events).ending == "granted"


def test_silence_is_agreement_only_where_the_law_of_the_step_says_so() -> None:
    """NĐ 61/2018 art. 19.5: silence escalates; NĐ 217/2026: a consulted agency silent for 2 days agrees."""
    consulted = replace(BIRTH, silence="deemed_agreed", law="NĐ 217/2026/NĐ-CP")
    plan = (consulted, *BUNDLE[1:3])
    command = JudgeStepLimit(ref=REF, step=BIRTH.step, round=1, actor=TIMER, now=at("17 09:01"), calendars=calendars_of)
    spec = given(decider, *told(opening(plan, NINE), acknowledge(consulted, NINE))).when(command)
    agreed, *ready = spec.then_kinds(StepDeemedAgreed, StepReady, StepReady)
    assert (agreed.agency, agreed.law, agreed.due_at) == (COMMUNE, "NĐ 217/2026/NĐ-CP", at("17 09:00"))
    spec.then(agreed, *ready)
    given(decider, *told(opening(plan, NINE), acknowledge(consulted, NINE), command)).when(
        decision(consulted, at("17 09:02"))
    ).refused("step_decided")
