"""What the product asks the registry: the version of a day, the agency that acts, the calendar, the fee rule."""

import shutil
import time
from dataclasses import FrozenInstanceError
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.registry import (
    PRODUCT_REGISTRY,
    AreaNeeded,
    NotInRegistry,
    Registry,
    RegistryInvalid,
    RegistryUnusable,
    load_registry,
)
from kernel.codes import AgencyId, ProcedureCode, ResultCode
from tests.registry.planting import copy, edit

TODAY = date(2026, 11, 20)
MARITAL, KARAOKE, BIRTH, ARCHITECT = "1.004873", "9.000297", "3.000722", "1.008891"
PROVINCE_DESK = "H48.01.01"
KON_TUM_DESK, IA_CHIM_DESK, LY_SON_DESK = "H48.23293.01", "H48.23326.01", "H48.21548.01"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry(PRODUCT_REGISTRY)


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """The shipped registry with a second version of one procedure, in force from 2026-09-01."""
    path = copy(tmp_path_factory.mktemp("changed"))
    new, old = f"procedures/{MARITAL}.yaml", f"procedures/{MARITAL}@2025-07-01.yaml"
    shutil.copy(path / new, path / old)
    edit(path, old, "valid_to: null", "valid_to: 2026-09-01")
    edit(path, new, 'version: "2025-07-01"', 'version: "2026-09-01"')
    edit(path, new, "valid_from: 2025-07-01", "valid_from: 2026-09-01")
    return load_registry(path)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2025, 6, 30), None),
        (date(2025, 7, 1), "2025-07-01"),
        (date(2026, 8, 31), "2025-07-01"),
        (date(2026, 9, 1), "2026-09-01"),
        (TODAY, "2026-09-01"),
    ],
)
def test_a_procedure_is_the_version_in_force_that_day(day: date, version: str | None, changed: Registry) -> None:
    """NĐ 118/2025: rules hold from their first day to the day before their end."""
    if version is None:
        with pytest.raises(NotInRegistry, match="2025-06-30"):
            changed.procedure(MARITAL, on=day)
    else:
        assert changed.procedure(MARITAL, on=day).version == version


@pytest.mark.parametrize("version", ["2025-07-01", "2026-09-01"])
def test_a_pinned_version_is_found_whatever_the_day(version: str, changed: Registry) -> None:
    """A dossier accepted under one rule set finishes under it."""
    assert changed.procedure(MARITAL, version=version).version == version
    assert changed.procedure(MARITAL, version=version, on=date(2020, 1, 1)).version == version


def test_procedures_lists_all_versions_or_those_of_a_day(changed: Registry) -> None:
    """The catalogue shows what is in force; staff may look back."""
    codes = [(procedure.code, procedure.version) for procedure in changed.procedures()]
    assert codes == sorted(codes)
    assert [version for code, version in codes if code == MARITAL] == ["2025-07-01", "2026-09-01"]
    assert [each.version for each in changed.procedures(on=TODAY) if each.code == MARITAL] == ["2026-09-01"]
    assert BIRTH not in {procedure.code for procedure in changed.procedures(on=date(2026, 8, 31))}


def test_a_procedure_is_asked_for_by_version_or_day(registry: Registry) -> None:
    """Which version holds is never guessed."""
    with pytest.raises(ValueError, match="version or by a day"):
        registry.procedure(MARITAL)


@given(days=st.integers(0, 2000))
def test_at_most_one_version_holds_on_a_day(days: int, changed: Registry) -> None:
    """Otherwise two people handing in the same day would get different promises."""
    codes = [procedure.code for procedure in changed.procedures(on=date(2024, 1, 1) + timedelta(days=days))]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("code", "desk", "area", "acting"),
    [
        # A commune's own desk: its committee, its police, the office that serves it, the province for the rest.
        (MARITAL, IA_CHIM_DESK, None, ["H48.23326"]),
        (BIRTH, IA_CHIM_DESK, None, ["H48.23326", "G01.51.23326", "G24.51.01", "G01.51.23326"]),
        (BIRTH, LY_SON_DESK, None, ["H48.21548", "G01.51.21548", "G24.51.14", "G01.51.21548"]),
        (KARAOKE, KON_TUM_DESK, None, ["H48.23293", "G01.51.23293", "H48"]),
        (ARCHITECT, KON_TUM_DESK, None, ["H48.05"]),
        # Reception regardless of area: the dossier's commune acts, not the desk's.
        (MARITAL, IA_CHIM_DESK, "21548", ["H48.21548"]),
        (MARITAL, PROVINCE_DESK, "23326", ["H48.23326"]),
        (KARAOKE, PROVINCE_DESK, "21548", ["H48.21548", "G01.51.21548", "H48"]),
        # The province's own procedure needs no area at its own desk, and does not mind one.
        (ARCHITECT, PROVINCE_DESK, None, ["H48.05"]),
        (ARCHITECT, PROVINCE_DESK, "23326", ["H48.05"]),
    ],
)
def test_the_agency_that_acts_is_the_areas_or_else_the_provinces(
    code: str, desk: str, area: str | None, acting: list[str], registry: Registry
) -> None:
    """NĐ 118/2025 arts. 14.2 and 17.3: any desk of the province receives, the competent agency resolves."""
    steps = registry.procedure(code, on=TODAY).steps
    assert [registry.acting_agency(step, desk, TODAY, area).id for step in steps] == acting


