"""The sealing reader: follows each service's log behind its head, and puts its order under a signed head each day.

It is one more reader: appends never wait for it. A day is over when the service's clock says so, or when an event of a
later day is in the log, whichever is seen first. What a power cut takes from it, it reads again. Of several instances
the one that has the duty does it; any may be asked to seal at once, and whoever comes second looks anew.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

from chassis.clock import Clock, to_us
from chassis.heads import FORM, NONE_BEFORE, Head, day_of, leaf_of, named_day
from chassis.merkle import root_under
from chassis.sealing_keys import PublicKey, SealingKeys
from chassis.seals import Row, Seals
from chassis.stores.store import Conflict, Link, Store, StoreUnavailable
from kernel.message import source_of

log = logging.getLogger("lienthong.sealing")

LOOKS_EVERY_S: Final = 1.0
PAGE: Final = 1_000
DUTY: Final = "seals"
TRIES: Final = 5
"""How often sealing at once is begun anew because another instance was first."""


def signed_head(
    service: str, generation: int, day: int, size: int, peaks: Sequence[bytes], before: Head | None, keys: SealingKeys,
    now: datetime,
) -> Head:  # fmt: skip
    """Return the head over a log of `size` events that has these peaks, signed by every key that signs."""
    at = now.isoformat()
    head = Head(
        FORM, source_of(service), generation, named_day(day), size, root_under(peaks).hex(),
        tuple(peak.hex() for peak in peaks), NONE_BEFORE if before is None else before.hash, at, keys.newest(at),
    )  # fmt: skip
    return replace(head, signatures=keys.sign(head.content))


class SealedLog:
    """How far one service's log is sealed."""

    def __init__(self, service: str, store: Store, seals: Seals) -> None:
        self.service = service
        self.store = store
        self._seals = seals
        stands = seals.standing()
        self._turn = stands.turn
        self.leaves = stands.leaves
        self.position = stands.position
        self.head = stands.head
        self.day = 0
        self.halted = self._resume(stands.last_leaf)

    def _resume(self, last_leaf: bytes | None) -> str:
        """Take up where the seals end; return why the log cannot be the one they are of: to seal on would hide it."""
        # Asked of the rows themselves: a log that others append to may be read a little late by who has just come.
        if not self.position:
            return ""
        sql = "SELECT position, hash, time_us FROM events WHERE position>=:position ORDER BY position LIMIT 1"
        link = next((Link(**row) for row in self.store.query(sql, {"position": self.position})), None)
        if link is None:
            return f"{self.position} positions were sealed, and the log ends before"
        self.day = day_of(link.time_us)
        if leaf_of(link) != last_leaf:
            return f"the event at position {self.position} is not the one that was sealed"
        return ""

    def add(self, link: Link) -> Row | None:
        """Seal one more event; return the row of leaves that it has filled, if it has."""
        self.position = link.position
        return self.leaves.add(leaf_of(link))

    def keep(self, full: Sequence[Row], heads: Sequence[Head]) -> None:
        """Make durable what has been sealed since: the rows that were filled, the one that is not full, the heads.

        Raises:
            Conflict: another has sealed meanwhile; what stands here is not what is kept.
        """
        position = None if self.position == self.leaves.size else self.position  # mostly their number says it
        self._turn = self._seals.keep(self._turn, full, self.leaves.open_row(), heads, position)

    @property
    def has_unsigned(self) -> bool:
        return self.leaves.size > (self.head.size if self.head is not None else 0)

    def generation(self) -> int:
        """Return the generation of the last event that is sealed."""
        return max(one.number for one in self.store.generations if one.after < max(self.position, 1))


