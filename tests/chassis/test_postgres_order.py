"""No event is lost to a reader of the log, in whatever order transactions end; and the test can tell.

Twelve writers draw positions and commit late, now and then they take back. What reads on from the last position it saw
loses events by it; the store's reading does not. Both read the same log in the same run.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import WRITES, PostgresAccess
from chassis.stores.postgres_lines import refused
from chassis.stores.postgres_order import Reach
from chassis.stores.postgres_rows import APPEND, bundle
from chassis.stores.store import Conflict, Writes
from tests.chassis.store_words import event, said

WRITERS = 12
FOR_S = 4.0
PAUSE_S = 0.004
TAKEN_BACK = 0.05
HOT_STREAMS = 40
ENOUGH = 200
"""Fewer events than this, and the run proves nothing."""


@pytest.fixture
def store(postgres_database: PostgresAccess) -> Iterator[PostgresStore]:
    with closing(PostgresStore(postgres_database)) as opened:
        yield opened


class Writer(threading.Thread):
    """Appends to hot streams, with a transaction that began earlier and ends later than it has to."""

    def __init__(self, access: PostgresAccess, number: int, seed: int, until: float) -> None:
        super().__init__(daemon=True)
        self.written: set[int] = set()
        self._access, self._number, self._until = access, number, until
        self._random = random.Random(seed * 1_000 + number)

    def run(self) -> None:
        with self._access.connect(WRITES) as db:
            while time.monotonic() < self._until:
                self._append(db)

    def _append(self, db: psycopg.Connection) -> None:
        chance = self._random
        stream = f"note-{chance.randrange(HOT_STREAMS)}"
        (last,) = db.execute("SELECT coalesce(max(version), 0) FROM events WHERE stream=%s", (stream,)).fetchone() or ()
        row = (*event(stream, last + 1), 1, b"h")
        kept = chance.random() >= TAKEN_BACK
        try:
            with db.transaction(force_rollback=not kept):
                db.execute("INSERT INTO marks VALUES(%s, %s, 1)", (str(self._number), str(chance.random())))
                time.sleep(chance.uniform(0, PAUSE_S))
                appended = db.execute(APPEND, bundle([row], {stream: last}, 1).params).fetchone()
                time.sleep(chance.uniform(0, PAUSE_S))
        except psycopg.DatabaseError as error:
            if not isinstance(refused("log", error), Conflict):
                raise
        else:
            if kept and appended is not None:
                self.written.add(appended[0])


class Reader(threading.Thread):
    """Reads the log forward, a page at a time, until told that nothing more is written."""

    def __init__(self, page: Callable[[int], list[int]]) -> None:
        super().__init__(daemon=True)
        self.seen: list[int] = []
        self.finish = threading.Event()
        self._page = page

    def run(self) -> None:
        after = 0
        while True:
            finishing = self.finish.is_set()
            found = self._page(after)
            self.seen += found
            after = found[-1] if found else after
            if finishing and not found:
                return
            time.sleep(0.001)


def naively(access: PostgresAccess) -> Callable[[int], list[int]]:
    """Return a page as one would read it who knows of no order but that of positions."""
    db = access.connect()
    sql = "SELECT position FROM events WHERE position>%s ORDER BY position LIMIT 500"
    return lambda after: [position for (position,) in db.execute(sql, (after,))]


def test_the_store_loses_nothing_where_reading_on_from_the_last_position_does(
    postgres_database: PostgresAccess, store: PostgresStore
) -> None:
    """A position is drawn before its commit, so a later one may be readable first."""
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    until = time.monotonic() + FOR_S
    writers = [Writer(postgres_database, number, seed, until) for number in range(WRITERS)]
    ours = Reader(lambda after: [recorded.position for recorded in store.tail(after, 500)])
    other = PostgresStore(postgres_database)
    said_on = Reader(lambda after: [link.position for link in other.links(after, 500)])
    naive = Reader(naively(postgres_database))
    for thread in (*writers, ours, said_on, naive):
        thread.start()
    for writer in writers:
        writer.join(timeout=60)
    for reader in (ours, said_on, naive):
        reader.finish.set()
        reader.join(timeout=60)
    other.close()
    written = set[int]().union(*(writer.written for writer in writers))
    assert len(written) > ENOUGH
    stored = [recorded.position for recorded in store.tail(0, 1_000_000)]
    assert written == {*stored}
    assert written - {*naive.seen}, "nothing was lost by reading naively: this run proves nothing of the other"
    for reader in (ours, said_on):
        assert reader.seen == sorted(written), "every event once, in the order of positions"
    versions: dict[str, int] = {}
    for recorded in store.tail(0, 1_000_000):
        assert recorded.version == versions.get(recorded.stream, 0) + 1
        versions[recorded.stream] = recorded.version
    assert max(stored) > len(stored), "some positions were taken back"


def test_what_was_drawn_and_is_not_over_is_waited_for(postgres_database: PostgresAccess, store: PostgresStore) -> None:
    """Later events stay unread until the earlier one is there or taken back; nobody else waits for it."""
    with postgres_database.connect(WRITES) as slow:
        for commits in (True, False):
            before = store.head()
            slow.execute("BEGIN")
            stream = f"note-slow-{commits}"
            slow.execute(APPEND, bundle([(*event(stream, 1), 1, b"h")], {stream: 0}, 1).params)
            store.commit(Writes([event(f"note-quick-{commits}", 1)]))
            assert store.head() == before
            assert store.is_holding_back
            assert [one.stream for one in store.read_stream(f"note-quick-{commits}")] == [f"note-quick-{commits}"]
            assert f"note-quick-{commits}" in store.news(), "what is durable is news, if nobody may read past it yet"
            slow.execute("COMMIT" if commits else "ROLLBACK")
            found = [one.stream for one in store.tail(before, 10)]
            assert found == ([stream] if commits else []) + [f"note-quick-{commits}"]
            assert not store.is_holding_back


def test_who_begins_later_holds_nobody_up() -> None:
    """There is always somebody appending; each look waits only for those whom it saw."""
    reach = Reach()
    assert reach.advance(lambda known: (5, {"a"}, 0)) == (5, 0)
    assert reach.advance(lambda known: (7, {"a", "b"}, 0)) == (7, 0)
    assert reach.advance(lambda known: (9, {"b", "c"}, 0)) == (9, 5)
    assert reach.advance(lambda known: (9, {"c", "d"}, 0)) == (9, 7)
    assert reach.advance(lambda known: (9, {"d"}, 0)) == (9, 9)
    assert reach.advance(lambda known: (8, {"e"}, 0), committed=6) == (8, 6), "the server fell, and drew again"
    assert reach.advance(lambda known: (8, set(), 0)) == (8, 8)
    assert reach.advance(lambda known: (8, {"f"}, 1), committed=7) == (8, 7), "a connection broke: it may have fallen"


def test_two_instances_number_a_subject_without_gaps(postgres_database: PostgresAccess) -> None:
    """Of two that were first with a version or a sequence, one was; the other looks again."""
    wins: dict[str, int] = {}

    def appends(name: str, store: PostgresStore) -> None:
        for _ in range(60):
            while True:
                version = len(store.read_stream("note-a"))
                sequence = store.last_sequence("ref")
                try:
                    store.commit(Writes([said("note-a", version + 1, "ref", sequence + 1)], {"note-a": version}))
                except Conflict:
                    continue
                wins[name] = wins.get(name, 0) + 1
                break

    with closing(PostgresStore(postgres_database)) as one, closing(PostgresStore(postgres_database)) as other:
        threads = [threading.Thread(target=appends, args=pair) for pair in (("one", one), ("other", other))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert wins == {"one": 60, "other": 60}
        log = one.tail(0, 1_000)
        assert [recorded.version for recorded in log] == [recorded.sequence for recorded in log] == list(range(1, 121))


def test_a_sequence_that_fell_back_hides_nothing(store: PostgresStore, postgres_database: PostgresAccess) -> None:
    """After a fall of the server the positions that nobody committed are drawn again: who noted them looks anew."""
    store.commit(Writes([event("note-a", version) for version in (1, 2, 3)], {"note-a": 0}))
    assert (store.head(), store.news()) == (3, {"note-a": 3})
    with postgres_database.connect("") as db:
        db.execute("SELECT nextval('events_position') FROM generate_series(1, 10)")
        assert (store.head(), store.news(), store.is_holding_back) == (3, {}, False)
        db.execute("SELECT setval('events_position', 3)")  # as a server recovers that had not written them down
    for last in range(3, 15):
        store.commit(Writes([event("note-a", last + 1)], {"note-a": last}))
        assert (store.head(), store.news()) == (last + 1, {"note-a": last + 1})
        assert [one.position for one in store.tail(last, 10)] == [last + 1]
