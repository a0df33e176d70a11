"""Which steps a dossier takes follows from its facts; so do its limits, its appointments and who stands above."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest

from chassis.registry import Registry
from kernel.agency import Agency
from kernel.condition import AllOf, AnyOf, FactValue, Is, Not
from kernel.procedure import AppointmentRule, Pause, Procedure, SpecialLimit
from kernel.working_time import Limit
from services.routing.domain.plan import (
    PlannedAppointment,
    PlannedPause,
    PlannedStep,
    Seat,
    appointments_of,
    facts_that_matter,
    plan_of,
)
from services.routing.domain.soundness import flaws
from services.routing.wiring import planned_by
from tests.harness import REGISTRY
from tests.routing import scene as s
from tests.routing.test_plan import PROCEDURE, SEATS, _step

WORKING_DAYS = "working_days"
MOUNTAINS = SpecialLimit(Is("mountainous", (True,)), Limit(12, WORKING_DAYS), "NĐ 101/2024/NĐ-CP")
BRANCHED: Procedure = replace(
    PROCEDURE,
    facts={"group": ("pensioner", "merit", "other"), "mountainous": "bool", "rooms": "int"},
    steps=(
        _step("death", "commune"),
        replace(_step("pension", "police", ("death",)), when=Is("group", ("pensioner",))),
        replace(_step("merit", "commune", ("pension",)), when=Is("group", ("merit", "other"))),
        replace(
            _step("funeral", "commune", ("merit", "pension")), never_deemed=("pension",), special_limits=(MOUNTAINS,)
        ),
    ),
    appointments=(
        AppointmentRule("pension", Limit(3, WORKING_DAYS)),
        AppointmentRule("funeral", Limit(2, WORKING_DAYS), (MOUNTAINS,)),
    ),
)
PENSIONER: dict[str, FactValue] = {"group": "pensioner", "mountainous": False, "rooms": 3}


@pytest.mark.parametrize(
    ("group", "needs"),
    [
        ("pensioner", {"death": (), "pension": ("death",), "funeral": ("pension",)}),
        ("merit", {"death": (), "merit": ("death",), "funeral": ("merit", "death")}),
        ("other", {"death": (), "merit": ("death",), "funeral": ("merit", "death")}),
    ],
)
def test_a_branch_is_taken_where_its_condition_holds(group: str, needs: dict[str, tuple[str, ...]]) -> None:
    """NĐ 63/2024: the deceased's status chooses who pays; who needed what is left out needs what that one needed."""
    plan = plan_of(BRANCHED, (), PENSIONER | {"group": group}, SEATS)
    assert {planned.step: planned.needs for planned in plan} == needs
    assert flaws(plan) == ()


def test_only_a_need_that_is_taken_can_want_a_decision() -> None:
    """A consent that this dossier does not need is waited for by nobody."""
    by_group = {
        group: plan_of(BRANCHED, (), PENSIONER | {"group": group}, SEATS)[-1].never_deemed
        for group in ("pensioner", "merit")
    }
    assert by_group == {"pensioner": ("pension",), "merit": ()}


def test_a_fact_may_give_a_step_and_an_appointment_another_limit() -> None:
    """Land: more time where the commune lies in the mountains."""
    usual, high = (plan_of(BRANCHED, (), facts, SEATS) for facts in (PENSIONER, PENSIONER | {"mountainous": True}))
    assert [planned.limit.value for planned in usual] == [2, 2, 2]
    assert [planned.limit.value for planned in high] == [2, 2, 12]
    assert appointments_of(BRANCHED, usual, PENSIONER) == (
        PlannedAppointment("pension", Limit(3, WORKING_DAYS)),
        PlannedAppointment("funeral", Limit(2, WORKING_DAYS)),
    )
    assert appointments_of(BRANCHED, high, PENSIONER | {"mountainous": True})[1].limit == MOUNTAINS.limit


def test_an_appointment_for_a_step_that_is_not_taken_is_not_given() -> None:
    """Nobody is asked to come for what is not done."""
    facts: dict[str, FactValue] = PENSIONER | {"group": "merit"}
    given = appointments_of(BRANCHED, plan_of(BRANCHED, (), facts, SEATS), facts)
    assert [appointment.step for appointment in given] == ["funeral"]


