"""What late agencies wrote to the applicant, with the date that they promised; the letters are sealed.

Law: NĐ 61/2018/NĐ-CP art. 19.9; TT 01/2018/TT-VPCP Mẫu 04 (Phiếu xin lỗi và hẹn lại ngày trả kết quả).
"""

from typing import Any, Final

from chassis.instants import by_second
from chassis.service import Projection
from chassis.stores.store import Statement, Store
from services.routing.domain.clock_events import DelayApologised

TABLE: Final = """
CREATE TABLE IF NOT EXISTS apologies(
  ref TEXT NOT NULL, step TEXT NOT NULL, round INTEGER NOT NULL, agency TEXT NOT NULL, reason_code TEXT NOT NULL,
  note TEXT NOT NULL, due_at TEXT NOT NULL, new_due_at TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY(ref, step, round))
"""
APOLOGISED: Final = """
INSERT INTO apologies(ref, step, round, agency, reason_code, note, due_at, new_due_at, at)
VALUES(:ref, :step, :round, :agency, :reason_code, :note, :due_at, :new_due_at, :at)
ON CONFLICT(ref, step, round) DO NOTHING
"""
APOLOGIES_OF: Final = """
SELECT step, agency, reason_code, note, due_at, new_due_at, at FROM apologies WHERE ref=:ref ORDER BY at, step
"""


def apologies_of(store: Store, ref: str) -> list[dict[str, Any]]:
    """Return what was apologised for in a dossier, oldest first; a `step` of "" is the dossier as a whole."""
    return [dict(row) for row in store.query(APOLOGIES_OF, {"ref": ref})]


def apologised(event: DelayApologised) -> tuple[Statement, ...]:
    row = {
        "ref": event.ref,
        "step": event.step,
        "round": event.round,
        "agency": event.agency,
        "reason_code": event.reason_code,
        "note": event.note,
        "due_at": by_second(event.due_at),
        "new_due_at": by_second(event.new_due_at),
        "at": by_second(event.at),
    }
    return (Statement(APOLOGISED, row),)


apologies: Final = Projection(name="apologies", tables=(TABLE,), own={DelayApologised: apologised})
