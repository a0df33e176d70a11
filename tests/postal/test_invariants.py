"""What `verify` says of the post's log: nothing where all is well, and each damage by its name."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chassis.verification import verify
from services.postal.domain.attempts import Leg
from services.postal.domain.invariants import unexplained_custody, wrong_item_numbers
from services.postal.domain.item_numbers import ItemNumberTaken
from services.postal.domain.words import order_number
from tests.postal import people as p
from tests.postal import samples as s
from tests.postal import teller

NUMBER = ItemNumberTaken(s.REF, "delivery", 1, s.CODE, s.MONDAY)
TRIED = (s.failed("delivery"), s.failed_again("delivery"))
COLLECTED = (s.ordered("collection"), s.picked_up("collection"), s.HANDED_OVER)
RETURNED = (s.ordered("delivery"), s.picked_up("delivery"), *TRIED, s.BACK)
OTHER = replace(s.ordered("delivery"), ref="01JD6Z0000000000000000OTHR")


def log(leg: Leg, *events: Any) -> list[tuple[str, Any]]:
    return [(f"parcel-{order_number(s.REF, leg)}", event) for event in events]


@pytest.mark.parametrize(
    ("leg", "events", "says"),
    [
        ("collection", COLLECTED, []),
        ("collection", (COLLECTED[0], s.failed("collection"), s.failed_again("collection"), s.cancelled()), []),
        ("delivery", RETURNED, []),
        ("delivery", (*RETURNED[:2], s.DELIVERED), []),
        ("collection", COLLECTED[::2], ["PapersHandedOver while the parcel was ordered"]),
        ("collection", COLLECTED[1:], ["ParcelPickedUp while the parcel was not_ordered"]),
        ("collection", (*COLLECTED, COLLECTED[1]), ["ParcelPickedUp while the parcel was handed_over"]),
        ("collection", (*COLLECTED[:2], s.cancelled()), ["ParcelCancelled while the parcel was picked_up"]),
        ("collection", (COLLECTED[0], COLLECTED[0]), ["ParcelOrdered while the parcel was ordered"]),
        ("delivery", (RETURNED[0], s.DELIVERED), ["ParcelDelivered while the parcel was ordered"]),
        ("delivery", (*RETURNED, s.DELIVERED), ["ParcelDelivered while the parcel was back_at_desk"]),
        ("delivery", (*RETURNED, *TRIED[:1]), ["AttemptFailed while the parcel was back_at_desk"]),
        ("delivery", (*RETURNED[:3], s.BACK), ["back at the desk after 1 attempts"]),
        ("delivery", (OTHER,), ["ParcelOrdered belongs to 01JD6Z0000000000000000OTHR, delivery"]),
    ],
)
def test_custody_is_explained_by_the_log(leg: Leg, events: tuple[Any, ...], says: list[str]) -> None:
    """QĐ 45/2016 art. 14: a paper that nobody handed to its holder is a paper that somebody lost."""
    found = list(unexplained_custody(log(leg, *events)))
    assert [line.partition(": ")[2] for line in found] == says


@pytest.mark.parametrize(
    ("numbers", "outcome"),
    [
        ((NUMBER,), None),
        ((NUMBER, replace(NUMBER, leg="collection")), "given to"),
        ((), "was never given to it"),
        ((replace(NUMBER, leg="collection"),), "was never given to it"),
        ((NUMBER, replace(NUMBER, ref="other", item_code="RH000000012VN")), "does not fit the eight before it"),
    ],
)
def test_every_item_number_is_somebodys(numbers: tuple[ItemNumberTaken, ...], outcome: str | None) -> None:
    """UPU S10: right, unique, and out of the book."""
    whole = [("items-RH-VN", number) for number in numbers] + log("delivery", s.ordered("delivery"))
    found = list(wrong_item_numbers(whole))
    assert len(found) == (outcome is not None)
    if outcome is not None:
        assert outcome in found[0]


def test_a_busy_week_of_the_post_verifies(tmp_path: Path) -> None:
    """Every check of `verify`, over parcels that went every way there is."""
    with p.post_office(tmp_path) as post:
        refs = [p.submit_by_post(post, number) for number in range(1, 6)]
        post.engine.run_until_idle()
        for ref in refs[:3]:
            assert (
                post.give("postal", "mark_picked_up", p.POSTMAN, p.pick_up(), ref=ref, leg="collection").status == 200
            )
            post.give("postal", "sign_handover", p.POSTMAN, p.record(), ref=ref)
            p.dispatch(post, ref)
        teller.tell(post, teller.DossierAccepted(refs[0], "H48.01-260907-0001", post.clock.now()))
        teller.tell(post, teller.DossierWithdrawn(refs[3], post.clock.now()))
        post.engine.run_until_idle()
        for ref in refs[:2]:
            post.give("postal", "mark_picked_up", p.POSTMAN, p.pick_up(), ref=ref, leg="delivery")
        post.give("postal", "mark_delivered", p.POSTMAN, p.delivery(), ref=refs[0])
        post.give("postal", "mark_attempt_failed", p.POSTMAN, p.failed(1), ref=refs[1], leg="delivery")
        post.pass_time(days=3)
        post.give("postal", "mark_attempt_failed", p.POSTMAN, p.failed(2), ref=refs[1], leg="delivery")
        answered = post.give("postal", "mark_back_at_desk", p.POSTMAN, p.record(), ref=refs[1])
        assert answered.status == 200
        checks = [one for one in verify(post.engine, post.vault) if one.service == "postal"]
        assert {"custody", "item_numbers"} <= {one.name for one in checks}
        assert [(one.name, one.broken, one.pending) for one in checks if one.broken or one.pending] == []
        kinds = {kind for kind, _ in post.events("postal")}
        assert kinds == {kind.__name__ for kind in post.engine.running["postal"].service.events}
