"""How far a log may be read: never past an event whose transaction has drawn its position and is not over yet.

Positions are drawn before a commit and become readable after it, in any order, so a reader that simply goes on from the
last position it saw loses events. Here every appender takes a shared lock before it draws a position and keeps it to
the end of its transaction. A reader notes the last position drawn, *then* who holds the lock: whoever will yet make a
position up to that one readable is among them, for the lock is let go of only after the rows can be seen. Once none of
them holds it any more, everything up to the noted position is there; what was drawn since lies above it. Nobody waits
for anybody, and positions that were taken back are passed over.

A server that fell may come back with a sequence that stands lower: what was drawn and never committed is drawn again.
Then what was noted means nothing any more, and the look begins anew from what was read: that was committed.

The sequence must hand out one position at a time (CACHE 1). `append` and `reach` in sql/postgres/001.sql do the
server's part.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection
from typing import Final

REACH: Final = "SELECT drawn, holders FROM reach(%s)"
"""Looks at both, one after the other; only the primary may be asked."""

Ask = Callable[[int], tuple[int, Collection[str], int]]
"""Gives the last position drawn, the transactions that, seen after it, hold the appenders' lock, and how many
connections have broken: behind each may be a server that fell.

If nothing was drawn since the position that is named, the holders are not looked for."""

WHATEVER_WAS_DRAWN: Final = -1


class Reach:
    """Up to which position a log can be read without missing anything; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: deque[tuple[int, frozenset[str]]] = deque()
        self._safe = 0
        self._broken = 0
        self._fell_to: int | None = None
        self.begun_anew = 0

    @property
    def is_waiting(self) -> bool:
        """Say whether something was drawn that cannot be read yet: to be asked again soon, without being woken."""
        return bool(self._noted)

    def advance(self, ask: Ask, committed: int = 0) -> tuple[int, int]:
        """Look, and return the last position drawn, and the last up to which nothing is missing nor ever will be.

        Args:
            committed: a position that was read; should the server have fallen, nothing below it is drawn again.
        """
        # One at a time: who holds the lock has to be seen after what was drawn was noted, whoever noted it.
        with self._lock:
            drawn, holders, broken = ask(WHATEVER_WAS_DRAWN if self._noted else self._safe)
            if broken != self._broken or drawn < self._highest:
                self._noted.clear()
                self._safe = min(self._safe, committed)
                self._fell_to = self._safe if self._fell_to is None else min(self._fell_to, self._safe)
                self._broken = broken
                self.begun_anew += 1
                drawn, holders, _ = ask(WHATEVER_WAS_DRAWN)
            self._take(drawn, frozenset(holders))
            return drawn, self._safe

    def fell_to(self) -> int | None:
        """Return the lowest position that looks have begun anew from since this was asked, None where none has."""
        with self._lock:
            fell_to, self._fell_to = self._fell_to, None
            return fell_to

    @property
    def _highest(self) -> int:
        return self._noted[-1][0] if self._noted else self._safe

    def _take(self, drawn: int, holders: frozenset[str]) -> None:
        if drawn > self._highest:
            self._noted.append((drawn, holders))
        while self._noted and not self._noted[0][1] & holders:
            self._safe = self._noted.popleft()[0]
