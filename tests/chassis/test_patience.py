"""A patient lane lets the others go first, hears in large helpings, and has heard everything when all is at rest."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.run import ROUNDS_OF_PATIENCE
from chassis.service import Projection, Service
from chassis.stores.store import Statement
from kernel.message import Envelope
from tests.chassis.audit import PAID_IN, Paid
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


def sums(stage: Stage) -> list[tuple[Any, ...]]:
    return stage.rows("SELECT vnd, times FROM sums", "statistics")


def deposit(stage: Stage, *amounts_vnd: int) -> None:
    for number, amount_vnd in enumerate(amounts_vnd):
        stage.job(paid("a", amount_vnd, f"{len(stage.log())}-{number}"))


def test_it_has_heard_everything_when_all_is_at_rest(stage: Stage) -> None:
    stage.job(opened("a"))
    deposit(stage, *range(1, 101))
    stage.engine.run_until_idle()
    assert sums(stage) == [(5_050, 100)]


def test_whoever_does_not_wait_for_it_goes_on_without_it(stage: Stage) -> None:
    stage.job(opened("a"))
    deposit(stage, 1, 2)
    stage.engine.pass_time(START + timedelta(hours=1), patient_too=False)
    assert sums(stage) == []
    stage.engine.pass_time(START + timedelta(hours=2))
    assert sums(stage) == [(3, 2)]


def test_its_patience_has_an_end_though_the_others_never_rest(stage: Stage) -> None:
    """Else reports of a busy day would come in the evening."""
    stage.job(opened("a"))
    for amount_vnd in range(1, ROUNDS_OF_PATIENCE + 1):
        deposit(stage, amount_vnd)
        stage.engine.run_until_idle(patient_too=False)
    heard = sums(stage)[0][1]
    assert 0 < heard <= ROUNDS_OF_PATIENCE


def test_it_hears_in_larger_helpings_than_the_others_write(stage: Stage) -> None:
    """One commit for a round of patience, not one for each of theirs."""
    stage.job(opened("a"))
    stage.engine.run_until_idle()
    store, commits = stage.running("statistics").store, 0
    before = store.position(stage.running().source)
    for amount_vnd in range(1, ROUNDS_OF_PATIENCE + 1):
        deposit(stage, amount_vnd)
        stage.engine.run_until_idle(patient_too=False)
        now = store.position(stage.running().source)
        commits, before = commits + (now != before), now
    assert 1 <= commits <= 4


def test_an_errand_for_the_time_of_rest_finds_it_caught_up(stage: Stage) -> None:
    """Whoever copies or forgets must not meet a message still to be heard."""
    stage.job(opened("a"))
    deposit(stage, 4, 5)
    found: list[list[tuple[Any, ...]]] = []
    errand = stage.engine.when_idle(lambda: found.append(sums(stage)))
    stage.engine.start()
    errand.result(SOON_S)
    assert found == [[(9, 2)]]
