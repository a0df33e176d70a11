"""The frame of every page: templates, two languages, the signed-in session, and headers that keep strangers out.

Pages are rendered on the server; they can be read without a script, and nothing is loaded from elsewhere.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from chassis.clock import Clock, RehearsalClock
from chassis.web.auth import COOKIE, DevelopmentIssuer, Principal
from chassis.web.auth_filter import ROLE_WORDS
from chassis.web.problem import CSRF, Problem
from kernel.calendar import VIETNAM
from kernel.money import format_vnd

FOLDER: Final = Path(__file__).resolve().parent
LANGUAGES: Final = ("vi", "en")
LANGUAGE_COOKIE: Final = "lienthong_language"
A_YEAR_S: Final = 365 * 24 * 3600

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page: the principal of the session, its CSRF token, and the language to speak."""

    principal: Principal
    csrf: str
    language: str

    def say(self, vi: str, en: str) -> str:
        return en if self.language == "en" else vi


class Frame:
    """Renders pages and serves what they are made of.

    Args:
        folders: of templates, beside the frame's own; the first that has a name wins.
    """

    def __init__(self, issuer: DevelopmentIssuer, clock: Clock, *folders: Path) -> None:
        self._issuer = issuer
        self._clock = clock
        self.rehearsal = isinstance(clock, RehearsalClock)
        self._static = StaticFiles(directory=FOLDER / "static")
        self._marks: dict[str, str] = {}
        self.templates = Environment(
            loader=ChoiceLoader([FileSystemLoader(folder) for folder in (*folders, FOLDER / "templates")]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.templates.filters |= {"vnd": format_vnd, "moment": moment, "day": day}
        self.templates.globals["static"] = self.static

    def now(self) -> datetime:
        return self._clock.now()

    def visitor(self, request: Request) -> Visitor:
        """Return who sent a request for a page; a session that is over is nobody's."""
        principal = self._issuer.principal_of(request)
        session = request.cookies.get(COOKIE, "")
        csrf = "" if principal.is_anonymous else self._issuer.csrf_token(session)
        asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
        return Visitor(principal, csrf, asked if asked in LANGUAGES else LANGUAGES[0])

    def page(self, request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """Return a page, in the visitor's language; a language asked for in the address is remembered."""
        visitor = self.visitor(request)
        common: dict[str, Any] = {"role_name": visitor.say(*ROLE_WORDS[visitor.principal.role])}
        content = self.templates.get_template(template).render(
            visitor=visitor,
            say=visitor.say,
            named=lambda thing: visitor.say(thing.name_vi, thing.name_en),
            now=self._clock.now(),
            rehearsal=self.rehearsal,
            path=request.url.path,
            other_language=str(request.url.include_query_params(lang=visitor.say("en", "vi")).replace(
                scheme="", netloc=""
            )),
            **common | shown,
        )  # fmt: skip
        response = HTMLResponse(content, status, dict(HEADERS) | {"Cache-Control": "no-store"})
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, visitor.language, max_age=A_YEAR_S, samesite="lax")
        return response

    def static(self, path: str) -> str:
        """Return the address of a static file, which changes when the file does, so that it may be kept for ever."""
        if path not in self._marks:
            content = (FOLDER / "static" / path).read_bytes()
            self._marks[path] = hashlib.blake2b(content, digest_size=6).hexdigest()
        return f"/static/{path}?v={self._marks[path]}"

    def routes(self) -> tuple[Route, ...]:
        """Return the routes of what every page uses: static files, and the way out of a session."""
        return (
            Route("/static/{path:path}", self._serve, methods=["GET", "HEAD"], include_in_schema=False),
            Route("/favicon.ico", self._icon, methods=["GET", "HEAD"], include_in_schema=False),
            Route("/sign-out", self._sign_out, methods=["POST"], include_in_schema=False),
        )

    async def _serve(self, request: Request) -> Response:
        response = await self._static.get_response(request.path_params["path"], request.scope)
        lasting = "public, max-age=31536000, immutable" if "v" in request.query_params else "no-cache"
        response.headers["Cache-Control"] = lasting
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _icon(self, request: Request) -> Response:
        """Serve the sign where a browser asks for it unasked, as on pages that are not ours."""
        return await self._static.get_response("lienthong.svg", request.scope)

    async def _sign_out(self, request: Request) -> Response:
        try:
            self._issuer.principal_of(request)
        except Problem as problem:
            if problem.kind is CSRF:  # a session ends only at the wish of its own page, unless it is over already
                raise
        response = Response(status_code=204)
        self._issuer.end_session(response)
        return response


def moment(instant: datetime) -> str:
    """Return an instant as people in Vietnam read it: `07/09/2026 08:00`."""
    return instant.astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")


def day(instant: datetime) -> str:
    """Return the day of an instant in Vietnam: `07/09/2026`."""
    return instant.astimezone(VIETNAM).strftime("%d/%m/%Y")
