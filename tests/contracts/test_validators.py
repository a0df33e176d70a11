"""The published language before judges that are not ours: AsyncAPI's own parser (Node)."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cli.published import FOLDER
from services.__main__ import PROJECT

pytestmark = pytest.mark.slow

VALIDATORS = PROJECT / "deploy" / "validators"
INSTALLED = VALIDATORS / "node_modules" / ".package-lock.json"
PATIENCE_S = 180


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    """Bring the validators to what the lock says; where that cannot be done, nothing was checked and that is said."""
    npm = shutil.which("npm")
    assert npm is not None, "AsyncAPI's validator runs on Node: install node and npm"
    lock = VALIDATORS / "package-lock.json"
    if INSTALLED.exists() and INSTALLED.stat().st_mtime >= lock.stat().st_mtime:
        return
    command = [npm, "ci", "--no-progress"]
    done = subprocess.run(command, cwd=VALIDATORS, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr


def judged(document: Path) -> "subprocess.CompletedProcess[str]":
    command = ["node", "asyncapi.mjs", str(document)]
    return subprocess.run(command, cwd=VALIDATORS, capture_output=True, text=True, timeout=PATIENCE_S)


def test_the_asyncapi_document_is_accepted() -> None:
    """AsyncAPI's own parser follows every reference and finds no error."""
    done = judged(FOLDER / "asyncapi.yaml")
    assert done.returncode == 0, done.stdout
    operations, messages = (int(word) for word in done.stdout.split() if word.isdigit())
    assert operations >= 8
    assert messages >= len([path for path in FOLDER.glob("*/*.v*.json") if "released" not in path.parts])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("action: send", "action: shout"),
        ("./intake/DossierAccepted.v1.json", "./intake/Nowhere.v1.json"),
        ("'#/channels/dossier-events/messages/intake.DossierAccepted.v1'", "'#/channels/elsewhere'"),
        ("asyncapi: 3.0.0", "asyncapi: 1.0.0"),
        ("    address: dossier-events", "    adress: dossier-events"),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, old: str, new: str) -> None:
    """A judge that accepts everything is none."""
    text = (FOLDER / "asyncapi.yaml").read_text("utf-8")
    assert old in text
    for folder in {path.parent for path in FOLDER.glob("*/*.v*.json")}:
        shutil.copytree(folder, tmp_path / folder.name)
    (tmp_path / "asyncapi.yaml").write_text(text.replace(old, new, 1), "utf-8")
    done = judged(tmp_path / "asyncapi.yaml")
    assert done.returncode == 1
    assert done.stdout.strip()
