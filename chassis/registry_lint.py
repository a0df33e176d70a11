"""Names every mistake in a registry with its file and line, and lists every value that no source gives."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any, Protocol

from chassis.registry_chains import chain_findings
from chassis.registry_conditions import conditions_of
from chassis.registry_fees import fee_findings
from chassis.registry_files import Document, Entry, Folder, read_folder
from chassis.registry_findings import ASSUMED, ERROR, WARNING, Finding
from kernel.agency import Agency
from kernel.condition import questions_in
from kernel.procedure import Procedure

__all__ = ["ASSUMED", "ERROR", "WARNING", "Finding", "examine", "lint"]

At = tuple[str | int, ...]

ALWAYS_KNOWN = frozenset({"always", "by_attorney", "never"})


def lint(path: Path) -> tuple[Finding, ...]:
    """Return everything there is to say about the registry at `path`, by file and line.

    Raises:
        RegistryUnusable: it is no registry at all.
    """
    return examine(read_folder(path))


def examine(folder: Folder) -> tuple[Finding, ...]:
    """Return everything there is to say about a registry that was read."""
    found = list(folder.findings)
    for document in folder.documents:
        found += _origins(document, document.lined.value, ())
    for procedure in folder.procedures:
        found += chain_findings(procedure)
        found += _asked(procedure)
        found += _facts(procedure, folder)
        found += _ends(procedure)
    found += _versions(folder.procedures)
    found += _agencies(folder)
    found += _kinds(folder)
    found += fee_findings(folder)
    return tuple(sorted(dict.fromkeys(found), key=lambda each: (each.file, each.line, each.code, each.message_en)))


def _origins(document: Document, value: Any, at: At, what: str = "") -> Iterator[Finding]:
    """List what is assumed, anywhere in a document, and sources that are given for nothing."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _origins(document, item, (*at, index), f"{what}.{_name(item) or index}")
    if not isinstance(value, dict):
        return
    if value.get("source") == "assumed":
        note = value.get("note") or value.get("evidence") or "–"
        yield document.finding(
            "assumed_value", *at, "source", what=what.strip(".") or Path(document.file).stem, note=note
        )
    sources = value.get("sources")
    for key in sources if isinstance(sources, dict) else ():
        if key not in value:
            yield document.finding("source_of_nothing", *at, "sources", key, key=key)
    for key, held in value.items():
        yield from _origins(document, held, (*at, key), what if key == "sources" else f"{what}.{key}")


def _name(item: Any) -> str | None:
    """Return what an item of a list is called, if it has a name."""
    names = (item.get(key) for key in ("code", "id", "name", "relation", "day")) if isinstance(item, dict) else ()
    return next((name for name in names if isinstance(name, str)), None)


def _asked(entry: Entry[Procedure]) -> Iterator[Finding]:
    """Say what is wrong with components, submitters and ways."""
    procedure = entry.thing
    components = {component.code for component in procedure.components}
    seen: set[str] = set()
    for index, component in enumerate(procedure.components):
        if component.code in seen:
            yield entry.finding("duplicate_word", "components", index, "code", word=component.code)
        seen.add(component.code)
        for number, other in enumerate(component.substitutes):
            at = ("components", index, "substitutes", number)
            if other == component.code:
                yield entry.finding("substitute_itself", *at)
            elif other not in components:
                yield entry.finding("substitute_unknown", *at, component=other)
    relations: set[str] = set()
    for index, submitter in enumerate(procedure.submitters):
        if submitter.relation in relations:
            yield entry.finding("duplicate_word", "submitters", index, "relation", word=submitter.relation)
        relations.add(submitter.relation)
        if submitter.authority is not None and submitter.authority not in components:
            yield entry.finding("authority_unknown", "submitters", index, "authority", component=submitter.authority)
    if "online" in procedure.hand_out_ways and "portal" not in procedure.channels:
        yield entry.finding("online_without_portal", "hand_out_ways")
    if "post" in procedure.channels and "post" not in procedure.hand_out_ways:
        yield entry.finding("post_one_way", "hand_out_ways")


