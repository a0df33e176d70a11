"""Worked cases of working time, found minute by minute; instants are Vietnam time."""

from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

from chassis.calendars import load_calendars
from kernel.calendar import VIETNAM
from kernel.working_time import Limit

ROOT = Path(__file__).resolve().parents[2]
CALENDARS = load_calendars(ROOT / "registry" / "calendars")
FULL, EARLY, SATURDAY_MORNING = (CALENDARS[id] for id in ("full", "early", "saturday-morning"))
MINUTE = timedelta(minutes=1)
PAGE = ROOT / "docs" / "algorithms" / "working-time.md"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def said(instant: datetime) -> str:
    """Return an instant as the tables write it: Vietnam time, seconds only where there are some."""
    wall = instant.astimezone(VIETNAM).replace(tzinfo=None)
    return wall.isoformat(timespec="auto" if wall.second or wall.microsecond else "minutes")


def tables(*columns: str) -> list[list[list[str]]]:
    """Return the rows of each of the page's tables that have these columns."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    heads = [number for number, line in enumerate(lines) if line == f"| {' | '.join(columns)} |"]
    return [
        [_cells(line) for line in takewhile(lambda line: line.startswith("|"), lines[head + 2 :])] for head in heads
    ]


def table(*columns: str) -> list[list[str]]:
    """Return the rows of the page's first table that has these columns."""
    return tables(*columns)[0]


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip("|").split("|")]


# calendar, start, limit → due
DUE_CASES = (
    ("early", "2021-04-17T09:45", Limit(1.5, "working_days"), "2021-04-20T11:00"),
    ("early", "2026-02-14T09:15", Limit(4, "working_hours"), "2026-02-23T11:00"),
    ("full", "2026-05-30T11:59", Limit(5, "working_days"), "2026-06-05T17:30"),
    ("full", "2024-05-04T10:30", Limit(4.5, "working_days"), "2024-05-09T16:30"),
    ("early", "2024-05-04T06:31", Limit(12, "working_hours"), "2024-05-06T11:00"),
    ("early", "2026-01-09T17:45", Limit(1, "working_days", "event_day_excluded"), "2026-01-10T17:00"),
    ("full", "2026-01-08T09:29", Limit(0.5, "working_days"), "2026-01-08T15:29"),
    ("early", "2024-09-16T12:01", Limit(24, "calendar_hours"), "2024-09-17T12:01"),
    ("full", "2022-05-08T08:29", Limit(10, "working_days"), "2022-05-20T17:30"),
    ("full", "2026-03-03T21:31", Limit(5, "working_days"), "2026-03-10T17:30"),
    ("early", "2025-04-29T15:01", Limit(1, "working_days", "event_day_excluded"), "2025-05-05T17:00"),
    ("early", "2024-05-26T18:31", Limit(1.5, "working_days"), "2024-05-28T11:00"),
    ("full", "2023-01-19T13:30", Limit(1, "working_days", "event_day_excluded"), "2023-01-27T17:30"),
    ("full", "2024-03-30T07:31", Limit(24, "calendar_hours"), "2024-03-31T07:31"),
    ("full", "2025-07-14T21:30", Limit(1, "working_days"), "2025-07-15T17:30"),
    ("full", "2024-06-03T09:30", Limit(24, "calendar_hours"), "2024-06-04T09:30"),
    ("full", "2025-04-26T09:59", Limit(4, "working_hours"), "2025-04-26T15:59"),
    ("full", "2021-07-16T17:01", Limit(3, "working_days"), "2021-07-21T17:01"),
    ("full", "2023-12-31T15:31", Limit(0.5, "working_days"), "2024-01-02T11:30"),
    ("early", "2024-05-24T14:59", Limit(7, "working_days"), "2024-06-04T14:59"),
    ("early", "2025-04-27T15:45", Limit(15, "working_days", "event_day_excluded"), "2025-05-21T17:00"),
    ("early", "2023-04-25T16:45", Limit(8, "working_days"), "2023-05-10T16:45"),
    ("full", "2024-08-09T13:15", Limit(24, "calendar_hours"), "2024-08-10T13:15"),
    ("full", "2026-11-25T09:30", Limit(5, "working_days", "event_day_excluded"), "2026-12-02T17:30"),
    ("full", "2026-01-06T13:59", Limit(1, "working_days"), "2026-01-07T13:59"),
    ("full", "2025-10-09T17:01", Limit(0.5, "working_days"), "2025-10-10T11:01"),
    ("early", "2025-01-24T14:31", Limit(56, "working_hours"), "2025-02-11T14:31"),
    ("early", "2026-08-20T18:00", Limit(12, "working_hours"), "2026-08-22T11:00"),
    ("full", "2025-07-12T06:29", Limit(15, "working_days"), "2025-08-01T17:30"),
    ("early", "2021-08-28T14:30", Limit(24, "calendar_hours"), "2021-08-29T14:30"),
    ("full", "2024-09-17T15:01", Limit(24, "calendar_hours"), "2024-09-18T15:01"),
    ("full", "2026-01-23T07:01", Limit(4.5, "working_days"), "2026-01-29T11:30"),
    ("full", "2022-12-20T10:31", Limit(8, "working_days"), "2022-12-30T10:31"),
    ("early", "2023-04-27T10:29", Limit(7, "working_days", "event_day_excluded"), "2023-05-11T17:00"),
    ("full", "2026-11-25T16:59", Limit(1, "working_hours"), "2026-11-26T07:59"),
    ("early", "2025-12-02T12:15", Limit(1, "working_days"), "2025-12-03T11:30"),
    ("early", "2024-04-26T11:30", Limit(1, "working_hours"), "2024-04-26T14:30"),
    ("full", "2021-09-07T17:29", Limit(20, "working_days"), "2021-10-05T17:29"),
    ("full", "2026-08-28T06:59", Limit(1, "working_hours"), "2026-08-28T08:30"),
    ("early", "2022-06-30T10:31", Limit(24, "calendar_hours"), "2022-07-01T10:31"),
    ("early", "2024-06-18T11:00", Limit(1.5, "working_days"), "2024-06-19T17:00"),
)

