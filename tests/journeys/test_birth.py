"""The birth bundle: registration, then residence and health insurance side by side, then the card if asked for.

Law: NĐ 63/2024/NĐ-CP and NĐ 301/2026/NĐ-CP.
"""

from typing import Any

from tests.journeys.golden import is_as_checked
from tests.journeys.people import BIRTH, INSURANCE, WARD, WARD_POLICE
from tests.journeys.town import Town

CARD = {"options": ["identity_card"]}


def _registered(town: Town, **more: Any) -> None:
    town.at("2026-09-07 09:00")
    town.submit(BIRTH, hand_out_by="online", **more)
    town.accept()
    town.take_on("birth_registration", WARD)
    town.at("2026-09-07 11:00")
    town.decide("birth_registration", WARD)


def test_what_needs_only_the_registration_runs_side_by_side(town: Town) -> None:
    """NĐ 63/2024/NĐ-CP art. 8: police and insurance need the registration, not each other."""
    _registered(town, **CARD)
    assert town.stages == {
        "birth_registration": "decided", "permanent_residence": "ready", "health_insurance_card": "ready",
        "identity_card": "planned",
    }  # fmt: skip
    holders = {(holder["party"], holder["agency"]) for holder in town.chain["holders"]}
    assert {agency for _, agency in holders} == {WARD_POLICE, INSURANCE}

    town.take_on("permanent_residence", WARD_POLICE)
    town.take_on("health_insurance_card", INSURANCE)
    town.at("2026-09-08 09:00")
    town.decide("health_insurance_card", INSURANCE)
    town.decide("permanent_residence", WARD_POLICE)
    assert town.stages["identity_card"] == "ready"
    town.take_on("identity_card", WARD_POLICE)
    town.at("2026-09-11 15:00")
    town.decide("identity_card", WARD_POLICE)
    assert (town.chain["state"], town.dossier["status"]) == ("granted", "handed_out")
    assert town.look("payments", "show_obligation", town.accountant) is None, "nothing is owed"
    assert (town.province["on_time"], town.province["paid"]) == (1, 0)
    is_as_checked(town, "birth", "Khai sinh liên thông: cư trú và bảo hiểm song song, rồi thẻ căn cước")


def test_a_verified_residence_moves_the_date_by_what_it_makes_the_whole_longer(town: Town) -> None:
    """NĐ 301/2026/NĐ-CP: residence has five days instead of two; insurance beside it has three, so two are gained."""
    _registered(town)
    assert town.dossier["due_at"] == "2026-09-11T02:00:00Z", "one day and the three of the insurance card"
    town.take_on("permanent_residence", WARD_POLICE)
    town.take_on("health_insurance_card", INSURANCE)
    town.at("2026-09-08 09:00")
    town.extend("permanent_residence", WARD_POLICE, "verification")
    assert town.dossier["due_at"] == "2026-09-15T02:00:00Z", "one day and the five of the residence"
    town.decide("health_insurance_card", INSURANCE)
    town.at("2026-09-14 10:00")
    town.decide("permanent_residence", WARD_POLICE)
    assert town.told("routing", "StepOverdue", "ChainOverdue") == []
    assert (town.province["on_time"], town.province["late"]) == (1, 0)
    is_as_checked(town, "birth_verified", "Khai sinh liên thông: đăng ký thường trú phải xác minh")


def test_the_card_is_made_only_for_whoever_asks(town: Town) -> None:
    """NĐ 301/2026/NĐ-CP: the identity card of a child is the applicant's choice."""
    _registered(town)
    assert "identity_card" not in town.stages


def test_a_step_not_taken_over_within_10_minutes_raises_an_alert(town: Town) -> None:
    """NĐ 63/2024/NĐ-CP art. 7.4: handed over within 10 minutes, else an alert."""
    town.at("2026-09-07 09:00")
    town.submit(BIRTH)
    town.accept()
    town.at("2026-09-07 09:10")
    assert town.told("routing", "HandOverOverdue") == []
    town.at("2026-09-07 09:11")
    assert town.told("routing", "HandOverOverdue") == ["HandOverOverdue"]
    town.do("routing", "take_over_step", town.officer_of(WARD), step="birth_registration")
    assert town.stages["birth_registration"] == "taken_over"


def test_a_step_not_acknowledged_within_2_working_hours_raises_an_alert(town: Town) -> None:
    """NĐ 63/2024/NĐ-CP art. 7.4; the two hours are the agency's own: 10:00 to 11:30 and 13:30 to 14:00."""
    town.at("2026-09-07 10:00")
    town.submit(BIRTH)
    town.accept()
    town.do("routing", "take_over_step", town.officer_of(WARD), step="birth_registration")
    town.at("2026-09-07 14:00")
    assert town.told("routing", "AcknowledgementOverdue") == []
    town.at("2026-09-07 14:05")
    assert town.told("routing", "HandOverOverdue", "AcknowledgementOverdue") == ["AcknowledgementOverdue"]


def test_what_arrives_after_15_00_starts_with_the_next_working_day(town: Town) -> None:
    """NĐ 63/2024/NĐ-CP art. 7.2; NĐ 61/2018/NĐ-CP art. 18.2."""
    town.at("2026-09-07 15:30")
    town.submit(BIRTH)
    town.accept()
    assert town.dossier["clock_from"] == "2026-09-08T00:00:00Z"


def test_a_supplement_that_does_not_come_stops_the_dossier(town: Town) -> None:
    """NĐ 301/2026/NĐ-CP: 7 working days, then stopped for want of a supplement."""
    town.at("2026-09-07 09:00")
    town.submit(BIRTH, without=("birth_notice",))
    assert town.refused("intake", "accept_dossier", town.desk_officer) == "components_missing"
    town.ask_for("birth_notice")
    town.at("2026-09-16 08:59")
    assert town.dossier["status"] == "submitted"
    town.at("2026-09-16 09:01")
    assert town.dossier["status"] == "stopped"
    assert (town.province["received"], town.province["turned_away"]) == (0, 1)
    is_as_checked(town, "birth_stopped", "Khai sinh liên thông: không bổ sung trong 7 ngày làm việc, dừng")
