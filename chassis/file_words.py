"""What a service and the file store's process say to each other beside the sealed bytes."""

from typing import Final, NamedTuple

from chassis.file_store import SEALED_CHUNK_BYTES
from chassis.limits import FILE_CHUNK_BYTES, FILE_PART_BYTES_MAX

READ: Final = "read"
WRITE: Final = "write"
DISCARD: Final = "discard"
RIGHTS: Final = (READ, WRITE, DISCARD)

DIGEST: Final = "x-content-sha256"
"""Header of a part: the SHA-256 of its bytes, hexadecimal."""
PART_BYTES_MAX: Final = (FILE_PART_BYTES_MAX // FILE_CHUNK_BYTES + 1) * SEALED_CHUNK_BYTES
NOTE_BYTES_MAX: Final = 65_536
PAGE: Final = 500

GONE: Final = "gone"
MOVED: Final = "moved"
DAMAGED: Final = "damaged"


class Rests(NamedTuple):
    """How many sealed bytes of a file rest."""

    rests: int


class Listed(NamedTuple):
    """A file, and when it was last written, in seconds since 1970."""

    id: str
    written_at: float


class Noted(NamedTuple):
    """A file and the note beside it."""

    id: str
    note: bytes
