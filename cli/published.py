"""The published language as files, made from the code: one JSON Schema for each public event, AsyncAPI and OpenAPI."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from chassis.service import Service
from chassis.web.app import application
from chassis.web.operations import operations
from chassis.web.routes import router_of
from kernel.message import type_of
from services.__main__ import PROJECT, Platform, compose

FOLDER = PROJECT / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def files() -> dict[str, str]:
    """Return relative path → text of every generated file."""
    with TemporaryDirectory() as folder:
        platform = compose(Path(folder), rehearsal=True)
        try:
            return _files_of(platform)
        finally:
            platform.close()


def _files_of(platform: Platform) -> dict[str, str]:
    texts: dict[str, str] = {}
    messages: dict[str, Any] = {}
    for name, border in platform.borders.items():
        service = border.running.service
        for event, version, _ in service.published:
            texts[f"{name}/{event}.v{version}.json"] = _text(event_schema(service, event, version))
            messages[f"{name}.{event}.v{version}"] = _message(name, event, version)
        app = application(f"Liên Thông: {name}", [router_of(border, platform.issuer)])
        texts[f"openapi/{name}.json"] = _text(app.openapi())
    app = application("Liên Thông: operations", [operations(platform.engine, platform.issuer)])
    texts["openapi/operations.json"] = _text(app.openapi())
    texts["asyncapi.yaml"] = _text(_asyncapi(messages))
    return texts


def event_schema(service: Service, event: str, version: int) -> dict[str, Any]:
    """Return the JSON Schema of a public event's data."""
    kind = next(data for name, number, data in service.published if (name, number) == (event, version))
    (schema,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    own: dict[str, Any] = components.pop(kind.__name__)
    wire = type_of(service.name, event, version)
    described = {"$schema": DRAFT, "$id": f"urn:lienthong:schema:{wire}", "title": event} | own
    if components:
        described["$defs"] = components
    assert schema == {"$ref": f"#/$defs/{kind.__name__}"}
    return described


def _message(service: str, event: str, version: int) -> dict[str, Any]:
    wire = type_of(service, event, version)
    payload = {"$ref": f"./{service}/{event}.v{version}.json"}
    return {"name": wire, "title": event, "contentType": "application/json", "payload": payload}


def _asyncapi(messages: dict[str, Any]) -> dict[str, Any]:
    """Return the AsyncAPI 3 document: one channel, every message, CloudEvents 1.0 around each."""
    references = {key: {"$ref": f"#/components/messages/{key}"} for key in sorted(messages)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Liên Thông: dossier events",
            "version": "1",
            "description": "CloudEvents 1.0; `sequence` counts 1, 2, 3 … without a gap for each source and subject.",
        },
        "channels": {"dossier-events": {"address": "dossier-events", "messages": references}},
        "operations": {"say": {"action": "send", "channel": {"$ref": "#/channels/dossier-events"}}},
        "components": {"messages": {key: messages[key] for key in sorted(messages)}},
    }


def differences(folder: Path) -> list[str]:
    """Return what differs between the code and the files: changed, missing, or left over."""
    wanted = files()
    found = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in _generated(folder)}
    lines = [f"{path} is missing" for path in sorted(wanted.keys() - found.keys())]
    lines += [f"{path} is not made by the code" for path in sorted(found.keys() - wanted.keys())]
    return lines + [f"{path} differs" for path in sorted(wanted.keys() & found.keys()) if wanted[path] != found[path]]


def _generated(folder: Path) -> list[Path]:
    ours = [path for path in folder.rglob("*.json") if path.parent.name not in ("registry", "released")]
    return ours + list(folder.glob("asyncapi.yaml"))


def breaking_changes(folder: Path) -> list[str]:
    """Compare the code's event schemas with the files of the same version: only optional fields may have been added."""
    lines = []
    for path, text in files().items():
        known = folder / path
        if known.exists() and known.parent.name != "openapi" and known.suffix == ".json":
            before, now = json.loads(known.read_text(encoding="utf-8")), json.loads(text)
            lines += [f"{path}: {change}" for change in _breaks(before, now)]
    return lines


def _breaks(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return what would break whoever knows `before`: removed, changed or newly required fields, at any depth."""
    lines = []
    for name, (old, new) in _pairs(before, now).items():
        had, has = old.get("properties", {}), new.get("properties", {})
        lines += [f"{name}{field} was removed" for field in had.keys() - has.keys()]
        lines += [f"{name}{field} changed its form" for field in had.keys() & has.keys() if had[field] != has[field]]
        required = set(new.get("required", ())) - set(old.get("required", ()))
        lines += [f"{name}{field} became required" for field in sorted(required)]
    return sorted(lines)


def _pairs(before: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    pairs = {"": (before, now)}
    for name, old in before.get("$defs", {}).items():
        pairs[f"{name}."] = (old, now.get("$defs", {}).get(name, {}))
    return pairs


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
