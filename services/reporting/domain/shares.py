"""Whose minute was it: the working minutes of a dossier, divided among those who had it, so that they add up.

Where several steps are open at once each gets an equal exact fraction of the minute; what nobody else has is the
desk's. Measured on the dossier's pinned calendar from acceptance to result, restarts included.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from kernel.working_time import Calendar, working_minutes_between
from services.reporting.domain.words import Party


class Span(NamedTuple):
    """From `since` until `until`, None while it lasts."""

    since: datetime
    until: datetime | None

    def covers(self, start: datetime, end: datetime) -> bool:
        return self.since <= start and (self.until is None or end <= self.until)


@dataclass(frozen=True, slots=True)
class Holding:
    """One open step lay with one party: the exchange, its agency, or the desk to which it was sent back."""

    party: Party
    agency: str
    span: Span


class Share(NamedTuple):
    """What part of the minutes was whose; `agency` is "" for the applicant."""

    party: Party
    agency: str
    minutes: Fraction


def shares_of(
    calendar: Calendar,
    start: datetime,
    end: datetime,
    holdings: Sequence[Holding],
    with_applicant: Sequence[Span],
    desk: str,
) -> tuple[Share, ...]:
    """Return everybody's share of the working minutes from `start` to `end`, the largest first.

    Args:
        with_applicant: while a supplement was asked for; a step that lies at the desk then lies with the applicant.
        desk: the receiving agency.
    """
    minutes: dict[tuple[Party, str], Fraction] = {}
    for since, until in pairwise(_edges(start, end, holdings, with_applicant)):
        whole = working_minutes_between(calendar, since, until)
        if whole == 0:
            continue
        asked = any(span.covers(since, until) for span in with_applicant)
        at_desk: tuple[Party, str] = ("applicant", "") if asked else ("desk", desk)
        having = [
            at_desk if holding.party == "desk" else (holding.party, holding.agency)
            for holding in holdings
            if holding.span.covers(since, until)
        ] or [at_desk]
        for holder in having:
            minutes[holder] = minutes.get(holder, Fraction(0)) + Fraction(whole, len(having))
    shares = (Share(party, agency, part) for (party, agency), part in minutes.items())
    return tuple(sorted(shares, key=lambda share: (-share.minutes, share.party, share.agency)))


def _edges(
    start: datetime, end: datetime, holdings: Sequence[Holding], with_applicant: Sequence[Span]
) -> list[datetime]:
    spans = [*(holding.span for holding in holdings), *with_applicant]
    instants = {edge for span in spans for edge in span if edge is not None and start < edge < end}
    return sorted({start, end, *instants}) if start < end else []
