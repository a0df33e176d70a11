"""Bringing a file part by part, so that a broken connection costs one part: declare, send, and go on after a look.

The headers are those of resumable uploads as tus has them (`Upload-Offset`, `Upload-Length`, `Upload-Checksum`). A file
stays its bringer's own until a dossier names it; to anybody else it does not exist.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Annotated, Any, Final, Literal, get_args

from fastapi import APIRouter, Header, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from chassis.clock import Clock
from chassis.file_types import ENDINGS, KINDS
from chassis.limits import FILE_BYTES_MAX, FILE_CHUNK_BYTES, FILE_NAME_LENGTH_MAX, FILE_PART_BYTES_MAX
from chassis.service import Scope
from chassis.uploads import MEGA, Upload, UploadRefused, Uploads, owner_of
from chassis.vault import CannotOpen
from chassis.web.auth import (
    ALL,
    APPLICANT,
    DESK_OFFICER,
    OWN,
    POSTAL_STAFF,
    RECEIVING,
    SYSTEM,
    DevelopmentIssuer,
    Principal,
    Rights,
    may,
    signed_in,
)
from chassis.web.problem import INVALID, MALFORMED, NOT_FOUND, UNAVAILABLE, Kind, Problem, ProblemDocument
from chassis.web.routes import told_rights
from kernel.calendar import Words

WHOEVER_BRINGS: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING, POSTAL_STAFF: ALL, SYSTEM: ALL}
RAW: Final = "application/octet-stream"
NO_STORE: Final = {"Cache-Control": "no-store"}

OFFSET: Final = Kind(
    "upload_offset", 409, "Phần gửi không nối tiếp phần đã có.", "The part does not follow what is there."
)
NOT_RAW: Final = Kind("part_media_type", 415, "Phần của tệp phải gửi ở dạng nhị phân.", "A part is sent as raw bytes.")
DAMAGED: Final = Kind("part_damaged", 422, "Phần gửi bị hỏng trên đường truyền.", "The part was damaged on its way.")
CONTENT: Final = Kind("file_not_taken", 422, "Tệp này không được nhận.", "The file is not taken.")
TOO_MUCH: Final = Kind("uploads_too_many", 429, "Bạn đã tải lên quá nhiều tệp.", "You have uploaded too much.")
REFUSALS: Final[dict[str, Kind]] = {
    "offset": OFFSET, "part": INVALID, "content": CONTENT, "too_many": TOO_MUCH, "too_much": TOO_MUCH,
    "full": UNAVAILABLE,
}  # fmt: skip
CHECKSUM_FORM: Final = Words(
    "Tiêu đề Upload-Checksum có dạng: sha256 <base64>.", "Send Upload-Checksum: sha256 <base64>."
)
UNFIT: Final[dict[str, Words]] = {
    "name": Words(
        f"Tên tệp dài nhất {FILE_NAME_LENGTH_MAX} ký tự.", f"A name has at most {FILE_NAME_LENGTH_MAX} characters."
    ),
    "size": Words(
        f"Mỗi tệp có từ 1 byte đến {FILE_BYTES_MAX // MEGA} MB.",
        f"A file has from 1 byte to {FILE_BYTES_MAX // MEGA} MB.",
    ),
    "sha256": Words(
        "Mã SHA-256 của tệp viết bằng 64 chữ số thập lục phân, chữ thường.",
        "The file's SHA-256 is written as 64 hexadecimal digits, in small letters.",
    ),
    "media_type": Words(f"Chỉ nhận các loại tệp: {KINDS}.", f"Only these types of files are taken: {KINDS}."),
    "upload-offset": Words(
        "Tiêu đề Upload-Offset là số byte đã gửi.", "Upload-Offset is the number of bytes that were sent."
    ),
}
"""Field of a request → what it has to be."""
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 404, 409, 415, 422, 429, 503)
}

FileId = Annotated[str, Path(max_length=40)]
MediaType = Literal[
    "application/pdf", "image/jpeg", "image/png", "image/tiff", "application/xml",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.etsi.asic-e+zip", "application/vnd.etsi.asic-s+zip", "application/pkcs7-signature",
]  # fmt: skip
assert get_args(MediaType) == tuple(ENDINGS), "every type that is taken can be declared"


class Declaration(BaseModel):
    """What is going to come."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="", max_length=FILE_NAME_LENGTH_MAX)
    size: int = Field(ge=1, le=FILE_BYTES_MAX)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: MediaType


class UploadShown(BaseModel):
    """How far a file has come, and how to go on."""

    id: str
    size: int
    offset: int
    complete: bool
    chunk_bytes: int = FILE_CHUNK_BYTES
    part_bytes_max: int = FILE_PART_BYTES_MAX


