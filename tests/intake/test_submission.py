"""How a dossier comes to the desk."""

from dataclasses import replace
from typing import Any

import pytest

from kernel.condition import Is
from kernel.procedure import SubmitterRule
from services.intake.domain.commands import RecordCollectionFailed, RecordHandover
from services.intake.domain.dossier import decider
from services.intake.domain.events import DossierStopped, DossierSubmitted, PapersReceived
from services.intake.domain.words import ComponentGiven
from tests.intake.cases import (
    AGENCY,
    BUNDLE,
    BY_POST,
    CERTIFICATE,
    DECLARATION,
    IDENTITY,
    KARAOKE,
    LATER,
    MONDAY,
    PAPERS,
    REF,
    SUBMIT,
    SUBMITTED,
    TUESDAY,
    WITHDRAWN,
    at,
    given_paper,
)
from tests.spec import given


def test_a_dossier_is_submitted_and_pinned_to_the_version_in_force() -> None:
    """A dossier accepted under one rule set finishes under it (transition rule of nearly every decree)."""
    given(decider).when(SUBMIT).then(SUBMITTED)


def test_a_dossier_is_submitted_once() -> None:
    """Sealing the same text twice gives two texts, so the sealed parts do not tell a repeat from another dossier."""
    given(decider, SUBMITTED).when(replace(SUBMIT, particulars="s1.p1.sealed-again", now=LATER)).then_nothing()


def test_another_submission_under_the_same_reference_is_refused() -> None:
    """NĐ 61/2018 art. 5: dossier data is not altered."""
    given(decider, SUBMITTED).when(replace(SUBMIT, category="poor_household")).refused("submitted_differently")


def test_an_incomplete_dossier_may_be_handed_in() -> None:
    """NĐ 61/2018 art. 11.2c: what is missing is asked for at the desk, not turned away at the door."""
    given(decider).when(replace(SUBMIT, components=())).then(replace(SUBMITTED, components=()))


@pytest.mark.parametrize(
    ("channel", "fee_rule", "fee_due"),
    [
        ("counter", "marital_status_certificate", "before_hand_out"),
        ("counter", None, "none"),
    ],
)
def test_nothing_is_waited_for_where_no_fee_rule_stands(channel: str, fee_rule: str | None, fee_due: str) -> None:
    """An obligation that nobody raises is never settled."""
    command = replace(SUBMIT, published=replace(CERTIFICATE, fee_rule=fee_rule))
    (event,) = given(decider).when(command).then_kinds(DossierSubmitted)
    assert event.fee_due == fee_due


ABROAD = replace(
    CERTIFICATE,
    facts={"residence": ("home", "abroad")},
    submitters=(SubmitterRule("self", None), SubmitterRule("attorney", None, Is("residence", ("abroad",)))),
)
FROM_DATA = replace(
    CERTIFICATE,
    components=tuple(
        replace(part, reuse=("POP", "CIV")) if part.code in ("identity_paper", "previous_certificate") else part
        for part in CERTIFICATE.components
    ),
)


def test_a_fact_may_be_one_of_some_words() -> None:
    """NĐ 61/2018 art. 17.1: what is declared is one of what the procedure asks, and the refusal names the choice."""
    command = replace(SUBMIT, published=ABROAD, facts={"residence": "abroad"})
    given(decider).when(command).then(replace(SUBMITTED, facts={"residence": "abroad"}))
    refused = given(decider).when(replace(command, facts={"residence": "x"})).refused("facts_do_not_fit")
    assert [(one.name, one.reason) for one in refused.invalid] == [("facts.residence", "one of home, abroad")]


def test_some_may_hand_in_on_some_occasions_only() -> None:
    """NĐ 118/2025 art. 15; Luật Lý lịch tư pháp: who may act for the applicant can depend on what is asked for."""
    command = replace(SUBMIT, published=ABROAD, facts={"residence": "abroad"}, relation="attorney", submitter="p2")
    (event,) = given(decider).when(command).then_kinds(DossierSubmitted)
    assert event.relation == "attorney"


@pytest.mark.parametrize(
    "paper",
    [
        replace(IDENTITY, reused=True),
        replace(IDENTITY, reused=True, reused_from="POP"),
        replace(given_paper("statement_of_reasons", "previous_certificate"), reused=True, reused_from="CIV"),
    ],
)
def test_a_database_stands_in_a_papers_place_where_the_procedure_says_so(paper: ComponentGiven) -> None:
    """NĐ 309/2026 art. 4.2a; NQ 66.7/2025: which database it was is recorded now, for it cannot be derived later."""
    command = replace(SUBMIT, published=FROM_DATA, components=(paper,))
    (event,) = given(decider).when(command).then_kinds(DossierSubmitted)
    assert event.components == (paper,)


