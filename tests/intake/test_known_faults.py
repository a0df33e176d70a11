"""Faults of the closest existing system (VietOpenCPS/opencps-v2) that touch reception: none of them can happen here.

Each test names the section of the study in which the fault is described: its mutable row, its client-set dates, its
numbers, its acknowledged losses, and whom it lets in.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from services.intake.domain import commands
from services.intake.domain.commands import RecordCollectionFailed
from services.intake.domain.dossier import decider
from services.intake.domain.events import DossierStopped, Event, FeeSettled
from services.intake.domain.words import FactValue
from services.intake.wiring import service
from tests.http_harness import HttpPlatform
from tests.intake.cases import (
    ACCEPT,
    ACCEPTED,
    ASK,
    BY_POST,
    EXAMINED,
    INCOMPLETE,
    LATER,
    MISSING_IDENTITY,
    RECEIVED_AGAIN,
    REF,
    SENT_BACK,
    SUBMIT,
    SUBMITTED,
    TUESDAY,
    at,
)
from tests.intake.people import CERTIFICATE, DESK, LAN, OTHER_DESK, papers
from tests.intake.portal_messages import ITEM, SYNC, Portal, message
from tests.spec import given


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[HttpPlatform]:
    with HttpPlatform(tmp_path, (service,)) as running:
        yield running


@pytest.fixture
def officer(platform: HttpPlatform) -> dict[str, str]:
    return platform.token("desk_officer", agency=DESK)


def handed_in(platform: HttpPlatform, officer: dict[str, str], body: dict[str, Any] = CERTIFICATE) -> str:
    answer = platform.post("/api/v1/dossiers", officer, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["ref"])


# The configuration of a procedure.


def test_a_fact_that_nobody_knows_does_not_pass_silently() -> None:
    """§1.2: unknown terms of its conditions silently pass. Here an unknown or ill-typed fact is refused by name."""
    unknown: tuple[dict[str, FactValue], ...] = (
        {"issued_before": False, "viapostal": True},
        {"issued_before": "payok"},
    )
    for facts in unknown:
        refused = given(decider).when(replace(SUBMIT, facts=facts)).refused("facts_do_not_fit")
        assert refused.invalid


def test_a_running_dossier_keeps_the_rules_it_was_accepted_under(
    platform: HttpPlatform, officer: dict[str, str]
) -> None:
    """§1.2: editing a process changes running dossiers. Here procedure and calendar are pinned by version."""
    ref = handed_in(platform, officer)
    platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer)
    said = dict(platform.events("intake"))
    submitted, accepted = said["DossierSubmitted"], said["DossierAccepted"]
    assert submitted["procedure_version"] == accepted["procedure_version"] == "2025-07-01"
    registry = platform.parts.registry
    assert registry.calendar_version(accepted["calendar_id"], accepted["calendar_version"]).first_day


# The row that anybody overwrites.


def test_there_is_no_order_that_deletes_or_overwrites() -> None:
    """§1.3, §1.10: soft deletion by a negative number, overwriting everywhere. Every order here adds an event."""
    names = {kind.__name__ for kind in (*get_args(commands.Command), *get_args(Event))}
    assert not {name for name in names if any(word in name for word in ("Delete", "Update", "Overwrite", "Rollback"))}


def test_paying_does_not_move_the_day_of_submission() -> None:
    """§3.5: confirming a payment resets the day of submission to now."""
    paid = decider.fold((SUBMITTED, ACCEPTED, FeeSettled(REF, TUESDAY)))
    assert paid.submission is not None
    assert (paid.submission.at, paid.appointment) == (SUBMITTED.at, decider.fold((SUBMITTED, ACCEPTED)).appointment)


def test_who_sends_a_failure_does_not_turn_the_dossier_into_a_posted_one() -> None:
    """§3.4: any answer of the post, even a failure, marks the dossier as sent by post."""
    failed = RecordCollectionFailed(ref=REF, actor="system:intake", now=LATER)
    given(decider, BY_POST).when(failed).then(DossierStopped(REF, "not_collected", (), LATER))
    assert decider.fold((BY_POST, DossierStopped(REF, "not_collected", (), LATER))).papers_received_at is None
    given(decider, SUBMITTED).when(failed).refused("not_by_post")


def test_every_paper_says_how_it_came_in(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """§1.6: no digitisation or reuse flag. Here they stand on every paper, in the event that brought it."""
    came = [
        {"code": "declaration", "digitised": True},
        {"code": "identity_paper", "reused_from": "POP"},
        {"code": "residence_proof", "from_e_store": True},
    ]
    handed_in(platform, officer, CERTIFICATE | {"components": came})
    stored = dict(platform.events("intake"))["DossierSubmitted"]["components"]
    assert [(one["digitised"], one["reused_from"], one["from_e_store"]) for one in stored] == [
        (True, "", False),
        (False, "POP", False),
        (False, "", True),
    ]


# Dates.


@pytest.mark.parametrize(
    "forced",
    [{"due_at": "2026-12-31T00:00:00Z"}, {"received_at": "2026-01-01T00:00:00Z"}, {"submit_date": "2026-01-01"}],
)
def test_no_client_sets_a_date(platform: HttpPlatform, officer: dict[str, str], forced: dict[str, str]) -> None:
    """§4.2, §2.10: due and receive dates forced by the client's payload. Here such a field is refused, not taken."""
    assert platform.post("/api/v1/dossiers", officer, CERTIFICATE | forced).status_code == 422
    ref = handed_in(platform, officer)
    assert platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer, forced).status_code == 422
    assert platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer).status_code == 200
    shown = platform.get(f"/api/v1/dossiers/{ref}", officer).json()
    assert (shown["clock_from"], shown["due_at"]) == ("2026-09-07T01:00:00Z", "2026-09-10T01:00:00Z")


