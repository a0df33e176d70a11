"""What comes in the national portal's name: bad items and bad envelopes are answered in its own words, field by field.

Law: NĐ 61/2018 art. 5 (a dossier is not altered by sending it again); TT 03/2025/TT-VPCP art. 13.3 (its number).
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from chassis.limits import NESTING_MAX, PORTAL_ITEMS_MAX
from services.intake.gateways.portal.message import Attachment, Identity, Item
from tests.borders.documents import given_away
from tests.borders.portal import ITEM, LOOK_UP, SYNC, TOKEN, Portal
from tests.borders.province import APPLICANT, DECISION, PLANTED, STEP, Province

JSON = {"Content-Type": "application/json"}
WRONG_TEXTS = (["x"], {"a": 1}, 1.5, "x" * 5_000)
WRONG_LISTS: tuple[Any, ...] = (5, "x", {"a": 1}, [5], ["x"], [["x"]], [{}] * 2_000, [{"a": 1}, 5])
WRONG_DATES = ("07/09/2026", "20260931083000", "20260907250000", "20260907", 20260907, "2026-09-07T08:30:00Z", "x" * 14)
LISTS: dict[str, type[BaseModel]] = {"TaiLieuNop": Attachment, "DinhDanhCHS": Identity}


def new(number: int) -> dict[str, Any]:
    """Return an item with a number that the portal gave to no other dossier."""
    return ITEM | {"MaHoSo": f"H48.23293.01-260907-{number:05d}"}


@pytest.fixture
def portal(province: Province) -> Portal:
    return Portal(province)


def wrong_fields() -> Iterator[tuple[str, Any]]:
    """Yield every field of an item that is read, with values that cannot stand there."""
    for field in Item.model_fields.values():
        alias = str(field.alias)
        if alias in LISTS:
            yield from ((alias, wrong) for wrong in WRONG_LISTS)
            for inner in LISTS[alias].model_fields.values():
                yield from ((alias, [{str(inner.alias): wrong}]) for wrong in (["x"], {"a": 1}))
        else:
            yield from ((alias, wrong) for wrong in WRONG_TEXTS)
        if alias.startswith("Ngay"):
            yield from ((alias, wrong) for wrong in WRONG_DATES)


def test_a_field_of_a_wrong_type_is_named_and_nothing_is_taken(province: Province, portal: Portal) -> None:
    """Every field that is read, with lists, objects, fractions, other dates and texts without end in its place."""
    wrong = list(wrong_fields())
    assert len(wrong) > 100
    with province.unchanged():
        for field, value in wrong:
            answer = portal.sends(new(10_001) | {field: value})
            (row,) = answer.json()["data"]
            assert (answer.status_code, row["error_code"]) == (200, "-1"), (field, value)
            assert field in row["message"], (field, row)
            assert given_away(answer) == [], field


UNTRUE: list[tuple[dict[str, Any], str]] = [
    ({"MaHoSo": "H48.23293.01-261307-00017"}, "MaHoSo"),
    ({"MaTTHC": "9.999999"}, "MaTTHC"),
    ({"LoaiDoiTuong": "9"}, "LoaiDoiTuong"),
    ({"KenhThucHien": "7"}, "KenhThucHien"),
    ({"HinhThuc": "8"}, "HinhThuc"),
    ({"TrangThaiHoSo": "9"}, "TrangThaiHoSo"),
    ({"TrangThaiHoSo": "' OR 1=1"}, "TrangThaiHoSo"),
    ({"DinhDanhCHS": [{"LoaiDinhDanh": "1", "SoDinhDanh": "06218500987"}]}, "SoDinhDanh"),
    ({"DinhDanhCHS": [], "SoGiayToChuHoSo": "", "MaDoiTuong": ""}, "DinhDanhCHS"),
    ({"LoaiDoiTuong": "2", "SoGiayToChuHoSo": "0100112438", "DinhDanhCHS": []}, "SoDinhDanh"),
    ({"NoiNopHoSo": "H48.05"}, "receiving_agency"),
    *(
        ({"ThongTinKhac": json.dumps(said)}, field)
        for said, field in (
            ({"QuanHe": "neighbour"}, "relation"),
            ({"NhomDoiTuong": APPLICANT["name"]}, "category"),
            ({"BuocTuyChon": [APPLICANT["address"]]}, "options"),
            ({"BuocTuyChon": ["x"] * 500}, "BuocTuyChon"),
            ({"MaXa": APPLICANT["address"]}, "area"),
            ({"MaXa": "99999"}, "area"),
            ({"KeKhai": {"married_before": APPLICANT["name"]}}, "married_before"),
            ({"KeKhai": {"married_before": 5}}, "married_before"),
            ({"KeKhai": {"married_before": {}}}, "married_before"),
            ({"KeKhai": {f"x{n}": True for n in range(60)}}, "KeKhai"),
            ({"QuanHe": "attorney", "SoDinhDanhNguoiNop": "123"}, "SoDinhDanhNguoiNop"),
        )
    ),
]


@pytest.mark.parametrize(("change", "names"), UNTRUE)
def test_what_cannot_be_is_named_and_nothing_is_taken(
    province: Province, portal: Portal, change: dict[str, Any], names: str
) -> None:
    """Unknown codes, wrong numbers, and personal data where a code belongs; no personal number is said again."""
    with province.unchanged():
        answer = portal.sends(new(10_002) | change)
        (row,) = answer.json()["data"]
    assert (answer.status_code, row["error_code"]) == (200, "-1"), row
    assert names in row["message"], row
    assert "06218500987" not in answer.text


ENVELOPES: dict[str, tuple[Any, int]] = {
    "nothing": (b"", 400),
    "half an object": (b"{", 400),
    "a list": (b"[]", 400),
    "a text": (b'"x"', 400),
    "invalid UTF-8": (b'{"session":"\xff"}', 400),
    "half a letter": (b'{"session":"\\ud800","data":[{}]}', 400),
    "not a number": (b'{"session":"x","data":[{"MaHoSo":NaN}]}', 400),
    "infinity": (b'{"session":"x","data":[{"MaHoSo":1e999}]}', 401),
    "a number of 5 000 digits": (b'{"data":' + b"9" * 5_000 + b"}", 400),
    "deep nesting": (b"[" * 200_000, 400),
    "deep nesting in an item": (b'{"data":[{"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}]}", 400),
    "no session": ({"data": [{}]}, 401),
    "somebody's session": ({"session": "9999999999.00", "data": [{}]}, 401),
    "a session that is a number": ({"session": 5, "data": [{}]}, 400),
    "a very long session": ({"session": "x" * 5_000, "data": [{}]}, 400),
    "no items": ({"data": []}, 400),
    "items that are none": ({"data": {"MaHoSo": "x"}}, 400),
    "items that are texts": ({"data": ["x"]}, 400),
    "items that are lists": ({"data": [[]]}, 400),
    "too many items": ({"data": [{}] * (PORTAL_ITEMS_MAX + 1)}, 400),
    "over the limit": ({"data": [{"x": "x" * 1_100_000}]}, 413),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_that_is_none_is_answered_and_nothing_is_taken(
    province: Province, portal: Portal, name: str
) -> None:
    """At each of the portal's doors, signed in or not: an answer that it can read, and nothing changes."""
    sent, status = ENVELOPES[name]
    with province.unchanged():
        content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        answers = [province.client.post(SYNC, content=content, headers=JSON)]
        if isinstance(sent, dict) and "session" not in sent and status == 400:
            signed = json.dumps({"session": portal.session, **sent}).encode()
            answers.append(province.client.post(SYNC, content=signed, headers=JSON))
        for answer in answers:
            assert answer.status_code == status, answer.text
            assert answer.json().get("error_code", "-1") == "-1"
        for door in (TOKEN, LOOK_UP):
            assert province.client.post(door, content=content, headers=JSON).status_code in (400, 401, 413)


