"""Checks a token wholly — signature, issuer, audience, times — and reads from its claims for whom it speaks.

Law: Luật 91/2025/QH15 (a personal id that an issuer tells is exchanged for the vault's opaque one at once).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import jwt

from chassis.web.auth_filter import ROLES, Principal
from chassis.web.oidc_keys import Keys
from chassis.web.problem import ISSUER_SILENT, TOKEN_EXPIRED, TOKEN_INVALID, Problem
from kernel.codes import InvalidCode, PersonalId

CLOCK_SKEW_S: Final = 30
"""How far an issuer's clock may differ from this one."""
TOKENS_REMEMBERED: Final = 10_000
CHECKED_ANEW_AFTER_S: Final = 3600
TOKEN_LENGTH_MAX: Final = 16_384
CLAIM_LENGTH_MAX: Final = 200
CODES_MAX: Final = 100

Claims = Mapping[str, Any]
PersonOf = Callable[[str], str] | None
"""Personal id → the vault's opaque id, durably known; None for an issuer whose ids are opaque already: our own."""


def unverified(token: str) -> tuple[str, str]:
    """Return which issuer and which key a token names, unchecked: only to know whose key to check it with."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise Problem(TOKEN_INVALID, f"A token has at most {TOKEN_LENGTH_MAX} characters.")
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise Problem(TOKEN_INVALID, "This is no token.") from error
    issuer, kid = claims.get("iss", ""), header.get("kid", "")
    return issuer if isinstance(issuer, str) else "", kid if isinstance(kid, str) else ""


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Which claims of an issuer say what; a dot leads into a claim (`resource_access.lienthong.roles`).

    Args:
        id: an opaque id that stays the same for the same person or system.
        role: one of this platform's roles, or words that `roles` translates; a list may hold others beside.
        person: the vault's opaque id, which only this platform's own issuer knows.
        personal_id: personal id of a natural person, where the issuer is trusted to tell it; "": it tells none.
        roles: the issuer's word → role of this platform; without any the words are the same.
    """

    id: str = "sub"
    role: str = "role"
    agency: str = "agency"
    person: str = "person"
    personal_id: str = ""
    procedures: str = "procedures"
    steps: str = "steps"
    roles: Mapping[str, str] = field(default_factory=dict)

    def principal(self, claims: Claims, person_of: PersonOf) -> Principal:
        """Return for whom claims speak.

        Raises:
            Problem: they name nobody, no role of this platform, or more than one.
        """
        person = _text(claims, self.person)
        if person_of is not None and (number := _text(claims, self.personal_id)):
            person = person_of(_personal_id(number))
        role, id = self._role(claims), _text(claims, self.id)
        if not id:
            raise Problem(TOKEN_INVALID, "The token names nobody.")
        return Principal(
            id=_opaque(id, person_of),
            role=role,
            agency=_text(claims, self.agency),
            person=person,
            procedures=_codes(claims, self.procedures),
            steps=_codes(claims, self.steps),
        )

    def _role(self, claims: Claims) -> str:
        given = _claim(claims, self.role)
        words = given if isinstance(given, list) else [given]
        told = [self.roles.get(word, "") if self.roles else word for word in words if isinstance(word, str)]
        roles = list(dict.fromkeys(role for role in told if role in ROLES))
        if len(roles) != 1:
            said = "more than one role" if roles else "no role"
            raise Problem(TOKEN_INVALID, f"The token names {said} of this platform.")
        return roles[0]


def _claim(claims: Claims, name: str) -> Any:
    """Return a claim, by its whole name or along the dots in it; None where there is none."""
    if not name or name in claims:
        return claims.get(name)
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(claims: Claims, name: str) -> str:
    found = _claim(claims, name)
    if found is None:
        return ""
    if not isinstance(found, str) or len(found) > CLAIM_LENGTH_MAX or not found.isprintable():
        raise Problem(TOKEN_INVALID, f"The claim {name} is no short text.")
    return found


