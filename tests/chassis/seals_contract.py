"""What every place for seals promises, whatever it is made of."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from chassis import seals as seals_module
from chassis.heads import FORM, Head
from chassis.merkle import peaks_of
from chassis.seals import Leaves, Row, Seals

Open = Callable[[], Seals]
"""Opens the same place once more."""


def leaf(number: int) -> bytes:
    return sha256(bytes([number])).digest()


def head(size: int) -> Head:
    return Head(FORM, "/lienthong/savings", 1, "2026-03-02", size, "00", (), "", "2026-03-02T00:00:00+00:00", "k", {})


class SealsContract:
    """Subclasses give `open_seals`."""

    @pytest.fixture(autouse=True)
    def short_rows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(seals_module, "CHUNK_LEAVES", 4)

    def test_nothing_is_sealed_at_first(self, open_seals: Open) -> None:
        """There is no last leaf, no head, and nothing wrong."""
        seals = open_seals()
        stands = seals.standing()
        assert (stands.leaves.size, stands.position, stands.last_leaf, stands.head) == (0, 0, None, None)
        assert [*seals.each_leaf(), *seals.heads(), *seals.wrong_rows()] == []
        assert seals.position == 0

    @pytest.mark.parametrize("size", [1, 3, 4, 5, 8, 11])
    def test_what_is_kept_is_taken_up_again(self, open_seals: Open, size: int) -> None:
        """Over rows that are full, begun, and just filled, kept leaf by leaf."""
        seals = open_seals()
        leaves = Leaves((), ())
        turn = seals.standing().turn
        for number in range(size):
            row = leaves.add(leaf(number))
            turn = seals.keep(turn, [] if row is None else [row], leaves.open_row(), [head(number + 1)])
        again = open_seals()
        stands = again.standing()
        assert list(again.each_leaf()) == list(map(leaf, range(size)))
        assert stands.leaves.peaks == leaves.peaks
        assert (stands.leaves.size, stands.position, again.position) == (size, size, size)
        assert (stands.last_leaf, stands.turn) == (leaf(size - 1), turn)
        assert list(again.wrong_rows()) == []
        assert again.heads() == [head(number + 1) for number in range(size)]
        assert stands.head == head(size)

    def test_a_position_is_kept_beside_the_leaves_where_it_is_another(self, open_seals: Open) -> None:
        """Positions may have gaps; heads that are kept later leave it as it is."""
        seals = open_seals()
        turn = seals.keep(seals.standing().turn, [], Row(0, leaf(1), None), [], 17)
        seals.keep(turn, [], None, [head(1)])
        assert open_seals().standing().position == open_seals().position == 17

    def test_it_is_all_or_nothing(self, open_seals: Open) -> None:
        """A head that cannot be written leaves no leaf behind."""
        seals = open_seals()
        turn = seals.standing().turn
        with pytest.raises(TypeError):
            seals.keep(turn, [], Row(0, leaf(1), None), [replace(head(1), time=object())], 5)  # type: ignore[arg-type]
        assert list(seals.each_leaf()) == []
        seals.keep(turn, [], Row(0, leaf(2), None), [head(1)])
        assert list(seals.each_leaf()) == [leaf(2)]

    def test_rows_that_are_damaged_are_named(self, open_seals: Open) -> None:
        """A row too short in the middle, one that is not there, one that does not give its root."""
        full = b"".join(map(leaf, range(4)))
        (root,) = peaks_of(list(map(leaf, range(4))))
        seals = open_seals()
        turn = seals.standing().turn
        turn = seals.keep(turn, [Row(0, full, root), Row(1, full, leaf(9)), Row(2, leaf(0), None)], None, [])
        assert list(seals.wrong_rows()) == ["the leaves of row 1 do not give the root beside them"]
        seals.keep(turn, [Row(1, full, root), Row(4, full, root)], None, [])
        assert list(seals.wrong_rows()) == ["leaves are missing in row 2", "leaves are missing in row 4"]
