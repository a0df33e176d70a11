"""Reads `registry/calendars/`: holidays and desk hours become calendars, mistakes are named with file and line.

A calendar's version is that of its desk hours and that of its holidays, `2026-11-20+2026-11-20`, so that a corrected
holiday is a new version of every calendar that keeps it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import ValidationError

from chassis.registry_schemas import validator
from chassis.yaml_lines import Lined, YamlFault, read_lined
from kernel.calendar import Calendar, Spans, Words

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "registry" / "calendar.schema.json"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

At = tuple[str | int, ...]


class Finding(NamedTuple):
    """One thing to say about one line of a file."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class CalendarsInvalid(ValueError):
    """The calendars cannot be used; every mistake found is named."""

    def __init__(self, mistakes: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A file as read."""

    file: Path
    read: Lined

    @property
    def data(self) -> Any:
        return self.read.value

    def finding(self, at: At, text: str) -> Finding:
        return Finding(self.file, self.read.line(*at), text)


def load_calendars(folder: Path) -> dict[str, Calendar]:
    """Return the newest version of each calendar in `folder`, by its id.

    Raises:
        CalendarsInvalid: with every mistake, by file and line.
    """
    return {id: calendar for (id, _), calendar in sorted(load_calendar_versions(folder).items())}


def load_calendar_versions(folder: Path) -> dict[tuple[str, str], Calendar]:
    """Return every version of each calendar in `folder`, by id and version, for dossiers pinned to an older one.

    Raises:
        CalendarsInvalid: with every mistake, by file and line.
    """
    sheets = _sheets(folder)
    holidays = [sheet for sheet in sheets if sheet.data["kind"] == "holidays"]
    desks = [sheet for sheet in sheets if sheet.data["kind"] == "desk"]
    if mistakes := tuple(_mistakes_between(desks, holidays)):
        raise CalendarsInvalid(mistakes)
    if not desks:
        raise CalendarsInvalid((Finding(folder, 1, "there is no calendar here"),))
    calendars = (
        _calendar(desk.data, kept.data)
        for desk, kept in product(desks, holidays)
        if kept.data["id"] == desk.data["holidays"]
    )
    return {(calendar.id, calendar.version): calendar for calendar in calendars}


def assumed_in(folder: Path) -> tuple[Finding, ...]:
    """Return what the calendars of `folder` say without a source: assumed, recalled or projected.

    Raises:
        CalendarsInvalid: with every mistake, by file and line.
    """
    return tuple(
        sheet.finding((*at, "source"), f"{what}: {entry['source']} ({entry['evidence']})")
        for sheet in _sheets(folder)
        for at, what, entry in _sourced(sheet.data)
        if entry["source"] == "assumed" or entry["evidence"] in ("recalled", "projected")
    )


def _sourced(data: Mapping[str, Any]) -> Iterator[tuple[At, str, Mapping[str, str]]]:
    if data["kind"] == "desk":
        yield (), "desk hours", data
        return
    for n, entry in enumerate(data["closed"]):
        yield ("closed", n), f"{entry['name']} {', '.join(entry['days'])}", entry
    for n, entry in enumerate(data["worked"]):
        yield ("worked", n), f"{entry['day']} worked instead of {entry['instead_of']}", entry


def _sheets(folder: Path) -> list[_Sheet]:
    """Return the files of `folder`, each of them right by itself."""
    sheets: list[_Sheet] = []
    mistakes: list[Finding] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            sheet = _read(file)
        except CalendarsInvalid as invalid:
            mistakes += invalid.mistakes
            continue
        sheets.append(sheet)
        mistakes += [*_misfits(sheet)] or [*_contradictions(sheet)]
    if mistakes:
        raise CalendarsInvalid(tuple(mistakes))
    return sheets


def _mistakes_between(desks: list[_Sheet], holidays: list[_Sheet]) -> Iterator[Finding]:
    """Say where files that are right by themselves do not go together."""
    first: dict[tuple[str, str], _Sheet] = {}
    for sheet in desks + holidays:
        other = first.setdefault((sheet.data["id"], sheet.data["version"]), sheet)
        if other is not sheet:
            yield sheet.finding(("version",), f"{other.file.name} is this version already")
    known = {sheet.data["id"] for sheet in holidays}
    for desk in desks:
        if desk.data["holidays"] not in known:
            yield desk.finding(("holidays",), f"there are no holidays {desk.data['holidays']!r}")


def _read(file: Path) -> _Sheet:
    try:
        return _Sheet(file, read_lined(file.read_text(encoding="utf-8")))
    except YamlFault as fault:
        text = f"{fault.detail!r} stands here a second time" if fault.code == "duplicate_key" else fault.detail
        raise CalendarsInvalid((Finding(file, fault.line, text),)) from None
    except UnicodeDecodeError as error:
        raise CalendarsInvalid((Finding(file, 1, f"not UTF-8: {error.reason}"),)) from None


def _misfits(sheet: _Sheet) -> Iterator[Finding]:
    """Say where a file does not fit its JSON Schema."""
    for error in sorted(
        validator(SCHEMA).iter_errors(sheet.data), key=lambda error: list(map(str, error.absolute_path))
    ):
        at = tuple(error.absolute_path)
        unknown = _unknown_keys(error)
        if unknown:
            for key in unknown:
                yield sheet.finding((*at, key), f"unknown key {key!r}")
        else:
            yield sheet.finding(at, error.message)


def _unknown_keys(error: ValidationError) -> list[str]:
    if error.validator != "additionalProperties":
        return []
    schema, instance = error.schema, error.instance
    assert isinstance(schema, Mapping)
    assert isinstance(instance, Mapping)
    return [key for key in instance if key not in schema.get("properties", {})]


def _contradictions(sheet: _Sheet) -> Iterator[Finding]:
    """Say what a file that fits its schema still cannot mean."""
    id, version = sheet.data["id"], sheet.data["version"]
    if sheet.file.stem not in (id, f"{id}@{version}"):
        yield sheet.finding(("id",), f"{id!r} stands in {id}.yaml, an older version of it in {id}@{version}.yaml")
    yield from _holiday_contradictions(sheet) if sheet.data["kind"] == "holidays" else _desk_contradictions(sheet)


def _holiday_contradictions(sheet: _Sheet) -> Iterator[Finding]:
    data = sheet.data
    if data["last_day"] < data["first_day"]:
        yield sheet.finding(("last_day",), "it ends before it begins")
    for n, entry in enumerate(data["closed"]):
        if entry["name"] not in data["names"]:
            yield sheet.finding(("closed", n, "name"), f"{entry['name']!r} is not among `names`")
    closed: dict[At, str] = {
        ("closed", n, "days", m): day for n, entry in enumerate(data["closed"]) for m, day in enumerate(entry["days"])
    }
    worked: dict[At, str] = {("worked", n, "day"): entry["day"] for n, entry in enumerate(data["worked"])}
    seen: set[str] = set()
    for at, day in (closed | worked).items():
        if not data["first_day"] <= day <= data["last_day"]:
            yield sheet.finding(at, f"{day} is outside {data['first_day']} – {data['last_day']}")
        if day in seen:
            yield sheet.finding(at, f"{day} stands here a second time")
        seen.add(day)
    for n, entry in enumerate(data["worked"]):
        if entry["instead_of"] not in closed.values():
            yield sheet.finding(("worked", n, "instead_of"), f"{entry['instead_of']} is not a closed day")


def _desk_contradictions(sheet: _Sheet) -> Iterator[Finding]:
    for weekday, texts in sheet.data["desk_hours"].items():
        edges = [edge for span in _spans(texts) for edge in span]
        if any(later <= earlier for earlier, later in pairwise(edges)):
            yield sheet.finding(("desk_hours", weekday), f"the desk hours of {weekday} are not in order")


def _calendar(desk: Mapping[str, Any], holidays: Mapping[str, Any]) -> Calendar:
    days = date.fromisoformat
    hours = {WEEKDAYS.index(weekday) + 1: _spans(texts) for weekday, texts in desk["desk_hours"].items()}
    return Calendar(
        id=desk["id"],
        version=f"{desk['version']}+{holidays['version']}",
        first_day=days(holidays["first_day"]),
        last_day=days(holidays["last_day"]),
        desk_hours=hours,
        closed={days(day): entry["name"] for entry in holidays["closed"] for day in entry["days"]},
        worked={
            days(entry["day"]): (entry["instead_of"], days(entry["instead_of"]).isoweekday())
            for entry in holidays["worked"]
            # A desk that never opens on the day stood in for does not open in its stead.
            if days(entry["instead_of"]).isoweekday() in hours
        },
        names={name: Words(words["vi"], words["en"]) for name, words in holidays["names"].items()},
    )


def _spans(texts: list[str]) -> Spans:
    return tuple((_minute(text[:5]), _minute(text[6:])) for text in texts)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
