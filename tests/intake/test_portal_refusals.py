"""What the portal, or somebody in its name, may not send: an answer it can read, and nothing changes."""

import time
from typing import Any

import pytest

from services.intake.gateways.portal.sessions import Account
from tests.http_harness import HttpPlatform
from tests.intake.portal_messages import ITEM, KARAOKE, SYNC, Portal, message


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"MaHoSo": ""}, "MaHoSo"),
        ({"MaHoSo": "17"}, "MaHoSo"),
        ({"MaHoSo": "H48.23293.01-261307-00017"}, "MaHoSo"),
        ({"MaHoSo": None}, "MaHoSo"),
        ({"MaTTHC": "karaoke"}, "MaTTHC"),
        ({"MaTTHC": "1.000001"}, "MaTTHC"),
        ({"ChuHoSo": ""}, "ChuHoSo"),
        ({"ChuHoSo": ["Lan"]}, "ChuHoSo"),
        ({"ChuHoSo": "x" * 201}, "ChuHoSo"),
        ({"LoaiDoiTuong": "9"}, "LoaiDoiTuong"),
        ({"LoaiDoiTuong": "0"}, "LoaiDoiTuong"),
        ({"KenhThucHien": "7"}, "KenhThucHien"),
        ({"HinhThuc": "8"}, "HinhThuc"),
        ({"HinhThuc": "1", "DiaChi": ""}, "hand_out_to"),
        ({"TrangThaiHoSo": "9"}, "TrangThaiHoSo"),
        ({"TrangThaiHoSo": "1; DROP TABLE"}, "TrangThaiHoSo"),
        ({"NgayNopHoSo": "06/09/2026 21:30"}, "NgayNopHoSo"),
        ({"NgayNopHoSo": "20260931213015"}, "NgayNopHoSo"),
        ({"NgayNopHoSo": 20260906}, "NgayNopHoSo"),
        ({"DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "12345"}]}, "SoDinhDanh"),
        ({"DinhDanhCHS": "062190001234"}, "DinhDanhCHS"),
        ({"DinhDanhCHS": [], "SoGiayToChuHoSo": "", "MaDoiTuong": ""}, "DinhDanhCHS"),
        ({"TaiLieuNop": {"declaration": "x"}}, "TaiLieuNop"),
        ({"TaiLieuNop": [{"MaThanhPhanHoSo": "declaration", "LoaiBan": "7"}]}, "LoaiBan"),
        ({"TaiLieuNop": [{}] * 201}, "TaiLieuNop"),
        ({"TrichYeuHoSo": "x" * 1001}, "TrichYeuHoSo"),
        ({"ThongTinKhac": '{"KeKhai": {"married_before": [1]}}'}, "KeKhai"),
        ({"ThongTinKhac": '{"KeKhai": {"married_before": "yes"}}'}, "married_before"),
        ({"ThongTinKhac": '{"QuanHe": "neighbour"}'}, "relation"),
        ({"NoiNopHoSo": "", "MaHoSo": "G09.20-20260907-0092637"}, "receiving_agency"),
        (KARAOKE | {"ThongTinKhac": "", "MaDoiTuong": ""}, "MaDoiTuong"),
        (KARAOKE | {"ThongTinKhac": ""}, "rooms"),
        (KARAOKE | {"SoGiayToChuHoSo": "0100112438"}, "SoDinhDanh"),
        ({"MaTTHC": "3.000722"}, "QuanHe"),
    ],
)  # fmt: skip
def test_a_bad_item_is_answered_by_field_and_changes_nothing(
    platform: HttpPlatform, portal: Portal, change: dict[str, Any], names: str
) -> None:
    """The answer names the portal's field, in its own {error_code, message}; no personal number is repeated."""
    answer = portal.send(ITEM | change)
    assert answer["error_code"] == "-1"
    assert names in answer["message"], answer
    assert "062190001234" not in answer["message"]
    assert platform.events("intake") == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b'{"session": "x"}', 400),
        (b'{"session": "x", "data": []}', 400),
        (b'{"session": "x", "data": {}}', 400),
        (b'{"session": "x", "data": [1]}', 400),
        (b'{"session": "x", "data": [{"MaHoSo": NaN}]}', 400),
        (b'{"session": "x", "data": [{"MaHoSo": "\\ud800"}]}', 400),
        (b"[" * 200_000, 400),
        (b'{"session": "x", "data": [{}]}', 401),
        (b'{"session": "", "data": [{}]}', 401),
        (b'{"data": [{}]}', 401),
        (b'{"session": "9999999999.00", "data": [{}]}', 401),
        (b'{"session": "\xc3\xa9.\xc3\xa9", "data": [{}]}', 401),
    ],
)
def test_bytes_that_are_no_message(platform: HttpPlatform, content: bytes, status: int) -> None:
    """Unreadable, or from nobody we know: an answer that the portal can read, and nothing changes."""
    answer = platform.client.post(SYNC, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json().get("error_code", "-1")) == (status, "-1")
    assert platform.events("intake") == []


def test_a_message_over_the_limit_is_refused(platform: HttpPlatform, portal: Portal) -> None:
    """Everything has a limit."""
    answer = platform.client.post(SYNC, json=message(portal.session, ITEM | {"GhiChu": "x" * 1_100_000}))
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("account", "status"),
    [
        ({"username": "dvcqg", "password": "rehearsal-only-password"}, 200),
        ({"username": "dvcqg", "password": "guess"}, 401),
        ({"username": "somebody", "password": "rehearsal-only-password"}, 401),
        ({"username": "đvcqg", "password": "mật khẩu"}, 401),
        ({}, 401),
    ],
)
def test_the_portal_signs_in(platform: HttpPlatform, account: dict[str, str], status: int) -> None:
    """One account, and a wrong one learns nothing but that."""
    answer = platform.client.post("/gateways/portal/token", json=account)
    assert answer.status_code == status
    assert ("session" in answer.json()) is (status == 200)


def test_nobody_signs_in_with_a_password_that_nobody_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rehearsal's password opens a rehearsal only."""
    monkeypatch.delenv("LIENTHONG_PORTAL_PASSWORD", raising=False)
    assert Account.from_environment(rehearsal=True).open("dvcqg", "rehearsal-only-password")
    assert not Account.from_environment(rehearsal=False).open("dvcqg", "rehearsal-only-password")
    monkeypatch.setenv("LIENTHONG_PORTAL_PASSWORD", "one of its own")
    assert Account.from_environment(rehearsal=False).open("dvcqg", "one of its own")


def test_a_session_ends_and_is_bound_to_its_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature under the account's password: another password, another key; and time passes."""
    account = Account(password="one")
    session = account.open("dvcqg", "one")
    assert session is not None
    assert account.admits(session)
    assert not Account(password="two").admits(session)
    assert not account.admits(session.replace(session[0], "9", 1))
    monkeypatch.setattr(time, "time", lambda: 9_999_999_999.0)
    assert not account.admits(session)
