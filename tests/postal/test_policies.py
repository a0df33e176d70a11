"""What the post makes of a dossier's news."""

from typing import Any

import msgspec
import pytest

from kernel.message import Envelope, Heard
from services.postal.domain.parcel import parcel
from services.postal.domain.words import CancelParcel, OrderParcel
from services.postal.policies import HEARS
from tests.postal import samples as s
from tests.spec import given

ENVELOPE = Envelope(
    position=1,
    source="/lienthong/quangngai/intake",
    id="intake:1",
    type="lienthong.intake.DossierSubmitted.v1",
    subject=s.REF,
    sequence=1,
    root=s.REF,
    time_us=0,
    correlation="c",
    causation="c",
    traceparent=None,
    data=b"{}",
)
HEARD = Heard(ENVELOPE, s.MONDAY)
SUBMITTED = {
    "ref": s.REF,
    "procedure": "1.008891",
    "channel": "post",
    "receiving_agency": s.AGENCY,
    "applicant": s.PARTY,
    "submitter": "person-8",
    "particulars": "sealed:particulars",
    "at": "2026-03-02T03:00:00Z",
}
DISPATCHED = {
    "ref": s.REF,
    "hand_out_to": "sealed:there",
    "results": ["KQ.G17.000105"],
    "receiving_agency": s.AGENCY,
    "applicant": s.PARTY,
    "at": "2026-03-02T03:00:00Z",
}
ENDED = {"ref": s.REF, "reason": "no_supplement", "at": "2026-03-02T03:00:00Z"}


def react(name: str, said: dict[str, Any]) -> tuple[Any, ...]:
    """Hear one event of intake as it comes over the wire."""
    (hearing,) = [one for one in HEARS if one.type == f"lienthong.intake.{name}.v1"]
    return hearing.react(msgspec.json.decode(msgspec.json.encode(said), type=hearing.reads), HEARD)


def test_a_dossier_sent_by_post_has_its_papers_fetched() -> None:
    """QĐ 45/2016 art. 5: the applicant chose to send by post."""
    assert react("DossierSubmitted", SUBMITTED) == (
        OrderParcel(s.REF, "collection", s.AGENCY, s.PARTY, "sealed:particulars", actor="system:postal", now=s.MONDAY),
    )


@pytest.mark.parametrize("channel", ["portal", "counter"])
def test_nothing_is_fetched_that_was_not_sent_by_post(channel: str) -> None:
    """QĐ 45/2016 art. 5: a choice, not a duty."""
    assert react("DossierSubmitted", SUBMITTED | {"channel": channel}) == ()


def test_a_dispatched_result_is_delivered() -> None:
    """QĐ 45/2016 arts. 5 and 9."""
    assert react("ResultDispatched", DISPATCHED) == (
        OrderParcel(s.REF, "delivery", s.AGENCY, s.PARTY, "sealed:there", actor="system:postal", now=s.MONDAY),
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [("DossierWithdrawn", "withdrawn"), ("DossierRefused", "refused"), ("DossierStopped", "stopped")],
)
def test_a_dossier_that_ended_needs_no_postman(name: str, reason: Any) -> None:
    """Nobody is visited for papers that nobody needs."""
    (command,) = react(name, ENDED)
    assert command == CancelParcel(s.REF, "collection", reason, actor="system:postal", now=s.MONDAY)
    (event,) = given(parcel, s.ordered("collection")).when(command).then_kinds(type(s.cancelled()))
    assert event.reason == reason


@pytest.mark.parametrize("name", ["DossierWithdrawn", "DossierRefused", "DossierStopped"])
def test_the_end_of_a_dossier_without_parcels_is_nothing_to_the_post(name: str) -> None:
    """Most dossiers never see a postman; their ends must not wait here as refused commands."""
    (command,) = react(name, ENDED)
    given(parcel).when(command).then_nothing()


def test_each_type_is_heard_once() -> None:
    """Two reactions to one event would be two effects."""
    types = [hearing.type for hearing in HEARS]
    assert len(set(types)) == len(types)
