"""Faults of access that the closest existing system is known for, each shown not to exist here.

The numbers are the sections of the project's study of OpenCPS v2 (its authorisation: 1.10; its general security: 3.6).
"""

import re
from pathlib import Path

import pytest

from chassis.settings import Settings
from services.__main__ import compose
from services.intake.gateways.portal.sessions import REHEARSAL_PASSWORD, Account
from tests.borders.documents import bare, given_away, problem
from tests.borders.doors import doors, filled, needed, parts_of
from tests.borders.province import APPLICANT, DESK, OTHER_DESK, PAPERS, STEP, Province, given
from tests.harness import REGISTRY

PARTS = {"step": STEP, "leg": "delivery", "purpose": "visit", "component": "declaration"}
GLIMPSES = (
    "/dossiers/{ref}/clock",
    "/dossiers/{ref}",
    "/dossiers/{ref}/chain",
    "/dossiers/{ref}/timeline",
    "/reports/dossiers/{ref}",
)


@pytest.fixture(scope="module")
def ref(province: Province) -> str:
    return province.acknowledged()


def of_dossiers(province: Province, method: str) -> list[str]:
    """Return the programs' doors that lead to one dossier."""
    found = doors(province.app, method)
    return [path for path in found if path.startswith("/api/v1") and "ref" in parts_of(path)]


def test_to_be_signed_in_is_not_enough(province: Province, ref: str) -> None:
    """1.10: some 350 doors asked only whether somebody is signed in, so any caller read any dossier."""
    tried = 0
    for who in (province.stranger, province.other_desk, province.other_officer, province.other_accountant):
        for path in of_dossiers(province, "GET"):
            answer = province.get(filled(path, {**PARTS, "ref": ref}), who, **needed(province.app, path))
            if path.removeprefix("/api/v1") in GLIMPSES:
                told = {name for name, value in answer.json().items() if value not in (None, [], {})}
                assert answer.status_code == 404 or told <= {"code", "completion"}, path
            else:
                problem(answer, 404)
            assert given_away(answer, province.person(APPLICANT["personal_id"])) == []
            tried += 1
        for path in of_dossiers(province, "POST"):
            address = filled(path, {**PARTS, "ref": ref})
            problem(province.post(address, who, {}), 404, 422)
    assert tried > 40


@pytest.mark.parametrize("name", ["groupId", "X-Group-Id", "X-Agency", "agency", "Lienthong-Agency"])
def test_no_header_says_for_which_agency_one_speaks(province: Province, ref: str, name: str) -> None:
    """1.10: agencies were kept apart by a header that the client wrote."""
    for path in ("/api/v1/dossiers", "/api/v1/steps", "/api/v1/chains"):
        plain = province.client.get(path, headers=province.other_desk)
        claimed = province.client.get(path, headers={**province.other_desk, name: DESK})
        assert plain.json() == claimed.json()
        assert ref not in claimed.text
    asked = province.get("/api/v1/dossiers", province.other_desk, receiving_agency=DESK, agency=DESK, groupId=DESK)
    assert asked.json()["items"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"localaccess": "Token", "userid": "1"},
        {"Token": "Token", "userId": "10199"},
        {"X-Remote-User": "inspector"},
        {"X-Forwarded-User": "admin", "X-Forwarded-For": "127.0.0.1"},
        {"X-User": "system", "X-Role": "system"},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"Authorization": "Bearer null"},
        {"Authorization": "Token Token"},
        {"Cookie": "lienthong_session=inspector"},
        {"Cookie": "JSESSIONID=1; COMPANY_ID=1; ID=1"},
    ],
)
def test_no_header_is_an_identity(province: Province, ref: str, headers: dict[str, str]) -> None:
    """1.10 and 3.6: `localaccess` with a user id was taken for who somebody is; so was an SSO header."""
    for path in of_dossiers(province, "GET"):
        address = filled(path, {**PARTS, "ref": ref})
        answer, nobody = province.client.get(address, headers=headers), province.client.get(address)
        assert answer.status_code in (401, nobody.status_code), path
        assert (
            answer.status_code == 401
            or answer.content.split(b'"instance"')[0] == nobody.content.split(b'"instance"')[0]
        )
    command = province.post(f"/api/v1/dossiers/{ref}/withdrawal", headers)
    assert command.status_code in (401, 403), command.text


@pytest.mark.parametrize("query", [{"type": "admin"}, {"admin": "true"}, {"role": "system"}, {"userId": "1"}])
def test_no_query_makes_an_administrator(province: Province, query: dict[str, str]) -> None:
    """1.10: `/dossiers/{scheduler}/count?type=admin` was open to whoever wrote those words."""
    for who in ({}, province.other_desk):
        for path in ("/api/v1/operations/events", "/api/v1/operations/parked", "/api/v1/people/forgotten"):
            plain = province.get(path, who, service="intake")
            asked = province.get(path, who, service="intake", **query)
            assert bare(asked) == bare(plain)
            problem(asked, 401, 404)


def test_nobody_undoes_what_was_done(province: Province) -> None:
    """1.10: rolling an action back was for administrators, and the check was commented out. There is no such door."""
    undoing = re.compile(r"roll-?back|undo|revert|reset|delete", re.IGNORECASE)
    assert [path for path in doors(province.app, "POST") if undoing.search(path)] == []
    assert doors(province.app, "PUT") == []
    for method in ("PATCH", "DELETE"):
        assert doors(province.app, method) == ["/api/v1/uploads/{upload}"], "a file that no dossier names yet"


def test_no_token_is_written_down(province: Province, ref: str) -> None:
    """1.10 and 3.3: the logs and the publish queue kept access tokens with whole bodies."""
    province.do("take_over_step", province.officer, ref=province.accepted(), step=STEP)
    province.settle()
    tokens = [
        header["Authorization"].removeprefix("Bearer ").encode()
        for header in (province.desk, province.officer, province.applicant, province.system)
    ]
    parts = [part for token in tokens for part in token.split(b".")[1:]]
    files = [path for path in Path(province.data).rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        assert not any(part in content for part in parts), path.name


def test_outside_a_rehearsal_no_secret_of_the_source_opens_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3.6: fixed passwords and tokens stood in the source and worked everywhere; here they are a rehearsal's alone."""
    monkeypatch.delenv("LIENTHONG_PORTAL_PASSWORD", raising=False)
    rehearsal, serious = Account.from_environment(rehearsal=True), Account.from_environment(rehearsal=False)
    assert rehearsal.open("dvcqg", REHEARSAL_PASSWORD) is not None
    assert serious.open("dvcqg", REHEARSAL_PASSWORD) is None
    assert not serious.admits(rehearsal.open("dvcqg", REHEARSAL_PASSWORD) or "")
    keys = set()
    for name in ("one", "another"):
        platform = compose(tmp_path / name, False, Settings(), registry=REGISTRY)
        keys |= {key["kid"] for key in platform.issuer.keys.published()["keys"]}
        keys.add(platform.issuer.csrf_token("x"))
        platform.close()
    assert len(keys) == 4, "each installation makes its own keys"


def test_an_officer_of_one_desk_cannot_hand_in_at_another(province: Province) -> None:
    """1.10: isolation held for what was searched, not for what was written."""
    body = province.submission(receiving_agency=OTHER_DESK, components=given(*PAPERS))
    with province.unchanged("vault"):
        problem(province.post("/api/v1/dossiers", province.desk, body), 404)
