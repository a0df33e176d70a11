"""The desk's two promises that span services, in every order their news may come."""

from typing import Any

import msgspec
import pytest

from kernel.message import Envelope, Heard
from services.intake.domain.commands import AcceptPaidDossier, DispatchResult, HandOut, KeepAtDesk
from services.intake.sagas import clock_starts_when_paid, result_reaches_applicant
from services.intake.sagas.clock_starts_when_paid import CompleteUnpaid, Settled, WaitOver
from services.intake.sagas.result_reaches_applicant import (
    CameBack,
    CameByPost,
    FeePaid,
    Finished,
    HandOutChosen,
    ResultExists,
    WaitsAtDesk,
    WentByPost,
)
from tests.intake.cases import (
    ACCEPTED,
    AWAITED,
    DISPATCHED,
    HANDED_OUT,
    LATER,
    MONDAY,
    REF,
    REJECTED,
    RESOLVED,
    SETTLED,
    STOPPED,
    SUBMITTED,
    TUESDAY,
    WITHDRAWN,
    WITHDRAWN_WITH_RESULTS,
)
from tests.intake.test_acceptance import REFUSED
from tests.intake.test_handing_out import KEPT
from tests.spec import every_order, given_facts

CLOCK = clock_starts_when_paid.saga
COMPLETE, PAID, OVER = CompleteUnpaid(REF), Settled(REF, TUESDAY), WaitOver(REF)


class TestClockStartsWhenPaid:
    """NĐ 297/2025 art. 6: the limit runs from the full dossier and the paid fee, whichever is heard last."""

    def test_complete_and_paid_is_accepted_as_of_the_payment(self) -> None:
        """Whichever is heard last."""
        accept = AcceptPaidDossier(ref=REF, settled_at=TUESDAY, actor="system:intake", now=TUESDAY)
        every_order(CLOCK, COMPLETE, PAID).owes(accept)

    def test_the_first_payment_counts(self) -> None:
        """What is paid again later is a refund owed, and no later start."""
        accept = AcceptPaidDossier(ref=REF, settled_at=LATER, actor="system:intake", now=LATER)
        every_order(CLOCK, COMPLETE, PAID, Settled(REF, LATER)).owes(accept)

    @pytest.mark.parametrize("facts", [(), (COMPLETE,), (PAID,)])
    def test_one_without_the_other_owes_nothing(self, facts: tuple[Any, ...]) -> None:
        """The promise stays open."""
        given_facts(CLOCK, *facts).owes_nothing().is_open()

    @pytest.mark.parametrize("facts", [(OVER,), (COMPLETE, OVER), (PAID, OVER), (COMPLETE, PAID, OVER)])
    def test_once_accepted_or_ended_nothing_is_owed(self, facts: tuple[Any, ...]) -> None:
        """However late the rest of the news comes."""
        every_order(CLOCK, *facts).is_kept()

    @pytest.mark.parametrize(
        ("event", "fact"),
        [(AWAITED, COMPLETE), (ACCEPTED, OVER), (REFUSED, OVER), (WITHDRAWN, OVER), (STOPPED, OVER)],
    )
    def test_what_it_hears_of_its_own_service(self, event: Any, fact: Any) -> None:
        """Stored events become facts of the promise."""
        assert clock_starts_when_paid.OWN[type(event)](event) == fact

    def test_what_it_hears_of_payments(self) -> None:
        """The moment of the payment is the payment's own."""
        (hearing,) = clock_starts_when_paid.HEARS
        assert hearing.type == "lienthong.payments.ObligationSettled.v1"
        assert hearing.react(hearing.reads(REF, TUESDAY), heard(hearing.type)) == (PAID,)


RESULT = result_reaches_applicant.saga
EXISTS, REFUSAL = ResultExists(REF, True, MONDAY), ResultExists(REF, False, MONDAY)
FEE, WENT, CAME, BACK, WAITS, DONE = (
    FeePaid(REF), WentByPost(REF), CameByPost(REF), CameBack(REF), WaitsAtDesk(REF), Finished(REF),
)  # fmt: skip
TO_DESK, TO_DESK_PAID_FIRST = HandOutChosen(REF, "desk", False), HandOutChosen(REF, "desk", True)
ONLINE, ONLINE_PAID_FIRST = HandOutChosen(REF, "online", False), HandOutChosen(REF, "online", True)
BY_POST, BY_POST_PAID_FIRST = HandOutChosen(REF, "post", False), HandOutChosen(REF, "post", True)
HAND_OUT_ONLINE = HandOut(ref=REF, way="online", collector="self", paper_shown=None, actor="system:intake", now=MONDAY)
HAND_OUT_BY_POST = HandOut(ref=REF, way="post", collector="self", paper_shown=None, actor="system:intake", now=MONDAY)
DISPATCH = DispatchResult(ref=REF, actor="system:intake", now=MONDAY)
KEEP = KeepAtDesk(ref=REF, actor="system:intake", now=MONDAY)


