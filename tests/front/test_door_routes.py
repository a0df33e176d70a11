"""An address leads to the same service through the door as where all routes stand in one process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.routing import Match, Route

from chassis.web.door_routes import Found, RouteTable
from services.__main__ import asgi, compose

NOT_BEHIND_THE_DOOR = ("/livez", "/readyz", "/startupz", "/metrics", "/api/openapi.json")


def routers_of(app: Any) -> Iterator[tuple[str, list[Route]]]:
    """Yield a name for each router of the product in one process, with its routes, in their order."""
    for number, included in enumerate(route for route in app.routes if hasattr(route, "original_router")):
        routes = [one for one in included.original_router.routes if isinstance(one, Route)]
        yield f"router {number}", [one for one in routes if one.path not in NOT_BEHIND_THE_DOOR]


def test_every_address_leads_where_it_leads_in_one_process(tmp_path: Path) -> None:
    """In whatever order the routers are heard, the particular route wins, as the product's own order has it."""
    platform = compose(tmp_path, rehearsal=True)
    try:
        routers = list(routers_of(asgi(platform)))
    finally:
        platform.close()
    in_order = [(name, route) for name, routes in routers for route in routes]
    assert len(in_order) > 100
    for heard in (routers, routers[::-1]):
        table = RouteTable()
        for name, routes in heard:
            for route in routes:
                table.add(name, route.path, route.methods or ())
        for _, route in in_order:
            for word in ("x", "search", "me", "keys", "found"):
                path = "/".join(word if part.startswith("{") else part for part in route.path.split("/"))
                for method in sorted(route.methods or ()):
                    scope = {"type": "http", "path": path, "method": method, "root_path": "", "headers": []}
                    first = next(name for name, one in in_order if one.matches(scope)[0] is Match.FULL)
                    found = table.find(path, method)
                    assert isinstance(found, Found)
                    assert found.service == first, f"{method} {path}"


def test_a_fixed_word_goes_before_a_parameter_and_the_rest_of_a_path_comes_last() -> None:
    table = RouteTable()
    table.add("static", "/{path:path}", ["GET"])
    table.add("one", "/things/{thing}", ["GET"])
    table.add("all", "/things/search", ["POST"])
    table.add("deep", "/things/{thing}/parts/{part}", ["GET"])
    cases = [
        ("GET", "/things/search", "one"),
        ("POST", "/things/search", "all"),
        ("GET", "/things/7", "one"),
        ("GET", "/things/7/parts/2", "deep"),
        ("GET", "/things/7/parts", "static"),
        ("GET", "/things/", "static"),
        ("GET", "/", "static"),
    ]
    for method, path, service in cases:
        found = table.find(path, method)
        assert isinstance(found, Found)
        assert found.service == service, f"{method} {path}"
    assert table.find("/things/search", "PUT") == ("GET", "POST")
    assert RouteTable().find("/", "GET") == ()
