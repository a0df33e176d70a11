"""Money that came twice, too late, or for a dossier that was withdrawn is booked as the payer's, and given back.

Law: NĐ 118/2025/NĐ-CP art. 24; refunds by fee schedule (NĐ 347/2025/NĐ-CP).
"""

from tests.journeys.people import ARCHITECT, CONSTRUCTION, KARAOKE
from tests.journeys.town import Town

FEE_VND = 300_000


def _accepted(town: Town) -> None:
    town.at("2026-09-07 09:00")
    town.submit(ARCHITECT)
    town.accept()


def test_what_was_paid_twice_is_owed_back_and_paid_back(town: Town) -> None:
    """The second success is the payer's money: never refused, never kept."""
    _accepted(town)
    first, second = town.start_payment(), town.start_payment()
    assert town.pay(first) == ["00"]
    assert town.pay(second) == ["00"]
    (refund,) = town.obligation["refunds"]
    assert (refund["reason"], refund["amount_vnd"], refund["standing"]) == ("paid_twice", FEE_VND, "owed")
    assert town.balances == {
        f"revenue:{town.desk}": -FEE_VND, "clearing:vnpay": 2 * FEE_VND, "refund_owed:ref": -FEE_VND,
    }  # fmt: skip
    order = {"txn_ref": refund["txn_ref"], "amount_vnd": FEE_VND, "order_no": "UNC-1"}
    town.do("payments", "record_refund", town.accountant, order)
    assert town.obligation["refunds"][0]["standing"] == "paid"
    assert town.balances == {f"revenue:{town.desk}": -FEE_VND, "clearing:vnpay": 2 * FEE_VND, "treasury": -FEE_VND}


def test_the_same_success_said_twice_is_taken_once(town: Town) -> None:
    """VNPAY repeats a notice until it is answered; the answer is a function of what is stored."""
    _accepted(town)
    assert town.pay(misbehaviour="twice") == ["00", "02"]
    assert town.obligation["refunds"] == []
    assert town.balances == {f"revenue:{town.desk}": -FEE_VND, "clearing:vnpay": FEE_VND}


def test_failed_cancelled_and_forged_notices_settle_nothing(town: Town) -> None:
    """Only a success with a right signature and amount is money."""
    _accepted(town)
    assert town.pay(ending="failed") == ["00"]
    assert town.pay(ending="cancelled_by_payer") == ["00"]
    assert town.pay(misbehaviour="wrong_signature") == ["97"]
    assert town.pay(misbehaviour="wrong_amount") == ["04"]
    assert town.obligation["standing"] == "open"
    assert sorted(attempt["standing"] for attempt in town.obligation["attempts"]) == [
        "cancelled_by_payer", "failed", "started", "started",
    ]  # fmt: skip


def test_a_success_heard_after_the_attempt_expired_still_settles(town: Town) -> None:
    """The payer's money has moved, whatever our clock said meanwhile."""
    _accepted(town)
    url = town.start_payment()
    town.at("2026-09-07 10:00")
    assert town.told("payments", "PaymentExpired") == ["PaymentExpired"]
    assert town.pay(url, misbehaviour="late") == ["00"]
    assert town.obligation["standing"] == "settled"


def test_what_is_paid_after_the_withdrawal_is_owed_back(town: Town) -> None:
    """The payment was on its way when the applicant took the dossier back."""
    _accepted(town)
    url = town.start_payment()
    town.withdraw()
    assert (town.dossier["status"], town.obligation["standing"]) == ("withdrawn", "cancelled")
    assert town.pay(url) == ["00"]
    (refund,) = town.obligation["refunds"]
    assert (refund["reason"], refund["standing"]) == ("withdrawn", "owed")
    assert town.balances == {"clearing:vnpay": FEE_VND, "refund_owed:ref": -FEE_VND}


def test_what_is_paid_after_the_time_to_pay_is_owed_back(town: Town) -> None:
    """The karaoke chain stops after 15 working days without its fee; later money is the payer's."""
    town.at("2026-09-07 09:00")
    town.submit(KARAOKE)
    town.accept()
    town.at("2026-09-28 08:55")
    url = town.start_payment()
    town.at("2026-09-28 09:05")
    assert town.dossier["status"] == "stopped"
    town.pay(url)
    (refund,) = town.obligation["refunds"]
    assert refund["reason"] == "paid_late"
    assert set(town.balances) == {"clearing:vnpay", "refund_owed:ref"}


def test_a_paid_fee_goes_back_when_the_dossier_is_withdrawn_and_stays_when_it_is_refused(town: Town) -> None:
    """The schedule of the architect's certificate: withdrawn in full, refused not at all."""
    _accepted(town)
    town.pay()
    town.withdraw()
    assert [refund["reason"] for refund in town.obligation["refunds"]] == ["withdrawn"]
    assert town.balances == {"clearing:vnpay": FEE_VND, "refund_owed:ref": -FEE_VND}

    town.submit(ARCHITECT)
    town.accept()
    town.pay()
    town.refuse("certificate", CONSTRUCTION)
    assert (town.dossier["outcome"], town.obligation["refunds"]) == ("refused", [])
    assert town.obligation["standing"] == "kept"
