"""Heard once and in order, whatever the bus did: repeats, disorder, loss, restarts, a bus or store that is down."""

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis import inbox
from chassis.stores.store import StoreUnavailable, Writes
from kernel.message import Envelope
from tests.chassis.audit import AUDIT, SAVINGS_SOURCE, Promise, ShutLedger
from tests.chassis.hearing import A_MINUTE, hear, heard, held, mark, noted
from tests.chassis.rough_bus import RoughBus, account_opened, message, paid_in
from tests.chassis.running import Stage, opened, paid, staged
from tests.chassis.savings_desk import SAVINGS


def test_what_comes_in_order_is_taken_in_order(audit: Stage, bus: RoughBus) -> None:
    """Policy, saga and read model all take each message, and the mark says how far."""
    hear(audit, bus, account_opened("a"), paid_in("a", 2), paid_in("a", 3))
    assert (noted(audit), heard(audit), mark(audit)) == ((2, 3), [2, 3], 3)
    assert audit.types("ledger-a") == ["DepositNoted", "DepositNoted", "StatementSent"]
    assert audit.running().store.position(SAVINGS_SOURCE) == 3


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in later ones"])
def test_a_repeat_is_nothing(audit: Stage, bus: RoughBus, together: bool) -> None:
    """At-least-once becomes once."""
    messages = [account_opened("a"), paid_in("a", 2), paid_in("a", 2), account_opened("a"), paid_in("a", 2)]
    for batch in [messages] if together else [[one] for one in messages]:
        hear(audit, bus, *batch)
    assert (noted(audit), heard(audit), mark(audit)) == ((2,), [2], 2)
    assert audit.lane.counts["repeats"] == 3


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in later ones"])
def test_what_comes_too_early_waits_for_what_is_missing(audit: Stage, bus: RoughBus, together: bool) -> None:
    """Then all that waited is taken, in order, and nothing is held any more."""
    early = [paid_in("a", 4), paid_in("a", 3), paid_in("a", 4)]
    for batch in [early] if together else [[one] for one in early]:
        hear(audit, bus, *batch)
    assert (noted(audit), mark(audit), set(held(audit))) == ((), 0, {("a", 3), ("a", 4)})
    hear(audit, bus, paid_in("b", 1))
    assert noted(audit, "b") == (1,), "other subjects go on"
    hear(audit, bus, account_opened("a"), paid_in("a", 2))
    assert (noted(audit), heard(audit), mark(audit), held(audit)) == ((2, 3, 4), [2, 3, 4], 4, {})


def test_what_was_held_is_taken_after_a_restart(tmp_path: Path) -> None:
    """Held messages are rows, like everything that must not be lost."""
    with staged(tmp_path, AUDIT, bus=(rough := RoughBus([paid_in("a", 3), paid_in("a", 2)]))) as audit:
        audit.engine.run_until_idle()
        assert set(held(audit)) == {("a", 2), ("a", 3)}
    rough.deliver(account_opened("a"))
    with staged(tmp_path, AUDIT, bus=rough) as audit:
        audit.engine.run_until_idle()
        assert (noted(audit), held(audit)) == ((2, 3), {})


