"""What strangers send to the payment border: kept sealed, answered by the rules, and believed only when signed."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from chassis.settings import Settings
from services.payments.gateways.gateway import Notice
from services.payments.gateways.vnpay import HASH, INQUIRY_FIELDS, form_encoded, is_signed, piped, sign
from services.payments.policies import DossierWithdrawn
from services.payments.projections import payments as rows
from services.payments.wiring import terminal
from tests.payments import desk as at
from tests.payments.desk import HttpDesk, awaited

SECRET = Settings().vnpay_secret
TERMINAL = Settings().vnpay_terminal
VNPAY = terminal(Settings())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HttpDesk]:
    with HttpDesk(tmp_path) as desk:
        desk.hear(awaited(desk))
        yield desk


def notice(txn_ref: str, secret: str = SECRET, **changes: str) -> str:
    """Return a notice of a payment as VNPAY would send it."""
    values = {
        "vnp_Amount": str(at.FEE_VND * 100),
        "vnp_BankCode": "NCB",
        "vnp_CardType": "ATM",
        "vnp_OrderInfo": "Phi le phi",
        "vnp_ResponseCode": "00",
        "vnp_TmnCode": TERMINAL,
        "vnp_TransactionNo": "14422574",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": txn_ref,
    } | changes
    text = form_encoded(values)
    return f"{text}&{HASH}={sign(secret, text)}"


def test_a_signed_notice_settles(desk: HttpDesk) -> None:
    told = desk.start()
    assert desk.notify(notice(told["txn_ref"])) == {"RspCode": "00", "Message": "Confirm Success"}
    assert desk.obligation()["standing"] == "settled"


UNBELIEVED: list[tuple[str, Callable[[str], str], str]] = [
    ("forged", lambda txn: notice(txn, secret="guessed"), "97"),
    ("tampered", lambda txn: notice(txn).replace("vnp_BankCode=NCB", "vnp_BankCode=VCB"), "97"),
    ("unsigned", lambda txn: notice(txn).rpartition("&")[0], "97"),
    ("empty", lambda txn: "", "97"),
    ("another attempt", lambda txn: notice("01JD3V70000000000000000000"), "01"),
    ("another attempt, another amount", lambda txn: notice("01JD3V70000000000000000000", vnp_Amount="1"), "01"),
    ("less", lambda txn: notice(txn, vnp_Amount=str(at.FEE_VND * 100 - 100)), "04"),
    ("more", lambda txn: notice(txn, vnp_Amount=str(at.FEE_VND * 10_000)), "04"),
    ("a hundredth more", lambda txn: notice(txn, vnp_Amount=str(at.FEE_VND * 100 + 1)), "04"),
    ("another currency", lambda txn: notice(txn, vnp_CurrCode="USD"), "04"),
    ("unfinished", lambda txn: notice(txn, vnp_TransactionStatus="01"), "99"),
    ("another terminal", lambda txn: notice(txn, vnp_TmnCode="ANOTHER1"), "99"),
    ("a value twice", lambda txn: notice(txn) + "&vnp_Amount=1", "99"),
    ("not text", lambda txn: notice(txn) + "&vnp_Note=%ff%fe", "99"),
]


@pytest.mark.parametrize(("name", "query", "code"), UNBELIEVED, ids=[name for name, _, _ in UNBELIEVED])
def test_what_is_not_believed_is_kept_and_changes_nothing(
    desk: HttpDesk, name: str, query: Callable[[str], str], code: str
) -> None:
    """Raw body kept (sealed) → signature → attempt known → amount and currency equal → state → event → answer."""
    told = desk.start()
    before, obligation = desk.kinds(), desk.obligation()
    sent = query(told["txn_ref"])
    assert desk.notify(sent)["RspCode"] == code
    assert desk.kinds() == before
    assert desk.obligation() == obligation
    assert [kept["length_bytes"] for kept in desk.kept()] == [len(sent)]


def test_a_notice_longer_than_any_address_is_turned_away_at_the_door(desk: HttpDesk) -> None:
    """Nothing of it is kept or read; the gateway's own notices are a tenth as long."""
    long = notice(desk.start()["txn_ref"]) + "&x=" + "1" * 10_000
    assert desk.client.get(f"{at.IPN}?{long}").status_code == 414
    assert desk.kept() == []


