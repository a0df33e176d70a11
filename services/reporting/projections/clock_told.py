"""All there is to tell of a dossier's time: both clocks with their derivations, appointments, and whose minutes.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9; QĐ 766/QĐ-TTg; TT 01/2018/TT-VPCP art. 17. Programs read, the command line
prints and the page shows this and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from kernel.calendar import Calendar
from kernel.clock_reasons import in_words, legal_derivation, scoring_derivation
from kernel.clocks import Clock, History, legal_clock, scoring_clock
from kernel.working_time import Interval
from services.reporting.domain.shares import Share, Stretch, shares_of
from services.reporting.projections.clocks import Calendars, appointments_of, history_of, standstills_of
from services.reporting.projections.lateness import lateness_of
from services.reporting.projections.minutes import stretches_after_result, stretches_until_result
from services.reporting.projections.rows import Readable

Row = Mapping[str, Any]

APPOINTMENT: Final = ("cause", "number", "step", "agency", "clock_from", "due_at", "said_at")
STANDSTILL: Final = ("ground", "step", "law", "since", "until")
LATENESS: Final = ("what", "step", "agency", "to_agency", "rung", "reason", "due_at", "new_due_at", "at")


@dataclass(frozen=True, slots=True)
class Minutes:
    """Whose minutes a stretch of a dossier's life were."""

    stretches: tuple[Stretch, ...]

    @property
    def whole(self) -> int:
        return sum(stretch.minutes for stretch in self.stretches)

    @property
    def shares(self) -> tuple[Share, ...]:
        return shares_of(self.stretches)


@dataclass(frozen=True, slots=True)
class ClockTold:
    """What is told of the time of an accepted dossier.

    Args:
        calendar: the dossier's pinned one, on which the minutes are measured.
        appointments, standstills, lateness: rows of their read models, oldest first.
        until_result, after_result: whose minutes there were from acceptance to the result, and then to handing out.
    """

    calendar: Calendar
    history: History
    legal: Clock
    scoring: Clock
    legal_derivation: tuple[Interval, ...]
    scoring_derivation: tuple[Interval, ...]
    appointments: Sequence[Row]
    standstills: Sequence[Row]
    lateness: Sequence[Row]
    until_result: Minutes
    after_result: Minutes


def clock_told(store: Readable, calendars: Calendars, dossier: Row, now: datetime) -> ClockTold | None:
    """Return what is told of a dossier's time, or None before it was accepted."""
    history = history_of(store, dossier, calendars)
    if history is None:
        return None
    calendar, ref = calendars(dossier["calendar_id"], dossier["calendar_version"]), dossier["ref"]
    return ClockTold(
        calendar,
        history,
        legal_clock(history, now),
        scoring_clock(history, now),
        legal_derivation(history, now),
        scoring_derivation(history, now),
        appointments_of(store, ref),
        standstills_of(store, ref),
        lateness_of(store, ref),
        Minutes(stretches_until_result(store, dossier, calendar, history, now)),
        Minutes(stretches_after_result(store, dossier, calendar, now)),
    )


def shown(told: ClockTold) -> dict[str, Any]:
    """Return the same as programs read it."""
    return {
        "accepted_at": told.history.accepted_at,
        "ended_at": told.history.closed_at,
        "calendar_id": told.calendar.id,
        "calendar_version": told.calendar.version,
        "legal": _clock(told.legal, told.legal_derivation),
        "scoring": _clock(told.scoring, told.scoring_derivation),
        "appointments": [_picked(row, APPOINTMENT) for row in told.appointments],
        "standstills": [_picked(row, STANDSTILL) | {"whole": bool(row["whole"])} for row in told.standstills],
        "lateness": [_picked(row, LATENESS) for row in told.lateness],
        "until_result": minutes_shown(told.until_result),
        "after_result": minutes_shown(told.after_result),
    }


def _clock(clock: Clock, derivation: Sequence[Interval]) -> dict[str, Any]:
    limit = clock.turn.limit
    return {
        "clock_from": clock.turn.since,
        "cause": clock.turn.cause,
        "gained_minutes": clock.turn.gained_minutes,
        "limit": None if limit is None else {"value": limit.value, "unit": limit.unit, "counting": limit.counting},
        "calendar_id": clock.turn.calendar.id,
        "calendar_version": clock.turn.calendar.version,
        "due_at": clock.due_at,
        "stands_on": clock.stands_on,
        "overdue_since": clock.overdue_since,
        "whole_minutes": clock.whole_minutes,
        "used_minutes": clock.used_minutes,
        "left_minutes": clock.left_minutes,
        "derivation": [_interval(clock.turn.calendar, interval) for interval in derivation],
    }


def _interval(calendar: Calendar, interval: Interval) -> dict[str, Any]:
    said = in_words(calendar, interval.reason)
    return {
        "start": interval.start,
        "end": interval.end,
        "counted_minutes": interval.counted_minutes,
        "reason": interval.reason,
        "reason_vi": said.vi,
        "reason_en": said.en,
    }


def minutes_shown(minutes: Minutes) -> dict[str, Any]:
    """Return a table of shares with its stretches; each share as an exact fraction and rounded to a tenth."""
    return {
        "whole_minutes": minutes.whole,
        "shares": [_share(share) for share in minutes.shares],
        "stretches": [
            {
                "since": stretch.since,
                "until": stretch.until,
                "minutes": stretch.minutes,
                "holders": [holder._asdict() for holder in stretch.holders],
                "legal": stretch.legal,
                "scoring": stretch.scored,
            }
            for stretch in minutes.stretches
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "party": share.party,
        "agency": share.agency,
        "step": share.step,
        "minutes": rounded(share.minutes),
        "exact": str(share.minutes),
        "legal_minutes": rounded(share.legal),
        "scoring_minutes": rounded(share.scored),
    }


def rounded(minutes: Fraction) -> float:
    """Return exact minutes to a tenth."""
    return round(float(minutes), 1)


def _picked(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
