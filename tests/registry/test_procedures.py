"""The six procedures with conditions, joins and levels: what their law says of steps, cases, limits and payers."""

from collections.abc import Mapping
from datetime import date

import pytest

from chassis.registry import PRODUCT_REGISTRY, Registry, load_registry
from kernel.condition import FactValue
from kernel.procedure import Procedure, Step
from kernel.working_time import Limit

DEATH, LAND, RECORD, PERMIT, INVESTMENT, BENEFIT = (
    "2.002913", "1.013831", "3.000333", "1.013225", "1.009645", "1.001776"
)  # fmt: skip
DAYS = {BENEFIT: date(2021, 11, 30)}
TODAY = date(2026, 11, 20)

OPINIONS = ("planning_opinion", "land_opinion", "place_opinion", "defence_opinion", "security_opinion")
EVERY_OPINION = (*OPINIONS, "industry_opinion", "tourism_opinion", "technology_opinion")
CHECKED = ("house_check", "work_check")
CONSENTS = ("consent_gia_lai", "consent_da_nang")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(PRODUCT_REGISTRY)


def of(code: str, registry: Registry) -> Procedure:
    return registry.procedure(code, on=DAYS.get(code, TODAY))


def step_of(code: str, step: str, registry: Registry) -> Step:
    return next(each for each in of(code, registry).steps if each.code == step)


# Step, the agency that acts, what it needs, its limit, and whether silence agrees.
# fmt: off
STEPS = [
    (DEATH, "death_registration", "commune_committee", (), "1 working day", "escalate"),
    (DEATH, "residence_deletion", "commune_police", ("death_registration",), "1 working day", "escalate"),
    (DEATH, "survivors_benefit", "social_insurance", ("death_registration",), "8 working days", "escalate"),
    (DEATH, "funeral_support", "commune_committee", ("death_registration",), "3 working days", "escalate"),
    (DEATH, "merit_benefit", "home_affairs_department", ("death_registration",), "18 working days", "escalate"),
    (LAND, "forwarding", "commune_desk", (), "0.5 working days", "escalate"),
    (LAND, "examination", "land_registration_branch", ("forwarding",), "4.5 working days", "escalate"),
    (LAND, "tax_determination", "tax_office", ("examination",), "3 working days", "escalate"),
    (LAND, "tax_payment", "", ("tax_determination",), "30 calendar days", "escalate"),
    (LAND, "certificate", "land_registration_branch", ("examination", "tax_payment"), "3 working days", "escalate"),
    (RECORD, "opening", "province_police", (), "1 calendar day", "escalate"),
    (RECORD, "police_lookup", "province_police_records", ("opening",), "7 calendar days", "escalate"),
    (RECORD, "national_lookup", "national_records_centre", ("opening",), "7 calendar days", "escalate"),
    (RECORD, "issue", "province_police", ("police_lookup", "national_lookup"), "2 calendar days", "escalate"),
    (PERMIT, "house_check", "commune_committee", (), "3 working days", "escalate"),
    (PERMIT, "work_check", "commune_committee", (), "5 working days", "escalate"),
    (PERMIT, "fire_police_opinion", "fire_police", CHECKED, "2 working days", "deemed_agreed"),
    (PERMIT, "heritage_opinion", "culture_department", CHECKED, "2 working days", "deemed_agreed"),
    (PERMIT, "defence_opinion", "military_command", CHECKED, "2 working days", "deemed_agreed"),
    (PERMIT, "permit", "commune_committee",
     ("house_check", "work_check", "fire_police_opinion", "heritage_opinion", "defence_opinion"),
     "4 working days", "escalate"),
    (INVESTMENT, "sending", "finance_department", (), "2 working days", "escalate"),
    (INVESTMENT, "planning_opinion", "construction_department", ("sending",), "7 working days", "deemed_agreed"),
    (INVESTMENT, "land_opinion", "agriculture_environment_department", ("sending",), "7 working days", "deemed_agreed"),
    (INVESTMENT, "place_opinion", "commune_committee", ("sending",), "7 working days", "deemed_agreed"),
    (INVESTMENT, "defence_opinion", "military_command", ("sending",), "5 working days", "deemed_agreed"),
    (INVESTMENT, "security_opinion", "province_police", ("sending",), "5 working days", "deemed_agreed"),
    (INVESTMENT, "industry_opinion", "industry_trade_department", ("sending",), "7 working days", "deemed_agreed"),
    (INVESTMENT, "tourism_opinion", "culture_department", ("sending",), "7 working days", "deemed_agreed"),
    (INVESTMENT, "technology_opinion", "science_department", ("sending",), "7 working days", "deemed_agreed"),
    (INVESTMENT, "consent_gia_lai", "gia_lai_committee", ("sending",), "7 working days", "escalate"),
    (INVESTMENT, "consent_da_nang", "da_nang_committee", ("sending",), "7 working days", "escalate"),
    (INVESTMENT, "appraisal_report", "finance_department", EVERY_OPINION, "5 working days", "escalate"),
    (INVESTMENT, "decision", "province_committee", ("appraisal_report", *CONSENTS), "3 working days", "escalate"),
    (BENEFIT, "commune_review", "commune_committee", (), "7 working days", "escalate"),
    (BENEFIT, "forwarding", "commune_committee", ("commune_review",), "3 working days", "escalate"),
    (BENEFIT, "district_appraisal", "district_labour_office", ("forwarding",), "7 working days", "escalate"),
    (BENEFIT, "district_decision", "district_committee", ("district_appraisal",), "3 working days", "escalate"),
    (BENEFIT, "facility_admission", "labour_department", ("district_decision",), "7 working days", "escalate"),
]
# fmt: on


