"""The addresses of the printable forms, each showing what its JSON view shows, of what can be put right, and of files.

Law: TT 03/2025/TT-VPCP appendix I, forms 01 to 05. A paper that is not there answers like one that may not be seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.service import Parts
from chassis.web.acts import Border
from chassis.web.auth import APPLICANT, DESK_OFFICER
from chassis.web.pages import Frame
from kernel.procedure import Component
from services.intake.pages.files import PATH, DossierFiles
from services.intake.pages.words import word

AMENDED_BY: Final = (DESK_OFFICER, APPLICANT)
RUNNING: Final = ("submitted", "awaiting_payment", "accepted", "resolved")
TEMPLATES: Final = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True, slots=True)
class Form:
    """One form: the view it is made of, its address, and its template."""

    view: str
    path: str
    template: str


FORMS: Final = (
    Form("show_slip", "/dossiers/{ref}/slip", "slip.html"),
    Form("show_supplement_request", "/dossiers/{ref}/supplement-request", "supplement_request.html"),
    Form("show_refusal", "/dossiers/{ref}/refusal", "refusal.html"),
    Form("show_apology", "/dossiers/{ref}/apology", "apology.html"),
    Form("show_stop_notice", "/dossiers/{ref}/stop-notice", "stop_notice.html"),
)


def in_words(iso: str) -> str:
    """Return a day as letters write it: `ngày 07 tháng 09 năm 2026`."""
    day = datetime.fromisoformat(iso)
    return f"ngày {day:%d} tháng {day:%m} năm {day:%Y}"


def on_day(iso: str) -> str:
    """Return a day as tables write it: `07/09/2026`."""
    return f"{datetime.fromisoformat(iso):%d/%m/%Y}"


def law_in_vietnamese(law: str) -> str:
    """Return a citation as Vietnamese papers write it: `NĐ 118/2025 điều 21`."""
    return law.replace(" arts. ", " điều ").replace(" art. ", " điều ")


def at_hour(iso: str) -> str:
    """Return an hour as forms write it: `08 giờ 05 phút, ngày 07/09/2026`."""
    instant = datetime.fromisoformat(iso)
    return f"{instant:%H} giờ {instant:%M} phút, ngày {instant:%d/%m/%Y}"


def router(frame: Frame, border: Border, parts: Parts) -> APIRouter:
    """Return the routes of the forms, of what can be put right, and of the files that came."""

    def names_of(dossier: Mapping[str, Any]) -> dict[str, Component]:
        procedure = parts.registry.procedure(dossier["procedure"], version=dossier["procedure_version"])
        return {component.code: component for component in procedure.components}

    frame.templates.filters |= {"in_words": in_words, "on_day": on_day, "at_hour": at_hour, "law": law_in_vietnamese}
    frame.templates.globals["word"] = word
    views = {view.name: view for view in border.running.service.views}

    def route(form: Form) -> Route:
        async def endpoint(request: Request) -> Response:
            principal = frame.visitor(request).principal
            seen = border.look(views[form.view], principal, request.path_params)
            if seen is None:
                return frame.page(request, "no_paper.html", 404)
            return frame.page(request, form.template, paper=seen[0])

        return Route(form.path, endpoint, methods=["GET"], include_in_schema=False)

    async def amend(request: Request) -> Response:
        """Show what can be put right of a dossier, to its desk and its people."""
        principal = frame.visitor(request).principal
        seen = border.look(views["show_dossier"], principal, request.path_params)
        if seen is None or principal.role not in AMENDED_BY:
            return frame.page(request, "no_paper.html", 404)
        dossier = seen[0]
        by_desk = principal.role == DESK_OFFICER
        with_post = border.running.lane.durable_state(f"dossier-{dossier['ref']}")[0].papers_with_post
        is_here = by_desk and dossier["status"] in RUNNING and not with_post
        on_paper = [one["code"] for one in dossier["components"] if is_here and not one["digitised"]]
        return frame.page(
            request,
            "amendments.html",
            dossier=dossier,
            may_correct=by_desk or dossier["status"] in ("submitted", "awaiting_payment"),
            on_paper=on_paper,
            names=names_of(dossier),
        )

    routes = APIRouter()
    routes.routes.extend(route(form) for form in FORMS)
    routes.routes.append(Route("/dossiers/{ref}/amendments", amend, methods=["GET"], include_in_schema=False))
    files = DossierFiles(frame, border, parts)
    routes.routes.append(Route(PATH, files.page, methods=["GET"], include_in_schema=False))
    return routes
