"""Who read what of whom, for the person concerned and the inspector; finding people; forgetting them on request.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (the right to know who processed one's data; arts. 13–14 rectification and
deletion); NĐ 356/2025/NĐ-CP. What is looked for stands in the body, never in an address.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from chassis.clock import Clock
from chassis.forgetting import NOT_KNOWN
from chassis.limits import PAGE_ITEMS_MAX
from chassis.service import Scope
from chassis.vault_port import Custody, Forgotten, Opening
from chassis.web import problem
from chassis.web.auth import (
    ALL,
    APPLICANT,
    INSPECTOR,
    OWN,
    SYSTEM,
    DevelopmentIssuer,
    Principal,
    Rights,
    may,
    signed_in,
)
from chassis.web.auth_filter import THE_WHOLE
from chassis.web.problem import NOT_FOUND, Problem, ProblemDocument, trace_of
from chassis.web.routes import told_rights
from kernel.refusal import Refused

Forgets = Callable[[Forgotten], Awaitable[Forgotten | Refused]]

PAGE_LIMIT: Final = 100
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": ProblemDocument}, 404: {"model": ProblemDocument}, 422: {"model": ProblemDocument},
}  # fmt: skip
FORGETTING_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    **ANSWERS, 409: {"model": ProblemDocument}, 503: {"model": ProblemDocument},
}  # fmt: skip

MINE: Final[Rights] = {APPLICANT: OWN}
INSPECTORS: Final[Rights] = {INSPECTOR: ALL}
OPERATORS: Final[Rights] = {SYSTEM: ALL}
WHOEVER_SUPERVISES: Final[Rights] = {INSPECTOR: ALL, SYSTEM: ALL}

Kind = Literal["personal_id", "tax_code", "phone"]
Person = Annotated[str, Field(pattern=r"^p[0-9a-f]{24}$")]


class Sought(BaseModel):
    """By what somebody is looked for."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    identifier: str = Field(min_length=4, max_length=30)


class Order(BaseModel):
    """On what a forgetting rests: numbers and codes only, for it is kept for ever and names nobody."""

    model_config = ConfigDict(extra="forbid")

    law: str = Field(default="91/2025/QH15:14", max_length=60, pattern=r"^[0-9A-Za-zĐđ/.:_-]+$")
    decision: str = Field(min_length=1, max_length=60, pattern=r"^[0-9A-Za-zĐđ/._-]+$")


class OpeningShown(BaseModel):
    """One reading: who, why, which fields, when, in which dossier, and whom outside it was given to."""

    by: str
    purpose: str
    fields: list[str]
    at: str
    about: str | None
    handed_to: str | None


class OpeningsShown(BaseModel):
    """A page of the log of readings, oldest first."""

    items: list[OpeningShown]
    next: str | None


class PeopleFound(BaseModel):
    """Opaque ids of whoever is known by what was looked for."""

    people: list[str]


class ProofShown(BaseModel):
    """That somebody was forgotten, and in which copies they are not yet."""

    person: str
    at: str
    by: str
    law: str
    decision: str
    pending_copies: list[str]


def opening_shown(opening: Opening) -> dict[str, Any]:
    """Return a line of the log as it is shown to programs."""
    return {
        "by": opening["by"], "purpose": opening["purpose"],
        "fields": [one for one in opening["fields"].split(",") if one],
        "at": opening["at"], "about": opening["about"] or None, "handed_to": opening["handed_to"] or None,
    }  # fmt: skip


