"""The registry in memory: procedures by version and day, agencies and who acts, calendars and fee rules.

Law: NĐ 118/2025 arts. 14 and 17.3 (a centre receives for the whole province; the competent agency resolves).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from chassis.registry_files import Folder, RegistryUnusable, read_folder
from chassis.registry_findings import ERROR, Finding
from chassis.registry_lint import examine
from kernel.agency import Agency
from kernel.fee import FeeRule
from kernel.procedure import Procedure, Step
from kernel.working_time import Calendar

__all__ = [
    "PRODUCT_REGISTRY",
    "AreaNeeded",
    "NotInRegistry",
    "Registry",
    "RegistryInvalid",
    "RegistryUnusable",
    "load_registry",
]

PRODUCT_REGISTRY = Path(__file__).resolve().parent.parent / "registry"

WHOLE_PROVINCE = None

Key = TypeVar("Key", str, tuple[str, str])
Thing = TypeVar("Thing")


class RegistryInvalid(Exception):
    """The registry has mistakes and cannot be used; `findings` are all that the lint says, errors among them."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        errors = [found for found in findings if found.severity == ERROR]
        super().__init__("\n".join(f"{found.file}:{found.line}: {found.message_en}" for found in errors))
        self.findings = findings


class NotInRegistry(LookupError):
    """Nothing of this kind has this name, or not on that day.

    Args:
        kind: what was looked for: `procedure`, `agency`, `area`, `calendar`, `fee rule`, `acting agency`.
        key: the name that was asked for.
    """

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"the registry has no {kind} {key}")
        self.kind = kind
        self.key = key


class AreaNeeded(LookupError):
    """A step belongs to a commune, and neither the dossier nor the desk that received it says to which one."""

    def __init__(self, step: str, agency_kind: str) -> None:
        super().__init__(f"step {step} is done by a {agency_kind}: the dossier has to name the commune")
        self.step = step
        self.agency_kind = agency_kind


@dataclass(frozen=True, slots=True)
class Registry:
    """Everything the registry says, looked up without searching. Made by `load_registry`.

    Args:
        version: hash of all its files; what a record of a decision names.
        calendars: the newest version of each calendar, by its id.
        calendar_versions: every version, by id and version, for dossiers pinned to an older one.
    """

    version: str
    calendars: Mapping[str, Calendar]
    calendar_versions: Mapping[tuple[str, str], Calendar]
    _procedures: Mapping[str, tuple[Procedure, ...]]
    _agencies: Mapping[str, Agency]
    _acting: Mapping[tuple[str, str | None], tuple[Agency, ...]]
    _areas: frozenset[str]
    _fee_rules: Mapping[str, FeeRule]

    def procedure(self, code: str, version: str | None = None, on: date | None = None) -> Procedure:
        """Return one version of a procedure: the one named, for a dossier pinned to it, or the one in force `on` a day.

        Raises:
            NotInRegistry: there is no such version, or none is in force that day.
            ValueError: neither a version nor a day is given.
        """
        if version is None and on is None:
            raise ValueError("a procedure is asked for by its version or by a day")
        for procedure in self._procedures.get(code, ()):
            if procedure.version == version if version is not None else on is not None and _in_force(procedure, on):
                return procedure
        raise NotInRegistry("procedure", f"{code} {version}" if version is not None else f"{code} on {on}")

    def procedures(self, on: date | None = None) -> tuple[Procedure, ...]:
        """Return every version of every procedure, or those in force `on` a day, by code and version."""
        every = (procedure for versions in self._procedures.values() for procedure in versions)
        return tuple(procedure for procedure in every if on is None or _in_force(procedure, on))

    def agency(self, id: str) -> Agency:
        """Return an agency, whether or not it still stands.

        Raises:
            NotInRegistry: there never was one with this id.
        """
        return _found(self._agencies, id, "agency")

    def agencies(self) -> tuple[Agency, ...]:
        """Return all agencies, by id."""
        return tuple(self._agencies.values())

    def calendar(self, agency_id: str) -> Calendar:
        """Return the newest version of an agency's calendar.

        Raises:
            NotInRegistry: there is no such agency.
        """
        return self.calendars[self.agency(agency_id).calendar]

    def calendar_version(self, id: str, version: str) -> Calendar:
        """Return the version of a calendar that a dossier was pinned to.

        Raises:
            NotInRegistry: there is no such version.
        """
        return _found(self.calendar_versions, (id, version), "calendar")

    def fee_rule(self, id: str) -> FeeRule:
        """Return a fee rule.

        Raises:
            NotInRegistry: there is none with this id.
        """
        return _found(self._fee_rules, id, "fee rule")

    def acting_agency(self, step: Step, receiving_agency: str, on: date, area: str | None = None) -> Agency:
        """Return the agency that carries out a step of a dossier received at a desk.

        It is the one of the step's kind for the dossier's area, or else the province's one of that kind.

        Args:
            area: GSO code of the commune the dossier belongs to, where that is not the receiving desk's own.

        Raises:
            AreaNeeded: a commune's agency acts and no area is known, as when the province's desk received the dossier.
            NotInRegistry: there is no such desk or area, or nobody of that kind acts there on that day.
        """
        if area is not None and area not in self._areas:
            raise NotInRegistry("area", area)
        place = self.agency(receiving_agency).area if area is None else area
        for where in (place, WHOLE_PROVINCE):
            for agency in self._acting.get((step.agency_kind, where), ()):
                if agency.stands_on(on):
                    return agency
        if place is None and any(kind == step.agency_kind and where is not None for kind, where in self._acting):
            raise AreaNeeded(step.code, step.agency_kind)
        raise NotInRegistry("acting agency", f"{step.agency_kind} for {place or 'the province'} on {on}")


