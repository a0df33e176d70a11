"""What a procedure costs: fee rules as dated data. Phí (fee) and lệ phí (charge) are separate lines.

Law: each rule cites its own; NĐ 61/2018 art. 22 (ways of paying); Luật Phí và lệ phí 97/2015/QH13.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Tariff:
    """One amount, for the dates, channels and applicant categories it names.

    The amount is `amount_vnd`, plus `per_unit_vnd` for each unit of the integer fact `unit_fact`, at most
    `ceiling_vnd`. `channels` and `categories` empty mean all of them; the first tariff of a line that fits is the one
    that holds.
    """

    id: str
    amount_vnd: int
    unit_fact: str | None
    per_unit_vnd: int
    ceiling_vnd: int | None
    valid_from: date
    valid_to: date | None
    channels: tuple[str, ...]
    categories: tuple[str, ...]
    law: str
    source: str


@dataclass(frozen=True, slots=True)
class FeeKind:
    """One line of a fee rule: a `phi` (fee) or a `le_phi` (charge), with its tariffs in order of precedence."""

    code: str
    kind: str
    name_vi: str
    name_en: str
    tariffs: tuple[Tariff, ...]


@dataclass(frozen=True, slots=True)
class FeeRule:
    """The fee rule of a procedure.

    Args:
        refund: case (`withdrawn`, `refused`, `stopped`) → `full` or `none`; what the fee schedule says.
    """

    id: str
    version: str
    lines: tuple[FeeKind, ...]
    refund: tuple[tuple[str, str], ...]
    law: str
    source: str

    def refunds(self, case: str) -> bool:
        """Say whether the schedule gives the money back in `case`."""
        return dict(self.refund).get(case, "none") == "full"
