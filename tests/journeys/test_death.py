"""The death bundle: registration, then the end of residence, and whatever the deceased's group gives the family.

Law: NĐ 63/2024/NĐ-CP and NĐ 301/2026/NĐ-CP; NĐ 61/2018/NĐ-CP art. 21.1.
"""

from typing import Any, Final

import pytest

from tests.journeys.golden import is_as_checked
from tests.journeys.people import DEATH, HOME_AFFAIRS, INSURANCE, WARD, WARD_POLICE
from tests.journeys.town import Town

BRANCHES: Final = [
    ("death_pensioner", "pensioner", False, "survivors_benefit", INSURANCE, "2026-09-16 09:00"),
    ("death_social_protection", "social_protection", True, "funeral_support", WARD, "2026-09-10 09:00"),
    ("death_merit_person", "merit_person", False, "merit_benefit", HOME_AFFAIRS, "2026-09-29 09:00"),
]


def _registered(town: Town, **facts: Any) -> None:
    town.at("2026-09-07 09:00")
    town.submit(DEATH, hand_out_by="online", facts=facts)
    town.at("2026-09-07 09:30")
    town.accept()
    town.take_on("death_registration", WARD)
    town.at("2026-09-07 14:00")
    town.decide("death_registration", WARD, number="31/KT")
    town.take_on("residence_deletion", WARD_POLICE)


@pytest.mark.parametrize(("journey", "group", "claimed", "step", "agency", "day"), BRANCHES)
def test_the_branch_follows_the_deceaseds_group(
    town: Town, journey: str, group: str, claimed: bool, step: str, agency: str, day: str
) -> None:
    """NĐ 301/2026: the applicant states the group; what it gives runs beside the end of residence."""
    _registered(town, deceased_group=group, funeral_costs_claimed=claimed)
    assert town.stages == {"death_registration": "decided", "residence_deletion": "acknowledged", step: "ready"}
    town.take_on(step, agency)
    town.at("2026-09-08 10:00")
    town.decide("residence_deletion", WARD_POLICE)
    town.at(day)
    town.decide(step, agency)
    assert (town.dossier["status"], town.province["on_time"]) == ("handed_out", 1)
    is_as_checked(town, journey, f"Khai tử liên thông: nhóm {group}")


def test_without_a_group_only_the_residence_ends(town: Town) -> None:
    """NĐ 301/2026: nothing is claimed, so nothing else is done."""
    _registered(town)
    assert town.stages == {"death_registration": "decided", "residence_deletion": "acknowledged"}
    town.at("2026-09-08 10:00")
    town.decide("residence_deletion", WARD_POLICE)
    assert town.dossier["status"] == "handed_out"
    is_as_checked(town, "death_plain", "Khai tử liên thông: không có chế độ nào kèm theo")


def test_funeral_costs_that_nobody_claims_are_not_decided(town: Town) -> None:
    """NĐ 20/2021 art. 11: on application."""
    _registered(town, deceased_group="social_protection")
    assert "funeral_support" not in town.stages


def test_an_error_found_by_the_police_is_corrected_by_the_commune_and_the_bundle_goes_on(town: Town) -> None:
    """NĐ 61/2018 art. 21.1: whoever made the error corrects it, with a new version; nothing is rolled back."""
    _registered(town, deceased_group="pensioner")
    town.take_on("survivors_benefit", INSURANCE)
    town.at("2026-09-08 09:00")
    town.send_back("residence_deletion", WARD_POLICE, to="death_registration")
    assert town.stages == {
        "death_registration": "ready", "residence_deletion": "sent_back", "survivors_benefit": "acknowledged",
    }  # fmt: skip
    town.take_on("death_registration", WARD)
    town.at("2026-09-08 14:00")
    town.decide("death_registration", WARD, number="31/KT-SĐ")
    (corrected,) = (step for step in town.chain["steps"] if step["step"] == "death_registration")
    assert (corrected["result"]["number"], corrected["result"]["version"]) == ("31/KT-SĐ", 2)
    town.take_on("residence_deletion", WARD_POLICE)
    town.at("2026-09-09 09:00")
    town.decide("residence_deletion", WARD_POLICE)
    town.at("2026-09-15 09:00")
    town.decide("survivors_benefit", INSURANCE)
    assert town.dossier["status"] == "handed_out"
    is_as_checked(town, "death_corrected", "Khai tử liên thông: công an phát hiện sai, xã sửa, chuỗi đi tiếp")
