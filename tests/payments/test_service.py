"""Payments on its real store, bus and vault: a dossier's money from the news of it to the last refund."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.settings import Settings
from services.payments.policies import DossierAccepted, DossierResolved, DossierStopped, DossierWithdrawn
from services.payments.wiring import SecretMissing, pay_without_http, terminal
from tests.harness import body_of
from tests.payments import desk as at
from tests.payments.desk import Desk, awaited

SETTLEMENT = ["PaymentSucceeded", "ObligationSettled", "ReceiptIssued"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.close()


@pytest.fixture
def owing(desk: Desk) -> Desk:
    """A desk at which one dossier waits for its fee."""
    desk.hear(awaited(desk))
    return desk


def test_the_news_of_a_complete_dossier_raises_its_fee(owing: Desk) -> None:
    """Registry: the architect's certificate costs 300,000 đ, under the procedure version the dossier is pinned to."""
    shown = owing.obligation(at.CODE)
    assert (shown["standing"], shown["total_vnd"], shown["rule"]) == ("open", at.FEE_VND, "architect_certificate")
    assert shown["total_in_words"] == "Ba trăm nghìn đồng"
    assert [(line["kind"], line["tariff"]) for line in shown["lines"]] == [("le_phi", "flat")]


def test_each_agency_of_a_chain_has_its_own_line(desk: Desk) -> None:
    """One payment, three lines: a charge and two fees, one of them by the number of rooms (TT 110/2025)."""
    desk.hear(awaited(desk, **at.KARAOKE))
    shown = desk.obligation()
    assert [line["amount_vnd"] for line in shown["lines"]] == [150_000, 300_000, 4_000_000]
    assert shown["total_vnd"] == at.KARAOKE_VND


def test_who_is_exempt_gets_a_receipt_over_nothing(desk: Desk) -> None:
    """TT 85/2019: poor households pay nothing for a civil status paper; the receipt says so (domain rule 12)."""
    desk.hear(awaited(desk, **at.EXEMPT))
    shown = desk.obligation()
    assert (shown["standing"], shown["method"], shown["total_vnd"]) == ("settled", "none", 0)
    assert shown["receipt"]["receipt"] == "01BLP0-001 BL-26E 0000001"
    assert shown["receipt"]["in_words"] == "Không đồng"
    assert desk.kinds() == ["ObligationRaised", "ObligationSettled", "ReceiptIssued"]


def test_a_procedure_without_a_fee_owes_nothing(desk: Desk) -> None:
    """The birth bundle is free (Luật Hộ tịch art. 11.1b): no obligation, not even over zero."""
    desk.hear(awaited(desk, procedure="3.000722", procedure_version="2026-09-01"))
    assert desk.kinds() == []


def test_a_fee_that_is_due_before_handing_out_is_raised_at_acceptance(desk: Desk) -> None:
    news = awaited(desk)
    fields = {name: getattr(news, name) for name in news.__dataclass_fields__ if name != "pay_by"}
    desk.hear(DossierAccepted(**fields, fee_due="before_hand_out"))
    assert desk.obligation()["standing"] == "open"


def test_a_dossier_whose_fee_cannot_be_told_waits_for_staff(desk: Desk) -> None:
    """Nobody pays a guessed amount: the message is parked where staff see it, and can be tried again."""
    desk.hear(awaited(desk, **at.KARAOKE | {"facts": {}}))
    (why,) = desk.parked()
    assert "fee_fact_missing" in why
    assert desk.kinds() == []


def test_a_payment_settles_attempt_obligation_and_receipt_in_one_transaction(owing: Desk) -> None:
    """Contracts: whoever sees one of the three sees all three."""
    told = owing.start()
    head = owing.engine.running["payments"].store.head()
    assert owing.pay(told["pay_url"]) == ["00"]
    after = owing.engine.running["payments"].store.tail(head, 10)
    assert [event.type for event in after] == ["CallbackKept", *SETTLEMENT]
    assert len({event.time_us for event in after[1:]}) == 1
    shown = owing.obligation()
    assert (shown["standing"], shown["method"]) == ("settled", "vnpay")
    assert shown["receipt"]["receipt"] == "01BLP0-001 BL-26E 0000001"
    assert [attempt["standing"] for attempt in shown["attempts"]] == ["succeeded"]


