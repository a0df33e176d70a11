"""`lienthong rights`: who may open which door, as a table made from the running product's own doors.

A door is either under the filter and says its rights (`x-rights` in its description), or it is named here with the
reason why it needs none. A door that is neither keeps the table from being made.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
from fastapi import FastAPI

from chassis.web.auth import ANONYMOUS, ROLES
from cli.remote import console
from services.__main__ import PROJECT, asgi, compose

DOCUMENT: Final = PROJECT / "docs" / "who-may-do-what.md"
BEGIN, END = "<!-- doors: made by `lienthong rights --write` -->", "<!-- end of doors -->"
HEADS: Final = {
    "applicant": "applicant", "desk_officer": "desk", "agency_officer": "officer", "postal_staff": "post",
    "accountant": "accountant", "inspector": "inspector", "system": "system", "anonymous": "anybody",
}  # fmt: skip

PUBLIC: Final = "everybody"
LIKE_PROGRAMS: Final = "as below `/api/v1`"
REHEARSAL: Final = "everybody, in rehearsal only"
OTHER_DOORS: Final[dict[str, tuple[str, str]]] = {
    "GET /": (LIKE_PROGRAMS, "public figures of the province; the list is `search_dossiers`"),
    "GET /found": (LIKE_PROGRAMS, "the same list without its frame; nobody who is not signed in gets one"),
    "GET /dossiers/{text}": (LIKE_PROGRAMS, "whole for whom `report_dossier` shows it whole; else code and completion"),
    "GET /dossiers/{text}/clock": (
        LIKE_PROGRAMS,
        "both clocks, as `show_clock`; else it leads to the dossier's page",
    ),
    "GET /dossiers/{text}/disclosures": (LIKE_PROGRAMS, "what was said to whom: `list_disclosures`"),
    "GET /openings": (LIKE_PROGRAMS, "one's own log of readings: `list_my_openings`"),
    "POST /found-by-person": (LIKE_PROGRAMS, "the list of `find_dossiers_of_person`"),
    "GET /dossiers/{ref}/*": (
        LIKE_PROGRAMS,
        "the desk's papers and the list of files, for whom the same below `/api/v1` is open",
    ),
    "GET /agencies": (LIKE_PROGRAMS, "the figures of `report_agencies`"),
    "GET /submissions": ("desk officers, applicants", "the catalogue, to choose from"),
    "GET /submissions/{procedure}": ("desk officers, applicants", "an empty form; handing in is `submit_dossier`"),
    "GET /sign-in": (PUBLIC, "says how to sign in"),
    "POST /sign-out": ("the session's own page", "ends the session of whoever asks (CSRF token)"),
    "GET /sign-in/start": (PUBLIC, "sends the browser to the configured issuer"),
    "GET /sign-in/back": (PUBLIC, "takes it in again: state, nonce and PKCE prove that it is the same browser"),
    "GET /static/{path:path}": (PUBLIC, "style sheets and scripts"),
    "GET /favicon.ico": (PUBLIC, "the sign"),
    "GET /api/openapi.json": (PUBLIC, "the description of the doors"),
    "GET /livez": (PUBLIC, "whether the process answers"),
    "GET /startupz": (PUBLIC, "whether the stores are open"),
    "GET /readyz": (PUBLIC, "whether each service reads and writes; how long its log is, nothing that is in it"),
    "GET /metrics": (
        PUBLIC,
        "figures for monitoring, none about one dossier; the operator's network guards it",
    ),
    "GET /api/v1/procedures": (PUBLIC, "the catalogue is published by law (NĐ 61/2018 art. 13)"),
    "GET /api/v1/procedures/{procedure}": (PUBLIC, "the catalogue is published by law (NĐ 61/2018 art. 13)"),
    "GET /api/v1/statistics/province": (PUBLIC, "figures of handling are published by law (NĐ 118/2025)"),
    "GET /figures": (PUBLIC, "live figures of handling, published by law (NĐ 118/2025); none is about one dossier"),
    "GET /figures/live": (PUBLIC, "the same, sent as they change"),
    "GET /api/v1/heads": (PUBLIC, "whoever keeps a signed head elsewhere holds the platform to it; it has hashes only"),
    "GET /api/v1/heads/keys": (PUBLIC, "the public keys that heads are signed with"),
    "GET /api/v1/payments/vnpay/ipn": (PUBLIC, "the gateway's notice: believed by its signature, amount and attempt"),
    "POST /gateways/portal/token": (PUBLIC, "the portal signs in with its own account"),
    "POST /gateways/portal/DongBoHoSoMC": ("the portal's session", "its dossiers; it acts for their applicants"),
    "POST /gateways/portal/TraCuuHoSo": ("the portal's session", "where a dossier stands, in the portal's statuses"),
    "GET /.well-known/openid-configuration": (REHEARSAL, "the development issuer's discovery"),
    "GET /oidc/keys": (REHEARSAL, "the development issuer's public keys"),
    "GET /oidc/authorize": (REHEARSAL, "choose whom to be"),
    "POST /oidc/authorize": (REHEARSAL, "choose whom to be"),
    "POST /oidc/token": (REHEARSAL, "tokens for a code and its PKCE verifier"),
    "GET /sandbox/*": (PUBLIC, "the simulated gateway, where no real pay page is configured; it knows no dossier"),
    "POST /sandbox/*": (PUBLIC, "the simulated gateway, where no real pay page is configured; it knows no dossier"),
    "GET /api/v1/rehearsal/*": (REHEARSAL, "the virtual clock"),
    "POST /api/v1/rehearsal/*": (REHEARSAL, "the virtual clock, and being anybody"),
    "POST /rehearsal/applicants/{text}": (REHEARSAL, "being the applicant of a dossier"),
}


def rights(
    write: Annotated[bool, typer.Option("--write", help="Put it into docs/who-may-do-what.md.")] = False,
) -> None:
    """Print who may open which door of the product."""
    table = doors()
    if write:
        DOCUMENT.write_text(with_doors(DOCUMENT.read_text(encoding="utf-8"), table), encoding="utf-8")
        console.print(f"{DOCUMENT} written", soft_wrap=True)
    else:
        print(table)


def with_doors(text: str, table: str) -> str:
    """Return the document with its part about doors exchanged."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table}\n{END}{rest.partition(END)[2]}"


