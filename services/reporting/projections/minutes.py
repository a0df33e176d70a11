"""Puts together from the read models with whom a dossier lay, for the table of whose minutes there were."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from kernel.clocks import History, running_spans
from kernel.working_time import Calendar
from services.reporting.domain.shares import Holding, Lying, Span, Stretch, stretches_of
from services.reporting.projections.clocks import standstills_of
from services.reporting.projections.money import attempts_of, obligation_of
from services.reporting.projections.parcels import parcels_of
from services.reporting.projections.rows import Readable, read_instant
from services.reporting.projections.steps import holdings_of
from services.reporting.projections.supplements import supplements_of

Row = Mapping[str, Any]

GRANTED: Final = ("granted", "partly_granted")


def stretches_until_result(
    store: Readable, dossier: Row, calendar: Calendar, history: History | None, now: datetime
) -> tuple[Stretch, ...]:
    """Return whose the working minutes of a dossier were from acceptance to its result, or to `now`."""
    start = read_instant(dossier["accepted_at"])
    if start is None:
        return ()
    ref, end = dossier["ref"], read_instant(dossier["ended_at"]) or now
    lying = Lying(
        desk=dossier["receiving_agency"],
        holdings=tuple(_holding(row) for row in holdings_of(store, ref)),
        asked=_spans(_examined(supplements_of(store, ref)), "asked_at", "received_at"),
        attempts=_spans(attempts_of(store, ref), "started_at", "over_at"),
        incidents=_spans(_incidents(standstills_of(store, ref)), "since", "until"),
        legal=_running(history, end, scored=False),
        scored=_running(history, end, scored=True),
    )
    return stretches_of(calendar, start, end, lying)


def stretches_after_result(store: Readable, dossier: Row, calendar: Calendar, now: datetime) -> tuple[Stretch, ...]:
    """Return whose the working minutes were from the result until it was handed out, or to `now`, uncounted."""
    start = read_instant(dossier["ended_at"])
    gives = dossier["ended"] == "resolved" or dossier["kept_results"]
    if start is None or dossier["accepted_at"] is None or not gives:
        return ()
    ref, holdings = dossier["ref"], []
    if dossier["dispatched_at"] is not None:
        back = next((row["over_at"] for row in parcels_of(store, ref) if row["leg"] == "delivery"), None)
        holdings.append(Holding("post", "", Span(_instant(dossier["dispatched_at"]), read_instant(back))))
    obligation = obligation_of(store, ref)
    if dossier["fee_due"] == "before_hand_out" and dossier["outcome"] in GRANTED and obligation is not None:
        settled_at = read_instant(obligation["settled_at"])
        if obligation["standing"] == "open" or (settled_at is not None and settled_at > start):
            holdings.append(Holding("applicant", "", Span(start, settled_at), pays=True))
    attempts = _spans(attempts_of(store, ref), "started_at", "over_at")
    lying = Lying(desk=dossier["receiving_agency"], holdings=holdings, attempts=attempts)
    return stretches_of(calendar, start, read_instant(dossier["handed_out_at"]) or now, lying)


def _holding(row: Row) -> Holding:
    span = Span(_instant(row["since"]), read_instant(row["until"]))
    return Holding(row["party"], row["agency"], span, row["step"], pays=row["party"] == "applicant")


def _running(history: History | None, now: datetime, *, scored: bool) -> tuple[Span, ...]:
    if history is None:
        return ()
    return tuple(Span(since, until) for since, until in running_spans(history, now, scored=scored))


def _examined(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["stage"] == "examination"]


def _incidents(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row["whole"] and row["ground"] == "incident" and not row["step"]]


def _spans(rows: Sequence[Row], since: str, until: str) -> tuple[Span, ...]:
    return tuple(Span(_instant(row[since]), read_instant(row[until])) for row in rows if row[since] is not None)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
