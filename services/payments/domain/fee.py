"""What one dossier costs: a fee rule, the day, the channel, the applicant's category and the facts give frozen lines.

Law: Luật Phí và lệ phí 97/2015/QH13 (phí and lệ phí are separate lines, at published tariffs only); NĐ 118/2025/NĐ-CP
art. 24. Each tariff cites its own instrument; the line keeps the tariff's id, so the amount can be traced to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kernel.fee import FeeKind, FeeRule, Tariff
from kernel.refusal import Invalid, Refused
from services.payments.domain import rules

Facts = Mapping[str, int | str | bool]


@dataclass(frozen=True, slots=True)
class ObligationLine:
    """One line of what is owed: a `phi` or a `le_phi`, its amount in whole đồng, and the tariff that says so."""

    code: str
    kind: str
    name_vi: str
    amount_vnd: int
    tariff: str


def evaluate(
    rule: FeeRule, day: date, channel: str, category: str, facts: Facts
) -> tuple[ObligationLine, ...] | Refused:
    """Return one line for each kind of fee in `rule`, zero amounts included; the first tariff that fits holds.

    Returns:
        the lines in the rule's order, or a refusal that names each line without a tariff or without its number.
    """
    lines: list[ObligationLine] = []
    for kind in rule.lines:
        tariff = _first_that_fits(kind, day, channel, category)
        if tariff is None:
            return Refused(rules.TARIFF_MISSING, (Invalid(kind.code, f"{rule.id}: {day}, {channel}, {category}"),))
        amount_vnd = _amount(tariff, facts)
        if amount_vnd is None:
            return Refused(rules.FEE_FACT_MISSING, (Invalid(f"facts.{tariff.unit_fact}", "a number from 0 up"),))
        lines.append(ObligationLine(kind.code, kind.kind, kind.name_vi, amount_vnd, tariff.id))
    return tuple(lines)


def _first_that_fits(kind: FeeKind, day: date, channel: str, category: str) -> Tariff | None:
    return next((tariff for tariff in kind.tariffs if _fits(tariff, day, channel, category)), None)


def _fits(tariff: Tariff, day: date, channel: str, category: str) -> bool:
    return (
        tariff.valid_from <= day
        and (tariff.valid_to is None or day < tariff.valid_to)
        and (not tariff.channels or channel in tariff.channels)
        and (not tariff.categories or category in tariff.categories)
    )


def _amount(tariff: Tariff, facts: Facts) -> int | None:
    """Return the amount, or None when the number of units is not a natural number."""
    amount_vnd = tariff.amount_vnd
    if tariff.unit_fact is not None:
        units = facts.get(tariff.unit_fact)
        if type(units) is not int or units < 0:
            return None
        amount_vnd += tariff.per_unit_vnd * units
    return amount_vnd if tariff.ceiling_vnd is None else min(amount_vnd, tariff.ceiling_vnd)
