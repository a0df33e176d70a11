"""Whether the steps of a procedure lead to its result, and what is said of each of them makes sense.

Law: NĐ 61/2018 art. 19.6 (who needs whose result); each procedure names the law of its limits.
"""

import re
from collections.abc import Iterator, Mapping

from chassis.registry_conditions import condition_findings
from chassis.registry_files import Entry
from chassis.registry_findings import Finding
from chassis.registry_limits import case_findings, longer
from kernel.procedure import Procedure, Step

# What a step is sent back to when its papers go back to the one-stop desk; no step may be mistaken for it.
DESK = "desk"

# What tells one instrument from all others: `297/2025/NĐ-CP`, `45/2019/QH14`, `4422/QĐ-BVHTTDL`.
_INSTRUMENT = re.compile(r"\d+/(?:\d{4}/)?[A-ZĐ][\w-]+")


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
    yield from _never_deemed(entry, steps)
    yield from _applicants_part(entry)
    yield from _laws(entry)
    unclear = tuple(condition_findings(entry))
    yield from unclear
    if not lost and not unclear:
        yield from case_findings(entry)


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
            if alert is not None and longer(alert, step.limit):
                yield entry.finding("alert_after_limit", "steps", index, key, key=key)
        grounds: set[str] = set()
        for number, pause in enumerate(step.pauses):
            if pause.ground in grounds:
                yield entry.finding("duplicate_word", "steps", index, "pauses", number, "ground", word=pause.ground)
            grounds.add(pause.ground)
        for number, extension in enumerate(step.extensions):
            if not longer(extension.limit, step.limit):
                yield entry.finding("extension_not_longer", "steps", index, "extensions", number, "limit")


def _never_deemed(entry: Entry[Procedure], steps: Mapping[str, Step]) -> Iterator[Finding]:
    """Say where silence is no agreement for a step that is not needed, or whose own law makes it one."""
    for index, step in enumerate(entry.thing.steps):
        for number, need in enumerate(step.never_deemed):
            at = ("steps", index, "never_deemed", number)
            if need not in step.needs:
                yield entry.finding("never_deemed_no_need", *at, step=step.code, need=need)
            elif need in steps and steps[need].silence == "deemed_agreed":
                yield entry.finding("never_deemed_but_deemed", *at, need=need)


def _applicants_part(entry: Entry[Procedure]) -> Iterator[Finding]:
    """Say what an applicant's step says that only an agency does."""
    for index, step in enumerate(entry.thing.steps):
        only_agencies = {
            "agency_kind": step.agency_kind,
            "acknowledge_within": step.acknowledge_within,
            "hand_over_within": step.hand_over_within,
            "extensions": step.extensions,
            "pauses": step.pauses,
            "supplement_within": step.supplement_within,
            "states_dues": step.states_dues,
            "silence": step.silence != "escalate",
        }
        for key, said in only_agencies.items():
            if said and step.party == "applicant":
                yield entry.finding("not_for_an_applicant", "steps", index, key, key=key)


def _laws(entry: Entry[Procedure]) -> Iterator[Finding]:
    """Say which part of a step cites no instrument, or one that the procedure does not name among its law."""
    named = {instrument for text in entry.thing.law for instrument in _INSTRUMENT.findall(text)}
    for index, step in enumerate(entry.thing.steps):
        parts: list[tuple[tuple[str | int, ...], str]] = [((), step.law)]
        parts += [(("extensions", number), each.law) for number, each in enumerate(step.extensions)]
        parts += [(("special_limits", number), each.law) for number, each in enumerate(step.special_limits)]
        parts += [(("pauses", number), each.law) for number, each in enumerate(step.pauses)]
        for at, law in parts:
            cited = _INSTRUMENT.findall(law)
            if not cited:
                yield entry.finding("law_not_cited", "steps", index, *at, "law", law=law)
            for instrument in cited:
                if instrument not in named:
                    yield entry.finding("law_not_named", "steps", index, *at, "law", law=instrument)
