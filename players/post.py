"""The public post: papers fetched from the applicant, results brought to the door, or back to the desk.

Law: QĐ 45/2016/QĐ-TTg; TT 17/2017/TT-BTTTT (two visits, two working days apart).
"""

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, Final

from players.case import Case
from players.script import Answer, Do, Life, Move, See, Until, must

NEXT_DAY: Final = "retry_next_working_day"
COUNTED_PAPERS: Final = (2, 6)

Told = Generator[Move | Until, Answer, bool]


def collect_papers(case: Case) -> Told:
    """Fetch the papers and hand them over at the desk; tell whether they came."""
    at = {**case.at, "leg": "collection"}
    yield from case.wait_for("pick_up")
    if case.plan.collection != "first_visit":
        yield from _nobody_there(case, at, NEXT_DAY)
        if case.plan.collection == "never":
            yield from _nobody_there(case, at, "cancel_collection")
            return False
    papers = case.chance.randint(*COUNTED_PAPERS)
    yield from _pick_up(case, at, papers)
    yield from case.wait_for("carry")
    yield from must(Do("postal", "sign_handover", case.postman, _record(case, "GN", papers), case.at))
    return True


def deliver(case: Case) -> Told:
    """Bring the result to the applicant; tell whether it was taken, or lies at the desk again."""
    at = {**case.at, "leg": "delivery"}
    papers = 1
    yield from case.wait_for("pick_up")
    yield from _pick_up(case, at, papers)
    yield from case.wait_for("carry")
    if case.plan.delivery != "first_visit":
        yield from _nobody_there(case, at, NEXT_DAY)
        if case.plan.delivery == "back_at_desk":
            yield from _nobody_there(case, at, "return_to_desk")
            yield from case.wait_for("carry")
            yield from must(Do("postal", "mark_back_at_desk", case.postman, _record(case, "CH", papers), case.at))
            return False
    proof = {
        "relation": "self",
        "id_document_kind": "identity_card",
        "signature_sha256": case.digest("signature at the door"),
        "photo_sha256": case.digest("photo at the door"),
    }
    yield from must(Do("postal", "mark_delivered", case.postman, proof, case.at))
    return True


def _pick_up(case: Case, at: Mapping[str, str], papers: int) -> Life:
    proof = {
        "counted_papers": papers,
        "seal_number": f"S{case.story.index:06d}",
        "signature_sha256": case.digest("signature on the slip"),
        "photo_sha256": case.digest("photo of the bag"),
    }
    yield from must(Do("postal", "mark_picked_up", case.postman, proof, at))


def _nobody_there(case: Case, at: Mapping[str, str], measure: str) -> Life:
    """Visit in vain, and after the first time wait until the next visit counts."""
    failure = {"reason": case.chosen("failed_visit"), "measure": measure, "photo_sha256": case.digest(measure)}
    yield from must(Do("postal", "mark_attempt_failed", case.postman, failure, at))
    if measure == NEXT_DAY:
        seen = yield from must(See("postal", "show_parcel", case.postman, at))
        yield from case.wait(datetime.fromisoformat(seen["next_attempt_from"]))


def _record(case: Case, kind: str, papers: int) -> dict[str, Any]:
    officer = case.desk_officer.name
    return {"record_no": f"{kind}-{case.story.index:06d}", "officer": officer, "accepted_papers": papers}
