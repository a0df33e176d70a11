"""Gathers what the first page shows: the province's table, and the dossiers that somebody may see and looks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.registry import Registry
from chassis.stores.store import Store
from chassis.web.auth import Principal
from kernel.calendar import VIETNAM, Words
from services.reporting.api import visible
from services.reporting.domain.status import Holder, holders_of, status_of
from services.reporting.domain.words import PHASES
from services.reporting.pages.dossier_page import late_look
from services.reporting.pages.names import Names
from services.reporting.pages.words import STATUS, Look, word
from services.reporting.projections.province_table import province_table_of, receiving_agencies
from services.reporting.projections.search import Search, search
from services.reporting.projections.standing import standing_of
from services.reporting.projections.steps import acting_agencies

ROWS_A_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """One dossier of the list."""

    ref: str
    code: str
    procedure: Words
    receiving: Words
    holders: tuple[Words, ...]
    lies_with_agency: bool
    look: Look
    due_at: datetime | None
    submitted_at: datetime
    late: Look | None


@dataclass(frozen=True, slots=True)
class List:
    """A page of the list, and the cursor of the next one."""

    rows: tuple[Found, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class HomePage:
    """All that the first page shows.

    Args:
        figures: the province's table of all time.
        phases, agencies: what the list can be narrowed to.
    """

    figures: dict[str, int]
    wanted: Search
    list: List | None
    phases: tuple[tuple[str, Look], ...]
    agencies: Sequence[tuple[str, Words]]


def gather(registry: Registry, store: Store, principal: Principal, wanted: Search) -> HomePage:
    """Return what the first page shows; there is a list only for somebody."""
    names = Names(registry)
    ids = dict.fromkeys((*receiving_agencies(store), *acting_agencies(store)))
    agencies = ((id, names.agency(id)) for id in ids)
    return HomePage(
        figures=province_table_of(store),
        wanted=wanted,
        list=None if principal.is_anonymous else listed(registry, store, principal, wanted),
        phases=tuple((phase, STATUS[phase]) for phase in PHASES),
        agencies=sorted(agencies, key=lambda agency: agency[1].vi),
    )


def listed(registry: Registry, store: Store, principal: Principal, wanted: Search) -> List:
    """Return a page of the dossiers that are looked for, among those that somebody sees whole."""
    rows, following = search(store, *visible(principal), wanted)
    names = Names(registry)
    return List(tuple(_found(store, names, row) for row in rows), following)


def _found(store: Store, names: Names, row: Any) -> Found:
    standing = standing_of(store, row)
    holders = holders_of(standing)
    return Found(
        ref=row["ref"],
        code=row["code"],
        procedure=names.procedure(row["procedure"], row["procedure_version"]),
        receiving=names.agency(row["receiving_agency"]),
        holders=tuple(_holder(names, holder) for holder in holders),
        lies_with_agency=any(holder.agency for holder in holders),
        look=STATUS[status_of(standing)],
        due_at=None if row["due_at"] is None else datetime.fromisoformat(row["due_at"]),
        submitted_at=datetime.fromisoformat(row["submitted_at"]).astimezone(VIETNAM),
        late=late_look(row),
    )


def _holder(names: Names, holder: Holder) -> Words:
    return names.agency(holder.agency) if holder.agency else word("party", holder.party)
