"""A person takes a dossier through by hand, in a real browser, from handing in to handing out."""

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.pages.served import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

DESKTOP, PHONE = (1280, 900), (390, 844)
DESK = "Trung tâm Phục vụ hành chính công phường Kon Tum"
SHOTS = os.environ.get("LIENTHONG_SHOTS", "")
"""A folder for pictures of every page that the test comes by."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("browser")) as address:
        yield address


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, locale="vi-VN")
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if is_complaint(said.type, said.text) else None)
    yield opened
    context.close()
    assert complaints == [], "the browser complained; the content security policy counts too"


def is_complaint(kind: str, text: str) -> bool:
    """A refusal (409, 422) is an answer that the page shows; everything else in red is a fault of the page."""
    return kind == "error" and not any(f"status of {status}" in text for status in (409, 422))


def seen(page: "Page", name: str) -> None:
    """Expect the page to fit a desk's screen and a phone's without scrolling sideways."""
    for width, height in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, f"{name} is {too_wide} px too wide at {width}"
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}_{width}.png", full_page=True)


def be(page: "Page", role: str) -> None:
    """Take a role from the dossier's page, an hour later."""
    clock = page.url.split("/dossiers/")[0] + "/api/v1/rehearsal/clock"
    now = datetime.fromisoformat(page.request.get(clock).json()["now"])
    page.request.post(clock, data={"to": (now + timedelta(hours=1)).isoformat()})
    with page.expect_navigation():
        page.locator(".role", has_text=role).first.click()


def act(page: "Page", name: str) -> None:
    """Send the form of an act and wait for the page that follows."""
    form = page.locator(f'form[id^="act-{name}"]')
    if not form.is_visible():
        page.locator("details", has=form).locator("summary").click()
    with page.expect_navigation():
        form.locator("button").click()


def status(page: "Page") -> str:
    return page.locator(".dossier-title .badge-tone").first.inner_text()


def test_a_dossier_is_taken_through_by_hand(page: "Page", url: str, tmp_path: Path) -> None:
    """The marital status certificate: handed in, accepted, decided, paid at the gateway, collected at the desk."""
    page.goto(f"{url}/sign-in")
    seen(page, "01_sign_in")
    card = page.locator('[data-role="desk_officer"]')
    card.locator("select").select_option(label=DESK)
    with page.expect_navigation():
        card.locator("button").click()
    page.get_by_role("link", name="Nộp hồ sơ").click()
    page.get_by_text("Cấp Giấy xác nhận tình trạng hôn nhân").click()
    page.locator("#applicant-name").fill("Nguyễn Thị <b>Hạnh</b>")
    page.locator("#applicant-id").fill("051190000017")
    page.locator("#applicant-address").fill("12 Trần Phú")
    seen(page, "02_submission")
    with page.expect_navigation(url=re.compile("/dossiers/")):
        page.get_by_role("button", name="Nộp hồ sơ").click()
    assert status(page) == "Mới nộp, chờ tiếp nhận"
    seen(page, "03_at_desk")

    act(page, "accept_dossier")
    assert status(page) == "Đang giải quyết"
    code = page.locator("h1").inner_text()
    assert re.fullmatch(r"H48\.23293\.01-260907-0001", code)
    seen(page, "04_accepted")

    be(page, "Ủy ban nhân dân phường Kon Tum")
    act(page, "acknowledge_step")
    page.locator("details", has=page.locator('form[id^="act-decide_step"]')).locator("summary").click()
    page.get_by_label("Số văn bản kết quả").fill("12/2026/XN")
    page.get_by_label("Chức vụ người ký").fill("Chủ tịch UBND phường")
    result = tmp_path / "result.pdf"
    result.write_bytes(b"%PDF-1.7 signed")
    page.locator('form[id^="act-decide_step"] input[type="file"]').set_input_files(result)
    seen(page, "05_decide")
    act(page, "decide_step")
    assert status(page) == "Đã có kết quả, chờ nộp phí"

    be(page, "Người nộp hồ sơ")
    form = page.locator("form#act-start_payment")
    form.locator("button").click()
    page.get_by_role("button", name="Thanh toán").click()
    page.wait_for_url(re.compile("/dossiers/"))
    assert status(page) == "Đã có kết quả, chờ trả"
    assert page.get_by_text("BL-26E 0000001").first.is_visible()
    seen(page, "06_paid")

    be(page, "Cán bộ Một cửa")
    act(page, "hand_out")
    assert status(page) == "Đã trả kết quả"
    assert page.locator(".dossier-meter").inner_text().strip().startswith("100%")
    page.locator(".derivation summary").first.click()
    seen(page, "07_handed_out")
    told = page.locator(".timeline-what strong").all_inner_texts()
    assert told[0] == "Trả kết quả"
    assert told[-1] == "Nộp hồ sơ"

    page.get_by_role("link", name="English").click()
    assert status(page) == "Handed out"
    seen(page, "08_english")
    page.goto(f"{url}/?q={code}")
    assert page.url.endswith(f"/dossiers/{code}"), "a whole code leads straight to its dossier"


