"""Another OpenID Connect issuer, trusted by configuration: its keys are brought to hand before a token needs them."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.settings import Settings
from chassis.vault import Vault
from chassis.web.auth_filter import ROLES
from chassis.web.oidc_keys import PublishedKeys
from chassis.web.oidc_tokens import ClaimNames, TokenCheck, unverified
from chassis.web.problem import Problem

BEARER: Final = b"bearer "


class OtherIssuer:
    """The issuer that an operator names.

    Args:
        client_id, client_secret: as which this installation signs its people in there; a public client has no secret.
        scope: what a sign-in asks for.
    """

    def __init__(self, settings: Settings, vault: Vault) -> None:
        def person_of(personal_id: str) -> str:
            person = vault.person("personal_id", personal_id)
            vault.keep(person)
            return person

        self.keys = PublishedKeys(settings.oidc_issuer)
        self.client_id = settings.oidc_client_id
        self.client_secret = settings.oidc_client_secret
        self.scope = settings.oidc_scope
        names = ClaimNames(
            id=settings.oidc_claim_id,
            role=settings.oidc_claim_role,
            agency=settings.oidc_claim_agency,
            person=settings.oidc_claim_person,
            personal_id=settings.oidc_claim_personal_id,
            procedures=settings.oidc_claim_procedures,
            steps=settings.oidc_claim_steps,
            roles=roles_in(settings.oidc_roles),
        )
        self.tokens = TokenCheck((settings.oidc_issuer,), settings.oidc_audience, self.keys, names, person_of)

    async def bring_keys(self, kid: str) -> None:
        """Wait for a reading of the issuer's keys if this one is not at hand."""
        if self.keys.wanted(kid):
            await asyncio.to_thread(self.keys.read)

    def renew_keys(self) -> None:
        """Have keys that have grown old read again, while those at hand go on being used."""
        if self.keys.grown_old():
            asyncio.get_running_loop().run_in_executor(None, self.keys.read)


def other_issuer(settings: Settings, vault: Vault) -> OtherIssuer | None:
    """Return the issuer that is configured, or None.

    Raises:
        ValueError: what is configured is no address, or translates to roles that there are not.
    """
    if not settings.oidc_issuer:
        return None
    try:
        url = urlsplit(settings.oidc_issuer)
    except ValueError as error:
        raise ValueError(f"LIENTHONG_OIDC_ISSUER is no address: {error}") from error
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("LIENTHONG_OIDC_ISSUER must begin with https:// (or http:// where nobody listens between)")
    return OtherIssuer(settings, vault)


def roles_in(text: str) -> dict[str, str]:
    """Return the translation of roles that an operator wrote as `theirs=ours, theirs=ours`."""
    pairs = [part.strip().rpartition("=") for part in text.split(",") if part.strip()]
    wrong = [part for part in pairs if not part[0] or part[2].strip() not in ROLES]
    if wrong:
        raise ValueError(f"LIENTHONG_OIDC_ROLES: write `theirs=ours`, where ours is one of {', '.join(ROLES)}")
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}


class KeysAtHand:
    """Before a request with a token of the other issuer is answered, bring the key to hand that checks it."""

    def __init__(self, app: ASGIApp, other: OtherIssuer) -> None:
        self._app = app
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"authorization", b"")
            if header[: len(BEARER)].lower() == BEARER:
                await self._prepare(header[len(BEARER) :].decode("latin-1"))
        await self._app(scope, receive, send)

    async def _prepare(self, token: str) -> None:
        if self._other.tokens.at_hand(token) is not None:
            self._other.renew_keys()
            return
        try:
            issuer, kid = unverified(token)
        except Problem:
            return
        if issuer == self._other.tokens.issuers[0]:
            await self._other.bring_keys(kid)
