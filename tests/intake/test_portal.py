"""The portal's own messages, taken in as they are sent."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.dossier import decider
from services.intake.domain.events import Event
from services.intake.domain.state import Dossier
from services.intake.domain.words import PHASES
from services.intake.gateways.portal.words import GENERATIONS, OURS_TO_SAY, STATUS_SAID, status_said
from tests.http_harness import HttpPlatform
from tests.intake.cases import (
    ACCEPTED,
    ASKED,
    AWAITED,
    EXAMINED,
    HANDED_OUT,
    INCOMPLETE,
    PAID_FIRST,
    RECEIVED,
    RESOLVED,
    RESULT,
    SENT_BACK,
    SETTLED,
    STOPPED,
    SUBMITTED,
    WITHDRAWAL,
    WITHDRAWN,
)
from tests.intake.people import CERTIFICATE, DESK, LAN
from tests.intake.portal_messages import ITEM, KARAOKE, Portal, submissions
from tests.intake.test_acceptance import REFUSED


def test_a_message_is_taken_in_as_it_is_sent(platform: HttpPlatform, portal: Portal) -> None:
    """Codes are its own generation's; papers are known by code or by name; what nobody reads does no harm."""
    answer = portal.send()
    assert (answer["error_code"], answer["message"]) == ("0", "success")
    (dossier,) = submissions(platform)
    assert dossier["portal_code"] == "H48.23293.01-260907-00017"
    assert (dossier["procedure"], dossier["channel"], dossier["receiving_agency"]) == ("1.004873", "portal", DESK)
    assert (dossier["applicant_kind"], dossier["relation"], dossier["hand_out_by"]) == ("citizen", "self", "desk")
    assert dossier["facts"] == {"married_before": False, "issued_before": False}
    assert dossier["applicant"] == platform.vault.person("personal_id", LAN["personal_id"])
    flags = {c["code"]: (c["form"], c["digitised"], c["from_e_store"], c["reused"]) for c in dossier["components"]}
    assert flags == {
        "declaration": ("electronic", True, False, False),
        "identity_paper": ("electronic", False, True, False),
        "residence_proof": ("electronic", False, False, True),
    }


def test_the_portals_number_becomes_the_code(platform: HttpPlatform, portal: Portal) -> None:
    """TT 03/2025 art. 13.3: the applicant has it already; the next number of the day is another's."""
    portal.send()
    officer = platform.token("desk_officer", agency=DESK)
    path = "/api/v1/dossiers/H48.23293.01-260907-00017/acceptance"
    assert platform.post(path, officer).json()["code"] == "H48.23293.01-260907-00017"
    row = portal.ask("H48.23293.01-260907-00017")["data"][0]
    assert row == {
        "MaHoSo": "H48.23293.01-260907-00017",
        "MaTTHC": "1.004873",
        "TrangThaiHoSo": "4",
        "NgayTiepNhan": "20260907080000",
        "NgayHenTra": "20260910080000",
    }


def test_the_same_message_again_is_the_same_dossier(platform: HttpPlatform, portal: Portal) -> None:
    """Idempotent by MaHoSo, however often the portal is not sure that we heard it."""
    for _ in range(3):
        assert portal.send()["error_code"] == "0"
    assert portal.send(updating="True")["error_code"] == "0"
    assert len(submissions(platform)) == 1


def test_the_same_number_with_other_content_is_a_conflict(platform: HttpPlatform, portal: Portal) -> None:
    """NĐ 61/2018 art. 5: a dossier is not altered by sending it again."""
    portal.send()
    for change in ({"ChuHoSo": "Trần Văn Minh"}, {"TrichYeuHoSo": "khác"}, {"TruongMoi": "1"}):
        assert portal.send(ITEM | change)["error_code"] == "3"
    assert len(submissions(platform)) == 1


def test_a_number_that_we_gave_is_not_the_portals(platform: HttpPlatform, portal: Portal) -> None:
    """One book of numbers for both: 0001 is ours, so 00001 cannot be the portal's on the same day."""
    officer = platform.token("desk_officer", agency=DESK)
    ref = platform.post("/api/v1/dossiers", officer, CERTIFICATE).json()["ref"]
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    taken = portal.send(ITEM | {"MaHoSo": "H48.23293.01-260907-00001"})
    assert taken["error_code"] == "3"
    assert "MaHoSo" in taken["message"]
    assert portal.send(ITEM | {"MaHoSo": "H48.23293.01-260907-0001"})["error_code"] == "3"
    assert len(submissions(platform)) == 1


def test_a_firm_and_its_representative(platform: HttpPlatform, portal: Portal) -> None:
    """What the form says beyond the message's fields comes as JSON in ThongTinKhac."""
    assert portal.send(KARAOKE)["error_code"] == "0"
    (dossier,) = submissions(platform)
    assert (dossier["applicant_kind"], dossier["relation"]) == ("enterprise", "legal_representative")
    assert dossier["applicant"] == platform.vault.person("tax_code", "0100112437")
    assert dossier["submitter"] == platform.vault.person("personal_id", "051085004321")
    assert dossier["facts"] == {"rooms": 5}


