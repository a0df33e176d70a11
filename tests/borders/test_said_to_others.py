"""Whatever leaves the installation in clear is written down: to whom, what, what for, and about which dossier.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15; the log is the person's and the inspector's to read.
"""

from tests.borders.documents import problem
from tests.borders.portal import ITEM, Portal
from tests.borders.province import Province

CODE = "H48.23293.01-260907-40001"
PHONE = "0905 417 402"
NEWCOMER = {
    "SoGiayToChuHoSo": "062185009889",
    "DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "062185009889"}],
    "SoDienThoai": PHONE,
}


def test_what_the_portal_is_told_is_written_down(province: Province) -> None:
    """Each answer of TraCuuHoSo, with the fields that it had; an answer that there is no dossier tells nothing."""
    portal = Portal(province)
    portal.said(ITEM | {"MaHoSo": CODE})
    province.settle()
    for _ in range(2):
        assert portal.asks(CODE)["error_code"] == "0"
    assert portal.asks("H48.23293.01-260907-49999")["error_code"] == "-1"
    shown = province.get(f"/api/v1/dossiers/{CODE}/disclosures", province.desk).json()
    assert [(one["handed_to"], one["by"], one["purpose"]) for one in shown["said_outside"]] == [
        ("portal", "portal:dvcqg", "status")
    ] * 2
    assert "TrangThaiHoSo" in shown["said_outside"][0]["fields"]
    assert portal.said(ITEM | {"MaHoSo": CODE})["error_code"] == "0"
    shown = province.get(f"/api/v1/dossiers/{CODE}/disclosures", province.desk).json()
    assert [one["purpose"] for one in shown["read_inside"]] == ["repeat_of_portal_message"]


def test_whoever_the_portal_names_is_found_by_phone(province: Province) -> None:
    """The desk need not know by which door somebody came in; the number stands in no address."""
    code = "H48.23293.01-260907-40002"
    Portal(province).said(ITEM | {"MaHoSo": code, **NEWCOMER})
    province.settle()
    ref = province.get(f"/api/v1/dossiers/{code}", province.desk).json()["ref"]
    sought = {"kind": "phone", "identifier": PHONE.replace(" ", "")}
    found = province.post("/api/v1/dossiers/search", province.desk, sought).json()["items"]
    assert [one["ref"] for one in found] == [ref]
    problem(province.get("/api/v1/dossiers/search", province.desk, **sought), 404, 405)
    other = province.post("/api/v1/dossiers/search", province.other_desk, sought).json()
    assert other == {"items": [], "next": None}
