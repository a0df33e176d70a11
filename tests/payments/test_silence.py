"""A gateway that says nothing is asked; its answer counts like a notice, and what cannot be had waits for people."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from chassis.settings import Settings
from services.payments.domain.attempt import INQUIRY_WAITS
from services.payments.gateways.gateway import Unreachable
from services.payments.gateways.inquirer import over_http
from services.payments.gateways.vnpay_simulator import THE_BANK
from services.payments.policies import DossierWithdrawn
from tests.harness import body_of
from tests.payments import desk as at
from tests.payments.desk import Desk, HttpDesk, awaited

SETTLEMENT = ["PaymentSucceeded", "ObligationSettled", "ReceiptIssued"]


@pytest.fixture
def owing(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    desk.hear(awaited(desk))
    yield desk
    desk.close()


def attempt(desk: Desk) -> Mapping[str, object]:
    (shown,) = desk.obligation()["attempts"]
    return dict(shown)


@pytest.mark.parametrize("misbehaviour", ["silent", "wrong_signature", "wrong_amount"])
def test_a_payment_that_nobody_told_of_is_found_by_asking(owing: Desk, misbehaviour: str) -> None:
    """The payer paid, the notice never came or could not be believed: nobody is left with a fee paid for nothing."""
    owing.pay(owing.start()["pay_url"], misbehaviour=misbehaviour)
    assert owing.obligation()["standing"] == "open"
    owing.pass_time(minutes=16)
    assert owing.kinds()[-5:] == ["InquiryBegun", "InquiryEnded", *SETTLEMENT]
    assert owing.obligation()["standing"] == "settled"


def test_the_answer_is_kept_sealed_like_a_notice(owing: Desk) -> None:
    owing.pay(owing.start()["pay_url"], misbehaviour="silent")
    owing.pass_time(minutes=16)
    (kept,) = owing.told("CallbackKept")
    assert "vnp_" not in kept["raw"]


@pytest.mark.parametrize("ending", ["failed", "cancelled_by_payer"])
def test_that_nothing_was_paid_is_found_by_asking(owing: Desk, ending: str) -> None:
    """VNPAY's answer tells the transaction's status, and not which button the payer pressed."""
    owing.pay(owing.start()["pay_url"], ending, "silent")
    owing.pass_time(minutes=16)
    assert (attempt(owing)["standing"], owing.obligation()["standing"]) == ("failed", "open")


def test_nothing_expires_before_the_gateway_says_that_nothing_was_paid(owing: Desk) -> None:
    owing.start()
    owing.pass_time(minutes=16)
    assert owing.kinds()[-3:] == ["InquiryBegun", "InquiryEnded", "PaymentExpired"]
    assert (attempt(owing)["standing"], attempt(owing)["said"]) == ("expired", "unpaid")


def test_a_notice_in_time_is_not_asked_about(owing: Desk) -> None:
    owing.pay(owing.start()["pay_url"])
    owing.pass_time(hours=1)
    assert owing.told("InquiryBegun") == []


def test_what_is_found_and_what_is_told_late_is_one_payment(owing: Desk) -> None:
    """The same decider and the same idempotency: the notice after the answer adds nothing."""
    told = owing.start()
    owing.pay(told["pay_url"], misbehaviour="silent")
    owing.pass_time(minutes=16)
    assert owing.pay(told["pay_url"], misbehaviour="late") == ["02"]
    assert len(owing.told("ObligationSettled")) == 1


def test_a_gateway_that_cannot_be_asked_is_asked_again_and_then_left_to_a_person(owing: Desk) -> None:
    """Bounded attempts with growing waits; the attempt is neither failed nor expired, and a person sees it."""
    told = owing.start()
    owing.pay(told["pay_url"], misbehaviour="deaf")
    owing.pass_time(minutes=15)
    owing.pass_time(seconds=sum(INQUIRY_WAITS, timedelta()).total_seconds())
    asked = owing.told("InquiryBegun")
    assert [inquiry["number"] for inquiry in asked] == list(range(1, len(INQUIRY_WAITS) + 2))
    assert "PaymentExpired" not in owing.kinds()
    assert (attempt(owing)["standing"], attempt(owing)["said"]) == ("unheard", "unreachable")
    assert owing.rows("payments", "SELECT due_us FROM timers") == []


def test_a_person_asks_again_and_the_money_finds_its_place(owing: Desk) -> None:
    told = owing.start()
    owing.pay(told["pay_url"], misbehaviour="deaf")
    owing.pass_time(days=3)
    ask = {"txn_ref": told["txn_ref"]}
    assert owing.give("payments", "ask_gateway", at.PAYER, **ask).status == 404
    stranger = at.Principal("accountant:H48.02:1", "accountant", agency="H48.02")
    assert owing.give("payments", "ask_gateway", stranger, **ask).status == 404
    assert owing.give("payments", "ask_gateway", at.ACCOUNTS, **ask).status == 200
    assert attempt(owing)["standing"] == "unheard"
    hears_again(told["txn_ref"])
    assert owing.give("payments", "ask_gateway", at.ACCOUNTS, **ask).status == 200
    assert owing.obligation()["standing"] == "settled"


def hears_again(txn_ref: str) -> None:
    """Let the simulated gateway answer about a payment again."""
    THE_BANK.deaf.discard(txn_ref)


def test_an_unheard_attempt_is_an_open_matter_of_the_person(owing: Desk) -> None:
    """Nobody is forgotten while it is not known whether their money is on its way."""
    told = owing.start()
    owing.pay(told["pay_url"], misbehaviour="deaf")
    owing.pass_time(days=3)
    owing.hear(DossierWithdrawn(at.REF))
    matters = owing.engine.running["payments"].service.open_matters(owing.engine.running["payments"].store, "p1")
    assert [matter.partition(" for ")[0] for matter in matters] == ["a payment is under way"]


def test_an_open_inquiry_survives_a_restart(tmp_path: Path) -> None:
    """What was asked and not answered is asked again by the next process; the gateway's answer is taken once."""
    desk = Desk(tmp_path, Settings(vnpay_pay_url="https://pay.example/", vnpay_secret="issued"))
    desk.hear(awaited(desk))
    desk.start()
    desk.close()
    again = Desk(tmp_path)
    again.pass_time(minutes=16)
    assert again.kinds()[-1] == "PaymentExpired"
    again.close()