def test_a_case_follows_from_the_paper_that_only_it_needs(platform: HttpPlatform, portal: Portal) -> None:
    """Who hands in a divorce judgment was married before; who hands in none has not said so."""
    papers = [*ITEM["TaiLieuNop"], {"MaThanhPhanHoSo": "end_of_marriage_paper", "TenTepDinhKem": "ly-hon.pdf"}]
    portal.send(ITEM | {"TaiLieuNop": papers})
    (dossier,) = submissions(platform)
    assert dossier["facts"] == {"married_before": True, "issued_before": False}


def test_several_dossiers_come_in_one_message(platform: HttpPlatform, portal: Portal) -> None:
    """One that cannot be taken does not keep the others out, and each has its own answer."""
    answer = portal.send(ITEM, ITEM | {"MaHoSo": "H48.23293.01-260907-00019", "MaTTHC": "1.000001"}, KARAOKE)
    assert [row["error_code"] for row in answer["data"]] == ["0", "-1", "0"]
    assert answer["error_code"] == "-1"
    assert len(submissions(platform)) == 2


def test_the_result_goes_by_post_to_the_address_that_was_named(platform: HttpPlatform, portal: Portal) -> None:
    """HinhThuc 1: ThongTinTra says where, sealed like every address."""
    portal.send(ITEM | {"HinhThuc": "1", "ThongTinTra": "99 Bà Triệu, phường Kon Tum"})
    (dossier,) = submissions(platform)
    opened = platform.vault.open(dossier["hand_out_to"], "test", "test", (), platform.clock.now())
    assert (dossier["hand_out_by"], opened["address"]) == ("post", "99 Bà Triệu, phường Kon Tum")


def test_a_supplement_comes_as_an_update(platform: HttpPlatform, portal: Portal) -> None:
    """TrangThaiHoSo 5, answered: the papers that were asked for."""
    portal.send(ITEM | {"TaiLieuNop": ITEM["TaiLieuNop"][:2]})
    officer = platform.token("desk_officer", agency=DESK)
    path = "/api/v1/dossiers/H48.23293.01-260907-00017"
    items = [{"component": "residence_proof", "reason": "missing"}]
    platform.post(f"{path}/supplement-request", officer, {"items": items})
    assert portal.ask(ITEM["MaHoSo"])["data"][0]["TrangThaiHoSo"] == "5"
    answered = ITEM | {"TrangThaiHoSo": "5", "TaiLieuNop": [ITEM["TaiLieuNop"][2]]}
    assert portal.send(answered, updating="True")["error_code"] == "0"
    assert platform.post(f"{path}/acceptance", officer).status_code == 200


def test_a_wish_to_withdraw_comes_as_an_update(platform: HttpPlatform, portal: Portal) -> None:
    """TrangThaiHoSo 7; NĐ 118/2025 art. 21."""
    portal.send()
    assert portal.send(ITEM | {"TrangThaiHoSo": "7"}, updating="True")["error_code"] == "0"
    assert portal.ask(ITEM["MaHoSo"])["data"][0]["TrangThaiHoSo"] == "7"


@pytest.mark.parametrize("status", sorted(OURS_TO_SAY))
def test_what_only_the_desk_knows_is_not_believed(platform: HttpPlatform, portal: Portal, status: str) -> None:
    """A portal that reports a dossier done, or refused, is contradicted; nothing changes."""
    portal.send()
    before = platform.events("intake")
    said = portal.send(ITEM | {"TrangThaiHoSo": status}, updating="True")
    assert (said["error_code"], "TrangThaiHoSo" in said["message"]) == ("-1", True)
    assert platform.events("intake") == before


@pytest.mark.parametrize(
    "other",
    [
        "Gọi cho tôi sau 17 giờ",
        "{",
        "{" * 3000,
        '{"KeKhai": {"unknown_fact": true}}',
        "[1]",
        '{"a": ' * 550 + "1" + "}" * 550,
    ],
)
def test_a_remark_is_a_remark(platform: HttpPlatform, portal: Portal, other: str) -> None:
    """ThongTinKhac is free text in most messages; it is kept, sealed, and not read."""
    assert portal.send(ITEM | {"ThongTinKhac": other})["error_code"] == "0"
    (dossier,) = submissions(platform)
    opened = platform.vault.open(dossier["particulars"], "test", "test", ("portal_message",), platform.clock.now())
    assert opened["portal_message"]["ThongTinKhac"] == other


FREE_SUBMITTER = KARAOKE | {"ThongTinKhac": "gấp"}
OLD_NUMBER = [{"LoaiDinhDanh": "2", "SoDinhDanh": "233012345"}]


