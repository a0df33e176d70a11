"""The same key asks the same thing: it is done once, answered alike ever after, and never done for somebody else."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.borders.at_rest import in_clear
from tests.borders.documents import problem
from tests.borders.places import ASKED, COLLECTED, incomplete, place, places
from tests.borders.province import PLANTED, Header, Place, Province, digest, given

OTHER: dict[str, dict[str, Any]] = {
    "submit_dossier": {"category": "poor_household"},
    "ask_for_supplement": {"items": [{**ASKED["items"][0], "note": "khác"}]},
    "receive_supplement": {"components": given("residence_proof", "identity_paper")},
    "refuse_dossier": {"reason_code": "not_conforming"},
    "answer_sent_back": {"note": "khác"},
    "hand_out": {"paper_shown": "slip"},
    "extend_limit": {"ground": "another_ground"},
    "correct_particulars": {"phone": "0905 671 285"},
    "declare_incident": {"since": "2026-09-07T00:00:00Z"},
    "decide_step": {"number": "18/UBND"},
    "refuse_step": {"reason_code": "another_reason"},
    "send_back_step": {"reason_code": "another_reason"},
    "apologise_for_delay": {"reason_code": "another_reason"},
    "apologise_for_dossier": {"reason_code": "another_reason"},
    "stop_step_clock": {"ground": "posting"},
    "start_payment": {"obligation": "fee"},
    "pay_at_desk": {"amount_vnd": 14_999},
    "record_refund": {"order_no": "UNC-2"},
    "mark_picked_up": {"counted_papers": 4},
    "sign_handover": {"record_no": "GN-2"},
    "mark_attempt_failed": {"reason": "moved"},
    "mark_delivered": {"photo_sha256": digest("another")},
    "mark_back_at_desk": {"record_no": "GN-2"},
}
"""For every act with a body another body that may be sent to it as well."""


def send(province: Province, right: Place, key: str, body: Any = None, who: Header | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return province.post(right.path(), who or right.who, right.body if body is None else body, headers=headers)


def is_replayed(answer: httpx.Response) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


def same(one: httpx.Response, other: httpx.Response) -> bool:
    """Say whether two answers are alike, byte for byte, with the same version."""
    return (one.status_code, one.content, one.headers.get("etag"), one.headers["content-type"]) == (
        other.status_code, other.content, other.headers.get("etag"), other.headers["content-type"],
    )  # fmt: skip


def otherwise(province: Province, right: Place, key: str) -> httpx.Response:
    """Send another content under the same key: another body, or where there is none the same to another dossier."""
    if right.act.body is not None:
        return send(province, right, key, {**(right.body or {}), **OTHER[right.act.name]})
    return province.post(right.of("0" * 26), right.who, right.body, headers={"Idempotency-Key": key})


def test_a_key_is_good_for_one_command_and_one_principal(province: Province) -> None:
    """For every act: repeated, it is answered as before; with another content it is refused; others have their own."""
    for right in places(province):
        name, key = right.act.name, f"{right.act.name} once"
        first = send(province, right, key)
        assert first.status_code == right.act.status, f"{name}: {first.text}"
        assert not is_replayed(first)
        with province.unchanged():
            for _ in range(2):
                again = send(province, right, key)
                assert same(first, again), f"{name}: {again.text}"
                assert is_replayed(again), name
            assert problem(otherwise(province, right, key), 409)["code"] == "idempotency_key_reused", name
            assert same(first, send(province, right, key)), name


def colleague(province: Province, right: Place) -> Header:
    """Return somebody with the same rights under another name."""
    who = province.platform.issuer.check(right.who["Authorization"].removeprefix("Bearer "))
    return province.token(who.role, agency=who.agency, person=who.person, name=f"colleague of {who.id}")


def test_a_key_of_somebody_else_is_another_key(province: Province) -> None:
    """Two people may think of the same key; neither gets the other's answer, and each is judged as of now."""
    for right in places(province):
        key = f"{right.act.name} of everybody"
        first = send(province, right, key)
        others = send(province, right, key, who=colleague(province, right))
        assert not is_replayed(others), right.act.name
        assert others.status_code in (200, 201, 409, 422), others.text
        for stranger in (province.stranger, province.other_desk, province.other_officer, province.inspector):
            if right.params:
                assert problem(send(province, right, key, who=stranger), 404)["code"] == "not_found"
        assert same(first, send(province, right, key))


