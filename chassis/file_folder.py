"""Sealed files in a folder: the embedded file store, and what stands behind the file store's process.

They are spread over subfolders by the first letters of their ids; the folder is made when there is a first file.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from chassis.file_store import FILE_ID, SEALED_CHUNK_BYTES, FileGone, FileMoved, SealedFiles, checked_id
from chassis.files import replace_durably, sync_folder

NOTE: Final = ".upload"


class Folder:
    """The bytes. Every write waits for the disk, and is alone with its file, whichever process does it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, id: str) -> Path:
        """Return where a file rests; an id of another form is nobody's."""
        return self.folder / checked_id(id)[1:3] / id

    def make(self, id: str) -> None:
        path = self.path(id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        for folder in (path.parent, self.folder, self.folder.parent):
            sync_folder(folder)

    def rests(self, id: str) -> int:
        try:
            return self.path(id).stat().st_size
        except FileNotFoundError as error:
            raise FileGone(f"there is no file {id}") from error

    def write(self, id: str, at: int, sealed: bytes) -> int:
        with self._alone_with(id) as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(at)
            there = file.read(len(sealed))
            if size < at or size > at + len(sealed) or not sealed.startswith(there):
                raise FileMoved(f"{id} is {size} bytes long and not {at}")
            file.seek(at + len(there))
            file.write(sealed[len(there) :])
            _flush(file)
            return at + len(sealed)

    def shorten(self, id: str, to: int) -> None:
        with self._alone_with(id) as file:
            if os.fstat(file.fileno()).st_size > to:
                file.truncate(to)
                _flush(file)

    @contextmanager
    def _alone_with(self, id: str) -> Iterator[IO[bytes]]:
        try:
            with self.path(id).open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # goes with the file when it is closed
                yield file
        except FileNotFoundError as error:
            raise FileGone(f"there is no file {id}") from error

    def read(self, id: str, at: int = 0) -> Iterator[bytes]:
        try:
            with self.path(id).open("rb") as file:
                file.seek(at)
                while sealed := file.read(SEALED_CHUNK_BYTES):
                    yield sealed
        except FileNotFoundError as error:
            raise FileGone(f"there is no file {id}") from error

    def digest(self, id: str) -> str:
        made = sha256()
        for sealed in self.read(id):
            made.update(sealed)
        return made.hexdigest()

    def discard(self, id: str) -> None:
        self.path(id).unlink(missing_ok=True)

    def every(self, after: str = "") -> Iterator[tuple[str, float]]:
        for path in self._names(after, ""):
            if FILE_ID.fullmatch(path.name):
                try:
                    yield path.name, path.stat().st_mtime
                except FileNotFoundError:  # discarded meanwhile
                    continue

    def _names(self, after: str, ending: str) -> Iterator[Path]:
        """Yield what rests in the order of the ids, a subfolder at a time."""
        if not self.folder.is_dir():
            return
        for folder in sorted(self.folder.iterdir()):
            if folder.is_dir() and folder.name >= after[1:3]:
                names = [path for path in folder.glob(f"f*{ending}") if path.name.removesuffix(ending) > after]
                yield from sorted(names)

    # --- notes ---

    def _note(self, id: str) -> Path:
        return self.path(id).with_suffix(NOTE)

    def keep_note(self, id: str, note: bytes) -> None:
        replace_durably(self._note(id), note, 0o600)

    def note(self, id: str) -> bytes | None:
        try:
            return self._note(id).read_bytes()
        except FileNotFoundError:
            return None

    def notes(self, after: str = "") -> Iterator[tuple[str, bytes]]:
        for path in self._names(after, NOTE):
            note = self.note(path.stem) if FILE_ID.fullmatch(path.stem) else None
            if note is not None:
                yield path.stem, note

    def destroy_note(self, id: str) -> None:
        note = self._note(id)
        try:
            with note.open("r+b") as file:
                file.write(bytes(os.fstat(file.fileno()).st_size))
                _flush(file)
            note.unlink()
        except FileNotFoundError:
            pass


class FolderStore(SealedFiles):
    """The embedded file store: sealed here, and kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = Folder(folder)
        super().__init__(kept)
        self.path = kept.path


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
