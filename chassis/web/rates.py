"""How often somebody without a name may look a dossier up or try a password: a bucket of tokens for each address.

Codes of dossiers are numbers in a row, so whoever may ask without end knows them all. Who has signed in is known by
name and is not held up; a rehearsal, where anybody may be anybody, holds up nobody.
"""

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.limits import CALLERS_REMEMBERED_MAX, UNSOLICITED_BURST, UNSOLICITED_PER_MINUTE
from chassis.web import problem
from chassis.web.auth import COOKIE, DevelopmentIssuer
from chassis.web.problem import Problem

WATCHED: Final = re.compile(
    r"/dossiers/.|/parcels/.|/api/v1/(dossiers/.|reports/|parcels|people|payment-callbacks/)|/gateways/portal/"
)
"""Addresses that tell whether something exists, or take a password."""
IPV6_NETWORK_BITS: Final = 64
PER_SECOND: Final = UNSOLICITED_PER_MINUTE / 60


class Buckets:
    """A bucket for each caller; the longest unseen is forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait_for(self, caller: str) -> float:
        """Take one token of a caller; return 0, or the seconds until there is one again."""
        now = self._clock()
        full_at = max(self._full_at.pop(caller, now), now)
        missing = (full_at - now) * PER_SECOND
        wait = (missing + 1 - UNSOLICITED_BURST) / PER_SECOND
        self._full_at[caller] = full_at if wait > 0 else full_at + 1 / PER_SECOND
        if len(self._full_at) > CALLERS_REMEMBERED_MAX:
            self._full_at.popitem(last=False)
        return max(wait, 0.0)


def caller_of(scope: Scope) -> str:
    """Return by which address a caller is counted: one person may have a whole network of IPv6 addresses."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)


class Unsolicited:
    """Hold up whoever asks too often without having signed in."""

    def __init__(self, app: ASGIApp, issuer: DevelopmentIssuer) -> None:
        self._app = app
        self._issuer = issuer
        self._buckets = Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and WATCHED.match(scope["path"]) and self._is_unsolicited(scope):
            wait = self._buckets.wait_for(caller_of(scope))
            if wait:
                refusal = problem.document(problem.TOO_OFTEN, None, (), scope.get("lienthong.trace", ""))
                answer = problem.response(refusal, {"Retry-After": str(math.ceil(wait))})
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_unsolicited(self, scope: Scope) -> bool:
        """What bears a token of an unknown issuer is counted too: it may be one of many guesses."""
        request = Request(scope)
        if "authorization" not in request.headers and COOKIE not in request.cookies:
            return True
        try:
            return self._issuer.principal_of(request).is_anonymous
        except Problem:
            return True
