"""Doors that are no commands of a service: operations, rehearsal, sessions and unknown addresses."""

import json
from typing import Any

import pytest

from chassis.limits import BODY_BYTES_MAX, TARGET_BYTES_MAX
from tests.borders.documents import problem
from tests.borders.doors import doors, filled
from tests.borders.province import Header, Place, Province

JSON = {"Content-Type": "application/json"}
PARTS = {"service": "intake", "text": "H48.23293.01-260907-9999", "person": f"p{'0' * 24}"}
NEEDS_NOTHING = {
    "/api/v1/rehearsal/clock/release", "/sign-out", "/rehearsal/applicants/{text}", "/api/v1/heads",
}  # fmt: skip
"""Doors at which whatever is sent is not read."""
SPEAK_FOR_THEMSELVES = ("/gateways/", "/sandbox/", "/oidc/token", "/found-by-person")
"""Answers in the words of the portal, of the gateway and of OAuth, and a page; tried in files of their own."""

UGLY: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"5",
    "invalid UTF-8": b'{"role":"\xff"}',
    "half a letter": b'{"role":"\\ud800","source":"\\ud800","to":"\\ud800"}',
    "deep nesting": b"[" * 100_000,
    "a number of 5 000 digits": b'{"sequence":' + b"9" * 5_000 + b"}",
    "not a number": b'{"sequence":NaN,"to":NaN,"role":NaN}',
    "infinity": b'{"sequence":1e999,"to":1e999,"role":1e999}',
    "wrong types": b'{"source":5,"subject":[],"sequence":"1","reason":{},"to":true,"role":["system"]}',
    "numbers that are none": b'{"source":"x","subject":"x","sequence":1.5,"reason":"why not"}',
    "texts without end": json.dumps(dict.fromkeys(("source", "subject", "role", "id", "to"), "x" * 5_000)).encode(),
}


def other_doors(province: Province) -> list[str]:
    """Return every door that answers to POST and is neither an act nor another's language."""
    acts = {f"/api/v1{act.path}" for act, _ in province.acts.values()}
    found = [path for path in doors(province.app, "POST") if path not in acts | NEEDS_NOTHING]
    return [path for path in found if not path.startswith(SPEAK_FOR_THEMSELVES)]


@pytest.mark.parametrize("name", UGLY)
def test_ugly_content_changes_nothing_at_any_other_door(province: Province, name: str) -> None:
    """For whoever asks; a new door is tried by itself."""
    assert len(other_doors(province)) >= 5
    with province.unchanged():
        for path in other_doors(province):
            for who in ({}, province.desk, province.system):
                answer = province.client.post(filled(path, PARTS), content=UGLY[name], headers={**JSON, **who})
                problem(answer, 400, 404, 422)
    province.client.forget()


def test_content_over_the_limit_is_refused_at_every_door(province: Province) -> None:
    """Announced, it is not even read."""
    with province.unchanged():
        for path in doors(province.app, "POST"):
            parts = PARTS | {"ref": "x", "step": "x", "leg": "x", "component": "x"}
            content = b" " * (BODY_BYTES_MAX + 1)
            problem(province.client.post(filled(path, parts), content=content, headers=JSON), 413)


PARKED: list[tuple[str, dict[str, Any], int]] = [
    ("intake", {"source": "x", "subject": "x", "sequence": 1}, 404),
    ("intake", {"source": "x", "subject": "x", "sequence": 10**40}, 404),
    ("intake", {"source": "x", "subject": "x", "sequence": 0}, 422),
    ("nobody", {"source": "x", "subject": "x", "sequence": 1}, 404),
    ("%2e%2e", {"source": "x", "subject": "x", "sequence": 1}, 404),
    ("intake", {"source": "' OR 1=1 --", "subject": "\0", "sequence": 1}, 404),
]


