"""An attempt that fails leaves a trace, the next one waits two working days, and after two nobody tries again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kernel.refusal import Refused
from services.postal.domain.attempts import Leg, measures_for, reasons_for
from services.postal.domain.parcel import parcel
from services.postal.domain.words import ParcelCancelled
from tests.postal import samples as s
from tests.spec import given

LEGS: tuple[Leg, ...] = ("collection", "delivery")


def test_a_failed_delivery_says_from_when_the_next_one_counts() -> None:
    """TT 17/2017: invitations lie at least two working days apart."""
    given(parcel, s.ordered("delivery"), s.picked_up("delivery")).when(s.fail("delivery")).then(s.failed("delivery"))


@pytest.mark.parametrize(
    ("failed_at", "counts_from"),
    [
        (datetime(2026, 3, 2, 3, 0, tzinfo=UTC), datetime(2026, 3, 4, 3, 0, tzinfo=UTC)),
        (datetime(2026, 3, 5, 8, 30, tzinfo=UTC), datetime(2026, 3, 9, 8, 30, tzinfo=UTC)),
        (datetime(2026, 3, 7, 3, 0, tzinfo=UTC), datetime(2026, 3, 10, 10, 0, tzinfo=UTC)),
        (datetime(2026, 4, 29, 3, 0, tzinfo=UTC), datetime(2026, 5, 5, 3, 0, tzinfo=UTC)),
    ],
    ids=["within a week", "over a weekend", "tried on a Saturday", "over two holidays and a weekend"],
)
def test_days_between_attempts_are_the_agencys_working_days(failed_at: datetime, counts_from: datetime) -> None:
    """TT 17/2017 says working days, and whose are working days is the calendar's to say."""
    given(parcel, s.ordered("delivery"), s.picked_up("delivery")).when(s.fail("delivery", failed_at)).then(
        replace(s.failed("delivery"), next_attempt_from=counts_from, at=failed_at)
    )


def test_an_attempt_beyond_the_published_calendar_is_refused() -> None:
    """Guessing the holidays of next year would promise a wrong day."""
    late = datetime(2026, 12, 31, 3, 0, tzinfo=UTC)
    given(parcel, s.ordered("delivery"), s.picked_up("delivery")).when(s.fail("delivery", late)).refused(
        "calendar_does_not_reach"
    )


@pytest.mark.parametrize("leg", LEGS)
@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (timedelta(hours=4), "attempt_too_early"),
        (timedelta(days=1), "attempt_too_early"),
        (timedelta(days=2, microseconds=-1), "attempt_too_early"),
        (timedelta(days=2), "counts"),
        (timedelta(days=9), "counts"),
    ],
)
def test_a_second_failure_counts_only_two_working_days_after_the_first(
    leg: Leg, after: timedelta, outcome: str
) -> None:
    """TT 17/2017: at least two invitations, two working days apart."""
    before = (
        (s.ordered(leg), s.failed(leg)) if leg == "collection" else (s.ordered(leg), s.picked_up(leg), s.failed(leg))
    )
    decided = given(parcel, *before).when(s.fail_last(leg, s.MONDAY + after))
    if outcome == "counts":
        second = replace(s.failed_again(leg), at=s.MONDAY + after)
        gone = ParcelCancelled(s.REF, leg, s.CODE, "not_collected", s.MONDAY + after)
        decided.then(*((second, gone) if leg == "collection" else (second,)))
    else:
        decided.refused(outcome)


def test_an_extra_try_before_the_second_invitation_may_succeed() -> None:
    """The two days protect the receiver from being passed over, not from receiving early."""
    next_day = s.MONDAY + timedelta(days=1)
    given(parcel, s.ordered("delivery"), s.picked_up("delivery"), s.failed("delivery")).when(
        s.deliver(at=next_day)
    ).then(replace(s.DELIVERED, at=next_day))
    given(parcel, s.ordered("collection"), s.failed("collection")).when(s.pick_up("collection", at=next_day)).then(
        replace(s.picked_up("collection"), at=next_day)
    )


def test_the_same_failure_reported_again_is_one_failure() -> None:
    """A device that was offline sends its list again; the photo makes a report this attempt and no other."""
    twice = (s.ordered("delivery"), s.picked_up("delivery"), s.failed("delivery"))
    given(parcel, *twice).when(s.fail("delivery", s.WEDNESDAY)).then_nothing()
    given(parcel, *twice, s.failed_again("delivery")).when(s.fail("delivery", s.WEDNESDAY)).then_nothing()
    given(parcel, *twice, s.failed_again("delivery"), s.BACK).when(s.fail_last("delivery")).then_nothing()


