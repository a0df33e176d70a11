"""A certificate from the counter of one ward: handed in, decided, paid, collected."""

from tests.journeys.golden import is_as_checked
from tests.journeys.people import MARITAL_STATUS, WARD
from tests.journeys.town import Town


def test_a_certificate_is_handed_in_decided_paid_and_collected_at_the_counter(town: Town) -> None:
    """The plainest way through all services, with the charge due before the result is handed out."""
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS)
    town.accept()
    assert town.dossier["status"] == "accepted"
    assert town.dossier["code"] == "H48.23293.01-260907-0001"
    assert town.dossier["due_at"] == "2026-09-10T02:00:00Z", "three working days, hour kept"
    assert town.stages == {"certificate": "ready"}

    town.at("2026-09-08 10:00")
    town.decide("certificate", WARD, number="15/XN")
    assert town.chain["state"] == "granted"
    assert town.dossier["status"] == "resolved"
    assert town.refused("intake", "hand_out", town.desk_officer, {"paper_shown": "slip"}) == "fee_unpaid"

    town.pay_cash()
    town.collect()
    assert town.dossier["status"] == "handed_out"
    assert town.dossier["handed_out_by"] == "desk"
    assert town.obligation["standing"] == "settled"
    assert town.obligation["receipt"]["total_vnd"] == 15_000
    assert town.balances == {f"revenue:{town.desk}": -15_000, f"cash:{town.desk}": 15_000}
    table = town.province
    assert (table["received"], table["resolved"], table["on_time"], table["late"]) == (1, 1, 1, 0)
    assert (table["handed_out"], table["paid"], table["paid_online"], table["at_counter"]) == (1, 1, 0, 1)
    is_as_checked(town, "marital_status", "Xác nhận tình trạng hôn nhân: nộp và nhận tại quầy")


def test_a_verification_gives_the_certificate_six_days_and_the_slip_says_so(town: Town) -> None:
    """NĐ 123/2015/NĐ-CP art. 22: three working days, six where it must be verified; not late after three."""
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS)
    town.accept()
    town.acknowledge("certificate", WARD)
    town.at("2026-09-09 10:00")
    town.extend("certificate", WARD, "verification")
    assert town.dossier["due_at"] == "2026-09-15T02:00:00Z", "six working days, hour kept, where three were"
    town.at("2026-09-14 10:00")
    town.decide("certificate", WARD, number="16/XN")
    town.pay_cash()
    town.collect()
    assert town.told("routing", "StepOverdue", "ChainOverdue") == []
    assert (town.province["on_time"], town.province["late"]) == (1, 0)
    is_as_checked(town, "marital_status_verified", "Xác nhận tình trạng hôn nhân: phải xác minh, sáu ngày")


def test_a_poor_household_gets_a_receipt_over_nothing(town: Town) -> None:
    """NĐ 254/2026/NĐ-CP (receipts, also over zero đồng); families of poor households are exempt."""
    town.submit(MARITAL_STATUS, category="poor_household")
    town.accept()
    assert (town.obligation["standing"], town.obligation["method"]) == ("settled", "none")
    assert town.obligation["receipt"]["total_vnd"] == 0
    town.decide("certificate", WARD)
    town.collect()
    assert town.dossier["status"] == "handed_out"
    assert town.balances == {}
    assert town.province["paid"] == 0


def test_a_late_agency_is_named(town: Town) -> None:
    """NĐ 61/2018/NĐ-CP art. 19.9: whoever is late answers for it."""
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS)
    town.accept()
    town.at("2026-09-11 09:00")
    assert town.told("routing", "StepOverdue", "ChainOverdue") == ["StepOverdue", "ChainOverdue"]
    town.decide("certificate", WARD)
    assert (town.province["resolved"], town.province["late"]) == (1, 1)
    assert town.late_because == {WARD}
    is_as_checked(town, "marital_status_late", "Xác nhận tình trạng hôn nhân: xã chậm, báo cấp trên")
