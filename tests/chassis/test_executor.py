"""The lane: one writer, many units of work to one durable commit, and an answer only after it."""

from pathlib import Path
from typing import Any

import pytest

from chassis.service import Scope
from tests.chassis.running import AGENCY, START, Stage, commits, opened, paid, staged
from tests.chassis.savings import (
    Account,
    CloseAccount,
    PayIn,
    PayOut,
    Transfer,
)
from tests.chassis.savings_desk import SAVINGS


def test_a_command_that_is_carried_out_is_stored_with_all_that_follows(desk: Stage) -> None:
    """Events, their public numbers, timers and rows of read models become true together."""
    desk.give(opened("a"), paid("a", 500, "s1"))
    assert desk.types("account-a") == ["AccountOpened", "PaidIn"]
    assert [(event.said, event.sequence) for event in desk.log() if event.said] == [
        ("lienthong.savings.AccountOpened.v1", 1), ("lienthong.savings.PaidIn.v1", 2),
    ]  # fmt: skip
    assert desk.rows("SELECT ref, balance_vnd FROM accounts") == [("a", 500)]
    assert desk.rows("SELECT id FROM timers") == [("dormant-a",)]


def test_a_refused_command_changes_nothing(desk: Stage) -> None:
    """Not the stream, not the timers, not the read models, and not what the next command of the batch sees."""
    desk.give(opened("a"), paid("a", 500, "s1"))
    before = desk.log(), desk.rows("SELECT * FROM accounts"), desk.rows("SELECT * FROM timers")
    refused, unknown = desk.give(PayOut("a", 501, "s2", START), PayIn("unknown", 1, "s3", START))
    assert (refused.status, refused.body) == (409, b"overdrawn")
    assert (unknown.status, unknown.body) == (409, b"no_account")
    assert (desk.log(), desk.rows("SELECT * FROM accounts"), desk.rows("SELECT * FROM timers")) == before


def test_an_answer_tells_the_version_and_a_position_that_holds_its_effects(desk: Stage) -> None:
    """Whoever waits for a reader waits until it has passed that position; also when nothing was new."""
    first, second = desk.give(opened("a"), paid("a", 500, "s1"), id="")
    assert (first.version, second.version) == (1, 2)
    assert first.position == second.position == len(desk.log())
    again = desk.give(paid("a", 500, "s1"))[0]
    assert (again.body, again.version, again.position) == (b"nothing new", 2, len(desk.log()))


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after another"])
def test_asked_twice_it_is_done_once(desk: Stage, together: bool) -> None:
    """The same command id gets the first answer again, word for word, whatever the command would now come to."""
    desk.give(opened("a"))
    ask: dict[str, Any] = {"id": "key-1", "fingerprint": "body-1"}
    jobs = [desk.job(paid("a", 500, slip), **ask) for slip in ("s1", "s2")] if together else []
    desk.engine.run_until_idle()
    first, second = (
        [job.future.result(timeout=0) for job in jobs]
        if together
        else [desk.give(paid("a", 500, slip), **ask)[0] for slip in ("s1", "s2")]
    )
    assert (first.replayed, second.replayed) == (False, True)
    assert second[:3] == first[:3]
    assert second.position >= first.position
    assert desk.types("account-a") == ["AccountOpened", "PaidIn"]


def test_a_refusal_too_is_answered_alike_when_asked_again(desk: Stage) -> None:
    """The first answer holds, also the answer no; a new attempt needs a new key."""
    desk.give(opened("a"))
    assert desk.say(PayOut("a", 1, "s1", START), id="key-1") == "overdrawn"
    desk.give(paid("a", 500, "s0"))
    assert desk.say(PayOut("a", 1, "s1", START), id="key-1") == "overdrawn"
    assert desk.say(PayOut("a", 1, "s1", START), id="key-2") == "PaidOut"


def test_the_same_key_with_another_body_is_refused(desk: Stage) -> None:
    """A key stands for one request; a client that reuses it has a fault that it must hear of."""
    desk.give(opened("a"))
    assert desk.say(paid("a", 500, "s1"), id="key-1", fingerprint="one") == "PaidIn"
    assert desk.say(paid("a", 700, "s2"), id="key-1", fingerprint="other") == "key reused"
    assert desk.state("account-a").balance_vnd == 500


@pytest.mark.parametrize(("expected", "answer"), [(None, "PaidIn"), (1, "PaidIn"), (0, "version 1"), (2, "version 1")])
def test_if_match_demands_the_present_version(desk: Stage, expected: int | None, answer: str) -> None:
    """Whoever looked at an older version decides anew."""
    desk.give(opened("a"))
    assert desk.say(paid("a", 500, "s1"), expected=expected) == answer


def test_a_stale_or_forbidden_command_is_not_remembered(desk: Stage) -> None:
    """The same key may try again after looking, or after the right was given."""
    desk.give(opened("a"))
    ask: dict[str, Any] = {"id": "key-1", "fingerprint": "body"}
    assert desk.say(paid("a", 1, "s1"), expected=9, **ask) == "version 1"
    assert desk.say(paid("a", 1, "s1"), allow=lambda scope: False, **ask) == "not there"
    assert desk.say(paid("a", 1, "s1"), **ask) == "PaidIn"


