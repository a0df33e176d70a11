"""`lienthong incident`: told once, every dossier that it holds up stands still, and none loses or gains a minute more.

Law: NĐ 63/2024/NĐ-CP and NĐ 301/2026/NĐ-CP art. 4.7.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from chassis.web.auth import DESK_OFFICER, SYSTEM, Principal
from cli.__main__ import app
from cli.incident_told import Incident, declared
from cli.remote import Remote
from tests.cli.conftest import copy_of
from tests.cli.played import DESK
from tests.cli.served import Served, served

OF_OLD = "2026-09-01T00:00"
"""Before anything in the played store was handed in."""
LOOKED_WITHIN_S = 40.0
INTO_THE_WAIT_S = 1.0
PLAIN, PAPERS = "1.004873", ("declaration", "identity_paper", "residence_proof")
ROUNDED = timedelta(seconds=1)
"""The list of chains rounds an instant up."""


@pytest.fixture(scope="module")
def shared(played_store: Path, laws: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_of(played_store, tmp_path_factory.mktemp("incidents")), laws) as running:
        yield running


@pytest.fixture
def server(shared: Served) -> Iterator[Served]:
    """A server on which nothing is broken; afterwards an hour passes, so that no test has an incident of another."""
    yield shared
    assert incident(shared, "end", "--all", "--from", OF_OLD).exit_code == 0
    assert standing(shared) == {}
    pass_time(shared, hours=1)


def incident(server: Served, *words: str) -> Result:
    return CliRunner().invoke(app, ["incident", *words, "--url", server.url])


def declare(server: Served, *words: str) -> dict[str, Any]:
    told = incident(server, "declare", *words, "--why", "mất điện trung tâm dữ liệu", "--json")
    assert told.exit_code == 0, told.output
    return dict(json.loads(told.stdout))


def ended(server: Served, *words: str) -> dict[str, Any]:
    told = incident(server, "end", *words, "--json")
    assert told.exit_code == 0, told.output
    return dict(json.loads(told.stdout))


def standing(server: Served) -> dict[str, datetime]:
    """Return since when the clock of each dossier stands still because of an incident, once the reports have heard."""
    pass_time(server)
    listed = json.loads(incident(server, "list", "--json").stdout)
    return {one["ref"]: instant(group["since"]) for group in listed for one in group["dossiers"]}


def pass_time(server: Served, **delta: float) -> None:
    engine = server.platform.engine
    engine.move_clock(engine.clock.now() + timedelta(**delta)).result(timeout=60)


def ago(server: Served, **delta: float) -> str:
    return (server.platform.engine.clock.now() - timedelta(**delta)).isoformat()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def open_chains(server: Served) -> dict[str, dict[str, Any]]:
    rows = server.platform.engine.running["routing"].store.query("SELECT * FROM chains WHERE state='open'")
    return {str(row["ref"]): dict(row) for row in rows}


def chain(server: Served, ref: str) -> dict[str, Any]:
    return dict(Remote(server.url).get(f"/api/v1/dossiers/{ref}/chain"))


def head(server: Served) -> int:
    return server.platform.engine.running["routing"].store.head()


def accepted(server: Served, name: str) -> str:
    """Hand a dossier in at a ward's desk and accept it; return its reference."""
    desk, border = Principal(f"officer:{DESK}:1", DESK_OFFICER, DESK), server.platform.borders["intake"]
    dossier = {
        "procedure": PLAIN, "channel": "counter", "receiving_agency": DESK,
        "applicant": {"name": name, "personal_id": "062190001122"},
        "components": [{"code": code} for code in PAPERS], "facts": {"married_before": False, "issued_before": False},
    }  # fmt: skip
    handed_in = border.give("submit_dossier", desk, {}, dossier, f"hand in {name}").future.result(timeout=10)
    ref = str(json.loads(handed_in.body)["ref"])
    taken = border.give("accept_dossier", desk, {"ref": ref}, {}, f"accept {name}").future.result(timeout=10)
    assert taken.status == 200, taken.body
    server.platform.engine.when_idle(lambda: None).result(timeout=30)
    assert ref in open_chains(server)
    return ref


