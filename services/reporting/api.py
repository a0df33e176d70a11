"""What programs may read of all that was heard: timelines, the province's table, agencies, and lists of dossiers.

Law: TT 01/2018/TT-VPCP art. 16 and NĐ 61/2018/NĐ-CP art. 25 (without signing in only a dossier's code and degree of
completion); NĐ 118/2025/NĐ-CP (figures of handling are public).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request

from chassis.registry import NotInRegistry, Registry
from chassis.service import Scope
from chassis.stores.store import Store
from chassis.web.acts import Border
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
    DevelopmentIssuer,
    Principal,
    Rights,
    may,
    relation_of,
    restriction,
)
from chassis.web.problem import NOT_FOUND, Problem, ProblemDocument
from chassis.web.refs import resolve
from chassis.web.routes import told_rights
from services.reporting.domain.status import completion_of, holders_of, status_of
from services.reporting.pages.names import agency_names
from services.reporting.pages.sentences import role_of
from services.reporting.projections.agencies import agencies_of, causes_of
from services.reporting.projections.clock_shown import ClockShown
from services.reporting.projections.clock_told import LATENESS, clock_told, minutes_shown, shown
from services.reporting.projections.dossiers import find
from services.reporting.projections.lateness import lateness_of
from services.reporting.projections.province_table import province_table_of
from services.reporting.projections.search import PAGE_LIMIT, Search, search
from services.reporting.projections.shown import (
    AgenciesShown,
    DossiersShown,
    ProvinceTable,
    ReportShown,
    TimelineShown,
)
from services.reporting.projections.standing import standing_of
from services.reporting.projections.steps import steps_of
from services.reporting.projections.timeline import timeline_of

Row = Mapping[str, Any]

CONCERNED: Final[Rights] = {
    APPLICANT: OWN,
    DESK_OFFICER: RECEIVING,
    AGENCY_OFFICER: ACTING,
    ACCOUNTANT: RECEIVING,
    POSTAL_STAFF: ALL,
    INSPECTOR: ALL,
    SYSTEM: ALL,
}
"""Who sees a dossier whole; postal staff only those that have a parcel. Everybody sees code and completion."""
OF_AGENCIES: Final[Rights] = {
    AGENCY_OFFICER: ACTING,
    DESK_OFFICER: ACTING,
    INSPECTOR: ALL,
    SYSTEM: ALL,
}
RIGHTS_OF: Final[Mapping[str, Rights]] = {
    **{name: {**CONCERNED, ANONYMOUS: ALL} for name in ("show_timeline", "show_clock", "report_dossier")},
    "search_dossiers": CONCERNED,
    "report_agencies": OF_AGENCIES,
}
"""What each reading says of who may ask it; whoever is not concerned is shown code and completion."""
LISTED: Final = (
    "ref", "code", "procedure", "channel", "receiving_agency", "phase", "submitted_at", "accepted_at", "due_at",
    "ended_at", "handed_out_at", "on_time", "overdue_at", "ended", "paid_by", "fee_total_vnd",
)  # fmt: skip
PAGE_LIMIT_MAX: Final = 200
READ_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": ProblemDocument},
    404: {"model": ProblemDocument},
}

Month = Annotated[str, Query(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$", description="YYYY-MM, both included")]
Text = Annotated[str, Query(max_length=40)]


def scope_of(dossier: Row) -> Scope:
    """Say whom a dossier concerns."""
    return Scope(
        people=(dossier["applicant"], dossier["submitter"]),
        receiving=dossier["receiving_agency"],
        agencies=tuple(dossier["agencies"].split()),
        procedure=dossier["procedure"],
    )


def sees_whole(principal: Principal, dossier: Row) -> bool:
    """Say whether somebody may see more of a dossier than its code and its degree of completion."""
    if principal.role == POSTAL_STAFF and not dossier["has_parcel"]:
        return False
    return may(principal, CONCERNED, scope_of(dossier))


def visible(principal: Principal) -> tuple[str, dict[str, Any]]:
    """Return the SQL condition that leaves of a list what somebody sees whole."""
    where, params = restriction(principal, CONCERNED)
    return (f"{where} AND has_parcel=1" if principal.role == POSTAL_STAFF else where), params


def figures_of(store: Store, principal: Principal) -> list[dict[str, Any]] | None:
    """Return the figures of the agencies that somebody may see, or None where they are not for this principal.

    They count dossiers of every procedure, so whoever may see some procedures only sees none of them.
    """
    if not may(principal, OF_AGENCIES, Scope(agencies=(principal.agency,))):
        return None
    only = "" if relation_of(principal, OF_AGENCIES) == ALL else principal.agency
    return agencies_of(store, only)


def told(store: Store, dossier: Row) -> list[dict[str, Any]]:
    """Return the lines of a dossier's timeline, with roles instead of ids."""
    people = (dossier["applicant"], dossier["submitter"])
    return [
        {
            "at": row["at"],
            "service": row["service"],
            "event": row["event"],
            "step": row["step"],
            "agency": row["agency"],
            "role": role_of(row["actor"], row["service"], row["event"], people),
            "note": msgspec.json.decode(row["note"]),
        }
        for row in timeline_of(store, dossier["ref"])
    ]


