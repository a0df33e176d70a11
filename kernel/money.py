"""Money in whole đồng: amounts, the two sides of a booking, and how a receipt writes them.

Law: NĐ 254/2026/NĐ-CP (a receipt names its amount in figures and in words).
"""

from collections.abc import Iterable
from dataclasses import dataclass

ONES = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
SCALES = ("", " nghìn", " triệu")
BILLION = 1_000_000_000


def whole_vnd(amount: object) -> int:
    """Return `amount` if it is a whole number of đồng.

    Raises:
        TypeError: it is anything but an int. A bool is a yes or no, and a float has already lost what it rounded.
    """
    if type(amount) is not int:
        raise TypeError(f"an amount is a whole number of đồng, not {type(amount).__name__}")
    return amount


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a booking: what an account gains (positive) or gives (negative)."""

    account: str
    amount_vnd: int

    def __post_init__(self) -> None:
        whole_vnd(self.amount_vnd)


def transfer(from_account: str, to_account: str, amount_vnd: int) -> tuple[Posting, Posting]:
    """Return both sides of moving `amount_vnd` (zero is allowed: receipts over nothing exist).

    Raises:
        ValueError: the amount is negative, or both accounts are the same.
    """
    if whole_vnd(amount_vnd) < 0:
        raise ValueError(f"{amount_vnd} đ cannot be moved; name the accounts the other way round")
    if from_account == to_account:
        raise ValueError(f"{from_account} cannot give to itself")
    return Posting(from_account, -amount_vnd), Posting(to_account, amount_vnd)


def balanced(postings: Iterable[Posting]) -> bool:
    """Say whether nothing appeared and nothing vanished: the postings add up to zero."""
    return sum(posting.amount_vnd for posting in postings) == 0


def format_vnd(amount_vnd: int) -> str:
    """Return the amount in figures, as pages and receipts print it: `300.000 đ`."""
    return f"{whole_vnd(amount_vnd):,} đ".replace(",", ".")


def vnd_in_words(amount_vnd: int) -> str:
    """Return the amount in Vietnamese words, as a receipt prints it: `Ba trăm nghìn đồng`."""
    words = f"{_number(abs(whole_vnd(amount_vnd)))} đồng"
    return f"Âm {words}" if amount_vnd < 0 else words[0].upper() + words[1:]


def _number(number: int) -> str:
    """Read a natural number: what counts the billions is itself such a number (`một nghìn tỷ`)."""
    if number < BILLION:
        return _below_billion(number, leading=True)
    billions, rest = divmod(number, BILLION)
    words = f"{_number(billions)} tỷ"
    return f"{words} {_below_billion(rest, leading=False)}" if rest else words


def _below_billion(number: int, leading: bool) -> str:
    """Read millions, thousands and ones, leaving out groups of zeros."""
    if number == 0:
        return ONES[0]
    words: list[str] = []
    for power in (2, 1, 0):
        group = number // 1000**power % 1000
        if group:
            words.append(_group(group, leading and not words) + SCALES[power])
    return " ".join(words)


def _group(group: int, leading: bool) -> str:
    """Read three digits. Only the leading group may leave its hundreds out; elsewhere 5 is `không trăm linh năm`."""
    hundreds, below = divmod(group, 100)
    if leading and not hundreds:
        return _below_hundred(below)
    words = f"{ONES[hundreds]} trăm"
    if below == 0:
        return words
    return f"{words} linh {ONES[below]}" if below < 10 else f"{words} {_below_hundred(below)}"


def _below_hundred(number: int) -> str:
    """Read 1 to 99: after `mươi` one is `mốt` and four `tư`, and after any ten five is `lăm`."""
    tens, ones = divmod(number, 10)
    if tens == 0:
        return ONES[ones]
    ten = "mười" if tens == 1 else f"{ONES[tens]} mươi"
    if ones == 0:
        return ten
    if ones == 5:
        return f"{ten} lăm"
    return f"{ten} {({1: 'mốt', 4: 'tư'} if tens > 1 else {}).get(ones, ONES[ones])}"
