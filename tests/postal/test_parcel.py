"""A parcel changes hands only where two people sign, is tried twice, and never has two holders or none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kernel.working_time import Calendar
from services.postal.domain.attempts import Leg
from services.postal.domain.parcel import custodian, parcel
from services.postal.domain.words import Command, ParcelOrdered, leg_of, order_number, stream_of
from tests.postal import samples as s
from tests.spec import given

LEGS: tuple[Leg, ...] = ("collection", "delivery")


@pytest.mark.parametrize("leg", LEGS)
def test_one_parcel_is_ordered_for_each_leg(leg: Leg) -> None:
    """QĐ 45/2016 art. 5: sending papers and receiving the result are chosen apart, and each is one journey."""
    given(parcel).when(s.order(leg)).then(s.ordered(leg))


def test_the_same_order_under_another_item_number_is_the_same_order() -> None:
    """A retry must not make a second parcel; the number that the retry would bring stays unused."""
    again = replace(s.order("collection"), item_code="RH000000028VN", now=s.WEDNESDAY)
    given(parcel, s.ordered("collection")).when(again).then_nothing()
    given(parcel, s.ordered("collection"), s.picked_up("collection"), s.HANDED_OVER).when(again).then_nothing()


@pytest.mark.parametrize("change", [{"address": "sealed:two"}, {"party": "person-8"}, {"agency": "H48.01"}])
def test_a_leg_that_has_a_parcel_takes_no_other_order(change: dict[str, Any]) -> None:
    """Two orders for one leg would send two postmen for one set of papers."""
    other = replace(s.order("delivery"), **change)
    given(parcel, s.ordered("delivery")).when(other).refused("parcel_already_ordered")


@pytest.mark.parametrize("leg", LEGS)
def test_papers_are_taken_once_with_proof(leg: Leg) -> None:
    """QĐ 45/2016: papers are counted, packed and closed while the giver watches, and both sign the slip."""
    given(parcel, s.ordered(leg)).when(s.pick_up(leg)).then(s.picked_up(leg))


def test_papers_taken_on_other_proof_are_refused() -> None:
    """Two different proofs of one passing cannot both be true."""
    other = replace(s.PROOF, seal_number="NP-00124")
    given(parcel, s.ordered("collection"), s.picked_up("collection")).when(s.pick_up("collection", other)).refused(
        "parcel_already_picked_up"
    )


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"counted_papers": 0}, "counted_papers"),
        ({"counted_papers": -1}, "counted_papers"),
        ({"counted_papers": 1001}, "counted_papers"),
        ({"seal_number": ""}, "seal_number"),
        ({"seal_number": "of Mr Tèo"}, "seal_number"),
        ({"seal_number": "9" * 41}, "seal_number"),
        ({"signature_sha256": ""}, "signature_sha256"),
        ({"signature_sha256": "A" * 64}, "signature_sha256"),
        ({"photo_sha256": "0" * 63}, "photo_sha256"),
        ({"photo_sha256": "0" * 64 + "\n"}, "photo_sha256"),
        ({"advised_missing": ("birth certificate of An",)}, "advised_missing"),
        ({"advised_missing": ("",)}, "advised_missing"),
    ],
)
def test_papers_are_not_taken_without_full_proof(change: dict[str, Any], wrong: str) -> None:
    """QĐ 45/2016: count, seal and signatures are the sender's only proof of what left the house."""
    refused = given(parcel, s.ordered("collection")).when(s.pick_up("collection", replace(s.PROOF, **change)))
    assert [invalid.name for invalid in refused.refused("proof_incomplete").invalid] == [wrong]


def test_an_applicant_who_was_advised_may_send_without_a_paper() -> None:
    """QĐ 45/2016: the postman advises what is missing and does not refuse to carry the rest."""
    proof = replace(s.PROOF, advised_missing=("degree_copy",))
    given(parcel, s.ordered("collection")).when(s.pick_up("collection", proof)).then(
        replace(s.picked_up("collection"), proof=proof)
    )