def test_a_gap_is_asked_for_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After a minute the source is asked for exactly what is missing, and it is said that something was."""
    truth = [account_opened("a"), *(paid_in("a", number) for number in range(2, 7))]
    rough = RoughBus([truth[0], truth[4], truth[5]], truth)
    with staged(tmp_path, AUDIT, bus=rough) as audit, caplog.at_level(logging.CRITICAL):
        audit.engine.run_until_idle()
        assert (rough.asked, noted(audit)) == ([], ())
        audit.pass_time(**A_MINUTE)
        assert rough.asked == [("a", 2, 4)]
        assert (noted(audit), held(audit)) == ((2, 3, 4, 5, 6), {})
        assert audit.lane.counts["gaps_asked_again"] == 1
        audit.pass_time(**A_MINUTE)
        assert len(rough.asked) == 1


def test_a_source_that_does_not_answer_is_asked_each_minute(
    audit: Stage, bus: RoughBus, caplog: pytest.LogCaptureFixture
) -> None:
    """What is missing is never passed over."""
    with caplog.at_level(logging.CRITICAL):
        hear(audit, bus, paid_in("a", 2))
        for _ in range(3):
            audit.pass_time(**A_MINUTE)
    assert bus.asked == [("a", 1, 1)] * 3
    assert (noted(audit), mark(audit)) == ((), 0)


def test_types_one_does_not_listen_to_pass_and_are_counted(audit: Stage, bus: RoughBus) -> None:
    """Their numbers count: a subject's sequence goes over all that is said of it.

    That a message was passed over is written down with the next one that means something.
    """
    hear(audit, bus, account_opened("a"), message("AccountClosed", "a", 2), paid_in("a", 3))
    hear(audit, bus, message("SomethingNew", "b", 1, version=7))
    assert (noted(audit), mark(audit), mark(audit, "b"), held(audit)) == ((3,), 3, 0, {})
    hear(audit, bus, paid_in("a", 4))
    assert (noted(audit), mark(audit), mark(audit, "b"), held(audit)) == ((3, 4), 4, 1, {})
    assert audit.lane.counts["passed_over"] == 2


def test_unknown_fields_are_passed_over(audit: Stage, bus: RoughBus) -> None:
    """Within a version fields may be added; an older reader goes on reading."""
    hear(audit, bus, message("PaidIn", "a", 1, amount_vnd=7, currency="VND", lines=[1, 2]))
    assert noted(audit) == (7,)


def test_a_long_log_is_heard_in_turns(audit: Stage, bus: RoughBus) -> None:
    """More than one turn takes, on one subject that begins with its last message."""
    count = 2 * inbox.HEARD_PER_TURN + 7
    hear(audit, bus, *(paid_in("a", number) for number in (*range(2, count + 1), 1)))
    assert (noted(audit), held(audit), mark(audit)) == (tuple(range(1, count + 1)), {}, count)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before the commit", "after the commit"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_position_mark_and_effects_are_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, nth: int
) -> None:
    """Killed at any commit, a reader starts from its position: nothing is lost, nothing is done twice."""
    messages = [account_opened("a"), paid_in("a", 3), paid_in("b", 1), paid_in("a", 2), paid_in("b", 2)]
    rough = RoughBus()
    with staged(tmp_path, AUDIT, bus=rough) as audit:
        store = audit.running().store
        flush, commits = store.flush, list[int]()

        def kill() -> int:
            commits.append(1)
            if len(commits) == nth and when == "before the commit":
                raise Killed
            head = flush()
            if len(commits) == nth:
                raise Killed
            return head

        monkeypatch.setattr(store, "flush", kill)
        with suppress(Killed):
            for one in messages:
                hear(audit, rough, one)
        assert len(commits) == nth, "it was killed there"
    rough.deliver(*messages[len(rough._delivered) :])
    with staged(tmp_path, AUDIT, bus=rough) as audit:
        audit.engine.run_until_idle()
        assert (noted(audit, "a"), noted(audit, "b")) == ((2, 3), (1, 2))
        assert (heard(audit, "a"), heard(audit, "b"), held(audit)) == ([2, 3], [1, 2], {})
        assert audit.types("ledger-a") == ["DepositNoted", "DepositNoted", "StatementSent"]


def test_a_second_reader_of_a_source_loses_and_looks_again(
    audit: Stage, bus: RoughBus, caplog: pytest.LogCaptureFixture
) -> None:
    """Another owner moved the position: nothing is written twice, nothing is parked, and it goes on from there."""
    hear(audit, bus, account_opened("a"))
    bus.deliver(paid_in("a", 2), paid_in("a", 3))
    other = Writes(positions={SAVINGS_SOURCE: (1, 2)}, marks={(SAVINGS_SOURCE, "a"): (1, 2)})
    audit.running().store.commit(other)
    with caplog.at_level(logging.CRITICAL):
        audit.engine.run_until_idle()
    assert (noted(audit), held(audit), mark(audit)) == ((3,), {}, 3)
    assert audit.running().inbox.positions == {SAVINGS_SOURCE: 3}


def test_what_another_reader_has_taken_is_held_no_longer(audit: Stage, bus: RoughBus) -> None:
    """It was waiting for what came to somebody else; said again, it is a repeat."""
    hear(audit, bus, paid_in("a", 2))
    audit.running().store.commit(Writes(marks={(SAVINGS_SOURCE, "a"): (0, 2)}))
    hear(audit, bus, paid_in("a", 2))
    assert (noted(audit), held(audit)) == ((), {})


def test_what_was_taken_is_not_taken_again(audit: Stage, bus: RoughBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """One write for what came together, and none when nothing comes: an idle service leaves the disk alone."""
    store, written = audit.running().store, list[Writes]()
    stage = store.stage

    def noting(writes: Writes) -> None:
        written.append(writes)
        stage(writes)

    monkeypatch.setattr(store, "stage", noting)
    hear(audit, bus, account_opened("a"), paid_in("a", 2), paid_in("a", 3))
    assert len(written) == 1
    hear(audit, bus)
    assert (len(written), audit.lane.turn()) == (1, False)


def test_a_bus_that_is_down_is_waited_for_and_commands_go_on(
    audit: Stage, bus: RoughBus, caplog: pytest.LogCaptureFixture
) -> None:
    """Without limit, and without parking anything."""
    hear(audit, bus, account_opened("a"))
    bus.is_down = True
    bus.deliver(paid_in("a", 2))
    with caplog.at_level(logging.CRITICAL):
        assert audit.say(ShutLedger("b")) == "LedgerShut"
        audit.pass_time(**A_MINUTE)
    assert (noted(audit), held(audit)) == ((), {})
    bus.is_down = False
    audit.engine.run_until_idle()
    assert noted(audit) == (2,)


def test_a_store_that_is_down_is_waited_for(audit: Stage, bus: RoughBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is not to blame for that, so it is not parked."""

    def down() -> int:
        raise StoreUnavailable("pulled out")

    monkeypatch.setattr(audit.running().store, "flush", down)
    for _ in range(inbox.ATTEMPTS_BEFORE_PARKING + 1):
        with pytest.raises(StoreUnavailable):
            hear(audit, bus, paid_in("a", 1))
    monkeypatch.undo()
    audit.engine.run_until_idle()
    assert (noted(audit), held(audit)) == ((1,), {})


