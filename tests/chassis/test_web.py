"""The manners of every HTTP border: keys, versions, pages, problem documents.

Law: NĐ 61/2018 art. 25 (what a look-up may show); RFC 9110 (If-Match, If-None-Match); RFC 9457 (problem documents).
"""

import logging
from typing import Any

import pytest

from chassis.stores.store import StoreUnavailable
from chassis.web import routes
from tests.chassis.border import AGENCY, MINE, NO_REF, REF, THEIRS, Header, amount, head, open_account, problem
from tests.http_harness import HttpPlatform


def test_a_command_is_answered_with_its_version_and_position(platform: HttpPlatform, account: str, me: Header) -> None:
    """The version for If-Match, the position for whoever waits until a reader has it."""
    answer = platform.post(f"{account}/deposits", me, amount(500, "s1"))
    assert (answer.status_code, answer.json()) == (200, {"version": 2})
    assert answer.headers["etag"] == '"2"'
    assert answer.headers["lienthong-position"] == f"savings:{head(platform)}"


def test_the_same_request_again_gets_the_first_answer(platform: HttpPlatform, account: str, me: Header) -> None:
    """Word for word, and says that it is a repetition."""
    first, again = (platform.post(f"{account}/deposits", me, amount(500, "s1"), key="k") for _ in range(2))
    assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert platform.get(account, me).json()["balance_vnd"] == 500


def test_a_refusal_is_replayed_too(platform: HttpPlatform, account: str, me: Header) -> None:
    """With its own trace id: the first answer, not a new one."""
    first, again = (platform.post(f"{account}/withdrawals", me, amount(5, "s1"), key="k") for _ in range(2))
    assert problem(first) == problem(again) == "overdrawn"
    assert first.json()["law"] == "house rule"
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(platform: HttpPlatform, account: str, me: Header) -> None:
    """Also with the same body on another account: the key stood for the first request."""
    open_account(platform, me, "B" * 26)
    platform.post(f"{account}/deposits", me, amount(500, "s1"), key="k")
    other_body = platform.post(f"{account}/deposits", me, amount(600, "s1"), key="k")
    other_path = platform.post(f"/api/v1/accounts/{'B' * 26}/deposits", me, amount(500, "s1"), key="k")
    assert [problem(other_body), problem(other_path)] == ["idempotency_key_reused"] * 2
    assert other_body.status_code == 409


def test_keys_are_ones_own(platform: HttpPlatform, account: str, me: Header, officer: Header) -> None:
    """Two people may happen to choose the same key; so may one for two acts."""
    assert platform.post(f"{account}/deposits", me, amount(500, "s1"), key="k").status_code == 200
    answer = platform.post(f"{account}/deposits", officer, amount(700, "s2"), key="k")
    assert (answer.status_code, "idempotent-replayed" in answer.headers) == (200, False)
    assert platform.post(f"{account}/withdrawals", me, amount(1, "s3"), key="k").json()["balance_vnd"] == 1_199


@pytest.mark.parametrize(
    ("if_match", "outcome"),
    [
        (None, (200, None)),
        ("*", (200, None)),
        ('"1"', (200, None)),
        ('W/"1"', (200, None)),
        ('"7"', (412, "version_changed")),
        ('"0"', (412, "version_changed")),
        ("seven", (400, "malformed_request")),
        ('"-1"', (400, "malformed_request")),
        ('"١"', (400, "malformed_request")),
        ('"' + "9" * 5_000 + '"', (400, "malformed_request")),
    ],
)
def test_if_match_names_the_version_one_has_seen(
    platform: HttpPlatform, account: str, me: Header, if_match: str | None, outcome: tuple[int, str | None]
) -> None:
    """412 comes with the present version, so that one can look and decide anew."""
    headers: dict[str, Any] = {**me, "Idempotency-Key": "k"} | ({"If-Match": if_match.encode()} if if_match else {})
    answer = platform.client.post(f"{account}/deposits", json=amount(5, "s1"), headers=headers)
    assert (answer.status_code, problem(answer) if answer.is_error else None) == outcome
    if answer.status_code == 412:
        assert answer.headers["etag"] == '"1"'


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [(None, 200), ("{v}", 304), ("W/{v}", 304), ('"0", {v}', 304), ("*", 304), ('"0"', 200), ("1", 200), ("", 200)],
)
def test_what_one_has_already_is_not_sent_again(
    shared: HttpPlatform, shared_me: Header, if_none_match: str | None, status: int
) -> None:
    """304 has no body; and nobody between may keep the answer for others."""
    path = f"/api/v1/accounts/{REF}"
    present = shared.client.get(path, headers=shared_me).headers["etag"]
    asked = {} if if_none_match is None else {"If-None-Match": if_none_match.replace("{v}", present)}
    answer = shared.client.get(path, headers=shared_me | asked)
    assert (answer.status_code, bool(answer.content)) == (status, status == 200)
    assert answer.headers["etag"] == present
    assert "private" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/api/v1/accounts", "/api/v1/latest-accounts"])