class Readings:
    """Answers what programs ask, each through the one filter."""

    def __init__(self, registry: Registry, border: Border, issuer: DevelopmentIssuer) -> None:
        self._registry = registry
        self._store = border.running.store
        self._clock = border.clock
        self._issuer = issuer

    def _found(self, request: Request, text: str) -> tuple[Row, dict[str, Any], bool]:
        """Return a dossier, what anybody may see of it, and whether this principal may see more."""
        principal = self._issuer.principal_of(request)
        dossier = find(self._store, resolve(self._store, text))
        if dossier is None:
            raise Problem(NOT_FOUND)
        completion = completion_of(standing_of(self._store, dossier), dossier["accepted_at"] is not None)
        glimpse = {"code": dossier["code"] or None, "completion": shown_completion(*completion)}
        return dossier, glimpse, sees_whole(principal, dossier)

    async def timeline(self, request: Request, ref: str) -> dict[str, Any]:
        dossier, glimpse, whole = self._found(request, ref)
        return glimpse | {"ref": dossier["ref"], "items": told(self._store, dossier)} if whole else glimpse

    async def report(self, request: Request, ref: str) -> dict[str, Any]:
        dossier, glimpse, whole = self._found(request, ref)
        return glimpse | self._report(dossier) if whole else glimpse

    def _report(self, dossier: Row) -> dict[str, Any]:
        steps = steps_of(self._store, dossier["ref"])
        standing = standing_of(self._store, dossier)
        told = clock_told(self._store, self._registry.calendar_version, dossier, self._clock.now())
        plain = ("ref", "procedure", "procedure_version", "channel", "receiving_agency", "outcome", "submitted_at",
                 "accepted_at", "due_at", "promised_at", "handed_out_at", "on_time", "fee_total_vnd", "paid_by",
        )  # fmt: skip
        report = {name: dossier[name] for name in plain} | {
            "resolved_at": dossier["ended_at"] if dossier["ended"] == "resolved" else None,
            "status": status_of(standing),
            "holders": [holder._asdict() for holder in holders_of(standing)],
            "steps": [{**step, "needs": step["needs"].split()} for step in steps],
            "minutes": [] if told is None else minutes_shown(told.until_result)["shares"],
            "lateness": [{name: row[name] for name in LATENESS} for row in lateness_of(self._store, dossier["ref"])],
            "late_because": list(causes_of(self._store, dossier["ref"])),
        }
        return report | {"agencies": agency_names(self._registry, report)}

    async def clock(self, request: Request, ref: str) -> dict[str, Any]:
        dossier, glimpse, whole = self._found(request, ref)
        if not whole:
            return glimpse
        now = self._clock.now()
        told = clock_told(self._store, self._registry.calendar_version, dossier, now)
        plain = {name: dossier[name] for name in ("ref", "procedure", "promised_at")}
        seen = {} if told is None else shown(told)
        named = {} if told is None else {"agencies": agency_names(self._registry, seen)}
        return glimpse | plain | {"as_of": now} | seen | named

    async def dossiers(
        self, request: Request, q: Text = "", phase: Text = "", agency: Text = "", procedure: Text = "",
        late: bool = False, after: Text = "", limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = PAGE_LIMIT,
    ) -> dict[str, Any]:  # fmt: skip
        wanted = Search(q, phase, agency, procedure, late, after, limit)
        rows, following = search(self._store, *visible(self._issuer.principal_of(request)), wanted)
        return {"items": [self._listed(row) for row in rows], "next": following}

    def _listed(self, row: Row) -> dict[str, Any]:
        standing = standing_of(self._store, row)
        holders = [holder._asdict() for holder in holders_of(standing)]
        return {name: row[name] for name in LISTED} | {"status": status_of(standing), "holders": holders}

    async def province(
        self, request: Request, first: Month = "", last: Month = "", agency: Text = ""
    ) -> dict[str, Any]:
        figures = province_table_of(self._store, first, last or "9999", agency)
        return {"first": first, "last": last, "agency": agency, **figures}

    async def agencies(self, request: Request) -> dict[str, Any]:
        rows = figures_of(self._store, self._issuer.principal_of(request))
        if rows is None:
            raise Problem(NOT_FOUND)
        return {"items": [row | self._names(row["agency"]) for row in rows]}

    def _names(self, agency: str) -> dict[str, str]:
        try:
            known = self._registry.agency(agency)
        except NotInRegistry:
            return {"name_vi": agency, "name_en": agency}
        return {"name_vi": known.name_vi, "name_en": known.name_en}


