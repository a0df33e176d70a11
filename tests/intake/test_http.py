"""The desk's HTTP border: what strangers send gets a problem document and changes nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.harness import body_of
from tests.http_harness import HttpPlatform
from tests.intake.people import CERTIFICATE, DESK, LAN, OFFICER, OTHER_DESK

Headers = dict[str, str]


@pytest.fixture
def officer(platform: HttpPlatform) -> Headers:
    return platform.token("desk_officer", agency=DESK)


def submitted(platform: HttpPlatform, officer: Headers, **change: Any) -> Any:
    return platform.post("/api/v1/dossiers", officer, CERTIFICATE | change)


def test_a_dossier_over_http(platform: HttpPlatform, officer: Headers) -> None:
    """Reference at once, code at acceptance, every path by either; the ETag is the dossier's version."""
    answer = submitted(platform, officer)
    assert answer.status_code == 201
    ref = answer.json()["ref"]
    accepted = platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    assert accepted.json() == {
        "ref": ref, "code": "H48.23293.01-260907-0001", "status": "accepted", "version": 2
    }  # fmt: skip
    shown = platform.get("/api/v1/dossiers/H48.23293.01-260907-0001", officer)
    assert (shown.json()["ref"], shown.headers["etag"]) == (ref, '"2"')
    assert platform.get(f"/api/v1/dossiers/{ref}/slip", officer).json()["applicant"]["name"] == LAN["name"]


def test_another_version_than_the_one_read_is_not_overwritten(platform: HttpPlatform, officer: Headers) -> None:
    """Two officers, one dossier: the second reads again before he decides."""
    ref = submitted(platform, officer).json()["ref"]
    stale = platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer | {"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_changed")
    assert platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer | {"If-Match": '"1"'}).status_code == 200


PERSON = {**LAN}


@pytest.mark.parametrize(
    ("change", "status", "where"),
    [
        ({"applicant": PERSON | {"personal_id": "06219000123"}}, 422, "personal_id"),
        ({"applicant": PERSON | {"personal_id": "062190001234; DROP"}}, 422, "personal_id"),
        ({"applicant": {"name": "Công ty", "tax_code": "0100112438"}, "applicant_kind": "enterprise"}, 422, "tax_code"),
        ({"applicant": {"name": "Công ty", "tax_code": "0100112437"}}, 422, "body"),
        ({"applicant": {"name": "Không ai"}}, 422, "applicant"),
        ({"applicant": PERSON | {"email": "no mail"}}, 422, "email"),
        ({"applicant": PERSON | {"name": ""}}, 422, "name"),
        ({"applicant": PERSON | {"name": "x" * 201}}, 422, "name"),
        ({"applicant": "Lan"}, 422, "applicant"),
        ({"procedure": "karaoke"}, 422, "procedure"),
        ({"receiving_agency": "here"}, 422, "receiving_agency"),
        ({"channel": "fax"}, 422, "channel"),
        ({"facts": {"married_before": 0.5, "issued_before": False}}, 422, "facts"),
        ({"facts": {"married_before": None, "issued_before": False}}, 422, "facts"),
        ({"facts": {"married_before": "no", "issued_before": False}}, 422, "facts.married_before"),
        ({"facts": {f"f{number}": True for number in range(51)}}, 422, "facts"),
        ({"components": [{"code": "declaration", "form": "papyrus"}]}, 422, "form"),
        ({"components": [{"code": "declaration"}] * 101}, 422, "components"),
        ({"relation": "attorney"}, 422, "body"),
        ({"submitter": PERSON}, 422, "body"),
        ({"portal_code": "H48-260907-0001"}, 422, "portal_code"),
        ({"hand_out_by": "post"}, 422, "hand_out_to"),
        ({"hand_out_to": {"name": "Lan", "address": ""}}, 422, "address"),
        ({"area": "Kon Tum"}, 422, "area"),
        ({"applicant": PERSON | {"name": "\ud800"}}, 422, "name"),
    ],
)
def test_what_does_not_fit_is_named_and_changes_nothing(
    platform: HttpPlatform, officer: Headers, change: dict[str, Any], status: int, where: str
) -> None:
    """Every answer says where and how to mend it, and never repeats a personal number."""
    content = json.dumps(CERTIFICATE | change).encode()
    headers = officer | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = platform.client.post("/api/v1/dossiers", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert any(where in one["name"] for one in problem["invalid_params"]), problem
    assert LAN["personal_id"] not in answer.text
    assert platform.events("intake") == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"dossier"', 422),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"procedure": "' + b"1" * 1_100_000 + b'"}', 413),
    ],
)
def test_bytes_that_are_no_dossier(platform: HttpPlatform, officer: Headers, content: bytes, status: int) -> None:
    """No 500 for any input."""
    headers = officer | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = platform.client.post("/api/v1/dossiers", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert platform.events("intake") == []


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 401, "sign_in_needed"),
        ({"Authorization": "Bearer nonsense"}, 401, "token_invalid"),
        ({"Authorization": "Basic bGFuOmxhbg=="}, 401, "token_invalid"),
    ],
)
def test_who_is_nobody_may_nothing(platform: HttpPlatform, headers: Headers, status: int, code: str) -> None:
    """Every command has a principal; a list shows nobody's dossiers to nobody."""
    answer = platform.post("/api/v1/dossiers", headers, CERTIFICATE)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert platform.get("/api/v1/dossiers").json() == {"items": [], "next": None}


