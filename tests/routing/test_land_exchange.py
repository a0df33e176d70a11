"""A land transfer of the real registry on the embedded product: notice, payment, and both of its appointments."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.verification import verify
from chassis.web.auth import AGENCY_OFFICER, Principal
from kernel.working_time import Limit, due
from services.routing.wiring import service as routing
from tests.harness import REGISTRY, Platform, body_of
from tests.http_harness import HttpPlatform
from tests.routing import desk as d
from tests.routing import land as l
from tests.teller import desk_that_says, tell

LAND = "1.013831"
FACTS = {
    "mountainous": False, "land_use_fee_owed": True, "mortgaged": False, "several_transferees": False,
    "assets_of_another": False, "measured_again": False, "divided_or_merged": False,
}  # fmt: skip
LINES: list[dict[str, Any]] = [asdict(line) for line in l.DUES]


@dataclass(frozen=True, slots=True)
class DossierAccepted(d.DossierAccepted):
    facts: dict[str, bool] | None = None
    received_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class ObligationSettled:
    ref: str
    total_vnd: int
    at: datetime
    purpose: str = "fee"
    step: str = ""


def agencies(platform: Platform) -> dict[str, str]:
    """Return who acts in each step of a land transfer in the desk's commune."""
    today = platform.clock.now().date()
    steps = REGISTRY.procedure(LAND, on=today).steps
    return {step.code: REGISTRY.acting_agency(step, d.DESK, today).id for step in steps if step.party == "agency"}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """Routing between a desk and payments that say what they are told."""
    tellers = desk_that_says((DossierAccepted,)), desk_that_says((ObligationSettled,), "payments")
    running = Platform(tmp_path, (*tellers, routing))
    try:
        yield running
    finally:
        running.close()


def news_of(platform: Platform) -> DossierAccepted:
    """Return the news that the desk accepted a land transfer, promised by its first appointment."""
    now = platform.clock.now()
    applicant, calendar = d.applicant(platform).person, REGISTRY.calendar(d.DESK)
    return DossierAccepted(
        ref=d.reference(1), code=d.code(1), procedure=LAND,
        procedure_version=REGISTRY.procedure(LAND, on=now.date()).version, channel="counter",
        receiving_agency=d.DESK, applicant=applicant, submitter=applicant, options=(),
        agencies=tuple(dict.fromkeys(agencies(platform).values())),
        due_at=due(calendar, now, Limit(5, "working_days")), calendar_id=calendar.id,
        calendar_version=calendar.version, clock_from=now, at=now, facts=FACTS,
    )  # fmt: skip


def accepted(platform: Platform, **other: Any) -> str:
    news = replace(news_of(platform), **other)
    tell(platform, news)
    platform.engine.run_until_idle()
    return news.ref


def settled(platform: Platform, ref: str, **other: Any) -> None:
    tell(platform, ObligationSettled(ref, 30_000_000, platform.clock.now(), **other), "payments")
    platform.engine.run_until_idle()


def decision(code: str, **change: Any) -> dict[str, Any]:
    (procedure,) = (one for one in REGISTRY.procedures() if one.code == LAND)
    result_code = next(step.result.code for step in procedure.steps if step.code == code)
    return {"result_code": result_code, "number": "12/GCN", "signer": "Giám đốc", "sha256": "ab" * 32} | change


def carry_out(platform: Platform, ref: str, step: str, **change: Any) -> dict[str, Any]:
    agency = agencies(platform)[step]
    who = Principal(f"officer:{agency}:1", AGENCY_OFFICER, agency=agency)
    platform.give("routing", "acknowledge_step", who, ref=ref, step=step)
    answered = platform.give("routing", "decide_step", who, decision(step, **change), ref=ref, step=step)
    assert answered.status == 200, answered.body
    return body_of(answered)


def shown(platform: Platform, ref: str) -> dict[str, Any]:
    chain = platform.look("routing", "show_chain", d.AUDITOR, ref=ref)
    assert chain is not None
    return chain


def sound(platform: Platform) -> None:
    rows = platform.rows("routing", "SELECT * FROM steps")
    for row in rows:
        step = next(one for one in shown(platform, row["ref"])["steps"] if one["step"] == row["step"])
        assert (row["stage"], row["round"], row["agency"]) == (step["stage"], step["round"], step["agency"])
    for checked in verify(platform.engine, platform.vault):
        assert checked.broken == [], f"{checked.service} {checked.name}: {checked.broken}"


def to_payment(platform: Platform) -> str:
    ref = accepted(platform)
    carry_out(platform, ref, "forwarding")
    platform.pass_time(days=1)
    carry_out(platform, ref, "examination")
    platform.pass_time(days=2)
    assert carry_out(platform, ref, "tax_determination", notice=LINES)["became_ready"] == ["tax_payment"]
    return ref


