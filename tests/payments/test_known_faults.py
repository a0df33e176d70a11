"""Faults of payment in the closest existing systems: none of them can happen here.

Each test names the section of the study in which the fault is described: VietOpenCPS/opencps-v2 (2.8 payment, 3.5
payment security and correctness) and a complete provincial system (A1, the national payment platform).
"""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis.settings import Settings
from kernel.money import Posting
from kernel.refusal import Refused
from services.payments.gateways.gateway import Asked, PayRequest
from services.payments.gateways.vnpay import HASH, INQUIRY_FIELDS, piped
from services.payments.wiring import terminal
from tests.payments import examples as ex
from tests.payments.books import Books
from tests.payments.desk import Desk, HttpDesk, awaited
from tests.payments.test_callbacks import notice
from tests.payments.test_money import attempts, begun

AFTERNOON = datetime(2026, 11, 20, 8, 5, 9, tzinfo=UTC)
"""15:05:09 in Vietnam."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HttpDesk]:
    with HttpDesk(tmp_path) as desk:
        desk.hear(awaited(desk))
        yield desk


@pytest.fixture
def owing(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    desk.hear(awaited(desk))
    yield desk
    desk.close()


def unpaid(desk: HttpDesk) -> bool:
    return desk.obligation()["standing"] == "open" and "PaymentSucceeded" not in desk.kinds()


def test_a_forged_notice_is_not_taken_for_a_payment(desk: HttpDesk) -> None:
    """3.5: there a wrong check value is ignored, the line that refuses it is commented out."""
    assert desk.notify(notice(desk.start()["txn_ref"], secret="guessed"))["RspCode"] == "97"
    assert unpaid(desk)


def test_the_amount_is_compared(desk: HttpDesk) -> None:
    """3.5 and A1: there another amount pays the whole fee."""
    assert desk.notify(notice(desk.start()["txn_ref"], vnp_Amount="100"))["RspCode"] == "04"
    assert unpaid(desk)


@pytest.mark.parametrize(
    "changes", [{"vnp_TmnCode": "ANOTHER1"}, {"vnp_TxnRef": "01JD3V70000000000000000000"}], ids=["merchant", "bill"]
)
def test_merchant_and_bill_are_checked_before_anything_is_paid(desk: HttpDesk, changes: dict[str, str]) -> None:
    """3.5: there it is marked paid first, and checked after."""
    told = desk.start()
    assert desk.notify(notice(**{"txn_ref": told["txn_ref"]} | changes))["RspCode"] in ("01", "99")
    assert unpaid(desk)


@pytest.mark.parametrize("name", ["vnp_ResponseCode", "vnp_TransactionStatus"])
def test_what_says_paid_is_signed(desk: HttpDesk, name: str) -> None:
    """3.5: there the field that means success is not covered by the check value."""
    failed = notice(desk.start()["txn_ref"], **{name: "02"})
    assert desk.notify(failed.replace(f"{name}=02", f"{name}=00"))["RspCode"] == "97"
    assert unpaid(desk)


def test_a_repeated_notice_does_nothing_more(desk: HttpDesk) -> None:
    """3.5: there each repeat runs the action again."""
    told = desk.start()
    assert [desk.notify(notice(told["txn_ref"]))["RspCode"] for _ in range(3)] == ["00", "02", "02"]
    assert desk.kinds().count("ObligationSettled") == desk.kinds().count("ReceiptIssued") == 1


def test_success_is_answered_only_once_everything_is_done() -> None:
    """3.5 and A1: there success is answered though the following act failed, and a payment stays without a receipt."""
    books = begun(*attempts("t1"))
    books.streams[f"obligation-{ex.REF}"] = ()
    before = books.log
    assert isinstance(books.do(ex.outcome("succeeded", "t1")), Refused)
    assert books.log == before, "the gateway is not told that it is done, and says it again"


def test_a_payment_whose_window_was_closed_is_found(owing: Desk) -> None:
    """3.5: there whoever pays and closes the window is never marked as having paid."""
    owing.pay(owing.start()["pay_url"], misbehaviour="silent")
    owing.pass_time(minutes=16)
    assert owing.obligation()["standing"] == "settled"


def test_no_secret_is_stored_or_told(desk: HttpDesk, tmp_path: Path) -> None:
    """3.5: there keys are copied into the payment's row, told over REST and logged."""
    secret = Settings().vnpay_secret
    told = desk.start()
    desk.notify(notice(told["txn_ref"]))
    assert secret not in str(told) + str(desk.obligation()) + repr(terminal(Settings()))
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_paying_moves_no_other_date(owing: Desk) -> None:
    """3.5: there a confirmed payment sets the day of submission to now."""
    before = owing.obligation()
    owing.pass_time(minutes=5)
    owing.pay(owing.start()["pay_url"])
    after = owing.obligation()
    assert {name for name in before if before[name] != after[name]} == {
        "standing", "method", "settled_at", "receipt", "attempts",
    }  # fmt: skip


