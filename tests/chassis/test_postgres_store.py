"""The store of the distributed form: the contract of all stores, and what is PostgreSQL's own."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from chassis.stores import postgres_duties
from chassis.stores.chain import NOTHING_BEFORE, event_hash
from chassis.stores.migrations import StoreTooNew
from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import READS, PostgresAccess
from chassis.stores.postgres_migrations import STEPS, numbers_in
from chassis.stores.store import AnswerRow, Conflict, Statement, Store, StoreUnavailable, Unwritable, Writes
from tests.chassis.chain_contract import ChainContract
from tests.chassis.store_contract import StoreContract
from tests.chassis.store_words import INSERT, SOURCE, TABLE, Open, contents, event, everything
from tests.postgres_server import PostgresServer


class TestPostgresStore(StoreContract, ChainContract):
    """Every promise of the port, kept by PostgreSQL."""

    @pytest.fixture
    def open_store(self, postgres_database: PostgresAccess) -> Iterator[Open]:
        opened: list[PostgresStore] = []

        def open_again() -> Store:
            opened.append(PostgresStore(postgres_database))
            return opened[-1]

        yield open_again
        for store in opened:
            store.close()


@pytest.fixture
def store(postgres_database: PostgresAccess) -> Iterator[PostgresStore]:
    with closing(PostgresStore(postgres_database)) as opened:
        opened.define([TABLE])
        opened.fill(())
        yield opened


@pytest.fixture
def other(postgres_database: PostgresAccess, store: PostgresStore) -> Iterator[PostgresStore]:
    """Another instance of the same service."""
    with closing(PostgresStore(postgres_database)) as opened:
        assert not opened.define([TABLE])
        yield opened


# --- Several instances on one database --------------------------------------------------------------------------------


def test_what_is_remembered_of_streams_decides_nothing(store: PostgresStore, other: PostgresStore) -> None:
    """Another instance has moved on: whoever relies on what it remembers loses, and looks again."""
    store.commit(Writes([event("note-a", 1)], {"note-a": 0}))
    other.commit(Writes([event("note-a", 2)], {"note-a": 1}))
    with pytest.raises(Conflict):
        store.commit(Writes([event("note-a", 2)], {"note-a": 1}))
    store.commit(Writes([event("note-a", 3)], {"note-a": 2}))
    other.commit(Writes([event("note-a", 4)], {"note-a": 3}))
    hashes = [recorded.hash for recorded in store.read_stream("note-a")]
    tied = NOTHING_BEFORE
    for version, found in enumerate(hashes, start=1):
        tied = event_hash(tied, 1, event("note-a", version))
        assert found == tied, "the chain goes on whoever appends"


@pytest.mark.parametrize(
    "moves",
    [
        Writes([event("note-a", 1)], {"note-a": 0}),
        Writes(positions={SOURCE: (0, 1)}),
        Writes(marks={(SOURCE, "a"): (0, 1)}),
    ],
    ids=["stream", "position", "mark"],
)
def test_a_row_that_another_instance_was_first_with_is_a_lost_race(
    store: PostgresStore, other: PostgresStore, moves: Writes
) -> None:
    """Both make the same row of a read model of the same news: it is no defect, and nothing is parked for it."""
    row = Statement(INSERT, {"ref": "a", "papers": 1})
    first = Writes(list(moves.events), dict(moves.expected), dict(moves.marks), dict(moves.positions))
    first.statements.append(row)
    store.commit(first)
    with pytest.raises(Conflict):
        other.commit(first)
    with pytest.raises(Unwritable):  # the row is there, and nothing else says that another was first
        other.commit(Writes([event("note-z", 1)], {"note-z": 0}, statements=[row]))


def test_what_others_wrote_is_news_until_it_was_asked_for(store: PostgresStore, other: PostgresStore) -> None:
    """A lane forgets by it what it remembers of those streams."""
    assert other.news() == {}
    store.commit(Writes([event("note-a", 1), event("note-a", 2), event("note-b", 1)]))
    assert other.news() == {"note-a": 2, "note-b": 1}
    assert other.news() == {}


def _takes_over(other: PostgresStore) -> None:
    """The server learns of the end of a connection a moment after whoever ended it."""
    deadline = time.monotonic() + 20
    while not other.duty("relay"):
        assert time.monotonic() < deadline, "nobody took it over"
        time.sleep(0.05)


def test_one_instance_has_a_duty_and_another_takes_it_over(store: PostgresStore, other: PostgresStore) -> None:
    """It goes with the connection of whoever had it; two duties may be with two instances."""
    assert store.duty("relay")
    assert not other.duty("relay")
    assert other.duty("time")
    assert store.duty("relay")
    store.close()
    _takes_over(other)
    with pytest.raises(StoreUnavailable):
        store.duty("relay")


def test_a_duty_is_left_to_another_and_the_rest_is_kept(store: PostgresStore, other: PostgresStore) -> None:
    """A relay that cannot reach the brokers does not keep others from it."""
    assert store.duty("relay")
    assert store.duty("time")
    store.leave("relay")
    store.leave("never had")
    assert other.duty("relay")
    assert not other.duty("time")
    assert not store.duty("relay")


def test_a_duty_is_lost_with_its_connection(store: PostgresStore, other: PostgresStore) -> None:
    """Nobody believes for long that a duty is still theirs: each time it is asked for, the session has to answer."""
    assert store.duty("relay")
    ask = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='lienthong duties' AND "
    store._writer.line().execute(f"{ask} datname=current_database()")
    _takes_over(other)
    assert not store.duty("relay"), "it is asked of the server, and not of what was remembered"
    assert other.duty("relay")


def test_whoever_hangs_loses_its_duties(
    store: PostgresStore, other: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is stopped keeps its connection; it does not keep what it does not ask for."""
    monkeypatch.setattr(postgres_duties, "LOST_WHEN_NOT_ASKED", f"{READS} -c idle_session_timeout=500ms")
    assert store.duty("relay")
    _takes_over(other)
    assert not store.duty("relay")


