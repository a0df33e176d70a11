"""What was answered survives: no answer leaves before its sync; a killed process forgets and doubles nothing."""

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


def appending(data: Path, project: Path, first: int, count: int, **told: str) -> "subprocess.Popen[str]":
    """Start the process that appends."""
    env = os.environ | {"SYNCHRONOUS": "FULL", "DISK_THREADS": "yes", "KEYS_FIRST": "yes"} | told
    command = [sys.executable, "-m", "tests.chassis.appending", str(data), str(first), str(count)]
    return subprocess.Popen(command, cwd=project, env=env, stdout=subprocess.PIPE, text=True)


def answers_of(said: str) -> list[Answer]:
    """Return the answers that a process has told of; the last line may have been cut off."""
    lines = said[: said.rfind("\n") + 1].splitlines()
    return [Answer(*map(int, line.split())) for line in lines]


def watched(slow_sync: Path, data: Path, project: Path, **told: str) -> tuple[list[Answer], list[Sync], list[Sync]]:
    """Run the process to its end on a slow disk; return its answers, the syncs of its log and those of its keys."""
    seen = data / "syncs"
    told |= {"LD_PRELOAD": str(slow_sync), "SYNC_LOG": str(seen), "SYNC_DELAY_US": str(SYNC_DELAY_US)}
    process = appending(data, project, 1, COMMANDS, **told)
    said, _ = process.communicate(timeout=60)
    answers = answers_of(said)
    assert (process.returncode, sorted(answer.number for answer in answers)) == (0, list(range(1, COMMANDS + 1)))
    lines = [line.split(" ", 2) for line in seen.read_text().splitlines()]
    syncs = [Sync(int(begun), int(ended), file) for begun, ended, file in lines]
    of_log, of_keys = ([s for s in syncs if s.file.endswith(f"{name}.db-wal")] for name in ("audit", "vault"))
    return answers, of_log, of_keys


@pytest.mark.parametrize("disk_threads", ["yes", "no"], ids=["disk threads", "one thread"])
@pytest.mark.parametrize(("synchronous", "all_wait"), [("FULL", True), ("NORMAL", False), ("OFF", False)])
def test_no_answer_leaves_before_its_sync(
    slow_sync: Path, tmp_path: Path, project: Path, synchronous: str, all_wait: bool, disk_threads: str
) -> None:
    """Each waits for a sync that began after it was given. Without FULL the same check finds answers that did not."""
    told = {"SYNCHRONOUS": synchronous, "DISK_THREADS": disk_threads}
    answers, of_log, _ = watched(slow_sync, tmp_path, project, **told)
    have_waited = (
        any(given_ns <= sync.begun_ns and sync.ended_ns <= answered_ns for sync in of_log)
        for _, given_ns, answered_ns in answers
    )
    assert all(have_waited) is all_wait


@pytest.mark.parametrize(("keys_first", "all_kept"), [("yes", True), ("no", False)])
def test_no_sealed_value_becomes_durable_before_its_key(
    slow_sync: Path, tmp_path: Path, project: Path, keys_first: str, all_kept: bool
) -> None:
    """A power cut between the two would leave data that nobody can ever read."""
    answers, of_log, of_keys = watched(slow_sync, tmp_path, project, KEYS_FIRST=keys_first)
    kept = (
        any(
            given_ns <= key.begun_ns and key.ended_ns <= log.begun_ns and log.ended_ns <= answered_ns
            for key in of_keys
            for log in of_log
        )
        for _, given_ns, answered_ns in answers
    )
    assert all(kept) is all_kept


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_process_loses_no_answer_and_does_nothing_twice(tmp_path: Path, project: Path, seed: int) -> None:
    """Killed at any moment, its clients ask again with their keys: every answered command is there, each once."""
    chance = random.Random(seed)
    answered: set[int] = set()
    first = 1
    for _ in range(3):
        process = appending(tmp_path, project, first, 1_000_000, DISK_THREADS=chance.choice(("yes", "no")))
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
