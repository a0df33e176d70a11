"""The two trees of agencies, each on its days: three levels until 2025-07-01, two since, and who stands above whom."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chassis.registry import PRODUCT_REGISTRY, NotInRegistry, Registry, load_registry
from kernel.working_time import Limit, due
from tests.registry.planting import copy, edit

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)
IA_CHIM = "H48.23326"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(PRODUCT_REGISTRY)


@pytest.mark.parametrize(
    ("kind", "in_three_levels", "in_two_levels"),
    [
        ("commune_committee", 50, 45),
        ("commune_desk", 50, 45),
        ("commune_police", 0, 45),
        ("district_committee", 4, 0),
        ("district_desk", 4, 0),
        ("district_labour_office", 4, 0),
        ("labour_department", 1, 0),
        ("social_insurance", 0, 14),
        ("tax_office", 0, 14),
        ("land_registration_branch", 0, 14),
        ("land_registration_office", 0, 1),
        ("military_command", 0, 1),
        ("fire_police", 0, 1),
        ("national_records_centre", 0, 1),
        ("province_committee", 1, 1),
        ("province_desk", 1, 1),
        ("construction_department", 1, 1),
        ("province_police", 0, 1),
        ("province_social_insurance", 0, 1),
    ],
)
def test_each_tree_stands_on_its_days(kind: str, in_three_levels: int, in_two_levels: int, registry: Registry) -> None:
    """NQ 202/2025/QH15: districts ended on 2025-07-01; 45 of 96 communes and 4 of 10 districts are known by code."""
    of_kind = [agency for agency in registry.agencies() if agency.kind == kind]
    assert sum(agency.stands_on(BEFORE) for agency in of_kind) == in_three_levels
    assert sum(agency.stands_on(AFTER) for agency in of_kind) == in_two_levels
    assert not any(agency.stands_on(BEFORE) and agency.stands_on(AFTER) for agency in of_kind)


@pytest.mark.parametrize(
    ("agency", "superiors"),
    [
        ("H48.23326", ("H48", "G22")),
        ("H48.23326.01", ("H48.23326", "H48", "G22")),
        ("H48.04.01.01", ("H48.04.01", "H48.04", "H48", "G22")),
        # A province whose consent is asked answers to the Government alone.
        ("H21", ("G22",)),
        # Police, tax, army and social insurance have hierarchies of their own.
        ("G01.51.23326", ("G01.51", "G01")),
        ("G01.51.07", ("G01.51", "G01")),
        ("G01.01", ("G01",)),
        ("G12.51.03", ("G12.51", "G12.01", "G12")),
        ("G11.51", ("G11",)),
        ("G24.51.14", ("G24.51", "G24", "G12")),
        # Three levels.
        ("H34.616.23527.01", ("H34.616.23527", "H34.616", "H34")),
        ("H34.616.02", ("H34.616", "H34")),
        ("H34.11", ("H34",)),
    ],
)
def test_lateness_is_told_up_a_tree(agency: str, superiors: tuple[str, ...], registry: Registry) -> None:
    """NĐ 61/2018 art. 19.9: what stays overdue goes up; above a commune of 2021 stood its district."""
    found = []
    above = registry.agency(agency).parent
    while above is not None:
        found.append(above)
        above = registry.agency(above).parent
    assert tuple(found) == superiors


def test_whoever_stands_above_stood_at_the_same_time(registry: Registry) -> None:
    """A late commune of 2021 must not be told to the province of today."""
    for agency in registry.agencies():
        if agency.parent is not None:
            above = registry.agency(agency.parent)
            assert above.valid_from <= agency.valid_from, agency.id
            assert above.valid_to == agency.valid_to, agency.id


@pytest.mark.parametrize(
    ("area", "desk", "acting"),
    [
        ("23527", "H34.616.23527.01", ("H34.616.23527", "H34.616.23527", "H34.616.02", "H34.616", "H34.11")),
        ("23554", "H34.616.23554.01", ("H34.616.23554", "H34.616.23554", "H34.616.02", "H34.616", "H34.11")),
        ("23437", "H34.612.23437.01", ("H34.612.23437", "H34.612.23437", "H34.612.02", "H34.612", "H34.11")),
        ("23476", "H34.613.23476.01", ("H34.613.23476", "H34.613.23476", "H34.613.02", "H34.613", "H34.11")),
        ("23326", "H34.608.23326.01", ("H34.608.23326", "H34.608.23326", "H34.608.02", "H34.608", "H34.11")),
    ],
)
def test_a_benefit_of_2021_climbs_three_levels(
    area: str, desk: str, acting: tuple[str, ...], registry: Registry
) -> None:
    """NĐ 20/2021 art. 8: commune, district office, chairman of the district, and the province for a facility."""
    day = date(2021, 11, 30)
    steps = registry.procedure("1.001776", on=day).steps
    assert tuple(registry.acting_agency(step, desk, day).id for step in steps) == acting
    assert registry.agency(desk).areas == (area,)


def test_a_procedure_of_three_levels_ends_with_them_and_finishes_what_it_began(registry: Registry) -> None:
    """NQ 202/2025/QH15: on 2025-07-01 nobody may submit it; who was accepted before finishes under its version."""
    assert registry.procedure("1.001776", on=BEFORE).version == "2021-07-01"
    with pytest.raises(NotInRegistry, match="2025-07-01"):
        registry.procedure("1.001776", on=AFTER)
    with pytest.raises(NotInRegistry, match="2021-06-30"):
        registry.procedure("1.001776", on=date(2021, 6, 30))
    assert registry.procedure("1.001776", version="2021-07-01", on=AFTER).valid_to == AFTER
    assert registry.agency("H34.616").name_vi == "Ủy ban nhân dân huyện Sa Thầy"


def test_the_same_code_is_another_unit_before_and_after(registry: Registry) -> None:
    """Sa Thầy was a township of its district and is a commune of three; only code and day together say which."""
    committees = [
        agency for agency in registry.agencies() if agency.kind == "commune_committee" and agency.area == "23527"
    ]
    named = {agency.stands_on(AFTER): agency.name_vi for agency in committees}
    assert named == {False: "Ủy ban nhân dân thị trấn Sa Thầy", True: "Ủy ban nhân dân xã Sa Thầy"}


def test_an_agency_keeps_desk_hours_of_its_own_on_each_weekday(tmp_path: Path) -> None:
    """No text fixes desk hours nationally: one commune closes early on Fridays and opens on Saturday mornings."""
    path = copy(tmp_path)
    early = (path / "calendars/early.yaml").read_text(encoding="utf-8")
    own = early.replace("id: early", "id: own-hours").replace(
        'friday: ["07:00-11:30", "13:30-17:00"]', 'friday: ["07:00-11:30"]\n  saturday: ["08:00-10:00"]'
    )
    (path / "calendars/own-hours.yaml").write_text(own, encoding="utf-8")
    edit(
        path,
        "agencies/province.yaml",
        "    name_vi: Sở Xây dựng\n",
        "    calendar: own-hours\n    name_vi: Sở Xây dựng\n",
    )
    registry = load_registry(path)
    thursday_16h = datetime(2026, 11, 19, 9, 0, tzinfo=UTC)
    usual, own_hours = registry.calendar("H48.06"), registry.calendar("H48.05")
    assert (usual.id, own_hours.id) == ("early", "own-hours")
    # One hour is left on Thursday. Friday has 4.5 or 8 more, Saturday 2 or none; the rest is Monday's.
    limit = Limit(8, "working_hours")
    assert due(usual, thursday_16h, limit) == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert due(own_hours, thursday_16h, limit) == datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def test_a_corrected_holiday_moves_no_dossier_that_was_promised_before(tmp_path: Path) -> None:
    """A notice that comes late is a new version of the calendar; dossiers keep the one they are pinned to."""
    path = copy(tmp_path)
    old = (path / "calendars/holidays-vn.yaml").read_text(encoding="utf-8")
    (path / "calendars/holidays-vn@2026-11-20.yaml").write_text(old, encoding="utf-8")
    edit(path, "calendars/holidays-vn.yaml", 'version: "2026-11-20"', 'version: "2026-12-01"')
    edit(path, "calendars/holidays-vn.yaml", '["2027-09-03"]', '["2027-09-01"]')
    registry = load_registry(path)
    newest = registry.calendar(IA_CHIM)
    pinned = registry.calendar_version("early", "2026-11-20+2026-11-20")
    assert newest.version == "2026-11-20+2026-12-01"
    assert date(2027, 9, 1) in newest.closed
    assert date(2027, 9, 1) not in pinned.closed
    tuesday_14h = datetime(2027, 8, 31, 7, 0, tzinfo=UTC)
    limit = Limit(1, "working_days")
    assert due(pinned, tuesday_14h, limit) == datetime(2027, 9, 1, 7, 0, tzinfo=UTC)
    assert due(newest, tuesday_14h, limit) == datetime(2027, 9, 3, 7, 0, tzinfo=UTC)
