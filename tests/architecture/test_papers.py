"""What the pages in `docs/` name is there: files, and tests by their names."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TEST = re.compile(r"`(tests/[\w/.]+\.py)((?:::\w+)*)`")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)?(?:#([\w.-]+))?\)")


def test_every_test_that_a_page_names_is_there(project: Path) -> None:
    """A promise whose proof has been renamed is a promise without one."""
    assert list(missing_tests(project)) == []


def test_every_link_between_pages_leads_somewhere(project: Path) -> None:
    """Whoever is woken at night should not have to search."""
    assert list(dead_links(project)) == []


def missing_tests(house: Path) -> Iterator[str]:
    """Name each test that a page names and no file has."""
    for page in sorted(house.glob("docs/**/*.md")):
        for path, names in TEST.findall(page.read_text("utf-8")):
            file = house / path
            text = file.read_text("utf-8") if file.is_file() else ""
            absent = [name for name in filter(None, names.split("::")) if not re.search(rf"(def|class) {name}\b", text)]
            if not text or absent:
                yield f"{page.relative_to(house)} names {path}{names}"


def dead_links(house: Path) -> Iterator[str]:
    """Name each link from a page to a page or a heading that is not there."""
    for page in sorted(house.glob("docs/**/*.md")):
        for path, heading in LINK.findall(page.read_text("utf-8")):
            there = page.parent / path if path else page
            if not there.exists() or (heading and there.suffix == ".md" and heading not in headings(there)):
                yield f"{page.relative_to(house)} leads to {path}#{heading}"


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as the common renderers make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("see `tests/architecture/test_papers.py`", 0),
        ("see `tests/architecture/test_papers.py::test_x`", 1),
        ("see `tests/nowhere/test_x.py`", 1),
        ("[here](page.md#a-title-of-it)", 0),
        ("[here](#a-title-of-it)", 0),
        ("[here](page.md#another)", 1),
        ("[here](nowhere.md)", 1),
        ("[there](https://example.org/nowhere.md)", 0),
    ],
)
def test_what_is_missing_is_found(tmp_path: Path, line: str, found: int) -> None:
    """A guard that never barked may be asleep."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests/architecture").mkdir(parents=True)
    (tmp_path / "tests/architecture/test_papers.py").write_text("def test_every(): ...", "utf-8")
    (tmp_path / "docs/page.md").write_text(f"## A title, of it\n{line}\n", "utf-8")
    assert len([*missing_tests(tmp_path), *dead_links(tmp_path)]) == found