def test_told_once_every_open_dossier_stands_still_and_loses_nothing(server: Served) -> None:
    """What was accepted later stands still since it was; what was late before the incident began stays late."""
    before = open_chains(server)
    since = ago(server, days=4)
    told = declare(server, "--all", "--from", since)
    assert told["counts"] == {"stopped": len(before)}
    held = {ref: max(instant(since), instant(row["opened_at"])) for ref, row in before.items()}
    assert 1 < len(set(held.values())) < len(held)
    assert standing(server) == held
    late = {ref for ref in before if chain(server, ref)["overdue"]}
    pass_time(server, days=2)
    assert {ref for ref in before if chain(server, ref)["overdue"]} == late
    assert ended(server, "--all", "--from", since)["counts"] == {"resumed": len(before)}
    moved = {ref for ref, row in open_chains(server).items() if row["due_at"] > before[ref]["due_at"]}
    assert moved
    assert moved <= {ref for ref, row in before.items() if instant(row["due_at"]) >= instant(since)}


def test_told_again_nothing_is_repeated(server: Served) -> None:
    """Neither while it lasts nor once it is over; the log has not grown."""
    since = ago(server, minutes=30)
    count = declare(server, "--all", "--from", since)["counts"]["stopped"]
    grown = head(server)
    assert declare(server, "--all", "--from", since)["counts"] == {"stands_already": count}
    assert head(server) == grown
    ended(server, "--all", "--from", since)
    grown = head(server)
    assert ended(server, "--all", "--from", since)["counts"] == {}
    assert declare(server, "--all", "--from", since)["counts"] == {"ended_since": count}
    assert (standing(server), head(server)) == ({}, grown)


def test_whoever_runs_it_after_a_break_goes_on_where_it_stopped(
    copied_store: Callable[[], Path], laws: Registry
) -> None:
    """The server was lost after two; the others follow, the two are left alone, and every check holds afterwards."""
    data = copied_store()
    with served(data, laws) as lost:
        since, count = ago(lost, hours=2), len(open_chains(lost))
        telling = declared(Remote(lost.url, SYSTEM), Incident("", instant(since)), frozenset())
        assert [one.came_to for one in islice(telling, 2)] == ["stopped", "stopped"]
    with pytest.raises(typer.Exit):
        next(telling)
    with served(data, laws) as server:
        assert declare(server, "--all", "--from", since)["counts"] == {"stands_already": 2, "stopped": count - 2}
        pass_time(server, hours=5)
        assert ended(server, "--all", "--from", since)["counts"] == {"resumed": count}
    checked = CliRunner().invoke(app, ["verify", "--data", str(data)])
    assert checked.exit_code == 0, checked.output


def test_a_server_that_is_lost_ends_with_2_and_says_how_far_it_came(
    copied_store: Callable[[], Path], laws: Registry
) -> None:
    """Whoever reads it knows that running it again goes on."""
    with served(copied_store(), laws) as server:
        words = ("incident", "declare", "--all", "--from", ago(server, minutes=10), "--why", "x", "--every", "2")
        told = [sys.executable, "-m", "cli", *words, "--url", server.url]
        running = subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: len(standing(server)) == len(open_chains(server)))
    try:
        _, said = running.communicate(timeout=LOOKED_WITHIN_S)
    finally:
        running.kill()
    assert (running.returncode, "chạy lại đúng lệnh này để làm tiếp" in said) == (2, True), said


def test_what_goes_on_to_another_agency_is_not_left_behind(server: Served) -> None:
    """Whose system it was acted in it, and ends it wherever it lies now."""
    ref, held = next((ref, held) for ref in open_chains(server) if (held := passed_on(server, ref)))
    declare(server, "--all", "--from", ago(server, minutes=1))
    told = ended(server, "--agency", held, "--from", OF_OLD)
    assert [one["came_to"] for one in told["dossiers"] if one["ref"] == ref] == ["resumed"]
    assert ref not in standing(server)


