"""Giving the result to the applicant."""

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain.commands import DispatchResult, HandOut, KeepAtDesk
from services.intake.domain.dossier import decider
from services.intake.domain.events import DossierHandedOut, ResultDispatched, ResultKeptAtDesk
from tests.intake.cases import (
    ACCEPTED,
    AT_DESK,
    BY_POST,
    DISPATCHED,
    HANDED_OUT,
    PAPERS,
    REF,
    REJECTED,
    RESOLVED,
    RESULT,
    SETTLED,
    STOPPED,
    SUBMITTED,
    WITHDRAWN,
    WITHDRAWN_WITH_RESULTS,
    at,
)
from tests.spec import given

SYSTEM = "system:intake"
PAID = (SUBMITTED, ACCEPTED, RESULT, RESOLVED, SETTLED)
WANTS_POST = replace(SUBMITTED, hand_out_by="post", hand_out_to="s1.p1.address")
POSTED = (WANTS_POST, ACCEPTED, RESULT, RESOLVED, SETTLED)
WANTS_ONLINE = (replace(SUBMITTED, hand_out_by="online"), ACCEPTED, RESULT, RESOLVED, SETTLED)
KEPT = ResultKeptAtDesk(REF, at("2026-09-15 09:00"))
DISPATCH = DispatchResult(ref=REF, actor=SYSTEM, now=DISPATCHED.at)
KEEP = KeepAtDesk(ref=REF, actor=SYSTEM, now=KEPT.at)
ONLINE = HandOut(ref=REF, way="online", collector="self", paper_shown=None, actor=SYSTEM, now=at("2026-09-09 09:00"))
BY_CARRIER = replace(ONLINE, way="post")


def test_the_result_is_handed_out_at_the_desk() -> None:
    """NĐ 61/2018 art. 20: at the time and place on the slip, and earlier if it is ready earlier."""
    given(decider, *PAID).when(AT_DESK).then(HANDED_OUT)


def test_the_result_is_handed_out_online() -> None:
    """NĐ 61/2018 art. 20: the signed file in the applicant's own account; nobody comes to the desk."""
    given(decider, *WANTS_ONLINE).when(ONLINE).then(
        DossierHandedOut(REF, "online", "self", None, SYSTEM, at("2026-09-09 09:00"))
    )


def test_a_refusal_after_examination_is_handed_out_without_the_fee() -> None:
    """NĐ 61/2018 art. 19.8; nothing was granted, so the unpaid obligation is cancelled."""
    given(decider, SUBMITTED, ACCEPTED, REJECTED).when(AT_DESK).then(HANDED_OUT)


def test_results_kept_after_a_withdrawal_are_handed_out() -> None:
    """Decided results are delivered (NĐ 118/2025 art. 21 stops only what is undecided)."""
    given(decider, SUBMITTED, ACCEPTED, RESULT, WITHDRAWN_WITH_RESULTS).when(AT_DESK).then(HANDED_OUT)
    stopped = replace(STOPPED, kept_results=("certificate",))
    given(decider, SUBMITTED, ACCEPTED, RESULT, stopped).when(AT_DESK).then(HANDED_OUT)


@pytest.mark.parametrize(
    ("history", "change", "refusal"),
    [
        ((), {}, "dossier_unknown"),
        ((SUBMITTED,), {}, "not_resolved"),
        ((SUBMITTED, ACCEPTED, RESULT), {}, "not_resolved"),
        ((SUBMITTED, WITHDRAWN), {}, "not_resolved"),
        ((SUBMITTED, ACCEPTED, STOPPED), {}, "not_resolved"),
        ((SUBMITTED, ACCEPTED, RESULT, RESOLVED), {}, "fee_unpaid"),
        ((SUBMITTED, ACCEPTED, RESULT, replace(RESOLVED, outcome="partly_granted")), {}, "fee_unpaid"),
        ((*POSTED, DISPATCHED), {}, "result_with_post"),
        (POSTED, {"way": "post"}, "result_not_with_post"),
        ((*POSTED, DISPATCHED, KEPT), {"way": "post"}, "result_not_with_post"),
        (PAID, {"way": "online"}, "hand_out_way_not_chosen"),
        (PAID, {"paper_shown": None}, "no_paper_shown"),
        (PAID, {"collector": "neighbour"}, "collector_without_authority"),
        (PAID, {"collector": "neighbour", "paper_shown": "identity_paper"}, "collector_without_authority"),
        ((*PAID, HANDED_OUT), {"way": "post"}, "handed_out_before"),
    ],
)
def test_when_nothing_is_handed_out(history: tuple[object, ...], change: dict[str, Any], refusal: str) -> None:
    """NĐ 61/2018 arts. 6, 16, 20 and 22; NĐ 118/2025 arts. 6 and 24; QĐ 45/2016 art. 9."""
    given(decider, *history).when(replace(AT_DESK, **change)).refused(refusal)