@pytest.mark.parametrize("limit", [1, 3, 7, 500])
def test_paging_walks_every_row_once(
    platform: HttpPlatform, me: Header, officer: Header, path: str, limit: int
) -> None:
    """In order, however large the page; the last page says that it is the last."""
    refs = [f"{number:026d}" for number in range(7)]
    for ref in refs:
        open_account(platform, me, ref)
    walked: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = platform.get(path, officer, **query).json()
        walked += [row["ref"] for row in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert walked == (refs if path.endswith("/accounts") else refs[::-1])


@pytest.mark.parametrize(
    "query",
    [
        {"agency": "H48.24"}, {"agency": AGENCY}, {"principal": "H48.24"}, {"around": "-1"},
        {"around": "-1", "agency": ""},
        {"principal_agency": "H48.24"}, {"principal_person": "p"}, {"own": "p"}, {"acting": "% H48.24 %"}, {},
    ],
)  # fmt: skip
def test_no_filter_shows_what_one_may_not_see(
    platform: HttpPlatform, me: Header, officer: Header, query: dict[str, str]
) -> None:
    """A filter narrows what the rights leave; it is no way around them, whatever it is called."""
    open_account(platform, me, REF)
    stranger = platform.token("desk_officer", agency="H48.24")
    other = platform.token("applicant", personal_id=THEIRS)
    for who in (stranger, other, platform.token("postal_staff"), None):
        assert platform.get("/api/v1/accounts", who, **query).json() == {"items": [], "next": None}
    assert len(platform.get("/api/v1/accounts", officer).json()["items"]) == 1


def test_what_one_may_not_see_answers_like_what_is_not_there(platform: HttpPlatform, account: str) -> None:
    """Reading or commanding, whatever the body and version; also for a role that may never do it."""
    absent = f"/api/v1/accounts/{NO_REF}"
    for role, who in (
        ("applicant", {"personal_id": THEIRS}),
        ("desk_officer", {"agency": "H48.24"}),
        ("accountant", {}),
    ):
        stranger = platform.token(role, **who)
        pairs = [
            (platform.get(account, stranger), platform.get(absent, stranger)),
            *(
                (platform.post(account + act, stranger, body), platform.post(absent + act, stranger, body))
                for act, body in (("/deposits", amount(5, "s1")), ("/withdrawals", amount(9, "s2")), ("/closing", None))
            ),
        ]
        for hidden, missing in pairs:
            assert problem(hidden) == problem(missing) == "not_found"
            assert {**hidden.json(), "instance": ""} == {**missing.json(), "instance": ""}
            ignored = {"lienthong-position", "content-length"}
            assert set(hidden.headers) - ignored == set(missing.headers) - ignored


def test_a_role_that_may_never_do_it_makes_nothing_happen(platform: HttpPlatform) -> None:
    """Not even a new person in the vault: the shell does no work for whoever has no right."""
    inspector = platform.token("inspector")
    assert problem(open_account(platform, inspector, REF, "051185009999")) == "not_found"
    platform.vault.settle()
    with_key = platform.vault._asked("SELECT count(*) FROM people")
    assert with_key == [(0,)]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "sign_in_needed"),
        ({"Authorization": "Bearer "}, "token_invalid"),
        ({"Authorization": "Bearer x.y.z"}, "token_invalid"),
        ({"Authorization": "Basic dTpw"}, "token_invalid"),
        ({"Authorization": "Bearer \xff\xfe".encode("latin-1")}, "token_invalid"),
        ({"Cookie": "lienthong_session=x.y.z"}, "csrf_missing"),
        ({"Cookie": "lienthong_session=x.y.z", "X-CSRF-Token": "ü".encode("latin-1")}, "csrf_missing"),
    ],
)
def test_commands_need_somebody(shared: HttpPlatform, headers: dict[str, Any], code: str) -> None:
    """And 401 tells how to sign in."""
    headers["Idempotency-Key"] = "k"
    answer = shared.client.post(f"/api/v1/accounts/{REF}/deposits", json=amount(5, "s1"), headers=headers)
    assert problem(answer) == code
    assert (answer.headers.get("www-authenticate") == "Bearer") is (answer.status_code == 401)


def test_a_pages_session_commands_with_its_own_token_only(platform: HttpPlatform, account: str) -> None:
    """Another site's form has the cookie and not the token; reading needs the cookie alone."""
    wanted = {"role": "applicant", "personal_id": MINE}
    csrf = platform.client.post("/api/v1/rehearsal/sessions", json=wanted).json()["csrf"]
    headers = {"Idempotency-Key": "k"}
    send = f"{account}/deposits"
    assert problem(platform.client.post(send, json=amount(5, "s1"), headers=headers)) == "csrf_missing"
    other = {**headers, "X-CSRF-Token": csrf[::-1]}
    assert problem(platform.client.post(send, json=amount(5, "s1"), headers=other)) == "csrf_missing"
    right = {**headers, "X-CSRF-Token": csrf}
    assert platform.client.post(send, json=amount(5, "s1"), headers=right).status_code == 200
    assert platform.client.get(account).json()["balance_vnd"] == 5


