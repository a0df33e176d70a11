"""One row for each step of each chain, as its agency left it, and who had it from when until when.

Law: NĐ 61/2018/NĐ-CP art. 19; TT 03/2025/TT-VPCP Phụ lục I Mẫu 06 (who gave to whom, and whether in time).

Only routing's events write here, in routing's order. A `holding` is one stretch in which an open step lay with one
party: the exchange that hands it over, its agency, or the desk to which it was sent back.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.message import Envelope, type_of
from services.reporting.projections import routing_says as routing
from services.reporting.projections.rows import Readable, instant, instant_or_none, put, told_as

Row = Mapping[str, Any]
Rows = tuple[Statement, ...]

STEPS: Final = """
CREATE TABLE IF NOT EXISTS steps(
  ref TEXT NOT NULL, step TEXT NOT NULL, place INTEGER NOT NULL DEFAULT 0, agency TEXT NOT NULL DEFAULT '',
  needs TEXT NOT NULL DEFAULT '', step_limit TEXT NOT NULL DEFAULT '{}', longer_limits TEXT NOT NULL DEFAULT '[]',
  calendar_id TEXT NOT NULL DEFAULT '', calendar_version TEXT NOT NULL DEFAULT '', law TEXT NOT NULL DEFAULT '',
  stage TEXT NOT NULL DEFAULT 'planned', round INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL DEFAULT 0,
  ready_at TEXT, clock_from TEXT, due_at TEXT, acknowledge_by TEXT, hand_over_by TEXT, acknowledged_at TEXT,
  ground TEXT NOT NULL DEFAULT '', sent_to TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
  result_code TEXT NOT NULL DEFAULT '', number TEXT NOT NULL DEFAULT '', signer TEXT NOT NULL DEFAULT '',
  party TEXT NOT NULL DEFAULT 'agency', stopped_on TEXT NOT NULL DEFAULT '',
  awaits_receipt INTEGER NOT NULL DEFAULT 0,
  closed_at TEXT, late INTEGER NOT NULL DEFAULT 0, alerts INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY(ref, step))
"""
BY_AGENCY: Final = "CREATE INDEX IF NOT EXISTS steps_by_agency ON steps(agency, stage, late, round, alerts)"
LATE: Final = "CREATE INDEX IF NOT EXISTS steps_late ON steps(ref, agency) WHERE late=1"
HOLDINGS: Final = """
CREATE TABLE IF NOT EXISTS holdings(
  ref TEXT NOT NULL, generation INTEGER NOT NULL, sequence INTEGER NOT NULL, step TEXT NOT NULL, party TEXT NOT NULL,
  agency TEXT NOT NULL, since TEXT NOT NULL, until TEXT, PRIMARY KEY(ref, generation, sequence))
"""
ARRIVED: Final = """
INSERT INTO holdings(ref, generation, sequence, step, party, agency, since)
SELECT ref, :generation, :sequence, step, 'agency', agency, :at FROM holdings
WHERE ref=:ref AND step=:step AND party='system' AND until IS NULL
"""
NOT_RECEIVED: Final = """
UPDATE holdings SET party='system'
WHERE ref=:ref AND generation=:generation AND sequence=:sequence AND party='agency'
  AND EXISTS(SELECT 1 FROM steps WHERE ref=:ref AND step=:step AND awaits_receipt=1)
"""
LEFT_EXCHANGE: Final = """
UPDATE holdings SET until=:at WHERE ref=:ref AND step=:step AND party='system' AND until IS NULL
"""
LET_GO: Final = "UPDATE holdings SET until=:at WHERE ref=:ref AND step=:step AND until IS NULL"
CANCEL: Final = """
UPDATE steps SET stage=CASE WHEN version>0 THEN 'decided' ELSE 'cancelled' END,
  reason=:reason, sent_to='', closed_at=:at
WHERE ref=:ref AND step=:step
"""
AGREE: Final = """
UPDATE steps SET stage='decided', version=version+1, reason='deemed_agreed', sent_to='', closed_at=:at
WHERE ref=:ref AND step=:step
"""
CORRECT: Final = "UPDATE steps SET stage='planned', closed_at=NULL WHERE ref=:ref AND step=:to AND stage='decided'"
ALERT: Final = "UPDATE steps SET alerts=alerts+1 WHERE ref=:ref AND step=:step"
UNDO_REASON: Final[dict[str, Any]] = {"reason": "", "sent_to": ""}

RUNNING: Final = ("ready", "taken_over", "acknowledged")
CLOSED: Final = ("decided", "refused", "cancelled")


def steps_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return the steps of a chain, in the order of its procedure."""
    return store.query("SELECT * FROM steps WHERE ref=:ref ORDER BY place, step", {"ref": ref})


