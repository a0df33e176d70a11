"""What those who run the platform see and do: health, figures, the log's tail, parked messages."""

import logging
from typing import Any

import pytest

from chassis.executor import Job
from chassis.stores.store import StoreUnavailable
from tests.chassis.audit import SAVINGS_SOURCE, OpenLedger, ShutLedger
from tests.chassis.border import REF, Header, amount, problem
from tests.http_harness import HttpPlatform

EVENTS = "/api/v1/operations/events"
PARKED = "/api/v1/operations/parked"
WHICH = {"source": SAVINGS_SOURCE, "subject": REF, "sequence": 2}
OUTSIDERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("applicant", {"personal_id": "051185003187"}),
    ("desk_officer", {"agency": "H48.23"}),
    ("agency_officer", {"agency": "H48.23"}),
    ("postal_staff", {}),
    ("accountant", {}),
)


@pytest.fixture
def system(platform: HttpPlatform) -> Header:
    return platform.token("system")


@pytest.fixture
def inspector(platform: HttpPlatform) -> Header:
    return platform.token("inspector")


def command(platform: HttpPlatform, what: Any) -> None:
    """Give the auditor, who has no border, a command."""
    job = Job(what)
    platform.engine.submit("audit", job)
    assert job.future.result(timeout=20).status == 200


def deposits(platform: HttpPlatform, account: str, me: Header, count: int) -> None:
    for number in range(1, count + 1):
        assert platform.post(f"{account}/deposits", me, amount(number, f"s{number}")).status_code == 200


@pytest.fixture
def parked(platform: HttpPlatform, account: str, me: Header) -> None:
    """A message that the auditor cannot take, and one that waits behind it."""
    command(platform, ShutLedger(REF))
    deposits(platform, account, me, 2)


def figures(platform: HttpPlatform) -> dict[str, float]:
    """Return what /metrics shows, by name and labels."""
    lines = platform.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


@pytest.mark.parametrize("path", ["/livez", "/startupz", "/readyz"])
def test_health_is_for_everybody(platform: HttpPlatform, path: str) -> None:
    """Probes have no token."""
    answer = platform.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_service_whose_store_is_down_is_not_ready(
    platform: HttpPlatform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is alive and must not be restarted for it; others are ready; what is wrong in detail is for the log."""

    def down(*_: object) -> None:
        raise StoreUnavailable("/srv/data/savings.db is on fire")

    with caplog.at_level(logging.CRITICAL):
        monkeypatch.setattr(platform.engine.running["savings"].store, "query", down)
        answer = platform.get("/readyz")
        monkeypatch.undo()
    assert answer.status_code == 503
    states = {name: service["status"] for name, service in answer.json()["services"].items()}
    assert states == {"savings": "unavailable", "audit": "ok"}
    assert "fire" not in answer.text
    assert platform.get("/livez").status_code == 200
    assert platform.get("/readyz").status_code == 200


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_platform_whose_lanes_have_died_is_neither_ready_nor_alive(platform: HttpPlatform) -> None:
    """Commands would wait for ever: whoever watches should start it again."""

    def die() -> None:
        raise SystemExit

    platform.engine._errands.append((die, platform.engine.move_clock(platform.clock.now())))
    platform.engine._wake.set()
    assert platform.engine._thread is not None
    platform.engine._thread.join(timeout=20)
    assert platform.get("/livez").status_code == 503
    assert platform.get("/readyz").status_code == 503


def test_figures_show_what_lanes_did_and_what_waits(
    platform: HttpPlatform, account: str, me: Header, parked: None
) -> None:
    """Done, heard, parked, held, lag: for each service by itself."""
    seen = figures(platform)
    assert seen['lienthong_lane_total{kind="done",service="savings"}'] == 3
    assert seen['lienthong_lane_total{kind="heard",service="audit"}'] == 1
    assert seen['lienthong_parked{service="audit"}'] == 1
    assert seen['lienthong_held{service="audit"}'] == 1
    assert seen[f'lienthong_reader_lag{{channel="{SAVINGS_SOURCE}",service="audit"}}'] == 0
    assert seen['lienthong_sagas_owing{service="savings"}'] == 0
    assert platform.get("/readyz").json()["services"]["audit"]["parked"] == 1


def test_figures_are_shown_while_a_store_is_down(
    platform: HttpPlatform, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That is when they are looked at: what cannot be read is left out."""

    def down(*_: object) -> None:
        raise StoreUnavailable("pulled out")

    with caplog.at_level(logging.CRITICAL):
        monkeypatch.setattr(platform.engine.running["audit"].inbox.bus, "behind", down)
        answer = platform.get("/metrics")
        monkeypatch.undo()
    assert answer.status_code == 200
    assert "lienthong_parked{" in answer.text
    assert "lienthong_reader_lag{" not in answer.text


def test_the_log_can_be_followed(platform: HttpPlatform, account: str, me: Header, inspector: Header) -> None:
    """Page by page, every event once; personal data stands in it only sealed."""
    deposits(platform, account, me, 5)
    seen: list[dict[str, Any]] = []
    after = 0
    while page := platform.get(EVENTS, inspector, service="savings", after=after, limit=3).json():
        seen += page["items"]
        if after == page["next"]:
            break
        after = page["next"]
    assert [item["position"] for item in seen] == list(range(1, 8))
    assert [item["type"] for item in seen] == ["NumberTaken", "AccountOpened"] + ["PaidIn"] * 5
    assert "Nguyễn" not in str(seen)
    assert '"holder":"s1.' in seen[1]["data"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"service": "nobody"}, 404),
        ({}, 422),
        ({"service": "savings", "after": -1}, 422),
        ({"service": "savings", "after": 2**63 - 1}, 200),
        ({"service": "savings", "after": 2**63}, 422),
        ({"service": "savings", "after": "many"}, 422),
        ({"service": "savings", "limit": 0}, 422),
        ({"service": "savings", "limit": 501}, 422),
    ],
)
def test_ugly_pages_of_the_log_are_refused(
    platform: HttpPlatform, system: Header, query: dict[str, Any], status: int
) -> None:
    """No number is too large for a problem document."""
    answer = platform.get(EVENTS, system, **query)
    assert answer.status_code == status
    if status != 200:
        problem(answer)


