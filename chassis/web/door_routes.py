"""Which service answers an address: the routes that the services' processes name, looked up as one table.

Where several fit, the more particular one wins, a fixed word before a parameter: the same answer in whatever order the
processes were heard. One process with all routes in it decides by their order; a test holds the two equal.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from starlette.routing import BaseRoute, Route

REST_OF_PATH: Final = ":path}"


def every_route(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Yield each route of an application that has a path and methods, those of routers it took in whole included."""
    for route in routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from every_route(inner.routes)
        elif isinstance(route, Route):
            yield route


class Found(NamedTuple):
    """A route that fits an address and the method."""

    service: str
    template: str


class _Node:
    """A place in the tree of paths, one segment further than the one before."""

    __slots__ = ("methods", "parameter", "rest", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.rest: dict[str, Found] = {}
        self.methods: dict[str, Found] = {}


class RouteTable:
    """Addresses with a method each, and the service that answers them."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, service: str, path: str, methods: Iterable[str]) -> None:
        """Take a route in; what stands there already for a method stays."""
        node = self._root
        found = Found(service, path)
        for segment in path.split("/")[1:]:
            if segment.endswith(REST_OF_PATH):
                for method in methods:
                    node.rest.setdefault(method, found)
                return
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.words.setdefault(segment, _Node())
        for method in methods:
            node.methods.setdefault(method, found)

    def find(self, path: str, method: str) -> Found | tuple[str, ...]:
        """Return the route of an address; where only others fit, their methods in order; `()` where there is none."""
        allowed: set[str] = set()
        for methods in _fitting(self._root, path.split("/")[1:], 0):
            found = methods.get(method)
            if found is not None:
                return found
            allowed.update(methods)
        return tuple(sorted(allowed))


def _fitting(node: _Node, segments: list[str], at: int) -> Iterator[Mapping[str, Found]]:
    """Yield what stands at every place that fits, the most particular first."""
    if at == len(segments):
        if node.methods:
            yield node.methods
    else:
        segment = segments[at]
        if (known := node.words.get(segment)) is not None:
            yield from _fitting(known, segments, at + 1)
        if segment and node.parameter is not None:
            yield from _fitting(node.parameter, segments, at + 1)
        if node.rest:
            yield node.rest
