"""Personal data is sealed: a key for each person under an opaque id, kept here and nowhere else.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14; NĐ 61/2018 art. 5 (dossier data is never altered or deleted,
so it is made unreadable by destroying its key). Sealing is AES-256-GCM with the person id as associated data.

Forgetting and the vault's copies stand in `vault_forgetting`, the exchange of the master key in `vault_rotation`.
"""

import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.files import take_its_place
from chassis.lru import Recent
from chassis.stores.store import StoreUnavailable, Writes
from chassis.vault_forgetting import Copies, destroy, forgotten_in, leave_no_traces
from chassis.vault_keys import INDEX, CannotOpen, Master, digest_of, fitting, masters, next_to, normalised
from chassis.vault_openings import Openings
from chassis.vault_port import (
    FORGOTTEN,
    LEAVING,
    NO_KEY,
    OPENINGS_MAX,
    PREFIX,
    SEARCH,
    Erased,
    Forgotten,
    Opening,
    Vault,
    is_sealed,
    named_in,
    opened_with,
    parts_of,
    people_in,
    sealed_with,
)
from chassis.vault_rotation import exchange_master
from chassis.vault_tables import asked, connected, together

__all__ = ["PREFIX", "CannotOpen", "Erased", "Forgotten", "Opening", "SqliteVault", "Vault", "is_sealed"]

KEYS_REMEMBERED = 4_096
DRAFTS_MAX = 10_000


@dataclass(slots=True)
class Draft:
    """What is not durable yet of a person: the key and the look-up of somebody new, and other things known of one."""

    key: AESGCM | None = None
    wrapped: bytes = b""
    digest: bytes = b""
    also: set[bytes] = field(default_factory=set)


