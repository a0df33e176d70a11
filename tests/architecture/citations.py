"""Finds every citation of a law in the product, and keeps the derived lines of `docs/law.md`.

`python -m tests.architecture.citations` prints what is missing on the page and what is too much;
`python -m tests.architecture.citations --write` writes the articles and the files of each law anew. What a law says and
when it holds is written by hand.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "law.md"
WHERE = (
    ("kernel", "*.py"),
    ("chassis", "*.py"),
    ("chassis", "*.html"),
    ("services", "*.py"),
    ("services", "*.html"),
    ("players", "*.py"),
    ("cli", "*.py"),
    ("registry", "*.yaml"),
)

NUMBERED = re.compile(
    r"\b(?P<kind>NĐ|TT|QĐ|NQ) (?P<number>\d+(?:\.\d+)?)/"
    r"(?:(?P<year>(?:19|20)\d{2})(?:/[A-ZĐ]+\d*(?:-[A-ZĐa-z]+\d*)?)?|(?P<only>(?:QĐ|NQ)-[A-ZĐa-z]+\d*))"
)
"""`NĐ 61/2018/NĐ-CP`, `NĐ 61/2018`, `NQ 202/2025/QH15`; where the number has no year, `QĐ 766/QĐ-TTg`."""
LAW = re.compile(
    r"\b(?P<kind>Luật|Bộ luật)(?: [^\W\d_]+){0,10} (?P<number>\d+)/(?P<year>(?:19|20)\d{2})(?P<only>)(?:/QH\d+)?"
)
"""`Luật Phí và lệ phí 97/2015/QH13`, `Luật 91/2025/QH15`, `Bộ luật Lao động 45/2019/QH14`."""
STANDARD = re.compile(r"\b(?P<kind>UPU) (?P<number>S\d+)(?P<year>)(?P<only>)")
"""The one standard that binds like a law: item codes of the post."""
LOOSE = re.compile(r"\b(?:NĐ|TT|QĐ|NQ) \d[^\s;,)]*|\b(?:Luật|Bộ luật)(?: [^\W\d_]+){0,10} \d[^\s;,)]*")
"""What looks like a citation, whether or not it is one."""

_ARTICLE = r"\d+[a-zđ]?(?:\.\d*[a-zđ]?)*(?<!\.)"
ARTICLES = re.compile(
    rf",? (?:(?:art\.|[Đđ]iều) (?P<one>{_ARTICLE})|arts\. (?P<some>{_ARTICLE}(?:(?:–|, | and ){_ARTICLE})*))"
)


@dataclass(slots=True)
class Cited:
    """One law as the product cites it: its longest spelling, the articles, and the files."""

    spelling: str = ""
    articles: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def files() -> Iterator[Path]:
    """Yield every file of the product that may cite a law."""
    for folder, pattern in WHERE:
        yield from sorted((ROOT / folder).rglob(pattern))


def running_text(path: Path) -> str:
    """Return a file's text in one line: a citation may go on in the next line of a comment or a docstring."""
    return re.sub(r"\s*\n\s*(?:#+ ?)?", " ", path.read_text(encoding="utf-8")).replace('" "', "")


def key_of(match: re.Match[str]) -> str:
    """Return what tells a law from all others, however long it is spelled: `NĐ 61/2018`, `QĐ 766/QĐ-TTg`."""
    groups = match.groupdict()
    kind = "Luật" if groups["kind"] == "Bộ luật" else groups["kind"]
    rest = groups["year"] or groups["only"]
    return f"{kind} {groups['number']}/{rest}" if rest else f"{kind} {groups['number']}"


def citations_in(text: str) -> Iterator[tuple[re.Match[str], tuple[str, ...]]]:
    """Yield each citation with the articles that follow it."""
    for pattern in (NUMBERED, LAW, STANDARD):
        for match in pattern.finditer(text):
            named = ARTICLES.match(text, match.end())
            if named is None:
                yield match, ()
            else:
                articles = named["one"] or named["some"]
                yield match, tuple(part.rstrip(".") for part in re.split(r", | and ", articles))


