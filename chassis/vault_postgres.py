"""The vault over PostgreSQL: as many processes as needed, all that is true in the database, nothing but keys in memory.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.

No person's key is remembered between two calls: whoever is forgotten through one process is unreadable through all of
them from that moment on. The master key comes from the environment or a file and never from the database.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from chassis.vault_drafts import Drafting, Mark, Met
from chassis.vault_keys import INDEX, CannotOpen, Master, digest_of, fitting, normalised
from chassis.vault_openings import Purposes, as_opening
from chassis.vault_port import (
    FORGOTTEN,
    LEAVING,
    NO_KEY,
    OPENINGS_MAX,
    PERSON,
    SEARCH,
    Erased,
    Forgotten,
    Opening,
    named_in,
    opened_with,
    parts_of,
    sealed_with,
)
from chassis.vault_postgres_forgetting import Traces
from chassis.vault_postgres_tables import Database

LEAVING_WITHIN_S: Final = 120
"""So long a person is held back at most: whoever looks whether they can be forgotten may die meanwhile."""
DRAFTS_SWEPT_MAX: Final = 1_000
TRIES: Final = 5

IS_LEAVING: Final = "EXISTS (SELECT 1 FROM leaving WHERE leaving.person = people.person AND until > now())"

WHO: Final = f"""
SELECT people.person, drafted_at IS NULL, coalesce(drafted_at < now() - interval '1 hour', false), {IS_LEAVING}
FROM lookup JOIN people USING (person) WHERE digest = %s"""

# A draft need not be on disk before it is answered: `make_lasting` finds out if it is gone, and waits for the disk.
NEW: Final = """
WITH met AS (INSERT INTO lookup(digest, person) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING person)
INSERT INTO people(person, wrapped_key, drafted_at)
SELECT met.person, %s, now() FROM met, set_config('synchronous_commit', 'off', true) RETURNING person"""

LASTING: Final = """
WITH there AS (SELECT person, drafted_at FROM people WHERE person = ANY(%(people)s) ORDER BY person FOR UPDATE),
lasting AS (
  UPDATE people SET drafted_at = NULL FROM there
  WHERE people.person = there.person AND there.drafted_at IS NOT NULL),
known AS (
  INSERT INTO also_known(digest, person)
  SELECT told.digest, told.person FROM unnest(%(digests)s::bytea[], %(whose)s::text[]) AS told(digest, person)
  JOIN there USING (person) ORDER BY 1, 2 ON CONFLICT DO NOTHING)
SELECT person FROM there"""

FIND: Final = """
SELECT person FROM (
  SELECT person FROM lookup WHERE digest = %(digest)s UNION SELECT person FROM also_known WHERE digest = %(digest)s
) AS found JOIN people USING (person) WHERE drafted_at IS NULL ORDER BY person"""

OPENED: Final = """
INSERT INTO openings(person, by, purpose, fields, at, about, handed_to, call)
SELECT person, %s, %s, %s, %s, %s, %s, %s FROM people WHERE person = %s ON CONFLICT DO NOTHING"""

TOLD: Final = """
INSERT INTO openings(person, by, purpose, fields, at, about, handed_to, call)
SELECT person, %s, %s, %s, %s, %s, %s, %s FROM unnest(%s::text[]) AS told(person) ON CONFLICT DO NOTHING"""

READ: Final = "SELECT id, person, by, purpose, fields, at, about, handed_to FROM openings WHERE {} ORDER BY id LIMIT %s"

SWEEP: Final = """
WITH old AS (
  SELECT person FROM people WHERE drafted_at < now() - interval '1 day'
  ORDER BY drafted_at LIMIT %s FOR UPDATE SKIP LOCKED),
