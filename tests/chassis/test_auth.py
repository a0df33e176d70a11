"""Who asks, and what they may: tokens that hold, and one filter that says the same of a thing and of a list.

Law: NĐ 61/2018 art. 25; Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.service import Scope
from chassis.web import auth
from chassis.web.auth import (
    ACTING,
    ALL,
    ANONYMOUS,
    ASSIGNED,
    AUDIENCE,
    NOBODY,
    OWN,
    RECEIVING,
    ROLES,
    DevelopmentIssuer,
    Principal,
    may,
    restriction,
)
from chassis.web.problem import Problem

OFFICER = Principal("officer:7", "agency_officer", "H48.23", "", ("1.004873",))


@pytest.fixture
def issuer(tmp_path: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer(tmp_path / "issuer.key")


def code_of(issuer: DevelopmentIssuer, token: str) -> str:
    """Return the code of the problem that a token is answered with, or an empty text."""
    try:
        issuer.check(token)
    except Problem as problem:
        return problem.kind.code
    return ""


def claims(**other: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": AUDIENCE, "aud": AUDIENCE, "sub": "x", "iat": now, "exp": now + 60, "role": "system", **other}
    return {name: value for name, value in whole.items() if value is not None}


def test_a_token_speaks_for_whom_it_was_issued(issuer: DevelopmentIssuer, tmp_path: Path) -> None:
    """All of the principal; also after a restart, for the key is kept."""
    token = issuer.issue(OFFICER)
    assert issuer.check(token) == issuer.check(token) == OFFICER
    assert DevelopmentIssuer(tmp_path / "issuer.key").check(token) == OFFICER


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({}, ""),
        ({"exp": int(time.time()) - 3_600}, "token_expired"),
        ({"aud": "another platform"}, "token_invalid"),
        ({"iss": "another issuer"}, "token_invalid"),
        ({"role": "mayor"}, "token_invalid"),
        ({"role": ANONYMOUS}, "token_invalid"),
        ({"role": None}, "token_invalid"),
        ({"role": ["system"]}, "token_invalid"),
        ({"exp": None}, "token_invalid"),
        ({"sub": None}, "token_invalid"),
        ({"aud": None}, "token_invalid"),
        ({"iss": None}, "token_invalid"),
        ({"nbf": int(time.time()) + 3_600}, "token_invalid"),
    ],
)
def test_a_token_must_be_ours_whole_and_fresh(issuer: DevelopmentIssuer, wrong: dict[str, Any], code: str) -> None:
    """Signed with the right key, and still refused for what it says."""
    token = jwt.encode(claims(**wrong), issuer._key, algorithm="HS256")
    assert code_of(issuer, token) == code


@pytest.mark.parametrize(
    "forge",
    [
        lambda issuer: jwt.encode(claims(), "another key that is long enough for it", algorithm="HS256"),
        lambda issuer: jwt.encode(claims(), "", algorithm="none"),
        lambda issuer: jwt.encode(claims(), issuer._key * 2, algorithm="HS512"),
        lambda issuer: issuer.issue(OFFICER)[:-4] + "AAAA",
        lambda issuer: issuer.issue(OFFICER) + "x",
        lambda issuer: ".".join([issuer.issue(OFFICER).split(".")[0], "e30", issuer.issue(OFFICER).split(".")[2]]),
        lambda issuer: "",
        lambda issuer: "not.a.token",
        lambda issuer: "a.b",
        lambda issuer: "\x00\xff…",
        lambda issuer: "a" * 100_000,
    ],
)
def test_a_forged_token_is_refused(issuer: DevelopmentIssuer, forge: Any) -> None:
    """Another key, no signature, another algorithm, a changed letter, other claims, no token at all."""
    assert code_of(issuer, forge(issuer)) == "token_invalid"


def test_a_token_that_was_good_expires(issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Having been seen before makes it no longer lived; its times are the wall's."""
    token = issuer.issue(OFFICER, lifetime_s=60)
    assert code_of(issuer, token) == ""
    later = time.time() + 60 + auth.CLOCK_SKEW_S + 5
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Later(later))
    assert code_of(issuer, token) == "token_expired"


class _Later:
    """The wall's clock as the token library reads it."""

    def __init__(self, at: float) -> None:
        self._at = at

    def now(self, tz: object = None) -> "_Later":
        return self

    def timestamp(self) -> float:
        return self._at


def test_tokens_once_seen_do_not_fill_the_memory(issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything has a limit."""
    monkeypatch.setattr(auth, "TOKENS_REMEMBERED", 10)
    for number in range(35):
        issuer.check(issuer.issue(Principal(f"p{number}", "system")))
    assert len(issuer._known) <= 10


AGENCIES = ["", "H48.23", "h48.23", "H48.2", "H48_23", "H48%", "H48.23.1", "-"]
PEOPLE = ["", "p1", "p2", "P1", "-"]
PROCEDURES = ["", "1.004873", "2.000815"]
principals = st.builds(
    Principal,
    id=st.just("x"),
    role=st.sampled_from([*ROLES, ANONYMOUS]),
    agency=st.sampled_from(AGENCIES),
    person=st.sampled_from(PEOPLE),
    procedures=st.lists(st.sampled_from(PROCEDURES[1:]), max_size=2, unique=True).map(tuple),
)
rights_of = st.dictionaries(
    st.sampled_from([*ROLES, ANONYMOUS]), st.sampled_from([OWN, RECEIVING, ACTING, ASSIGNED, ALL])
)
named = st.sampled_from(AGENCIES[1:])
scopes = st.builds(
    Scope,
    people=st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    receiving=st.sampled_from(AGENCIES),
    agencies=st.lists(named, max_size=3).map(tuple),
    assigned=st.sampled_from(AGENCIES),
    procedure=st.sampled_from(PROCEDURES),
)


@given(principal=principals, rights=rights_of, things=st.lists(scopes, max_size=8))
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
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE things(id, applicant, submitter, receiving_agency, agencies, agency, procedure)")
        for number, thing in enumerate(things):
            agencies = f" {' '.join(thing.agencies)} "
            row = (number, *thing.people, thing.receiving, agencies, thing.assigned, thing.procedure)
            db.execute("INSERT INTO things VALUES(?, ?, ?, ?, ?, ?, ?)", row)
        where, params = restriction(principal, rights)
        listed = [number for (number,) in db.execute(f"SELECT id FROM things WHERE {where} ORDER BY id", params)]
    assert listed == [number for number, thing in enumerate(things) if may(principal, rights, thing)]


@given(principal=principals, rights=rights_of)
def test_what_does_not_exist_may_be_seen_by_nobody(principal: Principal, rights: dict[str, str]) -> None:
    """So that it answers like what is hidden."""
    assert not may(principal, rights, None)


@given(scope=scopes, relation=st.sampled_from([OWN, RECEIVING, ACTING, ASSIGNED, ALL]))
def test_a_role_that_is_not_named_may_nothing(scope: Scope, relation: str) -> None:
    """Rights are given, never assumed; anonymous is a role like any other."""
    assert not may(NOBODY, dict.fromkeys(ROLES, relation), scope)
    assert not may(Principal("x", "applicant", "H48.23", "p1"), {"inspector": relation}, scope)
