"""The files of a dossier are listed on its page, for whoever may open them; the list itself opens nothing.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15; NĐ 61/2018/NĐ-CP arts. 5, 25; NĐ 118/2025/NĐ-CP art. 15.
"""

import hashlib
import re
from typing import Any, Final, NamedTuple

import pytest
from starlette.testclient import TestClient

from chassis.file_types import ENDINGS
from kernel.calendar import Words
from services.intake.pages.files import in_units
from services.intake.pages.words import word
from services.intake.projections.files import READ_THE_FILES
from services.reporting.pages import dossier_page
from tests.harness import REGISTRY, START
from tests.pages.site import DESK, OTHER_DESK, STRANGER_ID, Site

NAME: Final = "Tờ khai của chị Hạnh.pdf"
OWN_ID: Final = "051190000033"
PDF: Final = b"%PDF-1.7\n" + bytes(range(32, 127)) * 2_100 + b"\n%%EOF\n"
LINK: Final = re.compile(r'href="(/api/v1/dossiers/[^"]+)" download')


class WithFile(NamedTuple):
    """A dossier with a file, and the file's hash as it rests."""

    ref: str
    file: str
    sha256: str


def upload(client: TestClient, content: bytes) -> str:
    declared = {
        "name": NAME, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
        "media_type": "application/pdf",
    }  # fmt: skip
    id: str = client.post("/api/v1/uploads", json=declared).json()["id"]
    headers = {"Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    client.patch(f"/api/v1/uploads/{id}", content=content, headers=headers).raise_for_status()
    return id


def hand_in(site: Site, personal_id: str, content: bytes) -> WithFile:
    """Hand a dossier in at the desk, with a file that came with its declaration."""
    known = REGISTRY.procedure("1.004873", on=START.date())
    id = upload(site.desk, content)
    codes = [part.code for part in known.components if part.required == "always"]
    body: dict[str, Any] = {
        "procedure": "1.004873", "channel": "counter", "receiving_agency": DESK, "hand_out_by": "desk",
        "applicant": {"name": "Nguyễn Thị Hạnh", "personal_id": personal_id, "address": "12 Trần Phú"},
        "components": [{"code": code} | ({"file": id} if code == "declaration" else {}) for code in codes],
        "facts": dict.fromkeys(known.facts, False),
    }  # fmt: skip
    ref = site.act(site.desk, "/dossiers", body).json()["ref"]
    site.settle()
    return WithFile(ref, id, site.platform.parts.uploads.store.digest(id))


@pytest.fixture(scope="module")
def there(site: Site) -> WithFile:
    made = hand_in(site, OWN_ID, PDF)
    site.act(site.desk, f"/dossiers/{made.ref}/acceptance")
    site.settle()
    return made


def test_the_list_says_what_came_and_nothing_personal(site: Site, there: WithFile) -> None:
    """Component, type by content, size, when, by whom as a role, and the hash that stands in the log."""
    before = site.platform.vault.opened_for()
    page = site.desk.get(f"/dossiers/{site.code_of(there.ref)}/files").text
    components = REGISTRY.procedure("1.004873", on=START.date()).components
    (component,) = (one for one in components if one.code == "declaration")
    for said in (
        component.name_vi, "PDF · 195 KB · ", "Cán bộ Một cửa", f'title="{there.sha256}"', f"{there.sha256[:12]}…",
    ):  # fmt: skip
        assert said in page
    assert re.search(r'<time datetime="2026-09-07T[^"]+">07/09/2026 \d\d:\d\d</time>', page)
    for secret in ("Hạnh", OWN_ID, "Trần Phú"):
        assert secret not in page
    english = site.desk.get(f"/dossiers/{there.ref}/files", params={"lang": "en"}).text
    site.desk.get("/", params={"lang": "vi"})
    assert component.name_en in english
    assert "Desk officer" in english
    assert site.platform.vault.opened_for() == before, "to list is not to read"


def test_whoever_may_open_them_does_so_from_there(site: Site, there: WithFile) -> None:
    """For the purpose of the role, always as an attachment, and it is written down."""
    for client, purpose in (
        (site.desk, "reception"), (site.officer, "examination"), (site.be("inspector"), "inspection"),
        (site.be("applicant", personal_id=OWN_ID), "own_dossier"),
    ):  # fmt: skip
        part = client.get(f"/dossiers/{there.ref}/files", params={"part": "list"}).text
        assert "<html" not in part, "another page takes the list alone"
        (link,) = LINK.findall(part)
        assert link.endswith(f"?purpose={purpose}")
        answer = client.get(link)
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-disposition"].startswith("attachment;")
    page = site.be("inspector").get(f"/dossiers/{there.ref}/disclosures").text
    for said in ("đọc tệp để tiếp nhận hồ sơ", "xem tệp của hồ sơ mình", "nội dung tệp, tên tệp"):
        assert said in page


def test_the_hidden_and_the_absent_answer_alike(site: Site, there: WithFile) -> None:
    """Before acceptance an agency of the chain is not concerned either; nobody learns that there is a file."""
    waiting, nowhere = hand_in(site, OWN_ID, PDF + b"\n"), "01J" + "0" * 23
    strangers = [
        site.nobody, site.be("applicant", personal_id=STRANGER_ID), site.be("desk_officer", agency=OTHER_DESK),
        site.be("postal_staff"), site.be("accountant", agency=DESK), site.be("system"),
    ]  # fmt: skip
    asked = [(client, there.ref) for client in strangers] + [(site.officer, waiting.ref)]
    for client, ref in asked:
        for part in ("", "list"):
            hidden = client.get(f"/dossiers/{ref}/files", params={"part": part})
            absent = client.get(f"/dossiers/{nowhere}/files", params={"part": part})
            assert (hidden.status_code, absent.status_code) == (404, 404)
            assert hidden.text.replace(ref, nowhere) == absent.text
        assert "data-files" not in client.get(f"/dossiers/{ref}").text
    assert dossier_page.READ_THE_FILES == READ_THE_FILES


def test_the_dossiers_page_asks_for_the_list(site: Site, there: WithFile) -> None:
    """With a script it is there at once; without one a link leads to it."""
    for client in (site.desk, site.officer, site.be("inspector"), site.be("applicant", personal_id=OWN_ID)):
        page = client.get(f"/dossiers/{there.ref}").text
        assert f'hx-get="/dossiers/{there.ref}/files?part=list"' in page
        assert f'href="/dossiers/{site.code_of(there.ref)}/files"' in page
    assert "Hồ sơ này chưa có tệp nào." in site.desk.get(f"/dossiers/{site.at_desk}/files").text


def test_what_cannot_be_read_any_more_has_no_link(site: Site) -> None:
    """That a file was there stays; a lost one and an erased one say which they are."""
    lost = hand_in(site, OWN_ID, PDF + b"\n\n")
    site.platform.parts.uploads.store.discard(lost.file)
    page = site.desk.get(f"/dossiers/{lost.ref}/files").text
    assert "Không còn trong kho tệp" in page
    erased = hand_in(site, "051190000041", PDF + b"\n\n\n")
    refusal = {"reason_code": "not_conforming", "law": "NĐ 118/2025 art. 17"}
    site.act(site.desk, f"/dossiers/{erased.ref}/refusal", refusal)
    site.settle()
    sought = {"kind": "personal_id", "identifier": "051190000041"}
    (person,) = site.be("system").post("/api/v1/people/search", json=sought).json()["people"]
    site.be("system").post(f"/api/v1/people/{person}/forgetting", json={"decision": "12/QD-STP"}).raise_for_status()
    erased_page = site.desk.get(f"/dossiers/{erased.ref}/files").text
    assert "Đã xóa theo yêu cầu" in erased_page
    for text, made in ((page, lost), (erased_page, erased)):
        assert made.sha256 in text
        assert LINK.findall(text) == []


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [
        (512, Words("512 byte", "512 bytes")),
        (1_023, Words("1023 byte", "1023 bytes")),
        (1_024, Words("1 KB", "1 KB")),
        (199_526, Words("195 KB", "195 KB")),
        (1_048_000, Words("1023 KB", "1023 KB")),
        (1_048_500, Words("1,0 MB", "1.0 MB")),
        (2_850_021, Words("2,7 MB", "2.7 MB")),
        (20_971_520, Words("20,0 MB", "20.0 MB")),
    ],
)
def test_a_size_is_said_as_people_say_it(size_bytes: int, said: Words) -> None:
    """Never `1024 KB`."""
    assert in_units(size_bytes) == said


def test_every_type_that_is_taken_has_words() -> None:
    """In both languages."""
    for kind in ENDINGS:
        assert kind not in word("media_type", kind)
