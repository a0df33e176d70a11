"""The portal's sessions: it signs in with its account and gets a text that it sends with every message.

The text carries the end of its own life and a signature, so nothing has to be remembered and a restart ends no session.
"""

import hashlib
import hmac
import os
import secrets
import time
from dataclasses import dataclass
from typing import Self

SESSION_LIFETIME_S = 8 * 3600
REHEARSAL_PASSWORD = "rehearsal-only-password"


@dataclass(frozen=True, slots=True)
class Account:
    """The account that this installation gave the portal, and the generation of the interface it speaks."""

    password: str
    username: str = "dvcqg"
    generation: str = "2023"

    @classmethod
    def from_environment(cls, rehearsal: bool) -> Self:
        """Read `LIENTHONG_PORTAL_USERNAME`, `…_PASSWORD` and `…_GENERATION` where they are set.

        Without a password nobody signs in, except in a rehearsal, whose players know theirs.
        """
        names = {name: f"LIENTHONG_PORTAL_{name.upper()}" for name in ("username", "password", "generation")}
        given = {name: os.environ[variable] for name, variable in names.items() if variable in os.environ}
        return cls(**{"password": REHEARSAL_PASSWORD if rehearsal else secrets.token_urlsafe()} | given)

    def open(self, username: str, password: str) -> str | None:
        """Return a new session, or None where the account is another."""
        known = hmac.compare_digest(username.encode(), self.username.encode())
        if not hmac.compare_digest(password.encode(), self.password.encode()) or not known:
            return None
        return self._signed(str(int(time.time()) + SESSION_LIFETIME_S))

    def admits(self, session: str) -> bool:
        """Say whether a session was opened here and still lasts; its time is the wall's, never a rehearsal's."""
        ends, _, _ = session.partition(".")
        if not ends.isascii() or not ends.isdigit() or len(ends) > 12:
            return False
        return hmac.compare_digest(session.encode(), self._signed(ends).encode()) and time.time() < int(ends)

    def _signed(self, ends: str) -> str:
        key = hashlib.sha256(f"portal session {self.password}".encode()).digest()
        return f"{ends}.{hmac.new(key, ends.encode(), hashlib.sha256).hexdigest()}"