def _facts(entry: Entry[Procedure], folder: Folder) -> Iterator[Finding]:
    """Say where a fact is used that is not asked for, or asked for and not used."""
    counted = {
        tariff.unit_fact
        for rule in folder.fee_rules
        if rule.thing.id == entry.thing.fee_rule
        for line in rule.thing.lines
        for tariff in line.tariffs
        if tariff.unit_fact is not None
    }
    for fact in sorted(counted):
        yield from _fact(entry, fact, "int", "fee_rule")
    for index, component in enumerate(entry.thing.components):
        if component.required not in ALWAYS_KNOWN:
            yield from _fact(entry, component.required, "bool", "components", index, "required")
    used = counted | {component.required for component in entry.thing.components}
    used |= {question.fact for _, condition in conditions_of(entry.thing) for question in questions_in(condition)}
    for fact in entry.thing.facts:
        if fact not in used and folder.is_whole("fees"):
            yield entry.finding("fact_unused", "facts", fact, fact=fact)


def _fact(entry: Entry[Procedure], fact: str, expected: str, *at: str | int) -> Iterator[Finding]:
    declared = entry.thing.facts.get(fact)
    if declared is None:
        yield entry.finding("fact_undeclared", *at, fact=fact)
    elif declared != expected:
        found = declared if isinstance(declared, str) else ", ".join(declared)
        yield entry.finding("fact_of_wrong_type", *at, fact=fact, expected=expected, found=found)


class _Dated(Protocol):
    @property
    def valid_from(self) -> date: ...

    @property
    def valid_to(self) -> date | None: ...


def _ends(entry: Entry[Any]) -> Iterator[Finding]:
    thing = entry.thing
    if thing.valid_to is not None and thing.valid_to <= thing.valid_from:
        yield entry.finding("ends_before_it_begins", "valid_to")


def _first_day_of_both(one: _Dated, other: _Dated) -> date | None:
    """Return the first day on which both hold, or None."""
    day = max(one.valid_from, other.valid_from)
    ends = [each.valid_to for each in (one, other) if each.valid_to is not None]
    return day if all(day < end for end in ends) else None


def _versions(procedures: Iterable[Entry[Procedure]]) -> Iterator[Finding]:
    """Say where two versions of one procedure are the same, or in force on one day."""
    by_code: dict[str, list[Entry[Procedure]]] = defaultdict(list)
    for entry in procedures:
        by_code[entry.thing.code].append(entry)
    for code, entries in by_code.items():
        for one, other in combinations(sorted(entries, key=lambda each: each.thing.version), 2):
            day = _first_day_of_both(one.thing, other.thing)
            if one.thing.version == other.thing.version:
                said = {"code": f"{code} {one.thing.version}", "where": one.document.file}
                yield other.finding("duplicate_code", "code", **said)
            elif day is not None:
                said = {"one": one.thing.version, "other": other.thing.version, "day": day.isoformat()}
                yield other.finding("overlapping_validity", "valid_from", **said)


def _agencies(folder: Folder) -> Iterator[Finding]:
    """Say what is wrong with the tree of agencies, their calendars and their areas."""
    by_id: dict[str, Entry[Agency]] = {}
    calendars = {id for id, _ in folder.calendars}
    for entry in folder.agencies:
        first = by_id.setdefault(entry.thing.id, entry)
        if first is not entry:
            yield entry.finding("duplicate_code", code=entry.thing.id, where=first.document.file)
        yield from _ends(entry)
        if calendars and entry.thing.calendar not in calendars:
            yield entry.finding("calendar_unknown", "calendar", calendar=entry.thing.calendar)
    told: set[str] = set()
    for entry in folder.agencies:
        parent = entry.thing.parent
        if parent is not None and parent not in by_id and folder.is_whole("agencies"):
            yield entry.finding("parent_unknown", "parent", agency=parent)
        if entry.thing.id not in told and (above := _circle_above(entry.thing, by_id)):
            told.update(above)
            yield entry.finding("parent_cycle", "parent", agencies=" → ".join(above))
    yield from _rivals(folder)


