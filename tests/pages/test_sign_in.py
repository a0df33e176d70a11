"""Signing in outside rehearsal: a browser goes to the configured issuer and comes back as somebody, or not at all.

The issuer is another installation of this product on a port of its own, in rehearsal, spoken to over real HTTP.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from starlette.testclient import TestClient

from chassis.settings import Settings
from chassis.web.auth import COOKIE, Principal
from chassis.web.oidc_issuer import AUDIENCE
from services.__main__ import Platform, asgi, compose
from tests.harness import REGISTRY
from tests.pages.site import DESK

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STARTS_WITHIN_S = 20.0
SHOTS = os.environ.get("LIENTHONG_SHOTS", "")


class Served:
    """A running installation: its address, and what runs behind it."""

    def __init__(self, url: str, platform: Platform) -> None:
        self.url = url
        self.platform = platform


@contextmanager
def installation(data: Path, rehearsal: bool, **settings: str) -> Iterator[Served]:
    """Serve an installation on a free port as long as the block runs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        platform = compose(data, rehearsal, Settings(public_url=url, **settings), registry=REGISTRY)
        platform.engine.start()
        server = uvicorn.Server(uvicorn.Config(asgi(platform), log_level="critical", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until = time.monotonic() + STARTS_WITHIN_S
            while not server.started:
                assert time.monotonic() < until, "the server did not start"
                time.sleep(0.02)
            yield Served(url, platform)
        finally:
            server.should_exit = True
            thread.join()
            platform.close()


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with installation(tmp_path_factory.mktemp("issuer"), rehearsal=True) as there:
        yield there


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, issuer: Served) -> Iterator[Served]:
    with installation(tmp_path_factory.mktemp("ours"), rehearsal=False, oidc_issuer=issuer.url) as there:
        yield there


def sent_away(client: httpx.Client, ours: Served, next: str = "/agencies") -> dict[str, str]:
    """Begin to sign in; return what the issuer is asked for."""
    away = client.get(f"{ours.url}/sign-in/start", params={"next": next})
    assert away.status_code == 303, away.text
    return {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}


def let_in(issuer: Served, asked: dict[str, str], role: str = "inspector", agency: str = "") -> str:
    """Choose a role at the issuer; return where it sends the browser."""
    answer = httpx.post(f"{issuer.url}/oidc/authorize", data=asked | {"role": role, "agency": agency})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def who(client: httpx.Client, ours: Served) -> str:
    """Return which role a browser's session has, as the pages show it."""
    page = client.get(f"{ours.url}/sign-in").text
    return page.split('class="who"')[1].split("<span>")[1].split("</span>")[0] if 'class="who"' in page else ""


def test_a_browser_signs_in_and_out(ours: Served, issuer: Served) -> None:
    """Code flow with PKCE, state and nonce; the session is this installation's own, and no script can read it."""
    with httpx.Client() as client:
        asked = sent_away(client, ours)
        assert asked["code_challenge_method"] == "S256"
        assert {"state", "nonce", "code_challenge", "client_id", "redirect_uri", "scope"} <= asked.keys()
        back = client.get(let_in(issuer, asked, "desk_officer", DESK))
        assert (back.status_code, back.headers["location"]) == (303, "/agencies")
        session = next(set for set in back.headers.get_list("set-cookie") if set.startswith(COOKIE))
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(session.split("; "))
        assert "Secure" not in session, "this address is plain http"
        assert who(client, ours) == "Cán bộ Một cửa"
        assert client.post(f"{ours.url}/sign-out").status_code == 403, "only its own page ends a session"
        token = client.get(f"{ours.url}/sign-in").text.split('name="csrf-token" content="')[1].split('"')[0]
        assert client.post(f"{ours.url}/sign-out", headers={"X-CSRF-Token": token}).status_code == 204
        assert who(client, ours) == ""


def test_a_session_is_only_sent_over_https_where_there_is_https(tmp_path: Path) -> None:
    """The cookie says so."""
    platform = compose(tmp_path, True, Settings(public_url="https://one-stop.example"), registry=REGISTRY)
    platform.engine.start()
    opened = TestClient(asgi(platform)).post("/api/v1/rehearsal/sessions", json={"role": "inspector"})
    platform.close()
    assert "Secure" in opened.headers["set-cookie"].split("; ")


@pytest.mark.parametrize("next", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", ""])
def test_signing_in_leads_nowhere_else(ours: Served, issuer: Served, next: str) -> None:
    """Whatever a link asked for."""
    with httpx.Client() as client:
        assert client.get(let_in(issuer, sent_away(client, ours, next))).headers["location"] == "/"


def failed(answer: httpx.Response, client: httpx.Client, ours: Served) -> bool:
    """Say whether somebody stayed outside, and was told so on a page."""
    told = answer.status_code == 400 and "Đăng nhập lại" in answer.text
    return told and not any(set.startswith(f"{COOKIE}=") for set in answer.headers.get_list("set-cookie"))


def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(ours: Served, issuer: Served) -> None:
    """Another browser's answer, a made-up state, another issuer's name, no code, a code used twice."""
    with httpx.Client() as client, httpx.Client() as another:
        mine = let_in(issuer, sent_away(client, ours))
        assert failed(another.get(mine), another, ours), "it has no sign-in under way"
        sent_away(another, ours)
        assert failed(another.get(mine), another, ours), "its own has another state"
        asked = sent_away(client, ours)
        back = f"{ours.url}/sign-in/back"
        for query in (
            {"state": "made up", "code": "x"}, {"code": "x"}, {"state": asked["state"], "error": "access_denied"},
            {"state": asked["state"], "code": "made up"},
            {"state": asked["state"], "code": "x", "iss": "https://evil.example"},
        ):  # fmt: skip
            sent = httpx.get(back, params=query, cookies=dict(client.cookies))
            assert failed(sent, client, ours), query
        asked = sent_away(client, ours)
        there, kept = let_in(issuer, asked), dict(client.cookies)
        assert client.get(there).status_code == 303
        assert failed(httpx.get(there, cookies=kept), client, ours), "a code is good once"


def test_an_identity_for_another_sign_in_is_refused(ours: Served, issuer: Served) -> None:
    """A code that was stolen and put into one's own browser has the nonce and the PKCE challenge of its owner."""
    with httpx.Client() as victim, httpx.Client() as thief:
        stolen = parse_qs(urlsplit(let_in(issuer, sent_away(victim, ours))).query)["code"][0]
        own = sent_away(thief, ours)
        answer = thief.get(f"{ours.url}/sign-in/back", params={"state": own["state"], "code": stolen})
        assert failed(answer, thief, ours)


def test_the_issuer_gives_tokens_for_what_was_agreed_only(issuer: Served) -> None:
    """Client, address and PKCE verifier are those of the request; a wrong one spends the code (RFC 6749 §4.1.2)."""
    verifier = "v" * 43
    asked = {
        "response_type": "code", "client_id": "c", "redirect_uri": "http://127.0.0.1:1/back", "scope": "openid",
        "state": "s", "nonce": "n", "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }  # fmt: skip
    right = {"grant_type": "authorization_code", "client_id": "c", "redirect_uri": asked["redirect_uri"],
             "code_verifier": verifier}  # fmt: skip
    for wrong in ({"client_id": "d"}, {"redirect_uri": "http://127.0.0.1:1/"}, {"code_verifier": "w" * 43},
                  {"code_verifier": "ệ"}, {"grant_type": "password"}, {"code": "x"}, {}):  # fmt: skip
        code = parse_qs(urlsplit(let_in(issuer, asked)).query)["code"][0]
        answer = httpx.post(f"{issuer.url}/oidc/token", data=right | {"code": code} | wrong)
        assert answer.status_code == (400 if wrong else 200), wrong
        if "grant_type" not in wrong and "code" not in wrong:
            again = httpx.post(f"{issuer.url}/oidc/token", data=right | {"code": code})
            assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    for unfit in ({"redirect_uri": "https://evil.example/back"}, {"redirect_uri": "http://127.0.0.1@evil.example/"},
                  {"redirect_uri": f"{issuer.url}.evil.example/"}, {"response_type": "token"}, {"client_id": ""},
                  {"code_challenge_method": "plain"}, {"code_challenge": "short"}, {"scope": ""}):  # fmt: skip
        shown = httpx.get(f"{issuer.url}/oidc/authorize", params=asked | unfit)
        chosen = httpx.post(f"{issuer.url}/oidc/authorize", data=asked | unfit | {"role": "inspector"})
        assert (shown.status_code, chosen.status_code) == (400, 400), unfit


def test_bearer_tokens_of_the_issuer_are_taken_over_real_http(ours: Served, issuer: Served) -> None:
    """Rotation at the issuer is followed; expired, misdirected and foreign ones are refused."""
    theirs = issuer.platform.issuer

    def asked_with(token: str) -> tuple[int, str]:
        answer = httpx.get(f"{ours.url}/api/v1/dossiers", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, str(answer.json().get("code", ""))

    who = Principal("inspector-1", "inspector")
    assert asked_with(theirs.issue(who, iss=issuer.url)) == (200, "")
    assert asked_with(theirs.issue(who, -120, iss=issuer.url)) == (401, "token_expired")
    assert asked_with(theirs.issue(who, iss=issuer.url, aud="another")) == (401, "token_invalid")
    assert asked_with(theirs.issue(who, iss="https://evil.example")) == (401, "token_invalid")
    assert asked_with(theirs.issue(who)) == (401, "token_invalid"), "another installation's own tokens are not ours"
    before = theirs.issue(who, iss=issuer.url)
    theirs.keys.rotate()
    keys = ours.platform.issuer.other
    assert keys is not None
    keys.keys._tried_at = None  # the floor between two readings has passed
    assert asked_with(theirs.issue(who, iss=issuer.url)) == asked_with(before) == (200, "")


def test_without_an_issuer_the_page_says_what_is_missing(tmp_path: Path) -> None:
    """And the operator's own tokens work all the same; nobody is sent anywhere."""
    with installation(tmp_path, rehearsal=False) as alone:
        assert "LIENTHONG_OIDC_ISSUER" in httpx.get(f"{alone.url}/sign-in").text
        assert httpx.get(f"{alone.url}/sign-in/start").status_code == 404
        for path in ("/.well-known/openid-configuration", "/oidc/keys", "/oidc/authorize"):
            assert httpx.get(f"{alone.url}{path}").status_code == 404
        token = alone.platform.issuer.issue(Principal("operator", "inspector"), aud=AUDIENCE)
        there = httpx.get(f"{alone.url}/api/v1/dossiers", headers={"Authorization": f"Bearer {token}"})
        assert there.status_code == 200


def test_an_issuer_that_is_silent_is_said_on_the_page(tmp_path: Path) -> None:
    """503 and a way to try again; the pages themselves go on."""
    with installation(tmp_path, rehearsal=False, oidc_issuer="http://127.0.0.1:9") as alone:
        answer = httpx.get(f"{alone.url}/sign-in/start")
        assert (answer.status_code, "Đăng nhập lại" in answer.text) == (503, True)
        assert httpx.get(f"{alone.url}/").status_code == 200


@pytest.mark.slow
def test_a_person_signs_in_with_a_real_browser(ours: Served, issuer: Served, browser: "Browser") -> None:
    """The content security policies of both sides let the way there and back through."""
    page = browser.new_context(locale="vi-VN").new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{ours.url}/sign-in")
    _picture(page, "sign_in_elsewhere")
    page.click("main a.btn")
    page.wait_for_url(f"{issuer.url}/**")
    _picture(page, "oidc_login")
    page.select_option("#role", "inspector")
    page.click("main button[type=submit]")
    page.wait_for_url(f"{ours.url}/**")
    assert page.inner_text(".who") == "Thanh tra, giám sát"
    page.goto(f"{ours.url}/sign-in/back?state=x")
    assert page.inner_text("h1") == "Chưa đăng nhập được"
    _picture(page, "sign_in_failed")
    assert [one for one in complaints if "400" not in one] == []


def _picture(page: object, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)  # type: ignore[attr-defined]
