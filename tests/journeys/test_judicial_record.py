"""The judicial record: opened by the province's police, two look-ups side by side, issued by the police.

Law: Luật Lý lịch tư pháp 28/2009/QH12 arts. 44–48; NĐ 216/2026/NĐ-CP; NĐ 61/2018/NĐ-CP art. 19.9.
"""

from tests.journeys.golden import is_as_checked
from tests.journeys.people import JUDICIAL_RECORD, NATIONAL_RECORDS, POLICE, POLICE_RECORDS, PROVINCE_DESK
from tests.journeys.town import Town


def _opened(town: Town) -> None:
    town.desk = PROVINCE_DESK
    town.at("2026-09-07 09:00")
    town.submit(JUDICIAL_RECORD, hand_out_by="desk")
    town.at("2026-09-07 09:20")
    town.accept()
    town.at("2026-09-07 15:00")
    town.decide("opening", POLICE)


def test_two_look_ups_run_side_by_side_and_the_slip_follows_both(town: Town) -> None:
    """Luật 28/2009 arts. 44–48: own records and the national centre are asked at once, and the slip needs both."""
    _opened(town)
    assert town.stages == {
        "opening": "decided", "police_lookup": "ready", "national_lookup": "ready", "issue": "planned",
    }  # fmt: skip
    town.at("2026-09-10 10:00")
    town.decide("police_lookup", POLICE_RECORDS)
    assert town.stages["issue"] == "planned"
    town.at("2026-09-11 14:00")
    town.decide("national_lookup", NATIONAL_RECORDS)
    town.at("2026-09-14 09:00")
    town.decide("issue", POLICE, number="1204/LLTP")
    town.at("2026-09-15 10:00")
    town.pay_cash()
    town.collect()
    assert [result["step"] for result in town.dossier["results"]] == ["issue"], "look-ups are for the police alone"
    is_as_checked(town, "judicial_record", "Lý lịch tư pháp: hai tra cứu song song, trả trước hạn")
