"""`lienthong dossier show`: what a clerk sees of one dossier, from every service that knows something of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.registry import Registry
from chassis.web.auth import POSTAL_STAFF, Principal
from cli.__main__ import app
from tests.cli.conftest import copy_of
from tests.cli.served import Served, served

CLOCK = r"Clock of whole chain: .* of working time used, .* (left|late), due \d\d/\d\d/\d{4} \d\d:\d\d"
PLAIN = "1.004873"
"""One step, and no standstill that stops its clock."""
UNKNOWN = ("H48.99999.01-260907-0001", "../procedures", "%2e%2e", "?", "a b", "01M1YVR603SSZ13PYJW6W5HA7")


@pytest.fixture(scope="module")
def server(played_store: Path, laws: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(copy_of(played_store, tmp_path_factory.mktemp("shown")), laws) as running:
        yield running


def show(server: Served, code: str, *options: str) -> Result:
    return CliRunner().invoke(app, ["dossier", "show", code, "--url", server.url, *options])


def chosen(server: Served, service: str, sql: str) -> dict[str, Any]:
    return dict(server.platform.engine.running[service].store.query(f"{sql} LIMIT 1")[0])


def test_a_dossier_is_shown_by_its_code_and_by_its_reference(server: Served) -> None:
    """Every path takes either; the applicant knows the code, another system the reference."""
    row = chosen(server, "intake", "SELECT ref, code FROM dossiers WHERE status='handed_out'")
    by_code, by_ref = show(server, row["code"], "--json"), show(server, row["ref"], "--json")
    assert (by_code.exit_code, by_ref.exit_code) == (0, 0)
    assert json.loads(by_code.stdout) == json.loads(by_ref.stdout)
    assert json.loads(by_code.stdout)["dossier"]["ref"] == row["ref"]


def test_every_service_says_what_it_knows(server: Served) -> None:
    """State, chain, clock, money, parcels and timeline, for a dossier that went by post and was paid for."""
    row = chosen(
        server, "reporting",
        "SELECT ref FROM dossiers WHERE has_parcel=1 AND paid_by IN ('cash', 'vnpay') AND phase='handed_out'",
    )  # fmt: skip
    seen = json.loads(show(server, row["ref"], "--json").stdout)
    assert seen["dossier"]["status"] == "handed_out"
    assert seen["report"]["status"] == "handed_out"
    assert seen["chain"]["state"] == "granted"
    assert seen["clocks"]["clocks"] == []
    assert seen["obligation"]["standing"] == "settled"
    assert {parcel["leg"] for parcel in seen["parcels"]} <= {"collection", "delivery"}
    assert seen["parcels"]
    assert seen["timeline"][0]["event"] == "DossierSubmitted"


def test_a_clerk_reads_where_it_lies_and_what_time_is_left(server: Served) -> None:
    """Names instead of codes, and whose minute it is."""
    row = chosen(server, "routing", f"SELECT ref, code FROM chains WHERE state='open' AND procedure='{PLAIN}'")
    seen = json.loads(show(server, row["ref"], "--json").stdout)
    result = show(server, row["code"])
    assert result.exit_code == 0
    assert row["code"] in result.stdout.splitlines()[0]
    assert re.search(r"lies with +\S", result.stdout)
    assert re.search(CLOCK, result.stdout)
    assert "Timeline" in result.stdout
    assert "dossier submitted" in result.stdout
    assert all(step["step"] not in result.stdout for step in seen["chain"]["steps"]), "steps have names"


def test_what_there_is_not_is_not_shown(server: Served) -> None:
    """A dossier that was just handed in has no chain, no fee and no code."""
    row = chosen(server, "intake", "SELECT ref FROM dossiers WHERE status='submitted'")
    seen = json.loads(show(server, row["ref"], "--json").stdout)
    assert (seen["chain"], seen["clocks"], seen["obligation"]) == (None, None, None)
    result = show(server, row["ref"])
    assert result.exit_code == 0
    assert "no code yet" in result.stdout
    assert "Chain:" not in result.stdout
    assert "Money:" not in result.stdout


def test_every_dossier_can_be_shown(server: Served) -> None:
    """Whatever became of it."""
    rows = server.platform.engine.running["intake"].store.query(
        "SELECT min(ref) AS ref FROM dossiers GROUP BY status, procedure"
    )
    assert len(rows) > 8
    for row in rows:
        result = show(server, row["ref"])
        assert result.exit_code == 0, (row["ref"], result.output)
        assert "None" not in result.stdout


@pytest.mark.parametrize("code", UNKNOWN)
def test_an_unknown_code_is_a_plain_sentence(server: Served, code: str) -> None:
    """Exit code 1; whatever was typed leads to no other address."""
    result = show(server, code)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"No dossier has the code or reference {code}.\n"


def test_who_is_not_concerned_sees_code_and_completion(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """TT 01/2018/TT-VPCP art. 16: a look from outside shows the code and the degree of completion, no more."""
    row = chosen(server, "intake", "SELECT ref, code FROM dossiers WHERE status='handed_out'")
    token = server.platform.issuer.issue(Principal("postal_staff:1", POSTAL_STAFF))
    monkeypatch.setenv("LIENTHONG_TOKEN", token)
    assert show(server, row["code"]).stdout == f"{row['code']}: 100 % complete\n"
    seen = json.loads(show(server, row["code"], "--json").stdout)["dossier"]
    assert {name for name, value in seen.items() if value not in (None, [], {})} == {"code", "completion"}
