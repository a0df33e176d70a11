"""Who may ask a process that strangers do not reach, and what: a bearer token for each, of which only a hash rests.

A line of the file of tokens is `name:SHA-256 of the token` and, where the caller may do something else than is usual,
`:` and its rights, as `front:9f86d0…:seal,open,search,forget`.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

BEARER: Final = b"bearer "
DIGEST_LENGTH: Final = 64
TOKEN_LENGTH_MIN: Final = 20


class CredentialsUnusable(ValueError):
    """The file of tokens is not as it has to be; what stands in it is not said again."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what they may."""

    name: str
    rights: frozenset[str]


class Credentials:
    """Every caller that is let in."""

    def __init__(self, text: str, known: Iterable[str], usual: Iterable[str]) -> None:
        """Read a file of tokens.

        Args:
            known: every right there is.
            usual: what a caller may whose line names no rights.

        Raises:
            CredentialsUnusable: a line is not of that form, a name or a token comes twice, or there is none.
        """
        self._callers: dict[str, Caller] = {}
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        for number, line in enumerate(lines, 1):
            name, digest, *rights = line.split(":")
            caller = Caller(name, frozenset(rights[0].split(",") if rights else usual))
            unknown = sorted(caller.rights - frozenset(known))
            if not name or len(rights) > 1 or len(digest) != DIGEST_LENGTH or not _is_hex(digest):
                raise CredentialsUnusable(f"line {number} of the tokens is not name:sha256 or name:sha256:rights")
            if unknown:
                raise CredentialsUnusable(f"{name} is given rights that do not exist: {', '.join(unknown)}")
            if digest.lower() in self._callers or any(one.name == name for one in self._callers.values()):
                raise CredentialsUnusable(f"{name} or its token stands there twice")
            self._callers[digest.lower()] = caller
        if not self._callers:
            raise CredentialsUnusable("there is no token: nobody could ask")

    def caller(self, authorization: bytes) -> Caller | None:
        """Return who shows this `Authorization`, None where nobody is known by it; every line takes the same time."""
        if authorization[: len(BEARER)].lower() != BEARER:
            return None
        shown = sha256(authorization[len(BEARER) :].strip()).hexdigest()
        found = None
        for digest, caller in self._callers.items():
            if hmac.compare_digest(digest, shown):
                found = caller
        return found


def lines_of(tokens: Mapping[str, str], rights: Mapping[str, Iterable[str]]) -> str:
    """Return the file of tokens: name → token, name → rights."""
    assert all(len(token) >= TOKEN_LENGTH_MIN for token in tokens.values()), "a token must not be guessed"
    return "".join(
        f"{name}:{sha256(token.encode()).hexdigest()}:{','.join(sorted(rights[name]))}\n"
        for name, token in tokens.items()
    )


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdefABCDEF" for letter in text)
