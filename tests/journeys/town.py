"""The ward of Kon Tum with its desk, its agencies, the post and one applicant: what a story is told with."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from chassis.web.auth import ACCOUNTANT, AGENCY_OFFICER, APPLICANT, DESK_OFFICER, INSPECTOR, POSTAL_STAFF, Principal
from kernel.calendar import VIETNAM
from kernel.procedure import Procedure
from services.intake.wiring import service as intake
from services.payments.wiring import pay_without_http
from services.payments.wiring import service as payments
from services.postal.wiring import service as postal
from services.reporting.projections.agencies import causes_of
from services.reporting.projections.province_table import province_table_of
from services.reporting.wiring import service as reporting
from services.routing.wiring import service as routing
from tests.harness import REGISTRY, Platform, body_of

WIRINGS = (intake, routing, payments, postal, reporting)
MARITAL_STATUS, ARCHITECT, BIRTH, KARAOKE = "1.004873", "1.008891", "3.000722", "9.000297"

WARD_DESK = "H48.23293.01"
WARD = "H48.23293"
WARD_POLICE = "G01.51.23293"
INSURANCE = "G24.51.01"
PROVINCE = "H48"
PROVINCE_DESK = "H48.01.01"
CONSTRUCTION = "H48.05"

PARENT_ID = "062085001234"
CHILD_ID = "062326000001"
HOUSE_TAX_CODE = "6836044508"
LAN = {"name": "Nguyễn Thị Lan", "personal_id": "062185004321", "address": "12 Trần Phú, phường Kon Tum"}
FACTS: dict[str, dict[str, Any]] = {
    MARITAL_STATUS: {"married_before": False, "issued_before": False},
    ARCHITECT: {"foreign_degree": False},
    BIRTH: {"abandoned": False, "surrogacy": False, "residence_differs": False},
    KARAOKE: {"rooms": 4},
}
PEOPLE: dict[str, dict[str, Any]] = {
    MARITAL_STATUS: {"applicant": LAN},
    ARCHITECT: {"applicant": LAN},
    BIRTH: {
        "applicant": {"name": "Trần An", "personal_id": CHILD_ID},
        "relation": "parent",
        "submitter": {"name": "Trần Hải", "personal_id": PARENT_ID},
    },
    KARAOKE: {
        "applicant": {"name": "Hộ kinh doanh karaoke Sao Đêm", "tax_code": HOUSE_TAX_CODE},
        "applicant_kind": "household_business",
        "relation": "legal_representative",
        "submitter": {"name": "Trần Hải", "personal_id": PARENT_ID},
    },
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Town:
    """Everybody in the story; `ref` is the dossier it is about."""

    def __init__(self, data: Path) -> None:
        self.platform = Platform(data, WIRINGS)
        self.ref = ""
        self.procedure: Procedure
        self.desk = WARD_DESK
        self.by_tax_code = False

    @contextmanager
    def open(self) -> Iterator[Self]:
        try:
            yield self
        finally:
            self.platform.close()

    # people

    @property
    def desk_officer(self) -> Principal:
        return Principal(f"officer:{self.desk}:1", DESK_OFFICER, self.desk)

    @property
    def applicant(self) -> Principal:
        kind, number = ("tax_code", HOUSE_TAX_CODE) if self.by_tax_code else ("personal_id", LAN["personal_id"])
        person = self.platform.vault.person(kind, number)
        return Principal(person, APPLICANT, person=person)

    @property
    def submitter(self) -> Principal:
        person = self.platform.vault.person("personal_id", PARENT_ID)
        return Principal(person, APPLICANT, person=person)

    def officer_of(self, agency: str) -> Principal:
        return Principal(f"officer:{agency}:1", AGENCY_OFFICER, agency)

    postman = Principal("post:7", POSTAL_STAFF)
    inspector = Principal("inspector:1", INSPECTOR)

    @property
    def accountant(self) -> Principal:
        return Principal(f"accountant:{self.desk}", ACCOUNTANT, self.desk)

    # time

    def at(self, local: str) -> datetime:
        """Move the clock to an instant of Vietnam, `2026-09-08 09:30`, firing every timer on the way."""
        instant = datetime.fromisoformat(local).replace(tzinfo=VIETNAM)
        self.platform.move_to(instant)
        return instant

    # acts

    def do(self, service: str, act: str, who: Principal, body: Any = None, **params: str) -> dict[str, Any]:
        """Give a command that has to succeed."""
        answered = self.platform.give(service, act, who, body, **{"ref": self.ref, **params})
        assert answered.status < 400, body_of(answered)
        return body_of(answered)

    def refused(self, service: str, act: str, who: Principal, body: Any = None, **params: str) -> str:
        """Give a command that has to be refused; return the rule's code."""
        answered = self.platform.give(service, act, who, body, **{"ref": self.ref, **params})
        assert answered.status >= 400, body_of(answered)
        return str(body_of(answered)["code"])

    def submit(self, procedure: str, without: tuple[str, ...] = (), who: Principal | None = None, **more: Any) -> None:
        """Hand a dossier in with everything that it needs, less what it comes `without`."""
        self.procedure = REGISTRY.procedure(procedure, on=self.platform.clock.now().astimezone(VIETNAM).date())
        self.by_tax_code = procedure == KARAOKE
        channel = more.get("channel", self.procedure.channels[0] if len(self.procedure.channels) == 1 else "counter")
        needed = [part.code for part in self.procedure.components if part.required == "always"]
        body = {
            "procedure": procedure,
            "channel": channel,
            "receiving_agency": self.desk,
            "components": [{"code": code} for code in needed if code not in without],
            "facts": FACTS[procedure],
            **PEOPLE[procedure],
            **more,
        }
        by_relative = "submitter" in PEOPLE[procedure]
        default = self.desk_officer if channel == "counter" else self.submitter if by_relative else self.applicant
        self.ref = self.do("intake", "submit_dossier", who or default, body)["ref"]

    def accept(self) -> None:
        self.do("intake", "accept_dossier", self.desk_officer)

    def withdraw(self) -> None:
        self.do("intake", "withdraw_dossier", self.desk_officer)

    def ask_for(self, *components: str) -> None:
        items = [{"component": code, "reason": "missing"} for code in components]
        self.do("intake", "ask_for_supplement", self.desk_officer, {"items": items})

    def bring(self, *components: str) -> None:
        given = {"components": [{"code": code} for code in components]}
        self.do("intake", "receive_supplement", self.desk_officer, given)

    def collect(self) -> None:
        relation = PEOPLE[self.procedure.code].get("relation", "self")
        shown = {"collector": relation, "paper_shown": "slip"}
        self.do("intake", "hand_out", self.desk_officer, shown)

    def acknowledge(self, step: str, agency: str) -> None:
        self.do("routing", "acknowledge_step", self.officer_of(agency), step=step)

    def decide(self, step: str, agency: str, number: str = "") -> None:
        """Acknowledge a step if nobody has, and issue its result."""
        self.acknowledge(step, agency)
        code = next(one.result.code for one in self.procedure.steps if one.code == step)
        number = number or f"{step}/1"
        result = {"result_code": code, "number": number, "signer": "Chủ tịch", "sha256": digest(number)}
        self.do("routing", "decide_step", self.officer_of(agency), result, step=step)

    def refuse(self, step: str, agency: str) -> None:
        self.acknowledge(step, agency)
        because = {"reason_code": "conditions_not_met", "law": "NĐ 61/2018 art. 19.8", "note": "Chưa đủ điều kiện."}
        self.do("routing", "refuse_step", self.officer_of(agency), because, step=step)

    def send_back(self, step: str, agency: str, to: str) -> None:
        self.acknowledge(step, agency)
        why = {"to": to, "reason_code": "wrong_data", "note": "Ngày sinh không khớp."}
        self.do("routing", "send_back_step", self.officer_of(agency), why, step=step)

    # money

    def start_payment(self) -> str:
        """Go to the gateway; return the address of the pay page."""
        return str(self.do("payments", "start_payment", self.applicant)["pay_url"])

    def pay(self, pay_url: str = "", ending: Any = "succeeded", misbehaviour: Any = "none") -> list[str]:
        """Let a payment end at the gateway; return what its notices were answered."""
        border = self.platform.borders["payments"]
        url = pay_url or self.start_payment()
        jobs = pay_without_http(self.platform.parts, border, url, ending, misbehaviour)
        self.platform.engine.run_until_idle()
        answers = [json.loads(job.future.result(timeout=0).body) for job in jobs]
        return [answer["RspCode"] for answer in answers if "RspCode" in answer]

    def pay_cash(self) -> None:
        owed = self.obligation["total_vnd"]
        self.do("payments", "pay_at_desk", self.desk_officer, {"amount_vnd": owed})

    # the post

    def pick_up(self, leg: str, papers: int = 3) -> None:
        proof = {
            "counted_papers": papers,
            "seal_number": "S1",
            "signature_sha256": digest("s"),
            "photo_sha256": digest("p"),
        }
        self.do("postal", "mark_picked_up", self.postman, proof, leg=leg)

    def hand_over(self, papers: int = 3) -> None:
        record = {"record_no": "GN-1", "officer": self.desk_officer.id, "accepted_papers": papers}
        self.do("postal", "sign_handover", self.postman, record)

    def nobody_home(self, leg: str, measure: str) -> None:
        failure = {"reason": "not_home", "measure": measure, "photo_sha256": digest(f"door {measure}")}
        self.do("postal", "mark_attempt_failed", self.postman, failure, leg=leg)

    def deliver(self) -> None:
        proof = {
            "relation": "self",
            "id_document_kind": "identity_card",
            "signature_sha256": digest("s"),
            "photo_sha256": digest("d"),
        }
        self.do("postal", "mark_delivered", self.postman, proof)

    def bring_back(self, papers: int) -> None:
        record = {"record_no": "CH-1", "officer": self.desk_officer.id, "accepted_papers": papers}
        self.do("postal", "mark_back_at_desk", self.postman, record)

    # seen from outside

    def see(self, service: str, view: str, who: Principal, **params: str) -> dict[str, Any]:
        seen = self.platform.look(service, view, who, **{"ref": self.ref, **params})
        assert seen is not None, f"{view} shows nothing"
        return seen

    @property
    def dossier(self) -> dict[str, Any]:
        return self.see("intake", "show_dossier", self.desk_officer)

    @property
    def chain(self) -> dict[str, Any]:
        return self.see("routing", "show_chain", self.desk_officer)

    @property
    def stages(self) -> dict[str, str]:
        return {step["step"]: step["stage"] for step in self.chain["steps"]}

    @property
    def obligation(self) -> dict[str, Any]:
        return self.see("payments", "show_obligation", self.accountant)

    def parcel(self, leg: str) -> dict[str, Any]:
        return self.see("postal", "show_parcel", self.postman, leg=leg)

    def told(self, service: str, *kinds: str) -> list[str]:
        """Return which of these events happened, in order."""
        return [kind for kind, _ in self.platform.events(service) if kind in kinds]

    @property
    def province(self) -> dict[str, int]:
        return province_table_of(self.platform.engine.running["reporting"].store)

    @property
    def late_because(self) -> set[str]:
        store = self.platform.engine.running["reporting"].store
        return {cause["agency"] for cause in causes_of(store, self.ref)}

    @property
    def balances(self) -> dict[str, int]:
        """Return what stands in each account that is not even."""
        sums: dict[str, int] = defaultdict(int)
        for _, event in self.platform.events("payments"):
            for posting in event.get("postings", ()):
                sums[posting["account"].replace(self.ref, "ref")] += posting["amount_vnd"]
        assert sum(sums.values()) == 0, "the books do not balance"
        return {account: amount for account, amount in sums.items() if amount}
