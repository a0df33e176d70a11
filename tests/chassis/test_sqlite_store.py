"""The embedded store: the contract of all stores, and what is SQLite's own."""

import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chassis.stores import migrations
from chassis.stores.chain import NOTHING_BEFORE, event_hash
from chassis.stores.migrations import HASHED_LATER, NEWEST, SCRIPTS, StoreTooNew
from chassis.stores.sqlite import SqliteStore, StoreInUse
from chassis.stores.store import AnswerRow, NewEvent, Store, StoreUnavailable, Writes
from tests.chassis.chain_contract import ChainContract
from tests.chassis.store_contract import StoreContract
from tests.chassis.store_words import TABLE, Open, contents, event, everything


class TestSqliteStore(StoreContract, ChainContract):
    """Every promise of the port, kept by SQLite."""

    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Iterator[Open]:
        opened: list[SqliteStore] = []

        def open_again() -> Store:
            opened.append(SqliteStore(tmp_path / "desk.db"))
            return opened[-1]

        yield open_again
        for store in opened:
            store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "desk.db")) as opened:
        opened.define([TABLE])
        opened.fill(())
        yield opened


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2)])
def test_what_was_answered_survives_a_power_cut(store: SqliteStore, pragma: str, value: object) -> None:
    """WAL with synchronous=FULL (2) syncs at every commit; NORMAL would take commits back."""
    assert store._writer.execute(f"PRAGMA {pragma}").fetchone() == (value,)


def test_a_second_process_cannot_open_a_store(store: SqliteStore) -> None:
    """Two writers would both believe that they know the last version."""
    code = "import sys, pathlib; from chassis.stores.sqlite import SqliteStore; SqliteStore(pathlib.Path(sys.argv[1]))"
    second = subprocess.run([sys.executable, "-c", code, str(store.path)], capture_output=True, text=True, check=False)
    assert second.returncode != 0
    assert "StoreInUse" in second.stderr


def test_a_second_one_in_the_same_process_cannot_either(store: SqliteStore) -> None:
    """The lock belongs to who opened the file, not to the process."""
    with pytest.raises(StoreInUse):
        SqliteStore(store.path)


def test_a_full_disk_is_waited_for(store: SqliteStore) -> None:
    """Nothing is written, nothing is lost, reading goes on, and it works again once there is room."""
    store.commit(everything())
    before = contents(store)
    with full_disk(), pytest.raises(StoreUnavailable):
        store.commit(Writes([event("note-large", 1, b"x" * 1_000_000)]))
    assert contents(store) == before
    assert store.commit(Writes([event("note-large", 1, b"x" * 1_000_000)])) == before["head"] + 1


def test_a_file_that_is_no_database_is_not_available(tmp_path: Path) -> None:
    """Staff can put the right file back; until then whoever asks waits."""
    with closing(SqliteStore(tmp_path / "desk.db")) as store:
        (tmp_path / "desk.db-wal").write_bytes(b"")
        (tmp_path / "desk.db").write_bytes(b"no database " * 1_000)
        with pytest.raises(StoreUnavailable):
            store.read_stream("note-a")


def test_rolled_back_positions_leave_no_gap(store: SqliteStore) -> None:
    """A reader may count on n + 1 after n; and a position once given is never given again."""
    store.commit(Writes([event("note-a", 1)]))
    with pytest.raises(Exception, match="is not at version"):
        store.commit(Writes([event("note-b", 1)], {"note-a": 7}))
    assert store.commit(Writes([event("note-b", 1)])) == 2


def test_readers_that_rest_do_not_hold_the_log_back(store: SqliteStore) -> None:
    """A cursor left open would keep the write-ahead log from being emptied, and it would grow without end."""
    store.commit(everything())

    def read_everything() -> None:
        contents(store)
        store.next_timer_us()
        store.say("s", 0, 1)
        store.held("s", "a", 1)

    readers = [threading.Thread(target=read_everything) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    read_everything()
    with closing(sqlite3.connect(store.path)) as other:
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)


