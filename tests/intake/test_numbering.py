"""Which number of its day a dossier gets."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from kernel.refusal import Refused
from services.intake.domain.numbering import (
    Event,
    IssueNumber,
    KeepPortalNumber,
    NumberIssued,
    PortalNumberKept,
    decider,
)
from tests.intake.cases import DESK, LATER, OFFICER
from tests.spec import given

DAY = date(2026, 9, 7)
ISSUE = IssueNumber(ref="a", agency=DESK, day=DAY, actor=OFFICER, now=LATER)
KEEP = KeepPortalNumber(ref="p", agency=DESK, day=DAY, sequence=2, actor=OFFICER, now=LATER)


def issued(ref: str, sequence: int) -> NumberIssued:
    return NumberIssued(ref, sequence, DESK, DAY, LATER)


KEPT = PortalNumberKept("p", 2, DESK, DAY, LATER)


@pytest.mark.parametrize(
    ("history", "ref", "sequence"),
    [
        ((), "a", 1),
        ((issued("a", 1),), "b", 2),
        ((issued("a", 1), KEPT), "b", 3),
        ((replace(KEPT, sequence=1), KEPT), "a", 3),
        # What a nationwide system numbers far ahead does not make our own sequence jump.
        ((issued("a", 1), replace(KEPT, sequence=480001)), "b", 2),
    ],
)
def test_the_next_free_number_is_given(history: tuple[Event, ...], ref: str, sequence: int) -> None:
    """TT 03/2025 art. 13: a daily sequence of each agency; two dossiers never share a code."""
    given(decider, *history).when(replace(ISSUE, ref=ref)).then(issued(ref, sequence))


def test_a_dossier_has_one_number() -> None:
    """Asked again in the same day, by a retry or a race, it keeps what it has."""
    given(decider, issued("a", 1), issued("b", 2)).when(ISSUE).then_nothing()
    given(decider, KEPT).when(replace(ISSUE, ref="p")).then_nothing()


def test_the_portals_number_is_kept_for_its_dossier() -> None:
    """TT 03/2025 art. 13.3: the portal may be the one that numbers."""
    given(decider, issued("a", 1)).when(KEEP).then(KEPT)


@pytest.mark.parametrize(
    "history",
    [
        (issued("a", 1), issued("b", 2)),
        (replace(KEPT, ref="other"),),
        (replace(KEPT, sequence=5),),
    ],
)
def test_a_number_that_is_another_dossiers_is_refused(history: tuple[Event, ...]) -> None:
    """One number, one dossier; and one dossier, one number."""
    given(decider, *history).when(KEEP).refused("number_taken")


@for_all(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | st.integers(1, 9)), max_size=30))
def test_no_number_is_ever_held_by_two(asked: list[tuple[str, int | None]]) -> None:
    """Whatever is asked for, in whatever order."""
    numbers = decider.initial
    for ref, sequence in asked:
        command = replace(ISSUE, ref=ref) if sequence is None else replace(KEEP, ref=ref, sequence=sequence)
        answer = decider.decide(command, numbers)
        if not isinstance(answer, Refused):
            numbers = decider.fold(answer, numbers)
        assert len(set(numbers.held.values())) == len(numbers.held)
