"""The keys that everything personal hangs on: the master key, what it wraps, and the keyed look-up index.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 art. 14 (what is deleted cannot be recovered: without its key it is not).

The master key comes from a file that only its owner may read, or from the environment (`LIENTHONG_VAULT_KEY`); never
from both, unless they are the same. It wraps a key for each person and the keys of the index; it seals nothing itself.
"""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.files import SECRET_BYTES, SecretUnusable, kept_secret, replace_durably

NONCE_BYTES = 12
INDEX = "index"
LEGACY_INDEX = b"lienthong look-up index"
"""What the first version derived its index key from; such a key is kept, wrapped, as the first of the index's keys."""
WRONG_MASTER = "the master key is not the one that this vault's keys are wrapped with"
VARIABLE = "LIENTHONG_VAULT_KEY"
NOT_A_DIGIT = re.compile(r"[^0-9]")


class CannotOpen(ValueError):
    """The sealed value is not one of this vault's, was altered, or its key is gone."""


class Master:
    """The master key: wraps other keys, each bound to what it is the key of."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._cipher = AESGCM(key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Master) and hmac.compare_digest(self._key, other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def wrap(self, key: bytes, whose: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, whose.encode())

    def unwrap(self, wrapped: bytes, whose: str) -> bytes:
        """Return a wrapped key.

        Raises:
            CannotOpen: it was wrapped with another master key, or for somebody else.
        """
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], whose.encode())
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(WRONG_MASTER) from error

    def write(self, file: Path) -> None:
        """Write the key into a file that only its owner may read."""
        replace_durably(file, self._key, 0o600)

    def derived_index_key(self) -> bytes:
        """Return the index key of a vault that the first version made."""
        return hmac.digest(self._key, LEGACY_INDEX, "sha256")


def next_to(file: Path) -> Path:
    """Return where the next master key stands while the keys are wrapped anew under it."""
    return file.with_name(file.name + ".next")


def masters(file: Path, given: str) -> tuple[Master, ...]:
    """Return the master key, and behind it the one that an interrupted rotation was changing to.

    Args:
        given: the key from the environment in base64, or "".

    Raises:
        SecretUnusable: the key is not whole, or file and environment name two different ones.
    """
    if not given:
        first = Master(kept_secret(file))
        following = next_to(file)
        return (first, Master(kept_secret(following))) if following.exists() else (first,)
    key = from_base64(given)
    if file.exists() and not hmac.compare_digest(kept_secret(file), key):
        raise SecretUnusable(
            f"{VARIABLE} and {file.name} are different keys: take away the one that is not this vault's"
        )
    return (Master(key),)


def fitting(offered: Sequence[Master], witness: Iterable[tuple[bytes, str]]) -> Master:
    """Return the first master key that unwraps what a vault keeps.

    Args:
        witness: wrapped keys, each with whose it is.

    Raises:
        CannotOpen: none does, or none was offered.
    """
    told = tuple(witness)
    for number, master in enumerate(offered):
        try:
            for wrapped, whose in told:
                master.unwrap(wrapped, whose)
        except CannotOpen:
            if number == len(offered) - 1:
                raise
        else:
            return master
    raise CannotOpen("the vault was given no master key")


def from_base64(text: str) -> bytes:
    """Return a master key that is written in base64.

    Raises:
        SecretUnusable: it is not base64 of 32 bytes. What was given is not said again.
    """
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SecretUnusable(f"{VARIABLE} is not base64") from error
    if len(key) != SECRET_BYTES:
        raise SecretUnusable(f"{VARIABLE} must be {SECRET_BYTES} bytes in base64, it has {len(key)}")
    return key


def digest_of(index_keys: Sequence[bytes], kind: str, identifier: str) -> bytes:
    """Return what stands in the index for an identifier.

    Each rotation digests what stood there once more under a key of its own, so whoever has an older master key and a
    newer index still finds nobody.
    """
    digest = f"{kind}:{identifier}".encode()
    for key in index_keys:
        digest = hmac.digest(key, digest, "sha256")
    return digest


def normalised(kind: str, identifier: str) -> str:
    """Return an identifier as the index knows it, however it was written: a phone number is its national digits."""
    if kind != "phone":
        return identifier.strip()
    digits = NOT_A_DIGIT.sub("", identifier)
    for country in ("0084", "84"):
        if digits.startswith(country) and len(digits) > len(country) + 7:
            return "0" + digits[len(country) :].lstrip("0")
    return digits
