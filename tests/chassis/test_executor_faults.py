"""What goes wrong in a lane goes wrong for whom it concerns: lost races, defects, a store that is down, the end."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from chassis import executor
from chassis.clock import WallClock
from chassis.codec import encode, shape_of
from chassis.executor import Job
from chassis.run import embedded
from chassis.stores.store import Conflict, NewEvent, Snapshot, StoreUnavailable, Unwritable, Writes
from tests.chassis.running import AGENCY, START, Stage, opened, paid, staged
from tests.chassis.savings import (
    Account,
    OpenAccount,
    PaidIn,
    PayOut,
)
from tests.chassis.savings_desk import LARGEST_BALANCE_VND, SAVINGS


def foreign_write(stage: Stage, ref: str, version: int) -> None:
    """Write to a stream behind the lane's back, as another process would."""
    data = encode(PaidIn(ref, 1_000, 1_000, "foreign", START))
    event = NewEvent(f"account-{ref}", version, "PaidIn", data, 0, "", "", None, None, None, None, None, None)
    stage.running().store.commit(Writes([event]))


def test_a_lost_race_is_run_again_on_what_the_winner_wrote(desk: Stage) -> None:
    """The batch is taken apart: each command decides anew, on fresh state; none is lost, none is done twice."""
    desk.give(opened("a"), opened("b"))
    foreign_write(desk, "a", 2)
    answers = desk.give(PayOut("a", 900, "s1", START), paid("b", 7, "s2"), paid("a", 5, "s3"), id="")
    assert [(answered.body, answered.version) for answered in answers] == [
        (b"PaidOut", 3),
        (b"PaidIn", 2),
        (b"PaidIn", 4),
    ]
    assert desk.state("account-a").balance_vnd == 105
    assert desk.types("account-b") == ["AccountOpened", "PaidIn"]


def test_numbers_said_by_another_writer_are_not_given_again(desk: Stage) -> None:
    """The gap-free number of a subject is unique in the store; a lane that remembers an old one decides anew."""
    desk.give(opened("a"))
    event = NewEvent("other-a", 1, "X", b"{}", 0, "", "", None, "lienthong.savings.X.v1", "a", 2, "a", None)
    desk.running().store.commit(Writes([event]))
    desk.give(paid("a", 5, "s1"))
    assert [recorded.sequence for recorded in desk.log() if recorded.subject == "a"] == [1, 2, 3]


def test_a_race_lost_twice_may_be_won_the_third_time(desk: Stage) -> None:
    """Each attempt reads anew what the winners wrote."""
    desk.give(opened("a"))
    lost: list[int] = []

    @dataclass(slots=True, repr=False)
    class Slow(Job):
        def carry(self, lane: Any, batch: Any) -> None:
            Job.carry(self, lane, batch)
            if len(lost) < 3:
                lost.append(1)
                foreign_write(desk, "a", len(lost) + 1)

    job = Slow(paid("a", 5, "s1"))
    desk.engine.submit("savings", job)
    desk.engine.run_until_idle()
    assert job.future.result(timeout=0).version == 5
    assert desk.state("account-a").balance_vnd == 1_005


def test_a_race_that_is_always_lost_is_given_up(desk: Stage) -> None:
    """A bounded number of times; whoever waits is told that it was not done."""
    desk.give(opened("a"))
    attempts = []

    @dataclass(slots=True, repr=False)
    class Overtaken(Job):
        def carry(self, lane: Any, batch: Any) -> None:
            Job.carry(self, lane, batch)
            attempts.append(1)
            foreign_write(desk, "a", len(attempts) + 1)

    job = Overtaken(paid("a", 5, "s1"))
    desk.engine.submit("savings", job)
    desk.engine.run_until_idle()
    assert isinstance(job.future.exception(timeout=0), Conflict)
    assert len(attempts) == 1 + executor.CONFLICT_RETRIES
    assert {recorded.data for recorded in desk.log() if b'"s1"' in recorded.data} == set()


