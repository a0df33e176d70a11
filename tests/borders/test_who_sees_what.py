"""For random principals and dossiers: what the filter denies is shown nowhere, and answers like what does not exist.

Not by a look, a list, a search, a filter, a cursor, a count, an error, a version, a repeated key or a tail of events.
Whom a dossier concerns is said here a second time, in other words than the product's.

Law: TT 01/2018/TT-VPCP art. 16 and NĐ 61/2018 art. 25; Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15.
"""

from typing import Any

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.web.auth import ROLES
from tests.borders.documents import given_away
from tests.borders.doors import doors, filled, parts_of
from tests.borders.province import (
    COMMITTEE,
    DESK,
    OTHER_DESK,
    PROCEDURE,
    STEP,
    STRANGER_ID,
    Header,
)
from tests.borders.town import (
    ABSENT_CODE,
    ABSENT_REF,
    GLIMPSES,
    Known,
    Somebody,
    Town,
    addresses,
    dressed,
    secrets_of,
    seen,
    several,
    somebodies,
)

# --- one by one ---


@several
@given(who=somebodies, number=st.integers(0, 5), etag=st.sampled_from(["", "*", '"1"', 'W/"3"']))
def test_the_hidden_answers_like_the_absent(town: Town, who: Somebody, number: int, etag: str) -> None:
    """By reference and by code, with and without a version; where anybody may look, code and completion are all."""
    known, header = dressed(town, who)
    dossier = town.dossiers[number]
    if known.is_concerned(dossier):
        return
    sent = header | ({"If-None-Match": etag} if etag else {})
    for name, absent in ((dossier.ref, ABSENT_REF), (dossier.code, ABSENT_CODE)):
        for (path, there), (_, nowhere) in zip(addresses(town, name), addresses(town, absent), strict=True):
            answer = town.province.client.get(there, headers=sent) if name else None
            if answer is None:
                continue
            if path in GLIMPSES:
                shows_a_glimpse(answer, dossier, asked=name)
            else:
                absence = town.province.client.get(nowhere, headers=sent)
                assert seen(answer, name) == seen(absence, absent), f"{who} {there}"


def shows_a_glimpse(answer: httpx.Response, dossier: Known, asked: str) -> None:
    """Expect nothing of a dossier beside its code and its degree of completion."""
    assert answer.status_code in (200, 303, 304, 404)
    assert answer.headers.get("location", "") in ("", f"/dossiers/{dossier.code or dossier.ref}")
    if answer.status_code == 200 and answer.headers.get("content-type") == "application/json":
        assert {name for name, told in answer.json().items() if told not in (None, [], {})} <= {"code", "completion"}
    text = httpx.Response(200, text=answer.text.split('class="card-plain roles"')[0])
    assert given_away(text, *(secret for secret in secrets_of(dossier) if secret != asked)) == [], str(answer.url)


@several
@given(who=somebodies, number=st.integers(0, 5), match=st.sampled_from(["", "1", "7"]))
def test_no_command_tells_the_hidden_from_the_absent(town: Town, who: Somebody, number: int, match: str) -> None:
    """The same status, body and headers for every act; and a key that another principal used is nobody else's."""
    known, header = dressed(town, who)
    dossier = town.dossiers[number]
    if known.is_concerned(dossier) or who.role == "anonymous":
        return
    sent = header | {"Idempotency-Key": "used-by-another"} | ({"If-Match": f'"{match}"'} if match else {})
    for name, (act, _) in town.province.acts.items():
        tried = []
        for ref in (dossier.ref, ABSENT_REF) if "{ref}" in act.path else ():
            parts = {"ref": ref, "step": STEP, "leg": "delivery", "component": "residence_proof"}
            address = f"/api/v1{filled(act.path, parts)}"
            answer = town.province.client.post(address, headers=sent, json=town.bodies.get(name, {}))
            assert answer.status_code == 404 or name not in town.bodies, f"{who} {name}: {answer.text}"
            tried.append(seen(answer, ref))
        assert tried == tried[:1] * len(tried), f"{who} {name}"


# --- lists ---

