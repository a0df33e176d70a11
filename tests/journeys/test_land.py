"""Land transfer: examined, taxed, paid, certified, with two appointments and a wait between them that nobody counts.

Law: Luật Đất đai 31/2024/QH15; NĐ 101/2024/NĐ-CP; domain rule 14.
"""

from typing import Any

from tests.journeys.golden import is_as_checked
from tests.journeys.people import LAND, LAND_BRANCH, TAX_OFFICE, WARD_DESK
from tests.journeys.town import Town

INCOME_TAX = {"code": "income_tax", "name_vi": "Thuế thu nhập cá nhân", "name_en": "Personal income tax"}
REGISTRATION = {"code": "registration", "name_vi": "Lệ phí trước bạ", "name_en": "Registration charge"}
DUES = (INCOME_TAX | {"amount_vnd": 16_000_000}, REGISTRATION | {"amount_vnd": 4_000_000})
"""Two per cent and half a per cent of 800 million đồng."""
NOTHING = (INCOME_TAX | {"amount_vnd": 0}, REGISTRATION | {"amount_vnd": 0})


def _examined(town: Town) -> None:
    town.at("2026-09-07 08:00")
    town.submit(LAND)
    town.accept()
    town.at("2026-09-07 10:00")
    town.decide("forwarding", WARD_DESK)
    town.at("2026-09-10 15:00")
    town.decide("examination", LAND_BRANCH)


def _noticed(town: Town, notice: tuple[dict[str, Any], ...] = DUES) -> None:
    _examined(town)
    town.at("2026-09-14 10:00")
    town.decide("tax_determination", TAX_OFFICE, number="TB-2201", notice=notice)


def test_the_clock_stands_still_for_tax_and_payment_and_the_second_appointment_begins(town: Town) -> None:
    """NĐ 101/2024: 5 working days to the tax agency's slip, 3 from the payment; the wait between is not counted."""
    _noticed(town)
    assert {holder["party"] for holder in town.chain["holders"]} == {"applicant"}
    assert (town.obligation["purpose"], town.obligation["total_vnd"]) == ("tax_notice", 20_000_000)
    town.at("2026-09-24 09:00")
    assert town.told("routing", "ChainOverdue") == [], "ten working days of waiting count for nobody's deadline"
    assert town.pay() == ["00"]
    assert town.stages["certificate"] == "ready"
    assert town.dossier["due_at"] == "2026-09-29T02:00:00Z", "3 working days from the payment"
    town.at("2026-09-28 14:00")
    town.decide("certificate", LAND_BRANCH, number="DO.118844")
    town.at("2026-09-29 08:00")
    town.collect()
    assert (town.province["on_time"], town.late_because) == (1, set())
    handed_out = [result["step"] for result in town.dossier["results"]]
    assert handed_out == ["tax_determination", "certificate"]
    is_as_checked(town, "land", "Chuyển nhượng đất: hai lần hẹn, thuế nộp trực tuyến, thời gian thuế không tính")


def test_a_notice_that_nobody_pays_leaves_the_clock_standing_and_the_land_where_it_is(town: Town) -> None:
    """NĐ 101/2024: no certificate before the dues are paid; the applicant's 30 days pass, and no agency is late."""
    _noticed(town)
    town.at("2026-10-15 08:00")
    assert (town.stages["tax_payment"], town.stages["certificate"]) == ("ready", "planned")
    assert (town.dossier["status"], town.chain["overdue"]) == ("accepted", False)
    assert town.told("routing", "ChainOverdue", "LatenessEscalated") == []
    assert town.obligation["standing"] == "open"
    is_as_checked(town, "land_unpaid", "Chuyển nhượng đất: không nộp thuế, đồng hồ đứng yên")


def test_a_notice_of_nothing_is_fulfilled_at_once(town: Town) -> None:
    """NĐ 101/2024; exempt transfers within a family: there is nothing to pay, so nobody waits for it."""
    _noticed(town, NOTHING)
    assert town.stages["certificate"] == "ready"
    assert town.dossier["due_at"] == "2026-09-17T03:00:00Z"
    assert town.balances == {}
    town.at("2026-09-16 09:00")
    town.decide("certificate", LAND_BRANCH, number="DO.118845")
    town.collect()
    assert town.province["on_time"] == 1
    is_as_checked(town, "land_exempt", "Chuyển nhượng đất: thông báo 0 đồng, cấp giấy ngay")


def test_in_the_mountains_the_first_appointment_is_ten_days_later(town: Town) -> None:
    """NĐ 101/2024: 10 working days more in mountainous, island and specially poor areas."""
    town.at("2026-09-07 08:00")
    town.submit(LAND, facts={"mountainous": True})
    town.accept()
    assert town.dossier["due_at"] == "2026-09-28T01:00:00Z", "15 working days"
    town.decide("forwarding", WARD_DESK)
    town.at("2026-09-24 09:00")
    town.decide("examination", LAND_BRANCH)
    town.at("2026-09-25 09:00")
    town.decide("tax_determination", TAX_OFFICE, number="TB-2202", notice=DUES)
    town.at("2026-09-25 15:00")
    town.pay()
    town.at("2026-09-29 09:00")
    town.decide("certificate", LAND_BRANCH, number="DO.118846")
    town.collect()
    assert town.province["on_time"] == 1
    is_as_checked(town, "land_mountainous", "Chuyển nhượng đất ở vùng núi: thêm 10 ngày làm việc")


def test_a_refused_certificate_after_the_taxes_are_paid_gives_nothing_back_silently(town: Town) -> None:
    """NĐ 61/2018 art. 19.8; tax law: overpaid tax is owed back by the state, and the books say so."""
    _noticed(town)
    town.at("2026-09-15 09:00")
    town.pay()
    town.at("2026-09-16 09:00")
    town.refuse("certificate", LAND_BRANCH)
    assert town.dossier["outcome"] == "refused"
    (refund,) = town.obligation["refunds"]
    assert (refund["amount_vnd"], refund["standing"]) == (20_000_000, "owed")
    is_as_checked(town, "land_refused", "Chuyển nhượng đất: từ chối cấp giấy sau khi đã nộp thuế")
