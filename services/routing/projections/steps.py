"""The worklist: every step of every chain with its agency and where it stands, the one due first at the top.

A step of the applicant has no agency, so it stands on no agency's list; the desk sees it with the dossier.

`turn` orders the list and is the cursor of its pages: when the step is due, then which one it is; what has not begun
stands at the end. `note` is what an agency wrote when it refused or sent back, sealed.
"""

from typing import Any, Final, NamedTuple

from chassis.instants import by_second
from chassis.service import Projection
from chassis.stores.store import Statement, Store
from services.routing.domain.clock_events import StepClockResumed, StepClockStarted, StepFulfilled
from services.routing.domain.events import (
    ChainOpened,
    LimitExtended,
    StepAcknowledged,
    StepCancelled,
    StepDecided,
    StepDeemedAgreed,
    StepOverdue,
    StepReady,
    StepRefused,
    StepSentBack,
    StepTakenOver,
)

TABLE: Final = """
CREATE TABLE IF NOT EXISTS steps(
  ref TEXT NOT NULL, step TEXT NOT NULL, turn TEXT NOT NULL, code TEXT NOT NULL, procedure TEXT NOT NULL,
  agency TEXT NOT NULL, receiving_agency TEXT NOT NULL, stage TEXT NOT NULL, open TEXT NOT NULL,
  overdue TEXT NOT NULL, round INTEGER NOT NULL, version INTEGER NOT NULL, ready_at TEXT, due_at TEXT,
  acknowledge_by TEXT, sent_back_to TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY(ref, step))
"""
BY_AGENCY: Final = "CREATE INDEX IF NOT EXISTS steps_by_agency ON steps(agency, open, turn)"
BY_DESK: Final = "CREATE INDEX IF NOT EXISTS steps_by_desk ON steps(receiving_agency, open, turn)"

PLANNED: Final = """
INSERT INTO steps(
  ref, step, turn, code, procedure, agency, receiving_agency, stage, open, overdue, round, version, sent_back_to,
  reason, note)
VALUES(:ref, :step, :turn, :code, :procedure, :agency, :receiving_agency, 'planned', 'yes', 'no', 0, 0, '', '', '')
ON CONFLICT(ref, step) DO NOTHING
"""
READY: Final = """
UPDATE steps SET turn=:turn, stage='ready', open='yes', overdue='no', round=:round, ready_at=:ready_at, due_at=:due_at,
  acknowledge_by=:acknowledge_by, sent_back_to='', reason='', note=''
WHERE ref=:ref AND step=:step
"""
AT_AGENCY: Final = "UPDATE steps SET stage=:stage WHERE ref=:ref AND step=:step"
EXTENDED: Final = "UPDATE steps SET turn=:turn, due_at=:due_at WHERE ref=:ref AND step=:step"
REDATED: Final = "UPDATE steps SET turn=:turn, due_at=:due_at, overdue='no' WHERE ref=:ref AND step=:step"
DECIDED: Final = "UPDATE steps SET stage='decided', open='no', version=version+1 WHERE ref=:ref AND step=:step"
FULFILLED: Final = "UPDATE steps SET stage='decided', open='no' WHERE ref=:ref AND step=:step"
REFUSED: Final = """
UPDATE steps SET stage='refused', open='no', reason=:reason, note=:note WHERE ref=:ref AND step=:step
"""
# A result that was issued in an earlier round stays valid when its correction stops.
CANCELLED: Final = """
UPDATE steps SET stage=CASE WHEN version>0 THEN 'decided' ELSE 'cancelled' END, open='no', sent_back_to='',
  reason=:reason
WHERE ref=:ref AND step=:step
"""
SENT_BACK: Final = """
UPDATE steps SET stage='sent_back', sent_back_to=:sent_back_to, reason=:reason, note=:note
WHERE ref=:ref AND step=:step
"""
REOPENED: Final = "UPDATE steps SET stage='planned', open='yes' WHERE ref=:ref AND step=:step AND stage='decided'"
NOTE_OF: Final = "SELECT reason, note FROM steps WHERE ref=:ref AND step=:step AND note<>''"
OVERDUE: Final = "UPDATE steps SET overdue='yes' WHERE ref=:ref AND step=:step"


