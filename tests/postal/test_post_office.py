"""The post at work over real stores and a real bus: what the desk says becomes parcels, and parcels reach an end."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.inbox import Retry
from chassis.instants import by_second
from chassis.web.problem import Problem
from kernel.calendar import VIETNAM
from kernel.codes import ItemCode
from services.postal.domain.item_numbers import ItemRange
from services.postal.policies import HEARS
from services.postal.projections.codes import codes
from tests.harness import Platform, body_of
from tests.postal import people as p
from tests.postal import teller

LIST = "SELECT ref, leg, task, due_from, attempts FROM parcels_to_do ORDER BY turn"


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Platform]:
    with p.post_office(tmp_path) as platform:
        yield platform


def to_do(post: Platform) -> list[tuple[str, str]]:
    return [(row["leg"], row["task"]) for row in post.rows("postal", LIST)]


def shown(post: Platform, ref: str, leg: str, principal: Any = p.POSTMAN) -> Any:
    return post.look("postal", "show_parcel", principal, ref=ref, leg=leg)


def give(
    post: Platform, act: str, body: dict[str, Any], ref: str, leg: str = "collection"
) -> tuple[int, dict[str, Any]]:
    answered = post.give("postal", act, p.POSTMAN, body, ref=ref, leg=leg)
    return answered.status, body_of(answered)


def test_papers_sent_by_post_come_to_the_desk(post: Platform) -> None:
    """QĐ 45/2016 art. 7.4: ordered, picked up, handed over by a signed record, whose time is the legal one."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()
    assert to_do(post) == [("collection", "collect")]
    assert shown(post, ref, "collection")["custodian"] == "applicant"
    post.pass_time(hours=2)
    status, answer = give(post, "mark_picked_up", p.pick_up(), ref)
    assert (status, answer["custodian"]) == (200, "post")
    assert to_do(post) == [("collection", "hand_over")]
    post.pass_time(hours=1)
    status, answer = give(post, "sign_handover", p.record(), ref)
    assert (status, answer["status"], answer["custodian"]) == (200, "handed_over", "desk")
    assert to_do(post) == []
    (signed,) = [data for kind, data in post.events("postal") if kind == "PapersHandedOver"]
    assert signed["at"] == post.clock.now().isoformat().replace("+00:00", "Z")
    assert signed["by"] == p.POSTMAN.id
    assert signed["officer"] == p.OFFICER.id


def test_a_result_nobody_receives_comes_back_after_two_visits(post: Platform) -> None:
    """TT 17/2017: two invitations two working days apart, then back; the list says when the second one is due."""
    ref = p.reference(1)
    p.dispatch(post, ref)
    post.engine.run_until_idle()
    assert to_do(post) == [("delivery", "pick_up")]
    give(post, "mark_picked_up", p.pick_up(), ref, "delivery")
    assert give(post, "mark_back_at_desk", p.record(), ref)[1]["code"] == "attempts_left"
    assert give(post, "mark_attempt_failed", p.failed(1), ref, "delivery")[0] == 200
    (waiting,) = post.rows("postal", LIST)
    assert waiting["task"] == "deliver"
    assert waiting["attempts"] == 1
    assert waiting["due_from"] == "2026-09-09T01:00:00Z"
    assert shown(post, ref, "delivery")["measures"] == ["return_to_desk"]
    assert give(post, "mark_attempt_failed", p.failed(2), ref, "delivery")[1]["code"] == "attempt_too_early"
    post.pass_time(days=2)
    assert give(post, "mark_attempt_failed", p.failed(2), ref, "delivery")[0] == 200
    assert to_do(post) == [("delivery", "bring_back")]
    assert give(post, "mark_delivered", p.delivery(), ref)[1]["code"] == "attempts_used_up"
    status, answer = give(post, "mark_back_at_desk", p.record(), ref)
    assert (status, answer["custodian"]) == (200, "desk")
    assert to_do(post) == []


def test_a_result_reaches_its_owner(post: Platform) -> None:
    """QĐ 45/2016 art. 9."""
    ref = p.reference(1)
    p.dispatch(post, ref)
    post.engine.run_until_idle()
    give(post, "mark_picked_up", p.pick_up(), ref, "delivery")
    status, answer = give(post, "mark_delivered", p.delivery(), ref)
    assert (status, answer["custodian"]) == (200, "applicant")
    assert to_do(post) == []


