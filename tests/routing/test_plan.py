"""The plan of a chain and the graph it is."""

from datetime import date

import pytest

from kernel.procedure import Extension, Procedure, ResultKind, Step
from kernel.working_time import Limit
from services.routing.domain import graph
from services.routing.domain.plan import LongerLimit, Seat, plan_of

DIAMOND: graph.Needs = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}


@pytest.mark.parametrize(
    ("step", "found"),
    [("a", set()), ("b", {"a"}), ("d", {"a", "b", "c"})],
)
def test_what_is_earlier_is_all_that_a_step_needs(step: str, found: set[str]) -> None:
    """NĐ 61/2018 art. 19.6: an error may lie with any of them."""
    assert graph.earlier(DIAMOND, step) == found


@pytest.mark.parametrize(
    ("needs", "left_out", "rest"),
    [
        (DIAMOND, {"b"}, {"a": (), "c": ("a",), "d": ("a", "c")}),
        (DIAMOND, {"b", "c"}, {"a": (), "d": ("a",)}),
        (DIAMOND, {"a"}, {"b": (), "c": (), "d": ("b", "c")}),
        (DIAMOND, {"d"}, {"a": (), "b": ("a",), "c": ("a",)}),
        (DIAMOND, set(), DIAMOND),
        ({"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}, {"b", "c"}, {"a": (), "d": ("a",)}),
    ],
)
def test_who_needs_what_is_left_out_needs_what_that_one_needed(
    needs: graph.Needs, left_out: set[str], rest: graph.Needs
) -> None:
    """An optional step that was not asked for must not make a later one begin too early."""
    assert graph.without(needs, left_out) == rest


@pytest.mark.parametrize(
    ("needs", "found"),
    [
        (DIAMOND, set()),
        ({"a": ("a",)}, {"a"}),
        ({"a": (), "b": ("c",), "c": ("b",)}, {"b", "c"}),
    ],
)
def test_a_cycle_is_found_and_named(needs: graph.Needs, found: set[str]) -> None:
    """Steps that wait for each other would wait for ever."""
    assert set(graph.cycle(needs)) == found


@pytest.mark.parametrize(
    ("waits_for", "gone", "found"),
    [
        (DIAMOND, "a", ("b", "c", "d")),
        (DIAMOND, "b", ("d",)),
        (DIAMOND, "d", ()),
        ({"c": ("a",), "d": ("b", "c")}, "b", ("d",)),
        # c is decided and so not among them: what needs only c goes on.
        ({"d": ("c",)}, "a", ()),
    ],
)
def test_stranded_is_whoever_waits_for_what_will_not_come(
    waits_for: graph.Needs, gone: str, found: tuple[str, ...]
) -> None:
    """NĐ 61/2018 art. 19.8."""
    assert graph.stranded(waits_for, gone) == found


def test_unknown_needs_are_named_with_their_step() -> None:
    """A plan may not wait for a step that it does not have."""
    assert graph.unknown_needs({"a": ("x",), "b": ("a", "y")}) == (("a", "x"), ("b", "y"))


def _step(code: str, kind: str, needs: tuple[str, ...] = (), optional: bool = False) -> Step:
    return Step(
        code=code,
        name_vi=code,
        name_en=code,
        agency_kind=kind,
        limit=Limit(2, "working_days"),
        needs=needs,
        optional=optional,
        acknowledge_within=Limit(2, "working_hours"),
        hand_over_within=Limit(10, "minutes"),
        result=ResultKind(f"KQ.{code}", code, code),
        silence="deemed_agreed" if code == "opinion" else "escalate",
        law=f"law of {code}",
        extensions=(Extension("verification", Limit(5, "working_days"), "NĐ 301/2026/NĐ-CP"),),
    )


PROCEDURE = Procedure(
    code="3.000722",
    version="2026-09-01",
    name_vi="",
    name_en="",
    field_vi="",
    law=(),
    valid_from=date(2026, 9, 1),
    valid_to=None,
    receiving_kinds=("desk",),
    lead_kind="commune",
    channels=("portal",),
    hand_out_ways=("desk",),
    submitters=(),
    components=(),
    steps=(
        _step("birth", "commune"),
        _step("opinion", "police", ("birth",), optional=True),
        _step("card", "police", ("opinion",), optional=True),
        _step("support", "commune", ("opinion",)),
    ),
    total_limit=None,
    clock_starts="acceptance",
    same_day_until=None,
    supplement_limit=None,
    payment_limit=None,
    fee_rule=None,
    fee_due="none",
    facts={},
    source="test",
)
SEATS = {"commune": Seat("H48.1", "early", "1"), "police": Seat("G01.1", "full", "2")}


def test_the_plan_takes_over_what_the_law_gives_each_step() -> None:
    """The chain is pinned to what the procedure's version says, and to who acts on which calendar."""
    birth, opinion, card, _ = plan_of(PROCEDURE, ("opinion", "card"), {}, SEATS)
    assert (birth.agency, birth.calendar_id, birth.calendar_version) == ("H48.1", "early", "1")
    assert (card.agency, card.needs, card.result_code, card.law) == ("G01.1", ("opinion",), "KQ.card", "law of card")
    assert (birth.silence, opinion.silence) == ("escalate", "deemed_agreed")
    assert card.acknowledge_within == Limit(2, "working_hours")
    assert card.hand_over_within == Limit(10, "minutes")
    assert card.send_back_within == Limit(3, "working_days")
    assert card.longer_limits == (LongerLimit("verification", Limit(5, "working_days"), "NĐ 301/2026/NĐ-CP"),)


@pytest.mark.parametrize(
    ("asked", "needs"),
    [
        ((), {"birth": (), "support": ("birth",)}),
        (("card",), {"birth": (), "card": ("birth",), "support": ("birth",)}),
        (("opinion",), {"birth": (), "opinion": ("birth",), "support": ("opinion",)}),
        (("nonsense",), {"birth": (), "support": ("birth",)}),
    ],
)
def test_an_optional_step_is_planned_only_if_it_was_asked_for(
    asked: tuple[str, ...], needs: dict[str, tuple[str, ...]]
) -> None:
    """Birth bundle: identity card and childbirth support are the applicant's choice."""
    assert {planned.step: planned.needs for planned in plan_of(PROCEDURE, asked, {}, SEATS)} == needs


def test_a_step_that_nobody_does_has_no_agency() -> None:
    """The chain refuses to open with it and says which step it is, instead of guessing who might act."""
    assert [planned.agency for planned in plan_of(PROCEDURE, (), {}, {})] == ["", ""]
