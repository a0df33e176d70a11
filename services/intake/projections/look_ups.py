"""Who may look up what: a dossier, its papers, the list of dossiers, and the catalogue, which is everybody's.

Law: TT 01/2018/TT-VPCP art. 16; NĐ 61/2018 art. 25; Luật 91/2025/QH15 (personal data is opened for a stated purpose).
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Final

from fastapi import Query, Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from chassis.clock import Clock
from chassis.limits import PAGE_ITEMS, PAGE_ITEMS_MAX
from chassis.registry import NotInRegistry, Registry
from chassis.service import Scope
from chassis.vault import Vault
from chassis.web.acts import Call, Listing, View
from chassis.web.auth import (
    ACCOUNTANT,
    ACTING,
    AGENCY_OFFICER,
    ALL,
    ANONYMOUS,
    APPLICANT,
    DESK_OFFICER,
    INSPECTOR,
    OWN,
    POSTAL_STAFF,
    RECEIVING,
    SYSTEM,
    Rights,
)
from chassis.web.problem import NOT_FOUND, Problem, ProblemDocument
from kernel.calendar import VIETNAM
from kernel.codes import InvalidCode, ProcedureCode
from services.intake.domain.state import Dossier
from services.intake.projections import catalogue
from services.intake.projections.catalogue_shown import ProcedureShown, ProceduresPage
from services.intake.projections.issued import Papers
from services.intake.projections.letters import apology_of
from services.intake.projections.papers_shown import (
    ApologyShown,
    CorrectionsShown,
    RefusalShown,
    RequestShown,
    SlipShown,
    StopNoticeShown,
)
from services.intake.projections.shown import DossierShown, glimpse, scope, shown

CONCERNED: Final[Rights] = {
    APPLICANT: OWN,
    DESK_OFFICER: RECEIVING,
    AGENCY_OFFICER: ACTING,
    ACCOUNTANT: RECEIVING,
    INSPECTOR: ALL,
    SYSTEM: ALL,
}
ANYBODY: Final[Rights] = {**CONCERNED, POSTAL_STAFF: ALL, ANONYMOUS: ALL}
SEE_A_GLIMPSE: Final = (POSTAL_STAFF, ANONYMOUS)
READ_THE_PAPERS: Final[Rights] = {APPLICANT: OWN, DESK_OFFICER: RECEIVING}
READ_WHAT_STOOD: Final[Rights] = {INSPECTOR: ALL}


LISTINGS: Final = (
    Listing(
        name="list_dossiers",
        path="/dossiers",
        summary_vi="Danh sách hồ sơ",
        summary_en="Dossiers, oldest first",
        rights=CONCERNED,
        table="dossiers",
        columns=(
            "ref", "code", "procedure", "channel", "status", "awaits", "receiving_agency", "hand_out_by",
            "submitted_at", "due_at", "changed_at",
        ),
        cursor="ref",
        filters={
            "status": "status=:status",
            "awaits": "awaits=:awaits",
            "procedure": "procedure=:procedure",
            "channel": "channel=:channel",
            "receiving_agency": "receiving_agency=:receiving_agency",
            "code": "code=:code",
            "due_before": "due_at<>'' AND due_at<:due_before",
        },
    ),
)  # fmt: skip


def _show(call: Call, dossier: Dossier) -> dict[str, Any]:
    return glimpse(dossier) if call.principal.role in SEE_A_GLIMPSE else shown(dossier)


def _stream(call: Call) -> str:
    return f"dossier-{call.ref}"


def _only_if(exists: Callable[[Dossier], bool]) -> Callable[[Dossier], Scope | None]:
    return lambda dossier: scope(dossier) if exists(dossier) else None


def views(vault: Vault, registry: Registry) -> tuple[View, ...]:
    """Return what may be looked at, by reference or code."""
    papers = Papers(vault, registry)
    return (
        View(
            "show_dossier", "/dossiers/{ref}", "Xem hồ sơ", "A dossier; its code for anybody",
            ANYBODY, _stream, scope, _show, DossierShown,
        ),
        View(
            "show_slip", "/dossiers/{ref}/slip", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả",
            "The slip of acceptance and appointment (form 01)", READ_THE_PAPERS, _stream,
            _only_if(lambda dossier: dossier.acceptance is not None), papers.slip, SlipShown,
        ),
        View(
            "show_supplement_request", "/dossiers/{ref}/supplement-request", "Phiếu yêu cầu bổ sung hồ sơ",
            "The request for a supplement (form 02)", READ_THE_PAPERS, _stream,
            _only_if(lambda dossier: dossier.supplement is not None), papers.supplement_request, RequestShown,
        ),
        View(
            "show_refusal", "/dossiers/{ref}/refusal", "Phiếu từ chối tiếp nhận hồ sơ",
            "The refusal of reception (form 03)", READ_THE_PAPERS, _stream,
            _only_if(lambda dossier: dossier.refusal is not None), papers.refusal, RefusalShown,
        ),
        View(
            "show_apology", "/dossiers/{ref}/apology", "Phiếu xin lỗi và hẹn lại ngày trả kết quả",
            "The apology for a delay, with a new date (form 04)", READ_THE_PAPERS, _stream,
            _only_if(lambda dossier: apology_of(dossier) is not None), papers.apology, ApologyShown,
        ),
        View(
            "show_stop_notice", "/dossiers/{ref}/stop-notice", "Thông báo dừng giải quyết hồ sơ",
            "The notice that handling has stopped (form 05)", READ_THE_PAPERS, _stream,
            _only_if(lambda dossier: dossier.ended is not None), papers.stop_notice, StopNoticeShown,
        ),
        View(
            "show_corrections", "/dossiers/{ref}/corrections", "Các lần đính chính thông tin cá nhân",
            "What was put right about its people, and what stood before", READ_WHAT_STOOD, _stream, scope,
            papers.corrections, CorrectionsShown,
        ),
    )  # fmt: skip


def catalogue_routes(registry: Registry, clock: Clock) -> tuple[APIRoute, ...]:
    """Return the two routes of the catalogue, which needs nobody to sign in."""

    def today() -> date:
        return clock.now().astimezone(VIETNAM).date()

    def answer(request: Request, content: dict[str, Any]) -> Response:
        tag = f'"{registry.version}.{today().isoformat()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return JSONResponse(content, headers={"ETag": tag})

    async def list_procedures(
        request: Request,
        after: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_ITEMS_MAX)] = PAGE_ITEMS,
    ) -> Response:
        listed = [one for one in registry.procedures(on=today()) if after is None or one.code > after]
        following = listed[limit - 1].code if len(listed) > limit else None
        return answer(request, {"items": [catalogue.summary(one) for one in listed[:limit]], "next": following})

    async def show_procedure(request: Request, procedure: str) -> Response:
        try:
            found = registry.procedure(ProcedureCode.parse(procedure).base, on=today())
        except (InvalidCode, NotInRegistry) as error:
            raise Problem(NOT_FOUND) from error
        return answer(request, catalogue.details(found, registry, today()))

    return (
        APIRoute(
            "/api/v1/procedures", list_procedures, methods=["GET"], operation_id="list_procedures",
            summary="The catalogue of procedures in force", description="Danh mục thủ tục hành chính",
            response_model=ProceduresPage,
        ),
        APIRoute(
            "/api/v1/procedures/{procedure}", show_procedure, methods=["GET"], operation_id="show_procedure",
            summary="What a procedure asks, promises and costs", description="Nội dung thủ tục hành chính",
            response_model=ProcedureShown, responses={404: {"model": ProblemDocument}},
        ),
    )  # fmt: skip
