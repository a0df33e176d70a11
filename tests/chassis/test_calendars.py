"""Calendars as data: what the registry's files become, and how a mistake in them is named."""

from datetime import date
from pathlib import Path

import pytest

from chassis.calendars import CalendarsInvalid, assumed_in, load_calendar_versions, load_calendars
from kernel.calendar import Words

SHIPPED = Path(__file__).resolve().parents[2] / "registry" / "calendars"

HOLIDAYS = """\
kind: holidays
id: holidays-vn
version: "2026-11-20"
first_day: "2026-01-01"
last_day: "2026-12-31"
law: [BLLĐ 45/2019/QH14]
names:
  new_year: { vi: Tết Dương lịch, en: New Year's Day }
  exchanged: { vi: nghỉ hoán đổi, en: day off in exchange }
closed:
  - { name: new_year, source: BLLĐ 45/2019/QH14, evidence: text, days: ["2026-01-01"] }
  - { name: exchanged, source: assumed, evidence: recalled, days: ["2026-01-02"] }
worked:
  - { day: "2026-01-10", instead_of: "2026-01-02", source: assumed, evidence: recalled }
"""
DESK = """\
kind: desk
id: full
version: "2026-11-20"
name_vi: Giờ hành chính
name_en: Office hours
holidays: holidays-vn
source: assumed
evidence: recalled
desk_hours:
  monday: ["07:30-11:30", "13:30-17:30"]
  friday: ["07:30-11:30", "13:30-17:00"]
"""


def folder_with(folder: Path, **files: str) -> Path:
    for name, text in {"holidays-vn": HOLIDAYS, "full": DESK, **files}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_holidays_and_desk_hours_become_a_calendar(tmp_path: Path) -> None:
    """A Saturday worked in exchange has the hours of the day it stands in for: here a Friday's."""
    calendar = load_calendars(folder_with(tmp_path))["full"]
    assert (calendar.id, calendar.version) == ("full", "2026-11-20+2026-11-20")
    assert (calendar.first_day, calendar.last_day) == (date(2026, 1, 1), date(2026, 12, 31))
    assert calendar.desk_hours == {1: ((450, 690), (810, 1050)), 5: ((450, 690), (810, 1020))}
    assert calendar.closed == {date(2026, 1, 1): "new_year", date(2026, 1, 2): "exchanged"}
    assert calendar.worked == {date(2026, 1, 10): ("2026-01-02", 5)}
    assert calendar.names["new_year"] == Words("Tết Dương lịch", "New Year's Day")


def test_a_desk_closed_on_fridays_does_not_work_a_saturday_for_one(tmp_path: Path) -> None:
    """There is nothing to make good for."""
    mondays_only = DESK.replace('  friday: ["07:30-11:30", "13:30-17:00"]\n', "")
    assert load_calendars(folder_with(tmp_path, full=mondays_only))["full"].worked == {}


def test_a_corrected_holiday_is_a_new_version_and_the_old_one_stays(tmp_path: Path) -> None:
    """A dossier finishes under the calendar it was accepted on; a swap may be announced late."""
    old = HOLIDAYS
    new = HOLIDAYS.replace("2026-11-20", "2026-12-01").replace('["2026-01-02"]', '["2026-01-02", "2026-12-24"]')
    folder = folder_with(tmp_path, **{"holidays-vn": new, "holidays-vn@2026-11-20": old})
    versions = load_calendar_versions(folder)
    assert {id: sorted(calendar.closed)[-1] for id, calendar in versions.items()} == {
        ("full", "2026-11-20+2026-11-20"): date(2026, 1, 2),
        ("full", "2026-11-20+2026-12-01"): date(2026, 12, 24),
    }
    assert load_calendars(folder) == {"full": versions["full", "2026-11-20+2026-12-01"]}


