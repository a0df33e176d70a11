"""What strangers send to routing over HTTP: bad input gets a problem document and changes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.web.auth import Principal
from services.routing.wiring import service as routing
from tests.http_harness import HttpPlatform
from tests.routing import desk as d

REF = d.reference(1)
STEP = f"/api/v1/dossiers/{REF}/steps/household_business"
CHAIN = f"/api/v1/dossiers/{REF}/chain"
TOO_LONG = '{"note": "' + "9" * 1_100_000 + '"}'


def behind_http(data: Path) -> Iterator[HttpPlatform]:
    """Run routing with one karaoke chain whose first step the commune has acknowledged."""
    with HttpPlatform(data, (d.service, routing)) as platform:
        d.accept(platform, 1)
        platform.settle()
        assert platform.post(f"{STEP}/acknowledgement", officer(platform, d.COMMUNE)).status_code == 200
        yield platform


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[HttpPlatform]:
    """An exchange of one's own."""
    yield from behind_http(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpPlatform]:
    """One exchange for all tests that must change nothing; each checks that, so none disturbs the next."""
    yield from behind_http(tmp_path_factory.mktemp("exchange"))


def officer(platform: HttpPlatform, agency: str) -> dict[str, str]:
    return platform.token("agency_officer", agency=agency)


def token_of(platform: HttpPlatform, who: Principal) -> dict[str, str]:
    return {"Authorization": f"Bearer {platform.issuer.issue(who)}"}


def head(platform: HttpPlatform) -> int:
    return platform.engine.running["routing"].store.head()


def problem(answer: Any) -> tuple[int, str]:
    """Return status and code of a problem document, after looking at its manners."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["status"] == answer.status_code
    assert document["title"] != document["title_en"]
    assert document["origin"] == "platform"
    return answer.status_code, document["code"]


BAD = (422, "invalid_request")


@pytest.mark.parametrize(
    ("noun", "body", "outcome"),
    [
        ("decision", d.decision("household_business", result_code="KQ.1"), BAD),
        ("decision", d.decision("household_business", result_code=7), BAD),
        ("decision", d.decision("household_business", result_code=d.result_of("karaoke_licence")), None),
        ("decision", d.decision("household_business", number=""), BAD),
        ("decision", d.decision("household_business", number="   "), BAD),
        ("decision", d.decision("household_business", number="x" * 101), BAD),
        ("decision", d.decision("household_business", signer=None), BAD),
        ("decision", d.decision("household_business", sha256="AB" * 32), BAD),
        ("decision", d.decision("household_business", sha256="ab"), BAD),
        ("decision", d.decision("household_business", on_time=True), BAD),
        ("decision", d.decision("household_business", agency=d.COMMUNE), BAD),
        ("decision", {}, BAD),
        ("refusal", d.refusal(reason_code="Phòng hát quá nhỏ"), BAD),
        ("refusal", d.refusal(law=""), BAD),
        ("refusal", d.refusal(note="x" * 2_001), BAD),
        ("refusal", d.refusal(note=["x"]), BAD),
        ("sending-back", d.sending_back("DESK"), BAD),
        ("sending-back", d.sending_back("karaoke_licence"), (422, "not_an_earlier_step")),
        ("sending-back", d.sending_back("household_business"), (422, "not_an_earlier_step")),
        ("extension", {"ground": "verification"}, (422, "ground_not_in_law")),
        ("extension", {"ground": "'; DROP TABLE steps; --"}, BAD),
    ],
)
def test_a_body_that_does_not_fit_changes_nothing(
    untouched: HttpPlatform, noun: str, body: dict[str, Any], outcome: tuple[int, str] | None
) -> None:
    """Whatever is wrong is named; who acts and when is never the sender's to say."""
    before = head(untouched)
    answer = untouched.post(f"{STEP}/{noun}", officer(untouched, d.COMMUNE), body)
    assert problem(answer) == (outcome or (422, "result_of_another_kind"))
    assert answer.json()["invalid_params"]
    assert head(untouched) == before


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        ("{", (400, "malformed_request")),
        ("", BAD),
        ("[]", BAD),
        ("null", BAD),
        ('"decision"', BAD),
        (TOO_LONG, (413, "body_too_large")),
    ],
    ids=["half", "empty", "list", "null", "text", "over the limit"],
)
def test_content_that_is_no_command_changes_nothing(
    untouched: HttpPlatform, content: str, outcome: tuple[int, str]
) -> None:
    """Bytes of any kind are answered, never taken."""
    before = head(untouched)
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json", **officer(untouched, d.COMMUNE)}
    assert problem(untouched.client.post(f"{STEP}/decision", content=content, headers=headers)) == outcome
    assert head(untouched) == before