def test_whoever_listens_is_told_of_what_any_instance_appends(store: PostgresStore, other: PostgresStore) -> None:
    """Within a moment, long before the second that it would take anyhow."""
    told = {name: threading.Event() for name in ("store", "other")}
    store.listen(told["store"].set)
    other.listen(told["other"].set)
    for one in told.values():
        assert one.wait(5), "told once at the beginning"
    soon = 0
    for version in range(1, 11):
        for one in told.values():
            one.clear()
        store.commit(Writes([event("note-a", version)]))
        soon += all(one.wait(0.3) for one in told.values())
    assert soon >= 8, "what comes once a second would have come three times in ten"


def test_a_listener_is_told_each_second_though_nothing_is_heard(store: PostgresStore) -> None:
    """A ring may be lost with its line."""
    told: list[float] = []
    store.listen(lambda: told.append(time.monotonic()))
    store._bell._access = PostgresAccess("host=127.0.0.1 port=1 dbname=nowhere")
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name='lienthong bell' AND "
    store._writer.line().execute(f"{kill} datname=current_database()")
    deadline = time.monotonic() + 20
    while len(told) < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(told) >= 4
    assert all(later - earlier < 5 for earlier, later in itertools.pairwise(told))


def test_the_relay_moves_its_checkpoint_only_from_where_it_was_read(store: PostgresStore, other: PostgresStore) -> None:
    """Two relays: the second one loses; each topic by its id has a checkpoint of its own."""
    assert store.relayed("topic-1") == 0
    store.move_relayed("topic-1", 0, 7)
    store.move_relayed("topic-2", 0, 3)
    assert (other.relayed("topic-1"), other.relayed("topic-2")) == (7, 3)
    for before in (0, 6, 8):
        with pytest.raises(Conflict):
            other.move_relayed("topic-1", before, 9)
    other.move_relayed("topic-1", 7, 9)
    assert store.relayed("topic-1") == 9


def test_instances_that_start_at_once_fill_the_read_models_once(postgres_database: PostgresAccess) -> None:
    """Each finds them missing; one makes and fills them, and the others find it done."""
    rows = [Statement(INSERT, {"ref": str(number), "papers": 1}) for number in range(1_200)]
    failures: list[Exception] = []

    def starts() -> None:
        try:
            with closing(PostgresStore(postgres_database)) as started:
                if started.define([TABLE]):
                    started.fill(iter(rows))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=starts) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    with closing(PostgresStore(postgres_database)) as store:
        assert not store.define([TABLE])
        assert store.query("SELECT count(*) AS rows FROM shelf") == [{"rows": 1_200}]


# --- What a database does to its users --------------------------------------------------------------------------------


def test_a_text_that_no_database_can_hold_is_never_written(store: PostgresStore) -> None:
    """PostgreSQL takes no NUL, and nothing takes half a character: a defect of whoever wrote it, never tried again."""
    store.commit(everything())
    before = contents(store)
    for text in ("a\0b", "\ud800"):
        for writes in (
            Writes([event(f"note-{text}", 1)]),
            Writes(answers=[AnswerRow(text, "f", 200, b"", 1, 1)]),
            Writes(statements=[Statement(INSERT, {"ref": text, "papers": 1})]),
        ):
            with pytest.raises(Unwritable):
                store.commit(writes)
    assert contents(store) == before
    store.commit(Writes([event("note-c", 1, b"\0")]))


