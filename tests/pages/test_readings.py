"""What programs read of reporting, each through the one filter."""

from typing import Any

import pytest

from tests.pages.site import COMMITTEE, CONSTRUCTION, DESK, OTHER_DESK, STRANGER_ID, Site

WHOLE, GLIMPSE = {"code", "completion", "ref", "items"}, {"code", "completion"}


@pytest.mark.parametrize(
    ("role", "who", "sees"),
    [
        ("desk_officer", {"agency": DESK}, WHOLE),
        ("desk_officer", {"agency": OTHER_DESK}, GLIMPSE),
        ("agency_officer", {"agency": COMMITTEE}, WHOLE),
        ("agency_officer", {"agency": CONSTRUCTION}, GLIMPSE),
        ("applicant", {"personal_id": "051190000017"}, WHOLE),
        ("applicant", {"personal_id": STRANGER_ID}, GLIMPSE),
        ("accountant", {"agency": DESK}, WHOLE),
        ("accountant", {"agency": OTHER_DESK}, GLIMPSE),
        ("postal_staff", {}, GLIMPSE),
        ("inspector", {}, WHOLE),
        ("system", {}, WHOLE),
    ],
)
def test_a_timeline_is_shown_to_those_concerned(site: Site, role: str, who: dict[str, str], sees: set[str]) -> None:
    """TT 01/2018 art. 16: everybody else sees the code and the degree of completion."""
    answer = site.be(role, **who).get(f"/api/v1/dossiers/{site.decided}/timeline")
    assert (answer.status_code, set(answer.json())) == (200, sees)


def test_without_signing_in_a_code_leads_to_the_degree_of_completion(site: Site) -> None:
    """By code or by reference; a dossier that does not exist is not found."""
    code = site.code_of(site.decided)
    for text in (code, site.decided):
        for path in (f"/api/v1/dossiers/{text}/timeline", f"/api/v1/reports/dossiers/{text}"):
            seen = site.nobody.get(path).json()
            assert seen == {"code": code, "completion": {"done": 2, "of": 3, "percent": 66}}
    missing = site.nobody.get("/api/v1/dossiers/H48.23293.01-260907-9999/timeline")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_a_timeline_tells_roles_and_never_ids(site: Site) -> None:
    """Who acted is said as a role; what is personal stands nowhere in it."""
    text = site.desk.get(f"/api/v1/dossiers/{site.decided}/timeline").text
    lines = site.desk.get(f"/api/v1/dossiers/{site.decided}/timeline").json()["items"]
    told = [(line["event"], line["role"]) for line in lines]
    assert told[:3] == [
        ("DossierSubmitted", "desk_officer"), ("DossierAccepted", "desk_officer"), ("ChainOpened", "system"),
    ]  # fmt: skip
    assert ("StepDecided", "agency_officer") in told
    assert "051190000017" not in text
    assert "Trần Phú" not in text


def test_a_report_says_where_a_dossier_stands_and_whose_minutes_there_were(site: Site) -> None:
    """What `lienthong dossier show` prints."""
    report = site.desk.get(f"/api/v1/reports/dossiers/{site.decided}").json()
    assert report["status"] == "fee_before_hand_out"
    assert report["holders"] == [{"party": "applicant", "agency": "", "step": ""}]
    assert [(step["step"], step["stage"], step["late"]) for step in report["steps"]] == [
        ("certificate", "decided", False)
    ]
    assert report["on_time"] is True
    assert report["late_because"] == []


