"""VNPAY's wire format: what it signs, what we believe of it, and what it is answered."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given as example
from hypothesis import strategies as st

from kernel.refusal import Refused
from services.payments.domain import rules
from services.payments.gateways.gateway import Asked, Gateway, Notice, PayRequest, Unpaid, Unverified
from services.payments.gateways.vnpay import (
    HASH,
    INQUIRY_ANSWER_FIELDS,
    INQUIRY_FIELDS,
    Vnpay,
    form_encoded,
    is_signed,
    piped,
    printable_purpose,
    received,
    sign,
)
from tests.payments import examples as ex

SECRET = "test_secret"
VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vnpay_vectors.json").read_text())["vectors"]
OFFICIAL_IPN = next(vector for vector in VECTORS if vector["name"] == "IPN success")
VNPAY = Vnpay(tmn_code="TEST_TMN_CODE", secret=SECRET, pay_page="https://pay.example/vpcpay.html")

NOTICE = {
    "vnp_Amount": "30000000",
    "vnp_BankCode": "NCB",
    "vnp_OrderInfo": "Le phi H48.23-261120-0001",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": "TEST_TMN_CODE",
    "vnp_TransactionNo": "14422574",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": ex.TXN,
}
PAID = Notice(ex.TXN, "succeeded", ex.FEE_VND, "VND", "00", "14422574")


def ipn(changes: Mapping[str, str] | None = None, secret: str = SECRET) -> bytes:
    """Return the notice as VNPAY would send it, signed after the changes."""
    signed = form_encoded(NOTICE | dict(changes or {}))
    return f"{signed}&{HASH}={sign(secret, signed)}".encode()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_published_vectors_hold(vector: dict[str, Any]) -> None:
    """Each vector names the repository or page that it was published in."""
    assert is_signed(vector["key"], vector["data"], vector["expected_hex"]) is vector.get("expect_match", True)


def test_the_published_notice_is_read_and_spelled_as_published() -> None:
    raw = f"{OFFICIAL_IPN['data']}&{HASH}={OFFICIAL_IPN['expected_hex']}".encode()
    assert VNPAY.read(raw) == Notice("1716257871703", "succeeded", 10_000, "VND", "00", "14422574")
    assert form_encoded(OFFICIAL_IPN["query"]) == OFFICIAL_IPN["data"]


@pytest.mark.parametrize(
    ("code", "status", "outcome", "response_code"),
    [
        ("00", "00", "succeeded", "00"),
        ("99", "00", "failed", "99"),
        ("00", "02", "failed", "02"),
        ("00", "01", "unfinished", "01"),
        ("24", "02", "cancelled_by_payer", "24"),
        ("24", "01", "cancelled_by_payer", "24"),
        ("07", "07", "failed", "07"),
        ("00", "04", "failed", "04"),
        ("51", "02", "failed", "51"),
        ("11", "02", "failed", "11"),
    ],
)
def test_paid_only_when_both_codes_say_so(code: str, status: str, outcome: str, response_code: str) -> None:
    """VNPAY 2.1.0: paid is response code 00 and transaction status 00; a published test has 99 beside 00: not paid."""
    notice = VNPAY.read(ipn({"vnp_ResponseCode": code, "vnp_TransactionStatus": status}))
    assert notice == Notice(ex.TXN, outcome, ex.FEE_VND, "VND", response_code, "14422574")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "amount_vnd"),
    [
        ("30000000", 300_000),
        ("0", 0),
        ("30000001", None),
        ("50", None),
        ("-30000000", None),
        ("300000.00", None),
        ("3e7", None),
        ("٣٠٠٠٠٠٠٠", None),
        ("1" * 13, None),
    ],
)
def test_amounts_travel_as_hundredths(text: str, amount_vnd: int | None) -> None:
    """What is no whole number of đồng equals no amount of ours, and is answered like a wrong one."""
    notice = VNPAY.read(ipn({"vnp_Amount": text}))
    assert isinstance(notice, Notice)
    assert notice.amount_vnd == amount_vnd


def reordered(raw: bytes) -> bytes:
    return b"&".join(reversed(raw.split(b"&")))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (ipn(), PAID),
        (reordered(ipn()), PAID),
        (ipn() + b"&utm_source=mail", PAID),
        (ipn() + b"&vnp_SecureHashType=HMACSHA512", PAID),
        (ipn() + b"&vnp_CardType=", PAID),
        (ipn()[:-128] + ipn()[-128:].upper(), PAID),
        (ipn({"vnp_CurrCode": "USD"}), Notice(ex.TXN, "succeeded", ex.FEE_VND, "USD", "00", "14422574")),
        (ipn(secret="guessed"), "signature"),
        (ipn().replace(b"30000000", b"100"), "signature"),
        (ipn() + b"&vnp_PayDate=20261120120000", "signature"),
        (ipn()[:-1], "signature"),
        (ipn().rpartition(b"&")[0], "signature"),
        (b"", "signature"),
        (b"&&=&", "signature"),
        (ipn() + b"&vnp_Amount=1", "form"),
        (ipn() + b"&vnp_SecureHash=00", "form"),
        (ipn() + b"&vnp%5FAmount=1", "form"),
        (ipn() + b"&vnp_Note=%ff", "form"),
        (ipn() + "&vnp_Note=é".encode(), "form"),
        (ipn() + b"&x=" + b"1" * 9_000, "form"),
        (ipn({"vnp_TmnCode": "ANOTHER1"}), "form"),
        (ipn({"vnp_TxnRef": ""}), "form"),
        (ipn({"vnp_TransactionStatus": ""}), "form"),
    ],
)
def test_only_what_vnpay_signed_is_believed(raw: bytes, said: Notice | str) -> None:
    """Order, foreign parameters and the case of hex do not matter; one changed, added or repeated value does."""
    heard = VNPAY.read(raw)
    assert (heard.why if isinstance(heard, Unverified) else heard) == said


@pytest.mark.parametrize("spelling", ["*", "%2A", "%2a"])
def test_the_signature_covers_the_received_spelling(spelling: str) -> None:
    """Encoders differ between languages on `~ * ' ( ) !`, so nothing is encoded anew before it is verified."""
    signed = f"{form_encoded(NOTICE | {'vnp_BankCode': 'N'})}".replace("vnp_BankCode=N", f"vnp_BankCode=N{spelling}")
    assert VNPAY.read(f"{signed}&{HASH}={sign(SECRET, signed)}".encode()) == PAID


@example(st.binary(max_size=300))
def test_any_bytes_get_an_answer_and_none_of_them_is_believed(raw: bytes) -> None:
    heard = VNPAY.read(raw)
    assert isinstance(heard, Unverified)
    assert json.loads(VNPAY.answer(heard).body)["RspCode"] in {"97", "99"}


@example(st.dictionaries(st.text(min_size=1), st.text(min_size=1)), st.text(alphabet="abc", min_size=1))
def test_what_was_signed_is_received_unchanged(values: dict[str, str], secret: str) -> None:
    named = {f"vnp_{name}": value for name, value in values.items()}
    signed = form_encoded(named)
    message = received(signed.encode())
    assert not isinstance(message, Unverified)
    assert message.values == named
    unsigned = {"vnp_SecureHash", "vnp_SecureHashType"}
    assert message.signed_text == form_encoded({name: named[name] for name in named.keys() - unsigned})


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((ex.succeeded(),), "00"),
        ((), "02"),
        (Refused(rules.OUTCOME_CONTRADICTED), "02"),
        (Refused(rules.ATTEMPT_UNKNOWN), "01"),
        (Refused(rules.AMOUNT_DIFFERS), "04"),
        (Refused(rules.OUTCOME_UNFINISHED), "99"),
        (Refused(rules.OBLIGATION_UNKNOWN), "99"),
        (Unverified("signature", ""), "97"),
        (Unverified("form", ""), "99"),
    ],
)
def test_the_answer_follows_from_what_was_decided(said: Unverified | tuple[object, ...] | Refused, code: str) -> None:
    """VNPAY stops asking at 00 and 02, and asks again at anything else."""
    answer = VNPAY.answer(said)
    assert answer.media_type == "application/json"
    body = json.loads(answer.body)
    assert body.keys() == {"RspCode", "Message"}
    assert (body["RspCode"], bool(body["Message"])) == (code, True)


REQUEST = PayRequest(
    txn_ref=ex.TXN,
    amount_vnd=ex.FEE_VND,
    purpose=f"Lệ phí hồ sơ {ex.CODE} (Đợt 1)",
    started_at=ex.NOON,
    expires_at=ex.EXPIRY,
    return_url="https://motcua.example/dossiers/H48.23-261120-0001?paid=1",
)


def test_the_payer_is_sent_with_a_signed_address() -> None:
    """Amount × 100, Vietnam's clock (noon, not 5 o'clock), and a signature over the very query that is sent."""
    page, _, query = VNPAY.pay_url(REQUEST).partition("?")
    signed, _, signature = query.rpartition(f"&{HASH}=")
    assert page == "https://pay.example/vpcpay.html"
    assert is_signed(SECRET, signed, signature)
    assert parse_qsl(signed) == [
        ("vnp_Amount", "30000000"),
        ("vnp_Command", "pay"),
        ("vnp_CreateDate", "20261120120000"),
        ("vnp_CurrCode", "VND"),
        ("vnp_ExpireDate", "20261120121500"),
        ("vnp_IpAddr", "127.0.0.1"),
        ("vnp_Locale", "vn"),
        ("vnp_OrderInfo", "Le phi ho so H48.23-261120-0001 Dot 1"),
        ("vnp_OrderType", "other"),
        ("vnp_ReturnUrl", "https://motcua.example/dossiers/H48.23-261120-0001?paid=1"),
        ("vnp_TmnCode", "TEST_TMN_CODE"),
        ("vnp_TxnRef", ex.TXN),
        ("vnp_Version", "2.1.0"),
    ]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Lệ phí đăng ký Đất đai", "Le phi dang ky Dat dai"),
        ("H48.23-261120-0001: phí", "H48.23-261120-0001: phi"),
        ("a|b&c=d~e*(f)!'g'", "a b c d e f g"),
        ("手数料", ""),
        ("x" * 300, "x" * 255),
    ],
)
def test_the_purpose_is_printed_where_all_encoders_agree(text: str, printed: str) -> None:
    assert printable_purpose(text) == printed


def test_the_secret_is_never_shown() -> None:
    assert SECRET not in repr(VNPAY)


def test_vnpay_is_a_gateway() -> None:
    gateway: Gateway = VNPAY
    assert (gateway.name, gateway.limit_vnd) == ("vnpay", 9_999_999_999)
    assert len(urlsplit(gateway.pay_url(REQUEST)).query) < 2_000


def test_an_inquiry_is_signed_in_its_fixed_order() -> None:
    question = VNPAY.inquiry("REQUEST123456", ex.TXN, started_at=ex.NOON, now=ex.LATER, our_ip="127.0.0.1")
    expected = (
        f"REQUEST123456|2.1.0|querydr|TEST_TMN_CODE|{ex.TXN}|20261120120000|20261120150000"
        f"|127.0.0.1|Hoi ket qua {ex.TXN}"
    )
    assert piped(INQUIRY_FIELDS, question) == expected
    assert is_signed(SECRET, expected, question[HASH])


def inquiry_answer(changes: Mapping[str, str] | None = None, secret: str = SECRET) -> dict[str, str]:
    fields = NOTICE | {"vnp_Command": "querydr", "vnp_ResponseId": "r1", "vnp_Message": "ok"} | dict(changes or {})
    return fields | {HASH: sign(secret, piped(INQUIRY_ANSWER_FIELDS, fields))}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (inquiry_answer(), PAID),
        (inquiry_answer({"vnp_TransactionStatus": "01"}), "unfinished"),
        (inquiry_answer({"vnp_TransactionStatus": "02"}), "failed"),
        (inquiry_answer(secret="guessed"), "signature"),
        (inquiry_answer() | {"vnp_Amount": "100"}, "signature"),
        (inquiry_answer({"vnp_ResponseCode": "91"}), Unpaid(ex.TXN)),
        (inquiry_answer({"vnp_ResponseCode": "94"}), "form"),
        (inquiry_answer({"vnp_TmnCode": "ANOTHER1"}), "form"),
        ({}, "signature"),
    ],
)
def test_an_inquirys_answer_is_believed_like_a_notice(answer: dict[str, str], said: Notice | Unpaid | str) -> None:
    """The response code of an inquiry says how the question went; the payment is in the transaction status."""
    heard = VNPAY.read_inquiry_answer(answer)
    if isinstance(heard, Unverified):
        assert heard.why == said
    else:
        assert said in (heard, heard.outcome if isinstance(heard, Notice) else heard)


ASKED = Asked(ex.TXN, 2, ex.NOON)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (json.dumps(inquiry_answer()).encode(), PAID),
        (json.dumps(inquiry_answer({"vnp_TxnRef": ex.OTHER_TXN})).encode(), "form"),
        (json.dumps(inquiry_answer() | {"vnp_Amount": 100}).encode(), "signature"),
        (b"", "form"),
        (b"[]", "form"),
        (b"<html>", "form"),
        (b"[" * 9_000, "form"),
        (b'{"vnp_TxnRef": "' + ex.TXN.encode() + b'"}', "signature"),
    ],
)
def test_an_answer_has_to_be_about_the_attempt_we_asked_for(raw: bytes, said: Notice | str) -> None:
    """Whoever answers in VNPAY's place, or about another payment, is not believed."""
    heard = VNPAY.read_answer(ASKED, raw)
    assert (heard.why if isinstance(heard, Unverified) else heard) == said


def test_each_inquiry_has_a_number_of_its_own() -> None:
    """VNPAY answers 94 to a request that it has had already; a request's number has at most 32 characters."""
    first, second = (json.loads(VNPAY.question(Asked(ex.TXN, number, ex.NOON), ex.LATER)) for number in (1, 2))
    assert first["vnp_RequestId"] != second["vnp_RequestId"]
    assert first["vnp_RequestId"].isalnum()
    assert len(first["vnp_RequestId"]) <= 32
