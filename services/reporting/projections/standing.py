"""Puts together from the read models where a dossier stands."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.reporting.domain.status import Standing, StepNow
from services.reporting.projections.parcels import parcels_of
from services.reporting.projections.rows import Readable
from services.reporting.projections.steps import steps_of

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
        incident=bool(dossier["incident"]),
    )


def _step_now(step: Row) -> StepNow:
    waits = step["stage"] == "ready" and (
        step["hand_over_by"] is not None or (bool(step["awaits_receipt"]) and step["round"] == 1)
    )
    return StepNow(step["step"], step["agency"], step["stage"], step["sent_to"], not waits, step["party"])