@pytest.mark.parametrize("publisher", [None, "H48", "H48.01", "G15"])
def test_our_own_forms_of_a_procedure_are_received(publisher: str | None) -> None:
    """NĐ 118/2025 art. 14: what the ministry or this province published, under whichever of its codes."""
    given(decider).when(replace(SUBMIT, published_by=publisher)).then(SUBMITTED)


OPTIONAL: dict[str, Any] = {"procedure": "3.000722", "published": BUNDLE, "facts": {}, "channel": "portal"}


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"published": None}, "procedure_not_in_force"),
        ({"procedure": "1.000001"}, "procedure_not_in_force"),
        ({"now": at("2025-06-30 23:59")}, "procedure_not_in_force"),
        ({"now": at("2027-01-01 00:00")}, "procedure_not_in_force"),
        ({"published": KARAOKE, "procedure": "9.000297", "facts": {"rooms": 2}}, "channel_not_offered"),
        ({"agency": None}, "agency_not_receiving"),
        ({"agency": replace(AGENCY, kind="commune_police")}, "agency_not_receiving"),
        ({"agency": replace(AGENCY, valid_to=at("2026-09-07 00:00").date())}, "agency_not_receiving"),
        ({"relation": "neighbour", "submitter": "p2"}, "submitter_not_allowed"),
        ({"relation": "attorney"}, "submitter_not_allowed"),
        ({"submitter": "p2"}, "submitter_not_allowed"),
        ({"published": replace(CERTIFICATE, hand_out_ways=("desk",)), "hand_out_by": "online"},
         "hand_out_way_not_offered"),
        ({"hand_out_by": "post", "hand_out_to": ""}, "hand_out_address_missing"),
        ({"category": "rich"}, "category_unknown"),
        ({"options": ("certificate",)}, "option_unknown"),
        (OPTIONAL | {"options": ("identity_card", "passport")}, "option_unknown"),
        ({"facts": {}}, "facts_do_not_fit"),
        ({"facts": {"issued_before": "no"}}, "facts_do_not_fit"),
        ({"facts": {"issued_before": 1}}, "facts_do_not_fit"),
        ({"facts": {"issued_before": False, "rooms": 3}}, "facts_do_not_fit"),
        ({"components": (given_paper("diploma"),)}, "component_unknown"),
        ({"components": (given_paper("declaration", substitute_for="identity_paper"),)}, "component_unknown"),
        ({"components": (given_paper("declaration", substitute_for="diploma"),)}, "component_unknown"),
        ({"components": (given_paper("declaration", reused=True),)}, "reuse_not_allowed"),
        ({"published": FROM_DATA, "components": (replace(IDENTITY, reused_from="LAND"),)}, "reuse_not_allowed"),
        ({"published_by": "H40"}, "procedure_of_another_province"),
        ({"published_by": "H40.16"}, "procedure_of_another_province"),
        ({"published": ABROAD, "facts": {"residence": "elsewhere"}}, "facts_do_not_fit"),
        ({"published": ABROAD, "facts": {"residence": True}}, "facts_do_not_fit"),
        ({"published": ABROAD, "facts": {}, "relation": "attorney", "submitter": "p2"}, "facts_do_not_fit"),
        ({"published": ABROAD, "facts": {"residence": "home"}, "relation": "attorney", "submitter": "p2"},
         "submitter_not_allowed"),
        ({"agencies": None}, "area_needed"),
        # The first reason wins: who may not receive at all is not told about papers.
        ({"agency": None, "category": "rich", "components": (given_paper("diploma"),)}, "agency_not_receiving"),
    ],
)  # fmt: skip
def test_what_may_not_be_handed_in(change: dict[str, Any], refusal: str) -> None:
    """NĐ 61/2018 arts. 16–17; NĐ 118/2025 arts. 14–17."""
    given(decider).when(replace(SUBMIT, **change)).refused(refusal)


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("int", 0, True),
        ("int", 1_000_000, True),
        ("int", 1_000_001, False),
        ("int", -1, False),
        ("int", True, False),
        ("int", "3", False),
        ("bool", True, True),
        ("bool", 0, False),
        ("str", "urban_premises", True),
        ("str", "Nguyễn Văn A", False),
        ("str", "", False),
        ("str", "x" * 65, False),
        ("str", 7, False),
    ],
)
def test_a_fact_has_the_type_the_procedure_asks_for(kind: str, value: bool | int | str, fits: bool) -> None:
    """Facts stand in clear in every event, so a text fact is a word of the registry and never free text."""
    procedure = replace(CERTIFICATE, facts={"answer": kind})
    decision = given(decider).when(replace(SUBMIT, published=procedure, facts={"answer": value}))
    if fits:
        decision.then(replace(SUBMITTED, facts={"answer": value}))
    else:
        decision.refused("facts_do_not_fit")


