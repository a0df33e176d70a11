"""For every act, a place where it would be granted; an act without one fails the first test of this folder."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from kernel.calendar import VIETNAM
from services.routing.domain.clock_dates import next_desk_instant
from tests.borders.province import (
    DECISION,
    DESK,
    FEE_VND,
    NOTE,
    PAPERS,
    RECEIVER,
    STEP,
    SUBMITTER,
    Header,
    Place,
    Province,
    digest,
    given,
)
from tests.harness import REGISTRY

BY_POST: Final = {"channel": "post"}
TO_HOME: Final = {"hand_out_by": "post", "hand_out_to": RECEIVER}

ASKED: Final = {"items": [{"component": "residence_proof", "reason": "missing", "note": NOTE}]}
BROUGHT: Final = {"components": given("residence_proof")}
REFUSED: Final = {"reason_code": "wrong_authority", "law": "NĐ 118/2025 art. 17", "note": NOTE}
COLLECTED: Final = {"collector": "attorney", "paper_shown": "authority_paper"}
UNFIT: Final = {"reason_code": "conditions_not_met", "law": "NĐ 61/2018 art. 19.8", "note": NOTE}
BACK: Final = {"to": "desk", "reason_code": "wrong_data", "note": NOTE}
PICKED_UP: Final = {
    "counted_papers": 3, "seal_number": "S1", "signature_sha256": digest("slip"), "photo_sha256": digest("bag"),
    "device_time": None, "advised_missing": [],
}  # fmt: skip
RECORD: Final = {"record_no": "GN-1", "officer": "desk:1", "accepted_papers": 3, "missing": []}
NOBODY_HOME: Final = {"reason": "not_home", "measure": "retry_next_working_day", "photo_sha256": digest("door")}
STILL_NOBODY: Final = {"reason": "not_home", "measure": "return_to_desk", "photo_sha256": digest("door again")}
DELIVERED: Final = {
    "relation": "self", "id_document_kind": "identity_card", "signature_sha256": digest("slip"),
    "photo_sha256": digest("door"), "authority_paper": "",
}  # fmt: skip
CORRECTED: Final = {
    "whose": "applicant", "name": None, "address": None, "phone": "0905 671 284", "email": None, "hand_out_to": None,
    "reason": NOTE,
}  # fmt: skip
FEE: Final = {"obligation": None}
CASH: Final = {"amount_vnd": FEE_VND, **FEE}
REFUND: Final = {**CASH, "txn_ref": None, "order_no": "UNC-1"}

CHILD: Final = {"name": "Đặng Sao Khuê", "personal_id": "062326000001"}
BIRTH: Final[dict[str, Any]] = {
    "procedure": "3.000722", "channel": "portal", "applicant": CHILD, "submitter": SUBMITTER, "relation": "parent",
    "components": given("declaration", "birth_notice", "identity_paper"),
    "facts": {"abandoned": False, "surrogacy": False, "residence_differs": False},
}  # fmt: skip
BORN: Final = {**DECISION, "result_code": "KQ.G15.000031"}
POLICE, RESIDENCE = "G01.51.23293", "permanent_residence"
GROUND: Final = {"ground": "third_party"}
SLOW: Final = ("mark_back_at_desk", "apologise_for_delay", "apologise_for_dossier")
"""Acts of which the place is days away."""

Found = tuple[Header, dict[str, Any] | None, dict[str, str]]


def incomplete(province: Province) -> str:
    return province.submitted(components=given(*(code for code in PAPERS if code != "residence_proof")))


def asked(province: Province) -> str:
    """Ask for a supplement."""
    ref = incomplete(province)
    province.do("ask_for_supplement", province.desk, ASKED, ref=ref)
    return ref


def on_paper(province: Province) -> str:
    """Hand a dossier in of which one paper was not digitised."""
    scanned, paper = given(*(code for code in PAPERS if code != "residence_proof")), given("residence_proof")
    return province.submitted(components=[*scanned, {**paper[0], "digitised": False}])


def broken(province: Province) -> dict[str, str]:
    """Say that the platform broke down this moment."""
    return {"since": province.engine.clock.now().isoformat()}


def broken_down(province: Province) -> str:
    ref = province.accepted()
    province.do("declare_incident", province.system, broken(province), ref=ref)
    return ref


def sent_back(province: Province) -> str:
    ref = province.acknowledged()
    province.do("send_back_step", province.officer, BACK, ref=ref, step=STEP)
    return ref


def refund_owed(province: Province) -> str:
    """Pay a fee and withdraw."""
    ref = province.accepted()
    province.do("pay_at_desk", province.desk, CASH, ref=ref)
    province.do("withdraw_dossier", province.applicant, ref=ref)
    return ref


def on_the_way(province: Province, leg: str) -> str:
    """Let the post take papers: of a dossier on its way to the desk, or of a result on its way home."""
    ref = province.submitted(**BY_POST) if leg == "collection" else province.resolved(**TO_HOME)
    province.do("mark_picked_up", province.postman, PICKED_UP, ref=ref, leg=leg)
    return ref


def undelivered(province: Province) -> str:
    """Let two deliveries fail, two working days apart."""
    ref = on_the_way(province, "delivery")
    for found in (NOBODY_HOME, STILL_NOBODY):
        province.do("mark_attempt_failed", province.postman, found, ref=ref, leg="delivery")
        province.pass_time(days=4)
    return ref


def letter(province: Province) -> dict[str, Any]:
    """Return an apology with a new date at which the desk is open, far enough away for every test."""
    far = next_desk_instant(REGISTRY.calendar(DESK), province.engine.clock.now() + timedelta(days=120))
    return {"reason_code": "backlog", "note": NOTE, "new_due_at": far.astimezone(VIETNAM).isoformat()}


def late(province: Province) -> str:
    """Let a limit pass."""
    ref = province.acknowledged()
    province.pass_time(days=8)
    return ref


def police_of(province: Province) -> Header:
    return province.token("agency_officer", agency=POLICE)


def at_the_police(province: Province) -> str:
    """Take a birth bundle to the step whose law names a ground to stop its clock."""
    ref = str(province.do("submit_dossier", province.system, province.submission(**BIRTH))["ref"])
    province.do("accept_dossier", province.desk, ref=ref)
    province.do("acknowledge_step", province.officer, ref=ref, step="birth_registration")
    province.do("decide_step", province.officer, BORN, ref=ref, step="birth_registration")
    province.do("acknowledge_step", police_of(province), ref=ref, step=RESIDENCE)
    return ref


def stopped(province: Province) -> str:
    ref = at_the_police(province)
    province.do("stop_step_clock", police_of(province), GROUND, ref=ref, step=RESIDENCE)
    return ref


def paying(province: Province) -> str:
    """Begin to pay; return the attempt."""
    return str(province.do("start_payment", province.applicant, ref=province.accepted())["txn_ref"])


PLACES: Final[dict[str, Callable[[Province], Found]]] = {
    "submit_dossier": lambda p: (p.desk, p.submission(), {}),
    "ask_for_supplement": lambda p: (p.desk, ASKED, {"ref": incomplete(p)}),
    "receive_supplement": lambda p: (p.applicant, BROUGHT, {"ref": asked(p)}),
    "accept_dossier": lambda p: (p.desk, None, {"ref": p.submitted()}),
    "refuse_dossier": lambda p: (p.desk, REFUSED, {"ref": p.submitted()}),
    "withdraw_dossier": lambda p: (p.applicant, None, {"ref": p.accepted()}),
    "answer_sent_back": lambda p: (p.desk, {"note": NOTE}, {"ref": sent_back(p), "step": STEP}),
    "digitise_component": lambda p: (p.desk, None, {"ref": on_paper(p), "component": "residence_proof"}),
    "correct_particulars": lambda p: (p.desk, CORRECTED, {"ref": p.accepted()}),
    "declare_incident": lambda p: (p.system, broken(p), {"ref": p.accepted()}),
    "end_incident": lambda p: (p.system, None, {"ref": broken_down(p)}),
    "redate_appointment": lambda p: (p.system, None, {"ref": p.accepted()}),
    "apologise_for_delay": lambda p: (p.officer, letter(p), {"ref": late(p), "step": STEP}),
    "apologise_for_dossier": lambda p: (p.officer, letter(p), {"ref": late(p)}),
    "stop_step_clock": lambda p: (police_of(p), GROUND, {"ref": at_the_police(p), "step": RESIDENCE}),
    "resume_step_clock": lambda p: (police_of(p), None, {"ref": stopped(p), "step": RESIDENCE}),
    "hand_out": lambda p: (p.desk, COLLECTED, {"ref": p.resolved()}),
    "take_over_step": lambda p: (p.officer, None, {"ref": p.accepted(), "step": STEP}),
    "acknowledge_step": lambda p: (p.officer, None, {"ref": p.accepted(), "step": STEP}),
    "extend_limit": lambda p: (p.officer, {"ground": "verification"}, {"ref": p.acknowledged(), "step": STEP}),
    "decide_step": lambda p: (p.officer, DECISION, {"ref": p.acknowledged(), "step": STEP}),
    "refuse_step": lambda p: (p.officer, UNFIT, {"ref": p.acknowledged(), "step": STEP}),
    "send_back_step": lambda p: (p.officer, BACK, {"ref": p.acknowledged(), "step": STEP}),
    "start_payment": lambda p: (p.applicant, FEE, {"ref": p.accepted()}),
    "ask_gateway": lambda p: (p.accountant, None, {"txn_ref": paying(p)}),
    "pay_at_desk": lambda p: (p.desk, CASH, {"ref": p.accepted()}),
    "record_refund": lambda p: (p.accountant, REFUND, {"ref": refund_owed(p)}),
    "mark_picked_up": lambda p: (p.postman, PICKED_UP, {"ref": p.submitted(**BY_POST), "leg": "collection"}),
    "sign_handover": lambda p: (p.postman, RECORD, {"ref": on_the_way(p, "collection")}),
    "mark_attempt_failed": lambda p: (p.postman, NOBODY_HOME, {"ref": p.submitted(**BY_POST), "leg": "collection"}),
    "mark_delivered": lambda p: (p.postman, DELIVERED, {"ref": on_the_way(p, "delivery")}),
    "mark_back_at_desk": lambda p: (p.postman, RECORD, {"ref": undelivered(p)}),
}


def place(province: Province, name: str) -> Place:
    """Prepare a place where the act of this name would be granted."""
    who, body, params = PLACES[name](province)
    return Place(*province.acts[name], who, body, params)


def places(province: Province) -> Iterator[Place]:
    """Prepare a place for every act; those that take days come first."""
    for name in in_order(province):
        yield place(province, name)


def in_order(province: Province) -> list[str]:
    """Return the name of every act, so that no place that was prepared is days old when the next one is ready."""
    return sorted(province.acts, key=lambda name: name not in SLOW)
