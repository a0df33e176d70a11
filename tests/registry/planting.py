"""Copies of the shipped registry in which a test plants what it wants to see found."""

import shutil
from pathlib import Path
from typing import NamedTuple

from chassis.registry import PRODUCT_REGISTRY


class Planted(NamedTuple):
    """One edit, and where the lint must point afterwards.

    Args:
        file: the file to edit, from the registry's folder on.
        old: what stands there, exactly once; empty to write the file anew.
        new: what stands there instead.
        found: each finding to expect: its code; its line, or text that only that line has; its file, if another one.
    """

    file: str
    old: str
    new: str
    found: tuple[tuple[str, str] | tuple[str, str, str], ...]


def copy(tmp_path: Path) -> Path:
    """Return a copy of the shipped registry."""
    return Path(shutil.copytree(PRODUCT_REGISTRY, tmp_path / "registry"))


def edit(registry: Path, file: str, old: str, new: str) -> None:
    """Replace `old`, which stands exactly once in the file, or write the whole file where `old` is empty."""
    target = registry / file
    if old:
        text = target.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        new = text.replace(old, new)
    target.write_text(new, encoding="utf-8")


def line_of(registry: Path, file: str, marker: str) -> int:
    """Return the number of the line that is `marker`, or else of the only one that has it."""
    lines = (registry / file).read_text(encoding="utf-8").splitlines()
    if marker in lines:
        return lines.index(marker) + 1
    numbers = [number for number, line in enumerate(lines, start=1) if marker in line]
    assert len(numbers) == 1, f"{marker!r} stands on lines {numbers} of {file}"
    return numbers[0]


def expected(registry: Path, planted: Planted) -> set[tuple[str, str, int]]:
    """Return code, file and line of each finding that `planted` expects."""
    places = ((code, elsewhere[0] if elsewhere else planted.file, marker) for code, marker, *elsewhere in planted.found)
    return {(code, file, line_of(registry, file, marker)) for code, file, marker in places}