def test_a_key_for_another_command_is_another_key(province: Province) -> None:
    """A clumsy client counts 1, 2, 3 for each kind of command."""
    ref = province.submitted()
    for name in ("accept_dossier", "withdraw_dossier"):
        answer = send(province, Place(*province.acts[name], province.desk, None, {"ref": ref}), "1")
        assert (answer.status_code, is_replayed(answer)) == (200, False)


def test_a_refusal_is_remembered_and_changes_nothing(province: Province) -> None:
    """Also when it would be granted by now: who wants to try again sends a new key."""
    ref = incomplete(province)
    right = Place(*province.acts["accept_dossier"], province.desk, None, {"ref": ref})
    with province.unchanged():
        first = send(province, right, "too early")
        assert problem(first, 422)["law"]
    province.do("ask_for_supplement", province.desk, ASKED, ref=ref)
    province.do("receive_supplement", province.applicant, {"components": given("residence_proof")}, ref=ref)
    with province.unchanged():
        again = send(province, right, "too early")
        assert (same(first, again), is_replayed(again)) == (True, True)
    assert send(province, right, "now").status_code == 200


@pytest.mark.parametrize(
    "wrong", ["a body that is none", "a version that changed", "a token that is none", "a stranger"]
)
def test_what_was_not_decided_is_not_remembered(province: Province, wrong: str) -> None:
    """A request that never got as far as its command leaves its key free."""
    right, key = place(province, "hand_out"), f"after {wrong}"
    headers = {"Idempotency-Key": key}
    with province.unchanged():
        match wrong:
            case "a body that is none":
                problem(province.post(right.path(), right.who, content=b"{", headers=headers), 400)
                problem(province.post(right.path(), right.who, {"surprise": 1}, headers=headers), 422)
            case "a version that changed":
                problem(province.post(right.path(), right.who, right.body, headers={**headers, "If-Match": '"1"'}), 412)
            case "a token that is none":
                problem(province.post(right.path(), {}, right.body, headers=headers), 401)
            case _:
                problem(province.post(right.path(), province.other_desk, right.body, headers=headers), 404)
    answer = send(province, right, key)
    assert (answer.status_code, is_replayed(answer)) == (200, False)


def test_the_same_request_by_many_hands_at_once_is_done_once(province: Province) -> None:
    """Retries overtake each other; one is carried out, the others get its answer."""
    right = place(province, "start_payment")
    known = len(province.events("payments", "PaymentStarted"))
    answers = province.client.at_once(12, right.path(), headers={**right.who, "Idempotency-Key": "all at once"})
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum(not is_replayed(answer) for answer in answers) == 1
    province.settle()
    assert len(province.events("payments", "PaymentStarted")) == known + 1


def test_an_answer_survives_a_restart(tmp_path: Path) -> None:
    """Every act's answer, and a refusal; the files that hold them meanwhile hold nothing personal in clear."""
    before = Province(tmp_path)
    done = [(right, send(before, right, right.act.name)) for right in list(places(before))]
    early = Place(*before.acts["hand_out"], before.desk, COLLECTED, {"ref": before.submitted()})
    done.append((early, send(before, early, "too early")))
    keys = [*(right.act.name for right, _ in done[:-1]), "too early"]
    before.settle()
    told = before.fingerprint()
    before.close()
    assert in_clear(tmp_path, *PLANTED) == []
    after = Province(tmp_path)
    try:
        assert after.fingerprint() == told, "a restart changes nothing"
        with after.unchanged():
            for (right, first), key in zip(done, keys, strict=True):
                again = send(after, right, key)
                assert (same(first, again), is_replayed(again)) == (True, True), right.act.name
                assert problem(otherwise(after, right, key), 409)["code"] == "idempotency_key_reused"
        assert [first.status_code for _, first in done[:-1]] == [right.act.status for right, _ in done[:-1]]
        assert done[-1][1].status_code == 409
    finally:
        after.close()


def test_what_is_kept_of_a_request_does_not_tell_what_was_asked(tmp_path: Path) -> None:
    """A body is mostly somebody's name and number, and could be guessed: its fingerprint is keyed in `keys/`."""
    kept = set()
    for name in ("one", "another"):
        there = Province(tmp_path / name)
        body = there.submission()
        there.post("/api/v1/dossiers", there.desk, body, headers={"Idempotency-Key": "same"})
        there.post("/api/v1/dossiers", there.desk, body, headers={"Idempotency-Key": "not the same"})
        there.settle()
        rows = there.engine.running["intake"].store.query("SELECT fingerprint FROM answers", {})
        kept |= {row["fingerprint"] for row in rows}
        there.close()
    assert len(kept) == 4
