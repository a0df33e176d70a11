"""Who acts: the agencies of one installation, as dated data.

Law: NĐ 118/2025 arts. 7–8 and 14; QĐ 20/2020/QĐ-TTg (identifiers). Levels are data: districts ended on 2025-07-01.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency from `valid_from` until `valid_to` (exclusive; None while it exists).

    Args:
        id: electronic identifier, e.g. `H48.23`.
        kind: what it is, the word that a procedure's step names, e.g. `commune_police`.
        level: `commune`, `province`, … (data, never an enum).
        parent: id of the agency above it in its own hierarchy (police and tax have their own), or None.
        area: administrative unit it serves (GSO code of a commune), or None where it serves the whole province.
        calendar: id of its calendar (desk hours and holidays).
        source: where the fact comes from; `assumed` when no source gives it.
        serves: GSO codes of all units it serves where they are several (`area` is then the one it stands in).
    """

    id: str
    kind: str
    level: str
    name_vi: str
    name_en: str
    parent: str | None
    area: str | None
    calendar: str
    valid_from: date
    valid_to: date | None
    source: str
    serves: tuple[str, ...] = ()

    @property
    def areas(self) -> tuple[str, ...]:
        """The administrative units it serves; empty where it serves the whole province."""
        return self.serves or (() if self.area is None else (self.area,))

    def stands_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