@pytest.mark.parametrize(
    ("submitted", "collector", "paper_shown"),
    [
        (SUBMITTED, "self", "identity_paper"),
        (SUBMITTED, "neighbour", "authority_paper"),
        (replace(SUBMITTED, relation="parent", submitter="p2"), "parent", "slip"),
    ],
)
def test_who_may_collect(submitted: Any, collector: str, paper_shown: Any) -> None:
    """NĐ 61/2018 art. 6: the applicant, whoever submitted, or anybody with a paper of authority."""
    command = replace(AT_DESK, collector=collector, paper_shown=paper_shown)
    given(decider, submitted, ACCEPTED, RESULT, RESOLVED, SETTLED).when(command).then(
        replace(HANDED_OUT, collector=collector, paper_shown=paper_shown)
    )


def test_an_applicant_who_comes_to_the_desk_gets_the_result_whatever_was_chosen() -> None:
    """It would be absurd to post it past the person who stands there."""
    given(decider, *POSTED).when(AT_DESK).then(HANDED_OUT)
    given(decider, *WANTS_ONLINE).when(AT_DESK).then(HANDED_OUT)


def test_the_result_goes_to_the_post_with_the_papers_it_consists_of() -> None:
    """QĐ 45/2016 art. 9."""
    given(decider, *POSTED).when(DISPATCH).then(DISPATCHED)
    given(decider, WANTS_POST, ACCEPTED, REJECTED).when(DISPATCH).then(replace(DISPATCHED, results=("refusal",)))
    partly = replace(RESOLVED, outcome="partly_granted")
    given(decider, WANTS_POST, ACCEPTED, RESULT, partly, SETTLED).when(DISPATCH).then(
        replace(DISPATCHED, results=("KQ.G15.000038", "refusal"))
    )


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        ((WANTS_POST, ACCEPTED), "not_resolved"),
        ((WANTS_POST, ACCEPTED, RESULT, RESOLVED), "fee_unpaid"),
        (PAID, "hand_out_way_not_chosen"),
        ((BY_POST, PAPERS, ACCEPTED, RESULT, RESOLVED, SETTLED), "hand_out_way_not_chosen"),
    ],
)
def test_what_does_not_go_to_the_post(history: tuple[object, ...], refusal: str) -> None:
    """QĐ 45/2016 art. 5: sending papers and receiving the result by post are two choices."""
    given(decider, *history).when(DISPATCH).refused(refusal)


def test_the_result_comes_back_to_the_desk_that_received() -> None:
    """NĐ 61/2018 art. 19.7: whichever level decided, the receiving desk hands out, also when its date was another's."""
    elsewhere = replace(ACCEPTED, received_elsewhere=True, agencies=("H48.05",))
    history = (WANTS_POST, elsewhere, RESULT, RESOLVED, SETTLED)
    (sent,) = given(decider, *history).when(DISPATCH).then_kinds(ResultDispatched)
    assert sent.receiving_agency == WANTS_POST.receiving_agency
    given(decider, *history).when(AT_DESK).then(HANDED_OUT)


def test_what_the_applicant_has_fetched_is_not_posted_any_more() -> None:
    """A saga that asks a moment late finds it done."""
    given(decider, *POSTED, HANDED_OUT).when(DISPATCH).then_nothing()


def test_what_the_post_delivers_is_handed_out() -> None:
    """QĐ 45/2016 art. 9: given to the person or a proxy, the dossier is at its end."""
    given(decider, *POSTED, DISPATCHED).when(BY_CARRIER).then(
        DossierHandedOut(REF, "post", "self", None, SYSTEM, at("2026-09-09 09:00"))
    )


def test_what_the_post_brings_back_waits_at_the_desk() -> None:
    """TT 17/2017/TT-BTTTT: after two attempts it goes back to the agency, where the applicant can fetch it."""
    given(decider, *POSTED, DISPATCHED).when(KEEP).then(KEPT)
    given(decider, *POSTED, DISPATCHED, KEPT).when(AT_DESK).then(HANDED_OUT)
    given(decider, *POSTED).when(KEEP).refused("result_not_with_post")
    given(decider, *POSTED, HANDED_OUT).when(KEEP).then_nothing()
