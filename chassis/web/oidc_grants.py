"""What a sign-in at the development issuer is about: the client's request, and the code that is exchanged for tokens.

Law of the protocol: RFC 6749 §4.1 (authorization code), RFC 7636 (PKCE, S256 only), RFC 8252 §7.3 (loopback addresses).
"""

import hmac
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from chassis.web.auth_filter import Principal
from chassis.web.problem import MALFORMED, Problem

CODE_LIFETIME_S: Final = 60.0
CODES_OUTSTANDING_MAX: Final = 1_000
FIELD_LENGTH_MAX: Final = 500
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """What a client asks for when it sends a browser here."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str

    @classmethod
    def read(cls, asked: Mapping[str, str], own_url: str) -> Self:
        """Read a request.

        Raises:
            Problem: it is none that this issuer answers; the browser is not sent on, for the address may be anybody's.
        """
        needed = {"response_type": "code", "code_challenge_method": "S256"}
        wrong = [(name, f"must be {value}") for name, value in needed.items() if asked.get(name) != value]
        if "openid" not in asked.get("scope", "").split():
            wrong.append(("scope", "must have openid"))
        fields = {name: asked.get(name, "") for name in cls.__slots__}
        wrong += [(name, f"has more than {FIELD_LENGTH_MAX} characters") for name, text in fields.items() if
                  len(text) > FIELD_LENGTH_MAX]  # fmt: skip
        if not fields["client_id"]:
            wrong.append(("client_id", "is missing"))
        if not CHALLENGE.fullmatch(fields["code_challenge"]):
            wrong.append(("code_challenge", "is no SHA-256 in base64url"))
        if not _may_be_sent_to(fields["redirect_uri"], own_url):
            wrong.append(("redirect_uri", "must be an address of this machine or of this installation"))
        if wrong:
            raise Problem(MALFORMED, "This is no request for a sign-in.", wrong)
        return cls(**fields)

    @property
    def origin(self) -> str:
        """Where the browser is sent, as a content security policy names it."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"


def _may_be_sent_to(address: str, own_url: str) -> bool:
    """Say whether a code may go there: this machine's addresses (RFC 8252), and this installation itself."""
    if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]/_-]+", address):
        return False
    try:
        host, _ = urlsplit(address).hostname, urlsplit(address).port
    except ValueError:  # what stands where the port should be may be the end of another name
        return False
    return host in LOOPBACK or address.startswith(f"{own_url}/")


@dataclass(frozen=True, slots=True)
class Grant:
    """A sign-in that took place and waits for its client to fetch the tokens."""

    request: SignInRequest
    principal: Principal
    until: float


class Grants:
    """The codes given out; each is good once and for a minute."""

    def __init__(self) -> None:
        self._waiting: dict[str, Grant] = {}

    def give(self, request: SignInRequest, principal: Principal) -> str:
        """Return a code for a sign-in that took place."""
        while len(self._waiting) >= CODES_OUTSTANDING_MAX:
            del self._waiting[next(iter(self._waiting))]
        code = secrets.token_urlsafe(32)
        self._waiting[code] = Grant(request, principal, time.monotonic() + CODE_LIFETIME_S)
        return code

    def take(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> Grant | None:
        """Return what a code stands for, if its own client asks; asked for wrongly it is spent all the same."""
        grant = self._waiting.pop(code, None)
        if grant is None or time.monotonic() > grant.until:
            return None
        asked = grant.request
        if (client_id, redirect_uri) != (asked.client_id, asked.redirect_uri) or not verifier.isascii():
            return None
        proof = create_s256_code_challenge(verifier)
        return grant if hmac.compare_digest(proof.encode(), asked.code_challenge.encode()) else None
