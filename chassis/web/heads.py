"""The signed heads, for anybody who wants to hold the platform to them, with the keys to check them by."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from chassis.heads import Head
from chassis.limits import PAGE_ITEMS_MAX
from chassis.merkle import consistency_path, inclusion_path, root_of
from chassis.sealing import Sealer
from chassis.sealing_keys import PublicKey
from chassis.web.auth import DevelopmentIssuer, may
from chassis.web.operations import ANSWERS, STAFF_AND_INSPECTORS, THE_WHOLE
from chassis.web.problem import NOT_FOUND, Problem
from chassis.web.routes import told_rights

LEAVES_MAX = 10_000_000
"""So many are put into one proof; it is made in the memory."""

Name = Annotated[str, Path(max_length=40)]
Number = Annotated[int, Query(ge=1, le=LEAVES_MAX)]


class HeadsShown(BaseModel):
    """Signed heads; `halted` says why a log is sealed no further, "" where it is."""

    items: list[Head]
    halted: str = ""


class KeysShown(BaseModel):
    """The public keys that heads are signed with."""

    items: list[PublicKey]


class ProofPath(BaseModel):
    """What leads from a leaf, or from an earlier root, to the root; hexadecimal (RFC 9162)."""

    root: str
    path: list[str]
    leaf: str = ""


def heads(sealer: Sealer, issuer: DevelopmentIssuer) -> APIRouter:
    """Return the routes of the heads: hashes and counts only, and worth nothing unless others keep them."""
    router = APIRouter(prefix="/api/v1/heads", tags=["heads"])

    @router.get(
        "",
        operation_id="list_heads",
        response_model=HeadsShown,
        summary="Signed heads of a service's log, the newest first",
    )
    async def listed(
        service: Annotated[str, Query(max_length=40)],
        limit: Annotated[int, Query(ge=1, le=PAGE_ITEMS_MAX)] = 100,
    ) -> dict[str, Any]:
        found = await run_in_threadpool(sealer.heads, service)
        return _told(found[: -limit - 1 : -1]) | {"halted": await run_in_threadpool(sealer.halted, service)}

    @router.get(
        "/keys",
        operation_id="list_head_keys",
        response_model=KeysShown,
        summary="The public keys that heads are signed with",
    )
    async def keys() -> dict[str, Any]:
        return {"items": [msgspec.to_builtins(key) for key in sealer.published_keys()]}

    @router.get(
        "/{service}/inclusion", operation_id="prove_inclusion", summary="That an event stands where it is said to",
        response_model=ProofPath, response_model_exclude_unset=True,
        responses=ANSWERS, openapi_extra=told_rights(STAFF_AND_INSPECTORS),
    )  # fmt: skip
    async def inclusion(request: Request, service: Name, position: Number, size: Number) -> dict[str, Any]:
        leaves = await proved_to(request, service, position, size)
        path = await run_in_threadpool(inclusion_path, leaves, position - 1)
        return {"leaf": leaves[position - 1].hex()} | _proof(leaves, path)

    @router.get(
        "/{service}/consistency", operation_id="prove_consistency", summary="That a log begins with an earlier one",
        response_model=ProofPath, response_model_exclude_unset=True,
        responses=ANSWERS, openapi_extra=told_rights(STAFF_AND_INSPECTORS),
    )  # fmt: skip
    async def consistency(request: Request, service: Name, first: Number, size: Number) -> dict[str, Any]:
        leaves = await proved_to(request, service, first, size)
        return _proof(leaves, await run_in_threadpool(consistency_path, leaves, first))

    async def proved_to(request: Request, service: str, first: int, size: int) -> list[bytes]:
        """Return the first `size` sealed leaves of a log, if the principal may have them and there are so many."""
        if not may(issuer.principal_of(request), STAFF_AND_INSPECTORS, THE_WHOLE):
            raise Problem(NOT_FOUND)
        leaves = await run_in_threadpool(sealer.leaves, service, size)
        if not first <= size == len(leaves):
            raise Problem(NOT_FOUND)
        return leaves

    @router.post(
        "", operation_id="seal_heads", summary="Seal every log up to now, and sign the heads", status_code=201,
        response_model=HeadsShown, response_model_exclude_unset=True,
        responses=ANSWERS, openapi_extra=told_rights(STAFF_AND_INSPECTORS),
    )  # fmt: skip
    async def seal(request: Request) -> dict[str, Any]:
        if not may(issuer.principal_of(request), STAFF_AND_INSPECTORS, THE_WHOLE):
            raise Problem(NOT_FOUND)
        return _told(list(await run_in_threadpool(sealer.seal_now)))

    return router


def _proof(leaves: list[bytes], path: list[bytes]) -> dict[str, Any]:
    return {"root": root_of(leaves).hex(), "path": [one.hex() for one in path]}


def _told(found: list[Head]) -> dict[str, Any]:
    return {"items": [msgspec.to_builtins(head) for head in found]}
