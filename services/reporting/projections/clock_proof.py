"""What must hold of every dossier's time: the shares add up to the whole, and each date follows from what was said.

Law: NĐ 61/2018/NĐ-CP arts. 19.4 and 19.9 (never moved silently); QĐ 766/QĐ-TTg. `lienthong verify` asks this.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from kernel.working_time import working_minutes_between
from services.reporting.projections.clock_told import ClockTold, clock_told
from services.reporting.projections.clocks import Calendars, led_elsewhere
from services.reporting.projections.dossiers import WHOLE
from services.reporting.projections.rows import Readable

READ_AT_ONCE: Final = 500
ACCEPTED: Final = f"""
SELECT {WHOLE} FROM dossiers WHERE accepted_at IS NOT NULL AND submitted_at IS NOT NULL AND ref>:after
ORDER BY ref LIMIT {READ_AT_ONCE}
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """Something that must hold of the time of every accepted dossier.

    Args:
        broken: what is told of a dossier, its calendars, and the present → one sentence for each thing that is not so.
    """

    name: str
    says: str
    broken: Callable[[ClockTold, Calendars, datetime], Iterable[str]]

    def of_all(
        self, store: Readable, calendars: Calendars, now: datetime
    ) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
        """Yield each accepted dossier with what is not so of it."""
        for dossier in _accepted(store):
            try:
                told = clock_told(store, calendars, dossier, now)
                found = [] if told is None else list(self.broken(told, calendars, now))
            except LookupError as missing:
                found = [str(missing)]
            yield dossier, found


def _accepted(store: Readable) -> Iterator[Mapping[str, Any]]:
    after = ""
    while page := store.query(ACCEPTED, {"after": after}):
        yield from page
        after = page[-1]["ref"]


def unshared(told: ClockTold, calendars: Calendars, now: datetime) -> Iterator[str]:
    """Say where the shares are not the whole, or a minute is told twice."""
    whole = working_minutes_between(told.calendar, told.history.accepted_at, told.history.present(now))
    shared = sum((share.minutes for share in told.until_result.shares), Fraction(0))
    if shared != max(whole, 0):
        yield f"its shares are {shared} minutes of {whole}"
    for earlier, later in pairwise(told.until_result.stretches):
        if earlier.until > later.since:
            yield f"two stretches have the minutes from {later.since.isoformat()}"


def underived(told: ClockTold, calendars: Calendars, now: datetime) -> Iterator[str]:
    """Say which date does not follow; nothing but an apology leaves the lawful one where it was."""
    for row in led_elsewhere(told.appointments, calendars):
        yield f"it was given {row['due_at']} ({row['cause']}), and its limit leads to another date"
    lawful = [row for row in told.appointments if row["cause"] != "apology"]
    legal = told.legal
    if lawful and legal.due_at is not None and legal.due_at != datetime.fromisoformat(lawful[-1]["due_at"]):
        yield f"it was given {lawful[-1]['due_at']}, and its clock leads to {legal.due_at.isoformat()}"
    for name, parts in (("legal", told.legal_derivation), ("scoring", told.scoring_derivation)):
        if any(earlier.end != later.start for earlier, later in pairwise(parts)):
            yield f"the derivation of its {name} clock has a gap"
    counted = sum(part.counted_minutes for part in told.legal_derivation)
    if legal.due_at is not None and counted != legal.whole_minutes:
        yield f"its legal clock counts {counted} minutes of {legal.whole_minutes}"


PROOFS: Final = (
    Proof("shares", "the shares of every dossier's working minutes are whose they were, and add up", unshared),
    Proof("clocks", "every dossier's date equals the one derived anew from limit, calendar and standstills", underived),
)
