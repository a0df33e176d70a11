"""Personal data is sealed: a key for each person under an opaque id, kept here and nowhere else.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5 (dossier data is never altered or deleted,
so it is made unreadable by destroying its key). Sealing is AES-256-GCM with the person id as associated data.
"""

import base64
import hmac
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.files import kept_secret
from chassis.lru import Recent
from chassis.stores.store import StoreUnavailable

KEYS_REMEMBERED = 4_096
UNSETTLED_MAX = 1_000
NONCE_BYTES = 12
PREFIX = "s1."
SCHEMA = """
CREATE TABLE IF NOT EXISTS people(person TEXT PRIMARY KEY, wrapped_key BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lookup(digest BLOB PRIMARY KEY, person TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS openings(
  id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, by TEXT NOT NULL, purpose TEXT NOT NULL,
  fields TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS openings_of ON openings(person);
"""


class CannotOpen(ValueError):
    """The sealed value is not one of this vault's, was altered, or its key is gone."""


class Vault(Protocol):
    """Keys by person; seal, open."""

    def person(self, kind: str, identifier: str) -> str:
        """Return the opaque id of whoever has this identifier (`personal_id`, `tax_code`, …), the same one each time.

        The key of somebody new is not durable yet: call `settle` before anything sealed with it is.
        """
        ...

    def settle(self) -> None:
        """Make every new key durable, many at once. May be called from any thread."""
        ...

    def seal(self, person: str, fields: Mapping[str, Any]) -> str:
        """Return `fields` encrypted under the person's key, as text that may stand anywhere."""
        ...

    def open(self, sealed: str, by: str, purpose: str, fields: tuple[str, ...], at: datetime) -> dict[str, Any]:
        """Return the named fields (all for `()`) and write down who read them and why.

        Raises:
            CannotOpen: not a sealed value of this vault, altered, or the person was forgotten.
        """
        ...

    def prove(self, sealed: str) -> None:
        """Check that a sealed value is authentic, without reading it to anybody; raises `CannotOpen`."""
        ...


class SqliteVault:
    """The embedded vault: a database of its own, its keys wrapped by a master key kept in a file beside it."""

    def __init__(self, path: Path, master_key_file: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not master_key_file.exists():
            raise CannotOpen(f"{path.name} is there and its master key {master_key_file.name} is not: put it back")
        master = kept_secret(master_key_file)
        self._wrap = AESGCM(master)
        self._index_key = hmac.digest(master, b"lienthong look-up index", "sha256")
        self._lock = threading.Lock()
        self._unsettled: dict[bytes, tuple[str, bytes]] = {}
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
        self._keys: Recent[str, AESGCM] = Recent(KEYS_REMEMBERED)
        for (somebody,) in self._asked("SELECT person FROM people LIMIT 1"):
            self._key(somebody)  # another master key than theirs is found out now, not when a page needs a name

    def _asked(self, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"vault: {error}") from error

    def person(self, kind: str, identifier: str) -> str:
        digest = hmac.digest(self._index_key, f"{kind}:{identifier}".encode(), "sha256")
        if len(self._unsettled) >= UNSETTLED_MAX:
            self.settle()
        with self._lock:
            if digest in self._unsettled:
                return self._unsettled[digest][0]
            rows = self._asked("SELECT person FROM lookup WHERE digest=?", (digest,))
            return str(rows[0][0]) if rows else self._new_person(digest)

    def _new_person(self, digest: bytes) -> str:
        person, key = "p" + secrets.token_hex(12), AESGCM.generate_key(256)
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + self._wrap.encrypt(nonce, key, person.encode())
        self._unsettled[digest] = (person, wrapped)
        self._keys.update({person: AESGCM(key)})
        return person

    def settle(self) -> None:
        if not self._unsettled:
            return
        with self._lock:
            self._asked("BEGIN IMMEDIATE")
            try:
                for digest, (person, wrapped) in self._unsettled.items():
                    self._asked("INSERT INTO people VALUES(?, ?)", (person, wrapped))
                    self._asked("INSERT INTO lookup VALUES(?, ?)", (digest, person))
                self._asked("COMMIT")
            except StoreUnavailable:
                if self._db.in_transaction:
                    self._asked("ROLLBACK")
                raise
            self._unsettled.clear()

    def seal(self, person: str, fields: Mapping[str, Any]) -> str:
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        sealed = nonce + self._key_of(person).encrypt(nonce, plain, person.encode())
        return f"{PREFIX}{person}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, by: str, purpose: str, fields: tuple[str, ...], at: datetime) -> dict[str, Any]:
        person, plain = self._opened(sealed)
        values: dict[str, Any] = json.loads(plain)
        named = {name: values[name] for name in fields or tuple(values) if name in values}
        with self._lock:
            self._asked(
                "INSERT INTO openings(person, by, purpose, fields, at) VALUES(?, ?, ?, ?, ?)",
                (person, by, purpose, ",".join(named), at.isoformat()),
            )
        self.settle()
        return named

    def prove(self, sealed: str) -> None:
        """Check that a sealed value is authentic and its key is here, without reading it to anybody.

        Raises:
            CannotOpen: altered, not of this vault, or its person was forgotten.
        """
        self._opened(sealed)

    def _opened(self, sealed: str) -> tuple[str, bytes]:
        person, body = _parts(sealed)
        key = self._key_of(person)
        try:
            return person, key.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], person.encode())
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the sealed value was altered") from error

    def openings(self, person: str) -> list[dict[str, str]]:
        """Return who read what of a person, why and when, oldest first."""
        with self._lock:
            rows = self._asked("SELECT by, purpose, fields, at FROM openings WHERE person=? ORDER BY id", (person,))
        return [dict(zip(("by", "purpose", "fields", "at"), row, strict=True)) for row in rows]

    def _key_of(self, person: str) -> AESGCM:
        with self._lock:
            return self._keys.get(person) or self._key(person)

    def _key(self, person: str) -> AESGCM:
        rows = self._asked("SELECT wrapped_key FROM people WHERE person=?", (person,))
        if not rows:
            raise CannotOpen("this vault has no key for that person")
        wrapped: bytes = rows[0][0]
        try:
            key = AESGCM(self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], person.encode()))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the master key is not the one that this vault's keys are wrapped with") from error
        self._keys.update({person: key})
        return key

    def close(self) -> None:
        try:
            self.settle()
        finally:
            self._db.close()


def is_sealed(text: str) -> bool:
    """Say whether a text has the form of a sealed value."""
    return text.startswith(PREFIX) and text.count(".") == 2


def _parts(sealed: str) -> tuple[str, bytes]:
    if not is_sealed(sealed):
        raise CannotOpen("this is not a sealed value")
    _, person, body = sealed.split(".")
    try:
        parts = person, base64.urlsafe_b64decode(body)
    except ValueError as error:
        raise CannotOpen("the sealed value is not readable") from error
    if base64.urlsafe_b64encode(parts[1]).decode() != body:  # decoding passes over strange letters and unused bits
        raise CannotOpen("the sealed value was altered")
    return parts