def load_registry(path: Path) -> Registry:
    """Read the registry at `path`, whole or not at all.

    Raises:
        RegistryUnusable: it is no registry at all.
        RegistryInvalid: it has mistakes; all of them are named.
    """
    folder = read_folder(path)
    findings = examine(folder)
    if any(found.severity == ERROR for found in findings):
        raise RegistryInvalid(findings)
    return _registry(folder)


def _registry(folder: Folder) -> Registry:
    procedures: dict[str, list[Procedure]] = defaultdict(list)
    for procedure in sorted((entry.thing for entry in folder.procedures), key=lambda each: (each.code, each.version)):
        procedures[procedure.code].append(procedure)
    agencies = sorted((entry.thing for entry in folder.agencies), key=lambda agency: agency.id)
    acting: dict[tuple[str, str | None], list[Agency]] = defaultdict(list)
    for agency in agencies:
        for area in agency.areas or (WHOLE_PROVINCE,):
            acting[agency.kind, area].append(agency)
    return Registry(
        version=folder.version,
        calendars=MappingProxyType({id: calendar for (id, _), calendar in sorted(folder.calendars.items())}),
        calendar_versions=folder.calendars,
        _procedures=MappingProxyType({code: tuple(versions) for code, versions in procedures.items()}),
        _agencies=MappingProxyType({agency.id: agency for agency in agencies}),
        _acting=MappingProxyType({place: tuple(held) for place, held in acting.items()}),
        _areas=frozenset(area for agency in agencies for area in agency.areas),
        _fee_rules=MappingProxyType({entry.thing.id: entry.thing for entry in folder.fee_rules}),
    )


def _in_force(procedure: Procedure, day: date) -> bool:
    return procedure.valid_from <= day and (procedure.valid_to is None or day < procedure.valid_to)


def _found(held: Mapping[Key, Thing], key: Key, kind: str) -> Thing:
    try:
        return held[key]
    except KeyError:
        raise NotInRegistry(kind, " ".join(key) if isinstance(key, tuple) else str(key)) from None
