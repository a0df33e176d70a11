"""A town with its desks, its agencies, the post and one applicant, spoken to over HTTP: what a story is told with."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import httpx

from chassis.web.auth import ACCOUNTANT, AGENCY_OFFICER, APPLICANT, DESK_OFFICER, INSPECTOR, POSTAL_STAFF, Principal
from kernel.calendar import VIETNAM
from kernel.procedure import Procedure
from services.reporting.projections.agencies import causes_of
from services.reporting.projections.province_table import province_table_of
from tests.harness import REGISTRY
from tests.journeys.people import ALONE, FACTS, PEOPLE, WARD_DESK
from tests.journeys.served import Embedded, Served, digest

MONDAY: Final = "2026-09-07 08:00"


def in_vietnam(local: str) -> datetime:
    """Return the instant of `2026-09-08 09:30` on a clock of Vietnam."""
    return datetime.fromisoformat(local).replace(tzinfo=VIETNAM)


class Town:
    """Everybody in the story; `ref` is the dossier it is about."""

    def __init__(self, served: Served, desk: str) -> None:
        self.served = served
        self.ref = ""
        self.procedure: Procedure
        self.people: dict[str, Any] = ALONE
        self.desk = desk

    @classmethod
    @contextmanager
    def embedded(cls, data: Path, at: str = MONDAY, desk: str = WARD_DESK) -> Iterator[Self]:
        """Give a town whose product is one process, whatever journeys are told over."""
        served = Embedded(data, in_vietnam(at))
        try:
            yield cls(served, desk)
        finally:
            served.close()

    # people

    @property
    def desk_officer(self) -> Principal:
        return Principal(f"officer:{self.desk}:1", DESK_OFFICER, self.desk)

    @property
    def applicant(self) -> Principal:
        return self._person(self.people["applicant"])

    @property
    def submitter(self) -> Principal:
        return self._person(self.people.get("submitter", self.people["applicant"]))

    def _person(self, known: dict[str, str]) -> Principal:
        kind = "tax_code" if "tax_code" in known else "personal_id"
        person = self.served.person(kind, known[kind])
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
        instant = in_vietnam(local)
        self.served.move_to(instant)
        return instant

    # acts

    def do(self, service: str, act: str, who: Principal, body: Any = None, **params: str) -> dict[str, Any]:
        """Give a command that has to succeed."""
        answered = self._give(service, act, who, body, params)
        assert answered.is_success, answered.text
        return dict(answered.json())

    def refused(self, service: str, act: str, who: Principal, body: Any = None, **params: str) -> str:
        """Give a command that has to be refused; return the rule's code."""
        answered = self._give(service, act, who, body, params)
        assert answered.is_error, answered.text
        return str(answered.json()["code"])

    def _give(self, service: str, act: str, who: Principal, body: Any, params: dict[str, str]) -> httpx.Response:
        return self.served.give(service, act, who, body, **{"ref": self.ref, **params})

    def submit(
        self, procedure: str, without: tuple[str, ...] = (), who: Principal | None = None,
        facts: dict[str, Any] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        """Hand a dossier in with everything that it needs, less what it comes `without`; `facts` differ from usual."""
        self.procedure = REGISTRY.procedure(procedure, on=self.served.now.astimezone(VIETNAM).date())
        self.people = PEOPLE[procedure]
        channel = more.get("channel", self.procedure.channels[0] if len(self.procedure.channels) == 1 else "counter")
        stated = FACTS[procedure] | (facts or {})
        wanted = {"always", *(fact for fact, value in stated.items() if value is True)}
        needed = [part.code for part in self.procedure.components if part.required in wanted]
        body = {
            "procedure": procedure,
            "channel": channel,
            "receiving_agency": self.desk,
            "components": [{"code": code} for code in needed if code not in without],
            "facts": stated,
            **self.people,
            **more,
        }
        default = self.desk_officer if channel == "counter" else self.submitter
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
        who = self.desk_officer if self.dossier["channel"] == "counter" else self.submitter
        self.do("intake", "receive_supplement", who, given)

    def answer(self, step: str) -> None:
        """Have the desk tell an agency that the applicant has supplemented what it doubted."""
        self.do("intake", "answer_sent_back", self.desk_officer, {"note": "Đã bổ sung."}, step=step)

    def collect(self) -> None:
        relation = self.people.get("relation", "self")
        shown = {"collector": relation, "paper_shown": "slip"}
        self.do("intake", "hand_out", self.desk_officer, shown)

    def acknowledge(self, step: str, agency: str) -> None:
        self.do("routing", "acknowledge_step", self.officer_of(agency), step=step)

    def take_on(self, step: str, agency: str) -> None:
        """Have the agency's system take a step over, and its officer acknowledge it."""
        self.do("routing", "take_over_step", self.officer_of(agency), step=step)
        self.acknowledge(step, agency)

    def decide(self, step: str, agency: str, number: str = "", notice: tuple[dict[str, Any], ...] = ()) -> None:
        """Acknowledge a step if nobody has, and issue its result; `notice` says what the applicant then owes."""
        self.acknowledge(step, agency)
        code = next(one.result.code for one in self.procedure.steps if one.code == step)
        number = number or f"1/{step.replace('_', '-')}"
        result = {"result_code": code, "number": number, "signer": "Chủ tịch", "sha256": digest(number)}
        self.do("routing", "decide_step", self.officer_of(agency), result | {"notice": list(notice)}, step=step)

    def refuse(self, step: str, agency: str) -> None:
        self.acknowledge(step, agency)
        because = {"reason_code": "conditions_not_met", "law": "NĐ 61/2018 art. 19.8", "note": "Chưa đủ điều kiện."}
        self.do("routing", "refuse_step", self.officer_of(agency), because, step=step)

    def send_back(self, step: str, agency: str, to: str, reason: str = "wrong_data") -> None:
        self.acknowledge(step, agency)
        why = {"to": to, "reason_code": reason, "note": "Ngày sinh không khớp."}
        self.do("routing", "send_back_step", self.officer_of(agency), why, step=step)

    def extend(self, step: str, agency: str, ground: str) -> None:
        self.do("routing", "extend_limit", self.officer_of(agency), {"ground": ground}, step=step)

    def apologise(self, step: str, agency: str, new_due_at: str, reason: str = "workload") -> None:
        """Have an agency write to the applicant with its one new date; a `step` of "" is the lead's for the whole."""
        letter = {"reason_code": reason, "note": "Chúng tôi xin lỗi.", "new_due_at": in_vietnam(new_due_at).isoformat()}
        who = self.officer_of(agency)
        if step:
            self.do("routing", "apologise_for_delay", who, letter, step=step)
        else:
            self.do("routing", "apologise_for_dossier", who, letter)

    # money

    def start_payment(self) -> str:
        """Go to the gateway; return the address of the pay page."""
        return str(self.do("payments", "start_payment", self.applicant)["pay_url"])

    def pay(self, pay_url: str = "", ending: Any = "succeeded", misbehaviour: Any = "none") -> list[str]:
        """Let a payment end at the gateway; return what its notices were answered."""
        answers = self.served.end_payment(pay_url or self.start_payment(), ending, misbehaviour)
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

    def look(self, service: str, view: str, who: Principal, **params: str) -> dict[str, Any] | None:
        return self.served.look(service, view, who, **{"ref": self.ref, **params})

    def see(self, service: str, view: str, who: Principal, **params: str) -> dict[str, Any]:
        seen = self.look(service, view, who, **params)
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
        return [kind for kind, _ in self.served.events(service) if kind in kinds]

    @property
    def province(self) -> dict[str, int]:
        return province_table_of(self.served.store("reporting"))

    @property
    def late_because(self) -> set[str]:
        store = self.served.store("reporting")
        return {cause["agency"] for cause in causes_of(store, self.ref)}

    @property
    def balances(self) -> dict[str, int]:
        """Return what stands in each account that is not even."""
        sums: dict[str, int] = defaultdict(int)
        for _, event in self.served.events("payments"):
            for posting in event.get("postings", ()):
                sums[posting["account"].replace(self.ref, "ref")] += posting["amount_vnd"]
        assert sum(sums.values()) == 0, "the books do not balance"
        return {account: amount for account, amount in sums.items() if amount}