def cited() -> dict[str, Cited]:
    """Return every law that the product cites."""
    found: defaultdict[str, Cited] = defaultdict(Cited)
    for path in files():
        for match, articles in citations_in(running_text(path)):
            law = found[key_of(match)]
            if len(match[0]) > len(law.spelling):
                law.spelling = match[0]
            law.articles.update(articles)
            law.files.add(str(path.relative_to(ROOT)))
    return dict(found)


def misspelled() -> list[str]:
    """Return what looks like a citation and is none."""
    wrong = []
    for path in files():
        text = running_text(path)
        right = {match.start() for match, _ in citations_in(text)}
        wrong += [
            f"{path.relative_to(ROOT)}: {match[0]}" for match in LOOSE.finditer(text) if match.start() not in right
        ]
    return wrong


# --- the page ---

HEAD = "## "
TITLE, SAYS, HOLDS, ARTICLE_LIST, FILE_LIST = "Tên", "Says", "Hiệu lực", "Điều", "Tệp"
LINE = re.compile(rf"- \*\*({TITLE}|{SAYS}|{HOLDS}|{ARTICLE_LIST}|{FILE_LIST}):\*\* ?(.*)")


def page() -> dict[str, tuple[str, dict[str, str]]]:
    """Return the page's sections by law: how it is spelled there, and its lines by name."""
    sections: dict[str, tuple[str, dict[str, str]]] = {}
    lines: dict[str, str] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith(HEAD):
            spelling = line.removeprefix(HEAD)
            lines = {}
            sections[_key(spelling)] = (spelling, lines)
        elif (named := LINE.fullmatch(line)) is not None:
            lines[named[1]] = named[2]
    return sections


def _key(spelling: str) -> str:
    matches = [key_of(match) for match, _ in citations_in(spelling) if match[0] == spelling]
    return matches[0] if matches else spelling


def derived(law: Cited) -> Mapping[str, str]:
    """Return the lines that follow from the product."""
    articles = sorted(law.articles, key=lambda one: ([int(part) for part in re.findall(r"\d+", one)], one))
    return {
        ARTICLE_LIST: ", ".join(articles) or "not named · không nêu điều",
        FILE_LIST: ", ".join(f"`{file}`" for file in sorted(law.files)),
    }


def differences() -> list[str]:
    """Return a sentence for each place where the page and the product do not agree."""
    product, sections = cited(), page()
    said = [f"{law.spelling} is cited in {', '.join(sorted(law.files))} and not on the page"
            for key, law in product.items() if key not in sections]  # fmt: skip
    said += [f"{spelling} is on the page and cited nowhere" for key, (spelling, _) in sections.items()
             if key not in product]  # fmt: skip
    for key, (spelling, lines) in sections.items():
        if key in product:
            said += [
                f"{spelling}: the line {name} is not {line}"
                for name, line in derived(product[key]).items()
                if lines.get(name) != line
            ]
    return said + [f"no citation, though it looks like one: {wrong}" for wrong in misspelled()]


def write() -> None:
    """Write the derived lines of every section that is on the page."""
    product, key, written = cited(), "", []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith(HEAD):
            key = _key(line.removeprefix(HEAD))
        named = LINE.fullmatch(line)
        if named is not None and key in product and named[1] in (ARTICLE_LIST, FILE_LIST):
            line = f"- **{named[1]}:** {derived(product[key])[named[1]]}"
        written.append(line)
    PAGE.write_text("\n".join(written) + "\n", encoding="utf-8")


def main() -> int:
    """Print what does not agree; with `--write` write what can be written first."""
    if "--write" in sys.argv[1:]:
        write()
    found = differences()
    for line in found:
        sys.stdout.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
