"""The OpenAPI page of the whole, put together from what every process says of itself.

It says the same as where all services are one process: names that two processes use for different things are made
different, and what brings something into being leads to the doors of all.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from fastapi import FastAPI

from chassis.web.description import describe
from chassis.web.door import silent
from chassis.web.door_instances import Instances
from chassis.web.problem import UNAVAILABLE, Problem

SCHEMAS: Final = "#/components/schemas/"


def describe_all(app: FastAPI, instances: Instances) -> Callable[[], None]:
    """Let the application tell of the doors of every process; return what makes it tell anew."""
    own = app.openapi

    def all_of_them() -> dict[str, Any]:
        if instances.unheard:
            raise Problem(UNAVAILABLE, silent(", ".join(instances.unheard)))
        heard = {
            service: next(one.document for one in several if one.document)
            for service, several in instances.by_service.items()
        }
        return united(own(), heard.items())

    app.openapi = all_of_them  # type: ignore[method-assign]
    describe(app)

    def anew() -> None:
        app.openapi_schema = None

    return anew


def united(own: dict[str, Any], others: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return one document of all: paths and schemas of each; where two have the same door, the earlier one's words."""
    whole: dict[str, Any] = json.loads(json.dumps(own))
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    for service, other in others:
        told = _distinguished(service, other, schemas)
        schemas |= told.get("components", {}).get("schemas", {})
        for path, operations in told.get("paths", {}).items():
            place = whole.setdefault("paths", {}).setdefault(path, {})
            place |= {method: said for method, said in operations.items() if method not in place}
    return whole


def _distinguished(service: str, document: dict[str, Any], taken: dict[str, Any]) -> dict[str, Any]:
    """Return a document whose schemas have names of their own wherever the name is taken by something else."""
    schemas = document.get("components", {}).get("schemas", {})
    renamed = [name for name, schema in schemas.items() if name in taken and taken[name] != schema]
    text = json.dumps(document)
    for name in renamed:
        text = text.replace(f'"{SCHEMAS}{name}"', f'"{SCHEMAS}{service}__{name}"')
    told: dict[str, Any] = json.loads(text)
    for name in renamed:
        told["components"]["schemas"][f"{service}__{name}"] = told["components"]["schemas"].pop(name)
    return told
