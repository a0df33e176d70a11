"""Live figures: how many dossiers were received, decided, late and paid in each hour, and what that makes of a window.

Law: NĐ 118/2025/NĐ-CP and TT 03/2025/TT-VPCP (figures of the handling of dossiers are public).

Every figure counts events that happen once to a dossier, in the hour of their business time. Where they are heard from
a bus that repeats and does not keep the order, `take` remembers of each dossier what it has counted: an event that
comes again adds nothing, and one that comes before its dossier is known waits. So any order and any number of repeats
lead to the same sums.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

from kernel.message import EPOCH

STATUSES: Final = ("received", "decided", "late", "paid")
"""`decided` has a decision on the dossier; `late` is the part of it that came after the appointment."""

WINDOWS: Final = {"hour": 1, "day": 24, "week": 7 * 24}
"""Name of a window → how many hours it has; the last one is the hour that is running."""

KEPT_HOURS: Final = 8 * 24
"""How long a stream remembers an hour and a dossier that is over: a window, and a day to spare."""

HOUR_US: Final = 3_600_000_000


class Place(NamedTuple):
    """Whose figure a dossier is: the agency that received it, and its procedure."""

    agency: str
    procedure: str


class Told(NamedTuple):
    """What an event says as far as live figures go.

    Args:
        place: whose the dossier is, where this is the event that says so.
        statuses: in which figures the dossier is counted because of it.
        ends: nothing more is to come of this dossier.
    """

    place: Place | None = None
    statuses: tuple[str, ...] = ()
    ends: bool = False


class Hour(NamedTuple):
    """What is counted together; `hour` counts hours since 1970, UTC."""

    agency: str
    procedure: str
    status: str
    hour: int


class Fact(NamedTuple):
    """What one event added, so that it adds it once.

    Args:
        id: of the event.
        taken_at: the record (its offset) with which it was counted, or is waiting to be.
    """

    id: str
    statuses: tuple[str, ...]
    hour: int
    taken_at: int


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is remembered of one dossier.

    Args:
        placed_at: the record that told whose it is, -1 while none has.
        last_hour: of the newest event heard of it.
        ended: nothing more is to come.
    """

    agency: str = ""
    procedure: str = ""
    placed_at: int = -1
    facts: tuple[Fact, ...] = ()
    last_hour: int = 0
    ended: bool = False


def hour_of(time_us: int) -> int:
    """Return the hour of a business time in microseconds since 1970."""
    return time_us // HOUR_US


def take(dossier: Dossier, told: Told, id: str, hour: int, at: int) -> tuple[Dossier, Mapping[Hour, int]]:
    """Take one record: return what is remembered from now on, and how much it adds to which hours.

    A record that is given twice names the same hours both times, because its giver may have kept what is remembered and
    lost what was added; whoever keeps the hours adds them once by the record's own number.

    Args:
        id: of the event, the same however often it is said.
        at: number of the record, different for every time it was said.
    """
    known = replace(dossier, last_hour=max(dossier.last_hour, hour), ended=dossier.ended or told.ends)
    if told.place is not None and known.placed_at < 0:
        waited = tuple(fact._replace(taken_at=at) for fact in known.facts)
        known = replace(known, agency=told.place.agency, procedure=told.place.procedure, placed_at=at, facts=waited)
    if told.statuses and all(fact.id != id for fact in known.facts):
        known = replace(known, facts=(*known.facts, Fact(id, told.statuses, hour, at)))
    added: Counter[Hour] = Counter()
    if known.placed_at >= 0:
        for fact in known.facts:
            if fact.taken_at == at:
                added.update(Hour(known.agency, known.procedure, status, fact.hour) for status in fact.statuses)
    return known, added


def add(kept: tuple[int, int], counted: int, at: int, is_first: bool) -> tuple[int, int]:
    """Return an hour's count, with the newest record in it, after a record added to it: once, however often it comes.

    Args:
        kept: count and newest record until now, (0, -1) for an hour that nothing was counted in.
        is_first: what is remembered of the dossier did not have this record in it yet.
    """
    before, newest = kept
    return (before + counted, max(newest, at)) if is_first or newest < at else kept


def is_forgotten(dossier: Dossier, newest_hour: int) -> bool:
    """Say whether a dossier is over for so long that nothing of it can come into a window any more."""
    return dossier.ended and dossier.last_hour <= newest_hour - KEPT_HOURS


Figures = dict[str, dict[str, int]]
"""Window → status → how many."""


def windows(hours: Iterable[tuple[str, int, int]], now_hour: int) -> Figures:
    """Return the sums of each window that ends with the hour that is running.

    Args:
        hours: (status, hour, how many) of whatever is to be added up; hours yet to come are left out.
    """
    figures: Figures = {name: dict.fromkeys(STATUSES, 0) for name in WINDOWS}
    for status, hour, counted in hours:
        for name, length in WINDOWS.items():
            if now_hour - length < hour <= now_hour:
                figures[name][status] += counted
    return figures


def by_place(hours: Iterable[tuple[Hour, int]], now_hour: int) -> dict[Place, Figures]:
    """Return the sums of each window for each agency and procedure that has any, in order."""
    parts: dict[Place, list[tuple[str, int, int]]] = {}
    for key, counted in hours:
        if now_hour - WINDOWS["week"] < key.hour <= now_hour:
            parts.setdefault(Place(key.agency, key.procedure), []).append((key.status, key.hour, counted))
    return {place: windows(parts[place], now_hour) for place in sorted(parts)}


def late_percent(figures: Mapping[str, int]) -> float | None:
    """Return how many of a hundred that were decided were late, None where nothing was decided."""
    return round(figures["late"] * 100 / figures["decided"], 1) if figures["decided"] else None


def per_hour(figures: Mapping[str, int], window: str) -> dict[str, float]:
    """Return how many there were in an hour of a window on average."""
    return {status: round(figures[status] / WINDOWS[window], 2) for status in STATUSES}


def shown(figures: Figures, now_hour: int) -> dict[str, Any]:
    """Return the windows as they are told to others: since when, the counts, and the rates that follow from them."""
    told = {
        name: {
            "since": _instant(now_hour - WINDOWS[name] + 1),
            **sums,
            "late_percent": late_percent(sums),
            "per_hour": per_hour(sums, name),
        }
        for name, sums in figures.items()
    }
    return {"hour": _instant(now_hour), "windows": told}


def shown_by_place(hours: Iterable[tuple[Hour, int]], now_hour: int) -> dict[str, Any]:
    """Return the windows of the whole province, and those of each agency and procedure."""
    known = list(hours)
    whole = windows(((key.status, key.hour, counted) for key, counted in known), now_hour)
    places = [place._asdict() | {"windows": sums} for place, sums in by_place(known, now_hour).items()]
    return shown(whole, now_hour) | {"places": places}


def _instant(hour: int) -> str:
    return (EPOCH + timedelta(hours=hour)).isoformat().replace("+00:00", "Z")
