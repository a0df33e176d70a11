"""What a page offers is what the services behind it take."""

from typing import Any

import pytest
from pydantic import BaseModel

from chassis.web.acts import Act as ServiceAct
from services.__main__ import WIRINGS
from services.postal.domain.attempts import ATTEMPTS, measures_for, reasons_for
from services.reporting.pages import words
from services.reporting.pages.next_acts import ACTS, Act, Thing, offers
from services.reporting.pages.sentences import TOLD
from services.reporting.pages.situation import MEASURES
from services.reporting.projections import timeline
from tests.harness import Platform


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ServiceAct]:
    """Return every act of every service by its name."""
    platform = Platform(tmp_path_factory.mktemp("acts"), WIRINGS)
    acts = {act.name: act for service in platform.services for act in service.acts}
    platform.close()
    return acts


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_an_offered_act_is_one_that_its_service_takes(act: Act, taken: dict[str, ServiceAct]) -> None:
    """Same address, and nobody is offered what he has no right to."""
    real = taken[act.name]
    assert act.path == real.path
    assert set(act.rights) <= set(real.rights)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_a_form_asks_for_what_the_body_needs(act: Act, taken: dict[str, ServiceAct]) -> None:
    """Every field it sends is known, and none that is needed is missing."""
    body: type[BaseModel] | None = taken[act.name].body
    sent = {field.name for field in act.fields}
    known = body.model_fields if body is not None else {}
    assert sent <= set(known)
    assert {name for name, field in known.items() if field.is_required()} <= sent


def thing(about: str, *stands: str, relations: str = "receiving") -> Thing:
    return Thing(about, frozenset(stands), frozenset({relations}), {"ref": "R", "step": "s", "leg": "delivery"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "of", "offered"),
    [
        ("desk_officer", thing("dossier", "at_desk", "complete", "not_asked", "may_withdraw"),
         ["accept_dossier", "ask_for_supplement", "refuse_dossier", "withdraw_dossier"]),
        ("desk_officer", thing("dossier", "at_desk", "may_withdraw"), ["refuse_dossier", "withdraw_dossier"]),
        ("desk_officer", thing("dossier", "at_desk", "complete", relations="acting"), []),
        ("desk_officer", thing("dossier", "supplement", "desk_asks"), ["receive_supplement", "refuse_dossier"]),
        ("desk_officer", thing("dossier", "in_progress", "sent_back", "not_asked_again"), ["ask_for_supplement"]),
        ("desk_officer", thing("dossier", "resolved", "to_hand_out"), ["hand_out"]),
        ("desk_officer", thing("dossier", "resolved", "fee_open"), ["start_payment", "pay_at_desk"]),
        ("desk_officer", thing("step", "sent_back", "at_desk", "answerable"), ["answer_sent_back"]),
        ("applicant", thing("dossier", "in_progress", "tax_open", relations="own"), ["start_payment"]),
        ("desk_officer", thing("dossier", "in_progress", "tax_open"), ["start_payment"]),
        ("applicant", thing("dossier", "in_progress", "fee_open", "may_withdraw", relations="own"),
         ["start_payment", "withdraw_dossier"]),
        ("applicant", thing("dossier", "at_desk", "complete", relations="own"), []),
        ("agency_officer", thing("step", "ready", relations="assigned"), ["acknowledge_step"]),
        ("agency_officer", thing("step", "ready", "handed_over_by", relations="assigned"),
         ["take_over_step", "acknowledge_step"]),
        ("agency_officer", thing("step", "acknowledged", relations="assigned"),
         ["decide_step", "send_back_step", "refuse_step"]),
        ("agency_officer", thing("step", "acknowledged", "may_extend", relations="assigned"),
         ["decide_step", "send_back_step", "extend_limit", "refuse_step"]),
        ("agency_officer", thing("step", "acknowledged"), []),
        ("agency_officer", thing("step", "decided", relations="assigned"), []),
        ("postal_staff", thing("parcel", "collection", "ordered", "attempts_left", relations="all"),
         ["mark_picked_up", "mark_attempt_failed"]),
        ("postal_staff", thing("parcel", "collection", "picked_up", "attempts_left", relations="all"),
         ["sign_handover"]),
        ("postal_staff", thing("parcel", "delivery", "picked_up", "attempts_left", relations="all"),
         ["mark_delivered", "mark_attempt_failed"]),
        ("postal_staff", thing("parcel", "delivery", "picked_up", "attempts_used_up", relations="all"),
         ["mark_back_at_desk"]),
        ("accountant", thing("refund", "owed"), ["record_refund"]),
        ("accountant", thing("refund", "paid"), []),
        ("inspector", thing("dossier", "at_desk", "complete", "fee_open", relations="all"), []),
        ("anonymous", thing("dossier", "at_desk", "complete", "fee_open", relations="all"), []),
    ],
)  # fmt: skip
def test_each_is_offered_what_is_theirs_to_do_next(role: str, of: Thing, offered: list[str]) -> None:
    """Role, relation and how things stand; one table."""
    assert [offer.act.name for offer in offers(role, [of])] == offered


def test_an_offers_address_is_complete() -> None:
    """No place in the path is left to the browser."""
    for act in ACTS:
        whole = thing(act.about, *act.when[0], relations=next(iter(act.rights.values())))
        chosen = next(offer for offer in offers(next(iter(act.rights)), [whole]) if offer.act is act)
        assert chosen.address == "/api/v1" + act.path.format(ref="R", step="s", leg="delivery")
        assert "{" not in chosen.address


def test_the_posts_choices_are_those_that_it_knows() -> None:
    """TT 17/2017: after each failed attempt only some measures are left."""
    for leg in ("collection", "delivery"):
        for attempt in range(1, ATTEMPTS + 1):
            assert set(MEASURES[leg, attempt == ATTEMPTS]) == set(measures_for(leg, attempt))
    assert set(words.WORDS["attempt_reason"]) == set(reasons_for("delivery"))


def test_every_public_event_has_its_sentence() -> None:
    """A timeline never shows a code of ours."""
    heard = {event for events in timeline.TOLD.values() for event in events}
    assert set(TOLD) == heard


def test_every_word_is_said_in_both_languages() -> None:
    """Vietnamese first, English whole."""
    looks: list[Any] = [*words.STATUS.values(), *words.STAGE.values(), *words.PARCEL.values(), *TOLD.values()]
    said = [look.said for look in looks] + [one for kind in words.WORDS.values() for one in kind.values()]
    assert all(one.vi and one.en for one in said)
