"""What holds for parcels whatever happens to them, in whatever order."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from kernel.refusal import Refused
from kernel.working_time import working_minutes_between
from services.postal.domain.attempts import Leg, reasons_for
from services.postal.domain.item_numbers import ItemNumberTaken
from services.postal.domain.parcel import Custodian, Parcel, custodian, parcel
from services.postal.domain.words import Command, Event
from services.postal.policies import timers
from services.postal.publishing import PUBLISHED, publish
from tests.postal import samples as s

LEGS: tuple[Leg, ...] = ("collection", "delivery")
NUMBER = ItemNumberTaken(s.REF, "collection", 1, s.CODE, s.MONDAY)
PROXY = replace(s.DELIVERY, relation="proxy", authority_paper=s.digest("authority"))
SHORT = replace(s.HANDED_OVER, accepted_papers=4, missing=("degree_copy",))
EVENTS: tuple[Event, ...] = (
    *(event(leg) for leg in LEGS for event in (s.ordered, s.picked_up, s.failed, s.failed_again, s.cancelled)),
    s.HANDED_OVER,
    SHORT,
    s.DELIVERED,
    replace(s.DELIVERED, proof=PROXY),
    s.BACK,
)


def commands(leg: Leg) -> tuple[Command, ...]:
    """Everything that anybody might tell the post about one leg, sensible or not; what matters stands in it twice."""
    tries = [s.fail(leg, photo=photo, reason=reason) for photo in "ab" for reason in reasons_for(leg)[:2]]
    lasts = [s.fail_last(leg, photo=photo) for photo in "abcd"]
    common: tuple[Command, ...] = (*tries, *lasts, s.pick_up(leg), s.pick_up(leg, replace(s.PROOF, seal_number="NP-2")))
    spoilt: tuple[Command, ...] = (s.pick_up(leg, replace(s.PROOF, seal_number="")), s.fail(leg, photo=""))
    records = (s.RECORD, replace(s.RECORD, record_no="BB-18"), replace(s.RECORD, officer=""))
    if leg == "collection":
        return (*common, *spoilt, *(s.hand_over(record) for record in records), s.cancel(leg))
    deliveries = (s.deliver(), s.deliver(PROXY), s.deliver(replace(s.DELIVERY, relation="proxy")))
    return (*common, *common, *spoilt, *deliveries, *(s.bring_back(record) for record in (*records, *records)))


def journey_of(leg: Leg) -> st.SearchStrategy[list[Command]]:
    """An order, and what is told after it; each command some hours or days after the one before."""
    told = st.lists(st.tuples(st.sampled_from(commands(leg)), st.integers(0, 96)), min_size=4, max_size=20)
    return told.map(lambda pairs: [s.order(leg), *_in_time(pairs)])


def _in_time(pairs: list[tuple[Command, int]]) -> list[Command]:
    hours = accumulate(wait for _, wait in pairs)
    return [
        replace(command, now=s.MONDAY + timedelta(hours=passed))
        for (command, _), passed in zip(pairs, hours, strict=True)
    ]


journeys = st.sampled_from(LEGS).flatmap(journey_of)
PASSINGS = {"ParcelPickedUp", "PapersHandedOver", "ParcelDelivered", "ParcelBackAtDesk"}


@for_all(journeys)
def test_asked_twice_it_is_done_once(journey: list[Command]) -> None:
    """House rule 5: a command may come again at once, or any time later."""
    state = parcel.initial
    done: list[Command] = []
    for command in journey:
        decided = parcel.decide(command, state)
        if isinstance(decided, Refused):
            continue
        state = parcel.fold(decided, state)
        done.append(command)
        assert parcel.decide(command, state) == ()
    for command in done:
        assert parcel.decide(command, state) == ()


@for_all(journeys)
def test_papers_move_only_along_a_signed_passing(journey: list[Command]) -> None:
    """From the order on there is exactly one holder, and it changes only where something was signed."""
    state = parcel.initial
    for command in journey:
        decided = parcel.decide(command, state)
        if isinstance(decided, Refused):
            continue
        for event in decided:
            before, state = custodian(state), parcel.evolve(state, event)
            after = custodian(state)
            assert after in get_args(Custodian)
            moved = before not in (None, after)
            assert moved == (type(event).__name__ in PASSINGS)


@for_all(journeys)
def test_a_parcel_goes_back_only_after_two_attempts_two_days_apart(journey: list[Command]) -> None:
    """TT 17/2017, seen from the end: whatever was tried, the log shows it."""
    log: list[Any] = []
    for command in journey:
        decided = parcel.decide(command, parcel.fold(log))
        if not isinstance(decided, Refused):
            log.extend(decided)
    kinds = [type(event).__name__ for event in log]
    gave_up = "ParcelBackAtDesk" in kinds or any(getattr(event, "reason", "") == "not_collected" for event in log)
    attempts = [event for event in log if type(event).__name__ == "AttemptFailed"]
    assert len(attempts) <= 2
    if gave_up:
        first, second = attempts
        assert (first.attempt, second.attempt) == (1, 2)
        assert working_minutes_between(s.CALENDAR, first.at, second.at) >= 2 * 8 * 60
        assert second.photo_sha256 != first.photo_sha256


@for_all(st.lists(st.sampled_from(EVENTS), max_size=8))
def test_every_event_fits_every_state(events: list[Event]) -> None:
    """House rule 4: evolve never refuses and never raises, and there is a holder as soon as there is a parcel."""
    state = parcel.fold(events)
    assert (custodian(state) is None) == (state.status == "not_ordered")
    assert parcel.fold(events) == state


@pytest.mark.parametrize("event", [*EVENTS, NUMBER], ids=lambda event: type(event).__name__)
def test_every_event_survives_its_codec(event: Any) -> None:
    """What was stored is what is read, to the microsecond."""
    late = replace(event, at=event.at + timedelta(microseconds=1))
    assert msgspec.json.decode(msgspec.json.encode(late), type=type(event)) == late


@for_all(st.lists(st.sampled_from(EVENTS), max_size=6))
def test_every_state_survives_its_codec(events: list[Event]) -> None:
    """A snapshot is the state."""
    state = parcel.fold(events)
    assert msgspec.json.decode(msgspec.json.encode(state), type=Parcel) == state


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_of_a_parcel_is_public_under_its_dossier(event: Event) -> None:
    """Subject and root are the dossier, so that readers see its parts in one order."""
    said = publish(event)
    assert said is not None
    assert (said.name, said.version, type(said.data)) in PUBLISHED
    assert (said.subject, said.root, said.data) == (s.REF, s.REF, event)
    assert timers(event) == ()


def test_the_book_of_numbers_is_private() -> None:
    """Which serial a parcel has is said with its order; how far the range is used is nobody else's matter."""
    assert publish(NUMBER) is None
    assert timers(NUMBER) == ()


def test_everything_published_is_said_by_something() -> None:
    """No schema without a speaker."""
    assert {type(event) for event in EVENTS} == {kind for _, _, kind in PUBLISHED}
