"""Seals in a service's own database: the contract of all places for seals, and two who keep them at once."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from chassis.seals import Row, Seals
from chassis.seals_postgres import PostgresSeals
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import Conflict, StoreUnavailable
from tests.chassis.seals_contract import Open, SealsContract, head, leaf


class TestPostgresSeals(SealsContract):
    """Every promise of the port, kept by PostgreSQL."""

    @pytest.fixture
    def open_seals(self, postgres_database: PostgresAccess) -> Iterator[Open]:
        opened: list[PostgresSeals] = []

        def open_again() -> Seals:
            opened.append(PostgresSeals(postgres_database))
            return opened[-1]

        yield open_again
        for seals in opened:
            seals.close()


def test_whoever_goes_on_from_what_is_no_longer_the_last_loses(postgres_database: PostgresAccess) -> None:
    """It writes nothing, not even a head; from what is kept it can go on. Looking on another thread changes nothing."""
    with closing(PostgresSeals(postgres_database)) as first, closing(PostgresSeals(postgres_database)) as second:
        stale = first.standing().turn
        second.keep(second.standing().turn, [], Row(0, leaf(1) + leaf(2), None), [head(2)])
        first.standing()
        with pytest.raises(Conflict):
            first.keep(stale, [], Row(0, leaf(1), None), [head(1)])
        assert list(first.each_leaf()) == [leaf(1), leaf(2)]
        assert first.heads() == [head(2)]
        first.keep(first.standing().turn, [], None, [head(2)])
        assert len(second.heads()) == 2


def test_a_database_that_is_away_is_said_to_be(postgres_database: PostgresAccess) -> None:
    """Sealing waits for it, as for any store."""
    away = PostgresAccess(postgres_database.conninfo.replace("host=127.0.0.1", "host=127.0.0.2"), "x")
    with closing(PostgresSeals(away)) as seals:
        with pytest.raises(StoreUnavailable, match="is PostgreSQL running"):
            seals.standing()
        with pytest.raises(StoreUnavailable, match="is PostgreSQL running"):
            seals.keep(0, [], None, [])
