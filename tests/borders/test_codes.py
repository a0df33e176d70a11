"""Codes that are wrong, unknown or of an older generation: each is named, none is repeated where it is personal.

Law: TT 03/2025/TT-VPCP art. 13 (dossier codes); TT 105/2020/TT-BTC art. 5 (tax codes); NĐ 137/2015 art. 13.
"""

from typing import Any

import pytest

from kernel.codes import TAX_WEIGHTS
from tests.borders.documents import bare, problem
from tests.borders.portal import ITEM, Portal
from tests.borders.province import APPLICANT, PROCEDURE, Province

FIRM = {"name": "Công ty Hoa Dã Quỳ", "address": "", "phone": "", "email": "", "personal_id": ""}
HOUSE = {"applicant_kind": "household_business", "submitter": None, "relation": "self"}


def firm(tax_code: str) -> dict[str, Any]:
    return {"applicant": {**FIRM, "tax_code": tax_code}, **HOUSE}


def person(personal_id: str) -> dict[str, Any]:
    return {"applicant": {**APPLICANT, "personal_id": personal_id}}


NUMBERS = ("0100112438", "010011243", "01001124370", "0100112437-000", "0100112437-01", "١٢٣٤٥٦٧٨٩٠", "O1OO112437")
PERSONAL = ("06218500987", "0621850098711", "233012345", "06218500987X", "٠٦٢١٨٥٠٠٩٨٧١", "062-185-009871", "C1234567")

UNREADABLE: list[tuple[dict[str, Any], str]] = [
    *((person(number), "personal_id") for number in PERSONAL),
    *((firm(number), "tax_code") for number in NUMBERS),
    *(({"procedure": code}, "procedure") for code in ("1.00487", "karaoke", "1.004873.48", "1.004873' OR '1'='1", "")),
    *(({"receiving_agency": id}, "receiving_agency") for id in ("H4", "desk", "H48..01", "H48 01", "", "Ɦ48.01")),
    *(({"area": code}, "area") for code in ("ward 1", "-1", "", "2329323293232932")),
    ({"components": [{"code": "tờ khai"}]}, "components"),
    ({"components": [{"code": "declaration", "form": "parchment"}]}, "components"),
    ({"options": ["lấy ngay"]}, "options"),
    ({"facts": {"married before": True}}, "facts"),
    ({"channel": "pigeon"}, "channel"),
    ({"hand_out_by": "pigeon"}, "hand_out_by"),
    ({"applicant_kind": "ghost"}, "applicant_kind"),
]


@pytest.mark.parametrize(("change", "field"), UNREADABLE)
def test_a_code_that_is_none_is_named_and_not_taken(province: Province, change: dict[str, Any], field: str) -> None:
    """The answer says where and how it should look; a personal number that somebody mistyped is not said again."""
    with province.unchanged():
        answer = province.post("/api/v1/dossiers", province.desk, province.submission(**change))
    document = problem(answer, 422)
    assert any(field in where["name"] for where in document["invalid_params"]), document
    if field == "personal_id":
        assert change["applicant"]["personal_id"] not in answer.text


def test_no_digit_fits_where_the_weights_leave_nothing(province: Province) -> None:
    """Where the weighted sum is a multiple of 11 the check digit would be 10, so such a code is nobody's."""
    stem = next(
        f"{number:09d}"
        for number in range(101_000_000, 101_000_999)
        if sum(int(digit) * weight for digit, weight in zip(f"{number:09d}", TAX_WEIGHTS, strict=True)) % 11 == 0
    )
    with province.unchanged():
        for digit in range(10):
            body = province.submission(**firm(f"{stem}{digit}"))
            (where,) = problem(province.post("/api/v1/dossiers", province.desk, body), 422)["invalid_params"]
            assert "tax_code" in where["name"]


UNKNOWN: list[tuple[dict[str, Any], str]] = [
    ({"procedure": "9.999999"}, "procedure_not_in_force"),
    ({"receiving_agency": "H48.99999"}, "agency_not_receiving"),
    ({"receiving_agency": "H48.23293"}, "agency_not_receiving"),
    ({"receiving_agency": "A01"}, "agency_not_receiving"),
    ({"receiving_agency": "0100112437"}, "agency_not_receiving"),
    ({"components": [{"code": "cat_photo"}]}, "component_unknown"),
    ({"components": [{"code": "declaration", "substitute_for": "cat_photo"}]}, "component_unknown"),
    ({"options": ["express"]}, "option_unknown"),
    ({"category": "friend"}, "category_unknown"),
    ({"relation": "neighbour"}, "submitter_not_allowed"),
    ({"facts": {"married_before": False, "issued_before": False, "rich": True}}, "facts_do_not_fit"),
    ({"facts": {"married_before": "no", "issued_before": False}}, "facts_do_not_fit"),
    ({"facts": {}}, "facts_do_not_fit"),
    ({"hand_out_by": "post"}, "hand_out_address_missing"),
]


