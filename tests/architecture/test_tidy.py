"""The house is tidy: nothing left for later, nothing overgrown, nothing that only this machine knows."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

LINES_LIMIT = 400
LONG_FOR_A_REASON: dict[str, str] = {}
"""Path of a longer file → why it is one thing all the same."""

COUNTED = frozenset({".py", ".html", ".js", ".css", ".sql", ".sh"})
VENDORED = "chassis/web/static/vendor/"

# Put together here, so that this file may stand under its own rules.
LATER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
ELSEWHERE = re.compile(
    "|".join(
        (
            re.escape("../" + "shared"),
            *(re.escape(".".join(host)) for host in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))),
            *(re.escape(".".join(host)) for host in (("yarnpkg", "com"), ("crates", "io"), ("golang", "org"))),
            r"(?<![\w.{}-])/(work|root|opt/wheels)/",
            r"(?<![\w.{}-])/(home|Users)/\w+/",
        )
    )
)


def test_nothing_is_left_for_later(project: Path) -> None:
    """What is not done is an issue, not a remark."""
    assert list(marks(project, LATER)) == []


def test_nothing_names_a_place_outside(project: Path) -> None:
    """The project works wherever it is put, and whichever registry serves that place."""
    assert list(marks(project, ELSEWHERE)) == []


def test_no_file_outgrows_its_room(project: Path) -> None:
    """Past the limit a second thing has moved in; the few that are one thing all the same say why."""
    long = {path for path, text in ours(project) if Path(path).suffix in COUNTED and text.count("\n") > LINES_LIMIT}
    assert long == set(LONG_FOR_A_REASON)


def test_every_module_says_what_it_is_for(project: Path) -> None:
    """The first sentence of a file is the shortest way into it."""
    silent = [path for path, text in ours(project) if path.endswith(".py") and not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_make_help_lists_every_target(project: Path) -> None:
    """Nobody should have to read the Makefile."""
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):(?!=)", makefile, re.MULTILINE))
    printed = subprocess.run(["make", "-s", "help"], cwd=project, capture_output=True, text=True, check=True).stdout
    listed = dict(re.findall(r"^  make ([\w-]+) +(\S.*)$", printed, re.MULTILINE))
    assert targets == set(listed)
    assert {"setup", "run", "test", "check", "help"} <= targets
    assert targets == set(" ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split())


@pytest.mark.parametrize(
    ("rule", "line", "found"),
    [
        (LATER, "# TO" + "DO: later", True),
        (LATER, "FIX" + "ME", True),
        (LATER, "todos and hacksaws", False),
        (LATER, "MX" + "XX", False),
        (ELSEWHERE, "see .." + "/shared/design", True),
        (ELSEWHERE, "index-url = https://py" + "pi.org/simple", True),
        (ELSEWHERE, "https://files.python" + "hosted.org/packages/x", True),
        (ELSEWHERE, "https://registry.npm" + "js.org/htmx", True),
        (ELSEWHERE, "cd /wo" + "rk/main", True),
        (ELSEWHERE, "'/ro" + "ot/.cache'", True),
        (ELSEWHERE, "/ho" + "me/an/lienthong", True),
        (ELSEWHERE, "GET /api/v1/home/page", False),
        (ELSEWHERE, "docs/work/steps", False),
        (ELSEWHERE, "-r requirements.txt --hash=sha256:00", False),
    ],
)
def test_each_rule_knows_what_it_looks_for(rule: re.Pattern[str], line: str, found: bool) -> None:
    """A guard that never barked may be asleep."""
    assert bool(rule.search(line)) is found


def marks(house: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    """Name every line of ours in which `pattern` stands."""
    for path, text in ours(house):
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                yield f"{path}:{number}: {line.strip()[:120]}"


@cache
def ours(house: Path) -> tuple[tuple[str, str], ...]:
    """Return path and text of each text file of the project, known to git or about to be, vendored ones apart."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=house,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    kept = (path for path in sorted(filter(None, listed.split("\0"))) if not path.startswith(VENDORED))
    read = ((path, (house / path).read_bytes()) for path in kept if (house / path).is_file())
    return tuple((path, content.decode("utf-8")) for path, content in read if b"\0" not in content)
