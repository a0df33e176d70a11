"""One played store for all; every test that changes it works on a copy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from chassis.registry import Registry
from cli import remote
from tests.cli import played

WIDTH = 250


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks for a word in a table wants it in one piece."""
    for console in (remote.console, remote.errors):
        monkeypatch.setattr(console, "width", WIDTH)


@pytest.fixture(scope="session")
def laws() -> Registry:
    """The product's registry, loaded once."""
    return played.registry()


@pytest.fixture(scope="session")
def played_store(tmp_path_factory: pytest.TempPathFactory, laws: Registry) -> Path:
    """Stores of two played weeks; nobody writes into them."""
    return played.play(tmp_path_factory.mktemp("played"), laws)


def copy_of(store: Path, folder: Path) -> Path:
    """Return a copy of some stores, made in `folder`."""
    return Path(shutil.copytree(store, folder / f"copy-{len(list(folder.iterdir()))}"))


@pytest.fixture
def copied_store(tmp_path: Path, played_store: Path) -> Callable[[], Path]:
    """Return what makes a fresh copy of the played stores."""
    return lambda: copy_of(played_store, tmp_path)
