"""What `verify` says of routing's log: nothing where all is well, and each damage by its name."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from services.routing.domain.clock_events import ClockResumed, StepFulfilled
from services.routing.domain.events import (
    ChainClosed,
    ChainEvent,
    ChainOverdue,
    ClockSuspended,
    StepCancelled,
    StepDecided,
    StepReady,
    WithdrawalDeclined,
)
from services.routing.domain.invariants import unexplained_results, unfinished_chains, wrong_standstills
from tests.routing import land as l
from tests.routing import scene as s

OPEN = s.told(s.opening(s.KARAOKE), *s.done(s.BUSINESS))
GRANTED = s.told(*(s.opening(s.KARAOKE), *s.done(s.BUSINESS), *s.done(s.SECURITY), *s.done(s.LICENCE)))
WITHDRAWN = s.told(s.opening(s.KARAOKE), s.withdraw())
SENT_BACK = s.told(
    s.opening(s.BUNDLE), *s.done(s.BIRTH), s.acknowledge(s.RESIDENCE), s.send_back(s.RESIDENCE, s.BIRTH.step),
    *s.done(s.BIRTH, number="2"), s.acknowledge(s.RESIDENCE), s.send_back(s.RESIDENCE, "desk"),
    s.resume(s.RESIDENCE, s.MONDAY), s.acknowledge(s.INSURANCE_CARD), s.refusal(s.INSURANCE_CARD),
)  # fmt: skip


def log(events: Iterable[ChainEvent], ref: str = s.REF) -> list[tuple[str, ChainEvent]]:
    return [(f"chain-{ref}", event) for event in events]


def without(events: tuple[ChainEvent, ...], kind: type) -> tuple[ChainEvent, ...]:
    """Leave out the first fact of a kind."""
    place = next(place for place, event in enumerate(events) if isinstance(event, kind))
    return events[:place] + events[place + 1 :]


def changed(events: tuple[ChainEvent, ...], kind: type, **change: Any) -> tuple[ChainEvent, ...]:
    """Change the last fact of a kind."""
    place = max(place for place, event in enumerate(events) if isinstance(event, kind))
    return (*events[:place], replace(events[place], **change), *events[place + 1 :])


BUSINESS_DECIDED = OPEN[3]
assert isinstance(BUSINESS_DECIDED, StepDecided)
DECIDED_TOO_EARLY = replace(BUSINESS_DECIDED, step=s.LICENCE.step)


@pytest.mark.parametrize("events", [OPEN, GRANTED, WITHDRAWN, SENT_BACK])
def test_what_really_happened_holds(events: tuple[ChainEvent, ...]) -> None:
    """A guard that barks at everybody is no guard."""
    assert list(unexplained_results(log(events))) == []
    assert list(unfinished_chains(log(events))) == []


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (without(GRANTED, StepDecided), "security_certificate is ready while household_business is acknowledged"),
        (changed(OPEN, StepReady, step="tea_break"), "tea_break is ready and was never planned"),
        (changed(OPEN, StepReady, round=3), "security_certificate is ready in round 3 after round 0"),
        (changed(OPEN, StepDecided, agency="H48.99"), "decided by H48.99, it is the duty of H48.23284"),
        (changed(OPEN, StepDecided, version=2), "issued version 2 after version 0"),
        (changed(OPEN, StepDecided, on_time=False), "says on_time=False"),
        (changed(OPEN, StepDecided, step="tea_break"), "tea_break was decided and was never planned"),
        ((*OPEN, DECIDED_TOO_EARLY), "karaoke_licence was decided while it was planned"),
    ],
)
def test_a_result_that_is_nobodys_act_is_named(events: tuple[ChainEvent, ...], says: str) -> None:
    """NĐ 61/2018 arts. 5 and 19.6: no result without the act of the agency whose step it is."""
    assert says in "\n".join(unexplained_results(log(events)))


@pytest.mark.parametrize(
    ("events", "says"),
    [
        (OPEN[1:], "StepReady before it was opened"),
        ((*OPEN, OPEN[0]), "opened twice"),
        ((*GRANTED, GRANTED[1]), "StepReady after it had ended (granted)"),
        (changed(GRANTED, ChainClosed, outcome="refused"), "closed as refused, its steps say granted"),
        ((*OPEN, ChainClosed(s.REF, "partly_granted", s.MONDAY)), "ended while open: security_certificate"),
        (without(WITHDRAWN, StepCancelled), "ended while open: household_business"),
        (OPEN[:-1], "open, and it lies with nobody"),
    ],
)
def test_a_chain_that_was_left_behind_is_named(events: tuple[ChainEvent, ...], says: str) -> None:
    """Reason: a dossier that nobody has to act on is a dossier that was forgotten."""
    assert says in "\n".join(unfinished_chains(log(events)))


LAND = s.told(*l.until_tax(s.at("18 09:00")), l.noticed(s.at("20 09:00")), l.paid(s.at("26 10:00")))
BEFORE_NOTICE = s.told(*l.until_tax(s.at("18 09:00")))
PAID = StepFulfilled(s.REF, l.PAYMENT.step, True, s.at("20 10:00"))


def test_a_payment_between_two_appointments_holds() -> None:
    """What really happens to land is in order."""
    for broken in (unexplained_results, unfinished_chains, wrong_standstills):
        assert list(broken(log(LAND))) == []


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ((*BEFORE_NOTICE, PAID), "tax_payment was fulfilled before any notice said what is owed"),
        ((*LAND, PAID), "tax_payment was fulfilled while it was decided"),
        ((*LAND, replace(PAID, step="tea_break")), "tea_break was fulfilled and was never planned"),
        ((*LAND, replace(PAID, step=l.CERTIFICATE.step)), "certificate was fulfilled, it is the duty of H48.21"),
        (changed(BEFORE_NOTICE, StepDecided, step=l.PAYMENT.step, agency=""), "it is the duty of the applicant"),
    ],
)
def test_a_step_of_the_applicant_that_no_notice_settled_is_named(events: tuple[ChainEvent, ...], says: str) -> None:
    """Only a notice that is paid fulfils what the applicant has to do."""
    assert says in "\n".join(unexplained_results(log(events)))


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ((*BEFORE_NOTICE, BEFORE_NOTICE[-2]), "the clock stands still twice on tax_notice (tax_determination)"),
        (without(LAND, ClockSuspended), "had not stood still on tax_notice (tax_determination)"),
        ((*BEFORE_NOTICE, ChainOverdue(s.REF, "H48.21", s.MONDAY, s.MONDAY)), "overdue while the clock stands still"),
        (without(LAND, ClockResumed), "stands still for tax_determination, with which nothing is being done"),
    ],
)
def test_a_clock_that_stands_still_for_nothing_is_named(events: tuple[ChainEvent, ...], says: str) -> None:
    """Every standstill ends or is open, and while it lasts nothing falls due."""
    assert says in "\n".join(wrong_standstills(log(events)))


def test_a_withdrawal_may_be_declined_after_the_end() -> None:
    """The only fact that an ended chain may still learn."""
    late = WithdrawalDeclined(s.REF, "chain_closed", s.MONDAY, s.MONDAY)
    assert list(unfinished_chains(log((*GRANTED, late)))) == []


def test_chains_do_not_explain_each_other() -> None:
    """Each stream is its own story, however the log mixes them."""
    mixed = [one for pair in zip(log(OPEN), log(GRANTED, "other"), strict=False) for one in pair]
    assert list(unexplained_results(mixed)) == []