def test_a_command_and_a_message_on_one_stream_share_a_batch(audit: Stage, bus: RoughBus) -> None:
    """Each sees what the one before it did."""
    bus.deliver(paid_in("a", 1))
    assert audit.say(ShutLedger("a")) == "LedgerShut"
    assert list(held(audit)) == [("a", 1)]


def test_over_the_embedded_bus_a_service_hears_all_that_another_says(tmp_path: Path) -> None:
    """The logs themselves are the bus: what is private is not heard, what is public is, in order."""
    with staged(tmp_path, SAVINGS, AUDIT) as both:
        both.give(opened("a"), opened("b"))
        for number in range(1, 40):
            both.give(paid("a", number, f"s{number}"), paid("b", 2 * number, f"s{number}"))
        assert both.state("ledger-a", "audit").amounts_vnd == tuple(range(1, 40))
        assert both.state("ledger-b", "audit").amounts_vnd == tuple(range(2, 80, 2))
        assert both.running("audit").inbox.behind()[SAVINGS_SOURCE].messages == 0
        assert both.running("audit").inbox.positions[SAVINGS_SOURCE] == both.running("savings").store.head()


SUBJECTS = "abc"
SAID = [account_opened(ref) for ref in SUBJECTS] + [paid_in(ref, n) for n in range(2, 6) for ref in SUBJECTS]


@st.composite
def rough_days(draw: st.DrawFn) -> list[list[Envelope]]:
    """Draw what arrives between restarts: any messages in any order, some never, some often; the last ones at last."""
    arrivals = st.lists(st.lists(st.sampled_from(SAID), max_size=12), min_size=1, max_size=4)
    return [*draw(arrivals), draw(st.permutations(SAID[-len(SUBJECTS) :]))]


@given(days=rough_days())
@settings(max_examples=30)
def test_every_disorder_comes_to_the_same_end(days: list[list[Envelope]]) -> None:
    """Whatever the bus drops, repeats and misorders, and wherever the reader restarts: each effect once, in order."""
    rough = RoughBus(truth=SAID)
    with TemporaryDirectory() as folder:
        for arrived in days:
            with staged(Path(folder), AUDIT, bus=rough) as audit:
                hear(audit, rough, *arrived)
        logging.disable(logging.CRITICAL)
        with staged(Path(folder), AUDIT, bus=rough) as audit:
            audit.pass_time(**A_MINUTE)
            ends: list[Any] = [
                (noted(audit, ref), heard(audit, ref), mark(audit, ref), audit.state(f"statement_is_sent-{ref}"))
                for ref in SUBJECTS
            ]
            assert held(audit) == {}
        logging.disable(logging.NOTSET)
    end = Promise(is_known=True, deposits=(2, 3, 4, 5), is_sent=True)
    assert ends == [((2, 3, 4, 5), [2, 3, 4, 5], 5, replace(end, ref=ref)) for ref in SUBJECTS]
