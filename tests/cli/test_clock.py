"""`lienthong clock`: the same derivation as the interface gives, and what `verify` checks of it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from cli.__main__ import app
from cli.clock_books import clock_inspections
from services.__main__ import compose
from tests.cli.conftest import copy_of
from tests.cli.served import Served, served


@pytest.fixture(scope="module")
def server(played_store: Path, laws: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_of(played_store, tmp_path_factory.mktemp("clocks")), laws) as running:
        yield running


def clock(server: Served, code: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["clock", code, "--url", server.url, *options])


def dossiers(server: Served, where: str) -> list[dict[str, Any]]:
    store = server.platform.engine.running["reporting"].store
    return [dict(row) for row in store.query(f"SELECT ref, code FROM dossiers WHERE {where} ORDER BY ref")]


def test_every_accepted_dossier_tells_its_time(server: Served) -> None:
    """By code and by reference; the shares add up, in exact fractions."""
    for row in dossiers(server, "accepted_at IS NOT NULL"):
        seen = json.loads(clock(server, row["code"], "--json").stdout)
        assert seen == json.loads(clock(server, row["ref"], "--json").stdout)
        shared = sum(Fraction(share["exact"]) for share in seen["until_result"]["shares"])
        assert shared == seen["until_result"]["whole_minutes"]
        assert seen["legal"]["derivation"][0]["start"] <= seen["accepted_at"]


def test_a_clerk_reads_it_as_tables(server: Served) -> None:
    """Both clocks with their law, the appointments, and whose time it was."""
    row = dossiers(server, "phase='handed_out'")[0]
    printed = clock(server, row["code"])
    assert printed.exit_code == 0
    for said in ("legal clock (NĐ 61/2018 art. 19.4)", "scoring clock (QĐ 766/QĐ-TTg)", "Appointments", "together"):
        assert said in printed.stdout


def test_what_was_not_accepted_has_no_clock(server: Served) -> None:
    """Nothing to print, and a script sees it."""
    row = dossiers(server, "accepted_at IS NULL AND submitted_at IS NOT NULL")[0]
    assert clock(server, row["ref"]).exit_code == 1
    assert clock(server, row["ref"], "--json").exit_code == 1
    assert clock(server, "H48.99999.01-260907-0001").exit_code == 1


@pytest.mark.parametrize(
    ("damage", "found_by"),
    [
        ("UPDATE appointments SET due_at='2026-12-24T01:00:00.000000+00:00' WHERE given_limit IS NOT NULL", "clocks"),
        ("UPDATE dossiers SET calendar_version='of another day' WHERE accepted_at IS NOT NULL", "shares"),
    ],
)
def test_verify_finds_a_date_that_does_not_follow(
    played_store: Path, laws: Registry, tmp_path: Path, damage: str, found_by: str
) -> None:
    """Never moved silently: a date that no limit, calendar and standstill leads to is named."""
    data = copy_of(played_store, tmp_path)
    platform = compose(data, rehearsal=True, registry=laws)
    try:
        before = {one.name: one.carry_out() for one in clock_inspections(platform.engine, laws)}
        assert [(one.broken_count, one.counted > 0) for one in before.values()] == [(0, True), (0, True)]
    finally:
        platform.close()
    with closing(sqlite3.connect(data / "reporting.db")) as store:
        store.execute(damage)
        store.commit()
    platform = compose(data, rehearsal=True, registry=laws)
    try:
        after = {one.name: one.carry_out() for one in clock_inspections(platform.engine, laws)}
        assert after[found_by].broken_count > 0
    finally:
        platform.close()