def test_two_failed_collections_end_the_order(post: Platform) -> None:
    """House rule: the papers stay where they are, and the desk hears it."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()
    give(post, "mark_attempt_failed", p.failed(1, measure="retry_next_working_day"), ref)
    post.pass_time(days=2)
    status, answer = give(post, "mark_attempt_failed", p.failed(2, measure="cancel_collection"), ref)
    assert (status, answer["status"]) == (200, "cancelled")
    assert to_do(post) == []
    kinds = [kind for kind, _ in post.events("postal")]
    assert kinds[-2:] == ["AttemptFailed", "ParcelCancelled"]


def test_a_withdrawn_dossier_leaves_the_list(post: Platform) -> None:
    """Nobody is visited for papers that nobody needs."""
    ref = p.submit_by_post(post, 1)
    teller.tell(post, teller.DossierWithdrawn(ref, post.clock.now()))
    teller.tell(post, teller.DossierWithdrawn(p.reference(2), post.clock.now()))
    post.engine.run_until_idle()
    assert shown(post, ref, "collection")["status"] == "cancelled"
    assert to_do(post) == []
    assert not post.engine.running["postal"].inbox.held


def test_every_parcel_has_a_number_of_its_own_also_after_a_restart(tmp_path: Path) -> None:
    """UPU S10: one book, one writer, and what it gave is not given again."""
    for round_of in (0, 1):
        with p.post_office(tmp_path) as post:
            for number in range(3):
                p.dispatch(post, p.submit_by_post(post, 10 * round_of + number))
            post.engine.run_until_idle()
            given_out = [data["item_code"] for kind, data in post.events("postal") if kind == "ParcelOrdered"]
    assert len(given_out) == 12
    assert sorted(int(ItemCode.parse(code).serial) for code in given_out) == list(range(1, 13))


def test_an_order_without_a_number_waits_for_staff_and_no_other_dossier_does(tmp_path: Path) -> None:
    """Contracts: what fails is parked with its error, and only its own subject waits; a new range mends it."""
    with p.post_office(tmp_path, ItemRange("RH", "VN", 1, 1)) as post:
        served, waiting = p.submit_by_post(post, 1), p.submit_by_post(post, 2)
        teller.tell(post, teller.DossierAccepted(served, "H48.01-260907-0001", post.clock.now()))
        post.engine.run_until_idle()
        ((key, parked),) = post.engine.running["postal"].inbox.held.items()
        assert parked.error is not None
        assert "item_numbers_used_up" in parked.error
        assert key[1] == waiting
        assert shown(post, "H48.01-260907-0001", "collection")["ref"] == served
        assert [kind for kind, _ in post.events("postal")] == ["ItemNumberTaken", "ParcelOrdered"]
    with p.post_office(tmp_path, ItemRange("RH", "VN", 500, 600)) as post:
        post.engine.submit("postal", Retry(post.engine.running["postal"].inbox, key))
        post.engine.run_until_idle()
        assert shown(post, waiting, "collection")["item_code"] == str(ItemCode("RH", "00000500", "VN"))
        assert not post.engine.running["postal"].inbox.held


def test_a_dossiers_code_leads_to_its_parcel(post: Platform) -> None:
    """Contracts: every path takes either the reference or the code."""
    ref = p.submit_by_post(post, 1)
    teller.tell(post, teller.DossierAccepted(ref, "H48.01-260907-0001", post.clock.now()))
    post.engine.run_until_idle()
    seen = shown(post, "H48.01-260907-0001", "collection")
    assert seen["ref"] == ref
    assert seen["order_number"] == f"{ref}-collection"


@pytest.mark.parametrize(
    ("principal", "sees"),
    [
        (p.POSTMAN, True),
        (p.OFFICER, True),
        (p.INSPECTOR_1, True),
        (p.OTHER_OFFICER, False),
        (p.SPECIALIST, False),
        (p.ANYBODY, False),
    ],
    ids=lambda who: getattr(who, "id", str(who)),
)
def test_a_parcel_is_seen_by_those_concerned(post: Platform, principal: Any, sees: bool) -> None:
    """One filter for every read; what may not be seen looks like what does not exist."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()
    assert (shown(post, ref, "collection", principal) is not None) is sees
    assert shown(post, ref, "delivery", principal) is None


def test_an_applicant_sees_his_own_parcel_and_no_other(post: Platform) -> None:
    """NĐ 61/2018 art. 25."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()
    owner = p.applicant(post)
    stranger = p.Principal("p2", p.APPLICANT, person=post.vault.person("personal_id", "051099000018"))
    assert shown(post, ref, "collection", owner)["status"] == "ordered"
    assert shown(post, ref, "collection", stranger) is None


def test_no_parcel_shows_what_is_sealed(post: Platform) -> None:
    """Contracts: an address never stands in clear, and not even sealed where nobody needs it."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()
    (stored,) = [data for kind, data in post.events("postal") if kind == "ParcelOrdered"]
    everything = str(post.events("postal")) + str(post.rows("postal", "SELECT * FROM parcels"))
    everything += str(post.rows("postal", "SELECT * FROM parcels_to_do")) + str(shown(post, ref, "collection"))
    assert stored["address"].startswith("s1.")
    assert not [value for value in p.PARTICULARS.values() if value in everything]
    assert stored["address"] not in str(shown(post, ref, "collection"))


