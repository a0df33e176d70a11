"""The clock of a rehearsal: it only moves forward, stands between moves, and is found again where it was left."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import ClockMovesForwardOnly, RehearsalClock, WallClock, to_us
from kernel.message import EPOCH
from tests.chassis.running import START, opened, paid, staged
from tests.chassis.savings_desk import SAVINGS

LATER = START + timedelta(days=3, hours=4, microseconds=5)
WALL_TOLERANCE = timedelta(seconds=30)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


def is_now(instant: datetime) -> bool:
    return abs(instant - datetime.now(UTC)) < WALL_TOLERANCE


def test_until_it_is_set_it_shows_the_walls_time(path: Path) -> None:
    """Nobody has decided yet when the rehearsal plays; looking at it decides nothing."""
    clock = RehearsalClock(path)
    assert is_now(clock.now())
    assert clock.untouched
    assert not path.exists()
    assert is_now(WallClock().now())


def test_first_set_it_may_go_to_the_past_and_stands_there(path: Path) -> None:
    """Virtual weeks end at the present, so they begin before it."""
    clock = RehearsalClock(path)
    clock.move_to(START)
    assert (clock.now(), clock.now(), clock.untouched) == (START, START, False)


@pytest.mark.parametrize("to", [START - timedelta(microseconds=1), START - timedelta(days=400)])
def test_once_set_it_only_moves_forward(path: Path, to: datetime) -> None:
    """Facts have been stored at that hour; and where it stands it may be told to stand."""
    clock = RehearsalClock(path)
    clock.move_to(START)
    with pytest.raises(ClockMovesForwardOnly):
        clock.move_to(to)
    clock.move_to(START)
    assert clock.now() == RehearsalClock(path).now() == START


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=900)), max_size=8))
def test_it_is_found_again_where_it_was_left(tmp_path_factory: pytest.TempPathFactory, steps: list[timedelta]) -> None:
    """To the microsecond, however long or short its reading is to write."""
    path = tmp_path_factory.mktemp("clock") / "clock.json"
    clock, at = RehearsalClock(path), START
    clock.move_to(at)
    for step in steps:
        at += step
        clock.move_to(at)
        assert RehearsalClock(path).now() == clock.now() == at


def test_released_it_follows_the_wall_and_cannot_be_set_any_more(path: Path) -> None:
    """Also after a restart."""
    clock = RehearsalClock(path)
    clock.move_to(START)
    clock.release()
    for one in (clock, RehearsalClock(path)):
        assert is_now(one.now())
        assert (one.released, one.untouched) == (True, False)
        with pytest.raises(ClockMovesForwardOnly):
            one.move_to(datetime.now(UTC) + timedelta(days=1))


def test_released_it_never_shows_less_than_it_did(path: Path) -> None:
    """A rehearsal that ran ahead of the wall stands until the wall has caught up."""
    ahead = datetime.now(UTC) + timedelta(days=2)
    clock = RehearsalClock(path)
    clock.move_to(ahead)
    clock.release()
    assert clock.now() == RehearsalClock(path).now() == ahead


def test_inside_it_is_always_utc(path: Path) -> None:
    """Whoever moves it may speak of Vietnam's time."""
    clock = RehearsalClock(path)
    clock.move_to(START.astimezone(timezone(timedelta(hours=7))))
    assert clock.now().utcoffset() == timedelta(0)
    assert (clock.now(), RehearsalClock(path).now().utcoffset()) == (START, timedelta(0))


def test_it_stands_no_earlier_than_what_was_stored(tmp_path: Path) -> None:
    """Moves are not synced one by one: after a power cut the newest event says how far the clock had come."""
    with staged(tmp_path, SAVINGS) as desk:
        desk.give(opened("a"))
        before = (tmp_path / "clock.json").read_bytes()
        desk.pass_time(days=3)
        desk.give(paid("a", 5, "s1", desk.now))
        stood = desk.now
    (tmp_path / "clock.json").write_bytes(before)
    with staged(tmp_path, SAVINGS) as desk:
        assert desk.now == stood


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_microseconds_are_exact(instant: datetime) -> None:
    """Time is kept as an integer; a float would move timers."""
    assert EPOCH + timedelta(microseconds=to_us(instant)) == instant
