"""What strangers send to the post over HTTP: bad input gets a problem document and changes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.postal.wiring import service as postal
from tests.http_harness import HttpPlatform
from tests.postal import people as p
from tests.postal import teller

REF = p.reference(1)
PICKUP = f"/api/v1/parcels/{REF}/collection/pickup"
BODY_OVER_THE_LIMIT = '{"seal_number": "' + "9" * 1_100_000 + '"}'


@pytest.fixture
def post(tmp_path: Path) -> Iterator[HttpPlatform]:
    """The post with one collection ordered, behind its HTTP border."""
    with HttpPlatform(tmp_path, (teller.service, postal)) as platform:
        p.submit_by_post(platform, 1)
        platform.settle()
        yield platform


def head(post: HttpPlatform) -> int:
    return post.engine.running["postal"].store.head()


def problem(answer: Any) -> tuple[int, str]:
    """Return status and code of a problem document, after looking at its manners."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert document["status"] == answer.status_code
    assert document["title"] != document["title_en"]
    assert document["origin"] == "platform"
    return answer.status_code, document["code"]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"counted_papers": "4"}, (422, "invalid_request")),
        ({"counted_papers": 4.0}, (422, "invalid_request")),
        ({"counted_papers": True}, (422, "invalid_request")),
        ({"counted_papers": None}, (422, "invalid_request")),
        ({"counted_papers": -1}, (422, "invalid_request")),
        ({"counted_papers": 10**30}, (422, "invalid_request")),
        ({"counted_papers": 0}, (422, "proof_incomplete")),
        ({"seal_number": "x" * 41}, (422, "invalid_request")),
        ({"seal_number": "niêm phong của An"}, (422, "proof_incomplete")),
        ({"seal_number": ["NP-9"]}, (422, "invalid_request")),
        ({"signature_sha256": "abc"}, (422, "proof_incomplete")),
        ({"photo_sha256": p.digest(2).upper() + "0"}, (422, "invalid_request")),
        ({"device_time": "yesterday"}, (422, "invalid_request")),
        ({"device_time": "2026-09-07T08:00:00"}, (422, "invalid_request")),
        ({"advised_missing": ["x"] * 101}, (422, "invalid_request")),
        ({"advised_missing": ["giấy khai sinh"]}, (422, "proof_incomplete")),
        ({"now": "2020-01-01T00:00:00Z"}, (422, "invalid_request")),
    ],
    ids=str,
)
def test_a_body_that_does_not_fit_changes_nothing(
    post: HttpPlatform, change: dict[str, Any], outcome: tuple[int, str]
) -> None:
    """Whatever is wrong is named, and the time is never the sender's to say."""
    before = head(post)
    assert problem(post.post(PICKUP, post.token("postal_staff"), p.pick_up(**change))) == outcome
    assert head(post) == before


def test_papers_go_to_the_desk_and_a_result_to_its_owner(post: HttpPlatform) -> None:
    """QĐ 45/2016 arts. 7.4 and 9, at the addresses that the README names."""
    who, base = post.token("postal_staff", id=p.POSTMAN.id), f"/api/v1/parcels/{REF}"
    assert post.post(f"{base}/collection/failed-attempts", who, p.failed(1, measure="address_check")).status_code == 200
    assert post.post(f"{base}/collection/pickup", who, p.pick_up()).json()["custodian"] == "post"
    assert problem(post.post(f"{base}/collection/handover", who, p.record(officer=p.POSTMAN.id))) == (
        422,
        "handover_record_unsigned",
    )
    assert problem(post.post(f"{base}/collection/handover", who, p.record(accepted_papers=3))) == (
        422,
        "papers_do_not_add_up",
    )
    assert post.post(f"{base}/collection/handover", who, p.record()).json()["custodian"] == "desk"
    p.dispatch(post, REF)
    post.settle()
    assert post.post(f"{base}/delivery/pickup", who, p.pick_up()).json()["custodian"] == "post"
    assert problem(post.post(f"{base}/delivery/back-at-desk", who, p.record())) == (409, "attempts_left")
    assert problem(post.post(f"{base}/delivery/completion", who, p.delivery(relation="proxy"))) == (
        422,
        "receiver_without_authority",
    )
    proxy = p.delivery(relation="proxy", authority_paper=p.digest(5))
    assert post.post(f"{base}/delivery/completion", who, proxy).json()["custodian"] == "applicant"
    assert post.get("/api/v1/parcels-to-do", who).json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        ("{", (400, "malformed_request")),
        ("", (422, "invalid_request")),
        ("[]", (422, "invalid_request")),
        ("null", (422, "invalid_request")),
        ('"papers"', (422, "invalid_request")),
        ("{}", (422, "invalid_request")),
        (BODY_OVER_THE_LIMIT, (413, "body_too_large")),
    ],
    ids=["half", "empty", "list", "null", "text", "nothing in it", "over the limit"],
)
def test_content_that_is_no_command_changes_nothing(post: HttpPlatform, content: str, outcome: tuple[int, str]) -> None:
    """Bytes of any kind are answered, never taken."""
    before = head(post)
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json", **post.token("postal_staff")}
    assert problem(post.client.post(PICKUP, content=content, headers=headers)) == outcome
    assert head(post) == before