def test_an_expired_token_may_nothing(platform: HttpPlatform) -> None:
    """It says so, so that the client asks for another."""
    expired = platform.token("desk_officer", agency=DESK, lifetime_s="-60")
    answer = platform.post("/api/v1/dossiers", expired, CERTIFICATE)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_another_desks_token_may_nothing(platform: HttpPlatform, officer: Headers) -> None:
    """What a principal may not see answers exactly like what does not exist."""
    ref = submitted(platform, officer).json()["ref"]
    other = platform.token("desk_officer", agency=OTHER_DESK)
    for path in ("acceptance", "withdrawal"):
        answer = platform.post(f"/api/v1/dossiers/{ref}/{path}", other)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert platform.get(f"/api/v1/dossiers/{ref}", other).status_code == 404
    assert platform.get(f"/api/v1/dossiers/{ref}/slip").status_code == 404


def test_commands_out_of_order_are_refused_with_their_law(platform: HttpPlatform, officer: Headers) -> None:
    """A refusal is a sentence in two languages and the law behind it."""
    ref = submitted(platform, officer, components=[]).json()["ref"]
    answer = platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "components_missing")
    assert problem["law"] == "NĐ 61/2018 art. 17.1; NĐ 118/2025 art. 17.1"
    assert [one["name"] for one in problem["invalid_params"]] == ["declaration", "identity_paper", "residence_proof"]
    early = platform.post(f"/api/v1/dossiers/{ref}/handing-out", officer, {"paper_shown": "slip"})
    assert (early.status_code, early.json()["code"]) == (409, "not_resolved")
    odd = platform.post(f"/api/v1/dossiers/{ref}/sent-back/certificate/answer", officer, {})
    assert (odd.status_code, odd.json()["code"]) == (409, "not_sent_back")


def test_a_command_needs_its_key(platform: HttpPlatform, officer: Headers) -> None:
    """Without it a repeat could not be told from a second dossier."""
    answer = platform.client.post("/api/v1/dossiers", json=CERTIFICATE, headers=officer)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_the_list_comes_in_pages(platform: HttpPlatform, officer: Headers) -> None:
    """Cursor paging: each dossier once, oldest first, whatever comes in meanwhile."""
    refs = [submitted(platform, officer).json()["ref"] for _ in range(5)]
    seen: list[str] = []
    after: str | None = None
    while True:
        page = platform.get("/api/v1/dossiers", officer, limit=2, **({"after": after} if after else {})).json()
        seen += [item["ref"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == refs
    platform.post(f"/api/v1/dossiers/{refs[1]}/acceptance", officer)
    accepted = platform.get("/api/v1/dossiers", officer, status="accepted").json()["items"]
    assert [item["ref"] for item in accepted] == [refs[1]]
    assert "applicant" not in accepted[0]
    by_code = platform.get("/api/v1/dossiers", officer, code="H48.23293.01-260907-0001").json()["items"]
    assert [item["ref"] for item in by_code] == [refs[1]]
    assert platform.get("/api/v1/dossiers", officer, limit=0).status_code == 422
    assert platform.get("/api/v1/dossiers", platform.token("desk_officer", agency=OTHER_DESK)).json()["items"] == []


def test_the_catalogue_is_everybodys(platform: HttpPlatform) -> None:
    """NĐ 118/2025 art. 16: what a procedure asks, promises and costs, before anybody goes anywhere."""
    page = platform.get("/api/v1/procedures", limit=2)
    listed = page.json()
    assert [item["code"] for item in listed["items"]] == ["1.004873", "1.008891"]
    following = platform.get("/api/v1/procedures", after=listed["next"]).json()
    assert following["items"][-1]["code"] == "9.000297"
    karaoke = platform.get("/api/v1/procedures/9.000297").json()
    assert karaoke["total_limit"] == {"vi": "16 ngày làm việc", "en": "16 working days"}
    assert [line["code"] for line in karaoke["fees"]] == [
        "business_registration", "security_appraisal", "karaoke_appraisal"
    ]  # fmt: skip
    assert len(karaoke["fees"][2]["tariffs"]) == 1
    assert platform.get("/api/v1/procedures/1.004873.000.00.00.H48").json()["code"] == "1.004873"
    for nowhere in ("1.000001", "karaoke"):
        assert platform.get(f"/api/v1/procedures/{nowhere}").json()["code"] == "not_found"
    tag = {"If-None-Match": page.headers["etag"]}
    assert platform.client.get("/api/v1/procedures", headers=tag).status_code == 304


def test_no_two_dossiers_share_a_code(platform: HttpPlatform) -> None:
    """TT 03/2025 art. 13, with eight desks' hands on the same book at once."""
    border = platform.borders["intake"]

    def hand_in_and_accept(number: int) -> str:
        handed_in = border.give("submit_dossier", OFFICER, {}, CERTIFICATE, f"s{number}").future.result(timeout=60)
        ref = body_of(handed_in)["ref"]
        accepted = [
            border.give("accept_dossier", OFFICER, {"ref": ref}, {}, f"a{number}-{again}") for again in range(2)
        ]
        codes = {body_of(job.future.result(timeout=60))["code"] for job in accepted}
        assert len(codes) == 1
        return str(codes.pop())

    with ThreadPoolExecutor(8) as hands:
        codes = list(hands.map(hand_in_and_accept, range(64)))
    assert sorted(codes) == [f"H48.23293.01-260907-{number:04d}" for number in range(1, 65)]
