"""Every service has the same rooms, and no room reaches where it must not; import-linter keeps the arrows between."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = frozenset(
    {
        "README.md", "__init__.py", "__main__.py", "wiring.py", "api.py", "pages", "gateways", "projections",
        "publishing.py", "streams.py", "sagas", "policies.py", "domain",
    }
)  # fmt: skip
"""A room may be missing, never renamed."""

ANNEX = re.compile(r"api_[a-z]+\.py")
"""What `api.py` has outgrown stands beside it and bears its name."""

PURE_ROOMS = ("domain", "sagas", "policies", "publishing")

COMPUTES = frozenset(
    {
        "__future__", "abc", "base64", "binascii", "bisect", "builtins", "calendar", "collections", "contextlib",
        "copy",
        "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac",
        "itertools", "json", "math", "numbers", "operator", "re", "statistics", "string", "struct", "textwrap", "types",
        "typing", "unicodedata",
    }
)  # fmt: skip
"""The standard library's modules that know no clock, disk, network, chance or machine."""

ASKS_THE_MACHINE = frozenset({"open", "input", "print", "exec", "eval", "__import__", "breakpoint"})
ASKS_THE_CLOCK = frozenset({"now", "utcnow", "today"})


def test_a_service_has_only_rooms_of_the_house(project: Path) -> None:
    """Who knows one service finds the way in every other."""
    assert list(strange_rooms(project)) == []


def test_no_service_imports_another(project: Path) -> None:
    """They share only words (`schemas/`) and data (`registry/`)."""
    assert list(foreign_imports(project)) == []


def test_pure_rooms_only_compute(project: Path) -> None:
    """What decides knows no clock, disk, network, chance or environment, so a decision can be repeated."""
    assert list(impure_lines(project)) == []


@pytest.mark.parametrize(
    ("path", "source", "found_by"),
    [
        ("services/tax/domain/duty.py", "from kernel.money import transfer\nimport services.tax.domain.rules", None),
        ("services/tax/domain/duty.py", "from datetime import datetime\n\ndef due(now: datetime): ...", None),
        ("services/tax/domain/duty.py", "from . import rules\nfrom ..domain.rules import late", None),
        ("services/tax/sagas/settle.py", "from services.tax.domain.duty import Duty", None),
        ("services/tax/gateways/bank.py", "import httpx\nimport time", None),
        ("services/__main__.py", "import services.tax.wiring, services.post.wiring", None),
        ("services/tax/wiring.py", "from services.tax import api", None),
        ("kernel/later.py", "import time", "impure"),
        ("kernel/later.py", "import pydantic", "impure"),
        ("kernel/later.py", "from chassis.clock import Clock", "impure"),
        ("kernel/later.py", "import tests.spec", "impure"),
        ("services/tax/domain/duty.py", "from datetime import datetime\nAT = datetime.now()", "impure"),
        ("services/tax/domain/duty.py", "import datetime as when\nDAY = when.date.today()", "impure"),
        ("services/tax/domain/duty.py", "RATES = open('rates.csv').read()", "impure"),
        ("services/tax/domain/duty.py", "import os.path", "impure"),
        ("services/tax/domain/duty.py", "def later():\n    from random import random", "impure"),
        ("services/tax/domain/duty.py", "from ..gateways import bank", "impure"),
        ("services/tax/policies.py", "import sqlite3", "impure"),
        ("services/tax/publishing.py", "from chassis import clock", "impure"),
        ("services/tax/sagas/settle.py", "import msgspec", "impure"),
        ("services/tax/api.py", "from services.post.domain import parcel", "foreign"),
        ("services/tax/api.py", "from services import post", "foreign"),
        ("services/tax/api.py", "import services.post.wiring as post", "foreign"),
        ("services/tax/api.py", "from ..post import wiring", "foreign"),
        ("services/tax/pages/desk.py", "from ...post import wiring", "foreign"),
        ("services/tax/utils.py", "", "strange"),
        ("services/tax/api_duty.py", "", None),
        ("services/tax/apis.py", "", "strange"),
        ("services/tax/models/duty.py", "", "strange"),
        ("services/tax/policies/late.py", "", "strange"),
    ],
)
def test_each_rule_finds_who_breaks_it(tmp_path: Path, path: str, source: str, found_by: str | None) -> None:
    """A guard that never barked may be asleep."""
    module = tmp_path / path
    module.parent.mkdir(parents=True)
    module.write_text(source, encoding="utf-8")
    finders = {"impure": impure_lines, "foreign": foreign_imports, "strange": strange_rooms}
    assert [name for name, find in finders.items() if list(find(tmp_path))] == ([found_by] if found_by else [])


def strange_rooms(house: Path) -> Iterator[str]:
    """Name what stands in a service and is no room of the house; a room is a folder or a module, as ROOMS says."""
    for room in sorted(house.glob("services/*/*")):
        if room.parent.name == "__pycache__" or room.name == "__pycache__":
            continue
        if ANNEX.fullmatch(room.name) and room.is_file():
            continue
        if room.name not in ROOMS or (room.is_dir() == bool(room.suffix)):
            yield str(room.relative_to(house))


def foreign_imports(house: Path) -> Iterator[str]:
    """Name imports of one service by another."""
    for module in sorted(house.glob("services/*/**/*.py")):
        own = module.relative_to(house).parts[1]
        for line, name in imports(house, module):
            parts = name.split(".")
            if parts[0] == "services" and len(parts) > 1 and parts[1] != own:
                yield f"{module.relative_to(house)}:{line} imports {name}"


def impure_lines(house: Path) -> Iterator[str]:
    """Name imports of anything but pure rooms and what only computes, and calls that ask the clock or the machine."""
    for module in sorted([*house.glob("kernel/**/*.py"), *house.glob("services/*/**/*.py")]):
        place = module.relative_to(house)
        pure = place.parts[0] == "kernel" or Path(place.parts[2]).stem in PURE_ROOMS
        if pure:
            for line, name in imports(house, module):
                if not may_import(place, name):
                    yield f"{place}:{line} imports {name}"
            for line, name in calls(module):
                yield f"{place}:{line} calls {name}()"


def may_import(place: Path, name: str) -> bool:
    """Say whether the pure module at `place` may import `name`: its own pure rooms, the kernel, what computes."""
    top, *rest = name.split(".")
    if top == "services":
        return len(rest) > 1 and rest[1] in PURE_ROOMS and place.parts[0] == "services"
    return top == "kernel" or top in COMPUTES


def imports(house: Path, module: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of all that `module` imports, wherever the import stands."""
    package = module.relative_to(house).parent.parts
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*base, *filter(None, [node.module])))
            for alias in node.names:
                yield node.lineno, f"{stem}.{alias.name}"


def calls(module: Path) -> Iterator[tuple[int, str]]:
    """Yield line and name of calls that ask the machine or the clock."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in ASKS_THE_MACHINE:
                yield node.lineno, node.func.id
            if isinstance(node.func, ast.Attribute) and node.func.attr in ASKS_THE_CLOCK:
                yield node.lineno, node.func.attr