def test_threads_that_end_leave_no_connection_behind(store: SqliteStore) -> None:
    """A server starts threads for as long as it lives."""

    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    def read() -> None:
        store.tail(0, 1)

    for _ in range(3):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    before = open_files()
    for _ in range(30):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert open_files() <= before + 4


def first_form(path: Path, events: list[NewEvent]) -> None:
    """Make a store as the first version did, with some events in it."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCRIPTS[1])
        columns = ", ".join(NewEvent._fields)
        db.executemany(f"INSERT INTO events({columns}) VALUES({', '.join('?' * len(NewEvent._fields))})", events)
        db.commit()


def test_a_store_of_the_first_version_is_brought_up(tmp_path: Path) -> None:
    """Its events stay as they are, get their hashes, and the store says how far these were made later."""
    events = [event("note-a", 1), event("note-b", 1), event("note-a", 2)]
    first_form(tmp_path / "desk.db", events)
    for _ in range(2):
        with closing(SqliteStore(tmp_path / "desk.db")) as store:
            hashes = [recorded.hash for recorded in store.tail(0, 9)]
            tied = event_hash(NOTHING_BEFORE, 1, events[0])
            assert hashes == [tied, event_hash(NOTHING_BEFORE, 1, events[1]), event_hash(tied, 1, events[2])]
            assert store.note(HASHED_LATER) == "3"
            assert store._writer.execute("PRAGMA user_version").fetchone() == (NEWEST,)
            assert [one.number for one in store.generations] == [1]


def test_answers_of_the_first_version_are_kept(tmp_path: Path) -> None:
    """A command that comes again after the upgrade is still answered as it was the first time."""
    answer = AnswerRow("c1", "f", 200, b'{"version":1}', 1, 7)
    first_form(tmp_path / "desk.db", [])
    with closing(sqlite3.connect(tmp_path / "desk.db")) as db:
        db.execute("INSERT INTO answers VALUES(?, ?, ?, ?, ?, ?)", answer)
        db.commit()
    with closing(SqliteStore(tmp_path / "desk.db")) as store:
        assert store.answer("c1") == answer
        assert store.prune_answers(before_us=8, limit=10) == 1


def test_a_store_made_by_this_version_was_never_hashed_later(store: SqliteStore) -> None:
    """There is nothing to be said against it."""
    store.commit(everything())
    assert store.note(HASHED_LATER) is None


def test_bringing_up_is_done_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A power cut, or a full disk, leaves the store that was there; the next opening begins again."""

    def fails(db: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("the disk is full")

    first_form(tmp_path / "desk.db", [event("note-a", 1)])
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "STEPS", {2: fails})
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            SqliteStore(tmp_path / "desk.db")
    with closing(sqlite3.connect(tmp_path / "desk.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,), "the form that it was found in"
        assert "hash" not in [column for (column,) in db.execute("SELECT name FROM pragma_table_info('events')")]
    with closing(SqliteStore(tmp_path / "desk.db")) as store:
        assert store.head() == 1


def test_a_store_of_a_later_version_is_refused_untouched(tmp_path: Path) -> None:
    """What this version does not know of it, it would spoil."""
    SqliteStore(tmp_path / "desk.db").close()
    with closing(sqlite3.connect(tmp_path / "desk.db")) as db:
        db.execute(f"PRAGMA user_version={NEWEST + 1}")
    before = (tmp_path / "desk.db").read_bytes()
    with pytest.raises(StoreTooNew, match=f"its form is number {NEWEST + 1}"):
        SqliteStore(tmp_path / "desk.db")
    assert (tmp_path / "desk.db").read_bytes() == before
    with pytest.raises(StoreTooNew):  # and the lock was let go of
        SqliteStore(tmp_path / "desk.db")
