"""The forms as people hold them: one page each, for whoever may read the paper, with what the circular puts on it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.executor import Job
from services.intake.api import Correction
from services.intake.domain.commands import RecordAppointment
from services.intake.wiring import pages, service
from tests.http_harness import HttpPlatform
from tests.intake.people import CERTIFICATE, DESK, LAN, MINH, OTHER_DESK, PROVINCE_DESK, papers
from tests.intake.portal_messages import ITEM, Portal

HOSTILE = "<script>alert('x')</script>"
ATTORNEY = CERTIFICATE | {
    "submitter": MINH, "relation": "attorney",
    "components": papers("declaration", "identity_paper", "residence_proof", "authorisation"),
}  # fmt: skip


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[HttpPlatform]:
    with HttpPlatform(tmp_path, (service,)) as running:
        running.app.include_router(pages(running.parts, running.issuer, running.borders["intake"]))
        yield running


@pytest.fixture
def officer(platform: HttpPlatform) -> dict[str, str]:
    return platform.token("desk_officer", agency=DESK)


def handed_in(platform: HttpPlatform, officer: dict[str, str], body: dict[str, Any] = CERTIFICATE) -> str:
    answer = platform.post("/api/v1/dossiers", officer, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ref"])


def moved(platform: HttpPlatform, ref: str, cause: str, days: int) -> None:
    """Let routing's new date arrive."""
    now = platform.clock.now()
    command = RecordAppointment(
        ref=ref, cause=cause, number=1, step="certificate", agency="H48.23293", clock_from=now,
        due_at=now + timedelta(days=days), note="", moved_at=now, actor="system:intake", now=now,
    )  # fmt: skip
    job = Job(command=command)
    platform.borders["intake"].submit(job)
    job.future.result(timeout=30)


