"""The order in which a dossier's history is told: by time, and at the same instant causes before what they led to.

Sources keep only their own order, and in rehearsal many things happen at one instant; so equal times are told apart by
what caused what. The result is the same for every order in which the lines came in.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple, TypeVar

FLOW = ("intake", "routing", "payments", "postal")
"""Who is told first where time and cause say nothing."""


class Line(NamedTuple):
    """What orders one line: its source's own `sequence`, its instant, its id and the id of what caused it."""

    source: str
    sequence: int
    time_us: int
    id: str
    causation: str
    service: str


Told = TypeVar("Told")


def in_order(lines: Sequence[tuple[Line, Told]]) -> tuple[Told, ...]:
    """Return what is told, ordered."""
    ranked = sorted(lines, key=lambda pair: _rank(pair[0]))
    where = {line.id: place for place, (line, _) in enumerate(ranked)}
    later: list[list[int]] = [[] for _ in ranked]
    waits_for = [0] * len(ranked)
    last_of: dict[str, int] = {}
    by_sequence = sorted(range(len(ranked)), key=lambda place: (ranked[place][0].source, ranked[place][0].sequence))
    for place in by_sequence:
        line = ranked[place][0]
        before = {last_of.get(line.source), where.get(line.causation)} - {None, place}
        for earlier in before:
            assert earlier is not None
            later[earlier].append(place)
        waits_for[place] = len(before)
        last_of[line.source] = place
    return tuple(ranked[place][1] for place in _released(waits_for, later))


def _rank(line: Line) -> tuple[int, int, str, int]:
    flow = FLOW.index(line.service) if line.service in FLOW else len(FLOW)
    return line.time_us, flow, line.source, line.sequence


def _released(waits_for: list[int], later: list[list[int]]) -> list[int]:
    """Release the places in the order of their rank as soon as what they wait for is out."""
    free = [place for place, number in enumerate(waits_for) if number == 0]
    heapify(free)
    released: list[int] = []
    while free:
        place = heappop(free)
        released.append(place)
        for following in later[place]:
            waits_for[following] -= 1
            if waits_for[following] == 0:
                heappush(free, following)
    # Causes that go in a circle would be a fault of whoever wrote them; nothing is left untold for it.
    return released + [place for place, number in enumerate(waits_for) if number > 0]
