"""HTTP routes from acts, views and listings: idempotency keys, ETags, cursor paging and problem documents for all."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from chassis.codec import encode
from chassis.executor import Answered
from chassis.limits import (
    ANSWER_WITHIN_S,
    COMMANDS_WAITING_MAX,
    KEY_LENGTH_MAX,
    PAGE_ITEMS,
    PAGE_ITEMS_MAX,
    QUERY_LENGTH_MAX,
    VERSION_DIGITS_MAX,
)
from chassis.stores.store import StoreUnavailable
from chassis.web import problem
from chassis.web.acts import Act, Border, Listing, View
from chassis.web.auth import DevelopmentIssuer, Rights, restriction, signed_in
from chassis.web.listed import page_of
from chassis.web.problem import (
    INVALID,
    KEY_MISSING,
    MALFORMED,
    NOT_FOUND,
    Problem,
    ProblemDocument,
    trace_of,
    traceparent_of,
)
from chassis.web.refs import as_issued
from kernel.refusal import Refused

NO_CONTENT = (b"", b"{}", b"null")
PRIVATE = {"Cache-Control": "private, no-cache"}
"""What is shown depends on who asks; nobody between may keep it for others."""

Endpoint = Callable[..., Awaitable[Response]]

COMMAND_ANSWERS: dict[int | str, dict[str, Any]] = {
    400: {"model": ProblemDocument}, 401: {"model": ProblemDocument}, 403: {"model": ProblemDocument},
    404: {"model": ProblemDocument}, 409: {"model": ProblemDocument}, 412: {"model": ProblemDocument},
    413: {"model": ProblemDocument}, 422: {"model": ProblemDocument}, 503: {"model": ProblemDocument},
}  # fmt: skip
READ_ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"model": ProblemDocument}, 404: {"model": ProblemDocument}, 422: {"model": ProblemDocument},
}  # fmt: skip


def router_of(border: Border, issuer: DevelopmentIssuer) -> APIRouter:
    """Return the routes of one service, below `/api/v1`."""
    service = border.running.service
    router = APIRouter(prefix="/api/v1", tags=[service.name])
    for act in service.acts:
        router.add_api_route(
            act.path, _command_endpoint(border, issuer, act), methods=["POST"], status_code=act.status,
            response_model=act.answers,
            operation_id=act.name, summary=act.summary_en, description=act.summary_vi, responses=COMMAND_ANSWERS,
            openapi_extra=told_rights(act.rights),
        )  # fmt: skip
    for view in service.views:
        router.add_api_route(
            view.path, _view_endpoint(border, issuer, view), methods=["GET"], response_model=view.shows,
            operation_id=view.name, summary=view.summary_en, description=view.summary_vi, responses=READ_ANSWERS,
            openapi_extra=told_rights(view.rights),
        )  # fmt: skip
    for listing in service.listings:
        router.add_api_route(
            listing.path, _listing_endpoint(border, issuer, listing), methods=["GET"],
            response_model=page_of(listing, border.running.store),
            operation_id=listing.name, summary=listing.summary_en, description=listing.summary_vi,
            responses=READ_ANSWERS, openapi_extra=told_rights(listing.rights),
        )  # fmt: skip
    for route in service.extra_routes:
        router.routes.append(route)
    return router


def told_rights(rights: Rights) -> dict[str, Any]:
    """Return what a door's description says of who may open it (`docs/who-may-do-what.md` is made of it)."""
    return {"x-rights": dict(rights)}


def _command_endpoint(border: Border, issuer: DevelopmentIssuer, act: Act) -> Endpoint:
    async def endpoint(request: Request, **given: Any) -> Response:
        principal = signed_in(issuer.principal_of(request))
        key = _key_of(given["idempotency_key"])
        if act.body is None and b"".join((await request.body()).split()) not in NO_CONTENT:
            raise Problem(INVALID, "This command takes no content.", [("body", "send none, or an empty object")])
        params = {name: value for name, value in given.items() if name in request.path_params}
        expected = _expected_version(given["if_match"])
        if border.running.lane.waiting >= COMMANDS_WAITING_MAX:
            raise StoreUnavailable(f"{COMMANDS_WAITING_MAX} commands wait already")
        trace = trace_of(request)
        job = border.job(act, principal, params, given.get("body"), key, expected, trace, traceparent_of(request))
        if isinstance(job, Refused):
            return problem.response(problem.refusal_document(job, trace))
        border.submit(job)
        try:
            answered = await asyncio.wait_for(asyncio.wrap_future(job.future), ANSWER_WITHIN_S)
        except TimeoutError as error:
            raise StoreUnavailable("the command has not become durable in time") from error
        return _answer(answered, border.running.service.name)

    return _signed(endpoint, act.path, act.body, command=True)