def text_of(platform: HttpPlatform, path: str, who: dict[str, str], **query: str) -> str:
    """Return what a page says to a reader, its marks left out."""
    answer = platform.get(path, who, **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_form_01_is_a_page(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """TT 03/2025/TT-VPCP form 01: who, what, which papers, when received, when promised, in which book."""
    ref = handed_in(platform, officer, ATTORNEY)
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    slip = text_of(platform, f"/dossiers/{ref}/slip", officer)
    for field in (
        "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", "H48.23293.01-260907-0001", "0001/TTPVHCC", LAN["name"],
        LAN["personal_id"], LAN["address"], LAN["phone"], MINH["name"], "Cấp Giấy xác nhận tình trạng hôn nhân",
        "08 giờ 00 phút, ngày 07/09/2026", "08 giờ 00 phút, ngày 10/09/2026", "3 ngày làm việc", "Tại bộ phận Một cửa",
        "Hộ tịch 2026, số thứ tự 0001", "Mẫu số 01, TT 03/2025/TT-VPCP",
    ):  # fmt: skip
        assert field in slip
    assert "Ngày hẹn đã thay đổi" not in slip
    json_ = platform.get(f"/api/v1/dossiers/{ref}/slip", officer).json()
    assert json_["page"] == f"/dossiers/{ref}/slip"
    assert platform.get("/dossiers/H48.23293.01-260907-0001/slip", officer).status_code == 200


def test_form_01_shows_every_date_and_why(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """A date never moves silently: the one on the slip stays, each later one stands below it with its cause."""
    ref = handed_in(platform, officer)
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    moved(platform, ref, "resumed", 8)
    moved(platform, ref, "apology", 15)
    slip = text_of(platform, f"/dossiers/{ref}/slip", officer)
    assert "08 giờ 00 phút, ngày 10/09/2026" in slip
    assert "Hết thời gian tạm dừng" in slip
    assert "08 giờ 00 phút, ngày 15/09/2026" in slip
    assert "Xin lỗi và hẹn lại" in slip
    assert "08 giờ 00 phút, ngày 22/09/2026" in slip
    shown = platform.get(f"/api/v1/dossiers/{ref}", officer).json()
    assert (shown["due_at"], shown["promised_at"]) == ("2026-09-15T01:00:00Z", "2026-09-22T01:00:00Z")
    assert [move["cause"] for move in shown["appointment_moves"]] == ["resumed", "apology"]
    (row,) = platform.get("/api/v1/dossiers", officer).json()["items"]
    assert row["due_at"] == "2026-09-15T01:00:00Z"


def test_a_date_given_elsewhere_is_provisional_until_the_agency_has_it(platform: HttpPlatform) -> None:
    """NĐ 118/2025 art. 17.3: received at the province's desk for a commune; at home it is not provisional."""
    province = platform.token("desk_officer", agency=PROVINCE_DESK)
    ref = handed_in(platform, province, CERTIFICATE | {"receiving_agency": PROVINCE_DESK, "area": "23293"})
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", province)
    assert "ngày hẹn trên là tạm tính" in text_of(platform, f"/dossiers/{ref}/slip", province)
    assert platform.get(f"/api/v1/dossiers/{ref}", province).json()["due_is_provisional"] is True
    moved(platform, ref, "received", 4)
    assert platform.get(f"/api/v1/dossiers/{ref}", province).json()["due_is_provisional"] is False


@pytest.mark.parametrize("area", [None, "23293"])
def test_a_date_given_at_home_is_not_provisional(
    platform: HttpPlatform, officer: dict[str, str], area: str | None
) -> None:
    """NĐ 118/2025 art. 17.3 speaks of other desks only, whether or not the applicant names the commune."""
    ref = handed_in(platform, officer, CERTIFICATE | {"area": area})
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    assert platform.get(f"/api/v1/dossiers/{ref}", officer).json()["due_is_provisional"] is False


def test_form_02_is_a_page(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """TT 03/2025/TT-VPCP form 02: everything at once, each with its reason, and whom to ask."""
    ref = handed_in(platform, officer, CERTIFICATE | {"components": papers("declaration", "residence_proof")})
    items = [{"component": "identity_paper", "reason": "missing", "note": "Xin mang bản chính"}]
    platform.post(f"/api/v1/dossiers/{ref}/supplement-request", officer, {"items": items})
    asked = text_of(platform, f"/dossiers/{ref}/supplement-request", officer)
    for field in (
        "Phiếu yêu cầu bổ sung",
        "Giấy tờ tùy thân",
        "còn thiếu",
        "Xin mang bản chính",
        "chỉ yêu cầu bổ sung một lần",
    ):
        assert field in asked


def test_form_03_is_a_page(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """TT 03/2025/TT-VPCP form 03: the reason, and the law in the words of the country."""
    ref = handed_in(platform, officer)
    refusal = {"reason_code": "wrong_authority", "law": "NĐ 118/2025 art. 14", "note": HOSTILE}
    platform.post(f"/api/v1/dossiers/{ref}/refusal", officer, refusal)
    answer = platform.get(f"/dossiers/{ref}/refusal", officer)
    assert "Không thuộc thẩm quyền giải quyết" in answer.text
    assert "NĐ 118/2025 điều 14" in answer.text
    assert HOSTILE not in answer.text


def test_form_04_is_a_page(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """TT 03/2025/TT-VPCP form 04; NĐ 61/2018 art. 19.9: who is late, the date not kept, the one new date."""
    ref = handed_in(platform, officer)
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    assert platform.get(f"/dossiers/{ref}/apology", officer).status_code == 404
    moved(platform, ref, "apology", 8)
    letter = text_of(platform, f"/dossiers/{ref}/apology", officer)
    for field in ("xin lỗi và hẹn lại", "Ủy ban nhân dân phường Kon Tum", "ngày 10/09/2026", "ngày 15/09/2026"):
        assert field in letter


def test_form_05_is_a_page(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """TT 03/2025/TT-VPCP form 05; NĐ 118/2025 art. 21: stopped at the applicant's wish."""
    ref = handed_in(platform, officer)
    platform.post(f"/api/v1/dossiers/{ref}/withdrawal", officer)
    notice = text_of(platform, f"/dossiers/{ref}/stop-notice", officer)
    assert "Theo đề nghị của người làm thủ tục" in notice
    assert "NĐ 118/2025 điều 21" in notice


def test_a_paper_speaks_english_beside_vietnamese(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """The form is Vietnamese; its labels are explained to whoever asks."""
    ref = handed_in(platform, officer)
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    slip = text_of(platform, f"/dossiers/{ref}/slip", officer, lang="en")
    assert "Giấy tiếp nhận hồ sơ" in slip
    assert "Slip of acceptance and appointment" in slip


def test_who_may_not_read_a_paper_sees_what_who_asks_for_none_sees(
    platform: HttpPlatform, officer: dict[str, str]
) -> None:
    """The hidden and the absent look the same; each reading that is allowed is written down."""
    ref = handed_in(platform, officer)
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    others: tuple[dict[str, str], ...] = (
        {},
        platform.token("desk_officer", agency=OTHER_DESK),
        platform.token("inspector"),
    )
    for other in others:
        hidden, absent = (platform.get(f"/dossiers/{one}/slip", other) for one in (ref, "01M3G5W0000000000000000009"))
        assert (hidden.status_code, hidden.text.replace(ref, "")) == (
            404, absent.text.replace("01M3G5W0000000000000000009", ""),
        )  # fmt: skip
    assert platform.get(f"/dossiers/{ref}/slip", platform.token("applicant", personal_id=LAN["personal_id"])).is_success
    person = platform.vault.person("personal_id", LAN["personal_id"])
    assert [one["purpose"] for one in platform.vault.openings(person)] == ["acknowledgement_slip"]


@pytest.mark.parametrize(
    "typed",
    [
        "H48.23293.01-260907-00017",
        " h48.23293.01-260907-00017 ",
        "H48.23293.01-20260907-00017",
        "H48.23293.01-260907-0017",
        "H48.23293.01-20260907-0000017",
    ],
)
def test_a_dossier_is_found_by_its_code_however_it_is_typed(
    platform: HttpPlatform, officer: dict[str, str], typed: str
) -> None:
    """TT 01/2018 art. 19; TT 03/2025 art. 13: every generation writes the same number, and any of them leads to it."""
    assert Portal(platform).send(ITEM)["error_code"] == "0"
    shown = platform.get(f"/api/v1/dossiers/{typed}", officer)
    assert shown.status_code == 200, shown.text
    listed = platform.get("/api/v1/dossiers", officer, code=typed).json()["items"]
    assert [one["ref"] for one in listed] == [shown.json()["ref"]]
    assert platform.get("/api/v1/dossiers", officer, code=typed.replace("17", "18")).json()["items"] == []
    assert platform.get(f"/api/v1/dossiers/{typed}/../{typed.replace('17', '18')}", officer).status_code == 404


def test_the_desk_corrects_and_digitises_on_a_page(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """NĐ 61/2018 arts. 5 and 17.1: the page asks for what its service takes, and offers what is still on paper."""
    body = CERTIFICATE | {"components": [*papers("declaration", "identity_paper"), {"code": "residence_proof"}]}
    ref = handed_in(platform, officer, body)
    page = platform.get(f"/dossiers/{ref}/amendments", officer)
    assert page.status_code == 200
    forms = re.findall(r'data-act="/api/v1(/dossiers/[^"]+)"', page.text)
    assert forms == [f"/dossiers/{ref}/correction", f"/dossiers/{ref}/components/residence_proof/digitisation"]
    fields = set(re.findall(r'name="([a-z_]+)(?:\.[a-z_]+)?"', page.text)) & set(Correction.model_fields)
    assert fields == {"name", "phone", "email", "address", "reason"}
    assert platform.post(f"/api/v1{forms[1]}", officer).status_code == 200
    assert "residence_proof" not in platform.get(f"/dossiers/{ref}/amendments", officer).text
    by_post = handed_in(platform, officer, body | {"channel": "post"})
    assert "residence_proof" not in platform.get(f"/dossiers/{by_post}/amendments", officer).text, "nobody has it here"
    lan = platform.token("applicant", personal_id=LAN["personal_id"])
    assert f"/dossiers/{ref}/correction" in platform.get(f"/dossiers/{ref}/amendments", lan).text
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    assert f"/dossiers/{ref}/correction" not in platform.get(f"/dossiers/{ref}/amendments", lan).text
    for other in ({}, platform.token("desk_officer", agency=OTHER_DESK), platform.token("inspector")):
        assert platform.get(f"/dossiers/{ref}/amendments", other).status_code == 404
