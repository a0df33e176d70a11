"""What the dossier's page shows of money: its fee and each tax notice, with what was tried and paid for which.

Law: Luật Phí và lệ phí 97/2015/QH13; NĐ 101/2024/NĐ-CP (tax notices of land); NĐ 118/2025/NĐ-CP art. 24.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.web.auth import Principal
from services.reporting.pages.dossier_page import DossierPage, gather
from services.reporting.projections.dossiers import find
from tests.harness import REGISTRY
from tests.journeys.people import LAND, LAND_BRANCH, MARITAL_STATUS, TAX_OFFICE, WARD_DESK
from tests.journeys.town import Town

DUES: tuple[dict[str, Any], ...] = (
    {"code": "income_tax", "name_vi": "Thuế thu nhập cá nhân", "name_en": "Personal income tax", "amount_vnd": 900_000},
    {"code": "registration", "name_vi": "Lệ phí trước bạ", "name_en": "Registration charge", "amount_vnd": 100_000},
)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town.embedded(tmp_path) as opened:
        yield opened


def page(town: Town, who: Principal) -> DossierPage:
    store = town.served.store("reporting")
    row = find(store, town.ref)
    assert row is not None
    return gather(REGISTRY, store, row, who, town.served.now)


def offered(town: Town, who: Principal) -> list[str]:
    return [offer.act.name for offer in page(town, who).offers]


def test_a_tax_notice_stands_on_the_page_and_is_paid_from_it(town: Town) -> None:
    """Number, step, lines, each attempt; paying is offered to the applicant as long as it is owed."""
    town.at("2026-09-07 08:00")
    town.submit(LAND)
    town.accept()
    assert page(town, town.applicant).dues == ()
    town.decide("forwarding", WARD_DESK)
    town.decide("examination", LAND_BRANCH)
    town.decide("tax_determination", TAX_OFFICE, number="TB-7", notice=DUES)
    assert "start_payment" in offered(town, town.applicant)
    town.start_payment()
    town.at("2026-09-07 08:30")
    town.pay()
    (due,) = page(town, town.applicant).dues
    assert due.step == (
        "Xác định nghĩa vụ tài chính, ban hành thông báo nộp thuế",
        "Determine the taxes and issue the notice",
    )
    assert (due.obligation["notice"], due.obligation["standing"]) == ("TB-7", "settled")
    assert [(line["name_vi"], line["amount_vnd"]) for line in due.lines] == [
        (line["name_vi"], line["amount_vnd"]) for line in DUES
    ]
    assert [attempt["standing"] for attempt in due.attempts] == ["expired", "succeeded"]
    assert "start_payment" not in offered(town, town.applicant)


def test_a_fee_stands_there_as_a_fee(town: Town) -> None:
    """Without a step, and with its own attempts alone."""
    town.at("2026-09-07 08:00")
    town.submit(MARITAL_STATUS)
    town.accept()
    (due,) = page(town, town.applicant).dues
    assert (due.step, due.obligation["purpose"], list(due.attempts)) == (None, "fee", [])
    assert due.obligation["total_vnd"] == sum(line["amount_vnd"] for line in due.lines) > 0
