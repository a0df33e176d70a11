"""The keys that check tokens: this installation's own, kept in files, and those that another issuer publishes.

A key checks signatures of the one algorithm that it is made for, so that no token can choose how it is checked.
"""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import OKPAlgorithm

from chassis.codec import encode
from chassis.files import kept_secret

log = logging.getLogger("lienthong.sign_in")

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
RSA_BITS_MIN: Final = 2048
DISCOVERY: Final = "/.well-known/openid-configuration"

OWN_KEYS_LOOKED_AT_EVERY_S: Final = 5.0
"""After how long a running server notices that `lienthong issuer rotate` made or withdrew a key."""
KEYS_READ_ANEW_AFTER_S: Final = 300.0
"""After how long published keys are read again, so that a withdrawn one is noticed."""
REFETCH_FLOOR_S: Final = 10.0
"""At most so often is an issuer asked for keys, however many tokens name a key that is not known."""
FETCH_WITHIN_S: Final = 5.0
DOCUMENT_BYTES_MAX: Final = 262_144
KEYS_MAX: Final = 100


class IssuerUnusable(Exception):
    """An issuer does not answer, or not with what OpenID Connect Discovery asks for."""


class Keys(Protocol):
    """Where the keys of one issuer are found."""

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of this name, as far as it is at hand; an empty name means the only key there is."""
        ...

    def refuses(self, kid: str) -> bool:
        """Say whether a key that is not at hand is surely none of the issuer's; False: nobody can say now."""
        ...


def _named(keys: Mapping[str, jwt.PyJWK], kid: str) -> jwt.PyJWK | None:
    if not kid and len(keys) == 1:
        return next(iter(keys.values()))
    return keys.get(kid)


class OwnKeys:
    """This installation's signing keys: one file each (32 bytes, Ed25519), the newest signs, all of them check.

    Args:
        first: file of the first key; its successors stand beside it (`issuer.key`, `issuer.2.key`, …).
    """

    def __init__(self, first: Path) -> None:
        self._first = first
        self._looked_at = 0.0
        self._private: dict[Path, Ed25519PrivateKey] = {}
        self._public: dict[str, jwt.PyJWK] = {}
        self._names: dict[Path, str] = {}
        self._look()

    def find(self, kid: str) -> jwt.PyJWK | None:
        if time.monotonic() - self._looked_at > OWN_KEYS_LOOKED_AT_EVERY_S:
            self._look()
        return _named(self._public, kid)

    def refuses(self, kid: str) -> bool:
        return True

    def sign(self, claims: Mapping[str, Any], kind: str = "JWT") -> str:
        """Return claims as a token signed with the newest key."""
        self.find("")
        newest = list(self._private)[-1]
        headers = {"kid": self._names[newest], "typ": kind}
        return jwt.encode(dict(claims), self._private[newest], algorithm="EdDSA", headers=headers)

    def published(self) -> dict[str, Any]:
        """Return the public halves as a JSON Web Key Set (RFC 7517)."""
        self.find("")
        return {"keys": [_public_jwk(key) | {"kid": self._names[path]} for path, key in self._private.items()]}

    def rotate(self) -> str:
        """Make a new key, which signs from now on, and return its name; the old ones go on checking."""
        files = _files(self._first)
        fresh = self._first.with_suffix(f".{max(files) + 1}{self._first.suffix}")
        kept_secret(fresh)
        self._look()
        return self._names[fresh]

    def withdraw_old(self) -> list[str]:
        """Remove every key but the newest, and return their names; what they signed is no longer believed."""
        *old, _ = _files(self._first).values()
        names = [self._names[path] for path in old]
        for path in old:
            path.unlink()
        self._look()
        return names

    def _look(self) -> None:
        if not _files(self._first):
            kept_secret(self._first)
        paths = list(_files(self._first).values())
        if paths != list(self._private):
            private = {path: Ed25519PrivateKey.from_private_bytes(kept_secret(path)) for path in paths}
            jwks = {path: _public_jwk(key) for path, key in private.items()}
            self._names = {path: _thumbprint(jwk) for path, jwk in jwks.items()}
            public = {self._names[path]: jwt.PyJWK(jwk) for path, jwk in jwks.items()}
            self._public = public | {kid: key for kid, key in self._public.items() if kid in public}
            self._private = private
        self._looked_at = time.monotonic()


def _files(first: Path) -> dict[int, Path]:
    """Return the key files by number, oldest first."""
    named = re.compile(rf"{re.escape(first.stem)}(?:\.([0-9]{{1,6}}))?{re.escape(first.suffix)}")
    found = ((named.fullmatch(path.name), path) for path in first.parent.glob(f"{first.stem}*"))
    return dict(sorted((int(match.group(1) or 1), path) for match, path in found if match))


