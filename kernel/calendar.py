"""An agency's calendar: which minutes of which days its desk is open, and for what reason the others are not.

Law: Bộ luật Lao động 45/2019/QH14 arts. 105, 111.3 and 112; the days themselves are data, announced year by year.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import NamedTuple

# Vietnam has kept UTC+7 without summer time since 1975; a fixed offset leaves time zone files out of the kernel.
VIETNAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_MINUTES = 24 * 60

DESK_HOURS = "desk_hours"
SWAPPED_DAY = "swapped_day"
NIGHT = "night"
MIDDAY = "midday"
WEEKEND = "weekend"
NO_DESK_HOURS = "no_desk_hours"
HOLIDAY = "holiday"
EVENT_DAY = "event_day"
CALENDAR_TIME = "calendar_time"
LAST_DAY = "last_day"

Spans = tuple[tuple[int, int], ...]


def _minutes_of(spans: Spans) -> int:
    return sum(to_minute - from_minute for from_minute, to_minute in spans)


class Words(NamedTuple):
    """The same thing said in the two languages of the pages."""

    vi: str
    en: str


_REASONS = {
    DESK_HOURS: Words("giờ làm việc", "desk hours"),
    SWAPPED_DAY: Words("làm bù cho ngày", "worked in exchange for"),
    NIGHT: Words("ngoài giờ làm việc", "outside desk hours"),
    MIDDAY: Words("nghỉ trưa", "midday break"),
    WEEKEND: Words("nghỉ hằng tuần", "weekend"),
    NO_DESK_HOURS: Words("ngày không làm việc", "no desk hours"),
    HOLIDAY: Words("nghỉ lễ", "holiday"),
    EVENT_DAY: Words("ngày xảy ra sự kiện, không tính", "day of the event, not counted"),
    CALENDAR_TIME: Words("tính liên tục", "counted day and night"),
    LAST_DAY: Words("đến hết ngày cuối cùng của thời hạn", "until the last day of the limit ends"),
}


class CalendarDoesNotReach(ValueError):
    """A day was asked for that the calendar says nothing about; guessing it would promise a wrong date."""

    def __init__(self, calendar_id: str, day: date) -> None:
        super().__init__(f"calendar {calendar_id} does not reach {day.isoformat()}")
        self.calendar_id = calendar_id
        self.day = day


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """One version of an agency's calendar; two calendars are the same if id and version are.

    Args:
        first_day, last_day: the days it says something about, both included.
        desk_hours: ISO weekday (1 is Monday) → spans of the local day as (from_minute, to_minute), in order.
        closed: closed day → name of the holiday, a key of `names`.
        worked: day worked outside the week's pattern (swapped Saturdays) → (why, ISO weekday whose hours hold).
        names: holiday's name → its words on the page.
    """

    id: str
    version: str
    first_day: date
    last_day: date
    desk_hours: Mapping[int, Spans]
    closed: Mapping[date, str]
    worked: Mapping[date, tuple[str, int]]
    names: Mapping[str, Words] = field(default_factory=dict)
    _midnight: datetime = field(init=False, repr=False)
    _spans: tuple[Spans, ...] = field(init=False, repr=False)
    _desk_us_before: tuple[int, ...] = field(init=False, repr=False)
    _working_days: tuple[int, ...] = field(init=False, repr=False)
    _working_days_before: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._refuse_contradictions()
        days = (self.last_day - self.first_day).days + 1
        spans = tuple(self._spans_on(self.first_day + timedelta(days=index)) for index in range(days))
        tables: dict[str, object] = {
            "desk_hours": MappingProxyType(dict(self.desk_hours)),
            "closed": MappingProxyType(dict(self.closed)),
            "worked": MappingProxyType(dict(self.worked)),
            "names": MappingProxyType(dict(self.names)),
            "_midnight": datetime.combine(self.first_day, time(), VIETNAM).astimezone(UTC),
            "_spans": spans,
            "_desk_us_before": tuple(accumulate((_minutes_of(day) * MINUTE_US for day in spans), initial=0)),
            "_working_days": tuple(index for index, day in enumerate(spans) if day),
            "_working_days_before": tuple(accumulate((1 if day else 0 for day in spans), initial=0)),
        }
        for name, table in tables.items():
            object.__setattr__(self, name, table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and (self.id, self.version) == (other.id, other.version)

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    def _refuse_contradictions(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(f"calendar {self.id} ends before it begins")
        for weekday, spans in self.desk_hours.items():
            edges = [edge for span in spans for edge in span]
            in_order = all(earlier < later for earlier, later in pairwise(edges))
            if weekday not in range(1, 8) or not in_order or not all(0 <= edge <= DAY_MINUTES for edge in edges):
                raise ValueError(f"calendar {self.id}: desk hours of weekday {weekday} are not spans in order")
        for day in (*self.closed, *self.worked):
            if not self.first_day <= day <= self.last_day:
                raise CalendarDoesNotReach(self.id, day)
        if both := self.closed.keys() & self.worked.keys():
            raise ValueError(f"calendar {self.id}: {min(both)} is both closed and worked")
        for day, (_, weekday) in self.worked.items():
            if not self.desk_hours.get(weekday):
                raise ValueError(f"calendar {self.id}: {day} is worked with the hours of a day that has none")

    def _spans_on(self, day: date) -> Spans:
        if day in self.closed:
            return ()
        _, weekday = self.worked.get(day, ("", day.isoweekday()))
        return self.desk_hours.get(weekday, ())

    def day_at(self, index: int) -> date:
        """Return the day with that number, counted from 0 at the calendar's first day."""
        return self.first_day + timedelta(days=index)

    def place_of(self, instant: datetime) -> tuple[int, int]:
        """Return the number of the local day and the microseconds since its midnight."""
        since = instant - self._midnight
        # A timedelta's days are rounded down and its seconds never negative: this is the local midnight before.
        if not 0 <= since.days < len(self._spans):
            raise CalendarDoesNotReach(self.id, instant.astimezone(VIETNAM).date())
        return since.days, since.seconds * SECOND_US + since.microseconds

    def instant_of(self, index: int, minute: int) -> datetime:
        """Return the instant, in UTC, of a minute of a numbered day."""
        return self._midnight + timedelta(days=index, minutes=minute)

    def spans_of(self, index: int) -> Spans:
        """Return the desk hours of a numbered day; empty where it is not worked."""
        return self._spans[index]

    def desk_us_of(self, index: int) -> int:
        """Return the length of a numbered day's desk hours, in microseconds."""
        return self._desk_us_before[index + 1] - self._desk_us_before[index]

    def desk_us_before(self, index: int, within_us: int = 0) -> int:
        """Return the desk time from the first day until a place within a numbered day, in microseconds."""
        passed = self._desk_us_before[index]
        for from_minute, to_minute in self._spans[index]:
            from_us = from_minute * MINUTE_US
            if within_us <= from_us:
                break
            passed += min(within_us, to_minute * MINUTE_US) - from_us
        return passed

    def instant_by(self, desk_us: int) -> datetime:
        """Return the first instant, in UTC, by which that much desk time (> 0) has passed since the first day."""
        index = bisect_left(self._desk_us_before, desk_us) - 1
        if index == len(self._spans):
            raise CalendarDoesNotReach(self.id, self.day_at(index))
        rest_us = desk_us - self._desk_us_before[index]
        for from_minute, to_minute in self._spans[index]:
            span_us = (to_minute - from_minute) * MINUTE_US
            if rest_us <= span_us:
                return self._midnight + timedelta(days=index, microseconds=from_minute * MINUTE_US + rest_us)
            rest_us -= span_us
        raise AssertionError("a day's desk time is the sum of its spans")

    def working_days_before(self, index: int) -> int:
        """Return how many working days there are from the first day until a numbered day, itself not included."""
        return self._working_days_before[index]

    def working_day(self, ordinal: int) -> int:
        """Return the number of the working day that has `ordinal` working days before it."""
        if ordinal >= len(self._working_days):
            raise CalendarDoesNotReach(self.id, self.last_day + timedelta(days=1))
        if ordinal < 0:
            raise CalendarDoesNotReach(self.id, self.first_day - timedelta(days=1))
        return self._working_days[ordinal]

    def parts_of(self, index: int) -> Iterator[tuple[int, str]]:
        """Yield the parts of a numbered day from midnight to midnight, as (to_minute, reason)."""
        day, spans = self.day_at(index), self._spans[index]
        if not spans:
            yield DAY_MINUTES, self._reason_closed(day)
            return
        open_reason = f"{SWAPPED_DAY}:{self.worked[day][0]}" if day in self.worked else DESK_HOURS
        closed_reason, until_minute = NIGHT, 0
        for from_minute, to_minute in spans:
            if from_minute > until_minute:
                yield from_minute, closed_reason
            yield to_minute, open_reason
            closed_reason, until_minute = MIDDAY, to_minute
        if until_minute < DAY_MINUTES:
            yield DAY_MINUTES, NIGHT

    def _reason_closed(self, day: date) -> str:
        if day in self.closed:
            return f"{HOLIDAY}:{self.closed[day]}"
        return WEEKEND if day.isoweekday() >= 6 else NO_DESK_HOURS

    def in_words(self, reason: str) -> Words:
        """Say a reason of a derivation in words: `holiday:tet` is "nghỉ lễ: Tết Nguyên đán"."""
        code, _, detail = reason.partition(":")
        said = _REASONS[code]
        if not detail:
            return said
        name = self.names.get(detail, Words(detail, detail))
        return Words(f"{said.vi}: {name.vi}", f"{said.en}: {name.en}")