def test_only_facts_that_are_asked_for_matter() -> None:
    """Dossiers that differ in a fact which no condition asks for share their plan."""
    assert facts_that_matter(BRANCHED) == ("group", "mountainous")
    nested = AllOf((Not(Is("a", (1,))), AnyOf((Is("b", (True,)), Is("c", ("x",))))))
    asking = replace(PROCEDURE, steps=(replace(_step("birth", "commune"), when=nested),))
    assert facts_that_matter(asking) == ("a", "b", "c")


def test_the_plan_takes_over_all_that_the_law_says_of_a_step() -> None:
    """What a chain is pinned to at its acceptance it finishes under."""
    told = replace(
        _step("birth", "commune"),
        party="applicant",
        not_counted="payment",
        pauses=(Pause("third_party", "NĐ 217/2026/NĐ-CP", Limit(3, WORKING_DAYS)), Pause("incident", "NĐ 63/2024")),
        supplement_within=Limit(24, "calendar_hours"),
        internal=True,
        states_dues=True,
    )
    desk = Seat("", "desk", "7")
    (planned,) = plan_of(replace(PROCEDURE, steps=(told,)), (), {}, SEATS, desk)
    assert (planned.agency, planned.calendar_id, planned.calendar_version) == ("", "desk", "7")
    assert (planned.party, planned.not_counted, planned.internal, planned.states_dues) == (
        "applicant", "payment", True, True,
    )  # fmt: skip
    assert planned.pauses == (
        PlannedPause("third_party", "NĐ 217/2026/NĐ-CP", Limit(3, WORKING_DAYS)),
        PlannedPause("incident", "NĐ 63/2024", None),
    )
    assert planned.send_back_within == Limit(24, "calendar_hours")


