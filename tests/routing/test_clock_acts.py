"""Clocks and lateness as an exchange lives them: bells that ring, letters, incidents, and who may tell of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.web.auth import SYSTEM, Principal
from kernel.calendar import VIETNAM
from services.routing.wiring import service as routing
from tests.harness import Platform, body_of
from tests.http_harness import HttpPlatform
from tests.routing import desk as d

PLATFORM = Principal("system:watch", SYSTEM)
STEP = "household_business"


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Platform]:
    with d.exchange(tmp_path) as platform:
        yield platform


def happened(platform: Platform, *kinds: str) -> list[dict[str, Any]]:
    return [fields for kind, fields in platform.events("routing") if kind in kinds]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def letter(new_due_at: datetime, **change: Any) -> dict[str, Any]:
    return {"reason_code": "backlog", "note": "Hồ sơ nhiều, mong ông bà thông cảm", "new_due_at": new_due_at} | change


def test_a_step_nobody_decides_is_warned_of_overdue_and_told_upwards(exchange: Platform) -> None:
    """NĐ 61/2018 art. 19.9; the agencies above stand in the registry, the instants in the events."""
    d.accept(exchange, 1)
    exchange.engine.run_until_idle()
    (ready,) = happened(exchange, "StepReady")
    exchange.move_to(instant(ready["warn_at"]))
    (asked,) = happened(exchange, "ApologyAsked")
    assert (asked["step"], asked["agency"], asked["due_at"]) == (STEP, d.COMMUNE, ready["due_at"])
    exchange.move_to(instant(ready["due_at"]))
    assert happened(exchange, "StepOverdue") == []
    exchange.pass_time(seconds=2)
    (overdue,) = happened(exchange, "StepOverdue")
    assert overdue["due_at"] == ready["due_at"]
    (told,) = happened(exchange, "LatenessEscalated")
    assert (told["to"], told["rung"], told["overdue_since"]) == (d.PROVINCE, 1, ready["due_at"])
    exchange.pass_time(days=30)
    rungs = [event["rung"] for event in happened(exchange, "LatenessEscalated") if event["step"] == STEP]
    assert rungs == list(range(1, len(rungs) + 1))
    assert len(happened(exchange, "ApologyAsked")) == 1


def test_the_applicant_reads_the_apology_and_nobody_else_finds_it(exchange: Platform) -> None:
    """Mẫu 04; sealed in every store, opened one by one, and that is written down."""
    ref = d.accept(exchange, 1)
    exchange.engine.run_until_idle()
    due_at = instant(happened(exchange, "ChainOpened")[0]["due_at"])
    exchange.move_to(instant(happened(exchange, "StepReady")[0]["warn_at"]))
    later = due_at + timedelta(days=7)
    answered = exchange.give("routing", "apologise_for_delay", d.REGISTRAR, letter(later), ref=ref, step=STEP)
    assert answered.status == 200, answered.body
    body = body_of(answered)
    assert (instant(body["due_at"]), instant(body["promised_at"]), body["clock_runs"]) == (due_at, later, True)
    assert exchange.vault.openings(d.applicant(exchange).person) == []
    read = exchange.look("routing", "open_apologies", d.applicant(exchange), ref=ref)
    assert read is not None
    (item,) = read["items"]
    assert (item["agency"], item["note"]) == (d.COMMUNE, "Hồ sơ nhiều, mong ông bà thông cảm")
    (opening,) = exchange.vault.openings(d.applicant(exchange).person)
    assert opening["purpose"] == f"routing apology {ref} {STEP}"
    assert exchange.look("routing", "open_apologies", d.STRANGER, ref=ref) is None
    for file in exchange.data.rglob("routing.db*"):
        assert "thông cảm".encode() not in file.read_bytes()


def test_a_promise_does_not_take_the_dossier_off_the_list_of_late_ones(exchange: Platform) -> None:
    """Honest data only: `overdue` goes by the lawful date."""
    ref = d.accept(exchange, 1)
    exchange.engine.run_until_idle()
    due_at = instant(happened(exchange, "ChainOpened")[0]["due_at"])
    exchange.move_to(instant(happened(exchange, "StepReady")[0]["warn_at"]))
    exchange.give("routing", "apologise_for_delay", d.REGISTRAR, letter(due_at + timedelta(days=7)), ref=ref, step=STEP)
    exchange.move_to(due_at + timedelta(minutes=1))
    (row,) = exchange.rows("routing", "SELECT overdue, due_at FROM chains")
    assert row["overdue"] == "yes"
    assert instant(row["due_at"]) == due_at


def test_an_incident_stops_the_clock_until_it_is_mended(exchange: Platform) -> None:
    """NĐ 301/2026 art. 4.7; declared by the platform itself, and by nobody else."""
    ref = d.accept(exchange, 1)
    exchange.pass_time(hours=1)
    since = exchange.clock.now() - timedelta(minutes=30)
    body = {"since": since}
    assert exchange.give("routing", "declare_incident", d.REGISTRAR, body, ref=ref).status == 404
    declared = exchange.give("routing", "declare_incident", PLATFORM, body, ref=ref)
    assert (declared.status, body_of(declared)["clock_runs"]) == (200, False)
    due_at = instant(body_of(declared)["due_at"])
    exchange.pass_time(minutes=30)
    ended = exchange.give("routing", "end_incident", PLATFORM, ref=ref)
    assert (instant(body_of(ended)["due_at"]), body_of(ended)["clock_runs"]) == (due_at + timedelta(hours=1), True)
    shown = exchange.look("routing", "show_clocks", d.REGISTRAR, ref=ref)
    assert shown is not None
    assert "đồng hồ dừng: sự cố hệ thống" in str(shown)


def test_an_appointment_is_only_redated_by_a_newer_calendar(exchange: Platform) -> None:
    """The newest version is the pinned one here, so every date holds."""
    ref = d.accept(exchange, 1)
    exchange.engine.run_until_idle()
    answered = exchange.give("routing", "redate_appointment", PLATFORM, ref=ref)
    assert answered.status == 200
    assert happened(exchange, "AppointmentMoved") == []


def test_a_step_whose_law_names_no_ground_is_not_paused(exchange: Platform) -> None:
    """The karaoke decree knows none."""
    ref = d.accept(exchange, 1)
    exchange.engine.run_until_idle()
    exchange.give("routing", "acknowledge_step", d.REGISTRAR, ref=ref, step=STEP)
    body = {"ground": "third_party"}
    refused = exchange.give("routing", "stop_step_clock", d.REGISTRAR, body, ref=ref, step=STEP)
    assert (refused.status, body_of(refused)["code"]) == (422, "pause_not_in_law")
    resumed = exchange.give("routing", "resume_step_clock", d.REGISTRAR, ref=ref, step=STEP)
    assert (resumed.status, body_of(resumed)["clock_runs"]) == (200, True)


@pytest.fixture(scope="module")
def online(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpPlatform]:
    with HttpPlatform(tmp_path_factory.mktemp("exchange"), (d.service, routing)) as platform:
        d.accept(platform, 1)
        platform.settle()
        yield platform


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("steps/household_business/apology", {}),
        ("steps/household_business/apology", letter(datetime(2026, 10, 1, tzinfo=UTC), reason_code="Bận quá")),
        ("steps/household_business/apology", {"reason_code": "backlog", "new_due_at": "2026-10-01T10:00:00"}),
        ("steps/household_business/apology", {"reason_code": "backlog", "new_due_at": "0001-01-01T00:00:00+07:00"}),
        ("steps/household_business/apology", {"reason_code": "backlog", "new_due_at": "9999-12-31T23:59:59Z"}),
        ("steps/household_business/clock/stop", {"ground": "coffee"}),
        ("apology", {"reason_code": "backlog"}),
    ],
)
def test_a_body_that_does_not_fit_changes_nothing(online: HttpPlatform, path: str, body: dict[str, Any]) -> None:
    """Whatever is wrong is named; instants know their zone and lie within reach of a calendar."""
    if isinstance(body.get("new_due_at"), datetime):
        body = body | {"new_due_at": body["new_due_at"].astimezone(VIETNAM).isoformat()}
    before = online.engine.running["routing"].store.head()
    headers = online.token("agency_officer", agency=d.COMMUNE)
    answer = online.post(f"/api/v1/dossiers/{d.reference(1)}/{path}", headers, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert online.engine.running["routing"].store.head() == before


@pytest.mark.parametrize("path", ["incident", "incident/end", "appointment/redating"])
def test_what_the_platform_tells_is_not_there_for_anybody_else(online: HttpPlatform, path: str) -> None:
    """The hidden and the absent have the same answer."""
    headers = online.token("agency_officer", agency=d.COMMUNE)
    body = {"since": "2026-09-07T08:00:00+07:00"} if path == "incident" else None
    there = online.post(f"/api/v1/dossiers/{d.reference(1)}/{path}", headers, body)
    nowhere = online.post(f"/api/v1/dossiers/{d.reference(9)}/{path}", headers, body)
    assert there.status_code == nowhere.status_code == 404
    assert {**there.json(), "instance": ""} == {**nowhere.json(), "instance": ""}
