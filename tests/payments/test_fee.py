"""What a dossier costs follows from rule, day, channel, category and facts, and from nothing else."""

from datetime import date

import pytest

from kernel.fee import FeeKind, FeeRule
from kernel.refusal import Refused
from services.payments.domain.fee import ObligationLine, evaluate
from tests.payments.examples import fee_rule, tariff

REDUCED = fee_rule(
    tariff("poor", 0, categories=("poor", "merit")),
    tariff("tt64-half", 25_000, valid=(date(2025, 7, 1), date(2027, 1, 1))),
    tariff("tt101", 50_000),
)
RESIDENCE = fee_rule(tariff("online", 10_000, channels=("portal",)), tariff("direct", 20_000, channels=("counter",)))
KARAOKE = fee_rule(
    tariff(
        "tt110", 0, unit_fact="rooms", per_unit_vnd=1_000_000, ceiling_vnd=6_000_000, valid=(date(2026, 1, 5), None)
    ),
    tariff(
        "tt01",
        0,
        unit_fact="rooms",
        per_unit_vnd=2_000_000,
        ceiling_vnd=12_000_000,
        valid=(date(2021, 1, 1), date(2026, 1, 5)),
    ),
)
COPIES = fee_rule(tariff("base", 4_000, unit_fact="further_pages", per_unit_vnd=1_000, ceiling_vnd=200_000))


@pytest.mark.parametrize(
    ("rule", "day", "channel", "category", "facts", "tariff_id", "amount_vnd"),
    [
        (REDUCED, date(2025, 6, 30), "portal", "normal", {}, "tt101", 50_000),
        (REDUCED, date(2025, 7, 1), "portal", "normal", {}, "tt64-half", 25_000),
        (REDUCED, date(2026, 12, 31), "counter", "normal", {}, "tt64-half", 25_000),
        (REDUCED, date(2027, 1, 1), "counter", "normal", {}, "tt101", 50_000),
        (REDUCED, date(2026, 3, 2), "post", "poor", {}, "poor", 0),
        (RESIDENCE, date(2026, 3, 2), "portal", "normal", {}, "online", 10_000),
        (RESIDENCE, date(2026, 3, 2), "counter", "normal", {}, "direct", 20_000),
        (KARAOKE, date(2026, 1, 4), "portal", "normal", {"rooms": 4}, "tt01", 8_000_000),
        (KARAOKE, date(2026, 1, 5), "portal", "normal", {"rooms": 4}, "tt110", 4_000_000),
        (KARAOKE, date(2026, 1, 5), "portal", "normal", {"rooms": 6}, "tt110", 6_000_000),
        (KARAOKE, date(2026, 1, 5), "portal", "normal", {"rooms": 7}, "tt110", 6_000_000),
        (KARAOKE, date(2026, 1, 5), "portal", "normal", {"rooms": 0}, "tt110", 0),
        (COPIES, date(2026, 3, 2), "counter", "normal", {"further_pages": 3}, "base", 7_000),
        (COPIES, date(2026, 3, 2), "counter", "normal", {"further_pages": 900}, "base", 200_000),
    ],
)
def test_the_first_tariff_that_fits_holds(
    rule: FeeRule, day: date, channel: str, category: str, facts: dict[str, int], tariff_id: str, amount_vnd: int
) -> None:
    """TT 64/2025 halves TT 101/2020 for a time; TT 75/2022 is cheaper online; TT 110/2025 replaces TT 01/2021."""
    expected = (ObligationLine("cert", "le_phi", "Lệ phí cấp chứng chỉ", amount_vnd, tariff_id),)
    assert evaluate(rule, day, channel, category, facts) == expected


def test_phi_and_le_phi_stay_separate_lines() -> None:
    """Luật Phí và lệ phí 97/2015: an appraisal fee and a certificate charge are two things, even on one day's bill."""
    appraisal = FeeKind("appraisal", "phi", "Phí thẩm định", "Appraisal fee", (tariff("a", 500_000),))
    charge = FeeKind("cert", "le_phi", "Lệ phí cấp giấy", "Certificate charge", (tariff("b", 0),))
    lines = evaluate(FeeRule("land", "1", (appraisal, charge), (), "", ""), date(2026, 3, 2), "portal", "normal", {})
    assert not isinstance(lines, Refused)
    assert [(line.kind, line.amount_vnd) for line in lines] == [("phi", 500_000), ("le_phi", 0)]


@pytest.mark.parametrize(
    ("rule", "day", "channel", "facts", "code"),
    [
        (RESIDENCE, date(2026, 3, 2), "post", {}, "tariff_missing"),
        (KARAOKE, date(2020, 12, 31), "portal", {"rooms": 4}, "tariff_missing"),
        (KARAOKE, date(2026, 1, 5), "portal", {}, "fee_fact_missing"),
        (KARAOKE, date(2026, 1, 5), "portal", {"rooms": -1}, "fee_fact_missing"),
        (KARAOKE, date(2026, 1, 5), "portal", {"rooms": "4"}, "fee_fact_missing"),
        (KARAOKE, date(2026, 1, 5), "portal", {"rooms": True}, "fee_fact_missing"),
    ],
)
def test_no_fee_is_invented(
    rule: FeeRule, day: date, channel: str, facts: dict[str, int | str | bool], code: str
) -> None:
    """Only published tariffs may be collected (Luật Phí và lệ phí 97/2015); a gap in the data is named, not guessed."""
    answer = evaluate(rule, day, channel, "normal", facts)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert answer.invalid
