"""The engine: many lanes on one thread, from any number of threads, through faults, to an orderly end."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.executor import Answered, Job
from chassis.run import WAIT_FOR_STORE_S, embedded
from chassis.stores.sqlite import StoreInUse
from chassis.stores.store import StoreUnavailable, Writes
from tests.chassis.audit import AUDIT, NoteDeposit
from tests.chassis.running import START, Stage, opened, paid, staged
from tests.chassis.savings_desk import SAVINGS

SOON_S = 20


@pytest.fixture(params=[False, True], ids=["", "disk threads"])
def both(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The desk and its auditor, turned by the engine's own thread."""
    with staged(tmp_path, SAVINGS, AUDIT, disk_threads=request.param) as stage:
        stage.engine.start()
        yield stage


def answer(job: Job) -> Answered:
    return job.future.result(timeout=SOON_S)


def settled(stage: Stage) -> None:
    """Wait until every reader has caught up."""
    stage.engine.move_clock(stage.now).result(timeout=SOON_S)


def test_many_threads_may_give_commands(both: Stage) -> None:
    """Each gets its own answer; every command is done once; the readers hear all of it."""
    both.engine.submit("savings", first := Job(opened("a")))
    answer(first)
    versions: list[int] = []

    def give(thread: int) -> None:
        for number in range(50):
            job = Job(paid("a", 1, f"s{thread}-{number}"))
            both.engine.submit("savings", job)
            versions.append(answer(job).version)

    threads = [threading.Thread(target=give, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == list(range(2, 402))
    settled(both)
    assert both.state("account-a").balance_vnd == sum(both.state("ledger-a", "audit").amounts_vnd) == 400


def test_what_one_thread_was_answered_another_sees(both: Stage) -> None:
    """Reading looks at the store and not at the lane's memory; it never sees half of what belongs together."""
    faults: list[str] = []
    ready = threading.Event()

    def look() -> None:
        ready.wait()
        for _ in range(300):
            rows = both.rows("SELECT balance_vnd FROM accounts WHERE ref='a'")
            folded = both.lane.fold("account-a")[0]
            if rows and folded.balance_vnd < rows[0][0]:
                faults.append(f"the row shows {rows[0][0]}, the stream only {folded.balance_vnd}")

    reader = threading.Thread(target=look)
    reader.start()
    ready.set()
    for number in range(60):
        both.engine.submit("savings", job := Job(paid("a", 1, f"s{number}") if number else opened("a")))
        answered = answer(job)
        assert both.lane.fold("account-a")[1] == answered.version
    reader.join()
    assert faults == []


def test_a_store_that_is_down_stops_only_its_own_service(
    both: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Others go on meanwhile; it says that it waits; once the store is back, its commands are done."""

    def down(writes: Writes) -> None:
        raise StoreUnavailable("pulled out")

    with caplog.at_level(logging.CRITICAL):
        monkeypatch.setattr(both.running("savings").store, "stage", down)
        both.engine.submit("savings", waiting := Job(opened("a")))
        both.engine.submit("audit", other := Job(NoteDeposit("x", 1, START)))
        assert answer(other).status == 200
        both.engine.submit("audit", other := Job(NoteDeposit("x", 1, START)))
        assert answer(other).status == 200
        assert not waiting.future.done()
        while "savings" not in both.engine.failing:
            threading.Event().wait(WAIT_FOR_STORE_S / 10)
        assert both.engine.failing == {"savings": "pulled out"}
        monkeypatch.undo()
        assert answer(waiting).status == 200
    settled(both)
    assert both.engine.failing == {}


def test_a_defect_in_one_lane_does_not_end_the_thread_of_all(
    both: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is recorded, and tried again after a while."""

    def broken() -> list[object]:
        raise RuntimeError("a defect, planted")

    with caplog.at_level(logging.CRITICAL):
        monkeypatch.setattr(both.lane, "sources", [broken])
        both.engine.submit("savings", waiting := Job(opened("a")))
        both.engine.submit("audit", other := Job(NoteDeposit("x", 1, START)))
        assert answer(other).status == 200
        assert not both.engine.has_died
        monkeypatch.undo()
        assert answer(waiting).status == 200


def test_a_client_that_hangs_up_disturbs_nobody(both: Stage) -> None:
    """Its command is carried out all the same, and the thread of all lanes goes on."""

    async def hang_up() -> None:
        jobs = [Job(opened(f"r{number}")) for number in range(50)]
        waits: list[asyncio.Future[Any]] = [asyncio.wrap_future(job.future) for job in jobs]
        waits += [asyncio.wrap_future(both.engine.move_clock(START)) for _ in range(3)]
        for job in jobs:
            both.engine.submit("savings", job)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)

    asyncio.run(hang_up())
    settled(both)
    assert both.rows("SELECT count(*) FROM accounts") == [(50,)]
    assert not both.engine.has_died


@pytest.mark.parametrize("disk_threads", [False, True], ids=["", "disk threads"])
def test_stopping_answers_or_turns_away_everybody(tmp_path: Path, disk_threads: bool) -> None:
    """Whoever waits learns whether it was done; what was answered is there afterwards, what was not is not."""
    stage = Stage(tmp_path, SAVINGS, disk_threads=disk_threads)
    stage.engine.start()
    jobs = {f"r{number}": Job(opened(f"r{number}")) for number in range(1_500)}

    def push() -> None:
        for job in jobs.values():
            stage.engine.submit("savings", job)

    pusher = threading.Thread(target=push)
    pusher.start()
    answer(jobs["r0"])
    stage.close()
    pusher.join()
    outcomes = {ref: job.future.exception(timeout=SOON_S) for ref, job in jobs.items()}
    assert {type(error) for error in outcomes.values()} <= {type(None), StoreUnavailable}
    with staged(tmp_path, SAVINGS) as again:
        there = {row[0] for row in again.rows("SELECT ref FROM accounts")}
    assert there == {ref for ref, error in outcomes.items() if error is None}


def test_stopping_does_not_wait_for_a_long_journey_of_the_clock(tmp_path: Path) -> None:
    """Weeks of timers may lie ahead; the clock stops where it is, and whoever moved it is told."""
    stage = Stage(tmp_path, SAVINGS)
    for hour in range(20):
        stage.pass_time(hours=1)
        stage.give(opened(f"r{hour}", stage.now))
    under_way, commits = threading.Event(), list[int]()

    def notice(batch: object) -> None:
        commits.append(1)
        if len(commits) == 3:
            under_way.set()
            while not stage.engine._stopping:
                time.sleep(0.001)

    stage.lane.committed.append(notice)
    stage.engine.start()
    journey = stage.engine.move_clock(START + timedelta(days=300))
    assert under_way.wait(SOON_S)
    stage.close()
    assert isinstance(journey.exception(timeout=0), StoreUnavailable)
    assert stage.now < START + timedelta(days=40)


def test_a_folder_in_use_is_left_as_it_was(tmp_path: Path) -> None:
    """Where the second of two stores is taken, the first is let go again."""
    other = replace(AUDIT, name="other")
    engine = embedded([AUDIT], tmp_path, Stage(tmp_path / "clock", other).clock)
    with pytest.raises(StoreInUse):
        embedded([SAVINGS, AUDIT], tmp_path, engine.clock)
    engine.stop()
    embedded([SAVINGS, AUDIT], tmp_path, engine.clock).stop()
