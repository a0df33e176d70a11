"""What is amended by an event of its own: a paper made electronic later, and what stood wrong about a person."""

from dataclasses import replace

import pytest

from services.intake.domain.amendments import ComponentDigitised, ParticularsCorrected
from services.intake.domain.commands import CorrectParticulars, DigitiseComponent, DispatchResult
from services.intake.domain.dossier import decider
from services.intake.domain.events import Event, ResultDispatched
from tests.intake.cases import (
    ACCEPTED,
    AWAITED,
    BY_POST,
    DECLARATION,
    DISPATCHED,
    HANDED_OUT,
    OFFICER,
    PAID_FIRST,
    PAPERS,
    REF,
    RESOLVED,
    RESULT,
    SETTLED,
    SUBMITTED,
    TUESDAY,
    WITHDRAWN,
)
from tests.intake.test_acceptance import REFUSED
from tests.spec import given

ON_PAPER = replace(SUBMITTED, components=(replace(DECLARATION, digitised=False),))
DIGITISE = DigitiseComponent(ref=REF, component="declaration", actor=OFFICER, now=TUESDAY)
DIGITISED = ComponentDigitised(REF, "declaration", OFFICER, TUESDAY)


@pytest.mark.parametrize(
    "history",
    [
        (ON_PAPER,),
        (replace(ON_PAPER, channel="post"), PAPERS),
        (ON_PAPER, ACCEPTED),
        (ON_PAPER, ACCEPTED, RESULT, RESOLVED),
    ],
)
def test_a_paper_is_digitised_when_the_desk_does_it(history: tuple[Event, ...]) -> None:
    """NĐ 61/2018 art. 17.1; TT 03/2025 art. 5: the flag is recorded when it happens, with who answers for the copy."""
    given(decider, *history).when(DIGITISE).then(DIGITISED)
    assert [one.digitised for one in decider.fold((*history, DIGITISED)).given] == [True]


def test_a_paper_that_is_electronic_already_is_not_digitised_again() -> None:
    """TT 03/2025/TT-VPCP art. 5: what is electronic needs no digitising."""
    given(decider, SUBMITTED).when(DIGITISE).then_nothing()


@pytest.mark.parametrize(
    ("history", "component", "refusal"),
    [
        ((), "declaration", "dossier_unknown"),
        ((ON_PAPER,), "identity_paper", "component_not_given"),
        ((replace(ON_PAPER, channel="post"),), "declaration", "papers_with_post"),
        ((ON_PAPER, WITHDRAWN), "declaration", "dossier_closed"),
        ((ON_PAPER, REFUSED), "declaration", "dossier_closed"),
        ((ON_PAPER, ACCEPTED, RESULT, RESOLVED, SETTLED, HANDED_OUT), "declaration", "dossier_closed"),
    ],
)
def test_what_is_not_digitised(history: tuple[object, ...], component: str, refusal: str) -> None:
    """NĐ 61/2018 art. 5: nothing is recorded of a paper that nobody has, or of a dossier that is over."""
    given(decider, *history).when(replace(DIGITISE, component=component)).refused(refusal)


CORRECT = CorrectParticulars(
    ref=REF,
    whose="applicant",
    corrected={"name": "Nguyễn Thị Lân"},
    hand_out_to="",
    reason="s1.p1.reason",
    by_applicant=False,
    actor=OFFICER,
    now=TUESDAY,
    particulars="s1.p1.corrected",
)
CORRECTED = ParticularsCorrected(REF, "applicant", "p1", "s1.p1.corrected", "", "s1.p1.reason", OFFICER, TUESDAY)
BY_APPLICANT = replace(CORRECT, by_applicant=True, actor="citizen:1")
TO_POST = replace(SUBMITTED, hand_out_by="post", hand_out_to="s1.p1.address")
MOVED = replace(CORRECT, corrected={}, hand_out_to="s1.p1.new-address")
ATTORNEY = replace(SUBMITTED, relation="attorney", submitter="p2", submitter_particulars="s1.p2.sealed")


@pytest.mark.parametrize(
    "history",
    [
        (SUBMITTED,),
        (PAID_FIRST, AWAITED),
        (SUBMITTED, ACCEPTED),
        (SUBMITTED, ACCEPTED, RESULT, RESOLVED),
        (SUBMITTED, WITHDRAWN),
        (SUBMITTED, ACCEPTED, RESULT, RESOLVED, SETTLED, HANDED_OUT),
    ],
)
def test_the_desk_corrects_at_any_time(history: tuple[object, ...]) -> None:
    """Luật 91/2025/QH15 art. 13: the right to have one's data corrected does not end with the dossier."""
    given(decider, *history).when(CORRECT).then(CORRECTED)


