"""Social benefit of the three-level time: commune → district → province, and what is refused above comes down again.

Law: NĐ 20/2021/NĐ-CP arts. 7–8; NĐ 61/2018/NĐ-CP art. 19.7; the districts ended on 2025-07-01 (NQ 202/2025/QH15).
"""

from typing import Any

import pytest

from tests.journeys.conftest import Found
from tests.journeys.golden import is_as_checked
from tests.journeys.people import (
    OLD_COMMUNE,
    OLD_COMMUNE_DESK,
    OLD_DISTRICT,
    OLD_LABOUR_DEPARTMENT,
    OLD_LABOUR_OFFICE,
    SOCIAL_BENEFIT,
)
from tests.journeys.town import Town


@pytest.fixture
def old_town(found_town: Found) -> Town:
    """The township of Sa Thầy on the morning of Monday, 13 September 2021, under its district and its province."""
    return found_town("2021-09-13 07:00", OLD_COMMUNE_DESK)


def _handed_in(town: Town, day: str, **facts: Any) -> None:
    town.at(day)
    town.submit(SOCIAL_BENEFIT, facts=facts)
    town.accept()


def test_it_goes_up_through_three_levels_and_the_answer_travels_down_to_the_commune(old_town: Town) -> None:
    """NĐ 20/2021 art. 8: 7 + 3 + 7 + 3 working days; NĐ 61/2018 art. 19.7: back to the desk that received it."""
    town = old_town
    _handed_in(town, "2021-09-13 08:00")
    assert town.dossier["due_at"] == "2021-10-11T01:00:00Z", "20 working days"
    town.at("2021-09-21 09:00")
    town.decide("commune_review", OLD_COMMUNE)
    town.at("2021-09-22 14:00")
    town.decide("forwarding", OLD_COMMUNE)
    town.at("2021-09-30 10:00")
    town.decide("district_appraisal", OLD_LABOUR_OFFICE)
    town.at("2021-10-04 09:00")
    town.decide("district_decision", OLD_DISTRICT, number="871/QĐ-UBND")
    town.at("2021-10-05 08:00")
    town.collect()
    assert [result["step"] for result in town.dossier["results"]] == ["district_decision"]
    is_as_checked(town, "social_benefit", "Trợ cấp xã hội 2021: xã → huyện, kết quả trả về xã")


def test_a_refusal_at_the_top_comes_down_to_the_commune_and_the_lower_decision_stays(old_town: Town) -> None:
    """NĐ 20/2021 art. 8; domain rule 10: earlier results stay valid, the refusal is the province's own act."""
    town = old_town
    _handed_in(town, "2021-09-13 08:00", request="facility")
    town.at("2021-09-24 15:00")
    town.decide("commune_review", OLD_COMMUNE)
    town.at("2021-09-28 09:00")
    town.decide("forwarding", OLD_COMMUNE)
    town.at("2021-10-06 10:00")
    town.decide("district_appraisal", OLD_LABOUR_OFFICE)
    town.at("2021-10-08 09:00")
    town.decide("district_decision", OLD_DISTRICT, number="872/QĐ-UBND")
    assert town.stages["facility_admission"] == "ready"
    town.at("2021-10-15 14:00")
    town.refuse("facility_admission", OLD_LABOUR_DEPARTMENT)
    assert (town.dossier["outcome"], town.dossier["status"]) == ("partly_granted", "resolved")
    town.at("2021-10-18 08:00")
    town.collect()
    assert [result["step"] for result in town.dossier["results"]] == ["district_decision"]
    is_as_checked(town, "social_benefit_refused", "Trợ cấp xã hội 2021: tỉnh từ chối tiếp nhận vào cơ sở, trả về xã")


def test_a_complaint_while_it_is_posted_gives_the_commune_ten_days(old_town: Town) -> None:
    """NĐ 20/2021 art. 8: somebody complains, the commune looks again within 10 working days."""
    town = old_town
    _handed_in(town, "2021-09-13 08:00")
    town.at("2021-09-20 09:00")
    town.acknowledge("commune_review", OLD_COMMUNE)
    town.extend("commune_review", OLD_COMMUNE, "complaint")
    (review,) = (step for step in town.chain["steps"] if step["step"] == "commune_review")
    assert review["due_at"] == "2021-09-27T01:00:00Z"


def test_what_was_accepted_under_the_districts_is_finished_by_them(found_town: Found) -> None:
    """NQ 202/2025; domain rule 11: accepted before 2025-07-01, so the old rules and agencies end it."""
    town = found_town("2025-06-24 07:00", OLD_COMMUNE_DESK)
    _handed_in(town, "2025-06-24 08:00")
    town.at("2025-06-30 09:00")
    town.decide("commune_review", OLD_COMMUNE)
    town.at("2025-07-01 09:00")
    body = {"procedure": SOCIAL_BENEFIT, "channel": "counter", "receiving_agency": OLD_COMMUNE_DESK}
    late = {**body, **town.people, "facts": {"request": "monthly_benefit", "for_a_child": False}}
    assert town.refused("intake", "submit_dossier", town.desk_officer, late) == "procedure_not_in_force"
    town.decide("forwarding", OLD_COMMUNE)
    town.at("2025-07-09 09:00")
    town.decide("district_appraisal", OLD_LABOUR_OFFICE)
    town.at("2025-07-11 09:00")
    town.decide("district_decision", OLD_DISTRICT, number="310/QĐ-UBND")
    town.collect()
    assert (town.dossier["status"], town.province["on_time"]) == ("handed_out", 1)
    is_as_checked(
        town, "social_benefit_after_districts", "Trợ cấp xã hội: tiếp nhận trước, xong sau ngày hết cấp huyện"
    )
