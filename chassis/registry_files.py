"""Reads the registry's folder: every file checked against its JSON Schema, then put into the kernel's words."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from jsonschema import ValidationError

from chassis import registry_words as words
from chassis.calendars import CalendarsInvalid, load_calendar_versions
from chassis.registry_findings import ERROR, Finding, finding
from chassis.registry_schemas import validator
from chassis.yaml_lines import Lined, YamlFault, read_lined
from kernel.agency import Agency
from kernel.fee import FeeRule
from kernel.procedure import Procedure
from kernel.working_time import Calendar

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas" / "registry"
FOLDERS = MappingProxyType({"procedures": "procedure", "agencies": "agency", "fees": "fee"})
CALENDARS = "calendars"

Thing = TypeVar("Thing")
At = tuple[str | int, ...]


class RegistryUnusable(Exception):
    """The path is not a registry: there is no such folder, or it lacks one that a registry has."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read; `file` is its path from the registry's folder on."""

    file: str
    lined: Lined = field(repr=False)

    def finding(self, code: str, /, *at: str | int, **said: object) -> Finding:
        """Return a finding about the part of the file at `at`."""
        return finding(code, self.file, self.lined.line(*at), **said)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Thing]):
    """One procedure, agency or fee rule, and where it is written.

    Args:
        at: where it stands in the document.
        elsewhere: key → where the document says it, if not at `at` (what an agency file says once for many).
    """

    thing: Thing
    document: Document
    at: At = ()
    elsewhere: Mapping[str, At] = field(default_factory=dict)

    def finding(self, code: str, /, *at: str | int, **said: object) -> Finding:
        """Return a finding about the part of the entry at `at`."""
        if at and (place := self.elsewhere.get(str(at[0]))):
            return self.document.finding(code, *place, *at[1:], **said)
        return self.document.finding(code, *self.at, *at, **said)


@dataclass(frozen=True, slots=True)
class Folder:
    """A registry as read, whatever is wrong with it.

    Args:
        calendars: every version of every calendar, by id and version.
        documents: all files, the calendars' included, that are YAML at all.
        findings: what is wrong with the files one by one.
        version: hash of every file's path and bytes.
    """

    procedures: tuple[Entry[Procedure], ...]
    agencies: tuple[Entry[Agency], ...]
    fee_rules: tuple[Entry[FeeRule], ...]
    calendars: Mapping[tuple[str, str], Calendar]
    documents: tuple[Document, ...]
    findings: tuple[Finding, ...]
    version: str

    def is_whole(self, folder: str) -> bool:
        """Say whether every file of `folder` could be read, so that what is not there does not exist."""
        return not any(found.severity == ERROR and found.file.startswith(f"{folder}/") for found in self.findings)


def read_folder(path: Path) -> Folder:
    """Read the registry at `path`.

    Raises:
        RegistryUnusable: it is no registry at all.
    """
    for name in (*FOLDERS, CALENDARS):
        if not (path / name).is_dir():
            raise RegistryUnusable(f"{path} is not a registry: it has no folder {name}/")
    found: list[Finding] = []
    hashed = hashlib.sha256()
    documents: dict[str, list[Document]] = {name: [] for name in (*FOLDERS, CALENDARS)}
    for name, held in documents.items():
        for file in sorted((path / name).iterdir()):
            content = file.read_bytes() if file.is_file() else b""
            relative = f"{name}/{file.name}"
            hashed.update(f"{relative}\0{len(content)}\0".encode() + content)
            if file.suffix != ".yaml" or not file.is_file():
                found.append(finding("stray_file", relative, 1))
                continue
            try:
                held.append(Document(relative, read_lined(content.decode())))
            except YamlFault as fault:
                found.append(finding(fault.code, relative, fault.line, key=fault.detail, detail=fault.detail))
            except UnicodeDecodeError as error:
                found.append(finding("not_yaml", relative, 1, detail=str(error)))
    sound = {name: [each for each in documents[name] if _fits(each, schema, found)] for name, schema in FOLDERS.items()}
    return Folder(
        procedures=tuple(_named(sound["procedures"], words.procedure, _procedure_name, found)),
        agencies=tuple(_agencies(sound["agencies"], found)),
        fee_rules=tuple(_named(sound["fees"], words.fee_rule, _fee_name, found)),
        calendars=_calendars(path / CALENDARS, found),
        documents=tuple(each for held in documents.values() for each in held),
        findings=tuple(dict.fromkeys(found)),
        version=hashed.hexdigest(),
    )


