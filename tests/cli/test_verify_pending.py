"""What is not done yet is no damage: `verify` says what it waits for and behind which position, and ends well."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chassis.heard import LayAside, Retry
from chassis.run import Engine
from chassis.vault import SqliteVault, Vault
from chassis.verification import Checked, verify
from services.postal.domain.item_numbers import ItemRange
from tests.chassis.running import Stage, opened, paid, staged
from tests.chassis.savings import CloseAccount, OpenTill, ShutTill
from tests.chassis.savings_desk import SAVINGS
from tests.postal import people as p
from tests.postal import teller

Found = dict[tuple[str, str], Checked]


@contextmanager
def savings(folder: Path) -> Iterator[tuple[Stage, Vault]]:
    vault = SqliteVault(folder / "vault.db", folder / "keys" / "vault.key")
    try:
        with staged(folder, SAVINGS) as desk:
            yield desk, vault
    finally:
        vault.close()


def found_in(engine: Engine, vault: Vault) -> Found:
    return {(one.service, one.name): one for one in verify(engine, vault)}


def broken(found: Found) -> list[str]:
    return [line for one in found.values() for line in one.broken]


def pending(found: Found) -> list[str]:
    return [line for one in found.values() for line in one.pending]


def with_a_debt(desk: Stage) -> None:
    """Close an account with something left in it while the till is shut, so that it cannot be paid out."""
    desk.give(opened("a"), paid("a", 500, "s1"), ShutTill(desk.now))
    desk.give(CloseAccount("a", desk.now))


def test_what_a_saga_owes_is_pending_as_long_as_it_is_asked_for(tmp_path: Path) -> None:
    """Reason: what is refused for now stays owed, and is asked for again each minute."""
    with savings(tmp_path) as (desk, vault):
        with_a_debt(desk)
        found = found_in(desk.engine, vault)
        head = desk.running().store.head()
        assert broken(found) == []
        assert found["savings", "sagas"].pending == [
            f"remainder_is_paid-a owes PayRemainder since position {head}, asked each minute"
        ]
        desk.give(OpenTill(desk.now))
        desk.pass_time(minutes=2)
        assert pending(found_in(desk.engine, vault)) == []


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM owing", "remainder_is_paid-a owes PayRemainder, and nobody asks for it"),
        ("DELETE FROM events WHERE type='Owed'", "remainder_is_paid-a: it never heard what was to be heard"),
    ],
)
def test_a_debt_that_was_forgotten_is_broken(tmp_path: Path, sql: str, says: str) -> None:
    """A promise that nobody asks for any more will not be kept."""
    with savings(tmp_path) as (desk, _):
        with_a_debt(desk)
    with closing(sqlite3.connect(tmp_path / "savings.db")) as store:
        store.execute(sql)
        store.commit()
    with savings(tmp_path) as (desk, vault):
        assert says in found_in(desk.engine, vault)["savings", "sagas"].broken


def test_a_debt_that_is_paid_may_be_asked_for_once_more(tmp_path: Path) -> None:
    """The watchdog strikes it off when it asks; until then it is a note."""
    with savings(tmp_path) as (desk, _):
        desk.give(opened("a"), paid("a", 500, "s1"), CloseAccount("a", desk.now))
    with closing(sqlite3.connect(tmp_path / "savings.db")) as store:
        store.execute("INSERT INTO owing VALUES('remainder_is_paid-a', 0)")
        store.commit()
    with savings(tmp_path) as (desk, vault):
        found = found_in(desk.engine, vault)
        assert broken(found) == []
        assert "owes nothing any more" in pending(found)[0]
        desk.pass_time(minutes=2)
        assert pending(found_in(desk.engine, vault)) == []


def test_a_due_timer_is_pending(tmp_path: Path) -> None:
    """After a standstill timers fire late, in the order of their hours; none is missing meanwhile."""
    with savings(tmp_path) as (desk, vault):
        desk.give(opened("a"))
        desk.clock.move_to(desk.now.replace(month=desk.now.month + 2))
        found = found_in(desk.engine, vault)
        assert (broken(found), pending(found)) == ([], ["timer dormant-a is due"])


def test_a_parked_message_is_pending_until_it_is_taken_or_laid_aside(tmp_path: Path) -> None:
    """What waits behind it waits with it, and read models are as if it had not been said."""
    with p.post_office(tmp_path, ItemRange("RH", "VN", 1, 1)) as post:
        refs = [p.submit_by_post(post, number) for number in range(1, 5)]
        for ref in refs:
            teller.tell(post, teller.DossierWithdrawn(ref, post.clock.now()))
        post.engine.run_until_idle()
        inbox = post.engine.running["postal"].inbox
        found = found_in(post.engine, post.vault)
        parked = sorted(key for key, held in inbox.held.items() if held.error is not None)
        assert len(parked) == 3
        assert broken(found) == []
        assert sum("item_numbers_used_up" in line for line in pending(found)) == 3
        assert sum("waits its turn" in line for line in pending(found)) == 3
        post.engine.submit("postal", LayAside(inbox, parked[0], "system:test", "sent again by hand"))
        post.engine.run_until_idle()
        found = found_in(post.engine, post.vault)
        assert (broken(found), len(found["postal", "heard"].pending)) == ([], 4)
    with p.post_office(tmp_path, ItemRange("RH", "VN", 500, 600)) as post:
        inbox = post.engine.running["postal"].inbox
        for key in parked[1:]:
            post.engine.submit("postal", Retry(inbox, key))
        post.engine.run_until_idle()
        found = found_in(post.engine, post.vault)
        assert (broken(found), found["postal", "heard"].pending) == ([], [])
