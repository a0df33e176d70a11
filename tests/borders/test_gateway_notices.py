"""What comes in the payment gateway's name: kept sealed, answered by VNPAY's rules, believed only when genuine.

Law: NĐ 118/2025/NĐ-CP art. 24 (online payment).
"""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chassis.limits import TARGET_BYTES_MAX
from chassis.settings import Settings
from services.payments.gateways.vnpay import HASH, form_encoded, sign
from tests.borders.documents import given_away, problem
from tests.borders.province import FEE_VND, Province

IPN = "/api/v1/payments/vnpay/ipn"
KEPT = (
    "payments: head", "payments: events", "payments: callbacks", "vault",
    *(f"{reader}: positions" for reader in ("intake", "routing", "payments", "postal", "reporting")),
)  # fmt: skip
"""What an unbelieved notice may leave behind: itself, sealed under the gateway's key, read past by all the others."""
SECRET, TERMINAL = Settings().vnpay_secret, Settings().vnpay_terminal
CARD = "NGUYEN-VAN-SECRET-CARD"


def started(province: Province) -> tuple[str, str]:
    """Begin to pay; return the dossier and the transaction reference."""
    ref = province.accepted()
    return ref, str(province.do("start_payment", province.applicant, ref=ref)["txn_ref"])


def values(txn_ref: str, **changes: str) -> dict[str, str]:
    return {
        "vnp_Amount": str(FEE_VND * 100),
        "vnp_BankCode": "NCB",
        "vnp_CardType": CARD,
        "vnp_OrderInfo": "Phi le phi",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": TERMINAL,
        "vnp_TransactionNo": "14422574",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": txn_ref,
    } | changes


def notice(txn_ref: str, secret: str = SECRET, **changes: str) -> str:
    """Return a notice of a payment as VNPAY would send it, or as somebody would who has another secret."""
    text = form_encoded(values(txn_ref, **changes))
    return f"{text}&{HASH}={sign(secret, text)}"


def tell(province: Province, query: str | bytes) -> dict[str, Any]:
    """Call the notice address, byte for byte and however long, and return what was answered."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    raw = query.encode() if isinstance(query, str) else query
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": IPN, "raw_path": IPN.encode(), "root_path": "", "query_string": raw, "headers": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    asyncio.run(province.app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return {"status": sent[0]["status"], **json.loads(body)}


def shuffled(query: str) -> str:
    pairs = query.split("&")
    random.Random(7).shuffle(pairs)
    return "&".join(pairs)


UNBELIEVED: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "empty": (lambda txn: "", "97"),
    "only a hash": (lambda txn: f"{HASH}={'0' * 128}", "97"),
    "unsigned": (lambda txn: notice(txn).rpartition("&")[0], "97"),
    "an empty hash": (lambda txn: f"{form_encoded(values(txn))}&{HASH}=", "97"),
    "a short hash": (lambda txn: f"{form_encoded(values(txn))}&{HASH}=00", "97"),
    "a hash of other letters": (lambda txn: f"{form_encoded(values(txn))}&{HASH}=%E1%BB%99", "97"),
    "signed with another secret": (lambda txn: notice(txn, secret="guessed"), "97"),
    "signed with nothing": (lambda txn: notice(txn, secret=""), "97"),
    "another amount": (lambda txn: notice(txn).replace("vnp_Amount=1500000", "vnp_Amount=100"), "97"),
    "another attempt's signature": (lambda txn: notice("X").replace("TxnRef=X", f"TxnRef={txn}"), "97"),
    "a parameter more": (lambda txn: f"{notice(txn)}&vnp_Note=1", "97"),
    "a parameter less": (lambda txn: notice(txn).replace("vnp_BankCode=NCB&", ""), "97"),
    "an unknown terminal": (lambda txn: notice(txn, vnp_TmnCode="ANOTHER1"), "99"),
    "no terminal": (lambda txn: notice(txn, vnp_TmnCode=""), "99"),
    "no amount": (lambda txn: notice(txn, vnp_Amount=""), "99"),
    "no result": (lambda txn: notice(txn, vnp_ResponseCode=""), "99"),
    "a parameter twice": (lambda txn: f"{notice(txn)}&vnp_Amount=1500000", "99"),
    "a hash twice": (lambda txn: f"{notice(txn)}&{HASH}=0", "99"),
    "a name spelt twice": (lambda txn: f"{notice(txn)}&vnp%5FAmount=1", "99"),
    "not form-encoded": (lambda txn: f"{notice(txn)}&vnp_Note=%ff%fe", "99"),
    "bytes": (lambda txn: notice(txn).encode() + b"&\xff\xfe\x01", "99"),
    "only separators": (lambda txn: "&&&===&&", "97"),
    "an unknown attempt": (lambda txn: notice("01JD3V70000000000000000000"), "01"),
    "a hostile attempt": (lambda txn: notice("' OR 1=1 --"), "01"),
    "a very long attempt": (lambda txn: notice("x" * 7_000), "01"),
    "less": (lambda txn: notice(txn, vnp_Amount=str(FEE_VND * 100 - 100)), "04"),
    "more": (lambda txn: notice(txn, vnp_Amount=str(FEE_VND * 10_000)), "04"),
    "a hundredth more": (lambda txn: notice(txn, vnp_Amount=str(FEE_VND * 100 + 1)), "04"),
    "a negative amount": (lambda txn: notice(txn, vnp_Amount="-1500000"), "04"),
    "a fraction": (lambda txn: notice(txn, vnp_Amount="1500000.0"), "04"),
    "no number": (lambda txn: notice(txn, vnp_Amount="NaN"), "04"),
    "other digits": (lambda txn: notice(txn, vnp_Amount="١٥٠٠٠٠٠"), "04"),
    "a huge amount": (lambda txn: notice(txn, vnp_Amount="9" * 5_000), "04"),
    "another currency": (lambda txn: notice(txn, vnp_CurrCode="USD"), "04"),
    "unfinished": (lambda txn: notice(txn, vnp_TransactionStatus="01"), "99"),
}


@pytest.mark.parametrize("name", UNBELIEVED)
def test_what_is_not_believed_is_kept_and_changes_nothing(province: Province, name: str) -> None:
    """Raw body kept (sealed) → signature → attempt known → amount and currency → state → event → answer."""
    make, code = UNBELIEVED[name]
    _, txn_ref = started(province)
    query = make(txn_ref)
    known = len(province.events("payments"))
    with province.unchanged(*KEPT):
        answer = tell(province, query)
    assert (answer["status"], answer["RspCode"]) == (200, code)
    assert set(province.events("payments")[known:]) <= {"CallbackKept"}
    with province.unchanged("vault"):
        assert tell(province, query)["RspCode"] == code, "a repeat is kept once and answered alike"


TOO_LONG: dict[str, Callable[[str], str]] = {
    "over the limit": lambda txn: f"{notice(txn)}&vnp_x={'1' * TARGET_BYTES_MAX}",
    "a megabyte": lambda txn: f"{notice(txn)}&x={'1' * 1_000_000}",
    "a megabyte of pairs": lambda txn: "a=1&" * 250_000,
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_a_notice_longer_than_an_address_is_not_even_read(province: Province, name: str) -> None:
    """VNPAY's have some hundred letters; what nobody reads is not kept either, and fills no store."""
    _, txn_ref = started(province)
    with province.unchanged():
        answer = tell(province, TOO_LONG[name](txn_ref))
    assert (answer["status"], answer["code"]) == (414, "address_too_long")


