"""What a vault is to the rest of the product: the port, its words, and the form of a sealed value."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from chassis.vault_keys import CannotOpen

PREFIX = "s1."
OPENINGS_MAX = 1_000


class Erased(CannotOpen):
    """The value was readable until its person was forgotten; that it is not any more is the law's doing."""


Opening = dict[str, str]
"""Who read what, why and when; `about` which dossier, and `handed_to` whom outside, "" where it stayed inside."""


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