def holdings_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return who had which step from when until when, oldest first."""
    return store.query("SELECT * FROM holdings WHERE ref=:ref ORDER BY generation, sequence", {"ref": ref})


def acting_agencies(store: Readable) -> list[str]:
    """Return every agency that has a step somewhere."""
    return [row["agency"] for row in store.query("SELECT DISTINCT agency FROM steps WHERE agency<>'' ORDER BY agency")]


def _step(ref: str, step: str, **columns: Any) -> Statement:
    return put("steps", {"ref": ref, "step": step}, **columns)


def _let_go(said: Any) -> Statement:
    return Statement(LET_GO, {"ref": said.ref, "step": said.step, "at": instant(said.at)})


def _hold(said: Any, envelope: Envelope, party: str) -> Statement:
    key = told_as(said.ref, envelope)
    return put("holdings", key, step=said.step, party=party, agency=said.agency, since=instant(said.at))


def _chain_opened(said: routing.ChainOpened, envelope: Envelope) -> Rows:
    return tuple(
        _step(
            said.ref,
            planned.step,
            place=place,
            agency=planned.agency,
            needs=" ".join(planned.needs),
            step_limit=encode(planned.limit).decode(),
            longer_limits=encode(planned.longer_limits).decode(),
            calendar_id=planned.calendar_id,
            calendar_version=planned.calendar_version,
            law=planned.law,
            party=planned.party,
            awaits_receipt=int(said.starts_on_receipt and not planned.needs and bool(planned.agency)),
        )
        for place, planned in enumerate(said.steps)
    )


def _ready(said: routing.StepReady, envelope: Envelope) -> Rows:
    ready = _step(
        said.ref,
        said.step,
        agency=said.agency,
        stage="ready",
        round=said.round,
        ready_at=instant(said.at),
        clock_from=instant(said.clock_from),
        due_at=instant(said.due_at),
        acknowledge_by=instant_or_none(said.acknowledge_by),
        hand_over_by=instant_or_none(said.hand_over_by),
        acknowledged_at=None,
        ground="",
        stopped_on="",
        closed_at=None,
        **UNDO_REASON,
    )
    held = (ready, _let_go(said), _hold(said, envelope, _holder(said)))
    return (*held, _not_received(said, envelope)) if said.round == 1 else held


def _not_received(said: routing.StepReady, envelope: Envelope) -> Statement:
    """What was received elsewhere lies with the exchange until the agency that resolves it has it (NĐ 118/2025)."""
    return Statement(NOT_RECEIVED, {**told_as(said.ref, envelope), "step": said.step})


def _holder(said: routing.StepReady) -> str:
    """A step of no agency is the applicant's; what is handed over lies with the exchange at first."""
    if not said.agency:
        return "applicant"
    return "agency" if said.hand_over_by is None else "system"


def _taken_over(said: routing.StepTakenOver, envelope: Envelope) -> Rows:
    return _step(said.ref, said.step, stage="taken_over"), *_arrived(said, envelope)


def _acknowledged(said: routing.StepAcknowledged, envelope: Envelope) -> Rows:
    acknowledged = _step(said.ref, said.step, stage="acknowledged", acknowledged_at=instant(said.at))
    return acknowledged, *_arrived(said, envelope)


def _arrived(said: routing.StepTakenOver | routing.StepAcknowledged, envelope: Envelope) -> Rows:
    """Where a hand-over has a limit of its own the step lies with the exchange until its agency has it."""
    params = {"step": said.step, "at": instant(said.at)}
    arrived = Statement(ARRIVED, {**told_as(said.ref, envelope), **params})
    return arrived, Statement(LEFT_EXCHANGE, {"ref": said.ref, **params})


def _extended(said: routing.LimitExtended, envelope: Envelope) -> Rows:
    return (_step(said.ref, said.step, due_at=instant(said.due_at), ground=said.ground),)


def _decided(said: routing.StepDecided, envelope: Envelope) -> Rows:
    decided = _step(
        said.ref,
        said.step,
        stage="decided",
        version=said.version,
        result_code=said.result_code,
        number=said.number,
        signer=said.signer,
        closed_at=instant(said.at),
        **UNDO_REASON,
        **_late(said.on_time),
    )
    return decided, _let_go(said)