def test_one_photo_does_not_show_two_attempts() -> None:
    """A second visit that left no trace of its own was perhaps none."""
    used = s.fail_last("delivery", photo="door")
    refused = given(parcel, s.ordered("delivery"), s.picked_up("delivery"), s.failed("delivery")).when(used)
    assert refused.refused("proof_incomplete").invalid[0].name == "photo_sha256"


@pytest.mark.parametrize("photo", ["", "0" * 63, "no digest at all"])
def test_a_failed_attempt_leaves_a_photo(photo: str) -> None:
    """Without it nobody can tell an empty house from a postman who did not come."""
    command = s.fail("delivery")
    bare = replace(command, failure=replace(command.failure, photo_sha256=photo))
    given(parcel, s.ordered("delivery"), s.picked_up("delivery")).when(bare).refused("proof_incomplete")


def test_two_failed_collections_cancel_the_order() -> None:
    """Papers that cannot be fetched stay with the applicant, and the dossier hears it (house rule)."""
    given(parcel, s.ordered("collection"), s.failed("collection")).when(s.fail_last("collection")).then(
        s.failed_again("collection"), ParcelCancelled(s.REF, "collection", s.CODE, "not_collected", s.WEDNESDAY)
    )


def test_after_two_failed_deliveries_the_parcel_only_goes_back() -> None:
    """TT 17/2017: after the second invitation the result returns to the agency, where the applicant collects it."""
    tried = (s.ordered("delivery"), s.picked_up("delivery"), s.failed("delivery"), s.failed_again("delivery"))
    given(parcel, *tried).when(s.deliver(at=s.WEDNESDAY)).refused("attempts_used_up")
    given(parcel, *tried).when(s.fail_last("delivery", s.WEDNESDAY + timedelta(days=7), photo="third")).refused(
        "attempts_used_up"
    )
    given(parcel, *tried).when(s.bring_back()).then(s.BACK)


@pytest.mark.parametrize("failures", [0, 1])
def test_a_parcel_does_not_go_back_before_two_attempts(failures: int) -> None:
    """TT 17/2017: at least two invitations."""
    before = (s.ordered("delivery"), s.picked_up("delivery"), s.failed("delivery"))[: 2 + failures]
    given(parcel, *before).when(s.bring_back()).refused("attempts_left")


@pytest.mark.parametrize(
    ("leg", "attempt", "fits"),
    [
        ("collection", 1, ("retry_today", "retry_next_working_day", "address_check")),
        ("collection", 2, ("cancel_collection",)),
        ("delivery", 1, ("retry_today", "retry_next_working_day", "hold_at_office", "address_check")),
        ("delivery", 2, ("return_to_desk",)),
    ],
)
def test_a_measure_belongs_to_its_leg_and_attempt(leg: Leg, attempt: int, fits: tuple[str, ...]) -> None:
    """Nothing can be held at the office that the applicant still has, and one try is not enough (TT 17/2017)."""
    assert measures_for(leg, attempt) == fits
    before: tuple[Any, ...] = (s.ordered(leg),) if leg == "collection" else (s.ordered(leg), s.picked_up(leg))
    if attempt == 2:
        before += (s.failed(leg),)
    for measure in {one for where in LEGS for number in (1, 2) for one in measures_for(where, number)}:
        command = s.fail(leg, s.WEDNESDAY, measure=measure, photo=f"door {attempt}")
        decided = given(parcel, *before).when(command)
        if measure in fits:
            assert not isinstance(decided.answer, Refused)
            assert decided.answer
        else:
            decided.refused("measure_does_not_fit")


def test_nobody_fails_an_identity_check_before_there_is_a_parcel() -> None:
    """Reasons that speak of the bag or of its receiver belong to delivery."""
    assert set(reasons_for("delivery")) - set(reasons_for("collection")) == {"id_check_failed", "damaged"}
    given(parcel, s.ordered("collection")).when(s.fail("collection", reason="damaged")).refused("reason_does_not_fit")


def test_the_calendar_is_only_asked_for_the_first_failure() -> None:
    """After the second there is no third to wait for."""
    before = (s.ordered("delivery"), s.picked_up("delivery"), s.failed("delivery"))
    given(parcel, *before).when(replace(s.fail_last("delivery"), calendar=None)).then(s.failed_again("delivery"))
