"""Signs a browser's user in at the configured issuer: authorization code flow with PKCE, state and nonce.

The issuer's tokens are checked and laid aside at once; the browser keeps a session of this installation's own.
"""

import asyncio
import hmac
import logging
import secrets
from typing import Any, Final
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chassis.web.auth_filter import Principal
from chassis.web.oidc_issuer import DevelopmentIssuer
from chassis.web.oidc_keys import DOCUMENT_BYTES_MAX, FETCH_WITHIN_S, as_safe_as
from chassis.web.oidc_other import OtherIssuer
from chassis.web.oidc_tokens import unverified
from chassis.web.pages import Frame
from chassis.web.problem import ISSUER_SILENT, SIGN_IN_FAILED, TOKEN_INVALID, Problem
from kernel.calendar import Words

log = logging.getLogger("lienthong.sign_in")

START: Final = "/sign-in/start"
BACK: Final = "/sign-in/back"
UNDERWAY: Final = "lienthong_sign_in"
"""The cookie that remembers, signed, what this browser was sent to the issuer with."""
UNDERWAY_FOR_S: Final = 600
NEXT_LENGTH_MAX: Final = 500

NOT_UNDER_WAY: Final = "no sign-in under way"
NOT_LET_IN: Final = "not let in"
NOT_FOR_US: Final = "not for us"
WHY: Final[dict[str, Words]] = {
    NOT_UNDER_WAY: Words(
        "Trình duyệt này không có lần đăng nhập nào đang dở, hoặc đã quá mười phút.",
        "This browser has no sign-in under way, or it took more than ten minutes.",
    ),
    NOT_LET_IN: Words("Nơi đăng nhập không cho vào.", "The identity service did not let you in."),
    NOT_FOR_US: Words(
        "Tài khoản này chưa được giao vai nào ở đây; hãy báo người vận hành.",
        "This account has no role here that can be read; tell the operator.",
    ),
}