def test_commands_out_of_order_say_which_law_they_break(exchange: HttpPlatform) -> None:
    """NĐ 61/2018 art. 19; the problem document cites it."""
    police = officer(exchange, d.POLICE)
    base = f"/api/v1/dossiers/{REF}/steps"
    early = exchange.post(f"{base}/security_certificate/decision", police, d.decision("security_certificate"))
    assert problem(early) == (409, "step_not_ready")
    assert early.json()["law"] == "NĐ 61/2018/NĐ-CP art. 19.6"
    assert problem(exchange.post(f"{base}/household_business/takeover", police)) == (404, "not_found")
    assert problem(exchange.post(f"{base}/tea_break/takeover", police)) == (404, "not_found")
    commune = officer(exchange, d.COMMUNE)
    decided = exchange.post(f"{STEP}/decision", commune, d.decision("household_business"))
    assert decided.json() == {"version": 5, "state": "open", "became_ready": ["security_certificate"]}
    other = exchange.post(f"{STEP}/decision", commune, d.decision("household_business", number="13/GCN"))
    assert problem(other) == (409, "step_decided")
    assert problem(
        exchange.post(f"{base}/security_certificate/decision", police, d.decision("security_certificate"))
    ) == (
        409,
        "step_not_acknowledged",
    )


@pytest.mark.parametrize("noun", ["takeover", "acknowledgement", "decision", "refusal", "sending-back"])
@pytest.mark.parametrize(
    "who",
    [d.STRANGER, d.OTHER_DESK, d.DESK_OFFICER_1, d.AUDITOR, Principal("p:1", "applicant", person="p1")],
    ids=lambda who: who.id,
)
def test_whoever_may_not_act_sees_what_does_not_exist(untouched: HttpPlatform, who: Principal, noun: str) -> None:
    """Contracts: not "forbidden", which would say that there is something; the same answer as for no dossier at all."""
    bodies = {
        "decision": d.decision("household_business"),
        "refusal": d.refusal(),
        "sending-back": d.sending_back("desk"),
    }
    before = head(untouched)
    headers = token_of(untouched, who)
    there = untouched.post(f"{STEP}/{noun}", headers, bodies.get(noun))
    nowhere = untouched.post(f"/api/v1/dossiers/{d.reference(9)}/steps/x/{noun}", headers, bodies.get(noun))
    assert problem(there) == problem(nowhere) == (404, "not_found")
    assert {**there.json(), "instance": ""} == {**nowhere.json(), "instance": ""}
    assert head(untouched) == before


def test_without_a_valid_token_nobody_acts(untouched: HttpPlatform) -> None:
    """Contracts: every command has a principal."""
    before = head(untouched)
    assert problem(untouched.post(f"{STEP}/takeover")) == (401, "sign_in_needed")
    assert problem(untouched.post(f"{STEP}/takeover", {"Authorization": "Bearer x.y.z"})) == (401, "token_invalid")
    expired = {"Authorization": f"Bearer {untouched.issuer.issue(d.REGISTRAR, lifetime_s=-120)}"}
    assert problem(untouched.post(f"{STEP}/takeover", expired)) == (401, "token_expired")
    headers = officer(untouched, d.COMMUNE)
    assert problem(untouched.client.post(f"{STEP}/takeover", headers=headers)) == (400, "idempotency_key_missing")
    assert head(untouched) == before


def test_an_officer_who_looked_earlier_is_told_that_it_changed(exchange: HttpPlatform) -> None:
    """Contracts: ETag and If-Match are the version of the chain's own stream."""
    commune = officer(exchange, d.COMMUNE)
    seen = exchange.get(CHAIN, commune)
    assert seen.headers["etag"] == '"3"'
    assert exchange.client.get(CHAIN, headers={**commune, "If-None-Match": '"3"'}).status_code == 304
    stale = {**commune, "If-Match": '"2"'}
    assert problem(exchange.post(f"{STEP}/decision", stale, d.decision("household_business"))) == (
        412,
        "version_changed",
    )
    fresh = {**commune, "If-Match": '"3"'}
    answer = exchange.post(f"{STEP}/decision", fresh, d.decision("household_business"))
    assert (answer.status_code, answer.headers["etag"]) == (200, '"5"')


