"""Money is whole đồng, moves between accounts without loss, and is written as receipts want it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import Posting, balanced, format_vnd, transfer, vnd_in_words, whole_vnd

ACCOUNTS = st.sampled_from(["applicant", "gateway", "treasury", "refunds_owed"])


@pytest.mark.parametrize("amount", [True, False, 1.0, 300_000.5, "300000", None])
def test_only_an_int_is_an_amount(amount: object) -> None:
    """A float has already rounded, and `True` is 1 only to Python."""
    for use in (whole_vnd, format_vnd, vnd_in_words, lambda some: Posting("gateway", some)):
        with pytest.raises(TypeError, match="whole number of đồng"):
            use(amount)  # type: ignore[arg-type]


def test_a_transfer_takes_from_one_and_gives_to_the_other() -> None:
    """Double entry: the giver is less, the taker more."""
    assert transfer("applicant", "treasury", 300_000) == (Posting("applicant", -300_000), Posting("treasury", 300_000))


def test_a_transfer_of_nothing_is_a_transfer() -> None:
    """Receipts over zero exist: an exempt applicant gets one."""
    assert transfer("applicant", "treasury", 0) == (Posting("applicant", 0), Posting("treasury", 0))


@pytest.mark.parametrize(("giver", "taker", "amount_vnd"), [("gateway", "treasury", -1), ("gateway", "gateway", 1)])
def test_a_transfer_goes_forward_and_elsewhere(giver: str, taker: str, amount_vnd: int) -> None:
    """A booking that can be read two ways hides a mistake."""
    with pytest.raises(ValueError, match="cannot"):
        transfer(giver, taker, amount_vnd)


@given(st.lists(st.tuples(ACCOUNTS, ACCOUNTS, st.integers(0, 10**15)).filter(lambda move: move[0] != move[1])))
def test_transfers_are_balanced_whatever_they_move(moves: list[tuple[str, str, int]]) -> None:
    """The sum over all accounts is zero at all times."""
    assert balanced(posting for move in moves for posting in transfer(*move))


@given(st.integers(1, 10**15), st.integers(-(10**15), 10**15))
def test_an_amount_that_differs_on_one_side_is_not_balanced(amount_vnd: int, missing_vnd: int) -> None:
    """What appears or vanishes is found."""
    giver, taker = transfer("gateway", "treasury", amount_vnd)
    assert balanced((giver, Posting("treasury", taker.amount_vnd + missing_vnd))) == (missing_vnd == 0)


@pytest.mark.parametrize(
    ("amount_vnd", "figures", "words"),
    [
        (0, "0 đ", "Không đồng"),
        (1, "1 đ", "Một đồng"),
        (4, "4 đ", "Bốn đồng"),
        (5, "5 đ", "Năm đồng"),
        (10, "10 đ", "Mười đồng"),
        (11, "11 đ", "Mười một đồng"),
        (14, "14 đ", "Mười bốn đồng"),
        (15, "15 đ", "Mười lăm đồng"),
        (20, "20 đ", "Hai mươi đồng"),
        (21, "21 đ", "Hai mươi mốt đồng"),
        (24, "24 đ", "Hai mươi tư đồng"),
        (25, "25 đ", "Hai mươi lăm đồng"),
        (91, "91 đ", "Chín mươi mốt đồng"),
        (100, "100 đ", "Một trăm đồng"),
        (101, "101 đ", "Một trăm linh một đồng"),
        (104, "104 đ", "Một trăm linh bốn đồng"),
        (105, "105 đ", "Một trăm linh năm đồng"),
        (110, "110 đ", "Một trăm mười đồng"),
        (111, "111 đ", "Một trăm mười một đồng"),
        (115, "115 đ", "Một trăm mười lăm đồng"),
        (444, "444 đ", "Bốn trăm bốn mươi tư đồng"),
        (555, "555 đ", "Năm trăm năm mươi lăm đồng"),
        (1_000, "1.000 đ", "Một nghìn đồng"),
        (1_005, "1.005 đ", "Một nghìn không trăm linh năm đồng"),
        (1_050, "1.050 đ", "Một nghìn không trăm năm mươi đồng"),
        (21_000, "21.000 đ", "Hai mươi mốt nghìn đồng"),
        (75_000, "75.000 đ", "Bảy mươi lăm nghìn đồng"),
        (300_000, "300.000 đ", "Ba trăm nghìn đồng"),
        (405_000, "405.000 đ", "Bốn trăm linh năm nghìn đồng"),
        (1_000_005, "1.000.005 đ", "Một triệu không trăm linh năm đồng"),
        (1_050_000, "1.050.000 đ", "Một triệu không trăm năm mươi nghìn đồng"),
        (6_000_000, "6.000.000 đ", "Sáu triệu đồng"),
        (10**9, "1.000.000.000 đ", "Một tỷ đồng"),
        (10**9 + 1, "1.000.000.001 đ", "Một tỷ không trăm linh một đồng"),
        (
            8_311_408_820,  # the land duties that Kon Tum took online in five months of 2021
            "8.311.408.820 đ",
            "Tám tỷ ba trăm mười một triệu bốn trăm linh tám nghìn tám trăm hai mươi đồng",
        ),
        (10**12, "1.000.000.000.000 đ", "Một nghìn tỷ đồng"),
        (1_005 * 10**9, "1.005.000.000.000 đ", "Một nghìn không trăm linh năm tỷ đồng"),
        (-300_000, "-300.000 đ", "Âm ba trăm nghìn đồng"),
    ],
)
def test_an_amount_is_written_in_figures_and_in_words(amount_vnd: int, figures: str, words: str) -> None:
    """NĐ 254/2026/NĐ-CP: a receipt names its amount both ways."""
    assert (format_vnd(amount_vnd), vnd_in_words(amount_vnd)) == (figures, words)


def test_no_two_amounts_are_read_the_same() -> None:
    """The words are there so that a changed figure is seen."""
    assert len({vnd_in_words(amount_vnd) for amount_vnd in range(100_000)}) == 100_000


@given(st.integers(1, 999), st.integers(0, 999_999_999), st.integers(1, 3))
def test_thousands_millions_and_billions_are_read_like_ones(count: int, below: int, power: int) -> None:
    """What stands before nghìn, triệu or tỷ is itself read as a number, whatever follows."""
    scale, word = 1000**power, ("nghìn", "triệu", "tỷ")[power - 1]
    head = vnd_in_words(count).removesuffix("đồng")
    assert vnd_in_words(count * scale + below % scale).startswith(f"{head}{word} ")
