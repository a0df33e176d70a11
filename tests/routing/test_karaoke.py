"""The karaoke licence chain, from the household business to the licence: one agency after the other."""

from services.routing.domain.chain import decider
from services.routing.domain.events import (
    ChainClosed,
    ChainOpened,
    StepAcknowledged,
    StepCancelled,
    StepDecided,
    StepReady,
    StepRefused,
)
from tests.routing.scene import (
    BUSINESS,
    COMMUNE,
    KARAOKE,
    LICENCE,
    MONDAY,
    POLICE,
    PROVINCE,
    REF,
    SECURITY,
    acknowledge,
    at,
    chain_of,
    decision,
    done,
    kinds,
    opening,
    refusal,
    told,
)
from tests.spec import given


def test_only_the_first_step_of_a_strict_sequence_is_ready() -> None:
    """NĐ 297/2025 art. 6.2: the police need the business certificate, the province needs both."""
    opened, ready = given(decider).when(opening(KARAOKE)).then_kinds(ChainOpened, StepReady)
    assert opened.steps == KARAOKE
    assert opened.lead_agency == PROVINCE
    assert ready == StepReady(
        REF, BUSINESS.step, COMMUNE, 1, MONDAY, at("19 09:00"), None, None, at("19 09:00"), MONDAY, at("18 09:00")
    )


def test_each_certificate_is_given_out_and_makes_the_next_step_ready() -> None:
    """NĐ 297/2025 arts. 6–8; each limit is counted on the calendar of the agency whose step it is."""
    wednesday, friday = at("18 10:00"), at("20 16:00")
    events = told(opening(KARAOKE), acknowledge(BUSINESS))
    given(decider, *events).when(decision(BUSINESS, wednesday, "12/HKD")).then(
        StepDecided(
            REF, BUSINESS.step, COMMUNE, BUSINESS.result_code, "12/HKD", "chairman", "ab" * 32, 1, True,
            f"officer:{COMMUNE}:7", wednesday,
        ),
        # Thursday, Friday and the Saturday morning that the police work.
        StepReady(
            REF, SECURITY.step, POLICE, 1, wednesday, at("21 08:45"), None, None, at("21 08:45"), wednesday,
            warn_at=at("20 10:00"),
        ),
    )  # fmt: skip
    events = told(decision(BUSINESS, wednesday), *done(SECURITY, friday), before=events)
    ready = events[-1]
    assert isinstance(ready, StepReady)
    # Ten working days of the province from Friday 16:00, without 24 November.
    assert (ready.step, ready.due_at) == (LICENCE.step, at("20 16:00").replace(month=12, day=7))


def test_the_chain_is_granted_with_its_last_result() -> None:
    """The lead's licence is the final result; nothing is open any more."""
    events = told(opening(KARAOKE), *done(BUSINESS), *done(SECURITY), acknowledge(LICENCE))
    decided, closed = given(decider, *events).when(decision(LICENCE)).then_kinds(StepDecided, ChainClosed)
    assert decided.agency == PROVINCE
    assert closed == ChainClosed(REF, "granted", MONDAY)


def test_a_refused_licence_leaves_both_certificates_valid() -> None:
    """NĐ 297/2025 art. 8; regulations: a downstream refusal never annuls what another agency decided."""
    events = told(opening(KARAOKE), *done(BUSINESS), *done(SECURITY), acknowledge(LICENCE))
    refused, closed = given(decider, *events).when(refusal(LICENCE)).then_kinds(StepRefused, ChainClosed)
    assert refused.reason_code == "conditions_not_met"
    assert closed.outcome == "partly_granted"
    chain = decider.fold((*events, refused, closed))
    assert chain.results() == (BUSINESS.step, SECURITY.step)


def test_a_refusal_in_the_middle_cancels_only_what_needs_it() -> None:
    """NĐ 61/2018 art. 19.8: the licence cannot come any more, the business certificate stays."""
    events = told(opening(KARAOKE), *done(BUSINESS), acknowledge(SECURITY))
    _, cancelled, closed = (
        given(decider, *events).when(refusal(SECURITY)).then_kinds(StepRefused, StepCancelled, ChainClosed)
    )
    assert cancelled == StepCancelled(REF, LICENCE.step, PROVINCE, "needs_refused", MONDAY)
    assert closed.outcome == "partly_granted"


def test_a_refusal_at_the_beginning_refuses_the_whole_chain() -> None:
    """Nothing was decided, so nothing was granted."""
    events = told(opening(KARAOKE), acknowledge(BUSINESS), refusal(BUSINESS))
    assert kinds(events[-4:]) == ("StepRefused", "StepCancelled", "StepCancelled", "ChainClosed")
    assert decider.fold(events).ending == "refused"


def test_acknowledging_says_that_the_step_was_taken_over() -> None:
    """TT 03/2025 form 06: the receiver records the hand-over."""
    events = told(opening(KARAOKE))
    given(decider, *events).when(acknowledge(BUSINESS)).then(
        StepAcknowledged(REF, BUSINESS.step, COMMUNE, f"officer:{COMMUNE}:7", MONDAY)
    )


def test_a_step_that_is_late_says_so_in_its_result() -> None:
    """Honest data: due at 09:00 of the 19th, that minute included."""
    acknowledged = told(opening(KARAOKE), acknowledge(BUSINESS))
    in_time, late = (told(decision(BUSINESS, now), before=acknowledged)[-2] for now in (at("19 09:00"), at("19 09:01")))
    assert isinstance(in_time, StepDecided)
    assert isinstance(late, StepDecided)
    assert (in_time.on_time, late.on_time) == (True, False)


def test_the_lead_keeps_its_place_whoever_acts() -> None:
    """NĐ 61/2018 art. 19.5: the lead owns the deadline even while others act."""
    chain = chain_of(opening(KARAOKE), *done(BUSINESS))
    assert chain.lead_agency == PROVINCE
    assert chain.open_steps() == (SECURITY.step, LICENCE.step)
