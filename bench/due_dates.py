"""How many due dates a second: ours with a warm calendar, beside `numpy.busday_offset` and a plain loop over minutes.

The three count the same limits from the same starts on the same days. They do not do the same work, which is why the
ratios are printed and no winner: numpy adds whole days to dates, without hours, and is asked in one call for all; the
loop is what a clerk does with a clock. What ours finds is compared with both first. Run `python -m bench.due_dates`.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import numpy as np

from chassis.calendars import load_calendars
from kernel.calendar import VIETNAM
from kernel.clocks import History, Turn, legal_clock, scoring_clock
from kernel.working_time import Calendar, Limit, derive, due, is_working_day

CALENDARS = Path(__file__).resolve().parent.parent / "registry" / "calendars"
CALENDAR = "full"
STARTS = 20_000
WALKED = 40
ROUNDS = 3
SEED = 1
DAYS_LIMIT = 20
MARK_PER_S = 20_000
MINUTE = timedelta(minutes=1)

Case = tuple[datetime, int]


def cases(calendar: Calendar, seed: int) -> list[Case]:
    """Return starts within desk hours of 2026, and limits of one to twenty working days."""
    chance = Random(seed)
    days = [date(2026, 1, 5) + timedelta(days=number) for number in range(330)]
    open_days = [day for day in days if is_working_day(calendar, day)]
    return [
        (
            datetime(*chance.choice(open_days).timetuple()[:3], 8, chance.randrange(60), tzinfo=VIETNAM),
            chance.randint(1, DAYS_LIMIT),
        )
        for _ in range(STARTS)
    ]


def ours(calendar: Calendar, wanted: Sequence[Case]) -> list[datetime]:
    return [due(calendar, start, Limit(days, "working_days")) for start, days in wanted]


def derived(calendar: Calendar, wanted: Sequence[Case]) -> list[datetime]:
    return [derive(calendar, start, Limit(days, "working_days")).at for start, days in wanted]


def both_clocks(calendar: Calendar, wanted: Sequence[Case]) -> list[datetime]:
    """Return the legal due dates, the scored ones found beside them, as a dossier's page asks for both."""
    found = []
    for start, days in wanted:
        limit = Limit(days, "working_days")
        history = History(start, (Turn(calendar, start, limit, due(calendar, start, limit)),))
        legal, scoring = legal_clock(history, start), scoring_clock(history, start)
        assert legal.due_at is not None
        assert scoring.due_at == legal.due_at
        found.append(legal.due_at)
    return found


def by_numpy(calendar: Calendar, wanted: Sequence[Case]) -> list[date]:
    """Return the days only; the calendar's closed days and worked Saturdays are given to it beforehand."""
    starts = np.array([start.date() for start, _ in wanted], dtype="datetime64[D]")
    days = np.array([number for _, number in wanted])
    return list(np.busday_offset(starts, days, busdaycal=numpy_calendar(calendar)).astype(object))


def numpy_calendar(calendar: Calendar) -> np.busdaycalendar:
    """Every day of the week counts, but those on which the desk is closed: numpy knows no worked Saturday."""
    whole = (calendar.first_day + timedelta(days=n) for n in range((calendar.last_day - calendar.first_day).days + 1))
    closed = [day for day in whole if not is_working_day(calendar, day)]
    return np.busdaycalendar(weekmask="1111111", holidays=np.array(closed, dtype="datetime64[D]"))


def walked(calendar: Calendar, wanted: Sequence[Case]) -> list[datetime]:
    return [_walk(calendar, start, days) for start, days in wanted]


def _walk(calendar: Calendar, start: datetime, days: int) -> datetime:
    left, instant = days * 480, start
    while left:
        minute = instant.hour * 60 + instant.minute
        day = (instant.date() - calendar.first_day).days
        left -= any(begin <= minute < to for begin, to in calendar.spans_of(day))
        instant += MINUTE
    return instant


def measure(seed: int = SEED) -> dict[str, float]:
    """Return due dates a second, each way; the best of some rounds, after all ways agreed."""
    calendar = load_calendars(CALENDARS)[CALENDAR]
    wanted = cases(calendar, seed)
    found = ours(calendar, wanted)
    assert [at.astimezone(VIETNAM).date() for at in found] == by_numpy(calendar, wanted)
    assert found[:WALKED] == walked(calendar, wanted[:WALKED])
    assert found == derived(calendar, wanted) == both_clocks(calendar, wanted)
    return {
        "ours": _rate(ours, calendar, wanted),
        "ours, with the derivation": _rate(derived, calendar, wanted),
        "ours, both clocks of a dossier": _rate(both_clocks, calendar, wanted),
        "numpy.busday_offset, days only": _rate(by_numpy, calendar, wanted),
        "a plain loop over minutes": _rate(walked, calendar, wanted[:WALKED]),
    }


def _rate(way: Callable[[Calendar, Sequence[Case]], object], calendar: Calendar, wanted: Sequence[Case]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        way(calendar, wanted)
        best = min(best, time.perf_counter() - began)
    return len(wanted) / best


def printed(rates: dict[str, float]) -> str:
    """Return the rates as a table, each beside ours."""
    own = rates["ours"]
    lines = [f"{rate:>12,.0f}/s  {rate / own:>9.4g} x ours  {name}" for name, rate in rates.items()]
    reached = "reached" if own >= MARK_PER_S else "NOT reached"
    return "\n".join([*lines, f"at least {MARK_PER_S:,} a second with a warm calendar: {reached}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rates = measure(asked.seed)
    print(json.dumps(rates) if asked.json else printed(rates))


if __name__ == "__main__":
    main()
