"""A patient lane on a thread of its own: nobody waits for what it hears, so it hears seldom and in large helpings.

It gets on while the other lanes wait for the disk, and while SQLite works for them without the interpreter. Measured:
the whole flow is a tenth faster than with all lanes on one thread (bench/RESULTS.md).
"""

import threading
from collections.abc import Callable
from typing import Final

HELPING_EVERY_S: Final = 0.05


class Aside:
    """Turns one lane again and again. `held` is with whoever turns it: this thread, or the engine when all is to rest.

    Args:
        turn: gives the lane one turn; never raises.
    """

    def __init__(self, name: str, turn: Callable[[], object]) -> None:
        self._turn = turn
        self._stopped = threading.Event()
        self.held = threading.Lock()
        self._thread = threading.Thread(target=self._work, name=f"aside-{name}", daemon=True)

    def start(self) -> None:
        """Begin, unless it has begun."""
        if not self._thread.is_alive() and not self._stopped.is_set():
            self._thread.start()

    def stop(self) -> None:
        """Let the turn in hand end, then end the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        while not self._stopped.wait(HELPING_EVERY_S):
            with self.held:
                self._turn()
