"""What must hold of every dossier's time: the shares add up to the whole, and each date follows from what was said.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9 (never moved silently); QĐ 766/QĐ-TTg.
"""

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

from chassis.registry import NotInRegistry, Registry
from chassis.run import Engine
from chassis.stores.store import Store
from chassis.verification import Checked, Inspection
from kernel.working_time import working_minutes_between
from services.reporting.projections.clock_told import ClockTold, clock_told
from services.reporting.projections.clocks import led_elsewhere
from services.reporting.projections.dossiers import WHOLE

REPORTING = "reporting"
ACCEPTED = f"SELECT {WHOLE} FROM dossiers WHERE accepted_at IS NOT NULL AND submitted_at IS NOT NULL AND ref>:after \
ORDER BY ref LIMIT 500"


def clock_inspections(engine: Engine, registry: Registry) -> Iterator[Inspection]:
    """Yield the checks of the time of every dossier."""
    for name, says, look in (
        ("shares", "the shares of every dossier's working minutes add up to the whole, each minute once", _shares),
        ("clocks", "every dossier's date equals the one derived anew from limit, calendar and standstills", _clocks),
    ):
        yield Inspection(REPORTING, name, says, partial(_look, engine, registry, look))


def _look(engine: Engine, registry: Registry, look: Any, checked: Checked) -> None:
    store, now = engine.running[REPORTING].store, engine.clock.now()
    for dossier in _accepted(store):
        checked.counted += 1
        try:
            told = clock_told(store, registry.calendar_version, dossier, now)
        except NotInRegistry as missing:
            checked.breaks(f"{dossier['ref']}: {missing}")
            continue
        assert told is not None, "it was accepted"
        for broken in look(told, registry, now):
            checked.breaks(f"{dossier['code'] or dossier['ref']}: {broken}")


def _accepted(store: Store) -> Iterator[Any]:
    after = ""
    while page := store.query(ACCEPTED, {"after": after}):
        yield from page
        after = page[-1]["ref"]


def _shares(told: ClockTold, registry: Registry, now: datetime) -> Iterator[str]:
    whole = working_minutes_between(told.calendar, told.history.accepted_at, told.history.present(now))
    shared = sum((share.minutes for share in told.until_result.shares), Fraction(0))
    if shared != max(whole, 0):
        yield f"its shares are {shared} minutes of {whole}"
    for earlier, later in pairwise(told.until_result.stretches):
        if earlier.until > later.since:
            yield f"two stretches have the minutes from {later.since.isoformat()}"


def _clocks(told: ClockTold, registry: Registry, now: datetime) -> Iterator[str]:
    """Nothing but an apology leaves the lawful date where it was; while a clock stands still there is none."""
    for row in led_elsewhere(told.appointments, registry.calendar_version):
        yield f"it was given {row['due_at']} ({row['cause']}), and its limit leads to another date"
    lawful = [row for row in told.appointments if row["cause"] != "apology"]
    if lawful and told.legal.due_at is not None and told.legal.due_at != datetime.fromisoformat(lawful[-1]["due_at"]):
        yield f"it was given {lawful[-1]['due_at']}, and {told.legal.due_at.isoformat()} follows from its clock"
    for name, clock, parts in (
        ("legal", told.legal, told.legal_derivation), ("scoring", told.scoring, told.scoring_derivation),
    ):  # fmt: skip
        if any(earlier.end != later.start for earlier, later in pairwise(parts)):
            yield f"the derivation of its {name} clock has a gap"
        counted = sum(part.counted_minutes for part in parts)
        whole = not clock.stands_on and parts[-1:] and parts[-1].end == clock.due_at
        if whole and name == "legal" and counted != clock.whole_minutes:
            yield f"its {name} clock counts {counted} minutes of {clock.whole_minutes}"