class VnpayAnswers(BaseHTTPRequestHandler):
    """A gateway's inquiry address: it says back what it was asked."""

    def do_POST(self) -> None:
        question = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200 if question != b"down" else 503)
        self.end_headers()
        self.wfile.write(question)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_wire_brings_the_answer_or_says_that_nobody_is_there() -> None:
    with HTTPServer(("127.0.0.1", 0), VnpayAnswers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        wire = over_http(f"http://127.0.0.1:{server.server_port}/")
        assert wire(b"{}").result(timeout=5) == b"{}"
        _unreachable(wire(b"down"))
        server.shutdown()
    _unreachable(wire(b"{}"))
    _unreachable(over_http("")(b"{}"))


def _unreachable(answer: "Future[bytes]") -> None:
    with pytest.raises(Unreachable):
        answer.result(timeout=15)


def test_with_a_real_pay_page_and_no_inquiry_address_a_silent_payment_waits_for_a_person(tmp_path: Path) -> None:
    """Where nobody can be asked, nothing is taken for unpaid."""
    with HttpDesk(tmp_path, Settings(vnpay_pay_url="https://pay.example/", vnpay_secret="issued")) as desk:
        desk.hear(awaited(desk))
        desk.start()
        for _ in range(len(INQUIRY_WAITS) + 1):
            desk.engine.move_clock(desk.clock.now() + timedelta(days=1)).result(timeout=30)
            desk.settle()
        listed = desk.get("/api/v1/payment-attempts", desk.bearer(at.INSPECTION), standing="unheard").json()["items"]
        assert [one["said"] for one in listed] == ["unreachable"]
        assert "PaymentExpired" not in desk.kinds()


def test_the_body_of_a_payment_may_be_left_out(tmp_path: Path) -> None:
    """Earlier callers sent none; a name that nothing is owed under is refused."""
    with HttpDesk(tmp_path) as desk:
        desk.hear(awaited(desk))
        path = f"/api/v1/dossiers/{at.REF}/payment-attempts"
        assert desk.post(path, desk.bearer(at.PAYER)).json()["obligation"] == "fee"
        assert desk.post(path, desk.bearer(at.PAYER), {"obligation": "fee"}).status_code == 201
        refused = desk.post(path, desk.bearer(at.PAYER), {"obligation": "tax"})
        assert (refused.status_code, refused.json()["code"]) == (409, "obligation_unknown")


def test_asking_about_nothing_finds_nothing(owing: Desk) -> None:
    answered = owing.give("payments", "ask_gateway", at.PORTAL, txn_ref="01JD3V70000000000000000000")
    assert (answered.status, body_of(answered)["code"]) == (404, "not_found")
