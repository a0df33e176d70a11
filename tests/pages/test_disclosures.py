"""What was said to whom and who has seen what: on a page, for programs, and for those whom it concerns only.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15; NĐ 61/2018/NĐ-CP art. 25.
"""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.pages.site import APPLICANT_ID, DESK, HOSTILE, OTHER_DESK, STRANGER_ID, Site

PHONE = "0901234567"


@pytest.fixture(scope="module")
def looked_at(site: Site) -> str:
    """Return a dossier of which the post read the address, the desk the slip, and the gateway got a payer."""
    ref = site.hand_in(procedure="1.008891", channel="post", hand_out_by="post")
    post = site.be("postal_staff")
    for purpose in ("visit", "call"):
        post.get(f"/api/v1/parcels/{ref}/collection/address/{purpose}").raise_for_status()
    site.desk.get(f"/api/v1/dossiers/{site.decided}/slip").raise_for_status()
    site.act(site.applicant, f"/dossiers/{site.decided}/payment-attempts")
    site.settle()
    return ref


def shown(client: TestClient, ref: str) -> Any:
    answer = client.get(f"/api/v1/dossiers/{ref}/disclosures")
    answer.raise_for_status()
    return answer.json()


def test_what_was_said_to_whom_is_a_list(site: Site, looked_at: str) -> None:
    """The post was given an address twice; the desk's reading stays inside; the gateway was told code and amount."""
    outside = shown(site.desk, looked_at)["said_outside"]
    assert [(one["handed_to"], one["purpose"].split()[1], one["fields"]) for one in outside] == [
        ("postal_staff", "visit", ["name", "address", "phone"]),
        ("postal_staff", "call", ["name", "phone"]),
    ]
    assert {one["about"] for one in outside} == {looked_at}
    of_decided = shown(site.be("inspector"), site.decided)
    assert [one["purpose"] for one in of_decided["read_inside"]] == ["acknowledgement_slip"]
    assert [(one["handed_to"], one["fields"]) for one in of_decided["said_outside"]] == [("vnpay", ["code", "amount"])]
    assert shown(site.applicant, site.code_of(site.decided)) == of_decided


@pytest.mark.parametrize("path", ["/dossiers/{}/disclosures", "/api/v1/dossiers/{}/disclosures"])
def test_the_list_is_for_those_whom_it_concerns(site: Site, looked_at: str, path: str) -> None:
    """Whoever may not see it gets what a dossier that does not exist gives."""
    for role, who in (
        ("desk_officer", {"agency": OTHER_DESK}), ("applicant", {"personal_id": STRANGER_ID}),
        ("agency_officer", {"agency": DESK}), ("postal_staff", {}), ("accountant", {"agency": DESK}),
    ):  # fmt: skip
        client = site.be(role, **who)
        assert client.get(path.format(looked_at)).status_code == client.get(path.format("01J0")).status_code == 404
    assert site.nobody.get(path.format(looked_at)).status_code == 404
    for client in (site.desk, site.applicant, site.be("inspector"), site.be("system")):
        assert client.get(path.format(looked_at)).status_code == 200


def test_the_page_says_it_in_words_and_never_the_data(site: Site, looked_at: str) -> None:
    """Vietnamese first, English beside it; what was read is named, not shown."""
    page = site.desk.get(f"/dossiers/{looked_at}/disclosures").text
    for words in (
        "Bưu chính công ích",
        "họ tên, địa chỉ, điện thoại",
        "đến nhận hoặc phát tại nhà",
        "Đã xem trong hệ thống",
    ):
        assert words in page
    for secret in (PHONE, "12 Trần Phú", APPLICANT_ID, HOSTILE):
        assert secret not in page
    english = site.desk.get(f"/dossiers/{site.decided}/disclosures", params={"lang": "en"}).text
    assert "slip of acceptance (form 01)" in english
    assert "15.000" in english
    site.desk.get("/", params={"lang": "vi"})
    assert (
        f'href="/dossiers/{site.code_of(site.decided)}/disclosures"' in site.desk.get(f"/dossiers/{site.decided}").text
    )


