"""What does not go straight: withdrawals before and after a decision, supplements, and what is sent back.

Law: NĐ 61/2018/NĐ-CP arts. 11.2c, 17, 19.4; NĐ 118/2025/NĐ-CP arts. 17, 21.
"""

from tests.journeys.people import KARAOKE, MARITAL_STATUS, PROVINCE, WARD, WARD_POLICE
from tests.journeys.town import Town


def _accepted(town: Town) -> None:
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS)
    town.accept()


def test_a_dossier_may_be_withdrawn_before_it_is_accepted(town: Town) -> None:
    """NĐ 118/2025/NĐ-CP art. 21: while no decision exists."""
    town.submit(MARITAL_STATUS)
    town.withdraw()
    assert town.dossier["status"] == "withdrawn"
    assert (town.province["received"], town.province["turned_away"]) == (0, 1)


def test_a_dossier_may_be_withdrawn_while_no_decision_exists(town: Town) -> None:
    """The chain stops, nothing is owed any more, and the agency finds its step cancelled."""
    _accepted(town)
    town.acknowledge("certificate", WARD)
    town.withdraw()
    assert (town.dossier["status"], town.chain["state"]) == ("withdrawn", "withdrawn")
    assert town.stages == {"certificate": "cancelled"}
    assert town.obligation["standing"] == "cancelled"
    result = {"result_code": "KQ.G15.000038", "number": "1", "signer": "Chủ tịch", "sha256": "0" * 64}
    assert town.refused("routing", "decide_step", town.officer_of(WARD), result, step="certificate") == "step_cancelled"
    assert town.balances == {}
    assert town.province["ended_otherwise"] == 1


def test_a_dossier_may_not_be_withdrawn_after_its_decision(town: Town) -> None:
    """NĐ 118/2025/NĐ-CP art. 21; TT 03/2025/TT-VPCP art. 7."""
    _accepted(town)
    town.decide("certificate", WARD)
    assert town.refused("intake", "withdraw_dossier", town.desk_officer) == "decision_exists"
    assert town.dossier["status"] == "resolved"


def test_a_withdrawal_in_the_middle_keeps_what_was_decided(town: Town) -> None:
    """Only undecided steps stop; decided results are handed out."""
    town.submit(KARAOKE, hand_out_by="online")
    town.accept()
    town.pay()
    town.decide("household_business", WARD)
    town.withdraw()
    assert town.stages == {
        "household_business": "decided", "security_certificate": "cancelled", "karaoke_licence": "cancelled",
    }  # fmt: skip
    assert town.dossier["kept_results"] == ["household_business"]
    assert town.dossier["status"] == "handed_out"


def test_a_supplement_in_time_leads_to_acceptance(town: Town) -> None:
    """NĐ 118/2025/NĐ-CP art. 17.2a: complete, with reasons, once."""
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS, without=("residence_proof", "declaration"))
    half = {"items": [{"component": "declaration", "reason": "missing"}]}
    assert town.refused("intake", "ask_for_supplement", town.desk_officer, half) == "supplement_incomplete_list"
    town.ask_for("residence_proof", "declaration")
    again = {"items": [{"component": "identity_paper", "reason": "unreadable"}]}
    assert town.refused("intake", "ask_for_supplement", town.desk_officer, again) == "supplement_asked_once"
    town.at("2026-09-09 09:00")
    town.bring("residence_proof", "declaration")
    town.accept()
    assert town.dossier["clock_from"] == "2026-09-09T02:00:00Z", "the clock runs from the complete dossier"


def test_a_supplement_in_part_leads_to_a_refusal(town: Town) -> None:
    """NĐ 61/2018/NĐ-CP art. 11.2c: asked for once; what is still incomplete is refused, with the law."""
    town.submit(MARITAL_STATUS, without=("residence_proof", "declaration"))
    early = {"reason_code": "supplement_incomplete", "law": "NĐ 118/2025 art. 17"}
    assert town.refused("intake", "refuse_dossier", town.desk_officer, early) == "supplement_first"
    town.ask_for("residence_proof", "declaration")
    town.bring("declaration")
    town.do("intake", "refuse_dossier", town.desk_officer, early)
    assert town.dossier["status"] == "refused"
    assert town.province["turned_away"] == 1


def test_an_agency_sends_back_to_the_desk_and_the_clock_starts_anew_with_the_supplement(town: Town) -> None:
    """NĐ 61/2018/NĐ-CP art. 19.4: the legal clock restarts from zero when the dossier is complete again."""
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS)
    town.accept()
    town.at("2026-09-08 09:00")
    town.send_back("certificate", WARD, to="desk")
    assert town.dossier["sent_back"] == ["certificate"]
    assert {holder["party"] for holder in town.chain["holders"]} == {"desk"}
    town.ask_for("identity_paper")
    assert {holder["party"] for holder in town.chain["holders"]} == {"applicant"}
    town.at("2026-09-14 09:00")
    assert town.told("routing", "ChainOverdue") == [], "the clock stands still while the applicant is asked"
    town.bring("identity_paper")
    town.do("intake", "answer_sent_back", town.desk_officer, {"note": "Đã bổ sung."}, step="certificate")
    assert town.dossier["due_at"] == "2026-09-17T02:00:00Z"
    assert town.stages == {"certificate": "ready"}
    town.at("2026-09-16 09:00")
    town.decide("certificate", WARD)
    assert (town.province["resolved"], town.province["on_time"]) == (1, 1)


def test_an_agency_acts_only_on_its_own_step(town: Town) -> None:
    """NĐ 61/2018/NĐ-CP art. 19.6: each its own task."""
    town.submit(KARAOKE)
    town.accept()
    town.pay()
    for other in (WARD_POLICE, PROVINCE):
        refused = town.refused("routing", "acknowledge_step", town.officer_of(other), step="household_business")
        assert refused in ("not_your_step", "not_found")
