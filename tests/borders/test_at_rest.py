"""Nothing personal stands in clear in any file that the product writes: not in logs, read models, answers or indexes.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.borders.at_rest import WAYS_TO_WRITE, in_clear
from tests.borders.places import UNFIT
from tests.borders.portal import ITEM, Portal
from tests.borders.province import APPLICANT, NOTE, PLANTED, STEP, Place, Province


def test_nothing_personal_stands_in_clear_in_any_file(province: Province, granted: list[Place]) -> None:
    """Names, numbers, phones, addresses and notes, of people at the desk, by post and through the portal."""
    refused = province.acknowledged()
    province.do("refuse_step", province.officer, UNFIT, ref=refused, step=STEP)
    Portal(province).said(ITEM | {"MaHoSo": "H48.23293.01-260907-30001", "TrichYeuHoSo": NOTE})
    province.get(f"/api/v1/dossiers/{refused}/steps/{STEP}/note", province.officer)
    files = {file.name for file in province.data.rglob("*") if file.is_file()}
    assert {"intake.db", "intake.db-wal", "reporting.db", "vault.db", "vault.key", "issuer.key", "clock.json"} <= files
    assert in_clear(province.data, *PLANTED) == []


def test_what_is_not_personal_is_found_by_the_same_search(province: Province, granted: list[Place]) -> None:
    """A search that finds nothing proves nothing unless it finds what is there."""
    code = province.code_of(province.accepted())
    assert any("intake.db" in where for where in in_clear(province.data, code))
    sealed = [file for file in province.data.rglob("*.db*") if b"s1.p" in file.read_bytes()]
    assert sealed, "sealed values are there instead"


@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_the_search_knows_every_way_to_write(tmp_path: Path, way: str) -> None:
    """Composed and decomposed letters, small and capital ones, escapes and other encodings."""
    write: Callable[[str], bytes] = WAYS_TO_WRITE[way]
    (tmp_path / "file").write_bytes(b"\x00\x01" + write(APPLICANT["name"]) + b"\xff")
    assert len(in_clear(tmp_path, *PLANTED)) == 1 + (1 if way != "base64" else 0)


def test_keys_are_for_the_one_who_runs_the_product(province: Province) -> None:
    """Whoever else has an account on the machine reads neither key."""
    keys = [file for file in province.data.rglob("*.key") if file.is_file()]
    assert len(keys) >= 2
    assert {oct(file.stat().st_mode & 0o077) for file in keys} == {"0o0"}