@pytest.mark.parametrize(("day", "desk", "number"), [(TODAY, PROVINCE_DESK, 45), (date(2021, 11, 30), "H34.01.01", 50)])
def test_every_step_has_its_agency_wherever_the_dossier_belongs(
    day: date, desk: str, number: int, registry: Registry
) -> None:
    """A gap in the tree would be found by a citizen of that commune."""
    communes = [each for each in registry.agencies() if each.kind == "commune_desk" and each.stands_on(day)]
    areas = {area for commune in communes for area in commune.areas}
    assert len(areas) == number
    steps = [step for procedure in registry.procedures(on=day) for step in procedure.steps if step.party == "agency"]
    acting = {(step.code, area): registry.acting_agency(step, desk, day, area) for step in steps for area in areas}
    assert all(area in agency.areas or not agency.areas for (_, area), agency in acting.items())
    assert all(agency.stands_on(day) for agency in acting.values())


def test_a_communes_step_needs_to_know_the_commune(registry: Registry) -> None:
    """The province's desk receives for every commune, so the dossier has to say which one it belongs to."""
    step = registry.procedure(MARITAL, on=TODAY).steps[0]
    with pytest.raises(AreaNeeded, match="commune_committee") as needed:
        registry.acting_agency(step, PROVINCE_DESK, TODAY)
    assert (needed.value.step, needed.value.agency_kind) == ("certificate", "commune_committee")


@pytest.mark.parametrize(
    ("desk", "day", "area", "kind"),
    [
        ("H48.99999", TODAY, None, "agency"),
        (IA_CHIM_DESK, TODAY, "99999", "area"),
        (IA_CHIM_DESK, date(2020, 12, 31), None, "acting agency"),
        (PROVINCE_DESK, date(2020, 12, 31), "23326", "acting agency"),
        # Đăk Long exists since 2025-07-01; its district's communes of before are not in the registry.
        (PROVINCE_DESK, date(2025, 6, 30), "23368", "acting agency"),
    ],
)
def test_nobody_acts_who_does_not_exist_that_day(
    desk: str, day: date, area: str | None, kind: str, registry: Registry
) -> None:
    """Communes in two-level form exist since 2025-07-01, and the registry begins with 2021."""
    step = registry.procedure(MARITAL, version="2025-07-01").steps[0]
    with pytest.raises(NotInRegistry) as missing:
        registry.acting_agency(step, desk, day, area)
    assert missing.value.kind == kind


def test_every_agency_has_a_calendar(registry: Registry) -> None:
    """Limits run on the calendar of whoever acts."""
    assert {registry.calendar(agency.id).id for agency in registry.agencies()} == {"early", "full"}
    calendar = registry.calendar(PROVINCE_DESK)
    assert registry.calendar_version(calendar.id, calendar.version) == calendar
    assert registry.calendars[calendar.id] == calendar


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (lambda registry: registry.procedure("1.000000", on=TODAY), "procedure"),
        (lambda registry: registry.procedure(MARITAL, version="2020-01-01"), "procedure"),
        (lambda registry: registry.agency("H48.99999"), "agency"),
        (lambda registry: registry.calendar("H48.99999"), "agency"),
        (lambda registry: registry.calendar_version("early", "2020-01-01"), "calendar"),
        (lambda registry: registry.fee_rule("visa"), "fee rule"),
    ],
)
def test_what_is_not_there_is_said_by_its_kind(ask: object, kind: str, registry: Registry) -> None:
    """A border turns this into a problem document."""
    assert callable(ask)
    with pytest.raises(NotInRegistry) as missing:
        ask(registry)
    assert missing.value.kind == kind


def test_every_code_is_one_the_kernel_reads(registry: Registry) -> None:
    """Codes are parsed in one place; the registry's have to pass there."""
    for procedure in registry.procedures():
        assert ProcedureCode.parse(procedure.code).base == procedure.code
        assert all(str(ResultCode.parse(step.result.code)) == step.result.code for step in procedure.steps)
    assert all(str(AgencyId.parse(agency.id)) == agency.id for agency in registry.agencies())


def test_the_registry_cannot_be_changed(registry: Registry) -> None:
    """It is shared by all services of a process."""
    with pytest.raises(FrozenInstanceError):
        registry.version = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        registry.calendars["early"] = registry.calendars["full"]  # type: ignore[index]
    with pytest.raises(TypeError):
        registry.procedure(KARAOKE, on=TODAY).facts["rooms"] = "str"  # type: ignore[index]


def test_its_version_is_its_content(tmp_path: Path, registry: Registry) -> None:
    """What a decision names must tell any two registries apart, and not two copies of one."""
    path = copy(tmp_path)
    assert load_registry(path).version == registry.version
    edit(path, "fees/marital_status_certificate.yaml", "amount_vnd: 15000", "amount_vnd: 16000")
    assert load_registry(path).version != registry.version


def test_a_registry_with_mistakes_is_refused_whole_and_names_them_all(tmp_path: Path) -> None:
    """Whoever starts the product mends everything in one go."""
    path = copy(tmp_path)
    edit(path, f"procedures/{KARAOKE}.yaml", "needs: [household_business]", "needs: [nothing]")
    edit(path, "agencies/offices.yaml", "calendar: full\n", "calendar: late\n")
    with pytest.raises(RegistryInvalid, match="calendar 'late' does not exist") as invalid:
        load_registry(path)
    assert {"need_unknown", "calendar_unknown"} <= {found.code for found in invalid.value.findings}


def test_a_folder_that_is_none_is_unusable(tmp_path: Path) -> None:
    """Starting with an empty catalogue would look like a province without procedures."""
    with pytest.raises(RegistryUnusable):
        load_registry(tmp_path / "nowhere")


def test_loading_is_quick(registry: Registry) -> None:
    """The product is ready within 3 seconds of its start; the registry may have a sixth of that."""
    best = min(_seconds_to_load() for _ in range(3))
    assert best < 0.5


def _seconds_to_load() -> float:
    start = time.perf_counter()
    load_registry(PRODUCT_REGISTRY)
    return time.perf_counter() - start
