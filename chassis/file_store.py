"""The file store: port, and the embedded one, a folder of files sealed in chunks under a key of their own.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14 (a file of a person is readable with that person's key only);
NĐ 61/2018/NĐ-CP art. 5 (what was handed in is not altered: its hash stands in the log).

A file has an opaque id and a fresh AES-256-GCM key that the store never writes down: whoever keeps a file seals its key
for a person in the vault, and a person who is forgotten takes all keys along. Each chunk has a nonce of its own and is
bound to the file and to its place, so that none can be altered, moved or left out. Nothing is ever run or unpacked.
"""

import os
import re
import secrets
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.limits import FILE_CHUNK_BYTES

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
SEALED_CHUNK_BYTES: Final = NONCE_BYTES + FILE_CHUNK_BYTES + TAG_BYTES
FILE_ID: Final = re.compile(r"f[0-9a-f]{24}")


class FileGone(LookupError):
    """There is no such file in the store."""


class FileDamaged(ValueError):
    """A file is not as it was written: a chunk was altered, moved or cut off, or the key is another's."""


class FileStore(Protocol):
    """Keeps the bytes of files, sealed. Sizes and offsets are those of the plain content."""

    def begin(self) -> tuple[str, bytes]:
        """Make room for a file; return its id and its fresh key."""
        ...

    def size(self, id: str) -> int:
        """Return how much of a file is kept durably."""
        ...

    def append(self, id: str, key: bytes, part: bytes) -> int:
        """Add to a file durably and return its size; all parts but the last are whole chunks."""
        ...

    def content(self, id: str, key: bytes, size: int) -> Iterator[bytes]:
        """Yield a file's content chunk by chunk.

        Raises:
            FileGone: there is none.
            FileDamaged: it is not the file that was written, or not `size` long.
        """
        ...

    def digest(self, id: str) -> str:
        """Return the SHA-256 of a file as it rests, sealed, so that it can be checked without any key."""
        ...

    def discard(self, id: str) -> None:
        """Remove a file; one that is gone already is no fault."""
        ...

    def every(self) -> Iterator[tuple[str, float]]:
        """Yield each file's id and when it was last written, in seconds since 1970."""
        ...


def new_file_id() -> str:
    """Return an id that nobody can guess."""
    return "f" + secrets.token_hex(12)


class FolderStore:
    """Files in a folder, spread over subfolders by the first letters of their ids; made when there is a first file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, id: str) -> Path:
        """Return where a file rests; an id of another form is nobody's."""
        if not FILE_ID.fullmatch(id):
            raise FileGone(f"{id[:40]!r} is no id of a file")
        return self.folder / id[1:3] / id

    def begin(self) -> tuple[str, bytes]:
        id = new_file_id()
        path = self.path(id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=False)
        for folder in (path.parent, self.folder, self.folder.parent):
            _sync(folder)
        return id, AESGCM.generate_key(256)

    def size(self, id: str) -> int:
        whole, rest = divmod(self._rests(id), SEALED_CHUNK_BYTES)
        return whole * FILE_CHUNK_BYTES + max(rest - NONCE_BYTES - TAG_BYTES, 0)

    def _rests(self, id: str) -> int:
        try:
            return self.path(id).stat().st_size
        except FileNotFoundError as error:
            raise FileGone(f"there is no file {id}") from error

    def append(self, id: str, key: bytes, part: bytes) -> int:
        whole, torn = divmod(self._rests(id), SEALED_CHUNK_BYTES)
        assert not torn or not part, "nothing follows the last chunk"
        cipher = AESGCM(key)
        with self.path(id).open("r+b") as file:
            file.seek(whole * SEALED_CHUNK_BYTES)
            for number, start in enumerate(range(0, len(part), FILE_CHUNK_BYTES), whole):
                nonce = os.urandom(NONCE_BYTES)
                file.write(nonce + cipher.encrypt(nonce, part[start : start + FILE_CHUNK_BYTES], _bound(id, number)))
            file.flush()
            os.fsync(file.fileno())
        return self.size(id)

    def cut(self, id: str) -> int:
        """Take away a chunk that a power cut left half written, and return the size that is left."""
        whole, torn = divmod(self._rests(id), SEALED_CHUNK_BYTES)
        if torn:
            with self.path(id).open("r+b") as file:
                file.truncate(whole * SEALED_CHUNK_BYTES)
                os.fsync(file.fileno())
        return whole * FILE_CHUNK_BYTES

    def content(self, id: str, key: bytes, size: int) -> Iterator[bytes]:
        if self.size(id) != size:
            raise FileDamaged(f"{id} is not {size} bytes long")
        cipher = AESGCM(key)
        with self.path(id).open("rb") as file:
            number = 0
            while sealed := file.read(SEALED_CHUNK_BYTES):
                try:
                    yield cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(id, number))
                except (InvalidTag, ValueError) as error:
                    raise FileDamaged(f"chunk {number} of {id} was altered") from error
                number += 1

    def digest(self, id: str) -> str:
        made = sha256()
        try:
            with self.path(id).open("rb") as file:
                while sealed := file.read(SEALED_CHUNK_BYTES):
                    made.update(sealed)
        except FileNotFoundError as error:
            raise FileGone(f"there is no file {id}") from error
        return made.hexdigest()

    def discard(self, id: str) -> None:
        self.path(id).unlink(missing_ok=True)

    def every(self) -> Iterator[tuple[str, float]]:
        for path in sorted(self.folder.glob("*/f*")):
            if FILE_ID.fullmatch(path.name):
                yield path.name, path.stat().st_mtime


def _bound(id: str, number: int) -> bytes:
    return f"{id}:{number}".encode()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