class SignIn:
    """Sends a browser to the issuer and takes it in again."""

    def __init__(self, issuer: DevelopmentIssuer, other: OtherIssuer, frame: Frame, public_url: str) -> None:
        self._issuer = issuer
        self._other = other
        self._frame = frame
        self._back = public_url + BACK
        self._secure = public_url.startswith("https://")

    async def start(self, request: Request) -> Response:
        """Send the browser to the issuer, with a secret that only this browser can give back."""
        try:
            where = await self._endpoint("authorization_endpoint")
        except Problem as problem:
            return self._failed(request, problem)
        secret = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        address = prepare_grant_uri(
            where, self._other.client_id, "code", self._back, self._other.scope, secret["state"],
            nonce=secret["nonce"], code_challenge=create_s256_code_challenge(secret["verifier"]),
            code_challenge_method="S256",
        )  # fmt: skip
        kept = self._issuer.keep(secret | {"next": _own_path(request.query_params.get("next", "/"))}, UNDERWAY_FOR_S)
        response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
        response.set_cookie(
            UNDERWAY, kept, max_age=UNDERWAY_FOR_S, httponly=True, samesite="lax", path=BACK, secure=self._secure
        )
        return response

    async def back(self, request: Request) -> Response:
        """Take the browser in again: open its session, or say why not."""
        try:
            kept, principal = await self._signed_in(request)
        except Problem as problem:
            response: Response = self._failed(request, problem)
        else:
            response = RedirectResponse(kept["next"], 303, {"Cache-Control": "no-store"})
            self._issuer.open_session(response, principal)
        response.delete_cookie(UNDERWAY, path=BACK, httponly=True, samesite="lax", secure=self._secure)
        return response

    async def _signed_in(self, request: Request) -> tuple[dict[str, str], Principal]:
        try:
            kept = self._issuer.kept(request.cookies.get(UNDERWAY, ""))
        except Problem as problem:
            raise Problem(SIGN_IN_FAILED, NOT_UNDER_WAY) from problem
        answer = request.query_params
        if not hmac.compare_digest(answer.get("state", "").encode(), kept["state"].encode()):
            raise Problem(SIGN_IN_FAILED, NOT_UNDER_WAY)
        if answer.get("iss", self._other.keys.issuer) != self._other.keys.issuer:  # RFC 9207
            raise Problem(SIGN_IN_FAILED, NOT_LET_IN)
        if "code" not in answer:
            raise Problem(SIGN_IN_FAILED, NOT_LET_IN)
        tokens = await self._exchanged(answer["code"], kept["verifier"])
        try:
            return kept, await self._principal(tokens, kept["nonce"])
        except Problem as problem:
            if problem.kind is ISSUER_SILENT:
                raise
            log.warning("the issuer's tokens were refused: %s", problem.detail)
            raise Problem(SIGN_IN_FAILED, NOT_FOR_US) from problem

    async def _exchanged(self, code: str, verifier: str) -> dict[str, Any]:
        """Return the tokens that a code stands for."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._back, "code_verifier": verifier}
        id, secret = self._other.client_id, self._other.client_secret
        auth = httpx.BasicAuth(quote(id, safe=""), quote(secret, safe="")) if secret else httpx.USE_CLIENT_DEFAULT
        where = await self._endpoint("token_endpoint")
        try:
            async with httpx.AsyncClient(timeout=FETCH_WITHIN_S, follow_redirects=False) as client:
                answer = await client.post(where, data=form if secret else form | {"client_id": id}, auth=auth)
            tokens = answer.json() if len(answer.content) <= DOCUMENT_BYTES_MAX else None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Problem(ISSUER_SILENT) from error
        except (ValueError, RecursionError) as error:
            raise Problem(SIGN_IN_FAILED, NOT_LET_IN) from error
        if not answer.is_success or not isinstance(tokens, dict) or not isinstance(tokens.get("id_token"), str):
            raise Problem(SIGN_IN_FAILED, NOT_LET_IN)
        return tokens

    async def _principal(self, tokens: dict[str, Any], nonce: str) -> Principal:
        """Return who signed in, by the identity token; what it leaves out the access token may add."""
        identity = await self._claims(tokens["id_token"], self._other.client_id)
        if not hmac.compare_digest(str(identity.get("nonce", "")).encode(), nonce.encode()):
            raise Problem(TOKEN_INVALID, "The identity token is for another sign-in.")
        if identity.get("azp", self._other.client_id) != self._other.client_id:
            raise Problem(TOKEN_INVALID, "The identity token is for another client.")
        try:
            access = await self._claims(str(tokens.get("access_token", "")), self._other.tokens.audience)
        except Problem:  # it need not be one that we can read
            access = {}
        more = access if access.get("sub") == identity["sub"] else {}
        return self._other.tokens.principal(more | identity)

    async def _claims(self, token: str, audience: str) -> dict[str, Any]:
        _, kid = unverified(token)
        await self._other.bring_keys(kid)
        return self._other.tokens.claims(token, kid, audience)[0]

    async def _endpoint(self, name: str) -> str:
        """Return an address that the issuer's discovery names."""
        if self._other.keys.discovered is None:
            await asyncio.to_thread(self._other.keys.read)
        where = (self._other.keys.discovered or {}).get(name)
        if not isinstance(where, str) or not as_safe_as(where, self._other.keys.issuer):
            raise Problem(ISSUER_SILENT)
        return where

    def _failed(self, request: Request, problem: Problem) -> Response:
        kind = problem.kind if problem.kind is ISSUER_SILENT else SIGN_IN_FAILED
        return self._frame.page(
            request, "sign_in_failed.html", kind.status, kind=kind, why=WHY.get(problem.detail or ""), again=START,
        )  # fmt: skip


def _own_path(text: str) -> str:
    """Return where to go after signing in: a path of this server, whatever a link asked for."""
    plain = text.isprintable() and text.isascii() and "\\" not in text and len(text) <= NEXT_LENGTH_MAX
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def sign_in_routes(issuer: DevelopmentIssuer, other: OtherIssuer, frame: Frame, public_url: str) -> APIRouter:
    """Return the two addresses of a browser's sign-in."""
    doors = SignIn(issuer, other, frame, public_url)
    router = APIRouter()
    for path, endpoint in ((START, doors.start), (BACK, doors.back)):
        router.routes.append(Route(path, endpoint, methods=["GET"], include_in_schema=False))
    return router
