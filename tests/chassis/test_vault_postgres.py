"""The vault over PostgreSQL: the contract of all vaults, and what several processes over one database promise.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.
"""

import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from chassis.stores.migrations import StoreTooNew
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import Conflict, StoreUnavailable
from chassis.vault import CannotOpen, Erased
from chassis.vault_drafts import PersonLost
from chassis.vault_keys import Master, from_base64
from chassis.vault_port import Custody
from chassis.vault_postgres import PostgresVault
from chassis.vault_postgres_rotation import exchange_master
from tests.chassis import vault_places
from tests.chassis.vault_contract import (
    AT,
    NAME,
    NEIGHBOUR,
    PARTICULARS,
    PERSONAL_ID,
    PHONE,
    Open,
    VaultContract,
    known,
    proof,
    read,
    relying_on,
)
from tests.chassis.vault_places import in_database
from tests.postgres_server import PostgresServer

KEY = vault_places.new_key()


@pytest.fixture
def access(postgres_server: PostgresServer) -> Iterator[PostgresAccess]:
    """A database for one test's vault."""
    made = vault_places.fresh(postgres_server)
    yield made
    postgres_server.drop(made)


@pytest.fixture
def vault(access: PostgresAccess) -> Iterator[PostgresVault]:
    with closing(vault_places.opened(access, KEY)) as vault:
        yield vault


@pytest.fixture
def other(access: PostgresAccess, vault: PostgresVault) -> Iterator[PostgresVault]:
    """The same vault in another process."""
    with closing(vault_places.opened(access, KEY)) as other:
        yield other


@pytest.fixture(scope="module")
def shared(postgres_server: PostgresServer) -> Iterator[PostgresAccess]:
    """A database for all tests of the contract."""
    made = vault_places.fresh(postgres_server)
    yield made
    postgres_server.drop(made)


class TestPostgresVault(VaultContract):
    """Every promise of the port, kept by PostgreSQL."""

    @pytest.fixture
    def open_vault(self, shared: PostgresAccess) -> Iterator[Open]:
        opened: list[PostgresVault] = []
        vault_places.empty(shared)

        def open_again() -> Custody:
            opened.append(vault_places.opened(shared, KEY))
            return opened[-1]

        yield open_again
        for vault in opened:
            vault.close()


# --- drafts ---