def test_papers_and_result_go_by_post(page: "Page", url: str) -> None:
    """The architect's certificate: fetched, handed over, decided, paid in cash, not at home at first, delivered."""
    page.request.post(f"{url}/api/v1/rehearsal/sessions", data={"role": "desk_officer", "agency": "H48.23293.01"})
    page.goto(f"{url}/submissions/1.008891")
    page.locator("#channel").select_option("post")
    page.locator("#hand_out_by").select_option("post")
    page.locator("#to-name").fill("Võ Thị Lan")
    page.locator("#to-address").fill("34 Lê Lợi")
    page.locator("#applicant-name").fill("Võ Thị Lan")
    page.locator("#applicant-id").fill("051190000031")
    page.locator("#applicant-address").fill("34 Lê Lợi")
    with page.expect_navigation(url=re.compile("/dossiers/")):
        page.get_by_role("button", name="Nộp hồ sơ").click()
    assert status(page) == "Bưu chính đang thu gom giấy tờ"
    be(page, "Nhân viên bưu chính")
    page.locator("details", has=page.locator('form[id^="act-mark_picked_up"]')).locator("summary").click()
    seen(page, "13_pick_up")
    act(page, "mark_picked_up")
    act(page, "sign_handover")
    assert status(page) == "Mới nộp, chờ tiếp nhận"
    be(page, "Cán bộ Một cửa")
    act(page, "accept_dossier")
    be(page, "Sở Xây dựng")
    act(page, "acknowledge_step")
    page.locator("details", has=page.locator('form[id^="act-decide_step"]')).locator("summary").click()
    page.get_by_label("Số văn bản kết quả").fill("77/CCHN")
    page.get_by_label("Chức vụ người ký").fill("Giám đốc")
    act(page, "decide_step")
    be(page, "Kế toán")
    act(page, "pay_at_desk")
    assert status(page) == "Đang trả qua bưu chính"
    be(page, "Nhân viên bưu chính")
    act(page, "mark_picked_up")
    act(page, "mark_attempt_failed")
    assert page.locator(".notice", has_text="không có người nhận").is_visible()
    seen(page, "14_not_home")
    be(page, "Nhân viên bưu chính")
    act(page, "mark_delivered")
    assert status(page) == "Đã trả kết quả"
    seen(page, "15_delivered")


def test_a_refusal_is_told_in_the_readers_language(page: "Page", url: str) -> None:
    """The problem document becomes a sentence with its law; nothing has changed, and the form can be mended."""
    page.request.post(f"{url}/api/v1/rehearsal/sessions", data={"role": "desk_officer", "agency": "H48.23293.01"})
    page.goto(f"{url}/submissions/1.004873?lang=en")
    page.locator("#applicant-name").fill("Trần Văn Bình")
    page.locator("#applicant-id").fill("051090000024")
    page.locator("#part-declaration").uncheck()
    with page.expect_navigation(url=re.compile("/dossiers/")):
        page.get_by_role("button", name="Hand in").click()
    assert page.locator("form#act-accept_dossier").count() == 0, "an incomplete dossier is not offered for acceptance"
    summary = page.locator("details", has=page.locator("form#act-ask_for_supplement")).locator("summary")
    summary.click()
    form = page.locator("form#act-ask_for_supplement")
    form.get_by_label("Declaration").uncheck()
    form.locator("button").click()
    problem = form.locator("[data-problem]")
    problem.wait_for(state="visible")
    seen(page, "09_refused")
    assert "declaration" in problem.inner_text().lower()
    form.get_by_label("Declaration").check()
    with page.expect_navigation():
        form.locator("button").click()
    assert status(page) == "Waits for a supplement"
    act(page, "receive_supplement")
    act(page, "accept_dossier")
    assert status(page) == "In progress"


def test_the_list_is_searched_without_leaving_the_page(page: "Page", url: str) -> None:
    """Typing narrows the list; what is not found is said."""
    page.request.post(f"{url}/api/v1/rehearsal/sessions", data={"role": "inspector"})
    page.goto(f"{url}/")
    rows = page.locator("#found tbody tr")
    assert rows.count() == 3
    seen(page, "10_home")
    page.locator("#phase").select_option("handed_out")
    rows.nth(2).wait_for(state="detached")  # a condition in JavaScript would be text made code
    assert rows.count() == 2
    page.locator("#q").fill("H99")
    page.locator("#found .empty").wait_for()
    page.goto(f"{url}/agencies")
    seen(page, "11_agencies")


def test_signing_out_leaves_code_and_completion(page: "Page", url: str) -> None:
    """TT 01/2018 art. 16: whoever has not signed in sees no more."""
    page.request.post(f"{url}/api/v1/rehearsal/sessions", data={"role": "inspector"})
    page.goto(f"{url}/")
    code = page.locator("#found .code").last.inner_text()
    with page.expect_navigation():
        page.locator("[data-sign-out]").click()
    page.get_by_label("Mã hồ sơ").fill(code)
    page.get_by_role("button", name="Tìm").click()
    page.locator(".glimpse h1", has_text=code).wait_for()
    assert page.locator(".timeline").count() == 0
    seen(page, "12_glimpse")