class SqliteVault:
    """The embedded vault: a database of its own, its keys wrapped by a master key that is not in it."""

    def __init__(self, path: Path, master_key_file: Path, master_key: str = "") -> None:
        """Open the vault, made on the first start; an interrupted rotation is finished or taken back.

        Args:
            master_key: from the environment, in base64; "" takes the file.

        Raises:
            CannotOpen: the master key is missing or another one.
            SecretUnusable: it is not whole, or file and environment differ.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not master_key and not master_key_file.exists():
            raise CannotOpen(f"{path.name} is there and its master key {master_key_file.name} is not: put it back")
        self.path = path
        self._key_file = master_key_file
        self._lock = threading.Lock()
        self._drafts: dict[str, Draft] = {}
        self._drafted: dict[bytes, str] = {}
        self._leaving: set[str] = set()
        self._keys: Recent[str, AESGCM] = Recent(KEYS_REMEMBERED)
        self._marks: Recent[bytes, str] = Recent(KEYS_REMEMBERED)
        offered = masters(master_key_file, master_key)
        self._db = connected(path)
        self.copies = Copies(self._db, self._lock, path)
        self._log = Openings(self._db, self._lock)
        try:
            self._begin(offered)
        except BaseException:
            self._db.close()
            raise

    def _begin(self, offered: tuple[Master, ...]) -> None:
        """Take the master key that fits; another than the vault's is found out now, not when a page needs a name."""
        self._master = self._fitting(offered)
        following = next_to(self._key_file)
        if len(offered) > 1 and self._master is offered[1]:
            take_its_place(following, self._key_file)
        following.unlink(missing_ok=True)
        wrapped = self._asked("SELECT wrapped_key FROM index_keys ORDER BY number")
        if not wrapped:
            wrapped = [(self._first_index_key(),)]
        self._index_keys = tuple(self._master.unwrap(one, INDEX) for (one,) in wrapped)
        self._forgotten = {one.person for one in self.forgotten()}
        with suppress(StoreUnavailable):  # somebody reads the file: the next start tries again
            leave_no_traces(self._db, self.path)

    def _fitting(self, offered: tuple[Master, ...]) -> Master:
        witness = self._asked("SELECT wrapped_key, ? FROM index_keys LIMIT 1", (INDEX,))
        witness += self._asked("SELECT wrapped_key, person FROM people LIMIT 1")
        return fitting(offered, [(wrapped, whose) for wrapped, whose in witness])

    def _first_index_key(self) -> bytes:
        is_older = bool(self._asked("SELECT 1 FROM lookup LIMIT 1"))
        key = self._master.derived_index_key() if is_older else AESGCM.generate_key(256)
        wrapped = self._master.wrap(key, INDEX)
        self._asked("INSERT INTO index_keys(number, wrapped_key) VALUES(1, ?)", (wrapped,))
        return wrapped

    def _asked(self, sql: str, params: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return asked(self._db, sql, params)

    # --- who ---

    def person(self, kind: str, identifier: str) -> str:
        digest = digest_of(self._index_keys, kind, identifier)
        if len(self._drafts) >= DRAFTS_MAX:
            self.settle()  # rather a key too many than one too few
        with self._lock:
            if digest in self._drafted:
                return self._drafted[digest]
            rows = self._asked("SELECT person FROM lookup WHERE digest=?", (digest,))
            if rows and rows[0][0] in self._leaving:
                raise StoreUnavailable(LEAVING)
            return str(rows[0][0]) if rows else self._new_person(digest)

    def _new_person(self, digest: bytes) -> str:
        person, key = "p" + secrets.token_hex(12), AESGCM.generate_key(256)
        self._drafts[person] = Draft(AESGCM(key), self._master.wrap(key, person), digest)
        self._drafted[digest] = person
        return person

    def also_known(self, person: str, kind: str, identifier: str) -> None:
        identifier = normalised(kind, identifier)
        if not identifier:
            return
        digest = digest_of(self._index_keys, kind, identifier)
        with self._lock:
            draft = self._drafts.get(person)
            if draft is None:
                known = self._marks.get(digest) == person or self._asked(
                    "SELECT 1 FROM also_known WHERE digest=? AND person=?", (digest, person)
                )
                self._marks.update({digest: person})
                if known:
                    return
                draft = self._drafts[person] = Draft()
            draft.also.add(digest)

    def find(self, kind: str, identifier: str) -> tuple[str, ...]:
        digest = digest_of(self._index_keys, kind, normalised(kind, identifier))
        sql = "SELECT person FROM lookup WHERE digest=?1 UNION SELECT person FROM also_known WHERE digest=?1 ORDER BY 1"
        with self._lock:
            return tuple(person for (person,) in self._asked(sql, (digest,)))

    def settle(self, relying: Writes | None = None) -> None:
        """Make drafts durable, many at once: those whom the events to be written name, or all. From any thread."""
        if not self._drafts or (relying is not None and not relying.events):
            return
        named = None if relying is None else people_in(relying)
        with self._lock:
            people = tuple(self._drafts) if named is None else set(named) & self._drafts.keys()
            self._settle(people)

    def keep(self, *people: str) -> None:
        with self._lock:
            self._settle([person for person in people if person in self._drafts])

    def _settle(self, people: Iterable[str]) -> None:
        if not people:
            return
        with together(self._db):
            for person in people:
                draft = self._drafts[person]
                if draft.wrapped:
                    self._asked("INSERT INTO people VALUES(?, ?)", (person, draft.wrapped))
                    self._asked("INSERT INTO lookup VALUES(?, ?)", (draft.digest, person))
                for digest in draft.also:
                    self._asked("INSERT INTO also_known VALUES(?, ?) ON CONFLICT DO NOTHING", (digest, person))
        for person in people:
            draft = self._drafts.pop(person)
            self._drafted.pop(draft.digest, None)
            if draft.key is not None:
                self._keys.update({person: draft.key})

    # --- what ---

    def seal(self, person: str, fields: Mapping[str, Any]) -> str:
        if person in self._leaving:
            raise StoreUnavailable(LEAVING)
        return sealed_with(self._key_of(person), person, fields)

    def open(
        self, sealed: str, by: str, purpose: str, fields: tuple[str, ...], at: datetime, about: str = "", to: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        person, plain = self._opened(sealed)
        named = named_in(plain, fields)
        self._log.write((person,), by, purpose, ",".join(named), at, about, to)
        return named

    def prove(self, sealed: str) -> None:
        self._opened(sealed)

    def _opened(self, sealed: str) -> tuple[str, bytes]:
        person, body = parts_of(sealed)
        return person, opened_with(self._key_of(person), person, body)

    def _key_of(self, person: str) -> AESGCM:
        with self._lock:
            draft = self._drafts.get(person)
            if draft is not None and draft.key is not None:
                return draft.key
            return self._keys.get(person) or self._key(person)

    def _key(self, person: str) -> AESGCM:
        rows = self._asked("SELECT wrapped_key FROM people WHERE person=?", (person,))
        if not rows and person in self._forgotten:
            raise Erased(FORGOTTEN)
        if not rows:
            raise CannotOpen(NO_KEY)
        key = AESGCM(self._master.unwrap(rows[0][0], person))
        self._keys.update({person: key})
        return key

    # --- who read what ---

    def searched(self, found: Sequence[str], by: str, kind: str, at: datetime) -> None:
        self._log.write(found or ("",), by, SEARCH, kind, at)

    def told(
        self, person: str, by: str, purpose: str, what: tuple[str, ...], at: datetime, about: str, to: str
    ) -> None:
        self._log.write((person,), by, purpose, ",".join(what), at, about, to)

    def openings(self, person: str, after: int = 0, limit: int = OPENINGS_MAX) -> list[Opening]:
        return self._log.read("person=? AND id>?", (person, after), limit)

    def opened_for(self) -> dict[str, int]:
        """Return how often something was opened since the process began, by kind of purpose."""
        return dict(self._log.counts)

    def openings_about(self, ref: str, limit: int = OPENINGS_MAX) -> list[Opening]:
        return self._log.read("about=?", (ref,), limit)

    # --- forgetting, and another master key ---

    def is_forgotten(self, person: str) -> bool:
        return person in self._forgotten

    def kept_in_spite(self) -> tuple[int, tuple[str, ...]]:
        """Return how many keys there are, and whose of them should have been destroyed."""
        with self._lock:
            ((count,),) = self._asked("SELECT count(*) FROM people")
            rows = self._asked("SELECT person FROM people WHERE person IN (SELECT person FROM forgotten) ORDER BY 1")
        return count, tuple(person for (person,) in rows)

    def is_known(self, person: str) -> bool:
        """Say whether there is a durable key of this person."""
        with self._lock:
            return bool(self._asked("SELECT 1 FROM people WHERE person=?", (person,)))

    @contextmanager
    def leaving(self, person: str) -> Iterator[None]:
        """Let nobody hand in or seal anything for a person while it is looked at whether they can be forgotten."""
        with self._lock:
            self._leaving.add(person)
        try:
            yield
        finally:
            with self._lock:
                self._leaving.discard(person)

    def forget(self, proof: Forgotten) -> Forgotten:
        """Destroy a person's key and every row that leads to them, here and in every copy; the proof alone stays.

        Asked again, it finishes what could not be finished and returns the first proof.

        Raises:
            CannotOpen: this vault knows no such person.
            StoreUnavailable: the database is busy; ask again.
        """
        with self._lock:
            try:
                kept = destroy(self._db, self.path, proof)
            finally:
                self._forgotten = {one.person for one in self.forgotten()}
                self._drafts.pop(proof.person, None)
                self._keys.clear()
                self._marks.clear()
        self.copies.catch_up()
        return kept

    def forgotten(self) -> tuple[Forgotten, ...]:
        """Return the proof of everybody who was forgotten, in the order in which it was done."""
        return forgotten_in(self._db)

    def rotate(self, to: str = "", keep_old: Path | None = None) -> int:
        """Wrap every key under another master key; return how many. Nobody else may use the vault meanwhile.

        Args:
            to: the new master key in base64 where it comes from the environment; "" makes one and keeps it in the file.
            keep_old: where the old key is written, for copies made before; it opens nothing that is sealed later.
        """
        with self._lock:
            assert not self._drafts, "a vault that is rotated stands still"
            self._master, count = exchange_master(self._db, self._master, self._key_file, to, keep_old)
            wrapped = self._asked("SELECT wrapped_key FROM index_keys ORDER BY number")
            self._index_keys = tuple(self._master.unwrap(one, INDEX) for (one,) in wrapped)
            self._marks.clear()
        return count

    def close(self) -> None:
        self._db.close()