def doors() -> str:
    """Return the two tables: doors under the filter with their rights, and the others with their reasons."""
    with TemporaryDirectory() as folder:
        platform = compose(Path(folder), rehearsal=True)
        try:
            app = asgi(platform)
            return "\n".join((*_under_the_filter(app.openapi()), "", *_other_doors(app)))
        finally:
            platform.close()


def _under_the_filter(described: dict[str, Any]) -> Iterator[str]:
    roles = (*ROLES, ANONYMOUS)
    yield f"| Door | What | {' | '.join(HEADS[role] for role in roles)} |"
    yield f"|---|---|{'---|' * len(roles)}"
    for path, methods in sorted(described["paths"].items()):
        for method, door in sorted(methods.items()):
            if "x-rights" in door:
                relations = " | ".join(door["x-rights"].get(role, "") for role in roles)
                yield f"| `{method.upper()} {path.removeprefix('/api/v1')}` | {door['operationId']} | {relations} |"


def _other_doors(app: FastAPI) -> Iterator[str]:
    guarded = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method, door in methods.items()
        if "x-rights" in door
    }
    found = {name for name in _named(app.routes) if name not in guarded}
    told = {name: _told(name) for name in sorted(found)}
    unexplained = [name for name, why in told.items() if why is None]
    assert not unexplained, f"neither rights nor a reason: {', '.join(unexplained)}"
    yield "| Door | Who | Why |"
    yield "|---|---|---|"
    for name, (who, why) in OTHER_DOORS.items():
        if name in found or name.endswith("*") or "/sign-in/" in name:
            yield f"| `{name}` | {who} | {why} |"


def _told(name: str) -> tuple[str, str] | None:
    """Return what is said of a door: by its own name, else by the family it belongs to."""
    families = (told for family, told in OTHER_DOORS.items() if family.endswith("*") and name.startswith(family[:-1]))
    return OTHER_DOORS.get(name) or next(families, None)


def _named(routes: list[Any]) -> Iterator[str]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _named(inner.routes)
        else:
            yield from (f"{method} {route.path}" for method in sorted(route.methods or ()) if method != "HEAD")