@pytest.mark.parametrize(
    ("purpose", "read"),
    [("visit", {"name", "address", "phone"}), ("call", {"name", "phone"}), ("label", {"name", "address"})],
)
def test_an_address_is_opened_for_a_purpose_and_written_down(post: Platform, purpose: str, read: set[str]) -> None:
    """Luật 91/2025: only what the purpose needs is read, and who read it and why can be asked later."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()
    opened = post.look("postal", "open_parcel_address", p.POSTMAN, ref=ref, leg="collection", purpose=purpose)
    assert opened is not None
    assert {key: value for key, value in opened.items() if key in p.PARTICULARS and value} == {
        key: p.PARTICULARS[key] for key in read
    }
    (opening,) = post.vault.openings(p.applicant(post).person)
    assert opening["by"] == p.POSTMAN.id
    assert opening["purpose"] == f"postal {purpose} {ref}-collection"
    assert set(opening["fields"].split(",")) == read


def test_only_the_post_opens_an_address_and_only_while_it_has_to_go_there(post: Platform) -> None:
    """Luật 91/2025: no purpose, no reading; a refused reading is none and leaves no line."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()

    def opened(principal: Any) -> Any:
        return post.look("postal", "open_parcel_address", principal, ref=ref, leg="collection", purpose="visit")

    for principal in (p.OFFICER, p.INSPECTOR_1, p.applicant(post), p.ANYBODY):
        assert opened(principal) is None
    give(post, "mark_picked_up", p.pick_up(), ref)
    assert opened(p.POSTMAN) is None
    assert post.vault.openings(p.applicant(post).person) == []


@pytest.mark.parametrize("given_up", [False, True], ids=["delivered", "tried twice"])
def test_an_address_is_closed_once_nobody_goes_there_any_more(post: Platform, given_up: bool) -> None:
    """Luật 91/2025: the purpose ends with the last visit."""
    ref = p.reference(1)
    p.dispatch(post, ref)
    post.engine.run_until_idle()

    def opens() -> bool:
        where = {"ref": ref, "leg": "delivery", "purpose": "visit"}
        return post.look("postal", "open_parcel_address", p.POSTMAN, **where) is not None

    assert opens()
    give(post, "mark_picked_up", p.pick_up(), ref, "delivery")
    give(post, "mark_attempt_failed", p.failed(1), ref, "delivery")
    assert opens()
    if given_up:
        post.pass_time(days=2)
        give(post, "mark_attempt_failed", p.failed(2), ref, "delivery")
        assert shown(post, ref, "delivery")["custodian"] == "post"
    else:
        give(post, "mark_delivered", p.delivery(), ref)
    assert not opens()


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 9, 7, 1, 0, tzinfo=UTC), "2026-09-07T01:00:00Z"),
        (datetime(2026, 9, 7, 1, 0, 0, 1, tzinfo=UTC), "2026-09-07T01:00:01Z"),
        (datetime(2026, 9, 7, 8, 0, tzinfo=VIETNAM), "2026-09-07T01:00:00Z"),
    ],
)
def test_the_list_never_calls_a_postman_too_early(instant: datetime, text: str) -> None:
    """A moment of the list is a whole second, and by then the attempt counts."""
    assert by_second(instant) == text


def test_an_order_said_again_takes_no_second_number(post: Platform) -> None:
    """UPU S10: a number taken and not used would be a hole that nobody can explain."""
    person = p.applicant(post).person
    sealed = post.vault.seal(person, p.PARTICULARS)
    said = teller.DossierSubmitted(p.reference(1), "post", p.AGENCY, person, sealed, post.clock.now())
    teller.tell(post, said)
    p.submit_by_post(post, 2)
    teller.tell(post, said)
    post.engine.run_until_idle()
    assert [kind for kind, _ in post.events("postal")].count("ItemNumberTaken") == 2
    assert not post.engine.running["postal"].inbox.held


def test_an_address_is_not_opened_for_an_unknown_purpose(post: Platform) -> None:
    """A purpose that anybody may invent is none."""
    ref = p.submit_by_post(post, 1)
    post.engine.run_until_idle()
    with pytest.raises(Problem, match="visit, call, label"):
        post.look("postal", "open_parcel_address", p.POSTMAN, ref=ref, leg="collection", purpose="curiosity")
    assert post.vault.openings(p.applicant(post).person) == []


def test_what_is_read_is_what_the_desk_says() -> None:
    """A reading that asks for a field under another name would park every dossier."""
    from services.intake.publishing import PUBLISHED

    said = {f"lienthong.intake.{name}.v{version}": kind for name, version, kind in PUBLISHED}
    readings = [(hearing.type, hearing.reads) for hearing in HEARS]
    readings += [(kind, reads) for kind, (reads, _) in codes.heard.items()]
    for kind, reads in readings:
        assert {one.name for one in fields(reads)} <= {one.name for one in fields(said[kind])}


def test_what_the_teller_says_is_what_the_desk_says() -> None:
    """These tests would prove nothing about a desk that speaks otherwise."""
    from services.intake.publishing import PUBLISHED

    said = {name: kind for name, _, kind in PUBLISHED}
    for kind in teller.KINDS:
        assert {one.name for one in fields(kind)} <= {one.name for one in fields(said[kind.__name__])}