@pytest.mark.parametrize(
    ("ending", "misbehaviour", "answers", "attempt", "standing"),
    [
        ("succeeded", "none", ["00"], "succeeded", "settled"),
        ("succeeded", "twice", ["00", "02"], "succeeded", "settled"),
        ("succeeded", "out_of_order", ["00", "02"], "succeeded", "settled"),
        ("succeeded", "wrong_amount", ["04"], "started", "open"),
        ("succeeded", "wrong_signature", ["97"], "started", "open"),
        ("succeeded", "silent", [], "started", "open"),
        ("failed", "none", ["00"], "failed", "open"),
        ("failed", "twice", ["00", "02"], "failed", "open"),
        ("failed", "out_of_order", ["00", "99"], "failed", "open"),
        ("cancelled_by_payer", "none", ["00"], "cancelled_by_payer", "open"),
        ("cancelled_by_payer", "wrong_amount", ["04"], "started", "open"),
    ],
)
def test_however_the_gateway_behaves(
    owing: Desk, ending: str, misbehaviour: str, answers: list[str], attempt: str, standing: str
) -> None:
    """VNPAY 2.1.0: 00 taken down, 02 known already, 04 another amount, 97 not signed, 99 ask again."""
    assert owing.pay(owing.start()["pay_url"], ending, misbehaviour) == answers
    shown = owing.obligation()
    assert (shown["attempts"][0]["standing"], shown["standing"]) == (attempt, standing)


def test_two_attempts_paid_are_one_settlement_and_one_refund(owing: Desk) -> None:
    first, second = owing.start(), owing.start(by=at.SUBMITTER)
    assert first["txn_ref"] != second["txn_ref"]
    assert [owing.pay(told["pay_url"]) for told in (second, first)] == [["00"], ["00"]]
    (settled,) = owing.told("ObligationSettled")
    (owed,) = owing.told("RefundOwed")
    assert settled["txn_ref"] == second["txn_ref"]
    assert (owed["txn_ref"], owed["reason"], owed["amount_vnd"]) == (first["txn_ref"], "paid_twice", at.FEE_VND)
    assert len(owing.told("ReceiptIssued")) == 1
    assert owing.obligation()["standing"] == "settled"


def test_an_attempt_nobody_heard_of_expires_and_its_late_money_still_settles(owing: Desk) -> None:
    """The payer paid in time; only the notice was late."""
    told = owing.start()
    owing.pass_time(minutes=16)
    assert owing.kinds()[-1] == "PaymentExpired"
    assert owing.pay(told["pay_url"], misbehaviour="late") == ["00"]
    assert owing.kinds()[-3:] == SETTLEMENT


def test_nobody_pays_after_the_pay_page_closed(owing: Desk) -> None:
    told = owing.start()
    owing.pass_time(minutes=16)
    with pytest.raises(ValueError, match="time for paying"):
        pay_without_http(owing.parts, owing.borders["payments"], told["pay_url"])


def test_a_paid_attempt_does_not_expire(owing: Desk) -> None:
    owing.pay(owing.start()["pay_url"])
    owing.pass_time(minutes=20)
    assert "PaymentExpired" not in owing.kinds()


def test_money_for_a_dossier_stopped_as_unpaid_is_owed_back(owing: Desk) -> None:
    told = owing.start()
    owing.pass_time(minutes=16)
    owing.hear(DossierStopped(at.REF, "not_paid"))
    assert owing.pay(told["pay_url"], misbehaviour="late") == ["00"]
    (owed,) = owing.told("RefundOwed")
    assert owed["reason"] == "paid_late"
    assert "ReceiptIssued" not in owing.kinds()


def test_money_for_a_withdrawn_dossier_is_owed_back(owing: Desk) -> None:
    told = owing.start()
    owing.hear(DossierWithdrawn(at.REF))
    assert owing.obligation()["standing"] == "cancelled"
    assert owing.pay(told["pay_url"]) == ["00"]
    assert [refund["reason"] for refund in owing.obligation()["refunds"]] == ["withdrawn"]


