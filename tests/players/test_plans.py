"""What people intend: the mix's proportions, the law's forms, and nothing that chance alone decides."""

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

import pytest
import yaml

from kernel.calendar import VIETNAM
from kernel.codes import PersonalId, TaxCode
from players.crowd import Crowd
from players.mix import FILE, MixInvalid, load_mix
from players.plan import Plan, Weeks, draw, world_of
from players.request import (
    ARCHITECT,
    BIRTH,
    DEATH,
    INVESTMENT,
    JUDICIAL_RECORD,
    KARAOKE,
    LAND,
    MARITAL_STATUS,
    PERMIT,
    SOCIAL_BENEFIT,
)
from tests.harness import REGISTRY

START = datetime(2026, 9, 7, tzinfo=VIETNAM)
WEEKS = Weeks(START, START + timedelta(weeks=6), cut=True)
WORLD = world_of(REGISTRY, load_mix(), WEEKS)
OLD_START = datetime(2021, 8, 2, tzinfo=VIETNAM)
OLD_WORLD = world_of(REGISTRY, load_mix(), Weeks(OLD_START, OLD_START + timedelta(weeks=6), cut=True))
PLANS = 2_000
PLAIN = (MARITAL_STATUS, ARCHITECT)
CONNECTED = 0.237 / 0.98
"""Of the connected ones, those of 2021 are not in force any more; the others come in their place."""


@cache
def plans(seed: int = 1) -> tuple[Plan, ...]:
    crowd = Crowd(WORLD, seed, PLANS)
    return tuple(crowd.plan(index)[0] for index in range(PLANS))


def share(plans_: tuple[Plan, ...], **fields: object) -> float:
    """Return the share of plans whose fields are these."""
    fitting = sum(all(getattr(plan, name) == value for name, value in fields.items()) for plan in plans_)
    return fitting / len(plans_)


def tolerance(expected: float, of: int) -> float:
    """Four standard deviations of a share drawn `of` times: a right mix fails once in 15,000 seeds."""
    return 4 * float((expected * (1 - expected) / of) ** 0.5)


def test_the_same_seed_gives_the_same_plans() -> None:
    """A run can be repeated only if chance has one source."""
    assert plans(7) == tuple(Crowd(WORLD, 7, PLANS).plan(index)[0] for index in range(PLANS))
    assert plans(7) != plans(8)


@pytest.mark.parametrize(
    ("what", "which", "expected"),
    [
        ("connected", lambda plan: plan.procedure not in PLAIN, 0.237),
        ("births", lambda plan: plan.procedure == BIRTH, CONNECTED * 0.4),
        ("karaoke houses", lambda plan: plan.procedure == KARAOKE, CONNECTED * 0.1),
        ("land", lambda plan: plan.procedure == LAND, CONNECTED * 0.18),
        ("deaths", lambda plan: plan.procedure == DEATH, CONNECTED * 0.1),
        ("judicial records", lambda plan: plan.procedure == JUDICIAL_RECORD, CONNECTED * 0.1),
        ("permits", lambda plan: plan.procedure == PERMIT, CONNECTED * 0.07),
        ("investments", lambda plan: plan.procedure == INVESTMENT, CONNECTED * 0.03),
        ("marital status", lambda plan: plan.procedure == MARITAL_STATUS, 0.763 * 0.75),
        ("architects", lambda plan: plan.procedure == ARCHITECT, 0.763 * 0.25),
        ("late", lambda plan: plan.late_step != "" and plan.procedure != INVESTMENT, 0.028),
        ("supplemented", lambda plan: plan.at_desk == "supplemented", 0.06),
        ("refused at the desk", lambda plan: plan.at_desk == "refused", 0.012),
        ("withdrawn at the desk", lambda plan: plan.at_desk == "withdrawn", 0.01),
        ("failed payment first", lambda plan: plan.payment == "failed_first", 0.07),
        ("paid twice", lambda plan: plan.payment == "twice", 0.02),
        ("second delivery", lambda plan: plan.delivery == "second_visit", 0.08),
        ("back at the desk", lambda plan: plan.delivery == "back_at_desk", 0.04),
    ],
)
def test_the_proportions_are_those_of_the_mix(what: str, which: "object", expected: float) -> None:
    """domain.md gives Kon Tum's shares; the mix file gives the others and says that it assumes them."""
    assert callable(which)
    found = sum(map(which, plans())) / PLANS
    assert found == pytest.approx(expected, abs=tolerance(expected, PLANS)), what


