"""Every door that the running product has, found by walking its routes, so that a new one is tried by itself."""

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

NEEDED = {"purpose": "reception", "service": "intake"}


def doors(app: FastAPI, method: str) -> list[str]:
    """Return the path templates that answer to `method`, in order."""
    return sorted({path for path, methods in _routes(app.routes) if method in methods})


def _routes(routes: list[Any]) -> Iterator[tuple[str, set[str]]]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner.routes)
        else:
            yield route.path, set(route.methods or ())


def parts_of(path: str) -> list[str]:
    """Return the names of the parts of a path that vary."""
    return [name.partition(":")[0] for name in re.findall(r"{([^}]+)}", path)]


def needed(app: FastAPI, path: str) -> dict[str, str]:
    """Return the query without which a door only says that something is missing: for what one reads."""
    asked = app.openapi()["paths"].get(path, {}).get("get", {}).get("parameters", ())
    names = (one["name"] for one in asked if one["in"] == "query" and one.get("required"))
    return {name: NEEDED.get(name, "1") for name in names}


def filled(path: str, parts: dict[str, str]) -> str:
    """Return an address: `path` with its parts as they are written in one; a part that is not given names nothing."""
    return re.sub(r"{([^}:]+)(?::path)?}", lambda found: parts.get(found.group(1), "nothing"), path)
