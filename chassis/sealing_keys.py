"""The keys that heads are signed with: Ed25519, kept in one file, exchanged with an overlap.

A new key signs beside the old one until the old one is retired, so that whoever trusts either can check every head of
the time between. Public halves are never taken off the list: an old head stays checkable.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chassis.files import SecretUnusable, replace_durably

ID_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key, with its times as ISO 8601 in UTC.

    Args:
        private: 32 bytes as base64; "" once the key is retired, so that nobody can sign with it again.
    """

    key_id: str
    public: str
    private: str
    since: str
    retired_at: str = ""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What anybody may know of a key."""

    key_id: str
    public: str
    since: str
    retired_at: str = ""
    algorithm: str = "Ed25519"


class KeyInUse(ValueError):
    """The key is the last that signs, or there is no such key."""


class SealingKeys:
    """The keys of one installation; the newest comes last, and names the head."""

    def __init__(self, path: Path, makes_first: bool = True) -> None:
        """Take the file; it is read when it is needed, and anew when somebody has exchanged it.

        Args:
            makes_first: make the first key when something is signed; where processes share the file, another does.
        """
        self._path = path
        self._makes_first = makes_first
        self._read: tuple[int, int] | None = None
        self._known: tuple[SealingKey, ...] = ()

    @property
    def _keys(self) -> tuple[SealingKey, ...]:
        """Return the keys as they are now.

        Raises:
            SecretUnusable: the file is not as it was written.
        """
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return self._known
        if self._read != (stat.st_mtime_ns, stat.st_ino):
            try:
                self._known = msgspec.json.decode(self._path.read_bytes(), type=tuple[SealingKey, ...])
            except msgspec.DecodeError as error:
                raise SecretUnusable(f"the keys in {self._path.name} cannot be read: {error}") from error
            self._read = (stat.st_mtime_ns, stat.st_ino)
        return self._known

    def _signing(self) -> list[SealingKey]:
        return [key for key in self._keys if not key.retired_at]

    @property
    def can_sign(self) -> bool:
        return bool(self._signing())

    def newest(self, at: str) -> str:
        """Return the id of the newest key; the first is made now if there is none.

        Raises:
            SecretUnusable: there is none, and it is for others to make it.
        """
        if not self._signing():
            if not self._makes_first:
                raise SecretUnusable(f"no key in {self._path.name} signs heads: deploy/native/credentials.py makes one")
            self.add(at)
        return self._signing()[-1].key_id

    def add(self, at: str) -> str:
        """Make a key that signs from now on, beside those that are there; return its id."""
        made = Ed25519PrivateKey.generate()
        public = made.public_key().public_bytes_raw()
        fresh = SealingKey(sha256(public).hexdigest()[:ID_DIGITS], _text(public), _text(made.private_bytes_raw()), at)
        self._keep((*self._keys, fresh))
        return fresh.key_id

    def retire(self, key_id: str, at: str) -> None:
        """Let a key sign no more; its private half is destroyed.

        Raises:
            KeyInUse: no other key signs, or there is no such key that does.
        """
        if [key.key_id for key in self._signing()] == [key_id]:
            raise KeyInUse(f"{key_id} is the last key that signs; add another first")
        if key_id not in [key.key_id for key in self._signing()]:
            raise KeyInUse(f"no key {key_id} signs")
        self._keep(
            tuple(replace(key, private="", retired_at=at) if key.key_id == key_id else key for key in self._keys)
        )

    def _keep(self, keys: tuple[SealingKey, ...]) -> None:
        replace_durably(self._path, msgspec.json.format(msgspec.json.encode(keys)), 0o600)

    def sign(self, content: bytes) -> dict[str, str]:
        """Return a signature by every key that signs: its id → base64."""
        return {
            key.key_id: _text(Ed25519PrivateKey.from_private_bytes(_bytes(key.private)).sign(content))
            for key in self._signing()
        }

    def published(self) -> tuple[PublicKey, ...]:
        """Return the public half of every key there ever was."""
        return tuple(PublicKey(key.key_id, key.public, key.since, key.retired_at) for key in self._keys)


def signed_by(content: bytes, signatures: Mapping[str, str], keys: tuple[PublicKey, ...]) -> str:
    """Return "" if one of `keys` has signed the content and none of their signatures is wrong, else what is wrong."""
    known = {key.key_id: key for key in keys}
    if not known.keys() & signatures.keys():
        return f"it is signed by {', '.join(sorted(signatures)) or 'nobody'}, whom nobody here knows"
    for key_id in sorted(known.keys() & signatures.keys()):
        try:
            public = Ed25519PublicKey.from_public_bytes(_bytes(known[key_id].public))
            public.verify(_bytes(signatures[key_id]), content)
        except (InvalidSignature, ValueError):
            return f"the signature of {key_id} is not true"
    return ""


def public_keys_in(document: Any) -> tuple[PublicKey, ...]:
    """Return the keys of a published list that somebody kept.

    Raises:
        ValueError: it is no such list.
    """
    items = document.get("items") if isinstance(document, dict) else document
    return msgspec.convert(items, tuple[PublicKey, ...])


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
