"""A land transfer of the real registry on the real bus: its tax notice is owed, paid, and ended with its chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chassis.verification import verify
from chassis.web.auth import ACCOUNTANT, APPLICANT, INSPECTOR, Principal
from services.payments.wiring import pay_without_http
from services.payments.wiring import service as payments
from services.routing.wiring import service as routing
from tests.harness import Platform, body_of
from tests.routing import desk as d
from tests.routing import test_land_exchange as exchange
from tests.routing.test_land_exchange import LINES, carry_out, news_of, shown
from tests.teller import desk_that_says, tell

INSPECTION = Principal("inspector:1", INSPECTOR)
STEP = "tax_determination"
DUES_VND = sum(line["amount_vnd"] for line in LINES)


@dataclass(frozen=True, slots=True)
class DossierAccepted(exchange.DossierAccepted):
    """What both routing and payments read of an acceptance."""

    category: str = "normal"
    fee_due: str = "none"


@pytest.fixture
def land(tmp_path: Path) -> Iterator[Platform]:
    """Routing and payments side by side, with a desk that says what it is told."""
    running = Platform(tmp_path, (desk_that_says((DossierAccepted, d.WithdrawalRequested)), routing, payments))
    try:
        yield running
    finally:
        running.close()


def noticed(land: Platform) -> str:
    news = news_of(land)
    ref = news.ref
    tell(land, DossierAccepted(**{name: getattr(news, name) for name in news.__dataclass_fields__}))
    land.engine.run_until_idle()
    carry_out(land, ref, "forwarding")
    carry_out(land, ref, "examination")
    carry_out(land, ref, STEP, notice=LINES)
    return ref


def payer(land: Platform) -> Principal:
    return Principal("payer", APPLICANT, person=d.applicant(land).person)


def pay(land: Platform, ref: str, **body: Any) -> dict[str, Any]:
    answered = land.give("payments", "start_payment", payer(land), body, ref=ref)
    assert answered.status == 201, answered.body
    told = body_of(answered)
    pay_without_http(land.parts, land.borders["payments"], told["pay_url"])
    land.engine.run_until_idle()
    return told


def owed(land: Platform, ref: str) -> dict[str, Any]:
    seen = land.look("payments", "show_obligation", INSPECTION, ref=ref)
    assert seen is not None
    return seen


def sound(land: Platform) -> None:
    for checked in verify(land.engine, land.vault):
        assert checked.broken == [], f"{checked.service} {checked.name}: {checked.broken}"


def test_what_the_tax_agency_determines_is_owed_and_the_chain_goes_on_once_it_is_paid(land: Platform) -> None:
    """NĐ 101/2024/NĐ-CP: the land office goes on when the payment is confirmed; the wait is not counted."""
    ref = noticed(land)
    seen = owed(land, ref)
    assert (seen["purpose"], seen["step"], seen["standing"]) == ("tax_notice", STEP, "open")
    assert (seen["total_vnd"], [line["kind"] for line in seen["lines"]]) == (DUES_VND, ["tax", "tax"])
    assert pay(land, ref)["obligation"] == STEP
    assert owed(land, ref)["receipt"]["receipt"] == "C1-02/NS NS-26E 0000001"
    assert shown(land, ref)["standstills"] == []
    assert carry_out(land, ref, "certificate")["state"] == "granted"
    assert owed(land, ref)["refunds"] == []
    sound(land)


def test_a_withdrawn_transfer_owes_no_tax(land: Platform) -> None:
    """What is not transferred is not taxed; the unpaid notice ends with the chain and not silently."""
    ref = noticed(land)
    tell(land, d.WithdrawalRequested(ref, "citizen", land.clock.now()))
    land.engine.run_until_idle()
    assert owed(land, ref)["standing"] == "cancelled"
    assert "ObligationCancelled" in [name for name, _ in land.events("payments")]
    sound(land)


def test_a_tax_paid_for_nothing_is_owed_back_by_its_own_law(land: Platform) -> None:
    ref = noticed(land)
    pay(land, ref)
    tell(land, d.WithdrawalRequested(ref, "citizen", land.clock.now()))
    land.engine.run_until_idle()
    (refund,) = owed(land, ref)["refunds"]
    assert (refund["amount_vnd"], refund["reason"]) == (DUES_VND, "withdrawn")
    assert refund["law"].startswith("Luật Quản lý thuế")
    accountant = Principal("accountant:1", ACCOUNTANT, agency=d.DESK)
    order = {"txn_ref": refund["txn_ref"], "amount_vnd": DUES_VND, "order_no": "LHT-1"}
    assert land.give("payments", "record_refund", accountant, order, ref=ref).status == 200
    sound(land)
