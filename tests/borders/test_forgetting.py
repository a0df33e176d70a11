"""Forgetting somebody on a running server: refused while anything is open, then beyond recall, and told on every page.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14; NĐ 61/2018/NĐ-CP art. 5.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.forgetting import open_matters
from chassis.stores.store import Held, Writes
from chassis.verification import inspections
from chassis.web.auth import COOKIE
from kernel.message import Envelope
from services.intake.wiring import service as intake
from services.payments.wiring import service as payments
from tests.borders.documents import bare, problem
from tests.borders.places import COLLECTED
from tests.borders.province import DECISION, STEP, Province
from tests.harness import Platform

LAN = {
    "name": "Hồ Thị Ngọc Lan", "personal_id": "051190004411", "address": "3 Bà Triệu, phường Kon Tum",
    "phone": "0935 220 114", "email": "ngoc.lan@thu.example", "tax_code": "",
}  # fmt: skip
ORDER = {"decision": "12/QD-UBND"}


@pytest.fixture
def own_province(tmp_path: Path) -> Iterator[Province]:
    made = Province(tmp_path / "province")
    yield made
    made.close()


def forgetting(province: Province, person: str, **order: str) -> Any:
    return province.post(f"/api/v1/people/{person}/forgetting", province.system, ORDER | order)


def submitted_by_lan(province: Province, **change: Any) -> str:
    body = province.submission(applicant=LAN, submitter=None, relation="self", **change)
    ref: str = province.do("submit_dossier", province.desk, body)["ref"]
    return ref


def test_somebody_with_nothing_open_is_forgotten_and_everything_still_holds(own_province: Province) -> None:
    """From the first dossier to the last; the timeline, the clocks, the seals and the rows are as before."""
    province = own_province
    ref, other = submitted_by_lan(province), province.submitted()
    person = province.person(LAN["personal_id"])
    me = province.token("applicant", person=person)
    stages = [
        ("submitted", lambda: None),
        ("accepted", lambda: province.do("accept_dossier", province.desk, ref=ref)),
        ("accepted", lambda: province.do("acknowledge_step", province.officer, ref=ref, step=STEP)),
        ("resolved", lambda: province.do("decide_step", province.officer, DECISION, ref=ref, step=STEP)),
        ("a fee is unpaid", lambda: None),
    ]
    for said, move in stages:
        move()
        document = problem(forgetting(province, person), 409)
        assert (document["code"], "91/2025" in document["law"]) == ("matters_open", True)
        assert said in document["detail"]
        assert LAN["name"] not in document["detail"]
    province.do("pay_at_desk", province.desk, {"amount_vnd": 15_000}, ref=ref)
    province.do("hand_out", province.desk, COLLECTED | {"collector": "self", "paper_shown": "identity_paper"}, ref=ref)
    code = province.code_of(ref)
    slip = province.get(f"/api/v1/dossiers/{ref}/slip", province.desk)
    assert LAN["name"] in slip.text
    timeline = province.get(f"/api/v1/dossiers/{ref}/timeline", me).json()

    done = forgetting(province, person).json()
    assert (done["person"], done["by"], done["decision"], done["pending_copies"]) == (
        person,
        "system:province",
        "12/QD-UBND",
        [],
    )
    assert forgetting(province, person, decision="99/QD").json() == done
    assert province.get("/api/v1/people/forgotten", province.inspector).json() == [done]

    assert province.get(f"/api/v1/dossiers/{ref}/timeline", me).json() == timeline
    slip = province.get(f"/api/v1/dossiers/{ref}/slip", province.desk)
    assert slip.status_code == 200
    assert not any(text and text in slip.text for text in LAN.values())
    shown = province.get(f"/api/v1/dossiers/{code}/disclosures", province.inspector).json()
    assert shown["erased"]
    session = {"Cookie": f"{COOKIE}={province.inspector['Authorization'].removeprefix('Bearer ')}"}
    for page in (f"/dossiers/{code}", f"/dossiers/{code}/disclosures"):
        assert "đã xóa theo yêu cầu" in province.client.get(page, headers=session).text
        assert "đã xóa theo yêu cầu" not in province.client.get(page.replace(code, other), headers=session).text
    sought = {"kind": "personal_id", "identifier": LAN["personal_id"]}
    assert province.post("/api/v1/dossiers/search", province.inspector, sought).json()["items"] == []
    checked = [one.carry_out() for one in inspections(province.engine, province.platform.vault)]
    assert [line for one in checked for line in one.broken] == []
    assert sum(one.erased_count for one in checked) > 0

    again = submitted_by_lan(province)
    assert province.person(LAN["personal_id"]) != person, "whoever comes back is somebody new"
    assert again != ref


def test_only_operators_forget_and_nobody_learns_who_exists(province: Province) -> None:
    """A person who is there and one who is not answer alike to whoever may not ask."""
    known, unknown = province.person("051190004412"), "p" + "0" * 24
    for who in (province.desk, province.officer, province.inspector, province.applicant, {}):
        answers = [province.post(f"/api/v1/people/{person}/forgetting", who, ORDER) for person in (known, unknown)]
        problem(answers[0], 404, 401)
        assert bare(answers[0]) == bare(answers[1])
    problem(forgetting(province, unknown), 404)
    for order in ({"decision": "Quyết định về bà Lan"}, {"decision": ""}, {"law": "a law with words"}):
        problem(forgetting(province, known, **order), 422)
    for person in ("p0", "P" + "0" * 24, "051190004412", "p" + "0" * 23 + "Z"):
        problem(forgetting(province, person), 422, 404)
    assert province.platform.vault.is_known(known)


def test_a_message_that_is_parked_keeps_everybody(tmp_path: Path) -> None:
    """Nobody knows yet what it will open; staff retry or discharge it first."""
    platform = Platform(tmp_path, (intake, payments))
    store = platform.engine.running["payments"].store
    envelope = Envelope(
        1, "/lienthong/x/intake", "dossier-1@1", "lienthong.intake.DossierWithdrawn.v1", "01J0", 1, "01J0", 0, "", "",
        None, b"{}",
    )  # fmt: skip
    person = "p" + "0" * 24
    assert open_matters(platform.engine, person) == ()
    store.commit(Writes(held={(envelope.source, envelope.subject, 1): Held(envelope, 0, 5, "no rule")}))
    (line,) = open_matters(platform.engine, person)
    assert line.startswith("payments: lienthong.intake.DossierWithdrawn.v1 about 01J0 is parked")
    platform.close()


@pytest.mark.parametrize("first", range(0, 12, 3))
def test_whoever_is_forgotten_while_handing_in_loses_nothing(own_province: Province, first: int) -> None:
    """Either the new dossier is there and keeps them, or it is somebody new's, or it is asked for again; never sealed
    for somebody whose key is gone."""
    province = own_province
    person = province.person(LAN["personal_id"])
    body = province.submission(applicant=LAN, submitter=None, relation="self")

    async def at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=province.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=60) as client:
            sent = [
                client.post("/api/v1/dossiers", json=body, headers={**province.desk, "Idempotency-Key": f"race-{n}"})
                for n in range(12)
            ]
            order = client.post(f"/api/v1/people/{person}/forgetting", json=ORDER, headers=province.system)
            return await asyncio.gather(*sent[:first], order, *sent[first:])

    answers = asyncio.run(at_once())
    forgotten = answers.pop(first)
    province.settle()
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert forgotten.status_code in (200, 409)
    vault, store = province.platform.vault, province.engine.running["intake"].store
    rows = store.query("SELECT applicant FROM dossiers", {})
    assert len(rows) == sum(answer.status_code == 201 for answer in answers)
    for row in rows:
        assert vault.is_known(row["applicant"])
        assert (row["applicant"] == person) == (forgotten.status_code == 409)


def test_the_gateway_is_nobody_who_can_be_forgotten(province: Province) -> None:
    """Its notices are kept under a key of its own: to forget that is refused, and not put off for ever."""
    province.client.get("/api/v1/payments/vnpay/ipn", params={"vnp_TxnRef": "x"})
    province.settle()
    province.platform.vault.settle()
    (gateway,) = province.platform.vault.find("gateway", "vnpay")
    answer = province.post(f"/api/v1/people/{gateway}/forgetting", province.system, {"decision": "12-QD"})
    assert problem(answer, 409, 422)["code"] == "matters_open", answer.text
