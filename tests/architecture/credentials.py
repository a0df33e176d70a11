"""What `deploy/native/credentials.py` makes, from the program itself: it is no module of the product's packages."""

import importlib.util
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

NATIVE: Final = Path(__file__).resolve().parent.parent.parent / "deploy" / "native"


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, NATIVE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(NATIVE))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(NATIVE))
    return module


credentials: Final = _loaded("credentials")
ASKS_VAULT: Final[dict[str, tuple[str, ...]]] = credentials.ASKS_VAULT
ASKS_FILES: Final[tuple[str, ...]] = credentials.ASKS_FILES


@cache
def kept(project: Path) -> frozenset[str]:
    """Return the names of all files that it makes, secrets and certificates."""
    with tempfile.TemporaryDirectory() as folder:
        credentials.main([folder])
        return frozenset(path.name for path in Path(folder).rglob("*") if path.is_file())
