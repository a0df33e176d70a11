"""Time in a lane: what sagas owe is asked again, timers fire at their hour, old answers go."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis import executor
from chassis.service import Route, SagaRoute, Service
from chassis.unit import SagasRestless
from kernel.decider import Decider
from kernel.saga import Saga
from tests.chassis.running import START, Stage, commits, opened, paid, staged
from tests.chassis.savings import (
    POISON,
    CloseAccount,
    MarkDormant,
    OpenTill,
    Owed,
    PayIn,
    ShutTill,
)
from tests.chassis.savings_desk import DORMANT_AFTER, LARGEST_BALANCE_VND, RECEIPTS, SAVINGS


def test_a_saga_is_carried_out_with_what_it_hears(desk: Stage) -> None:
    """What is owed and can be done at once is done in the same transaction, and nothing stays owed."""
    desk.give(opened("a"), paid("a", 500, "s1"))
    heads = commits(desk)
    desk.give(CloseAccount("a", START))
    assert desk.types("account-a")[-2:] == ["AccountClosed", "RemainderPaid"]
    assert desk.types("remainder_is_paid-a") == ["Owed", "Settled"]
    assert len(heads) == 1
    assert desk.rows("SELECT * FROM owing") == []


def test_what_is_refused_stays_owed_and_is_asked_again(desk: Stage) -> None:
    """A promise is not forgotten because it cannot be kept now: the watchdog asks again each minute."""
    desk.give(opened("a"), paid("a", 500, "s1"), ShutTill(START), CloseAccount("a", START))
    assert desk.types("account-a")[-1] == "AccountClosed"
    assert desk.rows("SELECT stream FROM owing") == [("remainder_is_paid-a",)]
    assert desk.types(f"numbers-{RECEIPTS}") == [], "the receipt's number is taken back with what needed it"
    assert desk.rows(f"SELECT number FROM numbers WHERE agency='{RECEIPTS}'") == []
    desk.pass_time(minutes=2)
    assert desk.rows("SELECT stream FROM owing") == [("remainder_is_paid-a",)], "the till is still shut"
    desk.give(OpenTill(desk.now))
    assert desk.types("account-a")[-1] == "AccountClosed", "nobody told the saga"
    desk.pass_time(minutes=2)
    assert desk.types("account-a")[-1] == "RemainderPaid"
    assert desk.rows(f"SELECT number, ref FROM numbers WHERE agency='{RECEIPTS}'") == [(1, "a")]
    assert desk.rows("SELECT * FROM owing") == []


def test_what_is_owed_survives_a_restart(tmp_path: Path) -> None:
    """A saga that owes is asked as soon as its service starts again."""
    with staged(tmp_path, SAVINGS) as desk:
        desk.give(opened("a"), paid("a", 500, "s1"), ShutTill(START), CloseAccount("a", START), OpenTill(START))
        assert desk.rows("SELECT stream FROM owing") == [("remainder_is_paid-a",)]
    with staged(tmp_path, SAVINGS) as desk:
        desk.engine.run_until_idle()
        assert desk.types("account-a")[-1] == "RemainderPaid"
        assert (desk.lane.owing, desk.rows("SELECT * FROM owing")) == (set(), [])


def test_a_fact_that_teaches_nothing_is_not_stored(desk: Stage) -> None:
    """A saga's stream holds what changed its mind, not every repetition."""
    desk.give(opened("a"), CloseAccount("a", START))
    assert desk.types("remainder_is_paid-a") == ["Owed"], "nothing was left, but that is news: it knows the account"
    unit_told_again = Owed("a", 0)
    saga = desk.lane.saga_routes["remainder_is_paid"]
    told = executor.Unit(desk.lane, executor.Batch(), "", "", None)
    told.tell(saga, unit_told_again)
    assert told.events == []


