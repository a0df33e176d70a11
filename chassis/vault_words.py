"""What a process of the product and the vault's process say to each other: one word for each question, as JSON.

Both sides are of one release. What is added later gets a default, so that during a rolling upgrade either understands
the other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from chassis.vault_drafts import Mark, Met
from chassis.vault_port import Copy, Forgotten, Opening, Pending

SEAL: Final = "seal"
OPEN: Final = "open"
SEARCH: Final = "search"
FORGET: Final = "forget"
AUDIT: Final = "audit"
RIGHTS: Final = (SEAL, OPEN, SEARCH, FORGET, AUDIT)
"""Meet people and seal for them; open, with a line in the log; look for people and read that log; forget them; check
that what is sealed is whole and that who was forgotten is, which tells nothing of anybody."""
USUAL: Final = (SEAL, OPEN)


class Question(msgspec.Struct, tag=False, omit_defaults=True):
    """Something that is asked of the vault."""


class Meet(Question):
    kind: str
    identifier: str


class MakeLasting(Question):
    people: Mapping[str, Sequence[Mark]]


class Seal(Question):
    person: str
    fields: dict[str, Any]


class Open(Question):
    sealed: str
    by: str
    purpose: str
    fields: tuple[str, ...]
    at: datetime
    about: str = ""
    to: str = ""
    call: str = ""


class Prove(Question):
    sealed: str


class Told(Question):
    person: str
    by: str
    purpose: str
    what: tuple[str, ...]
    at: datetime
    about: str
    to: str
    call: str = ""


class Person(Question):
    person: str


class Find(Question):
    kind: str
    identifier: str


class Searched(Question):
    found: tuple[str, ...]
    by: str
    kind: str
    at: datetime
    call: str = ""


class OpeningsOf(Question):
    person: str
    after: int
    limit: int


class OpeningsAbout(Question):
    ref: str
    limit: int


class Forget(Question):
    person: str
    at: str
    by: str
    law: str
    decision: str


class Nothing(Question):
    """Nothing more is to be said."""


class Path(Question):
    path: str


class Asked(msgspec.Struct, frozen=True):
    """One kind of question: where it is asked, who may, what it holds and what is answered.

    Args:
        rights: any of them will do.
        patient: it may take as long as the tables are written anew.
    """

    path: str
    rights: tuple[str, ...]
    question: type[Question]
    answer: Any
    patient: bool = False


MEET: Final = Asked("meet", (SEAL,), Meet, Met)
MAKE_LASTING: Final = Asked("lasting", (SEAL,), MakeLasting, tuple[str, ...])
SEALED: Final = Asked("seal", (SEAL,), Seal, str)
OPENED: Final = Asked("open", (OPEN,), Open, dict[str, Any])
PROVED: Final = Asked("prove", (OPEN, AUDIT), Prove, None)
TOLD: Final = Asked("told", (OPEN,), Told, None)
IS_FORGOTTEN: Final = Asked("is-forgotten", (OPEN,), Person, bool)
FOUND: Final = Asked("find", (SEARCH,), Find, tuple[str, ...])
SEARCHED: Final = Asked("searched", (SEARCH,), Searched, None)
OPENINGS_OF: Final = Asked("openings", (SEARCH,), OpeningsOf, list[Opening])
OPENINGS_ABOUT: Final = Asked("openings-about", (SEARCH,), OpeningsAbout, list[Opening])
IS_KNOWN: Final = Asked("is-known", (FORGET,), Person, bool)
HOLD_BACK: Final = Asked("hold-back", (FORGET,), Person, None)
LET_GO: Final = Asked("let-go", (FORGET,), Person, None)
FORGETTING: Final = Asked("forget", (FORGET,), Forget, Forgotten, patient=True)
PROOFS: Final = Asked("forgotten", (FORGET, AUDIT), Nothing, tuple[Forgotten, ...])
IN_SPITE: Final = Asked("kept-in-spite", (FORGET, AUDIT), Nothing, tuple[int, tuple[str, ...]])
COPIES: Final = Asked("copies", (FORGET, AUDIT), Nothing, tuple[Copy, ...])
PENDING: Final = Asked("pending", (FORGET, AUDIT), Nothing, tuple[Pending, ...])
CATCH_UP: Final = Asked("catch-up", (FORGET,), Nothing, tuple[Pending, ...], patient=True)
GONE: Final = Asked("gone", (FORGET,), Path, bool)

EVERY: Final = (
    MEET, MAKE_LASTING, SEALED, OPENED, PROVED, TOLD, IS_FORGOTTEN, FOUND, SEARCHED, OPENINGS_OF, OPENINGS_ABOUT,
    IS_KNOWN, HOLD_BACK, LET_GO, FORGETTING, PROOFS, IN_SPITE, COPIES, PENDING, CATCH_UP, GONE,
)  # fmt: skip

ERASED: Final = "erased"
CANNOT_OPEN: Final = "cannot_open"