# calendar, start, limit, supplement asked, given →
#   first due, minutes used, minutes waited, due by the law (from zero), due for scoring (the wait subtracted)
# fmt: off
SUPPLEMENT_CASES = (
    ("early", "2025-02-03T07:00", Limit(7, "working_days"), "2025-02-10T07:57", "2025-02-16T13:36",
     "2025-02-11T17:00", 2457, 2343, "2025-02-25T17:00", "2025-02-18T16:03"),
    ("early", "2023-05-04T07:00", Limit(3, "working_days"), "2023-05-04T09:04", "2023-05-08T15:22",
     "2023-05-08T17:00", 124, 1218, "2023-05-11T15:22", "2023-05-11T11:18"),
    ("early", "2025-04-28T07:00", Limit(10, "working_days"), "2025-05-09T08:21", "2025-05-12T10:12",
     "2025-05-14T17:00", 2961, 591, "2025-05-26T10:12", "2025-05-16T08:51"),
    ("early", "2025-02-03T07:00", Limit(3, "working_days"), "2025-02-04T15:32", "2025-02-06T18:33",
     "2025-02-05T17:00", 872, 1048, "2025-02-11T17:00", "2025-02-10T08:28"),
    ("early", "2021-02-17T07:00", Limit(10, "working_days"), "2021-02-24T07:12", "2021-03-03T12:32",
     "2021-03-02T17:00", 2412, 2658, "2021-03-17T11:30", "2021-03-10T11:18"),
    ("full", "2024-02-06T15:45", Limit(3, "working_days"), "2024-02-16T10:32", "2024-02-24T16:31",
     "2024-02-16T15:45", 1247, 2698, "2024-02-28T17:30", "2024-02-26T10:43"),
    ("full", "2025-02-03T07:30", Limit(10, "working_days"), "2025-02-11T08:26", "2025-02-21T09:13",
     "2025-02-14T17:30", 2936, 3887, "2025-03-07T09:13", "2025-02-27T08:17"),
)
# fmt: on
