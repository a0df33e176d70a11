"""Whom one can be in a rehearsal: agencies that stand today first, those of the past under a heading of their own."""

import re
from pathlib import Path
from typing import Final

from starlette.testclient import TestClient

from services.__main__ import asgi, compose
from tests.harness import REGISTRY
from tests.journeys.people import OLD_COMMUNE, OLD_COMMUNE_DESK, SOCIAL_BENEFIT
from tests.journeys.town import Town
from tests.pages.site import DESK, Site

PAST: Final = '<optgroup label="Cơ quan trước đây, nay không còn">'
ASKED: Final = {
    "response_type": "code", "client_id": "c", "redirect_uri": "http://127.0.0.1:1/back", "scope": "openid",
    "state": "s", "nonce": "n", "code_challenge": "x" * 43, "code_challenge_method": "S256",
}  # fmt: skip


def offered(page: str, field: str) -> tuple[list[str], list[str]]:
    """Return the agencies of one field: those of today, and those below the heading."""
    choices = page.split(f'id="{field}"')[1].split("</select>")[0]
    today, _, past = choices.partition(PAST)
    return re.findall(r'value="([^"]+)"', today), re.findall(r'value="([^"]+)"', past)


def test_the_offices_of_today_come_before_those_of_the_past(tmp_path: Path) -> None:
    """A dossier of 2021 lies in the stores: its township is there to be taken, and is not the first thing one meets."""
    with Town.embedded(tmp_path, at="2021-09-13 08:00", desk=OLD_COMMUNE_DESK) as town:
        town.submit(SOCIAL_BENEFIT)
        town.accept()
        town.at("2026-09-07 08:00")
    platform = compose(tmp_path, rehearsal=True, registry=REGISTRY)
    platform.engine.start()
    try:
        page = TestClient(asgi(platform)).get("/sign-in").text
    finally:
        platform.close()
    stand = {one.id for one in REGISTRY.agencies() if one.valid_to is None}
    for role in ("desk_officer", "accountant"):
        today, past = offered(page, f"agency-{role}")
        assert past == [OLD_COMMUNE_DESK]
        assert DESK in today
        assert set(today) <= stand
    today, past = offered(page, "agency-agency_officer")
    assert OLD_COMMUNE in past
    assert not stand & set(past)


def test_there_is_no_heading_over_nothing(site: Site) -> None:
    """Where every agency stands."""
    assert "optgroup" not in site.nobody.get("/sign-in").text


def test_the_rehearsals_issuer_has_them_in_the_same_order(site: Site) -> None:
    """Every agency that there ever was, each once."""
    today, past = offered(site.nobody.get("/oidc/authorize", params=ASKED).text, "agency")
    assert DESK in today
    assert OLD_COMMUNE_DESK in past
    assert len({*today, *past}) == len(today) + len(past) == len(REGISTRY.agencies())
