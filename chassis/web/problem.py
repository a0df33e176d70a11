"""Problem documents (RFC 9457): what is wrong, where, by which law, and how to mend it; in Vietnamese and English."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from chassis.codec import encode
from chassis.limits import ECHO_LENGTH_MAX, INVALID_PARAMS_MAX
from kernel.calendar import Words
from kernel.refusal import Refused

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2


class InvalidParam(BaseModel):
    """One thing in the request that did not fit."""

    name: str
    reason: str


class ProblemDocument(BaseModel):
    """RFC 9457 with a stable `code`, both languages, the law behind a refusal, and where the trouble arose."""

    type: str
    title: str
    title_en: str
    status: int
    code: str
    detail: str | None = None
    law: str | None = None
    invalid_params: list[InvalidParam] = []
    origin: str = "platform"
    instance: str = ""
    detail_en: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem that is no rule of the law: the manners of this border."""

    code: str
    status: int
    vi: str
    en: str


NOT_FOUND = Kind("not_found", 404, "Không tìm thấy.", "Not found.")
MALFORMED = Kind("malformed_request", 400, "Yêu cầu không đọc được.", "The request cannot be read.")
INVALID = Kind("invalid_request", 422, "Yêu cầu có nội dung không hợp lệ.", "The request has invalid content.")
TOO_LARGE = Kind("body_too_large", 413, "Nội dung gửi lên quá lớn.", "The body is too large.")
TARGET_TOO_LONG = Kind("address_too_long", 414, "Địa chỉ yêu cầu quá dài.", "The address is too long.")
HEAD_TOO_LARGE = Kind("headers_too_large", 431, "Phần đầu yêu cầu quá lớn.", "The headers are too large.")
TOO_SLOW = Kind("request_too_slow", 408, "Yêu cầu gửi lên quá chậm.", "The request came too slowly.")
TOO_OFTEN = Kind(
    "too_many_requests", 429,
    "Bạn tra cứu quá nhiều lần, hãy chờ rồi thử lại hoặc đăng nhập.",
    "Too many requests without signing in; wait and try again, or sign in.",
)  # fmt: skip
KEY_MISSING = Kind(
    "idempotency_key_missing", 400,
    "Thiếu tiêu đề Idempotency-Key.", "The header Idempotency-Key is missing.",
)  # fmt: skip
KEY_REUSED = Kind(
    "idempotency_key_reused", 409,
    "Khóa Idempotency-Key này đã dùng cho một nội dung khác.", "This Idempotency-Key was used for another body.",
)  # fmt: skip
STALE = Kind(
    "version_changed", 412,
    "Hồ sơ đã thay đổi từ lần xem trước.", "The dossier has changed since it was read.",
)  # fmt: skip
SIGN_IN = Kind("sign_in_needed", 401, "Cần đăng nhập.", "Sign in first.")
TOKEN_INVALID = Kind("token_invalid", 401, "Mã truy cập không hợp lệ.", "The access token is not valid.")
TOKEN_EXPIRED = Kind("token_expired", 401, "Mã truy cập đã hết hạn.", "The access token has expired.")
ISSUER_SILENT = Kind(
    "issuer_unavailable", 503,
    "Chưa kiểm tra được mã truy cập vì nơi cấp mã không trả lời, hãy thử lại.",
    "The access token cannot be checked now because its issuer does not answer, try again.",
)  # fmt: skip
SIGN_IN_FAILED = Kind(
    "sign_in_failed", 400, "Đăng nhập không thành công, hãy đăng nhập lại.", "Signing in failed, sign in again."
)
NOBODY_TO_SEAL_FOR = Kind(
    "person_forgotten", 409,
    "Dữ liệu cá nhân trong hồ sơ này đã bị xóa, không ghi thêm được nội dung riêng tư.",
    "The person of this dossier was forgotten; nothing personal can be added.",
)  # fmt: skip
CSRF = Kind("csrf_missing", 403, "Thiếu mã chống giả mạo yêu cầu.", "The CSRF token is missing or wrong.")
UNAVAILABLE = Kind("try_again", 503, "Hệ thống bận, hãy thử lại.", "The platform is busy, try again.")
UNAVAILABLE_HINT = "Send the same request again, a command with the same Idempotency-Key."
UNEXPECTED = Kind("unexpected", 500, "Lỗi ngoài dự kiến, đã được ghi lại.", "Unexpected error, it has been recorded.")
METHOD = Kind("method_not_allowed", 405, "Phương thức không được hỗ trợ.", "The method is not allowed here.")


