"""`lienthong registry lint` says what the lint found, to people and to scripts, and its exit code means something."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chassis.registry import PRODUCT_REGISTRY
from cli.registry import app
from tests.registry.planting import copy, edit, line_of

KARAOKE = "procedures/9.000297.yaml"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A registry with one mistake."""
    registry = copy(tmp_path)
    edit(registry, KARAOKE, "needs: [household_business]", "needs: [nothing]")
    return registry


def test_the_shipped_registry_passes_with_its_assumed_values_listed() -> None:
    """Assumed values are work to do, not mistakes."""
    answer = CliRunner().invoke(app, ["lint", "--lang", "en"])
    assert answer.exit_code == 0
    assert "procedures/9.000297.yaml:" in answer.output
    assert "'code' is assumed" in answer.output
    assert "0 errors, 0 warnings" in answer.output


@pytest.mark.parametrize(("language", "said"), [("vi", "1 lỗi, 0 cảnh báo, "), ("en", "1 errors, 0 warnings, ")])
def test_the_sum_is_said_in_the_language_asked_for(language: str, said: str, tmp_path: Path) -> None:
    """Vietnamese first, and never half of each."""
    registry = copy(tmp_path)
    edit(registry, KARAOKE, "    law: NĐ 297/2025/NĐ-CP arts. 6.2a, 7.1\n", "    law: theo quy định\n")
    answer = CliRunner().invoke(app, ["lint", str(registry), "--lang", language])
    assert answer.exit_code == 1
    assert said in answer.output


@pytest.mark.parametrize(
    ("language", "said"),
    [("vi", "cần bước “nothing” nhưng không có bước ấy"), ("en", "it needs step 'nothing', which does not exist")],
)
def test_a_mistake_is_printed_where_an_editor_can_follow_it(language: str, said: str, broken: Path) -> None:
    """`file:line:` is what terminals and editors make a link of."""
    answer = CliRunner().invoke(app, ["lint", str(broken), "--lang", language])
    line = line_of(broken, KARAOKE, "needs: [nothing]")
    assert answer.exit_code == 1
    assert f"{broken / KARAOKE}:{line}: need_unknown {said}" in answer.output


def test_a_script_gets_json(broken: Path) -> None:
    """The same findings, for a pipeline to read."""
    answer = CliRunner().invoke(app, ["lint", str(broken), "--json"])
    report = json.loads(answer.output)
    assert answer.exit_code == 1
    assert report["counts"]["error"] == len([each for each in report["findings"] if each["severity"] == "error"]) >= 1
    found = next(each for each in report["findings"] if each["code"] == "need_unknown")
    assert (found["file"], found["line"]) == (KARAOKE, line_of(broken, KARAOKE, "needs: [nothing]"))
    assert set(found) == {"severity", "file", "line", "code", "message_vi", "message_en"}


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_path_without_a_registry_is_exit_code_2(options: list[str], tmp_path: Path) -> None:
    """A mistyped path is not a clean registry."""
    assert CliRunner().invoke(app, ["lint", str(tmp_path / "nowhere"), *options]).exit_code == 2


def test_the_json_of_a_clean_registry_counts_no_errors() -> None:
    """Exit code and report agree."""
    answer = CliRunner().invoke(app, ["lint", str(PRODUCT_REGISTRY), "--json"])
    assert answer.exit_code == 0
    assert json.loads(answer.output)["counts"]["error"] == 0