def test_items_without_end_are_answered_one_by_one(province: Province, portal: Portal) -> None:
    """As many as fit one message; what is wrong with each is said, within the size of an answer."""
    with province.unchanged():
        answer = portal.sends(*({"MaHoSo": "x" * 5_000} for _ in range(PORTAL_ITEMS_MAX)))
        rows = answer.json()["data"]
    assert {row["error_code"] for row in rows} == {"-1"}
    assert len(rows) == PORTAL_ITEMS_MAX
    assert len(answer.content) < 200_000


@pytest.mark.parametrize("depth", [1, 10, 29, 30, 31, 100, 500, *range(880, 1_000, 8), 5_000])
def test_an_item_however_deep_is_taken_whole_or_not_at_all(province: Province, portal: Portal, depth: int) -> None:
    """What can just be read can often not be sealed or compared again; so there is a limit, and it has a name."""
    item = new(20_000 + depth)
    content = json.dumps({"session": portal.session, "data": [item]}).encode()
    deep = content[:-3] + b',"Khac":' + b"[" * depth + b"]" * depth + b"}]}"
    for _ in range(2):
        answer = province.client.post(SYNC, content=deep, headers=JSON)
        taken = depth + 3 <= NESTING_MAX
        said = answer.status_code, answer.json().get("error_code", "-1")
        assert said == ((200, "0") if taken else (400, "-1")), answer.text
    province.settle()
    assert (portal.asks(item["MaHoSo"])["error_code"] == "0") is taken