MISTAKES = [
    # file, text there, put in its place → line and words of what is said
    ("full", "evidence: recalled", "evidence: recalled\ncolour: red", "full.yaml:9: unknown key 'colour'"),
    ("full", 'version: "2026-11-20"', "version: first", "full.yaml:3: 'first' does not match"),
    ("full", "name_en: Office hours\n", "", "full.yaml:1: 'name_en' is a required property"),
    ("full", "kind: desk", "kind: desks", "full.yaml:1: 'desks' is not one of"),
    ("full", "monday:", "moonday:", "full.yaml:10: unknown key 'moonday'"),
    ("full", "07:30-11:30", "07:30-25:00", "full.yaml:10: '07:30-25:00' does not match"),
    ("full", '"07:30-11:30", "13:30-17:00"', '"13:30-17:00", "07:30-11:30"', "full.yaml:11: the desk hours of friday"),
    ("full", "07:30-11:30", "11:30-07:30", "full.yaml:10: the desk hours of monday are not in order"),
    ("full", "  friday:", "  monday:", "full.yaml:11: 'monday' stands here a second time"),
    ("full", "holidays: holidays-vn", "holidays: holidays-la", "full.yaml:6: there are no holidays 'holidays-la'"),
    ("full", "id: full", "id: half", "full.yaml:2: 'half' stands in half.yaml"),
    ("full", "kind: desk", "kind: [desk", "full.yaml:2: did not find expected ','"),
    ("full", DESK, "", "full.yaml:1: None is not of type 'object'"),
    ("holidays-vn", "{ name: new_year", "{ name: tet", "holidays-vn.yaml:11: 'tet' is not among `names`"),
    ("holidays-vn", '["2026-01-01"]', '["2026-02-30"]', "holidays-vn.yaml:11: '2026-02-30' is not a 'date'"),
    ("holidays-vn", '["2026-01-01"]', '["2025-01-01"]', "holidays-vn.yaml:11: 2025-01-01 is outside"),
    ("holidays-vn", '["2026-01-01"]', '["2026-01-02"]', "holidays-vn.yaml:12: 2026-01-02 stands here a second time"),
    ("holidays-vn", 'day: "2026-01-10"', 'day: "2026-01-01"', "holidays-vn.yaml:14: 2026-01-01 stands here a second"),
    ("holidays-vn", 'of: "2026-01-02"', 'of: "2026-01-05"', "holidays-vn.yaml:14: 2026-01-05 is not a closed day"),
    ("holidays-vn", "evidence: text", "evidence: rumour", "holidays-vn.yaml:11: 'rumour' is not one of"),
    ("holidays-vn", 'last_day: "2026-12-31"', 'last_day: "2025-12-31"', "holidays-vn.yaml:5: it ends before it begins"),
]


@pytest.mark.parametrize(("name", "there", "instead", "said"), MISTAKES)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, name: str, there: str, instead: str, said: str) -> None:
    """Who edits the registry is told where to look."""
    text = {"full": DESK, "holidays-vn": HOLIDAYS}[name]
    assert there in text
    folder = folder_with(tmp_path, **{name: text.replace(there, instead, 1)})
    with pytest.raises(CalendarsInvalid) as raised:
        load_calendars(folder)
    assert any(str(mistake).startswith(f"{folder}/{said}") for mistake in raised.value.mistakes), str(raised.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    """Nobody mends a registry one error message at a time."""
    folder = folder_with(tmp_path, full=DESK.replace("monday:", "moonday:"), **{"holidays-vn": "kind: holidays\n"})
    with pytest.raises(CalendarsInvalid) as raised:
        load_calendars(folder)
    assert {mistake.file.name for mistake in raised.value.mistakes} == {"full.yaml", "holidays-vn.yaml"}
    assert len(raised.value.mistakes) > 5


def test_one_version_stands_in_one_file(tmp_path: Path) -> None:
    """Two texts under one id and version could not both be pinned."""
    folder = folder_with(tmp_path, **{"full@2026-11-20": DESK})
    with pytest.raises(CalendarsInvalid, match=r"full@2026-11-20.yaml:3: full.yaml is this version already"):
        load_calendars(folder)


def test_a_folder_without_calendars_is_a_mistake(tmp_path: Path) -> None:
    """A wrong path must not look like an installation without agencies."""
    with pytest.raises(CalendarsInvalid, match="there is no calendar here"):
        load_calendars(tmp_path)


def test_what_no_source_gives_is_listed(tmp_path: Path) -> None:
    """A value without a source stands as `assumed`, and `lienthong registry lint` lists it."""
    assert [str(finding).removeprefix(f"{tmp_path}/") for finding in assumed_in(folder_with(tmp_path))] == [
        "full.yaml:7: desk hours: assumed (recalled)",
        "holidays-vn.yaml:12: exchanged 2026-01-02: assumed (recalled)",
        "holidays-vn.yaml:14: 2026-01-10 worked instead of 2026-01-02: assumed (recalled)",
    ]


def test_the_shipped_calendars_cover_2021_to_2027_and_call_2027_projected() -> None:
    """2027's notice is not out; each of its days says so."""
    calendars = load_calendars(SHIPPED)
    assert set(calendars) == {"early", "full", "saturday-morning"}
    assert {(c.first_day, c.last_day) for c in calendars.values()} == {(date(2021, 1, 1), date(2027, 12, 31))}
    projected = " ".join(finding.text for finding in assumed_in(SHIPPED) if "projected" in finding.text)
    assert [day for day in calendars["full"].closed if day.year == 2027 and day.isoformat() not in projected] == []
