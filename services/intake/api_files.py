"""Handing a dossier's file to whoever may read it, for a stated purpose; each time is written down.

Law: Luật 91/2025/QH15 (personal data is opened for a stated purpose); NĐ 61/2018 art. 25; NĐ 118/2025 art. 15.

A file is never shown in a page: it goes out as an attachment, of the type that its content was found to be, and a
browser is told neither to guess nor to run anything.
"""

import logging
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from chassis.file_store import FileDamaged, FileGone
from chassis.file_types import ENDINGS
from chassis.service import Parts
from chassis.uploads import Handed
from chassis.vault import CannotOpen, Erased
from chassis.web.acts import Border
from chassis.web.auth import DevelopmentIssuer, may
from chassis.web.problem import INVALID, NOT_FOUND, Kind, Problem, ProblemDocument
from chassis.web.refs import resolve
from chassis.web.routes import told_rights
from kernel.calendar import Words
from services.intake.domain.files import FileTaken, HeldFile
from services.intake.projections.files import PURPOSE_OF, READ_THE_FILES, Purpose
from services.intake.projections.shown import scope

log = logging.getLogger("lienthong.files")

OPENED: Final = ("key", "name")
UNREADABLE: Final = Kind(
    "file_unreadable", 409,
    "Tệp này không đọc được nữa.", "This file cannot be read any more.",
)  # fmt: skip
SAY_FOR_WHAT: Final = Words("Hãy nêu đúng mục đích đọc tệp của vai mình.", "Say for what you read it.")
WHY_NOT: Final[tuple[tuple[type[Exception], Words], ...]] = (
    (Erased, Words("Dữ liệu của chủ hồ sơ đã xóa theo yêu cầu.", "The applicant's data was erased on request.")),
    (CannotOpen, Words("Khóa của tệp không mở được.", "The file's key cannot be opened.")),
    (FileGone, Words("Tệp không còn trong kho.", "The file is not in the store any more.")),
    (FileDamaged, Words("Tệp không còn như khi được nộp.", "It is not the file that was handed in.")),
    (OSError, Words("Kho tệp hiện không đọc được.", "The file store cannot be read now.")),
)
"""What keeps a file from going out → what its reader is told; the first that fits."""
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file, as an attachment",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ENDINGS},
    },
    **{status: {"model": ProblemDocument} for status in (401, 404, 409, 422)},
}


def file_routes(parts: Parts, border: Border, issuer: DevelopmentIssuer) -> APIRouter:
    """Return the route by which a file goes out."""
    router = APIRouter(prefix="/api/v1", tags=["intake"])

    @router.get(
        "/dossiers/{ref}/files/{file}", operation_id="read_file", response_class=Response, responses=ANSWERS,
        openapi_extra=told_rights(READ_THE_FILES),
        summary="A file of a dossier, as an attachment", description="Tải về một tệp của hồ sơ",
    )  # fmt: skip
    async def read(request: Request, ref: str, file: str, purpose: Purpose) -> Response:
        who = issuer.principal_of(request)
        ref = resolve(border.running.store, ref)
        lane = border.running.lane
        if not may(who, READ_THE_FILES, scope(lane.durable_state(f"dossier-{ref}")[0])):
            raise Problem(NOT_FOUND)
        held: HeldFile = lane.durable_state(f"file-{file}")[0]
        if held.taken is None or held.taken.ref != ref:
            raise Problem(NOT_FOUND)
        if PURPOSE_OF[who.role] != purpose:
            wanted = PURPOSE_OF[who.role]
            raise Problem(INVALID, SAY_FOR_WHAT, [("query.purpose", f"your role reads for: {wanted}")])
        return await run_in_threadpool(_handed_out, parts, held.taken, who.id, purpose)

    return router


def _handed_out(parts: Parts, taken: FileTaken, by: str, purpose: Purpose) -> Response:
    """Open a file's key, prove that the file is the one that was handed in, and let it go out."""
    handed = Handed(taken.file, taken.sealed, taken.size_bytes, taken.media_type, taken.sha256)
    try:
        opened = parts.vault.open(taken.sealed, by, f"file_{purpose}", OPENED, parts.clock.now(), about=taken.ref)
        if parts.uploads.store.digest(taken.file) != taken.sha256:
            raise FileDamaged("it is not the file that was handed in")
        content = parts.uploads.content(handed, opened["key"])
        first = next(content)
    except (CannotOpen, FileGone, FileDamaged, OSError) as error:
        log.warning("the file %s of %s did not go out: %s", taken.file, taken.ref, error)
        raise Problem(UNREADABLE, next(said for kind, said in WHY_NOT if isinstance(error, kind))) from error
    headers = HEADERS | {"Content-Disposition": _attachment(taken, opened["name"])}
    headers["Content-Length"] = str(taken.size_bytes)
    return StreamingResponse(_all(first, content), 200, headers, taken.media_type)


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _attachment(taken: FileTaken, name: str) -> str:
    """Return what a browser is told about the file's name: the one it came with, in a form that breaks no header."""
    plain = f"{taken.component}{ENDINGS[taken.media_type]}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name or plain, safe='')}"