def test_a_draft_outlives_the_process_that_made_it(vault: PostgresVault, access: PostgresAccess) -> None:
    """The vault may be killed between meeting somebody and the batch that names them: nothing sealed is lost."""
    person = vault.person("personal_id", PERSONAL_ID)
    vault.also_known(person, "phone", PHONE)
    sealed = vault.seal(person, PARTICULARS)
    in_database(access, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname=current_database() AND pid<>pg_backend_pid()")  # fmt: skip
    vault.settle(relying_on(person))
    assert vault.find("phone", PHONE) == (person,)
    with closing(vault_places.opened(access, KEY)) as again:
        assert read(again, sealed) == PARTICULARS
        assert again.person("personal_id", PERSONAL_ID) == person


def test_two_processes_that_meet_somebody_new_agree_on_who_it_is(vault: PostgresVault, other: PostgresVault) -> None:
    """And either makes the draft durable for both."""
    met: dict[int, list[str]] = {0: [], 1: []}

    def meet(number: int, one: PostgresVault) -> None:
        met[number] = [one.person("personal_id", f"{n:012d}") for n in range(100)]

    threads = [threading.Thread(target=meet, args=told) for told in enumerate((vault, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met[0] == met[1]
    assert len(set(met[0])) == 100
    other.settle(relying_on(*met[0][:50]))
    vault.settle(relying_on(*met[0][:60]))
    assert vault.kept_in_spite() == other.kept_in_spite() == (60, ())


def test_a_batch_that_names_a_lost_draft_is_not_written(vault: PostgresVault, access: PostgresAccess) -> None:
    """However often it is tried; whoever comes again is met anew, and neighbours are not held up."""
    lost, kept = vault.person("personal_id", PERSONAL_ID), vault.person("personal_id", NEIGHBOUR)
    in_database(access, f"DELETE FROM people WHERE person='{lost}'")
    in_database(access, f"DELETE FROM lookup WHERE person='{lost}'")
    for _ in range(2):
        with pytest.raises(PersonLost) as said:
            vault.settle(relying_on(lost, kept))
        assert isinstance(said.value, Conflict), "the lane takes its batch apart"
    vault.settle(relying_on(kept))
    assert vault.is_known(kept)
    again = vault.person("personal_id", PERSONAL_ID)
    assert again != lost
    vault.settle(relying_on(again))
    assert vault.find("personal_id", PERSONAL_ID) == (again,)


def grown_old(access: PostgresAccess, hours: int) -> None:
    in_database(access, f"UPDATE people SET drafted_at = drafted_at - interval '{hours} hours'")


def test_drafts_are_swept_when_they_are_a_day_old(vault: PostgresVault, access: PostgresAccess) -> None:
    """Some at a time; what was met again meanwhile is young, what is durable is never touched."""
    kept, _ = known(vault, NEIGHBOUR)
    drafts = [vault.person("personal_id", f"{n:012d}") for n in range(3)]
    grown_old(access, 23)
    assert vault.sweep() == 0
    assert vault.person("personal_id", f"{0:012d}") == drafts[0]
    grown_old(access, 2)
    assert vault.drafts() == 3
    assert vault.sweep() == 2
    assert vault.drafts() == 1
    assert vault.is_known(kept)
    assert vault.person("personal_id", f"{0:012d}") == drafts[0]
    assert vault.person("personal_id", f"{1:012d}") != drafts[1]
    vault.settle(relying_on(drafts[0]))
    with pytest.raises(PersonLost):
        vault.settle(relying_on(drafts[2]))


def test_a_sweep_is_bounded(vault: PostgresVault, access: PostgresAccess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.vault_postgres.DRAFTS_SWEPT_MAX", 2)
    for n in range(5):
        vault.person("personal_id", f"{n:012d}")
    grown_old(access, 25)
    assert [vault.sweep() for _ in range(4)] == [2, 2, 1, 0]
    assert in_database(access, "SELECT count(*) FROM lookup") == [(0,)]


def test_too_many_drafts_become_durable(vault: PostgresVault, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of them here is bounded: rather a key too many than one that nobody asks for."""
    monkeypatch.setattr("chassis.vault_drafts.HANDED_MAX", 5)
    people = [vault.person("personal_id", f"{n:012d}") for n in range(23)]
    assert vault.drafts() == 3
    vault.settle(relying_on(*people))
    assert vault.drafts() == 0


# --- several processes ---


def test_whoever_is_forgotten_through_one_is_unreadable_through_all(vault: PostgresVault, other: PostgresVault) -> None:
    """At once, though the other has read them before; a phone that comes too late finds nobody."""
    person, sealed = known(vault)
    assert read(other, sealed) == PARTICULARS
    other.also_known(person, "phone", "0912000111")
    vault.forget(proof(person))
    for action in (lambda: read(other, sealed), lambda: other.seal(person, {}), lambda: other.prove(sealed)):
        with pytest.raises(Erased):
            action()
    with pytest.raises(PersonLost):
        other.settle(relying_on(person))
    assert other.find("phone", "0912000111") == ()
    assert len(other.openings(person)) == 1, "what could not be read was read by nobody"


def test_whoever_is_held_back_by_one_is_held_back_by_all(
    vault: PostgresVault, other: PostgresVault, access: PostgresAccess
) -> None:
    """And for two minutes at most: whoever holds them back may die."""
    person, _ = known(vault)
    vault.hold_back(person)
    with pytest.raises(StoreUnavailable):
        other.seal(person, {})
    in_database(access, "UPDATE leaving SET until = until - interval '121 seconds'")
    assert other.person("personal_id", PERSONAL_ID) == person
    other.seal(person, {})


def test_an_opening_that_is_asked_for_again_is_one_line(vault: PostgresVault) -> None:
    """Its answer was lost on the way; another reading is another line."""
    person, sealed = known(vault)
    for call in ("a", "a", "b"):
        vault.open(sealed, "officer:7", "visit", ("name",), AT, call=call)
        vault.searched((person,), "officer:7", "phone", AT, call=f"search {call}")
    assert [line["purpose"] for line in vault.openings(person)] == ["visit", "search", "visit", "search"]


# --- keys ---


def test_the_wrong_master_key_is_found_out_at_the_start(vault: PostgresVault, access: PostgresAccess) -> None:
    with pytest.raises(CannotOpen, match="master key"):
        vault_places.opened(access, vault_places.new_key())
    with closing(vault_places.opened(access, vault_places.new_key(), KEY)) as found:
        assert found.kept_in_spite() == (0, ())


def test_another_master_key_opens_and_finds_everything(access: PostgresAccess) -> None:
    """The old one opens nothing; neither keys nor entries of the index are as they were."""
    new = vault_places.new_key()
    with closing(vault_places.opened(access, KEY)) as vault:
        sealed = [known(vault, f"{n:012d}") for n in range(1_200)]
    everything = (
        "SELECT wrapped_key FROM people UNION ALL SELECT digest FROM lookup UNION ALL SELECT digest FROM also_known"
    )
    before = set(in_database(access, everything))
    keys = Master(from_base64(KEY)), Master(from_base64(new))
    assert exchange_master(access, *keys) == 1_200
    assert not before & set(in_database(access, everything))
    with pytest.raises(CannotOpen):
        exchange_master(access, *keys)
    with pytest.raises(CannotOpen):
        vault_places.opened(access, KEY)
    with closing(vault_places.opened(access, KEY, new)) as vault:
        assert vault.find("phone", PHONE) == tuple(sorted(person for person, _ in sealed))
        for number, (person, value) in enumerate(sealed[:50]):
            assert vault.find("personal_id", f"{number:012d}") == (person,)
            assert read(vault, value) == PARTICULARS


def test_a_vault_that_is_used_is_not_rotated(vault: PostgresVault, access: PostgresAccess) -> None:
    """By any process; nothing was changed."""
    person, sealed = known(vault)
    with pytest.raises(StoreUnavailable, match="stop every one"):
        exchange_master(access, Master(from_base64(KEY)), Master(from_base64(vault_places.new_key())))
    assert read(vault, sealed) == PARTICULARS
    assert vault.person("personal_id", PERSONAL_ID) == person


def test_a_process_that_comes_back_after_a_rotation_is_refused(vault: PostgresVault, access: PostgresAccess) -> None:
    """It has the old key: it would seal what nobody can open."""
    known(vault)
    cut_off = ("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
               "WHERE datname=current_database() AND pid<>pg_backend_pid()")  # fmt: skip
    for _ in range(20):
        in_database(access, cut_off)
        try:
            exchange_master(access, Master(from_base64(KEY)), Master(from_base64(vault_places.new_key())))
            break
        except StoreUnavailable:
            continue
    with pytest.raises(StoreUnavailable):
        vault.person("personal_id", NEIGHBOUR)


def test_nothing_in_the_database_says_who_anybody_is(vault: PostgresVault, access: PostgresAccess) -> None:
    """Whoever steals it without the master key has nothing; nor do the planner's statistics keep keys."""
    person, sealed = known(vault)
    read(vault, sealed, "name")
    in_database(access, "ANALYZE")
    rows = str([in_database(access, f"SELECT * FROM {table}") for table in (*vault_places.FULL, "index_keys")])
    assert person in rows
    for secret in (PERSONAL_ID, NAME, PHONE, "Phan Đình Phùng", KEY):
        assert secret not in rows
    for n in range(300):
        vault.keep(vault.person("personal_id", f"{n:012d}"))
    in_database(access, "ANALYZE")
    sampled = in_database(access, "SELECT tablename, attname FROM pg_stats WHERE attname IN ('wrapped_key', 'digest')")
    assert sampled == []


# --- faults ---


def test_a_database_that_is_gone_is_said_plainly_and_comes_back(vault: PostgresVault, access: PostgresAccess) -> None:
    person, sealed = known(vault)
    admin = psycopg.conninfo.make_conninfo(access.conninfo, dbname="postgres", password=access.password)
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute(f'ALTER DATABASE "{access.name}" ALLOW_CONNECTIONS false')
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname=%s", (access.name,))
        with pytest.raises(StoreUnavailable):
            read(vault, sealed)
        db.execute(f'ALTER DATABASE "{access.name}" ALLOW_CONNECTIONS true')
    assert read(vault, sealed) == PARTICULARS
    assert vault.person("personal_id", PERSONAL_ID) == person


def test_a_vault_of_a_later_version_is_left_alone(vault: PostgresVault, access: PostgresAccess) -> None:
    in_database(access, "UPDATE alembic_version SET version_num='999'")
    with pytest.raises(StoreTooNew, match="later version"):
        vault_places.opened(access, KEY)


def test_a_database_that_is_killed_loses_no_key_that_is_relied_on(own_postgres: PostgresServer) -> None:
    """A draft may be gone with it; then the batch that names the person is refused, and never written."""
    access = vault_places.fresh(own_postgres)
    with closing(vault_places.opened(access, KEY)) as vault:
        durable, sealed = known(vault, NEIGHBOUR)
        people = [vault.person("personal_id", f"{n:012d}") for n in range(30)]
        values = [vault.seal(person, {"n": n}) for n, person in enumerate(people)]
        own_postgres.script("kill")
        with pytest.raises(StoreUnavailable):
            vault.settle(relying_on(people[0]))
        own_postgres.script("start")
        assert read(vault, sealed) == PARTICULARS
        assert vault.is_known(durable)
        for n, (person, value) in enumerate(zip(people, values, strict=True)):
            try:
                vault.settle(relying_on(person))
            except PersonLost:
                assert not vault.is_known(person)
                assert vault.person("personal_id", f"{n:012d}") != person
            else:
                assert vault.find("personal_id", f"{n:012d}") == (person,)
                assert read(vault, value) == {"n": n}
