"""The vault over HTTP, for a service that is a process of its own: the port's words, asked of the vault's process.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.

Where nobody answers, `StoreUnavailable` says so: commands wait or are answered with 503, and nothing is lost. Neither
keys nor values are remembered here. Who has an identifier is not remembered either: the person may be forgotten through
another process at any time, is then somebody new, and must not be handed in for under the old id. What never changes
again is remembered: that somebody was forgotten, and that a phone was told of somebody (an id is given to nobody else).
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

import msgspec

from chassis import vault_words as words
from chassis.inner_client import ANSWER_WITHIN_S, InnerClient, told_by
from chassis.lru import Recent
from chassis.stores.store import StoreUnavailable, Unwritable
from chassis.vault_drafts import Drafting, Mark, Met
from chassis.vault_keys import CannotOpen
from chassis.vault_openings import Purposes
from chassis.vault_port import OPENINGS_MAX, SEARCH, Copy, Erased, Forgotten, Opening, Pending
from chassis.vault_words import Asked, Question

PATIENT_WITHIN_S: Final = 300.0
REMEMBERED: Final = 4_096
DECODERS: Final = {asked.path: msgspec.json.Decoder(asked.answer) for asked in words.EVERY}
JSON: Final = {"content-type": "application/json"}


class RemoteVault(Drafting):
    """Asks the vault's process, from any thread."""

    def __init__(self, url: str, token: str, ca: str = "") -> None:
        """Take where the vault answers and this service's token; nothing is asked yet.

        Args:
            ca: PEM file of the authority that signed the vault's certificate; "" where it speaks without TLS.
        """
        super().__init__()
        self._client = InnerClient("vault", url, token, ca)
        self._forgotten: Recent[str, bool] = Recent(REMEMBERED)
        self._opened_for = Purposes()
        self.copies = RemoteCopies(self._ask)

    def _ask(self, asked: Asked, question: Question) -> Any:
        within_s = PATIENT_WITHIN_S if asked.patient else ANSWER_WITHIN_S
        try:
            content = msgspec.json.encode(question)
        except (TypeError, ValueError) as error:
            raise Unwritable("vault: a value cannot be written as JSON") from error
        answered = self._client.ask("POST", f"/v1/{asked.path}", content, JSON, within_s)
        if answered.status == 200:
            return DECODERS[asked.path].decode(answered.content)
        told = told_by(answered)
        if told.code == words.ERASED:
            raise Erased(told.said)
        if told.code == words.CANNOT_OPEN:
            raise CannotOpen(told.said)
        raise StoreUnavailable(f"vault: {told.said}")

    # --- who ---

    def meet(self, kind: str, identifier: str) -> Met:
        met: Met = self._ask(words.MEET, words.Meet(kind, identifier))
        return met

    def make_lasting(self, people: Mapping[str, Sequence[Mark]]) -> tuple[str, ...]:
        lost: tuple[str, ...] = self._ask(words.MAKE_LASTING, words.MakeLasting(people))
        return lost

    def find(self, kind: str, identifier: str) -> tuple[str, ...]:
        found: tuple[str, ...] = self._ask(words.FOUND, words.Find(kind, identifier))
        return found

    # --- what ---

    def seal(self, person: str, fields: Mapping[str, Any]) -> str:
        sealed: str = self._ask(words.SEALED, words.Seal(person, dict(fields)))
        return sealed

    def open(
        self, sealed: str, by: str, purpose: str, fields: tuple[str, ...], at: datetime, about: str = "", to: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        question = words.Open(sealed, by, purpose, tuple(fields), at, about, to, _call())
        values: dict[str, Any] = self._ask(words.OPENED, question)
        self._opened_for.add(purpose)
        return values

    def prove(self, sealed: str) -> None:
        self._ask(words.PROVED, words.Prove(sealed))

    # --- who read what ---

    def searched(self, found: Sequence[str], by: str, kind: str, at: datetime) -> None:
        self._ask(words.SEARCHED, words.Searched(tuple(found), by, kind, at, _call()))
        self._opened_for.add(SEARCH)

    def told(
        self, person: str, by: str, purpose: str, what: tuple[str, ...], at: datetime, about: str, to: str
    ) -> None:
        self._ask(words.TOLD, words.Told(person, by, purpose, tuple(what), at, about, to, _call()))
        self._opened_for.add(purpose)

    def openings(self, person: str, after: int = 0, limit: int = OPENINGS_MAX) -> list[Opening]:
        lines: list[Opening] = self._ask(words.OPENINGS_OF, words.OpeningsOf(person, after, limit))
        return lines

    def openings_about(self, ref: str, limit: int = OPENINGS_MAX) -> list[Opening]:
        lines: list[Opening] = self._ask(words.OPENINGS_ABOUT, words.OpeningsAbout(ref, limit))
        return lines

    def opened_for(self) -> dict[str, int]:
        """Return how often this service had something opened since its process began, by kind of purpose."""
        return dict(self._opened_for.counts)

    # --- forgetting ---

    def is_forgotten(self, person: str) -> bool:
        if self._forgotten.peek(person):
            return True
        is_forgotten: bool = self._ask(words.IS_FORGOTTEN, words.Person(person))
        if is_forgotten:
            self._forgotten.update({person: True})
        return is_forgotten

    def is_known(self, person: str) -> bool:
        is_known: bool = self._ask(words.IS_KNOWN, words.Person(person))
        return is_known

    def kept_in_spite(self) -> tuple[int, tuple[str, ...]]:
        kept: tuple[int, tuple[str, ...]] = self._ask(words.IN_SPITE, words.Nothing())
        return kept

    @contextmanager
    def leaving(self, person: str) -> Iterator[None]:
        """Let nobody hand in or seal anything for a person, through whichever process; two minutes at most."""
        self._ask(words.HOLD_BACK, words.Person(person))
        try:
            yield
        finally:
            with suppress(StoreUnavailable):  # then it ends by itself
                self._ask(words.LET_GO, words.Person(person))

    def forget(self, proof: Forgotten) -> Forgotten:
        kept: Forgotten = self._ask(words.FORGETTING, words.Forget(*proof))
        return kept

    def forgotten(self) -> tuple[Forgotten, ...]:
        proofs: tuple[Forgotten, ...] = self._ask(words.PROOFS, words.Nothing())
        return proofs

    def close(self) -> None:
        self._client.close()


class RemoteCopies:
    """The copies that the vault's process knows of."""

    def __init__(self, ask: Any) -> None:
        self._ask = ask

    def known(self) -> tuple[Copy, ...]:
        copies: tuple[Copy, ...] = self._ask(words.COPIES, words.Nothing())
        return copies

    def pending(self) -> tuple[Pending, ...]:
        pending: tuple[Pending, ...] = self._ask(words.PENDING, words.Nothing())
        return pending

    def catch_up(self) -> tuple[Pending, ...]:
        pending: tuple[Pending, ...] = self._ask(words.CATCH_UP, words.Nothing())
        return pending

    def gone(self, path: str) -> bool:
        """Take an operator's word that a copy no longer exists anywhere; say whether it was known."""
        known: bool = self._ask(words.GONE, words.Path(path))
        return known


def _call() -> str:
    """Return what tells a question that is asked again from a second one."""
    return secrets.token_hex(16)
