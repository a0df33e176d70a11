"""`lienthong clock`: the same derivation as the interface gives, for people and for scripts."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from cli.__main__ import app
from cli.remote import console
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


def test_the_agency_above_is_called_by_its_name(
    server: Served, laws: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was told of a delay has no step of its own, so no figures name it: the answer itself says every name."""
    monkeypatch.setattr(console, "width", 1_000)  # so that no name is broken into lines
    row = dossiers(server, "ref IN (SELECT ref FROM lateness WHERE what='escalated' AND to_agency<>'')")[0]
    seen = json.loads(clock(server, row["code"], "--json").stdout)
    above = {one["to_agency"] for one in seen["lateness"] if one["what"] == "escalated"}
    assert above
    printed = clock(server, row["code"]).stdout
    for id in above | {share["agency"] for share in seen["until_result"]["shares"] if share["agency"]}:
        known = laws.agency(id)
        assert seen["agencies"][id] == {"name_vi": known.name_vi, "name_en": known.name_en}
        assert f"{known.name_vi} ({id})" in printed


def test_what_was_not_accepted_has_no_clock(server: Served) -> None:
    """Nothing to print, and a script sees it."""
    row = dossiers(server, "accepted_at IS NULL AND submitted_at IS NOT NULL")[0]
    assert clock(server, row["ref"]).exit_code == 1
    assert clock(server, row["ref"], "--json").exit_code == 1
    assert clock(server, "H48.99999.01-260907-0001").exit_code == 1
