"""Faults of deadlines that the closest existing system is known for, each shown not to exist here.

The numbers are the sections of the project's study of OpenCPS v2: 2.10 (four engines that disagree, more time without a
reason, overdue days computed otherwise than the date), 3.2 (a child without a deadline), 3.3 (each side tells its own
state). Every journey is lived once more here, and whenever its clock is moved everybody is asked for the date.
"""

import inspect
import json
import pkgutil
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import uvicorn
from typer.testing import CliRunner

from cli.__main__ import app as cli
from kernel.calendar import VIETNAM
from kernel.working_time import working_minutes_between
from services.__main__ import asgi
from tests import journeys
from tests.harness import REGISTRY
from tests.journeys import people
from tests.journeys.people import (
    JUDICIAL_RECORD,
    NATIONAL_RECORDS,
    OLD_COMMUNE_DESK,
    POLICE,
    PROVINCE_DESK,
    WARD_DESK,
)
from tests.journeys.served import Embedded, Served
from tests.journeys.town import Town

Journey = Callable[[Town], None]

BEGINNINGS: Final = {"town": ("2026-09-07 08:00", WARD_DESK), "old_town": ("2021-09-13 07:00", OLD_COMMUNE_DESK)}
"""The fixture that a journey asks for → where and when its town begins."""
STARTS_WITHIN_S: Final = 20.0
OPEN: Final = ("ready", "taken_over", "acknowledged")
A_DATE: Final = r"\d\d/\d\d/\d{4} \d\d:\d\d"


def journeys_of_all() -> Iterator[Any]:
    """Give every journey that begins in a town of one of the fixtures."""
    for file in pkgutil.iter_modules(journeys.__path__):
        module = import_module(f"tests.journeys.{file.name}")
        known = ((name, one) for name, one in vars(module).items() if file.name.startswith("test_"))
        stories = [(name, one) for name, one in known if name.startswith("test_") and list(_asks(one)) == [True]]
        for name, journey in stories:
            yield pytest.param(journey, id=f"{file.name}-{name}")


def _asks(journey: Journey) -> Iterator[bool]:
    return (name in BEGINNINGS for name in inspect.signature(journey).parameters)