def test_references_are_never_cut(desk: HttpDesk) -> None:
    """2.8: there references are cut to twenty characters, so that two bills may share one."""
    first, second = desk.start(), desk.start()
    assert first["txn_ref"] != second["txn_ref"]
    assert first["txn_ref"] in first["pay_url"]
    assert len(first["txn_ref"]) == 26


def test_a_dossier_may_owe_more_than_one_thing_and_is_refunded() -> None:
    """2.8: there a dossier has one payment row, without refund, exemption or a line for each kind of money."""
    kinds = {field.name for field in fields(ex.raised().lines[0])}
    assert {"kind", "tariff", "amount_vnd"} <= kinds
    books = begun(*attempts("t1", "t2"), ex.outcome("succeeded", "t1"), ex.outcome("succeeded", "t2"))
    assert [refund.amount_vnd for refund in books.obligation(ex.REF).refunds] == [ex.FEE_VND]


def test_hours_are_counted_to_twenty_four() -> None:
    """A1: there instants are written with a clock of twelve hours."""
    request = PayRequest("t1", 1, "x", AFTERNOON, AFTERNOON + timedelta(minutes=15), "https://x.example/")
    assert "vnp_CreateDate=20261120150509" in terminal(Settings()).pay_url(request)


def test_two_splits_of_the_same_text_have_not_one_signature() -> None:
    """A1: there a `|` inside a value moves the border between two fields. None of ours can hold one."""
    vnpay = terminal(Settings())
    question = vnpay.inquiry("r1", "t1", AFTERNOON, AFTERNOON, "127.0.0.1")
    assert "|" not in "".join(value for name, value in question.items() if name != HASH)
    assert piped(INQUIRY_FIELDS, question).count("|") == len(INQUIRY_FIELDS) - 1
    asked = vnpay.question(Asked("01JD3V7000000000000000TXN1", 1, AFTERNOON), AFTERNOON)
    assert b"|" not in asked


def test_a_pending_answer_is_asked_for_again(owing: Desk) -> None:
    """A1: there a pending payment is marked as checked, and nobody asks again."""
    owing.pay(owing.start()["pay_url"], misbehaviour="deaf")
    owing.pass_time(hours=1)
    assert len(owing.told("InquiryBegun")) > 1


def test_whoever_pays_twice_gets_it_back() -> None:
    """A1: there a second attempt pays the same request twice, and nobody notices."""
    books = begun(*attempts("t1", "t2"), ex.outcome("succeeded", "t1"), ex.outcome("succeeded", "t2"))
    (refund,) = books.obligation(ex.REF).refunds
    assert refund.txn_ref == "t2"


def test_large_amounts_do_not_overflow() -> None:
    """A1: there an amount above 2,147,483,647 đ does not fit; land dues are that high."""
    books, amount_vnd = Books(), 9_000_000_000
    books.do(ex.raise_obligation(ex.fee_rule(ex.tariff("land", amount_vnd))))
    books.do(ex.start())
    assert not isinstance(books.do(ex.outcome("succeeded", amount_vnd=amount_vnd)), Refused)
    assert books.obligation(ex.REF).standing == "settled"


def test_no_fraction_of_a_dong_is_ever_booked() -> None:
    """A5: one library made 70001 of 70000.90; here a fraction is no amount at all."""
    with pytest.raises(TypeError):
        Posting("receivable:x", 70_000.90)  # type: ignore[arg-type]
    answer = begun(*attempts("t1")).do(ex.outcome("succeeded", "t1", amount_vnd=None))
    assert isinstance(answer, Refused)
    assert answer.code == "amount_differs"
