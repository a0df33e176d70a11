"""The embedded payments service with a herald in intake's place, and the shortest words for what tests do with it."""

import json
from pathlib import Path
from typing import Any

from chassis.settings import Settings
from chassis.web.auth import (
    ACCOUNTANT,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    SYSTEM,
    Principal,
)
from services.payments.policies import PaymentAwaited
from services.payments.wiring import pay_without_http, service
from tests.harness import Platform, body_of
from tests.http_harness import HttpPlatform
from tests.payments.herald import herald, say

AGENCY = "H48.01"
CODE = "H48.01-260907-0001"
REF = "01JD3V6Q4N8Y2K5W7X9Z0A1B2C"
FEE_VND = 300_000
KARAOKE_VND = 150_000 + 300_000 + 4 * 1_000_000
IPN = "/api/v1/payments/vnpay/ipn"

OFFICER = Principal("officer:H48.01:7", DESK_OFFICER, agency=AGENCY)
OTHER_OFFICER = Principal("officer:H48.01:9", DESK_OFFICER, agency=AGENCY)
ACCOUNTS = Principal("accountant:H48.01:2", ACCOUNTANT, agency=AGENCY)
PAYER = Principal("payer", APPLICANT, person="p1")
SUBMITTER = Principal("her brother", APPLICANT, person="p2")
INSPECTION = Principal("inspector:1", INSPECTOR)
PORTAL = Principal("system:portal", SYSTEM)


def awaited(platform: Platform, **changes: Any) -> PaymentAwaited:
    """An architect's certificate that waits for its fee: 300,000 đ, given back when withdrawn, kept when refused."""
    fields: dict[str, Any] = {
        "ref": REF,
        "code": CODE,
        "procedure": "1.008891",
        "procedure_version": "2026-01-01",
        "channel": "portal",
        "category": "normal",
        "facts": {},
        "receiving_agency": AGENCY,
        "applicant": "p1",
        "submitter": "p2",
        "at": platform.clock.now(),
    }
    return PaymentAwaited(**(fields | changes))


KARAOKE = {"procedure": "9.000297", "procedure_version": "2025-11-17", "facts": {"rooms": 4}}
EXEMPT = {"procedure": "1.004873", "procedure_version": "2025-07-01", "category": "poor_household"}


class Desk(Platform):
    """Payments without HTTP."""

    def __init__(self, data: Path, settings: Settings | None = None) -> None:
        super().__init__(data, (herald, service), settings=settings)

    def hear(self, *news: Any) -> None:
        say(self, *news)
        self.engine.run_until_idle()

    def start(self, ref: str = REF, by: Principal = PAYER) -> dict[str, Any]:
        """Begin to pay and return what the payer is told."""
        answered = self.give("payments", "start_payment", by, ref=ref)
        assert answered.status == 201, answered
        return body_of(answered)

    def pay(self, pay_url: str, ending: Any = "succeeded", misbehaviour: Any = "none") -> list[str]:
        """Pay at the simulator and return what each of its notices was answered."""
        jobs = pay_without_http(self.parts, self.borders["payments"], pay_url, ending, misbehaviour)
        self.engine.run_until_idle()
        answers = [json.loads(job.future.result(timeout=0).body) for job in jobs]
        return [answer["RspCode"] for answer in answers if answer]

    def obligation(self, ref: str = REF) -> dict[str, Any]:
        shown = self.look("payments", "show_obligation", INSPECTION, ref=ref)
        assert shown is not None
        return shown

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        return [fields for kind, fields in self.events("payments") if kind in kinds]

    def kinds(self) -> list[str]:
        """Return the types of what was stored about money: kept notices are about none."""
        return [kind for kind, _ in self.events("payments") if kind != "CallbackKept"]

    def parked(self) -> list[str]:
        held = self.engine.running["payments"].inbox.held.values()
        return [one.error for one in held if one.error is not None]


class HttpDesk(HttpPlatform):
    """Payments behind their real border."""

    def __init__(self, data: Path, settings: Settings | None = None) -> None:
        super().__init__(data, (herald, service), settings=settings)

    def __enter__(self) -> "HttpDesk":
        super().__enter__()
        return self

    def hear(self, *news: Any) -> None:
        say(self, *news)
        self.settle()

    def bearer(self, principal: Principal) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.issuer.issue(principal)}"}

    def start(self, ref: str = REF) -> dict[str, Any]:
        answer = self.post(f"/api/v1/dossiers/{ref}/payment-attempts", self.bearer(PAYER))
        assert answer.status_code == 201, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def notify(self, query: str) -> dict[str, str]:
        """Call the address that VNPAY calls."""
        answer = self.client.get(f"{IPN}?{query}")
        assert answer.status_code == 200, answer.text
        said: dict[str, str] = answer.json()
        return said

    def obligation(self, ref: str = REF) -> dict[str, Any]:
        shown: dict[str, Any] = self.get(f"/api/v1/dossiers/{ref}/obligation", self.bearer(INSPECTION)).json()
        return shown

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events("payments") if kind != "CallbackKept"]

    def kept(self) -> list[dict[str, Any]]:
        return [fields for kind, fields in self.events("payments") if kind == "CallbackKept"]