def test_a_notice_is_kept_sealed(province: Province) -> None:
    """It tells of the payer's bank: no list shows it, no file holds it in clear, an inspector opens it by name."""
    _, txn_ref = started(province)
    before = {row["digest"] for row in callbacks(province)}
    sent = notice(txn_ref, secret="guessed")
    tell(province, sent)
    (row,) = (row for row in callbacks(province) if row["digest"] not in before)
    assert (row["gateway"], row["length_bytes"]) == ("vnpay", len(sent))
    opened = province.get(f"/api/v1/payment-callbacks/{row['digest']}", province.inspector)
    assert opened.json()["raw"] == sent
    for who in ({}, province.desk, province.accountant, province.stranger):
        assert problem(province.get(f"/api/v1/payment-callbacks/{row['digest']}", who), 404)
    for file in province.data.rglob("*"):
        assert not file.is_file() or CARD.encode() not in file.read_bytes(), file


def callbacks(province: Province) -> list[dict[str, Any]]:
    answer = province.get("/api/v1/payment-callbacks", province.inspector, limit=500)
    return list(answer.json()["items"])


def test_a_genuine_notice_in_another_order_is_genuine_and_taken_once(province: Province) -> None:
    """The order of pairs is nobody's word; replayed, reordered and with strangers' pairs it settles once."""
    ref, txn_ref = started(province)
    sent = notice(txn_ref)
    assert tell(province, f"utm=x&{shuffled(sent)}")["RspCode"] == "00"
    province.settle()
    with province.unchanged(*KEPT):
        for again in (sent, shuffled(sent), f"{sent}&utm=y", f"&&{sent}"):
            assert tell(province, again)["RspCode"] == "02"
    with province.unchanged(*KEPT):
        for contradiction in ({"vnp_ResponseCode": "51"}, {"vnp_TransactionNo": "99"}, {"vnp_TransactionStatus": "02"}):
            assert tell(province, notice(txn_ref, **contradiction))["RspCode"] == "02"
        assert tell(province, notice(txn_ref, vnp_Amount="100"))["RspCode"] == "04"
    assert province.get(f"/api/v1/dossiers/{ref}/obligation", province.desk).json()["standing"] == "settled"


