"""The architect's certificate with the post both ways: papers fetched at the door, the result brought there.

Law: QĐ 45/2016/QĐ-TTg; TT 17/2017/TT-BTTTT.
"""

from tests.journeys.golden import is_as_checked
from tests.journeys.people import ARCHITECT, CONSTRUCTION, PROVINCE_DESK
from tests.journeys.town import Town

AT_HOME = {"name": "Nguyễn Thị Lan", "address": "12 Trần Phú, phường Kon Tum"}
FEE_VND = 300_000


def _handed_over(town: Town) -> None:
    town.desk = PROVINCE_DESK
    town.at("2026-09-07 09:00")
    town.submit(ARCHITECT, channel="post", hand_out_by="post", hand_out_to=AT_HOME)
    assert town.parcel("collection")["status"] == "ordered"
    assert town.refused("intake", "accept_dossier", town.desk_officer) == "papers_with_post"
    town.at("2026-09-08 09:00")
    town.pick_up("collection")
    assert town.parcel("collection")["custodian"] == "post"
    town.at("2026-09-09 09:00")
    town.hand_over()


def _decided(town: Town) -> None:
    _handed_over(town)
    town.at("2026-09-09 14:00")
    town.accept()
    assert town.pay() == ["00"]
    town.at("2026-09-15 10:00")
    town.decide("certificate", CONSTRUCTION)
    assert town.dossier["posting"] == "dispatched"
    town.at("2026-09-16 08:00")
    town.pick_up("delivery", papers=1)


def test_the_handover_record_is_the_time_of_submission(town: Town) -> None:
    """QĐ 45/2016/QĐ-TTg art. 7.4: six working days from the signed record, not from the post office or the desk."""
    _handed_over(town)
    town.at("2026-09-10 14:00")
    town.accept()
    assert town.dossier["clock_from"] == "2026-09-09T02:00:00Z"
    assert town.dossier["due_at"] == "2026-09-17T02:00:00Z"


def test_a_first_delivery_fails_and_the_second_succeeds(town: Town) -> None:
    """TT 17/2017/TT-BTTTT: two visits, two working days apart; then the dossier is handed out by post."""
    _decided(town)
    town.at("2026-09-16 15:00")
    town.nobody_home("delivery", "retry_next_working_day")
    assert town.parcel("delivery")["next_attempt_from"] == "2026-09-18T08:00:00Z"
    town.at("2026-09-18 15:00")
    town.deliver()
    assert town.parcel("delivery")["custodian"] == "applicant"
    assert (town.dossier["status"], town.dossier["handed_out_by"]) == ("handed_out", "post")
    assert town.balances == {f"revenue:{town.desk}": -FEE_VND, "clearing:vnpay": FEE_VND}
    assert (town.province["by_post"], town.province["on_time"], town.province["handed_out"]) == (1, 1, 1)
    is_as_checked(town, "architect", "Chứng chỉ hành nghề kiến trúc: bưu chính hai chiều, phát lần hai mới gặp")


def test_after_two_failed_deliveries_the_result_waits_at_the_desk(town: Town) -> None:
    """TT 17/2017/TT-BTTTT: then back to the agency, where the applicant collects it."""
    _decided(town)
    town.at("2026-09-16 15:00")
    town.nobody_home("delivery", "retry_next_working_day")
    town.at("2026-09-18 15:00")
    town.nobody_home("delivery", "return_to_desk")
    assert town.refused("intake", "hand_out", town.desk_officer, {"paper_shown": "slip"}) == "result_with_post"
    town.at("2026-09-21 08:00")
    town.bring_back(papers=1)
    assert town.parcel("delivery")["status"] == "back_at_desk"
    assert town.dossier["posting"] == "kept_at_desk"
    town.at("2026-09-21 14:00")
    town.collect()
    assert (town.dossier["status"], town.dossier["handed_out_by"]) == ("handed_out", "desk")
    is_as_checked(town, "architect_back_at_desk", "Chứng chỉ hành nghề kiến trúc: hai lần không gặp, nhận tại Một cửa")


def test_papers_that_are_never_collected_stop_the_dossier(town: Town) -> None:
    """House rule: after two visits in vain the order is cancelled, and the dossier with it."""
    town.desk = PROVINCE_DESK
    town.at("2026-09-07 09:00")
    town.submit(ARCHITECT, channel="post")
    town.nobody_home("collection", "retry_next_working_day")
    town.at("2026-09-09 09:00")
    town.nobody_home("collection", "cancel_collection")
    assert town.parcel("collection")["status"] == "cancelled"
    assert town.dossier["status"] == "stopped"
    assert town.province["turned_away"] == 1
