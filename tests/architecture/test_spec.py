"""Given, when, then are believed by every other test, so they are shown to fail when they should."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from kernel.decider import Decider
from kernel.refusal import HOUSE_RULE, Refused, Rule
from kernel.saga import Saga
from tests.spec import every_order, given, given_facts

SHUT = Rule("desk_shut", HOUSE_RULE, "Quầy đã đóng.", "The desk is shut.")


@dataclass(frozen=True, slots=True)
class Stamp:
    """Stamp the paper with this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Stamped:
    """The paper bears this number."""

    number: int


def stamp(command: Stamp, stamped: frozenset[int]) -> tuple[Stamped, ...] | Refused:
    if command.number < 0:
        return Refused(SHUT)
    return () if command.number in stamped else (Stamped(command.number),)


def remember(stamped: frozenset[int], event: Stamped) -> frozenset[int]:
    return stamped | {event.number}


NONE: frozenset[int] = frozenset()
DESK = Decider(NONE, stamp, remember)
FORGETFUL = replace(DESK, evolve=lambda stamped, _: stamped)

# Owes a stamp on 3 once 1 and 2 are known.
THIRD = Saga(
    name="third",
    initial=NONE,
    evolve=remember,
    owed=lambda seen: (Stamp(3),) if seen == {1, 2} else (),
    is_kept=lambda seen: 3 in seen,
)
LAST_WINS = replace(THIRD, evolve=lambda _, fact: frozenset({fact.number}))


def test_what_is_right_passes() -> None:
    """One word for each kind of answer."""
    given(DESK).when(Stamp(1)).then(Stamped(1))
    given(DESK, Stamped(1)).when(Stamp(1)).then_nothing()
    assert given(DESK).when(Stamp(-1)).refused("desk_shut").law == HOUSE_RULE
    assert given(DESK).when(Stamp(1)).then_kinds(Stamped)[0].number == 1
    given_facts(THIRD, Stamped(1)).owes_nothing().is_open()
    given_facts(THIRD, Stamped(1), Stamped(2)).owes(Stamp(3))
    every_order(THIRD, Stamped(1), Stamped(2), Stamped(3)).is_kept()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: given(DESK).when(Stamp(1)).then(Stamped(2)),
        lambda: given(DESK).when(Stamp(1)).then(),
        lambda: given(DESK).when(Stamp(1)).then_nothing(),
        lambda: given(DESK).when(Stamp(1)).then_kinds(Stamp),
        lambda: given(DESK).when(Stamp(1)).refused("desk_shut"),
        lambda: given(DESK).when(Stamp(-1)).refused("desk_open"),
        lambda: given(DESK).when(Stamp(-1)).then_nothing(),
        lambda: given(FORGETFUL).when(Stamp(1)).then(Stamped(1)),  # asked twice, done twice
        lambda: given_facts(THIRD, Stamped(1)).owes(Stamp(3)),
        lambda: given_facts(THIRD, Stamped(1), Stamped(2)).owes_nothing(),
        lambda: given_facts(THIRD, Stamped(1), Stamped(2)).is_kept(),
        lambda: given_facts(THIRD, Stamped(3)).is_open(),
        lambda: every_order(LAST_WINS, Stamped(1), Stamped(2)),
    ],
)
def test_what_is_wrong_fails(wrong: Callable[[], object]) -> None:
    """A guard that never barked may be asleep."""
    with pytest.raises(AssertionError):
        wrong()
