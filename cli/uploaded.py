"""What `verify` asks of uploaded files: every one that a log names is there, whole, and none lies about without a name.

Law: NĐ 61/2018/NĐ-CP art. 5 (what was handed in is neither altered nor lost). The check needs no key, so it holds of
whoever was forgotten too.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import msgspec

from chassis.file_store import FileGone
from chassis.run import Engine
from chassis.stores.store import Recorded
from chassis.uploads import Uploads
from chassis.verification import Checked, Inspection, events_of

INTAKE: Final = "intake"
TAKEN: Final = "FileTaken"
NAMING: Final = ("DossierSubmitted", "SupplementReceived")


def files_inspection(engine: Engine, uploads: Uploads) -> Inspection:
    """Return the check of uploaded files."""
    says = "every file that a log names is there as it was handed in, and no other is older than an upload may be"
    return Inspection("platform", "files", says, partial(_look, engine, uploads))


def _look(engine: Engine, uploads: Uploads, checked: Checked) -> None:
    taken: dict[str, dict[str, Any]] = {}
    for _, data in _read(engine, (TAKEN,)):
        checked.counted += 1
        taken[str(data.get("file"))] = data
        if wrong := _wrong_with(uploads, data):
            checked.breaks(f"{data.get('file')} of dossier {data.get('ref')} {wrong}")
    for stored, data in _read(engine, NAMING):
        for component in data.get("components", ()):
            file, ref = component.get("file"), data.get("ref")
            if file and (taken.get(file, {}).get("ref"), taken.get(file, {}).get("sha256")) != (
                ref,
                component.get("sha256"),
            ):
                checked.breaks(f"{stored.type} at position {stored.position} names {file}, which {ref} does not have")
    for id in uploads.orphans():
        checked.breaks(f"{id} is named by nobody and lies there beyond its time")


def _read(engine: Engine, types: tuple[str, ...]) -> Iterator[tuple[Recorded, dict[str, Any]]]:
    for stored in events_of(engine.running[INTAKE], types):
        try:
            yield stored, msgspec.json.decode(stored.data, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # named by `folds`


def _wrong_with(uploads: Uploads, data: dict[str, Any]) -> str:
    try:
        if uploads.store.size(str(data.get("file"))) != data.get("size_bytes"):
            return "has not the size that it had"
        if uploads.store.digest(str(data.get("file"))) != data.get("sha256"):
            return "is not the file that was handed in"
    except FileGone:
        return "is not there"
    return ""