def shown_completion(done: int, of: int) -> dict[str, int]:
    return {"done": done, "of": of, "percent": done * 100 // of}


def router(registry: Registry, border: Border, issuer: DevelopmentIssuer) -> APIRouter:
    """Return what programs may read, below `/api/v1`."""
    readings = Readings(registry, border, issuer)
    routes = APIRouter(prefix="/api/v1", tags=["reporting"])
    for path, endpoint, name, shows, vi, en in (
        ("/dossiers/{ref}/timeline", readings.timeline, "show_timeline", TimelineShown,
         "Quá trình giải quyết hồ sơ", "What happened to a dossier"),
        ("/dossiers/{ref}/clock", readings.clock, "show_clock", ClockShown,
         "Hai đồng hồ của hồ sơ, cách tính từng khoảng, và thời gian của ai",
         "Both clocks of a dossier with every interval counted or not, and whose minutes there were"),
        ("/reports/dossiers/{ref}", readings.report, "report_dossier", ReportShown,
         "Tình trạng một hồ sơ: ai đang giữ, thời gian của ai", "Where a dossier stands, and whose minutes there were"),
        ("/reports/dossiers", readings.dossiers, "search_dossiers", DossiersShown,
         "Tìm hồ sơ", "Find dossiers"),
        ("/reports/agencies", readings.agencies, "report_agencies", AgenciesShown,
         "Số liệu từng cơ quan", "Figures of each agency"),
        ("/statistics/province", readings.province, "province_table", ProvinceTable,
         "Bảng số liệu của tỉnh", "The table of the province"),
    ):  # fmt: skip
        routes.add_api_route(
            path, endpoint, methods=["GET"], operation_id=name, response_model=shows, summary=en, description=vi,
            responses=READ_ANSWERS,
            openapi_extra=told_rights(RIGHTS_OF[name]) if name in RIGHTS_OF else None,
            response_model_exclude_unset=shows in (TimelineShown, ReportShown, ClockShown),
        )  # fmt: skip
    return routes