def test_the_clock_of_the_device_decides_nothing() -> None:
    """A postman's device may be wrong; the legal time is the server's, and both are kept."""
    ahead = replace(s.PROOF, device_time=datetime(2031, 1, 1, tzinfo=UTC))
    given(parcel, s.ordered("collection")).when(s.pick_up("collection", ahead)).then(
        replace(s.picked_up("collection"), proof=ahead)
    )


def test_the_signed_record_hands_the_papers_over() -> None:
    """QĐ 45/2016 art. 7.4: its time, and not that at the post office, is the legal submission."""
    given(parcel, s.ordered("collection"), s.picked_up("collection")).when(s.hand_over()).then(s.HANDED_OVER)


def test_papers_handed_over_once_are_not_handed_over_by_another_record() -> None:
    """The dossier has one legal time of submission."""
    other = replace(s.RECORD, record_no="BB-18/2026")
    given(parcel, s.ordered("collection"), s.picked_up("collection"), s.HANDED_OVER).when(s.hand_over(other)).refused(
        "papers_already_handed_over"
    )


@pytest.mark.parametrize(
    ("record_no", "officer", "wrong"),
    [
        ("", s.OFFICER, "record_no"),
        ("signed by An", s.OFFICER, "record_no"),
        ("9" * 41, s.OFFICER, "record_no"),
        ("BB-17/2026", "", "officer"),
        ("BB-17/2026", "Mr Tèo", "officer"),
        ("BB-17/2026", "7" * 101, "officer"),
        ("BB-17/2026", s.POSTMAN, "officer"),
    ],
)
@pytest.mark.parametrize("leg", LEGS)
def test_a_record_is_signed_by_two_people(leg: Leg, record_no: str, officer: str, wrong: str) -> None:
    """QĐ 45/2016 art. 7.4: post and agency sign; nobody hands papers to himself."""
    record = replace(s.RECORD, record_no=record_no, officer=officer)
    if leg == "collection":
        decided = given(parcel, s.ordered(leg), s.picked_up(leg)).when(s.hand_over(record))
    else:
        decided = given(parcel, s.ordered(leg), s.picked_up(leg), s.failed(leg), s.failed_again(leg)).when(
            s.bring_back(record)
        )
    assert [invalid.name for invalid in decided.refused("handover_record_unsigned").invalid] == [wrong]


@pytest.mark.parametrize(
    ("accepted_papers", "missing", "outcome"),
    [
        (5, (), "handed over"),
        (4, ("degree_copy",), "handed over"),
        (0, ("degree_copy", "photo"), "handed over"),
        (4, (), "missing"),
        (5, ("degree_copy",), "missing"),
        (6, (), "accepted_papers"),
        (-1, ("degree_copy",), "accepted_papers"),
        (4, ("the one with An's name",), "missing"),
    ],
)
def test_every_paper_counted_at_pick_up_is_accounted_for(
    accepted_papers: int, missing: tuple[str, ...], outcome: str
) -> None:
    """QĐ 45/2016 arts. 7.4 and 14: the record lists completeness, and loss on the way is the post's to answer for."""
    record = replace(s.RECORD, accepted_papers=accepted_papers, missing=missing)
    decided = given(parcel, s.ordered("collection"), s.picked_up("collection")).when(s.hand_over(record))
    if outcome == "handed over":
        decided.then(replace(s.HANDED_OVER, accepted_papers=accepted_papers, missing=missing))
    else:
        refused = decided.refused("papers_do_not_add_up")
        assert [invalid.name for invalid in refused.invalid] == [outcome]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, "delivered"),
        ({"id_document_kind": "passport"}, "delivered"),
        ({"relation": "proxy", "authority_paper": s.digest("authority")}, "delivered"),
        ({"relation": "proxy"}, "receiver_without_authority"),
        ({"relation": "proxy", "authority_paper": "spoken"}, "proof_incomplete"),
        ({"signature_sha256": ""}, "proof_incomplete"),
        ({"photo_sha256": "x" * 64}, "proof_incomplete"),
    ],
)
def test_originals_go_to_the_person_or_an_authorised_proxy(change: dict[str, Any], outcome: str) -> None:
    """QĐ 45/2016 art. 9, TT 17/2017: identity shown, signed for; no neighbour, no safe place."""
    proof = replace(s.DELIVERY, **change)
    decided = given(parcel, s.ordered("delivery"), s.picked_up("delivery")).when(s.deliver(proof))
    if outcome == "delivered":
        decided.then(replace(s.DELIVERED, proof=proof))
    else:
        decided.refused(outcome)


