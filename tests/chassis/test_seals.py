"""Seals in a file: the contract of all places for seals, and that services do not see each other's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.seals import Row, Seals
from chassis.seals_sqlite import seals_in
from chassis.stores.store import StoreUnavailable
from tests.chassis.seals_contract import Open, SealsContract, head, leaf


class TestSqliteSeals(SealsContract):
    """Every promise of the port, kept by SQLite."""

    @pytest.fixture
    def open_seals(self, tmp_path: Path) -> Iterator[Open]:
        opened: list[Seals] = []

        def open_again() -> Seals:
            opened.append(seals_in(tmp_path / "seals.db", ["savings"])["savings"])
            return opened[-1]

        yield open_again
        for seals in opened:
            seals.close()


def test_services_in_one_file_do_not_see_each_other(tmp_path: Path) -> None:
    """Each has its own leaves, position and heads; the file is made when the first of them keeps something."""
    both = seals_in(tmp_path / "seals.db", ["one", "two"])
    assert not both["one"].is_there
    both["one"].keep(0, [], Row(0, leaf(1), None), [head(1)], 9)
    assert both["two"].is_there
    stands = both["two"].standing()
    assert (stands.leaves.size, stands.position, stands.head) == (0, 0, None)
    assert list(both["two"].each_leaf()) == []
    for seals in both.values():
        seals.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        both["one"].heads()
