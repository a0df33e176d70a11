"""The file store: port, and how files are sealed, in chunks under a key of their own, over whatever keeps the bytes.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14 (a file of a person is readable with that person's key only);
NĐ 61/2018/NĐ-CP art. 5 (what was handed in is not altered: its hash stands in the log).

A file has an opaque id and a fresh AES-256-GCM key that the store never writes down: whoever keeps a file seals its key
for a person in the vault, and a person who is forgotten takes all keys along. Each chunk has a nonce of its own and is
bound to the file and to its place, so that none can be altered, moved or left out. Nothing is ever run or unpacked.

Sealing is done here, in the service that has the key. What keeps the bytes (`Shelf`: a folder, or the file store's
process) sees sealed ones only.
"""

import os
import re
import secrets
from collections.abc import Iterator
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


class FileMoved(Exception):
    """Somebody else has added to the file meanwhile; look how long it is and go on from there."""


class FileStore(Protocol):
    """Keeps the bytes of files, sealed. Sizes and offsets are those of the plain content.

    Beside a file a note may rest, for as long as no dossier names the file.
    """

    def begin(self) -> tuple[str, bytes]:
        """Make room for a file; return its id and its fresh key."""
        ...

    def size(self, id: str) -> int:
        """Return how much of a file is kept durably."""
        ...

    def append(self, id: str, key: bytes, part: bytes) -> int:
        """Add to a file durably and return its size; all parts but the last are whole chunks.

        Raises:
            FileMoved: somebody else added to it at the same time.
        """
        ...

    def cut(self, id: str) -> int:
        """Take away a chunk that a power cut left half written, and return the size that is left."""
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

    def keep_note(self, id: str, note: bytes) -> None:
        """Write a note beside a file, durably, in the place of the one that was there."""
        ...

    def note(self, id: str) -> bytes | None:
        """Return the note beside a file, None where there is none."""
        ...

    def notes(self) -> Iterator[tuple[str, bytes]]:
        """Yield every note with its file's id."""
        ...

    def destroy_note(self, id: str) -> None:
        """Destroy a note: its bytes are written over before its name is taken away."""
        ...


class Shelf(Protocol):
    """What keeps sealed bytes for a `FileStore`; sizes and places are those of the sealed bytes."""

    def make(self, id: str) -> None: ...
    def rests(self, id: str) -> int: ...
    def write(self, id: str, at: int, sealed: bytes) -> int:
        """Add bytes behind the first `at` and return how many rest then; said twice, it is done once.

        Raises:
            FileMoved: other bytes rest there.
        """
        ...

    def shorten(self, id: str, to: int) -> None: ...
    def read(self, id: str) -> Iterator[bytes]:
        """Yield what rests, one sealed chunk at a time."""
        ...

    def digest(self, id: str) -> str: ...
    def discard(self, id: str) -> None: ...
    def every(self) -> Iterator[tuple[str, float]]: ...
    def keep_note(self, id: str, note: bytes) -> None: ...
    def note(self, id: str) -> bytes | None: ...
    def notes(self) -> Iterator[tuple[str, bytes]]: ...
    def destroy_note(self, id: str) -> None: ...


def new_file_id() -> str:
    """Return an id that nobody can guess."""
    return "f" + secrets.token_hex(12)


def checked_id(id: str) -> str:
    """Return an id as it is; one of another form is nobody's, wherever it may point."""
    if not FILE_ID.fullmatch(id):
        raise FileGone(f"{id[:40]!r} is no id of a file")
    return id


class SealedFiles:
    """Files sealed in chunks over a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.digest, self.discard, self.every = shelf.digest, shelf.discard, shelf.every
        self.keep_note, self.note, self.notes, self.destroy_note = (
            shelf.keep_note, shelf.note, shelf.notes, shelf.destroy_note,
        )  # fmt: skip

    def begin(self) -> tuple[str, bytes]:
        id = new_file_id()
        self.shelf.make(id)
        return id, AESGCM.generate_key(256)

    def size(self, id: str) -> int:
        return _plain_size(self.shelf.rests(id))

    def append(self, id: str, key: bytes, part: bytes) -> int:
        rests = self.shelf.rests(id)
        whole, torn = divmod(rests, SEALED_CHUNK_BYTES)
        assert not torn or not part, "nothing follows the last chunk"
        cipher, sealed = AESGCM(key), []
        for number, start in enumerate(range(0, len(part), FILE_CHUNK_BYTES), whole):
            nonce = os.urandom(NONCE_BYTES)
            chunk = cipher.encrypt(nonce, part[start : start + FILE_CHUNK_BYTES], _bound(id, number))
            sealed += [nonce, chunk]
        return _plain_size(self.shelf.write(id, rests, b"".join(sealed)))

    def cut(self, id: str) -> int:
        whole, torn = divmod(self.shelf.rests(id), SEALED_CHUNK_BYTES)
        if torn:
            self.shelf.shorten(id, whole * SEALED_CHUNK_BYTES)
        return whole * FILE_CHUNK_BYTES

    def content(self, id: str, key: bytes, size: int) -> Iterator[bytes]:
        if self.size(id) != size:
            raise FileDamaged(f"{id} is not {size} bytes long")
        cipher = AESGCM(key)
        for number, sealed in enumerate(self.shelf.read(id)):
            try:
                yield cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(id, number))
            except (InvalidTag, ValueError) as error:
                raise FileDamaged(f"chunk {number} of {id} was altered") from error


def _plain_size(rests: int) -> int:
    whole, rest = divmod(rests, SEALED_CHUNK_BYTES)
    return whole * FILE_CHUNK_BYTES + max(rest - NONCE_BYTES - TAG_BYTES, 0)


def _bound(id: str, number: int) -> bytes:
    return f"{id}:{number}".encode()
