"""What a vault elsewhere gave this process as a draft, until the batch that names the person makes it durable.

The keys of drafts rest in the vault's database, so that neither the death of the vault nor that of this process loses
one that is relied on. What is remembered here is only whom to ask for: drafts that were handed to this process, and by
what else a person can be found. Whatever is forgotten with this process, no batch of it has named.
"""

import hmac
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from chassis.lru import Recent
from chassis.stores.store import Conflict, Writes
from chassis.vault_keys import normalised
from chassis.vault_port import people_in

HANDED_MAX: Final = 10_000
REMEMBERED: Final = 4_096

Mark = tuple[str, str]
"""By what else somebody can be found: `("phone", "0905671283")`."""


class PersonLost(Conflict):
    """A batch names somebody whose draft is gone: it was a day old, or the database broke down before it was on disk.

    The batch is not written. Whoever sends the same command again is met anew.
    """


class Met(NamedTuple):
    """Who has an identifier; `lasting` says that the key is durable already."""

    person: str
    lasting: bool


class Drafting(ABC):
    """The half of the port that is about drafts, over two questions to wherever the keys are."""

    def __init__(self) -> None:
        self._handed: dict[str, set[Mark]] = {}
        self._handing = threading.Lock()
        self._lost: Recent[str, bool] = Recent(REMEMBERED)
        self._marks: Recent[bytes, bool] = Recent(REMEMBERED)
        self._salt = secrets.token_bytes(32)

    @abstractmethod
    def meet(self, kind: str, identifier: str) -> Met:
        """Return who has an identifier; somebody new gets a key, as a draft."""

    @abstractmethod
    def make_lasting(self, people: Mapping[str, Sequence[Mark]]) -> tuple[str, ...]:
        """Make people's keys durable, with what else they are found by; return who is not there at all."""

    def person(self, kind: str, identifier: str) -> str:
        # Who has an identifier is asked each time. Remembered here, a person who was forgotten through another process
        # would go on being handed in for, and would not be somebody new when they come back.
        met = self.meet(kind, identifier)
        if not met.lasting:
            self._hand(met.person)
        return met.person

    def also_known(self, person: str, kind: str, identifier: str) -> None:
        mark = (kind, normalised(kind, identifier))
        if not mark[1]:
            return
        if self._marks.peek(self._short(person, mark)) is None:
            self._hand(person, mark)

    def _hand(self, person: str, *marks: Mark) -> None:
        if len(self._handed) >= HANDED_MAX:
            self._make_lasting(tuple(self._handed))  # rather a key too many than one too few
        with self._handing:
            self._handed.setdefault(person, set()).update(marks)

    def _short(self, person: str, mark: Mark) -> bytes:
        """Return a mark as it may be remembered for long: not the number itself."""
        return hmac.digest(self._salt, "\0".join((person, *mark)).encode("utf-8", "surrogatepass"), "sha256")

    def settle(self, relying: Writes | None = None) -> None:
        """Make drafts durable, many at once: those whom the events to be written name, or all. From any thread.

        Raises:
            PersonLost: somebody who is named is not there any more; the batch must not be written.
        """
        if relying is not None and not relying.events:
            return
        self._settle(tuple(self._handed) if relying is None else people_in(relying))

    def keep(self, *people: str) -> None:
        self._settle(people)

    def _settle(self, people: Iterable[str]) -> None:
        named = set(people)
        self._make_lasting(named)
        if any(self._lost.peek(person) for person in named):
            raise PersonLost("vault: the key of somebody who is named is gone; send the same command again")

    def _make_lasting(self, people: Iterable[str]) -> None:
        with self._handing:
            wanted = {person: tuple(self._handed[person]) for person in people if person in self._handed}
        if not wanted:
            return
        lost = self.make_lasting(wanted)
        with self._handing:
            self._lost.update(dict.fromkeys(lost, True))
            for person, marks in wanted.items():
                self._marks.update({self._short(person, mark): True for mark in marks if person not in lost})
                left = self._handed.get(person, set()) - set(marks)
                if left:
                    self._handed[person] = left
                else:
                    self._handed.pop(person, None)