@pytest.mark.parametrize(("change", "code"), UNKNOWN)
def test_a_code_that_nobody_gave_is_refused_with_its_law(province: Province, change: dict[str, Any], code: str) -> None:
    """Well formed, and of nothing that is published, received or offered here."""
    who = province.system  # whoever may hand in anywhere, so that the code itself is what is refused
    with province.unchanged():
        document = problem(province.post("/api/v1/dossiers", who, province.submission(**change)), 422)
    assert (document["code"], bool(document["law"])) == (code, True), document


def test_a_procedure_that_nobody_published_is_not_in_the_catalogue(province: Province) -> None:
    """Unknown, malformed or hostile: not found, as one answer."""
    assert province.get(f"/api/v1/procedures/{PROCEDURE}").status_code == 200
    unknown = province.get("/api/v1/procedures/9.999999")
    assert problem(unknown, 404)["code"] == "not_found"
    for code in ("karaoke", "1.004873'--", "%2e%2e", "x" * 500, "1.004873.", "\u0661.004873"):
        assert bare(province.get(f"/api/v1/procedures/{code}")) == bare(unknown), code


GENERATIONS = {
    "today's": ("H48.23293.01-260907-00031", "H48.23293.01-260907-00032"),
    "with a whole year": ("H48.23293.01-20260907-00033", "H48.23293.01-20260907-00034"),
    "smallest body first": ("000.01.23.H48-260907-0035", "000.01.23.H48-260907-0036"),
    "of a nationwide system": ("G09.20-20260907-0092637", "G09.20-20260907-0092638"),
    "with a long number": ("H48.23293.01-260907-9988776655", "H48.23293.01-260907-9988776656"),
}


LOOK_UPS = ("/api/v1/dossiers/{}", "/api/v1/dossiers/{}/timeline", "/api/v1/reports/dossiers/{}")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_code_of_every_generation_leads_to_its_dossier_and_its_neighbour_to_nothing(
    province: Province, generation: str
) -> None:
    """The applicant's paper and our screen show the same, however old the form of the code."""
    code, unknown = GENERATIONS[generation]
    assert Portal(province).said(ITEM | {"MaHoSo": code})["error_code"] == "0"
    assert {province.get(path.format(code), province.desk).status_code for path in LOOK_UPS} == {200}
    accepted = province.post(f"/api/v1/dossiers/{code}/acceptance", province.desk)
    assert (accepted.status_code, accepted.json()["code"]) == (200, code)
    province.settle()
    asked = [(path, who) for path in LOOK_UPS for who in ({}, province.desk)]
    for path, who in (*asked, ("/api/v1/dossiers/{}/chain", province.desk)):
        assert province.get(path.format(code), who).json()["code"] == code
        problem(province.get(path.format(unknown), who), 404)
    assert province.get(f"/dossiers/{code}").status_code == 200
    assert province.get(f"/dossiers/{unknown}").status_code == 404
    found = province.get("/", q=f" {code.lower()} ")
    assert (found.status_code, found.headers["location"]) == (303, f"/dossiers/{code}")
    assert province.get("/", q=unknown).status_code == 200
    with province.unchanged():
        problem(province.post(f"/api/v1/dossiers/{unknown}/acceptance", province.desk), 404)


@pytest.mark.parametrize("item", ["RH000000001VN", "RH00000001VN", "rh000000001vn", "' OR 1=1 --", "", "RA473124829GB"])
def test_an_item_code_that_is_on_no_parcel_finds_none(province: Province, granted: list[Any], item: str) -> None:
    """A wrong check digit is a mistyped code: an empty page, not somebody else's parcel."""
    parcels = province.get("/api/v1/parcels", province.postman).json()["items"]
    codes = {parcel["item_code"] for parcel in parcels}
    assert codes
    assert item not in codes
    answer = province.get("/api/v1/parcels", province.postman, item_code=item)
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})
    one = min(codes)
    wrong = f"{one[:10]}{(int(one[10]) + 1) % 10}{one[11:]}"
    assert province.get("/api/v1/parcels", province.postman, item_code=one).json()["items"]
    assert province.get("/api/v1/parcels", province.postman, item_code=wrong).json()["items"] == []


def test_whoever_is_named_in_a_refused_submission_leaves_no_trace(province: Province) -> None:
    """Nothing was handed in, so nothing of anybody is kept: no key, no entry in the look-up index."""
    with province.unchanged():
        body = province.submission(**person("079190000191"), procedure="9.999999")
        problem(province.post("/api/v1/dossiers", province.desk, body), 422)
