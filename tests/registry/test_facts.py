"""The shipped procedures say what their law says, as far as a source gives it."""

from datetime import date, time

import pytest

from chassis.registry import PRODUCT_REGISTRY, Registry, load_registry
from kernel.fee import Tariff
from kernel.procedure import Pause, Procedure
from kernel.working_time import Limit

TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(PRODUCT_REGISTRY)


def of(code: str, registry: Registry) -> Procedure:
    return registry.procedure(code, on=TODAY)


@pytest.mark.parametrize(
    ("code", "step", "needs", "limit_working_days", "result"),
    [
        ("1.004873", "certificate", (), 3, "KQ.G15.000038"),
        ("9.000297", "household_business", (), 3, "KQ.G12.001041"),
        ("9.000297", "security_certificate", ("household_business",), 3, "KQ.G01.000063"),
        ("9.000297", "karaoke_licence", ("household_business", "security_certificate"), 10, "KQ.H48.000001"),
        ("3.000722", "birth_registration", (), 1, "KQ.G15.000031"),
        ("3.000722", "permanent_residence", ("birth_registration",), 2, "KQ.G01.000065"),
        ("3.000722", "health_insurance_card", ("birth_registration",), 3, "KQ.G18.000047"),
        ("3.000722", "identity_card", ("permanent_residence",), 5, "KQ.H48.000002"),
        ("1.008891", "certificate", (), 6, "KQ.G17.000105"),
    ],
)
def test_each_step_waits_for_whom_and_takes_as_long_as_its_decree_says(
    code: str, step: str, needs: tuple[str, ...], limit_working_days: int, result: str, registry: Registry
) -> None:
    """QĐ 163/QĐ-BTP; NĐ 297/2025 art. 6.2; NĐ 63/2024 and NĐ 301/2026; QĐ 709/QĐ-BXD."""
    found = next(each for each in of(code, registry).steps if each.code == step)
    assert (found.needs, found.limit) == (needs, Limit(limit_working_days, "working_days"))
    assert (found.result.code, found.silence) == (result, "escalate")


def test_the_karaoke_chain_counts_16_working_days_from_the_fee(registry: Registry) -> None:
    """NĐ 297/2025 arts. 5, 6.2–6.4a, 9.2: online only, from dossier and fee on, told in 2 hours, no refund."""
    karaoke = of("9.000297", registry)
    assert karaoke.total_limit == Limit(16, "working_days")
    assert (karaoke.clock_starts, karaoke.fee_due, karaoke.channels) == ("payment", "before_clock", ("portal",))
    assert (karaoke.supplement_limit, karaoke.same_day_until) == (Limit(15, "working_days"), time(16, 0))
    assert {step.acknowledge_within for step in karaoke.steps} == {Limit(2, "working_hours")}
    assert {step.supplement_within for step in karaoke.steps} == {Limit(8, "working_hours")}
    rule = registry.fee_rule("karaoke_chain")
    assert [line.kind for line in rule.lines] == ["le_phi", "phi", "phi"]
    assert not any(rule.refunds(case) for case in ("withdrawn", "refused", "stopped"))


def test_the_birth_bundle_hands_over_in_minutes_and_costs_nothing(registry: Registry) -> None:
    """NĐ 63/2024 arts. 7.2 and 7.4; NĐ 301/2026: 10 minutes, 2 working hours, 15:00, 7 working days; free."""
    birth = of("3.000722", registry)
    assert {step.hand_over_within for step in birth.steps} == {Limit(10, "minutes")}
    assert {step.acknowledge_within for step in birth.steps} == {Limit(2, "working_hours")}
    assert {step.supplement_within for step in birth.steps} == {Limit(24, "calendar_hours")}
    assert (birth.same_day_until, birth.supplement_limit) == (time(15, 0), Limit(7, "working_days"))
    assert (birth.fee_rule, birth.fee_due, birth.total_limit) == (None, "none", None)
    assert [step.code for step in birth.steps if step.optional] == ["identity_card"]
    longer = {step.code: step.extensions[0].limit for step in birth.steps if step.extensions}
    assert longer == dict.fromkeys(("permanent_residence", "health_insurance_card"), Limit(5, "working_days"))
    waits = {step.code: step.pauses for step in birth.steps if step.pauses}
    consent = Pause("third_party", "NĐ 301/2026/NĐ-CP", Limit(5, "working_days"))
    assert waits == {"permanent_residence": (consent,)}


def test_the_architects_papers_travel_by_post_both_ways(registry: Registry) -> None:
    """QĐ 709/QĐ-BXD: handed in online, by post or in person; the certificate comes by post or is fetched."""
    architect = of("1.008891", registry)
    assert architect.channels == ("portal", "counter", "post")
    assert architect.hand_out_ways == ("desk", "post")
    assert registry.fee_rule("architect_certificate").lines[0].tariffs[0].amount_vnd == 300_000


@pytest.mark.parametrize(
    ("day", "category", "rooms", "fee_vnd"),
    [
        (date(2025, 12, 31), "urban_premises", 5, 10_000_000),
        (date(2025, 12, 31), "urban_premises", 9, 12_000_000),
        (date(2026, 1, 4), "normal", 5, 5_000_000),
        (date(2026, 1, 4), "normal", 9, 6_000_000),
        (date(2026, 1, 5), "urban_premises", 5, 5_000_000),
        (date(2026, 1, 5), "normal", 1, 1_000_000),
        (date(2026, 1, 5), "normal", 20, 6_000_000),
    ],
)
def test_the_karaoke_fee_counts_rooms_to_a_ceiling(
    day: date, category: str, rooms: int, fee_vnd: int, registry: Registry
) -> None:
    """TT 01/2021 until 2026-01-04, then TT 110/2025 arts. 4.1 and 6."""
    line = next(each for each in registry.fee_rule("karaoke_chain").lines if each.code == "karaoke_appraisal")
    tariff = next(each for each in line.tariffs if holds(each, day, category))
    assert tariff.unit_fact == "rooms"
    assert tariff.ceiling_vnd is not None
    assert min(tariff.amount_vnd + rooms * tariff.per_unit_vnd, tariff.ceiling_vnd) == fee_vnd


def holds(tariff: Tariff, day: date, category: str) -> bool:
    in_time = tariff.valid_from <= day and (tariff.valid_to is None or day < tariff.valid_to)
    return in_time and (not tariff.categories or category in tariff.categories)


@pytest.mark.parametrize("category", ["merit_family", "poor_household", "disabled"])
def test_the_marital_status_certificate_is_free_for_those_the_law_names(category: str, registry: Registry) -> None:
    """TT 85/2019; the first tariff that fits is the one that holds."""
    tariffs = registry.fee_rule("marital_status_certificate").lines[0].tariffs
    assert next(each for each in tariffs if holds(each, TODAY, category)).amount_vnd == 0