def test_a_parcel_delivered_on_one_proof_is_not_delivered_on_another() -> None:
    """There is one receiver's signature."""
    other = replace(s.DELIVERY, signature_sha256=s.digest("other"))
    given(parcel, s.ordered("delivery"), s.picked_up("delivery"), s.DELIVERED).when(s.deliver(other)).refused(
        "parcel_already_delivered"
    )


def test_an_order_is_called_off_while_the_papers_are_at_home() -> None:
    """A dossier that ended needs no postman."""
    given(parcel, s.ordered("collection")).when(s.cancel()).then(s.cancelled())
    given(parcel, s.ordered("collection"), s.failed("collection")).when(s.cancel()).then(s.cancelled())


@pytest.mark.parametrize(
    "before",
    [
        (),
        (s.ordered("collection"), s.picked_up("collection")),
        (s.ordered("collection"), s.picked_up("collection"), s.HANDED_OVER),
        (s.ordered("collection"), s.cancelled()),
    ],
    ids=["never ordered", "with the post", "at the desk", "called off"],
)
def test_calling_off_what_cannot_be_called_off_changes_nothing(before: tuple[Any, ...]) -> None:
    """Papers already in the bag travel on to the desk, which gives them back (domain rule 10)."""
    given(parcel, *before).when(s.cancel()).then_nothing()


SIX = replace(s.PROOF, counted_papers=6)
COLLECTED = (s.ordered("collection"), s.picked_up("collection"))
UNDERWAY = (s.ordered("delivery"), s.picked_up("delivery"))
RETURNED = (*UNDERWAY, s.failed("delivery"), s.failed_again("delivery"), s.BACK)
THIRD = s.fail_last("delivery", s.WEDNESDAY + timedelta(days=9), photo="third")


@pytest.mark.parametrize(
    ("before", "command", "code"),
    [
        ((), s.pick_up("collection"), "parcel_not_ordered"),
        ((), s.hand_over(), "parcel_not_ordered"),
        ((), s.fail("delivery"), "parcel_not_ordered"),
        ((), s.deliver(), "parcel_not_ordered"),
        ((), s.bring_back(), "parcel_not_ordered"),
        ((s.ordered("collection"),), s.hand_over(), "parcel_not_picked_up"),
        ((s.ordered("delivery"),), s.deliver(), "parcel_not_picked_up"),
        ((s.ordered("delivery"),), s.bring_back(), "parcel_not_picked_up"),
        ((s.ordered("delivery"),), s.fail("delivery"), "parcel_not_picked_up"),
        (COLLECTED, s.fail("collection"), "parcel_already_picked_up"),
        ((*COLLECTED, s.HANDED_OVER), s.fail("collection"), "papers_already_handed_over"),
        ((*COLLECTED, s.HANDED_OVER), s.pick_up("collection", SIX), "papers_already_handed_over"),
        ((s.ordered("collection"), s.cancelled()), s.pick_up("collection"), "parcel_cancelled"),
        ((s.ordered("collection"), s.cancelled()), s.hand_over(), "parcel_cancelled"),
        ((s.ordered("collection"), s.cancelled()), s.fail("collection"), "parcel_cancelled"),
        ((*UNDERWAY, s.DELIVERED), s.fail("delivery"), "parcel_already_delivered"),
        ((*UNDERWAY, s.DELIVERED), s.bring_back(), "parcel_already_delivered"),
        (RETURNED, s.deliver(), "parcel_already_back_at_desk"),
        (RETURNED, THIRD, "parcel_already_back_at_desk"),
        (RETURNED, s.bring_back(replace(s.RECORD, record_no="BB-99")), "parcel_already_back_at_desk"),
        (COLLECTED, s.deliver(), "parcel_of_another_leg"),
        (COLLECTED, s.bring_back(), "parcel_of_another_leg"),
        (UNDERWAY, s.hand_over(), "parcel_of_another_leg"),
        ((s.ordered("delivery"),), s.pick_up("collection"), "parcel_of_another_leg"),
    ],
)  # fmt: skip
def test_what_comes_out_of_order_is_refused_by_name(before: tuple[Any, ...], command: Command, code: str) -> None:
    """Who has the papers is known at every moment, so only that holder can pass them on."""
    refused = given(parcel, *before).when(command).refused(code)
    assert refused.rule.law
    assert refused.rule.vi
    assert refused.rule.en


