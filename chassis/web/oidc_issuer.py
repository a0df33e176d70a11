"""This installation's own issuer, and the one place that says who sends a request.

The own issuer signs what a rehearsal's sign-in, a browser's session and `lienthong token` need; where another issuer is
configured (`LIENTHONG_OIDC_ISSUER`), tokens of both are taken, each checked with the keys of the issuer it names.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from chassis.files import kept_secret
from chassis.web.auth_filter import NOBODY, Principal
from chassis.web.oidc_keys import OwnKeys
from chassis.web.oidc_other import OtherIssuer
from chassis.web.oidc_tokens import ClaimNames, TokenCheck, unverified
from chassis.web.problem import CSRF, TOKEN_INVALID, Problem

AUDIENCE: Final = "lienthong"
COOKIE: Final = "lienthong_session"
CSRF_HEADER: Final = "x-csrf-token"
TOKEN_LIFETIME_S: Final = 12 * 3600
KEPT_BY_BROWSERS: Final = "lienthong browsers"
LOCAL_URL: Final = "http://127.0.0.1:8080"


class DevelopmentIssuer:
    """Issues tokens with keys kept in the data folder, and says of every request who sends it.

    Times are the wall's, never a rehearsal's.

    Args:
        key_file: of the first signing key; the secret of the sessions stands beside it.
        url: how others know this issuer (`iss` of what its sign-in gives them).
        other: the issuer that is configured beside this one.
    """

    def __init__(self, key_file: Path, url: str = LOCAL_URL, other: OtherIssuer | None = None) -> None:
        self.keys = OwnKeys(key_file)
        self.url = url
        self.other = other
        self._secret = kept_secret(key_file.with_name("session.key"))
        self._own = TokenCheck((AUDIENCE, url), AUDIENCE, self.keys, ClaimNames(), None)
        self._secure = url.startswith("https://")

    def issue(
        self, principal: Principal, lifetime_s: int = TOKEN_LIFETIME_S, iss: str = AUDIENCE, aud: str = AUDIENCE,
        **more: str,
    ) -> str:  # fmt: skip
        """Return a token that speaks for a principal.

        Args:
            more: further claims, such as the `nonce` of a sign-in.
        """
        now = int(time.time())
        claims: dict[str, Any] = {"iss": iss, "aud": aud, "sub": principal.id, "iat": now, "exp": now + lifetime_s}
        claims |= {"role": principal.role, "agency": principal.agency, "person": principal.person}
        claims |= {"procedures": list(principal.procedures), "steps": list(principal.steps)}
        return self.keys.sign(claims | more)

    def check(self, token: str) -> Principal:
        """Return for whom a bearer token speaks.

        Raises:
            Problem: it is expired, of no issuer trusted here, or not a token.
        """
        known = self._own.at_hand(token) or (self.other and self.other.tokens.at_hand(token))
        if known:
            return known
        issuer, _ = unverified(token)
        if self.other is not None and issuer == self.other.tokens.issuers[0]:
            return self.other.tokens.check(token)
        return self._own.check(token)

    def csrf_token(self, session: str) -> str:
        """Return the token that a page of this session must send back with every command."""
        return hmac.new(self._secret, b"csrf " + session.encode(), hashlib.sha256).hexdigest()[:32]

    def open_session(self, response: Response, principal: Principal) -> str:
        """Begin a browser's session with this answer; return its CSRF token."""
        token = self.issue(principal)
        response.set_cookie(COOKIE, token, max_age=TOKEN_LIFETIME_S, httponly=True, samesite="lax", secure=self._secure)
        return self.csrf_token(token)

    def end_session(self, response: Response) -> None:
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self._secure)

    def keep(self, fields: Mapping[str, str], for_s: int) -> str:
        """Return fields as a signed text that a browser may keep for a while and nobody can alter."""
        now = int(time.time())
        claims = {"iss": AUDIENCE, "aud": KEPT_BY_BROWSERS, "sub": KEPT_BY_BROWSERS, "exp": now + for_s}
        return self.keys.sign({**claims, "fields": dict(fields)})

    def kept(self, text: str) -> dict[str, str]:
        """Return the fields that a browser kept.

        Raises:
            Problem: the text is none of ours, was altered, or its time is over.
        """
        _, kid = unverified(text)
        fields: dict[str, str] = self._own.claims(text, kid, KEPT_BY_BROWSERS)[0]["fields"]
        return fields

    def principal_of(self, request: Request) -> Principal:
        """Return who sends a request: by bearer token, by a page's session (commands with CSRF token), or nobody."""
        header = request.headers.get("authorization", "")
        if header:
            return self.check(_bearer(header))
        session = request.cookies.get(COOKIE)
        if not session:
            return NOBODY
        if request.method in ("GET", "HEAD"):
            try:
                return self._own.check(session)
            except Problem:
                return NOBODY
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.csrf_token(session).encode()):
            raise Problem(CSRF, f"Send the page's token in the header {CSRF_HEADER}.")
        return self._own.check(session)


def _bearer(header: str) -> str:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Problem(TOKEN_INVALID, "Send `Authorization: Bearer <token>`.")
    return token
