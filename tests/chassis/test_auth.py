"""What a principal may: one filter that says the same of a thing and of a list of them.

Law: NĐ 61/2018 art. 25; Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15.
"""

import sqlite3
from contextlib import closing
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from chassis.service import Scope
from chassis.web.auth import (
    ACTING,
    ALL,
    ANONYMOUS,
    ASSIGNED,
    NOBODY,
    OWN,
    PLATFORM,
    RECEIVING,
    ROLES,
    SYSTEM,
    Principal,
    may,
    restriction,
)

AGENCIES = ["", "H48.23", "h48.23", "H48.2", "H48_23", "H48%", "H48.23.1", "-"]
PEOPLE = ["", "p1", "p2", "P1", "-"]
PROCEDURES = ["", "1.004873", "2.000815"]
STEPS = ["", "certificate", "police"]
principals = st.builds(
    Principal,
    id=st.just("x"),
    role=st.sampled_from([*ROLES, ANONYMOUS]),
    agency=st.sampled_from(AGENCIES),
    person=st.sampled_from(PEOPLE),
    procedures=st.lists(st.sampled_from(PROCEDURES[1:]), max_size=2, unique=True).map(tuple),
    steps=st.lists(st.sampled_from(STEPS[1:]), max_size=2, unique=True).map(tuple),
)
rights_of = st.dictionaries(
    st.sampled_from([*ROLES, ANONYMOUS]), st.sampled_from([OWN, RECEIVING, ACTING, ASSIGNED, ALL, PLATFORM])
)
named = st.sampled_from(AGENCIES[1:])
scopes = st.builds(
    Scope,
    people=st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    receiving=st.sampled_from(AGENCIES),
    agencies=st.lists(named, max_size=3).map(tuple),
    assigned=st.sampled_from(AGENCIES),
    procedure=st.sampled_from(PROCEDURES),
    step=st.sampled_from(STEPS),
)

steps = st.builds(replace, scopes, step=st.sampled_from(STEPS[1:]))
whole = scopes.map(lambda scope: replace(scope, step=""))


@given(principal=principals, rights=rights_of, things=st.lists(whole, max_size=8))
@example(
    principal=Principal("x", "agency_officer", "H48_23"),
    rights={"agency_officer": ACTING},
    things=[Scope(("", ""), agencies=("H48.23",)), Scope(("", ""), agencies=("H48_23",))],
)
@example(
    principal=Principal("x", "agency_officer", "h48.23"),
    rights={"agency_officer": ACTING},
    things=[Scope(("", ""), agencies=("H48.23",))],
)
@example(principal=Principal("x", "applicant"), rights={"applicant": OWN}, things=[Scope(people=("-", ""))])
def test_a_list_shows_exactly_what_may_be_seen_one_by_one(
    principal: Principal, rights: dict[str, str], things: list[Scope]
) -> None:
    """The condition in SQL and the filter in memory are one rule; where they differ, somebody sees too much."""
    assert listed(principal, rights, things) == allowed(principal, rights, things)


@given(principal=principals, rights=rights_of, steps=st.lists(steps, max_size=8))
@example(
    principal=Principal("x", "agency_officer", "H48.23", steps=("police",)),
    rights={"agency_officer": ASSIGNED},
    steps=[Scope(("", ""), assigned="H48.23", step="police"), Scope(("", ""), assigned="H48.23", step="certificate")],
)
def test_a_worklist_shows_exactly_the_steps_that_may_be_acted_on(
    principal: Principal, rights: dict[str, str], steps: list[Scope]
) -> None:
    """Whoever is assigned to some steps of an agency meets no other, neither in the list nor by its address."""
    assert listed(principal, rights, steps, by_step=True) == allowed(principal, rights, steps)


def allowed(principal: Principal, rights: dict[str, str], things: list[Scope]) -> list[int]:
    return [number for number, thing in enumerate(things) if may(principal, rights, thing)]


def listed(principal: Principal, rights: dict[str, str], things: list[Scope], by_step: bool = False) -> list[int]:
    """Return which things a list shows that is restricted as the product's are."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE things(id, applicant, submitter, receiving_agency, agencies, agency, procedure, step)")
        for number, thing in enumerate(things):
            agencies = f" {' '.join(thing.agencies)} "
            row = (number, *thing.people, thing.receiving, agencies, thing.assigned, thing.procedure, thing.step)
            db.execute("INSERT INTO things VALUES(?, ?, ?, ?, ?, ?, ?, ?)", row)
        where, params = restriction(principal, rights, by_step)
        return [number for (number,) in db.execute(f"SELECT id FROM things WHERE {where} ORDER BY id", params)]


@given(principal=principals, rights=rights_of)
def test_what_does_not_exist_may_be_seen_by_nobody(principal: Principal, rights: dict[str, str]) -> None:
    """So that it answers like what is hidden."""
    assert not may(principal, rights, None)


@given(scope=scopes, relation=st.sampled_from([OWN, RECEIVING, ACTING, ASSIGNED, ALL]))
def test_a_role_that_is_not_named_may_nothing(scope: Scope, relation: str) -> None:
    """Rights are given, never assumed; anonymous is a role like any other."""
    assert not may(NOBODY, dict.fromkeys(ROLES, relation), scope)
    assert not may(Principal("x", "applicant", "H48.23", "p1"), {"inspector": relation}, scope)


@given(scope=scopes, agency=st.sampled_from(AGENCIES[1:]))
def test_the_system_of_an_agency_is_not_the_platform(scope: Scope, agency: str) -> None:
    """What is open to the platform's own system is open to an agency's in its own dossiers only."""
    rights = {SYSTEM: ALL}
    assert may(Principal("x", SYSTEM), rights, scope)
    assert may(Principal("x", SYSTEM, agency), rights, scope) is (agency in (*scope.agencies, scope.receiving))
    assert may(Principal("x", SYSTEM), {SYSTEM: PLATFORM}, scope)
    assert not may(Principal("x", SYSTEM, agency), {SYSTEM: PLATFORM}, scope)
