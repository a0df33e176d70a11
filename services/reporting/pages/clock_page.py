"""Gathers the page of a dossier's time: why this date, whose minute it was, and what each of the two clocks counts.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; QĐ 766/QĐ-TTg. It shows what `clock_told` tells, as programs read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.registry import Registry
from chassis.stores.store import Store
from services.reporting.domain.shares import Share, Stretch
from services.reporting.pages.clock import Clock, clock_of
from services.reporting.pages.dossier_page import Part, in_percent, known_of, late_look
from services.reporting.pages.names import Names
from services.reporting.pages.words import Look
from services.reporting.projections.clock_told import ClockTold, Minutes, clock_told

Row = Mapping[str, Any]

STRETCHES_SHOWN: Final = 400
"""Far more than a dossier has; a page stays a page even for one that went back and forth for years."""


@dataclass(frozen=True, slots=True)
class SharesTable:
    """Whose minutes there were: a bar, and a line for each with what each clock counts of it, in whole minutes."""

    whole: int
    parts: tuple[Part, ...]
    lines: tuple[Share, ...]
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class ClockPage:
    """All that the page shows; the template only writes it down."""

    dossier: Row
    names: Names
    legal: Clock
    scoring: Clock
    scored_from_second_request: datetime | None
    appointments: Sequence[Row]
    standstills: Sequence[Row]
    lateness: Sequence[Row]
    until_result: SharesTable
    after_result: SharesTable
    late: Look | None

    @property
    def asked_apology_open(self) -> bool:
        """Somebody was asked to apologise and nobody has yet."""
        said = {row["what"] for row in self.lateness}
        return "asked" in said and "apologised" not in said and not self.dossier["ended"]


def gather(registry: Registry, store: Store, dossier: Row, now: datetime) -> ClockPage | None:
    """Return what the page shows of an accepted dossier, or None before."""
    told = clock_told(store, registry.calendar_version, dossier, now)
    if told is None:
        return None
    present = told.history.present(now)
    return ClockPage(
        dossier=dossier,
        names=known_of(registry, store, dossier).names,
        legal=clock_of(told.legal, told.legal_derivation, present),
        scoring=clock_of(told.scoring, told.scoring_derivation, present),
        scored_from_second_request=_second_request(told),
        appointments=told.appointments,
        standstills=_in_order(told),
        lateness=told.lateness,
        until_result=_table(told.until_result),
        after_result=_table(told.after_result),
        late=late_look(dossier),
    )


def _second_request(told: ClockTold) -> datetime | None:
    """Return since when a second request makes it overdue for the score, unless its date had passed before."""
    second = told.history.second_request
    return second if second is not None and told.scoring.overdue_since == second else None


def _in_order(told: ClockTold) -> list[Row]:
    return sorted(told.standstills, key=lambda row: (row["since"], row["generation"], row["sequence"]))


def _table(minutes: Minutes) -> SharesTable:
    shares = minutes.shares
    return SharesTable(minutes.whole, in_percent(shares), shares, minutes.stretches[:STRETCHES_SHOWN])
