"""The judicial record: who may ask for which slip, and what it costs on which day, channel and by whom."""

from datetime import date

import pytest

from chassis.registry import PRODUCT_REGISTRY, Registry, load_registry
from kernel.condition import holds
from services.payments.domain.fee import evaluate


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(PRODUCT_REGISTRY)


@pytest.mark.parametrize(
    ("relation", "slip", "allowed"),
    [
        ("self", "number_1", True),
        ("self", "number_2", True),
        ("attorney", "number_1", True),
        ("attorney", "number_2", False),
        ("relative", "number_1", True),
        ("relative", "number_2", False),
        ("parent", "number_2", True),
    ],
)
def test_a_judicial_record_no_2_has_no_attorney(relation: str, slip: str, allowed: bool, registry: Registry) -> None:
    """National portal, procedure page 3.000333: except the parents of a minor."""
    rule = next(
        each for each in registry.procedure("3.000333", on=date(2026, 11, 20)).submitters if each.relation == relation
    )
    assert (rule.when is None or holds(rule.when, {"slip": slip})) is allowed


@pytest.mark.parametrize(
    ("day", "channel", "category", "slips_beyond_two", "fee_vnd"),
    [
        (date(2021, 11, 30), "counter", "normal", 0, 200_000),
        (date(2021, 11, 30), "portal", "student", 0, 100_000),
        (date(2025, 4, 23), "portal", "normal", 0, 200_000),
        (date(2025, 4, 24), "portal", "normal", 0, 170_000),
        (date(2025, 4, 24), "counter", "normal", 0, 200_000),
        (date(2025, 12, 31), "portal", "merit_person", 0, 80_000),
        (date(2025, 12, 31), "post", "martyr_relative", 0, 100_000),
        (date(2026, 1, 1), "portal", "normal", 0, 200_000),
        (date(2026, 1, 1), "portal", "student", 0, 100_000),
        (date(2026, 11, 20), "portal", "normal", 3, 215_000),
        (date(2026, 11, 20), "counter", "child", 0, 0),
        (date(2025, 6, 1), "portal", "near_poor_household", 0, 0),
    ],
)
def test_the_judicial_record_costs_what_the_circular_of_its_day_says(
    day: date, channel: str, category: str, slips_beyond_two: int, fee_vnd: int, registry: Registry
) -> None:
    """TT 244/2016/TT-BTC; from 24/4/2025 TT 16/2025/TT-BTC, cheaper online until the end of that year."""
    rule = registry.fee_rule("judicial_record")
    lines = evaluate(rule, day, channel, category, {"slips_beyond_two": slips_beyond_two})
    assert isinstance(lines, tuple)
    assert sum(line.amount_vnd for line in lines) == fee_vnd
