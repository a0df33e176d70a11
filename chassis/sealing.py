"""The sealing reader: follows each service's log behind its head, and puts its order under a signed head each day.

It is one more reader: appends never wait for it. A day is over when the service's clock says so, or when an event of a
later day is in the log, whichever is seen first. What a power cut takes from it, it reads again.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from chassis.clock import Clock, to_us
from chassis.heads import FORM, NONE_BEFORE, Head, day_of, leaf_of, named_day
from chassis.merkle import root_under
from chassis.sealing_keys import PublicKey, SealingKeys
from chassis.seals import Seals
from chassis.stores.store import Link, Store, StoreUnavailable
from kernel.message import source_of

log = logging.getLogger("lienthong.sealing")

LOOKS_EVERY_S: Final = 1.0
PAGE: Final = 1_000


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
        self.leaves = seals.leaves(service)
        self.position = seals.position(service)
        self.head = seals.last_head(service)
        self.day = 0
        self.halted = self._resume(seals)
        if self.halted:
            log.error("%s is sealed no further: %s", service, self.halted)

    def _resume(self, seals: Seals) -> str:
        """Take up where the seals end; return why the log cannot be the one they are of: to seal on would hide it."""
        if self.position > self.store.head():
            return f"{self.position} positions were sealed, and the log ends at {self.store.head()}"
        if self.position:
            (link,) = self.store.links(self.position - 1, 1)
            self.day = day_of(link.time_us)
            if leaf_of(link) != seals.last_leaf(self.service):
                return f"the event at position {self.position} is not the one that was sealed"
        return ""

    def add(self, link: Link) -> tuple[int, bytes, bytes] | None:
        """Seal one more event; return the row of leaves that it has filled, if it has."""
        self.position = link.position
        return self.leaves.add(leaf_of(link))

    @property
    def kept_position(self) -> int | None:
        """Return the position to be kept beside the leaves, where their number does not say it."""
        return None if self.position == self.leaves.size else self.position

    @property
    def has_unsigned(self) -> bool:
        return self.leaves.size > (self.head.size if self.head is not None else 0)

    def generation(self) -> int:
        """Return the generation of the last event that is sealed."""
        return max(one.number for one in self.store.generations if one.after < max(self.position, 1))


class Sealer:
    """Seals the logs of some services; its files are made when there is something to seal."""

    def __init__(self, seals: Path, keys: Path, stores: Mapping[str, Store], clock: Clock) -> None:
        """Take where the seals and the signing keys are kept, and the logs by service."""
        self._path = seals
        self._keys_path = keys
        self._stores = stores
        self._clock = clock
        self._seals: Seals | None = None
        self._keys: SealingKeys | None = None
        self._logs: dict[str, SealedLog] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._complained_of = ""

    @property
    def seals(self) -> Seals:
        if self._seals is None:
            self._seals = Seals(self._path)
        return self._seals

    def kept(self) -> Seals | None:
        """Return the seals, None where nothing was ever sealed; whoever only looks makes none."""
        return self.seals if self._path.exists() else None

    @property
    def keys(self) -> SealingKeys:
        if self._keys is None:
            self._keys = SealingKeys(self._keys_path)
        return self._keys

    @property
    def halted(self) -> dict[str, str]:
        """Return the services whose log is not the one that was sealed, with what is wrong."""
        return {service: one.halted for service, one in list(self._logs.items()) if one.halted}

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
                    sealed += self._advance(service)
                except Exception as error:
                    self._logs.pop(service, None)  # what stands in the memory is not what is kept: look at it anew
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
            self.seals.keep(service, full, one.leaves.open_row(), heads, one.kept_position)
            heads = []
        if not one.halted and one.day < today and (heads := self._signed(one, one.day)):
            self.seals.keep(service, [], None, heads)
        return one.leaves.size - before

    def _log(self, service: str) -> SealedLog:
        if service not in self._logs:
            self._logs[service] = SealedLog(service, self._stores[service], self.seals)
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
        self.advance()
        with self._lock:
            today = day_of(to_us(self._clock.now()))
            for service in self._stores:
                one = self._log(service)
                if not one.halted and (heads := self._signed(one, max(today, one.day))):
                    try:
                        self.seals.keep(service, [], None, heads)
                    except BaseException:
                        del self._logs[service]
                        raise
            return tuple(one.head for one in self._logs.values() if one.head is not None)

    def heads(self, service: str) -> list[Head]:
        """Return every head of a service, the oldest first; may be called from any thread."""
        seals = self.kept()
        return [] if seals is None else seals.heads(service)

    def leaves(self, service: str, size: int) -> list[bytes]:
        """Return the first `size` sealed leaves of a service, or as many as there are."""
        seals = self.kept()
        return [] if seals is None else list(islice(seals.each_leaf(service), size))

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
        if self._seals is not None:
            self._seals.close()
