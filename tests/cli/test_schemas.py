"""`lienthong schemas`: written from the code, compared with the code, and never changed under its readers."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.__main__ import app


def schemas(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["schemas", *arguments])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schemas")
    assert schemas("write", str(folder)).exit_code == 0
    return folder


def test_what_was_written_equals_the_code(written: Path) -> None:
    """Exit code 0, and 1 as soon as a letter differs."""
    assert schemas("check", str(written)).exit_code == 0
    asyncapi = written / "asyncapi.yaml"
    before = asyncapi.read_text(encoding="utf-8")
    asyncapi.write_text(before.replace("Liên Thông", "Lien Thong"), encoding="utf-8")
    result = schemas("check", str(written))
    asyncapi.write_text(before, encoding="utf-8")
    assert result.exit_code == 1
    assert "asyncapi.yaml differs" in result.stdout


def test_a_breaking_change_is_refused_and_nothing_is_written(written: Path) -> None:
    """Contracts, evolution: whoever reads this version today must be able to read it tomorrow."""
    released = written / "routing" / "StepDecided.v1.json"
    before = released.read_text(encoding="utf-8")
    schema = json.loads(before)
    schema["properties"]["seal"] = {"type": "string"}
    released.write_text(json.dumps(schema), encoding="utf-8")
    (written / "openapi" / "intake.json").write_text("{}", encoding="utf-8")
    result = schemas("write", str(written))
    assert result.exit_code == 1
    assert "routing/StepDecided.v1.json: seal was removed" in result.stdout
    assert "say a new version instead" in result.stdout
    assert (written / "openapi" / "intake.json").read_text(encoding="utf-8") == "{}"
    released.write_text(before, encoding="utf-8")
    assert schemas("write", str(written)).exit_code == 0
    assert schemas("check", str(written)).exit_code == 0
