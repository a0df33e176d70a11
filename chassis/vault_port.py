"""What a vault is to the rest of the product: the port, its words, and the form of a sealed value."""

import base64
import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.stores.store import Writes
from chassis.vault_keys import NONCE_BYTES, CannotOpen

PREFIX = "s1."
OPENINGS_MAX = 1_000
PERSON: Final = re.compile(rb"p[0-9a-f]{24}")
SEARCH: Final = "search"
NO_KEY: Final = "this vault has no key for that person"
FORGOTTEN: Final = "erased on request: the person was forgotten"
LEAVING: Final = "vault: this person is being forgotten"


class Erased(CannotOpen):
    """The value was readable until its person was forgotten; that it is not any more is the law's doing."""


Opening = dict[str, str]
"""Who read what, why and when; `about` which dossier, and `handed_to` whom outside, "" where it stayed inside."""


class Forgotten(NamedTuple):
    """The proof that somebody was forgotten.

    Args:
        person: the opaque id that stands in events for ever.
        by: who ordered it.
        law, decision: what it rests on, as `Luật 91/2025/QH15 art. 14` and the number of the decision.
    """

    person: str
    at: str
    by: str
    law: str
    decision: str


class Pending(NamedTuple):
    """A copy of the vault in which somebody is not forgotten yet."""

    path: str
    person: str


class Copy(NamedTuple):
    """A copy of the vault's database that was made, and still counts as existing."""

    path: str
    made_at: str


class Vault(Protocol):
    """Keys by person; seal, open, find."""

    def person(self, kind: str, identifier: str) -> str:
        """Return the opaque id of whoever has this identifier (`personal_id`, `tax_code`, …), the same one each time.

        The key of somebody new is a draft: it becomes durable with the batch whose events name the person, or by
        `keep`. If neither comes, as when a submission is refused, it leaves no trace.
        """
        ...

    def also_known(self, person: str, kind: str, identifier: str) -> None:
        """Let a person be found by something that others may have too (`phone`); durable as `person` says."""
        ...

    def find(self, kind: str, identifier: str) -> tuple[str, ...]:
        """Return who is durably known by an identifier; by a phone it may be several people."""
        ...

    def searched(self, found: Sequence[str], by: str, kind: str, at: datetime) -> None:
        """Write down that somebody looked for people by an identifier, in the log of each who was found."""
        ...

    def keep(self, *people: str) -> None:
        """Make the keys of people durable for something else than an event, as a token."""
        ...

    def seal(self, person: str, fields: Mapping[str, Any]) -> str:
        """Return `fields` encrypted under the person's key, as text that may stand anywhere."""
        ...

    def open(
        self, sealed: str, by: str, purpose: str, fields: tuple[str, ...], at: datetime, about: str = "", to: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Return the named fields (all for `()`) and write down who read them and why.

        Args:
            about: the dossier in which they are read.
            to: who outside the installation is given them, as `post`; "" where they stay inside.

        Raises:
            CannotOpen: not a sealed value of this vault, or altered; `Erased` where the person was forgotten.
        """
        ...

    def told(
        self, person: str, by: str, purpose: str, what: tuple[str, ...], at: datetime, about: str, to: str
    ) -> None:
        """Write down that somebody outside was told something about a person's dossier that was not sealed."""
        ...

    def prove(self, sealed: str) -> None:
        """Check that a sealed value is authentic, without reading it to anybody; raises as `open` does."""
        ...

    def is_forgotten(self, person: str) -> bool:
        """Say whether what was sealed for a person was made unreadable on request."""
        ...

    def openings(self, person: str, after: int = 0, limit: int = OPENINGS_MAX) -> list[Opening]:
        """Return who read what of a person, oldest first."""
        ...

    def openings_about(self, ref: str, limit: int = OPENINGS_MAX) -> list[Opening]:
        """Return who read what in a dossier, oldest first."""
        ...


class CopiesKept(Protocol):
    """The copies of a vault that were made: forgetting reaches each, or says that it has not."""

    def known(self) -> tuple[Copy, ...]:
        """Return every copy that was registered."""
        ...

    def pending(self) -> tuple[Pending, ...]:
        """Return in which copies who is not forgotten yet."""
        ...

    def catch_up(self) -> tuple[Pending, ...]:
        """Forget whoever is not forgotten yet in every copy that can be reached; return what stays pending."""
        ...


class Custody(Vault, Protocol):
    """What those need beside who run the product, forget people, and look whether they are forgotten."""

    @property
    def copies(self) -> CopiesKept: ...

    def settle(self, relying: Writes | None = None) -> None:
        """Make drafts durable, many at once: those whom the events to be written name, or all. From any thread."""
        ...

    def is_known(self, person: str) -> bool:
        """Say whether there is a durable key of this person."""
        ...

    def leaving(self, person: str) -> AbstractContextManager[None]:
        """Let nobody hand in or seal anything for a person while it is looked at whether they can be forgotten."""
        ...

    def forget(self, proof: Forgotten) -> Forgotten:
        """Destroy a person's key and every row that leads to them, here and in every copy; the proof alone stays.

        Asked again, it finishes what could not be finished and returns the first proof.

        Raises:
            CannotOpen: this vault knows no such person.
            StoreUnavailable: the database is busy; ask again.
        """
        ...

    def forgotten(self) -> tuple[Forgotten, ...]:
        """Return the proof of everybody who was forgotten, in the order in which it was done."""
        ...

    def kept_in_spite(self) -> tuple[int, tuple[str, ...]]:
        """Return how many keys there are, and whose of them should have been destroyed."""
        ...

    def opened_for(self) -> dict[str, int]:
        """Return how often something was opened since the process began, by kind of purpose."""
        ...

    def close(self) -> None: ...


def sealed_with(key: AESGCM, person: str, fields: Mapping[str, Any]) -> str:
    """Return `fields` as a sealed value of a person, under that person's key."""
    nonce = os.urandom(NONCE_BYTES)
    plain = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = nonce + key.encrypt(nonce, plain, person.encode())
    return f"{PREFIX}{person}.{base64.urlsafe_b64encode(sealed).decode()}"


def opened_with(key: AESGCM, person: str, body: bytes) -> bytes:
    """Return what stands in the body of a sealed value, as JSON.

    Raises:
        CannotOpen: it was altered.
    """
    try:
        return key.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], person.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("the sealed value was altered") from error


def named_in(plain: bytes, fields: Sequence[str]) -> dict[str, Any]:
    """Return the named fields of an opened value, all where none is named."""
    values: dict[str, Any] = json.loads(plain)
    return {name: values[name] for name in fields or tuple(values) if name in values}


def people_in(writes: Writes) -> list[str]:
    """Return whom the events that are to be written may name."""
    return [one.decode() for one in PERSON.findall(b"\0".join(event.data for event in writes.events))]


def is_sealed(text: str) -> bool:
    """Say whether a text has the form of a sealed value."""
    return text.startswith(PREFIX) and text.count(".") == 2


def parts_of(sealed: str) -> tuple[str, bytes]:
    """Return the person and the encrypted bytes of a sealed value.

    Raises:
        CannotOpen: the text is none.
    """
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
