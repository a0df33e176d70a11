"""For random principals and dossiers: what the filter denies is shown nowhere, and answers like what does not exist.

Not by a look, a list, a search, a filter, a cursor, a count, an error, a version, a repeated key or a tail of events.
Whom a dossier concerns is said here a second time, in other words than the product's.

Law: TT 01/2018/TT-VPCP art. 16 and NĐ 61/2018 art. 25; Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chassis.web.auth import ROLES, Principal
from tests.borders.documents import bare, given_away
from tests.borders.doors import doors, filled, parts_of
from tests.borders.places import BY_POST, PLACES, REFUSED, TO_HOME, place
from tests.borders.province import (
    APPLICANT,
    COMMITTEE,
    DECISION,
    DESK,
    OTHER_COMMITTEE,
    OTHER_DESK,
    PROCEDURE,
    STEP,
    STRANGER_ID,
    SUBMITTER,
    Header,
    Province,
)

OTHER_PROCEDURE = "9.000297"
STRANGER = {**SUBMITTER, "name": "Hoàng Thị Lạ", "personal_id": STRANGER_ID}
ABSENT_REF, ABSENT_CODE = "01KZZZZZZZZZZZZZZZZZZZZZZZ", f"{DESK}-270101-9999"
GLIMPSES = {
    "/api/v1/dossiers/{ref}", "/api/v1/dossiers/{ref}/chain", "/api/v1/dossiers/{ref}/timeline",
    "/api/v1/dossiers/{ref}/clock",
    "/api/v1/reports/dossiers/{ref}", "/dossiers/{text}", "/dossiers/{text}/clock",
}  # fmt: skip
"""The doors where anybody may see a dossier's code and how far it is (NĐ 61/2018 art. 25), and no more."""