@pytest.mark.parametrize(
    ("path", "body", "outcome"),
    [
        (f"/parcels/{REF}/delivery/pickup", p.pick_up(), (404, "not_found")),
        (f"/parcels/{REF}/balloon/pickup", p.pick_up(), (404, "not_found")),
        (f"/parcels/{p.reference(2)}/collection/pickup", p.pick_up(), (404, "not_found")),
        ("/parcels/H48.01-260907-0001/collection/pickup", p.pick_up(), (404, "not_found")),
        ("/parcels/%00/collection/pickup", p.pick_up(), (404, "not_found")),
        (f"/parcels/{REF}/collection/handover", p.record(), (409, "parcel_not_picked_up")),
        (f"/parcels/{REF}/collection/failed-attempts", p.failed(2), (422, "measure_does_not_fit")),
        (f"/parcels/{REF}/collection/failed-attempts", p.failed(1, reason="asleep"), (422, "invalid_request")),
        (f"/parcels/{REF}/collection/failed-attempts", p.failed(1, reason="damaged"), (422, "reason_does_not_fit")),
        (f"/parcels/{REF}/collection/failed-attempts", p.failed(1, photo_sha256=""), (422, "measure_does_not_fit")),
        (f"/parcels/{REF}/delivery/completion", p.delivery(), (404, "not_found")),
        (f"/parcels/{REF}/delivery/completion", p.delivery(relation="neighbour"), (422, "invalid_request")),
        (f"/parcels/{REF}/delivery/back-at-desk", p.record(), (404, "not_found")),
    ],
)  # fmt: skip
def test_what_comes_out_of_order_or_out_of_place_changes_nothing(
    post: HttpPlatform, path: str, body: dict[str, Any], outcome: tuple[int, str]
) -> None:
    """A refusal names its rule and law; what is not there is not there."""
    before = head(post)
    answer = post.post(f"/api/v1{path}", post.token("postal_staff"), body)
    assert problem(answer) == outcome
    if outcome[1] not in ("not_found", "invalid_request"):
        assert answer.json()["law"]
    assert head(post) == before


@pytest.mark.parametrize(
    ("role", "agency", "outcome"),
    [
        ("desk_officer", p.AGENCY, (404, "not_found")),
        ("agency_officer", p.AGENCY, (404, "not_found")),
        ("applicant", "", (404, "not_found")),
        ("accountant", p.AGENCY, (404, "not_found")),
        ("inspector", "", (404, "not_found")),
        ("system", "", (404, "not_found")),
    ],
)
def test_only_postal_staff_move_parcels(post: HttpPlatform, role: str, agency: str, outcome: tuple[int, str]) -> None:
    """QĐ 45/2016: who carries the papers says where they are."""
    before = head(post)
    assert problem(post.post(PICKUP, post.token(role, agency=agency), p.pick_up())) == outcome
    assert head(post) == before


