"""What happened to the clocks of each dossier: every appointment it was given, and why its clock stood still.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; NĐ 118/2025/NĐ-CP art. 17.3; QĐ 766/QĐ-TTg. Only routing's events write
here, in routing's order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec

from chassis.codec import encode
from chassis.service import Projection
from chassis.stores.store import Statement
from kernel.calendar import Calendar
from kernel.clocks import ACCEPTED, CLOSED_DAY, EXTENDED, RESTARTED, History, Standstill, Turn
from kernel.message import Envelope, type_of
from kernel.working_time import Limit, counted_until, that_leads_to
from services.reporting.projections import routing_says as routing
from services.reporting.projections.rows import Readable, instant, put, read_instant, told_as
from services.reporting.projections.supplements import supplements_of

Row = Mapping[str, Any]
Rows = tuple[Statement, ...]
Calendars = Callable[[str, str], Calendar]

APPOINTMENTS: Final = """
CREATE TABLE IF NOT EXISTS appointments(
  ref TEXT NOT NULL, generation INTEGER NOT NULL, sequence INTEGER NOT NULL, cause TEXT NOT NULL,
  number INTEGER NOT NULL, step TEXT NOT NULL, agency TEXT NOT NULL, clock_from TEXT NOT NULL, given_limit TEXT,
  calendar_id TEXT NOT NULL, calendar_version TEXT NOT NULL, due_at TEXT NOT NULL, said_at TEXT NOT NULL,
  PRIMARY KEY(ref, generation, sequence))
"""
STANDSTILLS: Final = """
CREATE TABLE IF NOT EXISTS standstills(
  ref TEXT NOT NULL, generation INTEGER NOT NULL, sequence INTEGER NOT NULL, whole INTEGER NOT NULL, step TEXT NOT NULL,
  ground TEXT NOT NULL, law TEXT NOT NULL DEFAULT '', since TEXT NOT NULL, until TEXT,
  PRIMARY KEY(ref, generation, sequence))
"""
RUN_AGAIN: Final = """
UPDATE standstills SET until=:at
WHERE ref=:ref AND whole=:whole AND ground=:ground AND step=:step AND until IS NULL
"""
START_AGAIN: Final = """
UPDATE standstills SET until=CASE WHEN since<:at THEN :at ELSE since END
WHERE ref=:ref AND whole=1 AND ground='supplement' AND until IS NULL
"""

SUPPLEMENT: Final = "supplement"
APOLOGY: Final = "apology"
RESUMED: Final = "resumed"


def appointments_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return every appointment of a dossier, in the order in which they were given."""
    return store.query("SELECT * FROM appointments WHERE ref=:ref ORDER BY generation, sequence", {"ref": ref})


def standstills_of(store: Readable, ref: str) -> Sequence[Row]:
    """Return on which grounds the clock of a dossier (`whole`) or of one of its steps stood still, oldest first."""
    return store.query("SELECT * FROM standstills WHERE ref=:ref ORDER BY generation, sequence", {"ref": ref})


def history_of(store: Readable, dossier: Row, calendars: Calendars) -> History | None:
    """Return what both clocks of an accepted dossier follow from; None before acceptance.

    Until its chain is heard of, the date on the desk's slip is all that is known.
    """
    accepted_at = read_instant(dossier["accepted_at"])
    if accepted_at is None:
        return None
    appointments = appointments_of(store, dossier["ref"])
    stood = standstills_of(store, dossier["ref"])
    return History(
        accepted_at,
        turns_of(appointments, calendars) if appointments else (_on_the_slip(dossier, calendars),),
        tuple(_standstill(row) for row in stood if row["whole"]),
        tuple(datetime.fromisoformat(row["asked_at"]) for row in supplements_of(store, dossier["ref"])),
        read_instant(dossier["ended_at"]),
    )


def _on_the_slip(dossier: Row, calendars: Calendars) -> Turn:
    calendar = calendars(dossier["calendar_id"], dossier["calendar_version"])
    since, due_at = (datetime.fromisoformat(dossier[name]) for name in ("clock_from", "due_at"))
    return Turn(calendar, since, None, due_at)


def turns_of(appointments: Sequence[Row], calendars: Calendars) -> tuple[Turn, ...]:
    """Return the counts from zero among the appointments; what only went on after a standstill follows from those."""
    turns: list[Turn] = []
    ends: datetime | None = None
    for row in appointments:
        if row["cause"] == APOLOGY:
            continue
        if row["cause"] == EXTENDED and ends is not None:
            turns.append(_longer(turns[-1], row, ends))
            ends = turns[-1].ends
        elif row["cause"] != RESUMED:
            turns.append(_turn(row, row["cause"], turns, calendars, ends))
            ends = turns[-1].ends
        else:
            if _clock_from(row) == turns[-1].since and turns[-1].cause != EXTENDED:
                turns[-1] = _turn(row, turns[-1].cause, turns[:-1], calendars)
            ends = _ends(turns[-1], row)
    return tuple(turns)


def _longer(turn: Turn, row: Row, ends_before: datetime) -> Turn:
    """Return the same count with its later end, in which every standstill until then is already."""
    due_at, said_at, ends = (
        datetime.fromisoformat(row["due_at"]),
        datetime.fromisoformat(row["said_at"]),
        _ends(turn, row),
    )
    gained_minutes = turn.minutes(ends_before, ends)
    return replace(turn, due_at=due_at, cause=EXTENDED, said_at=said_at, gained_minutes=gained_minutes, counted_to=ends)


def _ends(turn: Turn, row: Row) -> datetime:
    """Return when the last minute is counted of a count that goes on to the date of `row`; it may be due later."""
    if not turn.whole_last_day:
        return datetime.fromisoformat(row["due_at"])
    limit = _given(row)
    return _clock_from(row) if limit is None else counted_until(turn.calendar, _clock_from(row), limit)


