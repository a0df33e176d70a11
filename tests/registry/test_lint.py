"""Every kind of mistake is planted in a copy of the shipped registry, and found in its file, on its line."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.registry import PRODUCT_REGISTRY
from chassis.registry_files import RegistryUnusable
from chassis.registry_findings import ASSUMED, codes
from chassis.registry_lint import lint
from chassis.yaml_lines import read_lined
from tests.registry.planted import EVERY, HARMLESS, KARAOKE, KARAOKE_FEE, MARITAL
from tests.registry.planting import Planted, copy, edit, expected, line_of

FILES = sorted(str(file.relative_to(PRODUCT_REGISTRY)) for file in PRODUCT_REGISTRY.glob("[!c]*/*.yaml"))


def mistakes(registry: Path) -> set[tuple[str, str, int]]:
    """Return code, file and line of everything found that is not merely assumed."""
    return {(found.code, found.file, found.line) for found in lint(registry) if found.severity != ASSUMED}


def test_the_shipped_registry_has_no_mistake() -> None:
    """What the product promises citizens begins with this data."""
    assert mistakes(PRODUCT_REGISTRY) == set()


@pytest.mark.parametrize("planted", EVERY, ids=lambda planted: f"{planted.found[0][0]}-{planted.file}")
def test_a_mistake_is_named_with_its_file_and_line(planted: Planted, tmp_path: Path) -> None:
    """Whoever edits the registry is told where to look, and of nothing that is not wrong."""
    registry = copy(tmp_path)
    edit(registry, planted.file, planted.old, planted.new)
    assert mistakes(registry) == expected(registry, planted)


@pytest.mark.parametrize("planted", HARMLESS, ids=lambda planted: planted.file)
def test_what_only_comes_near_a_mistake_is_none(planted: Planted, tmp_path: Path) -> None:
    """A lint that cries wolf is switched off."""
    registry = copy(tmp_path)
    edit(registry, planted.file, planted.old, planted.new)
    assert mistakes(registry) == set()


def test_every_kind_of_finding_is_planted() -> None:
    """A rule that no test has seen find something may find nothing."""
    planted = {found[0] for each in EVERY for found in each.found}
    assert planted == codes() - {"assumed_value"}


@pytest.mark.parametrize(
    ("version", "valid_from", "found"),
    [
        ("2026-01-01", "2026-01-01", ("overlapping_validity", "valid_from: 2026-01-01")),
        ("2025-07-01", "2026-01-01", ("duplicate_code", "code: ")),
    ],
)
def test_two_versions_are_neither_the_same_nor_in_force_together(
    version: str, valid_from: str, found: tuple[str, str], tmp_path: Path
) -> None:
    """A dossier is pinned to one version; on any day there is one answer to which."""
    registry = copy(tmp_path)
    second = f"procedures/1.004873@{version}.yaml"
    shutil.copy(registry / MARITAL, registry / second)
    edit(registry, second, 'version: "2025-07-01"', f'version: "{version}"')
    edit(registry, second, "valid_from: 2025-07-01", f"valid_from: {valid_from}")
    code, marker = found
    later = max(MARITAL, second) if version == "2025-07-01" else second
    assert mistakes(registry) == {(code, later, first_line(registry, later, marker))}


def test_versions_that_follow_each_other_are_no_mistake(tmp_path: Path) -> None:
    """A change of the law is a new version beside the old one."""
    registry = copy(tmp_path)
    second = "procedures/1.004873@2025-07-01.yaml"
    shutil.move(registry / MARITAL, registry / second)
    shutil.copy(registry / second, registry / MARITAL)
    edit(registry, second, "valid_to: null", "valid_to: 2026-01-01")
    edit(registry, MARITAL, 'version: "2025-07-01"', 'version: "2026-01-01"')
    edit(registry, MARITAL, "valid_from: 2025-07-01", "valid_from: 2026-01-01")
    assert mistakes(registry) == set()


def test_a_fee_rule_has_one_file(tmp_path: Path) -> None:
    """Its tariffs are dated, so a new amount is a line in the file and not a second file."""
    registry = copy(tmp_path)
    second = "fees/karaoke_chain@2026-01-05.yaml"
    shutil.copy(registry / KARAOKE_FEE, registry / second)
    assert mistakes(registry) == {("duplicate_code", second, line_of(registry, second, "id: karaoke_chain"))}


def test_assumed_values_are_listed_with_their_notes_and_do_not_fail() -> None:
    """What no source gives is visible, so that somebody can find it out."""
    assumed = [found for found in lint(PRODUCT_REGISTRY) if found.severity == ASSUMED]
    listed = {(found.file, found.line): found.message_en for found in assumed}
    line = line_of(PRODUCT_REGISTRY, KARAOKE, "  code:") + 1
    assert listed[KARAOKE, line].startswith("'code' is assumed: neither text gives the bundle a national code")
    assert any(found.file.startswith("calendars/") for found in assumed)


def test_what_is_no_registry_is_unusable(tmp_path: Path) -> None:
    """An empty folder has no mistakes either, and must not pass for a registry."""
    with pytest.raises(RegistryUnusable, match="procedures/"):
        lint(tmp_path)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_lint_answers_whatever_stands_in_a_file(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It is asked about files that somebody is in the middle of writing."""
    registry = copy(tmp_path_factory.mktemp("any"))
    file = registry / data.draw(st.sampled_from(FILES))
    lined = read_lined(file.read_text(encoding="utf-8"))
    path = data.draw(st.sampled_from(sorted((path for path in lined.lines if path), key=str)))
    other: st.SearchStrategy[Any] = (
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.just([]) | st.just({})
    )
    held: Any = lined.value
    for part in path[:-1]:
        held = held[part]
    if data.draw(st.booleans()):
        del held[path[-1]]
    else:
        held[path[-1]] = data.draw(other)
    file.write_text(json.dumps(lined.value, ensure_ascii=False), encoding="utf-8")
    assert all(found.line >= 1 for found in lint(registry))


def first_line(registry: Path, file: str, marker: str) -> int:
    """Return the first line that begins with `marker`."""
    lines = (registry / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if line.startswith(marker))