@pytest.mark.parametrize("history", [(SUBMITTED,), (PAID_FIRST, AWAITED)])
def test_the_applicant_corrects_before_acceptance(history: tuple[object, ...]) -> None:
    """Until the desk has accepted it the dossier is the applicant's own to put right."""
    given(decider, *history).when(BY_APPLICANT).then(replace(CORRECTED, by="citizen:1"))


def test_what_stood_before_stays_and_what_holds_is_the_last() -> None:
    """NĐ 61/2018 art. 5: nothing is altered or deleted; each correction stands on top of what was handed in."""
    again = replace(CORRECTED, particulars="s1.p1.again", reason="s1.p1.other")
    theirs = replace(CORRECTED, whose="submitter", person="p2", particulars="s1.p2.corrected", reason="s1.p1.third")
    dossier = decider.fold((ATTORNEY, CORRECTED, again, theirs))
    assert dossier.submission == ATTORNEY
    assert dossier.corrections == (CORRECTED, again, theirs)
    assert (dossier.particulars("applicant"), dossier.particulars("submitter")) == ("s1.p1.again", "s1.p2.corrected")


def test_the_person_stays_the_same() -> None:
    """Who somebody is does not change by a correction: the opaque id is the dossier's own, whoever's it is."""
    (applicants,) = given(decider, ATTORNEY).when(CORRECT).then_kinds(ParticularsCorrected)
    (submitters,) = given(decider, ATTORNEY).when(replace(CORRECT, whose="submitter")).then_kinds(ParticularsCorrected)
    assert (applicants.person, submitters.person) == ("p1", "p2")


@pytest.mark.parametrize(
    ("history", "order", "refusal"),
    [
        ((), CORRECT, "dossier_unknown"),
        ((SUBMITTED, ACCEPTED), BY_APPLICANT, "correction_at_desk"),
        ((SUBMITTED, WITHDRAWN), BY_APPLICANT, "correction_at_desk"),
        ((SUBMITTED,), replace(CORRECT, whose="submitter"), "nothing_to_correct"),
        ((SUBMITTED,), replace(CORRECT, corrected={}), "nothing_to_correct"),
        ((SUBMITTED,), replace(CORRECT, corrected={"personal_id": "062190009999"}), "nothing_to_correct"),
        ((SUBMITTED,), replace(CORRECT, corrected={"name": "L", "tax_code": "0100112437"}), "nothing_to_correct"),
        ((SUBMITTED,), replace(CORRECT, reason=""), "correction_without_reason"),
        ((SUBMITTED,), replace(CORRECT, particulars=None), "particulars_unreadable"),
        ((SUBMITTED,), MOVED, "hand_out_way_not_chosen"),
        ((TO_POST, ACCEPTED, RESULT, RESOLVED, SETTLED, DISPATCHED), MOVED, "parcel_ordered"),
    ],
)
def test_what_cannot_be_corrected(history: tuple[object, ...], order: CorrectParticulars, refusal: str) -> None:
    """NĐ 61/2018 art. 5; Luật 91/2025/QH15 arts. 13–14; QĐ 45/2016 art. 9."""
    given(decider, *history).when(order).refused(refusal)


def test_the_result_goes_where_the_applicant_lives_now() -> None:
    """QĐ 45/2016 art. 9: the post gets the address that holds when the parcel is ordered."""
    moved = replace(CORRECTED, hand_out_to="s1.p1.new-address")
    dispatch = DispatchResult(ref=REF, actor="system:intake", now=TUESDAY)
    (sent,) = (
        given(decider, TO_POST, ACCEPTED, RESULT, RESOLVED, SETTLED, moved).when(dispatch).then_kinds(ResultDispatched)
    )
    assert sent.hand_out_to == "s1.p1.new-address"


def test_a_parcel_that_was_ordered_does_not_keep_a_name_from_being_corrected() -> None:
    """Only the address of what is on its way cannot be changed any more."""
    given(decider, TO_POST, ACCEPTED, RESULT, RESOLVED, SETTLED, DISPATCHED).when(CORRECT).then(CORRECTED)


def test_papers_with_the_post_are_no_hindrance() -> None:
    """A name is wrong wherever the papers are."""
    given(decider, BY_POST).when(CORRECT).then(CORRECTED)
