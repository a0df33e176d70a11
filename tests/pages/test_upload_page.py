"""A file is brought in a real browser: it shows how far it is, goes on after a broken line, and is the dossier's.

There it is listed, and whoever may open it takes it home with a click.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.pages.served import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.slow

DESK: Final = {"role": "desk_officer", "agency": "H48.23293.01"}
PDF: Final = b"%PDF-1.7\n" + bytes(range(32, 127)) * 30_000 + b"\n%%EOF\n"
"""Almost three megabytes: three parts."""
PLACE: Final = '[data-each="components"]:has(#file-declaration)'


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("uploads")) as address:
        yield address


@pytest.fixture
def page(browser: "Browser", url: str) -> "Iterator[Page]":
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="vi-VN")
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    opened.request.post(f"{url}/api/v1/rehearsal/sessions", data=DESK)
    opened.goto(f"{url}/submissions/1.004873")
    opened.locator("#applicant-name").fill("Nguyễn Thị Hạnh")
    opened.locator("#applicant-id").fill("051190000017")
    yield opened
    context.close()


def seen(page: "Page", name: str) -> None:
    """Expect the page to fit a phone too; keep a picture where somebody wants one."""
    for width, height in ((390, 844), (1280, 900)):
        page.set_viewport_size({"width": width, "height": height})
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide == 0, f"{name} is {too_wide} px too wide at {width}"
        if folder := os.environ.get("LIENTHONG_SHOTS", ""):
            page.screenshot(path=Path(folder) / f"{name}_{width}.png", full_page=True)


def choose(page: "Page", name: str, content: bytes) -> None:
    page.locator("#file-declaration").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )


def test_a_file_goes_on_after_a_broken_line_and_comes_with_the_dossier(page: "Page", url: str) -> None:
    """The second part is lost twice on its way; nothing that had come is sent again."""
    sent: list[int] = []

    def break_the_line(route: "Route") -> None:
        if route.request.method != "PATCH":
            return route.continue_()
        offset = int(route.request.headers["upload-offset"])
        sent.append(offset)
        return route.abort() if offset and sent.count(offset) < 3 and offset == sent[1] else route.continue_()

    page.route(re.compile("/api/v1/uploads/"), break_the_line)
    choose(page, "tờ khai.pdf", PDF)
    button = page.get_by_role("button", name="Nộp hồ sơ")
    assert button.is_disabled(), "a dossier does not go without the file that is on its way"
    page.get_by_text("Đã tải lên: tờ khai.pdf").wait_for()
    assert sent == [0, 1_048_576, 1_048_576, 1_048_576, 2_097_152]
    seen(page, "20_uploaded")
    with page.expect_navigation(url=re.compile("/dossiers/")):
        button.click()
    ref = page.url.split("/dossiers/")[1].split("?")[0]
    (file,) = [
        one["file"] for one in page.request.get(f"{url}/api/v1/dossiers/{ref}").json()["components"] if one["file"]
    ]
    there = page.request.get(f"{url}/api/v1/dossiers/{ref}/files/{file}?purpose=reception")
    assert there.body() == PDF
    assert there.headers["content-disposition"].startswith("attachment;")
    listed = page.locator("[data-files] .files li")
    listed.wait_for()
    for said in ("PDF · 2,7 MB", "Cán bộ Một cửa", "SHA-256"):
        assert said in listed.inner_text()
    seen(page, "22_files_on_the_dossier")
    with page.expect_download() as download:
        listed.get_by_role("link", name="Tải về").click()
    assert download.value.suggested_filename == "tờ khai.pdf"
    assert download.value.path().read_bytes() == PDF
    page.goto(f"{url}/dossiers/{ref}/files?lang=en")
    page.get_by_role("link", name="Download").wait_for()
    seen(page, "23_files")


def test_what_is_not_taken_is_said_and_the_dossier_goes_without(page: "Page") -> None:
    """A page that calls itself a PDF: refused by its content, in the reader's language."""
    choose(page, "giả.pdf", b"<!DOCTYPE html><script>alert(1)</script>")
    said = page.locator(f"{PLACE} [data-upload-says]")
    page.locator("[data-upload-says].text-danger").wait_for()
    assert said.inner_text() == "Tệp này không được nhận. Phần đầu của tệp không đúng với loại đã khai."
    seen(page, "21_not_taken")
    assert page.locator(f"{PLACE} [name=file]").input_value() == ""
    with page.expect_navigation(url=re.compile("/dossiers/")):
        page.get_by_role("button", name="Nộp hồ sơ").click()
