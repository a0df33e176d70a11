"""The files that dossiers have: a row each, so that a file is found without its dossier, and nothing personal in it.

Who may read them, and for what, stands here for the list and for the way out alike.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from chassis.service import Projection
from chassis.stores.store import Statement, Store
from chassis.web.auth import (
    ACTING,
    AGENCY_OFFICER,
    ALL,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    OWN,
    RECEIVING,
    Rights,
)
from services.intake.domain.files import FileTaken
from services.intake.domain.words import FileBrought

Purpose = Literal["own_dossier", "reception", "examination", "inspection"]
"""For what somebody reads a file."""
READ_THE_FILES: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING, AGENCY_OFFICER: ACTING, INSPECTOR: ALL}
PURPOSE_OF: Final[Mapping[str, Purpose]] = dict(zip(READ_THE_FILES, get_args(Purpose), strict=True))

TABLE: Final = """
CREATE TABLE IF NOT EXISTS dossier_files(
  file TEXT PRIMARY KEY, ref TEXT NOT NULL, component TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  media_type TEXT NOT NULL, sha256 TEXT NOT NULL)
"""
OF_DOSSIER: Final = "CREATE INDEX IF NOT EXISTS dossier_files_of_dossier ON dossier_files(ref, file)"
INSERT: Final = """
INSERT INTO dossier_files(file, ref, component, size_bytes, media_type, sha256)
VALUES(:file, :ref, :component, :size_bytes, :media_type, :sha256) ON CONFLICT(file) DO NOTHING
"""


def _taken(event: FileTaken) -> tuple[Statement, ...]:
    row = {name: getattr(event, name) for name in ("file", "ref", "component", "size_bytes", "media_type", "sha256")}
    return (Statement(INSERT, row),)


files: Final = Projection(name="dossier_files", tables=(TABLE, OF_DOSSIER), own={FileTaken: _taken})


def is_taken(store: Store, file: str) -> bool:
    """Say whether a dossier has a file, durably."""
    return bool(store.query("SELECT 1 FROM dossier_files WHERE file=:file", {"file": file}))


def taken_by(store: Store, ref: str, brought: FileBrought) -> FileBrought | None:
    """Return a file as this dossier has it already, for whoever hands the same in once more."""
    rows = store.query("SELECT * FROM dossier_files WHERE file=:file AND ref=:ref", {"file": brought.file, "ref": ref})
    if not rows:
        return None
    row: dict[str, Any] = dict(rows[0])
    return FileBrought(
        brought.file, brought.place, brought.component, "taken", row["size_bytes"], row["media_type"], row["sha256"]
    )


def files_of(store: Store, ref: str) -> tuple[str, ...]:
    """Return the ids of all files that a dossier has, those that a supplement replaced too."""
    return tuple(row["file"] for row in store.query("SELECT file FROM dossier_files WHERE ref=:ref", {"ref": ref}))


def held_bytes(store: Store, ref: str) -> tuple[int, int]:
    """Return how many files a dossier has, and of how many bytes."""
    sql = "SELECT count(*) AS files, coalesce(sum(size_bytes), 0) AS bytes FROM dossier_files WHERE ref=:ref"
    (row,) = store.query(sql, {"ref": ref})
    return int(row["files"]), int(row["bytes"])
