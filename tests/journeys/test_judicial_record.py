"""The judicial record: opened by the province's police, two look-ups side by side, issued by the police.

Law: Luật Lý lịch tư pháp 28/2009/QH12 arts. 44–48; NĐ 216/2026/NĐ-CP; NĐ 61/2018/NĐ-CP art. 19.9; Bộ luật Dân sự
91/2015/QH13 art. 148.5 (days that end on a weekend).
"""

from tests.journeys.golden import is_as_checked
from tests.journeys.people import JUDICIAL_RECORD, NATIONAL_RECORDS, POLICE, POLICE_RECORDS, PROVINCE_DESK
from tests.journeys.town import Town


def _opened(town: Town) -> None:
    town.desk = PROVINCE_DESK
    town.at("2026-09-07 09:00")
    town.submit(JUDICIAL_RECORD)
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
    town.at("2026-09-08 10:00")
    town.decide("police_lookup", POLICE_RECORDS)
    assert town.stages["issue"] == "planned"
    town.at("2026-09-09 14:00")
    town.decide("national_lookup", NATIONAL_RECORDS)
    town.at("2026-09-10 09:00")
    town.decide("issue", POLICE, number="1204/LLTP")
    town.at("2026-09-11 10:00")
    town.pay_cash()
    town.collect()
    assert [result["step"] for result in town.dossier["results"]] == ["issue"], "look-ups are for the police alone"
    is_as_checked(town, "judicial_record", "Lý lịch tư pháp: hai tra cứu song song, trả trước hạn")


def test_a_verification_gives_the_look_up_its_longer_limit(town: Town) -> None:
    """Luật 28/2009 art. 48: five days more where it has to be verified in many places; a ground, not a favour."""
    _opened(town)
    town.at("2026-09-08 10:00")
    town.decide("police_lookup", POLICE_RECORDS)
    town.at("2026-09-10 09:00")
    town.acknowledge("national_lookup", NATIONAL_RECORDS)
    town.extend("national_lookup", NATIONAL_RECORDS, "verification")
    (extended,) = (step for step in town.chain["steps"] if step["step"] == "national_lookup")
    # Twelve days from the opening end with Saturday the 19th, on which the national centre is closed.
    assert extended["due_at"] == "2026-09-21T10:30:00Z", "twelve days from the opening, where seven were"
    assert town.dossier["due_at"] == "2026-09-22T10:00:00Z", "fifteen days from acceptance, where ten were"
    town.at("2026-09-18 10:00")
    assert town.told("routing", "StepOverdue") == [], "the seventh day has passed, the twelfth has not"
    town.decide("national_lookup", NATIONAL_RECORDS)
    town.at("2026-09-18 16:00")
    assert town.told("routing", "ChainOverdue") == [], "the tenth day has passed, the fifteenth has not"
    town.decide("issue", POLICE, number="1205/LLTP")
    town.pay_cash()
    town.collect()
    assert (town.province["on_time"], town.late_because) == (1, set())
    is_as_checked(town, "judicial_record_verified", "Lý lịch tư pháp: phải xác minh, tra cứu được kéo dài")


def test_a_consulted_agency_that_is_late_apologises_once_and_then_is_told_on(town: Town) -> None:
    """NĐ 61/2018 art. 19.9: asked the day before, one new date; after that it stays overdue and goes up the tree."""
    _opened(town)
    town.at("2026-09-08 10:00")
    town.decide("police_lookup", POLICE_RECORDS)
    town.at("2026-09-14 08:00")
    assert town.told("routing", "ApologyAsked") == ["ApologyAsked"]
    town.apologise("national_lookup", NATIONAL_RECORDS, "2026-09-18 10:00")
    letter = {"reason_code": "workload", "new_due_at": "2026-09-22T10:00:00+07:00"}
    again = town.refused(
        "routing", "apologise_for_delay", town.officer_of(NATIONAL_RECORDS), letter, step="national_lookup"
    )
    assert again == "reappointed_once"
    assert town.dossier["due_at"] == "2026-09-17T10:00:00Z", "the lawful date stays"
    town.at("2026-09-18 10:00")
    assert town.told("routing", "LatenessEscalated") == []
    town.at("2026-09-21 16:00")
    town.decide("national_lookup", NATIONAL_RECORDS)
    town.at("2026-09-22 09:00")
    town.decide("issue", POLICE, number="1206/LLTP")
    town.pay_cash()
    town.collect()
    assert town.late_because == {NATIONAL_RECORDS}
    assert (town.province["late"], town.province["on_time"]) == (1, 0)
    is_as_checked(
        town,
        "judicial_record_late",
        "Lý lịch tư pháp: trung tâm quốc gia chậm, xin lỗi, quá cả ngày hẹn lại, báo cấp trên",
    )
