"""No two parcels share an item number, and every number has the right check digit."""

from dataclasses import replace

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from kernel.codes import ItemCode
from kernel.refusal import Refused
from services.postal.domain.attempts import Leg
from services.postal.domain.item_numbers import (
    ItemBook,
    ItemNumberTaken,
    ItemRange,
    TakeItemNumber,
    book_of,
    item_numbers,
)
from tests.postal.samples import MONDAY, REF
from tests.spec import given

RANGE = ItemRange("RH", "VN", 0, 99_999_999)


def take(ref: str = REF, leg: Leg = "collection", items: ItemRange = RANGE) -> TakeItemNumber:
    return TakeItemNumber(ref, leg, items, actor="system:postal", now=MONDAY)


def taken(serial: int, item_code: str, ref: str = REF, leg: Leg = "collection") -> ItemNumberTaken:
    return ItemNumberTaken(ref, leg, serial, item_code, MONDAY)


@pytest.mark.parametrize(
    ("first_serial", "item_code"),
    [
        (47_312_482, "RH473124829VN"),
        (1, "RH000000014VN"),
        (12_345_678, "RH123456785VN"),
        (99, "RH000000990VN"),
        (0, "RH000000005VN"),
        (99_999_999, "RH999999995VN"),
    ],
)
def test_a_number_carries_the_check_digit_of_s10(first_serial: int, item_code: str) -> None:
    """UPU S10: weights 8 6 4 2 3 5 9 7; a raw 10 is written 0 and a raw 11 is written 5."""
    items = replace(RANGE, first_serial=first_serial)
    given(item_numbers).when(take(items=items)).then(taken(first_serial, item_code))


def test_the_next_parcel_gets_the_next_number() -> None:
    """One writer, no pool to pick from: two dossiers cannot get one code."""
    first = taken(0, "RH000000005VN")
    given(item_numbers, first).when(take(leg="delivery")).then(taken(1, "RH000000014VN", leg="delivery"))


def test_the_same_parcel_asked_again_keeps_its_number() -> None:
    """A retry must not burn a number."""
    given(item_numbers, taken(0, "RH000000005VN")).when(take()).then_nothing()


@pytest.mark.parametrize(
    ("range_after", "serial"),
    [
        (ItemRange("RH", "VN", 0, 500), 100),
        (ItemRange("RH", "VN", 300, 500), 300),
        (ItemRange("RH", "VN", 0, 99), None),
        (ItemRange("RH", "VN", 0, 50), None),
    ],
    ids=["goes on", "a new range begins at its beginning", "used up", "a range behind us is used up"],
)
def test_a_number_is_never_given_again(range_after: ItemRange, serial: int | None) -> None:
    """UPU S10: no reuse within 12 months; 24 are recommended, and ever is simpler."""
    decided = given(item_numbers, taken(99, "RH000000990VN")).when(take("another", items=range_after))
    if serial is None:
        decided.refused("item_numbers_used_up")
    else:
        (event,) = decided.then_kinds(ItemNumberTaken)
        assert event.serial == serial


@for_all(
    orders=st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["collection", "delivery"])), max_size=40),
    first_serial=st.integers(0, 99_999_990),
    length=st.integers(0, 40),
)
def test_numbers_are_unique_and_valid_in_every_order(
    orders: list[tuple[str, Leg]], first_serial: int, length: int
) -> None:
    """Whatever is asked and however often, a code belongs to one asking and its check digit is right."""
    items = ItemRange("RH", "VN", first_serial, min(first_serial + length, 99_999_999))
    book, codes = ItemBook(), []
    for ref, leg in orders:
        decided = item_numbers.decide(take(ref, leg, items), book)
        if isinstance(decided, Refused):
            assert book.last is not None
            assert book.last.serial == items.last_serial
            continue
        for event in decided:
            codes.append(event.item_code)
            assert ItemCode.parse(event.item_code) == ItemCode("RH", f"{event.serial:08d}", "VN")
        book = item_numbers.fold(decided, book)
        assert item_numbers.decide(take(ref, leg, items), book) == ()
    assert len(set(codes)) == len(codes)


def test_ranges_of_one_service_and_country_share_one_book() -> None:
    """Two books over one alphabet would give one code twice."""
    assert book_of(RANGE) == book_of(replace(RANGE, first_serial=7, last_serial=8)) == "items-RH-VN"
