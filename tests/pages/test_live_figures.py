"""The first page's live figures: public, in two languages, and kept up to date while the page is open."""

import json
import os
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.testclient import TestClient

from chassis.web.sent_events import SentEvents
from chassis.web.server import server
from services.__main__ import asgi
from tests.harness import REGISTRY, START
from tests.pages.served import served
from tests.pages.site import APPLICANT_ID, DESK, Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

SHOTS = os.environ.get("LIENTHONG_SHOTS", "")
STREAM = {"Accept": "text/event-stream"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("live")) as address:
        yield address


class Desk:
    """A desk officer who hands in and accepts over HTTP."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url)
        session = self.http.post("/api/v1/rehearsal/sessions", json={"role": "desk_officer", "agency": DESK})
        self.http.headers["X-CSRF-Token"] = session.raise_for_status().json()["csrf"]

    def accept_one(self) -> None:
        known = REGISTRY.procedure("1.004873", on=START.date())
        ref = self._post("/api/v1/dossiers", {
            "procedure": known.code, "channel": "counter", "receiving_agency": DESK,
            "applicant": {"name": "Nguyễn Thị Hạnh", "personal_id": APPLICANT_ID, "address": "12 Trần Phú"},
            "components": [{"code": part.code} for part in known.components if part.required == "always"],
            "hand_out_by": "desk", "facts": dict.fromkeys(known.facts, False),
        })["ref"]  # fmt: skip
        self._post(f"/api/v1/dossiers/{ref}/acceptance", None)

    def _post(self, path: str, body: Any) -> Any:
        answer = self.http.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(8)})
        assert answer.is_success, answer.text
        return answer.json()


def test_the_page_moves_by_itself(browser: "Browser", url: str) -> None:
    """A dossier is accepted while somebody who is not signed in looks at the first page."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="vi-VN")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(url)
    received = page.locator('[data-live-figure="hour.received"]')
    before = int(received.inner_text())
    page.locator(".live-on").wait_for()
    Desk(url).accept_one()
    page.wait_for_function(
        "before => document.querySelector('[data-live-figure=\"hour.received\"]').textContent == before + 1", arg=before
    )
    assert page.locator('[data-live-figure="week.received"]').inner_text() == str(before + 1)
    assert page.locator('[data-live-since="hour"]').inner_text() == f"{START + timedelta(hours=7):%H}:00"
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        if SHOTS:
            page.wait_for_timeout(1_600)
            page.screenshot(path=Path(SHOTS) / f"live_{width}.png")
    page.close()
    assert complaints == []


def test_what_the_server_writes_is_what_the_script_writes(browser: "Browser", url: str) -> None:
    """Else figures would flicker as soon as the page hears of them."""
    Desk(url).accept_one()
    time.sleep(0.5)
    page = browser.new_page(locale="vi-VN")
    page.goto(url)
    written = page.locator(".live").inner_text()
    with page.expect_response("**/figures/live"):
        page.reload()
    page.locator(".live-on").wait_for()
    page.wait_for_timeout(500)
    assert page.locator(".live").inner_text() == written
    assert page.locator(".live-changed").count() == 0
    page.close()


def test_a_window_moves_on_with_the_clock(url: str) -> None:
    """An hour later nothing was received in this hour, and the day has it all."""
    Desk(url).accept_one()
    now = datetime.fromisoformat(httpx.get(f"{url}/api/v1/rehearsal/clock").json()["now"])
    httpx.post(f"{url}/api/v1/rehearsal/clock", json={"to": (now + timedelta(hours=1)).isoformat()}).raise_for_status()
    with httpx.stream("GET", f"{url}/figures/live", headers=STREAM) as stream:
        heard = (json.loads(line[6:])["windows"] for line in stream.iter_lines() if line.startswith("data: "))
        told = next(windows for windows in heard if windows["hour"]["received"] == 0)
    assert told["day"]["received"] > 0


def test_programs_may_ask_for_the_parts(site: Site) -> None:
    """By agency and procedure, without signing in; the parts add up to the whole."""
    told = site.nobody.get("/figures").json()
    whole = told["windows"]["week"]
    assert whole["received"] == sum(place["windows"]["week"]["received"] for place in told["places"]) > 0
    assert {(place["agency"], place["procedure"]) for place in told["places"]} == {(DESK, "1.004873")}


def test_who_does_not_take_a_stream_is_told_what_is_now(site: Site) -> None:
    """A program that asks once gets an answer that ends."""
    answer = site.nobody.get("/figures/live")
    assert answer.headers["content-type"] == "application/json"
    figures = site.nobody.get("/figures").json()
    assert answer.json()["windows"] == figures["windows"]


def test_the_page_is_in_english_too(site: Site) -> None:
    """Vietnamese first, English beside it."""
    assert "Giờ này" in TestClient(site.app).get("/").text
    assert "This hour" in TestClient(site.app).get("/?lang=en").text


def test_a_server_that_is_told_to_stop_ends_its_streams(site: Site) -> None:
    """A browser that listens must not keep it from stopping."""
    web = server(asgi(site.platform), "127.0.0.1", 0)
    thread = threading.Thread(target=web.run)
    thread.start()
    while not web.started:
        time.sleep(0.02)
    port = web.servers[0].sockets[0].getsockname()[1]
    with httpx.stream("GET", f"http://127.0.0.1:{port}/figures/live", headers=STREAM) as stream:
        lines = stream.iter_lines()
        next(lines)
        began = time.monotonic()
        web.should_exit = True
        list(lines)
        thread.join()
    assert time.monotonic() - began < 5


def test_not_everybody_can_listen_at_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit has a name (`LISTENERS_MAX`); over it the answer says to come again."""
    monkeypatch.setattr("chassis.web.sent_events.LISTENERS_MAX", 0)
    answer = site.nobody.get("/figures/live", headers=STREAM)
    assert (answer.status_code, answer.json()["code"]) == (503, "try_again")


def test_a_thing_is_asked_for_once_however_many_listen() -> None:
    """The figures are summed for all of them."""
    asked = count(1)
    sent = SentEvents(lambda: {"asked": next(asked)}, every_s=60.0)
    assert [sent.now() for _ in range(5)] == [b'{"asked":1}'] * 5
