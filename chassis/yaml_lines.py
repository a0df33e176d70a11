"""Reads YAML as plain data that still knows on which line each part of it stands.

Scalars are read as YAML 1.2 means them, where YAML 1.1 would make 15:00 a number, `no` a boolean and 2026-09-01 a date:
here they are the texts that they look like, and only null, true, false and numbers are anything else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

Path = tuple[str | int, ...]

_SCALARS = {
    "null": (re.compile(r"^(null|~|)$"), ["n", "~", ""]),
    "bool": (re.compile(r"^(true|false)$"), ["t", "f"]),
    "int": (re.compile(r"^-?(0|[1-9][0-9]*)$"), list("-0123456789")),
    "float": (re.compile(r"^-?(0|[1-9][0-9]*)\.[0-9]+$"), list("-0123456789")),
}
_READ: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:bool": lambda text: text == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:str": str,
}


class _CoreLoader(yaml.CSafeLoader):
    """The C parser with the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012 (PyYAML's own class attribute)


for _name, (_pattern, _first) in _SCALARS.items():
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", _pattern, _first)


class YamlFault(ValueError):
    """A text cannot be read as one plain YAML document; `code` and `key` say why, `line` where."""

    def __init__(self, code: str, line: int, detail: str) -> None:
        super().__init__(f"line {line}: {detail}")
        self.code = code
        self.line = line
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Lined:
    """Plain data, and the line (from 1) of each part of it: of a key in a mapping, of an item in a sequence."""

    value: Any
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int:
        """Return the line of `path`, or of what holds it where that is not written."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]


def read_lined(text: str) -> Lined:
    """Read one YAML document.

    Raises:
        YamlFault: it is not YAML, a key stands twice, or it uses tags, anchors or keys that are not plain words.
    """
    try:
        root = yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFault("not_yaml", 1 if mark is None else mark.line + 1, error.problem or "not YAML") from None
    except yaml.YAMLError as error:
        raise YamlFault("not_yaml", 1, str(error)) from None
    lines: dict[Path, int] = {(): 1}
    seen: set[int] = set()
    value = None if root is None else _plain(root, (), lines, seen)
    return Lined(value, MappingProxyType(lines))


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], seen: set[int]) -> Any:
    line = node.start_mark.line + 1
    # An alias is the same node again; without them a document is a tree, and as large as it looks.
    if id(node) in seen:
        raise YamlFault("not_yaml", lines[path], "an alias (*name) is not used here; write it out")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        held: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise YamlFault("not_yaml", key_line, "a key is one word")
            key = key_node.value
            if key in held:
                raise YamlFault("duplicate_key", key_line, key)
            lines[(*path, key)] = key_line
            held[key] = _plain(value_node, (*path, key), lines, seen)
        return held
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            items.append(_plain(item, (*path, index), lines, seen))
        return items
    read = _READ.get(node.tag)
    if read is None:
        raise YamlFault("not_yaml", line, f"the tag {node.tag} is not used here")
    return read(node.value)
