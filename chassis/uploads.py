"""Files on their way in: declared, brought in parts, checked when they are whole, and kept until a dossier names them.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14; NĐ 118/2025/NĐ-CP art. 15 (papers handed in electronically).

While nobody's dossier names a file, what is known of it stands beside it in a small file, its key and its name sealed
for whoever brings it. When a dossier names it, key and name are sealed for the applicant and stand in the dossier's own
log, and the small file is destroyed: from then on the file is readable with the applicant's key and no other.
"""

import base64
import hmac
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from chassis.file_store import FileGone, FileMoved, FileStore
from chassis.file_types import NotTaken, check_content
from chassis.limits import (
    FILE_CHUNK_BYTES,
    UPLOAD_UNUSED_WITHIN_S,
    UPLOADED_BYTES_PER_DAY_MAX,
    UPLOADS_UNUSED_BYTES_MAX,
    UPLOADS_UNUSED_MAX,
)
from chassis.stores.store import StoreUnavailable
from chassis.vault import CannotOpen, Vault
from kernel.calendar import Words

log = logging.getLogger("lienthong.uploads")

SWEEPS_EVERY_S: Final = 60.0
SWEEPS_PER_LOOK_FOR_ORPHANS: Final = 1_440
A_DAY_S: Final = 86_400
SENDING: Final = "upload"
HANDING_IN: Final = "hand_in"
PLATFORM: Final = ("platform", "uploads")
"""Under whose key the vault seals what somebody brings who is no person in it, as the desk does."""
MEGA: Final = 1_048_576

TOO_MANY: Final = Words(
    f"Nhiều nhất {UPLOADS_UNUSED_MAX} tệp được chờ gắn vào hồ sơ.",
    f"At most {UPLOADS_UNUSED_MAX} files wait to be named by a dossier.",
)
TOO_MUCH: Final = Words(
    f"Mỗi ngày nhận nhiều nhất {UPLOADED_BYTES_PER_DAY_MAX // MEGA} MB.",
    f"At most {UPLOADED_BYTES_PER_DAY_MAX // MEGA} MB are taken in a day.",
)
FULL: Final = Words(
    "Hiện không còn chỗ cho tệp mới, hãy thử lại sau.", "There is no room for another file now; try again later."
)
UNFIT_PART: Final = Words(
    f"Mỗi phần là bội số của {FILE_CHUNK_BYTES} byte, phần cuối là những gì còn lại của tệp.",
    f"A part is a multiple of {FILE_CHUNK_BYTES} bytes, the last one what is left of the file.",
)


class UploadRefused(ValueError):
    """A file is not begun, or not taken; `why` is a word, `said` tells people."""

    def __init__(self, why: str, said: Words) -> None:
        super().__init__(said.en)
        self.why = why
        self.said = said


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that no dossier names yet.

    Args:
        owner: who brings it, as an opaque text; `by` is the same as the log of readings names it.
        sealed: key, name and the hash of the content, for the person who brings it.
        sha256: of the file as it rests, once it is whole; else "".
        begun_at: wall time, in seconds since 1970.
    """

    id: str
    owner: str
    sealed: str
    size: int
    media_type: str
    begun_at: float
    by: str
    sha256: str = ""

    @property
    def complete(self) -> bool:
        return bool(self.sha256)


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that can be named by a dossier: `sealed` for its applicant, `sha256` as it rests."""

    id: str
    sealed: str
    size: int
    media_type: str
    sha256: str