class Asked(Town):
    """A town in which everybody is asked for the date whenever the clock is moved."""

    def __init__(self, served: Served, desk: str) -> None:
        super().__init__(served, desk)
        self.answers = 0

    def at(self, local: str) -> datetime:
        instant = super().at(local)
        self.agree()
        return instant

    def agree(self) -> None:
        """Compare what the desk, the chain, the report and the derivation say of each date."""
        told = self.served.read(f"/dossiers/{self.ref}/clock", self.inspector) if self.ref else None
        if told is None or "legal" not in told:
            return
        report = self.served.read(f"/reports/dossiers/{self.ref}", self.inspector)
        desk, chain = self.dossier, self.chain
        assert report is not None
        dates = {"desk": desk["due_at"], "chain": chain["due_at"], "report": report["due_at"]}
        if told["legal"]["due_at"] is not None:
            dates["derivation"] = told["legal"]["due_at"]
        assert len(set(map(_instant, dates.values()))) == 1, dates
        assert len({_instant(one["promised_at"]) for one in (desk, chain, report)}) == 1
        steps = {step["step"]: step for step in report["steps"]}
        for step in chain["steps"]:
            assert _instant(step["due_at"]) == _instant(steps[step["step"]]["due_at"]), step["step"]
            assert step["stage"] not in OPEN or step["due_at"] is not None, "3.2: no step without a deadline"
        self._counted(told)
        self.answers += 1

    def _counted(self, told: dict[str, Any]) -> None:
        """2.10: late by how much is counted on the same calendar as the date, to the minute."""
        legal = told["legal"]
        if legal["overdue_since"] is None or (legal["limit"] or {}).get("unit", "").startswith("calendar"):
            return
        calendar = REGISTRY.calendar_version(legal["calendar_id"], legal["calendar_version"])
        until = min(filter(None, (_instant(told["ended_at"]), _instant(told["as_of"]))))
        late = working_minutes_between(calendar, _known(legal["overdue_since"]), until)
        assert -legal["left_minutes"] in (late, max(late, 1)), "a moment too late is late"


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _known(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextmanager
def at_an_address(town: Town) -> Iterator[str]:
    """Let a browser and the command line reach the town."""
    assert isinstance(town.served, Embedded)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(asgi(town.served._platform), log_level="critical", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + STARTS_WITHIN_S
        while not server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=STARTS_WITHIN_S)


def shown_at(url: str, ref: str) -> dict[str, str]:
    """Return the date as the dossier's page, the page of its time and the command line write it."""
    with httpx.Client(base_url=url, follow_redirects=True) as browser:
        browser.post("/api/v1/rehearsal/sessions", json={"role": "inspector"}).raise_for_status()
        dossier, of_time = (browser.get(f"/dossiers/{ref}{page}").raise_for_status().text for page in ("", "/clock"))
    printed = CliRunner().invoke(cli, ["clock", ref, "--url", url, "--json"])
    legal = json.loads(printed.stdout)["legal"]
    date = re.search(rf'appointment-time">({A_DATE})', dossier)
    first = re.search(rf"Hạn <strong>({A_DATE})", of_time)
    return {
        "page": "" if date is None else date.group(1),
        "page of its time": "" if first is None else first.group(1),
        "command line": "" if legal["due_at"] is None else as_shown(legal["due_at"]),
    }


def as_shown(instant: str) -> str:
    return f"{_known(instant).astimezone(VIETNAM):%d/%m/%Y %H:%M}"


@pytest.mark.parametrize("journey", [*journeys_of_all()])
def test_all_who_tell_a_date_tell_the_same_one(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2.10, 3.3: desk, chain, report, derivation, pages and command line, at every moment of every journey."""
    (beginning,) = (BEGINNINGS[name] for name in inspect.signature(journey).parameters)
    monkeypatch.setattr(inspect.getmodule(journey), "is_as_checked", lambda *told: None, raising=False)
    with Asked.embedded(tmp_path, *beginning) as town:
        assert isinstance(town, Asked)
        journey(town)
        town.agree()
        told = town.served.read(f"/dossiers/{town.ref}/clock", town.inspector)
        if told is None or "legal" not in told:
            return
        assert town.answers > 0
        with at_an_address(town) as url:
            shown = shown_at(url, town.ref)
        dates = {as_shown(town.dossier["due_at"])}
        if told["legal"]["stands_on"]:
            assert (shown["page of its time"], shown["command line"]) == ("", ""), "no date while the clock stands"
            shown = {"page": shown["page"]}
        assert set(shown.values()) == dates


def test_every_procedure_has_its_journeys(project: Path) -> None:
    """Else what was asked above would say nothing of those that are left out."""
    told = "".join(path.read_text(encoding="utf-8") for path in (project / "tests" / "journeys").glob("test_*.py"))
    played = {code for name, code in vars(people).items() if re.search(rf"\b{name}\b", told)}
    assert {one.code for one in REGISTRY.procedures()} <= played


def test_nobody_gives_himself_more_time(tmp_path: Path) -> None:
    """2.10: an officer sent any later date, without a reason and without a limit; here a ground of law gives it."""
    with Town.embedded(tmp_path, desk=PROVINCE_DESK) as town:
        town.submit(JUDICIAL_RECORD)
        town.accept()
        town.decide("opening", POLICE)
        town.acknowledge("national_lookup", NATIONAL_RECORDS)
        officer, step = town.officer_of(NATIONAL_RECORDS), "national_lookup"
        later = {"ground": "verification", "due_at": "2027-01-01T00:00:00Z"}
        assert town.refused("routing", "extend_limit", officer, later, step=step) == "invalid_request"
        workload = {"ground": "workload"}
        assert town.refused("routing", "extend_limit", officer, workload, step=step) == "ground_not_in_law"