def _deemed_agreed(said: routing.StepDeemedAgreed, envelope: Envelope) -> Rows:
    return Statement(AGREE, {"ref": said.ref, "step": said.step, "at": instant(said.at)}), _let_go(said)


def _fulfilled(said: routing.StepFulfilled, envelope: Envelope) -> Rows:
    fulfilled = {"stage": "decided", "reason": "fulfilled", "sent_to": "", "closed_at": instant(said.at)}
    return _step(said.ref, said.step, **fulfilled, **_late(said.on_time)), _let_go(said)


def _started(said: routing.StepClockStarted, envelope: Envelope) -> Rows:
    return (_step(said.ref, said.step, clock_from=instant(said.clock_from), due_at=instant(said.due_at)),)


def _stopped(said: routing.StepClockStopped, envelope: Envelope) -> Rows:
    return (_step(said.ref, said.step, stopped_on=said.ground),)


def _resumed(said: routing.StepClockResumed, envelope: Envelope) -> Rows:
    return (_step(said.ref, said.step, stopped_on="", due_at=instant(said.due_at)),)


def _refused(said: routing.StepRefused, envelope: Envelope) -> Rows:
    closed = {"stage": "refused", "reason": said.reason_code, "sent_to": "", "closed_at": instant(said.at)}
    return _step(said.ref, said.step, **closed, **_late(said.on_time)), _let_go(said)


def _late(on_time: bool) -> dict[str, int]:
    """A step that was late in one round stays so, whatever the next one brings."""
    return {} if on_time else {"late": 1}


def _cancelled(said: routing.StepCancelled, envelope: Envelope) -> Rows:
    params = {"ref": said.ref, "step": said.step, "reason": said.reason, "at": instant(said.at)}
    return Statement(CANCEL, params), _let_go(said)


def _sent_back(said: routing.StepSentBack, envelope: Envelope) -> Rows:
    """To the desk: the step lies there. To an earlier step: that one is to be corrected, and its clock runs next."""
    waits = _step(said.ref, said.step, stage="sent_back", sent_to=said.to, reason=said.reason_code)
    if said.to == "desk":
        return waits, _let_go(said), _hold(said, envelope, "desk")
    return waits, _let_go(said), Statement(CORRECT, {"ref": said.ref, "to": said.to})


def _alert(said: routing.StepLimitPassed, envelope: Envelope) -> Rows:
    return (Statement(ALERT, {"ref": said.ref, "step": said.step}),)


def _overdue(said: routing.StepLimitPassed, envelope: Envelope) -> Rows:
    return (_step(said.ref, said.step, late=1),)


steps: Final = Projection(
    name="steps",
    tables=(STEPS, BY_AGENCY, LATE, HOLDINGS),
    heard={
        type_of("routing", "ChainOpened", 1): (routing.ChainOpened, _chain_opened),
        type_of("routing", "StepReady", 1): (routing.StepReady, _ready),
        type_of("routing", "StepTakenOver", 1): (routing.StepTakenOver, _taken_over),
        type_of("routing", "StepAcknowledged", 1): (routing.StepAcknowledged, _acknowledged),
        type_of("routing", "LimitExtended", 1): (routing.LimitExtended, _extended),
        type_of("routing", "StepDecided", 1): (routing.StepDecided, _decided),
        type_of("routing", "StepDeemedAgreed", 1): (routing.StepDeemedAgreed, _deemed_agreed),
        type_of("routing", "StepRefused", 1): (routing.StepRefused, _refused),
        type_of("routing", "StepCancelled", 1): (routing.StepCancelled, _cancelled),
        type_of("routing", "StepSentBack", 1): (routing.StepSentBack, _sent_back),
        type_of("routing", "HandOverOverdue", 1): (routing.StepLimitPassed, _alert),
        type_of("routing", "AcknowledgementOverdue", 1): (routing.StepLimitPassed, _alert),
        type_of("routing", "StepFulfilled", 1): (routing.StepFulfilled, _fulfilled),
        type_of("routing", "StepClockStarted", 1): (routing.StepClockStarted, _started),
        type_of("routing", "StepClockStopped", 1): (routing.StepClockStopped, _stopped),
        type_of("routing", "StepClockResumed", 1): (routing.StepClockResumed, _resumed),
        type_of("routing", "StepOverdue", 1): (routing.StepLimitPassed, _overdue),
    },
)