def test_forged_notices_are_kept_up_to_a_number_and_then_only_counted(
    desk: HttpDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or anybody could fill the log; the answer stays the same, and the gateway's own word is always kept."""
    monkeypatch.setattr(rows, "FORGED_NOTICES_KEPT_PER_DAY_MAX", 3)
    monkeypatch.setattr(rows, "FORGED_NOTICES_KEPT_MAX", 4)
    told = desk.start()

    def forge(*numbers: int) -> set[str]:
        sent = (notice(told["txn_ref"], secret="guessed", vnp_TransactionNo=str(number)) for number in numbers)
        answers = {desk.notify(one)["RspCode"] for one in sent}
        desk.settle()
        return answers

    assert forge(*range(5)) == {"97"}
    assert [kept["forged"] for kept in desk.kept()] == [True] * 3
    assert desk.engine.running["payments"].lane.counts["forged_notice_not_kept"] == 2
    assert desk.notify(notice(told["txn_ref"]))["RspCode"] == "00"
    assert [kept["forged"] for kept in desk.kept()] == [True] * 3 + [False]
    desk.engine.move_clock(desk.clock.now() + timedelta(days=1, minutes=1)).result(timeout=30)
    assert forge(*range(5, 8)) == {"97"}
    assert [kept["forged"] for kept in desk.kept()].count(True) == 4


def test_a_replayed_notice_changes_nothing_and_is_kept_once(desk: HttpDesk) -> None:
    """The answer is a function of what is stored, so every repeat gets the same one."""
    told = desk.start()
    assert desk.notify(notice(told["txn_ref"]))["RspCode"] == "00"
    after = desk.events("payments")
    assert [desk.notify(notice(told["txn_ref"]))["RspCode"] for _ in range(3)] == ["02"] * 3
    assert desk.events("payments") == after


def test_a_failure_reported_after_the_success_does_not_undo_it(desk: HttpDesk) -> None:
    """Signed, but contradicting what is recorded: the gateway is told that it is confirmed, people reconcile."""
    told = desk.start()
    desk.notify(notice(told["txn_ref"]))
    assert desk.notify(notice(told["txn_ref"], vnp_ResponseCode="51"))["RspCode"] == "02"
    assert desk.notify(notice(told["txn_ref"], vnp_TransactionNo="99999999"))["RspCode"] == "02"
    assert desk.obligation()["standing"] == "settled"
    assert len(desk.kept()) == 3


def test_a_notice_is_sealed_wherever_it_is_stored(desk: HttpDesk, tmp_path: Path) -> None:
    """It tells of the payer's bank (Luật 91/2025): no store, no index and no write-ahead log holds it in clear."""
    told = desk.start()
    desk.notify(notice(told["txn_ref"], vnp_CardType="UNMISTAKABLE"))
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"UNMISTAKABLE" not in file.read_bytes(), file


def test_a_kept_notice_is_opened_by_an_inspector_and_that_is_written_down(desk: HttpDesk) -> None:
    sent = notice("nobody's", secret="guessed")
    desk.notify(sent)
    (row,) = desk.get("/api/v1/payment-callbacks", desk.bearer(at.INSPECTION)).json()["items"]
    path = f"/api/v1/payment-callbacks/{row['digest']}"
    assert desk.get(path, desk.bearer(at.ACCOUNTS)).status_code == 404
    assert desk.get(path).status_code == 404
    assert desk.get(path, desk.bearer(at.INSPECTION)).json() == {"digest": row["digest"], "raw": sent}
    (opening,) = desk.vault.openings(desk.vault.person("gateway", "vnpay"))
    assert opening["by"] == at.INSPECTION.id
    assert row["digest"] in opening["purpose"]


def test_another_method_is_no_notice(desk: HttpDesk) -> None:
    answer = desk.client.post(at.IPN)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount_vnd": at.FEE_VND}, 200, None),
        ({"amount_vnd": at.FEE_VND - 1}, 422, "amount_differs"),
        ({"amount_vnd": float(at.FEE_VND)}, 422, "invalid_request"),
        ({"amount_vnd": str(at.FEE_VND)}, 422, "invalid_request"),
        ({"amount_vnd": -1}, 422, "invalid_request"),
        ({"amount_vnd": True}, 422, "invalid_request"),
        ({"amount_vnd": 10**30}, 422, "invalid_request"),
        ({"amount_vnd": at.FEE_VND, "discount_vnd": 1}, 422, "invalid_request"),
        ({}, 422, "invalid_request"),
    ],
)
def test_the_desk_takes_whole_amounts_only(desk: HttpDesk, body: object, status: int, code: str | None) -> None:
    answer = desk.post(f"/api/v1/dossiers/{at.CODE}/desk-payment", desk.bearer(at.OFFICER), body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    assert ("ObligationSettled" in desk.kinds()) is (status == 200)


def test_a_refusal_names_the_law_in_both_languages(desk: HttpDesk) -> None:
    answer = desk.post(f"/api/v1/dossiers/{at.REF}/desk-payment", desk.bearer(at.OFFICER), {"amount_vnd": 1})
    problem = answer.json()
    assert problem["law"] == "Luật Phí và lệ phí 97/2015/QH13"
    assert problem["title"] != problem["title_en"]
    assert problem["invalid_params"] == [{"name": "amount_vnd", "reason": "300000"}]


def test_the_same_request_to_pay_gets_the_same_address(desk: HttpDesk) -> None:
    """One press of a button that was sent twice is one attempt."""
    path = f"/api/v1/dossiers/{at.REF}/payment-attempts"
    first, again = (desk.post(path, desk.bearer(at.PAYER), key="once") for _ in range(2))
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert desk.kinds().count("PaymentStarted") == 1


def test_strangers_neither_pay_nor_look(desk: HttpDesk) -> None:
    assert desk.post(f"/api/v1/dossiers/{at.REF}/payment-attempts").status_code == 401
    assert desk.get(f"/api/v1/dossiers/{at.REF}/obligation").status_code == 404
    assert desk.get("/api/v1/obligations").json()["items"] == []
    assert desk.get("/api/v1/obligations", desk.bearer(at.PAYER)).json()["items"][0]["ref"] == at.REF


def test_lists_show_what_concerns_whoever_asks(desk: HttpDesk) -> None:
    """Refunds owed and receipts, restricted to the accountant's own agency."""
    first, second = desk.start(), desk.start()
    for told in (first, second):
        desk.notify(notice(told["txn_ref"]))
    stranger = at.Principal("accountant:H48.02:1", "accountant", agency="H48.02")
    for path, count in (("obligations", 1), ("refunds", 1), ("receipts", 1)):
        assert len(desk.get(f"/api/v1/{path}", desk.bearer(at.ACCOUNTS)).json()["items"]) == count, path
        assert desk.get(f"/api/v1/{path}", desk.bearer(stranger)).json()["items"] == [], path
    owed = desk.get("/api/v1/refunds", desk.bearer(at.ACCOUNTS), standing="paid").json()["items"]
    assert owed == []


def play(desk: HttpDesk, pay_url: str, **how: str) -> tuple[int, dict[str, object]]:
    """Pay at the simulator as a player does."""
    answer = desk.client.post("/sandbox/vnpay/payments", json={"pay_url": pay_url, **how})
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("how", "codes", "standing"),
    [
        ({}, ["00"], "settled"),
        ({"misbehaviour": "twice"}, ["00", "02"], "settled"),
        ({"misbehaviour": "wrong_amount"}, ["04"], "open"),
        ({"misbehaviour": "wrong_signature"}, ["97"], "open"),
        ({"misbehaviour": "silent"}, [], "open"),
        ({"ending": "cancelled_by_payer"}, ["00"], "open"),
    ],
)
def test_the_simulators_notices_come_in_over_http(
    desk: HttpDesk, how: dict[str, str], codes: list[str], standing: str
) -> None:
    status, said = play(desk, desk.start()["pay_url"], **how)
    assert status == 200
    assert [answer["RspCode"] for answer in said["answers"]] == codes  # type: ignore[attr-defined]
    assert desk.obligation()["standing"] == standing