@pytest.mark.parametrize(
    ("news", "standing", "reasons"),
    [
        (DossierWithdrawn(at.REF), "given_back", ["withdrawn"]),
        (DossierStopped(at.REF, "not_paid"), "given_back", ["paid_late"]),
        (DossierStopped(at.REF, "no_supplement"), "kept", []),
        (DossierResolved(at.REF, "refused"), "kept", []),
        (DossierResolved(at.REF, "granted"), "settled", []),
    ],
)
def test_a_paid_fee_goes_back_as_the_registry_says(
    owing: Desk, news: object, standing: str, reasons: list[str]
) -> None:
    """Registry, architect's certificate: withdrawn full, refused and stopped none."""
    owing.pay(owing.start()["pay_url"])
    owing.hear(news)
    shown = owing.obligation()
    assert (shown["standing"], [refund["reason"] for refund in shown["refunds"]]) == (standing, reasons)


def test_cash_at_the_desk_settles_and_a_later_notice_is_owed_back(owing: Desk) -> None:
    told = owing.start()
    paid = owing.give("payments", "pay_at_desk", at.OFFICER, {"amount_vnd": at.FEE_VND}, ref=at.CODE)
    assert (paid.status, body_of(paid)["standing"]) == (200, "settled")
    again = owing.give("payments", "pay_at_desk", at.OTHER_OFFICER, {"amount_vnd": at.FEE_VND}, ref=at.CODE)
    assert (again.status, body_of(again)["code"]) == (409, "already_settled")
    assert owing.pay(told["pay_url"]) == ["00"]
    assert [refund["reason"] for refund in owing.obligation()["refunds"]] == ["paid_twice"]


def test_the_accountant_pays_a_refund_once(owing: Desk) -> None:
    """NĐ 347/2025: by a treasury order, which has a number."""
    owing.pay(owing.start()["pay_url"])
    second = owing.told("PaymentStarted")[0]["txn_ref"]
    owing.hear(DossierWithdrawn(at.REF))
    body = {"txn_ref": second, "amount_vnd": at.FEE_VND, "order_no": "C2-05 0017"}
    assert owing.give("payments", "record_refund", at.ACCOUNTS, body, ref=at.REF).status == 200
    assert owing.give("payments", "record_refund", at.ACCOUNTS, body, ref=at.REF).status == 200
    other = owing.give("payments", "record_refund", at.ACCOUNTS, body | {"order_no": "C2-05 0018"}, ref=at.REF)
    assert body_of(other)["code"] == "refund_already_paid"
    assert len(owing.told("RefundPaid")) == 1
    (refund,) = owing.obligation()["refunds"]
    assert (refund["standing"], refund["order_no"]) == ("paid", "C2-05 0017")
    balance = sum(p["amount_vnd"] for event in owing.told("RefundOwed", "RefundPaid") for p in event["postings"])
    assert balance == 0


@pytest.mark.parametrize(
    ("act", "principal", "body", "status"),
    [
        ("start_payment", at.PAYER, {}, 201),
        ("start_payment", at.SUBMITTER, {}, 201),
        ("start_payment", at.OFFICER, {}, 201),
        ("start_payment", at.PORTAL, {}, 201),
        ("start_payment", replace(at.PAYER, person="p3"), {}, 404),
        ("start_payment", replace(at.OFFICER, agency="H48.02"), {}, 404),
        ("start_payment", at.INSPECTION, {}, 404),
        ("pay_at_desk", at.OFFICER, {"amount_vnd": at.FEE_VND}, 200),
        ("pay_at_desk", at.PAYER, {"amount_vnd": at.FEE_VND}, 404),
        ("pay_at_desk", replace(at.OFFICER, agency="H48.02"), {"amount_vnd": at.FEE_VND}, 404),
        ("pay_at_desk", replace(at.OFFICER, procedures=("1.004873",)), {"amount_vnd": at.FEE_VND}, 404),
        ("pay_at_desk", at.OFFICER, {"amount_vnd": at.FEE_VND - 1}, 422),
        ("record_refund", at.OFFICER, {"amount_vnd": at.FEE_VND, "order_no": "1"}, 404),
        ("record_refund", at.ACCOUNTS, {"amount_vnd": at.FEE_VND, "order_no": "1"}, 422),
    ],
)
def test_who_may_do_what_about_a_fee(
    owing: Desk, act: str, principal: object, body: dict[str, int], status: int
) -> None:
    """What a principal may not see answers exactly like what does not exist."""
    assert owing.give("payments", act, principal, body, ref=at.REF).status == status  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("principal", "sees"),
    [
        (at.PAYER, True),
        (at.SUBMITTER, True),
        (at.OFFICER, True),
        (at.ACCOUNTS, True),
        (at.INSPECTION, True),
        (replace(at.PAYER, person="p3"), False),
        (replace(at.ACCOUNTS, agency="H48.02"), False),
    ],
)
def test_who_may_see_a_fee(owing: Desk, principal: object, sees: bool) -> None:
    shown = owing.look("payments", "show_obligation", principal, ref=at.REF)  # type: ignore[arg-type]
    assert (shown is not None) is sees