@pytest.mark.parametrize(
    ("spoiled", "raised"),
    [
        (paid("a", -1, "s9"), AssertionError),
        (paid("a", LARGEST_BALANCE_VND, "s9"), Unwritable),
        (OpenAccount("x", "owner", "agency-\ud800", START), UnicodeEncodeError),
        ("no command at all", KeyError),
    ],
    ids=["its decider raises", "its row is refused", "its text is none", "nobody knows it"],
)
def test_a_command_that_spoils_its_batch_fails_alone(
    desk: Stage, spoiled: Any, raised: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """Those beside it are carried out, once; whoever gave it hears of the failure; nothing of it stays."""
    desk.give(opened("a"))
    with caplog.at_level(logging.CRITICAL):
        jobs = [desk.job(command) for command in (paid("a", 1, "s1"), spoiled, paid("a", 2, "s2"), opened("b"))]
        desk.engine.run_until_idle()
    assert isinstance(jobs[1].future.exception(timeout=0), raised)
    assert [job.future.result(timeout=0).body for job in (jobs[0], *jobs[2:])] == [
        b"PaidIn",
        b"PaidIn",
        b"AccountOpened",
    ]
    assert desk.state("account-a") == Account("a", "owner-a", AGENCY, 3, ("s1", "s2"))
    assert desk.say(paid("a", 3, "s3")) == "PaidIn", "and the lane goes on"


def test_what_cannot_be_told_is_not_done_again(desk: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever waits may be gone or broken; what is durable stays done, once, and the others are told."""

    @dataclass(slots=True, repr=False)
    class Deaf(Job):
        def durable(self, lane: Any, head: int) -> None:
            raise RuntimeError("gone")

    desk.give(opened("a"))
    with caplog.at_level(logging.CRITICAL):
        desk.engine.submit("savings", Deaf(paid("a", 1, "s1")))
        assert desk.say(paid("a", 2, "s2")) == "PaidIn"
    assert desk.types("account-a") == ["AccountOpened", "PaidIn", "PaidIn"]


def test_whoever_waits_cannot_call_a_command_back(desk: Stage) -> None:
    """A client that hangs up does not stop the command; nor does its hanging up disturb the lane."""
    job = desk.job(opened("a"))
    assert not job.future.cancel()
    desk.engine.run_until_idle()
    assert job.future.result(timeout=0).body == b"AccountOpened"


@pytest.mark.parametrize("half", ["stage", "flush"])
def test_a_store_that_is_down_loses_no_command(desk: Stage, monkeypatch: pytest.MonkeyPatch, half: str) -> None:
    """Commands stay in hand, in their order, until the store is back; each is then done once."""
    desk.give(opened("a"))
    store = desk.running().store
    monkeypatch.setattr(store, half, _down)
    jobs = [desk.job(PayOut("a", 4, "s2", START)), desk.job(paid("a", 5, "s1"))]
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            desk.engine.run_until_idle()
    later = desk.job(PayOut("a", 4, "s3", START))
    monkeypatch.undo()
    desk.engine.run_until_idle()
    answers = [job.future.result(timeout=0).body for job in (*jobs, later)]
    assert answers == [b"overdrawn", b"PaidIn", b"PaidOut"]
    assert desk.types("account-a") == ["AccountOpened", "PaidIn", "PaidOut"]


def _down(*_: Writes) -> int:
    raise StoreUnavailable("pulled out")


def test_a_store_that_goes_down_while_a_batch_is_taken_apart_loses_nothing(
    desk: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered by then stays answered and is not done again; the rest waits."""
    desk.give(opened("a"))
    store = desk.running().store
    stage, calls = store.stage, list[int]()

    def failing(writes: Writes) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise Conflict("first the batch loses a race")
        if len(calls) == 3:
            raise StoreUnavailable("then the store goes down between two commands")
        stage(writes)

    monkeypatch.setattr(store, "stage", failing)
    jobs = [desk.job(paid("a", amount, f"s{amount}")) for amount in (1, 2, 3)]
    with pytest.raises(StoreUnavailable):
        desk.engine.run_until_idle()
    assert [job.future.done() for job in jobs] == [True, False, False]
    desk.engine.run_until_idle()
    assert [job.future.result(timeout=0).version for job in jobs] == [2, 3, 4]
    assert desk.state("account-a").slips == ("s1", "s2", "s3")


@pytest.mark.parametrize("disk_threads", [False, True], ids=["", "disk threads"])
def test_what_a_batch_relies_on_is_durable_before_it(tmp_path: Path, disk_threads: bool) -> None:
    """The keys of what is sealed come first, in every commit; also when a batch is taken apart."""
    done: list[str] = []
    engine = embedded([SAVINGS], tmp_path, WallClock(), disk_threads, lambda writes: done.append("keys"))
    lane, store = engine.running["savings"].lane, engine.running["savings"].store
    flush = store.flush

    def noting() -> int:
        done.append("batch")
        return flush()

    store.flush = noting  # type: ignore[method-assign]
    commands = [opened("a"), opened("b"), paid("a", LARGEST_BALANCE_VND, "s1"), paid("b", 5, "s2")]
    jobs = [Job(command) for command in commands]
    for job in jobs:
        lane.submit(job)
    engine.run_until_idle()
    engine.stop()
    assert [job.future.exception(timeout=0) is None for job in jobs] == [True, True, False, True]
    assert len(done) >= 6, "three commands by themselves, and timers that the wall's clock has made due"
    assert done == ["keys", "batch"] * (len(done) // 2)


@pytest.mark.parametrize("disk_threads", [False, True], ids=["", "disk threads"])
def test_a_batch_whose_keys_cannot_be_kept_waits(tmp_path: Path, disk_threads: bool) -> None:
    """Nothing of it becomes durable, nothing of it is lost."""
    trouble = [StoreUnavailable("the vault is pulled out")]

    def keep_keys(writes: Writes) -> None:
        if trouble:
            raise trouble[0]

    engine = embedded([SAVINGS], tmp_path, WallClock(), disk_threads, keep_keys)
    job = Job(opened("a"))
    engine.submit("savings", job)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            engine.run_until_idle()
    assert list(engine.running["savings"].store.read_stream("account-a")) == []
    trouble.clear()
    engine.run_until_idle()
    assert job.future.result(timeout=0).version == 1
    engine.stop()


def test_stopping_tells_all_who_wait(tmp_path: Path) -> None:
    """Nobody is left hanging: what was not done is said to be not done, also to those who come later."""
    stage = Stage(tmp_path, SAVINGS)
    before = stage.job(opened("a"))
    stage.close()
    after = stage.job(opened("b"))
    moved = stage.engine.move_clock(START)
    for future in (before.future, after.future, moved):
        assert isinstance(future.exception(timeout=0), StoreUnavailable)
    with staged(tmp_path, SAVINGS) as again:
        assert again.log() == []


def test_a_snapshot_that_cannot_be_read_is_passed_over(desk: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """A snapshot saves reading; it is never what the truth hangs on."""
    desk.give(opened("a"), paid("a", 5, "s1"))
    shape = shape_of(type(SAVINGS.streams["account"].initial))
    desk.running().store.commit(Writes(snapshots=[Snapshot("account-a", 2, shape, b'{"balance_vnd":"many"}')]))
    with caplog.at_level(logging.CRITICAL):
        assert desk.state("account-a").balance_vnd == 5


def test_two_kinds_of_stream_may_not_share_a_prefix(tmp_path: Path) -> None:
    """A stream would be folded by whichever came last; found when the service starts."""
    clash = replace(SAVINGS, streams={**SAVINGS.streams, "remainder_is_paid": SAVINGS.streams["till"]})
    with pytest.raises(AssertionError, match="share a prefix"):
        embedded([clash], tmp_path, executor.Clock)  # type: ignore[arg-type]


@pytest.mark.parametrize("half", ["stage", "flush"])
def test_figures_count_what_became_durable(desk: Stage, monkeypatch: pytest.MonkeyPatch, half: str) -> None:
    """A batch that is carried out anew is not counted twice."""
    desk.give(opened("a"))
    before = desk.lane.counts["done"]
    monkeypatch.setattr(desk.running().store, half, _down)
    desk.job(paid("a", 5, "s1"))
    with pytest.raises(StoreUnavailable):
        desk.engine.run_until_idle()
    monkeypatch.undo()
    desk.engine.run_until_idle()
    assert desk.lane.counts["done"] == before + 1


def test_a_foreign_event_type_is_not_guessed(desk: Stage) -> None:
    """An event that this version of the service does not know fails the command that needs it, loudly."""
    desk.give(opened("a"))
    event = NewEvent("account-b", 1, "FromTheFuture", b"{}", 0, "", "", None, None, None, None, None, None)
    desk.running().store.commit(Writes([event]))
    job = desk.job(paid("b", 5, "s1"))
    desk.engine.run_until_idle()
    assert "FromTheFuture" in str(job.future.exception(timeout=0))
