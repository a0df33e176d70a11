"""Received at the desk of another ward: the clock starts when the agency that resolves it has it.

Law: NĐ 118/2025/NĐ-CP arts. 14.2 and 17.3.
"""

from tests.journeys.golden import is_as_checked
from tests.journeys.people import MARITAL_STATUS, OTHER_WARD, WARD_DESK
from tests.journeys.town import Town


def test_the_clock_of_what_was_received_elsewhere_starts_with_its_receipt(town: Town) -> None:
    """NĐ 118/2025 art. 17.3; the date on the slip is provisional until then, and the minutes are the exchange's."""
    town.desk = WARD_DESK
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS, area="23284")
    town.accept()
    assert town.dossier["due_at"] == "2026-09-10T02:00:00Z"
    assert {holder["party"] for holder in town.chain["holders"]} == {"system"}
    town.at("2026-09-08 14:00")
    town.acknowledge("certificate", OTHER_WARD)
    assert town.dossier["due_at"] == "2026-09-11T07:00:00Z", "three working days from the receipt"
    town.at("2026-09-10 15:00")
    town.decide("certificate", OTHER_WARD, number="16/XN")
    town.pay_cash()
    town.collect()
    assert (town.dossier["status"], town.province["on_time"]) == ("handed_out", 1)
    found = town.served.read(f"/dossiers/{town.ref}/clock", town.inspector)
    assert found is not None
    minutes = {share["party"]: share["minutes"] for share in found["until_result"]["shares"]}
    assert minutes == {"agency": 17 * 60, "system": 11 * 60}, "until the receipt they are the exchange's"
    is_as_checked(town, "received_elsewhere", "Tiếp nhận phi địa giới: đồng hồ chạy từ khi nơi giải quyết nhận hồ sơ")