def led_elsewhere(appointments: Sequence[Row], calendars: Calendars) -> list[Row]:
    """Return the appointments whose date is not the one to which their own limit leads; there should be none."""
    counted = (row for row in appointments if row["given_limit"] and row["cause"] not in (APOLOGY, CLOSED_DAY))
    return [row for row in counted if not _leads_there(row, calendars)]


def _leads_there(row: Row, calendars: Calendars) -> bool:
    limit, calendar = _given(row), calendars(row["calendar_id"], row["calendar_version"])
    due_at = datetime.fromisoformat(row["due_at"])
    return limit is None or that_leads_to(calendar, _clock_from(row), limit, due_at) is not None


def _given(row: Row) -> Limit | None:
    return msgspec.json.decode(row["given_limit"], type=Limit | None) if row["given_limit"] else None


def _turn(
    row: Row, cause: str, before: Sequence[Turn], calendars: Calendars, ends_before: datetime | None = None
) -> Turn:
    """A restart counts the same limit anew; a corrected calendar counts it from where it began."""
    due_at, since, said_at = datetime.fromisoformat(row["due_at"]), _clock_from(row), None
    calendar = calendars(row["calendar_id"], row["calendar_version"]) if row["calendar_id"] else before[-1].calendar
    limit, counted_to = _given(row), None
    if cause == RESTARTED and limit is None:
        limit = before[-1].limit
    if cause == CLOSED_DAY:
        since, limit, said_at = before[-1].since, before[-1].limit, datetime.fromisoformat(row["said_at"])
        counted_to = ends_before
    elif limit is not None:
        limit = that_leads_to(calendar, since, limit, due_at)
    return Turn(calendar, since, limit, due_at, cause, said_at, counted_to=counted_to)


def _standstill(row: Row) -> Standstill:
    since, until = datetime.fromisoformat(row["since"]), read_instant(row["until"])
    return Standstill(row["ground"], since, until, restarts=row["ground"] == SUPPLEMENT)


def _clock_from(row: Row) -> datetime:
    return datetime.fromisoformat(row["clock_from"])


def step_standstills(rows: Sequence[Row], step: str) -> tuple[Standstill, ...]:
    """Return when the clock of one step stood still on its own."""
    return tuple(_standstill(row) for row in rows if not row["whole"] and row["step"] == step)


# --- what routing says ---


def _appointment(
    said: Any, envelope: Envelope, cause: str, limit: Limit | None, *, number: int = 1, step: str = "", agency: str = ""
) -> Statement:
    return put(
        "appointments",
        told_as(said.ref, envelope),
        cause=cause,
        number=number,
        step=step,
        agency=agency,
        clock_from=instant(said.clock_from),
        given_limit=None if limit is None else encode(limit).decode(),
        calendar_id=getattr(said, "calendar_id", ""),
        calendar_version=getattr(said, "calendar_version", ""),
        due_at=instant(said.due_at),
        said_at=instant(said.at),
    )


def _opened(said: routing.ChainOpened, envelope: Envelope) -> Rows:
    limit = said.appointments[0].limit if said.appointments else said.total_limit
    return (_appointment(said, envelope, ACCEPTED, limit, agency=said.lead_agency),)


def _moved(said: routing.AppointmentMoved, envelope: Envelope) -> Rows:
    number, step, agency = said.number, said.step, said.agency
    return (_appointment(said, envelope, said.cause, said.limit, number=number, step=step, agency=agency),)


def _restarted(said: routing.ClockRestarted, envelope: Envelope) -> Rows:
    runs = Statement(START_AGAIN, {"ref": said.ref, "at": instant(said.clock_from)})
    return runs, _appointment(said, envelope, RESTARTED, None)


def _suspended(said: routing.ClockSuspended, envelope: Envelope) -> Rows:
    key = told_as(said.ref, envelope)
    return (put("standstills", key, whole=1, step=said.step, ground=said.ground, since=instant(said.at)),)


def _stopped(said: routing.StepClockStopped, envelope: Envelope) -> Rows:
    key = told_as(said.ref, envelope)
    why = {"step": said.step, "ground": said.ground, "law": said.law}
    return (put("standstills", key, whole=0, since=instant(said.at), **why),)


def _resumed(said: routing.ClockResumed, envelope: Envelope) -> Rows:
    return (_runs_again(said, whole=1),)


def _step_resumed(said: routing.StepClockResumed, envelope: Envelope) -> Rows:
    return (_runs_again(said, whole=0),)


def _runs_again(said: routing.ClockResumed | routing.StepClockResumed, whole: int) -> Statement:
    which = {"ref": said.ref, "step": said.step, "ground": said.ground, "whole": whole}
    return Statement(RUN_AGAIN, {**which, "at": instant(said.at)})


clocks: Final = Projection(
    name="clocks",
    tables=(APPOINTMENTS, STANDSTILLS),
    heard={
        type_of("routing", "ChainOpened", 1): (routing.ChainOpened, _opened),
        type_of("routing", "AppointmentMoved", 1): (routing.AppointmentMoved, _moved),
        type_of("routing", "ClockRestarted", 1): (routing.ClockRestarted, _restarted),
        type_of("routing", "ClockSuspended", 1): (routing.ClockSuspended, _suspended),
        type_of("routing", "ClockResumed", 1): (routing.ClockResumed, _resumed),
        type_of("routing", "StepClockStopped", 1): (routing.StepClockStopped, _stopped),
        type_of("routing", "StepClockResumed", 1): (routing.StepClockResumed, _step_resumed),
    },
)
