"""What was answered survives: no answer leaves before its sync, and a killed process forgets nothing and doubles nothing.

Law: the applicant holds a receipt for what was answered (NĐ 61/2018 art. 17); a power cut must not take it back.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from chassis.stores.sqlite import SqliteStore
from tests.chassis.appending import LEDGERS
from tests.chassis.audit import AUDIT
from tests.chassis.running import staged

COMMANDS = 200
SYNC_DELAY_US = 3_000


class Sync(NamedTuple):
    """One call of fsync or fdatasync."""

    begun_ns: int
    ended_ns: int
    file: str


class Answer(NamedTuple):
    """One command: when it was given and when its answer came."""

    number: int
    given_ns: int
    answered_ns: int


@pytest.fixture(scope="module")
def slow_sync(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim that makes syncs slow and notes them."""
    compiler = shutil.which("cc")
    if compiler is None:
        missing = "no C compiler: install one that is called `cc` (on Debian: apt-get install gcc libc6-dev)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    built = tmp_path_factory.mktemp("shim") / "slow_sync.so"
    source = Path(__file__).with_name("slow_sync.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", built, source, "-ldl"], check=True)
    return built


def appending(
    data: Path, project: Path, first: int, count: int, synchronous: str = "FULL", disk_threads: bool = True,
    **environment: str,
) -> "subprocess.Popen[str]":  # fmt: skip
    """Start the process that appends."""
    env = os.environ | {"SYNCHRONOUS": synchronous, "DISK_THREADS": "yes" if disk_threads else "no"} | environment
    command = [sys.executable, "-m", "tests.chassis.appending", str(data), str(first), str(count)]
    return subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, text=True)


def answers_of(said: str) -> list[Answer]:
    """Return the answers that a process has told of; the last line may have been cut off."""
    lines = said[: said.rfind("\n") + 1].splitlines()
    return [Answer(*map(int, line.split())) for line in lines]


def watched(
    slow_sync: Path, data: Path, project: Path, synchronous: str, disk_threads: bool
) -> tuple[list[Answer], list[Sync]]:
    """Run the process to its end on a slow disk and return what it answered and what was synced meanwhile."""
    log = data / "syncs"
    process = appending(
        data, project, 1, COMMANDS, synchronous, disk_threads,
        LD_PRELOAD=str(slow_sync), SYNC_LOG=str(log), SYNC_DELAY_US=str(SYNC_DELAY_US),
    )  # fmt: skip
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    lines = [line.split(" ", 2) for line in log.read_text().splitlines()]
    return answers_of(said), [Sync(int(begun), int(ended), file) for begun, ended, file in lines]


def too_early(answers: list[Answer], syncs: list[Sync]) -> list[Answer]:
    """Return the answers that left although no sync of the log had begun after they were given and ended before."""
    of_log = [sync for sync in syncs if sync.file.endswith("audit.db-wal")]
    return [
        answer
        for answer in answers
        if not any(answer.given_ns <= s.begun_ns and s.ended_ns <= answer.answered_ns for s in of_log)
    ]


@pytest.mark.parametrize("disk_threads", [True, False], ids=["disk threads", "one thread"])
@pytest.mark.parametrize(("synchronous", "all_wait"), [("FULL", True), ("NORMAL", False), ("OFF", False)])
def test_no_answer_leaves_before_its_sync(
    slow_sync: Path, tmp_path: Path, project: Path, synchronous: str, all_wait: bool, disk_threads: bool
) -> None:
    """Each waits for a sync that began after it was given. Without FULL the same check finds answers that did not."""
    answers, syncs = watched(slow_sync, tmp_path, project, synchronous, disk_threads)
    assert [answer.number for answer in sorted(answers)] == list(range(1, COMMANDS + 1))
    assert (too_early(answers, syncs) == []) is all_wait


def test_no_sealed_value_becomes_durable_before_its_key(slow_sync: Path, tmp_path: Path, project: Path) -> None:
    """A power cut between the two would leave data that nobody can ever read."""
    answers, syncs = watched(slow_sync, tmp_path, project, "FULL", disk_threads=True)
    of_keys = [sync for sync in syncs if sync.file.endswith("vault.db-wal")]
    of_log = [sync for sync in syncs if sync.file.endswith("audit.db-wal")]
    assert of_keys
    first_log_sync = {a: next(s for s in of_log if s.begun_ns >= a.given_ns) for a in answers}
    assert [
        answer
        for answer, log in first_log_sync.items()
        # A key may also have been settled by the batch before: then no key was new when this one was written.
        if not any(key.ended_ns <= log.begun_ns for key in of_keys if key.ended_ns >= answer.given_ns - 10**9)
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_process_loses_no_answer_and_does_nothing_twice(tmp_path: Path, project: Path, seed: int) -> None:
    """Killed at any moment, its clients ask again with their keys: every answered command is there, each once."""
    chance = random.Random(seed)
    answered: set[int] = set()
    first = 1
    for _ in range(3):
        process = appending(tmp_path, project, first, 1_000_000, disk_threads=chance.random() < 0.5)
        assert process.stdout is not None
        said = process.stdout.readline()
        for _ in range(chance.randint(0, 400)):
            said += process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        said += process.communicate()[0]
        answered |= {answer.number for answer in answers_of(said)}
        first = max(1, max(answered) - 100)
    with staged(tmp_path, AUDIT) as audit:
        amounts = [n for ledger in range(LEDGERS) for n in audit.state(f"ledger-{ledger}").amounts_vnd]
        twice = [number for number, times in Counter(amounts).items() if times > 1]
        assert (sorted(answered - set(amounts)), twice) == ([], [])
        assert {row[0] for row in audit.rows("SELECT id FROM answers")} == {f"key-{number}" for number in amounts}
        assert [recorded.position for recorded in audit.log()] == list(range(1, len(amounts) + 1))


def test_a_store_is_served_again_at_once_after_a_kill(tmp_path: Path, project: Path) -> None:
    """The lock goes with the process, however it ends."""
    process = appending(tmp_path, project, 1, 1_000_000)
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.communicate()
    SqliteStore(tmp_path / "audit.db").close()
