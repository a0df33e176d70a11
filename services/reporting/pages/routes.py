"""The addresses of the pages; each page is gathered from the read models and written by its template."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from chassis.registry import NotInRegistry, Registry
from chassis.run import Engine
from chassis.stores.store import Store
from chassis.web.acts import Border
from chassis.web.auth import APPLICANT, DevelopmentIssuer, Principal
from chassis.web.pages import Frame, Visitor
from chassis.web.problem import NOT_FOUND, Problem
from chassis.web.refs import resolve
from chassis.web.signin import START
from kernel.calendar import VIETNAM, Words
from services.reporting.api import figures_of, sees_whole
from services.reporting.domain.status import completion_of
from services.reporting.pages import clock_page, dossier_page, home_page, submission_page
from services.reporting.pages.catching_up import caught_up, head_of
from services.reporting.pages.clock import in_hours
from services.reporting.pages.graph import wrapped
from services.reporting.pages.live_figures import LiveFigures
from services.reporting.pages.names import Names
from services.reporting.pages.roles import RoleButton, role_buttons, sign_ins
from services.reporting.pages.sentences import Teller, sentence_of
from services.reporting.pages.words import ATTEMPT, FEE, PARCEL, WORDS, word
from services.reporting.projections.dossiers import find
from services.reporting.projections.search import Search
from services.reporting.projections.standing import standing_of

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
TEXT_LIMIT: Final = 40
AGENCY_COLUMNS: Final = (
    ("received", Words("Bước nhận", "Received")),
    ("decided", Words("Đã quyết định", "Decided")),
    ("refused", Words("Từ chối", "Refused")),
    ("in_progress", Words("Đang giữ", "In progress")),
    ("alerts", Words("Cảnh báo", "Alerts")),
    ("late", Words("Bước quá hạn", "Late steps")),
    ("apologies_asked", Words("Phải xin lỗi", "Asked to apologise")),
    ("apologies_given", Words("Đã xin lỗi", "Apologised")),
    ("escalated", Words("Báo cấp trên", "Told above")),
    ("caused_late", Words("Gây trễ hồ sơ", "Dossiers made late")),
)


class Pages:
    """Answers what a browser asks for."""

    def __init__(
        self, frame: Frame, registry: Registry, engine: Engine, issuer: DevelopmentIssuer, border: Border
    ) -> None:
        self._frame = frame
        self._registry = registry
        self._engine = engine
        self._issuer = issuer
        self._store: Store = border.running.store
        self._clock = border.clock
        self._live = LiveFigures(self._store, border.clock)
        frame.templates.filters |= {
            "hours": in_hours, "instant": datetime.fromisoformat, "wrapped": wrapped, "count_of": _count_of,
            "share_of": _share_of, "rate_of": _rate_of,
        }  # fmt: skip
        frame.templates.globals |= {
            "word": word, "sentence_of": sentence_of, "fee_looks": FEE, "parcel_looks": PARCEL,
            "attempt_looks": ATTEMPT, "sample_digest": _sample_digest,
            "supplement_reasons": tuple(WORDS["supplement_reason"].items()),
            "paper_forms": tuple(WORDS["form"].items()),
        }  # fmt: skip

    def routes(self) -> tuple[Route, ...]:
        pages = [
            ("/", self.home), ("/found", self.found), ("/dossiers/{text}", self.dossier),
            ("/dossiers/{text}/clock", self.clock), ("/agencies", self.agencies),
            ("/sign-in", self.sign_in), ("/submissions", self.submissions),
            ("/submissions/{procedure}", self.submission),
        ]  # fmt: skip
        routes = [Route(path, endpoint, methods=["GET"], include_in_schema=False) for path, endpoint in pages]
        if self._frame.rehearsal:
            be = Route("/rehearsal/applicants/{text}", self.be_applicant, methods=["POST"], include_in_schema=False)
            routes.append(be)
        return (*routes, *self._live.routes())

    def _page(self, request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        visitor = self._frame.visitor(request)
        role_name = visitor.say(*word("role", visitor.principal.role))
        return self._frame.page(request, template, status, role_name=role_name, **shown)

    def _missing(self, request: Request) -> HTMLResponse:
        return self._page(request, "missing.html", 404)

    # --- finding ---

    async def home(self, request: Request) -> Response:
        visitor, wanted = self._frame.visitor(request), _search_of(request)
        await caught_up(self._engine, request.query_params.get("seen", ""))
        known = find(self._store, resolve(self._store, wanted.q.strip().upper())) if wanted.q else None
        if known is not None:
            return RedirectResponse(f"/dossiers/{known['code'] or known['ref']}", 303)
        home = home_page.gather(self._registry, self._store, visitor.principal, wanted)
        unknown = visitor.principal.is_anonymous and bool(wanted.q)
        return self._page(
            request, "home.html", home=home, unknown=unknown, part="", more=_more(wanted, home.list),
            live=self._live.province(),
        )  # fmt: skip

    async def found(self, request: Request) -> Response:
        """Return only the list, for a page that is open already."""
        visitor, wanted = self._frame.visitor(request), _search_of(request)
        home = home_page.gather(self._registry, self._store, visitor.principal, wanted)
        if home.list is None:
            return self._missing(request)
        part = request.query_params.get("part", "")
        return self._page(request, "found.html", home=home, part=part, more=_more(wanted, home.list))

    # --- one dossier ---

    async def dossier(self, request: Request) -> Response:
        visitor = self._frame.visitor(request)
        from_gateway = "vnp_TxnRef" in request.query_params
        seen = head_of(self._engine, "payments") if from_gateway else request.query_params.get("seen", "")
        await caught_up(self._engine, seen)
        row = self._row(request)
        if row is None:
            return self._missing(request)
        if not sees_whole(visitor.principal, row):
            completion = completion_of(standing_of(self._store, row), row["accepted_at"] is not None)
            roles = self._roles(row, visitor)
            return self._page(request, "glimpse.html", code=row["code"], completion=completion, roles=roles)
        page = dossier_page.gather(self._registry, self._store, row, visitor.principal, self._clock.now())
        return self._page(
            request, "dossier.html", page=page, teller=self._teller(visitor, page.names),
            roles=self._roles(row, visitor), from_gateway=from_gateway,
        )  # fmt: skip

    async def clock(self, request: Request) -> Response:
        """Return the page of a dossier's time; whoever may not see it whole goes where they see how far it is."""
        visitor = self._frame.visitor(request)
        row = self._row(request)
        if row is None:
            return self._missing(request)
        page = clock_page.gather(self._registry, self._store, row, self._clock.now())
        if page is None or not sees_whole(visitor.principal, row):
            return RedirectResponse(f"/dossiers/{row['code'] or row['ref']}", 303)
        return self._page(request, "clock_page.html", page=page)

    def _row(self, request: Request) -> Mapping[str, Any] | None:
        return find(self._store, resolve(self._store, request.path_params["text"]))

    def _roles(self, row: Mapping[str, Any], visitor: Visitor) -> list[RoleButton]:
        return role_buttons(self._registry, self._store, row, visitor.principal) if self._frame.rehearsal else []

    def _teller(self, visitor: Visitor, names: Names) -> Teller:
        return Teller(
            visitor.say,
            agency=lambda id: visitor.say(*names.agency(id)),
            step=lambda code: visitor.say(*names.step(code)),
            component=lambda code: visitor.say(*names.component(code)),
        )

    # --- signing in ---

    async def sign_in(self, request: Request) -> Response:
        ins = sign_ins(self._registry, self._store, self._today()) if self._frame.rehearsal else ()
        elsewhere = START if self._issuer.other is not None else ""
        return self._page(request, "sign_in.html", sign_ins=ins, elsewhere=elsewhere)

    async def be_applicant(self, request: Request) -> Response:
        """Let whoever rehearses be the applicant of a dossier, whom only an opaque id names."""
        row = self._row(request)
        if row is None:
            raise Problem(NOT_FOUND)
        response = JSONResponse({})
        self._issuer.open_session(response, Principal(row["applicant"], APPLICANT, person=row["applicant"]))
        return response

    # --- agencies and submissions ---

    async def agencies(self, request: Request) -> Response:
        figures = figures_of(self._store, self._frame.visitor(request).principal)
        if figures is None:
            return self._missing(request)
        names = Names(self._registry)
        rows = [row | {"name": names.agency(row["agency"])} for row in figures]
        rows.sort(key=lambda row: (-row["caused_late"], -row["late"], row["name"].vi))
        return self._page(request, "agencies.html", rows=rows, columns=AGENCY_COLUMNS)

    async def submissions(self, request: Request) -> Response:
        if self._frame.visitor(request).principal.role not in submission_page.MAY_HAND_IN:
            return self._missing(request)
        return self._page(request, "submissions.html", procedures=self._registry.procedures(on=self._today()))

    async def submission(self, request: Request) -> Response:
        principal = self._frame.visitor(request).principal
        try:
            procedure = self._registry.procedure(request.path_params["procedure"], on=self._today())
        except NotInRegistry:
            return self._missing(request)
        form = submission_page.gather(self._registry, procedure, principal, self._today())
        if not form.desks or not form.channels:
            return self._missing(request)
        return self._page(request, "submission.html", form=form)

    def _today(self) -> date:
        return self._clock.now().astimezone(VIETNAM).date()


