"""Investment policy approval: everybody concerned asked at once, deemed to agree by silence; other provinces never.

Law: NĐ 96/2026/NĐ-CP arts. 32 and 35; NĐ 31/2021/NĐ-CP art. 6; Luật Đầu tư 143/2025/QH15.
"""

from typing import Any

from tests.journeys.golden import is_as_checked
from tests.journeys.people import (
    AGRICULTURE,
    ARMY,
    CONSTRUCTION,
    FINANCE,
    GIA_LAI,
    INDUSTRY,
    INVESTMENT,
    POLICE,
    PROVINCE,
    PROVINCE_DESK,
    WARD,
)
from tests.journeys.town import Town


def _sent(town: Town, **facts: Any) -> None:
    town.desk = PROVINCE_DESK
    town.at("2026-09-07 09:00")
    town.submit(INVESTMENT, area="23293", facts=facts)
    town.accept()
    town.at("2026-09-09 09:00")
    town.decide("sending", FINANCE)


def test_whoever_is_silent_has_agreed_after_its_days(town: Town) -> None:
    """NĐ 96/2026 art. 32: opinions within 7 working days, defence and security 5; report by the 14th, decision 3."""
    _sent(town)
    assert town.dossier["due_at"] == "2026-09-30T02:00:00Z", "17 working days"
    town.at("2026-09-11 10:00")
    town.decide("planning_opinion", CONSTRUCTION)
    town.decide("place_opinion", WARD)
    town.at("2026-09-14 10:00")
    town.decide("security_opinion", POLICE)
    town.at("2026-09-16 09:05")
    assert town.stages["defence_opinion"] == "decided", "the fifth working day has passed"
    town.at("2026-09-17 10:00")
    town.decide("industry_opinion", INDUSTRY)
    town.at("2026-09-18 09:05")
    assert town.stages["land_opinion"] == "decided", "the seventh working day has passed"
    assert town.told("routing", "StepDeemedAgreed") == ["StepDeemedAgreed"] * 2
    town.at("2026-09-24 15:00")
    town.decide("appraisal_report", FINANCE)
    town.at("2026-09-29 09:00")
    town.decide("decision", PROVINCE, number="512/QĐ-UBND")
    town.collect()
    assert [result["step"] for result in town.dossier["results"]] == ["decision"]
    assert (town.province["on_time"], town.late_because) == (1, set())
    is_as_checked(town, "investment_deemed", "Chủ trương đầu tư: hai cơ quan im lặng, coi như đồng ý")


def test_the_chairman_of_another_province_is_never_deemed_to_consent(town: Town) -> None:
    """NĐ 96/2026; Luật Đầu tư 143/2025: every chairman has to consent; silence is told to whoever stands above."""
    _sent(town, reaches_gia_lai=True, sector="other_sector")
    town.at("2026-09-11 10:00")
    for step, agency in (
        ("planning_opinion", CONSTRUCTION), ("place_opinion", WARD), ("land_opinion", AGRICULTURE),
        ("security_opinion", POLICE), ("defence_opinion", ARMY),
    ):  # fmt: skip
        town.decide(step, agency)
    town.at("2026-09-17 16:00")
    town.decide("appraisal_report", FINANCE)
    town.at("2026-09-29 09:30")
    assert town.told("routing", "StepDeemedAgreed") == []
    assert town.told("routing", "LatenessEscalated") == ["LatenessEscalated"], "to the Government's office, once"
    assert (town.stages["consent_gia_lai"], town.stages["decision"]) == ("ready", "planned")
    town.at("2026-10-02 09:00")
    town.decide("consent_gia_lai", GIA_LAI)
    assert town.stages["decision"] == "ready"
    town.at("2026-10-06 09:00")
    town.decide("decision", PROVINCE, number="513/QĐ-UBND")
    town.collect()
    assert town.late_because == {GIA_LAI}
    is_as_checked(town, "investment_consent", "Chủ trương đầu tư: tỉnh bạn im lặng, không bao giờ coi như đồng ý")