def test_a_token_that_is_none_opens_nothing(post: HttpPlatform) -> None:
    """No token, a forged one, one that has expired: three answers, no change."""
    before = head(post)
    good = post.token("postal_staff")["Authorization"]
    forged = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
    expired = post.client.post("/api/v1/rehearsal/tokens", json={"role": "postal_staff", "lifetime_s": -60}).json()
    assert problem(post.post(PICKUP, {}, p.pick_up())) == (401, "sign_in_needed")
    assert problem(post.post(PICKUP, {"Authorization": forged}, p.pick_up())) == (401, "token_invalid")
    assert problem(post.post(PICKUP, {"Authorization": "Basic eA=="}, p.pick_up())) == (401, "token_invalid")
    bearer = {"Authorization": f"Bearer {expired['token']}"}
    assert problem(post.post(PICKUP, bearer, p.pick_up())) == (401, "token_expired")
    assert head(post) == before


def test_a_command_sent_again_is_carried_out_once(post: HttpPlatform) -> None:
    """A device without a network sends until it is answered; the key makes it one command."""
    who = post.token("postal_staff")
    first = post.post(PICKUP, who, p.pick_up(), key="k1")
    after = head(post)
    again = post.post(PICKUP, who, p.pick_up(), key="k1")
    other = post.post(PICKUP, who, p.pick_up(seal_number="NP-10"), key="k1")
    late = post.post(PICKUP, who, p.pick_up(), key="k2")
    assert first.status_code == again.status_code == late.status_code == 200
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert problem(other) == (409, "idempotency_key_reused")
    assert head(post) == after
    kinds = [kind for kind, _ in post.events("postal")]
    assert kinds.count("ParcelPickedUp") == 1


def test_a_command_without_a_key_is_not_taken(post: HttpPlatform) -> None:
    """Without a key a repeat could not be told from a second wish."""
    answer = post.client.post(PICKUP, json=p.pick_up(), headers=post.token("postal_staff"))
    assert problem(answer) == (400, "idempotency_key_missing")


def test_a_command_upon_an_older_version_is_refused(post: HttpPlatform) -> None:
    """`If-Match` is the version that was read."""
    who = post.token("postal_staff")
    seen = post.get(f"/api/v1/parcels/{REF}/collection", who)
    assert seen.headers["etag"] == '"1"'
    stale = post.post(PICKUP, {**who, "If-Match": '"7"'}, p.pick_up())
    assert problem(stale) == (412, "version_changed")
    done = post.post(PICKUP, {**who, "If-Match": seen.headers["etag"]}, p.pick_up())
    assert (done.status_code, done.headers["etag"], done.json()["version"]) == (200, '"2"', 2)


def test_the_list_is_read_page_by_page(post: HttpPlatform) -> None:
    """Contracts: `after`, `limit`, `next`; every parcel once, in the order of its turn."""
    for number in range(2, 8):
        p.submit_by_post(post, number, agency=p.AGENCY if number % 2 else p.ELSEWHERE)
    post.settle()
    who, refs, after = post.token("postal_staff"), [], None
    for _ in range(9):
        page = post.get("/api/v1/parcels-to-do", who, limit=3, **({"after": after} if after else {})).json()
        refs += [item["ref"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert refs == [p.reference(number) for number in range(1, 8)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"task": "collect"}, [1, 3]),
        ({"task": "hand_over"}, [2]),
        ({"leg": "delivery"}, []),
        ({"receiving_agency": p.ELSEWHERE}, [3]),
        ({"until": "2026-09-07T16:59:59Z"}, [1, 2, 3]),
        ({"until": "2026-09-06T16:59:59Z"}, []),
        ({"after": "' OR 1=1 --"}, [1, 2, 3]),
    ],
    ids=str,
)
def test_the_list_can_be_narrowed(post: HttpPlatform, query: dict[str, str], numbers: list[int]) -> None:
    """A postman sees today's round, a post office its agencies; a query is never SQL."""
    p.submit_by_post(post, 2)
    p.submit_by_post(post, 3, agency=p.ELSEWHERE)
    post.settle()
    who = post.token("postal_staff")
    post.post(f"/api/v1/parcels/{p.reference(2)}/collection/pickup", who, p.pick_up())
    items = post.get("/api/v1/parcels-to-do", who, **query).json()["items"]
    assert sorted(item["ref"] for item in items) == [p.reference(number) for number in numbers]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"limit": "all"}, {"until": "x" * 201}], ids=str)
