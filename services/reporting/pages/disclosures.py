"""What was said to whom about a dossier, and who has seen what of it; and finding dossiers by whose they are.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 (whoever is concerned may know who processed their data, and what for);
NĐ 61/2018/NĐ-CP art. 25. A personal id or a phone is looked for in a body, never in an address, and each search is
written down in the log of whoever was found.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.registry import Registry
from chassis.service import Parts, Scope
from chassis.stores.store import Store
from chassis.vault import Opening, Vault
from chassis.web.acts import Border
from chassis.web.auth import (
    ALL,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    OWN,
    RECEIVING,
    SYSTEM,
    DevelopmentIssuer,
    Principal,
    Rights,
    may,
    relation_of,
)
from chassis.web.pages import Frame
from chassis.web.privacy import OpeningShown, opening_shown
from chassis.web.problem import NOT_FOUND, Problem
from chassis.web.refs import resolve
from chassis.web.routes import told_rights
from kernel.calendar import Words
from kernel.money import format_vnd
from services.reporting.api import LISTED, READ_ANSWERS, scope_of
from services.reporting.domain.status import holders_of, status_of
from services.reporting.pages import home_page
from services.reporting.pages.disclosure_words import addressee, field, purpose
from services.reporting.pages.words import word
from services.reporting.projections.dossiers import find
from services.reporting.projections.money import attempts_of
from services.reporting.projections.search import PAGE_LIMIT, Search, search
from services.reporting.projections.shown import DossiersShown
from services.reporting.projections.standing import standing_of

Row = Mapping[str, Any]

TO_WHOM_IT_CONCERNS: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING, INSPECTOR: ALL, SYSTEM: ALL}
THEIR_OWN: Final[Rights] = {APPLICANT: OWN}
FINDERS: Final[Rights] = {DESK_OFFICER: RECEIVING, INSPECTOR: ALL, SYSTEM: ALL}
PEOPLE_LIMIT: Final = 50
"""How many people one phone may lead to in one search."""
BODY_LIMIT: Final = 1_000
ROWS_A_PAGE: Final = 50
PLACE: Final = re.compile(r"[0-9]{1,18}")


class Sought(BaseModel):
    """By what a dossier's applicant or submitter is looked for."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: Literal["personal_id", "tax_code", "phone"]
    identifier: str = Field(min_length=4, max_length=30)


class Searched(Sought):
    """A page of that search."""

    after: str = Field(default="", max_length=40)
    limit: Annotated[int, Field(strict=True, ge=1, le=200)] = PAGE_LIMIT