def passed_on(server: Served, ref: str) -> str:
    """Return an agency that has decided a step of a dossier which lies with another now, or ""."""
    seen = chain(server, ref)
    holding = {holder["agency"] for holder in seen["holders"]} | {seen["receiving_agency"]}
    decided = (step["agency"] for step in seen["steps"] if step["stage"] == "decided")
    return next((agency for agency in decided if agency not in holding), "")


def test_what_is_accepted_meanwhile_stands_still_since_it_was(server: Served) -> None:
    """Run again, or left running with --every; nothing stands still before there was anything to hold up."""
    since = ago(server, minutes=10)
    declare(server, "--all", "--from", since)
    pass_time(server, minutes=20)
    ref, at = accepted(server, "Y Nhàn"), server.platform.engine.clock.now()
    assert ref not in standing(server)
    pass_time(server, minutes=20)
    assert declare(server, "--all", "--from", since)["counts"]["stopped"] == 1
    assert at <= standing(server)[ref] <= at + ROUNDED


def test_it_goes_on_looking_until_it_is_interrupted(server: Served) -> None:
    """Ctrl-C while it waits leaves nothing half done, so it ends well."""
    words = ("incident", "declare", "--all", "--from", ago(server, minutes=10), "--why", "x", "--every", "3")
    told = [sys.executable, "-m", "cli", *words, "--url", server.url]
    with subprocess.Popen(told, stdout=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}) as running:
        try:
            wait_for(lambda: len(standing(server)) == len(open_chains(server)))
            ref = accepted(server, "Y Mai")
            wait_for(lambda: ref in standing(server))
            time.sleep(INTO_THE_WAIT_S)
            running.send_signal(signal.SIGINT)
            printed, _ = running.communicate(timeout=LOOKED_WITHIN_S)
        finally:
            running.kill()
    assert (running.returncode, "1 hồ sơ: đồng hồ đã dừng" in printed) == (0, True), printed


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + LOOKED_WITHIN_S
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.1)


def busiest(server: Served) -> tuple[str, dict[str, datetime]]:
    """Return the agency with which most dossiers lie, each with since when."""
    lies: dict[str, dict[str, datetime]] = {}
    for ref in open_chains(server):
        for holder in chain(server, ref)["holders"]:
            if holder["agency"]:
                began = lies.setdefault(holder["agency"], {})
                began[ref] = min(instant(holder["since"]), began.get(ref, datetime.max.replace(tzinfo=UTC)))
    agency = max(sorted(lies), key=lambda one: len(lies[one]))
    return agency, lies[agency]


def test_an_agency_s_incident_stops_what_lies_with_it_since_it_does(server: Served) -> None:
    """Minutes that another agency had before are nobody's incident."""
    agency, held = busiest(server)
    assert held.keys() < open_chains(server).keys()
    assert declare(server, "--agency", agency, "--from", OF_OLD)["counts"] == {"stopped": len(held)}
    assert standing(server) == held
    assert ended(server, "--agency", agency, "--from", OF_OLD)["counts"] == {"resumed": len(held)}
    assert standing(server) == {}


def test_a_later_incident_s_end_leaves_an_earlier_one_on(server: Served) -> None:
    """The agency's system is still broken when the platform works again."""
    agency, held = busiest(server)
    earlier, later = ago(server, minutes=5), ago(server, minutes=1)
    declare(server, "--agency", agency, "--from", earlier)
    others = len(open_chains(server)) - len(held)
    assert declare(server, "--all", "--from", later)["counts"] == {"stopped": others, "stands_already": len(held)}
    assert ended(server, "--all", "--from", later)["counts"] == {"resumed": others, "began_earlier": len(held)}
    assert standing(server).keys() == held.keys()


def test_another_ground_goes_on_when_the_incident_is_over(server: Served) -> None:
    """Who waits for an applicant's supplement or payment waits for it still."""

    def grounds(ref: str) -> list[Any]:
        return [one for one in chain(server, ref)["standstills"] if one["ground"] != "incident"]

    still = {ref: grounds(ref) for ref in open_chains(server) if grounds(ref)}
    assert still
    since = ago(server, minutes=3)
    declare(server, "--all", "--from", since)
    assert still.keys() <= standing(server).keys()
    assert {ref: grounds(ref) for ref in still} == still
    ended(server, "--all", "--from", since)
    assert {ref: grounds(ref) for ref in still} == still


