"""The karaoke chain: paid first, then three certificates in strict sequence, each staying valid whatever comes later.

Law: NĐ 297/2025/NĐ-CP arts. 6–9.
"""

from tests.journeys.golden import is_as_checked
from tests.journeys.people import KARAOKE, PROVINCE, WARD, WARD_POLICE
from tests.journeys.town import Town

FEE_VND = 150_000 + 300_000 + 4 * 1_000_000


def _paid(town: Town) -> None:
    town.at("2026-09-07 09:00")
    town.submit(KARAOKE, hand_out_by="online")
    town.accept()
    assert town.dossier["status"] == "awaiting_payment"
    town.at("2026-09-07 10:00")
    assert town.pay() == ["00"]


def test_the_clock_starts_when_the_fee_is_paid(town: Town) -> None:
    """NĐ 297/2025/NĐ-CP art. 6.2: the limit runs from the full dossier and the paid fee."""
    _paid(town)
    assert town.dossier["status"] == "accepted"
    assert town.dossier["clock_from"] == "2026-09-07T03:00:00Z"
    assert town.dossier["due_at"] == "2026-09-29T03:00:00Z", "16 working days from the payment"
    assert town.obligation["total_vnd"] == FEE_VND
    assert (town.province["paid_online"], town.province["paid_online_vnd"]) == (1, FEE_VND)


def test_the_three_certificates_are_decided_in_sequence_and_handed_out_online(town: Town) -> None:
    """NĐ 297/2025/NĐ-CP art. 7: each agency begins when the result before it exists."""
    _paid(town)
    steps = ("household_business", "security_certificate", "karaoke_licence")
    assert [town.stages[step] for step in steps] == ["ready", "planned", "planned"]
    early = {"result_code": "KQ.G01.000063", "number": "1", "signer": "Trưởng Công an", "sha256": "0" * 64}
    police = town.officer_of(WARD_POLICE)
    assert town.refused("routing", "decide_step", police, early, step=steps[1]) == "step_not_ready"

    town.acknowledge(steps[0], WARD)
    town.at("2026-09-08 10:00")
    town.decide(steps[0], WARD)
    assert [town.stages[step] for step in steps] == ["decided", "ready", "planned"]
    town.acknowledge(steps[1], WARD_POLICE)
    town.at("2026-09-10 10:00")
    town.decide(steps[1], WARD_POLICE)
    town.acknowledge(steps[2], PROVINCE)
    town.at("2026-09-17 10:00")
    town.decide(steps[2], PROVINCE)

    assert town.chain["state"] == "granted"
    assert (town.dossier["status"], town.dossier["handed_out_by"]) == ("handed_out", "online")
    assert [result["step"] for result in town.dossier["results"]] == list(steps)
    assert town.balances == {f"revenue:{town.desk}": -FEE_VND, "clearing:vnpay": FEE_VND}
    assert (town.province["resolved"], town.province["on_time"], town.province["online"]) == (1, 1, 1)
    is_as_checked(town, "karaoke", "Karaoke: nộp phí trước, ba giấy tờ nối tiếp, trả trực tuyến")


def test_a_refused_licence_keeps_the_earlier_results_and_the_fee(town: Town) -> None:
    """NĐ 297/2025/NĐ-CP arts. 8.1a and 9.2: earlier certificates stay valid, fees are not returned."""
    _paid(town)
    town.at("2026-09-08 09:00")
    town.decide("household_business", WARD)
    town.at("2026-09-10 09:00")
    town.decide("security_certificate", WARD_POLICE)
    town.at("2026-09-22 09:00")
    town.refuse("karaoke_licence", PROVINCE)

    assert town.stages == {
        "household_business": "decided", "security_certificate": "decided", "karaoke_licence": "refused",
    }  # fmt: skip
    assert (town.dossier["outcome"], town.dossier["status"]) == ("partly_granted", "handed_out")
    assert [result["step"] for result in town.dossier["results"]] == ["household_business", "security_certificate"]
    assert town.obligation["standing"] == "settled"
    assert town.obligation["refunds"] == []
    is_as_checked(
        town, "karaoke_refused", "Karaoke: từ chối giấy phép, hai giấy chứng nhận trước vẫn giữ, phí không hoàn"
    )
    assert town.balances == {f"revenue:{town.desk}": -FEE_VND, "clearing:vnpay": FEE_VND}


def test_a_refusal_in_the_middle_cancels_what_needs_it(town: Town) -> None:
    """NĐ 61/2018/NĐ-CP art. 19.8: later steps are cancelled, earlier results stay."""
    _paid(town)
    town.decide("household_business", WARD)
    town.refuse("security_certificate", WARD_POLICE)
    assert town.stages == {
        "household_business": "decided", "security_certificate": "refused", "karaoke_licence": "cancelled",
    }  # fmt: skip
    assert town.dossier["outcome"] == "partly_granted"


def test_a_wrong_certificate_is_corrected_by_its_issuer_and_the_chain_goes_on(town: Town) -> None:
    """NĐ 61/2018/NĐ-CP art. 21.1: an error is corrected by whoever made it, with a new version of the result."""
    _paid(town)
    town.at("2026-09-08 10:00")
    town.decide("household_business", WARD, number="1/HKD")
    town.at("2026-09-09 10:00")
    town.send_back("security_certificate", WARD_POLICE, to="household_business")
    assert town.stages["household_business"] == "ready"
    assert town.stages["security_certificate"] == "sent_back"

    town.at("2026-09-09 15:00")
    town.decide("household_business", WARD, number="2/HKD")
    (corrected,) = (step for step in town.chain["steps"] if step["step"] == "household_business")
    assert (corrected["result"]["number"], corrected["result"]["version"]) == ("2/HKD", 2)
    assert town.stages["security_certificate"] == "ready"

    town.decide("security_certificate", WARD_POLICE)
    town.decide("karaoke_licence", PROVINCE)
    assert town.dossier["status"] == "handed_out"
    numbers = {result["step"]: result["number"] for result in town.dossier["results"]}
    assert numbers["household_business"] == "2/HKD"


def test_a_fee_that_is_never_paid_stops_the_dossier(town: Town) -> None:
    """The time to pay has a limit, 15 working days; then nothing is owed any more."""
    town.at("2026-09-07 09:00")
    town.submit(KARAOKE)
    town.accept()
    town.at("2026-09-28 09:00")
    assert town.dossier["status"] == "stopped"
    assert town.obligation["standing"] == "cancelled"
    assert town.balances == {}