class DisclosuresShown(BaseModel):
    """What was given to somebody outside, and what was read inside, each oldest first."""

    ref: str
    code: str | None
    erased: bool
    said_outside: list[OpeningShown]
    read_inside: list[OpeningShown]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page."""

    at: datetime
    who: Words
    id: str
    why: Words
    what: tuple[Words, ...]
    more: str


def said_to_gateways(store: Store, ref: str) -> list[Opening]:
    """Return what the payment gateways were told: code and amount, when a payer was sent there."""
    return [
        {"by": f"gateway:{row['gateway']}", "purpose": "payment", "fields": "code,amount", "at": row["started_at"],
         "about": ref, "handed_to": row["gateway"], "more": format_vnd(row["amount_vnd"])}
        for row in attempts_of(store, ref) if row["started_at"]
    ]  # fmt: skip


def disclosures_of(store: Store, vault: Vault, ref: str) -> tuple[list[Opening], list[Opening]]:
    """Return what was said to whom outside, and what was read inside, each oldest first."""
    openings = vault.openings_about(ref)
    outside = [one for one in openings if one["handed_to"]] + said_to_gateways(store, ref)
    inside = [one for one in openings if not one["handed_to"]]
    return sorted(outside, key=lambda one: datetime.fromisoformat(one["at"])), inside


def is_erased(vault: Vault, dossier: Row) -> bool:
    """Say whether applicant or submitter was forgotten."""
    return any(vault.is_forgotten(person or "") for person in (dossier["applicant"], dossier["submitter"]))


class Disclosures:
    """Answers what was said to whom, for programs and for browsers."""

    def __init__(self, frame: Frame, parts: Parts, issuer: DevelopmentIssuer, border: Border) -> None:
        self._frame = frame
        self._registry: Registry = parts.registry
        self._vault = parts.vault
        self._clock = parts.clock
        self._issuer = issuer
        self._store: Store = border.running.store
        frame.templates.globals["is_erased"] = lambda dossier: is_erased(self._vault, dossier)

    def _concerned(self, principal: Principal, text: str) -> Row | None:
        dossier = find(self._store, resolve(self._store, text))
        scope = None if dossier is None else scope_of(dossier)
        return dossier if may(principal, TO_WHOM_IT_CONCERNS, scope) else None

    async def show(self, request: Request, ref: str) -> dict[str, Any]:
        dossier = self._concerned(self._issuer.principal_of(request), ref)
        if dossier is None:
            raise Problem(NOT_FOUND)
        outside, inside = disclosures_of(self._store, self._vault, dossier["ref"])
        return {
            "ref": dossier["ref"], "code": dossier["code"] or None, "erased": is_erased(self._vault, dossier),
            "said_outside": [opening_shown(one) for one in outside],
            "read_inside": [opening_shown(one) for one in inside],
        }  # fmt: skip

    async def page(self, request: Request) -> Response:
        visitor = self._frame.visitor(request)
        dossier = self._concerned(visitor.principal, request.path_params["text"])
        role_name = visitor.say(*word("role", visitor.principal.role))
        if dossier is None:
            return self._frame.page(request, "missing.html", 404, role_name=role_name)
        outside, inside = disclosures_of(self._store, self._vault, dossier["ref"])
        return self._frame.page(
            request, "disclosures.html", role_name=role_name, dossier=dossier,
            outside=[_outside(one) for one in reversed(outside)],
            inside=[_read_by(one, (dossier["applicant"], dossier["submitter"])) for one in reversed(inside)],
        )  # fmt: skip

    async def mine(self, request: Request) -> Response:
        """Show somebody who has read their data, in whatever dossier, oldest first."""
        visitor = self._frame.visitor(request)
        role_name = visitor.say(*word("role", visitor.principal.role))
        person, after = visitor.principal.person, request.query_params.get("after", "0")
        if not may(visitor.principal, THEIR_OWN, Scope(people=(person,))) or not PLACE.fullmatch(after):
            return self._frame.page(request, "missing.html", 404, role_name=role_name)
        lines = self._vault.openings(person, int(after), ROWS_A_PAGE + 1)
        following = lines[ROWS_A_PAGE - 1]["id"] if len(lines) > ROWS_A_PAGE else ""
        rows = [_read_by(one, (person,)) for one in lines[:ROWS_A_PAGE]]
        return self._frame.page(request, "my_openings.html", role_name=role_name, rows=rows, following=following)

    # --- finding ---

    def _people(self, principal: Principal, sought: Sought) -> tuple[str, ...]:
        found = self._vault.find(sought.kind, sought.identifier)[:PEOPLE_LIMIT]
        self._vault.searched(found, principal.id, sought.kind, self._clock.now())
        return found

    async def search(self, request: Request, sought: Searched) -> dict[str, Any]:
        principal = self._issuer.principal_of(request)
        if relation_of(principal, FINDERS) is None:
            raise Problem(NOT_FOUND)
        people = self._people(principal, sought)
        wanted = Search(after=sought.after, limit=sought.limit, people=people)
        rows, following = search(self._store, *home_page.visible(principal), wanted)
        return {"items": [self._listed(row) for row in rows], "next": following}

    def _listed(self, row: Row) -> dict[str, Any]:
        standing = standing_of(self._store, row)
        holders = [holder._asdict() for holder in holders_of(standing)]
        return {name: row[name] for name in LISTED} | {"status": status_of(standing), "holders": holders}

    async def found(self, request: Request) -> Response:
        """Return the list of somebody's dossiers, for a page that is open already."""
        principal = self._issuer.principal_of(request)
        if relation_of(principal, FINDERS) is None:
            raise Problem(NOT_FOUND)
        try:
            sought = Sought.model_validate(dict(parse_qsl((await request.body())[:BODY_LIMIT].decode())))
        except (ValidationError, UnicodeDecodeError):
            people: tuple[str, ...] = ()
        else:
            people = self._people(principal, sought)
        wanted = Search(limit=PAGE_LIMIT, people=people)
        home = home_page.gather(self._registry, self._store, principal, wanted)
        if home.list is not None:
            home = replace(home, list=replace(home.list, following=None))
        role_name = word("role", principal.role)[0]
        return self._frame.page(request, "found.html", role_name=role_name, home=home, part="", more="")

    def routes(self) -> APIRouter:
        """Return the routes for programs and those for browsers."""
        router = APIRouter()
        router.add_api_route(
            "/api/v1/dossiers/{ref}/disclosures", self.show, methods=["GET"], operation_id="list_disclosures",
            response_model=DisclosuresShown, summary="What was said to whom, and who has seen what", tags=["reporting"],
            description="Đã cung cấp thông tin gì, cho ai; ai đã xem", responses=READ_ANSWERS,
            openapi_extra=told_rights(TO_WHOM_IT_CONCERNS),
        )  # fmt: skip
        router.add_api_route(
            "/api/v1/dossiers/search", self.search, methods=["POST"], operation_id="find_dossiers_of_person",
            response_model=DossiersShown, summary="Find dossiers by personal id, tax code or phone; it is written down",
            description="Tìm hồ sơ theo số định danh, mã số thuế hoặc điện thoại; việc tìm được ghi lại",
            tags=["reporting"], responses=READ_ANSWERS, openapi_extra=told_rights(FINDERS),
        )  # fmt: skip
        router.routes.append(Route("/dossiers/{text}/disclosures", self.page, methods=["GET"], include_in_schema=False))
        router.routes.append(Route("/openings", self.mine, methods=["GET"], include_in_schema=False))
        router.routes.append(Route("/found-by-person", self.found, methods=["POST"], include_in_schema=False))
        return router


def _line(one: Opening, who: Words) -> Line:
    what = tuple(field(name, one["purpose"]) for name in one["fields"].split(",") if name)
    return Line(datetime.fromisoformat(one["at"]), who, one["by"], purpose(one["purpose"]), what, one.get("more", ""))


def _outside(one: Opening) -> Line:
    return _line(one, addressee(one["handed_to"]))


def _read_by(one: Opening, people: tuple[str, ...]) -> Line:
    """Return a line about whoever read: one of `people` is the applicant, anybody else says who by the kind of id."""
    role = APPLICANT if one["by"] in people else one["by"].partition(":")[0]
    return _line(one, word("role", role))
