"""Each parcel of a dossier: which way it goes, how far it came, and what the last attempt found.

Law: QĐ 45/2016/QĐ-TTg; TT 17/2017/TT-BTTTT. Only the post's events write here, in the post's order.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.message import Envelope, type_of
from services.reporting.projections import postal_says as postal
from services.reporting.projections.rows import Readable, instant, instant_or_none, put

Rows = tuple[Statement, ...]

TABLE: Final = """
CREATE TABLE IF NOT EXISTS parcels(
  ref TEXT NOT NULL, leg TEXT NOT NULL, item_code TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT 'ordered',
  papers INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
  measure TEXT NOT NULL DEFAULT '', next_attempt_from TEXT, record_no TEXT NOT NULL DEFAULT '', ordered_at TEXT,
  picked_up_at TEXT, over_at TEXT, changed_at TEXT NOT NULL, PRIMARY KEY(ref, leg))
"""


def parcels_of(store: Readable, ref: str) -> Sequence[Mapping[str, Any]]:
    """Return the parcels of a dossier: what was collected, then what is delivered."""
    return store.query("SELECT * FROM parcels WHERE ref=:ref ORDER BY leg", {"ref": ref})


def _parcel(said: Any, leg: str, **columns: Any) -> Rows:
    key = {"ref": said.ref, "leg": leg}
    return (put("parcels", key, item_code=said.item_code, changed_at=instant(said.at), **columns),)


def _ordered(said: postal.ParcelOrdered, envelope: Envelope) -> Rows:
    return _parcel(said, said.leg, status="ordered", ordered_at=instant(said.at))


def _picked_up(said: postal.ParcelPickedUp, envelope: Envelope) -> Rows:
    picked_up = {"status": "picked_up", "picked_up_at": instant(said.at)}
    return _parcel(said, said.leg, papers=said.proof.counted_papers, **picked_up)


def _handed_over(said: postal.PapersHandedOver, envelope: Envelope) -> Rows:
    return _parcel(said, "collection", status="handed_over", papers=said.accepted_papers, record_no=said.record_no)


def _failed(said: postal.AttemptFailed, envelope: Envelope) -> Rows:
    found = {"attempts": said.attempt, "reason": said.reason, "measure": said.measure}
    return _parcel(said, said.leg, next_attempt_from=instant_or_none(said.next_attempt_from), **found)


def _delivered(said: postal.ParcelDelivered, envelope: Envelope) -> Rows:
    return _parcel(said, "delivery", status="delivered", over_at=instant(said.at))


def _back(said: postal.ParcelBackAtDesk, envelope: Envelope) -> Rows:
    back = {"status": "back_at_desk", "over_at": instant(said.at)}
    return _parcel(said, "delivery", papers=said.accepted_papers, record_no=said.record_no, **back)


def _cancelled(said: postal.ParcelCancelled, envelope: Envelope) -> Rows:
    return _parcel(said, said.leg, status="cancelled")


parcels: Final = Projection(
    name="parcels",
    tables=(TABLE,),
    heard={
        type_of("postal", "ParcelOrdered", 1): (postal.ParcelOrdered, _ordered),
        type_of("postal", "ParcelPickedUp", 1): (postal.ParcelPickedUp, _picked_up),
        type_of("postal", "PapersHandedOver", 1): (postal.PapersHandedOver, _handed_over),
        type_of("postal", "AttemptFailed", 1): (postal.AttemptFailed, _failed),
        type_of("postal", "ParcelDelivered", 1): (postal.ParcelDelivered, _delivered),
        type_of("postal", "ParcelBackAtDesk", 1): (postal.ParcelBackAtDesk, _back),
        type_of("postal", "ParcelCancelled", 1): (postal.ParcelCancelled, _cancelled),
    },
)
