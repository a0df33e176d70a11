"""Which step needs which: pure functions over `step → the steps whose results it needs`.

Law: NĐ 61/2018 art. 19.6. On paper the agencies stand in an order, electronically each starts as soon as what it needs
exists; both are one graph with more or fewer arrows.
"""

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

Needs = Mapping[str, tuple[str, ...]]


def unknown_needs(needs: Needs) -> tuple[tuple[str, str], ...]:
    """Return each (step, need) whose need is no step of the graph."""
    return tuple((step, need) for step, wanted in needs.items() for need in wanted if need not in needs)


def cycle(needs: Needs) -> tuple[str, ...]:
    """Return the steps of one cycle, each needed by the next, or `()` where there is none."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return tuple(found)
    return ()


def earlier(needs: Needs, step: str) -> frozenset[str]:
    """Return every step whose result `step` needs, directly or through others."""
    found: set[str] = set()
    open_ends = list(needs[step])
    while open_ends:
        need = open_ends.pop()
        if need not in found:
            found.add(need)
            open_ends.extend(needs[need])
    return frozenset(found)


def without(needs: Needs, left_out: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the graph without the steps `left_out`: who needed one of them needs what that one needed.

    `needs` has no cycle.
    """
    return {step: _kept(needs, wanted, left_out) for step, wanted in needs.items() if step not in left_out}


def _kept(needs: Needs, wanted: Iterable[str], left_out: Collection[str]) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for need in wanted:
        kept.update(dict.fromkeys(_kept(needs, needs[need], left_out) if need in left_out else (need,)))
    return tuple(kept)


def stranded(waits_for: Needs, gone: str) -> tuple[str, ...]:
    """Return the steps that wait, directly or through others, for `gone`, which will not come; in the order given.

    Args:
        waits_for: only the steps that are still undecided → everything each waits for.
    """
    lost = {gone}
    while True:
        more = {step for step, wanted in waits_for.items() if step not in lost and not lost.isdisjoint(wanted)}
        if not more:
            return tuple(step for step in waits_for if step in lost and step != gone)
        lost |= more