def test_nobody_at_the_desk_extends_a_limit(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """§2.10: an officer extends without reason, limit or approval. The desk has no such order."""
    paths = [act.path for act in platform.borders["intake"].acts.values()]
    assert not [path for path in paths if any(word in path for word in ("extension", "due", "appointment"))]


def test_no_date_is_promised_where_no_calendar_reaches() -> None:
    """§2.10: the count stops after 360 days and promises whatever it has reached."""
    given(decider, SUBMITTED).when(replace(ACCEPT, now=at("2026-12-31 16:00"))).refused("calendar_does_not_reach")


def test_a_second_request_does_not_pass_unseen() -> None:
    """§4.1 (v1 #1254): a repeated supplement made dossiers overdue unexplained. Here requests are counted and shown."""
    again = (SENT_BACK, EXAMINED)
    assert decider.fold((SUBMITTED, ACCEPTED, SENT_BACK, EXAMINED, RECEIVED_AGAIN, *again)).supplements_asked == 2


@pytest.mark.parametrize("step", ["certificate", "residence", "a_step_far_down"])
def test_a_supplement_can_be_asked_for_at_any_step(step: str) -> None:
    """§4.1 (v1 #1176, #1253): a supplement must be possible at any step."""
    items = (replace(MISSING_IDENTITY, reason="unreadable"),)
    history = (SUBMITTED, ACCEPTED, replace(SENT_BACK, step=step))
    (asked,) = given(decider, *history).when(replace(ASK, items=items, now=TUESDAY)).then_kinds(type(EXAMINED))
    assert (asked.step, asked.stage) == (step, "examination")


# Numbers.


def test_a_dossier_has_its_number_or_is_not_accepted(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """§2.9: on failure the number stays null, the error is logged at debug. Here number and acceptance are one."""
    lacking = handed_in(platform, officer, CERTIFICATE | {"components": papers("declaration")})
    refused = platform.post(f"/api/v1/dossiers/{lacking}/acceptance", officer)
    assert (refused.status_code, refused.json()["code"]) == (422, "components_missing")
    assert "NumberIssued" not in [kind for kind, _ in platform.events("intake")]
    ref = handed_in(platform, officer)
    assert platform.post(f"/api/v1/dossiers/{ref}/acceptance", officer).json()["code"] == "H48.23293.01-260907-0001"


def test_two_wishes_of_one_person_are_two_dossiers(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """§3.1: an earlier dossier of the same person and procedure is silently used again for the new one."""
    assert handed_in(platform, officer) != handed_in(platform, officer)
    assert [kind for kind, _ in platform.events("intake")].count("DossierSubmitted") == 2


# What the portal sends.


def test_a_repeat_is_the_same_dossier(platform: HttpPlatform) -> None:
    """§3.2, §4.1 (#1327): no idempotency key, so a repeat makes a second dossier."""
    portal = Portal(platform)
    assert [portal.send(ITEM)["error_code"] for _ in range(3)] == ["0", "0", "0"]
    assert [kind for kind, _ in platform.events("intake")].count("DossierSubmitted") == 1


def test_what_could_not_be_read_is_not_acknowledged(platform: HttpPlatform) -> None:
    """§3.2, §3.3: an unreadable part is skipped and the message acknowledged; errors answer with success."""
    portal = Portal(platform)
    unreadable = ITEM | {"MaHoSo": "H48.23293.01-260907-00018", "TaiLieuNop": [{"MaThanhPhanHoSo": ["x"]}]}
    answer = platform.client.post(SYNC, json=message(portal.session, ITEM, unreadable)).json()
    assert answer["error_code"] != "0"
    assert [row["error_code"] for row in answer["data"]] == ["0", "-1"]
    assert [kind for kind, _ in platform.events("intake")].count("DossierSubmitted") == 1


# Who is let in.


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"localaccess": "Token", "userid": "1"},
        {"groupId": DESK},
        {"Authorization": "Token"},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
    ],
)
def test_no_header_stands_for_an_identity(
    platform: HttpPlatform, officer: dict[str, str], headers: dict[str, str]
) -> None:
    """§1.10, §3.6: a fixed header pair, or a group id that the client sends, is taken for somebody."""
    ref = handed_in(platform, officer)
    assert platform.get(f"/api/v1/dossiers/{ref}/slip", headers).status_code in (401, 404)
    assert platform.get("/api/v1/dossiers", headers).json().get("items", []) == []
    assert platform.post(f"/api/v1/dossiers/{ref}/acceptance", headers).status_code == 401