def test_online_is_kon_tums_share_where_people_may_choose() -> None:
    """12,100 of 260,983 in 2021; four procedures come through the portal alone by their decrees."""
    bound = tuple(plan for plan in plans() if plan.procedure in (BIRTH, KARAOKE, DEATH, PERMIT))
    free = tuple(plan for plan in plans() if plan not in bound)
    assert share(free, channel="portal") == pytest.approx(0.046, abs=tolerance(0.046, len(free)))
    assert share(bound, channel="portal") == 1


def test_an_agency_refuses_sends_back_or_is_overtaken_by_a_withdrawal_as_often_as_the_mix_says() -> None:
    """The two tables of the mix: one for a step alone, one for a chain of steps."""
    for procedures, name in (
        ((MARITAL_STATUS, ARCHITECT), "at_plain_agency"),
        ((BIRTH, KARAOKE, DEATH, LAND, JUDICIAL_RECORD, PERMIT, INVESTMENT), "at_connected_agencies"),
    ):
        of = tuple(plan for plan in plans() if plan.procedure in procedures)
        found = Counter(plan.at_agency for plan in of)
        for option, expected in WORLD.mix.choices[name].items():
            assert found[option] / len(of) == pytest.approx(expected, abs=tolerance(expected, len(of))), option


def test_every_plan_is_one_that_the_procedure_allows() -> None:
    """What a desk would turn away at the door is a mistake of the script, not a case."""
    for plan in plans():
        procedure = REGISTRY.procedure(plan.procedure, on=plan.submits_at.date())
        assert plan.channel in procedure.channels
        assert plan.hand_out_by in procedure.hand_out_ways
        assert plan.relation in {rule.relation for rule in procedure.submitters}
        assert REGISTRY.agency(plan.desk).kind in procedure.receiving_kinds
        assert plan.facts.keys() == procedure.facts.keys()
        for name, kind in procedure.facts.items():
            fits = plan.facts[name] in kind if isinstance(kind, tuple) else type(plan.facts[name]).__name__ == kind
            assert fits, name
        taken = {step.code: step for step in procedure.steps_for(plan.options, plan.facts)}
        assert {*plan.silent, plan.late_step, plan.step, plan.verified} - {""} <= taken.keys()
        assert all(taken[code].silence == "deemed_agreed" for code in plan.silent)
        assert set(plan.lacking) <= set(plan.given) <= {component.code for component in procedure.components}
        assert WEEKS.start <= plan.submits_at < WEEKS.end


def test_people_have_numbers_of_the_right_form() -> None:
    """NĐ 137/2015 art. 13 (personal id); TT 105/2020/TT-BTC art. 5 (check digit of the tax code)."""
    for plan in plans():
        for person in (plan.applicant, plan.submitter):
            if person.tax_code:
                assert TaxCode.parse(person.tax_code).number == person.tax_code
            else:
                assert PersonalId.parse(person.personal_id).birth_year in range(1930, 2027)
        assert (plan.applicant == plan.submitter) == (plan.relation == "self")


def test_what_is_not_in_force_is_not_asked_for() -> None:
    """NQ 202/2025: the three-level procedure ended with the districts; in its own time it is all that there is."""
    assert not any(plan.procedure == SOCIAL_BENEFIT for plan in plans())
    old = tuple(draw(OLD_WORLD, Random(index)) for index in range(200))
    assert {plan.procedure for plan in old} == {SOCIAL_BENEFIT}
    assert all(plan.desk.startswith("H34.") for plan in old)
    assert {plan.relation for plan in old} == {"self", "guardian"}


@pytest.mark.parametrize(
    ("part", "name", "entry", "complaint"),
    [
        ("chances", "late", {"share": 0.028}, "no source"),
        ("chances", "late", {"share": 1.2, "source": "x"}, "no share"),
        ("choices", "kind", {"of": {"connected": 0.3, "plain": 0.6}, "source": "x"}, "add up"),
        ("choices", "kind", {"of": {"connected": -0.1, "plain": 1.1}, "source": "x"}, "add up"),
        ("spans", "pay", {"from": 1, "to": 2, "unit": "minutes"}, "no source"),
    ],
)
def test_a_mix_that_cannot_be_is_named(
    tmp_path: Path, part: str, name: str, entry: dict[str, object], complaint: str
) -> None:
    """Every figure has a source, or says that it is assumed."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    content[part][name] = entry
    altered = tmp_path / "mix.yaml"
    altered.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(MixInvalid, match=complaint):
        load_mix(altered)
