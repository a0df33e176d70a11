"""After a restore a service says its sequences anew: no row of before may be written over by one of afterwards.

The same days are lived twice, by the server that was lost after its backup and by the one that was restored from it.
Apart from who said it, both must know the same of the dossier, and it must follow from the logs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chassis.backup import back_up
from chassis.restoring import restore
from cli.__main__ import app
from kernel.calendar import VIETNAM
from tests.journeys.people import MARITAL_STATUS, WARD
from tests.journeys.town import Town
from tests.postgres_server import ON_POSTGRES

pytestmark = pytest.mark.skipif(ON_POSTGRES, reason="a folder is what is backed up and restored here")

Rows = dict[str, list[str]]

TOLD_AGAIN = ("holdings", "appointments", "standstills", "supplements", "lateness")
"""Tables whose rows are told apart by who said them, and in which both parts of the story leave some."""
WHO_SAID_IT = {"generation", "sequence", "source", "id", "causation"}


@dataclass(frozen=True, slots=True)
class Lives:
    """What reporting knew at the backup, in the end where it was lost, and in the end where it was restored."""

    before: Rows
    lost: Rows
    restored: Rows
    stores: Path


def until_the_backup(town: Town) -> None:
    """The desk asks for a paper and accepts; the ward is late with its apology, then finds a paper that will not do."""
    town.at("2026-09-07 09:00")
    town.submit(MARITAL_STATUS, without=("residence_proof",))
    town.ask_for("residence_proof")
    town.at("2026-09-07 14:00")
    town.bring("residence_proof")
    town.accept()
    town.at("2026-09-10 15:00")
    town.send_back("certificate", WARD, to="desk")
    town.ask_for("identity_paper")


def after_the_backup(town: Town) -> None:
    """The applicant supplements, the clock starts again, stands still once more, and the ward is late again."""
    town.at("2026-09-14 09:00")
    town.bring("identity_paper")
    town.answer("certificate")
    town.at("2026-09-15 09:00")
    town.send_back("certificate", WARD, to="desk")
    town.ask_for("declaration")
    town.at("2026-09-16 09:00")
    town.bring("declaration")
    town.answer("certificate")
    town.at("2026-09-22 09:00")
    town.decide("certificate", WARD, number="17/XN")
    town.pay_cash()
    town.collect()


def rows_of(town: Town) -> Rows:
    """Return what the read models know, apart from who said it."""
    store = town.served.store("reporting")
    tables = ("dossiers", "steps", "obligations", "timeline", *TOLD_AGAIN)
    return {table: sorted(map(_plain, store.query(f"SELECT * FROM {table}"))) for table in tables}


def _plain(row: Mapping[str, Any]) -> str:
    return repr({name: value for name, value in row.items() if name not in WHO_SAID_IT})


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    folder = tmp_path_factory.mktemp("restored")
    with Town.embedded(folder / "lost") as town:
        until_the_backup(town)
        now, before = town.served.now, rows_of(town)
        back_up(folder / "lost", folder / "backup", now, datetime.now(UTC), with_keys=True)
        after_the_backup(town)
        lost, known = rows_of(town), (town.ref, town.procedure, town.people)
    restore(folder / "backup", folder / "restored", datetime.now(UTC))
    with Town.embedded(folder / "restored", f"{now.astimezone(VIETNAM):%Y-%m-%d %H:%M}") as town:
        town.ref, town.procedure, town.people = known
        after_the_backup(town)
        restored = rows_of(town)
    return Lives(before, lost, restored, folder / "restored")


@pytest.mark.parametrize("table", TOLD_AGAIN)
def test_both_parts_of_the_story_leave_rows(lives: Lives, table: str) -> None:
    """Else nothing could have been written over, and what follows would show nothing."""
    assert 0 < len(lives.before[table]) < len(lives.lost[table])


def test_no_row_is_lost_by_a_restore(lives: Lives) -> None:
    """docs/backup.md: what is brought back is a new source, whose sequences begin at 1."""
    assert lives.restored == lives.lost


def test_the_read_models_equal_those_built_anew(lives: Lives) -> None:
    """And the shares still add up, and every date follows."""
    found = json.loads(CliRunner().invoke(app, ["verify", "--data", str(lives.stores), "--json"]).stdout)
    assert [line for one in found for line in one["broken"]] == []
    checked = {one["name"]: one["counted"] for one in found if one["service"] == "reporting"}
    assert min(checked[name] for name in ("rows", "shares", "clocks")) > 0