def test_expired_tokens_are_told_from_invalid_ones(platform: HttpPlatform, account: str) -> None:
    """The one who holds it should ask for a new one; a page shows what anybody may see."""
    expired = platform.token("applicant", personal_id=MINE, lifetime_s=-3_000)  # type: ignore[arg-type]
    assert problem(platform.post(f"{account}/deposits", expired, amount(5, "s1"))) == "token_expired"
    assert problem(platform.get(account, expired)) == "token_expired"


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/v1/nowhere", "not_found"),
        ("GET", "/", "not_found"),
        ("POST", "/api/v1/accounts/", "not_found"),
        ("DELETE", "/api/v1/accounts", "method_not_allowed"),
        ("GET", f"/api/v1/accounts/{REF}/deposits", "method_not_allowed"),
        ("PUT", f"/api/v1/accounts/{REF}", "method_not_allowed"),
        ("BREW", "/api/v1/accounts", "method_not_allowed"),
    ],
)
def test_unknown_addresses_and_methods_are_problem_documents(
    shared: HttpPlatform, method: str, path: str, code: str
) -> None:
    """Even where no route is: a machine reads them."""
    answer = shared.client.request(method, path, follow_redirects=False)
    assert problem(answer) == code
    assert ("allow" in answer.headers) is (answer.status_code == 405)


@pytest.mark.parametrize("key", ["", None])
def test_every_command_needs_a_key(shared: HttpPlatform, shared_me: Header, key: str | None) -> None:
    """Without one a repeated request could not be told from a new one."""
    headers = shared_me if key is None else {**shared_me, "Idempotency-Key": key}
    answer = shared.client.post(f"/api/v1/accounts/{REF}/deposits", json=amount(5, "s1"), headers=headers)
    assert (answer.status_code, problem(answer)) == (400, "idempotency_key_missing")


def test_the_trace_of_the_caller_is_kept_if_it_is_one(platform: HttpPlatform, account: str, me: Header) -> None:
    """It stands in the answer and with the event; anything else a stranger sends there is not stored."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    parent = f"00-{trace}-b7ad6b7169203331-01"
    for number, (given, kept) in enumerate(
        [(parent, parent), ("Nguyễn Ánh, 051185003187", None), (f"{parent}-extra", None), (parent.upper(), None)]
    ):
        headers = {**me, "Idempotency-Key": f"k{number}", "traceparent": given.encode()}
        body = amount(1, f"s{number}")
        assert platform.client.post(f"{account}/deposits", json=body, headers=headers).status_code == 200
        row = platform.rows("savings", "SELECT traceparent, correlation FROM events ORDER BY position DESC LIMIT 1")[0]
        assert row["traceparent"] == kept
        assert (row["correlation"] == trace) is (kept is not None)
    answer = platform.client.get("/api/v1/nowhere", headers={"traceparent": parent})
    assert answer.json()["instance"] == trace


def test_a_store_that_is_down_is_said_to_be_and_the_command_may_be_repeated(
    platform: HttpPlatform, account: str, me: Header, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """503 with Retry-After; the same key afterwards gets what it came to, once."""

    def down(*_: object, **__: object) -> None:
        raise StoreUnavailable("pulled out")

    store = platform.engine.running["savings"].store
    headers = {**me, "Idempotency-Key": "k"}
    with caplog.at_level(logging.CRITICAL):
        monkeypatch.setattr(routes, "ANSWER_WITHIN_S", 0.1)
        monkeypatch.setattr(store, "stage", down)
        late = platform.client.post(f"{account}/deposits", json=amount(5, "s1"), headers=headers)
        monkeypatch.setattr(store, "query", down)
        monkeypatch.setattr(store, "read_stream", down)
        read, listed = platform.get(account, me), platform.get("/api/v1/accounts", me)
        monkeypatch.undo()
    for answer in (late, read, listed):
        assert (answer.status_code, problem(answer)) == (503, "try_again")
        assert answer.headers["retry-after"].isdigit()
    again = platform.post(f"{account}/deposits", me, amount(5, "s1"), key="k")
    assert (again.status_code, platform.get(account, me).json()["balance_vnd"]) == (200, 5)


def test_too_many_waiting_commands_are_turned_away(
    platform: HttpPlatform, account: str, me: Header, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything has a limit: memory is not filled with what cannot be done in time."""
    monkeypatch.setattr(routes, "COMMANDS_WAITING_MAX", 0)
    assert problem(platform.post(f"{account}/deposits", me, amount(5, "s1"))) == "try_again"


def test_a_defect_of_ours_is_told_from_a_fault_of_theirs(
    platform: HttpPlatform, account: str, me: Header, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that the store refuses is our defect: 500, recorded, with nothing of the inside in the answer."""
    with caplog.at_level(logging.CRITICAL):
        answer = platform.post(f"{account}/deposits", me, amount(10**15, "s1"))
    assert (answer.status_code, problem(answer)) == (500, "unexpected")
    assert "CHECK" not in answer.text
    assert platform.post(f"{account}/deposits", me, amount(5, "s2")).status_code == 200