unfindable AS (DELETE FROM lookup USING old WHERE lookup.person = old.person)
DELETE FROM people USING old WHERE people.person = old.person RETURNING people.person"""


class PostgresVault(Drafting):
    """The vault in a database that several processes share; `chassis/vault_server.py` puts it behind HTTP."""

    def __init__(self, access: PostgresAccess, offered: Sequence[Master]) -> None:
        """Open the vault, its tables made on the first start.

        Args:
            offered: the master key; behind it the one that a rotation changes to, where one is under way.

        Raises:
            CannotOpen: none of them is this vault's.
            StoreUnavailable: the database cannot be reached.
        """
        super().__init__()
        self._db = Database(access)
        try:
            self._master = self._fitting(offered)
            self._index_keys = self._opened_index()
        except BaseException:
            self._db.close()
            raise
        self._db.index_keys = len(self._index_keys)
        self._opened_for = Purposes()
        self.copies = Traces(self._db)
        with suppress(StoreUnavailable):  # somebody reads the tables: the next forgetting tries again
            self.copies.catch_up()

    def _fitting(self, offered: Sequence[Master]) -> Master:
        witness = self._db.asked("SELECT wrapped_key, %s::text FROM index_keys LIMIT 1", (INDEX,))
        witness += self._db.asked("SELECT wrapped_key, person FROM people LIMIT 1")
        return fitting(offered, [(wrapped, whose) for wrapped, whose in witness])

    def _opened_index(self) -> tuple[bytes, ...]:
        first = self._master.wrap(AESGCM.generate_key(256), INDEX)
        self._db.asked(
            "INSERT INTO index_keys SELECT 1, %s WHERE NOT EXISTS (SELECT 1 FROM index_keys) ON CONFLICT DO NOTHING",
            (first,),
        )
        wrapped = self._db.asked("SELECT wrapped_key FROM index_keys ORDER BY number")
        return tuple(self._master.unwrap(one, INDEX) for (one,) in wrapped)

    # --- who ---

    def meet(self, kind: str, identifier: str) -> Met:
        digest = digest_of(self._index_keys, kind, identifier)
        for _ in range(TRIES):
            for person, lasting, old, is_leaving in self._db.asked(WHO, (digest,)):
                if is_leaving:
                    raise StoreUnavailable(LEAVING)
                if not old or self._kept_longer(person):
                    return Met(person, bool(lasting))
            person = "p" + secrets.token_hex(12)
            wrapped = self._master.wrap(AESGCM.generate_key(256), person)
            if self._db.asked(NEW, (digest, person, wrapped)):
                return Met(person, lasting=False)
        raise StoreUnavailable("vault: others are meeting the same person; ask again")

    def _kept_longer(self, person: str) -> bool:
        """Let a draft that is met again be a day old a day from now."""
        sql = "UPDATE people SET drafted_at=now() WHERE person=%s AND drafted_at IS NOT NULL RETURNING 1"
        return bool(self._db.asked(sql, (person,)))

    def make_lasting(self, people: Mapping[str, Sequence[Mark]]) -> tuple[str, ...]:
        told = sorted(
            (digest_of(self._index_keys, *mark), person) for person, marks in people.items() for mark in marks
        )
        given = {"people": list(people), "digests": [one for one, _ in told], "whose": [one for _, one in told]}
        there = {person for (person,) in self._db.asked(LASTING, given)}
        return tuple(person for person in people if person not in there)

    def find(self, kind: str, identifier: str) -> tuple[str, ...]:
        digest = digest_of(self._index_keys, kind, normalised(kind, identifier))
        return tuple(person for (person,) in self._db.asked(FIND, {"digest": digest}))

    def drafts(self) -> int:
        """Return how many keys are drafts."""
        ((count,),) = self._db.asked("SELECT count(*) FROM people WHERE drafted_at IS NOT NULL")
        return int(count)

    def sweep(self) -> int:
        """Remove drafts that are a day old, some at a time; return how many."""
        return len(self._db.asked(SWEEP, (DRAFTS_SWEPT_MAX,)))

    # --- what ---

    def seal(self, person: str, fields: Mapping[str, Any]) -> str:
        return sealed_with(self._key(person, in_spite_of_leaving=False), person, fields)

    def open(
        self, sealed: str, by: str, purpose: str, fields: tuple[str, ...], at: datetime, about: str = "", to: str = "",
        call: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Do as the port says; `call` tells a reading that is asked for again from a second one."""
        person, plain = self._opened(sealed)
        named = named_in(plain, fields)
        line = (by, purpose, ",".join(named), at.isoformat(), about, to, call or secrets.token_hex(16))
        self._db.asked(OPENED, (*line, person))
        self._key(person)  # forgotten meanwhile: then there is no line either
        self._opened_for.add(purpose)
        return named

    def prove(self, sealed: str) -> None:
        self._opened(sealed)

    def _opened(self, sealed: str) -> tuple[str, bytes]:
        person, body = parts_of(sealed)
        return person, opened_with(self._key(person), person, body)

    def _key(self, person: str, in_spite_of_leaving: bool = True) -> AESGCM:
        rows = self._db.asked(f"SELECT wrapped_key, {IS_LEAVING} FROM people WHERE person=%s", (_plain(person),))
        if not rows and self.is_forgotten(person):
            raise Erased(FORGOTTEN)
        if not rows:
            raise CannotOpen(NO_KEY)
        wrapped, is_leaving = rows[0]
        if is_leaving and not in_spite_of_leaving:
            raise StoreUnavailable(LEAVING)
        return AESGCM(self._master.unwrap(wrapped, person))

    # --- who read what ---

    def searched(self, found: Sequence[str], by: str, kind: str, at: datetime, call: str = "") -> None:
        self._write(list(dict.fromkeys(found)) or [""], by, SEARCH, kind, at, "", "", call)

    def told(
        self, person: str, by: str, purpose: str, what: tuple[str, ...], at: datetime, about: str, to: str,
        call: str = "",
    ) -> None:  # fmt: skip
        self._write([person], by, purpose, ",".join(what), at, about, to, call)

    def _write(
        self, people: list[str], by: str, purpose: str, fields: str, at: datetime, about: str, to: str, call: str
    ) -> None:
        line = (by, purpose, fields, at.isoformat(), about, to, call or secrets.token_hex(16))
        self._db.asked(TOLD, (*line, people))
        self._opened_for.add(purpose)

    def openings(self, person: str, after: int = 0, limit: int = OPENINGS_MAX) -> list[Opening]:
        rows = self._db.asked(READ.format("person=%s AND id>%s"), (person, after, limit))
        return [as_opening(row) for row in rows]

    def openings_about(self, ref: str, limit: int = OPENINGS_MAX) -> list[Opening]:
        rows = self._db.asked(READ.format("about=%s AND about<>''"), (ref, limit))
        return [as_opening(row) for row in rows]

    def opened_for(self) -> dict[str, int]:
        """Return how often something was opened since the process began, by kind of purpose."""
        return dict(self._opened_for.counts)

    # --- forgetting ---

    def is_forgotten(self, person: str) -> bool:
        return bool(self._db.asked("SELECT 1 FROM forgotten WHERE person=%s", (_plain(person),)))

    def is_known(self, person: str) -> bool:
        sql = "SELECT 1 FROM people WHERE person=%s AND drafted_at IS NULL"
        return bool(self._db.asked(sql, (_plain(person),)))

    def kept_in_spite(self) -> tuple[int, tuple[str, ...]]:
        ((count,),) = self._db.asked("SELECT count(*) FROM people WHERE drafted_at IS NULL")
        rows = self._db.asked("SELECT person FROM people JOIN forgotten USING (person) ORDER BY 1")
        return int(count), tuple(person for (person,) in rows)

    def hold_back(self, person: str) -> None:
        """Let nobody hand in or seal anything for a person, for a while at most."""
        sql = """INSERT INTO leaving VALUES (%s, now() + %s * interval '1 second')
                 ON CONFLICT (person) DO UPDATE SET until = excluded.until"""
        self._db.asked(sql, (person, LEAVING_WITHIN_S))

    def let_go(self, person: str) -> None:
        """End what `hold_back` began."""
        self._db.asked("DELETE FROM leaving WHERE person=%s OR until < now()", (person,))

    @contextmanager
    def leaving(self, person: str) -> Iterator[None]:
        self.hold_back(person)
        try:
            yield
        finally:
            self.let_go(person)

    def forget(self, proof: Forgotten) -> Forgotten:
        return self.copies.destroy(proof)

    def forgotten(self) -> tuple[Forgotten, ...]:
        return self.copies.proofs()

    def close(self) -> None:
        self._db.close()


def _plain(person: str) -> str:
    """Return a person's id, or that of nobody: what is altered may hold what PostgreSQL takes for no text."""
    return person if PERSON.fullmatch(person.encode("utf-8", "replace")) else ""
