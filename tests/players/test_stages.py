"""Lives on the stage: the same seed makes the same moves, and both stages come to the same province."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.clock import RehearsalClock
from kernel.calendar import VIETNAM
from players.by_wire import Wire
from players.crowd import Crowd
from players.mix import load_mix
from players.over_http import Server
from players.plan import Weeks, world_of
from players.schedule import Player, Story
from players.script import WAITED, Do, Life, Move, Pay, Push, See, Until
from services.__main__ import Platform, asgi, compose
from services.reporting.projections.province_table import province_table_of
from tests.harness import REGISTRY

START = datetime(2026, 9, 7, tzinfo=VIETNAM)
DOSSIERS = 40
SEED = 4


def crowd(dossiers: int = DOSSIERS, weeks: int = 3, cut: bool = True) -> Crowd:
    played = Weeks(START, START + timedelta(weeks=weeks), cut)
    return Crowd(world_of(REGISTRY, load_mix(), played), SEED, dossiers)


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    yield from _platform(tmp_path / "one")


@pytest.fixture
def another_platform(tmp_path: Path) -> Iterator[Platform]:
    yield from _platform(tmp_path / "another")


def _platform(data: Path) -> Iterator[Platform]:
    composed = compose(data, rehearsal=True, registry=REGISTRY)
    assert isinstance(composed.engine.clock, RehearsalClock)
    composed.engine.clock.move_to(START)
    yield composed
    composed.close()


def by_wire(platform: Platform, crowd: Crowd) -> None:
    with Wire(platform, SEED) as wire:
        wire.play(crowd.schedule(), lambda instant, moves: None)
    if crowd.world.weeks.cut:
        platform.engine.pass_time(crowd.world.weeks.end)


def over_http(platform: Platform, crowd: Crowd) -> None:
    async def play() -> None:
        transport = httpx.ASGITransport(asgi(platform))
        async with Server("http://inside", SEED, transport) as server:
            await server.learn()
            await server.play(crowd.schedule(), lambda instant, moves: None)
            await server.move_clock(crowd.world.weeks.end)

    platform.engine.start()
    asyncio.run(play())


def table(platform: Platform) -> dict[str, int]:
    return province_table_of(platform.engine.running["reporting"].store)


def seen(crowd: Crowd) -> dict[int, Story]:
    """Return the stories without what chance in the shell decides: references and numbers."""
    return {story.index: replace(story, ref="", code="") for story in crowd.stories or ()}


class Overheard(Crowd):
    """A crowd whose every move is written down as it is played."""

    def __init__(self, of: Crowd) -> None:
        super().__init__(of.world, of.seed, of.dossiers)
        self.log: list[Any] = []

    def begin(self, index: int) -> Player:
        player = super().begin(index)
        return Player(self._written_down(player), player.story, player.weeks)

    def _written_down(self, player: Player) -> Life:
        answer = WAITED
        while (move := player.go_on(answer)) is not None:
            self.log.append((player.story.index, essence(move)))
            answer = yield move


def essence(move: Move | Until) -> Any:
    """Return a move without the references that the product made up."""
    match move:
        case Do():
            body = {name: value for name, value in move.body.items() if name != "txn_ref"}
            return move.service, move.act, move.who, body, {**move.params, "ref": ""}
        case See():
            return move.service, move.view, move.who
        case Pay():
            return move.ending, move.misbehaviour
        case Push():
            return move.path, move.body.get("data")
        case Until():
            return move.instant


def test_the_same_seed_makes_the_same_moves(platform: Platform, another_platform: Platform) -> None:
    """Only so can what went wrong be played again."""
    first, second = Overheard(crowd()), Overheard(crowd())
    by_wire(platform, first)
    by_wire(another_platform, second)
    assert len(first.log) > 10 * DOSSIERS
    assert first.log == second.log


def test_both_stages_end_with_the_same_province(platform: Platform, another_platform: Platform) -> None:
    """HTTP, threads and commits of another size change nothing of what comes out."""
    on_wire, on_http = crowd(), crowd()
    by_wire(platform, on_wire)
    over_http(another_platform, on_http)
    assert table(platform)["submitted"] == DOSSIERS
    assert table(platform) == table(another_platform)
    assert seen(on_wire) == seen(on_http)


def test_every_life_comes_to_an_end(platform: Platform) -> None:
    """Played without a last day, nobody waits for something that the product never does; nothing is left half heard."""
    everybody = crowd(150, weeks=1, cut=False)
    by_wire(platform, everybody)
    stories = everybody.stories or []
    assert len(stories) == 150
    assert all(story.ended for story in stories)
    ends = Counter(story.seen for story in stories)
    assert ends["handed_out"] > 0.8 * len(stories), ends
    for running in platform.engine.running.values():
        assert list(running.inbox.held.values()) == []
        assert not running.lane.owing