@dataclass(frozen=True, slots=True)
class Known:
    """A dossier and whom it concerns."""

    ref: str
    code: str
    people: tuple[str, str]
    desk: str
    committee: str
    has_parcel: bool

    @property
    def is_accepted(self) -> bool:
        return bool(self.code)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A principal, as the test knows it."""

    role: str
    agency: str
    person: str
    procedures: tuple[str, ...]
    steps: tuple[str, ...]

    def is_concerned(self, dossier: Known) -> bool:
        """Say whether this principal may see more of a dossier than anybody may."""
        if self.procedures and PROCEDURE not in self.procedures:
            return False
        acting = {dossier.desk, dossier.committee} if dossier.is_accepted else {dossier.desk}
        match self.role:
            case "applicant":
                return self.person in dossier.people
            case "desk_officer" | "accountant":
                return self.agency == dossier.desk
            case "agency_officer":
                return self.agency in acting
            case "postal_staff":
                return dossier.has_parcel
            case "system":
                return not self.agency or self.agency in acting
            case "inspector":
                return True
        return False


@dataclass(frozen=True, slots=True)
class Town:
    """A province with dossiers of two desks and three people, in several states."""

    province: Province
    dossiers: tuple[Known, ...]
    bodies: dict[str, Any]
    digest: str

    def header(self, who: Somebody) -> Header:
        name = f"{who.role}:{who.agency}:{who.person}:{who.procedures}:{who.steps}"
        issuer = self.province.platform.issuer
        principal = Principal(name, who.role, who.agency, who.person, who.procedures, who.steps)
        return {"Authorization": f"Bearer {issuer.issue(principal)}"}


def handed_in(province: Province, desk: str, accepts: bool = True, **more: Any) -> str:
    """Hand a dossier in at a desk, and accept it."""
    who = province.desk if desk == DESK else province.other_desk
    ref = str(province.do("submit_dossier", who, province.submission(receiving_agency=desk, **more))["ref"])
    if accepts:
        province.do("accept_dossier", who, ref=ref)
    return ref


@pytest.fixture(scope="module")
def bodies(province: Province) -> dict[str, Any]:
    """Return a content for acts that is read without a fault, so that the filter is what answers."""
    return {name: place(province, name).body for name in PLACES if name in province.acts}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, bodies: dict[str, Any]) -> Iterator[Town]:
    province = Province(tmp_path_factory.mktemp("town"))
    alone: dict[str, Any] = {"submitter": None, "relation": "self"}
    made = [
        (handed_in(province, DESK), DESK, (APPLICANT, SUBMITTER), False),
        (handed_in(province, DESK, **alone), DESK, (APPLICANT, APPLICANT), False),
        (handed_in(province, OTHER_DESK, applicant=STRANGER, **alone), OTHER_DESK, (STRANGER, STRANGER), False),
        (handed_in(province, OTHER_DESK, **TO_HOME), OTHER_DESK, (APPLICANT, SUBMITTER), True),
        (handed_in(province, DESK, accepts=False, **BY_POST), DESK, (APPLICANT, SUBMITTER), True),
        (handed_in(province, DESK, accepts=False, applicant=STRANGER, **alone), DESK, (STRANGER, STRANGER), False),
    ]
    for ref, desk, _, _ in made[:4:3]:
        officer = province.officer if desk == DESK else province.other_officer
        province.do("acknowledge_step", officer, ref=ref, step=STEP)
    province.do("decide_step", province.other_officer, DECISION, ref=made[3][0], step=STEP)
    province.do("pay_at_desk", province.other_desk, {"amount_vnd": 15_000}, ref=made[3][0])
    province.do("refuse_dossier", province.desk, REFUSED, ref=made[5][0])
    txn_ref = str(province.do("start_payment", province.desk, ref=made[0][0])["txn_ref"])
    province.client.get("/api/v1/payments/vnpay/ipn", params={"vnp_TxnRef": txn_ref})
    province.settle()
    callbacks = province.get("/api/v1/payment-callbacks", province.inspector).json()["items"]
    yield Town(
        province,
        tuple(_known(province, *one) for one in made),
        bodies,
        str(callbacks[-1]["digest"]),
    )
    province.close()


def _known(province: Province, ref: str, desk: str, people: Any, has_parcel: bool) -> Known:
    code = province.get(f"/api/v1/dossiers/{ref}", province.inspector).json()["code"] or ""
    ids = tuple(province.person(one["personal_id"]) for one in people)
    return Known(ref, code, (ids[0], ids[1]), desk, COMMITTEE if desk == DESK else OTHER_COMMITTEE, has_parcel)


people = st.sampled_from(["", APPLICANT["personal_id"], SUBMITTER["personal_id"], STRANGER_ID])
somebodies = st.builds(
    Somebody,
    role=st.sampled_from([*ROLES, "anonymous"]),
    agency=st.sampled_from(["", DESK, OTHER_DESK, COMMITTEE, OTHER_COMMITTEE, "H48", "H48.23293.0", DESK.lower()]),
    person=people,
    procedures=st.sampled_from([(), (), (PROCEDURE,), (OTHER_PROCEDURE,), (OTHER_PROCEDURE, PROCEDURE)]),
    steps=st.sampled_from([(), (), (STEP,), ("another_step",)]),
)
several = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def dressed(town: Town, who: Somebody) -> tuple[Somebody, Header]:
    """Return a principal with the vault's id for its personal id, and the header that makes a request its own."""
    person = town.province.person(who.person) if who.person else ""
    known = Somebody(who.role, who.agency, person, who.procedures, who.steps)
    return known, {} if who.role == "anonymous" else town.header(known)


def secrets_of(dossier: Known) -> tuple[str, ...]:
    """Return what nobody may meet who is not concerned: a code is known to whoever asks for it, a reference not."""
    return tuple({dossier.ref, *dossier.people})


class Parts(dict[str, str]):
    """The parts of an address; one that a test does not know leads to nothing."""

    def __missing__(self, name: str) -> str:
        return "nothing"


def addresses(town: Town, text: str) -> Iterator[tuple[str, str]]:
    """Yield every door that answers to GET and leads to a dossier by `text`."""
    for path in doors(town.province.app, "GET"):
        if {"ref", "text"} & set(parts_of(path)):
            for leg in ("collection", "delivery") if "leg" in parts_of(path) else ("",):
                parts = Parts(ref=text, text=text, step=STEP, leg=leg, purpose="visit", component="declaration")
                yield path, filled(path, parts)


