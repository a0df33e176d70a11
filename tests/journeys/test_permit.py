"""The construction permit: checked, opinions asked where they concern the work, silence agreeing, then granted or not.

Law: NĐ 217/2026/NĐ-CP (7 working days for a house, opinions within 2, one supplement within 2).
"""

from typing import Any

from tests.journeys.golden import is_as_checked
from tests.journeys.people import CULTURE, FIRE_POLICE, PERMIT, WARD
from tests.journeys.town import Town


def _handed_in(town: Town, **facts: Any) -> None:
    town.at("2026-09-07 09:00")
    town.submit(PERMIT, hand_out_by="online", facts=facts)
    town.at("2026-09-07 10:00")
    town.accept()


def _checked(town: Town, **facts: Any) -> None:
    _handed_in(town, **facts)
    town.at("2026-09-08 10:00")
    town.decide("house_check", WARD)


def test_a_consulted_agency_that_is_silent_for_two_days_has_agreed(town: Town) -> None:
    """NĐ 217/2026: 2 working days, then silence is agreement, and the silent agency answers for its field."""
    _checked(town, ask_fire_police=True, ask_heritage=True)
    town.at("2026-09-09 09:00")
    town.decide("heritage_opinion", CULTURE)
    town.at("2026-09-10 10:00")
    assert town.stages["permit"] == "planned"
    town.at("2026-09-10 10:05")
    assert town.told("routing", "StepDeemedAgreed") == ["StepDeemedAgreed"]
    assert town.stages["permit"] == "ready"
    town.at("2026-09-11 14:00")
    town.decide("permit", WARD, number="18/GPXD")
    assert (town.dossier["status"], town.province["on_time"]) == ("handed_out", 1)
    assert [result["step"] for result in town.dossier["results"]] == ["permit"]
    is_as_checked(town, "permit_deemed", "Giấy phép xây dựng nhà ở: phòng cháy im lặng, coi như đồng ý")


def test_a_negative_opinion_leads_to_a_refusal_by_whoever_decides(town: Town) -> None:
    """NĐ 217/2026; NĐ 61/2018 art. 19.8: refused with its law, within the normal limit."""
    _checked(town, ask_fire_police=True)
    town.at("2026-09-09 15:00")
    town.decide("fire_police_opinion", FIRE_POLICE, number="77/PCCC-KĐY")
    town.at("2026-09-10 15:00")
    town.refuse("permit", WARD)
    assert (town.dossier["outcome"], town.dossier["results"]) == ("refused", [])
    is_as_checked(town, "permit_refused", "Giấy phép xây dựng nhà ở: ý kiến không đồng ý, từ chối trong thời hạn")


def test_a_supplement_after_the_check_starts_the_clock_from_zero(town: Town) -> None:
    """NĐ 61/2018 art. 19.4; NĐ 217/2026: asked for within the 3 days of the check, the applicant has 2 working days."""
    _handed_in(town)
    town.at("2026-09-08 15:00")
    town.send_back("house_check", WARD, to="desk", reason="papers_missing")
    town.ask_for("drawings")
    town.at("2026-09-10 09:00")
    town.bring("drawings")
    town.answer("house_check")
    town.at("2026-09-11 09:00")
    town.decide("house_check", WARD)
    town.at("2026-09-15 09:00")
    town.decide("permit", WARD, number="19/GPXD")
    assert (town.dossier["status"], town.province["on_time"]) == ("handed_out", 1)
    is_as_checked(town, "permit_supplemented", "Giấy phép xây dựng nhà ở: bổ sung sau kiểm tra, tính lại từ đầu")


def test_a_supplement_that_does_not_come_within_two_days_stops_the_dossier(town: Town) -> None:
    """NĐ 217/2026: one notice, two working days."""
    _handed_in(town)
    town.at("2026-09-08 15:00")
    town.send_back("house_check", WARD, to="desk", reason="papers_missing")
    town.ask_for("drawings")
    town.at("2026-09-10 14:59")
    assert town.dossier["status"] == "accepted"
    town.at("2026-09-10 15:05")
    assert (town.dossier["status"], town.chain["state"]) == ("stopped", "stopped")
    is_as_checked(town, "permit_stopped", "Giấy phép xây dựng nhà ở: không bổ sung trong 2 ngày làm việc, dừng")


def test_another_work_has_ten_days(town: Town) -> None:
    """NĐ 217/2026: 10 working days for works that are no private house, 5 of them for the check."""
    _handed_in(town, work="other_work")
    assert town.stages == {"work_check": "ready", "permit": "planned"}
    assert town.dossier["due_at"] == "2026-09-21T03:00:00Z"
