"""docs/kafka.md shows the table that is applied."""

from pathlib import Path

from cli import kafka
from services.topology import KAFKA

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs/kafka.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its first two lines."""
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(*words: str) -> str:
    return " ".join(f"`{word}`" for word in words)


def test_its_topics_are_the_declared_ones() -> None:
    assert rows("Topics") == [
        [
            quoted(one.name),
            str(one.partitions),
            f"{one.replication}, {one.min_insync}",
            quoted(*(f"{name}={value}" for name, value in sorted(one.settings.items()))),
        ]
        for one in KAFKA.topics
    ]


def test_its_users_may_do_what_is_declared() -> None:
    assert rows("Users and rules") == [
        [quoted(one.name), quoted(*one.writes), quoted(*one.reads), quoted(*one.groups), quoted(*one.looks)]
        for one in KAFKA.principals
    ]


def test_it_names_every_command() -> None:
    for command in kafka.app.registered_commands:
        assert command.callback is not None
        assert f"lienthong kafka {command.callback.__name__}" in PAGE