def test_a_refusal_is_counted_by_its_code_and_the_others_are_told(server: Served) -> None:
    """Somebody used the key of one dossier for something else."""
    since = ago(server, minutes=2)
    ref, *others = open_chains(server)
    key = Incident("", instant(since)).key("declare", since, ref)
    assert Remote(server.url, SYSTEM).attempt(f"/api/v1/dossiers/{ref}/incident", key, {"since": OF_OLD + "Z"}).code
    told = incident(server, "declare", "--all", "--from", since, "--why", "x")
    assert told.exit_code == 1
    assert "1 hồ sơ: bị từ chối (idempotency_key_reused)" in told.stderr
    assert standing(server).keys() == set(others)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("declare", "--all", "--from", "hôm qua", "--why", "x"), "Không đọc được thời điểm"),
        (("declare", "--all", "--from", "0001-01-01T00:00", "--why", "x"), "Không đọc được thời điểm"),
        (("declare", "--all", "--from", "2099-01-01T00:00", "--why", "x"), "An incident cannot begin after"),
        (("declare", "--all", "--from", OF_OLD, "--why", " "), "Say after --why what is broken"),
        (("declare", "--all", "--from", OF_OLD), "--why"),
        (("declare", "--from", OF_OLD, "--why", "x"), "Give either --agency CODE or --all"),
        (("declare", "--all", "--agency", "H48", "--from", OF_OLD, "--why", "x"), "Hãy chọn một trong hai"),
        (("declare", "--agency", "H48.99", "--from", OF_OLD, "--why", "x"), "Danh mục không có cơ quan H48.99"),
        (("end", "--agency", "H48.99", "--from", OF_OLD), "The registry has no agency H48.99"),
        (("end", "--all", "--from", "2099-01-01T00:00"), "Sự cố không thể bắt đầu sau"),
        (("end", "--from", OF_OLD), "Hãy chọn một trong hai"),
    ],
)
def test_what_cannot_be_meant_is_said_in_words_and_nothing_is_told(
    server: Served, words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, whatever the slip of the pen was."""
    before = head(server)
    told = incident(server, *words)
    assert (told.exit_code, said in told.stderr) == (2, True), told.output
    assert head(server) == before


@pytest.mark.parametrize("who", [{"role": "inspector"}, {"role": "system", "agency": "H48.05"}])
def test_only_the_platform_tells_of_incidents(
    server: Served, who: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lacks the right is told so once, and not by a refusal for each dossier; an inspector may look."""
    before = head(server)
    token = httpx.post(f"{server.url}/api/v1/rehearsal/tokens", json=who).json()["token"]
    monkeypatch.setenv("LIENTHONG_TOKEN", token)
    told = incident(server, "declare", "--all", "--from", OF_OLD, "--why", "x")
    assert (told.exit_code, "cần vai trò system" in told.stderr) == (1, True), told.output
    assert (head(server), incident(server, "list").exit_code) == (before, 0)
    monkeypatch.delenv("LIENTHONG_TOKEN")


def test_people_read_it_in_both_languages(server: Served) -> None:
    """Vietnamese first; and what to do about those that come later."""
    agency, held = busiest(server)
    told = incident(server, "declare", "--agency", agency, "--from", ago(server, minutes=1), "--why", "hỏng [máy chủ]")
    assert f"{len(held)} hồ sơ: đồng hồ đã dừng / dossiers: the clock stands still" in told.stdout
    assert "hỏng [máy chủ]" in told.stdout
    assert "run the same command again" in told.stdout
    assert f"({agency}): " in incident(server, "list").stdout
    ended(server, "--all", "--from", OF_OLD)
    assert "Không có hồ sơ nào dừng" in incident(server, "list").stdout


def test_no_server_ends_with_2() -> None:
    """Nothing was told, and a script sees it."""
    words = ["incident", "end", "--all", "--from", OF_OLD, "--url", "http://127.0.0.1:1"]
    assert CliRunner().invoke(app, words).exit_code == 2