def heard(kind: str) -> Heard:
    return Heard(Envelope(1, "source", "id", kind, REF, 1, REF, 0, "", "", None, b"{}"), TUESDAY)


class TestResultReachesApplicant:
    """NĐ 61/2018 arts. 20 and 22; QĐ 45/2016 art. 9."""

    @pytest.mark.parametrize(
        ("facts", "owed"),
        [
            ((ONLINE,), ()),
            ((ONLINE, EXISTS), (HAND_OUT_ONLINE,)),
            ((ONLINE_PAID_FIRST, EXISTS), ()),
            ((ONLINE_PAID_FIRST, EXISTS, FEE), (HAND_OUT_ONLINE,)),
            ((ONLINE_PAID_FIRST, REFUSAL), (HAND_OUT_ONLINE,)),
            ((TO_DESK, EXISTS), ()),
            ((TO_DESK_PAID_FIRST, EXISTS, FEE), ()),
            ((BY_POST, EXISTS), (DISPATCH,)),
            ((BY_POST_PAID_FIRST, EXISTS), ()),
            ((BY_POST_PAID_FIRST, FEE), ()),
            ((BY_POST_PAID_FIRST, EXISTS, FEE), (DISPATCH,)),
            ((BY_POST_PAID_FIRST, REFUSAL), (DISPATCH,)),
            ((BY_POST, EXISTS, WENT), ()),
            ((BY_POST, EXISTS, WENT, CAME), (HAND_OUT_BY_POST,)),
            ((BY_POST, EXISTS, WENT, BACK), (KEEP,)),
            ((BY_POST, EXISTS, WENT, BACK, WAITS), ()),
            # A carrier's corrected mark: it was brought back and then delivered after all.
            ((BY_POST, EXISTS, WENT, BACK, WAITS, CAME), (HAND_OUT_BY_POST,)),
        ],
    )
    def test_what_is_owed(self, facts: tuple[Any, ...], owed: tuple[Any, ...]) -> None:
        """The way chosen, the fee where it comes first, and what the post did."""
        every_order(RESULT, *facts).owes(*owed).is_open()

    @pytest.mark.parametrize(
        "facts",
        [
            (DONE,),
            (ONLINE, EXISTS, DONE),
            (TO_DESK, EXISTS, DONE),
            (BY_POST_PAID_FIRST, EXISTS, FEE, WENT, CAME, DONE),
            (BY_POST, EXISTS, WENT, BACK, WAITS, DONE),
        ],
    )
    def test_once_the_applicant_has_it_nothing_is_owed(self, facts: tuple[Any, ...]) -> None:
        """However late the rest of the news comes."""
        every_order(RESULT, *facts).is_kept()

    @pytest.mark.parametrize(
        ("event", "fact"),
        [
            (SUBMITTED, TO_DESK_PAID_FIRST),
            (RESOLVED, ResultExists(REF, True, RESOLVED.at)),
            (REJECTED, ResultExists(REF, False, REJECTED.at)),
            (WITHDRAWN, DONE),
            (WITHDRAWN_WITH_RESULTS, ResultExists(REF, False, TUESDAY)),
            (STOPPED, DONE),
            (REFUSED, DONE),
            (SETTLED, FEE),
            (DISPATCHED, WENT),
            (KEPT, WAITS),
            (HANDED_OUT, DONE),
        ],
    )
    def test_what_it_hears_of_its_own_service(self, event: Any, fact: Any) -> None:
        """Stored events become facts of the promise."""
        assert result_reaches_applicant.OWN[type(event)](event) == fact

    def test_what_it_hears_of_the_post(self) -> None:
        """Delivered, or brought back."""
        facts = {
            hearing.type: hearing.react(hearing.reads(REF), heard(hearing.type))
            for hearing in result_reaches_applicant.HEARS
        }
        assert facts == {
            "lienthong.postal.ParcelDelivered.v1": (CAME,),
            "lienthong.postal.ParcelBackAtDesk.v1": (BACK,),
        }


FACTS = (
    COMPLETE, PAID, OVER, TO_DESK, ONLINE_PAID_FIRST, BY_POST, EXISTS, REFUSAL, FEE, WENT, CAME, BACK, WAITS, DONE,
)  # fmt: skip


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_survives_its_codec(fact: Any) -> None:
    """Facts and states of sagas are stored like everything else."""
    assert msgspec.json.decode(msgspec.json.encode(fact), type=type(fact)) == fact


@pytest.mark.parametrize("saga", [CLOCK, RESULT])
def test_every_state_survives_its_codec(saga: Any) -> None:
    """States of sagas are written down too."""
    kinds = clock_starts_when_paid.FACTS if saga is CLOCK else result_reaches_applicant.FACTS
    state = saga.fold(fact for fact in FACTS if isinstance(fact, kinds))
    assert msgspec.json.decode(msgspec.json.encode(state), type=type(state)) == state