@pytest.mark.parametrize(
    ("change", "kind", "number"),
    [
        ({}, "personal_id", "062190001234"),
        ({"DinhDanhCHS": []}, "personal_id", "062190001234"),
        ({"DinhDanhCHS": OLD_NUMBER, "SoGiayToChuHoSo": ""}, "old_identity_number", "233012345"),
        ({"DinhDanhCHS": [], "SoGiayToChuHoSo": "C1234567"}, "old_identity_number", "C1234567"),
        ({"DinhDanhCHS": [], "SoGiayToChuHoSo": ""}, "portal_account", ITEM["MaDoiTuong"]),
        ({"LoaiDoiTuong": "4", "DinhDanhCHS": [], "MaSoThue": "0100112437"}, "tax_code", "0100112437"),
    ],
)
def test_the_applicant_is_known_by_the_best_number_there_is(
    platform: HttpPlatform, portal: Portal, change: dict[str, Any], kind: str, number: str
) -> None:
    """Personal id or tax code; older numbers and the portal's account where it has nothing better."""
    assert portal.send(ITEM | change)["error_code"] == "0"
    (dossier,) = submissions(platform)
    assert dossier["applicant"] == platform.vault.person(kind, number)


def test_the_only_relation_without_a_paper_is_the_submitters(platform: HttpPlatform, portal: Portal) -> None:
    """NĐ 297/2025 art. 5: the legal representative signs in; the message names only the account."""
    portal.send(FREE_SUBMITTER | {"ThongTinKhac": '{"KeKhai": {"rooms": 2}}'})
    (dossier,) = submissions(platform)
    account = platform.vault.person("portal_account", ITEM["MaDoiTuong"])
    assert (dossier["relation"], dossier["submitter"]) == ("legal_representative", account)


def test_without_a_way_named_the_result_comes_online(platform: HttpPlatform, portal: Portal) -> None:
    """Where the procedure offers it; who handed in online has an account to find it in."""
    portal.send(ITEM | {"HinhThuc": ""})
    assert submissions(platform)[0]["hand_out_by"] == "online"


def test_what_does_not_exist_is_neither_shown_nor_updated(platform: HttpPlatform, portal: Portal) -> None:
    """And who is not signed in is told nothing."""
    assert portal.ask("H48.23293.01-260907-00099")["error_code"] == "-1"
    for status in ("1", "5", "7"):
        assert portal.send(ITEM | {"TrangThaiHoSo": status}, updating="True")["error_code"] == "-1"
    stranger = platform.client.post("/gateways/portal/TraCuuHoSo", json={"mahoso": ITEM["MaHoSo"]})
    assert stranger.status_code == 401
    assert platform.events("intake") == []


def test_a_repeat_about_somebody_forgotten_is_a_conflict(platform: HttpPlatform, portal: Portal) -> None:
    """What can no longer be read cannot be compared, so a person has to look at it."""
    portal.send()
    platform.vault._db.execute("DELETE FROM people")
    platform.vault._keys.clear()
    assert portal.send(updating="True")["error_code"] == "3"
    assert len(submissions(platform)) == 1


def test_the_same_new_dossier_sent_by_many_hands_at_once_is_taken_once(platform: HttpPlatform, portal: Portal) -> None:
    """The portal's own retries overtake each other; the book of numbers lets one through."""
    with ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(lambda _: portal.send(), range(12)))
    assert {answer["error_code"] for answer in answers} == {"0"}
    assert len(submissions(platform)) == 1


@pytest.mark.parametrize(
    ("generation", "digit", "kind"),
    [
        ("2019", "1", "citizen"),
        ("2023", "1", "citizen"),
        ("2026", "1", "enterprise"),
        ("2026", "0", "citizen"),
        ("2026", "2", "household_business"),
        ("2023", "2", "enterprise"),
    ],
)
def test_the_same_digit_means_another_thing_in_another_generation(generation: str, digit: str, kind: str) -> None:
    """Why the code lists carry their generation and stay inside the adapter."""
    assert GENERATIONS[generation].applicant_kinds[digit] == kind


@pytest.mark.parametrize(
    ("history", "status"),
    [
        ((SUBMITTED,), "1"),
        ((INCOMPLETE, ASKED), "5"),
        ((INCOMPLETE, ASKED, RECEIVED), "1"),
        ((PAID_FIRST, AWAITED), "6"),
        ((SUBMITTED, ACCEPTED), "4"),
        ((SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED), "5"),
        ((SUBMITTED, ACCEPTED, WITHDRAWAL), "7"),
        ((SUBMITTED, WITHDRAWN), "7"),
        ((SUBMITTED, REFUSED), "3"),
        ((INCOMPLETE, ASKED, STOPPED), "8"),
        ((SUBMITTED, ACCEPTED, RESULT, RESOLVED), "9"),
        ((SUBMITTED, ACCEPTED, RESULT, RESOLVED, SETTLED, HANDED_OUT), "10"),
    ],
)
def test_every_state_is_one_status_of_the_portal(history: tuple[Event, ...], status: str) -> None:
    """Statuses 1 to 10: no state without one, and honest ones only."""
    assert status_said(decider.fold(history)) == status


def test_no_phase_is_without_a_status() -> None:
    """A state that cannot be told would make the portal's figures wrong without anybody noticing."""
    assert set(STATUS_SAID) == set(PHASES) - {"none"}
    assert all(status_said(replace(Dossier(), phase=phase)) for phase in STATUS_SAID)
