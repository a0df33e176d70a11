"""The development issuer over HTTP: OpenID Connect discovery, keys, sign-in by choosing whom to be, and tokens.

It exists only in rehearsal, where anybody may be anybody: another program or installation then meets a real issuer.
"""

import base64
import binascii
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from chassis.registry import Registry
from chassis.vault import Vault
from chassis.web.auth_filter import ROLE_WORDS, ROLES
from chassis.web.oidc_grants import Grants, SignInRequest
from chassis.web.oidc_issuer import AUDIENCE, TOKEN_LIFETIME_S, DevelopmentIssuer
from chassis.web.oidc_keys import DISCOVERY
from chassis.web.pages import HEADERS, Frame
from chassis.web.problem import INVALID, Problem
from chassis.web.rehearsal import TokenRequest, principal_named
from kernel.calendar import VIETNAM

AUTHORIZE: Final = "/oidc/authorize"
TOKEN: Final = "/oidc/token"
KEYS: Final = "/oidc/keys"
ID_TOKEN_LIFETIME_S: Final = 300
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
FIELDS_MAX: Final = 50


class IssuerDoors:
    """Answers what OpenID Connect asks of an issuer."""

    def __init__(self, issuer: DevelopmentIssuer, frame: Frame, registry: Registry, vault: Vault) -> None:
        self._issuer = issuer
        self._frame = frame
        self._registry = registry
        self._vault = vault
        self._grants = Grants()

    async def discovery(self, request: Request) -> Response:
        url = self._issuer.url
        return JSONResponse(
            {
                "issuer": url,
                "authorization_endpoint": url + AUTHORIZE,
                "token_endpoint": url + TOKEN,
                "jwks_uri": url + KEYS,
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["EdDSA"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
                "scopes_supported": ["openid"],
                "claims_supported": ["sub", "role", "agency", "person", "procedures", "steps"],
            }
        )

    async def keys(self, request: Request) -> Response:
        return JSONResponse(self._issuer.keys.published(), headers={"Cache-Control": "no-cache"})

    async def choose(self, request: Request) -> Response:
        """Show whom one can be; what the client asked for goes along in the form."""
        asked = dict(request.query_params)
        wanted = SignInRequest.read(asked, self._issuer.url)
        today = self._frame.now().astimezone(VIETNAM).date()
        page = self._frame.page(
            request, "oidc_login.html", asked=asked, client=wanted.client_id, roles=ROLES,
            role_words=ROLE_WORDS, agencies=self._agencies(today, stand=True), past=self._agencies(today, stand=False),
        )  # fmt: skip
        policy = HEADERS["Content-Security-Policy"]
        page.headers["Content-Security-Policy"] = policy.replace(
            "form-action 'self'", f"form-action 'self' {wanted.origin}"
        )
        return page

    def _agencies(self, today: date, stand: bool) -> list[tuple[str, str, str]]:
        """Return those that stand today, or those that stood before."""
        begun = (one for one in self._registry.agencies() if one.valid_from <= today)
        there = [one for one in begun if one.stands_on(today) is stand]
        return [(one.id, one.name_vi, one.name_en) for one in sorted(there, key=lambda one: one.id)]

    async def sign_in(self, request: Request) -> Response:
        """Send the browser back to its client with a code."""
        form = await _form(request)
        wanted = SignInRequest.read(form, self._issuer.url)
        given = {name: form[name] for name in ("role", "agency", "personal_id") if form.get(name)}
        try:
            whom = TokenRequest.model_validate(given)
            principal = await run_in_threadpool(principal_named, self._vault, whom)
        except ValidationError as error:
            wrong = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors()]
            raise Problem(INVALID, None, wrong) from error
        answer = {"code": self._grants.give(wanted, principal), "iss": self._issuer.url}
        back = urlencode(answer | ({"state": wanted.state} if wanted.state else {}))
        return RedirectResponse(f"{wanted.redirect_uri}?{back}", 303, NO_STORE)

    async def token(self, request: Request) -> Response:
        """Give the tokens that a code stands for (RFC 6749 §5); clients are public, so their secrets do not matter."""
        form = await _form(request)
        if form.get("grant_type") != "authorization_code":
            return _refused("unsupported_grant_type")
        client = _client_of(request, form)
        grant = self._grants.take(
            form.get("code", ""), client, form.get("redirect_uri", ""), form.get("code_verifier", "")
        )
        if grant is None:
            return _refused("invalid_grant")
        url, nonce = self._issuer.url, grant.request.nonce
        access = self._issuer.issue(grant.principal, TOKEN_LIFETIME_S, iss=url, aud=AUDIENCE)
        about = {"nonce": nonce} if nonce else {}
        identity = self._issuer.issue(grant.principal, ID_TOKEN_LIFETIME_S, iss=url, aud=client, **about)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S}
        return JSONResponse(answer | {"id_token": identity, "scope": "openid"}, headers=NO_STORE)


def _refused(error: str) -> Response:
    return JSONResponse({"error": error}, 400, NO_STORE)


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; what is no form has none."""
    try:
        text = (await request.body()).decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict"))
    except ValueError:
        return {}


def _client_of(request: Request, form: dict[str, str]) -> str:
    """Return which client asks, by its form or by the name it gives with HTTP Basic."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", "")
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def issuer_routes(issuer: DevelopmentIssuer, frame: Frame, registry: Registry, vault: Vault) -> APIRouter:
    """Return the routes of the development issuer."""
    doors = IssuerDoors(issuer, frame, registry, vault)
    router = APIRouter()
    table: tuple[tuple[str, Any, str], ...] = (
        (DISCOVERY, doors.discovery, "GET"),
        (KEYS, doors.keys, "GET"),
        (AUTHORIZE, doors.choose, "GET"),
        (AUTHORIZE, doors.sign_in, "POST"),
        (TOKEN, doors.token, "POST"),
    )
    for path, endpoint, method in table:
        router.routes.append(Route(path, endpoint, methods=[method], include_in_schema=False))
    return router
