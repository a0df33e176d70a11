"""Whether the steps of a procedure lead to its result, and within the time that it promises.

Law: NĐ 61/2018 art. 19.6 (who needs whose result); each procedure names the law of its limits.
"""

from collections.abc import Iterable, Iterator, Mapping

from chassis.registry_files import Entry
from chassis.registry_findings import Finding
from kernel.procedure import Procedure, Step
from kernel.working_time import Limit

# "8 working hours = 1 working day" holds where limits are added up, and only there.
_MINUTES = {
    "working_days": ("working", 480),
    "working_hours": ("working", 60),
    "working_minutes": ("working", 1),
    "calendar_days": ("calendar", 1440),
    "calendar_hours": ("calendar", 60),
    "minutes": ("calendar", 1),
}


# What a step is sent back to when its papers go back to the one-stop desk; no step may be mistaken for it.
DESK = "desk"


def chain_findings(entry: Entry[Procedure]) -> Iterator[Finding]:
    """Say what is wrong with the graph of a procedure's steps and with their limits."""
    steps = {step.code: step for step in entry.thing.steps}
    before = {code: _all_before(code, steps) for code in steps}
    yield from _broken_needs(entry, steps)
    yield from _cycles(entry, before)
    lost = frozenset(_lost(steps, before))
    yield from _unreachable(entry, steps, before, lost)
    yield from _routes(entry, lost)
    yield from _step_limits(entry)
    if not lost:
        yield from _total(entry, steps)


def _all_before(code: str, steps: Mapping[str, Step]) -> frozenset[str]:
    """Return everything that has to happen before a step, itself too if it waits for itself."""
    found: set[str] = set()
    open_ = list(steps[code].needs)
    while open_:
        need = open_.pop()
        if need not in found:
            found.add(need)
            open_ += steps[need].needs if need in steps else ()
    return frozenset(found)


def _broken_needs(entry: Entry[Procedure], steps: Mapping[str, Step]) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, step in enumerate(entry.thing.steps):
        if step.code in seen:
            yield entry.finding("duplicate_word", "steps", index, "code", word=step.code)
        if step.code == DESK:
            yield entry.finding("reserved_word", "steps", index, "code", word=step.code)
        seen.add(step.code)
        for number, need in enumerate(step.needs):
            if need not in steps:
                yield entry.finding("need_unknown", "steps", index, "needs", number, need=need)
            elif steps[need].optional and not step.optional:
                said = {"step": step.code, "need": need}
                yield entry.finding("needs_optional_step", "steps", index, "needs", number, **said)


def _cycles(entry: Entry[Procedure], before: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    told: set[str] = set()
    for index, step in enumerate(entry.thing.steps):
        if step.code in before[step.code] and step.code not in told:
            ring = [code for code in before if code in before[step.code] and step.code in before[code]]
            told.update(ring)
            yield entry.finding("cycle", "steps", index, "needs", steps=", ".join(ring))


def _lost(steps: Mapping[str, Step], before: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """Name the steps whose turn never comes: in a cycle, behind one, or behind a step that does not exist."""
    for code in steps:
        if any(need not in steps or need in before[need] for need in before[code]):
            yield code


def _unreachable(
    entry: Entry[Procedure], steps: Mapping[str, Step], before: Mapping[str, frozenset[str]], lost: frozenset[str]
) -> Iterator[Finding]:
    for index, step in enumerate(entry.thing.steps):
        # What is itself the mistake was named already; this is what suffers from it.
        named = step.code in before[step.code] or any(need not in steps for need in step.needs)
        if step.code in lost and not named:
            yield entry.finding("unreachable_step", "steps", index, step=step.code)


def _routes(entry: Entry[Procedure], lost: frozenset[str]) -> Iterator[Finding]:
    lead = entry.thing.lead_kind
    own = [step for step in entry.thing.steps if step.agency_kind == lead]
    if not own:
        yield entry.finding("lead_without_step", "lead_kind", kind=lead)
    elif all(step.optional or step.code in lost for step in own):
        yield entry.finding("no_route_to_result", "steps")


def _step_limits(entry: Entry[Procedure]) -> Iterator[Finding]:
    for index, step in enumerate(entry.thing.steps):
        for key, alert in (
            ("acknowledge_within", step.acknowledge_within),
            ("hand_over_within", step.hand_over_within),
        ):
            if alert is not None and _longer(alert, step.limit):
                yield entry.finding("alert_after_limit", "steps", index, key, key=key)
        for number, extension in enumerate(step.extensions):
            if not _longer(extension.limit, step.limit):
                yield entry.finding("extension_not_longer", "steps", index, "extensions", number, "limit")


def _total(entry: Entry[Procedure], steps: Mapping[str, Step]) -> Iterator[Finding]:
    total = entry.thing.total_limit
    if total is None:
        return
    scale, promised = _measure(total)
    if any(_measure(step.limit)[0] != scale for step in steps.values()):
        yield entry.finding("limits_not_comparable", "total_limit")
        return
    alone = [index for index, step in enumerate(entry.thing.steps) if _measure(step.limit)[1] > promised]
    for index in alone:
        step = entry.thing.steps[index]
        said = {"step": step.code, "limit": _shown(_measure(step.limit)[1], scale), "total": _shown(promised, scale)}
        yield entry.finding("step_longer_than_total", "steps", index, "limit", **said)
    if alone:
        return
    mandatory = [step for step in steps.values() if not step.optional]
    for code, chosen in (("path_longer_than_total", mandatory), ("option_longer_than_total", list(steps.values()))):
        path, needed = _longest(chosen)
        if needed > promised:
            said = {"steps": " → ".join(path), "limit": _shown(needed, scale), "total": _shown(promised, scale)}
            yield entry.finding(code, "total_limit", **said)
            return


def _longest(chosen: Iterable[Step]) -> tuple[tuple[str, ...], float]:
    """Return the path that takes longest among steps without a cycle, and its minutes."""
    steps = {step.code: step for step in chosen}
    known: dict[str, tuple[tuple[str, ...], float]] = {}

    def until(code: str) -> tuple[tuple[str, ...], float]:
        if code not in known:
            earlier = max((until(need) for need in steps[code].needs if need in steps), key=_minutes, default=((), 0))
            known[code] = (*earlier[0], code), earlier[1] + _measure(steps[code].limit)[1]
        return known[code]

    return max(map(until, steps), key=_minutes, default=((), 0))


def _minutes(path: tuple[tuple[str, ...], float]) -> float:
    return path[1]


def _measure(limit: Limit) -> tuple[str, float]:
    scale, minutes = _MINUTES[limit.unit]
    return scale, limit.value * minutes


def _longer(one: Limit, other: Limit) -> bool:
    """Say whether `one` is longer, as far as the two can be compared."""
    (scale, minutes), (other_scale, other_minutes) = _measure(one), _measure(other)
    return scale == other_scale and minutes > other_minutes


def _shown(minutes: float, scale: str) -> str:
    """Write minutes in the largest unit that fits, e.g. `16 working_days`."""
    units = [(name, size) for name, (kind, size) in _MINUTES.items() if kind == scale]
    name, size = next(((name, size) for name, size in units if minutes % size == 0), units[-1])
    return f"{minutes / size:g} {name}"