def test_sagas_that_never_come_to_rest_fail_their_command_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Two promises that undo each other are a defect: found, not run for ever; others go on."""

    @dataclass(frozen=True, slots=True)
    class Tick:
        ref: str
        now: datetime

    @dataclass(frozen=True, slots=True)
    class Ticked:
        ref: str

    @dataclass(frozen=True, slots=True)
    class Count:
        ref: str = ""
        ticks: int = 0

    def evolve(state: Count, event: Ticked) -> Count:
        return Count(event.ref, state.ticks + 1)

    clock: Decider[Any, Count, Any] = Decider(Count(), lambda command, state: (Ticked(command.ref),), evolve)
    restless: Saga[Any, Count, Any] = Saga(
        "restless", Count(), evolve, lambda state: (Tick("a", START),) if state.ref == "a" else (), lambda state: False
    )
    own: dict[type, Any] = {Ticked: lambda event: event}
    service = Service(
        "clocks", (Ticked,), {"clock": clock}, {Tick: Route(clock, lambda command: f"clock-{command.ref}")},
        sagas=(SagaRoute(restless, (), own, ()),),
    )  # fmt: skip
    with staged(tmp_path, service) as stage, caplog.at_level(logging.CRITICAL):
        jobs = [stage.job(Tick(ref, START)) for ref in ("b", "a", "c")]
        stage.engine.run_until_idle()
        assert isinstance(jobs[1].future.exception(timeout=0), SagasRestless)
        assert [stage.types(f"clock-{ref}") for ref in "abc"] == [[], ["Ticked"], ["Ticked"]]


def fired(stage: Stage) -> list[tuple[str, datetime]]:
    """Return which accounts went dormant, and when."""
    decoded = [stage.lane.codec.decode(e.type, e.data) for e in stage.log() if e.type == "AccountDormant"]
    return [(event.ref, event.at) for event in decoded]


def test_timers_fire_at_their_hour_and_in_order(desk: Stage) -> None:
    """However far the clock is moved at once: it stops at every timer on the way."""
    for hours, ref in ((0, "a"), (5, "b"), (1, "c")):
        desk.pass_time(hours=hours)
        desk.give(opened(ref, desk.now))
    begun = {"a": START, "b": START + timedelta(hours=5), "c": START + timedelta(hours=6)}
    desk.pass_time(days=90)
    assert fired(desk) == [(ref, begun[ref] + DORMANT_AFTER) for ref in "abc"]
    assert desk.now == START + timedelta(days=90, hours=6)
    assert desk.rows("SELECT * FROM timers") == []


def test_a_timer_that_was_set_anew_fires_once_at_its_new_hour(desk: Stage) -> None:
    """The same id again replaces it."""
    desk.give(opened("a"))
    desk.pass_time(days=29)
    desk.give(paid("a", 5, "s1", desk.now))
    desk.pass_time(days=60)
    assert fired(desk) == [("a", START + timedelta(days=29) + DORMANT_AFTER)]


def test_a_cancelled_timer_does_not_fire(desk: Stage) -> None:
    """What is closed is not marked dormant; set and cancelled in one batch comes to cancelled."""
    desk.give(opened("a"), opened("b"), CloseAccount("b", START))
    desk.give(CloseAccount("a", START))
    assert desk.rows("SELECT * FROM timers") == []
    desk.pass_time(days=90)
    assert fired(desk) == []


@pytest.mark.parametrize(
    ("command", "left"),
    [(PayIn("a", 5, "s1", START + DORMANT_AFTER), 1), (CloseAccount("a", START + DORMANT_AFTER), 0)],
    ids=["set anew", "cancelled"],
)
def test_a_command_in_the_same_batch_comes_before_the_timer_it_touches(desk: Stage, command: Any, left: int) -> None:
    """A timer read as due must not fire, nor take the new one with it, when a command has just set or cancelled it."""
    desk.give(opened("a"))
    desk.clock.move_to(START + DORMANT_AFTER)
    assert desk.say(command) != "nothing new"
    assert fired(desk) == []
    assert len(desk.rows("SELECT * FROM timers")) == left
    desk.pass_time(days=31)
    assert len(fired(desk)) == left


def test_a_timer_set_anew_while_its_batch_is_taken_apart_does_not_fire(
    desk: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Each piece is carried out alone then, on what those before it have stored: the timer that was read is no more."""
    desk.give(opened("a"), opened("b"))
    desk.clock.move_to(START + DORMANT_AFTER)
    with caplog.at_level(logging.CRITICAL):
        desk.job(paid("a", 5, "s1", desk.now))
        desk.job(paid("b", LARGEST_BALANCE_VND, "s2", desk.now))
        desk.engine.run_until_idle()
    assert fired(desk) == [("b", START + DORMANT_AFTER)]
    assert desk.rows("SELECT id FROM timers") == [("dormant-a",)]


def test_many_timers_of_one_instant_all_fire(desk: Stage) -> None:
    """More than a turn takes; none is left behind when the clock moves on."""
    desk.give(*(opened(f"r{number:03d}") for number in range(600)))
    desk.pass_time(days=31)
    assert fired(desk) == [(f"r{number:03d}", START + DORMANT_AFTER) for number in range(600)]


def test_a_timer_that_fails_stays_due_and_holds_up_no_other(desk: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """It is tried again each minute and counted; those after it fire at their own hour."""
    desk.give(opened("a"), paid("a", 5, POISON))
    desk.pass_time(hours=1)
    desk.give(opened("b", desk.now))
    with caplog.at_level(logging.CRITICAL):
        desk.pass_time(days=31)
    assert fired(desk) == [("b", START + timedelta(hours=1) + DORMANT_AFTER)]
    assert desk.rows("SELECT id FROM timers") == [("dormant-a",)]
    assert desk.lane.counts["timers_failed"] >= 2
    desk.give(CloseAccount("a", desk.now))
    assert desk.rows("SELECT id FROM timers") == []


def test_timers_survive_a_restart(tmp_path: Path) -> None:
    """They are rows; what became due while nothing ran fires when it starts again."""
    with staged(tmp_path, SAVINGS) as desk:
        desk.give(opened("a"))
        desk.clock.move_to(START + timedelta(days=45))
    with staged(tmp_path, SAVINGS) as desk:
        desk.engine.run_until_idle()
        assert fired(desk) == [("a", START + timedelta(days=45))]


def test_a_timer_command_is_asked_with_the_hour_at_which_it_is_carried_out(desk: Stage) -> None:
    """Not with the hour at which it was set."""
    desk.give(opened("a"))
    assert MarkDormant("a", START) == desk.running().watchdog.codec.decode(
        "MarkDormant", desk.rows("SELECT data FROM timers")[0][0]
    )
    desk.pass_time(days=31)
    assert fired(desk)[0][1] == START + DORMANT_AFTER


def test_answers_are_kept_for_a_week_and_then_forgotten(desk: Stage) -> None:
    """Kept at least seven days; a store that answers for years does not keep the answers of years."""
    for number in range(1_200):
        desk.job(opened(f"r{number}"), id=f"key-{number}")
    desk.engine.run_until_idle()
    desk.pass_time(days=6, hours=23)
    assert desk.rows("SELECT count(*) FROM answers") == [(1_200,)]
    desk.pass_time(hours=1 + 6)
    for _ in range(5):
        desk.engine.run_until_idle()
    assert desk.rows("SELECT count(*) FROM answers") == [(0,)]
