"""A process that appends without end, to be watched or killed: `python -m tests.chassis.appending DIR FIRST COUNT`.

It keeps 32 commands on their way, each with its own idempotency key and a person whom the vault has not seen before.
It writes a line for each answer once it has it: number, when it was given, when it was answered (ns, monotonic).

The environment tells how to do worse, so that the watching can be shown to fail: SYNCHRONOUS (other than FULL),
KEYS_FIRST (`no`: keys are not made durable before what is sealed with them). DISK_THREADS: who waits for the disk.
"""

import os
import queue
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from chassis.clock import WallClock
from chassis.executor import Job
from chassis.run import embedded
from chassis.stores import sqlite
from chassis.stores.store import Writes
from chassis.vault import SqliteVault
from tests.chassis.audit import AUDIT, NoteDeposit

AT_ONCE = 32
LEDGERS = 7
AT = datetime(2026, 9, 7, 1, 0, tzinfo=UTC)


def append(data: Path, first: int, count: int, disk_threads: bool, keys_first: bool) -> None:
    """Note deposits `first` and following, at most `count`, and say of each when it was answered."""
    vault = SqliteVault(data / "vault.db", data / "vault.key")

    def keep_keys(writes: Writes) -> None:
        if keys_first:
            vault.settle()

    engine = embedded([AUDIT], data, WallClock(), disk_threads, keep_keys)
    engine.start()
    answered: queue.SimpleQueue[tuple[int, int, int]] = queue.SimpleQueue()

    def note(number: int, given_ns: int, _: object) -> None:
        answered.put((number, given_ns, time.monotonic_ns()))

    on_their_way = 0
    for number in range(first, first + count):
        given_ns = time.monotonic_ns()
        vault.person("personal_id", f"{number:012d}")
        command = NoteDeposit(str(number % LEDGERS), number, AT)
        job = Job(command, id=f"key-{number}", fingerprint="same")
        job.future.add_done_callback(partial(note, number, given_ns))
        engine.submit("audit", job)
        on_their_way += 1
        if on_their_way == AT_ONCE:
            _say(answered.get())
            on_their_way -= 1
    for _ in range(on_their_way):
        _say(answered.get())
    engine.stop()
    vault.close()


def _say(answer: tuple[int, int, int]) -> None:
    os.write(1, (" ".join(map(str, answer)) + "\n").encode())


if __name__ == "__main__":
    told = os.environ
    sqlite.PRAGMAS = sqlite.PRAGMAS.replace("synchronous=FULL", f"synchronous={told['SYNCHRONOUS']}")
    folder, first, count = sys.argv[1:]
    append(Path(folder), int(first), int(count), told["DISK_THREADS"] == "yes", told["KEYS_FIRST"] == "yes")