def _procedure_name(procedure: Procedure) -> tuple[str, str]:
    return procedure.code, procedure.version


def _fee_name(rule: FeeRule) -> tuple[str, str]:
    return rule.id, rule.version


def _named(
    documents: Iterable[Document],
    read: Callable[[Mapping[str, Any]], Thing],
    name_of: Callable[[Thing], tuple[str, str]],
    found: list[Finding],
) -> Iterator[Entry[Thing]]:
    for document in documents:
        thing = read(document.lined.value)
        name, version = name_of(thing)
        if Path(document.file).name not in (f"{name}.yaml", f"{name}@{version}.yaml"):
            found.append(document.finding("misnamed_file", name=name, version=version))
        yield Entry(thing, document)


def _agencies(documents: Iterable[Document], found: list[Finding]) -> Iterator[Entry[Agency]]:
    for document in documents:
        for row in words.agency_rows(document.lined.value):
            if row.fault is None:
                yield Entry(words.agency(row.data), document, row.at, row.elsewhere)
            else:
                code, said = row.fault
                found.append(document.finding(code, *row.at, **said))


def _calendars(folder: Path, found: list[Finding]) -> Mapping[tuple[str, str], Calendar]:
    try:
        return MappingProxyType(load_calendar_versions(folder))
    except CalendarsInvalid as invalid:
        found += [
            finding("calendar_mistake", f"{CALENDARS}/{mistake.file.name}", mistake.line, detail=mistake.text)
            for mistake in invalid.mistakes
        ]
        return MappingProxyType({})


def _fits(document: Document, schema: str, found: list[Finding]) -> bool:
    errors = validator(SCHEMAS / f"{schema}.schema.json").iter_errors(document.lined.value)
    misfits = [each for error in errors for each in _said(document, error)]
    found += misfits
    return not misfits


_BOUNDS = frozenset(
    {"minimum", "exclusiveMinimum", "multipleOf", "minItems", "minLength", "maxLength", "minProperties"}
)


def _said(document: Document, misfit: ValidationError) -> Iterator[Finding]:
    """Say in the lint's words what jsonschema found."""
    error: Any = misfit  # jsonschema fills in everything before it hands an error out, which its types do not say
    at, keyword, bound = tuple(error.absolute_path), error.validator, error.validator_value
    shown = json.dumps(error.instance, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    is_limit = len(at) == 3 and at[0] == "steps" and at[2] == "limit"
    if keyword == "additionalProperties":
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        for key in error.instance:
            if key not in known:
                yield document.finding("unknown_key", *at, key, key=key)
    elif keyword in ("required", "dependentRequired"):
        for key in _absent(error):
            if key == "limit" and len(at) == 2 and at[0] == "steps":
                yield document.finding("missing_limit", *at, step=error.instance.get("code", at[1]))
            else:
                yield document.finding("missing_key", *at, key=key)
    elif keyword == "type" and is_limit and error.instance is None:
        step = document.lined.value["steps"][at[1]]
        yield document.finding("missing_limit", *at, step=step.get("code", at[1]))
    elif keyword == "type":
        expected = bound if isinstance(bound, str) else " / ".join(bound)
        yield document.finding("wrong_type", *at, found=shown, expected=expected)
    elif keyword in ("enum", "const"):
        allowed = ", ".join(map(str, bound if keyword == "enum" else [bound]))
        yield document.finding("not_allowed", *at, found=shown, allowed=allowed)
    elif keyword in ("pattern", "format"):
        yield document.finding("bad_form", *at, found=shown, form=bound)
    elif keyword in _BOUNDS:
        yield document.finding("out_of_range", *at, found=shown, bound=f"{keyword} {bound}")
    elif keyword == "oneOf":
        yield document.finding("condition_unclear", *at)
    elif keyword == "uniqueItems":
        yield document.finding("repeated", *at, found=shown)
    else:
        yield document.finding("does_not_fit", *at, detail=error.message)


def _absent(error: Any) -> Iterator[str]:
    wanted = error.validator_value
    if isinstance(wanted, Mapping):
        wanted = [key for having, keys in wanted.items() if having in error.instance for key in keys]
    yield from (key for key in wanted if key not in error.instance)
