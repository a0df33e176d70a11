"""Every limit has a name, in one module, and stands in the page that people read."""

import ast
import re
from pathlib import Path
from typing import Final

from chassis import limits

ROW: Final = re.compile(r"^\| `([A-Z_]+)` \| ([\d .]+) \| (.+) \|$", re.MULTILINE)


def named() -> dict[str, str]:
    return {name: f"{value:,}".replace(",", " ") for name, value in vars(limits).items() if name.isupper()}


def test_the_page_lists_every_limit_as_it_is(project: Path) -> None:
    """In the order of the module; and says of each what it bounds."""
    rows = ROW.findall((project / "docs" / "strangers.md").read_text(encoding="utf-8"))
    assert [(name, value) for name, value, _ in rows] == list(named().items())
    assert all(len(says) > 5 for _, _, says in rows)


def test_every_limit_is_used(project: Path) -> None:
    """A limit that nobody asks is none."""
    imported: set[str] = set()
    for folder in ("chassis", "services", "cli"):
        for module in (project / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module == "chassis.limits":
                    imported |= {alias.name for alias in node.names}
    assert set(named()) - imported == set()