def test_nothing_is_begun_for_a_dossier_that_owes_nothing(desk: Desk) -> None:
    for principal, status in ((at.PAYER, 404), (at.PORTAL, 409)):
        assert desk.give("payments", "start_payment", principal, ref=at.REF).status == status


def test_receipts_of_an_agency_follow_one_another_whoever_pays(desk: Desk) -> None:
    """NĐ 254/2026: no gap and no repeat within serial and year; another agency has its own book."""
    refs = [f"{at.REF[:-2]}{number:02d}" for number in range(12)]
    agencies = [at.AGENCY if number % 3 else "H48.02" for number in range(12)]
    for number, (ref, agency) in enumerate(zip(refs, agencies, strict=True)):
        desk.hear(awaited(desk, ref=ref, code=f"{agency}-260907-{number:04d}", receiving_agency=agency))
    urls = [desk.start(ref)["pay_url"] for ref in refs]
    jobs = [job for url in urls for job in pay_without_http(desk.parts, desk.borders["payments"], url)]
    desk.engine.run_until_idle()
    assert all(job.future.result(timeout=0).status == 200 for job in jobs)
    for agency in (at.AGENCY, "H48.02"):
        numbers = [event["number"] for event in desk.told("ReceiptIssued") if event["agency"] == agency]
        assert numbers == list(range(1, agencies.count(agency) + 1))


def test_a_new_year_opens_a_new_book(desk: Desk) -> None:
    """The year is Vietnam's: at 17:30 UTC on 31 December it is already next year there."""
    for number, instant in enumerate(
        (datetime(2026, 12, 31, 16, 59, tzinfo=UTC), datetime(2026, 12, 31, 17, 30, tzinfo=UTC))
    ):
        desk.move_to(instant)
        desk.hear(awaited(desk, **at.EXEMPT, ref=f"{at.REF[:-1]}{number}", code=f"H48.01-261231-000{number}"))
    assert [(e["serial"], e["year"], e["number"]) for e in desk.told("ReceiptIssued")] == [
        ("BL-26E", 2026, 1),
        ("BL-27E", 2027, 1),
    ]


def test_a_restart_forgets_neither_money_nor_notices(tmp_path: Path) -> None:
    """The same notice after a restart is known already, and gets the answer that stops the gateway."""
    desk = Desk(tmp_path)
    desk.hear(awaited(desk))
    told = desk.start()
    desk.pay(told["pay_url"])
    before = desk.events("payments")
    desk.close()
    again = Desk(tmp_path)
    assert again.pay(told["pay_url"]) == ["02"]
    assert again.events("payments") == before
    assert again.obligation()["standing"] == "settled"
    again.close()


def test_the_tariff_of_the_day_the_dossier_was_complete_holds(desk: Desk) -> None:
    """Karaoke rooms cost twice as much until 4 January 2026 (TT 01/2021, then TT 110/2025)."""
    night = datetime(2026, 1, 4, 16, 59, tzinfo=UTC)
    urban = at.KARAOKE | {"category": "urban_premises"}
    desk.hear(awaited(desk, **urban, at=night))
    desk.hear(awaited(desk, **urban, ref=at.REF[:-1] + "D", code="H48.01-260105-0002", at=night.replace(hour=17)))
    assert [event["lines"][2]["amount_vnd"] for event in desk.told("ObligationRaised")] == [8_000_000, 4_000_000]


def test_a_real_pay_page_needs_a_real_secret() -> None:
    """The simulator's secret is known to everybody, so with it anybody could sign a notice."""
    page = "https://pay.example/vpcpay.html"
    with pytest.raises(SecretMissing):
        terminal(Settings(vnpay_pay_url=page))
    assert terminal(Settings(vnpay_pay_url=page, vnpay_secret="issued")).pay_page == page
    assert terminal(Settings()).pay_page == "http://127.0.0.1:8080/sandbox/vnpay/vpcpay.html"