def _search_of(request: Request) -> Search:
    asked = request.query_params
    texts = {name: asked.get(name, "")[:TEXT_LIMIT] for name in ("q", "phase", "agency", "procedure", "after")}
    return Search(**texts, late=asked.get("late") == "1", limit=home_page.ROWS_A_PAGE, people=None)


def _more(wanted: Search, shown: home_page.List | None) -> str:
    """Return the query of the next page of a list."""
    if shown is None or shown.following is None:
        return ""
    asked = {"q": wanted.q, "phase": wanted.phase, "agency": wanted.agency, "procedure": wanted.procedure}
    late = {"late": "1"} if wanted.late else {}
    return urlencode({name: text for name, text in asked.items() if text} | late | {"after": shown.following})


def _count_of(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _rate_of(per_hour: float) -> str:
    return f"{per_hour:.2f}".rstrip("0").rstrip(".").replace(".", ",")


def _share_of(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f}%".replace(".", ",") if whole else ""


def _sample_digest(name: str) -> str:
    """Return a digest that stands for a photo or a signature where somebody only rehearses."""
    return hashlib.sha256(f"rehearsal {name}".encode()).hexdigest()


def router(frame: Frame, pages: Pages) -> APIRouter:
    """Return the routes of the pages, and of what every page uses."""
    routes = APIRouter()
    routes.routes.extend((*frame.routes(), *pages.routes()))
    return routes
