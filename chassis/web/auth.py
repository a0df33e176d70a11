"""Who asks, and what they may: one filter for every command, read and list.

Law: NĐ 61/2018 art. 25 (an anonymous look-up shows a dossier's code and degree of completion only); NĐ 13/2023 and Luật
91/2025/QH15 (personal data is read for a stated purpose). The issuer here is for development and rehearsal.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from starlette.requests import Request

from chassis.files import kept_secret
from chassis.service import Scope
from chassis.web.problem import CSRF, SIGN_IN, TOKEN_EXPIRED, TOKEN_INVALID, Problem

APPLICANT = "applicant"
DESK_OFFICER = "desk_officer"
AGENCY_OFFICER = "agency_officer"
POSTAL_STAFF = "postal_staff"
ACCOUNTANT = "accountant"
INSPECTOR = "inspector"
SYSTEM = "system"
ANONYMOUS = "anonymous"
ROLES = (APPLICANT, DESK_OFFICER, AGENCY_OFFICER, POSTAL_STAFF, ACCOUNTANT, INSPECTOR, SYSTEM)

OWN = "own"
RECEIVING = "receiving"
ACTING = "acting"
ASSIGNED = "assigned"
ALL = "all"

AUDIENCE = "lienthong"
COOKIE = "lienthong_session"
CSRF_HEADER = "x-csrf-token"
TOKEN_LIFETIME_S = 12 * 3600
CLOCK_SKEW_S = 30
TOKENS_REMEMBERED = 10_000

# Parameters say whose they are, so that no filter of a list can be named like them and take their place.
CONDITIONS = {
    OWN: "(applicant=:principal_person OR submitter=:principal_person)",
    RECEIVING: "receiving_agency=:principal_agency",
    # LIKE has wildcards and, in SQLite, no regard for case: an agency would see another's.
    ACTING: "(receiving_agency=:principal_agency OR replace(agencies, :principal_acting, '') <> agencies)",
    ASSIGNED: "agency=:principal_agency",
    ALL: "1=1",
}
BY_AGENCY = (RECEIVING, ACTING, ASSIGNED)

Rights = Mapping[str, str]
"""Role → relation in which the thing must stand to the principal; a role that is not named may nothing."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `id` is opaque and stands in events; `person` is the vault's id of a natural person or firm."""

    id: str
    role: str
    agency: str = ""
    person: str = ""
    procedures: tuple[str, ...] = ()

    @property
    def is_anonymous(self) -> bool:
        return self.role == ANONYMOUS


NOBODY = Principal("anonymous", ANONYMOUS)


def may(principal: Principal, rights: Rights, scope: Scope | None) -> bool:
    """Say whether `principal` may do what `rights` name with a thing of this `scope` (None: it does not exist)."""
    relation = rights.get(principal.role)
    if relation is None or scope is None:
        return False
    if principal.procedures and scope.procedure not in principal.procedures:
        return False
    if relation == OWN:
        return bool(principal.person) and principal.person in scope.people
    if relation == RECEIVING:
        return bool(principal.agency) and principal.agency == scope.receiving
    if relation == ACTING:
        return bool(principal.agency) and principal.agency in (*scope.agencies, scope.receiving)
    if relation == ASSIGNED:
        return bool(principal.agency) and principal.agency == scope.assigned
    return relation == ALL


def restriction(principal: Principal, rights: Rights) -> tuple[str, dict[str, Any]]:
    """Return the SQL condition that leaves of a list what `may` would allow.

    A listed table names its columns `applicant`, `submitter`, `receiving_agency`, `agencies` (space-separated, with a
    space at both ends), `agency` (the one assigned) and `procedure`, as far as its rights need them.
    """
    relation = rights.get(principal.role)
    condition = "1=0" if relation is None else CONDITIONS[relation]
    if (relation == OWN and not principal.person) or (relation in BY_AGENCY and not principal.agency):
        condition = "1=0"
    params: dict[str, Any] = {"principal_person": principal.person, "principal_agency": principal.agency}
    params["principal_acting"] = f" {principal.agency} "
    if principal.procedures:
        names = {f"principal_procedure_{index}": code for index, code in enumerate(principal.procedures)}
        condition += f" AND procedure IN ({', '.join(':' + name for name in names)})"
        params |= names
    return condition, params


class DevelopmentIssuer:
    """Issues and checks bearer tokens with a key kept in the data folder; times are the wall's, never a rehearsal's."""

    def __init__(self, key_file: Path) -> None:
        self._key = kept_secret(key_file)
        self._known: dict[str, tuple[float, Principal]] = {}

    def issue(self, principal: Principal, lifetime_s: int = TOKEN_LIFETIME_S) -> str:
        now = int(time.time())
        claims = {"iss": AUDIENCE, "aud": AUDIENCE, "sub": principal.id, "iat": now, "exp": now + lifetime_s}
        claims |= {"role": principal.role, "agency": principal.agency, "person": principal.person}
        return jwt.encode(claims | {"procedures": list(principal.procedures)}, self._key, algorithm="HS256")

    def check(self, token: str) -> Principal:
        """Return whom a token speaks for.

        Raises:
            Problem: it is expired, not ours, or not a token.
        """
        known = self._known.get(token)
        if known is not None and time.time() < known[0]:
            return known[1]
        try:
            claims = jwt.decode(
                token, self._key, algorithms=["HS256"], audience=AUDIENCE, issuer=AUDIENCE, leeway=CLOCK_SKEW_S,
                options={"require": ["exp", "sub", "aud", "iss"]},
            )  # fmt: skip
        except jwt.ExpiredSignatureError as error:
            raise Problem(TOKEN_EXPIRED, "Ask the issuer for a new token.") from error
        except jwt.InvalidTokenError as error:
            raise Problem(TOKEN_INVALID, str(error)) from error
        if claims.get("role") not in ROLES:
            raise Problem(TOKEN_INVALID, "The token names no role of this platform.")
        principal = Principal(
            claims["sub"], claims["role"], claims.get("agency", ""), claims.get("person", ""),
            tuple(claims.get("procedures", ())),
        )  # fmt: skip
        if len(self._known) >= TOKENS_REMEMBERED:
            self._known.clear()
        self._known[token] = (float(claims["exp"]), principal)
        return principal

    def csrf_token(self, session: str) -> str:
        """Return the token that a page of this session must send back with every command."""
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()[:32]

    def principal_of(self, request: Request) -> Principal:
        """Return who sends a request: by bearer token, by a page's session (commands with CSRF token), or nobody."""
        header = request.headers.get("authorization", "")
        if header:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Problem(TOKEN_INVALID, "Send `Authorization: Bearer <token>`.")
            return self.check(token)
        session = request.cookies.get(COOKIE)
        if not session:
            return NOBODY
        if request.method in ("GET", "HEAD"):
            try:
                return self.check(session)
            except Problem:
                return NOBODY
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.csrf_token(session).encode()):
            raise Problem(CSRF, f"Send the page's token in the header {CSRF_HEADER}.")
        return self.check(session)


def signed_in(principal: Principal) -> Principal:
    """Return the principal if it is somebody."""
    if principal.is_anonymous:
        raise Problem(SIGN_IN)
    return principal