APPLICANTS = s.step("payment", "", ("tax",), party="applicant")
TAX = s.step("tax", "G14", states_dues=True)


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ((), "at least one step"),
        ((TAX, APPLICANTS), ""),
        ((replace(TAX, agency=""), APPLICANTS), "no agency acts here"),
        ((s.step("a", "H48", ("b",)), s.step("b", "H48", ("a",))), "wait for each other"),
        ((s.step("a", "H48", ("c",)),), "needs c, which is no step"),
        ((s.step("a", "H48"), s.step("a", "H48")), "a code of its own"),
        (
            (s.step("a", "H48", silence="deemed_agreed"), s.step("b", "H48", ("a",), never_deemed=("a",))),
            "needs a decision of a, whose silence counts",
        ),
        ((s.step("a", "H48", silence="deemed_agreed"), s.step("b", "H48", ("a",))), ""),
        ((s.step("payment", "", party="applicant"),), "needs exactly one step that determines dues"),
        ((TAX,), "paid in exactly one step of the applicant"),
        ((TAX, APPLICANTS, replace(APPLICANTS, step="again")), "paid in exactly one step of the applicant"),
        (
            (TAX, replace(TAX, step="land_tax"), replace(APPLICANTS, needs=("tax", "land_tax"))),
            "needs exactly one step that determines dues",
        ),
        ((replace(TAX, silence="deemed_agreed"), APPLICANTS), "nobody's silence says what is owed"),
        ((TAX, replace(APPLICANTS, silence="deemed_agreed")), "nobody's silence says what is owed"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_named(plan: tuple[PlannedStep, ...], says: str) -> None:
    """The chain refuses to open, and staff see why; a step of the applicant without an agency is as it should be."""
    found = [flaw.reason for flaw in flaws(plan)]
    assert (found == []) if not says else any(says in reason for reason in found), found


def combinations(procedure: Procedure) -> Iterator[dict[str, FactValue]]:
    """Yield what dossiers of a procedure can answer to the questions that their plan depends on."""
    answers: list[list[FactValue]] = []
    asked = facts_that_matter(procedure)
    for name in asked:
        kind: Any = procedure.facts[name]
        answers.append([False, True] if kind == "bool" else [0, 1, 50] if kind == "int" else list(kind))
    for chosen in product(*answers):
        yield dict(zip(asked, chosen, strict=True))


@pytest.mark.parametrize("procedure", REGISTRY.procedures(), ids=lambda one: f"{one.code}-{one.version}")
def test_every_plan_that_the_registry_can_lead_to_can_be_carried_out(procedure: Procedure) -> None:
    """Law as data: no answer of an applicant leads to a chain that cannot be opened."""
    seats = {step.agency_kind: Seat(step.agency_kind, "office", "1") for step in procedure.steps}
    optional = tuple(step.code for step in procedure.steps if step.optional)
    for facts in combinations(procedure):
        for asked in ((), optional):
            plan = plan_of(procedure, asked, facts, seats, Seat("", "office", "1"))
            assert flaws(plan) == (), facts
            taken = [appointment.step for appointment in appointments_of(procedure, plan, facts)]
            assert len(taken) in (0, len(procedure.appointments)), facts


def _agency(id: str, kind: str, parent: str | None, until: date | None = None) -> Agency:
    return Agency(id, kind, "province", id, id, parent, None, "office", date(2020, 1, 1), until, "test")


def _registry(*agencies: Agency, procedure: Procedure = PROCEDURE) -> Registry:
    return Registry(
        version="test",
        calendars={"office": s.CALENDAR},
        calendar_versions={("office", "1"): s.CALENDAR},
        _procedures={procedure.code: (procedure,)},
        _agencies={agency.id: agency for agency in agencies},
        _acting={},
        _areas=frozenset(),
        _fee_rules={},
    )


def _opening(facts: Mapping[str, FactValue] | None = None, on: datetime = s.MONDAY, **other: Any) -> Any:
    named: dict[str, Any] = {
        "procedure": PROCEDURE.code, "procedure_version": PROCEDURE.version, "agencies": ("H1.3", "G1"),
        "accepted_at": on, "facts": facts or {},
    }  # fmt: skip
    return s.opening((), **(named | other))


LEFT_IN_JULY = date(2026, 7, 1)
TREE = (
    _agency("H1.3", "commune", "H1.2"),
    _agency("H1.2", "district", "H1", LEFT_IN_JULY),
    _agency("H1", "province", None),
    _agency("G1", "police", "G0"),
    _agency("G0", "province_police", "G1"),
)


@pytest.mark.parametrize(
    ("on", "superiors"),
    [
        (datetime(2026, 6, 30, 3, tzinfo=UTC), ("H1.2", "H1")),
        # 17:30 UTC of 30 June is half past midnight of 1 July in Vietnam.
        (datetime(2026, 6, 30, 17, 30, tzinfo=UTC), ("H1",)),
        (s.MONDAY, ("H1",)),
    ],
)
def test_superiors_are_those_who_stood_when_the_dossier_was_accepted(on: datetime, superiors: tuple[str, ...]) -> None:
    """Districts ended on a day; who stands above an agency afterwards is who stood above the district."""
    prepared = planned_by(_registry(*TREE))(_opening(on=on), None)  # type: ignore[arg-type]
    assert prepared.plan[0].superiors == superiors
    assert prepared.plan[0].agency == "H1.3"


def test_a_tree_that_runs_in_a_circle_ends() -> None:
    """A mistake in the registry holds nobody up for ever."""
    asked = {"asked": ("opinion",)}
    prepared = planned_by(_registry(*TREE))(_opening(**asked), None)  # type: ignore[arg-type]
    assert [(planned.step, planned.superiors) for planned in prepared.plan][1] == ("opinion", ("G0",))


def test_dossiers_share_their_course_and_facts_that_matter_tell_them_apart() -> None:
    """A plan is made once for all that ask the same; a fact that decides a step is part of what they ask."""
    branched = replace(BRANCHED, escalate_every=Limit(1, WORKING_DAYS))
    fill_in = planned_by(_registry(*TREE, procedure=branched))
    one, same, other = (
        fill_in(_opening(PENSIONER | facts), None)  # type: ignore[arg-type]
        for facts in ({}, {"rooms": 9}, {"group": "merit"})
    )
    assert one.plan is same.plan
    assert [planned.step for planned in one.plan] == ["death", "pension", "funeral"]
    assert [planned.step for planned in other.plan] == ["death", "merit", "funeral"]
    assert (len(one.appointments), len(other.appointments)) == (2, 1)
    assert one.escalate_every == Limit(1, WORKING_DAYS)