def test_every_wrong_fact_is_named() -> None:
    """One answer tells the whole of what does not fit (NĐ 118/2025 art. 17.2a: once and fully)."""
    refused = given(decider).when(replace(SUBMIT, facts={"rooms": 3})).refused("facts_do_not_fit")
    assert [one.name for one in refused.invalid] == ["facts.issued_before", "facts.rooms"]


def test_an_attorney_hands_in_for_the_applicant() -> None:
    """NĐ 118/2025 arts. 6 and 15: an authorised person may submit."""
    command = replace(SUBMIT, submitter="p2", relation="attorney")
    given(decider).when(command).then(replace(SUBMITTED, submitter="p2", relation="attorney"))


def test_a_procedure_may_have_no_submitter_but_the_named_ones() -> None:
    """Luật Hộ tịch art. 15: only those it names may have a birth registered."""
    procedure = replace(CERTIFICATE, submitters=(SubmitterRule("parent", None),))
    given(decider).when(replace(SUBMIT, published=procedure)).refused("submitter_not_allowed")


def test_an_optional_step_may_be_asked_for() -> None:
    """NĐ 301/2026: the identity card of the birth bundle is at the applicant's wish."""
    command = replace(SUBMIT, **OPTIONAL, options=("identity_card",), components=())
    (event,) = given(decider).when(command).then_kinds(DossierSubmitted)
    assert event.options == ("identity_card",)


HANDOVER = RecordHandover(ref=REF, handover_record="BBGN-17", signed_at=LATER, actor="system:intake", now=TUESDAY)
GIVEN_UP = RecordCollectionFailed(ref=REF, actor="system:intake", now=TUESDAY)


def test_the_signed_record_is_the_legal_time_of_submission() -> None:
    """QĐ 45/2016 art. 7.4: not the time at the post office, and not the time we heard of it."""
    given(decider, BY_POST).when(HANDOVER).then(PapersReceived(REF, "BBGN-17", LATER))


def test_papers_that_arrive_after_a_withdrawal_are_still_recorded() -> None:
    """They are at the desk, and somebody has to give them back."""
    given(decider, BY_POST, WITHDRAWN).when(HANDOVER).then(PAPERS)


def test_a_dossier_handed_in_at_the_counter_has_no_handover_record() -> None:
    """A record for it would be a mistake that somebody must look at."""
    given(decider, SUBMITTED).when(HANDOVER).refused("not_by_post")
    given(decider, SUBMITTED).when(GIVEN_UP).refused("not_by_post")


def test_papers_that_cannot_be_collected_stop_the_dossier() -> None:
    """TT 17/2017/TT-BTTTT: after two failed attempts the post gives up."""
    given(decider, BY_POST).when(GIVEN_UP).then(DossierStopped(REF, "not_collected", (), TUESDAY))
    given(decider, BY_POST, PAPERS).when(GIVEN_UP).then_nothing()
    given(decider, BY_POST, WITHDRAWN).when(GIVEN_UP).then_nothing()


def test_nothing_can_be_done_with_a_dossier_that_was_never_handed_in() -> None:
    """An order about nothing is a mistake that somebody must look at."""
    given(decider).when(HANDOVER).refused("dossier_unknown")
    given(decider).when(GIVEN_UP).refused("dossier_unknown")


def test_papers_may_be_given_twice_in_two_forms() -> None:
    """An original for comparison and the copy that stays are two things handed in."""
    both = (DECLARATION, replace(DECLARATION, form="copy"), IDENTITY)
    given(decider).when(replace(SUBMIT, components=both)).then(replace(SUBMITTED, components=both, at=MONDAY))
