"""What every event store must do: one suite, run on each implementation by subclassing `StoreContract`."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from chassis.stores.store import (
    AnswerRow,
    Conflict,
    Discharge,
    Held,
    Snapshot,
    Statement,
    Store,
    StoreUnavailable,
    TimerRow,
    Unwritable,
    Writes,
)
from kernel.message import Envelope
from tests.chassis.store_words import (
    FOREVER_US,
    INSERT,
    SOURCE,
    TABLE,
    Open,
    contents,
    envelope,
    event,
    everything,
    said,
)


class StoreContract:
    """Subclass it and give the fixture `open_store`: a function that opens the store of this test, again and again."""

    @pytest.fixture
    def open_store(self) -> Iterator[Open]:
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: Open) -> Store:
        store = open_store()
        assert store.define([TABLE]), "there is nothing in it yet"
        store.fill(())
        return store

    def test_what_is_committed_can_be_read(self, store: Store) -> None:
        """Every part of one transaction is there, and the position of the head is returned."""
        before = contents(store)
        assert store.commit(everything()) == store.head() == 2
        assert all(contents(store)[part] != before[part] for part in before)
        assert [recorded.version for recorded in store.read_stream("note-a")] == [1]
        assert store.mark(SOURCE, "a") == 1
        assert store.position(f"{SOURCE}-a") == 1
        assert store.held(SOURCE, "a", 1) == Held(envelope("a", 1), 7, 3, "why")
        assert store.timer("timer-a") == TimerRow("timer-a", 50, "Ring", b"{}")
        assert store.answer("command-a") == AnswerRow("command-a", "print", 200, b"{}", 1, 9)
        assert store.snapshot("note-a", "shape") == Snapshot("note-a", 1, "shape", b"[]")
        assert store.owing() == ["saga-a"]
        assert store.query("SELECT papers FROM shelf WHERE ref=:ref", {"ref": "a"}) == [{"papers": 2}]

    @pytest.mark.parametrize(
        ("spoil", "raised"),
        [
            (lambda writes: writes.expected.update({"note-a": 0}), Conflict),
            (lambda writes: writes.expected.update({"note-a": 2}), Conflict),
            (lambda writes: writes.expected.update({"note-unknown": 1}), Conflict),
            (lambda writes: writes.events.append(event("note-a", 1)), Conflict),
            (lambda writes: writes.events.append(said("note-c", 1, "subject-a", 1)), Conflict),
            (lambda writes: writes.positions.update({f"{SOURCE}-a": (0, 5)}), Conflict),
            (lambda writes: writes.positions.update({f"{SOURCE}-a": (7, 9)}), Conflict),
            (lambda writes: writes.positions.update({f"{SOURCE}-new": (3, 9)}), Conflict),
            (lambda writes: writes.answers.append(AnswerRow("command-a", "print", 200, b"", 1, 9)), Conflict),
            (lambda writes: writes.discharges.append(Discharge(SOURCE, "a", 1, "staff", "again", 8)), Conflict),
            (lambda writes: writes.events.append(said("note-c", 1, "c", 1)._replace(sequence=None)), Unwritable),
            (lambda writes: writes.statements.append(Statement(INSERT, {"ref": "a", "papers": 1})), Unwritable),
            (lambda writes: writes.statements.append(Statement(INSERT, {"ref": "c", "papers": 100})), Unwritable),
            (lambda writes: writes.statements.append(Statement(INSERT, {"ref": "c"})), Unwritable),
            (lambda writes: writes.statements.append(Statement("INSERT INTO nowhere VALUES(1)", {})), Unwritable),
        ],
        ids=[
            "version too small", "version too large", "version of an unknown stream", "version taken",
            "sequence taken", "position behind", "position ahead", "position of an unknown source", "command id taken",
            "discharged already", "public without sequence", "row taken", "row against its rule", "parameter missing",
            "no such table",
        ],
    )  # fmt: skip
    def test_one_wrong_part_and_nothing_is_written(
        self, store: Store, spoil: Callable[[Writes], None], raised: type[Exception]
    ) -> None:
        """All of a transaction becomes true or none of it: events, marks, timers, answers, rows."""
        store.commit(everything())
        before = contents(store)
        writes = everything("note-x", mark="x")
        spoil(writes)
        with pytest.raises(raised):
            store.commit(writes)
        assert contents(store) == before
        store.commit(everything("note-x", mark="x"))
        assert store.head() > before["head"]

    def test_what_is_staged_is_seen_by_nobody_until_it_is_flushed(self, store: Store) -> None:
        """The two halves of a commit; the second may run on another thread, for it only waits for the disk."""
        before = contents(store)
        store.stage(everything())
        assert contents(store) == before
        waiting = threading.Thread(target=store.flush)
        waiting.start()
        waiting.join()
        assert store.head() == 2
        assert store.position(f"{SOURCE}-a") == 1

    def test_what_was_staged_and_not_flushed_is_taken_back(self, store: Store, open_store: Open) -> None:
        """By the next staging, or by the end of the process; its positions are given anew."""
        store.stage(everything())
        store.stage(everything("note-x", mark="x"))
        assert store.flush() == 2
        assert [recorded.stream for recorded in store.tail(0, 10)] == ["note-x", "note-x-b"]
        store.stage(everything("note-y", mark="y"))
        store.close()
        assert open_store().head() == 2

    def test_nothing_to_write_writes_nothing(self, store: Store) -> None:
        """An empty transaction is no error and moves nothing."""
        store.commit(everything())
        before = contents(store)
        assert not Writes()
        assert store.commit(Writes()) == before["head"]
        assert contents(store) == before

    @pytest.mark.parametrize("part", Writes.__slots__)
    def test_each_part_alone_is_something_to_write(self, part: str) -> None:
        """What a lane asks before it commits: forgetting a part would lose what only has that part."""
        writes = Writes()
        rings = {"timer": TimerRow("timer", 50, "Ring", b"{}")}  # a timer that is there before, so not in everything
        setattr(writes, part, getattr(everything(), part) or rings)
        assert writes

    def test_a_stream_is_read_in_order_from_any_version(self, store: Store) -> None:
        """Events of other streams in between do not show."""
        for version in range(1, 6):
            store.commit(Writes([event("note-a", version), event("note-ab", version)]))
        assert [recorded.version for recorded in store.read_stream("note-a")] == [1, 2, 3, 4, 5]
        assert [recorded.version for recorded in store.read_stream("note-a", after=3)] == [4, 5]
        assert {recorded.stream for recorded in store.read_stream("note-a")} == {"note-a"}
        assert list(store.read_stream("note-unknown")) == []

    def test_several_streams_move_in_one_transaction(self, store: Store) -> None:
        """Each checked against its own expected version, several events of one stream in a row."""
        store.commit(Writes([event("note-a", 1), event("note-a", 2), event("note-b", 1)], {"note-a": 0, "note-b": 0}))
        store.commit(Writes([event("note-b", 2), event("note-a", 3)], {"note-a": 2, "note-b": 1}))
        assert [(r.stream, r.version) for r in store.tail(0, 10)] == [
            ("note-a", 1), ("note-a", 2), ("note-b", 1), ("note-b", 2), ("note-a", 3),
        ]  # fmt: skip

    def test_the_tail_pages_through_everything_once(self, store: Store) -> None:
        """Positions only grow, and a page starts where the last one ended."""
        for number in range(1, 26):
            store.commit(Writes([event("note-a", number)]))
        seen, after = [], 0
        while page := store.tail(after, 7):
            assert len(page) <= 7
            seen += [recorded.version for recorded in page]
            after = page[-1].position
        assert seen == list(range(1, 26))

    def test_readers_never_see_a_later_event_before_an_earlier_one(self, store: Store) -> None:
        """Order within a log is commit order, complete: a reader that took n + 1 can never find n afterwards."""
        events, faults = 2_000, list[str]()
        ready, done = threading.Barrier(3), threading.Event()

        def read(page: int) -> None:
            ready.wait()
            seen, after = 0, 0
            while seen < events:
                finished = done.is_set()
                found = store.tail(after, page)
                for recorded in found:
                    seen += 1
                    if recorded.data != str(seen).encode():
                        faults.append(f"event {recorded.data!r} came {seen}th")
                        return
                    after = recorded.position
                if not found:
                    time.sleep(0.001)
                if finished and not found:
                    faults.append(f"only {seen} of {events} events were seen")
                    return

        readers = [threading.Thread(target=read, args=(page,)) for page in (1, 100)]
        for reader in readers:
            reader.start()
        ready.wait()
        number = 0
        while number < events:
            batch = range(number + 1, min(events, number + 1 + number % 7) + 1)
            store.commit(Writes([event(f"note-{n % 13}", n, str(n).encode()) for n in batch]))
            number = batch[-1]
        done.set()
        for reader in readers:
            reader.join(timeout=60)
        assert faults == []

    def test_public_events_are_said_with_their_envelope(self, store: Store) -> None:
        """What leaves is the public side where it differs; what is private is passed over, and not waited for."""
        store.commit(Writes([event("note-a", 1), said("note-a", 2, "ref", 1, b'{"a":1,"private":2}', b'{"a":1}')]))
        store.commit(Writes([said("note-a", 3, "ref", 2), event("note-a", 4)]))
        envelopes, now_at = store.say(SOURCE, 0, 10)
        assert now_at == store.head()
        assert envelopes == [
            Envelope(2, SOURCE, "note-a@2", "lienthong.desk.Noted.v1", "ref", 1, "ref", 1_000, "trace", "cause",
                     "00-aa", b'{"a":1}'),
            Envelope(3, SOURCE, "note-a@3", "lienthong.desk.Noted.v1", "ref", 2, "ref", 1_000, "trace", "cause",
                     "00-aa", b'{"n":1}'),
        ]  # fmt: skip
        assert store.say(SOURCE, now_at, 10) == ((), now_at)

    @pytest.mark.parametrize("page", [1, 2, 3, 100])
    def test_paging_through_what_is_said_misses_nothing(self, store: Store, page: int) -> None:
        """The position that comes with a full page is its last event's, never the head's."""
        for number in range(1, 11):
            store.commit(Writes([event("note-p", number), said("note-a", number, "ref", number)]))
        heard, after = [], 0
        while True:
            envelopes, now_at = store.say(SOURCE, after, page)
            if now_at == after:
                break
            heard += [one.sequence for one in envelopes]
            after = now_at
        assert (heard, after) == (list(range(1, 11)), store.head())

    def test_a_source_says_any_part_of_a_subject_again(self, store: Store) -> None:
        """A reader that misses something asks for exactly that."""
        for number in range(1, 6):
            store.commit(Writes([said("note-a", number, "ref", number), said("note-b", number, "other", number)]))
        again = store.say_again(SOURCE, "ref", 2, 4)
        assert [(one.subject, one.sequence) for one in again] == [("ref", 2), ("ref", 3), ("ref", 4)]
        assert set(again) <= set(store.say(SOURCE, 0, 100)[0]), "word for word what was said before"
        assert list(store.say_again(SOURCE, "ref", 6, 9)) == []

    def test_the_last_sequence_of_a_subject_is_known(self, store: Store) -> None:
        """Numbering goes on where it ended, for each subject by itself."""
        assert store.last_sequence("ref") == 0
        store.commit(Writes([said("note-a", 1, "ref", 1), said("note-a", 2, "ref", 2), said("note-a", 3, "other", 1)]))
        assert (store.last_sequence("ref"), store.last_sequence("other")) == (2, 1)

    def test_a_position_moves_only_from_the_value_that_was_read(self, store: Store) -> None:
        """Two owners of one source: the second one loses and writes nothing."""
        store.commit(Writes(positions={SOURCE: (0, 5)}))
        for read, now in ((0, 9), (4, 9), (6, 9)):
            with pytest.raises(Conflict):
                store.commit(Writes(positions={SOURCE: (read, now)}, marks={(SOURCE, "a"): (0, now)}))
        store.commit(Writes(positions={SOURCE: (5, 9)}))
        assert (store.position(SOURCE), store.position("other"), store.mark(SOURCE, "a")) == (9, 0, 0)

    def test_marks_are_kept_for_each_source_and_subject(self, store: Store) -> None:
        """A mark says how far a subject of a source was taken."""
        store.commit(Writes(marks={(SOURCE, "a"): (0, 1), ("other", "a"): (0, 7)}))
        store.commit(Writes(marks={(SOURCE, "a"): (1, 2)}))
        assert [store.mark(*key) for key in ((SOURCE, "a"), ("other", "a"), (SOURCE, "b"))] == [2, 7, 0]
        assert store.marks(SOURCE, ("a", "b")) == {"a": 2, "b": 0}
        assert store.marks("other", ()) == {}

    def test_a_mark_moves_only_from_where_it_was_read(self, store: Store) -> None:
        """Of two readers that took the same message one loses, and what it led to with it."""
        store.commit(Writes(marks={(SOURCE, "a"): (0, 5)}))
        for before, now in ((0, 9), (4, 9), (6, 9)):
            writes = Writes(events=[event("note-a", 1)], expected={"note-a": 0}, marks={(SOURCE, "a"): (before, now)})
            writes.marks[SOURCE, "b"] = (0, 1)
            with pytest.raises(Conflict):
                store.commit(writes)
        store.commit(Writes(marks={(SOURCE, "a"): (5, 9)}))
        assert (store.mark(SOURCE, "a"), store.mark(SOURCE, "b"), store.head()) == (9, 0, 0)

    def test_held_messages_are_kept_changed_and_let_go(self, store: Store) -> None:
        """They come back as they were heard, in the order of their numbers."""
        for sequence in (10, 9, 2):
            store.commit(Writes(held={(SOURCE, "a", sequence): Held(envelope("a", sequence), 1, 0, None)}))
        store.commit(Writes(held={(SOURCE, "a", 2): Held(envelope("a", 2), 1, 3, "why"), (SOURCE, "a", 10): None}))
        assert [(one.envelope, one.error) for one in store.all_held()] == [
            (envelope("a", 2), "why"), (envelope("a", 9), None),
        ]  # fmt: skip
        assert store.held(SOURCE, "a", 10) is None

    def test_timers_are_set_replaced_and_cancelled(self, store: Store) -> None:
        """The same id again replaces; cancelling what is not there is nothing."""
        assert store.next_timer_us() is None
        store.commit(
            Writes(timers={id: TimerRow(id, due, "Ring", b"{}") for id, due in (("b", 20), ("a", 20), ("c", 5))})
        )
        store.commit(Writes(timers={"c": TimerRow("c", 30, "Ring", b"[]"), "unknown": None}))
        assert store.next_timer_us() == 20
        assert [row.id for row in store.due_timers(19, 10)] == []
        assert [row.id for row in store.due_timers(20, 10)] == ["a", "b"]
        assert [row.id for row in store.due_timers(FOREVER_US, 2)] == ["a", "b"]
        store.commit(Writes(timers={"a": None, "b": None}))
        assert list(store.due_timers(FOREVER_US, 10)) == [TimerRow("c", 30, "Ring", b"[]")]
        assert (store.timer("a"), store.next_timer_us()) == (None, 30)

    def test_a_timer_rings_only_as_it_was_read(self, store: Store) -> None:
        """Set anew, cancelled or rung in the meantime, it takes nothing with it: neither the new timer nor the rest."""
        first, anew = TimerRow("a", 5, "Ring", b"1"), TimerRow("a", 9, "Ring", b"2")
        store.commit(Writes(timers={"a": first, "b": TimerRow("b", 5, "Ring", b"")}))
        store.commit(Writes(rung={"a": first}, timers={"a": anew}))
        assert store.timer("a") == anew, "what the timer's own command sets stays"
        for other in (
            first,
            anew._replace(data=b"3"),
            anew._replace(command="Knock"),
            TimerRow("gone", 1, "Ring", b""),
        ):
            with pytest.raises(Conflict):
                store.commit(Writes([event("note-a", 1)], {"note-a": 0}, rung={other.id: other}))
            assert (store.timer("a"), store.head()) == (anew, 0)
        store.commit(Writes(rung={"a": anew}))
        assert [row.id for row in store.due_timers(FOREVER_US, 10)] == ["b"]

    def test_the_newest_snapshot_of_a_form_is_kept(self, store: Store) -> None:
        """A changed form misses, so that no state is read that is not of the present form."""
        store.commit(Writes(snapshots=[Snapshot("note-a", 200, "old", b"1")]))
        store.commit(Writes(snapshots=[Snapshot("note-a", 400, "old", b"2"), Snapshot("note-a", 400, "new", b"3")]))
        assert store.snapshot("note-a", "old") == Snapshot("note-a", 400, "old", b"2")
        assert store.snapshot("note-a", "new") == Snapshot("note-a", 400, "new", b"3")
        assert store.snapshot("note-a", "newer") is None

    def test_what_is_owed_is_kept_since_it_is_owed(self, store: Store) -> None:
        """Asking again does not make it younger; the longest owed comes first."""
        store.commit(Writes(owing={"saga-b": 10, "saga-a": 20}))
        store.commit(Writes(owing={"saga-b": 30, "saga-c": 15}))
        assert list(store.owing()) == ["saga-b", "saga-c", "saga-a"]
        store.commit(Writes(owing={"saga-b": None, "saga-unknown": None}))
        assert list(store.owing()) == ["saga-c", "saga-a"]

    def test_answers_are_found_one_by_one_or_together(self, store: Store) -> None:
        """A batch of commands asks once; whatever a client wrote into its key is a key and nothing else."""
        kept = {id: AnswerRow(id, "f", 200, b"{}", 1, 5) for id in ("a", 'b"] ,', "\u0111\U0001f600")}
        store.commit(Writes(answers=list(kept.values())))
        assert {id: store.answer(id) for id in kept} == kept
        assert store.answers((*kept, "new")) == kept | {"new": None}
        assert store.answers(()) == {}

    def test_old_answers_are_forgotten_a_few_at_a_time(self, store: Store) -> None:
        """The oldest go first, those that must be kept stay, and no single step is long."""
        store.commit(Writes(answers=[AnswerRow(f"c{at}", "f", 200, b"", 1, at) for at in range(10)]))
        assert store.prune_answers(before_us=7, limit=4) == 4
        assert [store.answer(f"c{at}") is None for at in range(10)] == [True] * 4 + [False] * 6
        assert store.prune_answers(before_us=7, limit=4) == 3
        assert store.prune_answers(before_us=7, limit=4) == 0
        assert [store.answer(f"c{at}") is None for at in range(10)] == [True] * 7 + [False] * 3

    def test_a_commit_is_seen_by_every_thread_at_once(self, store: Store) -> None:
        """What was answered to one must not be missing when another looks."""
        seen: list[int] = []
        for number in range(1, 21):
            store.commit(Writes([event("note-a", number)]))
            reader = threading.Thread(target=lambda: seen.append(len(store.read_stream("note-a"))))
            reader.start()
            reader.join()
        assert seen == list(range(1, 21))

    def test_everything_survives_reopening(self, store: Store, open_store: Open) -> None:
        """What was committed is there after a restart, and numbering goes on."""
        store.commit(everything())
        before = contents(store)
        store.close()
        again = open_store()
        assert not again.define([TABLE]), "nothing has changed"
        assert contents(again) == before
        assert again.commit(everything(version=0, stream="note-z", mark="z")) > before["head"]

    def test_a_closed_store_is_not_available(self, store: Store) -> None:
        """Whoever still asks is told to come again, not that there is nothing."""
        store.close()
        with pytest.raises(StoreUnavailable):
            store.read_stream("note-a")
        with pytest.raises(StoreUnavailable):
            store.query("SELECT 1 AS one")
        with pytest.raises(StoreUnavailable):
            store.commit(everything())
