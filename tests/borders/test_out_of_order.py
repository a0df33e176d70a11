"""Commands that come too early, too late or otherwise than before: refused with the law that says so."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.borders.documents import problem
from tests.borders.places import (
    ASKED,
    BACK,
    BROUGHT,
    BY_POST,
    CASH,
    COLLECTED,
    DELIVERED,
    NOBODY_HOME,
    PICKED_UP,
    RECORD,
    REFUND,
    REFUSED,
    STILL_NOBODY,
    TO_HOME,
    UNFIT,
    asked,
    incomplete,
    on_the_way,
    refund_owed,
    sent_back,
)
from tests.borders.province import DECISION, STEP, Place, Province, digest, given

Before = Callable[[Province], str]


def after(before: Before, act: str, who: str, body: Any = None, **params: str) -> Before:
    """Return a history: what was before, and one more command."""

    def history(province: Province) -> str:
        ref = before(province)
        province.do(act, getattr(province, who), body, ref=ref, **params)
        return ref

    return history


def submitted(province: Province) -> str:
    return province.submitted()


def by_post(province: Province) -> str:
    return province.submitted(**BY_POST)


def accepted(province: Province) -> str:
    return province.accepted()


def acknowledged(province: Province) -> str:
    return province.acknowledged()


def resolved(province: Province) -> str:
    return province.resolved()


def dispatched(province: Province) -> str:
    return province.resolved(**TO_HOME)


def delivering(province: Province) -> str:
    return on_the_way(province, "delivery")


def collecting(province: Province) -> str:
    return on_the_way(province, "collection")


refused = after(submitted, "refuse_dossier", "desk", REFUSED)
withdrawn = after(accepted, "withdraw_dossier", "applicant")
decided = after(acknowledged, "decide_step", "officer", DECISION, step=STEP)
paid = after(accepted, "pay_at_desk", "desk", CASH)
handed_out = after(resolved, "hand_out", "desk", COLLECTED)
given_back = after(refund_owed, "record_refund", "accountant", REFUND)
handed_over = after(collecting, "sign_handover", "postman", RECORD)
delivered = after(delivering, "mark_delivered", "postman", DELIVERED)

WITHOUT_NOTE = {"items": [{"component": "residence_proof", "reason": "missing", "note": ""}]}
asked_in_few_words = after(incomplete, "ask_for_supplement", "desk", WITHOUT_NOTE)

ONE_ITEM = {"items": [{"component": "identity_paper", "reason": "unreadable", "note": ""}]}
UNKNOWN_ITEM = {"items": [{"component": "cat_photo", "reason": "missing", "note": ""}]}
OTHER_DECISION = {**DECISION, "number": "18/UBND"}
OTHER_RECORD = {**RECORD, "record_no": "GN-2"}
OTHER_PHOTO = {"photo_sha256": digest("another")}
AT, LEG, BACK_LEG = {"step": STEP}, {"leg": "collection"}, {"leg": "delivery"}

OUT_OF_ORDER: list[tuple[Before, str, str, Any, dict[str, str], str]] = [
    # the desk
    (incomplete, "accept_dossier", "desk", None, {}, "components_missing"),
    (asked, "accept_dossier", "desk", None, {}, "components_missing"),
    (by_post, "accept_dossier", "desk", None, {}, "papers_with_post"),
    (refused, "accept_dossier", "desk", None, {}, "dossier_closed"),
    (withdrawn, "accept_dossier", "desk", None, {}, "dossier_closed"),
    (accepted, "refuse_dossier", "desk", REFUSED, {}, "not_at_desk"),
    (refused, "refuse_dossier", "desk", {**REFUSED, "reason_code": "not_conforming"}, {}, "dossier_closed"),
    (incomplete, "refuse_dossier", "desk", {**REFUSED, "reason_code": "supplement_incomplete"}, {}, "supplement_first"),
    (asked, "ask_for_supplement", "desk", ONE_ITEM, {}, "supplement_asked_once"),
    (incomplete, "ask_for_supplement", "desk", ONE_ITEM, {}, "supplement_incomplete_list"),
    (submitted, "ask_for_supplement", "desk", {"items": []}, {}, "supplement_incomplete_list"),
    (submitted, "ask_for_supplement", "desk", UNKNOWN_ITEM, {}, "component_unknown"),
    (accepted, "ask_for_supplement", "desk", ASKED, {}, "not_at_desk"),
    (handed_out, "ask_for_supplement", "desk", ASKED, {}, "not_at_desk"),
    (submitted, "receive_supplement", "applicant", BROUGHT, {}, "supplement_not_asked"),
    (accepted, "receive_supplement", "applicant", BROUGHT, {}, "supplement_not_asked"),
    (handed_out, "receive_supplement", "applicant", BROUGHT, {}, "supplement_not_asked"),
    (asked, "receive_supplement", "applicant", {"components": []}, {}, "components_missing"),
    (asked, "receive_supplement", "applicant", {"components": given("cat_photo")}, {}, "component_unknown"),
    (refused, "withdraw_dossier", "applicant", None, {}, "dossier_closed"),
    (decided, "withdraw_dossier", "applicant", None, {}, "decision_exists"),
    (handed_out, "withdraw_dossier", "applicant", None, {}, "decision_exists"),
    (accepted, "answer_sent_back", "desk", {"note": ""}, AT, "not_sent_back"),
    (sent_back, "answer_sent_back", "desk", {"note": ""}, {"step": "police"}, "not_sent_back"),
    (submitted, "hand_out", "desk", COLLECTED, {}, "not_resolved"),
    (accepted, "hand_out", "desk", COLLECTED, {}, "not_resolved"),
    (decided, "hand_out", "desk", COLLECTED, {}, "fee_unpaid"),
    (dispatched, "hand_out", "desk", COLLECTED, {}, "result_with_post"),
    (resolved, "hand_out", "desk", {"collector": "self", "paper_shown": None}, {}, "no_paper_shown"),
    (resolved, "hand_out", "desk", {"collector": "aunt", "paper_shown": "slip"}, {}, "collector_without_authority"),
    # the agency
    (accepted, "decide_step", "officer", DECISION, AT, "step_not_acknowledged"),
    (accepted, "refuse_step", "officer", UNFIT, AT, "step_not_acknowledged"),
    (accepted, "send_back_step", "officer", BACK, AT, "step_not_acknowledged"),
    (
        acknowledged,
        "decide_step",
        "officer",
        {**DECISION, "result_code": "KQ.G17.000105"},
        AT,
        "result_of_another_kind",
    ),
    (acknowledged, "send_back_step", "officer", {**BACK, "to": "police"}, AT, "not_an_earlier_step"),
    (acknowledged, "send_back_step", "officer", {**BACK, "to": STEP}, AT, "not_an_earlier_step"),
    (acknowledged, "extend_limit", "officer", {"ground": "holiday"}, AT, "ground_not_in_law"),
    (decided, "decide_step", "officer", OTHER_DECISION, AT, "step_decided"),
    (decided, "refuse_step", "officer", UNFIT, AT, "step_decided"),
    (decided, "send_back_step", "officer", BACK, AT, "step_decided"),
    (decided, "extend_limit", "officer", {"ground": "verification"}, AT, "step_decided"),
    (sent_back, "decide_step", "officer", DECISION, AT, "step_sent_back"),
    (withdrawn, "decide_step", "officer", DECISION, AT, "step_cancelled"),
    (withdrawn, "take_over_step", "officer", None, AT, "step_cancelled"),
    (withdrawn, "acknowledge_step", "officer", None, AT, "step_cancelled"),
    # money
    (accepted, "pay_at_desk", "desk", {"amount_vnd": 14_999}, {}, "amount_differs"),
    (accepted, "pay_at_desk", "desk", {"amount_vnd": 0}, {}, "amount_differs"),
    (paid, "pay_at_desk", "desk", {"amount_vnd": 14_999}, {}, "already_settled"),
    (withdrawn, "pay_at_desk", "desk", CASH, {}, "obligation_cancelled"),
    (paid, "start_payment", "applicant", None, {}, "already_settled"),
    (withdrawn, "start_payment", "applicant", None, {}, "obligation_cancelled"),
    (paid, "record_refund", "accountant", REFUND, {}, "refund_not_owed"),
    (refund_owed, "record_refund", "accountant", {**REFUND, "amount_vnd": 1}, {}, "amount_differs"),
    (refund_owed, "record_refund", "accountant", {**REFUND, "txn_ref": "another"}, {}, "refund_not_owed"),
    (refund_owed, "record_refund", "accountant", {**REFUND, "order_no": ""}, {}, "refund_order_missing"),
    (given_back, "record_refund", "accountant", {**REFUND, "order_no": "UNC-2"}, {}, "refund_already_paid"),
    # the post
    (collecting, "mark_picked_up", "postman", {**PICKED_UP, "counted_papers": 4}, LEG, "parcel_already_picked_up"),
    (by_post, "sign_handover", "postman", RECORD, {}, "parcel_not_picked_up"),
    (collecting, "sign_handover", "postman", {**RECORD, "accepted_papers": 4}, {}, "papers_do_not_add_up"),
    (handed_over, "sign_handover", "postman", OTHER_RECORD, {}, "papers_already_handed_over"),
    (handed_over, "mark_attempt_failed", "postman", NOBODY_HOME, LEG, "papers_already_handed_over"),
    (dispatched, "mark_delivered", "postman", DELIVERED, {}, "parcel_not_picked_up"),
    (dispatched, "mark_attempt_failed", "postman", NOBODY_HOME, BACK_LEG, "parcel_not_picked_up"),
    (delivering, "mark_attempt_failed", "postman", STILL_NOBODY, BACK_LEG, "measure_does_not_fit"),
    (delivering, "mark_delivered", "postman", {**DELIVERED, "relation": "proxy"}, {}, "receiver_without_authority"),
    (delivering, "mark_back_at_desk", "postman", RECORD, {}, "attempts_left"),
    (delivered, "mark_delivered", "postman", {**DELIVERED, **OTHER_PHOTO}, {}, "parcel_already_delivered"),
    (delivered, "mark_attempt_failed", "postman", NOBODY_HOME, BACK_LEG, "parcel_already_delivered"),
    (delivered, "mark_back_at_desk", "postman", RECORD, {}, "parcel_already_delivered"),
]


@pytest.mark.parametrize(
    ("before", "act", "who", "body", "params", "code"),
    OUT_OF_ORDER,
    ids=[f"{row[1]} {row[-1]}" for row in OUT_OF_ORDER],
)
def test_a_command_out_of_order_is_refused_with_its_law(
    province: Province, before: Before, act: str, who: str, body: Any, params: dict[str, str], code: str
) -> None:
    """The answer names the rule, in both languages; nothing happens in any service."""
    wanted = Place(*province.acts[act], getattr(province, who), body, {"ref": before(province), **params})
    with province.unchanged():
        document = problem(province.post(wanted.path(), wanted.who, body), 409, 422)
    assert document["code"] == code, document
    assert document["law"], document


def test_what_the_post_gave_up_is_neither_delivered_nor_tried_again(province: Province, granted: list[Place]) -> None:
    """TT 17/2017/TT-BTTTT: two visits; then the parcel goes back."""
    back = next(one for one in granted if one.act.name == "mark_back_at_desk")
    path = f"/api/v1/parcels/{back.params['ref']}/delivery"
    with province.unchanged():
        for noun, body in (("completion", DELIVERED), ("failed-attempts", {**STILL_NOBODY, **OTHER_PHOTO})):
            document = problem(province.post(f"{path}/{noun}", province.postman, body), 409)
            assert (document["code"], document["law"]) == ("attempts_used_up", "TT 17/2017/TT-BTTTT")


NOT_THERE_YET: list[tuple[Before, str, str, Any, dict[str, str]]] = [
    (submitted, "decide_step", "officer", DECISION, AT),
    (submitted, "acknowledge_step", "officer", None, AT),
    (submitted, "pay_at_desk", "desk", CASH, {}),
    (submitted, "start_payment", "applicant", None, {}),
    (submitted, "record_refund", "accountant", REFUND, {}),
    (accepted, "mark_picked_up", "postman", PICKED_UP, LEG),
    (accepted, "sign_handover", "postman", RECORD, {}),
    (by_post, "mark_picked_up", "postman", PICKED_UP, BACK_LEG),
    (by_post, "mark_delivered", "postman", DELIVERED, {}),
    (by_post, "mark_picked_up", "postman", PICKED_UP, {"leg": "sideways"}),
]


@pytest.mark.parametrize(
    ("before", "act", "who", "body", "params"), NOT_THERE_YET, ids=[row[1] for row in NOT_THERE_YET]
)
def test_what_has_not_begun_is_not_there(
    province: Province, before: Before, act: str, who: str, body: Any, params: dict[str, str]
) -> None:
    """No chain before acceptance, no fee before it is raised, no parcel that nobody ordered."""
    wanted = Place(*province.acts[act], getattr(province, who), body, {"ref": before(province), **params})
    with province.unchanged():
        assert problem(province.post(wanted.path(), wanted.who, body), 404)["code"] == "not_found"


DONE_BEFORE: list[tuple[Before, str, str, Any, dict[str, str]]] = [
    (accepted, "accept_dossier", "desk", None, {}),
    (asked_in_few_words, "ask_for_supplement", "desk", WITHOUT_NOTE, {}),
    (refused, "refuse_dossier", "desk", REFUSED, {}),
    (withdrawn, "withdraw_dossier", "applicant", None, {}),
    (handed_out, "hand_out", "desk", COLLECTED, {}),
    (acknowledged, "acknowledge_step", "officer", None, AT),
    (acknowledged, "take_over_step", "officer", None, AT),
    (decided, "decide_step", "officer", DECISION, AT),
    (sent_back, "send_back_step", "officer", BACK, AT),
    (paid, "pay_at_desk", "desk", CASH, {}),
    (given_back, "record_refund", "accountant", REFUND, {}),
    (collecting, "mark_picked_up", "postman", PICKED_UP, LEG),
    (handed_over, "sign_handover", "postman", RECORD, {}),
    (delivered, "mark_delivered", "postman", DELIVERED, {}),
]


@pytest.mark.parametrize(("before", "act", "who", "body", "params"), DONE_BEFORE, ids=[row[1] for row in DONE_BEFORE])
def test_what_was_done_before_is_not_done_again(
    province: Province, before: Before, act: str, who: str, body: Any, params: dict[str, str]
) -> None:
    """The same order once more, under another key: the same standing, and nothing new in any service."""
    wanted = Place(*province.acts[act], getattr(province, who), body, {"ref": before(province), **params})
    with province.unchanged():
        assert province.post(wanted.path(), wanted.who, body).status_code == 200