def _public_jwk(key: Ed25519PrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"alg": "EdDSA", "use": "sig"}


def _thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the name of a key that follows from the key itself (RFC 7638)."""
    members = encode({"crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"]})
    return jwt.utils.base64url_encode(hashlib.sha256(members).digest()).decode()


class PublishedKeys:
    """The keys that another issuer publishes; `find` never waits for the network, `read` is called where one may."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.discovered: Mapping[str, Any] | None = None
        self._keys: dict[str, jwt.PyJWK] = {}
        self._documents: dict[str, Any] = {}
        self._reading = threading.Lock()
        self._tried_at: float | None = None
        self._read_at: float | None = None
        self._failed = False

    def find(self, kid: str) -> jwt.PyJWK | None:
        return _named(self._keys, kid)

    def refuses(self, kid: str) -> bool:
        return self._read_at is not None and not self._failed

    def wanted(self, kid: str) -> bool:
        """Say whether it is worth waiting for a reading, because this key is not at hand."""
        return self.find(kid) is None and self._may_ask()

    def grown_old(self) -> bool:
        """Say whether the keys should be read again while the ones at hand go on being used."""
        old = self._read_at is None or time.monotonic() - self._read_at > KEYS_READ_ANEW_AFTER_S
        return old and self._may_ask() and not self._reading.locked()

    def _may_ask(self) -> bool:
        return self._tried_at is None or time.monotonic() - self._tried_at >= REFETCH_FLOOR_S

    def read(self) -> None:
        """Ask the issuer for its keys, unless somebody has just done so. Keys at hand stay when it does not answer."""
        with self._reading:
            if not self._may_ask():
                return
            try:
                self._take(*fetched(self.issuer))
            except IssuerUnusable as error:
                self._failed = True
                log.warning("the issuer %s cannot be read: %s", self.issuer, error)
            finally:
                self._tried_at = time.monotonic()

    def _take(self, discovered: Mapping[str, Any], documents: dict[str, Any]) -> None:
        """Take over what was read; a key that is the same stays the same object, so what it vouched for still holds."""
        keys = {kid: _usable(document) for kid, document in documents.items()}
        for kid, document in documents.items():
            if kid in self._keys and self._documents.get(kid) == document:
                keys[kid] = self._keys[kid]
        self._keys = {kid: key for kid, key in keys.items() if key is not None}
        self._documents, self.discovered = documents, discovered
        self._read_at, self._failed = time.monotonic(), False


def fetched(issuer: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Return an issuer's discovery document and its keys by name.

    Raises:
        IssuerUnusable: it does not answer, says that it is another, or its keys are none.
    """
    with httpx.Client(timeout=FETCH_WITHIN_S, follow_redirects=False) as client:
        discovered = _document(client, issuer.rstrip("/") + DISCOVERY)
        if discovered.get("issuer") != issuer:
            raise IssuerUnusable("it says that it is another issuer")
        where = discovered.get("jwks_uri")
        if not isinstance(where, str) or not as_safe_as(where, issuer):
            raise IssuerUnusable("the address of its keys is none, or less safe than its own")
        keys = _document(client, where).get("keys")
    if not isinstance(keys, list) or len(keys) > KEYS_MAX or not all(isinstance(one, dict) for one in keys):
        raise IssuerUnusable("what it publishes is no set of keys")
    return discovered, {str(one.get("kid", "")): one for one in keys}


def _document(client: httpx.Client, url: str) -> dict[str, Any]:
    try:
        with client.stream("GET", url) as answer:
            content = b""
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > DOCUMENT_BYTES_MAX:
                    raise IssuerUnusable(f"{url} has more than {DOCUMENT_BYTES_MAX} bytes")
            if answer.status_code != httpx.codes.OK:
                raise IssuerUnusable(f"{url} answers {answer.status_code}")
        body = httpx.Response(200, content=content).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as error:
        raise IssuerUnusable(f"{url}: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise IssuerUnusable(f"{url} is no JSON object")
    return body


def as_safe_as(url: str, issuer: str) -> bool:
    """Say whether an address that an issuer names is reached at least as safely as the issuer itself."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return False
    return scheme == "https" or (scheme == "http" and urlsplit(issuer).scheme == "http")


def _usable(document: Mapping[str, Any]) -> jwt.PyJWK | None:
    """Return a published key, if it is a public one that checks signatures in a way that is accepted here."""
    if document.get("use", "sig") != "sig" or "d" in document:
        return None
    try:
        key = jwt.PyJWK(dict(document))
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if key.algorithm_name not in ALGORITHMS:
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < RSA_BITS_MIN:
        return None
    return key