@pytest.mark.parametrize(
    ("role", "who", "query", "found"),
    [
        ("desk_officer", {"agency": DESK}, {}, {"at_desk", "decided", "by_post"}),
        ("desk_officer", {"agency": OTHER_DESK}, {}, set()),
        ("agency_officer", {"agency": COMMITTEE}, {}, {"decided"}),
        ("applicant", {"personal_id": "051190000017"}, {}, {"at_desk", "decided", "by_post"}),
        ("applicant", {"personal_id": STRANGER_ID}, {}, set()),
        ("postal_staff", {}, {}, {"by_post"}),
        ("accountant", {"agency": DESK}, {}, {"at_desk", "decided", "by_post"}),
        ("inspector", {}, {"phase": "at_desk"}, {"at_desk"}),
        ("inspector", {}, {"procedure": "1.008891"}, {"by_post"}),
        ("inspector", {}, {"agency": COMMITTEE}, {"decided"}),
        ("inspector", {}, {"agency": DESK}, {"at_desk", "decided", "by_post"}),
        ("inspector", {}, {"late": "true"}, set()),
        ("inspector", {}, {"q": "260907-0001"}, {"decided"}),
        ("inspector", {}, {"q": "%"}, set()),
        ("inspector", {}, {"q": "_"}, set()),
        ("inspector", {}, {"q": "' OR 1=1 --"}, set()),
    ],
)
def test_a_list_holds_what_somebody_may_see_and_looks_for(
    site: Site, role: str, who: dict[str, str], query: dict[str, str], found: set[str]
) -> None:
    """The same filter as for one dossier; signs of SQL are only letters."""
    items = site.be(role, **who).get("/api/v1/reports/dossiers", params=query).json()["items"]
    names = {getattr(site, name): name for name in ("at_desk", "decided", "by_post")}
    assert {names[item["ref"]] for item in items if item["ref"] in names} == found
    holders = {"at_desk": "desk", "decided": "applicant", "by_post": "post"}
    for item in items:
        if item["ref"] in names:
            assert [holder["party"] for holder in item["holders"]] == [holders[names[item["ref"]]]]


def test_nobody_gets_a_list(site: Site) -> None:
    """Codes are not handed out to be tried one by one."""
    assert site.nobody.get("/api/v1/reports/dossiers").json() == {"items": [], "next": None}


def test_a_list_is_read_page_by_page(site: Site) -> None:
    """Newest first; the cursor leads on and ends."""
    inspector = site.be("inspector")
    seen: list[str] = []
    after = ""
    while True:
        page = inspector.get("/api/v1/reports/dossiers", params={"limit": 2, "after": after}).json()
        seen += [item["ref"] for item in page["items"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == sorted(set(seen), reverse=True)
    assert {site.at_desk, site.decided, site.by_post} <= set(seen)


def test_the_provinces_table_is_public_and_adds_up(site: Site) -> None:
    """NĐ 118/2025: figures of handling are published."""
    table: dict[str, Any] = site.nobody.get("/api/v1/statistics/province").json()
    assert table["received"] == table["resolved"] + table["in_progress"] + table["ended_otherwise"]
    assert table["resolved"] == table["on_time"] + table["late"]
    assert table["submitted"] == table["received"] + table["at_desk"] + table["turned_away"]
    one_month = site.nobody.get("/api/v1/statistics/province", params={"first": "2026-09", "last": "2026-09"}).json()
    assert one_month["received"] == table["received"]
    assert site.nobody.get("/api/v1/statistics/province", params={"agency": OTHER_DESK}).json()["received"] == 0


@pytest.mark.parametrize("month", ["2026-13", "2026", "'; DROP TABLE dossiers", "2026-9"])
def test_a_month_that_is_none_is_a_problem(site: Site, month: str) -> None:
    """Bad input gets a problem document and changes nothing."""
    answer = site.nobody.get("/api/v1/statistics/province", params={"first": month})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("role", "who", "status", "agencies"),
    [
        ("inspector", {}, 200, {COMMITTEE}),
        ("agency_officer", {"agency": COMMITTEE}, 200, {COMMITTEE}),
        ("agency_officer", {"agency": CONSTRUCTION}, 200, set()),
        ("applicant", {"personal_id": STRANGER_ID}, 404, set()),
        ("postal_staff", {}, 404, set()),
    ],
)
def test_figures_of_agencies_are_for_those_who_answer_for_them(
    site: Site, role: str, who: dict[str, str], status: int, agencies: set[str]
) -> None:
    """An agency sees its own, an inspector everybody's; what one may not see does not exist."""
    answer = site.be(role, **who).get("/api/v1/reports/agencies")
    assert answer.status_code == status
    assert {row["agency"] for row in answer.json().get("items", ())} == agencies
    assert site.nobody.get("/api/v1/reports/agencies").status_code == 404


def test_nothing_that_was_heard_is_parked(site: Site) -> None:
    """Every public event of every service can be read here."""
    assert site.platform.engine.running["reporting"].inbox.held == {}
