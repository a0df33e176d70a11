"""Tells whoever waits for a log that something was appended to it, in this process or another.

A NOTIFY inside the append's transaction would let one commit after the other through a lock of the whole server. So the
bell has a line of its own: it rings at most once in ten milliseconds, however much was appended, and hears the others
ring. Whoever waits is told every second all the same; a ring that is lost costs a second, never an event.
"""

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psycopg

from chassis.stores.postgres_access import READS, PostgresAccess, meaning_of

log = logging.getLogger("lienthong.bell")

CHANNEL: Final = "appended"
RINGS_EVERY_S: Final = 0.01
TELLS_EVERY_S: Final = 1.0


class Bell:
    """Rings and hears on one thread and one line, from the first `listen` on; before that nobody here waits."""

    def __init__(self, access: PostgresAccess) -> None:
        self._access = access
        self._told: list[Callable[[], None]] = []
        self._to_ring = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._wakes, self._waker = -1, -1

    def listen(self, told: Callable[[], None]) -> None:
        """Call `told` from the bell's thread soon after anybody has appended, and every second all the same."""
        with self._lock:
            self._told.append(told)
            if self._thread is None:
                self._wakes, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
                self._thread = threading.Thread(target=self._work, name=f"bell-{self._access.name}", daemon=True)
                self._thread.start()

    def ring(self) -> None:
        """Something was appended here; costs next to nothing, from any thread."""
        if self._thread is not None and not self._to_ring.is_set():
            self._to_ring.set()
            self._nudge()

    def close(self) -> None:
        """Stop."""
        self._stopping = True
        if self._thread is not None:
            self._nudge()
            self._thread.join()
            os.close(self._wakes)
            os.close(self._waker)
            self._thread = None

    def _nudge(self) -> None:
        with suppress(BlockingIOError):  # it is full of nudges already
            os.write(self._waker, b".")

    def _work(self) -> None:
        complained = ""
        while not self._stopping:
            try:
                with self._access.connect(READS, "bell") as line:
                    line.add_notify_handler(lambda notice: None)
                    line.execute(f"LISTEN {CHANNEL}")
                    complained = ""
                    self._tend(line)
            except psycopg.Error as error:
                if (said := meaning_of(error)) != complained:
                    log.warning("%s: nobody is woken before the second is over: %s", self._access.name, said)
                complained = said
                self._wait(None)
                self._tell()

    def _tend(self, line: psycopg.Connection[Any]) -> None:
        """Ring and hear until told to stop, or until the line breaks."""
        self._tell()
        while not self._stopping:
            self._wait(line)
            if not self._to_ring.is_set():
                line.execute("")  # takes in what others rang
                self._tell()
                continue
            self._to_ring.clear()
            self._tell()
            line.execute(f"NOTIFY {CHANNEL}")
            time.sleep(RINGS_EVERY_S)  # what is appended meanwhile is rung for with one more

    def _wait(self, line: psycopg.Connection[Any] | None) -> None:
        """Wait for a ring from here or elsewhere, or for the second to be over."""
        waits_for = [self._wakes] if line is None else [self._wakes, line.fileno()]
        ready, _, _ = select.select(waits_for, (), (), TELLS_EVERY_S)
        if self._wakes in ready:
            with suppress(BlockingIOError):
                os.read(self._wakes, 4096)

    def _tell(self) -> None:
        for told in self._told:
            try:
                told()
            except Exception:
                log.exception("%s: somebody who was told of the log failed", self._access.name)
