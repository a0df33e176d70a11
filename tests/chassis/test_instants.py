"""Instants in rows: whole seconds of one width, in UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.instants import by_second, in_second
from kernel.calendar import VIETNAM

INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.sampled_from([UTC, VIETNAM]))
A_SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("instant", "lies_in", "over_by"),
    [
        (datetime(2026, 9, 7, 1, 0, tzinfo=UTC), "2026-09-07T01:00:00Z", "2026-09-07T01:00:00Z"),
        (datetime(2026, 9, 7, 1, 0, 0, 1, tzinfo=UTC), "2026-09-07T01:00:00Z", "2026-09-07T01:00:01Z"),
        (datetime(2026, 12, 31, 23, 59, 59, 1, tzinfo=UTC), "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
        (datetime(2026, 9, 7, 6, 30, tzinfo=VIETNAM), "2026-09-06T23:30:00Z", "2026-09-06T23:30:00Z"),
    ],
)
def test_an_instant_is_written_as_the_second_it_lies_in_or_the_one_it_is_over_by(
    instant: datetime, lies_in: str, over_by: str
) -> None:
    assert (in_second(instant), by_second(instant)) == (lies_in, over_by)


@given(INSTANTS, INSTANTS)
def test_text_sorts_as_time_does(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert in_second(earlier) <= in_second(later)
    assert by_second(earlier) <= by_second(later)


@given(INSTANTS)
def test_no_more_than_a_part_of_a_second_is_lost(instant: datetime) -> None:
    begun, ended = datetime.fromisoformat(in_second(instant)), datetime.fromisoformat(by_second(instant))
    assert begun <= instant <= ended
    assert ended - begun in (timedelta(0), A_SECOND)
