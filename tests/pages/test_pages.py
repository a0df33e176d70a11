"""Pages as each role sees them, in both languages, and what hostile texts do there: nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from services.__main__ import asgi, compose
from tests.harness import REGISTRY
from tests.pages.site import COMMITTEE, CONSTRUCTION, DESK, HOSTILE, OTHER_DESK, STRANGER_ID, Site

ROLES = [
    ("desk_officer", {"agency": DESK}, True),
    ("desk_officer", {"agency": OTHER_DESK}, False),
    ("agency_officer", {"agency": COMMITTEE}, True),
    ("agency_officer", {"agency": CONSTRUCTION}, False),
    ("applicant", {"personal_id": "051190000017"}, True),
    ("applicant", {"personal_id": STRANGER_ID}, False),
    ("accountant", {"agency": DESK}, True),
    ("postal_staff", {}, False),
    ("inspector", {}, True),
    ("system", {}, True),
]


def offered(page: str) -> list[str]:
    """Return the names of the acts that a page offers."""
    return re.findall(r'<form id="act-([a-z_]+)', page)


@pytest.mark.parametrize(("role", "who", "whole"), ROLES)
def test_each_role_sees_its_own(site: Site, role: str, who: dict[str, str], whole: bool) -> None:
    """The whole dossier for those concerned, code and completion for everybody else."""
    client = site.be(role, **who)
    page = client.get(f"/dossiers/{site.code_of(site.decided)}")
    assert page.status_code == 200
    assert ('class="timeline"' in page.text) is whole
    assert ("66%" in page.text) is True
    for path in ("/", "/sign-in"):
        assert client.get(path).status_code == 200


def test_nobody_sees_code_and_completion_alone(site: Site) -> None:
    """TT 01/2018 art. 16: neither procedure nor desk, neither dates nor agencies, nor a list."""
    code = site.code_of(site.decided)
    page = site.nobody.get(f"/dossiers/{code}").text
    content = page.split('<main id="content"')[1].split('class="card-plain roles"')[0]
    assert code in content
    assert "66%" in content
    for hidden in ("hôn nhân", "Kon Tum", "2026 ", "timeline", "chain", site.decided):
        assert hidden not in content.replace(code, "")
    home = site.nobody.get("/").text
    assert code not in home
    assert 'id="found"' not in home


def test_a_code_typed_in_leads_to_its_dossier(site: Site) -> None:
    """However it is written; one that nobody gave leads nowhere and says so."""
    code = site.code_of(site.decided)
    answer = site.nobody.get("/", params={"q": f" {code.lower()} "}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/dossiers/{code}")
    unknown = site.nobody.get("/", params={"q": "H48.23293.01-260907-9999"})
    assert "Không tìm thấy hồ sơ có mã này" in unknown.text


@pytest.mark.parametrize(
    "path", ["/dossiers/H48.23293.01-260907-9999", "/dossiers/%3Cscript%3E", "/submissions/9.999999"]
)
def test_what_is_not_there_gets_a_page_that_says_so(site: Site, path: str) -> None:
    """A person gets a sentence, not a document for programs."""
    answer = site.desk.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "Không tìm thấy" in answer.text


def test_a_language_is_chosen_and_remembered(site: Site) -> None:
    """Vietnamese first; English when it is asked for, until the other is asked for."""
    client = site.be("inspector")
    path = f"/dossiers/{site.decided}"
    assert '<html lang="vi">' in client.get(path).text
    english = client.get(path, params={"lang": "en"}).text
    assert '<html lang="en">' in english
    for said in (
        "Result ready, fee not paid",
        "Whose clock runs",
        "Marital status certificate",
        "People&#39;s Committee",
    ):
        assert said in english
    assert '<html lang="en">' in client.get("/").text, "the cookie remembers it"
    assert '<html lang="vi">' in client.get("/", params={"lang": "vi"}).text
    assert '<html lang="vi">' in client.get("/", params={"lang": "xx"}).text


def test_hostile_text_stays_text(site: Site) -> None:
    """An agency's words, and a visitor's own, are shown and never run."""
    page = site.desk.get(f"/dossiers/{site.decided}").text
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page
    for answer in (
        site.desk.get("/", params={"q": HOSTILE, "phase": HOSTILE, "agency": HOSTILE}),
        site.desk.get("/found", params={"q": HOSTILE, "part": HOSTILE}),
        site.desk.get("/", params={"lang": HOSTILE, "seen": HOSTILE}),
    ):
        assert answer.status_code == 200
        assert HOSTILE not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/dossiers/{ref}", "/agencies", "/submissions", "/submissions/1.004873"]
)
def test_every_page_is_closed_to_strangers(site: Site, path: str) -> None:
    """Only our own scripts and styles run, nobody frames a page, nothing inline is needed."""
    for client in (site.nobody, site.desk, site.be("inspector")):
        answer = client.get(path.format(ref=site.decided))
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text), "no inline script"
        assert not re.search(r"\son\w+=|\sstyle=", answer.text), "no inline handler, no inline style"
        assert "//" not in "".join(re.findall(r'(?:src|href)="(?:https?:)?(//[^"]*)"', answer.text))


def test_a_command_from_a_page_needs_the_pages_token(site: Site) -> None:
    """Another site cannot act with somebody's session; the token stands in the page."""
    client = site.be("desk_officer", agency=DESK)
    token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', client.get("/").text)
    assert token is not None
    assert client.headers.pop("X-CSRF-Token") == token.group(1)
    headers = {"Idempotency-Key": "forged"}
    forged = client.post(f"/api/v1/dossiers/{site.at_desk}/acceptance", headers=headers)
    assert (forged.status_code, forged.json()["code"]) == (403, "csrf_missing")
    assert client.post("/sign-out").status_code == 403
    assert client.post("/sign-out", headers={"X-CSRF-Token": token.group(1)}).status_code == 204
    assert "data-sign-out" not in client.get("/").text