@pytest.mark.parametrize(
    ("pay_url", "status", "code"),
    [
        (lambda url: url.replace("vnp_Amount=30000000", "vnp_Amount=100"), 422, "pay_url_not_signed"),
        (lambda url: "https://elsewhere.example/", 422, "pay_url_not_signed"),
        (lambda url: "x" * 5_000, 422, "invalid_request"),
    ],
)
def test_the_simulator_takes_only_our_pay_addresses(
    desk: HttpDesk, pay_url: Callable[[str], str], status: int, code: str
) -> None:
    answered, said = play(desk, pay_url(desk.start()["pay_url"]))
    assert (answered, said["code"]) == (status, code)


def test_a_person_pays_in_the_browser(desk: HttpDesk) -> None:
    """The page shows what is paid and how much; its button settles and leads back with VNPAY's signed word."""
    told = desk.start()
    address = urlsplit(told["pay_url"])
    page = desk.client.get(f"{address.path}?{address.query}")
    assert "300.000 đ" in page.text
    assert at.CODE in page.text
    pressed = desk.client.post(f"{address.path}?{address.query}", data={"ending": "succeeded"}, follow_redirects=False)
    assert pressed.status_code == 303
    back = urlsplit(pressed.headers["location"])
    assert back.path == f"/dossiers/{at.CODE}"
    signed, _, signature = back.query.rpartition(f"&{HASH}=")
    assert is_signed(SECRET, signed, signature)
    assert desk.obligation()["standing"] == "settled"


