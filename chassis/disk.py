"""Waiting for the disk on a thread of its own, one for each store, so that nobody else has to wait with it."""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

STOP: Final = None


class Disk:
    """Runs one flush at a time; `done` says whether it has ended, `result` what it gave or raised."""

    def __init__(self, name: str, notify: Callable[[], None]) -> None:
        """Start the thread; `notify` is called from it whenever a flush has ended."""
        self._notify = notify
        self._flushes: SimpleQueue[Callable[[], int] | None] = SimpleQueue()
        self._result: int | Exception = 0
        self.busy = False
        self.done = False
        self._thread = threading.Thread(target=self._work, name=f"disk-{name}", daemon=True)
        self._thread.start()

    def begin(self, flush: Callable[[], int]) -> None:
        """Run `flush` on the disk's thread."""
        assert not self.busy, "one flush at a time"
        self.busy, self.done = True, False
        self._flushes.put(flush)

    def result(self) -> int:
        """Return what the last flush gave, or raise what it raised."""
        if isinstance(self._result, Exception):
            raise self._result
        return self._result

    def stop(self) -> None:
        """Let the flush in hand end, then end the thread."""
        self._flushes.put(STOP)
        self._thread.join()

    def _work(self) -> None:
        while (flush := self._flushes.get()) is not STOP:
            try:
                self._result = flush()
            except Exception as error:
                self._result = error
            self.done = True
            self._notify()