def test_a_notice_with_a_nul_is_no_address(province: Province) -> None:
    """No database takes it in a text; VNPAY never sends one."""
    with province.unchanged():
        answer = province.client.get(f"{IPN}?{notice('x')}&vnp_x=%00")
        problem(answer, 400)
        problem(province.client.get(f"{IPN}%00?{notice('x')}"), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_notice_comes_by_get_only(province: Province, method: str) -> None:
    """VNPAY's interface knows one method."""
    with province.unchanged():
        problem(province.client.request(method, f"{IPN}?{notice('x')}"), 405)


def test_what_the_payers_browser_brings_back_is_not_believed(province: Province) -> None:
    """The return address shows the dossier's page; only a notice to the notice address is money."""
    ref, txn_ref = started(province)
    with province.unchanged():
        page = province.client.get(f"/dossiers/{province.code_of(ref)}?{notice(txn_ref)}")
        assert page.status_code == 200
        assert given_away(page) == []


# --- the simulator's own doors, which only a rehearsal has ---

PAYMENTS, INQUIRIES = "/sandbox/vnpay/payments", "/sandbox/vnpay/merchant_webapi/api/transaction"
PAY_PAGE = "/sandbox/vnpay/vpcpay.html"

UGLY: dict[str, bytes] = {
    "nothing": b"",
    "half an object": b"{",
    "a list": b"[]",
    "a number": b"5",
    "null": b"null",
    "invalid UTF-8": b'{"pay_url":"\xff"}',
    "half a letter": b'{"pay_url":"\\ud800","vnp_TxnRef":"\\ud800"}',
    "half a letter in a name": b'{"\\ud800":1}',
    "a NUL": b'{"pay_url":"\\u0000"}',
    "deep nesting": b"[" * 100_000,
    "deep nesting in a field": b'{"vnp_TxnRef":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "a number of 5 000 digits": b'{"pay_url":' + b"9" * 5_000 + b"}",
    "not a number": b'{"pay_url":NaN}',
    "an address that is none": b'{"pay_url":"http://["}',
    "another address that is none": b'{"pay_url":"http://[::1"}',
    "a very long address": b'{"pay_url":"' + b"x" * 5_000 + b'"}',
    "an unsigned address": b'{"pay_url":"http://127.0.0.1:8080/sandbox/vnpay/vpcpay.html?vnp_TxnRef=x"}',
    "an unknown ending": b'{"pay_url":"x","ending":"won"}',
    "an unknown field": b'{"pay_url":"x","surprise":1}',
}


@pytest.mark.parametrize("name", UGLY)
def test_the_simulator_takes_no_ugly_content(province: Province, name: str) -> None:
    """It stands where strangers reach it in a rehearsal, and breaks as little as the rest."""
    json_type = {"Content-Type": "application/json"}
    with province.unchanged():
        problem(province.client.post(PAYMENTS, content=UGLY[name], headers=json_type), 400, 422)
        answer = province.client.post(INQUIRIES, content=UGLY[name], headers=json_type)
        if answer.status_code != 200:
            problem(answer, 400, 422)
        else:
            assert answer.json()["vnp_ResponseCode"] == "97"


def test_the_pay_page_opens_only_with_an_address_that_we_signed(province: Province) -> None:
    """Another amount, another terminal, another time to pay: no page, no payment."""
    ref = province.accepted()
    pay_url = province.do("start_payment", province.applicant, ref=ref)["pay_url"]
    query = urlsplit(pay_url).query
    assert province.client.get(f"{PAY_PAGE}?{query}").status_code == 200
    press = {"ending": "succeeded"}
    with province.unchanged():
        for name, value in parse_qsl(query):
            if name != HASH:
                altered = form_encoded({**dict(parse_qsl(query)), name: f"{value}1"})
                problem(province.client.get(f"{PAY_PAGE}?{altered}"), 422)
                problem(province.client.post(f"{PAY_PAGE}?{altered}", data=press), 422)
                problem(province.client.post(PAYMENTS, json={"pay_url": f"http://x/?{altered}"}), 422)
        problem(province.client.post(f"{PAY_PAGE}?{query}", data={"ending": "won"}), 422)
        problem(province.client.post(f"{PAY_PAGE}?{query}", content=b"{}"), 422)
        multipart = {"Content-Type": "multipart/form-data; boundary=x"}
        problem(province.client.post(f"{PAY_PAGE}?{query}", content=b"garbage", headers=multipart), 400)
        files = {"ending": b"succeeded"}
        problem(province.client.post(f"{PAY_PAGE}?{query}", files=files), 422)
        for door in (PAYMENTS, INQUIRIES, f"{PAY_PAGE}?{query}"):
            problem(province.client.post(door, content=b" " * 2_000_000), 413)