def _answer(answered: Answered, service: str) -> Response:
    media = problem.MEDIA_TYPE if answered.status >= 400 else "application/json"
    headers = {"Lienthong-Position": f"{service}:{answered.position}"}
    if answered.version:
        headers["ETag"] = f'"{answered.version}"'
    if answered.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(answered.body, answered.status, headers, media)


def _view_endpoint(border: Border, issuer: DevelopmentIssuer, view: View) -> Endpoint:
    async def endpoint(request: Request, **given: Any) -> Response:
        principal = issuer.principal_of(request)
        seen = border.look(view, principal, {k: v for k, v in given.items() if k in request.path_params})
        if seen is None:
            raise Problem(NOT_FOUND)
        shown, version = seen
        etag = f'"{version}"'
        if not view.ages and _is_known(etag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers={"ETag": etag, **PRIVATE})
        return Response(encode(shown), 200, {"ETag": etag, **PRIVATE}, "application/json")

    return _signed(endpoint, view.path, None, command=False)


def _listing_endpoint(border: Border, issuer: DevelopmentIssuer, listing: Listing) -> Endpoint:
    async def endpoint(request: Request, **given: Any) -> Response:
        principal = issuer.principal_of(request)
        where, params = restriction(principal, listing.rights, listing.by_step)
        for name, condition in listing.filters.items():
            if given.get(name) is not None:
                where += f" AND ({condition})"
                params[name] = as_issued(border.running.store, given[name]) if name == "code" else given[name]
        limit = given["limit"]
        if given.get("after") is not None:
            where += f" AND {listing.cursor} {'<' if listing.descending else '>'} :after"
            params["after"] = given["after"]
        order = f"{listing.cursor} {'DESC' if listing.descending else 'ASC'}"
        columns = ", ".join(dict.fromkeys((*listing.columns, listing.cursor)))
        sql = f"SELECT {columns} FROM {listing.table} AS listed WHERE {where} ORDER BY {order} LIMIT :limit"
        rows = list(border.running.store.query(sql, params | {"limit": limit + 1}))
        more = len(rows) > limit
        page: dict[str, Any] = {"items": rows[:limit]}
        page["next"] = str(rows[limit - 1][listing.cursor]) if more else None
        return Response(encode(page), 200, PRIVATE, "application/json")

    return _signed(endpoint, listing.path, None, command=False, filters=tuple(listing.filters), paged=True)


def _signed(
    endpoint: Endpoint, path: str, body: type[BaseModel] | None, command: bool, filters: tuple[str, ...] = (),
    paged: bool = False,
) -> Endpoint:  # fmt: skip
    """Give an endpoint the signature that FastAPI reads: path parameters, body, and the headers of our manners."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)]
    for part in path.split("/"):
        if part.startswith("{"):
            parameters.append(inspect.Parameter(part.strip("{}"), keyword, annotation=str))
    if body is not None:
        parameters.append(inspect.Parameter("body", keyword, annotation=body, default=_if_left_out(body)))
    if command:
        for name in ("idempotency_key", "if_match"):
            header = Annotated[str | None, Header()]
            parameters.append(inspect.Parameter(name, keyword, annotation=header, default=None))
    for name in filters:
        query = Annotated[str | None, Query(max_length=QUERY_LENGTH_MAX)]
        parameters.append(inspect.Parameter(name, keyword, annotation=query, default=None))
    if paged:
        after = Annotated[str | None, Query(max_length=QUERY_LENGTH_MAX)]
        parameters.append(inspect.Parameter("after", keyword, annotation=after, default=None))
        limit = Annotated[int, Query(ge=1, le=PAGE_ITEMS_MAX)]
        parameters.append(inspect.Parameter("limit", keyword, annotation=limit, default=PAGE_ITEMS))
    endpoint.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return endpoint


def _if_left_out(body: type[BaseModel]) -> Any:
    """Return what stands for a body that was not sent: one that may be empty is."""
    needed = any(field.is_required() for field in body.model_fields.values())
    return inspect.Parameter.empty if needed else body()


def _key_of(key: str | None) -> str:
    if not key:
        detail = "Send a fresh unique text in the header Idempotency-Key; repeat it when you repeat the request."
        raise Problem(KEY_MISSING, detail)
    if len(key) > KEY_LENGTH_MAX:
        raise Problem(MALFORMED, f"An Idempotency-Key has at most {KEY_LENGTH_MAX} characters.")
    return key


def _is_known(etag: str, if_none_match: str) -> bool:
    """Say whether a client names this version as one it has; it may name several, strong or weak (RFC 9110)."""
    named = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return etag in named or "*" in named


def _expected_version(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > VERSION_DIGITS_MAX:
        raise Problem(MALFORMED, 'Send the ETag you were given, for example If-Match: "3".')
    return int(text)