LISTS = ("/api/v1/dossiers", "/api/v1/chains", "/api/v1/reports/dossiers")
FULL = {"/api/v1/dossiers": ("applicant", "desk_officer", "agency_officer", "accountant", "inspector", "system"),
        "/api/v1/chains": ("applicant", "desk_officer", "agency_officer", "inspector", "system"),
        "/api/v1/reports/dossiers": ROLES}  # fmt: skip


def pages(town: Town, path: str, header: Header, **query: str) -> list[dict[str, Any]]:
    """Return all items of a list, a page of one at a time: as many pages as items, and none that only says more."""
    found: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        more = {"after": after} if after else {}
        answer = town.province.get(path, header, limit="1", **query, **more).json()
        assert len(answer["items"]) == (1 if found or answer["items"] else 0)
        found += answer["items"]
        after = answer["next"]
    return found


@several
@given(who=somebodies)
@example(who=Somebody("system", "", "", (), ()))
@example(who=Somebody("agency_officer", COMMITTEE, "", (), (STEP,)))
@example(who=Somebody("applicant", DESK, STRANGER_ID, (), ()))
def test_a_list_has_what_one_may_see_and_counts_nothing_else(town: Town, who: Somebody) -> None:
    """Page by page, of whatever length, from any cursor: exactly the dossiers that concern the principal."""
    known, header = dressed(town, who)
    for path in LISTS:
        there = [one for one in town.dossiers if "chains" not in path or one.is_accepted]
        meant = {one.ref for one in there if known.is_concerned(one) and who.role in FULL[path]}
        shown = pages(town, path, header)
        assert sorted(item["ref"] for item in shown) == sorted(meant), f"{who} {path}"
        for hidden in (one for one in town.dossiers if one.ref not in meant):
            rest = town.province.get(path, header, after=hidden.ref, limit="200").json()["items"]
            assert {item["ref"] for item in rest} <= meant, f"{who} {path} after a hidden one"


@several
@given(who=somebodies, number=st.integers(0, 5))
def test_no_list_can_be_asked_about_the_hidden(town: Town, who: Somebody, number: int) -> None:
    """Whatever a filter, a search or a cursor names: the answer is the one about what does not exist."""
    known, header = dressed(town, who)
    dossier = town.dossiers[number]
    if known.is_concerned(dossier):
        return
    described = town.province.app.openapi()["paths"]
    for path, methods in described.items():
        asked = methods.get("get", {}).get("parameters", ())
        if "{" in path or not any(one["in"] == "query" for one in asked):
            continue
        for name in (one["name"] for one in asked if one["in"] == "query" and one["name"] in ("ref", "code", "q")):
            for there, absent in ((dossier.ref, ABSENT_REF), (dossier.code, ABSENT_CODE)):
                if there:
                    answer = town.province.get(path, header, **{name: there})
                    nothing = town.province.get(path, header, **{name: absent})
                    assert seen(answer) == seen(nothing), f"{who} {path}?{name}="


@several
@given(who=somebodies)
def test_no_door_at_all_shows_the_hidden(town: Town, who: Somebody) -> None:
    """Every list, page, feed and figure that needs no dossier's name, and each of them narrowed to a desk."""
    known, header = dressed(town, who)
    hidden = [one for one in town.dossiers if not known.is_concerned(one)]
    open_people = {known.person, *(id for one in town.dossiers if known.is_concerned(one) for id in one.people)}
    secrets = {secret for one in hidden for secret in (*secrets_of(one), one.code)} - open_people - {""}
    for path in doors(town.province.app, "GET"):
        if {"ref", "text"} & set(parts_of(path)) or path == "/api/v1/payments/vnpay/ipn":
            continue
        person = town.dossiers[0].people[0]
        parts = {"digest": town.digest, "procedure": PROCEDURE, "path": "lienthong.css", "person": person}
        for query in ({}, {"agency": OTHER_DESK, "service": "intake", "limit": "500"}, {"q": DESK, "part": "rows"}):
            answer = town.province.get(filled(path, parts), header, **query)
            assert answer.status_code < 500, f"{who} {path}"
            assert given_away(answer, *secrets) == [], f"{who} {path} {query}"
