"""Every supplement that an applicant was asked for: what, why, until when, and when something came.

Law: NĐ 61/2018/NĐ-CP arts. 11.2c and 19.4. Only the desk's events write here, in the desk's order.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.message import Envelope, type_of
from services.reporting.projections import intake_says as intake
from services.reporting.projections.rows import Readable, instant, instant_or_none, put, told_as

TABLE: Final = """
CREATE TABLE IF NOT EXISTS supplements(
  ref TEXT NOT NULL, generation INTEGER NOT NULL, sequence INTEGER NOT NULL, stage TEXT NOT NULL, items TEXT NOT NULL,
  due_at TEXT, asked_at TEXT NOT NULL, received_at TEXT, components TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY(ref, generation, sequence))
"""
RECEIVE: Final = """
UPDATE supplements SET received_at=coalesce(received_at, :at), components=:components
WHERE ref=:ref AND (generation, sequence)=(
  SELECT generation, sequence FROM supplements WHERE ref=:ref ORDER BY generation DESC, sequence DESC LIMIT 1)
"""


def supplements_of(store: Readable, ref: str) -> Sequence[Mapping[str, Any]]:
    """Return what the applicant was asked for, oldest first."""
    return store.query("SELECT * FROM supplements WHERE ref=:ref ORDER BY generation, sequence", {"ref": ref})


def _requested(said: intake.SupplementRequested, envelope: Envelope) -> tuple[Statement, ...]:
    row = put(
        "supplements",
        told_as(said.ref, envelope),
        stage=said.stage,
        items=encode(said.items).decode(),
        due_at=instant_or_none(said.due_at),
        asked_at=instant(said.at),
    )
    return (row,)


def _received(said: intake.SupplementReceived, envelope: Envelope) -> tuple[Statement, ...]:
    params = {"ref": said.ref, "at": instant(said.at), "components": encode(said.components).decode()}
    return (Statement(RECEIVE, params),)


supplements: Final = Projection(
    name="supplements",
    tables=(TABLE,),
    heard={
        type_of("intake", "SupplementRequested", 1): (intake.SupplementRequested, _requested),
        type_of("intake", "SupplementReceived", 1): (intake.SupplementReceived, _received),
    },
)
