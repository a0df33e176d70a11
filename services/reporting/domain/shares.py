"""Whose minute was it: the working minutes of a dossier, divided among those who had it, so that they add up.

Law: TT 01/2018/TT-VPCP art. 17 (who has it, in real time); NĐ 61/2018/NĐ-CP art. 19.4 and QĐ 766/QĐ-TTg (which minutes
a clock counts). docs/algorithms/working-time.md has the guarantee and a worked table.

Where several steps are open at once each gets an equal exact fraction of the minute; what nobody else has is the
desk's. Measured on the dossier's pinned calendar, restarts included; the two clocks only mark what they count.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from kernel.working_time import Calendar, working_minutes_between
from services.reporting.domain.status import Holder
from services.reporting.domain.words import Party


class Span(NamedTuple):
    """From `since` until `until`, None while it lasts."""

    since: datetime
    until: datetime | None

    def covers(self, start: datetime, end: datetime) -> bool:
        return self.since <= start and (self.until is None or end <= self.until)


@dataclass(frozen=True, slots=True)
class Holding:
    """One open step lay with one party: the exchange, its agency, the applicant, or the desk to which it was sent back.

    Args:
        pays: the applicant has to pay; while an attempt is under way it is the gateway's minute.
    """

    party: Party
    agency: str
    span: Span
    step: str = ""
    pays: bool = False


@dataclass(frozen=True, slots=True)
class Lying:
    """All that says with whom a dossier lay.

    Args:
        desk: the receiving agency, which has what nobody else has.
        asked: while a supplement was awaited; what lies at the desk lies with the applicant then.
        attempts: while a gateway had an attempt to pay under way.
        incidents: while the system was broken; then nobody else has a minute.
        legal, scored: when the two clocks ran.
    """

    desk: str
    holdings: Sequence[Holding] = ()
    asked: Sequence[Span] = ()
    attempts: Sequence[Span] = ()
    incidents: Sequence[Span] = ()
    legal: Sequence[Span] = ()
    scored: Sequence[Span] = ()

    def having(self, start: datetime, end: datetime) -> tuple[Holder, ...]:
        """Return everybody who had the dossier between two instants at which nothing changed, once for each step."""
        if _any(self.incidents, start, end):
            return (Holder("system"),)
        asked, paying = _any(self.asked, start, end), _any(self.attempts, start, end)
        at_desk = Holder("applicant") if asked else Holder("desk", self.desk)
        found = (one for one in self.holdings if one.span.covers(start, end))
        return tuple(at_desk if one.party == "desk" else _holder(one, paying) for one in found) or (at_desk,)

    def edges(self) -> Iterator[datetime | None]:
        """Yield every instant at which something may have changed."""
        spans = (self.asked, self.attempts, self.incidents, self.legal, self.scored)
        for span in (*(one.span for one in self.holdings), *(span for group in spans for span in group)):
            yield from span


class Stretch(NamedTuple):
    """A stretch in which nothing changed: its working minutes, who shares them, and which clock counts them."""

    since: datetime
    until: datetime
    minutes: int
    holders: tuple[Holder, ...]
    legal: bool
    scored: bool


class Share(NamedTuple):
    """What part of the minutes was whose, and how much of it each clock counts; `agency` is "" for the applicant."""

    party: Party
    agency: str
    step: str
    minutes: Fraction
    legal: Fraction
    scored: Fraction


def stretches_of(calendar: Calendar, start: datetime, end: datetime, lying: Lying) -> tuple[Stretch, ...]:
    """Return the working minutes from `start` to `end`, stretch by stretch; what has no working minute is left out."""
    instants = {edge for edge in lying.edges() if edge is not None and start < edge < end}
    found: list[Stretch] = []
    for since, until in pairwise(sorted({start, end, *instants}) if start < end else ()):
        minutes = working_minutes_between(calendar, since, until)
        if minutes == 0:
            continue
        marks = _any(lying.legal, since, until), _any(lying.scored, since, until)
        stretch = Stretch(since, until, minutes, lying.having(since, until), *marks)
        if found and found[-1][3:] == stretch[3:]:
            stretch = stretch._replace(since=found[-1].since, minutes=found[-1].minutes + minutes)
            found.pop()
        found.append(stretch)
    return tuple(found)


def shares_of(stretches: Iterable[Stretch]) -> tuple[Share, ...]:
    """Return everybody's share, the largest first; they add up to the minutes of the stretches, exactly."""
    shares: dict[Holder, Share] = {}
    for stretch in stretches:
        part = Fraction(stretch.minutes, len(stretch.holders))
        for holder in stretch.holders:
            share = shares.get(holder) or Share(*holder, Fraction(0), Fraction(0), Fraction(0))
            shares[holder] = share._replace(
                minutes=share.minutes + part,
                legal=share.legal + part * stretch.legal,
                scored=share.scored + part * stretch.scored,
            )
    return tuple(sorted(shares.values(), key=lambda share: (-share.minutes, *share[:3])))


def _holder(holding: Holding, paying: bool) -> Holder:
    if holding.party == "applicant":
        return Holder("gateway" if holding.pays and paying else "applicant", "", holding.step)
    return Holder(holding.party, holding.agency, holding.step)


def _any(spans: Sequence[Span], start: datetime, end: datetime) -> bool:
    return any(span.covers(start, end) for span in spans)