def _codes(claims: Claims, name: str) -> tuple[str, ...]:
    """Return a list of codes. What is no such list would widen the right to everything, so the token is refused."""
    found = _claim(claims, name)
    if found is None:
        return ()
    if not isinstance(found, list) or len(found) > CODES_MAX or not all(isinstance(one, str) for one in found):
        raise Problem(TOKEN_INVALID, f"The claim {name} is no short list of codes.")
    return tuple(found)


def _personal_id(text: str) -> str:
    try:
        return str(PersonalId.parse(text))
    except InvalidCode as error:
        raise Problem(TOKEN_INVALID, "What the token tells as a personal id is none.") from error


def _opaque(id: str, person_of: PersonOf) -> str:
    """Return an id that may stand in events: an issuer whose subject is a personal id gets the vault's instead."""
    if person_of is None:
        return id
    try:
        return person_of(str(PersonalId.parse(id)))
    except InvalidCode:
        return id


class Known(NamedTuple):
    """A token that was checked: until when it holds, under which key, and for whom it speaks."""

    until: int
    kid: str
    key: jwt.PyJWK
    principal: Principal


class TokenCheck:
    """Checks the tokens of one issuer; one that was seen before costs a look into a table until it or its key ends.

    Args:
        issuers: what `iss` may say.
        audience: what `aud` must say, or one of what it says.
    """

    def __init__(
        self, issuers: tuple[str, ...], audience: str, keys: Keys, names: ClaimNames, person_of: PersonOf
    ) -> None:
        self.issuers = issuers
        self.keys = keys
        self.audience = audience
        self._names = names
        self._person_of = person_of
        self._known: dict[str, Known] = {}

    def at_hand(self, token: str) -> Principal | None:
        """Return for whom a token speaks that was checked before and still holds."""
        known = self._known.get(token)
        if known is None or time.time() >= known.until or self.keys.find(known.kid) is not known.key:
            return None
        return known.principal

    def check(self, token: str) -> Principal:
        """Return for whom a token speaks.

        Raises:
            Problem: it is expired, not ours, or not a token; or nobody can say now, because the issuer is silent.
        """
        known = self.at_hand(token)
        if known is not None:
            return known
        _, kid = unverified(token)
        claims, key = self.claims(token, kid, self.audience)
        principal = self._names.principal(claims, self._person_of)
        if len(self._known) >= TOKENS_REMEMBERED:
            self._known.clear()
        until = min(int(claims["exp"]), int(time.time()) + CHECKED_ANEW_AFTER_S)
        self._known[token] = Known(until, kid, key, principal)
        return principal

    def claims(self, token: str, kid: str, audience: str) -> tuple[dict[str, Any], jwt.PyJWK]:
        """Return what a token says, once everything about it was checked, and the key that vouches for it."""
        key = self.keys.find(kid)
        if key is None and not self.keys.refuses(kid):
            raise Problem(ISSUER_SILENT, "Send the same request again.")
        if key is None:
            raise Problem(TOKEN_INVALID, "The token is signed with no key that its issuer publishes.")
        try:
            claims: dict[str, Any] = jwt.decode(
                token, key, algorithms=[key.algorithm_name], audience=audience, issuer=self.issuers,
                leeway=CLOCK_SKEW_S, options={"require": ["exp", "sub", "aud", "iss"]},
            )  # fmt: skip
        except jwt.ExpiredSignatureError as error:
            raise Problem(TOKEN_EXPIRED, "Ask the issuer for a new token.") from error
        except (jwt.InvalidTokenError, ValueError, RecursionError, OverflowError) as error:
            raise Problem(TOKEN_INVALID, str(error)) from error
        return claims, key

    def principal(self, claims: Claims) -> Principal:
        """Return for whom claims that were checked already speak."""
        return self._names.principal(claims, self._person_of)
