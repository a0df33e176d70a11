"""The file store over HTTP, for a service that is a process of its own: sealed here, kept by the file store's process.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14 (keys stay with those who may read).

A part goes with its hash, and the store writes it only if it fits; of what comes back each chunk proves itself, for it
is bound to its file and its place. A part whose answer was lost is sent again as it is, and written once. A reading
that breaks off goes on from the chunk that it had come to.
"""

from collections.abc import Iterator
from hashlib import sha256
from http.client import IncompleteRead
from typing import Any, Final, TypeVar

import msgspec

from chassis.file_store import SEALED_CHUNK_BYTES, FileGone, FileMoved, SealedFiles, checked_id
from chassis.file_words import DIGEST, GONE, MOVED, Listed, Noted, Rests
from chassis.inner_client import Answer, InnerClient, told_by
from chassis.stores.store import StoreUnavailable

Kind = TypeVar("Kind")

TIMES_BROKEN_OFF_MAX: Final = 3


class RemoteShelf:
    """The sealed bytes, kept by the file store's process."""

    def __init__(self, client: InnerClient) -> None:
        self._client = client

    def _ask(
        self, method: str, path: str, answer: type[Kind], content: bytes = b"", headers: dict[str, str] | None = None
    ) -> Kind:
        answered = self._client.ask(method, f"/v1/{path}", content, headers)
        if answered.status != 200:
            raise _unable(answered)
        return msgspec.json.decode(answered.content, type=answer)

    def make(self, id: str) -> None:
        self._ask("PUT", f"files/{checked_id(id)}", Rests)

    def rests(self, id: str) -> int:
        return self._ask("GET", f"files/{checked_id(id)}/size", Rests).rests

    def write(self, id: str, at: int, sealed: bytes) -> int:
        headers = {DIGEST: sha256(sealed).hexdigest()}
        return self._ask("POST", f"files/{checked_id(id)}?at={at}", Rests, sealed, headers).rests

    def shorten(self, id: str, to: int) -> None:
        self._ask("POST", f"files/{checked_id(id)}/shorten?to={to}", Rests)

    def read(self, id: str) -> Iterator[bytes]:
        at = broken_off = 0
        while True:
            try:
                for chunk in self._read_from(checked_id(id), at):
                    yield chunk
                    at += len(chunk)
                return
            except StoreUnavailable:
                broken_off += 1
                if at == 0 or at % SEALED_CHUNK_BYTES or broken_off > TIMES_BROKEN_OFF_MAX:
                    raise

    def _read_from(self, id: str, at: int) -> Iterator[bytes]:
        with self._client.stream(f"/v1/files/{id}?at={at}") as answered:
            if answered.status != 200:
                raise _unable(Answer(answered.status, answered.read()))
            while chunk := answered.read(SEALED_CHUNK_BYTES):
                if len(chunk) == SEALED_CHUNK_BYTES or not answered.length:
                    yield chunk
            if answered.length:  # the library takes the end of a connection for the end of a file
                raise IncompleteRead(b"", answered.length)

    def digest(self, id: str) -> str:
        return self._ask("GET", f"files/{checked_id(id)}/digest", str)

    def discard(self, id: str) -> None:
        self._ask("DELETE", f"files/{checked_id(id)}", type(None))

    def every(self) -> Iterator[tuple[str, float]]:
        after = ""
        while page := self._ask("GET", f"files?after={after}", list[Listed]):
            yield from page
            after = page[-1].id

    def keep_note(self, id: str, note: bytes) -> None:
        self._ask("PUT", f"notes/{checked_id(id)}", type(None), note)

    def note(self, id: str) -> bytes | None:
        asked: Any = bytes | None
        note: bytes | None = self._ask("GET", f"notes/{checked_id(id)}", asked)
        return note

    def notes(self) -> Iterator[tuple[str, bytes]]:
        after = ""
        while page := self._ask("GET", f"notes?after={after}", list[Noted]):
            yield from page
            after = page[-1].id

    def destroy_note(self, id: str) -> None:
        self._ask("DELETE", f"notes/{checked_id(id)}", type(None))


class RemoteFiles(SealedFiles):
    """Files sealed here and kept by the file store's process; from any thread."""

    def __init__(self, url: str, token: str, ca: str = "") -> None:
        """Take where the file store answers and this service's token; nothing is asked yet.

        Args:
            ca: PEM file of the authority that signed its certificate; "" where it speaks without TLS.
        """
        self._client = InnerClient("files", url, token, ca)
        super().__init__(RemoteShelf(self._client))

    def close(self) -> None:
        self._client.close()


def _unable(answered: Answer) -> Exception:
    told = told_by(answered)
    kinds: dict[str, type[Exception]] = {GONE: FileGone, MOVED: FileMoved}
    return kinds.get(told.code, StoreUnavailable)(f"files: {told.said}")
