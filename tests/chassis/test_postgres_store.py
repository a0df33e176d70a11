"""The store of the distributed form: the contract of all stores, and what is PostgreSQL's own."""

from collections.abc import Iterator

import pytest

from chassis.stores.postgres import PostgresStore
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import Store
from tests.chassis.chain_contract import ChainContract
from tests.chassis.store_contract import Open, StoreContract


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
