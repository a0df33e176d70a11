"""What the OpenAPI page says of every door alike: which problem documents may come, and under which media type.

FastAPI knows the success of each route; the manners of this border (limits, tokens, stores that are busy) are the same
for all of them and stand here once.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from chassis.web.problem import MEDIA_TYPE, ProblemDocument

EVERYWHERE: Final = {
    "400": "The request cannot be read",
    "408": "The request came too slowly",
    "413": "The body is too large",
    "414": "The address is too long",
    "429": "Too many requests without signing in",
    "431": "The headers are too large",
    "503": "The platform is busy; try again",
}
UNLESS_PUBLIC: Final = {"401": "The access token is not valid"}
LEADS_ON: Final = {"submit_dossier": ("ref", "ref"), "begin_upload": ("upload", "id")}
"""Operation → the part of other addresses that its answer gives, and the field that it stands in (OpenAPI links)."""
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete", "head"})
PROBLEM: Final = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
UNUSED: Final = ("HTTPValidationError", "ValidationError")
BEARER: Final = "bearer"


def describe(app: FastAPI) -> None:
    """Let the application tell all of it; asked again, it says the same."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            _complete(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas.setdefault(ProblemDocument.__name__, problem)
    for name in UNUSED:
        schemas.pop(name, None)
    document["components"]["securitySchemes"] = {BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    _link(document)
    for operation in _operations(document):
        responses = operation["responses"]
        more = EVERYWHERE | (UNLESS_PUBLIC if "x-rights" in operation else {})
        for status, says in more.items():
            responses.setdefault(status, {"description": says})
        for status, response in responses.items():
            if status.startswith(("4", "5")) and not _has_its_own(response):
                response["content"] = {MEDIA_TYPE: {"schema": PROBLEM}}
        operation["responses"] = dict(sorted(responses.items()))
        if "x-rights" in operation:
            operation["security"] = [{BEARER: []}, {}] if "anonymous" in operation["x-rights"] else [{BEARER: []}]


def _link(document: dict[str, Any]) -> None:
    """Say of what brings something into being to which doors it leads."""
    for operation in _operations(document):
        if operation.get("operationId") not in LEADS_ON:
            continue
        part, field = LEADS_ON[operation["operationId"]]
        operation["responses"]["201"]["links"] = {
            other["operationId"]: {
                "operationId": other["operationId"],
                "parameters": {part: f"$response.body#/{field}"},
            }
            for path, methods in document["paths"].items()
            if "{" + part + "}" in path
            for method, other in methods.items()
            if method in METHODS and "operationId" in other
        }


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document.get("paths", {}).values():
        yield from (operation for method, operation in path.items() if method in METHODS)


def _has_its_own(response: dict[str, Any]) -> bool:
    """Say whether a route itself describes a failure otherwise than by a problem document."""
    schemas = [one.get("schema", {}).get("$ref", "") for one in response.get("content", {}).values()]
    return any(ref and not ref.endswith((ProblemDocument.__name__, *UNUSED)) for ref in schemas)