def test_a_land_transfer_has_two_appointments_and_a_wait_between_them(platform: Platform) -> None:
    """QĐ 138/2025 (Đồng Tháp) art. 30, with the registry's own limits."""
    ref = to_payment(platform)
    waits = shown(platform, ref)
    assert [(one["ground"], one["step"]) for one in waits["standstills"]] == [("payment", "tax_payment")]
    assert [(one["party"], one["agency"], one["step"]) for one in waits["holders"]] == [
        ("applicant", None, "tax_payment")
    ]
    by_code = {step["step"]: step for step in waits["steps"]}
    assert (by_code["tax_payment"]["party"], by_code["tax_payment"]["agency"]) == ("applicant", "")
    assert by_code["tax_determination"]["dues_vnd"] == 30_000_000
    assert by_code["tax_determination"]["result"]["number"] == "12/GCN"
    assert [(one["number"], one["step"], one["due_at"] is None) for one in waits["appointments"]] == [
        (1, "examination", False), (2, "certificate", True),
    ]  # fmt: skip
    platform.pass_time(days=20)
    assert not shown(platform, ref)["overdue"]
    settled(platform, ref, purpose="tax_notice", step="tax_determination")
    goes_on = shown(platform, ref)
    assert (goes_on["standstills"], goes_on["appointments"][1]["due_at"]) == ([], goes_on["due_at"])
    calendar = REGISTRY.calendar(d.DESK)
    assert goes_on["due_at"] == due(calendar, platform.clock.now(), Limit(3, "working_days")).isoformat().replace(
        "+00:00", "Z"
    )
    (row,) = platform.rows("routing", "SELECT due_at FROM chains")
    assert row["due_at"] == goes_on["due_at"]
    assert carry_out(platform, ref, "certificate")["state"] == "granted"
    sound(platform)


def test_what_was_paid_for_something_else_settles_no_notice(platform: Platform) -> None:
    """A fee of the dossier is not its tax."""
    ref = to_payment(platform)
    settled(platform, ref)
    assert shown(platform, ref)["holders"][0]["party"] == "applicant"
    settled(platform, ref, purpose="tax_notice", step="tax_determination")
    settled(platform, ref, purpose="tax_notice", step="tax_determination")
    names = [name for name, _ in platform.events("routing")]
    assert names.count("StepFulfilled") == 1
    sound(platform)


@pytest.fixture(scope="module")
def behind_http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpPlatform]:
    """One land transfer that its tax agency has acknowledged, for all tests that must change nothing."""
    with HttpPlatform(tmp_path_factory.mktemp("land"), (desk_that_says((DossierAccepted,)), routing)) as platform:
        tell(platform, news_of(platform))
        platform.settle()
        for step in ("forwarding", "examination", "tax_determination"):
            assert send(platform, step, "acknowledgement").status_code == 200
            if step != "tax_determination":
                assert send(platform, step, "decision", decision(step)).status_code == 200
        yield platform


def send(platform: HttpPlatform, step: str, noun: str, body: Any = None) -> Any:
    officer = platform.token("agency_officer", agency=agencies(platform)[step])
    return platform.post(f"/api/v1/dossiers/{d.reference(1)}/steps/{step}/{noun}", officer, body)


@pytest.mark.parametrize(
    ("notice", "code"),
    [
        (None, "invalid_request"),
        ([], "notice_without_lines"),
        ([LINES[0], LINES[0]], "notice_without_lines"),
        ([LINES[0] | {"amount_vnd": -1}], "invalid_request"),
        ([LINES[0] | {"amount_vnd": 1.5}], "invalid_request"),
        ([LINES[0] | {"amount_vnd": "24000000"}], "invalid_request"),
        ([LINES[0] | {"amount_vnd": True}], "invalid_request"),
        ([LINES[0] | {"amount_vnd": 10**15 + 1}], "invalid_request"),
        ([LINES[0] | {"code": "Thuế"}], "invalid_request"),
        ([LINES[0] | {"name_vi": ""}], "invalid_request"),
        ([LINES[0] | {"payer": "somebody"}], "invalid_request"),
        ([LINES[0]] * 51, "invalid_request"),
    ],
)
def test_a_notice_that_does_not_fit_changes_nothing(behind_http: HttpPlatform, notice: Any, code: str) -> None:
    """Money is whole đồng, and a list has an end; who pays is never the sender's to say."""
    store = behind_http.engine.running["routing"].store
    before = store.head()
    answer = send(behind_http, "tax_determination", "decision", decision("tax_determination", notice=notice))
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["invalid_params"]
    assert store.head() == before


def test_the_applicants_step_is_on_nobodys_worklist(platform: Platform) -> None:
    """An agency's list holds its own work; a token without an agency sees no list at all."""
    ref = to_payment(platform)
    (row,) = platform.rows("routing", "SELECT * FROM steps WHERE step='tax_payment'")
    assert (row["agency"], row["stage"], row["open"]) == ("", "ready", "yes")
    (chain,) = platform.rows("routing", "SELECT agencies FROM chains")
    assert "  " not in chain["agencies"]
    for agency in ("", agencies(platform)["certificate"]):
        who = Principal("officer:x", AGENCY_OFFICER, agency=agency)
        answered = platform.give("routing", "acknowledge_step", who, ref=ref, step="tax_payment")
        assert answered.status in (404, 409)
    assert shown(platform, ref)["steps"][3]["stage"] == "ready"


def test_a_dossier_from_another_desk_starts_where_it_is_resolved(platform: Platform) -> None:
    """NĐ 118/2025 art. 17.3: the appointment is counted from the receipt and said so."""
    ref = accepted(platform, received_elsewhere=True)
    platform.pass_time(days=1)
    first = shown(platform, ref)
    assert (first["starts_on_receipt"], first["received_at"]) == (True, None)
    assert [holder["party"] for holder in first["holders"]] == ["system"]
    carry_out(platform, ref, "forwarding")
    moved = [data for name, data in platform.events("routing") if name == "AppointmentMoved"]
    assert [(one["cause"], one["number"]) for one in moved] == [("received", 1)]
    assert shown(platform, ref)["due_at"] == moved[0]["due_at"]
    assert shown(platform, ref)["received_at"] is not None
    sound(platform)
