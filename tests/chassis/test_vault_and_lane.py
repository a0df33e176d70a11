"""A lane and the distributed vault: no batch is written whose keys are not durable, and nothing is lost by waiting.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 arts. 13–14.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chassis.run import Engine
from chassis.stores.postgres_access import PostgresAccess
from chassis.stores.store import StoreUnavailable
from chassis.vault_drafts import PersonLost
from chassis.vault_remote import RemoteVault
from tests.chassis import vault_places
from tests.chassis.inner_process import InnerProcess
from tests.chassis.running import Stage, opened
from tests.chassis.savings_desk import SAVINGS
from tests.chassis.vault_contract import NEIGHBOUR, PARTICULARS, PERSONAL_ID, read
from tests.chassis.vault_places import in_database
from tests.postgres_server import PostgresServer
from tests.stores import embedded

KEY = vault_places.new_key()


@pytest.fixture
def access(postgres_server: PostgresServer) -> Iterator[PostgresAccess]:
    made = vault_places.fresh(postgres_server)
    yield made
    postgres_server.drop(made)


@pytest.fixture
def process(access: PostgresAccess, tmp_path: Path) -> Iterator[InnerProcess]:
    process = vault_places.process(access, KEY, tmp_path / "vault")
    process.start()
    yield process
    process.close()


@pytest.fixture
def vault(process: InnerProcess) -> Iterator[RemoteVault]:
    with closing(RemoteVault(process.url, process.tokens["all"])) as vault:
        yield vault


class Desk(Stage):
    """The savings desk, whose accounts are named by the people they are of."""

    def __init__(self, data: Path, vault: RemoteVault) -> None:
        super().__init__(data / "clock", SAVINGS)
        self.engine.stop()
        self.engine: Engine = embedded((SAVINGS,), data, self.clock, durable_first=vault.settle)


@pytest.fixture
def desk(tmp_path: Path, vault: RemoteVault) -> Iterator[Desk]:
    (tmp_path / "clock").mkdir()
    desk = Desk(tmp_path, vault)
    yield desk
    desk.engine.stop()


def test_a_person_is_durable_when_the_answer_is_given(desk: Desk, vault: RemoteVault) -> None:
    person = vault.person("personal_id", PERSONAL_ID)
    assert not vault.is_known(person)
    desk.give(opened(person))
    assert vault.is_known(person)


def test_while_the_vault_is_away_a_command_waits_and_nothing_is_written(
    desk: Desk, vault: RemoteVault, process: InnerProcess
) -> None:
    """When it is back the same command is carried out, with the key that was given before."""
    person = vault.person("personal_id", PERSONAL_ID)
    sealed = vault.seal(person, PARTICULARS)
    process.kill()
    job = desk.job(opened(person))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            desk.lane.turn()
    assert not job.future.done()
    assert desk.log() == []
    process.start()
    desk.lane.turn()
    assert job.future.result(timeout=0).body == b"AccountOpened"
    assert vault.is_known(person)
    assert read(vault, sealed) == PARTICULARS


def test_a_lost_draft_spoils_its_own_command_only(desk: Desk, vault: RemoteVault, access: PostgresAccess) -> None:
    """Whoever gave it is told to come again, and is then met anew; the neighbour in the same batch is served."""
    lost, kept = vault.person("personal_id", PERSONAL_ID), vault.person("personal_id", NEIGHBOUR)
    for table in ("people", "lookup"):
        in_database(access, f"DELETE FROM {table} WHERE person='{lost}'")
    jobs = [desk.job(opened(person)) for person in (lost, kept)]
    desk.engine.run_until_idle()
    with pytest.raises(PersonLost):
        jobs[0].future.result(timeout=0)
    assert jobs[1].future.result(timeout=0).body == b"AccountOpened"
    assert desk.types(f"account-{lost}") == []
    assert vault.is_known(kept)
    again = vault.person("personal_id", PERSONAL_ID)
    desk.give(opened(again))
    assert vault.is_known(again)
