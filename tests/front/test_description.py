"""The description of the whole is the one of the product in one process, whatever processes it is put together from."""

import json
import re
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from chassis.web.app import application
from chassis.web.door_description import united
from chassis.web.door_routes import every_route
from chassis.web.routes import router_of
from services.__main__ import compose

REF = re.compile(r'"#/components/schemas/([^"]+)"')


def expanded(said: Any, schemas: dict[str, Any], within: tuple[str, ...] = ()) -> Any:
    """Return what is said with every name replaced by what it stands for; names that go round stay."""
    if isinstance(said, dict):
        if isinstance(ref := said.get("$ref"), str):
            name = ref.rpartition("/")[2]
            return name.rpartition("__")[2] if name in within else expanded(schemas[name], schemas, (*within, name))
        return {key: expanded(value, schemas, within) for key, value in said.items() if key != "links"}
    return [expanded(one, schemas, within) for one in said] if isinstance(said, list) else said


def test_the_union_of_the_services_says_what_one_process_says(tmp_path: Path) -> None:
    """Two services have things of one name; each door still leads to its own (links are made anew, over all)."""
    platform = compose(tmp_path, rehearsal=True)
    try:
        routers = {name: router_of(border, platform.issuer) for name, border in platform.borders.items()}
        together = application("x", routers.values()).openapi()
        alone = {name: application("x", [router]).openapi() for name, router in routers.items()}
    finally:
        platform.close()
    whole = united({"openapi": "3.1.0", "info": {}, "paths": {}}, alone.items())
    assert whole["paths"].keys() == together["paths"].keys()
    assert set(REF.findall(json.dumps(whole))) <= whole["components"]["schemas"].keys()
    for path, methods in together["paths"].items():
        for method, said in methods.items():
            here = expanded(whole["paths"][path][method], whole["components"]["schemas"])
            assert here == expanded(said, together["components"]["schemas"]), f"{method} {path}"


def test_every_route_is_named_those_of_routers_in_routers_included() -> None:
    inner, outer, app = APIRouter(prefix="/in"), APIRouter(), FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @inner.get("/a")
    async def a() -> None: ...

    @outer.post("/b")
    async def b() -> None: ...

    outer.include_router(inner)
    app.include_router(outer)
    assert {(route.path, *sorted(route.methods or ())) for route in every_route(app.routes)} == {
        ("/in/a", "GET"),
        ("/b", "POST"),
    }
