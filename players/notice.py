"""The tax notice of a sale of land, as a tax office writes it: two lines, or nothing where the law exempts.

Law: NĐ 101/2024/NĐ-CP (the notice); the rates are those of procedures that the registry does not need.
"""

from typing import Any, Final

from players.case import Case

MILLION: Final = 1_000_000
INCOME_TAX_PERMILLE: Final = 20
REGISTRATION_PERMILLE: Final = 5
"""2 % of the price and 0.5 % of it."""


def lines_of(case: Case) -> list[dict[str, Any]]:
    """Return what the applicant owes of the price that was agreed; a family's own transfer owes nothing."""
    price_vnd = case.chance.randint(*case.world.mix.counts["price_million_vnd"]) * MILLION
    exempt = case.happens("tax_exempt")
    return [
        _line("income_tax", "Thuế thu nhập cá nhân", "Personal income tax", price_vnd, INCOME_TAX_PERMILLE, exempt),
        _line("registration", "Lệ phí trước bạ", "Registration charge", price_vnd, REGISTRATION_PERMILLE, exempt),
    ]


def _line(code: str, vi: str, en: str, price_vnd: int, permille: int, exempt: bool) -> dict[str, Any]:
    amount_vnd = 0 if exempt else price_vnd * permille // 1_000
    return {"code": code, "name_vi": vi, "name_en": en, "amount_vnd": amount_vnd}
