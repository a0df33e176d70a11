"""A patient lane turns on a thread of its own: it hears everything, in its own time, and rests when all is to rest."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.aside import HELPING_EVERY_S
from chassis.service import Projection, Service
from chassis.stores.store import Statement, StoreUnavailable
from kernel.message import Envelope
from tests.chassis.audit import AUDIT, PAID_IN, Paid
from tests.chassis.running import START, Stage, opened, paid, staged
from tests.chassis.savings_desk import SAVINGS

SOON_S = 20
TABLE = "CREATE TABLE IF NOT EXISTS sums(ref TEXT PRIMARY KEY, vnd INTEGER NOT NULL, times INTEGER NOT NULL)"
ADD = """
INSERT INTO sums VALUES(:ref, :vnd, 1) ON CONFLICT(ref) DO UPDATE SET vnd=sums.vnd+excluded.vnd, times=sums.times+1
"""


def _add(data: Paid, envelope: Envelope) -> tuple[Statement, ...]:
    return (Statement(ADD, {"ref": data.ref, "vnd": data.amount_vnd}),)


SUMS = Projection("sums", (TABLE,), heard={PAID_IN: (Paid, _add)})
STATISTICS = Service(name="statistics", patient=True, projections=(SUMS,))


@pytest.fixture(params=[False, True], ids=["", "disk threads"])
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The desk, and a patient reader who adds up what is paid in."""
    with staged(tmp_path, SAVINGS, STATISTICS, disk_threads=request.param) as stage:
        yield stage


@pytest.fixture
def aside(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, SAVINGS, STATISTICS, disk_threads=True) as stage:
        yield stage


def sums(stage: Stage) -> list[tuple[Any, ...]]:
    return stage.rows("SELECT vnd, times FROM sums", "statistics")


def deposit(stage: Stage, *amounts_vnd: int) -> None:
    stage.job(opened("a"))
    for number, amount_vnd in enumerate(amounts_vnd):
        stage.job(paid("a", amount_vnd, f"s{number}"))


def heard_all(stage: Stage) -> bool:
    return not any(stage.running("statistics").inbox.lag().values())


def wait_until_heard(stage: Stage) -> None:
    pause = threading.Event()
    for _ in range(int(SOON_S / HELPING_EVERY_S)):
        if heard_all(stage):
            return
        pause.wait(HELPING_EVERY_S)
    raise AssertionError("the patient lane does not get on")


def test_everything_is_heard_once_when_all_is_at_rest(stage: Stage) -> None:
    deposit(stage, *range(1, 101))
    stage.engine.run_until_idle()
    assert sums(stage) == [(5_050, 100)]


def test_whoever_passes_time_need_not_wait_for_it_and_may(stage: Stage) -> None:
    deposit(stage, 1, 2)
    stage.engine.pass_time(START + timedelta(hours=1), patient_too=False)
    stage.engine.pass_time(START + timedelta(hours=2))
    assert sums(stage) == [(3, 2)]


def test_it_gets_on_by_itself_while_nobody_waits_for_it(aside: Stage) -> None:
    deposit(aside, 1, 2, 3)
    aside.engine.run_until_idle(patient_too=False)
    wait_until_heard(aside)
    assert sums(aside) == [(6, 3)]


def test_it_gets_on_beside_the_engine_s_own_thread(aside: Stage) -> None:
    aside.engine.start()
    deposit(aside, *range(1, 51))
    aside.engine.move_clock(START).result(timeout=SOON_S)
    assert sums(aside) == [(1_275, 50)]


def test_an_errand_for_the_time_of_rest_finds_it_at_rest(aside: Stage) -> None:
    """Whoever copies the stores must not meet a batch half written, nor a message still to be heard."""
    aside.engine.start()
    deposit(aside, 4, 5)
    found: list[tuple[bool, list[tuple[Any, ...]], bool]] = []
    held = aside.engine._asides["statistics"].held
    aside.engine.when_idle(lambda: found.append((heard_all(aside), sums(aside), held.locked()))).result(SOON_S)
    assert found == [(True, [(9, 2)], True)]


def test_a_store_that_is_down_holds_nobody_up_and_is_tried_again(
    aside: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(writes: object) -> None:
        raise StoreUnavailable("pulled out")

    with caplog.at_level(logging.CRITICAL):
        monkeypatch.setattr(aside.running("statistics").store, "stage", down)
        deposit(aside, 7)
        aside.engine.run_until_idle(patient_too=False)
        while "statistics" not in aside.engine.failing:
            threading.Event().wait(HELPING_EVERY_S)
        assert aside.engine.failing == {"statistics": "pulled out"}
        monkeypatch.undo()
        wait_until_heard(aside)
    assert sums(aside) == [(7, 1)]


def test_nothing_turns_once_the_engine_has_stopped(tmp_path: Path) -> None:
    with staged(tmp_path, SAVINGS, STATISTICS, disk_threads=True) as stage:
        deposit(stage, 1)
        stage.engine.run_until_idle()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(("aside-", "disk-"))]


def test_whoever_decides_something_is_not_patient(tmp_path: Path) -> None:
    """Its answers would wait for the next helping."""
    both = (SAVINGS, replace(AUDIT, patient=True))
    with pytest.raises(AssertionError, match="decides something"), staged(tmp_path, *both, disk_threads=True):
        pass