class Sealer:
    """Seals the logs of some services; what it keeps them in is made when there is something to seal."""

    def __init__(
        self, seals: Mapping[str, Seals], keys: SealingKeys, stores: Mapping[str, Store], clock: Clock
    ) -> None:
        """Take where each service's seals are kept, the signing keys, and the logs by service."""
        self.keys = keys
        self._seals = seals
        self._stores = stores
        self._clock = clock
        self._logs: dict[str, SealedLog] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._complained_of = ""

    def kept(self, service: str) -> Seals | None:
        """Return the seals of a service, None where nothing was ever sealed; whoever only looks makes none."""
        seals = self._seals.get(service)
        return seals if seals is not None and seals.is_there else None

    def halted(self, service: str) -> str:
        """Return why a service's log is sealed no further, "" where it is; may be called from any thread."""
        one = self._logs.get(service)
        if one is None:  # another instance seals it, or nobody has begun
            seals = self.kept(service)
            return "" if seals is None else SealedLog(service, self._stores[service], seals).halted
        return one.halted

    def advance(self) -> int:
        """Seal what has been stored since, and sign the heads of the days that are over; return how many events.

        Raises:
            StoreUnavailable: a log or the seals cannot be read or written now; nothing is lost, and the other logs
                are sealed all the same.
        """
        sealed, failures = 0, []
        with self._lock:
            for service in self._stores:
                try:
                    if self._stores[service].duty(DUTY):
                        sealed += self._advance(service)
                    else:
                        self._logs.pop(service, None)
                except Exception as error:
                    self._logs.pop(service, None)  # what stands in the memory is not what is kept: look at it anew
                    if not isinstance(error, Conflict):
                        failures.append(error)
        if failures:
            raise failures[0]
        return sealed

    def _advance(self, service: str) -> int:
        today = day_of(to_us(self._clock.now()))  # read before the log: what is stored from now on is not earlier
        one = self._log(service)
        before, heads = one.leaves.size, []
        while not one.halted and (page := one.store.links(one.position, PAGE)):
            full = []
            for link in page:
                # Where one process writes it takes no position back; several on one database leave gaps by right.
                if link.position != one.position + 1 and not one.store.shared:
                    one.halted = f"position {link.position} follows {one.position}"
                    log.error("%s is sealed no further: %s", service, one.halted)
                    break
                day = day_of(link.time_us)
                if day > one.day:
                    heads += self._signed(one, one.day)
                    one.day = day
                if (row := one.add(link)) is not None:
                    full.append(row)
            one.keep(full, heads)
            heads = []
        if not one.halted and one.day < today and (heads := self._signed(one, one.day)):
            one.keep([], heads)
        return one.leaves.size - before

    def _log(self, service: str) -> SealedLog:
        if service not in self._logs:
            one = self._logs[service] = SealedLog(service, self._stores[service], self._seals[service])
            if one.halted:
                log.error("%s is sealed no further: %s", service, one.halted)
        return self._logs[service]

    def _signed(self, one: SealedLog, day: int) -> list[Head]:
        """Return the head of a service as it stands, signed, unless its last one says the same already."""
        if not one.has_unsigned:
            return []
        one.head = signed_head(
            one.service, one.generation(), day, one.leaves.size, one.leaves.peaks, one.head, self.keys,
            self._clock.now(),
        )  # fmt: skip
        return [one.head]

    def seal_now(self) -> tuple[Head, ...]:
        """Seal everything and sign it now, whatever the hour; return the newest head of each service that has one.

        Raises:
            StoreUnavailable: a log or the seals cannot be read or written now.
        """
        with self._lock:
            newest = [self._seal_now(service) for service in self._stores]
        return tuple(head for head in newest if head is not None)

    def _seal_now(self, service: str) -> Head | None:
        """Seal one log whether it is this instance's duty or not; what others sealed meanwhile is not sealed again."""
        for left in reversed(range(TRIES)):
            try:
                today = day_of(to_us(self._clock.now()))
                self._advance(service)
                one = self._log(service)
                if not one.halted and (heads := self._signed(one, max(today, one.day))):
                    one.keep([], heads)
                return one.head
            except BaseException as error:
                self._logs.pop(service, None)
                if not isinstance(error, Conflict) or not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def heads(self, service: str) -> list[Head]:
        """Return every head of a service, the oldest first; may be called from any thread."""
        seals = self.kept(service)
        return [] if seals is None else seals.heads()

    def leaves(self, service: str, size: int) -> list[bytes]:
        """Return the first `size` sealed leaves of a service, or as many as there are."""
        seals = self.kept(service)
        return [] if seals is None else list(islice(seals.each_leaf(), size))

    def published_keys(self) -> tuple[PublicKey, ...]:
        """Return the public halves of the signing keys."""
        return self.keys.published()

    def start(self) -> None:
        """Seal on a thread of its own until stopped."""
        self._thread = threading.Thread(target=self._work, name="sealing", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self.advance()
                self._complained_of = ""
            except Exception as error:  # said once, tried again each second: the log goes on meanwhile
                if str(error) != self._complained_of:
                    log.error("sealing waits: %s", error, exc_info=not isinstance(error, StoreUnavailable))
                self._complained_of = str(error)
            self._stopping.wait(LOOKS_EVERY_S)

    def close(self) -> None:
        """Stop; if it ran, what was stored to the end is sealed first. To be called while the logs are still open."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            try:
                self.advance()
            except Exception:
                log.exception("the end of the logs is sealed at the next start")
        for seals in self._seals.values():
            seals.close()
