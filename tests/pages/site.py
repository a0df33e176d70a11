"""The whole product behind its HTTP border without a network, with a few dossiers at different points of their way."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from services.__main__ import asgi, compose
from tests.harness import REGISTRY, START

DESK, COMMITTEE, OTHER_DESK = "H48.23293.01", "H48.23293", "H48.23284.01"
CONSTRUCTION = "H48.05"
HOSTILE = "<script>alert('x')</script>"
APPLICANT_ID, STRANGER_ID = "051190000017", "051090000024"


class Site:
    """A client for each role; `at_desk`, `decided` and `by_post` are references of dossiers."""

    def __init__(self, data: Path) -> None:
        self.platform = compose(data, rehearsal=True, registry=REGISTRY)
        self.platform.engine.start()
        self.app = asgi(self.platform)
        self._keys = 0
        self.nobody = TestClient(self.app)
        self.nobody.post("/api/v1/rehearsal/clock", json={"to": START.isoformat()}).raise_for_status()
        self.desk = self.be("desk_officer", agency=DESK)
        self.officer = self.be("agency_officer", agency=COMMITTEE)
        self.applicant = self.be("applicant", personal_id=APPLICANT_ID)
        self.at_desk = self.hand_in()
        self.decided = self.hand_in()
        self.take_to_decision(self.decided)
        self.by_post = self.hand_in(procedure="1.008891", channel="post", hand_out_by="post")
        self.settle()

    def close(self) -> None:
        self.platform.close()

    def settle(self) -> None:
        """Wait until every reader has caught up."""
        engine = self.platform.engine
        engine.move_clock(engine.clock.now()).result(timeout=30)

    def be(self, role: str, **who: str) -> TestClient:
        """Return a browser that is signed in as a role."""
        client = TestClient(self.app)
        answer = client.post("/api/v1/rehearsal/sessions", json={"role": role, **who})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client

    def act(self, client: TestClient, path: str, body: Any = None) -> Any:
        """Give a command that has to succeed, as a page's form does."""
        self._keys += 1
        answer = client.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": f"site-{self._keys}"})
        assert answer.is_success, answer.text
        return answer

    def hand_in(self, procedure: str = "1.004873", channel: str = "counter", hand_out_by: str = "desk") -> str:
        """Hand a complete dossier in and return its reference."""
        known = REGISTRY.procedure(procedure, on=START.date())
        applicant = {"name": HOSTILE, "personal_id": APPLICANT_ID, "address": "12 Trần Phú", "phone": "0901234567"}
        body = {
            "procedure": procedure, "channel": channel, "receiving_agency": DESK, "applicant": applicant,
            "components": [{"code": part.code} for part in known.components if part.required == "always"],
            "facts": dict.fromkeys(known.facts, False), "hand_out_by": hand_out_by,
        }  # fmt: skip
        if hand_out_by == "post":
            body["hand_out_to"] = {"name": HOSTILE, "address": "12 Trần Phú"}
        ref: str = self.act(self.desk, "/dossiers", body).json()["ref"]
        self.settle()
        return ref

    def take_to_decision(self, ref: str) -> None:
        """Accept a dossier and let its agency decide, with texts that nobody should trust."""
        self.act(self.desk, f"/dossiers/{ref}/acceptance")
        self.settle()
        step = f"/dossiers/{ref}/steps/certificate"
        self.act(self.officer, f"{step}/acknowledgement")
        result = {"result_code": "KQ.G15.000038", "number": "17/UBND", "signer": f"\"'{HOSTILE}", "sha256": "0" * 64}
        self.act(self.officer, f"{step}/decision", result)
        self.settle()

    def code_of(self, ref: str) -> str:
        """Return the code of a dossier that was accepted."""
        code: str = self.desk.get(f"/api/v1/dossiers/{ref}/timeline").json()["code"]
        return code
