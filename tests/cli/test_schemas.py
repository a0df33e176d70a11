"""`lienthong schemas`: written from the code, compared with the code, and never changed under its readers."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.__main__ import app


def schemas(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["schemas", *arguments])


@pytest.fixture
def written(tmp_path: Path) -> Path:
    assert schemas("write", str(tmp_path)).exit_code == 0
    return tmp_path


def test_what_was_written_equals_the_code(written: Path) -> None:
    """Exit code 0, and 1 as soon as a letter differs."""
    assert schemas("check", str(written)).exit_code == 0
    asyncapi = written / "asyncapi.yaml"
    before = asyncapi.read_text(encoding="utf-8")
    asyncapi.write_text(before.replace("Liên Thông", "Lien Thong"), encoding="utf-8")
    result = schemas("check", str(written))
    assert result.exit_code == 1
    assert "asyncapi.yaml differs" in result.stdout


def test_a_change_that_breaks_the_release_is_refused_and_nothing_is_written(written: Path) -> None:
    """Contracts, evolution: whoever reads this version today must be able to read it tomorrow."""
    assert schemas("release", "1.0.0", str(written)).exit_code == 0
    released = written / "released" / "1.0.0" / "routing" / "StepDecided.v1.json"
    schema = json.loads(released.read_text(encoding="utf-8"))
    schema["properties"]["seal"] = {"type": "string"}
    released.write_text(json.dumps(schema), encoding="utf-8")
    (written / "openapi" / "intake.json").write_text("{}", encoding="utf-8")
    result = schemas("write", str(written))
    assert result.exit_code == 1
    assert "routing/StepDecided.v1.json: seal was removed" in result.stdout
    assert "say a new version instead" in result.stdout
    assert (written / "openapi" / "intake.json").read_text(encoding="utf-8") == "{}"
    assert schemas("check", str(written)).exit_code == 1
    assert schemas("release", "1.1.0", str(written)).exit_code == 1
    assert not (written / "released" / "1.1.0").exists()


def test_what_is_not_released_yet_may_still_change(written: Path) -> None:
    """A draft that was only written binds nobody."""
    drafted = written / "routing" / "StepDecided.v1.json"
    drafted.write_text(drafted.read_text(encoding="utf-8").replace('"signer"', '"undersigned"'), encoding="utf-8")
    assert schemas("write", str(written)).exit_code == 0
    assert schemas("check", str(written)).exit_code == 0


@pytest.mark.parametrize(
    ("version", "says"),
    [("1.0", "is no version"), ("one", "is no version"), ("1.9.0", "is not after 1.10.0"), ("1.10.0", "is not after")],
)
def test_a_release_has_a_version_after_all_others(written: Path, version: str, says: str) -> None:
    """What was released once is never written again; ten comes after nine."""
    assert schemas("release", "1.10.0", str(written)).exit_code == 0
    kept = sorted((written / "released" / "1.10.0").rglob("*.json"))
    before = [path.read_bytes() for path in kept]
    result = schemas("release", version, str(written))
    assert result.exit_code == 1
    assert says in result.stdout
    assert [path.name for path in (written / "released").iterdir()] == ["1.10.0"]
    assert len(kept) > 50
    assert [path.read_bytes() for path in kept] == before


def test_only_what_was_written_is_released(written: Path) -> None:
    """The release equals the files that everybody sees."""
    (written / "asyncapi.yaml").write_text("", encoding="utf-8")
    result = schemas("release", "1.0.0", str(written))
    assert result.exit_code == 1
    assert "run `make schemas` first" in result.stdout
    assert not (written / "released").exists()
