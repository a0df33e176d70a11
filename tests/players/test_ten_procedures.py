"""All ten procedures on one store: those of 2021's districts first, then those of today, and everything holds."""

import logging
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chassis.clock import RehearsalClock
from cli.__main__ import app
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.plan import KINDS, Weeks, world_of
from players.schedule import Story
from services.__main__ import Platform, compose
from tests.harness import REGISTRY

SEED = 1
OF_THE_DISTRICTS, OF_TODAY = datetime(2021, 8, 2, tzinfo=VIETNAM), datetime(2026, 9, 7, tzinfo=VIETNAM)
HAPPENED = {
    "StepDeemedAgreed", "ApologyAsked", "DelayApologised", "LatenessEscalated", "LimitExtended", "TaxNoticeIssued",
    "StepFulfilled", "StepOverdue", "AppointmentMoved", "StepSentBack", "StepRefused",
}  # fmt: skip
"""What these procedures bring into the lives of dossiers; one that no seed plays any more is no longer tried."""


def played(platform: Platform, start: datetime, dossiers: int) -> list[Story]:
    """Play a week's dossiers, each to its end."""
    weeks = Weeks(start, start + timedelta(weeks=1), cut=False)
    crowd = Crowd(world_of(REGISTRY, load_mix(), weeks), SEED, dossiers)
    with Wire(platform, SEED) as wire:
        wire.play(crowd.schedule(), lambda instant, moves: None)
    return crowd.stories or []


def test_all_ten_are_played_to_their_end_and_everything_holds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """No dossier hangs, no message is parked, nothing that was owed is refused, and every book agrees."""
    caplog.set_level(logging.WARNING)
    platform = compose(tmp_path, rehearsal=True, registry=REGISTRY)
    assert isinstance(platform.engine.clock, RehearsalClock)
    platform.engine.clock.move_to(OF_THE_DISTRICTS)
    try:
        stories = played(platform, OF_THE_DISTRICTS, 20) + played(platform, OF_TODAY, 230)
        running = platform.engine.running.values()
        assert [held for one in running for held in one.inbox.held.values()] == []
        stored = Counter(event.type for one in running for event in one.store.tail(0, 1_000_000))
    finally:
        platform.close()
    assert all(story.ended for story in stories)
    choices = load_mix().choices
    assert {story.procedure for story in stories if story.seen == "handed_out"} == {
        code for kind in KINDS for code in choices[kind]
    }
    assert stored.keys() >= HAPPENED
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    verified = CliRunner().invoke(app, ["verify", "--data", str(tmp_path)])
    assert verified.exit_code == 0, verified.output
