"""The previous release as it was stored: what it wrote, what it put on a topic, and what it would understand."""

import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from jsonschema import Draft202012Validator

from chassis.wire import NotOurs, heard_over_kafka
from kernel.message import Envelope

ARCHIVE: Final = Path(__file__).with_name("previous.tar.xz")
LOGS: Final = ("intake", "routing", "payments", "postal")

Headers = list[tuple[str, bytes]]


class Record(NamedTuple):
    """What stands on a topic, apart from its place."""

    key: bytes
    headers: Headers
    value: bytes

    @property
    def envelope(self) -> Envelope:
        """Return the event that it holds; raises NotOurs where it holds none."""
        return heard_over_kafka(0, self.headers, self.value)


@dataclass(frozen=True, slots=True)
class Previous:
    """The archive, unpacked.

    Args:
        data: the folder of its stores, as its server left them.
        records: all that it said, each source's in the order of its log.
        schemas: wire type → the form that it published.
        readings: service → wire type → the forms that this service reads it in.
    """

    data: Path
    records: tuple[Record, ...]
    schemas: Mapping[str, Draft202012Validator]
    readings: Mapping[str, Mapping[str, tuple[Draft202012Validator, ...]]]

    @property
    def refs(self) -> frozenset[str]:
        """Return every dossier that it knew."""
        return frozenset(record.key.decode() for record in self.records)

    def misfits(self, record: Record) -> list[str]:
        """Return why an instance of the previous release would not take a record: a line for each reason."""
        try:
            said = record.envelope
            data = json.loads(said.data)
        except (NotOurs, ValueError) as error:
            return [f"is no event: {error}"]
        lines = []
        owner = said.source.split("/")[3]
        if not said.type.startswith(f"lienthong.{owner}."):
            lines.append(f"{owner} may not say {said.type}")
        if said.type in self.schemas:
            lines += [f"published form: {line}" for line in _errors(self.schemas[said.type], data)]
        for service, read in self.readings.items():
            for form in read.get(said.type, ()):
                lines += [f"{service} reads: {line}" for line in _errors(form, data)]
            if said.type not in read and unversioned(said.type) in set(map(unversioned, read)):
                lines.append(f"{service} reads another version of {unversioned(said.type)}")
        return lines


def unpacked(folder: Path) -> Previous:
    """Unpack the archive into a folder."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    records = (json.loads(line) for line in (folder / "records.jsonl").read_text("utf-8").splitlines())
    forms = (json.loads(path.read_text("utf-8")) for path in (folder / "schemas").glob("*/*.json"))
    readings = json.loads((folder / "readings.json").read_text("utf-8"))
    return Previous(
        folder / "data",
        tuple(
            Record(one["key"].encode(), [(name, of.encode()) for name, of in one["headers"]], one["value"].encode())
            for one in records
        ),
        {form["$id"].removeprefix("urn:lienthong:schema:"): _judge(form) for form in forms},
        {
            service: {kind: tuple(map(_judge, several)) for kind, several in read.items()}
            for service, read in readings.items()
        },
    )


def numbers_of(records: Iterable[Record]) -> dict[tuple[str, str], set[int]]:
    """Return (source, subject) → the numbers of what is said."""
    found: dict[tuple[str, str], set[int]] = {}
    for envelope in (record.envelope for record in records):
        found.setdefault((envelope.source, envelope.subject), set()).add(envelope.sequence)
    return found


def holes(numbers: Mapping[tuple[str, str], set[int]]) -> list[tuple[str, str]]:
    """Return the sources and subjects whose numbers are not 1, 2, 3 …"""
    return [key for key, found in numbers.items() if found != set(range(1, len(found) + 1))]


def unversioned(kind: str) -> str:
    return kind.rpartition(".v")[0]


def _judge(form: Any) -> Draft202012Validator:
    return Draft202012Validator(form, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _errors(form: Draft202012Validator, data: Any) -> Iterator[str]:
    return (f"{error.json_path} {error.message}" for error in form.iter_errors(data))
