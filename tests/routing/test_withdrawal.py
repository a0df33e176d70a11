"""Withdrawal and decision meet in one stream; whichever is told first has come first."""

import pytest

from services.routing.domain.chain import decider
from services.routing.domain.commands import ChainCommand
from services.routing.domain.events import ChainWithdrawn, StepCancelled, WithdrawalDeclined
from services.routing.domain.holder import holders
from tests.routing.scene import (
    BIRTH,
    BUNDLE,
    BUSINESS,
    COMMUNE,
    IDENTITY_CARD,
    INSURANCE_CARD,
    KARAOKE,
    MONDAY,
    REF,
    RESIDENCE,
    acknowledge,
    at,
    chain_of,
    decision,
    done,
    kinds,
    led_to,
    opening,
    refusal,
    send_back,
    told,
    withdraw,
)
from tests.spec import given

ONE_STEP = (BUSINESS,)


def test_a_withdrawal_before_any_decision_stops_everything() -> None:
    """NĐ 118/2025 art. 21."""
    events = told(opening(ONE_STEP), acknowledge(BUSINESS))
    given(decider, *events).when(withdraw(at("17 09:00"))).then(
        StepCancelled(REF, BUSINESS.step, COMMUNE, "withdrawn", at("17 09:00")),
        ChainWithdrawn(REF, (BUSINESS.step,), (), at("17 09:00")),
    )


def test_a_withdrawal_stops_only_what_is_undecided() -> None:
    """Regulations 9.9: decided results are delivered, their agencies' acts are not undone."""
    events = told(opening(BUNDLE), *done(BIRTH), acknowledge(RESIDENCE))
    *cancelled, withdrawn = led_to(events, withdraw())
    assert kinds(cancelled) == ("StepCancelled",) * 3
    stopped = (RESIDENCE.step, INSURANCE_CARD.step, IDENTITY_CARD.step)
    assert withdrawn == ChainWithdrawn(REF, stopped, (BIRTH.step,), MONDAY)


@pytest.mark.parametrize("ending", [decision(BUSINESS), refusal(BUSINESS)])
def test_after_the_decision_there_is_nothing_to_withdraw(ending: ChainCommand) -> None:
    """NĐ 118/2025 art. 21: only while no decision or written result exists; a refusal is one."""
    events = told(opening(ONE_STEP), acknowledge(BUSINESS), ending)
    given(decider, *events).when(withdraw(at("17 09:00"))).then(
        WithdrawalDeclined(REF, "chain_closed", at("17 09:00"), at("17 09:00"))
    )


def test_a_decision_after_the_withdrawal_is_refused() -> None:
    """The other order of the same two acts."""
    events = told(opening(ONE_STEP), acknowledge(BUSINESS), withdraw())
    given(decider, *events).when(decision(BUSINESS)).refused("step_cancelled")


def test_every_request_that_comes_too_late_is_declined_for_itself() -> None:
    """The same request again is nothing; a new one gets its own answer."""
    events = told(opening(ONE_STEP), *done(BUSINESS), withdraw(at("17 09:00")))
    given(decider, *events).when(withdraw(at("17 09:30"), requested_at=at("17 09:00"))).then_nothing()
    given(decider, *events).when(withdraw(at("18 09:00"))).then_kinds(WithdrawalDeclined)


def test_a_withdrawn_chain_lies_with_nobody() -> None:
    """Its minutes are over; what is left to do is the desk's handing out."""
    chain = chain_of(opening(KARAOKE), withdraw())
    assert not chain.is_open
    assert holders(chain) == ()
    assert chain.open_steps() == ()


def test_a_result_under_correction_stays_as_it_is_when_the_dossier_is_withdrawn() -> None:
    """The correction stops; only its issuer could revoke the certificate (NĐ 61/2018 art. 21.1)."""
    events = told(opening(BUNDLE), *done(BIRTH), acknowledge(RESIDENCE), send_back(RESIDENCE, BIRTH.step))
    *_, withdrawn = led_to(events, withdraw())
    assert withdrawn.stopped[0] == BIRTH.step
    assert withdrawn.kept == (BIRTH.step,)
    assert decider.fold((*events, *told(withdraw(), before=events)[len(events) :])).results() == (BIRTH.step,)