@pytest.mark.parametrize(
    ("role", "who", "acts"),
    [
        (
            "desk_officer",
            {"agency": DESK},
            ["accept_dossier", "ask_for_supplement", "refuse_dossier", "withdraw_dossier"],
        ),
        ("applicant", {"personal_id": "051190000017"}, ["withdraw_dossier"]),
        ("inspector", {}, []),
        ("accountant", {"agency": DESK}, []),
    ],
)
def test_a_page_offers_what_is_next_for_its_reader(site: Site, role: str, who: dict[str, str], acts: list[str]) -> None:
    """Before acceptance the desk acts; everybody else waits."""
    assert offered(site.be(role, **who).get(f"/dossiers/{site.at_desk}").text) == acts


def test_the_post_acts_on_its_parcel(site: Site) -> None:
    """Papers that the post fetches: picked up, or a failed attempt."""
    page = site.be("postal_staff").get(f"/dossiers/{site.by_post}").text
    assert offered(page) == ["mark_picked_up", "mark_attempt_failed"]
    assert "RH0000000" in page


def test_a_page_waits_until_what_was_done_is_there(site: Site) -> None:
    """The answer's position comes back with the page: what one has just done is never missing from it."""
    ref = site.hand_in()
    answer = site.act(site.desk, f"/dossiers/{ref}/acceptance")
    page = site.desk.get(f"/dossiers/{ref}", params={"seen": answer.headers["lienthong-position"]}).text
    assert "Đang giải quyết" in page
    assert "Cơ quan giải quyết: Ủy ban nhân dân phường Kon Tum" in page, "and what others did on hearing it"


@pytest.mark.parametrize("seen", ["intake:999999999", "nobody:1", "intake:x", "intake:", "", "payments:-1"])
def test_a_position_that_never_comes_is_not_waited_for_long(site: Site, seen: str) -> None:
    """At most two seconds, then the page as it is."""
    assert site.desk.get(f"/dossiers/{site.at_desk}", params={"seen": seen}).status_code == 200


def test_in_rehearsal_one_can_be_the_applicant_of_a_dossier(site: Site) -> None:
    """An opaque id names the applicant, so the dossier's own page offers the role."""
    client = TestClient(site.app)
    assert client.post(f"/rehearsal/applicants/{site.at_desk}").status_code == 200
    assert 'class="timeline"' in client.get(f"/dossiers/{site.at_desk}").text
    assert client.post("/rehearsal/applicants/nobody").status_code == 404


@pytest.mark.parametrize(
    ("role", "who", "status"),
    [("desk_officer", {"agency": DESK}, 200), ("applicant", {"personal_id": STRANGER_ID}, 200), ("inspector", {}, 404)],
)
def test_who_hands_in_gets_the_procedures_questions(site: Site, role: str, who: dict[str, str], status: int) -> None:
    """The form is the procedure: its papers, its facts, its ways."""
    answer = site.be(role, **who).get("/submissions/1.004873")
    assert answer.status_code == status
    asks = ('id="part-declaration"', 'name="facts.married_before"', 'name="hand_out_by"', 'value="poor_household"')
    assert all(one in answer.text for one in asks) is (status == 200)


def test_static_files_are_kept_and_nothing_else_is_served(site: Site) -> None:
    """A file's address changes with its content; no path leads out of the folder."""
    page = site.nobody.get("/").text
    for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
        answer = site.nobody.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    for outside in ("/static/../pages.py", "/static/%2e%2e/pages.py", "/static/", "/static/none.js"):
        assert site.nobody.get(outside).status_code == 404


@pytest.fixture(scope="module")
def on_duty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server that is not in rehearsal."""
    data: Path = tmp_path_factory.mktemp("duty")
    platform = compose(data, rehearsal=False, registry=REGISTRY)
    platform.engine.start()
    yield TestClient(asgi(platform))
    platform.close()


def test_outside_rehearsal_nobody_is_anybody(on_duty: TestClient) -> None:
    """No role without an issuer, no virtual clock, no door that only rehearsal has."""
    page = on_duty.get("/sign-in").text
    assert "data-session" not in page
    assert "rehearsal-strip" not in page
    assert on_duty.post("/rehearsal/applicants/x").status_code == 404
    assert on_duty.post("/api/v1/rehearsal/sessions", json={"role": "inspector"}).status_code == 404
