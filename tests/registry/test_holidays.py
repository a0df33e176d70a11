"""The working days of 2021–2027: which weekdays are holidays, which Saturdays are worked instead, and who says so."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from chassis.registry import PRODUCT_REGISTRY, load_registry
from chassis.yaml_lines import read_lined
from kernel.calendar import Calendar
from kernel.working_time import is_working_day

# Year → closed days from Monday to Friday, as day.month; then the Saturdays that are worked.
YEARS = [
    (2021, "1.1 10.2 11.2 12.2 15.2 16.2 21.4 30.4 3.5 2.9 3.9", ""),
    (2022, "3.1 31.1 1.2 2.2 3.2 4.2 11.4 2.5 3.5 1.9 2.9", ""),
    (2023, "2.1 20.1 23.1 24.1 25.1 26.1 1.5 2.5 3.5 1.9 4.9", ""),
    (2024, "1.1 8.2 9.2 12.2 13.2 14.2 18.4 29.4 30.4 1.5 2.9 3.9", "4.5"),
    (2025, "1.1 27.1 28.1 29.1 30.1 31.1 7.4 30.4 1.5 2.5 1.9 2.9", "26.4"),
    (2026, "1.1 2.1 16.2 17.2 18.2 19.2 20.2 27.4 30.4 1.5 31.8 1.9 2.9 24.11", "10.1 22.8"),
    # Not announced yet: the two days around which Tết and National Day may still move are guesses, and say so.
    (2027, "1.1 4.2 5.2 8.2 9.2 10.2 16.4 30.4 3.5 2.9 3.9 24.11", ""),
]


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return load_registry(PRODUCT_REGISTRY).calendar("H48")


def days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(days=1)


@pytest.mark.parametrize(("year", "closed", "worked"), YEARS)
def test_each_year_has_its_holidays_and_swapped_saturdays(
    year: int, closed: str, worked: str, calendar: Calendar
) -> None:
    """BLLĐ 45/2019/QH14 arts. 111.3 and 112; NQ 28/2026/QH16 (24 November from 2026 on); the notices of each year."""
    off = [f"{day.day}.{day.month}" for day in days_of(year) if day.weekday() < 5 and not is_working_day(calendar, day)]
    on = [f"{day.day}.{day.month}" for day in days_of(year) if day.weekday() >= 5 and is_working_day(calendar, day)]
    assert (" ".join(off), " ".join(on)) == (closed, worked)


def test_every_swapped_saturday_stands_in_for_a_day_off(calendar: Calendar) -> None:
    """Nobody loses a day's wages to a long weekend: each day off in exchange has its Saturday."""
    exchanged = {day for day, name in calendar.closed.items() if name == "exchanged"}
    assert {date.fromisoformat(instead_of) for instead_of, _ in calendar.worked.values()} == exchanged


def test_every_holiday_says_who_gives_it() -> None:
    """A fixed day follows from the Labour Code; the others from a notice, or they are called recalled or projected."""
    file = read_lined((PRODUCT_REGISTRY / "calendars" / "holidays-vn.yaml").read_text(encoding="utf-8")).value
    for entry in file["closed"] + file["worked"]:
        days = entry.get("days", [entry.get("day")])
        assert entry["source"] != "assumed" or entry["evidence"] in ("recalled", "projected"), days
        assert all(day < "2027" for day in days) or entry["evidence"] == "projected", days