def privacy(clock: Clock, issuer: DevelopmentIssuer, vault: Custody, forget: Forgets) -> APIRouter:
    """Return the routes about people: the person's own, the inspector's, and the operators'.

    The vault may be another process: it is asked on threads, so that nobody else waits for it.

    Args:
        forget: forgets a person once nothing of theirs is open.
    """
    router = APIRouter(prefix="/api/v1/people", tags=["people"])

    def staff(request: Request, rights: Rights) -> Principal:
        principal = issuer.principal_of(request)
        if not may(principal, rights, THE_WHOLE):
            raise Problem(NOT_FOUND)
        return principal

    def page(person: str, after: int, limit: int) -> dict[str, Any]:
        lines = vault.openings(person, after, limit + 1)
        following = lines[limit - 1]["id"] if len(lines) > limit else None
        return {"items": [opening_shown(line) for line in lines[:limit]], "next": following}

    def proof_shown(proof: Forgotten) -> dict[str, Any]:
        pending = [one.path for one in vault.copies.pending() if one.person == proof.person]
        return proof._asdict() | {"pending_copies": pending}

    After = Annotated[int, Query(ge=0, lt=2**63)]
    Limit = Annotated[int, Query(ge=1, le=PAGE_ITEMS_MAX)]

    @router.get(
        "/me/openings", operation_id="list_my_openings",
        openapi_extra=told_rights(MINE), response_model=OpeningsShown, responses=ANSWERS,
        summary="Who read what of me", description="Ai đã xem dữ liệu cá nhân của tôi",
    )  # fmt: skip
    def mine(request: Request, after: After = 0, limit: Limit = PAGE_LIMIT) -> dict[str, Any]:
        principal = signed_in(issuer.principal_of(request))
        if not may(principal, MINE, Scope(people=(principal.person,))):
            raise Problem(NOT_FOUND)
        return page(principal.person, after, limit)

    @router.get(
        "/forgotten", operation_id="list_forgotten",
        openapi_extra=told_rights(WHOEVER_SUPERVISES), response_model=list[ProofShown], responses=ANSWERS,
        summary="Proofs of whoever was forgotten", description="Bằng chứng đã xóa dữ liệu cá nhân",
    )  # fmt: skip
    def proofs(request: Request) -> list[dict[str, Any]]:
        staff(request, WHOEVER_SUPERVISES)
        return [proof_shown(proof) for proof in vault.forgotten()]

    @router.get(
        "/{person}/openings", operation_id="list_openings",
        openapi_extra=told_rights(INSPECTORS), response_model=OpeningsShown, responses=ANSWERS,
        summary="Who read what of a person", description="Ai đã xem dữ liệu cá nhân của một người",
    )  # fmt: skip
    def openings(request: Request, person: Person, after: After = 0, limit: Limit = PAGE_LIMIT) -> dict[str, Any]:
        staff(request, INSPECTORS)
        return page(person, after, limit)

    @router.post(
        "/search", operation_id="find_people",
        openapi_extra=told_rights(WHOEVER_SUPERVISES), response_model=PeopleFound, responses=ANSWERS,
        summary="Find a person; the search is written down", description="Tìm một người; việc tìm được ghi lại",
    )  # fmt: skip
    def find(request: Request, sought: Sought) -> dict[str, Any]:
        principal = staff(request, WHOEVER_SUPERVISES)
        found = vault.find(sought.kind, sought.identifier)
        vault.searched(found, principal.id, sought.kind, clock.now())
        return {"people": list(found)}

    @router.post(
        "/{person}/forgetting", operation_id="forget_person",
        openapi_extra=told_rights(OPERATORS), response_model=ProofShown, responses=FORGETTING_ANSWERS,
        summary="Forget a person beyond recall", description="Xóa dữ liệu cá nhân của một người, không thể khôi phục",
    )  # fmt: skip
    async def forgetting(request: Request, person: Person, order: Order) -> Response:
        by = staff(request, OPERATORS)
        proof = Forgotten(person, clock.now().isoformat(), by.id, order.law, order.decision)
        outcome = await forget(proof)
        if isinstance(outcome, Refused):
            if outcome.rule is NOT_KNOWN:
                raise Problem(NOT_FOUND)
            open_still = "; ".join(one.reason for one in outcome.invalid)
            document = problem.refusal_document(Refused(outcome.rule), trace_of(request))
            return problem.response(document | {"detail": open_still})
        return JSONResponse(await run_in_threadpool(proof_shown, outcome))

    return router