@pytest.mark.parametrize(("code", "step", "kind", "needs", "limit", "silence"), STEPS)
def test_each_step_is_whose_and_how_long_as_its_decree_says(
    code: str, step: str, kind: str, needs: tuple[str, ...], limit: str, silence: str, registry: Registry
) -> None:
    """NĐ 301/2026; NĐ 101/2024; Luật 28/2009 art. 48; NĐ 217/2026; NĐ 96/2026 art. 32; NĐ 20/2021 art. 8."""
    found = step_of(code, step, registry)
    assert (found.agency_kind, found.needs, str(found.limit), found.silence) == (kind, needs, limit, silence)


def test_no_step_of_the_six_is_left_out_of_the_table(registry: Registry) -> None:
    """A step that no row names could say anything."""
    shipped = {
        (code, step.code)
        for code in (DEATH, LAND, RECORD, PERMIT, INVESTMENT, BENEFIT)
        for step in of(code, registry).steps
    }
    assert shipped == {(code, step) for code, step, *_ in STEPS}


def work(**said: FactValue) -> dict[str, FactValue]:
    nobody = dict.fromkeys(("ask_fire_police", "ask_heritage", "ask_defence"), False)
    return {"work": "private_house", **nobody, **said}


def project(**said: FactValue) -> dict[str, FactValue]:
    nothing = dict.fromkeys(("technology_to_explain", "reaches_gia_lai", "reaches_da_nang"), False)
    return {"sector": "other_sector", **nothing, **said}


def death(group: str, claimed: bool = False) -> dict[str, FactValue]:
    return {"deceased_group": group, "funeral_costs_claimed": claimed}


REGISTERED = ("death_registration", "residence_deletion")
TRANSFER = ("forwarding", "examination", "tax_determination", "tax_payment", "certificate")
RECORDED = ("opening", "police_lookup", "national_lookup", "issue")
DISTRICT = ("commune_review", "forwarding", "district_appraisal", "district_decision")

# Facts of a dossier, the steps that it takes, and the time along the longest path, what is not counted left out.
COURSES = [
    (DEATH, death("none_of_these"), REGISTERED, 2),
    (DEATH, death("pensioner"), (*REGISTERED, "survivors_benefit"), 9),
    (DEATH, death("social_protection"), REGISTERED, 2),
    (DEATH, death("social_protection", True), (*REGISTERED, "funeral_support"), 4),
    (DEATH, death("none_of_these", True), REGISTERED, 2),
    (DEATH, death("merit_person"), (*REGISTERED, "merit_benefit"), 19),
    (LAND, {"mountainous": False, "land_use_fee_owed": False}, TRANSFER, 8),
    (LAND, {"mountainous": True, "land_use_fee_owed": True}, TRANSFER, 18),
    (RECORD, {"slip": "number_1"}, RECORDED, 10),
    (PERMIT, work(), ("house_check", "permit"), 7),
    (PERMIT, work(ask_fire_police=True), ("house_check", "fire_police_opinion", "permit"), 7),
    (PERMIT, work(work="other_work"), ("work_check", "permit"), 10),
    (
        PERMIT,
        work(work="other_work", ask_heritage=True, ask_defence=True),
        ("work_check", "heritage_opinion", "defence_opinion", "permit"),
        10,
    ),
    (INVESTMENT, project(), ("sending", *OPINIONS, "appraisal_report", "decision"), 17),
    (
        INVESTMENT,
        project(sector="industry", technology_to_explain=True),
        ("sending", *OPINIONS, "industry_opinion", "technology_opinion", "appraisal_report", "decision"),
        17,
    ),
    (
        INVESTMENT,
        project(sector="tourism", reaches_gia_lai=True, reaches_da_nang=True),
        ("sending", *OPINIONS, "tourism_opinion", *CONSENTS, "appraisal_report", "decision"),
        17,
    ),
    (BENEFIT, {"request": "monthly_benefit"}, DISTRICT, 20),
    (BENEFIT, {"request": "facility"}, (*DISTRICT, "facility_admission"), 30),
]