def seen(answer: httpx.Response, *names: str) -> Any:
    """Return an answer as it is compared: bytes and headers, without trace and without the name that was asked for."""
    status, headers, content = bare(answer) if "json" in answer.headers.get("content-type", "") and answer.is_error else (
        answer.status_code, {n: v for n, v in answer.headers.items() if n not in ("date", "content-length")},
        answer.content,
    )  # fmt: skip
    for name in names:
        content = content.replace(name.encode(), b"*")
    return status, headers, content


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
            address = "/api/v1" + act.path.format_map(
                Parts(ref=ref, step=STEP, leg="delivery", component="declaration")
            )
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
        parts = Parts(digest=town.digest, procedure=PROCEDURE, path="lienthong.css", person=APPLICANT["personal_id"])
        for query in ({}, {"agency": OTHER_DESK, "service": "intake", "limit": "500"}, {"q": DESK, "part": "rows"}):
            answer = town.province.get(filled(path, parts), header, **query)
            assert answer.status_code < 500, f"{who} {path}"
            assert given_away(answer, *secrets) == [], f"{who} {path} {query}"


# --- steps ---


def test_whoever_is_assigned_to_other_steps_meets_none_of_these(town: Town) -> None:
    """A step that is not yours answers like one that there is not: in the worklist, and in every act on it."""
    accepted = [one for one in town.dossiers if one.committee == COMMITTEE and one.is_accepted]
    mine = Somebody("agency_officer", COMMITTEE, "", (), (STEP,))
    other = Somebody("agency_officer", COMMITTEE, "", (), ("another_step",))
    assert len(town.province.get("/api/v1/steps", town.header(mine)).json()["items"]) == len(accepted)
    assert town.province.get("/api/v1/steps", town.header(other)).json()["items"] == []
    act = "/api/v1/dossiers/{}/steps/{}/acknowledgement"
    refused = town.province.post(act.format(accepted[1].ref, STEP), town.header(other))
    nothing = town.province.post(act.format(accepted[1].ref, "no_such_step"), town.header(other))
    whole = town.province.post(act.format(accepted[1].ref, "no_such_step"), town.header(mine))
    elsewhere = town.province.post(act.format(accepted[1].ref, STEP), town.province.other_officer)
    assert bare(refused) == bare(nothing) == bare(whole) == bare(elsewhere)
    assert refused.status_code == 404


def test_a_key_is_its_owners_alone(town: Town) -> None:
    """A repeated key gives the first answer to whoever used it; another principal learns nothing by it."""
    dossier = town.dossiers[1]
    path = f"/api/v1/dossiers/{dossier.ref}/steps/{STEP}/takeover"
    headers = {"Idempotency-Key": "a key that travels"}
    mine = town.header(Somebody("agency_officer", COMMITTEE, "", (), ()))
    first = town.province.post(path, mine, headers=headers)
    again = town.province.post(path, mine, headers=headers)
    assert (first.status_code, again.content) == (200, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    for role, agency in (("agency_officer", OTHER_COMMITTEE), ("desk_officer", DESK), ("system", OTHER_COMMITTEE)):
        who = town.header(Somebody(role, agency, "", (), ()))
        stolen = town.province.post(path, who, headers=headers)
        nothing = town.province.post(path.replace(dossier.ref, ABSENT_REF), who, headers={"Idempotency-Key": "fresh"})
        assert bare(stolen) == bare(nothing)
        assert stolen.status_code == 404


def test_the_same_person_with_another_right_is_another_asker(town: Town) -> None:
    """Whoever moves to another agency leaves the answers behind that were given at the old one."""
    issuer, dossier = town.province.platform.issuer, town.dossiers[0]
    path = f"/api/v1/dossiers/{dossier.ref}/steps/{STEP}/takeover"
    headers = {"Idempotency-Key": "before and after"}
    for agency, status in ((COMMITTEE, 200), (OTHER_COMMITTEE, 404)):
        who = {"Authorization": f"Bearer {issuer.issue(Principal('officer-9', 'agency_officer', agency))}"}
        assert town.province.post(path, who, headers=headers).status_code == status


def test_the_system_of_one_agency_runs_nothing_of_the_platform(town: Town) -> None:
    """Logs, parked messages, people and incidents are the platform's; an agency's token does not reach them."""
    agencys = town.header(Somebody("system", COMMITTEE, "", (), ()))
    for path in ("/api/v1/operations/events", "/api/v1/operations/parked", "/api/v1/people/forgotten"):
        answer = town.province.get(path, agencys, service="intake")
        assert answer.status_code == 404
        assert town.province.get(path, town.province.system, service="intake").status_code == 200
    for path in ("incident", "incident/end", "appointment/redating"):
        body = {"since": "2026-09-07T01:00:00Z"} if path == "incident" else None
        answer = town.province.post(f"/api/v1/dossiers/{town.dossiers[0].ref}/{path}", agencys, body)
        assert answer.status_code == 404, answer.text