def test_parked_messages_are_listed_with_what_is_wrong(platform: HttpPlatform, parked: None, inspector: Header) -> None:
    """Which, since when, how often tried, why; and what waits behind it."""
    first, second = platform.get(PARKED, inspector).json()["items"]
    assert (first["service"], first["subject"], first["sequence"], first["state"]) == ("audit", REF, 2, "parked")
    assert first["error"] == "CommandRefused: NoteDeposit was refused: ledger_shut"
    assert first["attempts"] == 3
    assert (second["sequence"], second["state"], second["error"]) == (3, "held", None)


def test_a_parked_message_is_tried_again_by_the_system_role(
    platform: HttpPlatform, parked: None, system: Header
) -> None:
    """It says whether it was taken; once it is, what waited follows."""
    retry = f"{PARKED}/audit/retry"
    assert platform.post(retry, system, WHICH).json() == {"taken": False}
    command(platform, OpenLedger(REF))
    assert platform.post(retry, system, WHICH).json() == {"taken": True}
    assert platform.get(PARKED, system).json() == {"items": []}
    assert problem(platform.post(retry, system, WHICH)) == "not_found"
    noted = [fields["amount_vnd"] for kind, fields in platform.events("audit") if kind == "DepositNoted"]
    assert noted == [1, 2]


def test_a_parked_message_is_discharged_with_a_reason(platform: HttpPlatform, parked: None, system: Header) -> None:
    """Who did it stands with it; what waited goes on."""
    command(platform, OpenLedger(REF))
    discharge = f"{PARKED}/audit/discharge"
    for reason in ("", "    ", None, "x" * 501):
        wanted = WHICH | ({} if reason is None else {"reason": reason})
        assert problem(platform.post(discharge, system, wanted)) == "invalid_request"
    assert platform.post(discharge, system, WHICH | {"reason": "entered by hand"}).json() == {"discharged": True}
    rows = platform.rows("audit", "SELECT by, reason, sequence FROM discharges")
    assert rows == [{"by": "system:rehearsal", "reason": "entered by hand", "sequence": 2}]
    noted = [fields["amount_vnd"] for kind, fields in platform.events("audit") if kind == "DepositNoted"]
    assert noted == [2]


def test_what_only_waits_cannot_be_discharged(platform: HttpPlatform, parked: None, system: Header) -> None:
    """It has not failed."""
    wanted = WHICH | {"sequence": 3, "reason": "in the way"}
    assert platform.post(f"{PARKED}/audit/discharge", system, wanted).json() == {"discharged": False}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{EVENTS}?service=savings", None),
        ("GET", PARKED, None),
        ("POST", f"{PARKED}/audit/retry", WHICH),
        ("POST", f"{PARKED}/audit/discharge", WHICH | {"reason": "because"}),
    ],
)
def test_operations_are_hidden_from_all_others(
    platform: HttpPlatform, parked: None, inspector: Header, method: str, path: str, body: Any
) -> None:
    """Like what does not exist; inspectors may look and not touch."""
    strangers: list[Header] = [{}, *(platform.token(role, **who) for role, who in OUTSIDERS)]
    for who in strangers + ([inspector] if method == "POST" else []):
        answer = platform.client.request(method, path, json=body, headers=who)
        assert (answer.status_code, problem(answer)) == (404, "not_found")
    assert len(platform.get(PARKED, inspector).json()["items"]) == 2


@pytest.mark.parametrize(
    ("service", "which", "code"),
    [
        ("nobody", WHICH, "not_found"),
        ("savings", WHICH, "not_found"),
        ("audit", WHICH | {"sequence": 99}, "not_found"),
        ("audit", WHICH | {"subject": "nobody"}, "not_found"),
        ("audit", WHICH | {"sequence": 10**30}, "not_found"),
        ("audit", WHICH | {"sequence": 0}, "invalid_request"),
        ("audit", {"subject": REF}, "invalid_request"),
        ("audit", WHICH | {"subject": "x" * 201}, "invalid_request"),
    ],
)
def test_what_is_not_parked_cannot_be_retried(
    platform: HttpPlatform, system: Header, service: str, which: dict[str, Any], code: str
) -> None:
    """Whatever one names."""
    assert problem(platform.post(f"{PARKED}/{service}/retry", system, which)) == code