def test_a_chain_is_found_by_the_code_on_the_applicants_paper(exchange: HttpPlatform) -> None:
    """Contracts: every path takes reference or code; without signing in nothing of a chain is shown."""
    by_code = f"/api/v1/dossiers/{d.code(1)}/chain"
    assert exchange.get(by_code, officer(exchange, d.POLICE)).json()["ref"] == REF
    assert problem(exchange.get(by_code)) == (404, "not_found")
    assert problem(exchange.get(f"/api/v1/dossiers/{d.code(2)}/chain")) == (404, "not_found")
    assert problem(exchange.get(f"/api/v1/dossiers/{REF}/chain/clocks")) == (404, "not_found")


def test_a_worklist_comes_page_by_page_and_shows_nobody_elses_steps(exchange: HttpPlatform) -> None:
    """Contracts: cursor paging, no totals, the same filter as for commands."""
    for number in range(2, 6):
        d.accept(exchange, number)
    exchange.settle()
    commune = officer(exchange, d.COMMUNE)
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(3):
        page = exchange.get("/api/v1/steps", commune, open="yes", limit=2, **after).json()
        seen += [item["ref"] for item in page["items"]]
        assert {item["agency"] for item in page["items"]} == {d.COMMUNE}
        after = {"after": page["next"]} if page["next"] else {}
    assert sorted(seen) == [d.reference(number) for number in range(1, 6)]
    assert after == {}
    lists = {
        d.POLICE: exchange.get("/api/v1/steps", officer(exchange, d.POLICE), stage="planned").json(),
        d.NEIGHBOUR: exchange.get("/api/v1/steps", officer(exchange, d.NEIGHBOUR)).json(),
    }
    assert len(lists[d.POLICE]["items"]) == 5
    assert lists[d.NEIGHBOUR] == {"items": [], "next": None}
    assert exchange.get("/api/v1/steps").json() == {"items": [], "next": None}
    stolen = exchange.get("/api/v1/steps", officer(exchange, d.NEIGHBOUR), acting_agency=d.COMMUNE).json()
    assert stolen["items"] == []
    assert problem(exchange.get("/api/v1/steps", commune, limit=10_000)) == BAD


def test_chains_are_listed_for_those_they_concern(exchange: HttpPlatform) -> None:
    """The lead finds what it answers for, an applicant what is the own."""
    d.accept(exchange, 2, applicant="p-somebody-else", submitter="p-somebody-else")
    exchange.settle()
    lead = exchange.get("/api/v1/chains", officer(exchange, d.PROVINCE), lead=d.PROVINCE, state="open").json()
    assert [chain["ref"] for chain in lead["items"]] == [d.reference(1), d.reference(2)]
    own = exchange.get("/api/v1/chains", token_of(exchange, d.applicant(exchange))).json()
    assert [chain["ref"] for chain in own["items"]] == [d.reference(1)]
    assert exchange.get("/api/v1/chains", officer(exchange, d.NEIGHBOUR)).json()["items"] == []


def test_a_note_that_was_never_written_is_not_there(exchange: HttpPlatform) -> None:
    """Looking for one is no opening and writes nothing down."""
    commune = officer(exchange, d.COMMUNE)
    assert problem(exchange.get(f"{STEP}/note", commune)) == (404, "not_found")
    exchange.post(f"{STEP}/sending-back", commune, d.sending_back("desk", note=""))
    assert problem(exchange.get(f"{STEP}/note", commune)) == (404, "not_found")
    assert exchange.vault.openings(d.applicant(exchange).person) == []


def test_the_desk_reads_what_the_agency_found(exchange: HttpPlatform) -> None:
    """Nothing of it stands in clear in any store; it is opened one by one, and that is written down."""
    commune = officer(exchange, d.COMMUNE)
    exchange.post(f"{STEP}/sending-back", commune, d.sending_back("desk"))
    read = exchange.get(f"{STEP}/note", token_of(exchange, d.DESK_OFFICER_1))
    assert read.json() == {"ref": REF, "step": "household_business", "reason": "wrong_name", "note": "Tên mẹ ghi sai"}
    for file in exchange.data.rglob("routing.db*"):
        assert "Tên mẹ".encode() not in file.read_bytes()
