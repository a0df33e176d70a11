"""Receipts of a book are numbered without a gap and without a repeat."""

from dataclasses import replace

import pytest

from services.payments.domain.receipt_book import (
    NUMBER_LIMIT,
    IssueReceipt,
    Receipt,
    ReceiptBook,
    ReceiptIssued,
    decider,
    next_receipt,
    serial_of,
)
from tests.payments import examples as ex
from tests.spec import given


def issue(number: int, ref: str = ex.REF) -> IssueReceipt:
    receipt = replace(ex.RECEIPT, number=number)
    return IssueReceipt(ref=ref, receipt=receipt, total_vnd=ex.FEE_VND, actor=ex.OFFICER, now=ex.NOON)


def issued(number: int, ref: str = ex.REF) -> ReceiptIssued:
    return ReceiptIssued(ref, ex.AGENCY, "01BLP0-001", "BL-26E", 2026, number, ex.FEE_VND, ex.NOON)


def test_a_book_begins_with_one() -> None:
    """NĐ 254/2026: the number restarts on 1 January, and each year is a book of its own."""
    given(decider).when(issue(1)).then(issued(1))


def test_the_next_receipt_has_the_next_number() -> None:
    given(decider, issued(1), issued(2, "b")).when(issue(3, "c")).then(issued(3, "c"))


def test_the_last_receipt_is_issued_once() -> None:
    given(decider, issued(1)).when(issue(1)).then_nothing()


@pytest.mark.parametrize(("number", "ref"), [(1, "b"), (2, "b"), (4, "c"), (0, "c"), (1, ex.REF)])
def test_no_number_is_given_twice_or_left_out(number: int, ref: str) -> None:
    """Two settlements that were offered the same number: one of them must ask again."""
    answer = given(decider, issued(1), issued(2, "a")).when(issue(number, ref)).refused("receipt_out_of_turn")
    assert "3" in answer.invalid[0].reason


def test_a_full_book_is_not_overwritten() -> None:
    """NĐ 254/2026: a number has at most 8 digits."""
    given(decider, issued(NUMBER_LIMIT)).when(issue(NUMBER_LIMIT + 1, "b")).refused("receipt_book_full")


def test_the_next_receipt_is_offered_from_the_book() -> None:
    assert next_receipt(ReceiptBook(41, "a"), ex.AGENCY, "BL-26E", 2026) == replace(ex.RECEIPT, number=42)


@pytest.mark.parametrize(
    ("receipt", "printed"),
    [
        (Receipt("H48.23", serial_of("BL", 2026), 2026, 1), "01BLP0-001 BL-26E 0000001"),
        (Receipt("H48.23", serial_of("BI", 2030), 2030, 12_345_678), "01BLP0-001 BI-30E 12345678"),
        (Receipt("H48.23", serial_of("BI", 2109), 2109, 7), "01BLP0-001 BI-09E 0000007"),
    ],
)
def test_a_receipt_prints_template_serial_and_number(receipt: Receipt, printed: str) -> None:
    """NĐ 123/2020 and NĐ 254/2026: template symbol, serial symbol with the year and E for electronic, number."""
    assert str(receipt) == printed