@pytest.mark.parametrize("asked", ["many", "9" * 30, "a\0b"])
def test_what_can_stand_in_no_row_is_not_found(store: PostgresStore, asked: str) -> None:
    """A stranger may look for anything, and gets an empty list."""
    store.commit(everything())
    assert store.query("SELECT * FROM shelf WHERE papers=:papers", {"papers": asked}) == []
    assert len(store.query("SELECT * FROM shelf WHERE papers=:papers", {"papers": "2"})) == 1


def test_a_database_of_a_later_version_is_refused_untouched(postgres_database: PostgresAccess) -> None:
    """What this version does not know of it, it would spoil."""
    PostgresStore(postgres_database).close()
    with postgres_database.connect("") as db:
        db.execute("UPDATE alembic_version SET version_num='999'")
    with pytest.raises(StoreTooNew, match="its form is number 999"):
        PostgresStore(postgres_database)


def test_instances_that_start_on_an_empty_server_bring_it_up_once(postgres_server: PostgresServer) -> None:
    """All of them may begin at the same moment."""
    access = postgres_server.fresh()
    failures: list[Exception] = []

    def starts() -> None:
        try:
            PostgresStore(access).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=starts) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    postgres_server.drop(access)
    assert failures == []


def test_every_step_has_its_statements_and_its_place_in_the_row() -> None:
    """Alembic finds what is to be run by the few lines beside each SQL file."""
    numbers = numbers_in(STEPS)
    for before, number in zip([None, *numbers], numbers, strict=False):
        lines = (STEPS / "versions" / f"{number}.py").read_text(encoding="utf-8")
        assert f'revision = "{number}"' in lines
        assert f"down_revision = {before!r}".replace("'", '"') in lines


def test_reading_models_drawn_anew_by_another_instance_are_read_as_they_are_now(
    store: PostgresStore, other: PostgresStore
) -> None:
    """A statement that was prepared for the old table is not a failure of the database."""
    store.commit(everything())
    for _ in range(3):
        assert len(store.query("SELECT * FROM shelf")) == 1
    assert other.define([TABLE.replace("papers INTEGER", "colour TEXT, papers INTEGER")])
    other.fill([Statement(INSERT, {"ref": "b", "papers": 3})])
    assert store.query("SELECT * FROM shelf") == [{"ref": "b", "colour": None, "papers": 3}]


def test_a_server_that_is_killed_loses_nothing_and_is_found_again(own_postgres: PostgresServer) -> None:
    """Whoever writes or reads meanwhile is told to wait; what was answered is there afterwards, and nothing else."""
    access = own_postgres.fresh()
    with closing(PostgresStore(access)) as store:
        store.define([TABLE])
        store.fill(())
        store.commit(everything())
        before = contents(store)
        own_postgres.script("kill")
        for ask in (lambda: store.commit(everything("note-x", mark="x")), store.head, lambda: store.duty("relay")):
            with pytest.raises(StoreUnavailable):
                ask()
        own_postgres.script("start")
        assert contents(store) == before
        assert store.commit(everything("note-x", mark="x")) > before["head"]
        assert store.duty("relay")
        assert store.mark(SOURCE, "x") == 1


def test_a_commit_whose_answer_is_lost_is_harmless_to_try_again(store: PostgresStore) -> None:
    """The line breaks while it commits: nobody knows whether it was written, so the second try loses the race."""
    writes = everything()
    store.stage(everything())
    whole = store._writer.transaction

    def breaks(said: object) -> int:
        whole(said)  # type: ignore[arg-type]
        store._writer.line().close()
        raise psycopg.OperationalError("the line broke")

    store._writer.transaction = breaks  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        store.flush()
    store._writer.transaction = whole  # type: ignore[method-assign]
    with pytest.raises(Conflict):
        store.commit(writes)
    assert [recorded.version for recorded in store.read_stream("note-a")] == [1]


def test_no_secret_shows(postgres_database: PostgresAccess) -> None:
    """Neither where an access is printed, nor where one is refused."""
    wrong = PostgresAccess(postgres_database.conninfo, "a-wrong-secret")
    assert "a-wrong-secret" not in repr(wrong)
    with pytest.raises(StoreUnavailable, match="LIENTHONG_DATABASE_PASSWORD") as refused:
        PostgresStore(wrong)
    assert "a-wrong-secret" not in str(refused.value)
