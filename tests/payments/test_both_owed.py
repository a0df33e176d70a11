"""A fee and a tax notice of one dossier, side by side on the real bus and behind the real border."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.payments.policies import DossierWithdrawn, TaxNoticeIssued
from services.payments.wiring import service
from tests.http_harness import HttpPlatform
from tests.payments import desk as at
from tests.payments.desk import HttpDesk, awaited
from tests.payments.herald import herald
from tests.payments.notices import LINES, STEP, TAX_OFFICE
from tests.teller import desk_that_says, tell


@dataclass(frozen=True, slots=True)
class ChainWithdrawn:
    ref: str
    at: datetime


class Both(HttpDesk):
    """Payments between a desk and a chain that say what they are told."""

    def __init__(self, data: Path) -> None:
        HttpPlatform.__init__(
            self, data, (herald, desk_that_says((TaxNoticeIssued, ChainWithdrawn), "routing"), service)
        )

    def says(self, news: Any) -> None:
        tell(self, news, "routing")
        self.settle()

    def standings(self) -> list[str]:
        shown = self.obligation()
        return [one["standing"] for one in (shown, *shown["further"])]

    def pay(self, **body: str) -> tuple[int, dict[str, Any]]:
        answer = self.post(f"/api/v1/dossiers/{at.REF}/payment-attempts", self.bearer(at.PAYER), body)
        return answer.status_code, answer.json()


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    running = Both(tmp_path)
    with running:
        running.hear(awaited(running))
        notice = TaxNoticeIssued(at.REF, at.CODE, "1.008891", STEP, TAX_OFFICE, "TB-001", LINES, "p1", "p2", at.AGENCY)
        running.says(notice)
        yield running


def test_both_are_shown_and_have_to_be_told_apart(both: Both) -> None:
    """Nobody pays the tax while meaning the fee: what there is to choose from is named."""
    shown = both.obligation()
    assert [(one["purpose"], one["step"]) for one in (shown, *shown["further"])] == [("fee", ""), ("tax_notice", STEP)]
    status, refused = both.pay()
    assert (status, refused["code"]) == (422, "obligation_not_named")
    assert [one["reason"] for one in refused["invalid_params"]] == ["fee", STEP]
    assert both.pay(obligation=STEP)[1]["amount_vnd"] == 25_000_000
    assert both.pay(obligation="fee")[1]["amount_vnd"] == at.FEE_VND


def test_a_stranger_is_not_told_what_is_owed(both: Both) -> None:
    """The names of what is owed are told to those concerned only: to others the dossier does not exist."""
    stranger = at.Principal("stranger", "applicant", person="p3")
    answer = both.post(f"/api/v1/dossiers/{at.REF}/payment-attempts", both.bearer(stranger), {})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_desk_names_what_its_cash_is_for(both: Both) -> None:
    path = f"/api/v1/dossiers/{at.REF}/desk-payment"
    unnamed = both.post(path, both.bearer(at.OFFICER), {"amount_vnd": at.FEE_VND})
    assert unnamed.json()["code"] == "obligation_not_named"
    named = both.post(path, both.bearer(at.OFFICER), {"amount_vnd": at.FEE_VND, "obligation": "fee"})
    assert named.json()["standings"] == {"fee": "settled", STEP: "open"}


def test_each_ends_with_its_own_news(both: Both) -> None:
    """The fee with what the desk says, the notice with what the chain says, in whichever order they are heard."""
    both.hear(DossierWithdrawn(at.REF))
    assert both.standings() == ["cancelled", "open"]
    both.says(ChainWithdrawn(at.REF, both.clock.now()))
    assert both.standings() == ["cancelled", "cancelled"]


def test_both_stand_in_the_lists(both: Both) -> None:
    listed = both.get("/api/v1/obligations", both.bearer(at.ACCOUNTS), limit="1").json()
    assert [one["purpose"] for one in listed["items"]] == ["fee"]
    rest = both.get("/api/v1/obligations", both.bearer(at.ACCOUNTS), after=listed["next"]).json()
    assert [one["step"] for one in rest["items"]] == [STEP]
