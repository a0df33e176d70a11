"""Every procedure of the registry can be handed in and accepted at its desk, in each case that its facts can make."""

from datetime import UTC, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

from kernel.agency import Agency
from kernel.procedure import Procedure
from services.intake.domain.completeness import missing
from services.intake.domain.words import ComponentGiven, FactValue
from services.intake.wiring import service
from tests.harness import REGISTRY, START, Platform, body_of
from tests.intake.people import FIRM, LAN, MINH
from tests.intake.test_desk import EVERYTHING

CASES_LIMIT = 24
COMMUNE_SEAT = "commune_committee"


def day_for(procedure: Procedure) -> datetime:
    """Return a moment at which the procedure is in force: the tests' own Monday, or the second Monday of its time."""
    if procedure.valid_from <= START.date() and (procedure.valid_to is None or START.date() < procedure.valid_to):
        return START
    begins = datetime.combine(procedure.valid_from, START.timetz()).astimezone(UTC)
    return begins + timedelta(days=14 - begins.weekday())


def desk_for(procedure: Procedure, at: datetime) -> Agency:
    return next(
        agency
        for agency in REGISTRY.agencies()
        if agency.kind in procedure.receiving_kinds and agency.stands_on(at.date())
    )


def area_for(desk: Agency, at: datetime) -> str | None:
    """Return the commune of a desk that serves them all, so that it is known who acts."""
    if desk.area is not None:
        return None
    seats = (one for one in REGISTRY.agencies() if one.kind == COMMUNE_SEAT and one.stands_on(at.date()))
    return next((seat.area for seat in seats if seat.id.split(".")[0] == desk.id.split(".")[0]), None)


def cases_of(procedure: Procedure) -> list[dict[str, FactValue]]:
    """Return every way to answer its questions, or so many of them that each answer is among them."""
    answers: list[tuple[FactValue, ...]] = []
    for kind in procedure.facts.values():
        words: dict[str, tuple[FactValue, ...]] = {"bool": (False, True), "int": (0, 2), "str": ("word",)}
        answers.append(kind if isinstance(kind, tuple) else words[kind])
    every = (dict(zip(procedure.facts, chosen, strict=True)) for chosen in product(*answers))
    return list(islice(every, CASES_LIMIT))


def body_for(procedure: Procedure, facts: dict[str, FactValue], desk: Agency, area: str | None) -> dict[str, Any]:
    rule = procedure.submitters[0]
    firm = rule.relation != "self" and any(one.relation == "legal_representative" for one in procedure.submitters)
    people: dict[str, Any] = {"applicant": FIRM, "applicant_kind": "enterprise"} if firm else {"applicant": LAN}
    if rule.relation != "self":
        people |= {"submitter": MINH, "relation": rule.relation}
    given: tuple[ComponentGiven, ...] = ()
    lacks = missing(procedure, rule.relation, facts, given)
    return people | {
        "procedure": procedure.code,
        "channel": procedure.channels[0],
        "receiving_agency": desk.id,
        "area": area,
        "components": [{"code": code} for code in lacks],
        "facts": facts,
        "hand_out_by": next(way for way in procedure.hand_out_ways if way != "post"),
    }


@pytest.mark.parametrize("procedure", REGISTRY.procedures(), ids=lambda one: f"{one.code}-{one.version}")
def test_a_procedure_can_be_handed_in_and_accepted(procedure: Procedure, tmp_path: Path) -> None:
    """NĐ 61/2018 art. 17: complete, it gets a code and a date; who acts follows from the steps this dossier takes."""
    at = day_for(procedure)
    desk = desk_for(procedure, at)
    area = area_for(desk, at)
    platform = Platform(tmp_path, (service,), at)
    try:
        for facts in cases_of(procedure):
            body = body_for(procedure, facts, desk, area)
            handed_in = platform.give("intake", "submit_dossier", EVERYTHING, body)
            assert handed_in.status == 201, (facts, body_of(handed_in))
            ref = body_of(handed_in)["ref"]
            accepted = platform.give("intake", "accept_dossier", EVERYTHING, ref=ref)
            assert accepted.status == 200, (facts, body_of(accepted))
            if body_of(accepted)["status"] == "awaiting_payment":
                continue
            shown = platform.look("intake", "show_dossier", EVERYTHING, ref=ref)
            assert shown is not None
            assert datetime.fromisoformat(shown["due_at"]) > at, facts
        acting = [data["agencies"] for kind, data in platform.events("intake") if kind == "DossierSubmitted"]
        assert all(acting)
    finally:
        platform.close()
