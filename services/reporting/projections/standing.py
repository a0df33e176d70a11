"""Puts together from the read models what the domain asks of a dossier: its standing, and whose minutes there were."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kernel.working_time import Calendar
from services.reporting.domain.shares import Holding, Share, Span, shares_of
from services.reporting.domain.status import Standing, StepNow
from services.reporting.projections.parcels import parcels_of
from services.reporting.projections.rows import Readable, read_instant
from services.reporting.projections.steps import holdings_of, steps_of
from services.reporting.projections.supplements import supplements_of

Row = Mapping[str, Any]


def standing_of(store: Readable, dossier: Row) -> Standing:
    """Return where the dossier of this row stands."""
    parcels = parcels_of(store, dossier["ref"]) if dossier["has_parcel"] else ()
    delivery = next((parcel["status"] for parcel in parcels if parcel["leg"] == "delivery"), "")
    return stand(dossier, steps_of(store, dossier["ref"]), delivery)


def stand(dossier: Row, steps: Sequence[Row], delivery: str) -> Standing:
    """Return the standing that these rows say."""
    return Standing(
        phase=dossier["phase"],
        receiving_agency=dossier["receiving_agency"],
        outcome=dossier["outcome"],
        fee_due=dossier["fee_due"],
        kept_results=bool(dossier["kept_results"]),
        supplement_stage=dossier["supplement_stage"],
        asked_to_withdraw=dossier["withdrawal_asked_at"] is not None,
        withdrawal_declined=dossier["withdrawal_declined_at"] is not None,
        fee_stands_open=dossier["fee"] == "open",
        delivery=delivery,
        steps=tuple(_step_now(step) for step in steps),
    )


def _step_now(step: Row) -> StepNow:
    waits = step["stage"] == "ready" and step["hand_over_by"] is not None
    return StepNow(step["step"], step["agency"], step["stage"], step["sent_to"], handed_over=not waits)


def whose_minutes(store: Readable, dossier: Row, calendar: Calendar, now: datetime) -> tuple[Share, ...]:
    """Return the shares of an accepted dossier's minutes until its result, or until `now`."""
    start = read_instant(dossier["accepted_at"])
    if start is None:
        return ()
    end = read_instant(dossier["ended_at"]) or now
    holdings = [
        Holding(row["party"], row["agency"], Span(_instant(row["since"]), read_instant(row["until"])))
        for row in holdings_of(store, dossier["ref"])
    ]
    asked = [
        Span(_instant(row["asked_at"]), read_instant(row["received_at"]))
        for row in supplements_of(store, dossier["ref"])
        if row["stage"] == "examination"
    ]
    return shares_of(calendar, start, end, holdings, asked, dossier["receiving_agency"])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