class SaidInWords(APIRoute):
    """A route that tells in both languages which field of a request does not fit, as people bring files."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                faults = [(one["type"], [str(part) for part in one["loc"]], one["msg"]) for one in error.errors()]
                said = next((UNFIT[loc[-1]] for _, loc, _ in faults if loc[-1] in UNFIT), None)
                if said is None or any(kind == "json_invalid" for kind, _, _ in faults):
                    raise
                raise Problem(INVALID, said, [(".".join(loc), reason) for _, loc, reason in faults]) from error

        return handler


def uploads_routes(uploads: Uploads, issuer: DevelopmentIssuer, clock: Clock) -> APIRouter:
    """Return the routes by which files come in."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"], route_class=SaidInWords)
    described: dict[str, Any] = {"responses": ANSWERS, "openapi_extra": told_rights(WHOEVER_BRINGS)}

    def bringer(request: Request) -> tuple[Principal, str]:
        who = signed_in(issuer.principal_of(request))
        mine = Scope((who.person,), who.agency, (who.agency,), procedure=next(iter(who.procedures), ""))
        if not may(who, WHOEVER_BRINGS, mine):
            raise Problem(NOT_FOUND)
        return who, owner_of(who.id, who.role, who.agency, who.person)

    def own(request: Request, id: str) -> Upload:
        upload = uploads.find(id, bringer(request)[1])
        if upload is None:
            raise Problem(NOT_FOUND)
        return upload

    def state(upload: Upload) -> tuple[dict[str, Any], dict[str, str]]:
        offset = uploads.offset(upload)
        shown = UploadShown(id=upload.id, size=upload.size, offset=offset, complete=upload.complete)
        return shown.model_dump(), {"Upload-Offset": str(offset), "Upload-Length": str(upload.size), **NO_STORE}

    @router.post(
        "", operation_id="begin_upload", status_code=201, response_model=UploadShown,
        summary="Declare a file that is going to come", description="Khai báo tệp sẽ tải lên", **described,
    )  # fmt: skip
    async def begin(request: Request, declared: Declaration) -> Response:
        who, owner = bringer(request)
        try:
            upload = await run_in_threadpool(
                uploads.begin, owner, who.id, who.person, declared.name, declared.size, declared.sha256,
                declared.media_type,
            )  # fmt: skip
        except UploadRefused as error:
            raise Problem(REFUSALS[error.why], error.said) from error
        body, headers = state(upload)
        return JSONResponse(body, 201, {**headers, "Location": f"/api/v1/uploads/{upload.id}"})

    @router.head(
        "/{upload}", operation_id="look_at_upload", response_class=Response,
        summary="How much of a file has come", description="Tệp đã tải lên đến đâu", **described,
    )  # fmt: skip
    async def look(request: Request, upload: FileId) -> Response:
        return Response(headers=state(own(request, upload))[1])

    @router.patch(
        "/{upload}", operation_id="send_part", response_model=UploadShown,
        summary="Send the next part; the last one makes the file whole", description="Tải lên phần tiếp theo của tệp",
        **{**described, "openapi_extra": told_rights(WHOEVER_BRINGS) | {"requestBody": {
            "required": True, "content": {RAW: {"schema": {"type": "string", "format": "binary"}}},
        }}},
    )  # fmt: skip
    async def part(
        request: Request,
        upload: FileId,
        upload_offset: Annotated[int, Header(ge=0, le=FILE_BYTES_MAX)],
        upload_checksum: Annotated[str | None, Header(max_length=100)] = None,
    ) -> Response:
        found = own(request, upload)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != RAW:
            raise Problem(NOT_RAW, Words(f"Hãy gửi ở dạng {RAW}.", f"Send it as {RAW}."))
        content = await request.body()
        _check(content, upload_checksum)
        try:
            after = await run_in_threadpool(uploads.add, found, upload_offset, content, clock.now())
        except UploadRefused as error:
            raise Problem(REFUSALS[error.why], error.said) from error
        except (CannotOpen, LookupError) as error:
            raise Problem(NOT_FOUND) from error
        body, headers = state(after)
        return JSONResponse(body, headers=headers)

    @router.delete(
        "/{upload}", operation_id="discard_upload", status_code=204, response_class=Response,
        summary="Take a file back that no dossier names", description="Bỏ tệp đã tải lên", **described,
    )  # fmt: skip
    async def discard(request: Request, upload: FileId) -> Response:
        await run_in_threadpool(uploads.discard, own(request, upload))
        return Response(status_code=204)

    return router


def _check(content: bytes, checksum: str | None) -> None:
    """Compare a part with `sha256 <base64>`, where its sender says what it should be."""
    if checksum is None:
        return
    algorithm, _, text = checksum.partition(" ")
    try:
        wanted = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(MALFORMED, CHECKSUM_FORM) from error
    if algorithm != "sha256" or len(wanted) != sha256().digest_size:
        raise Problem(MALFORMED, CHECKSUM_FORM)
    if not hmac.compare_digest(sha256(content).digest(), wanted):
        raise Problem(DAMAGED, Words("Hãy gửi lại phần này.", "Send the part again."))