def test_the_pay_page_shows_no_foreign_markup(desk: HttpDesk) -> None:
    values = dict(parse_qsl(urlsplit(desk.start()["pay_url"]).query))
    del values[HASH]
    text = form_encoded(values | {"vnp_OrderInfo": "<script>alert(1)</script>"})
    page = desk.client.get(f"/sandbox/vnpay/vpcpay.html?{text}&{HASH}={sign(SECRET, text)}")
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_the_pay_page_closes_with_the_attempt(desk: HttpDesk) -> None:
    told = desk.start()
    desk.engine.move_clock(desk.clock.now().replace(hour=5)).result(timeout=30)
    assert play(desk, told["pay_url"])[1]["code"] == "pay_page_expired"
    assert play(desk, told["pay_url"], misbehaviour="late")[1]["answers"] == [
        {"RspCode": "00", "Message": "Confirm Success"}
    ]


def test_paid_after_withdrawal_over_http(desk: HttpDesk) -> None:
    told = desk.start()
    desk.hear(DossierWithdrawn(at.REF))
    assert play(desk, told["pay_url"])[0] == 200
    assert [refund["reason"] for refund in desk.obligation()["refunds"]] == ["withdrawn"]
    late = desk.post(f"/api/v1/dossiers/{at.REF}/payment-attempts", desk.bearer(at.PAYER))
    assert (late.status_code, late.json()["code"]) == (409, "obligation_cancelled")


def test_a_silent_gateway_can_be_asked(desk: HttpDesk) -> None:
    """VNPAY's inquiry tells of a payment that no notice told of."""
    told = desk.start()
    now = desk.clock.now()
    question = VNPAY.inquiry("q1", told["txn_ref"], started_at=now, now=now, our_ip="127.0.0.1")
    path = "/sandbox/vnpay/merchant_webapi/api/transaction"
    unknown = desk.client.post(path, json=question).json()
    assert unknown["vnp_ResponseCode"] == "91"
    play(desk, told["pay_url"], misbehaviour="silent")
    heard = VNPAY.read_inquiry_answer(desk.client.post(path, json=question).json())
    assert isinstance(heard, Notice)
    assert (heard.outcome, heard.amount_vnd) == ("succeeded", at.FEE_VND)
    forged = question | {HASH: sign("guessed", piped(INQUIRY_FIELDS, question))}
    assert desk.client.post(path, json=forged).json()["vnp_ResponseCode"] == "97"


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 400), (b"[]", 400), (b"{}", 422), (bytes(range(64, 256)), 400), (b'"x"', 400)]
)
def test_bad_input_at_the_simulator_gets_a_problem_document(desk: HttpDesk, content: bytes, status: int) -> None:
    answer = desk.client.post("/sandbox/vnpay/payments", content=content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_with_a_real_pay_page_there_is_no_simulator(tmp_path: Path) -> None:
    settings = Settings(
        vnpay_pay_url="https://pay.example/vpcpay.html", vnpay_secret="issued", vnpay_terminal="REAL0001"
    )
    with HttpDesk(tmp_path, settings) as desk:
        desk.hear(awaited(desk))
        told = desk.start()
        assert told["pay_url"].startswith("https://pay.example/vpcpay.html?")
        for path in ("/sandbox/vnpay/payments", "/sandbox/vnpay/vpcpay.html"):
            assert desk.client.post(path, content=b"{}").status_code == 404
        raw = notice(told["txn_ref"], vnp_TmnCode="REAL0001")
        assert desk.notify(raw)["RspCode"] == "97"
        raw = notice(told["txn_ref"], secret="issued", vnp_TmnCode="REAL0001")
        assert desk.notify(raw)["RspCode"] == "00"
