"""Nothing personal stands in clear in any file that the product writes: not in logs, read models, answers or indexes.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5.
"""

import base64
import unicodedata
from pathlib import Path

import pytest

from tests.borders.at_rest import WAYS_TO_WRITE, in_clear, written
from tests.borders.places import PLACES, UNFIT, place
from tests.borders.portal import ITEM, Portal
from tests.borders.province import APPLICANT, NOTE, PLANTED, STEP, Place, Province

CORRECTED = {"address": "99/12 ngõ Mùa Gió Chướng", "phone": "0966 400 118", "email": "van.moi@thu.example"}
REASON = "Chị Vân chuyển nhà sang ngõ Mùa Gió Chướng"


@pytest.fixture(scope="module")
def busy(province: Province) -> list[Place]:
    """Bring dossiers to every point of their way, those that take days first."""
    names = sorted(PLACES.keys() & province.acts.keys(), key=lambda name: (name != "mark_back_at_desk", name))
    return [place(province, name) for name in names]


def test_nothing_personal_stands_in_clear_in_any_file(province: Province, busy: list[Place]) -> None:
    """Names, numbers, phones, addresses and notes, of people at the desk, by post and through the portal."""
    refused = province.acknowledged()
    province.do("refuse_step", province.officer, UNFIT, ref=refused, step=STEP)
    Portal(province).said(ITEM | {"MaHoSo": "H48.23293.01-260907-30001", "TrichYeuHoSo": NOTE})
    province.get(f"/api/v1/dossiers/{refused}/steps/{STEP}/note", province.officer)
    corrected = {**CORRECTED, "reason": REASON}
    province.do("correct_particulars", province.desk, corrected, ref=province.accepted())
    sought = {"kind": "phone", "identifier": CORRECTED["phone"]}
    assert province.post("/api/v1/dossiers/search", province.desk, sought).json()["items"]
    files = {file.name for file in province.data.rglob("*") if file.is_file()}
    assert {"intake.db", "intake.db-wal", "reporting.db", "vault.db", "vault.key", "issuer.key", "clock.json"} <= files
    assert in_clear(province.data, *PLANTED, *CORRECTED.values(), REASON) == []


def test_what_is_not_personal_is_found_by_the_same_search(province: Province, busy: list[Place]) -> None:
    """A search that finds nothing proves nothing unless it finds what is there."""
    code = province.code_of(province.accepted())
    assert any("intake.db" in where for where in in_clear(province.data, code))
    sealed = [file for file in province.data.rglob("*.db*") if b"s1.p" in file.read_bytes()]
    assert sealed, "sealed values are there instead"


@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_the_search_knows_every_way_to_write(tmp_path: Path, way: str) -> None:
    """Composed and decomposed letters, small and capital ones, escapes and other encodings, in the midst."""
    for number, needle in enumerate(written(APPLICANT["name"], way)):
        (tmp_path / f"{number}.db").write_bytes(b"\x00\x01" * 3 + needle + b"\xff")
        found = in_clear(tmp_path, APPLICANT["name"])
        assert any(one.startswith(f"{number}.db: {APPLICANT['name']}") for one in found)


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_the_search_knows_base64_of_something_longer(tmp_path: Path, before: str) -> None:
    """A raw message kept in base64 has the name at any place of a group of three bytes."""
    whole = f"{before}{unicodedata.normalize('NFC', APPLICANT['name'])} và người khác".encode()
    (tmp_path / "journal").write_bytes(base64.b64encode(whole))
    assert len(in_clear(tmp_path, APPLICANT["name"])) == 1
    assert in_clear(tmp_path, "Đặng Quỳnh Thảo Mai") == []


def test_keys_are_for_the_one_who_runs_the_product(province: Province) -> None:
    """Whoever else has an account on the machine reads neither key."""
    keys = [file for file in (province.data / "keys").rglob("*") if file.is_file()]
    assert len(keys) >= 2
    assert {oct(file.stat().st_mode & 0o077) for file in keys} == {"0o0"}