class Uploads:
    """Every file that no dossier names yet, and the way to those that one does.

    Args:
        is_used: whether a dossier's log names a file durably; set when the services are there.
    """

    def __init__(self, store: FileStore, vault: Vault, wall: Callable[[], float] = time.time) -> None:
        self.store = store
        self._vault = vault
        self._wall = wall
        self._lock = threading.RLock()
        self._keys: dict[str, bytes] = {}
        self._open: dict[str, Upload] = {}
        self._today: dict[str, int] = {}
        self._day = -1
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_used: Callable[[str], bool] = lambda id: False
        with suppress(StoreUnavailable):  # a file store elsewhere may come later; each sweep looks again
            self._look()

    @property
    def platform_person(self) -> str:
        """Return under whose key the desk's uploads are, until a dossier names them."""
        return self._vault.person(*PLATFORM)

    # --- bringing a file ---

    def begin(self, owner: str, by: str, person: str, name: str, size: int, digest: str, media_type: str) -> Upload:
        """Declare a file.

        Args:
            person: of whoever brings it, "" where the vault knows none.
            digest: SHA-256 of its content, hexadecimal.

        Raises:
            UploadRefused: too many or too much.
        """
        with self._lock:
            self._admit(owner, size)
            id, key = self.store.begin()
            person = person or self.platform_person
            self._vault.keep(person)
            kept = {"key": base64.b64encode(key).decode(), "name": name, "sha256": digest}
            upload = Upload(id, owner, self._vault.seal(person, kept), size, media_type, self._wall(), by)
            self._write(upload)
            self._keys[id] = key
            self._today[owner] = self._today.get(owner, 0) + size
            return upload

    def _admit(self, owner: str, size: int) -> None:
        day = int(self._wall() // A_DAY_S)
        if day != self._day:
            self._day, self._today = day, {}
        mine = [one for one in self._open.values() if one.owner == owner]
        if len(mine) >= UPLOADS_UNUSED_MAX:
            raise UploadRefused("too_many", TOO_MANY)
        if self._today.get(owner, 0) + size > UPLOADED_BYTES_PER_DAY_MAX:
            raise UploadRefused("too_much", TOO_MUCH)
        if sum(one.size for one in self._open.values()) + size > UPLOADS_UNUSED_BYTES_MAX:
            raise UploadRefused("full", FULL)

    def find(self, id: str, owner: str) -> Upload | None:
        """Return somebody's own file that no dossier names yet, whichever process took it in."""
        try:
            note = self.store.note(id)
        except FileGone:
            return None
        upload = None if note is None else _read(id, note)
        return upload if upload is not None and hmac.compare_digest(upload.owner, owner) else None

    def offset(self, upload: Upload) -> int:
        """Return how much of a file has come."""
        return self.store.size(upload.id)

    def add(self, upload: Upload, offset: int, part: bytes, now: datetime) -> Upload:
        """Add a part; the last one makes the file whole, and it is checked.

        Raises:
            UploadRefused: the part does not fit; or the file is not what was declared, and is discarded.
        """
        with self._lock:
            here = self.store.size(upload.id)
            if here < upload.size and here % FILE_CHUNK_BYTES:
                here = self.store.cut(upload.id)  # a power cut left half a chunk
            if offset != here:
                raise self._not_next(here)
            after = here + len(part)
            if after > upload.size or (after < upload.size and len(part) % FILE_CHUNK_BYTES):
                raise UploadRefused("part", UNFIT_PART)
            try:
                if part:
                    self.store.append(upload.id, self._key(upload, now), part)
            except FileMoved as error:  # the same part came to another process at the same time
                raise self._not_next(self.store.size(upload.id)) from error
            return self._finished(upload, now) if after == upload.size and not upload.complete else upload

    def _not_next(self, here: int) -> UploadRefused:
        return UploadRefused("offset", Words(f"Phần tiếp theo bắt đầu từ {here}.", f"The next part begins at {here}."))

    def _finished(self, upload: Upload, now: datetime) -> Upload:
        known = self._opened(upload, SENDING, now)
        content = b"".join(self.store.content(upload.id, self._key(upload, now), upload.size))
        try:
            if sha256(content).hexdigest() != known["sha256"]:
                raise NotTaken(
                    "Mã SHA-256 của nội dung không phải là mã đã khai.", "Its SHA-256 is not the one that was declared."
                )
            check_content(content, upload.media_type)
        except NotTaken as error:
            self.discard(upload)
            raise UploadRefused("content", error.said) from error
        whole = replace(upload, sha256=self.store.digest(upload.id))
        self._write(whole)
        return whole

    def discard(self, upload: Upload) -> None:
        """Take a file away that no dossier names."""
        with self._lock:
            self._destroy(upload.id)
            self.store.discard(upload.id)

    # --- handing it in with a dossier ---

    def offered(self, id: str, owner: str, person: str, ref: str, now: datetime) -> Handed | None:
        """Return a whole file of somebody's own, its key sealed for a dossier's applicant; None where there is none."""
        upload = self.find(id, owner)
        if upload is None or not upload.complete:
            return None
        try:
            sealed = self._vault.seal(person, self._opened(upload, HANDING_IN, now, ref))
        except CannotOpen:
            return None
        return Handed(id, sealed, upload.size, upload.media_type, upload.sha256)

    def content(self, handed: Handed, key: str) -> Iterator[bytes]:
        """Yield the content of a file that a dossier names, with its key as it was opened."""
        return self.store.content(handed.id, base64.b64decode(key), handed.size)

    def _opened(self, upload: Upload, purpose: str, now: datetime, ref: str = "") -> dict[str, Any]:
        return self._vault.open(upload.sealed, upload.by, purpose, ("key", "name", "sha256"), now, about=ref)

    def _key(self, upload: Upload, now: datetime) -> bytes:
        key = self._keys.get(upload.id)
        if key is None:
            key = base64.b64decode(self._opened(upload, SENDING, now)["key"])
            self._keys[upload.id] = key
        return key

    # --- what stands beside the files ---

    def _write(self, upload: Upload) -> None:
        self.store.keep_note(upload.id, msgspec.json.encode(upload))
        self._open[upload.id] = upload

    def _kept(self) -> Iterator[Upload]:
        for id, note in self.store.notes():
            upload = _read(id, note)
            if upload is not None:
                yield upload

    def _look(self) -> None:
        """Look what is there: other processes have begun some, and ended others."""
        with self._lock:
            self._open = {one.id: one for one in self._kept()}
            self._keys = {id: key for id, key in self._keys.items() if id in self._open}

    def _destroy(self, id: str) -> None:
        """Destroy what is known of an upload."""
        self._open.pop(id, None)
        self._keys.pop(id, None)
        self.store.destroy_note(id)

    # --- what is over ---

    def sweep(self) -> int:
        """Let go of the keys of files that dossiers name, and remove what nobody named in time; return how many."""
        now, swept = self._wall(), 0
        self._look()
        for upload in list(self._open.values()):
            with self._lock:
                if upload.complete and self.is_used(upload.id):
                    self._destroy(upload.id)
                elif now - upload.begun_at > UPLOAD_UNUSED_WITHIN_S:
                    self.discard(upload)
                else:
                    continue
            swept += 1
        return swept

    def remove_orphans(self) -> None:
        """Remove what nobody names, as a restored backup may have it; every file is looked at, so only now and then."""
        for id in list(self.orphans()):
            log.warning("the file %s is named by nobody and removed", id)
            self.store.discard(id)

    def orphans(self) -> Iterator[str]:
        """Yield files that neither a dossier nor an upload names, and that are older than an upload may be."""
        self._look()
        for id, written_at in self.store.every():
            old = self._wall() - written_at > UPLOAD_UNUSED_WITHIN_S
            if old and id not in self._open and not self.is_used(id):
                yield id

    def start(self) -> None:
        """Sweep on a thread of its own until stopped."""
        self._thread = threading.Thread(target=self._work, name="uploads", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        sweeps = 0
        while not self._stopping.wait(SWEEPS_EVERY_S):
            try:
                self.sweep()
                if sweeps % SWEEPS_PER_LOOK_FOR_ORPHANS == 0:
                    self.remove_orphans()
                sweeps += 1
            except Exception:
                log.exception("uploads are swept later")

    def close(self) -> None:
        """Stop; to be called while the logs are still open."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()


def _read(id: str, note: bytes) -> Upload | None:
    try:
        return msgspec.json.decode(note, type=Upload)
    except msgspec.DecodeError as error:
        log.error("what is known of %s cannot be read: %s", id, error)
        return None


def owner_of(id: str, role: str, agency: str, person: str) -> str:
    """Return who brings a file as an opaque text: the same account with other rights is somebody else."""
    return sha256(f"{id}\0{role}\0{agency}\0{person}".encode()).hexdigest()[:32]


def is_gone(store: FileStore, id: str) -> bool:
    """Say whether a file that a log names is not there any more."""
    try:
        store.size(id)
    except FileGone:
        return True
    return False