@pytest.mark.parametrize(
    ("events", "holder"),
    [
        ((), None),
        ((s.ordered("collection"),), "applicant"),
        ((s.ordered("collection"), s.failed("collection")), "applicant"),
        ((s.ordered("collection"), s.cancelled()), "applicant"),
        ((s.ordered("collection"), s.picked_up("collection")), "post"),
        ((s.ordered("collection"), s.picked_up("collection"), s.HANDED_OVER), "desk"),
        ((s.ordered("delivery"),), "desk"),
        ((s.ordered("delivery"), s.cancelled("delivery")), "desk"),
        ((s.ordered("delivery"), s.picked_up("delivery")), "post"),
        ((s.ordered("delivery"), s.picked_up("delivery"), s.failed("delivery")), "post"),
        ((s.ordered("delivery"), s.picked_up("delivery"), s.DELIVERED), "applicant"),
        (RETURNED, "desk"),
    ],
)
def test_the_papers_have_one_holder(events: tuple[Any, ...], holder: str | None) -> None:
    """QĐ 45/2016 art. 14: whoever holds them answers for loss."""
    assert custodian(parcel.fold(events)) == holder


@pytest.mark.parametrize(
    ("command", "stream"),
    [
        (s.order("collection"), f"parcel-{s.REF}-collection"),
        (s.order("delivery"), f"parcel-{s.REF}-delivery"),
        (s.pick_up("delivery"), f"parcel-{s.REF}-delivery"),
        (s.hand_over(), f"parcel-{s.REF}-collection"),
        (s.fail("collection"), f"parcel-{s.REF}-collection"),
        (s.deliver(), f"parcel-{s.REF}-delivery"),
        (s.bring_back(), f"parcel-{s.REF}-delivery"),
        (s.cancel(), f"parcel-{s.REF}-collection"),
    ],
)
def test_dossier_and_leg_name_the_parcel(command: Command, stream: str) -> None:
    """No chance in the order number: asking a carrier twice asks for one parcel."""
    assert stream_of(command) == stream
    assert stream == f"parcel-{order_number(s.REF, leg_of(command))}"


def test_an_order_without_an_item_number_is_a_fault_of_ours() -> None:
    """The book gives the number in the same transaction; without one the order must not become a fact."""
    with pytest.raises(AssertionError, match="number from the book"):
        parcel.decide(replace(s.order("delivery"), item_code=""), parcel.initial)


def test_the_order_keeps_the_address_sealed() -> None:
    """Contracts: an address never stands in clear in an event; what the shell sealed passes through untouched."""
    (event,) = given(parcel).when(s.order("delivery")).then_kinds(ParcelOrdered)
    assert event.address == s.ADDRESS


def test_calendar_of_the_samples_is_a_real_week() -> None:
    """The days above mean what their names say."""
    assert isinstance(s.CALENDAR, Calendar)
    assert s.MONDAY.isoweekday() == 1
    assert s.WEDNESDAY.isoweekday() == 3
