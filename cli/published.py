"""The published language as files, made from the code: one JSON Schema for each public event, AsyncAPI and OpenAPI."""

import inspect
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import msgspec
import yaml
from fastapi import APIRouter

from chassis.service import Service
from chassis.web.app import application
from chassis.web.operations import operations
from chassis.web.privacy import privacy
from chassis.web.rehearsal import rehearsal
from chassis.web.routes import router_of
from kernel.message import type_of
from services.__main__ import PROJECT, Platform, compose
from services.reporting.wiring import pages

FOLDER = PROJECT / "schemas"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
NOT_OURS = ("registry", "released")
"""Folders beside the generated ones: what `registry/` is checked against, and what was released before."""

CLOUD_EVENT = {
    "ce_specversion": "CloudEvents 1.0",
    "ce_id": "stable, derived from the stored event",
    "ce_source": "/lienthong/<installation>/<service>",
    "ce_type": "lienthong.<service>.<Event>.v<n>",
    "ce_subject": "reference of the dossier, or id of the thing",
    "ce_time": "business time, UTC",
    "ce_dataschema": "the file of the payload's schema",
    "ce_sequence": "1, 2, 3 … without a gap for each source and subject",
    "ce_partitionkey": "reference of the root dossier",
    "ce_correlationid": "what belongs together",
    "ce_causationid": "what it followed from",
    "ce_traceparent": "W3C Trace Context",
}
OPTIONAL_HEADERS = ("ce_correlationid", "ce_causationid", "ce_traceparent")


@cache
def files() -> Mapping[str, str]:
    """Return relative path → text of every generated file; a process has one code, so it makes them once."""
    with TemporaryDirectory() as folder:
        platform = compose(Path(folder), rehearsal=True)
        try:
            return MappingProxyType(dict(_files_of(platform)))
        finally:
            platform.close()


def _files_of(platform: Platform) -> Iterator[tuple[str, str]]:
    messages: dict[str, Any] = {}
    for name, border in platform.borders.items():
        service = border.running.service
        for event, version, _ in service.published:
            yield f"{name}/{event}.v{version}.json", _json(event_schema(service, event, version))
            messages[f"{name}.{event}.v{version}"] = _message(name, event, version)
    for name, router in _routers(platform).items():
        yield f"openapi/{name}.json", _json(application(f"Liên Thông: {name}", [router]).openapi())
    yield "asyncapi.yaml", yaml.safe_dump(_asyncapi(messages), allow_unicode=True, sort_keys=False, width=120)


def _routers(platform: Platform) -> dict[str, APIRouter]:
    """Return every border of the product: each service's, the operators' and the rehearsal's."""
    engine, issuer, borders = platform.engine, platform.issuer, platform.borders
    routers = {name: router_of(border, issuer) for name, border in borders.items()}
    routers["reporting"] = pages(platform.parts, engine, issuer, borders["reporting"])
    routers["operations"] = operations(engine, issuer)
    routers["people"] = privacy(engine, issuer, platform.vault)
    routers["rehearsal"] = rehearsal(engine, issuer, platform.vault)
    return routers


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
    for part in (described, *components.values()):
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    return described


def _message(service: str, event: str, version: int) -> dict[str, Any]:
    wire = type_of(service, event, version)
    return {
        "name": wire,
        "title": event,
        "contentType": "application/json",
        "payload": {"$ref": f"./{service}/{event}.v{version}.json"},
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
    }


def _asyncapi(messages: dict[str, Any]) -> dict[str, Any]:
    """Return the AsyncAPI 3 document: one channel, every message, CloudEvents 1.0 around each."""
    channel = {"$ref": "#/channels/dossier-events"}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Liên Thông: dossier events",
            "version": "1",
            "description": "CloudEvents 1.0; `sequence` counts 1, 2, 3 … without a gap for each source and subject.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "dossier-events": {
                "address": "dossier-events",
                "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in sorted(messages)},
            }
        },
        "operations": {
            "say": {"action": "send", "channel": channel},
            "hear": {"action": "receive", "channel": channel},
        },
        "components": {
            "messages": {key: messages[key] for key in sorted(messages)},
            "messageTraits": {"cloudEvent": {"headers": _headers()}},
        },
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "required": [name for name in CLOUD_EVENT if name not in OPTIONAL_HEADERS],
        "properties": {name: {"type": "string", "description": says} for name, says in CLOUD_EVENT.items()},
    }


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Make the files of `folder` equal to `texts`; what is made no more is removed."""
    for path in _generated(folder):
        if str(path.relative_to(folder)) not in texts:
            path.unlink()
    for name, text in texts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def differences(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Return what differs between the code and the files: changed, missing, or left over."""
    found = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in _generated(folder)}
    lines = [f"{path} is missing" for path in sorted(texts.keys() - found.keys())]
    lines += [f"{path} is not made by the code" for path in sorted(found.keys() - texts.keys())]
    return lines + [f"{path} differs" for path in sorted(texts.keys() & found.keys()) if texts[path] != found[path]]


def _generated(folder: Path) -> list[Path]:
    ours = [path for path in folder.rglob("*.json") if path.relative_to(folder).parts[0] not in NOT_OURS]
    return ours + list(folder.glob("asyncapi.yaml"))


def breaking_changes(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Compare the code's event schemas with the files of the same version: only optional fields may have been added."""
    lines = []
    for path, text in texts.items():
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


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