def _circle_above(agency: Agency, by_id: Mapping[str, Entry[Agency]]) -> list[str]:
    """Return the way from an agency up to itself, empty if there is none."""
    way = [agency.id]
    parent = agency.parent
    while parent is not None and parent in by_id:
        way.append(parent)
        if parent == agency.id:
            return way
        if parent in way[:-1]:
            return []
        parent = by_id[parent].thing.parent
    return []


def _rivals(folder: Folder) -> Iterator[Finding]:
    """Say where two agencies could both be the one that acts in a step."""
    acting = {step.agency_kind for procedure in folder.procedures for step in procedure.thing.steps}
    by_place: dict[tuple[str, str], list[Entry[Agency]]] = defaultdict(list)
    for entry in folder.agencies:
        for area in entry.thing.areas or ("–",):
            if entry.thing.kind in acting:
                by_place[entry.thing.kind, area].append(entry)
    for (kind, area), entries in by_place.items():
        for one, other in combinations(entries, 2):
            if one.thing.id != other.thing.id and _first_day_of_both(one.thing, other.thing) is not None:
                said = {"one": one.thing.id, "other": other.thing.id, "kind": kind, "area": area}
                yield other.finding("two_agencies_act", **said)


def _kinds(folder: Folder) -> Iterator[Finding]:
    """Say where a procedure names a kind of agency that does not exist while it is in force, or not everywhere."""
    if not folder.is_whole("agencies"):
        return
    by_kind: dict[str, list[Entry[Agency]]] = defaultdict(list)
    for agency in folder.agencies:
        by_kind[agency.thing.kind].append(agency)
    for entry in folder.procedures:
        procedure = entry.thing
        if next(_ends(entry), None):
            continue
        by_agencies = [(index, step) for index, step in enumerate(procedure.steps) if step.party == "agency"]
        standing = {
            kind: [each for each in agencies if _first_day_of_both(procedure, each.thing)]
            for kind, agencies in by_kind.items()
        }
        named: list[tuple[str, At]] = [(procedure.lead_kind, ("lead_kind",))]
        named += [(kind, ("receiving_kinds", index)) for index, kind in enumerate(procedure.receiving_kinds)]
        named += [(step.agency_kind, ("steps", index, "agency_kind")) for index, step in by_agencies]
        for kind, at in named:
            day = _first_day_without(procedure, [each.thing for each in standing.get(kind, ())])
            if day is not None:
                yield entry.finding("kind_without_agency", *at, kind=kind, day=day.isoformat())
        yield from _unserved(procedure, standing)


def _first_day_without(procedure: Procedure, agencies: Iterable[Agency]) -> date | None:
    """Return the first day of a procedure on which none of these agencies stands, or None."""
    day = procedure.valid_from
    while procedure.valid_to is None or day < procedure.valid_to:
        standing = [agency for agency in agencies if agency.stands_on(day)]
        if not standing:
            return day
        if any(agency.valid_to is None for agency in standing):
            return None
        day = max(agency.valid_to for agency in standing if agency.valid_to is not None)
    return None


def _unserved(procedure: Procedure, standing: Mapping[str, list[Entry[Agency]]]) -> Iterator[Finding]:
    """Say where a desk receives for a unit in which nobody does one of the steps."""
    desks = [desk for kind in procedure.receiving_kinds for desk in standing.get(kind, ())]
    for step in procedure.steps:
        acting = [each.thing for each in standing.get(step.agency_kind, ())]
        if not acting or not all(agency.areas for agency in acting):
            continue
        served = {area for agency in acting for area in agency.areas}
        for desk in desks:
            for area in desk.thing.areas:
                if area not in served:
                    said = {"kind": step.agency_kind, "step": step.code, "procedure": procedure.code}
                    yield desk.finding("area_without_agency", area=area, **said)