def test_a_list_has_limits(post: HttpPlatform, query: dict[str, Any]) -> None:
    """Everything has a limit, and the limit has a name."""
    answer = post.get("/api/v1/parcels-to-do", post.token("postal_staff"), **query)
    assert problem(answer) == (422, "invalid_request")


def test_lists_show_each_principal_what_concerns_him(post: HttpPlatform) -> None:
    """One filter for every read and list."""
    p.submit_by_post(post, 2, agency=p.ELSEWHERE)
    post.settle()

    def listed(path: str, who: dict[str, str]) -> list[str]:
        return [item["ref"] for item in post.get(f"/api/v1{path}", who).json()["items"]]

    both = [p.reference(1), p.reference(2)]
    desk = post.token("desk_officer", agency=p.AGENCY)
    owner = post.token("applicant", personal_id=p.PARTICULARS["personal_id"])
    stranger = post.token("applicant", personal_id="051099000018")
    assert listed("/parcels", post.token("postal_staff")) == both
    assert listed("/parcels", desk) == [p.reference(1)]
    assert listed("/parcels", owner) == both
    assert listed("/parcels", stranger) == []
    assert listed("/parcels", {}) == []
    assert listed("/parcels-to-do", desk) == []
    assert listed("/parcels-to-do", owner) == []


def test_a_scanned_code_finds_its_parcel(post: HttpPlatform) -> None:
    """A postman holds a bag with a bar code, not a dossier reference."""
    who = post.token("postal_staff")
    (one,) = post.get("/api/v1/parcels", who).json()["items"]
    (found,) = post.get("/api/v1/parcels", who, item_code=one["item_code"]).json()["items"]
    assert (found["ref"], found["leg"], found["status"]) == (REF, "collection", "ordered")
    assert post.get("/api/v1/parcels", who, item_code="RH000000999VN").json()["items"] == []


@pytest.mark.parametrize(
    ("role", "purpose", "outcome"),
    [
        ("postal_staff", "visit", 200),
        ("postal_staff", "curiosity", 404),
        ("desk_officer", "visit", 404),
        ("inspector", "visit", 404),
        ("applicant", "visit", 404),
    ],
)
def test_an_address_is_opened_by_the_post_only(post: HttpPlatform, role: str, purpose: str, outcome: int) -> None:
    """Luật 91/2025: opened for a stated purpose, by those who need it, and written down."""
    who = post.token(role, agency=p.AGENCY if role == "desk_officer" else "")
    answer = post.get(f"/api/v1/parcels/{REF}/collection/address/{purpose}", who)
    assert answer.status_code == outcome
    openings = post.vault.openings(p.applicant(post).person)
    if outcome == 200:
        assert answer.json()["address"] == p.PARTICULARS["address"]
        assert [opening["purpose"] for opening in openings] == [f"postal visit {REF}-collection"]
    else:
        assert problem(answer) == (404, "not_found")
        assert openings == []


def test_an_address_whose_key_is_gone_stays_closed(post: HttpPlatform) -> None:
    """A forgotten person is a problem document, not a fault."""
    nobody = "s1.p000000000000000000000000.AAAA"
    ref = p.reference(9)
    teller.tell(post, teller.DossierSubmitted(ref, "post", p.AGENCY, "p0", nobody, post.clock.now()))
    post.settle()
    answer = post.get(f"/api/v1/parcels/{ref}/collection/address/visit", post.token("postal_staff"))
    assert problem(answer) == (409, "address_unreadable")


def test_the_border_describes_itself(post: HttpPlatform) -> None:
    """Every command and read of the post stands in the OpenAPI page, in both languages."""
    paths = post.client.get("/api/openapi.json").json()["paths"]
    ours = {one["operationId"]: one for ways in paths.values() for one in ways.values() if one["tags"] == ["postal"]}
    assert set(ours) == {
        "mark_picked_up", "sign_handover", "mark_attempt_failed", "mark_delivered", "mark_back_at_desk",
        "list_parcels_to_do", "list_parcels", "show_parcel", "open_parcel_address",
    }  # fmt: skip
    assert all(one["summary"] and one["description"] for one in ours.values())