def test_being_signed_in_is_not_enough(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """§1.10: the check is "is signed in", and the agency is whatever the client says."""
    ref = handed_in(platform, officer)
    stranger = platform.token("desk_officer", agency=OTHER_DESK) | {"groupId": DESK, "agency": DESK}
    for path in (f"/api/v1/dossiers/{ref}", f"/api/v1/dossiers/{ref}/slip"):
        assert platform.get(path, stranger).status_code == 404
    assert platform.post(f"/api/v1/dossiers/{ref}/acceptance", stranger).status_code == 404


def test_no_personal_data_reaches_events_or_answers(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """§3.6: full personal data in logs; the payload of every message stored in clear."""
    ref = handed_in(platform, officer)
    platform.post(f"/api/v1/dossiers/{ref}/correction", officer, {"name": "Lân Mới", "reason": "Sai tên"})
    told = json.dumps(platform.events("intake"), ensure_ascii=False)
    for text in (*LAN.values(), "Lân Mới", "Sai tên"):
        assert text not in told


def test_a_supplement_is_asked_for_by_the_desk_alone(platform: HttpPlatform, officer: dict[str, str]) -> None:
    """§1.3: any action of any step turns a dossier to "supplement". NĐ 61/2018 art. 5: never past the one-stop desk."""
    ref = handed_in(platform, officer, CERTIFICATE | {"components": papers("declaration")})
    items = {"items": [{"component": "identity_paper", "reason": "missing"}]}
    for role, agency in (("agency_officer", "H48.23293"), ("inspector", ""), ("accountant", DESK)):
        other = platform.token(role, agency=agency) if agency else platform.token(role)
        assert platform.post(f"/api/v1/dossiers/{ref}/supplement-request", other, items).status_code == 404
    given(decider, INCOMPLETE).when(ASK).then_kinds(type(EXAMINED))