class KeptNote(NamedTuple):
    """Why a step was refused or sent back: the reason's code, and the officer's note, sealed."""

    reason: str
    note: str


def note_of(store: Store, ref: str, step: str) -> KeptNote | None:
    """Return the note that stands at a step, if there is one."""
    rows = store.query(NOTE_OF, {"ref": ref, "step": step})
    return KeptNote(str(rows[0]["reason"]), str(rows[0]["note"])) if rows else None


def _step(event: Any, **columns: Any) -> dict[str, Any]:
    return {"ref": event.ref, "step": event.step, **columns}


def _due(event: StepReady | LimitExtended | StepClockStarted | StepClockResumed) -> dict[str, str]:
    due_at = by_second(event.due_at)
    return {"due_at": due_at, "turn": f"{due_at} {event.ref} {event.step}"}


def opened(event: ChainOpened) -> tuple[Statement, ...]:
    dossier = {
        "ref": event.ref,
        "code": event.code,
        "procedure": event.procedure,
        "receiving_agency": event.receiving_agency,
    }
    return tuple(
        Statement(
            PLANNED,
            {
                **dossier,
                "step": planned.step,
                "agency": planned.agency,
                "turn": f"~ {event.ref} {planned.step}",
            },
        )
        for planned in event.steps
    )


def ready(event: StepReady) -> tuple[Statement, ...]:
    columns = {
        "ready_at": by_second(event.at),
        "acknowledge_by": None if event.acknowledge_by is None else by_second(event.acknowledge_by),
    }
    return (Statement(READY, _step(event, round=event.round, **columns, **_due(event))),)


def taken_over(event: StepTakenOver) -> tuple[Statement, ...]:
    return (Statement(AT_AGENCY, _step(event, stage="taken_over")),)


def acknowledged(event: StepAcknowledged) -> tuple[Statement, ...]:
    return (Statement(AT_AGENCY, _step(event, stage="acknowledged")),)


def extended(event: LimitExtended) -> tuple[Statement, ...]:
    return (Statement(EXTENDED, _step(event, **_due(event))),)


def redated(event: StepClockStarted | StepClockResumed) -> tuple[Statement, ...]:
    return (Statement(REDATED, _step(event, **_due(event))),)


def decided(event: StepDecided | StepDeemedAgreed) -> tuple[Statement, ...]:
    return (Statement(DECIDED, _step(event)),)


def fulfilled(event: StepFulfilled) -> tuple[Statement, ...]:
    return (Statement(FULFILLED, _step(event)),)


def refused(event: StepRefused) -> tuple[Statement, ...]:
    return (Statement(REFUSED, _step(event, reason=event.reason_code, note=event.note)),)


def cancelled(event: StepCancelled) -> tuple[Statement, ...]:
    return (Statement(CANCELLED, _step(event, reason=event.reason)),)


def sent_back(event: StepSentBack) -> tuple[Statement, ...]:
    waits = _step(event, sent_back_to=event.to, reason=event.reason_code, note=event.note)
    return Statement(SENT_BACK, waits), Statement(REOPENED, {"ref": event.ref, "step": event.to})


def overdue(event: StepOverdue) -> tuple[Statement, ...]:
    return (Statement(OVERDUE, _step(event)),)


steps: Final = Projection(
    name="steps",
    tables=(TABLE, BY_AGENCY, BY_DESK),
    own={
        ChainOpened: opened,
        StepReady: ready,
        StepTakenOver: taken_over,
        StepAcknowledged: acknowledged,
        LimitExtended: extended,
        StepDecided: decided,
        StepDeemedAgreed: decided,
        StepFulfilled: fulfilled,
        StepClockStarted: redated,
        StepClockResumed: redated,
        StepRefused: refused,
        StepCancelled: cancelled,
        StepSentBack: sent_back,
        StepOverdue: overdue,
    },
)