def test_what_one_may_not_see_answers_like_what_is_not_there(desk: Stage) -> None:
    """Otherwise answers would tell who has an account; a wrong If-Match tells nothing either."""
    desk.give(opened("a"))

    def scope(state: Account) -> Scope | None:
        return Scope(people=(state.owner,)) if state.ref else None

    def mine(scope: Scope | None) -> bool:
        return scope is not None and "me" in scope.people

    asked: dict[str, Any] = {"scope": scope, "allow": mine, "id": "key-1", "fingerprint": "body", "expected": 7}
    hidden = desk.give(paid("a", 500, "s1"), **asked)[0]
    absent = desk.give(paid("b", 500, "s1"), **asked)[0]
    assert hidden[:3] == absent[:3]
    assert hidden.body == b"not there"


def test_what_must_follow_is_done_with_it_or_nothing_is(desk: Stage) -> None:
    """Money leaves one account only if it arrives in the other: one transaction over two streams."""
    desk.give(opened("a"), opened("b"), paid("a", 500, "s1"))
    assert desk.say(Transfer("a", "b", 200, "s2", START)) == "PaidOut"
    assert (desk.state("account-a").balance_vnd, desk.state("account-b").balance_vnd) == (300, 200)
    before = desk.log(), desk.rows("SELECT * FROM accounts ORDER BY ref")
    desk.give(CloseAccount("b", START))
    after_closing = desk.log(), desk.rows("SELECT * FROM accounts ORDER BY ref")
    assert desk.say(Transfer("a", "b", 100, "s3", START)) == "account_closed"
    assert (desk.log(), desk.rows("SELECT * FROM accounts ORDER BY ref")) == after_closing != before
    assert desk.say(Transfer("a", "a", 100, "s3", START)) == "PaidOut", "and the slip was not used up"


def test_a_number_is_taken_only_with_the_act_that_needs_it(desk: Stage) -> None:
    """`prepare` moves a second stream in the same transaction; repeats take no number, and no number is lost."""
    desk.give(*(opened(ref) for ref in "abcab"))
    assert desk.types(f"numbers-{AGENCY}") == ["NumberTaken"] * 3
    codes = [desk.lane.codec.decode(e.type, e.data).code for e in desk.log() if e.type == "AccountOpened"]
    assert codes == [f"{AGENCY}-{number:04d}" for number in (1, 2, 3)]


def test_commands_that_wait_together_share_one_commit(desk: Stage) -> None:
    """Sixty-four commands, one sync of the disk: what makes durable answers cheap."""
    heads = commits(desk)
    answers = desk.give(*(opened(f"r{number}") for number in range(64)))
    assert [answered.status for answered in answers] == [200] * 64
    assert heads[0] == 128, "all 64 accounts and their 64 numbers in the first commit"
    assert {answered.position for answered in answers} == {128}


def test_in_one_batch_each_sees_what_those_before_it_did(desk: Stage) -> None:
    """Sharing a commit changes nothing in what commands come to."""
    answers = desk.give(opened("a"), paid("a", 5, "s1"), PayOut("a", 4, "s2", START), PayOut("a", 4, "s3", START))
    assert [answered.body for answered in answers] == [b"AccountOpened", b"PaidIn", b"PaidOut", b"overdrawn"]
    assert desk.state("account-a").balance_vnd == 1


def test_a_long_stream_is_read_from_its_snapshot(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt book has a year's numbers; starting anew must not read them all. The state is the same."""
    desk.give(opened("a"))
    for start in range(0, 450, 50):
        desk.give(*(paid("a", 1, f"s{number}") for number in range(start, start + 50)))
    store = desk.running().store
    snapshots = desk.rows("SELECT stream, version FROM snapshots")
    assert snapshots == [("account-a", 401)]
    read: list[int] = []
    read_stream = store.read_stream

    def noting(stream: str, after: int = 0) -> Any:
        read.append(after)
        return read_stream(stream, after)

    monkeypatch.setattr(store, "read_stream", noting)
    folded = desk.lane.fold("account-a")
    monkeypatch.undo()
    assert read == [401]
    decoded = (desk.lane.codec.decode(event.type, event.data) for event in store.read_stream("account-a"))
    assert folded == (SAVINGS.streams["account"].fold(decoded), 451)


def test_replaying_everything_into_a_fresh_lane_reaches_the_same_states(tmp_path: Path) -> None:
    """State is the fold of the log and of nothing else: not of caches, and not of the order of batches."""
    with staged(tmp_path, SAVINGS) as desk:
        desk.give(*(opened(ref) for ref in "abcde"))
        for round_ in range(60):
            desk.give(*(paid(ref, 10 + round_, f"in-{ref}-{round_}") for ref in "abcde"))
            desk.give(
                Transfer("a", "bcde"[round_ % 4], 5, f"t-{round_}", START), PayOut("b", 3, f"out-{round_}", START)
            )
        desk.give(CloseAccount("c", START))
        desk.pass_time(days=40)
        streams = sorted({recorded.stream for recorded in desk.log()})
        warm = {stream: desk.lane.load(stream) for stream in streams}
    with staged(tmp_path, SAVINGS) as again:
        assert {stream: again.lane.load(stream) for stream in streams} == warm
        by_hand = {
            stream: again.lane.folds[stream.partition("-")[0]].fold(
                again.lane.codec.decode(event.type, event.data) for event in again.running().store.read_stream(stream)
            )
            for stream in streams
        }
        assert by_hand == {stream: state for stream, (state, _) in warm.items()}
    assert {stream.partition("-")[0] for stream in streams} == {"account", "numbers", "remainder_is_paid"}