def test_the_same_number_with_other_content_is_a_conflict(province: Province, portal: Portal) -> None:
    """Whichever field differs, also one that nobody reads; the same again is the same dossier."""
    first = new(10_010)
    assert portal.said(first)["error_code"] == "0"
    changes: list[dict[str, Any]] = [{name: "khác"} for name in ("ChuHoSo", "TrichYeuHoSo", "DiaChi", "TruongMoi")]
    changes += [{"TaiLieuNop": []}, {"LoaiDoiTuong": 1}, {"TruongMoi": None}]
    with province.unchanged("vault"):  # that it was opened to compare is written down
        for change in changes:
            answer = portal.sends(first | change)
            assert answer.json()["error_code"] == "3", change
            assert given_away(answer) == []
        assert portal.said(first)["error_code"] == "0"
        assert [row["error_code"] for row in portal.said(first, first | changes[0], first)["data"]] == ["0", "3", "0"]


@pytest.mark.parametrize("status", ["2", "3", "4", "6", "8", "9", "10", "11", "0", "-1", "x" * 200])
def test_what_only_the_desk_knows_is_not_believed(province: Province, portal: Portal, status: str) -> None:
    """Neither of a new dossier nor of one that is here."""
    known, unknown = new(10_011), new(10_012)
    assert portal.said(known)["error_code"] == "0"
    with province.unchanged("vault"):
        for item in (known, unknown):
            assert portal.said(item | {"TrangThaiHoSo": status}, updating="True")["error_code"] == "-1"
        assert portal.said(unknown | {"TrangThaiHoSo": status})["error_code"] == "-1"


def test_an_answer_that_nobody_asked_for_is_refused(province: Province, portal: Portal) -> None:
    """A supplement without a request, and a withdrawal of what has its result: refused with the law."""
    item = new(10_013)
    portal.said(item)
    with province.unchanged():
        said = portal.said(item | {"TrangThaiHoSo": "5"}, updating="True")
        assert (said["error_code"], "NĐ 61/2018" in said["message"]) == ("-1", True)
    ref = province.do("accept_dossier", province.desk, ref=item["MaHoSo"])["ref"]
    province.do("acknowledge_step", province.officer, ref=ref, step=STEP)
    province.do("decide_step", province.officer, DECISION, ref=ref, step=STEP)
    with province.unchanged():
        said = portal.said(item | {"TrangThaiHoSo": "7"}, updating="True")
        assert (said["error_code"], "NĐ 118/2025 art. 21" in said["message"]) == ("-1", True)


STRANGERS: tuple[Any, ...] = ("", "x", "9999999999.00", None, 5, [], {"a": 1})
HOSTILE_CODES: tuple[Any, ...] = ("", "x" * 5_000, "\0", "' OR 1=1 --", "%", "😀", 5, None, [], {}, True, "0" * 26)


def test_a_look_up_of_nothing_finds_nothing(province: Province, portal: Portal) -> None:
    """Whatever is asked for: there is no such dossier; and who is not signed in learns not even that."""
    with province.unchanged():
        for code in HOSTILE_CODES:
            assert portal.asks(code)["error_code"] == "-1"
        for session in STRANGERS:
            answer = province.client.post(LOOK_UP, json={"session": session, "mahoso": ITEM["MaHoSo"]})
            assert (answer.status_code, answer.json()["error_code"]) == (401, "-1")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_portal_posts(province: Province, method: str) -> None:
    for door in (SYNC, LOOK_UP, TOKEN):
        answer = province.client.request(method, door)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("who", [{}, {"username": 5}, {"username": None}, {"username": [], "password": {}}])
def test_nobody_signs_in_as_somebody_else(province: Province, who: dict[str, Any]) -> None:
    """A wrong account learns nothing but that."""
    with province.unchanged():
        answer = province.client.post(TOKEN, json=who)
        assert (answer.status_code, "session" in answer.json()) == (401, False)
        assert not any(secret in answer.text for secret in PLANTED)
