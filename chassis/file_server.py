"""The file store as a process of its own: `python -m chassis.file_server`.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14; NĐ 61/2018/NĐ-CP art. 5.

It keeps sealed bytes and never sees a key: whoever brings a file has sealed it before, and opens it after. Each part
comes with its hash and is written only if it fits; the answer tells how much rests then.
"""

import hmac
import sys
from collections.abc import Callable, Coroutine, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chassis import logs
from chassis.file_folder import Folder
from chassis.file_store import FILE_ID, SEALED_CHUNK_BYTES, FileGone, FileMoved
from chassis.file_words import (
    DAMAGED,
    DIGEST,
    DISCARD,
    GONE,
    MOVED,
    NOTE_BYTES_MAX,
    PAGE,
    PART_BYTES_MAX,
    READ,
    RIGHTS,
    WRITE,
    Listed,
    Noted,
    Rests,
)
from chassis.inner_credentials import Credentials, CredentialsUnusable
from chassis.inner_server import JSON, MALFORMED, Door, NotAnswered, body_of, serve
from chassis.inner_settings import InnerSettings

PORT: Final = 8112
RAW: Final = "application/octet-stream"

Answers = Callable[[str, Request, bytes], Response]


class Files:
    """What is asked of a folder over HTTP; each function answers one kind of question, on a thread."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def make(self, id: str, request: Request, body: bytes) -> Response:
        self._folder.make(id)
        return _said(Rests(self._folder.rests(id)))

    def rests(self, id: str, request: Request, body: bytes) -> Response:
        return _said(Rests(self._folder.rests(id)))

    def write(self, id: str, request: Request, body: bytes) -> Response:
        if not hmac.compare_digest(sha256(body).hexdigest(), request.headers.get(DIGEST, "")):
            raise NotAnswered(422, DAMAGED, f"the part is not what its {DIGEST} says: send it again")
        return _said(Rests(self._folder.write(id, _number(request, "at"), body)))

    def shorten(self, id: str, request: Request, body: bytes) -> Response:
        self._folder.shorten(id, _number(request, "to"))
        return _said(Rests(self._folder.rests(id)))

    def read(self, id: str, request: Request, body: bytes) -> Response:
        at, rests = _number(request, "at"), self._folder.rests(id)
        if at % SEALED_CHUNK_BYTES or at > rests:
            raise NotAnswered(400, MALFORMED, "a file is read from the beginning of a chunk")
        return StreamingResponse(self._folder.read(id, at), media_type=RAW, headers={"content-length": str(rests - at)})

    def digest(self, id: str, request: Request, body: bytes) -> Response:
        return _said(self._folder.digest(id))

    def discard(self, id: str, request: Request, body: bytes) -> Response:
        self._folder.discard(id)
        return _said(None)

    def every(self, after: str, request: Request, body: bytes) -> Response:
        return _said([Listed(*one) for one in islice(self._folder.every(after), PAGE)])

    def notes(self, after: str, request: Request, body: bytes) -> Response:
        return _said([Noted(*one) for one in islice(self._folder.notes(after), PAGE)])

    def note(self, id: str, request: Request, body: bytes) -> Response:
        return _said(self._folder.note(id))

    def keep_note(self, id: str, request: Request, body: bytes) -> Response:
        self._folder.keep_note(id, body)
        return _said(None)

    def destroy_note(self, id: str, request: Request, body: bytes) -> Response:
        self._folder.destroy_note(id)
        return _said(None)


def application(folder: Folder, credentials: Credentials) -> Starlette:
    """Return the application that lets known callers keep and read files."""
    files, door = Files(folder), Door("files", credentials, folder_is_there(folder))
    one, note = "/v1/files/{id}", "/v1/notes/{id}"
    doors: tuple[tuple[str, str, str, str, Answers, int], ...] = (
        ("make", "PUT", one, WRITE, files.make, 0),
        ("write", "POST", one, WRITE, files.write, PART_BYTES_MAX),
        ("shorten", "POST", f"{one}/shorten", WRITE, files.shorten, 0),
        ("rests", "GET", f"{one}/size", READ, files.rests, 0),
        ("digest", "GET", f"{one}/digest", READ, files.digest, 0),
        ("read", "GET", one, READ, files.read, 0),
        ("discard", "DELETE", one, DISCARD, files.discard, 0),
        ("every", "GET", "/v1/files", READ, files.every, 0),
        ("notes", "GET", "/v1/notes", READ, files.notes, 0),
        ("note", "GET", note, READ, files.note, 0),
        ("keep_note", "PUT", note, WRITE, files.keep_note, NOTE_BYTES_MAX),
        ("destroy_note", "DELETE", note, WRITE, files.destroy_note, 0),
    )
    return door.application(
        Route(path, _endpoint(door, asked, right, answers, limit), methods=[method])
        for asked, method, path, right, answers, limit in doors
    )


def _endpoint(
    door: Door, asked: str, right: str, answers: Answers, limit: int
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def endpoint(request: Request) -> Response:
        with door.observed(asked):
            door.let_in(request, right)
            id = request.path_params.get("id", request.query_params.get("after", ""))
            if id and not FILE_ID.fullmatch(id):
                raise NotAnswered(404, GONE, "this is no id of a file")
            body = await body_of(request, limit)
            return await run_in_threadpool(_answered, answers, id, request, body)

    return endpoint


def _answered(answers: Answers, id: str, request: Request, body: bytes) -> Response:
    try:
        return answers(id, request, body)
    except FileGone as error:
        raise NotAnswered(404, GONE, str(error)) from error
    except FileMoved as error:
        raise NotAnswered(409, MOVED, str(error)) from error


def _said(what: Any) -> Response:
    return Response(msgspec.json.encode(what), media_type=JSON)


def _number(request: Request, name: str) -> int:
    text = request.query_params.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise NotAnswered(400, MALFORMED, f"{name} is a number of bytes")
    return int(text)


def folder_is_there(folder: Folder) -> Callable[[], Iterator[Path] | None]:
    """Return what raises where the folder cannot be looked into; it is made with the first file."""

    def look() -> None:
        folder.folder.parent.stat()
        if folder.folder.exists():
            next(folder.folder.iterdir(), None)

    return look


def run(settings: InnerSettings) -> None:
    """Answer until the process is told to stop.

    Raises:
        ValueError: the settings do not say what is needed.
    """
    if not settings.files_folder:
        raise ValueError("LIENTHONG_FILES_FOLDER says where the files rest")
    credentials = Credentials(settings.files_tokens, RIGHTS, RIGHTS)
    serve(application(Folder(Path(settings.files_folder)), credentials), settings, PORT)


def main() -> int:
    """Run it as a command; return what the process ends with."""
    try:
        settings = InnerSettings.from_environment()
        logs.set_up(settings.log_level)
        run(settings)
    except (CredentialsUnusable, OSError, ValueError) as error:
        sys.stderr.write(f"files: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