class Problem(Exception):
    """Raise it where an answer cannot be given; it becomes a problem document.

    Args:
        detail: in both languages where people read it, in English alone where only a program's author does.
    """

    def __init__(self, kind: Kind, detail: str | Words | None = None, invalid: Iterable[tuple[str, str]] = ()) -> None:
        self.detail: str | None = detail.vi if isinstance(detail, Words) else detail
        self.detail_en: str | None = detail.en if isinstance(detail, Words) else None
        super().__init__(self.detail_en or self.detail or kind.en)
        self.kind = kind
        self.invalid = tuple(invalid)

    def document(self, instance: str = "") -> Any:
        """Return the body of the answer; `instance` is the trace of the request."""
        return document(self.kind, self.detail, self.invalid, instance, self.detail_en)


def document(
    kind: Kind,
    detail: str | None = None,
    invalid: Iterable[tuple[str, str]] = (),
    instance: str = "",
    detail_en: str | None = None,
) -> Any:
    """Return the problem document of a kind as a JSON-able dictionary."""
    problem: dict[str, Any] = {"type": f"urn:lienthong:problem:{kind.code}", "title": kind.vi, "title_en": kind.en}
    problem |= {"status": kind.status, "code": kind.code}
    if detail:
        problem["detail"] = detail
    if detail_en:
        problem["detail_en"] = detail_en
    if params := [{"name": _echo(name), "reason": _echo(reason)} for name, reason in invalid]:
        problem["invalid_params"] = params[:INVALID_PARAMS_MAX]
    return problem | {"origin": "platform", "instance": instance}


def _echo(text: str) -> str:
    """Return what a stranger sent as something that can be sent back: of bounded length, without halves of letters."""
    return text[:ECHO_LENGTH_MAX].encode("utf-8", "replace").decode()


def refusal_document(refused: Refused, instance: str = "") -> dict[str, Any]:
    """Return the problem document of a refusal: 422 where something in the request did not fit, 409 otherwise."""
    rule = refused.rule
    kind = Kind(rule.code, 422 if refused.invalid else 409, rule.vi, rule.en)
    problem: dict[str, Any] = document(kind, None, [(one.name, one.reason) for one in refused.invalid], instance)
    return problem | {"law": rule.law}


def response(problem: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(problem, problem["status"], headers, MEDIA_TYPE)


def rendered(problem: dict[str, Any]) -> tuple[int, bytes]:
    """Return a problem as status and JSON bytes, as the executor keeps answers."""
    return problem["status"], encode(problem)


def trace_of(request: Request) -> str:
    """Return the trace id of a request."""
    return str(request.scope.get("lienthong.trace", ""))


def traceparent_of(request: Request) -> str | None:
    """Return the trace context that came with a request, if it has the form of one (W3C Trace Context)."""
    given: str | None = request.scope.get("lienthong.traceparent")
    return given


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(RETRY_AFTER_S)}}.get(error.kind.status)
    return response(error.document(trace_of(request)), headers)


async def on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = error.errors()
    kind = MALFORMED if any(one["type"] == "json_invalid" for one in problems) else INVALID
    invalid = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in problems]
    return response(document(kind, None, invalid, trace_of(request)))


async def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kinds = {404: NOT_FOUND, 405: METHOD, 400: MALFORMED, 408: TOO_SLOW, 413: TOO_LARGE}
    kind = kinds.get(error.status_code, Kind("http_error", error.status_code, MALFORMED.vi, str(error.detail)))
    detail = str(error.detail) if kind in (MALFORMED, TOO_LARGE, TOO_SLOW) else None
    headers = {"Allow": ", ".join(_allowed(request))} if error.status_code == 405 else dict(error.headers or {})
    return response(document(kind, detail, (), trace_of(request)), headers)


def _allowed(request: Request) -> list[str]:
    """Return every method that the address takes: several routes may stand at it, each with one."""
    methods: set[str] = set()
    waiting = list(request.app.routes)
    while waiting:
        route = waiting.pop()
        if (inner := getattr(route, "original_router", None)) is not None:  # a router that was taken in whole
            waiting += inner.routes
        elif route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return sorted(methods)


async def on_unavailable(request: Request, error: Exception) -> Response:
    """Say that it cannot be done now; whoever repeats a command with its key is safe."""
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return response(document(UNAVAILABLE, UNAVAILABLE_HINT, (), trace_of(request)), headers)


async def on_unexpected(request: Request, error: Exception) -> Response:
    return response(document(UNEXPECTED, None, (), trace_of(request)))