@pytest.mark.parametrize(("code", "facts", "taken", "days"), COURSES)
def test_a_dossier_takes_the_steps_of_its_case_in_the_time_of_its_law(
    code: str, facts: Mapping[str, FactValue], taken: tuple[str, ...], days: float, registry: Registry
) -> None:
    """The branch follows the facts; working days, and calendar days of the judicial record."""
    procedure = of(code, registry)
    steps = {step.code: step for step in procedure.steps_for((), facts)}
    assert tuple(steps) == taken
    every = {step.code: step for step in procedure.steps}

    def until(code: str) -> float:
        before = max((until(need) for need in every[code].needs), default=0.0)
        counted = code in steps and steps[code].not_counted is None
        return before + (every[code].limit_for(facts).value if counted else 0)

    assert max(map(until, steps)) == days


def test_land_has_two_appointments_and_the_mountains_ten_days_more(registry: Registry) -> None:
    """NĐ 101/2024: tax and payment are nobody's delay; 5 working days before them, 3 after."""
    land = of(LAND, registry)
    usual, mountainous = {"mountainous": False}, {"mountainous": True}
    assert [(each.step, each.limit_for(usual).value) for each in land.appointments] == [
        ("examination", 5),
        ("certificate", 3),
    ]
    assert [each.limit_for(mountainous).value for each in land.appointments] == [15, 3]
    assert {step.code: step.not_counted for step in land.steps if step.not_counted} == {
        "tax_determination": "tax_notice",
        "tax_payment": "payment",
    }
    assert [step.code for step in land.steps if step.states_dues] == ["tax_determination"]
    assert [step.code for step in land.steps if step.party == "applicant"] == ["tax_payment"]
    tax = step_of(LAND, "tax_determination", registry)
    assert tax.limit_for({"land_use_fee_owed": True}) == Limit(5, "working_days")


@pytest.mark.parametrize(
    ("code", "handed_out"),
    [
        (DEATH, {"death_registration", "residence_deletion", "survivors_benefit", "funeral_support", "merit_benefit"}),
        (LAND, {"tax_determination", "certificate"}),
        (RECORD, {"issue"}),
        (PERMIT, {"permit"}),
        (INVESTMENT, {"decision"}),
        (BENEFIT, {"district_decision", "facility_admission"}),
    ],
)
def test_opinions_and_look_ups_are_not_handed_out(code: str, handed_out: set[str], registry: Registry) -> None:
    """NĐ 61/2018 art. 19.6: each agency's result goes to the agency that needs it; the applicant gets the results."""
    assert {step.code for step in of(code, registry).steps if not step.internal} == handed_out


def test_the_silence_of_another_provinces_chairman_is_no_consent(registry: Registry) -> None:
    """NĐ 96/2026: opinions are deemed agreed, a chairman's consent never is."""
    assert step_of(INVESTMENT, "decision", registry).never_deemed == CONSENTS
    assert {step_of(INVESTMENT, consent, registry).silence for consent in CONSENTS} == {"escalate"}


@pytest.mark.parametrize(
    ("code", "step", "ground", "limit"),
    [
        (DEATH, "death_registration", "verification", Limit(3, "working_days")),
        (RECORD, "police_lookup", "verification", Limit(12, "calendar_days", "whole_last_day")),
        (RECORD, "national_lookup", "verification", Limit(12, "calendar_days", "whole_last_day")),
        (BENEFIT, "commune_review", "complaint", Limit(10, "working_days")),
    ],
)
def test_a_step_may_take_longer_on_the_grounds_of_its_law(
    code: str, step: str, ground: str, limit: Limit, registry: Registry
) -> None:
    """NĐ 301/2026; Luật 28/2009 art. 48 (15 days instead of 10); NĐ 20/2021 art. 8 (a complaint while it is posted)."""
    assert [(each.ground, each.limit) for each in step_of(code, step, registry).extensions] == [(ground, limit)]


@pytest.mark.parametrize(
    ("code", "to_ask", "to_answer"),
    [
        (DEATH, {Limit(24, "calendar_hours")}, Limit(7, "working_days")),
        (PERMIT, {Limit(3, "working_days"), Limit(5, "working_days"), None}, Limit(2, "working_days")),
        (LAND, {None}, None),
        (INVESTMENT, {None}, None),
    ],
)
def test_how_long_there_is_to_ask_for_a_supplement_and_to_bring_it(
    code: str, to_ask: set[Limit | None], to_answer: Limit | None, registry: Registry
) -> None:
    """NĐ 301/2026; NĐ 217/2026 (a house is checked in 3 working days, other works in 5); else NĐ 61/2018 art. 19.4."""
    procedure = of(code, registry)
    assert {step.supplement_within for step in procedure.steps} == to_ask
    assert procedure.supplement_limit == to_answer


def test_no_fact_says_what_a_person_suffers_from(registry: Registry) -> None:
    """Luật 91/2025/QH15: facts travel in clear with the dossier, so health is not among them (HIV is never posted)."""
    facts = {fact for procedure in registry.procedures() for fact in procedure.facts}
    assert not any(word in fact for fact in facts for word in ("hiv", "health", "disab", "pregnan", "illness"))
