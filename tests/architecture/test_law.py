"""Every refusal names its law or says that it is the house's own; every law that is cited is on the page, and back."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import date

import pytest

import chassis
import kernel
import services
from kernel.refusal import HOUSE_RULE, Rule
from tests.architecture.citations import (
    HOLDS,
    SAYS,
    TITLE,
    citations_in,
    cited,
    differences,
    key_of,
    page,
)

UNKNOWN, IN_FORCE = "not found", "in force"
VALIDITY = re.compile(rf"(\d{{4}}-\d\d-\d\d|{UNKNOWN}) → (\d{{4}}-\d\d-\d\d|{IN_FORCE}|{UNKNOWN}) \((.+)\)")
KNOWN_HOW = re.compile(r"\bF2?\b|own knowledge|cited by the portal's page|not read")


def rules() -> Iterator[tuple[str, Rule]]:
    """Yield every reason to refuse that the product has, with the module in which it stands."""
    for package in (kernel, chassis, services):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__"):
                continue
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Rule):
                    yield module.name, value


RULES = sorted({rule.code: rule for _, rule in rules()}.items())


def test_there_are_rules_of_every_service_that_refuses() -> None:
    """The walk finds what it is meant to find."""
    homes = {module.split(".")[1] for module, _ in rules() if module.startswith("services.")}
    assert {"intake", "routing", "payments", "postal"} <= homes
    assert len(RULES) > 100


@pytest.mark.parametrize("rule", [rule for _, rule in RULES], ids=[code for code, _ in RULES])
def test_every_refusal_names_its_law_or_is_the_houses_own(rule: Rule) -> None:
    """Whoever is told no is told why: the instrument, by its number, or that the rule is ours."""
    assert rule.law == HOUSE_RULE or list(citations_in(rule.law)), rule.law


def test_a_refusals_code_means_one_law() -> None:
    """Services word a refusal for what they do, but the same code never rests on two laws."""
    laws: dict[str, set[str]] = {}
    for _, rule in rules():
        laws.setdefault(rule.code, set()).add(rule.law)
    assert [code for code, named in laws.items() if len(named) > 1] == []


def test_the_page_and_the_product_cite_the_same_laws() -> None:
    """No law without its section, no section without its law, and the lists are right.

    `python -m tests.architecture.citations --write` writes what follows from the code.
    """
    assert differences() == []


@pytest.mark.parametrize(("spelling", "lines"), page().values(), ids=list(page()))
def test_each_law_says_what_it_is_and_when_it_holds(spelling: str, lines: dict[str, str]) -> None:
    """Its title, a line of what it says, from when until when, and how that is known; what is unknown is said to be."""
    assert lines.get(TITLE), spelling
    assert lines.get(SAYS), spelling
    holds = VALIDITY.fullmatch(lines.get(HOLDS, ""))
    assert holds, lines.get(HOLDS)
    first, last, how = holds.groups()
    assert KNOWN_HOW.search(how), how
    if first != UNKNOWN and last not in (IN_FORCE, UNKNOWN):
        assert date.fromisoformat(first) <= date.fromisoformat(last)


@pytest.mark.parametrize(
    ("text", "keys", "articles"),
    [
        ("NĐ 61/2018/NĐ-CP art. 19.4", ["NĐ 61/2018"], [("19.4",)]),
        ("NĐ 61/2018 arts. 5, 11.2c and 12; x", ["NĐ 61/2018"], [("5", "11.2c", "12")]),
        ("NĐ 61/2018 art. 19.4, 3 working days", ["NĐ 61/2018"], [("19.4",)]),
        ("NĐ 118/2025 arts. 15–17, 21", ["NĐ 118/2025"], [("15–17", "21")]),
        ("NĐ 118/2025 điều 21", ["NĐ 118/2025"], [("21",)]),
        ("QĐ 766/QĐ-TTg. Other", ["QĐ 766/QĐ-TTg"], [()]),
        ("NQ 66.7/2025/NQ-CP", ["NQ 66.7/2025"], [()]),
        ("Luật Phí và lệ phí 97/2015/QH13", ["Luật 97/2015"], [()]),
        ("Bộ luật Lao động 45/2019/QH14 Điều 111 khoản 3", ["Luật 45/2019"], [("111",)]),
        ("Luật 91/2025 art. 14.", ["Luật 91/2025"], [("14",)]),
        ("form TT 01/2018/TT-VPCP Mẫu 04", ["TT 01/2018"], [()]),
        ("NĐ 61 art. 5", [], []),
        ("a branch 61/2018", [], []),
    ],
)
def test_a_citation_is_read_as_it_is_written(text: str, keys: list[str], articles: list[tuple[str, ...]]) -> None:
    """The grammar of the page, on the ways in which the code spells it."""
    read = list(citations_in(text))
    assert [key_of(match) for match, _ in read] == keys
    assert [named for _, named in read] == articles


def test_the_law_of_the_one_stop_shop_is_found() -> None:
    """The search looks where the laws are: in the core, the services, the pages and the registry."""
    files = cited()["NĐ 61/2018"].files
    assert {file.partition("/")[0] for file in files} >= {"kernel", "services", "registry"}
