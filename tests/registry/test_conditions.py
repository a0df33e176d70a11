"""Conditions as data: how they are read, when they hold, and which cases a procedure's conditions make."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chassis.registry import PRODUCT_REGISTRY, RegistryInvalid, load_registry
from chassis.registry_conditions import CASES_LIMIT, cases_of, in_words
from chassis.registry_words import condition
from kernel.condition import FactValue, holds
from kernel.working_time import Limit
from tests.registry.planting import copy, edit

PENSIONER: dict[str, Any] = {"fact": "group", "is": "pensioner"}
CLAIMED: dict[str, Any] = {"fact": "claimed", "is": True}

# Written in a file, facts of a dossier, and whether it holds.
READ: list[tuple[dict[str, Any], dict[str, FactValue], bool]] = [
    (PENSIONER, {"group": "pensioner"}, True),
    (PENSIONER, {"group": "merit"}, False),
    ({"fact": "group", "in": ["pensioner", "merit"]}, {"group": "merit"}, True),
    ({"fact": "group", "in": ["pensioner", "merit"]}, {"group": "other"}, False),
    ({"all": [PENSIONER, CLAIMED]}, {"group": "pensioner", "claimed": True}, True),
    ({"all": [PENSIONER, CLAIMED]}, {"group": "pensioner", "claimed": False}, False),
    ({"any": [PENSIONER, CLAIMED]}, {"group": "other", "claimed": True}, True),
    ({"any": [PENSIONER, CLAIMED]}, {"group": "other", "claimed": False}, False),
    ({"not": {"any": [PENSIONER, CLAIMED]}}, {"group": "other", "claimed": False}, True),
    ({"not": PENSIONER}, {"group": "pensioner"}, False),
    # A yes is no number, although Python counts it as one.
    ({"fact": "rooms", "is": 1}, {"rooms": True}, False),
    (CLAIMED, {"claimed": 1}, False),
]


@pytest.mark.parametrize(("written", "facts", "held"), READ)
def test_a_condition_holds_as_it_is_written(
    written: Mapping[str, Any], facts: Mapping[str, FactValue], held: bool
) -> None:
    """Which steps a dossier takes is data, and data says nothing that the code reads otherwise."""
    assert holds(condition(written), facts) is held


@pytest.mark.parametrize(
    ("code", "number"),
    [("1.004873", 1), ("2.002913", 4 * 2), ("1.013831", 2 * 2), ("1.013225", 2**4), ("1.009645", 3 * 2**3)],
)
def test_every_case_of_a_procedure_is_looked_at(code: str, number: int) -> None:
    """Only facts that a condition asks make cases; a paper more or less does not change the way."""
    (procedure,) = (each for each in load_registry(PRODUCT_REGISTRY).procedures() if each.code == code)
    cases = cases_of(procedure)
    assert cases is not None
    assert len(cases) == len({in_words(case) for case in cases}) == number <= CASES_LIMIT


def test_a_number_makes_a_case_of_each_value_asked_and_one_of_the_rest(tmp_path: Path) -> None:
    """There is no end of numbers, but conditions tell only some of them apart."""
    path = copy(tmp_path)
    old = "    needs: [household_business]\n"
    edit(path, "procedures/9.000297.yaml", old, f"{old}    when: {{fact: rooms, in: [0, 5]}}\n")
    cases = cases_of(load_registry(path).procedure("9.000297", version="2025-11-17"))
    assert cases == ({"rooms": 0}, {"rooms": 5}, {"rooms": 6})


def test_how_often_a_supplement_may_be_asked_for_is_data(tmp_path: Path) -> None:
    """NĐ 217/2026: one notice; a number without its source, or none at all, is no rule."""
    path, file = copy(tmp_path), "procedures/1.013225.yaml"
    assert load_registry(path).procedure("1.013225", on=date(2026, 9, 7)).supplements_max == 1
    edit(path, file, "\nsupplements_max: 1\n", "\nsupplements_max: 0\n")
    with pytest.raises(RegistryInvalid, match=r"1\.013225\.yaml"):
        load_registry(path)


def test_how_often_lateness_is_told_upwards_is_data(tmp_path: Path) -> None:
    """NĐ 61/2018 art. 19.9 gives no rhythm; a procedure may, with its source."""
    path = copy(tmp_path)
    file = "procedures/9.000297.yaml"
    edit(
        path,
        file,
        "\nfee_due: before_clock\n",
        "\nfee_due: before_clock\nescalate_every: {value: 4, unit: working_hours}\n",
    )
    edit(path, file, "\n  facts: TT 110", "\n  escalate_every: NĐ 297/2025/NĐ-CP\n  facts: TT 110")
    assert load_registry(path).procedure("9.000297", version="2025-11-17").escalate_every == Limit(4, "working_hours")
