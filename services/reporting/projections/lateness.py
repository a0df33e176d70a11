"""Who was asked to apologise for a delay, who did and with which new date, and which one-stop or agency above was told.

Law: NĐ 61/2018/NĐ-CP arts. 19.5b (the head of the one-stop shop is told of silence) and 19.9 (the late agency notifies,
apologises and gives one new date). Only routing's events write here, in routing's order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.calendar import VIETNAM
from kernel.message import Envelope, type_of
from services.reporting.projections import routing_says as routing
from services.reporting.projections.rows import Readable, instant, put, told_as

Row = Mapping[str, Any]
Rows = tuple[Statement, ...]

TABLE: Final = """
CREATE TABLE IF NOT EXISTS lateness(
  ref TEXT NOT NULL, generation INTEGER NOT NULL, sequence INTEGER NOT NULL, what TEXT NOT NULL, step TEXT NOT NULL,
  agency TEXT NOT NULL, to_agency TEXT NOT NULL DEFAULT '', rung INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '', due_at TEXT NOT NULL, new_due_at TEXT, at TEXT NOT NULL,
  PRIMARY KEY(ref, generation, sequence))
"""
BY_AGENCY: Final = "CREATE INDEX IF NOT EXISTS lateness_by_agency ON lateness(agency, what)"

COUNTED: Final = ("apologies_asked", "apologies_given", "escalated")
WHAT: Final = dict(zip(COUNTED, ("asked", "apologised", "escalated"), strict=True))
COUNTS: Final = ", ".join(f"count(*) FILTER (WHERE what='{what}') AS {name}" for name, what in WHAT.items())
BY_LATE_AGENCY: Final = f"""
SELECT agency, {COUNTS} FROM lateness WHERE (:agency='' OR agency=:agency) GROUP BY agency
"""
DOSSIERS: Final = ", ".join(
    f"count(DISTINCT ref) FILTER (WHERE what='{what}') AS {name}" for name, what in WHAT.items()
)
BY_MONTH: Final = f"""
SELECT {DOSSIERS} FROM lateness JOIN dossiers USING(ref)
WHERE accepted_at IS NOT NULL AND (:agency='' OR receiving_agency=:agency)
  AND lateness.at>=:since AND lateness.at<:until
"""


def lateness_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return what was said of a dossier's delay, oldest first."""
    return store.query("SELECT * FROM lateness WHERE ref=:ref ORDER BY generation, sequence", {"ref": ref})


def lateness_by_agency(store: Readable, agency: str = "") -> Mapping[str, Row]:
    """Return for each agency how often it was asked to apologise, did, and was told on."""
    return {row["agency"]: row for row in store.query(BY_LATE_AGENCY, {"agency": agency})}


def delays(store: Readable, first: str, last: str, agency: str) -> Mapping[str, int]:
    """Return of how many dossiers of a desk this was said in the months `first` to `last`, both included."""
    params = {"since": _month(first, "0000"), "until": _month(last, "9999", after=True), "agency": agency}
    return store.query(BY_MONTH, params)[0]


def _month(month: str, otherwise: str, *, after: bool = False) -> str:
    """Return the instant at which a month of Vietnam begins, or the one after it, as rows write it."""
    year, _, number = month.partition("-")
    if not number:
        return otherwise
    months = int(year) * 12 + int(number) - 1 + after
    return instant(datetime(months // 12, months % 12 + 1, 1, tzinfo=VIETNAM))


def _row(said: Any, envelope: Envelope, what: str, due_at: str, **more: Any) -> Rows:
    columns = {"what": what, "step": said.step, "agency": said.agency, "due_at": due_at, "at": instant(said.at)}
    return (put("lateness", told_as(said.ref, envelope), **columns, **more),)


def _asked(said: routing.ApologyAsked, envelope: Envelope) -> Rows:
    return _row(said, envelope, "asked", instant(said.due_at))


def _apologised(said: routing.DelayApologised, envelope: Envelope) -> Rows:
    promised = {"reason": said.reason_code, "new_due_at": instant(said.new_due_at)}
    return _row(said, envelope, "apologised", instant(said.due_at), **promised)


def _escalated(said: routing.LatenessEscalated, envelope: Envelope) -> Rows:
    return _row(said, envelope, "escalated", instant(said.overdue_since), to_agency=said.to, rung=said.rung)


def _promise_moved(said: routing.PromiseMoved, envelope: Envelope) -> Rows:
    promised = {"reason": said.cause, "new_due_at": instant(said.new_due_at)}
    return _row(said, envelope, "promise_moved", instant(said.promised_at), **promised)


def _one_stop(said: routing.OneStopTold, envelope: Envelope) -> Rows:
    return _row(said, envelope, "one_stop", instant(said.due_at), to_agency=said.to)


def _overdue(said: routing.StepLimitPassed, envelope: Envelope) -> Rows:
    return _row(said, envelope, "overdue", instant(said.due_at))


def _chain_overdue(said: routing.ChainOverdue, envelope: Envelope) -> Rows:
    key = told_as(said.ref, envelope)
    passed = {"step": "", "agency": said.agency, "due_at": instant(said.due_at), "at": instant(said.at)}
    return (put("lateness", key, what="overdue", **passed),)


lateness: Final = Projection(
    name="lateness",
    tables=(TABLE, BY_AGENCY),
    heard={
        type_of("routing", "ApologyAsked", 1): (routing.ApologyAsked, _asked),
        type_of("routing", "DelayApologised", 1): (routing.DelayApologised, _apologised),
        type_of("routing", "PromiseMoved", 1): (routing.PromiseMoved, _promise_moved),
        type_of("routing", "OneStopTold", 1): (routing.OneStopTold, _one_stop),
        type_of("routing", "LatenessEscalated", 1): (routing.LatenessEscalated, _escalated),
        type_of("routing", "StepOverdue", 1): (routing.StepLimitPassed, _overdue),
        type_of("routing", "ChainOverdue", 1): (routing.ChainOverdue, _chain_overdue),
    },
)