def test_the_desk_finds_dossiers_by_personal_id_and_phone(site: Site) -> None:
    """Only its own; each search is in the log of whoever was found, and the identifier in no address."""
    inspector = site.be("inspector")
    for kind, identifier in (("personal_id", APPLICANT_ID), ("phone", "+84 901 234 567")):
        body = {"kind": kind, "identifier": identifier}
        found = site.desk.post("/api/v1/dossiers/search", json=body).json()
        assert {site.at_desk, site.decided} <= {one["ref"] for one in found["items"]}
        page = site.desk.post("/api/v1/dossiers/search", json=body | {"limit": 1}).json()
        after = site.desk.post("/api/v1/dossiers/search", json=body | {"limit": 1, "after": page["next"]}).json()
        assert [one["ref"] for one in (page["items"] + after["items"])] == [one["ref"] for one in found["items"][:2]]
        other = site.be("desk_officer", agency=OTHER_DESK)
        assert other.post("/api/v1/dossiers/search", json=body).json() == {"items": [], "next": None}
        assert inspector.post("/api/v1/dossiers/search", json=body).json()["items"]
        for client in (site.applicant, site.officer, site.be("postal_staff")):
            assert client.post("/api/v1/dossiers/search", json=body).status_code == 404
        assert site.nobody.post("/api/v1/dossiers/search", json=body).status_code in (401, 404)
    mine = site.applicant.get("/api/v1/people/me/openings").json()["items"]
    searches = [one for one in mine if one["purpose"] == "search"]
    assert {one["fields"][0] for one in searches} == {"personal_id", "phone"}
    assert {one["by"] for one in searches} >= {"desk_officer:H48.23293.01"}
    nothing = {"kind": "phone", "identifier": "0999999999"}
    assert site.desk.post("/api/v1/dossiers/search", json=nothing).json()["items"] == []
    for wrong in ({"kind": "name", "identifier": "Nguyễn"}, {"kind": "phone", "identifier": "1"}, {}):
        assert site.desk.post("/api/v1/dossiers/search", json=wrong).status_code == 422


def test_the_page_finds_by_phone_too(site: Site) -> None:
    """The number goes in the body of a form; what comes back is the list that the page shows."""
    found = site.desk.post("/found-by-person", content="kind=phone&identifier=0901234567")
    assert found.status_code == 200
    assert site.code_of(site.decided) in found.text
    for content in ("kind=phone&identifier=0999999999", "kind=phone", "", "\xff"):
        assert (
            "Không có hồ sơ nào như vậy" in site.desk.post("/found-by-person", content=content.encode("latin-1")).text
        )
    assert site.applicant.post("/found-by-person", content="").status_code == 404
    del (stranger := site.be("desk_officer", agency=DESK)).headers["X-CSRF-Token"]
    assert stranger.post("/found-by-person", content="kind=phone&identifier=0901234567").status_code == 403
    assert "find-person" in site.desk.get("/").text
    assert "find-person" not in site.applicant.get("/").text


def test_a_person_reads_who_has_read_and_nobody_elses(site: Site, looked_at: str) -> None:
    """Page by page, oldest first; the inspector reads anybody's, by the opaque id that a search gives."""
    mine = site.applicant.get("/api/v1/people/me/openings", params={"limit": 2}).json()
    assert len(mine["items"]) == 2
    following = site.applicant.get("/api/v1/people/me/openings", params={"limit": 2, "after": mine["next"]}).json()
    assert following["items"][0]["at"] >= mine["items"][-1]["at"]
    assert following["items"] != mine["items"]
    inspector = site.be("inspector")
    (person,) = inspector.post(
        "/api/v1/people/search", json={"kind": "personal_id", "identifier": APPLICANT_ID}
    ).json()["people"]
    theirs = inspector.get(f"/api/v1/people/{person}/openings", params={"limit": 2}).json()
    assert theirs == mine
    for client in (site.desk, site.applicant, site.be("system")):
        assert client.get(f"/api/v1/people/{person}/openings").status_code == 404
    assert site.be("applicant", personal_id=STRANGER_ID).get("/api/v1/people/me/openings").json() == {
        "items": [],
        "next": None,
    }
    assert site.desk.get("/api/v1/people/me/openings").status_code == 404
    assert site.nobody.get("/api/v1/people/me/openings").status_code == 401
    for client in (site.desk, site.applicant):
        assert client.post("/api/v1/people/search", json={"kind": "phone", "identifier": PHONE}).status_code == 404


def test_a_person_reads_it_on_a_page_of_their_own(site: Site, looked_at: str) -> None:
    """With the searches too, which are about no dossier; the menu leads there, and it is nobody else's."""
    site.desk.post("/api/v1/dossiers/search", json={"kind": "phone", "identifier": PHONE}).raise_for_status()
    page = site.applicant.get("/openings").text
    for words in ("Ai đã xem dữ liệu cá nhân của tôi", "Nhân viên bưu chính", "Cán bộ Một cửa", "tìm hồ sơ"):
        assert words in page
    assert 'href="/openings"' in site.applicant.get("/").text
    for client in (site.desk, site.be("inspector"), site.nobody):
        assert client.get("/openings").status_code == 404
        assert 'href="/openings"' not in client.get("/").text
    for after in ("999999", "0"):
        assert site.applicant.get("/openings", params={"after": after}).status_code == 200
    for after in ("-1", "x", "9" * 40):
        assert site.applicant.get("/openings", params={"after": after}).status_code == 404