@pytest.mark.parametrize(("service", "which", "status"), PARKED)
def test_what_is_not_parked_is_neither_retried_nor_discharged(
    province: Province, service: str, which: dict[str, Any], status: int
) -> None:
    """And to whoever may not, it answers alike whether something is parked or not."""
    with province.unchanged():
        for what, body in (("retry", which), ("discharge", {**which, "reason": "asked to"})):
            path = f"/api/v1/operations/parked/{service}/{what}"
            problem(province.client.post(path, json=body, headers=province.system), status)
            if status == 404:
                for who in ({}, province.inspector, province.desk):
                    assert problem(province.client.post(path, json=body, headers=who), 404)["code"] == "not_found"


CLOCKS = (
    "2000-01-01T00:00:00Z",
    "1999-12-31T23:59:59Z",
    "2100-01-01T00:00:00Z",
    "2026-09-07T08:00:00",
    "now",
    "",
    5,
    None,
)


def test_the_clock_is_set_neither_back_nor_out_of_the_calendars(province: Province) -> None:
    """It moves forward, between the years that calendars know, to an instant with its zone."""
    now = province.get("/api/v1/rehearsal/clock").json()
    with province.unchanged():
        for to in CLOCKS:
            problem(province.client.post("/api/v1/rehearsal/clock", json={"to": to}), 409, 422)
    assert province.get("/api/v1/rehearsal/clock").json() == now


WHO: list[dict[str, Any]] = [
    {"role": "mayor"},
    {"role": ""},
    {"role": "anonymous"},
    {},
    {"role": "applicant", "personal_id": "x" * 13},
    {"role": "desk_officer", "agency": "x" * 36},
    {"role": "inspector", "id": "x" * 101},
    {"role": "inspector", "lifetime_s": 10**9},
    {"role": "inspector", "lifetime_s": "for ever"},
]


@pytest.mark.parametrize("who", WHO)
def test_nobody_becomes_what_there_is_not(province: Province, who: dict[str, Any]) -> None:
    """Also a rehearsal knows its roles."""
    with province.unchanged():
        for door in ("tokens", "sessions"):
            answer = province.client.post(f"/api/v1/rehearsal/{door}", json=who)
            problem(answer, 422)
            assert "set-cookie" not in answer.headers


NOWHERE = (
    "/nowhere", "/api", "/api/v1", "/api/v2/dossiers", "/api/v1/dossiers/", "/api/v1//dossiers", "/API/V1/DOSSIERS",
    "/docs", "/api/docs", "/redoc", "/openapi.json", "/.git/config", "/%2e%2e/%2e%2e/etc/passwd", "//evil.example",
    "/static/../app.py", "/static/%2e%2e/%2e%2e/app.py", "/static/%2Fetc%2Fpasswd", "/gateways/portal",
    "/" + "x" * 20_000, "/%00", "/%FF", "/\U0001f600",
)  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE)
def test_an_address_that_is_none_gets_a_problem_document(province: Province, path: str) -> None:
    """For every method, and nothing is redirected elsewhere."""
    with province.unchanged():
        nothing = problem(province.client.get(f"http://testserver{path}"), 404, 414)
        assert nothing["code"] == ("not_found" if len(path) < TARGET_BYTES_MAX else "address_too_long")
        for method in ("POST", "DELETE"):
            problem(province.client.request(method, f"http://testserver{path}"), 404, 405, 414)


def session_of(province: Province, right: Place) -> Header:
    return {"Cookie": f"lienthong_session={right.who['Authorization'].removeprefix('Bearer ')}"}


def test_a_session_commands_only_with_the_token_of_its_page(province: Province, granted: list[Place]) -> None:
    """Another site's form has the cookie and not the token, so that it changes nothing (CSRF)."""
    with province.unchanged():
        for right in granted:
            cookie = session_of(province, right)
            for token in (
                {},
                {"X-CSRF-Token": ""},
                {"X-CSRF-Token": "0" * 32},
                {"X-CSRF-Token": "\xff".encode("latin-1")},
            ):
                answer = province.post(right.path(), cookie, right.body, headers=token)
                assert problem(answer, 403)["code"] == "csrf_missing"
        problem(province.client.post("/sign-out", headers=session_of(province, granted[0])), 403)
