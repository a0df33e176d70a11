"""What holds for every chain, whatever graph it has and whatever anybody says to it, in whatever order."""

from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import msgspec
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from kernel.working_time import Limit
from services.routing.domain.chain import decider
from services.routing.domain.commands import (
    OpenChain,
)
from services.routing.domain.events import (
    ChainEvent,
    ChainOpened,
)
from services.routing.domain.holder import holders
from services.routing.domain.invariants import unexplained_results, unfinished_chains, wrong_standstills
from services.routing.domain.progress import NOT_OPENED, Chain
from tests.routing import scene as s
from tests.routing.any_chain import lived, openings, strategies_of_acts


@settings(max_examples=150)
@for_all(openings(), strategies_of_acts())
def test_whatever_is_said_a_chain_holds_together(opening: OpenChain, acts: list[tuple[str, int, int, int]]) -> None:
    """Ready only with its needs, never without a holder or a bell while open, nothing open when closed; see `World`."""
    world = lived(opening, acts)
    log = [(f"chain-{s.REF}", event) for event in world.events]
    for broken in (unexplained_results, wrong_standstills, unfinished_chains):
        assert list(broken(log)) == []


@settings(max_examples=60)
@for_all(openings(), strategies_of_acts(), st.randoms(use_true_random=False))
def test_a_chain_that_everybody_works_on_comes_to_its_end(
    opening: OpenChain, acts: list[tuple[str, int, int, int]], random: Any
) -> None:
    """No dead end: agencies that decide, an applicant who pays and a desk that answers close every chain."""
    plan, world = opening.plan, lived(opening, acts)
    for _ in range(2 * len(plan) + 2):
        for planned in random.sample(plan, len(plan)):
            world.act("resume", plan.index(planned), 0, 0)
            world.act("acknowledge", plan.index(planned), 0, 0)
            world.act("decide_otherwise", plan.index(planned), 7, 0)
            world.act("pay", plan.index(planned), 0, 0)
    assert not world.chain.is_open
    ending = world.chain.ending
    steps = world.chain.steps.values()
    given = [one for one in steps if one.plan.grants] or list(steps)
    decided = [progress.stage == "decided" for progress in given]
    if ending in ("granted", "partly_granted", "refused"):
        assert ending == ("granted" if all(decided) else "partly_granted" if any(decided) else "refused")


@settings(max_examples=60)
@for_all(openings(), strategies_of_acts())
def test_every_fact_and_the_state_after_it_survive_the_store(
    opening: OpenChain, acts: list[tuple[str, int, int, int]]
) -> None:
    """What is written down is read again as it was; snapshots too."""
    chain = NOT_OPENED
    for event in lived(opening, acts).events:
        read = msgspec.json.decode(msgspec.json.encode(event), type=type(event))
        assert read == event
        chain = decider.evolve(chain, read)
        assert msgspec.json.decode(msgspec.json.encode(chain), type=Chain) == chain


INSTANTS = st.datetimes(datetime(2026, 11, 16), datetime(2026, 12, 16), timezones=st.just(UTC))
STEPS = st.sampled_from(["s0", "s1", "s2", "desk", "tea_break"])
LIMITS = st.sampled_from(
    [
        None,
        Limit(3, "working_days"),
        Limit(90, "working_minutes"),
        Limit(1, "calendar_days"),
        Limit(3, "calendar_days", "whole_last_day"),
    ]
)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    datetime: INSTANTS,
    datetime | None: st.none() | INSTANTS,
    str: STEPS,
    Limit | None: LIMITS,
}


def _of_every_kind() -> st.SearchStrategy[ChainEvent]:
    """Any fact at all about a few steps, sensible or not."""
    kinds = [kind for kind in get_args(ChainEvent) if kind is not ChainOpened]
    return st.one_of(
        *(
            st.builds(
                kind, **{name: VALUES.get(hint, st.from_type(hint)) for name, hint in get_type_hints(kind).items()}
            )
            for kind in kinds
        )
    )


@for_all(openings(), st.lists(_of_every_kind(), max_size=12))
def test_every_fact_is_accepted_in_every_state(opening: OpenChain, facts: list[ChainEvent]) -> None:
    """`evolve` never refuses: what has happened has happened."""
    (opened, *_) = s.told(opening)
    for before in (NOT_OPENED, decider.evolve(NOT_OPENED, opened)):
        chain = decider.fold(facts, before)
        assert isinstance(chain, Chain)
        assert set(chain.steps) == set(before.steps)
        holders(chain)
