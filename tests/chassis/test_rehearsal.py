"""In rehearsal the clock is moved over HTTP, everything catches up on the way, and anybody can be anybody."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from chassis.clock import RehearsalClock
from chassis.run import embedded
from chassis.vault import SqliteVault
from chassis.web.app import application
from chassis.web.auth import DevelopmentIssuer
from chassis.web.rehearsal import rehearsal
from tests.chassis.audit import AUDIT
from tests.chassis.border import AGENCY, MINE, Header, amount, problem
from tests.chassis.savings_desk import DORMANT_AFTER, SAVINGS
from tests.harness import START
from tests.http_harness import HttpPlatform

CLOCK = "/api/v1/rehearsal/clock"


def moved(platform: HttpPlatform, to: datetime | str) -> Any:
    wanted = to if isinstance(to, str) else to.isoformat()
    return platform.client.post(CLOCK, json={"to": wanted})


def dormant(platform: HttpPlatform) -> list[str]:
    return [fields["at"] for kind, fields in platform.events("savings") if kind == "AccountDormant"]


def test_the_clock_moves_forward_only(platform: HttpPlatform) -> None:
    """409 and a problem document; it stands where it stood."""
    assert moved(platform, START + timedelta(days=1)).json()["now"] == (START + timedelta(days=1)).isoformat()
    back = moved(platform, START)
    assert (back.status_code, problem(back)) == (409, "clock_moves_forward_only")
    assert platform.client.get(CLOCK).json()["now"] == (START + timedelta(days=1)).isoformat()


def test_before_it_has_moved_every_timer_has_fired_and_every_reader_caught_up(
    platform: HttpPlatform, account: str, me: Header
) -> None:
    """Each timer at its own hour, however far the move; what follows from it is heard before the answer."""
    platform.client.post(f"{account}/deposits", json=amount(5, "s1"), headers={**me, "Idempotency-Key": "k"})
    assert moved(platform, START + timedelta(days=100)).status_code == 200
    assert dormant(platform) == [(START + DORMANT_AFTER).isoformat().replace("+00:00", "Z")]
    assert [kind for kind, _ in platform.events("audit")] == ["Known", "DepositNoted", "Deposited"]


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("2026-09-08T08:00:00+07:00", 200),
        ("2026-09-08T08:00:00", 422),
        ("tomorrow", 422),
        ("9999-12-31T23:59:59Z", 422),
        ("0001-01-01T00:00:00+14:00", 422),
        ("2026-13-01T00:00:00Z", 422),
        ("", 422),
    ],
)
def test_only_an_hour_that_calendars_know_can_be_set(platform: HttpPlatform, to: str, status: int) -> None:
    """With its offset; inside it is UTC."""
    answer = moved(platform, to)
    assert answer.status_code == status
    now = START + timedelta(days=1) if status == 200 else START
    assert platform.client.get(CLOCK).json()["now"] == now.isoformat()


def test_released_it_runs_with_the_wall_after_all_timers_in_between(
    platform: HttpPlatform, account: str, me: Header
) -> None:
    """Demo ends so: the timers of the weeks up to now fire at their hours, not at the wall's; then nobody sets it."""
    released = platform.client.post(f"{CLOCK}/release").json()
    assert (released["released"], released["untouched"]) == (True, False)
    due = START + DORMANT_AFTER
    fired = [at.replace("Z", "+00:00") for at in dormant(platform)]
    assert fired == ([due.isoformat()] if due <= datetime.now(UTC) else [])
    assert datetime.fromisoformat(released["now"]) >= START
    assert problem(moved(platform, datetime.now(UTC) + timedelta(days=1))) == "clock_moves_forward_only"


def served(data: Path) -> tuple[FastAPI, Any]:
    """Return a rehearsal server on a folder that nobody has set the clock of."""
    vault = SqliteVault(data / "vault.db", data / "vault.key")
    engine = embedded([SAVINGS, AUDIT], data, RehearsalClock(data / "clock.json"), durable_first=vault.settle)
    engine.start()
    return application("x", [rehearsal(engine, DevelopmentIssuer(data / "issuer.key"), vault)]), engine


def test_an_untouched_clock_may_be_set_to_the_past_once(tmp_path: Path) -> None:
    """Then it only moves forward; and it tells in which of its three states it is."""
    app, engine = served(tmp_path)
    client = TestClient(app)
    fresh = client.get(CLOCK).json()
    assert (fresh["untouched"], fresh["released"]) == (True, False)
    assert abs(datetime.fromisoformat(fresh["now"]) - datetime.now(UTC)) < timedelta(seconds=30)
    past = datetime(2021, 1, 4, 1, 0, tzinfo=UTC)
    answer = client.post(CLOCK, json={"to": past.isoformat()}).json()
    assert answer == {"now": past.isoformat(), "untouched": False, "released": False}
    assert client.post(CLOCK, json={"to": "2020-01-01T00:00:00Z"}).status_code == 409
    engine.stop()
    app, engine = served(tmp_path)
    assert TestClient(app).get(CLOCK).json() == answer
    engine.stop()


def test_a_clock_that_is_moved_while_the_server_stops_says_so(tmp_path: Path) -> None:
    """503, not a hanging request."""
    app, engine = served(tmp_path)
    engine.stop()
    assert problem(TestClient(app).post(CLOCK, json={"to": START.isoformat()})) == "try_again"


def test_anybody_can_be_anybody(platform: HttpPlatform, account: str) -> None:
    """The same personal id is the same person each time; the token has no personal id in it."""
    tokens = [
        platform.client.post("/api/v1/rehearsal/tokens", json={"role": "applicant", "personal_id": MINE}).json()
        for _ in range(2)
    ]
    assert tokens[0]["person"] == tokens[1]["person"] != ""
    assert MINE not in tokens[0]["token"]
    officer = platform.client.post("/api/v1/rehearsal/tokens", json={"role": "desk_officer", "agency": AGENCY}).json()
    header = {"Authorization": f"Bearer {officer['token']}"}
    assert platform.get(account, header).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "mayor"},
        {"role": "applicant", "personal_id": "0" * 13},
        {"role": "applicant", "lifetime_s": 10**9},
        {"role": "applicant", "id": "x" * 101},
        {"role": "applicant", "personal_id": ["0"]},
    ],
)
def test_whom_to_be_must_be_somebody(shared: HttpPlatform, body: dict[str, Any]) -> None:
    """Limits hold in rehearsal, too."""
    assert problem(shared.client.post("/api/v1/rehearsal/tokens", json=body)) == "invalid_request"


def test_without_rehearsal_there_is_no_way_to_set_the_clock(tmp_path: Path) -> None:
    """None of these routes exists."""
    client = TestClient(application("x", []))
    for path in (CLOCK, f"{CLOCK}/release", "/api/v1/rehearsal/tokens", "/api/v1/rehearsal/sessions"):
        assert problem(client.post(path, json={"to": START.isoformat()})) == "not_found"


def test_people_of_rehearsal_are_kept_before_they_are_told(tmp_path: Path) -> None:
    """A token outlives the server; its person must be the same after a restart."""
    persons = []
    for _ in range(2):
        with HttpPlatform(tmp_path, ()) as platform:
            wanted = {"role": "applicant", "personal_id": MINE}
            persons.append(platform.client.post("/api/v1/rehearsal/tokens", json=wanted).json()["person"])
            platform.vault._drafts.clear()  # what a kill would do
    assert persons[0] == persons[1]
